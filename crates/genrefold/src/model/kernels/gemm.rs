//! General matrix multiplication over strided views. The only unsafe code of the project.

/// A matrix that lies in a slice; rows may overlap, which is how a convolution becomes a product.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> View<'a> {
    /// Rows of `columns` adjacent values, each beginning `row_stride` after the one before.
    pub(super) fn rows(data: &'a [f32], rows: usize, columns: usize, row_stride: usize) -> Self {
        View { data, rows, columns, row_stride, column_stride: 1 }
    }

    /// The same values with rows and columns exchanged.
    pub(super) fn transposed(self) -> Self {
        View {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    /// One past the last element that the view touches.
    fn end(&self) -> usize {
        if self.rows == 0 || self.columns == 0 {
            return 0;
        }
        (self.rows - 1) * self.row_stride + (self.columns - 1) * self.column_stride + 1
    }
}

/// Whether a product replaces what the destination held, or is added to it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Store {
    Replace,
    Add,
}

/// `destination[rows, columns] (+)= left x right`, dense and row-major, on the calling thread.
#[allow(unsafe_code)]
pub(super) fn multiply(destination: &mut [f32], left: View, right: View, store: Store) {
    let (m, n, k) = (left.rows, right.columns, left.columns);
    assert_eq!(k, right.rows, "inner dimensions of a product");
    assert!(destination.len() >= m * n, "destination of a product is too small");
    assert!(left.end() <= left.data.len() && right.end() <= right.data.len(), "a view leaves its slice");
    // SAFETY: the assertions above bound every address that the product reads or writes by its slice:
    // the largest offset of a view is (rows-1)*row_stride + (columns-1)*column_stride, and the destination
    // is dense. Strides are far below isize::MAX because slices are. The destination is borrowed mutably,
    // so it cannot overlap the operands; overlapping rows within `left` are only read.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            destination.as_mut_ptr(),
            1,
            n as isize,
            store == Store::Add,
            left.data.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.data.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_rows_are_multiplied_as_if_they_were_copied() {
        let signal = [1.0, 2.0, 3.0, 4.0, 5.0];
        let taps = [1.0, 10.0, 100.0];
        let mut out = [0.0; 3];
        multiply(&mut out, View::rows(&signal, 3, 3, 1), View::rows(&taps, 3, 1, 1), Store::Replace);
        assert_eq!(out, [321.0, 432.0, 543.0]);
        multiply(&mut out, View::rows(&signal, 3, 3, 1), View::rows(&taps, 3, 1, 1), Store::Add);
        assert_eq!(out, [642.0, 864.0, 1086.0]);
    }

    #[test]
    #[should_panic(expected = "a view leaves its slice")]
    fn a_view_beyond_its_slice_is_refused() {
        multiply(
            &mut [0.0; 4],
            View::rows(&[0.0; 5], 4, 3, 1),
            View::rows(&[0.0; 3], 3, 1, 1),
            Store::Replace,
        );
    }
}
