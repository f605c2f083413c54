//! Many dimensions on paper: the two directions in which vectors differ most (principal components, Pearson 1901).

/// Rounds of the power method: more than enough for a picture.
const ROUNDS: usize = 60;

/// The place of each vector along the first two principal components, relative to their mean. Vectors are rows of
/// `width` values, one after the other.
pub(super) fn places(vectors: &[f32], width: usize) -> Vec<[f32; 2]> {
    let rows = || vectors.chunks_exact(width.max(1));
    let count = rows().len().max(1) as f64;
    let mut mean = vec![0.0; width];
    rows()
        .for_each(|row| mean.iter_mut().zip(row).for_each(|(sum, value)| *sum += f64::from(*value) / count));
    let along = |row: &[f32], axis: &[f64]| -> f64 {
        row.iter().zip(&mean).zip(axis).map(|((value, mean), axis)| (f64::from(*value) - mean) * axis).sum()
    };
    let mut axes: Vec<Vec<f64>> = Vec::new();
    for _ in 0..2 {
        // Any beginning that is no multiple of one direction will do; this one is always the same.
        let mut axis: Vec<f64> = (0..width).map(|index| 1.0 + (index % 7) as f64).collect();
        for _ in 0..ROUNDS {
            let mut next = vec![0.0; width];
            for row in rows() {
                let share = along(row, &axis);
                let values = row.iter().zip(&mean);
                next.iter_mut()
                    .zip(values)
                    .for_each(|(sum, (value, mean))| *sum += share * (f64::from(*value) - mean));
            }
            for found in &axes {
                let share: f64 = next.iter().zip(found).map(|(a, b)| a * b).sum();
                next.iter_mut().zip(found).for_each(|(value, found)| *value -= share * found);
            }
            let length = next.iter().map(|value| value * value).sum::<f64>().sqrt();
            if length < f64::MIN_POSITIVE {
                next.fill(0.0);
            } else {
                next.iter_mut().for_each(|value| *value /= length);
            }
            axis = next;
        }
        axes.push(axis);
    }
    rows().map(|row| [along(row, &axes[0]) as f32, along(row, &axes[1]) as f32]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_directions_come_first() {
        // A flat ellipse in five dimensions: wide along (1, 1, 0, 0, 0), narrower along the third axis.
        let vectors: Vec<f32> = (0..200)
            .flat_map(|n| {
                let angle = n as f32 * 0.1;
                let (wide, narrow) = (5.0 * angle.sin(), 2.0 * angle.cos());
                [wide + 3.0, wide, narrow, 7.0, 0.01 * (n % 2) as f32]
            })
            .collect();
        let places = places(&vectors, 5);
        let spread = |axis: usize| places.iter().map(|place| place[axis].powi(2)).sum::<f32>() / 200.0;
        assert!((spread(0) - 25.0).abs() < 1.0, "{}", spread(0));
        assert!((spread(1) - 2.0).abs() < 0.2, "{}", spread(1));
    }

    #[test]
    fn equal_vectors_and_none_lie_in_the_middle() {
        assert_eq!(places(&[1.0, 2.0, 1.0, 2.0], 2), [[0.0; 2]; 2]);
        assert_eq!(places(&[], 512), Vec::<[f32; 2]>::new());
    }
}
