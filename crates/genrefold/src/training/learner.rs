//! One step of training: forward, backward, update.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData};

use super::batch::Batch;
use super::optimizer::{Optimizer, Rates};
use crate::error::{Error, Result};
use crate::model::device::cpu;
use crate::model::weights::values;
use crate::model::{Ends, Network, NetworkConfig, Passage, release_buffers};

/// A network that learns.
pub struct Learner {
    network: Network,
    genres: usize,
    device: Device,
}

impl Learner {
    /// A network of these widths; its weights are the optimiser's.
    ///
    /// # Errors
    /// As [`Network::blank`].
    pub fn new(config: &NetworkConfig, ends: Ends) -> Result<Self> {
        let device = cpu().autodiff();
        Ok(Learner { network: Network::blank(config, ends, &device)?, genres: ends.genres, device })
    }

    /// Learns from one batch; returns the loss before the update.
    ///
    /// # Errors
    /// [`Error::Model`] for weights of another network.
    pub fn step(&self, optimizer: &mut Optimizer, batch: &Batch, rates: Rates) -> Result<f64> {
        let network = self.network.clone().with_weights(&optimizer.weights).map_err(misfit)?;
        let [clips, _, _] = batch.pictures.dims();
        let targets = TensorData::new(batch.targets.clone(), [clips, self.genres]);
        let targets = Tensor::<2>::from_data(targets, &self.device);
        let passage = Passage::training(batch.seed);
        let logits = network.forward(batch.pictures.clone(), &passage);
        let loss = (log_softmax(logits, 1) * targets).sum().div_scalar(-(clips as f32));
        let gradients = network.gradients(loss.backward());
        passage.mix_statistics(&mut optimizer.weights);
        optimizer.step(&gradients, rates);
        Ok(f64::from(values(loss).first().copied().unwrap_or(f32::NAN)))
    }
}

impl Drop for Learner {
    /// What the steps used again and again is not needed any more.
    fn drop(&mut self) {
        release_buffers();
    }
}

/// Weights of a checkpoint that do not fit its own settings.
fn misfit((found, expected): (String, String)) -> Error {
    Error::Model { path: "in training".into(), found, expected }
}
