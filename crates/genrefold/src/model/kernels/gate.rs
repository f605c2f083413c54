//! One gated layer over some samples: `Y = [X +] A * sigmoid(G)` (report, equation 1), fused with the product
//! that makes `A` and `G`, and its way back.

use pulp::{Arch, Simd, WithSimd};

use super::buffers::Buffer;
use super::gemm::{Finish, Panels, WIDEST, multiply};
use super::math::sigmoid;
use super::pack::{Columns, Packed, TAPS, spread};
use super::padded::Padded;

/// A gated layer's operands, packed for the forward pass.
#[derive(Debug, Clone)]
pub(super) struct Gated {
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
    pub(super) fn channels(&self) -> usize {
        self.channels
    }

    /// Fills `y` from `x`.
    pub(super) fn forward(&self, x: &Padded, y: &mut Padded) {
        y.reshape(x.samples(), x.time, self.channels);
        let gate = Gate { bias: &self.bias, channels: self.channels, x, y, factors: None };
        self.run(x, self.weight.panels(), gate);
        y.close();
    }

    /// The same, and keeps `A` and `sigmoid(G)` for the way back, in the order of the panels.
    pub(super) fn forward_keeping(&self, x: &Padded, y: &mut Padded) -> Padded {
        let mut factors = Padded::dirty(x.samples(), x.time, self.weight.width());
        y.reshape(x.samples(), x.time, self.channels);
        let gate = Gate { bias: &self.bias, channels: self.channels, x, y, factors: Some(&mut factors) };
        self.run(x, self.weight.panels(), gate);
        y.close();
        factors.close();
        factors
    }

    fn run(&self, x: &Padded, panels: Panels, mut gate: Gate) {
        multiply(self.arch, x.windows(), panels, &mut gate);
    }
}

/// Applies the gate to finished sums.
struct Gate<'a> {
    bias: &'a [f32],
    channels: usize,
    x: &'a Padded,
    y: &'a mut Padded,
    factors: Option<&'a mut Padded>,
}

impl Finish for Gate<'_> {
    #[inline(always)]
    fn row(&mut self, row: usize, panel: usize, first: &[f32], second: &[f32]) {
        let lanes = first.len();
        let start = panel * lanes;
        let count = lanes.min(self.channels - start);
        let (bias_a, bias_g) = self.bias[2 * start..][..2 * lanes].split_at(lanes);
        let (mut a, mut open) = ([0.0; WIDEST], [0.0; WIDEST]);
        for lane in 0..lanes {
            a[lane] = first[lane] + bias_a[lane];
            open[lane] = sigmoid(second[lane] + bias_g[lane]);
        }
        if let Some(factors) = &mut self.factors {
            let (kept_a, kept_open) = factors.at_mut(row, 2 * start, 2 * lanes).split_at_mut(lanes);
            kept_a.copy_from_slice(&a[..lanes]);
            kept_open.copy_from_slice(&open[..lanes]);
        }
        let y = self.y.at_mut(row, start, count);
        if self.x.width == self.channels {
            let x = self.x.at(row, start, count);
            for (lane, (y, x)) in y.iter_mut().zip(x).enumerate() {
                *y = x + a[lane] * open[lane];
            }
        } else {
            y.iter_mut().enumerate().for_each(|(lane, y)| *y = a[lane] * open[lane]);
        }
    }
}

/// Sums of gradients over one part of the batch, in the panels' order.
pub(super) struct Sums {
    pub weight: Buffer,
    pub bias: Vec<f32>,
}

/// Replaces a buffer of another length.
fn make_room(buffer: &mut Buffer, length: usize) {
    if buffer.len() != length {
        *buffer = Buffer::dirty(length);
    }
}

impl Sums {
    /// Zeros for a product of `inner` rows whose panels make a row of `width`.
    pub(super) fn new(inner: usize, width: usize) -> Self {
        Sums { weight: Buffer::zeros(inner * width), bias: vec![0.0; width] }
    }
}

/// What the way back of one layer needs beside the activations.
pub(super) struct Back<'a> {
    pub arch: Arch,
    pub columns: Columns,
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
        make_room(panels, factors.rows() * factors.width);
        self.arch.dispatch(OpenGate {
            columns: self.columns,
            factors,
            dy: &dy,
            bias: &mut sums.bias,
            panels,
        });
        self.weights(x, panels, sums);
        let residual = if x.width == dy.width { dy } else { Padded::new(x.samples(), x.time, x.width) };
        self.input(factors, residual)
    }

    /// The way back through a plain convolution. `dy` has the panels' full width.
    pub(super) fn plain(&self, x: &Padded, dy: &Padded, sums: &mut Sums, panels: &mut Buffer) -> Padded {
        make_room(panels, dy.rows() * dy.width);
        self.arch.dispatch(Spread { dy, bias: &mut sums.bias, panels });
        self.weights(x, panels, sums);
        self.input(dy, Padded::new(x.samples(), x.time, x.width))
    }

    /// Adds `windows(gradient) x turned weights` to the input's gradient.
    fn input(&self, gradient: &Padded, mut dx: Padded) -> Padded {
        if let Some(turned) = self.turned {
            multiply(self.arch, gradient.windows(), turned.panels(), &mut Add { to: &mut dx });
            dx.close();
        }
        dx
    }

    /// Adds `windows(x)^T x gradient` to the weights' sums.
    fn weights(&self, x: &Padded, panels: &[f32], sums: &mut Sums) {
        let left = x.windows_as_columns();
        let right = Panels { values: panels, inner: left.inner };
        multiply(self.arch, left, right, &mut AddUp { sums: &mut sums.weight, width: sums.bias.len() });
    }
}

