//! What judges: the prepared network on the processor, or the network itself on a graphics card.

use burn::tensor::{Tensor, TensorData, Transaction};

use super::config::NetworkConfig;
use super::network::{Ends, Network};
use super::passage::Passage;
use super::prepared::{Judged, Prepared};
use super::processor::Processor;
use super::weights::Weights;
use crate::error::{Error, Result};

/// A network in use.
#[derive(Debug, Clone)]
// A program holds a handful of models: nothing is gained by boxing the larger variant.
#[allow(clippy::large_enum_variant)]
pub enum Engine {
    Cpu(Prepared),
    Gpu(OnCard),
}

/// A network whose weights lie on a graphics card.
#[derive(Debug, Clone)]
pub struct OnCard {
    network: Network,
    ends: Ends,
    processor: Processor,
}

impl Engine {
    /// On the machine's own processor.
    ///
    /// # Errors
    /// What does not fit, as (found, expected).
    pub fn on_the_processor(
        config: &NetworkConfig,
        ends: Ends,
        weights: &Weights,
    ) -> std::result::Result<Self, (String, String)> {
        Prepared::new(config, ends, weights).map(Engine::Cpu)
    }

    /// On any processor.
    ///
    /// # Errors
    /// [`Error::Model`] for weights of another network.
    pub fn new(config: &NetworkConfig, ends: Ends, weights: &Weights, processor: &Processor) -> Result<Self> {
        let misfit = |(found, expected)| Error::Model { path: "in memory".into(), found, expected };
        if processor.is_cpu() {
            return Self::on_the_processor(config, ends, weights).map_err(misfit);
        }
        let network = Network::blank(config, ends, processor.device())?;
        let network = network.with_weights(weights).map_err(misfit)?;
        Ok(Engine::Gpu(OnCard { network, ends, processor: processor.clone() }))
    }

    /// Whether it runs there.
    pub fn runs_on(&self, processor: &Processor) -> bool {
        match self {
            Engine::Cpu(_) => processor.is_cpu(),
            Engine::Gpu(card) => card.processor.choice() == processor.choice(),
        }
    }

    /// What it makes of `clips` pictures; `fill(clip, moments)` writes one as `[columns, rows]`.
    ///
    /// # Errors
    /// [`Error::Device`] if the graphics card fails.
    pub fn judge(&self, clips: usize, fill: impl Fn(usize, &mut [f32]) + Sync) -> Result<Judged> {
        match self {
            Engine::Cpu(network) => Ok(network.judge(clips, fill)),
            Engine::Gpu(card) => card.judge(clips, fill),
        }
    }
}

impl OnCard {
    fn judge(&self, clips: usize, fill: impl Fn(usize, &mut [f32]) + Sync) -> Result<Judged> {
        let Ends { rows, columns, .. } = self.ends;
        let mut pictures = vec![0.0; clips * rows * columns];
        pictures.chunks_exact_mut(rows * columns).enumerate().for_each(|(clip, moments)| fill(clip, moments));
        let pictures = TensorData::new(pictures, [clips, columns, rows]);
        let pictures = Tensor::from_data(pictures, self.processor.device());
        let embeddings = self.network.embed(pictures, &Passage::in_use());
        let logits = self.network.decode(embeddings.clone(), &Passage::in_use());
        let mut read = self.processor.read(Transaction::default().register(logits).register(embeddings))?;
        let embeddings = read.pop().unwrap_or_default();
        Ok(Judged { logits: read.pop().unwrap_or_default(), embeddings })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without a card, the card's way is walked on the processor.
    #[test]
    fn what_is_judged_on_a_card_is_what_the_prepared_network_says() -> Result<()> {
        let config = NetworkConfig { channels: vec![4, 4, 8], dense: vec![32], ..NetworkConfig::default() };
        let ends = Ends { rows: 6, columns: 16, genres: 3 };
        let weights = Network::draw(&config, ends, 1)?;
        let processor = Processor::cpu();
        let misfit = |(found, expected)| Error::Model { path: "in memory".into(), found, expected };
        let network = Network::blank(&config, ends, processor.device())?;
        let network = network.with_weights(&weights).map_err(misfit)?;
        let card = Engine::Gpu(OnCard { network, ends, processor: processor.clone() });
        let prepared = Engine::new(&config, ends, &weights, &processor)?;
        let fill = |clip: usize, moments: &mut [f32]| {
            moments.iter_mut().enumerate().for_each(|(n, value)| *value = ((clip + n) % 7) as f32 / 7.0);
        };
        let (ours, theirs) = (prepared.judge(5, fill)?, card.judge(5, fill)?);
        assert_eq!((ours.logits.len(), ours.embeddings.len()), (15, 5 * 16));
        let embeddings = ours.embeddings.iter().zip(&theirs.embeddings);
        for (ours, theirs) in ours.logits.iter().zip(&theirs.logits).chain(embeddings) {
            assert!((ours - theirs).abs() < 1e-5, "{ours} and {theirs}");
        }
        Ok(())
    }
}
