//! Max-pooling of neighbouring pairs along time, channels-last (report §3.1: pool size 2, stride 2).

use rayon::prelude::*;

/// `y[b, t, c] = max(x[b, 2t, c], x[b, 2t+1, c])`; an odd last row is dropped.
pub(super) fn forward(x: &[f32], time: usize, channels: usize) -> Vec<f32> {
    let half = time / 2;
    let mut y = vec![0.0; x.len() / (time * channels) * half * channels];
    y.par_chunks_exact_mut(half * channels).zip(x.par_chunks_exact(time * channels)).for_each(|(y, x)| {
        for (y, pair) in y.chunks_exact_mut(channels).zip(x.chunks_exact(2 * channels)) {
            let (early, late) = pair.split_at(channels);
            y.iter_mut().zip(early.iter().zip(late)).for_each(|(y, (a, b))| *y = a.max(*b));
        }
    });
    y
}

/// The gradient goes to the larger of each pair, to the earlier of equals.
pub(super) fn backward(x: &[f32], dy: &[f32], time: usize, channels: usize) -> Vec<f32> {
    let half = time / 2;
    let mut dx = vec![0.0; x.len()];
    let samples = dx.par_chunks_exact_mut(time * channels).zip(x.par_chunks_exact(time * channels));
    samples.zip(dy.par_chunks_exact(half * channels)).for_each(|((dx, x), dy)| {
        let pairs = dx.chunks_exact_mut(2 * channels).zip(x.chunks_exact(2 * channels));
        for ((dx, x), dy) in pairs.zip(dy.chunks_exact(channels)) {
            let ((early_dx, late_dx), (early, late)) = (dx.split_at_mut(channels), x.split_at(channels));
            let values = early.iter().zip(late).zip(dy);
            for ((early_dx, late_dx), ((a, b), dy)) in early_dx.iter_mut().zip(late_dx).zip(values) {
                let first = if a >= b { 1.0 } else { 0.0 };
                *early_dx = dy * first;
                *late_dx = dy * (1.0 - first);
            }
        }
    });
    dx
}
