//! The front end as a whole: samples to mel power, to decibels, to the picture of a clip.

use pulp::NullaryFnOnce;

use super::decibel::decibels;
use super::image::{Picture, picture_of};
use super::mel::MelBank;
use super::stft::{LANES, Stft};
use super::{FrontEnd, Lookup, check};
use crate::error::Result;

/// Values per band and frame; the document says whether they are power or dB.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spectrogram {
    /// Mel bands, lowest first.
    pub bands: usize,
    /// Frames, one a hop; the first is centred on the first sample.
    pub frames: usize,
    /// Row-major `[bands, frames]`.
    pub values: Vec<f32>,
}

/// Computes spectrograms and pictures. Plans and buffers are made once, so keep one for each thread.
#[derive(Clone)]
pub struct Extractor {
    front_end: FrontEnd,
    stft: Stft,
    bank: MelBank,
    lookup: Lookup,
    block: Vec<[f32; LANES]>,
    clip: Spectrogram,
    arch: pulp::Arch,
}

impl Extractor {
    /// Plans for these settings; fails as [`FrontEnd::validate`] does.
    pub fn new(front_end: &FrontEnd) -> Result<Self> {
        front_end.validate()?;
        let stft = Stft::new(front_end.n_fft, front_end.hop);
        Ok(Self {
            block: vec![[0.0; LANES]; stft.bins()],
            stft,
            bank: MelBank::new(front_end.sample_rate_hz, front_end.n_fft, front_end.bands),
            lookup: Lookup::new(front_end.bands, front_end.frames()),
            clip: Spectrogram::default(),
            front_end: front_end.clone(),
            arch: pulp::Arch::new(),
        })
    }

    /// The settings that it was made for.
    pub fn front_end(&self) -> &FrontEnd {
        &self.front_end
    }

    /// Mel power of samples in `[-1, 1]` of any length: `[bands, 1 + samples / hop]`.
    ///
    /// Equals `librosa.feature.melspectrogram(power=2, center=True, pad_mode="constant")` within 1e-5 of the
    /// largest value.
    pub fn mel_power(&mut self, samples: &[f32]) -> Spectrogram {
        let mut spectrogram = Spectrogram::default();
        self.fill(samples, &mut spectrogram, |power| power);
        spectrogram
    }

    /// The mel spectrogram of a whole track in dB relative to power 1.0, at least -100 dB, `[bands, frames]`.
    ///
    /// Training cuts random windows from it: see [`Extractor::picture_from_decibels`]. It takes 512 bytes a
    /// frame, 32 kB a second of sound.
    pub fn track_decibels(&mut self, samples: &[f32]) -> Spectrogram {
        let mut spectrogram = Spectrogram::default();
        self.fill(samples, &mut spectrogram, decibels);
        spectrogram
    }

    /// What the network sees of a clip of exactly `clip_samples` samples.
    ///
    /// Loudness does not matter, save on an absolute scale: a gain changes nothing, as long as the clip's floor stays
    /// above -100 dB.
    pub fn picture(&mut self, clip: &[f32]) -> Result<Picture> {
        let expected = self.front_end.clip_samples();
        let found = format!("{} samples", clip.len());
        check(clip.len() == expected, "clip_seconds", found, &format!("a clip of {expected} samples"))?;
        let mut spectrogram = std::mem::take(&mut self.clip);
        self.fill(clip, &mut spectrogram, decibels);
        let picture = self.picture_from_decibels(&spectrogram, 0);
        self.clip = spectrogram;
        picture
    }

    /// What the network sees of the frames from `first_frame` on, one clip long, of a track in dB.
    ///
    /// The same code as in [`Extractor::picture`] after its dB step. The pictures differ only in the frames that
    /// reach over the clip's edges: here they hear the music beyond, there silence. Frames after the track's end
    /// are silence. Fails if the spectrogram has another number of bands.
    pub fn picture_from_decibels(&self, decibels: &Spectrogram, first_frame: usize) -> Result<Picture> {
        let expected = format!("{}, as in the spectrogram", decibels.bands);
        check(decibels.bands == self.front_end.bands, "bands", self.front_end.bands, &expected)?;
        Ok(picture_of(&self.front_end, &self.lookup, decibels, first_frame))
    }

    /// Computes mel power and stores `unit(power)`, [`LANES`] frames at a time.
    fn fill(&mut self, samples: &[f32], spectrogram: &mut Spectrogram, unit: impl Fn(f32) -> f32 + Copy) {
        let (bands, frames) = (self.bank.bands(), self.stft.frames(samples.len()));
        (spectrogram.bands, spectrogram.frames) = (bands, frames);
        spectrogram.values.resize(bands * frames, 0.0);
        for first in (0..frames).step_by(LANES) {
            self.stft.power(samples, first, &mut self.block);
            self.arch.dispatch(Write {
                bank: &self.bank,
                power: &self.block,
                unit,
                values: &mut spectrogram.values,
                frames,
                first,
            });
        }
    }
}

/// Writes up to [`LANES`] frames of every band, from frame `first` on.
struct Write<'a, Unit> {
    bank: &'a MelBank,
    power: &'a [[f32; LANES]],
    unit: Unit,
    /// `[bands, frames]`.
    values: &'a mut [f32],
    frames: usize,
    first: usize,
}

