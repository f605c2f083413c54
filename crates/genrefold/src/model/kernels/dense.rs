//! Dense layers, `act(x W + b)`, over the rows of a matrix.

use pulp::{Arch, Simd};
use rayon::prelude::*;

use super::buffers::{self, Buffer};
use super::dropout::Mask;
use super::gemm::{AddUp, Finish, Left, Lie, Panels, change, load, multiply};
use super::math::vectorised;
use super::pack::{Columns, Packed};

/// What follows the sums of a dense layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    Linear,
    /// `max(0, y)`.
    Relu,
}

/// Values of a page of memory: what lies a multiple of it apart shares its place in the first cache.
const PAGE: usize = 1024;
/// Rows of a piece are a multiple of this: whole tiles.
const TILE_ROWS: usize = 12;
/// Values of a left operand that stay in a core's cache while the right one passes by.
const CACHED: usize = 1 << 18;

/// Rows that one thread works on at a time: the right operand passes by for every piece, so as few as there are
/// threads. Sums run over columns of the left operand, so that the cut changes no result.
fn piece(rows: usize, inner: usize) -> usize {
    let most = (CACHED / inner.max(1)).max(TILE_ROWS);
    rows.div_ceil(rayon::current_num_threads()).min(most).next_multiple_of(TILE_ROWS)
}

/// A dense layer's operands, packed.
#[derive(Debug, Clone)]
pub struct Dense {
    arch: Arch,
    weight: Packed,
    bias: Vec<f32>,
    activation: Activation,
}

impl Dense {
    /// From `weight [in, out]` and `bias [out]`.
    pub fn new(arch: Arch, weight: &[f32], bias: &[f32], activation: Activation) -> Self {
        let weight = Packed::matrix(arch, weight, Columns::Plain(bias.len()));
        Dense { arch, weight, bias: bias.to_vec(), activation }
    }

    /// Values of a row that goes in.
    pub fn inputs(&self) -> usize {
        self.weight.panels().inner
    }

    /// Values of a row that comes out.
    pub fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// `[rows, in]` to `[rows, out]`.
    pub fn forward(&self, x: &[f32], y: &mut [f32]) {
        product(self.arch, x, &self.weight, &self.bias, self.activation, y);
    }
}

/// `act(x w + bias)` row by row, pieces of rows side by side.
fn product(arch: Arch, x: &[f32], weight: &Packed, bias: &[f32], activation: Activation, y: &mut [f32]) {
    let (Panels { inner, .. }, outputs) = (weight.panels(), weight.columns.count());
    if y.len() <= FEW_ROWS * outputs && rayon::current_num_threads() > 1 {
        return few_rows(arch, x, weight, bias, activation, y);
    }
    let piece = piece(y.len() / outputs.max(1), inner).max(1);
    y.par_chunks_mut((piece * outputs).max(1)).zip(x.par_chunks((piece * inner).max(1))).for_each(
        |(y, x)| {
            let rows = Rows::new(x, inner, inner);
            multiply(arch, rows.left(), weight.panels(), &mut Write { y, outputs, bias, activation });
        },
    );
}

/// Rows that are too few to be shared out.
const FEW_ROWS: usize = 2 * TILE_ROWS;

/// The same for few rows: the panels of the weights are shared out instead.
fn few_rows(arch: Arch, x: &[f32], weight: &Packed, bias: &[f32], activation: Activation, y: &mut [f32]) {
    let (Panels { inner, .. }, outputs) = (weight.panels(), weight.columns.count());
    let left = Rows::new(x, inner, inner);
    let rows = y.len() / outputs.max(1);
    let parts: Vec<(usize, usize, Buffer)> = weight
        .shares(rayon::current_num_threads())
        .into_par_iter()
        .map(|(panel, count)| {
            let first = 2 * panel * weight.lanes();
            let columns = (2 * count * weight.lanes()).min(outputs - first);
            let mut part = Buffer::dirty(rows * columns);
            let bias = bias.get(first..first + columns).unwrap_or(&[]);
            let mut write = Write { y: &mut part, outputs: columns, bias, activation };
            multiply(arch, left.left(), weight.some(panel, count), &mut write);
            (first, columns, part)
        })
        .collect();
    for (first, columns, part) in &parts {
        let rows = y.chunks_exact_mut(outputs).zip(part.chunks_exact(*columns));
        rows.for_each(|(row, part)| row[*first..first + columns].copy_from_slice(part));
    }
}

