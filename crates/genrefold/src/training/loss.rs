//! Cross-entropy of soft targets, and its slope at the logits.
//!
//! On the processor's plain numbers, row by row, and not by the framework: its sums run in an order that depends on
//! how wide the processor's vectors are, and one last digit is another network a few epochs later.

/// What a batch's logits are worth.
pub struct Loss {
    /// `-Σ t log softmax(z)`, the mean over the clips, in nats.
    pub mean: f64,
    /// Its derivative at each logit, `(softmax(z) Σ t - t) / clips`.
    pub slope: Vec<f32>,
}

/// Of `logits` and `targets`, both `[clips, genres]`; a row of targets sums to 1 or to its genre's weight.
pub fn cross_entropy(logits: &[f32], targets: &[f32], genres: usize) -> Loss {
    let clips = logits.len() / genres.max(1);
    let mut slope = Vec::with_capacity(logits.len());
    let each = 1.0 / clips as f32;
    let mut sum = 0.0;
    for (logits, targets) in logits.chunks_exact(genres.max(1)).zip(targets.chunks_exact(genres.max(1))) {
        let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let powers: Vec<f32> = logits.iter().map(|logit| (logit - most).exp()).collect();
        let total: f32 = powers.iter().sum();
        let log = f64::from(total).ln() + f64::from(most);
        sum += logits.iter().zip(targets).map(|(z, t)| f64::from(*t) * (log - f64::from(*z))).sum::<f64>();
        let targets = targets.iter().map(|target| target * each);
        let share = targets.clone().sum::<f32>() * (1.0 / total);
        slope.extend(powers.iter().zip(targets).map(|(power, target)| power * share - target));
    }
    Loss { mean: sum / clips as f64, slope }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn even_logits_are_worth_the_logarithm_of_the_number_of_genres() {
        let loss = cross_entropy(&[0.5; 8], &[0.0, 1.0, 0.0, 0.0, 0.7, 0.1, 0.1, 0.1], 4);
        assert!((loss.mean - 4f64.ln()).abs() < 1e-6, "{}", loss.mean);
        let expected = [0.25, -0.75, 0.25, 0.25, -0.45, 0.15, 0.15, 0.15].map(|slope: f32| slope / 2.0);
        assert!(loss.slope.iter().zip(expected).all(|(slope, expected)| (slope - expected).abs() < 1e-6));
    }

    #[test]
    fn logits_beyond_the_range_of_powers_are_judged() {
        let loss = cross_entropy(&[1e4, 0.0], &[0.0, 1.0], 2);
        assert_eq!((loss.mean, loss.slope), (1e4, vec![1.0, -1.0]));
    }

    proptest! {
        #[test]
        fn the_slope_is_what_a_small_step_shows(
            rows in prop::collection::vec((prop::array::uniform5(-6f32..6.0), prop::array::uniform5(0f32..1.0)), 1..6),
            at in 0usize..30,
        ) {
            let logits: Vec<f32> = rows.iter().flat_map(|row| row.0).collect();
            let targets: Vec<f32> = rows.iter().flat_map(|row| row.1).collect();
            let at = at % logits.len();
            let moved = |by: f32| {
                let mut logits = logits.clone();
                logits[at] += by;
                (f64::from(logits[at]), cross_entropy(&logits, &targets, 5).mean)
            };
            let ((low, before), (high, after)) = (moved(-0.01), moved(0.01));
            let found = f64::from(cross_entropy(&logits, &targets, 5).slope[at]);
            prop_assert!((found - (after - before) / (high - low)).abs() < 1e-4, "{}", found);
        }
    }
}
