//! The training tracks' spectrograms in memory: decoded once, cut into clips as often as wanted.

use half::f16;
use rayon::prelude::*;

use super::observer::Observer;
use crate::audio::{self, Audio, Limits};
use crate::dataset::Track;
use crate::error::{Error, Result};
use crate::features::{
    Extractor, FrontEnd, Picture, SHORTEST_SOUND_S, SILENCE_DB, SILENCE_PEAK, Spectrogram, peak,
};

/// One track as decibels in half precision: half the memory, at most 0.03 dB from the truth.
pub struct StoredTrack {
    /// Index of its genre.
    pub genre: usize,
    frames: usize,
    /// `[bands, frames]`, dB relative to 1.
    decibels: Vec<f16>,
}

impl StoredTrack {
    /// Decodes a file, keeping at most `longest_seconds` from its middle.
    fn read(track: &Track, front_end: &FrontEnd, longest_seconds: f64) -> Result<Self> {
        let rate = front_end.sample_rate_hz;
        let audio = audio::read(track.path.as_path(), rate, &Limits::default())?;
        let most = (longest_seconds * f64::from(rate)) as usize;
        let first = audio.samples.len().saturating_sub(most) / 2;
        let samples = &audio.samples[first..audio.samples.len().min(first + most)];
        check_sound(&audio)?;
        let spectrogram = Extractor::new(front_end)?.track_decibels(samples);
        Ok(StoredTrack {
            genre: track.genre,
            frames: spectrogram.frames,
            decibels: spectrogram.values.iter().map(|value| f16::from_f32(*value)).collect(),
        })
    }

    /// The first frames that a window of `length` frames can begin at: 0 up to this, inclusive.
    pub fn last_start(&self, length: usize) -> usize {
        self.frames.saturating_sub(length)
    }

    /// The window of `length` frames from `first`, filled up with silence behind the track's end.
    pub fn window(&self, first: usize, length: usize) -> Spectrogram {
        let bands = self.decibels.len() / self.frames.max(1);
        let mut values = vec![SILENCE_DB; bands * length];
        let (from, to) = (first.min(self.frames), (first + length).min(self.frames));
        for (window, band) in values.chunks_exact_mut(length).zip(self.decibels.chunks_exact(self.frames)) {
            window.iter_mut().zip(&band[from..to]).for_each(|(out, value)| *out = value.to_f32());
        }
        Spectrogram { bands, frames: length, values }
    }

    /// First frames of the clips of the 50 % grid, to the nearest frame. A clip counts while half of it is music:
    /// a 30 s track has one half-filled clip more here than in the classifier's own cut.
    pub fn grid(&self, front_end: &FrontEnd) -> Vec<usize> {
        let hop = front_end.clip_hop_samples() as f64 / front_end.hop as f64;
        let half = front_end.frames() / 2;
        let starts = (0..).map(|clip| (clip as f64 * hop).round() as usize);
        // A clip belongs to the track while at least half of it is music; the first always does.
        starts.take_while(|start| *start == 0 || start + half <= self.frames).collect()
    }
}

/// Refuses what has nothing to learn from, as the classifier refuses it.
fn check_sound(audio: &Audio) -> Result<()> {
    if audio.seconds() < SHORTEST_SOUND_S {
        return Err(Error::TooShort { found: audio.seconds(), needed: SHORTEST_SOUND_S });
    }
    let peak = peak(&audio.samples);
    if peak < SILENCE_PEAK {
        return Err(Error::Silent { peak, floor: SILENCE_PEAK });
    }
    Ok(())
}

/// The tracks that could be read, and what became of the others.
pub struct Store {
    /// The front end that the spectrograms are for.
    pub front_end: FrontEnd,
    /// In the order of `kept`.
    pub tracks: Vec<StoredTrack>,
    /// Positions in the catalogue of the tracks that could be read.
    pub kept: Vec<usize>,
}

impl Store {
    /// Decodes all tracks on all cores. A track that cannot be read is named to the observer and left out.
    ///
    /// # Errors
    /// None of a single track's; only those of the front end's settings.
    pub fn read(
        tracks: &[Track],
        front_end: &FrontEnd,
        seconds: f64,
        observer: &dyn Observer,
    ) -> Result<Self> {
        front_end.validate()?;
        let read: Vec<Option<StoredTrack>> = tracks
            .par_iter()
            .map(|track| {
                if observer.stop_requested() {
                    return None;
                }
                let stored = StoredTrack::read(track, front_end, seconds);
                observer.track_read(track, stored.as_ref().err());
                stored.ok()
            })
            .collect();
        let kept =
            read.iter().enumerate().filter(|(_, track)| track.is_some()).map(|(index, _)| index).collect();
        Ok(Store { front_end: front_end.clone(), tracks: read.into_iter().flatten().collect(), kept })
    }

    /// The picture of a track's window that begins at a frame.
    pub fn picture(&self, extractor: &Extractor, track: usize, first: usize) -> Result<Picture> {
        extractor.picture_from_decibels(&self.tracks[track].window(first, self.front_end.frames()), 0)
    }
}
