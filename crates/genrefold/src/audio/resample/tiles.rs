//! The kernel at every place an output sample can have, arranged as a matrix product.
//!
//! After `to` output samples the places repeat, `from` input samples further on: such a stretch is a *period*. A
//! *group* is sixteen neighbouring output samples of a period. Its table holds, for each input sample that any of
//! them needs, their sixteen weights side by side. So one input sample is multiplied into sixteen sums at once, and
//! no vector is ever summed up across its lanes. Several periods go side by side, because they share the table:
//! each of its rows is loaded once for all of them.
//!
//! Every sum is taken in the same order whatever the width of the vectors and the number of periods side by side.

use pulp::{Simd, WithSimd};

use super::Buffer;
use super::kernel::{MAX_TABLE, Sampled, Shape};

/// Output samples of a group: the lanes of the widest vector.
const GROUP: usize = 16;

/// Taps that are worked off in one unrolled loop; a group's taps are padded to a multiple.
const STRIDE: usize = 16;

/// Strides after which a running sum is put aside: short sums keep the rounding errors small.
const STRIDES_PER_SUM: usize = 8;

/// Periods that are computed together: a multiple of every tile's number of periods.
const BATCH: usize = 24;

/// The weights of one input sample in the sixteen output samples of a group; a whole cache line.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Weights([f32; GROUP]);

/// The kernel's table and how to walk through input and output.
pub(super) struct Tiles {
    pub(super) shape: Shape,
    /// Group after group, `taps` each.
    weights: Vec<Weights>,
    /// A multiple of [`STRIDE`].
    taps: usize,
    /// Input samples of a period.
    from: usize,
    /// Output samples of a period.
    to: usize,
}

impl Tiles {
    /// The table for a reduced pair of rates; none if it would hold more than [`MAX_TABLE`] entries.
    pub(super) fn new(from: u32, to: u32) -> Option<Self> {
        let shape = Shape::new(from, to);
        // Few places: several true periods make one, so that groups are full.
        let (from, to) = (from as usize, to as usize);
        let repeats = if to < GROUP { GROUP / greatest_power_of_two(to).min(GROUP) } else { 1 };
        let (from, to) = (from * repeats, to * repeats);
        let span = GROUP * from / to + 1;
        let taps = (2 * shape.half + span).next_multiple_of(STRIDE);
        let groups = to.div_ceil(GROUP);
        if groups * taps > MAX_TABLE / GROUP {
            return None;
        }
        let mut tiles = Self { shape, weights: Vec::with_capacity(groups * taps), taps, from, to };
        let sampled = shape.sampled(to);
        for group in 0..groups {
            tiles.add_group(&sampled, group);
        }
        Some(tiles)
    }

    fn add_group(&mut self, sampled: &Sampled, group: usize) {
        let (first, start) = (group * GROUP, self.start(group));
        let lanes: [(isize, usize); GROUP] = std::array::from_fn(|lane| {
            let place = (first + lane) * self.from;
            ((place / self.to - start) as isize, place % self.to)
        });
        for tap in 0..self.taps as isize {
            self.weights.push(Weights(lanes.map(|(behind, rest)| sampled.weight(tap - behind, rest))));
        }
    }

    /// Where a group's input begins within a period's.
    fn start(&self, group: usize) -> usize {
        group * GROUP * self.from / self.to
    }

    fn groups(&self) -> usize {
        self.to.div_ceil(GROUP)
    }

    /// Input samples that a batch of periods reads.
    pub(super) fn needed(&self) -> usize {
        (BATCH - 1) * self.from + self.start(self.groups() - 1) + self.taps
    }

    /// Computes all batches whose input is complete, with the widest vectors of this processor.
    pub(super) fn produce(&self, arch: pulp::Arch, buffer: &mut Buffer, output: &mut Vec<f32>) {
        while buffer.waiting().len() >= self.needed() {
            let done = output.len();
            output.resize(done + BATCH * self.to, 0.0);
            arch.dispatch(Batch { tiles: self, input: buffer.waiting(), output: &mut output[done..] });
            buffer.start += BATCH * self.from;
        }
    }

    #[cfg(test)]
    pub(super) fn entries(&self) -> usize {
        self.weights.len() * GROUP
    }
}

/// The greatest power of two that divides a positive number.
fn greatest_power_of_two(number: usize) -> usize {
    1 << number.trailing_zeros()
}

/// One batch, which `pulp` compiles once for each width of vectors.
struct Batch<'a> {
    tiles: &'a Tiles,
    input: &'a [f32],
    output: &'a mut [f32],
}

