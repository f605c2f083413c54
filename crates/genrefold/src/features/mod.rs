//! Sound to picture: what the network sees of five seconds of music.
//!
//! [`Clips`] cuts a stream of samples into clips, [`Extractor`] makes each into a [`Picture`]: short-time
//! Fourier transform, mel filters, decibels below the clip's own loudest value. Its numbers are librosa's.
//!
//! ```
//! use genrefold::features::{Clips, Extractor, FrontEnd};
//!
//! let front_end = FrontEnd::default();
//! let mut extractor = Extractor::new(&front_end)?;
//! let mut clips = Clips::new(&front_end)?;
//! let song: Vec<f32> = (0..200_000).map(|n| (n as f32 * 0.05).sin()).collect();
//! let mut heard = clips.push(&song);
//! heard.extend(clips.finish()?);
//! assert_eq!(heard.len(), 4);
//! let picture = extractor.picture(&heard[0].samples)?;
//! assert_eq!((picture.rows, picture.columns), (128, 313));
//! # Ok::<(), genrefold::Error>(())
//! ```

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

mod stft;
mod mel;
mod decibel;
mod image;
mod extractor;
mod clip;
mod panorama;

pub use clip::{Clip, Clips, SHORTEST_SOUND_S, SILENCE_PEAK, peak};
pub use decibel::{Reference, SILENCE_DB, SMALLEST_POWER, power_to_db};
pub use extractor::{Extractor, Spectrogram};
pub use image::{LOUDEST_DB, Lookup, Picture};
pub use mel::{MelBank, hz_to_mel, mel_to_hz};
pub use panorama::{MAX_COLUMNS, Overview, Panorama};
pub use stft::hann;

/// Bumped whenever any number that the front end computes changes: a model trained with one version refuses
/// another.
pub const VERSION: u32 = 1;

/// What the network sees of a clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Input {
    /// The mel spectrogram itself, `[bands, frames]`, lowest band first; 0 is `top_db` below the loudest value.
    #[default]
    LogMel,
    /// The same on one scale for all clips, so that a quiet clip stays quiet: 1 is [`LOUDEST_DB`], 0 is `top_db`
    /// below it.
    #[serde(rename = "absolute-logmel")]
    AbsoluteLogMel,
    /// The report's picture of it, 217 rows by 334 columns of grey, highest band first; 0 is the clip's quietest
    /// value, as matplotlib draws it.
    Image,
    /// The same picture on a fixed scale: 0 is `top_db` below the loudest value, so that a clip of small dynamic
    /// range stays bright.
    #[serde(rename = "fixed-image")]
    FixedImage,
}

impl Input {
    /// Whether it is the report's picture, drawn with its highest band first, and not the mel spectrogram itself.
    pub fn is_drawn(self) -> bool {
        match self {
            Input::LogMel | Input::AbsoluteLogMel => false,
            Input::Image | Input::FixedImage => true,
        }
    }
}

/// The settings of the front end. They travel inside the model file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FrontEnd {
    /// Samples per second of what is analysed, in Hz.
    pub sample_rate_hz: u32,
    /// Length of the analysis window in samples; even.
    pub n_fft: usize,
    /// Samples from one frame to the next; at most `n_fft`.
    pub hop: usize,
    /// Mel bands from 0 Hz to half the sample rate.
    pub bands: usize,
    /// Dynamic range of a picture, in dB below the clip's loudest value.
    pub top_db: f32,
    /// Length of a clip in seconds.
    pub clip_seconds: f64,
    /// Share of a clip that the next one repeats; in `[0, 0.95]`.
    pub overlap: f64,
    /// What the network sees.
    pub input: Input,
}

/// The report's settings (16 kHz, window 512, hop 256, clips of 5 s with half overlap), with librosa's defaults
/// where it is silent (128 bands, 80 dB).
impl Default for FrontEnd {
    fn default() -> Self {
        Self {
            sample_rate_hz: 16_000,
            n_fft: 512,
            hop: 256,
            bands: 128,
            top_db: 80.0,
            clip_seconds: 5.0,
            overlap: 0.5,
            input: Input::LogMel,
        }
    }
}

