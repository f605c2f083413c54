//! Matrix products in register tiles, with whatever follows a product done while its sums are at hand.
//! The only unsafe code of the project.
//!
//! The left operand is read where it lies, so that its rows may overlap: a convolution is a product and no
//! window is copied. The right operand is packed into [`Panels`] of two vectors' width, which the inner loop
//! reads in order. One tile of sums fills the processor's registers; [`Finish`] takes it row by row.

use pulp::{Arch, Simd, WithSimd};

/// A left operand: element `(row, k)` lies at `row * row_stride + k * step`.
#[derive(Clone, Copy)]
pub(super) struct Left<'a> {
    pub values: &'a [f32],
    pub rows: usize,
    pub inner: usize,
    pub row_stride: usize,
    pub step: usize,
}

impl Left<'_> {
    /// One past the last element that the operand touches.
    fn end(&self) -> usize {
        if self.rows == 0 || self.inner == 0 {
            return 0;
        }
        (self.rows - 1) * self.row_stride + (self.inner - 1) * self.step + 1
    }
}

/// A right operand: panel after panel, each `inner` rows of two vectors.
#[derive(Clone, Copy)]
pub(super) struct Panels<'a> {
    pub values: &'a [f32],
    pub inner: usize,
}

/// What happens to the sums of a product.
pub(super) trait Finish {
    /// Takes one row of one panel: the sums of its first and of its second vector of columns.
    ///
    /// Implementations are to be `#[inline(always)]`: they are compiled with the product, for its vectors.
    fn row(&mut self, row: usize, panel: usize, first: &[f32], second: &[f32]);
}

/// f32 values in one vector of `arch`.
pub(super) fn lanes(arch: Arch) -> usize {
    struct Count;
    impl WithSimd for Count {
        type Output = usize;

        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> usize {
            S::F32_LANES
        }
    }
    arch.dispatch(Count)
}

/// Computes `left x right` on the calling thread and hands every row of every panel to `finish`.
///
/// Each sum runs over `k` in order, whatever stands beside it: a row's sums do not depend on the other rows.
pub(super) fn multiply(arch: Arch, left: Left, right: Panels, finish: &mut impl Finish) {
    arch.dispatch(Product { left, right, finish });
}

/// Rows of the tallest tile, where there are 32 registers, and where there are 16.
const TALLEST: usize = 12;
const TALLEST_OF_16: usize = 6;
/// f32 values of the widest vector.
pub(super) const WIDEST: usize = 16;

/// The sums of a tile: per row two vectors.
#[repr(align(64))]
struct Sums([f32; TALLEST * 2 * WIDEST]);

struct Product<'a, F> {
    left: Left<'a>,
    right: Panels<'a>,
    finish: &'a mut F,
}

impl<F: Finish> WithSimd for Product<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Product { left, right, finish } = self;
        let width = 2 * S::F32_LANES;
        assert_eq!(left.inner, right.inner, "inner dimensions of a product");
        assert!(left.end() <= left.values.len(), "the left operand leaves its slice");
        assert!(S::F32_LANES <= WIDEST, "vectors of at most {WIDEST} values");
        let mut sums = Sums([0.0; TALLEST * 2 * WIDEST]);
        for (panel, values) in right.values.chunks_exact((right.inner * width).max(1)).enumerate() {
            let mut row = 0;
            while row < left.rows {
                let taken = tile(simd, left, row, values, &mut sums);
                for (index, sums) in sums.0.chunks_exact(width).take(taken).enumerate() {
                    let (first, second) = sums.split_at(S::F32_LANES);
                    finish.row(row + index, panel, first, second);
                }
                row += taken;
            }
        }
    }
}

/// Sums of as many rows from `row` on as one tile takes; returns how many.
#[inline(always)]
fn tile<S: Simd>(simd: S, left: Left, row: usize, panel: &[f32], sums: &mut Sums) -> usize {
    match left.rows - row {
        TALLEST.. if S::REGISTER_COUNT >= 32 => rows::<S, TALLEST>(simd, left, row, panel, sums),
        8.. if S::REGISTER_COUNT >= 32 => rows::<S, 8>(simd, left, row, panel, sums),
        TALLEST_OF_16.. => rows::<S, TALLEST_OF_16>(simd, left, row, panel, sums),
        4.. => rows::<S, 4>(simd, left, row, panel, sums),
        3 => rows::<S, 3>(simd, left, row, panel, sums),
        2 => rows::<S, 2>(simd, left, row, panel, sums),
        _ => rows::<S, 1>(simd, left, row, panel, sums),
    }
}

