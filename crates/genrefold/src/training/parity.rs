//! How far another processor's numbers lie from the machine's own: the same network, judging and learning the same
//! noise on both.

use serde::Serialize;

use super::practice::{Practice, noise, untrained};
use crate::classifier::softmax;
use crate::error::Result;
use crate::features::FrontEnd;
use crate::label::Genres;
use crate::model::weights::Weights;
use crate::model::{Ends, Model, NetworkConfig, Processor};

/// The most that two processors may lie apart.
pub const TOLERANCE: f64 = 1e-3;

/// The largest differences.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Parity {
    /// Of a clip's probabilities, as judged.
    pub probabilities: f64,
    /// Of a gradient in the first step of training, in parts of its array's largest.
    pub gradients: f64,
    /// Of the loss before each step.
    pub losses: f64,
}

impl Parity {
    /// The worst of them.
    pub fn worst(&self) -> f64 {
        [self.probabilities, self.gradients, self.losses].into_iter().fold(0.0, worse)
    }
}

/// The larger; a difference that is no number is the largest there is.
fn worse(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::INFINITY } else { a.max(b) }
}

/// Judges `clips` pictures of noise, and takes `steps` steps of training on them, here and there.
///
/// # Errors
/// [`Error::Setting`](crate::Error::Setting) for a network that cannot be built;
/// [`Error::Device`](crate::Error::Device) if the other processor fails.
pub fn parity(
    config: &NetworkConfig,
    front_end: &FrontEnd,
    genres: &Genres,
    (clips, steps): (usize, usize),
    there: &Processor,
) -> Result<Parity> {
    let (rows, columns) = front_end.picture_shape();
    let ends = Ends { rows, columns, genres: genres.len() };
    let model = untrained(config, front_end, genres.clone(), 0)?;
    let probabilities = [Processor::cpu(), there.clone()].map(|on| judged(model.clone(), ends, clips, &on));
    let [here, other] =
        [Processor::cpu(), there.clone()].map(|on| learned(config, ends, (clips, steps), &on));
    let [ours, theirs] = probabilities;
    let (here, other) = (here?, other?);
    Ok(Parity {
        probabilities: apart(&ours?, &theirs?),
        gradients: slopes_apart(&here.gradients, &other.gradients),
        losses: apart(&here.losses, &other.losses),
    })
}

fn judged(model: Model, ends: Ends, clips: usize, on: &Processor) -> Result<Vec<f64>> {
    let logits = model.on(on)?.logits(&noise(ends, clips, 1))?;
    Ok(logits.iter().flat_map(|row| softmax(row, 1.0)).map(f64::from).collect())
}

/// What a few steps came to.
struct Learned {
    losses: Vec<f64>,
    /// Of the first step.
    gradients: Weights,
}

fn learned(
    config: &NetworkConfig,
    ends: Ends,
    (clips, steps): (usize, usize),
    on: &Processor,
) -> Result<Learned> {
    let mut practice = Practice::new(config, ends, clips, 0, on)?;
    let mut losses = vec![practice.step()?];
    let gradients = practice.mean_gradients().clone();
    for _ in 1..steps {
        losses.push(practice.step()?);
    }
    Ok(Learned { losses, gradients })
}

fn apart(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| (one - other).abs()).fold(0.0, worse)
}

fn slopes_apart(one: &Weights, other: &Weights) -> f64 {
    let of_array = |(one, other): (&Vec<f32>, &Vec<f32>)| {
        let largest = one.iter().fold(f32::MIN_POSITIVE, |most, slope| most.max(slope.abs()));
        let pairs = one.iter().zip(other).map(|(one, other)| f64::from((one - other).abs() / largest));
        pairs.fold(0.0, worse)
    };
    let pairs = one.values().zip(other.values());
    pairs.map(|(one, other)| of_array((&one.values, &other.values))).fold(0.0, worse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_its_own_equal() -> Result<()> {
        let config = NetworkConfig { channels: vec![8, 8, 16], dense: vec![16], ..NetworkConfig::default() };
        let genres = Genres::new(["a", "b", "c"].map(String::from).to_vec())?;
        let parity = parity(&config, &FrontEnd::default(), &genres, (3, 2), &Processor::cpu())?;
        assert_eq!(parity.worst(), 0.0);
        Ok(())
    }

    #[test]
    fn what_is_no_number_is_apart() {
        assert_eq!(apart(&[1.0, f64::NAN], &[1.0, 2.0]), f64::INFINITY);
        assert_eq!(apart(&[1.0, 2.0], &[1.5, 2.0]), 0.5);
    }
}
