//! Training steps on random pictures: how fast this machine trains a network.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use super::batch::Batch;
use super::learner::Learner;
use super::optimizer::{Optimizer, Rates};
use crate::error::Result;
use crate::features::{FrontEnd, Picture};
use crate::label::Genres;
use crate::model::card::{DataSummary, TrainingSummary};
use crate::model::input::{Normalisation, stack};
use crate::model::weights::Weights;
use crate::model::{Card, Ends, Model, Network, NetworkConfig, Processor};

/// A rate that changes little in the few steps of a measurement.
const LEARNING: f64 = 1e-4;

/// A network and one batch of noise for it to learn.
pub struct Practice {
    learner: Learner,
    optimizer: Optimizer,
    batch: Batch,
}

impl Practice {
    /// Draws a network and `clips` pictures of noise, to learn on this processor.
    ///
    /// # Errors
    /// As [`Network::draw`].
    pub fn new(
        config: &NetworkConfig,
        ends: Ends,
        clips: usize,
        seed: u64,
        processor: &Processor,
    ) -> Result<Self> {
        let optimizer = Optimizer::new(Network::draw(config, ends, seed)?);
        let learner = Learner::new(config, ends, processor)?;
        let mut targets = vec![0.0; clips * ends.genres];
        targets.chunks_exact_mut(ends.genres).enumerate().for_each(|(n, row)| row[n % ends.genres] = 1.0);
        let pictures = stack(&noise(ends, clips, seed), learner.device());
        let batch = Batch { pictures, targets, seed };
        Ok(Practice { learner, optimizer, batch })
    }

    /// The running mean of gradients: after one step, a tenth of that step's.
    pub(super) fn mean_gradients(&self) -> &Weights {
        &self.optimizer.first
    }

    /// One step of the kind that training takes; returns the loss before the update.
    ///
    /// # Errors
    /// None that a network drawn here can meet.
    pub fn step(&mut self) -> Result<f64> {
        let rates = Rates { learning: LEARNING, weight_decay: 0.0, clip: 0.0, average: 0.0, old_layers: 1.0 };
        self.batch.seed = self.batch.seed.wrapping_add(1);
        self.learner.step(&mut self.optimizer, &self.batch, rates)
    }
}

/// A model whose weights nobody trained: for measuring how fast it answers, never for what it says.
///
/// # Errors
/// As [`Network::draw`].
pub fn untrained(config: &NetworkConfig, front_end: &FrontEnd, genres: Genres, seed: u64) -> Result<Model> {
    let data = DataSummary { tracks: Default::default(), fingerprint: "none".into(), split: "none".into() };
    let training = TrainingSummary {
        data,
        settings: Value::Null,
        epochs: 0,
        fine_tuned_from: None,
        graphics_card: None,
        figures: None,
    };
    let card = Card::new(config.clone(), front_end.clone(), genres, training);
    let weights = Network::draw(config, card.ends(), seed)?;
    Model::new(card.clone(), Normalisation::none(card.ends().rows), &weights)
}

/// Pictures of noise in [0, 1].
pub fn noise(ends: Ends, clips: usize, seed: u64) -> Vec<Picture> {
    let Ends { rows, columns, .. } = ends;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut picture = || (0..rows * columns).map(|_| random.random_range(0.0..1.0)).collect();
    (0..clips).map(|_| Picture { rows, columns, values: picture() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::NormKind;

    const ENDS: Ends = Ends { rows: 10, columns: 16, genres: 3 };

    fn tiny(norm: NormKind) -> NetworkConfig {
        NetworkConfig { channels: vec![8, 8, 16], dense: vec![16], norm, ..NetworkConfig::default() }
    }

    #[test]
    fn a_network_of_every_normalisation_learns_its_noise_by_heart() -> Result<()> {
        for norm in [NormKind::None, NormKind::Layer, NormKind::Batch] {
            let mut practice = Practice::new(&tiny(norm), ENDS, 6, 1, &Processor::cpu())?;
            let first = practice.step()?;
            for _ in 0..1500 {
                practice.step()?;
            }
            let last = practice.step()?;
            assert!(last < 0.7 * first, "{norm:?}: from {first} to {last}");
        }
        Ok(())
    }

    #[test]
    fn running_statistics_move_in_training_and_their_average_follows_them() -> Result<()> {
        let mut practice = Practice::new(&tiny(NormKind::Batch), ENDS, 6, 1, &Processor::cpu())?;
        let before = practice.optimizer.clone();
        practice.step()?;
        for name in ["blocks.0.norm.mean", "blocks.1.norm.variance"] {
            let after = &practice.optimizer;
            assert_ne!(after.weights[name], before.weights[name]);
            assert_eq!(after.average[name], after.weights[name], "the average of decay 0 is what it follows");
            assert_eq!(after.first[name], before.first[name], "no gradient comes to {name}");
        }
        Ok(())
    }

    #[test]
    fn a_step_with_batch_normalisation_is_the_same_for_any_number_of_threads()
    -> std::result::Result<(), Box<dyn std::error::Error>> {
        let weights = |threads: usize| -> std::result::Result<_, Box<dyn std::error::Error>> {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
            Ok(pool.install(|| {
                let ends = Ends { rows: 10, columns: 200, genres: 3 };
                let mut practice = Practice::new(&tiny(NormKind::Batch), ends, 64, 1, &Processor::cpu())?;
                practice.step()?;
                practice.step()?;
                Ok::<_, crate::Error>(practice.optimizer.weights)
            })?)
        };
        assert!(weights(1)? == weights(3)?, "other sums with other threads");
        Ok(())
    }
}