/// Writes finished sums to the rows of a matrix.
pub(super) struct Write<'a> {
    /// `[rows, outputs]`.
    pub y: &'a mut [f32],
    pub outputs: usize,
    /// `[outputs]`, or nothing.
    pub bias: &'a [f32],
    pub activation: Activation,
}

impl Finish for Write<'_> {
    #[inline(always)]
    fn row<S: Simd>(&mut self, simd: S, row: usize, panel: usize, sums: [S::f32s; 2]) {
        let y = &mut self.y[row * self.outputs..][..self.outputs];
        let zero = simd.splat_f32s(0.0);
        change(simd, y, panel, sums, |start, _, sum| {
            let sum = match self.bias.get(start..start + S::F32_LANES) {
                Some(bias) => simd.add_f32s(sum, load::<S>(bias)),
                None if self.bias.is_empty() => sum,
                None => simd.add_f32s(sum, simd.partial_load_f32s(&self.bias[start..])),
            };
            match self.activation {
                Activation::Linear => sum,
                Activation::Relu => simd.max_f32s(sum, zero),
            }
        });
    }
}

/// Gradients of a dense layer: of its input, its weights and its bias.
pub(super) struct DenseGradients {
    pub input: Vec<f32>,
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
}

/// A dense layer's output and its gradient, `[rows, outputs]`.
#[derive(Clone, Copy)]
pub(super) struct Gradient<'a> {
    pub y: &'a [f32],
    pub dy: &'a [f32],
    pub outputs: usize,
    pub activation: Activation,
    /// What was dropped of the output.
    pub mask: Option<Mask>,
}

impl Gradient<'_> {
    /// The gradient before activation and dropout: what neither cut off, scaled as dropout scaled it. What a ReLU
    /// cut off and what was dropped are the zeros of the output.
    fn unbent(self) -> Option<Buffer> {
        const PIECE: usize = 1 << 14;
        let Gradient { y, dy, activation, mask, .. } = self;
        if activation == Activation::Linear {
            return mask.map(|mask| Buffer::from(mask.applied(dy)));
        }
        let scale = mask.map_or(1.0, Mask::scale);
        let mut gradient = Buffer::dirty(dy.len());
        let pieces = dy.par_chunks(PIECE).zip(y.par_chunks(PIECE));
        let places = gradient.par_chunks_mut(PIECE).zip(pieces);
        places.for_each(|(out, (dy, y))| choose(out, dy, y, scale));
        Some(gradient)
    }
}

/// The way back of `y = act(x W + b)`: `dX = dY W^T`, `dW = X^T dY`, `db = sum dY`.
pub(super) fn back(arch: Arch, x: &[f32], weight: &[f32], gradient: Gradient) -> DenseGradients {
    let (unbent, outputs) = (gradient.unbent(), gradient.outputs);
    let dy = unbent.as_deref().unwrap_or(gradient.dy);
    let mut input = buffers::taken(x.len());
    let turned = Packed::turned(arch, weight, 1, Columns::Plain(outputs));
    turned_product(arch, dy, outputs, &turned, &mut input);
    let inputs = weight.len() / outputs.max(1);
    let weight = weight_gradient(arch, x, inputs, dy, outputs);
    DenseGradients { input, weight, bias: column_sums(dy, outputs) }
}

/// `X^T dY`, `[inputs, outputs]`: rows of the result side by side, over blocks of rows of `dY` whose panels stay in
/// the nearest cache.
pub(super) fn weight_gradient(arch: Arch, x: &[f32], inputs: usize, dy: &[f32], outputs: usize) -> Vec<f32> {
    const BLOCK: usize = 128;
    let mut weight = buffers::taken(inputs * outputs);
    let blocks: Vec<Packed> = dy
        .chunks((BLOCK * outputs).max(1))
        .map(|block| Packed::matrix(arch, block, Columns::Plain(outputs)))
        .collect();
    let piece = piece(inputs, BLOCK).max(1);
    weight.par_chunks_mut((piece * outputs).max(1)).enumerate().for_each(|(number, weight)| {
        let (first, rows) = (number * piece, weight.len() / outputs);
        let mut columns = Buffer::default();
        for (block, (right, x)) in blocks.iter().zip(x.chunks(BLOCK * inputs)).enumerate() {
            let right = right.panels();
            let (values, pitch) = some_columns(x, inputs, first, rows, &mut columns);
            let left = Left { values, rows, inner: right.inner, lie: Lie::Columns { pitch } };
            multiply(arch, left, right, &mut AddUp { sums: weight, width: outputs, fresh: block == 0 });
        }
    });
    weight
}

