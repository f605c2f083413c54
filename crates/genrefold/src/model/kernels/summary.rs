//! The pooling decoder's first step: average and maximum over time, side by side (report §3.3).

use rayon::prelude::*;

use super::buffers;
use super::math::vectorised;

/// `[batch, time, width]` to `[batch, 2 width]`: averages, then maxima.
pub(super) fn forward(x: &[f32], time: usize, width: usize, y: &mut [f32]) {
    let samples = y.par_chunks_exact_mut((2 * width).max(1)).zip(x.par_chunks_exact((time * width).max(1)));
    samples.for_each(|(y, x)| {
        let (average, maximum) = y.split_at_mut(width);
        one(x, time, average, maximum);
    });
}

vectorised! {
    fn one<'a>(x: &'a [f32], time: usize, average: &'a mut [f32], maximum: &'a mut [f32]) {
        average.fill(0.0);
        maximum.fill(f32::NEG_INFINITY);
        for row in x.chunks_exact(average.len()) {
            average.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
            maximum.iter_mut().zip(row).for_each(|(most, x)| *most = if *x > *most { *x } else { *most });
        }
        average.iter_mut().for_each(|sum| *sum /= time as f32);
    }
}

/// The way back; the maximum's gradient goes to the earliest of equals.
pub(super) fn back(x: &[f32], time: usize, width: usize, dy: &[f32]) -> Vec<f32> {
    let mut dx = buffers::taken(x.len());
    let samples =
        dx.par_chunks_exact_mut((time * width).max(1)).zip(x.par_chunks_exact((time * width).max(1)));
    samples.zip(dy.par_chunks_exact((2 * width).max(1))).for_each(|((dx, x), dy)| {
        let (of_average, of_maximum) = dy.split_at(width);
        for row in dx.chunks_exact_mut(width) {
            row.iter_mut().zip(of_average).for_each(|(dx, dy)| *dx = dy / time as f32);
        }
        for (column, dy) in of_maximum.iter().enumerate() {
            let value = |moment: usize| x[moment * width + column];
            let latest =
                (1..time).fold(0, |best, moment| if value(moment) > value(best) { moment } else { best });
            dx[latest * width + column] += dy;
        }
    });
    dx
}
