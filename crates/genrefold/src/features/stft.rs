//! The short-time Fourier transform: sound to power per frequency bin and frame.
//!
//! As librosa's `stft(center=True, pad_mode="constant", window="hann")`: frame `t` is centred on sample
//! `t * hop`, and beyond both ends of the sound there is silence.

use std::f64::consts::TAU;
use std::sync::Arc;

use pulp::NullaryFnOnce;
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

/// Frames that are transformed before the mel filters run over them side by side. Sixteen f32 fill a cache
/// line, and are a whole number of registers on every vector unit from SSE2 to AVX-512.
pub(super) const LANES: usize = 16;

/// The periodic Hann window, `0.5 - 0.5 cos(2 pi n / length)`: `scipy.signal.get_window("hann", length)`.
pub fn hann(length: usize) -> Vec<f32> {
    (0..length).map(|n| (0.5 - 0.5 * (TAU * n as f64 / length as f64).cos()) as f32).collect()
}

/// A planned transform with its buffers: made once, used for every frame.
///
/// A frame of `n` real samples goes through a complex transform of `n / 2`: even samples are the real parts, odd
/// ones the imaginary parts, and [`Split`] takes the two spectra apart.
#[derive(Clone)]
pub(super) struct Stft {
    fft: Arc<dyn Fft<f32>>,
    hop: usize,
    window: Vec<f32>,
    /// `exp(-2 pi i k / n)`.
    twiddles: Vec<Complex<f32>>,
    /// A frame that reaches over an edge of the sound, filled up with silence.
    edge: Vec<f32>,
    packed: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    /// Power of [`LANES`] frames, one after the other, each padded to a multiple of [`LANES`] bins.
    rows: Vec<[f32; LANES]>,
    arch: pulp::Arch,
}

impl Stft {
    /// Plans a transform of `n_fft` samples every `hop` samples; both must be positive, `n_fft` even.
    pub(super) fn new(n_fft: usize, hop: usize) -> Self {
        let half = n_fft / 2;
        let fft = FftPlanner::new().plan_fft_forward(half);
        let scratch = vec![Complex::default(); fft.get_inplace_scratch_len()];
        let twiddle = |k| {
            let (sine, cosine) = (-TAU * k as f64 / n_fft as f64).sin_cos();
            Complex::new(cosine as f32, sine as f32)
        };
        Self {
            fft,
            hop,
            window: hann(n_fft),
            twiddles: (0..half).map(twiddle).collect(),
            edge: vec![0.0; n_fft],
            packed: vec![Complex::default(); half],
            scratch,
            rows: vec![[0.0; LANES]; (half + 1).div_ceil(LANES) * LANES],
            arch: pulp::Arch::new(),
        }
    }

    /// Frames of a sound of that many samples: `1 + samples / hop`.
    pub(super) fn frames(&self, samples: usize) -> usize {
        1 + samples / self.hop
    }

    /// Frequency bins of a frame: `n_fft / 2 + 1`, from 0 Hz to half the sample rate.
    pub(super) fn bins(&self) -> usize {
        self.window.len() / 2 + 1
    }

    /// Writes the power `|X|^2` of the frames from `first` on, one a lane: `power[bin][lane]`.
    ///
    /// Lanes beyond the last frame hold silence or leftovers; the caller leaves them unread.
    pub(super) fn power(&mut self, samples: &[f32], first: usize, power: &mut [[f32; LANES]]) {
        let lanes = self.frames(samples.len()).saturating_sub(first).min(LANES);
        let blocks = self.rows.len() / LANES;
        for lane in 0..lanes {
            let frame = frame(samples, (first + lane) * self.hop, &mut self.edge);
            self.arch.dispatch(Pack { window: &self.window, frame, packed: &mut self.packed });
            self.fft.process_with_scratch(&mut self.packed, &mut self.scratch);
            let power = self.rows[lane * blocks..(lane + 1) * blocks].as_flattened_mut();
            self.arch.dispatch(Split { packed: &self.packed, twiddles: &self.twiddles, power });
        }
        self.arch.dispatch(Transpose { rows: &self.rows, power });
    }
}

/// The samples around `centre`, as many as `edge` is long: the sound itself, or `edge`, filled up with silence.
fn frame<'a>(samples: &'a [f32], centre: usize, edge: &'a mut [f32]) -> &'a [f32] {
    let (half, length) = (edge.len() / 2, edge.len());
    if let Some(frame) = centre.checked_sub(half).and_then(|start| samples.get(start..start + length)) {
        return frame;
    }
    let start = centre.saturating_sub(half).min(samples.len());
    let before = half.saturating_sub(centre);
    let heard = (samples.len() - start).min(length - before);
    edge.fill(0.0);
    edge[before..before + heard].copy_from_slice(&samples[start..start + heard]);
    edge
}

