//! Tracks that are the same recording, heard rather than read: under another encoding, with another gain, or cut
//! at another place.
//!
//! Source: Haitsma and Kalker, "A Highly Robust Audio Fingerprinting System", ISMIR 2002. Each frame of a track
//! gives 32 bits, each the sign of a difference over time of a difference between neighbouring bands, so that
//! neither a gain nor a constant filter changes them. Codes that two tracks share propose how far one is shifted
//! against the other; the share of bits that then differ decides. Speed and pitch must be the same.

mod fingerprint;

use std::cmp::Reverse;

use rayon::prelude::*;

use fingerprint::Code;
pub use fingerprint::Fingerprint;

/// The largest share of differing bits at which two tracks are taken for one recording; the paper's own.
///
/// Measured on half of GTZAN, at every second shift of every two tracks: 0 to 0.21 between the same recordings
/// (0.25 after white noise 10 dB below the music), 0.38 between what seem two takes of one song, 0.45 and more
/// between all others; 0.42 and more if they are cut to 4 s.
pub const LARGEST_ERROR_RATE: f64 = 0.35;

/// Seconds that must be heard of both tracks at once.
const OVERLAP_S: f64 = 10.0;
/// Of shorter tracks, this share of the shorter one,
const OVERLAP_SHARE: f64 = 0.8;
/// but at least so many seconds.
const SHORTEST_OVERLAP_S: f64 = 3.0;
/// A code is looked up only if so many of its bits mean something.
const LEAST_KNOWN: u32 = 16;
/// Codes in the index, of 12 bytes each. Beyond, only every second (third, ...) frame is entered.
const LARGEST_INDEX: usize = 8_000_000;
/// How many equal codes of later tracks are looked at: common codes say little, and must not flood.
const LARGEST_BUCKET: usize = 32;
/// Shifts that are tried for two tracks, those that most codes propose.
const TRIES: usize = 8;
/// Frames that a proposed shift may be off.
const SLACK: i64 = 2;

/// Two tracks that are the same recording, at least in part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// The place of a track in the list.
    pub one: usize,
    /// The place of a later track.
    pub other: usize,
    /// What `one` plays at a time, `other` plays so many seconds later; negative if earlier. Within a frame.
    pub offset_s: f64,
    /// The share of bits that differ: 0 for the same samples, at most [`LARGEST_ERROR_RATE`].
    pub error_rate: f64,
    /// How long both are heard at once, in seconds.
    pub overlap_s: f64,
}

/// The tracks that are the same recording over at least ten seconds; of tracks shorter than that, over at least
/// four fifths of the shorter one, and three seconds. Sorted by `one`, then `other`; each pair once.
///
/// Of very many copies each is paired at least with those that come next, so that chains of pairs join them all.
/// Fingerprints must be of one front end; those with other frames are never paired. Uses all cores; the result
/// does not depend on their number.
pub fn similar(tracks: &[Fingerprint]) -> Vec<Pair> {
    let index = Index::new(tracks);
    (0..tracks.len()).into_par_iter().flat_map_iter(|one| index.pairs(one)).collect()
}

/// A frame of a track, filed under its bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    bits: u32,
    track: u32,
    frame: u32,
}

/// A guess from one code that two tracks share.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Vote {
    other: u32,
    /// Frames by which the other track is later.
    shift: i64,
}

/// All codes of all tracks, sorted, to find equal ones.
struct Index<'a> {
    tracks: &'a [Fingerprint],
    entries: Vec<Entry>,
}

impl<'a> Index<'a> {
    fn new(tracks: &'a [Fingerprint]) -> Self {
        let total: usize = tracks.iter().map(|track| track.heard).sum();
        let step = total.div_ceil(LARGEST_INDEX).max(1);
        let entries_of = |(number, track): (usize, &'a Fingerprint)| {
            let entered = telling(track).filter(move |(frame, _)| frame.is_multiple_of(step));
            entered.map(move |(frame, bits)| Entry { bits, track: number as u32, frame: frame as u32 })
        };
        let mut entries: Vec<Entry> = tracks.iter().enumerate().flat_map(entries_of).collect();
        entries.par_sort_unstable();
        Index { tracks, entries }
    }

    /// The later tracks that are the same recording as `one`.
    fn pairs(&self, one: usize) -> Vec<Pair> {
        let mut votes = Vec::new();
        for (frame, bits) in telling(&self.tracks[one]) {
            let vote =
                |entry: &Entry| Vote { other: entry.track, shift: i64::from(entry.frame) - frame as i64 };
            votes.extend(self.later(one, bits).map(vote));
        }
        votes.sort_unstable();
        let of_each = votes.chunk_by(|one, next| one.other == next.other);
        of_each.filter_map(|votes| self.judged(one, votes)).collect()
    }

