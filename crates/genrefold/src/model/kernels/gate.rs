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

/// Forward pass; keeps what the backward pass needs only when asked.
pub(super) fn forward(
    x: &[f32],
    weight: &[f32],
    bias: &[f32],
    sizes: Sizes,
    keep: bool,
) -> (Vec<f32>, Option<Kept>) {
    let Sizes { time, inputs, outputs, batch } = sizes;
    let channels = outputs / 2;
    let size = time * channels;
    let mut y = vec![0.0; batch * size];
    let mut kept = keep.then(|| Kept { linear: vec![0.0; batch * size], open: vec![0.0; batch * size] });
    let (bias_a, bias_g) = bias.split_at(channels);
    let residual = (inputs == channels).then_some(x);
    let finish_row = |y: &mut [f32], sample: usize, row: usize, values: &[f32], kept: KeptRow| {
        let (a, g) = values.split_at(channels);
        kept.fill(a, g, bias_a, bias_g, y);
        if let Some(x) = residual {
            let first = sample * size + row * channels;
            y.iter_mut().zip(&x[first..first + channels]).for_each(|(y, x)| *y += x);
        }
    };
    match &mut kept {
        None => {
            let slots: Vec<(usize, &mut [f32])> = y.chunks_exact_mut(size).enumerate().collect();
            convolve(x, weight, sizes, slots, |(sample, y), row, values| {
                let y = &mut y[row * channels..(row + 1) * channels];
                finish_row(y, *sample, row, values, KeptRow::Nothing);
            });
        }
        Some(kept) => {
            let slots: Vec<_> = y
                .chunks_exact_mut(size)
                .zip(kept.linear.chunks_exact_mut(size).zip(kept.open.chunks_exact_mut(size)))
                .enumerate()
                .collect();
            convolve(x, weight, sizes, slots, |(sample, (y, (linear, open))), row, values| {
                let at = row * channels..(row + 1) * channels;
                let kept = KeptRow::Both { linear: &mut linear[at.clone()], open: &mut open[at.clone()] };
                finish_row(&mut y[at], *sample, row, values, kept);
            });
        }
    }
    (y, kept)
}

/// Where one row of what is kept goes.
enum KeptRow<'a> {
    Nothing,
    Both { linear: &'a mut [f32], open: &'a mut [f32] },
}

impl KeptRow<'_> {
    /// `y = (a + bias_a) * sigmoid(g + bias_g)`, with both factors kept where asked.
    fn fill(self, a: &[f32], g: &[f32], bias_a: &[f32], bias_g: &[f32], y: &mut [f32]) {
        let factors = a.iter().zip(bias_a).zip(g.iter().zip(bias_g));
        let factors = factors.map(|((a, ba), (g, bg))| (a + ba, sigmoid(g + bg)));
        match self {
            KeptRow::Nothing => y.iter_mut().zip(factors).for_each(|(y, (a, open))| *y = a * open),
            KeptRow::Both { linear, open } => {
                let kept = linear.iter_mut().zip(open.iter_mut());
                for ((y, (linear, open)), (a, s)) in y.iter_mut().zip(kept).zip(factors) {
                    (*y, *linear, *open) = (a * s, a, s);
                }
            }
        }
    }
}

/// Backward pass: gradients of input, weight and bias for the gradient `dy [batch, time, channels]`.
pub(super) fn backward(x: &[f32], weight: &[f32], kept: &Kept, dy: &[f32], sizes: Sizes) -> Gradients {
    let Sizes { time, inputs, outputs, .. } = sizes;
    let channels = outputs / 2;
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
    if inputs == channels {
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
