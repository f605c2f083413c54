//! Matrix products in register tiles, with whatever follows a product done while its sums are at hand.
//! The only unsafe code of the project.
//!
//! The left operand is read where it lies, so that its rows may overlap: a convolution is a product and no
//! window is copied. The right operand is packed into [`Panels`] of two vectors' width, which the inner loop
//! reads in order. One tile of sums fills the processor's registers; [`Finish`] takes it row by row.

use pulp::{Arch, Simd, WithSimd};

/// A left operand, read where it lies.
#[derive(Clone, Copy)]
pub(super) struct Left<'a> {
    pub values: &'a [f32],
    pub rows: usize,
    pub inner: usize,
    pub lie: Lie,
}

/// Where element `(row, k)` of a left operand lies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lie {
    /// At `row * pitch + k`: rows may overlap.
    Rows { pitch: usize },
    /// At `row + k * pitch`: the same, turned.
    Columns { pitch: usize },
}

impl Left<'_> {
    /// One past the last element that the operand touches.
    fn end(&self) -> usize {
        if self.rows == 0 || self.inner == 0 {
            return 0;
        }
        match self.lie {
            Lie::Rows { pitch } => (self.rows - 1) * pitch + self.inner,
            Lie::Columns { pitch } => self.rows + (self.inner - 1) * pitch,
        }
    }
}

/// A right operand: panel after panel, each `inner` rows of two vectors.
#[derive(Clone, Copy)]
pub(super) struct Panels<'a> {
    pub values: &'a [f32],
    pub inner: usize,
}

/// f32 values of the widest vector.
pub(super) const WIDEST: usize = 16;

/// What happens to the sums of a product.
pub(super) trait Finish {
    /// Takes one row of one panel: the sums of its first and of its second vector of columns.
    ///
    /// Implementations are to be `#[inline(always)]`: they are compiled with the product, for its vectors.
    fn row<S: Simd>(&mut self, simd: S, row: usize, panel: usize, sums: [S::f32s; 2]);
}

/// The first values of a slice that holds at least one vector.
#[inline(always)]
pub(super) fn load<S: Simd>(values: &[f32]) -> S::f32s {
    S::as_simd_f32s(values).0[0]
}

/// Writes the first values of a slice that has room for at least one vector.
#[inline(always)]
pub(super) fn store<S: Simd>(to: &mut [f32], vector: S::f32s) {
    S::as_mut_simd_f32s(to).0[0] = vector;
}

/// The values of a slice of at most one vector, filled up with zeros.
#[inline(always)]
pub(super) fn some<S: Simd>(simd: S, values: &[f32]) -> S::f32s {
    if values.len() == S::F32_LANES { load::<S>(values) } else { simd.partial_load_f32s(values) }
}

/// Writes as many values as a slice of at most one vector takes.
#[inline(always)]
pub(super) fn put<S: Simd>(simd: S, to: &mut [f32], vector: S::f32s) {
    if to.len() == S::F32_LANES { store::<S>(to, vector) } else { simd.partial_store_f32s(to, vector) }
}

/// Runs `change(first column, its old values, sums)` on both vectors of a panel's columns in a row of `width`
/// columns and writes what it gives; columns that the row does not have are left out.
#[inline(always)]
pub(super) fn change<S: Simd>(
    simd: S,
    row: &mut [f32],
    panel: usize,
    sums: [S::f32s; 2],
    change: impl Fn(usize, S::f32s, S::f32s) -> S::f32s,
) {
    for (half, sums) in sums.into_iter().enumerate() {
        let start = (2 * panel + half) * S::F32_LANES;
        let count = S::F32_LANES.min(row.len().saturating_sub(start));
        if count > 0 {
            let place = &mut row[start..start + count];
            let changed = change(start, some(simd, place), sums);
            put(simd, place, changed);
        }
    }
}

/// Adds finished sums to the rows of a matrix.
pub(super) struct AddUp<'a> {
    pub sums: &'a mut [f32],
    /// Values of a row.
    pub width: usize,
    /// Whether the matrix holds nothing yet.
    pub fresh: bool,
}

impl Finish for AddUp<'_> {
    #[inline(always)]
    fn row<S: Simd>(&mut self, simd: S, row: usize, panel: usize, sums: [S::f32s; 2]) {
        let to = &mut self.sums[row * self.width..][..self.width];
        if self.fresh {
            change(simd, to, panel, sums, |_, _, sum| sum);
        } else {
            change(simd, to, panel, sums, |_, old, sum| simd.add_f32s(old, sum));
        }
    }
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
/// Rows that are addressed from one place: an address holds a place and one multiple of a stride.
const GROUP: usize = 4;
/// The sums of a tile.
#[repr(align(64))]
struct Sums([[[f32; WIDEST]; 2]; TALLEST]);

struct Product<'a, F> {
    left: Left<'a>,
    right: Panels<'a>,
    finish: &'a mut F,
}

impl<F: Finish> WithSimd for Product<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        assert_eq!(self.left.inner, self.right.inner, "inner dimensions of a product");
        assert!(self.left.end() <= self.left.values.len(), "the left operand leaves its slice");
        assert!(S::F32_LANES <= WIDEST, "vectors of at most {WIDEST} values");
        match self.left.lie {
            Lie::Rows { .. } => self.all::<S, Straight>(simd),
            Lie::Columns { .. } => self.all::<S, Turned>(simd),
        }
    }
}

