//! One step of training: forward, backward, update.

use burn::tensor::{Device, Tensor, TensorData};

use super::batch::Batch;
use super::loss::cross_entropy;
use super::optimizer::{Optimizer, Rates};
use crate::error::{Error, Result};
use crate::model::weights::values;
use crate::model::{Ends, Network, NetworkConfig, Passage, Processor, release_buffers};

/// A network that learns.
pub struct Learner {
    network: Network,
    genres: usize,
    processor: Processor,
    /// The processor's, with a memory for the way back.
    device: Device,
}

impl Learner {
    /// A network of these widths; its weights are the optimiser's.
    ///
    /// # Errors
    /// As [`Network::blank`].
    pub fn new(config: &NetworkConfig, ends: Ends, processor: &Processor) -> Result<Self> {
        let device = processor.device().clone().autodiff();
        let network = Network::blank(config, ends, &device)?;
        Ok(Learner { network, genres: ends.genres, processor: processor.clone(), device })
    }

    /// Where its batches must lie.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Learns from one batch; returns the loss before the update.
    ///
    /// # Errors
    /// [`Error::Model`] for weights of another network; [`Error::Device`] if a graphics card fails.
    pub fn step(&self, optimizer: &mut Optimizer, batch: &Batch, rates: Rates) -> Result<f64> {
        let network = self.network.clone().with_weights(&optimizer.weights).map_err(misfit)?;
        let [clips, _, _] = batch.pictures.dims();
        let passage = Passage::training(batch.seed);
        let logits = network.forward(batch.pictures.clone(), &passage);
        let loss = cross_entropy(&values(logits.clone()), &batch.targets, self.genres);
        let slope = Tensor::<2>::from_data(TensorData::new(loss.slope, [clips, self.genres]), &self.device);
        // A sum whose slope at the logits is the loss's.
        let gradients = network.gradients((logits * slope).sum().backward(), &self.processor)?;
        passage.mix_statistics(&mut optimizer.weights);
        optimizer.step(&gradients, rates);
        Ok(loss.mean)
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
