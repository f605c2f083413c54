//! What training needs of each track, in memory: decoded once, cut into clips as often as wanted.

use rayon::prelude::*;

use half::f16;

use super::cache::Cache;
use super::catalogue::{Catalogue, Track};
use super::gtzan::{self, CanonicalMd5};
use super::similar::{self, Fingerprint};
use crate::audio::{self, Audio, Limits, MonoStream};
use crate::error::{Error, Result};
use crate::features::{
    Clips, Extractor, FrontEnd, Picture, SHORTEST_SOUND_S, SILENCE_DB, SILENCE_PEAK, Spectrogram, peak,
};

/// Spectrograms may take this much memory; songs are then cut to their middles.
const MEMORY_BYTES: f64 = 6.0 * 1024.0 * 1024.0 * 1024.0;
/// Seconds of each song that are kept, from its middle: the longest of these that fits. A ladder, so that one
/// song more does not make every cached spectrogram useless. The shortest is one clip and room to move it; more
/// than the longest would add little.
const EXCERPTS_S: [f64; 7] = [180.0, 120.0, 90.0, 60.0, 45.0, 30.0, 15.0];

/// Decibels `[bands, frames]` in half precision: half the memory, at most 0.03 dB from the truth.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// Frames, one a hop.
    pub frames: usize,
    /// Row-major `[bands, frames]`, dB relative to power 1.
    pub values: Vec<f16>,
}

impl Matrix {
    fn of(spectrogram: &Spectrogram) -> Self {
        let values = spectrogram.values.iter().map(|value| f16::from_f32(*value)).collect();
        Matrix { frames: spectrogram.frames, values }
    }

    /// The window of `length` frames from `first`, filled up with silence behind the end.
    fn window(&self, first: usize, length: usize) -> Spectrogram {
        let bands = self.values.len() / self.frames.max(1);
        let mut values = vec![SILENCE_DB; bands * length];
        let (from, to) = (first.min(self.frames), (first + length).min(self.frames));
        let rows = values.chunks_exact_mut(length).zip(self.values.chunks_exact(self.frames.max(1)));
        for (window, band) in rows {
            window.iter_mut().zip(&band[from..to]).for_each(|(out, value)| *out = value.to_f32());
        }
        Spectrogram { bands, frames: length, values }
    }
}

/// One track, ready to be learned from or judged.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredTrack {
    /// Length of the whole song, seconds.
    pub seconds: f64,
    /// The whole excerpt, to cut windows from anywhere.
    pub whole: Matrix,
    /// Its clips that hold any sound, exactly as the classifier cuts them.
    pub clips: Vec<Matrix>,
    /// MD5 of the sound as GTZAN's own files hold it, if it is such a sound.
    pub gtzan_md5: Option<String>,
}

impl StoredTrack {
    /// Decodes a file, keeping at most `longest_s` seconds from its middle.
    fn read(track: &Track, front_end: &FrontEnd, longest_s: f64) -> Result<Self> {
        let rate = front_end.sample_rate_hz;
        let audio = audio::read(track.path.as_path(), rate, &Limits::default())?;
        check_sound(&audio)?;
        let most = (longest_s * f64::from(rate)) as usize;
        let first = audio.samples.len().saturating_sub(most) / 2;
        let samples = &audio.samples[first..audio.samples.len().min(first + most)];
        let mut extractor = Extractor::new(front_end)?;
        let audible =
            Clips::cut(front_end, samples)?.into_iter().filter(|c| peak(&c.samples) >= SILENCE_PEAK);
        let clips: Vec<Matrix> =
            audible.map(|clip| Matrix::of(&extractor.track_decibels(&clip.samples))).collect();
        if clips.is_empty() {
            // Only a song whose sound lies outside its excerpt comes here.
            return Err(Error::Silent { peak: peak(samples), floor: SILENCE_PEAK });
        }
        let whole = Matrix::of(&extractor.track_decibels(samples));
        Ok(StoredTrack { seconds: audio.seconds(), whole, clips, gtzan_md5: gtzan_md5(track)? })
    }

    /// The first frames that a window of `length` frames can begin at: 0 up to this, inclusive.
    pub fn last_start(&self, length: usize) -> usize {
        self.whole.frames.saturating_sub(length)
    }

