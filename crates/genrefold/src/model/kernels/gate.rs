//! One gated layer over some samples: `Y = [X +] A * sigmoid(G)` (report, equation 1), fused with the product
//! that makes `A` and `G`, and its way back.

use pulp::{Arch, Simd, WithSimd};

use super::buffers::Buffer;
use super::dense::{Activation, Write};
use super::gemm::{AddUp, Finish, Panels, WIDEST, load, multiply, put, some, store};
use super::math::sigmoid_of;
use super::pack::{Columns, Packed, TAPS, spread};
use super::padded::Padded;

/// A gated layer's operands, packed for the forward pass.
#[derive(Debug, Clone)]
pub struct Gated {
    arch: Arch,
    weight: Packed,
    bias: Vec<f32>,
    channels: usize,
}

impl Gated {
    /// From `weight [3 inputs, 2 channels]`, the linear convolution's columns first, and `bias [2 channels]`.
    pub(super) fn new(arch: Arch, weight: &[f32], bias: &[f32]) -> Self {
        let channels = bias.len() / 2;
        let weight = Packed::matrix(arch, weight, Columns::Gated(channels));
        let bias = spread(bias, weight.columns, weight.lanes());
        Gated { arch, weight, bias, channels }
    }

    /// Channels of the output.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Fills `y` from `x`.
    pub fn forward(&self, x: &Padded, y: &mut Padded) {
        self.run(x, y, None);
    }

    /// The same, and keeps `A` and `sigmoid(G)` for the way back, in the order of the widest vectors' panels.
    pub(super) fn forward_keeping(&self, x: &Padded, y: &mut Padded) -> Padded {
        let width = self.weight.columns.widest();
        // What no panel fills is read on the way back, and must be zero.
        let room = if width == self.weight.width() { Padded::dirty } else { Padded::new };
        let mut factors = room(x.samples(), x.time, width);
        self.run(x, y, Some(&mut factors));
        factors.close();
        factors
    }

    fn run(&self, x: &Padded, y: &mut Padded, factors: Option<&mut Padded>) {
        y.reshape(x.samples(), x.time, self.channels);
        multiply(self.arch, x.windows(), self.weight.panels(), &mut Gate { bias: &self.bias, x, y, factors });
        y.close();
    }
}

/// Applies the gate to finished sums.
struct Gate<'a> {
    bias: &'a [f32],
    /// Added to the output where it is as wide.
    x: &'a Padded,
    y: &'a mut Padded,
    factors: Option<&'a mut Padded>,
}

impl Finish for Gate<'_> {
    #[inline(always)]
    fn row<S: Simd>(&mut self, simd: S, row: usize, panel: usize, [a, g]: [S::f32s; 2]) {
        let start = panel * S::F32_LANES;
        let (bias_a, bias_g) = self.bias[2 * start..][..2 * S::F32_LANES].split_at(S::F32_LANES);
        let a = simd.add_f32s(a, load::<S>(bias_a));
        let open = sigmoid_of(simd, simd.add_f32s(g, load::<S>(bias_g)));
        if let Some(factors) = &mut self.factors {
            let (kept_a, kept_open) = both_mut::<S>(factors, row, start);
            store::<S>(kept_a, a);
            store::<S>(kept_open, open);
        }
        let count = S::F32_LANES.min(self.y.width - start);
        let x = match self.x.width == self.y.width {
            true => some(simd, self.x.at(row, start, count)),
            false => simd.splat_f32s(0.0),
        };
        put(simd, self.y.at_mut(row, start, count), gated(simd, x, a, open));
    }
}

/// A vector of a row's values `A` from channel `start` on, and the gates beside them: one widest vector further, so
/// that they lie alike, and are summed over alike, whatever this processor's vectors are.
#[inline(always)]
pub(super) fn both<S: Simd>(factors: &Padded, row: usize, start: usize) -> (&[f32], &[f32]) {
    factors.at(row, place(start), WIDEST + S::F32_LANES).split_at(WIDEST)
}

/// The same, to be changed.
#[inline(always)]
fn both_mut<S: Simd>(factors: &mut Padded, row: usize, start: usize) -> (&mut [f32], &mut [f32]) {
    factors.at_mut(row, place(start), WIDEST + S::F32_LANES).split_at_mut(WIDEST)
}

#[inline(always)]
fn place(start: usize) -> usize {
    start / WIDEST * 2 * WIDEST + start % WIDEST
}

