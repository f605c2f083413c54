//! Another sample rate, with the response of soxr's "HQ" quality, which librosa uses.
//!
//! A windowed sinc, evaluated at each output sample's place between the input samples:
//! `y(t) = sum_i x(i) h(t - i)`, `h(d) = 2 f sinc(2 f d) kaiser(d / r)`.

use std::sync::{Arc, Mutex, PoisonError};

use pulp::{Simd, WithSimd};

use crate::error::{Error, Result};

/// Frequency at which the filter halves the amplitude, as a fraction of the lower of the two Nyquist frequencies.
const CUTOFF: f64 = 0.956872;

/// Half the kernel's length, in periods of the lower of the two rates.
const HALF_LENGTH: f64 = 96.834;

/// Shape of the Kaiser window: the stop band lies about 125 dB down.
const BETA: f64 = 13.040;

/// The largest ratio of the two rates, either way: it bounds the kernel's length.
const MAX_RATIO: u32 = 512;

/// More table entries than this (2 MiB) are replaced by interpolation between fewer phases.
const MAX_TABLE: usize = 1 << 19;

/// Phases per period of the lower rate when interpolating: the error is below 2e-6 of full scale.
const INTERPOLATED_PHASES: f64 = 1024.0;

/// Kernel rows are padded to a multiple of this: four of the widest vectors, see [`dot`].
const LANES: usize = 64;

/// Input samples that may be used up before the buffer is moved to its front.
const COMPACT_AT: usize = 8192;

/// Changes the sample rate of a mono stream, block by block.
///
/// The output does not depend on how the input is cut into blocks, bit for bit. `n` input samples give
/// `ceil(n * to / from)` output samples, like librosa. Equal rates copy.
pub struct Resampler {
    /// Reduced rates: `from / to` input samples pass per output sample.
    from: u64,
    to: u64,
    /// None when the rates are equal.
    kernel: Option<Arc<Kernel>>,
    /// Input not used up; silence stands before the first sample.
    buffer: Vec<f32>,
    /// Where in `buffer` the next output sample's kernel begins.
    start: usize,
    /// The next output sample's place between two input samples, in 1/to.
    phase: u64,
    consumed: u64,
    produced: u64,
    arch: pulp::Arch,
}

impl Resampler {
    /// A resampler from `from` Hz to `to` Hz.
    ///
    /// # Errors
    /// [`Error::Setting`] when a rate is 0 or one is more than 512 times the other.
    pub fn new(from: u32, to: u32) -> Result<Self> {
        let (low, high) = (from.min(to), from.max(to));
        if low == 0 || high / low > MAX_RATIO {
            return Err(Error::Setting {
                key: "sample rate".into(),
                found: format!("{from} Hz to {to} Hz"),
                expected: format!("rates above 0 whose ratio is at most {MAX_RATIO}"),
            });
        }
        let divisor = greatest_common_divisor(from, to);
        let kernel = (from != to).then(|| Kernel::shared(from / divisor, to / divisor));
        let lead = kernel.as_ref().map_or(0, |kernel| kernel.half - 1);
        Ok(Self {
            from: u64::from(from / divisor),
            to: u64::from(to / divisor),
            kernel,
            buffer: vec![0.0; lead],
            start: 0,
            phase: 0,
            consumed: 0,
            produced: 0,
            arch: pulp::Arch::new(),
        })
    }

    /// Takes samples at the old rate and appends to `output` what can be said at the new one.
    pub fn process(&mut self, input: &[f32], output: &mut Vec<f32>) {
        self.consumed += input.len() as u64;
        if self.kernel.is_none() {
            return output.extend_from_slice(input);
        }
        self.buffer.extend_from_slice(input);
        self.produce(u64::MAX, output);
    }

    /// Ends the sound: appends the remaining samples, with silence behind the last input.
    pub fn finish(&mut self, output: &mut Vec<f32>) {
        let Some(kernel) = &self.kernel else { return };
        let total = (self.consumed * self.to).div_ceil(self.from);
        self.buffer.resize(self.buffer.len() + kernel.taps + LANES, 0.0);
        self.produce(total, output);
    }

    /// Computes every output sample below number `limit` whose input is complete, with the widest vectors of
    /// this processor.
    fn produce(&mut self, limit: u64, output: &mut Vec<f32>) {
        self.arch.dispatch(Produce { resampler: self, limit, output });
        self.compact();
    }

    /// Forgets the input that no further output needs.
    fn compact(&mut self) {
        if self.start >= COMPACT_AT {
            let used = self.start.min(self.buffer.len());
            self.buffer.drain(..used);
            self.start -= used;
        }
    }
}