    /// The window of `length` frames from `first`, filled up with silence behind the track's end.
    pub fn window(&self, first: usize, length: usize) -> Spectrogram {
        self.whole.window(first, length)
    }

    /// The decibels of a clip, `[bands, frames]`.
    pub fn clip(&self, clip: usize) -> Spectrogram {
        let matrix = &self.clips[clip];
        matrix.window(0, matrix.frames)
    }
}

/// The checksum of the sound, where the name is one of GTZAN's: decoded a second time, for it is that of the samples
/// as they are in the file.
fn gtzan_md5(track: &Track) -> Result<Option<String>> {
    if !gtzan::is_track_name(&track.name) {
        return Ok(None);
    }
    let mut stream = MonoStream::open(track.path.as_path(), &Limits::default())?;
    let mut checksum = CanonicalMd5::new(stream.rate());
    while let Some(samples) = stream.next_block()? {
        if !checksum.push(samples) {
            break;
        }
    }
    Ok(checksum.finish())
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

/// Where a track's spectrograms came from.
#[derive(Debug)]
pub enum Reading<'a> {
    /// From the cache; nothing was decoded.
    Cached,
    /// It was decoded.
    Decoded,
    /// It could not be read and is left out.
    LeftOut(&'a Error),
}

/// Is told of each track that is read. Every method may be called from several threads.
pub trait Listener: Sync {
    /// A track was read, or could not be.
    fn track_read(&self, track: &Track, reading: Reading) {
        let _ = (track, reading);
    }

    /// Asked before each piece of work: true ends it at the next good place.
    fn stop_requested(&self) -> bool {
        false
    }
}

/// The tracks that could be read, and what became of the others.
pub struct Store {
    /// The front end that the spectrograms are for.
    pub front_end: FrontEnd,
    /// The catalogue's tracks that could be read, in its order.
    pub catalogue: Catalogue,
    /// Their spectrograms, in the same order.
    pub tracks: Vec<StoredTrack>,
    /// The others, with what is wrong with them.
    pub left_out: Vec<(Track, Error)>,
}

impl Store {
    /// Reads all tracks on all cores, from the cache what is there. A track that cannot be read is left out.
    /// None if the listener asked to stop.
    ///
    /// # Errors
    /// [`Error::Setting`] of the front end; [`Error::Io`] where the cache cannot be written. None of a single
    /// track's.
    pub fn read(
        catalogue: &Catalogue,
        front_end: &FrontEnd,
        cache: Option<&Cache>,
        listener: &dyn Listener,
    ) -> Result<Option<Self>> {
        let all: Vec<usize> = (0..catalogue.tracks.len()).collect();
        Self::read_some(catalogue, &all, front_end, cache, listener)
    }

    /// Reads some of the tracks, given by their places, exactly as [`Store::read`] reads them among all others.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read_some(
        catalogue: &Catalogue,
        places: &[usize],
        front_end: &FrontEnd,
        cache: Option<&Cache>,
        listener: &dyn Listener,
    ) -> Result<Option<Self>> {
        front_end.validate()?;
        let longest_s = excerpt_s(catalogue.tracks.len(), front_end);
        let shelf = cache.map(|cache| cache.shelf(front_end, longest_s)).transpose()?;
        let tracks: Vec<&Track> = places.iter().filter_map(|place| catalogue.tracks.get(*place)).collect();
        let read = tracks.par_iter().map(|track| {
            if listener.stop_requested() {
                return Ok(None);
            }
            if let Some(stored) = shelf.as_ref().and_then(|shelf| shelf.get(track.content)) {
                listener.track_read(track, Reading::Cached);
                return Ok(Some(Ok(stored)));
            }
            let stored = StoredTrack::read(track, front_end, longest_s);
            if let (Ok(stored), Some(shelf)) = (&stored, &shelf) {
                shelf.put(track.content, stored)?;
            }
            listener.track_read(track, stored.as_ref().err().map_or(Reading::Decoded, Reading::LeftOut));
            Ok(Some(stored))
        });
        let read = read.collect::<Result<Option<Vec<_>>>>()?;
        Ok(read.map(|read| {
            let mut store = Store {
                front_end: front_end.clone(),
                catalogue: Catalogue { tracks: vec![], ..catalogue.clone() },
                tracks: vec![],
                left_out: vec![],
            };
            tracks.into_iter().zip(read).for_each(|(track, stored)| store.add(track.clone(), stored));
            store
        }))
    }

    fn add(&mut self, track: Track, stored: Result<StoredTrack>) {
        match stored {
            Ok(stored) => {
                self.catalogue.tracks.push(track);
                self.tracks.push(stored);
            }
            Err(error) => self.left_out.push((track, error)),
        }
    }

    /// Which of the catalogue's tracks need not be decoded any more, in its order.
    ///
    /// # Errors
    /// [`Error::Io`] where the cache cannot be written.
    pub fn cached(catalogue: &Catalogue, front_end: &FrontEnd, cache: &Cache) -> Result<Vec<bool>> {
        let shelf = cache.shelf(front_end, excerpt_s(catalogue.tracks.len(), front_end))?;
        Ok(catalogue.tracks.iter().map(|track| shelf.holds(track.content)).collect())
    }

    /// The memory that the spectrograms take, bytes.
    pub fn bytes(&self) -> usize {
        let matrices = self.tracks.iter().flat_map(|track| std::iter::once(&track.whole).chain(&track.clips));
        matrices.map(|matrix| size_of_val(&matrix.values[..])).sum()
    }

    /// All clips, in order.
    pub fn clips(&self) -> Vec<ClipAt> {
        let clips = |(track, clips): (usize, usize)| (0..clips).map(move |clip| ClipAt { track, clip });
        self.clip_counts().into_iter().enumerate().flat_map(clips).collect()
    }

    /// How many clips each track has, in the catalogue's order.
    pub fn clip_counts(&self) -> Vec<usize> {
        self.tracks.iter().map(|track| track.clips.len()).collect()
    }

    /// How many clips each genre has, in the order of the genres.
    pub fn genre_clips(&self) -> Vec<usize> {
        let mut clips = vec![0; self.catalogue.genres.len()];
        let tracks = self.catalogue.tracks.iter().zip(self.clip_counts());
        tracks.for_each(|(track, count)| clips[track.genre] += count);
        clips
    }

    /// Pairs of tracks that sound like one recording.
    pub fn similar(&self) -> Vec<similar::Pair> {
        let whole = |track: &StoredTrack| track.window(0, track.whole.frames);
        let prints = self.tracks.par_iter().map(|track| Fingerprint::of(&whole(track), &self.front_end));
        similar::similar(&prints.collect::<Vec<_>>())
    }

    /// The picture of a track's clip, as the classifier sees it.
    ///
    /// # Errors
    /// [`Error::Setting`] if the extractor is for other bands.
    pub fn picture(&self, extractor: &Extractor, at: ClipAt) -> Result<Picture> {
        extractor.picture_from_decibels(&self.tracks[at.track].clip(at.clip), 0)
    }
}