    /// The entries with these bits in the tracks after `one`, not too many.
    fn later(&self, one: usize, bits: u32) -> impl Iterator<Item = &Entry> {
        let first = self.entries.partition_point(|entry| (entry.bits, entry.track as usize) <= (bits, one));
        self.entries[first..].iter().take(LARGEST_BUCKET).take_while(move |entry| entry.bits == bits)
    }

    /// The best of the shifts that sorted votes for one other track propose, if it is good enough.
    fn judged(&self, one: usize, votes: &[Vote]) -> Option<Pair> {
        let other = votes.first()?.other as usize;
        let mut counted: Vec<(Reverse<usize>, i64)> = votes
            .chunk_by(|one, next| one.shift == next.shift)
            .map(|equal| (Reverse(equal.len()), equal[0].shift))
            .collect();
        counted.sort_unstable();
        let shifts = counted.iter().take(TRIES).flat_map(|(_, shift)| shift - SLACK..=shift + SLACK);
        let (one_track, other_track) = (&self.tracks[one], &self.tracks[other]);
        let matches = shifts.filter_map(|shift| Match::at(one_track, other_track, shift));
        let best = matches.min_by(|one, other| one.error_rate.total_cmp(&other.error_rate))?;
        (best.error_rate <= LARGEST_ERROR_RATE).then(|| best.pair(one, other, one_track.frame_s))
    }
}

/// The frames of a track whose codes say enough to be looked up, with their bits.
fn telling(track: &Fingerprint) -> impl Iterator<Item = (usize, u32)> {
    let tells = |code: &Code| code.known.count_ones() >= LEAST_KNOWN;
    track
        .codes
        .iter()
        .enumerate()
        .filter(move |(_, code)| tells(code))
        .map(|(frame, code)| (frame, code.bits))
}

/// How well two tracks agree, one shifted against the other.
struct Match {
    shift: i64,
    error_rate: f64,
    /// Frames that are heard in both.
    heard: usize,
}

impl Match {
    /// `None` when too little is heard of both at once.
    fn at(one: &Fingerprint, other: &Fingerprint, shift: i64) -> Option<Match> {
        let from =
            |track: &'_ Fingerprint, first: i64| usize::try_from(first).unwrap_or(0).min(track.codes.len());
        let pairs = one.codes[from(one, -shift)..].iter().zip(&other.codes[from(other, shift)..]);
        let (mut wrong, mut known, mut heard) = (0_u64, 0_u64, 0);
        for (one, other) in pairs {
            let both = one.known & other.known;
            wrong += u64::from(((one.bits ^ other.bits) & both).count_ones());
            known += u64::from(both.count_ones());
            heard += usize::from(both != 0);
        }
        let enough = one.frame_s == other.frame_s && heard as f64 >= needed(one, other);
        enough.then(|| Match { shift, error_rate: wrong as f64 / known as f64, heard })
    }

    fn pair(&self, one: usize, other: usize, frame_s: f64) -> Pair {
        Pair {
            one,
            other,
            offset_s: self.shift as f64 * frame_s,
            error_rate: self.error_rate,
            overlap_s: self.heard as f64 * frame_s,
        }
    }
}

/// Frames that must be heard of both tracks at once.
fn needed(one: &Fingerprint, other: &Fingerprint) -> f64 {
    let share = OVERLAP_SHARE * one.heard.min(other.heard) as f64;
    share.min(OVERLAP_S / one.frame_s).max(SHORTEST_OVERLAP_S / one.frame_s)
}

#[cfg(test)]
mod tests {
    use super::super::synthetic::{STYLES, Style, song};
    use super::*;
    use crate::audio::Resampler;
    use crate::error::Result;
    use crate::features::{Extractor, FrontEnd};

    /// Hz; the front end's own.
    const RATE: u32 = 16_000;

    fn prints(songs: &[Vec<f32>]) -> Result<Vec<Fingerprint>> {
        let front_end = FrontEnd::default();
        let mut extractor = Extractor::new(&front_end)?;
        Ok(songs.iter().map(|song| Fingerprint::of(&extractor.track_decibels(song), &front_end)).collect())
    }

    fn sound(style: &'static Style, seed: u64, seconds: f64) -> Vec<f32> {
        song(style, seed, seconds, RATE).samples
    }