/// Adds finished sums to rows.
struct Add<'a> {
    to: &'a mut Padded,
}

impl Finish for Add<'_> {
    #[inline(always)]
    fn row(&mut self, row: usize, panel: usize, first: &[f32], second: &[f32]) {
        let lanes = first.len();
        for (start, sums) in [(2 * panel * lanes, first), ((2 * panel + 1) * lanes, second)] {
            if start + lanes <= self.to.width {
                let to = self.to.at_mut(row, start, lanes);
                to.iter_mut().zip(sums).for_each(|(to, sum)| *to += sum);
            } else if start < self.to.width {
                let to = self.to.at_mut(row, start, self.to.width - start);
                to.iter_mut().zip(sums).for_each(|(to, sum)| *to += sum);
            }
        }
    }
}

/// Adds finished sums to a matrix in the panels' order.
struct AddUp<'a> {
    sums: &'a mut [f32],
    width: usize,
}

impl Finish for AddUp<'_> {
    #[inline(always)]
    fn row(&mut self, row: usize, panel: usize, first: &[f32], second: &[f32]) {
        let lanes = first.len();
        let (a, b) = self.sums[row * self.width + 2 * panel * lanes..][..2 * lanes].split_at_mut(lanes);
        a.iter_mut().zip(first).for_each(|(sum, value)| *sum += value);
        b.iter_mut().zip(second).for_each(|(sum, value)| *sum += value);
    }
}

/// Gradients of `A` and `G` in place of the factors, once more in panels, and their sums over the rows:
/// `dA = dY s`, `dG = dY A s (1 - s)` with `s = sigmoid(G)`.
struct OpenGate<'a> {
    columns: Columns,
    factors: &'a mut Padded,
    dy: &'a Padded,
    bias: &'a mut [f32],
    panels: &'a mut [f32],
}

impl WithSimd for OpenGate<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let lanes = S::F32_LANES;
        let rows = self.factors.rows();
        for row in 0..rows {
            for panel in 0..self.columns.panels(lanes) {
                let start = panel * lanes;
                let count = lanes.min(self.dy.width - start);
                let mut dy = [0.0; WIDEST];
                dy[..count].copy_from_slice(self.dy.at(row, start, count));
                let factors = self.factors.at_mut(row, 2 * start, 2 * lanes);
                let packed = &mut self.panels[(panel * rows + row) * 2 * lanes..][..2 * lanes];
                let bias = &mut self.bias[2 * start..][..2 * lanes];
                for lane in 0..lanes {
                    let (a, s) = (factors[lane], factors[lanes + lane]);
                    let da = dy[lane] * s;
                    let dg = da * a * (1.0 - s);
                    (factors[lane], factors[lanes + lane]) = (da, dg);
                    (packed[lane], packed[lanes + lane]) = (da, dg);
                    bias[lane] += da;
                    bias[lanes + lane] += dg;
                }
            }
        }
    }
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
    fn with_simd<S: Simd>(self, _: S) {
        let width = 2 * S::F32_LANES;
        let rows = self.dy.rows();
        let panels =
            self.panels.chunks_exact_mut((rows * width).max(1)).zip(self.bias.chunks_exact_mut(width));
        for (panel, (packed, bias)) in panels.enumerate() {
            for (row, packed) in packed.chunks_exact_mut(width).enumerate() {
                packed.copy_from_slice(self.dy.at(row, panel * width, width));
                bias.iter_mut().zip(packed.iter()).for_each(|(sum, value)| *sum += value);
            }
        }
    }
}

/// A plain convolution's operands, packed.
#[derive(Debug, Clone)]
pub(super) struct Plain {
    arch: Arch,
    weight: Packed,
    bias: Vec<f32>,
    outputs: usize,
}

impl Plain {
    /// From `weight [3 inputs, outputs]` and `bias [outputs]`.
    pub(super) fn new(arch: Arch, weight: &[f32], bias: &[f32]) -> Self {
        let weight = Packed::matrix(arch, weight, Columns::Plain(bias.len()));
        let spread = spread(bias, weight.columns, weight.lanes());
        Plain { arch, weight, bias: spread, outputs: bias.len() }
    }

    /// Fills `y` from `x`.
    pub(super) fn forward(&self, x: &Padded, y: &mut Padded) {
        y.reshape(x.samples(), x.time, self.outputs);
        multiply(self.arch, x.windows(), self.weight.panels(), &mut Biased { bias: &self.bias, y });
        y.close();
    }
}

/// Adds the bias to finished sums.
struct Biased<'a> {
    bias: &'a [f32],
    y: &'a mut Padded,
}

impl Finish for Biased<'_> {
    #[inline(always)]
    fn row(&mut self, row: usize, panel: usize, first: &[f32], second: &[f32]) {
        let lanes = first.len();
        for (start, sums) in [(2 * panel * lanes, first), ((2 * panel + 1) * lanes, second)] {
            let count = lanes.min(self.y.width.saturating_sub(start));
            let bias = &self.bias[start..];
            if count > 0 {
                let y = self.y.at_mut(row, start, count);
                y.iter_mut().zip(sums.iter().zip(bias)).for_each(|(y, (sum, bias))| *y = sum + bias);
            }
        }
    }
}

/// Weights of a convolution turned for the way back.
pub(super) fn turned(arch: Arch, weight: &[f32], columns: Columns) -> Packed {
    Packed::turned(arch, weight, TAPS, columns)
}