/// Windows a frame into a complex signal of half the length.
struct Pack<'a> {
    window: &'a [f32],
    frame: &'a [f32],
    packed: &'a mut [Complex<f32>],
}

impl NullaryFnOnce for Pack<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (frame, window) = (self.frame.as_chunks::<2>().0, self.window.as_chunks::<2>().0);
        for ((packed, frame), window) in self.packed.iter_mut().zip(frame).zip(window) {
            *packed = Complex::new(frame[0] * window[0], frame[1] * window[1]);
        }
    }
}

/// The power of a frame from the transform `Z` of its even plus `i` times its odd samples.
///
/// With `M` for the mirror image `Z[n - k]`, the spectra of the even and the odd samples are `E = (Z + M*) / 2` and
/// `O = (Z - M*) / 2i`, and the frame's own is `E + w^k O`.
struct Split<'a> {
    packed: &'a [Complex<f32>],
    twiddles: &'a [Complex<f32>],
    power: &'a mut [f32],
}

impl NullaryFnOnce for Split<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { packed: packed @ [first, rest @ ..], twiddles, power } = self else { return };
        let half = packed.len();
        power[0] = (first.re + first.im).powi(2);
        power[half] = (first.re - first.im).powi(2);
        let bins = rest.iter().zip(rest.iter().rev()).zip(&twiddles[1..]);
        for (power, ((z, mirror), w)) in power[1..half].iter_mut().zip(bins) {
            let (even_re, even_im) = (z.re + mirror.re, z.im - mirror.im);
            let (odd_re, odd_im) = (z.im + mirror.im, mirror.re - z.re);
            let re = even_re + (w.re * odd_re - w.im * odd_im);
            let im = even_im + (w.re * odd_im + w.im * odd_re);
            *power = 0.25 * (re * re + im * im);
        }
    }
}

/// From one frame after the other, in blocks of [`LANES`] bins, to all frames side by side.
struct Transpose<'a> {
    rows: &'a [[f32; LANES]],
    power: &'a mut [[f32; LANES]],
}

impl NullaryFnOnce for Transpose<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let blocks = self.rows.len() / LANES;
        for (block, power) in self.power.chunks_mut(LANES).enumerate() {
            let mut square = [[0.0; LANES]; LANES];
            for (lane, row) in self.rows.chunks_exact(blocks).enumerate().take(LANES) {
                for (square, value) in square.iter_mut().zip(row[block]) {
                    square[lane] = value;
                }
            }
            power.copy_from_slice(&square[..power.len()]);
        }
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

    #[test]
    fn the_packed_transform_is_the_plain_one_for_every_even_length() {
        for n_fft in [32, 34, 90, 510, 512] {
            let samples: Vec<f32> = (0..n_fft).map(|n| ((n * n) as f32 * 0.37).sin()).collect();
            let (window, found) = (hann(n_fft), &spectra(&samples, n_fft, n_fft / 2)[1]);
            for (bin, power) in found.iter().enumerate() {
                let angle = |n: usize| TAU * (bin * n % n_fft) as f64 / n_fft as f64;
                let value = |n: usize| f64::from(samples[n] * window[n]);
                let re: f64 = (0..n_fft).map(|n| value(n) * angle(n).cos()).sum();
                let im: f64 = (0..n_fft).map(|n| value(n) * angle(n).sin()).sum();
                let expected = re * re + im * im;
                let error = (f64::from(*power) - expected).abs();
                assert!(error < 1e-5 * n_fft as f64, "{n_fft}, bin {bin}: {power} and {expected}");
            }
        }
    }
    #[test]
    fn lengths_of_every_kind_that_a_model_may_ask_for_are_transformed() {
        // Products of small factors, primes and twice primes: each goes another way through the transform. A click has
        // the same power in every bin.
        let lengths = (32..=512).chain((514..=16_384).step_by(238)).chain([15_838, 16_258, 16_382, 16_384]);
        for n_fft in lengths.filter(|length: &usize| length.is_multiple_of(2)) {
            let mut samples = vec![0.0; n_fft];
            samples[n_fft / 2 + 3] = 1.0;
            let expected = hann(n_fft)[n_fft / 2 + 3].powi(2);
            for power in &spectra(&samples, n_fft, n_fft / 2)[1] {
                assert!((power - expected).abs() < 1e-5, "{n_fft}: {power} and {expected}");
            }
        }
    }
}
