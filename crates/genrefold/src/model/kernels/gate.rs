//! The gate of the RGLU: `Y = [X +] A * sigmoid(G)`, fused behind the product of the convolutions.
//!
//! `A` and `G` are the two convolutions of one layer, computed as one product of width `2 C`: columns
//! `0..C` are `A`, columns `C..2C` are `G` (report, equation 1).

use super::taps::{Gradients, Reach, Sizes, convolve, convolve_backward};

/// What the backward pass needs of the forward pass: `A` and `sigmoid(G)`, each `[batch, time, channels]`.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub linear: Vec<f32>,
    pub open: Vec<f32>,
}

/// `1 / (1 + e^-x)`.
#[inline]
pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// `e^x` within 2e-7 relative, for |x| up to 87 and clamped beyond: a polynomial that vectorises, unlike
/// the library's. Splits x = n ln 2 + r, |r| <= ln 2 / 2 (Cephes `expf`).
#[inline]
fn exp(x: f32) -> f32 {
    /// 1.5 * 2^23: adding it rounds to an integer that then stands in the low bits of the mantissa.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 87.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let polynomial = ((((1.987_569_1e-4 * r + 1.398_199_9e-3) * r + 8.333_452e-3) * r + 4.166_579_6e-2) * r
        + 1.666_666_5e-1)
        * r
        + 0.5;
    let mantissa = polynomial * r * r + r + 1.0;
    let exponent = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
    mantissa * exponent
}

/// The operands of one layer.
#[derive(Clone, Copy)]
pub(super) struct Layer<'a> {
    /// `[batch, time, inputs]`.
    pub x: &'a [f32],
    /// `[3 inputs, 2 channels]`.
    pub weight: &'a [f32],
    /// `[2 channels]`.
    pub bias: &'a [f32],
    pub sizes: Sizes,
}

impl Layer<'_> {
    /// Channels of the output: half of the product's columns.
    fn channels(&self) -> usize {
        self.sizes.outputs / 2
    }

    /// Values of one sample's output.
    fn sample(&self) -> usize {
        self.sizes.time * self.channels()
    }

    /// `A` and `sigmoid(G)` of a finished product row.
    fn factors(&self, product: &[f32]) -> impl Iterator<Item = (f32, f32)> {
        let (a, g) = product.split_at(self.channels());
        let (bias_a, bias_g) = self.bias.split_at(self.channels());
        let pairs = a.iter().zip(bias_a).zip(g.iter().zip(bias_g));
        pairs.map(|((a, bias_a), (g, bias_g))| (a + bias_a, sigmoid(g + bias_g)))
    }

    /// Adds the input where the widths agree.
    fn add_residual(&self, sample: usize, row: usize, y: &mut [f32]) {
        if self.sizes.inputs == self.channels() {
            let first = sample * self.sample() + row * self.channels();
            y.iter_mut().zip(&self.x[first..]).for_each(|(y, x)| *y += x);
        }
    }
}

/// Forward pass of inference: `[batch, time, channels]`.
pub(super) fn forward(layer: Layer) -> Vec<f32> {
    let channels = layer.channels();
    let mut y = vec![0.0; layer.sizes.batch * layer.sample()];
    let slots: Vec<(usize, &mut [f32])> = y.chunks_exact_mut(layer.sample()).enumerate().collect();
    convolve(layer.x, layer.weight, layer.sizes, slots, |(sample, y), row, product| {
        let y = &mut y[row * channels..(row + 1) * channels];
        y.iter_mut().zip(layer.factors(product)).for_each(|(y, (a, open))| *y = a * open);
        layer.add_residual(*sample, row, y);
    });
    y
}

/// Forward pass of training: the same, and both factors.
pub(super) fn forward_keeping(layer: Layer) -> (Vec<f32>, Kept) {
    let (channels, length) = (layer.channels(), layer.sizes.batch * layer.sample());
    let mut y = vec![0.0; length];
    let mut kept = Kept { linear: vec![0.0; length], open: vec![0.0; length] };
    let factors =
        kept.linear.chunks_exact_mut(layer.sample()).zip(kept.open.chunks_exact_mut(layer.sample()));
    let slots: Vec<_> = y.chunks_exact_mut(layer.sample()).zip(factors).enumerate().collect();
    convolve(layer.x, layer.weight, layer.sizes, slots, |(sample, (y, (linear, open))), row, product| {
        let at = row * channels..(row + 1) * channels;
        let y = &mut y[at.clone()];
        let kept = linear[at.clone()].iter_mut().zip(&mut open[at]);
        for ((y, (linear, open)), factors) in y.iter_mut().zip(kept).zip(layer.factors(product)) {
            (*linear, *open) = factors;
            *y = factors.0 * factors.1;
        }
        layer.add_residual(*sample, row, y);
    });
    (y, kept)
}

/// Backward pass: gradients of input, weight and bias for the gradient `dy [batch, time, channels]`.
pub(super) fn backward(layer: Layer, kept: &Kept, dy: &[f32]) -> Gradients {
    let Layer { x, weight, sizes, .. } = layer;
    let (time, channels) = (sizes.time, layer.channels());
    let mut gradients = convolve_backward(x, weight, sizes, Reach::Input, |sample, row, values| {
        let first = (sample * time + row) * channels;
        let at = first..first + channels;
        let (da, dg) = values.split_at_mut(channels);
        let kept = kept.linear[at.clone()].iter().zip(&kept.open[at.clone()]);
        for (((da, dg), (a, s)), dy) in da.iter_mut().zip(dg.iter_mut()).zip(kept).zip(&dy[at]) {
            *da = dy * s;
            *dg = dy * a * s * (1.0 - s);
        }
    });
    if sizes.inputs == channels {
        gradients.input.iter_mut().zip(dy).for_each(|(dx, dy)| *dx += dy);
    }
    gradients
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_polynomial_exponential_is_exact_to_a_few_units_in_the_last_place() {
        let mut x = -86.9f32;
        while x < 87.0 {
            let exact = f64::from(x).exp();
            let error = (f64::from(exp(x)) - exact).abs() / exact;
            assert!(error < 2.5e-7, "e^{x}: relative error {error:e}");
            x += 0.000_917;
        }
    }

    #[test]
    fn the_gate_saturates_without_overflow() {
        assert_eq!(sigmoid(f32::INFINITY), 1.0);
        assert!(sigmoid(-1e30) < 1e-37);
        assert_eq!(sigmoid(0.0), 0.5);
    }
}
