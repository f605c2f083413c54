//! Cutting a song into overlapping clips while it streams by.

use super::FrontEnd;
use crate::error::{Error, Result};

/// The shortest sound that is judged at all, in seconds. A bar of fast music lasts about a second; half of that
/// still holds a chord and a beat, less is a mere noise.
pub const SHORTEST_SOUND_S: f64 = 0.5;

/// The smallest peak that counts as sound: -80 dB of full scale. Below it lie dither and three steps of 16 bits.
pub const SILENCE_PEAK: f32 = 1e-4;

/// The largest absolute sample; NaN is passed over, nothing at all has peak 0.
pub fn peak(samples: &[f32]) -> f32 {
    let mut lanes = [0.0f32; 16];
    let blocks = samples.chunks_exact(lanes.len());
    let rest = blocks.remainder().iter().fold(0.0f32, |most, sample| most.max(sample.abs()));
    for block in blocks {
        for (most, sample) in lanes.iter_mut().zip(block) {
            *most = if sample.abs() > *most { sample.abs() } else { *most };
        }
    }
    lanes.into_iter().fold(rest, f32::max)
}

/// A piece of a song, as long as the network wants it.
#[derive(Debug, Clone, PartialEq)]
pub struct Clip {
    /// Where it begins in the song, in seconds.
    pub start_s: f64,
    /// Where its music ends, in seconds: the clip's end or the song's. Beyond it the clip is padded with silence.
    pub end_s: f64,
    /// Exactly [`FrontEnd::clip_samples`] samples.
    pub samples: Vec<f32>,
}

/// Cuts a stream of samples into clips. Holds one clip at most, however long the song.
///
/// A clip begins every [`FrontEnd::clip_hop_samples`]. At the end of the song, one more clip, padded with silence,
/// is made if at least half a hop of music (1.25 s of 2.5 s) was in no clip yet: so 30 s give 11 clips, and so
/// do GTZAN's 29.93 s, and never more than half a hop of a song goes unheard. A song shorter than a clip gives
/// one padded clip, unless it is shorter than [`SHORTEST_SOUND_S`].
#[derive(Debug, Clone)]
pub struct Clips {
    front_end: FrontEnd,
    /// The samples from the next clip's start on; always fewer than a clip.
    pending: Vec<f32>,
    /// The next clip's start, in samples.
    start: u64,
}

impl Clips {
    /// A cutter at the start of a song; fails as [`FrontEnd::validate`] does.
    pub fn new(front_end: &FrontEnd) -> Result<Self> {
        front_end.validate()?;
        Ok(Self { front_end: front_end.clone(), pending: Vec::new(), start: 0 })
    }

    /// All clips of a song that is in memory. Fails as [`Clips::finish`] does.
    pub fn cut(front_end: &FrontEnd, samples: &[f32]) -> Result<Vec<Clip>> {
        let mut cutter = Self::new(front_end)?;
        let mut clips = cutter.push(samples);
        clips.extend(cutter.finish()?);
        Ok(clips)
    }

    /// Takes the next samples, at the front end's rate, and returns the clips that they complete.
    pub fn push(&mut self, mut block: &[f32]) -> Vec<Clip> {
        let (length, hop) = (self.front_end.clip_samples(), self.front_end.clip_hop_samples());
        let mut clips = Vec::new();
        while self.pending.len() + block.len() >= length {
            let (head, tail) = block.split_at(length - self.pending.len());
            self.pending.extend_from_slice(head);
            block = tail;
            let mut next = Vec::with_capacity(length);
            next.extend_from_slice(&self.pending[hop..]);
            let samples = std::mem::replace(&mut self.pending, next);
            clips.push(self.clip(samples));
            self.start += hop as u64;
        }
        self.pending.extend_from_slice(block);
        clips
    }

    /// Ends the song and returns the padded clip, if there is one to make.
    ///
    /// [`Error::TooShort`] if the whole song is shorter than [`SHORTEST_SOUND_S`].
    pub fn finish(mut self) -> Result<Option<Clip>> {
        let (length, hop) = (self.front_end.clip_samples(), self.front_end.clip_hop_samples());
        let found = self.front_end.seconds(self.pending.len() as u64);
        if self.start == 0 && found < SHORTEST_SOUND_S {
            return Err(Error::TooShort { found, needed: SHORTEST_SOUND_S });
        }
        let unheard = self.pending.len().saturating_sub(length - hop);
        if self.start > 0 && 2 * unheard < hop {
            return Ok(None);
        }
        let samples = std::mem::take(&mut self.pending);
        Ok(Some(self.clip(samples)))
    }

