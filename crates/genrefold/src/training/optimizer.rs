//! Adam with decoupled weight decay, and the moving average of the weights, over plain arrays.
//!
//! Kingma & Ba 2015, algorithm 1; Loshchilov & Hutter 2019, algorithm 2. The framework's own optimiser makes
//! a dozen passes over each weight; this makes one, and its state is ready to be saved.

use rayon::prelude::*;

use crate::model::SCORES;
use crate::model::weights::{Array, Weights};

/// Decay of the mean of gradients, and of the mean of their squares (Kingma & Ba's defaults).
const BETA: (f64, f64) = (0.9, 0.999);
/// Added to the root of the mean square. The paper's and PyTorch's value; the framework's differs.
const EPSILON: f64 = 1e-8;

/// The weights in training, with all that a step needs to remember.
#[derive(Debug, Clone, PartialEq)]
pub struct Optimizer {
    /// The weights that are stepped.
    pub weights: Weights,
    /// Moving average of the weights: what is judged and kept.
    pub average: Weights,
    /// Mean of gradients.
    pub first: Weights,
    /// Mean of squared gradients.
    pub second: Weights,
    /// Steps taken.
    pub steps: u64,
}

/// What one step is taken with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// Learning rate.
    pub learning: f64,
    /// Share of each weight that is taken away per unit of learning rate.
    pub weight_decay: f64,
    /// Longest gradient; 0 for no limit.
    pub clip: f64,
    /// Decay of the average; 0 makes it the weights themselves.
    pub average: f64,
    /// Share of the learning rate for all layers but the last; 0 keeps them as they are.
    pub old_layers: f64,
}

impl Optimizer {
    /// Starts from these weights.
    pub fn new(weights: Weights) -> Self {
        let zeros: Weights = weights
            .iter()
            .map(|(name, array)| {
                (name.clone(), Array { shape: array.shape.clone(), values: vec![0.0; array.values.len()] })
            })
            .collect();
        Optimizer { average: weights.clone(), first: zeros.clone(), second: zeros, weights, steps: 0 }
    }

    /// Takes one step against the gradients; a weight without gradient stays.
    pub fn step(&mut self, gradients: &Weights, rates: Rates) {
        self.steps += 1;
        let time = self.steps.min(1 << 30) as i32;
        let scale = shortening(gradients, rates.clip) as f32;
        let correction = ((1.0 - BETA.0.powi(time)) as f32, (1.0 - BETA.1.powi(time)).sqrt() as f32);
        // Faster in the first steps, when there is little to average.
        let decay = rates.average.min(self.steps as f64 / (self.steps as f64 + 9.0));
        let at = |learning: f64| Step {
            scale,
            correction,
            kept: (1.0 - learning * rates.weight_decay) as f32,
            rate: learning as f32 / correction.0,
            share: (1.0 - decay) as f32,
        };
        let (last, old) = (at(rates.learning), at(rates.learning * rates.old_layers));
        for (name, weights) in &mut self.weights {
            let (Some(average), Some(first), Some(second)) =
                (self.average.get_mut(name), self.first.get_mut(name), self.second.get_mut(name))
            else {
                continue;
            };
            let is_last = name.starts_with(SCORES);
            let gradient = gradients.get(name).filter(|_| is_last || rates.old_layers > 0.0);
            let gradient = gradient.map(|gradient| gradient.values.as_slice());
            let (weights, average) = (&mut weights.values, &mut average.values);
            let step = if is_last { &last } else { &old };
            step.take(weights, average, &mut first.values, &mut second.values, gradient);
        }
    }
}

/// What is the same for every weight of a step.
struct Step {
    /// Of the gradient.
    scale: f32,
    /// For the moments' start at zero.
    correction: (f32, f32),
    /// Share of a weight that decay leaves.
    kept: f32,
    rate: f32,
    /// How far the average moves towards the weight.
    share: f32,
}

impl Step {
    /// Steps one array, pieces of it side by side; without a gradient, only the average follows.
    fn take(
        &self,
        weights: &mut [f32],
        average: &mut [f32],
        first: &mut [f32],
        second: &mut [f32],
        gradient: Option<&[f32]>,
    ) {
        const PIECE: usize = 1 << 14;
        let averages = weights.par_chunks_mut(PIECE).zip(average.par_chunks_mut(PIECE));
        let Some(gradient) = gradient else { return averages.for_each(|(w, a)| self.follow(w, a)) };
        let moments = first.par_chunks_mut(PIECE).zip(second.par_chunks_mut(PIECE));
        averages.zip(moments.zip(gradient.par_chunks(PIECE))).for_each(|((w, a), ((m, v), g))| {
            self.descend(w, m, v, g);
            self.follow(w, a);
        });
    }

