//! One gated layer over some samples: `Y = [X +] A * sigmoid(G)` (report, equation 1), fused with the product
//! that makes `A` and `G`, and its way back.

use pulp::{Arch, Simd, WithSimd};

use super::buffers::Buffer;
use super::gemm::{Finish, Panels, Vector, WIDEST, multiply};
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
    fn row<S: Simd>(&mut self, row: usize, panel: usize, first: &Vector, second: &Vector) {
        let start = panel * S::F32_LANES;
        let bias = &self.bias[2 * start..][..2 * S::F32_LANES];
        let (mut a, mut open, mut y) = ([0.0; WIDEST], [0.0; WIDEST], [0.0; WIDEST]);
        for lane in 0..S::F32_LANES {
            a[lane] = first[lane] + bias[lane];
            open[lane] = sigmoid(second[lane] + bias[S::F32_LANES + lane]);
            y[lane] = a[lane] * open[lane];
        }
        if let Some(factors) = &mut self.factors {
            let kept = factors.at_mut(row, 2 * start, 2 * S::F32_LANES);
            for lane in 0..S::F32_LANES {
                kept[lane] = a[lane];
                kept[S::F32_LANES + lane] = open[lane];
            }
        }
        if start + S::F32_LANES <= self.channels {
            self.write(row, start, &y[..S::F32_LANES]);
        } else {
            self.write(row, start, &y[..self.channels - start]);
        }
    }
}

impl Gate<'_> {
    /// Writes some channels of a row, with the residual where the widths agree.
    #[inline(always)]
    fn write(&mut self, row: usize, start: usize, values: &[f32]) {
        let y = self.y.at_mut(row, start, values.len());
        if self.x.width == self.channels {
            let x = self.x.at(row, start, values.len());
            y.iter_mut().zip(x.iter().zip(values)).for_each(|(y, (x, value))| *y = x + value);
        } else {
            y.copy_from_slice(values);
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
    fn row<S: Simd>(&mut self, row: usize, panel: usize, first: &Vector, second: &Vector) {
        for (start, sums) in [(2 * panel * S::F32_LANES, first), ((2 * panel + 1) * S::F32_LANES, second)] {
            if start + S::F32_LANES <= self.to.width {
                add(self.to.at_mut(row, start, S::F32_LANES), sums);
            } else if start < self.to.width {
                add(self.to.at_mut(row, start, self.to.width - start), sums);
            }
        }
    }
}

#[inline(always)]
fn add(to: &mut [f32], sums: &[f32]) {
    to.iter_mut().zip(sums).for_each(|(to, sum)| *to += sum);
}

/// Adds finished sums to a matrix in the panels' order.
struct AddUp<'a> {
    sums: &'a mut [f32],
    width: usize,
}

impl Finish for AddUp<'_> {
    #[inline(always)]
    fn row<S: Simd>(&mut self, row: usize, panel: usize, first: &Vector, second: &Vector) {
        let sums = &mut self.sums[row * self.width + 2 * panel * S::F32_LANES..][..2 * S::F32_LANES];
        add(&mut sums[..S::F32_LANES], first);
        add(&mut sums[S::F32_LANES..2 * S::F32_LANES], second);
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
        let rows = self.factors.rows();
        for row in 0..rows {
            for panel in 0..self.columns.panels(S::F32_LANES) {
                let start = panel * S::F32_LANES;
                let mut dy = [0.0; WIDEST];
                if start + S::F32_LANES <= self.dy.width {
                    dy[..S::F32_LANES].copy_from_slice(self.dy.at(row, start, S::F32_LANES));
                } else {
                    let count = self.dy.width - start;
                    dy[..count].copy_from_slice(self.dy.at(row, start, count));
                }
                let factors = self.factors.at_mut(row, 2 * start, 2 * S::F32_LANES);
                let packed = &mut self.panels[(panel * rows + row) * 2 * S::F32_LANES..][..2 * S::F32_LANES];
                let bias = &mut self.bias[2 * start..][..2 * S::F32_LANES];
                let (mut da, mut dg) = ([0.0; WIDEST], [0.0; WIDEST]);
                for lane in 0..S::F32_LANES {
                    let (a, s) = (factors[lane], factors[S::F32_LANES + lane]);
                    da[lane] = dy[lane] * s;
                    dg[lane] = da[lane] * a * (1.0 - s);
                }
                for half in [factors, packed] {
                    half[..S::F32_LANES].copy_from_slice(&da[..S::F32_LANES]);
                    half[S::F32_LANES..2 * S::F32_LANES].copy_from_slice(&dg[..S::F32_LANES]);
                }
                add(&mut bias[..S::F32_LANES], &da);
                add(&mut bias[S::F32_LANES..2 * S::F32_LANES], &dg);
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
    fn row<S: Simd>(&mut self, row: usize, panel: usize, first: &Vector, second: &Vector) {
        for (start, sums) in [(2 * panel * S::F32_LANES, first), ((2 * panel + 1) * S::F32_LANES, second)] {
            let width = self.y.width;
            if start + S::F32_LANES <= width {
                add_bias(self.y.at_mut(row, start, S::F32_LANES), sums, &self.bias[start..][..S::F32_LANES]);
            } else if start < width {
                add_bias(self.y.at_mut(row, start, width - start), sums, &self.bias[start..]);
            }
        }
    }
}

#[inline(always)]
fn add_bias(y: &mut [f32], sums: &[f32], bias: &[f32]) {
    y.iter_mut().zip(sums.iter().zip(bias)).for_each(|(y, (sum, bias))| *y = sum + bias);
}

/// Weights of a convolution turned for the way back.
pub(super) fn turned(arch: Arch, weight: &[f32], columns: Columns) -> Packed {
    Packed::turned(arch, weight, TAPS, columns)
}
