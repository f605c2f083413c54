//! FILE -> SAMPLES.
//!
//! [`read`] gives a whole file as mono [`Audio`] at the rate asked for; [`MonoStream`] gives it block by
//! block, in memory that does not grow with the file's length. The order of the work is librosa's: mean of
//! the channels in f32 first, then the resampler.
//!
//! Formats are told apart by content, never by name: WAV, AIFF, CAF, FLAC, Ogg (Vorbis, Opus, FLAC), MP3,
//! AAC (ADTS), MP4 (AAC, ALAC), Matroska and WebM through Symphonia, and Sun `.au` by an own reader. Of what Symphonia
//! finds, MP3 and plain samples are decoded here, because it is faster.

mod au;
mod contents;
mod decode;
mod guard;
mod limits;
mod magic;
mod mp3;
#[cfg(feature = "opus")]
mod opus;
mod pcm;
mod resample;
mod source;
mod stream;

pub use contents::{Contents, contents};
pub use limits::Limits;
pub use magic::begins_as_sound;
pub use resample::Resampler;
pub use source::Source;
pub use stream::{MonoStream, ResampledStream};

use crate::error::Result;

/// What can be read, for messages.
const KNOWN: &str = "expected WAV, AIFF, CAF, FLAC, Ogg, Opus, MP3, AAC, M4A, Matroska, WebM or Sun AU";

/// Mono sound.
#[derive(Debug, Clone, PartialEq)]
pub struct Audio {
    /// Samples, nominally in [-1, 1].
    pub samples: Vec<f32>,
    /// Samples per second, Hz.
    pub rate: u32,
}

impl Audio {
    /// Length in seconds.
    pub fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.rate)
    }
}

/// Reads a whole file (a path or bytes) as mono at `rate` Hz.
///
/// # Errors
/// Those of [`MonoStream::open`], [`MonoStream::next_block`] and [`Resampler::new`].
pub fn read(source: impl Into<Source>, rate: u32, limits: &Limits) -> Result<Audio> {
    let mut stream = MonoStream::open(source, limits)?.at_rate(rate)?;
    let mut samples = Vec::new();
    while let Some(block) = stream.next_block()? {
        samples.extend_from_slice(block);
    }
    Ok(Audio { samples, rate })
}