impl<F: Finish> Product<'_, F> {
    #[inline(always)]
    fn all<S: Simd, A: Access>(self, simd: S) {
        let Product { left, right, finish } = self;
        let mut sums = Sums([[[0.0; WIDEST]; 2]; TALLEST]);
        let panels = right.values.chunks_exact((right.inner * 2 * S::F32_LANES).max(1));
        for (panel, values) in panels.enumerate() {
            let mut row = 0;
            while row < left.rows {
                let taken = tile::<S, A>(simd, left, row, values, &mut sums);
                for (index, [first, second]) in sums.0.iter().take(taken).enumerate() {
                    finish.row(simd, row + index, panel, [load::<S>(first), load::<S>(second)]);
                }
                row += taken;
            }
        }
    }
}

/// How the inner loop finds its values: known when it is compiled, so that one of the two strides is 1.
trait Access {
    /// Strides along rows and along the inner dimension.
    fn strides(lie: Lie) -> (usize, usize);
}

struct Straight;
struct Turned;

impl Access for Straight {
    #[inline(always)]
    fn strides(lie: Lie) -> (usize, usize) {
        let (Lie::Rows { pitch } | Lie::Columns { pitch }) = lie;
        (pitch, 1)
    }
}

impl Access for Turned {
    #[inline(always)]
    fn strides(lie: Lie) -> (usize, usize) {
        let (Lie::Rows { pitch } | Lie::Columns { pitch }) = lie;
        (1, pitch)
    }
}

/// Sums of as many rows from `row` on as one tile takes; returns how many.
#[inline(always)]
fn tile<S: Simd, A: Access>(simd: S, left: Left, row: usize, panel: &[f32], sums: &mut Sums) -> usize {
    match left.rows - row {
        TALLEST.. if S::REGISTER_COUNT >= 32 => rows::<S, A, TALLEST>(simd, left, row, panel, sums),
        8.. if S::REGISTER_COUNT >= 32 => rows::<S, A, 8>(simd, left, row, panel, sums),
        TALLEST_OF_16.. => rows::<S, A, TALLEST_OF_16>(simd, left, row, panel, sums),
        4.. => rows::<S, A, 4>(simd, left, row, panel, sums),
        2.. => rows::<S, A, 2>(simd, left, row, panel, sums),
        _ => rows::<S, A, 1>(simd, left, row, panel, sums),
    }
}

/// Sums of `M` rows, held in registers over the whole inner dimension.
#[inline(always)]
#[allow(unsafe_code)]
fn rows<S: Simd, A: Access, const M: usize>(
    simd: S,
    left: Left,
    row: usize,
    panel: &[f32],
    sums: &mut Sums,
) -> usize {
    let (row_stride, step) = A::strides(left.lie);
    assert!(
        row + M <= left.rows && panel.len() == left.inner * 2 * S::F32_LANES,
        "a tile leaves its operands"
    );
    let mut tile = [[simd.splat_f32s(0.0); 2]; M];
    let start = left.values[row * row_stride..].as_ptr();
    let mut groups: [*const f32; TALLEST / GROUP] =
        std::array::from_fn(|group| start.wrapping_add(group * GROUP * row_stride));
    let mut weight = panel.as_ptr().cast::<S::f32s>();
    for _ in 0..left.inner {
        // SAFETY: `groups[g]` stands at element (row + g * GROUP, k) and is read at rows row..row + M, all within
        // `left.rows`; `with_simd` has asserted that the last element of the last row lies in the slice. `weight`
        // stands at row k of a panel of `inner` rows of two vectors, as asserted above; it is read unaligned. All
        // pointers may stand beyond, where they are not read: `wrapping_add`.
        let (first, second) = unsafe { (weight.read_unaligned(), weight.add(1).read_unaligned()) };
        for (index, [a, b]) in tile.iter_mut().enumerate() {
            let value = unsafe { *groups[index / GROUP].add(index % GROUP * row_stride) };
            let value = simd.splat_f32s(value);
            *a = simd.mul_add_e_f32s(value, first, *a);
            *b = simd.mul_add_e_f32s(value, second, *b);
        }
        groups = groups.map(|value| value.wrapping_add(step));
        weight = weight.wrapping_add(2);
    }
    for ([first, second], [a, b]) in sums.0.iter_mut().zip(tile) {
        store::<S>(first, a);
        store::<S>(second, b);
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
        fn row<S: Simd>(&mut self, simd: S, row: usize, panel: usize, sums: [S::f32s; 2]) {
            let kept = &mut self.sums[row * self.columns..][..self.columns];
            change(simd, kept, panel, sums, |_, _, sum| sum);
        }
    }

    /// `windows of a signal x taps`, on some kind of vectors.
    fn products(arch: Arch, signal: &[f32], rows: usize, taps: &[f32], lie: Lie) -> Vec<f32> {
        let width = 2 * lanes(arch);
        let mut panel = vec![0.0; taps.len() * width];
        panel.chunks_exact_mut(width).zip(taps).for_each(|(row, tap)| row[0] = *tap);
        let left = Left { values: signal, rows, inner: taps.len(), lie };
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
                for lie in [Lie::Rows { pitch: 1 }, Lie::Columns { pitch: 1 }] {
                    let found = products(arch, &signal, rows, &[1.0, 10.0, 100.0], lie);
                    assert_eq!(found, expected, "{rows} rows");
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "the left operand leaves its slice")]
    fn an_operand_beyond_its_slice_is_refused() {
        products(Arch::new(), &[0.0; 5], 4, &[1.0; 3], Lie::Rows { pitch: 1 });
    }

    #[test]
    #[should_panic(expected = "inner dimensions")]
    fn operands_that_do_not_fit_are_refused() {
        let left = Left { values: &[0.0; 4], rows: 1, inner: 4, lie: Lie::Rows { pitch: 4 } };
        let mut keep = Keep { columns: 1, sums: vec![0.0] };
        multiply(Arch::new(), left, Panels { values: &[0.0; 32], inner: 1 }, &mut keep);
    }
}