/// A clip of a [`Store`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClipAt {
    /// Position of its track.
    pub track: usize,
    /// Position among the track's clips.
    pub clip: usize,
}

/// Clips in the store's order, track by track: each piece holds the clips of one track.
pub fn by_track(clips: &[ClipAt]) -> impl Iterator<Item = &[ClipAt]> {
    clips.chunk_by(|one, next| one.track == next.track)
}

/// Seconds of each song that fit in memory together.
fn excerpt_s(tracks: usize, front_end: &FrontEnd) -> f64 {
    let frames_per_second = f64::from(front_end.sample_rate_hz) / front_end.hop as f64;
    // Once as a whole, and as often as clips overlap.
    let copies = 1.0 + 1.0 / (1.0 - front_end.overlap);
    let bytes_per_second = 2.0 * front_end.bands as f64 * frames_per_second * copies;
    let fitting = MEMORY_BYTES / bytes_per_second / tracks.max(1) as f64;
    EXCERPTS_S.into_iter().find(|seconds| *seconds <= fitting).unwrap_or(EXCERPTS_S[EXCERPTS_S.len() - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gtzan_is_kept_whole_and_a_huge_collection_by_its_middles() {
        let front_end = FrontEnd::default();
        assert_eq!(excerpt_s(1000, &front_end), 120.0);
        assert_eq!(excerpt_s(1_000_000, &front_end), 15.0);
    }
}