/// `x + a open`, rounded as [`super::block`] rounds it when it makes the value anew.
#[inline(always)]
pub(super) fn gated<S: Simd>(simd: S, x: S::f32s, a: S::f32s, open: S::f32s) -> S::f32s {
    simd.mul_add_e_f32s(a, open, x)
}

/// Sums of gradients over one part of the batch, in the panels' order.
pub(super) struct Sums {
    /// Nothing in particular until the first chunk has been summed.
    pub weight: Buffer,
    pub bias: Vec<f32>,
    fresh: bool,
}

impl Sums {
    /// For a product of `inner` rows whose panels make a row of `width`.
    pub(super) fn new(inner: usize, width: usize) -> Self {
        Sums { weight: Buffer::dirty(inner * width), bias: vec![0.0; width], fresh: true }
    }
}

/// What the way back of one layer needs beside the activations.
pub(super) struct Back<'a> {
    pub arch: Arch,
    /// [`Packed::turned`] of the layer's weights; none where nobody asks for the input's gradient.
    pub turned: Option<&'a Packed>,
}

impl Back<'_> {
    /// The way back through a gated layer: turns `dy` into `dx`, adds to the sums. `factors` become the gradients
    /// of `A` and `G`.
    pub(super) fn gated(
        &self,
        x: &Padded,
        factors: &mut Padded,
        dy: Padded,
        sums: &mut Sums,
        panels: &mut Buffer,
    ) -> Padded {
        panels.reshape(factors.rows() * sums.bias.len());
        self.arch.dispatch(OpenGate { factors, dy: &dy, bias: &mut sums.bias, panels });
        self.weights(x, panels, sums);
        let residual = if x.width == dy.width { dy } else { Padded::new(x.samples(), x.time, x.width) };
        match self.turned {
            Some(turned) => self.input(turned, factors, residual),
            None => residual,
        }
    }

    /// The way back through a plain convolution. `dy` has the panels' full width.
    pub(super) fn plain(
        &self,
        x: &Padded,
        dy: &Padded,
        sums: &mut Sums,
        panels: &mut Buffer,
    ) -> Option<Padded> {
        panels.reshape(dy.rows() * dy.width);
        self.arch.dispatch(Spread { dy, bias: &mut sums.bias, panels });
        self.weights(x, panels, sums);
        self.turned.map(|turned| self.input(turned, dy, Padded::new(x.samples(), x.time, x.width)))
    }

    /// Adds `windows(gradient) x turned weights` to the input's gradient.
    fn input(&self, turned: &Packed, gradient: &Padded, mut dx: Padded) -> Padded {
        let width = dx.width;
        let mut finish = AddUp { sums: dx.rows_mut(), width, fresh: false };
        multiply(self.arch, gradient.windows(), turned.panels(), &mut finish);
        dx.close();
        dx
    }

    /// Adds `windows(x)^T x gradient` to the weights' sums.
    fn weights(&self, x: &Padded, panels: &[f32], sums: &mut Sums) {
        let width = sums.bias.len();
        for (start, count) in row_blocks(x.rows()) {
            let right = Panels { values: &panels[start * width..][..count * width], inner: count };
            let fresh = std::mem::replace(&mut sums.fresh, false);
            let mut finish = AddUp { sums: &mut sums.weight, width, fresh };
            multiply(self.arch, x.some_windows_as_columns(start, count), right, &mut finish);
        }
    }
}

/// Rows of a gradient in even blocks, first row and count: so that one panel of a block stays in the nearest cache
/// while all weights pass by. Within a block, panel stands behind panel.
fn row_blocks(rows: usize) -> impl Iterator<Item = (usize, usize)> {
    const MOST: usize = 128;
    let each = rows.div_ceil(rows.div_ceil(MOST).max(1)).max(1);
    (0..rows).step_by(each).map(move |start| (start, each.min(rows - start)))
}

/// Gradients of `A` and `G` in place of the factors, once more in panels, and their sums over the rows:
/// `dA = dY s`, `dG = dY A s (1 - s)` with `s = sigmoid(G)`.
struct OpenGate<'a> {
    factors: &'a mut Padded,
    dy: &'a Padded,
    bias: &'a mut [f32],
    panels: &'a mut [f32],
}