    /// White noise of this effective value.
    fn noise(level: f32) -> impl FnMut() -> f32 {
        let mut state = 7_u32;
        move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 8) as f32 / (1 << 23) as f32 - 1.0) * 3.0_f32.sqrt() * level
        }
    }

    /// From 1.3 s on, softer, with noise 30 dB below the music.
    fn copied(song: &[f32]) -> Vec<f32> {
        let power = song.iter().map(|sample| sample * sample).sum::<f32>() / song.len() as f32;
        let mut noise = noise(power.sqrt() * 10.0_f32.powf(-30.0 / 20.0));
        song[20_800..].iter().map(|sample| 0.3 * (sample + noise())).collect()
    }

    #[test]
    fn a_copy_is_found_through_a_gain_noise_and_a_cut() -> Result<()> {
        let originals: Vec<Vec<f32>> = STYLES.iter().map(|style| sound(style, 0, 15.0)).collect();
        let songs: Vec<Vec<f32>> =
            originals.iter().cloned().chain(originals.iter().map(|s| copied(s))).collect();
        let pairs = similar(&prints(&songs)?);
        let expected = (0..STYLES.len()).map(|style| (style, style + STYLES.len()));
        assert!(pairs.iter().map(|pair| (pair.one, pair.other)).eq(expected), "{pairs:?}");
        for Pair { offset_s, error_rate, overlap_s, .. } in pairs {
            assert!((offset_s + 1.3).abs() < 0.02, "{offset_s} s");
            assert!(error_rate < LARGEST_ERROR_RATE, "{error_rate}");
            assert!((10.0..13.7).contains(&overlap_s), "{overlap_s} s");
        }
        Ok(())
    }

    #[test]
    fn a_copy_at_another_rate_is_found_where_it_begins() -> Result<()> {
        let original = sound(&STYLES[5], 3, 14.0);
        let later: Vec<f32> = vec![0.0; 2 * 16_000].into_iter().chain(original.iter().copied()).collect();
        let later = resampled(&resampled(&later, RATE, 22_050)?, 22_050, RATE)?;
        let pairs = similar(&prints(&[original, later])?);
        assert_eq!(pairs.len(), 1);
        assert!((pairs[0].offset_s - 2.0).abs() < 0.02 && pairs[0].error_rate < 0.1, "{pairs:?}");
        Ok(())
    }

    fn resampled(samples: &[f32], from: u32, to: u32) -> Result<Vec<f32>> {
        let mut resampler = Resampler::new(from, to)?;
        let mut out = Vec::new();
        resampler.process(samples, &mut out);
        resampler.finish(&mut out);
        Ok(out)
    }

    #[test]
    fn songs_of_one_style_and_key_are_not_taken_for_copies() -> Result<()> {
        for style in &STYLES[..4] {
            let songs: Vec<Vec<f32>> = (0..6).map(|seed| sound(style, seed, 12.0)).collect();
            assert_eq!(similar(&prints(&songs)?), [], "{}", style.name);
        }
        Ok(())
    }

    #[test]
    fn short_tracks_must_agree_over_most_of_the_shorter_one() -> Result<()> {
        let whole = sound(&STYLES[6], 1, 12.0);
        let cut = |from: usize, to: usize| whole[from * 16_000..to * 16_000].to_vec();
        let found = |songs: &[Vec<f32>]| Ok(similar(&prints(songs)?).len());
        assert_eq!(found(&[cut(0, 12), cut(5, 10)])?, 1);
        assert_eq!(found(&[cut(0, 6), cut(1, 7)])?, 1);
        assert_eq!(found(&[cut(0, 6), cut(3, 9)])?, 0);
        assert_eq!(found(&[cut(0, 12), cut(5, 7)])?, 0);
        Ok(())
    }

    #[test]
    fn many_copies_are_joined_and_silence_is_not() -> Result<()> {
        let mut songs = vec![sound(&STYLES[2], 2, 6.0); 100];
        songs.extend([vec![0.0; 96_000], vec![0.0; 96_000], vec![]]);
        let pairs = similar(&prints(&songs)?);
        for one in 0..99 {
            assert!(pairs.iter().any(|pair| (pair.one, pair.other) == (one, one + 1)), "{one}");
        }
        assert!(pairs.iter().all(|pair| pair.other < 100 && pair.error_rate == 0.0));
        assert!(pairs.is_sorted_by_key(|pair| (pair.one, pair.other)));
        Ok(())
    }
}