impl<Unit: Fn(f32) -> f32> NullaryFnOnce for Write<'_, Unit> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (band, row) in self.values.chunks_exact_mut(self.frames).enumerate() {
            let mut lanes = self.bank.band(band, self.power);
            for lane in &mut lanes {
                *lane = (self.unit)(*lane);
            }
            let row = &mut row[self.first..];
            match row.first_chunk_mut::<LANES>() {
                Some(whole) => *whole = lanes,
                None => row.copy_from_slice(&lanes[..row.len()]),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Input;
    use super::*;

    /// Deterministic noise over a tone, loudest in the middle.
    fn music(length: usize) -> Vec<f32> {
        let mut state = 1u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        let swell = |n: usize| 0.2 + 0.8 * (n as f32 / length as f32 * std::f32::consts::PI).sin();
        (0..length).map(|n| swell(n) * (0.3 * (n as f32 * 0.17).sin() + 0.1 * noise())).collect()
    }

    fn all() -> Result<[Extractor; 3]> {
        let of = |input| Extractor::new(&FrontEnd { input, ..FrontEnd::default() });
        Ok([of(Input::LogMel)?, of(Input::Image)?, of(Input::FixedImage)?])
    }

    #[test]
    fn a_picture_on_a_fixed_scale_shows_the_values_of_the_spectrogram() -> Result<()> {
        let [mut spectrogram, mut stretched, mut fixed] = all()?;
        let loud: Vec<f32> = music(80_000).iter().map(|sample| sample + 0.2 * sample.signum()).collect();
        let (spectrogram, stretched) = (spectrogram.picture(&loud)?, stretched.picture(&loud)?);
        let fixed = fixed.picture(&loud)?;
        assert_eq!((fixed.rows, fixed.columns), (stretched.rows, stretched.columns));
        let least = |values: &[f32]| values.iter().copied().fold(1.0, f32::min);
        assert_eq!(least(&stretched.values), 0.0);
        assert!(least(&fixed.values) > 0.05, "the music is too loud to reach the floor");
        assert!(fixed.values.iter().all(|value| spectrogram.values.contains(value)));
        Ok(())
    }

    #[test]
    fn pictures_fill_the_range_from_zero_to_one_and_have_the_promised_shape() -> Result<()> {
        for mut extractor in all()? {
            let picture = extractor.picture(&music(80_000))?;
            assert_eq!((picture.rows, picture.columns), extractor.front_end().picture_shape());
            assert_eq!(picture.values.len(), picture.rows * picture.columns);
            assert!(picture.values.iter().all(|value| (0.0..=1.0).contains(value)));
            assert_eq!(picture.values.iter().copied().fold(0.0, f32::max), 1.0);
        }
        Ok(())
    }

    #[test]
    fn silence_is_an_empty_picture_and_broken_samples_are_never_nan() -> Result<()> {
        let mut broken = music(80_000);
        (broken[100], broken[40_000], broken[60_000]) = (f32::NAN, f32::INFINITY, f32::MAX);
        for mut extractor in all()? {
            let silence = extractor.picture(&[0.0; 80_000])?;
            assert!(silence.values.iter().all(|&value| value == 0.0));
            let picture = extractor.picture(&broken)?;
            assert!(picture.values.iter().all(|value| (0.0..=1.0).contains(value)));
        }
        Ok(())
    }

    #[test]
    fn a_clip_of_another_length_and_a_track_of_other_bands_are_refused() -> Result<()> {
        for mut extractor in all()? {
            assert!(extractor.picture(&[0.0; 79_999]).is_err());
            let other = Spectrogram { bands: 64, frames: 1, values: vec![0.0; 64] };
            assert!(extractor.picture_from_decibels(&other, 0).is_err());
        }
        Ok(())
    }

    #[test]
    fn a_window_of_the_tracks_decibels_is_the_clips_picture_except_at_its_edges() -> Result<()> {
        let track = music(240_000);
        for mut extractor in all()? {
            let whole = extractor.track_decibels(&track);
            assert_eq!((whole.bands, whole.frames), (128, 938));
            let first_frame = 312;
            let start = first_frame * 256;
            let clip = extractor.picture(&track[start..start + 80_000])?;
            let window = extractor.picture_from_decibels(&whole, first_frame)?;
            let edge = 2 * clip.columns / 313;
            for (one, other) in clip.values.chunks(clip.columns).zip(window.values.chunks(clip.columns)) {
                let inside = edge..clip.columns - edge;
                for (one, other) in one[inside.clone()].iter().zip(&other[inside]) {
                    assert!((one - other).abs() < 2e-3, "{one} and {other}");
                }
            }
        }
        Ok(())
    }

    #[test]
    fn frames_after_the_tracks_end_are_silence() -> Result<()> {
        for mut extractor in all()? {
            let whole = extractor.track_decibels(&music(60_000));
            let picture = extractor.picture_from_decibels(&whole, 100)?;
            assert!(picture.values.chunks(picture.columns).all(|row| row.last() == Some(&0.0)));
            let beyond = extractor.picture_from_decibels(&whole, usize::MAX)?;
            assert!(beyond.values.iter().all(|&value| value == 0.0));
        }
        Ok(())
    }
}
