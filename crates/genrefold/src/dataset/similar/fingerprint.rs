//! A recording's fingerprint: 32 bits for each frame.

use crate::features::{FrontEnd, SILENCE_DB, Spectrogram};

/// Bits of a frame; one less than the groups of bands.
const BITS: usize = 32;
/// The lowest four fifths of the bands: those above are the first that noise hides and encoders drop.
const USED_BANDS: (usize, usize) = (4, 5);
/// Length of each of the two windows that are compared, in seconds; the paper's single window has 0.37 s.
const WINDOW_S: f64 = 0.16;
/// A frame this far below its track's loudest is silent: it tells more of the encoder than of the music.
const SILENT_BELOW_DB: f32 = 50.0;
/// So is a frame that nowhere rises further than this above what silence reads.
const SILENT_ABOVE_DB: f32 = 10.0;
/// A difference smaller than this is none: its bit is left out.
const TIE_DB: f32 = 0.01;
/// e to this power is one dB.
const NEPER_PER_DB: f32 = std::f32::consts::LN_10 / 10.0;

/// What identifies a recording, whatever its encoding and gain. 500 bytes for a second of music.
#[derive(Debug, Clone, PartialEq)]
pub struct Fingerprint {
    pub(super) frame_s: f64,
    pub(super) codes: Vec<Code>,
    /// How many codes are not silent.
    pub(super) heard: usize,
}

/// The bits of one frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) bits: u32,
    /// Which of them mean something: none in silence, where the bits are zero too.
    pub(super) known: u32,
}

impl Fingerprint {
    /// The fingerprint of a whole track.
    ///
    /// `decibels` is `[bands, frames]` in dB of at least -100, as from
    /// [`Extractor::track_decibels`](crate::features::Extractor::track_decibels) with the settings `front_end`.
    /// With fewer than 33 bands, or a third of a second, it is empty, and like no other.
    pub fn of(decibels: &Spectrogram, front_end: &FrontEnd) -> Fingerprint {
        let frame_s = front_end.hop as f64 / f64::from(front_end.sample_rate_hz);
        let width = ((WINDOW_S / frame_s).round() as usize).max(1);
        let enough = decibels.bands > BITS && decibels.frames / 2 >= width;
        let codes = if enough { codes(decibels, width) } else { Vec::new() };
        let heard = codes.iter().filter(|code| code.known != 0).count();
        Fingerprint { frame_s, codes, heard }
    }
}

/// One code for each two windows of `width` frames that follow each other: whether the level of a group of bands
/// rises by more than that of the next group.
fn codes(decibels: &Spectrogram, width: usize) -> Vec<Code> {
    let levels: Vec<Vec<f32>> = (0..=BITS).map(|group| levels(decibels, group, width)).collect();
    let sounding = sounding(&levels, width);
    let mut codes = vec![Code::default(); sounding.len()];
    for (bit, pair) in levels.windows(2).enumerate() {
        let rise = |group: usize, frame: usize| pair[group][frame + width] - pair[group][frame];
        for (frame, code) in codes.iter_mut().enumerate().filter(|(frame, _)| sounding[*frame]) {
            let difference = rise(0, frame) - rise(1, frame);
            code.bits |= u32::from(difference > TIE_DB) << bit;
            code.known |= u32::from(difference.abs() > TIE_DB) << bit;
        }
    }
    codes
}

/// Whether either of the two windows that begin at a frame is not silent.
fn sounding(levels: &[Vec<f32>], width: usize) -> Vec<bool> {
    let windows = levels.first().map_or(0, Vec::len);
    let loudest = |frame: usize| levels.iter().fold(SILENCE_DB, |most, group| most.max(group[frame]));
    let loudness: Vec<f32> = (0..windows).map(loudest).collect();
    let most = loudness.iter().copied().fold(SILENCE_DB, f32::max);
    let floor = (most - SILENT_BELOW_DB).max(SILENCE_DB + SILENT_ABOVE_DB);
    loudness.iter().zip(loudness.iter().skip(width)).map(|(one, next)| one.max(*next) > floor).collect()
}

/// The level in dB of one of 33 groups of bands, in windows of `width` frames, one from each frame on.
///
/// Power is averaged, not dB: what is quiet is noise, and must not weigh as much as music.
fn levels(decibels: &Spectrogram, group: usize, width: usize) -> Vec<f32> {
    let used = (decibels.bands * USED_BANDS.0 / USED_BANDS.1).max(BITS + 1);
    let edge = |group: usize| group * used / (BITS + 1);
    let rows = decibels.values.chunks_exact(decibels.frames);
    let mut power = vec![0.0_f32; decibels.frames];
    for row in rows.take(edge(group + 1)).skip(edge(group)) {
        power.iter_mut().zip(row).for_each(|(power, db)| *power += (db * NEPER_PER_DB).exp());
    }
    let mean = |window: &[f32]| window.iter().sum::<f32>() / width as f32;
    power.windows(width).map(|window| 10.0 * mean(window).log10()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A spectrogram of values that look random, the same on every machine.
    fn noise(bands: usize, frames: usize) -> Spectrogram {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            -40.0 * (state >> 8) as f32 / (1 << 24) as f32
        };
        Spectrogram { bands, frames, values: (0..bands * frames).map(|_| next()).collect() }
    }

    #[test]
    fn a_gain_and_a_constant_filter_change_hardly_a_bit() {
        let plain = noise(128, 500);
        let mut changed = plain.clone();
        for (band, row) in changed.values.chunks_exact_mut(500).enumerate() {
            row.iter_mut().for_each(|value| *value += 7.0 - (band / 3) as f32 * 0.2);
        }
        let [plain, changed] = [plain, changed].map(|track| Fingerprint::of(&track, &FrontEnd::default()));
        assert_eq!((plain.codes.len(), plain.heard), (481, 481));
        let pairs = plain.codes.iter().zip(&changed.codes);
        let differ: u32 = pairs.map(|(one, other)| (one.bits ^ other.bits).count_ones()).sum();
        assert!(differ < 481 * 32 / 50, "{differ} bits");
    }

    #[test]
    fn silence_says_nothing() {
        let mut track = noise(64, 200);
        track.values.chunks_exact_mut(200).for_each(|row| row[100..].fill(SILENCE_DB));
        let print = Fingerprint::of(&track, &FrontEnd::default());
        assert!(print.codes[..100].iter().all(|code| code.known.count_ones() > 16));
        assert!(print.codes[100..].iter().all(|code| *code == Code::default()));
        assert_eq!((print.codes.len(), print.heard), (181, 100));
        let silence = Spectrogram { bands: 64, frames: 200, values: vec![SILENCE_DB; 64 * 200] };
        assert_eq!(Fingerprint::of(&silence, &FrontEnd::default()).heard, 0);
    }

    #[test]
    fn too_few_bands_or_frames_give_an_empty_fingerprint() {
        for (bands, frames) in [(32, 500), (33, 19), (0, 0), (33, 0)] {
            assert!(Fingerprint::of(&noise(bands, frames), &FrontEnd::default()).codes.is_empty());
        }
        assert_eq!(Fingerprint::of(&noise(33, 20), &FrontEnd::default()).codes.len(), 1);
        let odd = FrontEnd { hop: 0, ..FrontEnd::default() };
        assert!(Fingerprint::of(&noise(33, 20), &odd).codes.is_empty());
    }
}
