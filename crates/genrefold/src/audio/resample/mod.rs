//! Another sample rate, with the response of soxr's "HQ" quality, which librosa uses.
//!
//! A windowed sinc, evaluated at each output sample's place between the input samples:
//! `y(t) = sum_i x(i) h(t - i)`, `h(d) = 2 f sinc(2 f d) kaiser(d / r)`.

use std::sync::Arc;

use crate::error::{Error, Result};

mod kernel;
mod rows;
mod tiles;

use kernel::Kernel;

/// The largest ratio of the two rates, either way: it bounds the kernel's length.
const MAX_RATIO: u32 = 512;

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
    buffer: Buffer,
    consumed: u64,
    produced: u64,
    arch: pulp::Arch,
}

/// Input not used up, and where in it the next output sample's kernel begins.
#[derive(Default)]
struct Buffer {
    /// Silence stands before the first sample.
    samples: Vec<f32>,
    start: usize,
    /// The next output sample's place between two input samples, in 1/to.
    phase: u64,
}

impl Buffer {
    fn waiting(&self) -> &[f32] {
        self.samples.get(self.start..).unwrap_or_default()
    }

    /// Forgets the input that no further output needs.
    fn compact(&mut self) {
        if self.start >= COMPACT_AT {
            let used = self.start.min(self.samples.len());
            self.samples.drain(..used);
            self.start -= used;
        }
    }
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
        let lead = kernel.as_ref().map_or(0, |kernel| kernel.lead());
        Ok(Self {
            from: u64::from(from / divisor),
            to: u64::from(to / divisor),
            kernel,
            buffer: Buffer { samples: vec![0.0; lead], ..Buffer::default() },
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
        self.buffer.samples.extend_from_slice(input);
        self.produce(u64::MAX, output);
    }

    /// Ends the sound: appends the remaining samples, with silence behind the last input.
    pub fn finish(&mut self, output: &mut Vec<f32>) {
        let Some(kernel) = &self.kernel else { return };
        let total = (self.consumed * self.to).div_ceil(self.from);
        let length = self.buffer.samples.len() + kernel.reach();
        self.buffer.samples.resize(length, 0.0);
        self.produce(total, output);
    }

    /// Appends every output sample below number `limit` whose input is complete.
    fn produce(&mut self, limit: u64, output: &mut Vec<f32>) {
        let Some(kernel) = &self.kernel else { return };
        let before = output.len();
        match &**kernel {
            Kernel::Tiles(tiles) => tiles.produce(self.arch, &mut self.buffer, output),
            Kernel::Rows(rows) => rows.produce(self.arch, &mut self.buffer, (self.from, self.to), output),
        }
        let wanted = usize::try_from(limit - self.produced).unwrap_or(usize::MAX);
        output.truncate(before.saturating_add(wanted));
        self.produced += (output.len() - before) as u64;
        self.buffer.compact();
    }
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

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn a_tone_keeps_its_pitch(
            from in prop::sample::select(&RATES[..]),
            to in prop::sample::select(&[16000u32, 22050, 16001][..]),
            share in 0.01..0.85,
        ) {
            check_tone(from, to, share * f64::from(from.min(to)) / 2.0)?;
        }
    }

    /// Sample by sample the tone as it would be at the other rate: no other pitch would stay as near for half a second.
    fn check_tone(from: u32, to: u32, hertz: f64) -> Outcome {
        let output = resample(from, to, &[&sine(hertz, from, from as usize)]);
        let output = output.map_err(|error| TestCaseError::fail(error.to_string()))?;
        let expected = sine(hertz, to, output.len());
        let inner = output.len() / 4..output.len() * 3 / 4; // away from the edges, where the tone is cut
        let pairs = output[inner.clone()].iter().zip(&expected[inner]);
        let worst = pairs.map(|(a, b)| (a - b).abs()).fold(0f32, f32::max);
        prop_assert!(worst < 1e-5, "{} Hz from {} Hz to {} Hz: {:e}", hertz, from, to, worst);
        Ok(())
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
}
