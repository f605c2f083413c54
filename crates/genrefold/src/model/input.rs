//! What enters the network: pictures, brought to a common scale and laid out time first.

use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use crate::features::Picture;

/// Mean and deviation of each picture row over the training tracks; pictures enter as
/// `(value - mean) / deviation`. Fitted on training tracks only, and travels with the weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Normalisation {
    /// One mean per row.
    pub mean: Vec<f32>,
    /// One standard deviation per row, above zero.
    pub deviation: Vec<f32>,
}

/// Deviations below this are taken as this: a band that never moves must not become infinite.
const LEAST_DEVIATION: f32 = 1e-3;

impl Normalisation {
    /// Leaves pictures as they are.
    pub fn none(rows: usize) -> Self {
        Normalisation { mean: vec![0.0; rows], deviation: vec![1.0; rows] }
    }

    /// Mean and deviation of each row over all moments of all pictures.
    pub fn fit<'a>(rows: usize, pictures: impl IntoIterator<Item = &'a Picture>) -> Self {
        let (mut sums, mut squares, mut count) = (vec![0f64; rows], vec![0f64; rows], 0usize);
        for picture in pictures {
            count += picture.columns;
            for (row, values) in picture.values.chunks_exact(picture.columns).enumerate() {
                sums[row] += values.iter().map(|v| f64::from(*v)).sum::<f64>();
                squares[row] += values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>();
            }
        }
        let count = count.max(1) as f64;
        let mean: Vec<f64> = sums.iter().map(|sum| sum / count).collect();
        let variance =
            squares.iter().zip(&mean).map(|(square, mean)| (square / count - mean * mean).max(0.0));
        Normalisation {
            deviation: variance.map(|v| (v.sqrt() as f32).max(LEAST_DEVIATION)).collect(),
            mean: mean.iter().map(|mean| *mean as f32).collect(),
        }
    }

    /// Writes a picture `[rows, columns]` normalised and column by column, `[columns, rows]`.
    pub fn lay_out(&self, picture: &Picture, moments: &mut [f32]) {
        turn(picture, moments, |row, value| (value - self.mean[row]) / self.deviation[row]);
    }

    /// Normalises a picture in place.
    pub fn apply(&self, picture: &mut Picture) {
        let scales = self.mean.iter().zip(&self.deviation);
        for (row, (mean, deviation)) in picture.values.chunks_exact_mut(picture.columns).zip(scales) {
            row.iter_mut().for_each(|value| *value = (*value - mean) / deviation);
        }
    }
}

/// Lays normalised pictures `[rows, columns]` out as `[batch, columns, rows]`: channels last.
pub fn stack(pictures: &[Picture], device: &Device) -> Tensor<3> {
    let (rows, columns) = pictures.first().map_or((0, 0), |picture| (picture.rows, picture.columns));
    let mut values = vec![0.0; pictures.len() * rows * columns];
    let places = values.par_chunks_exact_mut((rows * columns).max(1)).zip(pictures);
    places.for_each(|(moments, picture)| turn(picture, moments, |_, value| value));
    Tensor::from_data(TensorData::new(values, [pictures.len(), columns, rows]), device)
}

/// Writes a picture column by column, `value(row, value)` of each of its values.
#[inline]
fn turn(picture: &Picture, moments: &mut [f32], value: impl Fn(usize, f32) -> f32) {
    /// Columns at a time: as many cache lines are written side by side.
    const AT_ONCE: usize = 16;
    let Picture { rows, columns, values } = picture;
    for (block, moments) in moments.chunks_mut(AT_ONCE * rows).enumerate() {
        for (row, line) in values.chunks_exact(*columns).enumerate() {
            let line = &line[block * AT_ONCE..];
            let places = moments.chunks_exact_mut(*rows).zip(line);
            places.for_each(|(moment, found)| moment[row] = value(row, *found));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(values: &[f32]) -> Picture {
        Picture { rows: 2, columns: 3, values: values.to_vec() }
    }

    #[test]
    fn a_fitted_normalisation_gives_rows_of_mean_zero_and_deviation_one() {
        let pictures = [picture(&[1., 2., 3., 5., 5., 5.]), picture(&[3., 4., 5., 5., 5., 5.])];
        let fitted = Normalisation::fit(2, &pictures);
        assert_eq!(fitted.mean, [3.0, 5.0]);
        assert!((fitted.deviation[0] - (10.0f32 / 6.0).sqrt()).abs() < 1e-6);
        assert_eq!(fitted.deviation[1], LEAST_DEVIATION, "a constant row must not divide by zero");
        let mut first = pictures[0].clone();
        fitted.apply(&mut first);
        assert!((first.values[0] + 2.0 / (10.0f32 / 6.0).sqrt()).abs() < 1e-6);
    }

    #[test]
    fn pictures_are_stacked_time_first() {
        let stacked = stack(&[picture(&[1., 2., 3., 4., 5., 6.])], &super::super::device::cpu());
        assert_eq!(stacked.dims(), [1, 3, 2]);
        assert_eq!(super::super::weights::values(stacked), [1., 4., 2., 5., 3., 6.]);
    }
}
