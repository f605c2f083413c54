//! What stands before the music of a frame: the header and the side information.

use super::tables::{LONG_BANDS, MIXED_BANDS, SHORT_BANDS};

/// Bytes of a header.
const HEADER: usize = 4;

/// Reads bits from the first to the last; zeros follow behind the end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bits<'a> {
    pub(super) bytes: &'a [u8],
    /// In bits.
    pub(super) position: usize,
}

impl Bits<'_> {
    /// The next `count` bits, at most 16.
    pub(super) fn read(&mut self, count: u32) -> u32 {
        let at = self.position / 8;
        let byte = |next: usize| self.bytes.get(at + next).copied().unwrap_or(0);
        let word = u32::from_be_bytes([byte(0), byte(1), byte(2), 0]) << (self.position % 8);
        self.position += count as usize;
        word.checked_shr(32 - count).unwrap_or(0)
    }

    fn flag(&mut self) -> bool {
        self.read(1) != 0
    }
}

/// The four bytes that begin a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Header([u8; HEADER]);

impl Header {
    /// The header of a frame of layer III, and what follows it; none for another layer or free format.
    pub(super) fn split(frame: &[u8]) -> Option<(Self, Bits<'_>)> {
        let (&bytes, rest) = frame.split_first_chunk()?;
        let header = Self(bytes);
        let whole = bytes[0] == 0xff && (bytes[1] & 0xf0 == 0xf0 || bytes[1] & 0xfe == 0xe2);
        let known = !matches!(bytes[2] >> 4, 0 | 15) && bytes[2] >> 2 & 3 != 3;
        let checksum = if bytes[1] & 1 == 0 { 16 } else { 0 };
        (whole && known && bytes[1] >> 1 & 3 == 1)
            .then_some((header, Bits { bytes: rest, position: checksum }))
    }

    pub(super) fn is_mono(self) -> bool {
        self.0[3] & 0xc0 == 0xc0
    }

    pub(super) fn is_mpeg1(self) -> bool {
        self.0[1] & 8 != 0
    }

    fn is_joint(self) -> bool {
        self.0[3] & 0xc0 == 0x40
    }

    /// Joint stereo with a sum and a difference channel.
    pub(super) fn has_middle(self) -> bool {
        self.is_joint() && self.0[3] & 0x20 != 0
    }

    /// Joint stereo with one channel and a direction per band.
    pub(super) fn has_intensity(self) -> bool {
        self.is_joint() && self.0[3] & 0x10 != 0
    }

    pub(super) fn channels(self) -> usize {
        if self.is_mono() { 1 } else { 2 }
    }

    /// Granules of 576 samples.
    pub(super) fn granules(self) -> usize {
        if self.is_mpeg1() { 2 } else { 1 }
    }

    /// Samples per second, Hz.
    pub(super) fn rate(self) -> u32 {
        let rate = [44_100, 48_000, 32_000][usize::from(self.0[2] >> 2 & 3).min(2)];
        let halvings = u32::from(!self.is_mpeg1()) + u32::from(self.0[1] & 0x10 == 0);
        rate >> halvings
    }

    /// The row of the tables of bands: MPEG-2.5, 2 and 1, three rates each.
    fn rate_index(self) -> usize {
        let version = (self.0[1] >> 3 & 1) + (self.0[1] >> 4 & 1);
        usize::from((self.0[2] >> 2 & 3) + 3 * version)
    }

    /// Subbands of a mixed block that are long.
    pub(super) fn long_subbands(self) -> usize {
        if self.rate_index() == 2 { 4 } else { 2 }
    }
}

/// How the values are windowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Block {
    #[default]
    Long,
    Start,
    Short,
    Stop,
}