    fn descend(&self, weights: &mut [f32], first: &mut [f32], second: &mut [f32], gradient: &[f32]) {
        let (beta1, beta2) = (BETA.0 as f32, BETA.1 as f32);
        let moments = first.iter_mut().zip(second);
        for ((weight, gradient), (first, second)) in weights.iter_mut().zip(gradient).zip(moments) {
            let gradient = gradient * self.scale;
            *first = beta1 * *first + (1.0 - beta1) * gradient;
            *second = beta2 * *second + (1.0 - beta2) * gradient * gradient;
            let spread = second.sqrt() / self.correction.1 + EPSILON as f32;
            *weight = *weight * self.kept - self.rate * *first / spread;
        }
    }

    fn follow(&self, weights: &[f32], average: &mut [f32]) {
        average
            .iter_mut()
            .zip(weights)
            .for_each(|(average, weight)| *average += self.share * (weight - *average));
    }
}

/// The factor that brings the gradients' joint length down to `most`; 1 if it is below, or `most` is 0.
fn shortening(gradients: &Weights, most: f64) -> f64 {
    if most == 0.0 {
        return 1.0;
    }
    let squares = gradients.values().flat_map(|array| &array.values).map(|value| f64::from(*value).powi(2));
    let length = squares.sum::<f64>().sqrt();
    if length > most { most / length } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(values: &[f32]) -> Weights {
        Weights::from([("w".into(), Array { shape: vec![values.len()], values: values.to_vec() })])
    }

    const RATES: Rates =
        Rates { learning: 0.1, weight_decay: 0.01, clip: 0.0, average: 0.0, old_layers: 1.0 };

    /// `torch.optim.AdamW([tensor([1., -2., 3.])], lr=.1, weight_decay=.01)` after the gradients
    /// (.5, -1, 0), (.1, 2, -3) and (0, .25, 1), PyTorch 2.15, f64.
    const TORCH: [f64; 3] = [0.754_903_811_2, -1.966_006_245_8, 3.099_705_531_0];

    #[test]
    fn three_steps_equal_pytorchs_adamw() {
        let mut optimizer = Optimizer::new(one(&[1.0, -2.0, 3.0]));
        for gradient in [[0.5, -1.0, 0.0], [0.1, 2.0, -3.0], [0.0, 0.25, 1.0]] {
            optimizer.step(&one(&gradient), RATES);
        }
        for (found, expected) in optimizer.weights["w"].values.iter().zip(TORCH) {
            assert!((f64::from(*found) - expected).abs() < 2e-6, "{found} instead of {expected}");
        }
        assert_eq!(optimizer.average, optimizer.weights, "decay 0 keeps the weights themselves");
    }

    #[test]
    fn old_layers_learn_at_a_share_of_the_rate_and_not_at_all_at_none() {
        let named = |name: &str, values: &[f32]| -> Weights {
            one(values).into_values().map(|array| (name.to_owned(), array)).collect()
        };
        let both = |values: &[f32]| -> Weights {
            named("scores.weight", values).into_iter().chain(named("stem.weight", values)).collect()
        };
        for (share, expected) in [(1.0, 0.1), (0.5, 0.05), (0.0, 0.0)] {
            let mut optimizer = Optimizer::new(both(&[1.0]));
            optimizer.step(&both(&[2.0]), Rates { weight_decay: 0.0, old_layers: share, ..RATES });
            let moved = |name: &str| 1.0 - optimizer.weights[name].values[0];
            assert!((moved("scores.weight") - 0.1).abs() < 1e-6, "{}", moved("scores.weight"));
            assert!((moved("stem.weight") - expected).abs() < 1e-6, "{}", moved("stem.weight"));
        }
    }

    #[test]
    fn a_long_gradient_is_shortened_and_a_short_one_is_left() {
        assert!((shortening(&one(&[3.0, 4.0]), 1.0) - 0.2).abs() < 1e-12);
        assert_eq!(shortening(&one(&[0.3, 0.4]), 1.0), 1.0);
        assert_eq!(shortening(&one(&[3e9, 4e9]), 0.0), 1.0);
    }

    #[test]
    fn one_gradient_that_overflows_is_seen_in_the_average() {
        let mut optimizer = Optimizer::new(one(&[1.0, 2.0]));
        optimizer.step(&one(&[0.5, 0.5]), Rates { average: 0.99, ..RATES });
        assert!(optimizer.average.values().all(Array::is_finite));
        optimizer.step(&one(&[0.5, f32::INFINITY]), Rates { average: 0.99, ..RATES });
        assert!(!optimizer.average.values().all(Array::is_finite));
    }

    #[test]
    fn the_average_lags_behind_the_weights() {
        let mut optimizer = Optimizer::new(one(&[1.0]));
        for _ in 0..50 {
            optimizer.step(&one(&[1.0]), Rates { average: 0.99, ..RATES });
        }
        let (weight, average) = (optimizer.weights["w"].values[0], optimizer.average["w"].values[0]);
        assert!(weight < average && average < 1.0, "weight {weight}, average {average}");
    }
}