    /// The clip at the current start, padded if the samples do not fill it.
    fn clip(&self, mut samples: Vec<f32>) -> Clip {
        let start_s = self.front_end.seconds(self.start);
        let end_s = self.front_end.seconds(self.start + samples.len() as u64);
        samples.resize(self.front_end.clip_samples(), 0.0);
        Clip { start_s, end_s, samples }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn song(length: usize) -> Vec<f32> {
        (0..length).map(|n| (n + 1) as f32).collect()
    }

    fn count(seconds: f64) -> Result<usize> {
        Ok(Clips::cut(&FrontEnd::default(), &song((seconds * 16_000.0) as usize))?.len())
    }

    #[test]
    fn thirty_seconds_give_eleven_clips_and_so_does_a_gtzan_track() -> Result<()> {
        for seconds in [30.0, 30.0 + 1e-4, 29.932, 29.0, 30.65] {
            assert_eq!(count(seconds)?, 11, "{seconds} s");
        }
        Ok(())
    }

    #[test]
    fn a_tail_is_heard_from_half_a_hop_on() -> Result<()> {
        for (seconds, clips) in [(0.5, 1), (4.9, 1), (5.0, 1), (6.24, 1), (6.25, 2), (7.5, 2), (3600.0, 1439)]
        {
            assert_eq!(count(seconds)?, clips, "{seconds} s");
        }
        Ok(())
    }

    #[test]
    fn too_short_a_song_is_refused_with_both_lengths() {
        let error = Clips::cut(&FrontEnd::default(), &song(4_800)).err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some("only 0.30 s of sound, but at least 0.50 s are needed"));
    }

    #[test]
    fn clips_know_where_their_music_begins_and_ends() -> Result<()> {
        let clips = Clips::cut(&FrontEnd::default(), &song(110_000))?;
        let places: Vec<_> = clips.iter().map(|clip| (clip.start_s, clip.end_s)).collect();
        assert_eq!(places, [(0.0, 5.0), (2.5, 6.875)]);
        assert_eq!((clips[1].samples[0], clips[1].samples[69_999]), (40_001.0, 110_000.0));
        assert!(clips[1].samples[70_000..].iter().all(|&sample| sample == 0.0));
        Ok(())
    }

    #[test]
    fn the_peak_is_found_wherever_it_stands() {
        for place in 0..40 {
            let mut samples = [0.1, f32::NAN].repeat(20);
            samples[place] = -0.5;
            assert_eq!(peak(&samples), 0.5);
        }
        assert_eq!(peak(&[]), 0.0);
    }

    proptest! {
        #[test]
        fn the_blocks_in_which_a_song_arrives_do_not_matter(
            length in 4_000usize..60_000,
            blocks in prop::collection::vec(0usize..9_000, 1..12),
            overlap in 0.0f64..0.9,
        ) {
            let front_end = FrontEnd { sample_rate_hz: 8_000, clip_seconds: 1.0, overlap, ..Default::default() };
            let front_end = FrontEnd { bands: 64, ..front_end };
            let song = song(length);
            let mut cutter = Clips::new(&front_end)?;
            let (mut clips, mut rest) = (Vec::new(), &song[..]);
            for &block in blocks.iter().chain(&[usize::MAX]) {
                let (head, tail) = rest.split_at(block.min(rest.len()));
                clips.extend(cutter.push(head));
                rest = tail;
            }
            clips.extend(cutter.finish()?);
            prop_assert_eq!(&clips, &Clips::cut(&front_end, &song)?);
            let heard = clips.iter().map(|clip| clip.end_s).fold(0.0, f64::max);
            let hop_s = front_end.seconds(front_end.clip_hop_samples() as u64);
            prop_assert!(length as f64 / 8_000.0 - heard <= hop_s / 2.0 + 1e-9);
        }
    }
}