/// The inner loop, which `pulp` compiles once for each width of vectors.
struct Produce<'a> {
    resampler: &'a mut Resampler,
    limit: u64,
    output: &'a mut Vec<f32>,
}

impl WithSimd for Produce<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Resampler { from, to, kernel: Some(kernel), buffer, start, phase, produced, .. } = self.resampler
        else {
            return;
        };
        while *produced < self.limit && *start + kernel.taps <= buffer.len() {
            self.output.push(kernel.apply(simd, &buffer[*start..*start + kernel.taps], *phase));
            *produced += 1;
            *phase += *from;
            *start += (*phase / *to) as usize;
            *phase %= *to;
        }
    }
}

/// The kernel sampled at some places between the input samples ("phases"), one row each.
struct Kernel {
    rows: Vec<f32>,
    /// Length of a row, a multiple of [`LANES`]; the padding is 0.
    taps: usize,
    /// Input samples on each side of the output's place.
    half: usize,
    /// Number of places per input sample.
    phases: u64,
    /// The unit of the phases asked for.
    unit: u64,
}

/// The kernels used last: making one costs as much as resampling half a minute.
static RECENT: Mutex<Vec<(u32, u32, Arc<Kernel>)>> = Mutex::new(Vec::new());

/// How many kernels are kept, 2 MiB each at most.
const KEPT: usize = 8;

impl Kernel {
    /// The kernel for a reduced pair of rates, made anew only when it was not used lately.
    fn shared(from: u32, to: u32) -> Arc<Self> {
        let mut recent = RECENT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, _, kernel)) = recent.iter().find(|entry| (entry.0, entry.1) == (from, to)) {
            return Arc::clone(kernel);
        }
        let kernel = Arc::new(Kernel::new(from, to));
        if recent.len() == KEPT {
            recent.remove(0);
        }
        recent.push((from, to, Arc::clone(&kernel)));
        kernel
    }

    fn new(from: u32, to: u32) -> Self {
        // One period of the lower rate, in input samples.
        let period = (f64::from(from) / f64::from(to)).max(1.0);
        let radius = HALF_LENGTH * period;
        let half = radius.ceil() as usize;
        let taps = (2 * half).next_multiple_of(LANES);
        let exact = to as usize * taps <= MAX_TABLE;
        let phases = if exact { to } else { (INTERPOLATED_PHASES / period).ceil() as u32 };
        // Interpolation needs the row after the last one as well.
        let rows = (0..=phases).flat_map(|phase| {
            let between = f64::from(phase) / f64::from(phases);
            (0..taps)
                .map(move |tap| windowed_sinc(tap as f64 - (half as f64 - 1.0) - between, period, radius))
        });
        Self { rows: rows.collect(), taps, half, phases: u64::from(phases), unit: u64::from(to) }
    }

    /// One output sample from `taps` input samples, at place `phase / unit` between two of them.
    #[inline(always)]
    fn apply<S: Simd>(&self, simd: S, input: &[f32], phase: u64) -> f32 {
        if self.phases == self.unit {
            return dot(simd, input, self.row(phase));
        }
        let place = phase * self.phases;
        let (row, rest) = (place / self.unit, place % self.unit);
        let fraction = rest as f32 / self.unit as f32;
        let (near, far) = (dot(simd, input, self.row(row)), dot(simd, input, self.row(row + 1)));
        near + fraction * (far - near)
    }

    #[inline(always)]
    fn row(&self, phase: u64) -> &[f32] {
        &self.rows[phase as usize * self.taps..][..self.taps]
    }
}

/// The kernel at a distance in input samples; `period` and `radius` likewise.
fn windowed_sinc(distance: f64, period: f64, radius: f64) -> f32 {
    let inside = 1.0 - (distance / radius).powi(2);
    if inside <= 0.0 {
        return 0.0;
    }
    let window = bessel_i0(BETA * inside.sqrt()) / bessel_i0(BETA);
    let step = CUTOFF / period; // twice the cutoff in cycles per input sample
    let angle = std::f64::consts::PI * step * distance;
    let sinc = if angle == 0.0 { 1.0 } else { angle.sin() / angle };
    (step * sinc * window) as f32
}

/// Modified Bessel function of the first kind, order 0, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
    while term > sum * 1e-17 {
        term *= quarter / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
}

