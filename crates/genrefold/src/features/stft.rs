//! The short-time Fourier transform: sound to power per frequency bin and frame.
//!
//! As librosa's `stft(center=True, pad_mode="constant", window="hann")`: frame `t` is centred on sample
//! `t * hop`, and beyond both ends of the sound there is silence.

use std::f64::consts::TAU;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

/// Frames that are transformed before the mel filters run over them side by side. Sixteen f32 fill a cache
/// line, and are a whole number of registers on every vector unit from SSE2 to AVX-512.
pub(super) const LANES: usize = 16;

/// The periodic Hann window, `0.5 - 0.5 cos(2 pi n / length)`: `scipy.signal.get_window("hann", length)`.
pub fn hann(length: usize) -> Vec<f32> {
    (0..length).map(|n| (0.5 - 0.5 * (TAU * n as f64 / length as f64).cos()) as f32).collect()
}

/// A planned transform with its buffers: made once, used for every frame.
#[derive(Clone)]
pub(super) struct Stft {
    fft: Arc<dyn RealToComplex<f32>>,
    hop: usize,
    window: Vec<f32>,
    frame: Vec<f32>,
    bins: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
}

impl Stft {
    /// Plans a transform of `n_fft` samples every `hop` samples; both must be positive, `n_fft` even.
    pub(super) fn new(n_fft: usize, hop: usize) -> Self {
        let fft = RealFftPlanner::new().plan_fft_forward(n_fft);
        let (frame, bins, scratch) = (fft.make_input_vec(), fft.make_output_vec(), fft.make_scratch_vec());
        Self { fft, hop, window: hann(n_fft), frame, bins, scratch }
    }

    /// Frames of a sound of that many samples: `1 + samples / hop`.
    pub(super) fn frames(&self, samples: usize) -> usize {
        1 + samples / self.hop
    }

    /// Frequency bins of a frame: `n_fft / 2 + 1`, from 0 Hz to half the sample rate.
    pub(super) fn bins(&self) -> usize {
        self.bins.len()
    }

    /// Writes the power `|X|^2` of the frames from `first` on, one a lane: `power[bin][lane]`.
    ///
    /// Lanes beyond the last frame keep what they held; the caller leaves them unread.
    pub(super) fn power(&mut self, samples: &[f32], first: usize, power: &mut [[f32; LANES]]) {
        let lanes = self.frames(samples.len()).saturating_sub(first).min(LANES);
        for lane in 0..lanes {
            self.transform(samples, first + lane);
            for (row, bin) in power.iter_mut().zip(&self.bins) {
                row[lane] = bin.re * bin.re + bin.im * bin.im;
            }
        }
    }

    /// Windows the frame that is centred on sample `index * hop` and transforms it into `self.bins`.
    fn transform(&mut self, samples: &[f32], index: usize) {
        let (half, length) = (self.window.len() / 2, self.window.len());
        let centre = index * self.hop;
        let start = centre.saturating_sub(half).min(samples.len());
        let end = (centre + half).min(samples.len());
        let before = half.saturating_sub(centre).min(length);
        let heard = end.saturating_sub(start).min(length - before);
        let (silent, rest) = self.frame.split_at_mut(before);
        let (sounding, trailing) = rest.split_at_mut(heard);
        silent.fill(0.0);
        trailing.fill(0.0);
        let windowed = samples[start..start + heard].iter().zip(&self.window[before..before + heard]);
        for (value, (sample, weight)) in sounding.iter_mut().zip(windowed) {
            *value = sample * weight;
        }
        // It fails only on buffers of a wrong length, and these are the plan's own.
        let done = self.fft.process_with_scratch(&mut self.frame, &mut self.bins, &mut self.scratch);
        debug_assert!(done.is_ok());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Power `[frame][bin]` of a whole sound.
    fn spectra(samples: &[f32], n_fft: usize, hop: usize) -> Vec<Vec<f32>> {
        let mut stft = Stft::new(n_fft, hop);
        let mut block = vec![[0.0; LANES]; stft.bins()];
        let mut all = Vec::new();
        for first in (0..stft.frames(samples.len())).step_by(LANES) {
            stft.power(samples, first, &mut block);
            let lanes = (stft.frames(samples.len()) - first).min(LANES);
            all.extend((0..lanes).map(|lane| block.iter().map(|row| row[lane]).collect::<Vec<_>>()));
        }
        all
    }

    #[test]
    fn a_click_is_heard_only_by_the_frames_around_it_with_the_windows_weight() {
        let mut samples = vec![0.0f32; 8192];
        samples[5000] = 1.0;
        let window = hann(512);
        for (t, spectrum) in spectra(&samples, 512, 256).iter().enumerate() {
            let place = 5000 + 256 - t as isize * 256;
            let weight = usize::try_from(place).ok().and_then(|at| window.get(at)).copied().unwrap_or(0.0);
            for power in spectrum {
                assert!((power - weight * weight).abs() < 1e-6, "frame {t}: {power} for weight {weight}");
            }
        }
    }

    #[test]
    fn sounds_shorter_than_a_window_and_none_at_all_give_frames() {
        assert_eq!(spectra(&[], 512, 256), vec![vec![0.0; 257]]);
        for length in [1, 100, 255, 256, 257, 511] {
            let all = spectra(&vec![0.5; length], 512, 256);
            assert_eq!(all.len(), 1 + length / 256);
            assert!(all.iter().flatten().all(|power| power.is_finite()));
        }
    }

    #[test]
    fn a_sine_on_a_bin_has_its_power_there() {
        let samples: Vec<f32> = (0..4096).map(|n| (TAU * 32.0 * n as f64 / 512.0).sin() as f32).collect();
        let spectrum = &spectra(&samples, 512, 256)[8];
        // Half the window's sum (256), times half the amplitude, squared.
        assert!((spectrum[32] - 128.0f32.powi(2)).abs() < 0.1, "{}", spectrum[32]);
        assert!(spectrum[40] < 1e-6, "{}", spectrum[40]);
    }
}
