//! Layer III frame by frame, to the mean of the channels.
//!
//! After the codes everything is linear but the windows: so the channels are mixed as spectra and transformed once.
//! Of a sum and a difference channel only the sum is read at all.

use pulp::{Simd, WithSimd};

use super::frame::{Bits, Granule, Header, Side};
use super::huffman::{self, VALUES};
use super::hybrid::{self, Overlap, Rows, SLOTS, SUBBANDS};
use super::scale::{self, BANDS, Positions};
use super::stereo;
use super::synthesis::Synthesis;

/// Bytes of earlier frames that a frame may use.
const RESERVOIR: usize = 511;

/// Samples of a frame at most.
pub(super) const LONGEST: usize = 2 * VALUES;

/// A frame that cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Damaged;

/// The state from frame to frame.
pub(super) struct Decoder {
    /// The end of the last frame's data, and then this one's.
    data: Vec<u8>,
    overlap: Overlap,
    synthesis: Synthesis,
    left: [f32; VALUES],
    right: [f32; VALUES],
    arch: pulp::Arch,
}

impl Decoder {
    pub(super) fn new() -> Self {
        Self {
            data: Vec::new(),
            overlap: [[0.0; SUBBANDS]; SLOTS / 2],
            synthesis: Synthesis::new(),
            left: [0.0; VALUES],
            right: [0.0; VALUES],
            arch: pulp::Arch::new(),
        }
    }

    /// Decodes one whole frame and appends its mean of the channels; says its sample rate in Hz.
    ///
    /// A frame whose beginning lies in earlier frames that are missing is silence, so that what follows keeps its
    /// place.
    pub(super) fn decode(&mut self, frame: &[u8], sound: &mut Vec<f32>) -> Result<u32, Damaged> {
        let (header, mut bits) = Header::split(frame).ok_or(Damaged)?;
        let side = Side::read(&mut bits, header).ok_or(Damaged)?;
        let music = bits.bytes.get(bits.position / 8..).ok_or(Damaged)?;
        let kept = self.data.len().min(RESERVOIR);
        self.data.drain(..self.data.len() - kept);
        self.data.extend_from_slice(music);
        let Some(start) = kept.checked_sub(side.behind) else {
            sound.resize(sound.len() + header.granules() * VALUES, 0.0);
            return Ok(header.rate());
        };
        self.play(header, &side, start, sound);
        Ok(header.rate())
    }

    /// Decodes the granules, whose data begin at byte `start`.
    fn play(&mut self, header: Header, side: &Side, start: usize, sound: &mut Vec<f32>) {
        let data = std::mem::take(&mut self.data);
        let mut bits = Bits { bytes: &data, position: 8 * start };
        let mut positions = [[0; BANDS]; 2];
        for granules in side.granules.chunks(header.channels()).take(header.granules()) {
            let before = sound.len();
            sound.resize(before + VALUES, 0.0);
            let sound = &mut sound[before..];
            let spectra = self.read(header, granules, &mut bits, &mut positions);
            self.arch.dispatch(Sound { decoder: self, header, granules, spectra, sound });
        }
        self.data = data;
    }

    /// Reads the values of a granule and mixes them where possible.
    fn read(
        &mut self,
        header: Header,
        granules: &[Granule],
        bits: &mut Bits<'_>,
        positions: &mut [Positions; 2],
    ) -> Spectra {
        let alike =
            granules.windows(2).all(|pair| pair[0].block == pair[1].block && pair[0].mixed == pair[1].mixed);
        let only_sum = header.has_middle() && !header.has_intensity() && alike;
        for (channel, granule) in granules.iter().enumerate() {
            let end = bits.position + granule.length;
            if channel == 0 || !only_sum {
                let values = if channel == 0 { &mut self.left } else { &mut self.right };
                let factors = scale::factors(bits, header, granule, channel == 1, &mut positions[channel]);
                huffman::read(bits, granule, &factors, end, values);
            }
            bits.position = end;
        }
        if header.channels() == 1 || only_sum {
            return Spectra::Mixed;
        }
        let [_, positions] = positions;
        if header.has_intensity() {
            stereo::spread(header, granules, positions, &mut self.left, &mut self.right);
        } else if header.has_middle() {
            stereo::separate(&mut self.left, &mut self.right);
        }
        for (left, right) in self.left.iter_mut().zip(&mut self.right) {
            (*left, *right) = (*left / 2.0, *right / 2.0);
            *left += if alike { *right } else { 0.0 };
        }
        if alike { Spectra::Mixed } else { Spectra::Apart }
    }
}

/// What lies in the two arrays of values.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Spectra {
    /// The mean of the channels in the first.
    Mixed,
    /// Half a channel each, of different windows: they can be mixed only after their transforms.
    Apart,
}

/// The way from values to samples, compiled for the widest vectors of this processor.
struct Sound<'a> {
    decoder: &'a mut Decoder,
    header: Header,
    granules: &'a [Granule],
    spectra: Spectra,
    sound: &'a mut [f32],
}

impl WithSimd for Sound<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Decoder { overlap, synthesis, left, right, .. } = self.decoder;
        let mut rows: Rows = [[0.0; SUBBANDS]; SLOTS];
        hybrid::transform(simd, self.header, &self.granules[0], left, overlap, &mut rows);
        if self.spectra == Spectra::Apart {
            let (mut other, mut other_overlap) = ([[0.0; SUBBANDS]; SLOTS], [[0.0; SUBBANDS]; SLOTS / 2]);
            hybrid::transform(simd, self.header, &self.granules[1], right, &mut other_overlap, &mut other);
            add(rows.as_flattened_mut(), other.as_flattened());
            add(overlap.as_flattened_mut(), other_overlap.as_flattened());
        }
        if let Some(sound) = self.sound.as_chunks_mut::<SUBBANDS>().0.first_chunk_mut() {
            synthesis.run(simd, &rows, sound);
        }
    }
}

#[inline(always)]
fn add(sum: &mut [f32], other: &[f32]) {
    sum.iter_mut().zip(other).for_each(|(sum, other)| *sum += other);
}