impl WithSimd for OpenGate<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (width, all) = (2 * S::F32_LANES, self.bias.len());
        for (start, count) in row_blocks(self.factors.rows()) {
            let block = &mut self.panels[start * all..][..count * all];
            for (panel, packed) in block.chunks_exact_mut(count * width).enumerate() {
                let bias = &mut self.bias[panel * width..][..width];
                let rows = packed.chunks_exact_mut(width).zip(start..);
                rows.for_each(|(packed, row)| {
                    open_row(simd, self.factors, self.dy, [row, panel], packed, bias)
                });
            }
        }
    }
}

/// One vector of channels in one row.
#[inline(always)]
fn open_row<S: Simd>(
    simd: S,
    factors: &mut Padded,
    dy: &Padded,
    [row, panel]: [usize; 2],
    packed: &mut [f32],
    bias: &mut [f32],
) {
    let start = panel * S::F32_LANES;
    let count = S::F32_LANES.min(dy.width - start);
    let dy = some(simd, dy.at(row, start, count));
    let (a, open) = both_mut::<S>(factors, row, start);
    let (value, gate) = (load::<S>(a), load::<S>(open));
    let da = without_traces(simd, simd.mul_f32s(dy, gate));
    let dg = simd.mul_f32s(simd.mul_f32s(da, value), simd.sub_f32s(simd.splat_f32s(1.0), gate));
    let dg = without_traces(simd, dg);
    store::<S>(a, da);
    store::<S>(open, dg);
    let ((packed_a, packed_g), (bias_a, bias_g)) =
        (packed.split_at_mut(S::F32_LANES), bias.split_at_mut(S::F32_LANES));
    store::<S>(packed_a, da);
    store::<S>(packed_g, dg);
    let (sum_a, sum_g) = (load::<S>(bias_a), load::<S>(bias_g));
    store::<S>(bias_a, simd.add_f32s(sum_a, da));
    store::<S>(bias_g, simd.add_f32s(sum_g, dg));
}

/// Zero instead of values so small that their products leave the range of f32: they change nothing, and a processor
/// takes a hundred times as long over them.
#[inline(always)]
fn without_traces<S: Simd>(simd: S, values: S::f32s) -> S::f32s {
    const TRACE: f32 = 1e-25;
    let enough = simd.greater_than_f32s(simd.abs_f32s(values), simd.splat_f32s(TRACE));
    simd.select_f32s(enough, values, simd.splat_f32s(0.0))
}

/// A gradient in panels, and its sums over the rows.
struct Spread<'a> {
    dy: &'a Padded,
    bias: &'a mut [f32],
    panels: &'a mut [f32],
}

impl WithSimd for Spread<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let width = 2 * S::F32_LANES;
        for (start, count) in row_blocks(self.dy.rows()) {
            let block = &mut self.panels[start * self.dy.width..][..count * self.dy.width];
            for (panel, packed) in block.chunks_exact_mut(count * width).enumerate() {
                let bias = &mut self.bias[panel * width..][..width];
                for (packed, row) in packed.chunks_exact_mut(width).zip(start..) {
                    packed.copy_from_slice(self.dy.at(row, panel * width, width));
                    for (sums, values) in
                        bias.chunks_exact_mut(S::F32_LANES).zip(packed.chunks_exact(S::F32_LANES))
                    {
                        let sum = simd.add_f32s(load::<S>(sums), load::<S>(values));
                        store::<S>(sums, sum);
                    }
                }
            }
        }
    }
}

/// A plain convolution's operands, packed.
#[derive(Debug, Clone)]
pub struct Plain {
    arch: Arch,
    weight: Packed,
    bias: Vec<f32>,
}

impl Plain {
    /// From `weight [3 inputs, outputs]` and `bias [outputs]`.
    pub(super) fn new(arch: Arch, weight: &[f32], bias: &[f32]) -> Self {
        Plain { arch, weight: Packed::matrix(arch, weight, Columns::Plain(bias.len())), bias: bias.to_vec() }
    }

    /// Fills `y` from `x`.
    pub fn forward(&self, x: &Padded, y: &mut Padded) {
        let (outputs, bias) = (self.bias.len(), &self.bias);
        y.reshape(x.samples(), x.time, outputs);
        let mut write = Write { y: y.rows_mut(), outputs, bias, activation: Activation::Linear };
        multiply(self.arch, x.windows(), self.weight.panels(), &mut write);
        y.close();
    }
}

/// Weights of a convolution turned for the way back.
pub(super) fn turned(arch: Arch, weight: &[f32], columns: Columns) -> Packed {
    Packed::turned(arch, weight, TAPS, columns)
}