/// Sums of `M` rows, held in registers over the whole inner dimension.
#[inline(always)]
#[allow(unsafe_code)]
fn rows<S: Simd, const M: usize>(simd: S, left: Left, row: usize, panel: &[f32], sums: &mut Sums) -> usize {
    let Left { inner, row_stride, step, .. } = left;
    assert!(row + M <= left.rows && panel.len() == inner * 2 * S::F32_LANES, "a tile leaves its operands");
    let mut tile = [[simd.splat_f32s(0.0); 2]; M];
    let mut value = left.values[row * row_stride..].as_ptr();
    let mut weight = panel.as_ptr().cast::<S::f32s>();
    for _ in 0..inner {
        // SAFETY: `value` stands at element (row, k) and is read at rows row..row + M, all within `left.rows`;
        // `multiply` has asserted that the last element of the last row lies in the slice. `weight` stands at
        // row k of a panel of `inner` rows of two vectors, as asserted above; it is read unaligned. Both
        // pointers may end one step beyond, where they are not read: `wrapping_add`.
        let (first, second) = unsafe { (weight.read_unaligned(), weight.add(1).read_unaligned()) };
        for (index, [a, b]) in tile.iter_mut().enumerate() {
            let value = simd.splat_f32s(unsafe { *value.add(index * row_stride) });
            *a = simd.mul_add_e_f32s(value, first, *a);
            *b = simd.mul_add_e_f32s(value, second, *b);
        }
        value = value.wrapping_add(step);
        weight = weight.wrapping_add(2);
    }
    for (sums, [a, b]) in sums.0.chunks_exact_mut(2 * S::F32_LANES).zip(tile) {
        let (first, second) = sums.split_at_mut(S::F32_LANES);
        simd.partial_store_f32s(first, a);
        simd.partial_store_f32s(second, b);
    }
    M
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keeps the sums as a matrix of `columns` columns.
    struct Keep {
        columns: usize,
        sums: Vec<f32>,
    }

    impl Finish for Keep {
        #[inline(always)]
        fn row(&mut self, row: usize, panel: usize, first: &[f32], second: &[f32]) {
            let start = row * self.columns + panel * 2 * first.len();
            let sums = first.iter().chain(second).take(self.columns - panel * 2 * first.len());
            self.sums[start..].iter_mut().zip(sums).for_each(|(kept, sum)| *kept = *sum);
        }
    }

    /// `windows of a signal x taps`, on some kind of vectors.
    fn products(arch: Arch, signal: &[f32], rows: usize, taps: &[f32]) -> Vec<f32> {
        let width = 2 * lanes(arch);
        let mut panel = vec![0.0; taps.len() * width];
        panel.chunks_exact_mut(width).zip(taps).for_each(|(row, tap)| row[0] = *tap);
        let left = Left { values: signal, rows, inner: taps.len(), row_stride: 1, step: 1 };
        let mut keep = Keep { columns: 1, sums: vec![0.0; rows] };
        multiply(arch, left, Panels { values: &panel, inner: taps.len() }, &mut keep);
        keep.sums
    }

    #[test]
    fn overlapping_rows_are_multiplied_as_if_they_were_copied_with_every_height_of_tile() {
        let signal: Vec<f32> = (1..=60).map(|n| n as f32).collect();
        for arch in [Arch::new(), Arch::Scalar] {
            for rows in 1..58 {
                let expected: Vec<f32> = (1..=rows).map(|n| 111.0 * n as f32 + 210.0).collect();
                assert_eq!(products(arch, &signal, rows, &[1.0, 10.0, 100.0]), expected, "{rows} rows");
            }
        }
    }

    #[test]
    #[should_panic(expected = "the left operand leaves its slice")]
    fn an_operand_beyond_its_slice_is_refused() {
        products(Arch::new(), &[0.0; 5], 4, &[1.0; 3]);
    }

    #[test]
    #[should_panic(expected = "inner dimensions")]
    fn operands_that_do_not_fit_are_refused() {
        let left = Left { values: &[0.0; 4], rows: 1, inner: 4, row_stride: 4, step: 1 };
        let mut keep = Keep { columns: 1, sums: vec![0.0] };
        multiply(Arch::new(), left, Panels { values: &[0.0; 32], inner: 1 }, &mut keep);
    }
}