/// Sum of products of two slices whose length is a multiple of [`LANES`].
#[inline(always)]
fn dot<S: Simd>(simd: S, a: &[f32], b: &[f32]) -> f32 {
    let (a, b) = (S::as_simd_f32s(a).0.as_chunks::<4>().0, S::as_simd_f32s(b).0.as_chunks::<4>().0);
    // Four running sums, because each addition waits for the one before.
    let [mut first, mut second, mut third, mut fourth] = [simd.splat_f32s(0.0); 4];
    for (a, b) in a.iter().zip(b) {
        first = simd.mul_add_e_f32s(a[0], b[0], first);
        second = simd.mul_add_e_f32s(a[1], b[1], second);
        third = simd.mul_add_e_f32s(a[2], b[2], third);
        fourth = simd.mul_add_e_f32s(a[3], b[3], fourth);
    }
    simd.reduce_sum_f32s(simd.add_f32s(simd.add_f32s(first, second), simd.add_f32s(third, fourth)))
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Outcome = std::result::Result<(), TestCaseError>;

    fn resample(from: u32, to: u32, blocks: &[&[f32]]) -> Result<Vec<f32>> {
        let mut resampler = Resampler::new(from, to)?;
        let mut output = Vec::new();
        blocks.iter().for_each(|block| resampler.process(block, &mut output));
        resampler.finish(&mut output);
        Ok(output)
    }

    fn sine(hertz: f64, rate: u32, samples: usize) -> Vec<f32> {
        let step = std::f64::consts::TAU * hertz / f64::from(rate);
        (0..samples).map(|n| (step * n as f64).sin() as f32).collect()
    }

    const RATES: [u32; 12] =
        [1000, 8000, 11025, 16000, 22050, 32000, 37800, 44100, 44101, 48000, 96000, 192_000];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn the_cut_into_blocks_changes_nothing(
            from in prop::sample::select(&RATES[..]),
            to in prop::sample::select(&[16000u32, 22050, 16001][..]),
            samples in prop::collection::vec(-1f32..1.0, 1..3000),
            cut in 1usize..700,
        ) {
            check_blocks(from, to, &samples, cut)?;
        }
    }

    fn check_blocks(from: u32, to: u32, samples: &[f32], cut: usize) -> Outcome {
        let whole = resample(from, to, &[samples]).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let blocks: Vec<_> = samples.chunks(cut).collect();
        let parts = resample(from, to, &blocks).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(whole.len() as u64, (samples.len() as u64 * u64::from(to)).div_ceil(u64::from(from)));
        prop_assert_eq!(whole, parts);
        Ok(())
    }

    #[test]
    fn equal_rates_copy() -> Result<()> {
        let samples = sine(440.0, 16000, 1000);
        assert_eq!(resample(16000, 16000, &[&samples])?, samples);
        Ok(())
    }

    #[test]
    fn no_sound_gives_no_sound() -> Result<()> {
        assert!(resample(44100, 16000, &[])?.is_empty());
        Ok(())
    }

    #[test]
    fn a_tone_below_the_cutoff_passes_at_every_rate() -> Result<()> {
        for from in RATES {
            let samples = sine(400.0, from, from as usize);
            let output = resample(from, 16000, &[&samples])?;
            let expected = sine(400.0, 16000, output.len());
            let inner = 4000..12000; // away from the edges, where the tone is cut
            let pairs = output[inner.clone()].iter().zip(&expected[inner]);
            let worst = pairs.map(|(a, b)| (a - b).abs()).fold(0f32, f32::max);
            assert!(worst < 1e-5, "from {from} Hz: {worst:e}");
        }
        Ok(())
    }

    #[test]
    fn a_tone_above_the_new_nyquist_vanishes() -> Result<()> {
        let output = resample(44100, 16000, &[&sine(8300.0, 44100, 44100)])?;
        let worst = output[2000..14000].iter().fold(0f32, |worst, sample| worst.max(sample.abs()));
        assert!(worst < 2e-6, "{worst:e}");
        Ok(())
    }

    #[test]
    fn impossible_rates_are_refused() {
        assert!(matches!(Resampler::new(0, 16000), Err(Error::Setting { .. })));
        assert!(matches!(Resampler::new(384_000, 1), Err(Error::Setting { .. })));
    }

    #[test]
    fn odd_rates_do_not_blow_up_the_table() {
        for (from, to) in [(44101, 16000), (383_999, 16000), (37800, 22051), (1000, 383_999)] {
            let kernel = Kernel::new(from, to);
            assert!(kernel.rows.len() <= MAX_TABLE + kernel.taps, "{from} to {to}: {}", kernel.rows.len());
        }
    }
}
