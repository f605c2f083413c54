//! Layer normalisation (Ba et al. 2016): `y = (x - mean) / sqrt(variance + epsilon) * gamma + beta` over each row.

use rayon::prelude::*;

use super::buffers;
use super::math::vectorised;

/// Added to the variance: PyTorch's default.
pub const EPSILON: f32 = 1e-5;
/// Rows that one thread takes at a time.
const ROWS: usize = 32;

/// Mean and 1 / deviation of a row.
#[inline(always)]
fn moments(row: &[f32]) -> (f32, f32) {
    let width = row.len() as f32;
    let mean = lanes_sum(row, |x| x) / width;
    let variance = lanes_sum(row, |x| (x - mean) * (x - mean)) / width;
    (mean, 1.0 / (variance + EPSILON).sqrt())
}

/// The sum of a function over a row, in sixteen running sums.
#[inline(always)]
fn lanes_sum(row: &[f32], value: impl Fn(f32) -> f32) -> f32 {
    let (blocks, rest) = row.as_chunks::<16>();
    let mut sums = [0.0; 16];
    for block in blocks {
        sums.iter_mut().zip(block).for_each(|(sum, x)| *sum += value(*x));
    }
    sums.iter().sum::<f32>() + rest.iter().map(|x| value(*x)).sum::<f32>()
}

/// Normalises rows of `gamma.len()` values in place.
pub(super) fn normalise(rows: &mut [f32], gamma: &[f32], beta: &[f32]) {
    let width = gamma.len().max(1);
    rows.par_chunks_mut(ROWS * width).for_each(|rows| normalise_rows(rows, gamma, beta));
}

vectorised! {
    fn normalise_rows<'a>(rows: &'a mut [f32], gamma: &'a [f32], beta: &'a [f32]) {
        for row in rows.chunks_exact_mut(gamma.len()) {
            let (mean, scale) = moments(row);
            for (x, (gamma, beta)) in row.iter_mut().zip(gamma.iter().zip(beta)) {
                *x = (*x - mean) * scale * gamma + beta;
            }
        }
    }

    fn rows_back<'a>(x: &'a [f32], gamma: &'a [f32], dy: &'a [f32], dx: &'a mut [f32], sums: &'a mut [Vec<f32>; 2]) {
        let width = gamma.len();
        let rows = dx.chunks_exact_mut(width).zip(x.chunks_exact(width).zip(dy.chunks_exact(width)));
        for (dx, (x, dy)) in rows {
            row_back(x, gamma, dy, dx, sums);
        }
    }
}

/// Gradients of the input, of gamma and of beta.
pub(super) struct NormGradients {
    pub input: Vec<f32>,
    pub gamma: Vec<f32>,
    pub beta: Vec<f32>,
}

/// The way back: with `n = (x - mean) scale` and `g = dy gamma`, `dx = scale (g - mean(g) - n mean(g n))`.
pub(super) fn back(x: &[f32], gamma: &[f32], dy: &[f32]) -> NormGradients {
    let width = gamma.len().max(1);
    let mut input = buffers::taken(x.len());
    let pieces =
        input.par_chunks_mut(ROWS * width).zip(x.par_chunks(ROWS * width).zip(dy.par_chunks(ROWS * width)));
    // Sums of each piece of rows, then of the pieces in their order: the same for any number of threads.
    let sums: Vec<[Vec<f32>; 2]> = pieces
        .map(|(input, (x, dy))| {
            let mut sums = [vec![0.0; width], vec![0.0; width]];
            rows_back(x, gamma, dy, input, &mut sums);
            sums
        })
        .collect();
    let (mut gamma, mut beta) = (vec![0.0; width], vec![0.0; width]);
    for [of_gamma, of_beta] in sums {
        gamma.iter_mut().zip(of_gamma).for_each(|(sum, value)| *sum += value);
        beta.iter_mut().zip(of_beta).for_each(|(sum, value)| *sum += value);
    }
    NormGradients { input, gamma, beta }
}

#[inline(always)]
fn row_back(x: &[f32], gamma: &[f32], dy: &[f32], dx: &mut [f32], [of_gamma, of_beta]: &mut [Vec<f32>; 2]) {
    let width = x.len() as f32;
    let (mean, scale) = moments(x);
    of_beta.iter_mut().zip(dy).for_each(|(sum, dy)| *sum += dy);
    let sums = of_gamma.iter_mut().zip(x.iter().zip(dy));
    sums.for_each(|(sum, (x, dy))| *sum += dy * (x - mean) * scale);
    dx.iter_mut().zip(dy.iter().zip(gamma)).for_each(|(dx, (dy, gamma))| *dx = dy * gamma);
    let of_g = lanes_sum(dx, |g| g) / width;
    let of_gn = product_sum(dx, x, mean) * scale / width;
    for (dx, x) in dx.iter_mut().zip(x) {
        *dx = scale * (*dx - of_g - (x - mean) * scale * of_gn);
    }
}

/// The sum of `g (x - mean)`, in sixteen running sums.
#[inline(always)]
fn product_sum(g: &[f32], x: &[f32], mean: f32) -> f32 {
    let ((g, g_rest), (x, x_rest)) = (g.as_chunks::<16>(), x.as_chunks::<16>());
    let mut sums = [0.0; 16];
    for (g, x) in g.iter().zip(x) {
        sums.iter_mut().zip(g.iter().zip(x)).for_each(|(sum, (g, x))| *sum += g * (x - mean));
    }
    let rest = g_rest.iter().zip(x_rest).map(|(g, x)| g * (x - mean)).sum::<f32>();
    sums.iter().sum::<f32>() + rest
}