/// The side information of one channel of a granule.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Granule {
    /// Widths of the scale factor bands; 0 ends them.
    pub(super) bands: &'static [u8],
    /// Bits of its scale factors and codes.
    pub(super) length: usize,
    /// Pairs in the lower spectrum.
    pub(super) pairs: usize,
    pub(super) scale_code: usize,
    pub(super) gain: i32,
    pub(super) block: Block,
    pub(super) mixed: bool,
    pub(super) long_bands: usize,
    pub(super) short_bands: usize,
    pub(super) tables: [u8; 3],
    /// Bands of the three regions with a table each, less one.
    pub(super) regions: [u8; 3],
    pub(super) window_gains: [u8; 3],
    pub(super) preemphasis: bool,
    pub(super) coarse_scale: bool,
    pub(super) second_quads: bool,
    /// Which scale factors are those of the granule before.
    pub(super) shared: u8,
}

/// The side information of a frame.
pub(super) struct Side {
    /// How many bytes before this frame its music begins.
    pub(super) behind: usize,
    /// Granule after granule, channel after channel.
    pub(super) granules: [Granule; 4],
}

impl Side {
    /// None if it is damaged.
    pub(super) fn read(bits: &mut Bits<'_>, header: Header) -> Option<Self> {
        let channels = header.channels();
        // Private bits stand in between.
        let (behind, shared) = if header.is_mpeg1() {
            let behind = bits.read(9);
            bits.position += if header.is_mono() { 5 } else { 3 };
            (behind, bits.read(4 * channels as u32))
        } else {
            let behind = bits.read(8);
            bits.position += channels;
            (behind, 0)
        };
        let mut granules = [Granule::default(); 4];
        for granule in &mut granules[..header.granules() * channels] {
            *granule = Granule::read(bits, header)?;
        }
        for channel in 0..channels {
            let first = granules[channel].block;
            let second = &mut granules[channels + channel];
            if first != Block::Short && second.block != Block::Short {
                second.shared = (shared >> (4 * (channels - 1 - channel)) & 15) as u8;
            }
        }
        let needed: usize = granules.iter().map(|granule| granule.length).sum();
        let behind = behind as usize;
        (needed + bits.position <= 8 * (bits.bytes.len() + behind)).then_some(Self { behind, granules })
    }
}

impl Granule {
    fn read(bits: &mut Bits<'_>, header: Header) -> Option<Self> {
        let rate = header.rate_index().saturating_sub(1);
        let mut granule = Self {
            length: bits.read(12) as usize,
            pairs: bits.read(9) as usize,
            gain: bits.read(8) as i32,
            scale_code: bits.read(if header.is_mpeg1() { 4 } else { 9 }) as usize,
            bands: LONG_BANDS.get(rate)?,
            long_bands: 22,
            ..Self::default()
        };
        if granule.pairs > 288 {
            return None;
        }
        if bits.flag() {
            granule.read_window(bits, header, rate)?;
        } else {
            granule.tables = [bits.read(5), bits.read(5), bits.read(5)].map(|table| table as u8);
            granule.regions = [bits.read(4) as u8, bits.read(3) as u8, 255];
        }
        granule.preemphasis = if header.is_mpeg1() { bits.flag() } else { granule.scale_code >= 500 };
        granule.coarse_scale = bits.flag();
        granule.second_quads = bits.flag();
        Some(granule)
    }

    /// A block that is not simply long.
    fn read_window(&mut self, bits: &mut Bits<'_>, header: Header, rate: usize) -> Option<()> {
        self.block =
            [None, Some(Block::Start), Some(Block::Short), Some(Block::Stop)][bits.read(2) as usize]?;
        self.mixed = bits.flag();
        self.regions = [7, 255, 0];
        if self.block == Block::Short && self.mixed {
            self.bands = &MIXED_BANDS[rate];
            (self.long_bands, self.short_bands) = (if header.is_mpeg1() { 8 } else { 6 }, 30);
        } else if self.block == Block::Short {
            self.bands = &SHORT_BANDS[rate];
            (self.long_bands, self.short_bands) = (0, 39);
            self.regions[0] = 8;
        }
        self.tables = [bits.read(5) as u8, bits.read(5) as u8, 0];
        self.window_gains = [bits.read(3), bits.read(3), bits.read(3)].map(|gain| gain as u8);
        Some(())
    }
}