impl WithSimd for Batch<'_> {
    type Output = ();

    /// As many sums as the registers hold, and enough of them to hide the latency of a multiply-add.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match S::F32_LANES {
            16 => self.run::<S, 1, 12>(simd),
            8 => self.run::<S, 2, 6>(simd),
            4 => self.run::<S, 4, 4>(simd),
            _ => self.run::<S, 16, 1>(simd),
        }
    }
}

impl Batch<'_> {
    /// Group by group, `PERIODS` periods at a time; `VECTORS` of `S` hold a group.
    #[inline(always)]
    fn run<S: Simd, const VECTORS: usize, const PERIODS: usize>(self, simd: S) {
        let Tiles { taps, from, to, .. } = *self.tiles;
        for (group, weights) in self.tiles.weights.chunks_exact(taps).enumerate() {
            let (start, first) = (self.tiles.start(group), group * GROUP);
            for period in (0..BATCH).step_by(PERIODS) {
                let mut input = [&self.input[..0]; PERIODS];
                for (next, input) in input.iter_mut().enumerate() {
                    *input = &self.input[(period + next) * from + start..][..taps];
                }
                let sums = tile::<S, VECTORS, PERIODS>(simd, weights, input);
                for (next, sums) in sums.iter().enumerate() {
                    let period = &mut self.output[(period + next) * to..][..to];
                    let lanes = GROUP.min(to - first);
                    period[first..first + lanes].copy_from_slice(&sums[..lanes]);
                }
            }
        }
    }
}

/// A group of output samples in several periods, from each one's input.
///
/// Loops, not `map`: that is not always inlined, and a call in here would drive the sums out of their registers.
#[inline(always)]
fn tile<S: Simd, const VECTORS: usize, const PERIODS: usize>(
    simd: S,
    weights: &[Weights],
    input: [&[f32]; PERIODS],
) -> [[f32; GROUP]; PERIODS] {
    let strides = weights.as_chunks::<STRIDE>().0;
    let mut sums = [[0.0; GROUP]; PERIODS];
    for (stretch, strides) in strides.chunks(STRIDES_PER_SUM).enumerate() {
        let mut running = [[simd.splat_f32s(0.0); VECTORS]; PERIODS];
        for (stride, weights) in strides.iter().enumerate() {
            let mut now = [&[0.0; STRIDE]; PERIODS];
            for (now, input) in now.iter_mut().zip(input) {
                *now = &input.as_chunks().0[stretch * STRIDES_PER_SUM + stride];
            }
            for (tap, weights) in weights.iter().enumerate() {
                let weights = S::as_simd_f32s(&weights.0).0;
                for (running, input) in running.iter_mut().zip(now) {
                    let sample = simd.splat_f32s(input[tap]);
                    for (running, &weights) in running.iter_mut().zip(weights) {
                        *running = simd.mul_add_e_f32s(sample, weights, *running);
                    }
                }
            }
        }
        for (sums, running) in sums.iter_mut().zip(running) {
            for (sum, running) in S::as_mut_simd_f32s(sums).0.iter_mut().zip(running) {
                *sum = simd.add_f32s(*sum, running);
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::rows::Rows;
    use super::*;

    const RATES: [u32; 9] = [8000, 11025, 12000, 22050, 24000, 32000, 44100, 48000, 96000];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn tiles_give_the_sums_that_are_taken_one_by_one(
            from in prop::sample::select(&RATES[..]),
            to in prop::sample::select(&[16000u32, 22050, 17000][..]),
            seed in any::<u32>(),
        ) {
            let divisor = super::super::greatest_common_divisor(from, to);
            let (from, to) = (from / divisor, to / divisor);
            prop_assume!(from != to);
            let Some(tiles) = Tiles::new(from, to) else { return Ok(()) };
            let mut state = seed;
            let noise = |_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1 << 23) as f32 - 1.0
            };
            let samples: Vec<f32> = (0..tiles.needed() + 5).map(noise).collect();
            let arch = pulp::Arch::new();
            let mut buffer = Buffer { samples: samples.clone(), ..Buffer::default() };
            let mut fast = Vec::new();
            tiles.produce(arch, &mut buffer, &mut fast);
            prop_assert_eq!(fast.len(), BATCH * tiles.to);
            let mut buffer = Buffer { samples, ..Buffer::default() };
            let mut plain = Vec::new();
            Rows::new(from, to).produce(arch, &mut buffer, (from.into(), to.into()), &mut plain);
            for (place, (fast, plain)) in fast.iter().zip(&plain).enumerate() {
                prop_assert!((fast - plain).abs() < 2e-6, "{}: {} and {}", place, fast, plain);
            }
        }
    }
}