impl FrontEnd {
    /// Checks every setting, and that no mel band is empty; the error names the first bad one.
    pub fn validate(&self) -> Result<()> {
        let rate = self.sample_rate_hz;
        check((8_000..=192_000).contains(&rate), "sample_rate_hz", rate, "8000 to 192000 Hz")?;
        let even = self.n_fft.is_multiple_of(2);
        check(
            even && (32..=16_384).contains(&self.n_fft),
            "n_fft",
            self.n_fft,
            "an even number, 32 to 16384",
        )?;
        check((1..=self.n_fft).contains(&self.hop), "hop", self.hop, "1 to n_fft samples")?;
        check((1..=1024).contains(&self.bands), "bands", self.bands, "1 to 1024")?;
        check((1.0..=200.0).contains(&self.top_db), "top_db", self.top_db, "1 to 200 dB")?;
        check((0.5..=60.0).contains(&self.clip_seconds), "clip_seconds", self.clip_seconds, "0.5 to 60 s")?;
        check((0.0..=0.95).contains(&self.overlap), "overlap", self.overlap, "0 to 0.95 of a clip")?;
        let empty = MelBank::new(rate, self.n_fft, self.bands).empty_bands();
        let found = format!("{} bands, {empty} of them without a frequency bin", self.bands);
        check(empty == 0, "bands", found, "fewer bands, or a larger n_fft")
    }

    /// Samples of a clip.
    pub fn clip_samples(&self) -> usize {
        (self.clip_seconds * f64::from(self.sample_rate_hz)).round() as usize
    }

    /// Samples from the start of one clip to the start of the next.
    pub fn clip_hop_samples(&self) -> usize {
        (((1.0 - self.overlap) * self.clip_samples() as f64).round() as usize).max(1)
    }

    /// Frames of a clip: one centred on each multiple of `hop`, both ends included.
    pub fn frames(&self) -> usize {
        1 + self.clip_samples() / self.hop
    }

    /// Rows and columns of a picture: the network's channels and its time steps.
    pub fn picture_shape(&self) -> (usize, usize) {
        if self.input.is_drawn() { image::IMAGE_SHAPE } else { (self.bands, self.frames()) }
    }

    /// The number of samples as seconds.
    pub fn seconds(&self, samples: u64) -> f64 {
        samples as f64 / f64::from(self.sample_rate_hz)
    }
}

/// An error that names the setting, unless it is well.
fn check(well: bool, key: &str, found: impl ToString, expected: &str) -> Result<()> {
    if well {
        return Ok(());
    }
    let key = format!("front_end.{key}");
    Err(Error::Setting { key, found: found.to_string(), expected: expected.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_reports_and_have_its_shapes() {
        let front_end = FrontEnd::default();
        assert!(front_end.validate().is_ok());
        assert_eq!((front_end.clip_samples(), front_end.clip_hop_samples()), (80_000, 40_000));
        assert_eq!(front_end.picture_shape(), (128, 313));
        assert_eq!(FrontEnd { input: Input::Image, ..front_end }.picture_shape(), (217, 334));
    }

    #[test]
    fn every_bad_setting_is_refused_by_its_name() {
        let good = FrontEnd::default;
        let bad = [
            ("sample_rate_hz", FrontEnd { sample_rate_hz: 0, ..good() }),
            ("n_fft", FrontEnd { n_fft: 511, ..good() }),
            ("hop", FrontEnd { hop: 0, ..good() }),
            ("bands", FrontEnd { bands: 0, ..good() }),
            ("bands", FrontEnd { bands: 217, ..good() }),
            ("top_db", FrontEnd { top_db: f32::NAN, ..good() }),
            ("clip_seconds", FrontEnd { clip_seconds: f64::INFINITY, ..good() }),
            ("overlap", FrontEnd { overlap: 1.0, ..good() }),
        ];
        for (name, front_end) in bad {
            let text = front_end.validate().err().map(|error| error.to_string()).unwrap_or_default();
            assert!(text.contains(&format!("front_end.{name}:")), "{name}: {text:?}");
        }
    }

    #[test]
    fn settings_survive_serialisation_and_unknown_ones_fail() -> serde_json::Result<()> {
        for (input, word) in [(Input::AbsoluteLogMel, "absolute-logmel"), (Input::FixedImage, "fixed-image")]
        {
            let front_end = FrontEnd { input, bands: 64, ..FrontEnd::default() };
            let text = serde_json::to_string(&front_end)?;
            assert!(text.contains(&format!(r#""input":"{word}""#)), "{text}");
            assert_eq!(serde_json::from_str::<FrontEnd>(&text)?, front_end);
        }
        assert!(serde_json::from_str::<FrontEnd>(r#"{"band": 64}"#).is_err());
        Ok(())
    }
}
