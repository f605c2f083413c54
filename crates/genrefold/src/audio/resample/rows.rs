//! The kernel place by place, for rates whose places are too many or too long for [`super::tiles`].

use pulp::{Simd, WithSimd};

use super::Buffer;
use super::kernel::{MAX_TABLE, Shape};

/// Phases per period of the lower rate when interpolating: the error is below 2e-6 of full scale.
const INTERPOLATED_PHASES: f64 = 1024.0;

/// Kernel rows are padded to a multiple of this: four of the widest vectors, see [`dot`].
const LANES: usize = 64;

/// The kernel sampled at some places between the input samples ("phases"), one row each.
pub(super) struct Rows {
    pub(super) shape: Shape,
    rows: Vec<f32>,
    /// Length of a row, a multiple of [`LANES`]; the padding is 0.
    taps: usize,
    /// Number of places per input sample.
    phases: u64,
    /// The unit of the phases asked for.
    unit: u64,
}

impl Rows {
    /// More table entries than [`MAX_TABLE`] are replaced by interpolation between fewer phases.
    pub(super) fn new(from: u32, to: u32) -> Self {
        let shape = Shape::new(from, to);
        let taps = (2 * shape.half).next_multiple_of(LANES);
        let exact = to as usize * taps <= MAX_TABLE;
        let phases = if exact { to } else { (INTERPOLATED_PHASES / shape.period).ceil() as u32 };
        // Interpolation needs the row after the last one as well.
        let sampled = shape.sampled(phases as usize);
        let row = |phase| (0..taps).map(move |tap| (tap as isize, phase));
        let rows = (0..=phases as usize).flat_map(row).map(|(tap, phase)| sampled.weight(tap, phase));
        Self { shape, rows: rows.collect(), taps, phases: u64::from(phases), unit: u64::from(to) }
    }

    /// See [`super::kernel::Kernel::reach`].
    pub(super) fn reach(&self) -> usize {
        self.taps + LANES
    }

    /// Computes every output sample whose input is complete, with the widest vectors of this processor.
    ///
    /// `step` is how far the place moves per output sample: numerator and denominator, in input samples.
    pub(super) fn produce(
        &self,
        arch: pulp::Arch,
        buffer: &mut Buffer,
        step: (u64, u64),
        output: &mut Vec<f32>,
    ) {
        arch.dispatch(Produce { rows: self, buffer, step, output });
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

/// Their sizes, for tests.
#[cfg(test)]
impl Rows {
    pub(super) fn entries(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn taps(&self) -> usize {
        self.taps
    }
}

/// The inner loop, which `pulp` compiles once for each width of vectors.
struct Produce<'a> {
    rows: &'a Rows,
    buffer: &'a mut Buffer,
    step: (u64, u64),
    output: &'a mut Vec<f32>,
}

impl WithSimd for Produce<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Buffer { samples, start, phase } = self.buffer;
        let taps = self.rows.taps;
        while *start + taps <= samples.len() {
            self.output.push(self.rows.apply(simd, &samples[*start..*start + taps], *phase));
            *phase += self.step.0;
            *start += (*phase / self.step.1) as usize;
            *phase %= self.step.1;
        }
    }
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