/// `count` columns of rows of `width` values, and the distance between their rows: copied where the rows lie so far
/// apart that every one of them is on a page of its own.
fn some_columns<'a>(
    rows: &'a [f32],
    width: usize,
    first: usize,
    count: usize,
    copy: &'a mut Buffer,
) -> (&'a [f32], usize) {
    if width < PAGE {
        return (&rows[first..], width);
    }
    let length = rows.len() / width * count;
    copy.reshape(length);
    let pairs = copy.chunks_exact_mut(count).zip(rows.chunks_exact(width));
    pairs.for_each(|(copy, row)| copy.copy_from_slice(&row[first..first + count]));
    (copy, count)
}

/// `dY W^T` with the turned weights, whose inner dimension may be wider than `dy`'s rows: padded with zeros.
pub(super) fn turned_product(arch: Arch, dy: &[f32], outputs: usize, turned: &Packed, dx: &mut [f32]) {
    let Panels { values, inner } = turned.panels();
    let inputs = turned.columns.count();
    let piece = piece(dy.len() / outputs.max(1), inner).max(1);
    dx.par_chunks_mut((piece * inputs).max(1)).zip(dy.par_chunks((piece * outputs).max(1))).for_each(
        |(dx, dy)| {
            let rows = Rows::new(dy, outputs, inner);
            let mut write = Write { y: dx, outputs: inputs, bias: &[], activation: Activation::Linear };
            multiply(arch, rows.left(), Panels { values, inner }, &mut write);
        },
    );
}

/// Rows of a left operand, copied where they are narrower than the product's inner dimension, or where they lie
/// so that all rows of a tile fall into the same few places of the cache.
pub(super) enum Rows<'a> {
    AsTheyLie { values: &'a [f32], inner: usize },
    Copied { values: Buffer, inner: usize, pitch: usize },
}

impl<'a> Rows<'a> {
    /// Rows of `width` values, filled up with zeros to `inner`.
    pub(super) fn new(values: &'a [f32], width: usize, inner: usize) -> Self {
        /// A cache line.
        const LINE: usize = 16;
        let pitch = if inner.is_multiple_of(PAGE) { inner + LINE } else { inner };
        if width == pitch {
            return Rows::AsTheyLie { values, inner };
        }
        // Behind the inner dimension nothing is read.
        let length = values.len() / width * pitch;
        let mut copied = if width < inner { Buffer::zeros(length) } else { Buffer::dirty(length) };
        let rows = copied.chunks_exact_mut(pitch).zip(values.chunks_exact(width));
        rows.for_each(|(copy, row)| copy[..width].copy_from_slice(row));
        Rows::Copied { values: copied, inner, pitch }
    }

    pub(super) fn left(&self) -> Left<'_> {
        let (values, inner, pitch): (&[f32], usize, usize) = match self {
            Rows::AsTheyLie { values, inner } => (values, *inner, *inner),
            Rows::Copied { values, inner, pitch } => (values, *inner, *pitch),
        };
        Left { values, rows: values.len() / pitch, inner, lie: Lie::Rows { pitch } }
    }
}

vectorised! {
    fn choose<'a>(out: &'a mut [f32], dy: &'a [f32], y: &'a [f32], scale: f32) {
        let pairs = dy.iter().zip(y);
        out.iter_mut().zip(pairs).for_each(|(out, (dy, y))| *out = if *y > 0.0 { dy * scale } else { 0.0 });
    }

    /// Adds the columns from `first` on, as many as there are sums.
    fn add_columns<'a>(sums: &'a mut [f32], rows: &'a [f32], columns: usize, first: usize) {
        for row in rows.chunks_exact(columns) {
            let values = &row[first..][..sums.len()];
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
    }
}

/// The sum of each column, rows in order.
pub(super) fn column_sums(rows: &[f32], columns: usize) -> Vec<f32> {
    const PIECE: usize = 128;
    let mut sums = vec![0.0; columns];
    sums.par_chunks_mut(PIECE).enumerate().for_each(|(piece, sums)| {
        add_columns(sums, rows, columns, piece * PIECE);
    });
    sums
}
