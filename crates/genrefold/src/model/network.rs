//! The whole network: picture in, one score per genre out (report, figure 2).

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::config::{EncoderConfig, NetworkConfig, Tokens};
use super::device::drawn_from;
use super::kernels;
use super::layers::Dense;
use super::lstm::Lstm;
use super::passage::Passage;
use super::processor::Processor;
use super::rglu::{Block, Conv};
use super::start::Start;
use super::transformer::TransformerEncoder;
use super::weights::Weights;
use crate::error::Result;

/// What the names of the last layer's arrays begin with: the only layer that knows the genres.
pub const SCORES: &str = "scores.";

/// What the data decides about a network: the picture it sees and the genres it tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// Rows of the picture: bands, the first convolution's input channels.
    pub rows: usize,
    /// Columns of the picture: moments.
    pub columns: usize,
    /// Outputs.
    pub genres: usize,
}

/// RGLUformer or RGLU-LSTM.
#[derive(Module, Debug)]
pub struct Network {
    stem: Conv,
    blocks: Vec<Block>,
    encoder: Encoder,
    dense: Vec<Dense>,
    dropout: f64,
    scores: Dense,
}

/// What stands between the convolution stack and the pooling.
#[derive(Module, Debug)]
// One network holds one encoder: nothing is gained by boxing the larger variant.
#[allow(clippy::large_enum_variant)]
pub enum Encoder {
    /// RGLUformer, a token per moment.
    OverTime(TransformerEncoder),
    /// RGLUformer, a token per channel.
    OverChannels(TransformerEncoder),
    /// RGLU-LSTM.
    Recurrent(Lstm),
}

impl Encoder {
    fn new(config: &NetworkConfig, columns: usize, start: &Start) -> Self {
        let channels = config.channels.last().copied().unwrap_or(0);
        let moments = config.moments(columns);
        match &config.encoder {
            EncoderConfig::Lstm(lstm) => Encoder::Recurrent(Lstm::new(channels, lstm, start)),
            EncoderConfig::Transformer(transformer) => match transformer.tokens {
                Tokens::Time => {
                    Encoder::OverTime(TransformerEncoder::new(moments, channels, transformer, start))
                }
                Tokens::Channel => {
                    Encoder::OverChannels(TransformerEncoder::new(channels, moments, transformer, start))
                }
            },
        }
    }

    /// `[batch, time, channels]` to `[batch, time, width]`.
    fn forward(&self, x: Tensor<3>, passage: &Passage) -> Tensor<3> {
        match self {
            Encoder::OverTime(encoder) => encoder.forward(x, passage),
            Encoder::OverChannels(encoder) => encoder.forward(x.swap_dims(1, 2), passage).swap_dims(1, 2),
            Encoder::Recurrent(lstm) => lstm.forward(x),
        }
    }

    /// Values per moment that the encoder gives.
    fn width(config: &NetworkConfig) -> usize {
        match &config.encoder {
            EncoderConfig::Lstm(lstm) => lstm.hidden * if lstm.bidirectional { 2 } else { 1 },
            EncoderConfig::Transformer(_) => config.channels.last().copied().unwrap_or(0),
        }
    }
}

impl Network {
    /// Builds the network with all weights at zero, to be filled by [`Network::with_weights`].
    ///
    /// # Errors
    /// [`crate::Error::Setting`] where the widths contradict each other or the picture.
    pub fn blank(config: &NetworkConfig, ends: Ends, device: &Device) -> Result<Self> {
        Self::build(config, ends, &Start { device, drawn: false })
    }

    /// Draws the weights to begin a training with; the same seed draws the same.
    ///
    /// # Errors
    /// As [`Network::blank`].
    pub fn draw(config: &NetworkConfig, ends: Ends, seed: u64) -> Result<Weights> {
        // The framework draws a layer's weights only when they are looked at.
        drawn_from(seed, |device| {
            Self::build(config, ends, &Start { device, drawn: true })?.weights(&Processor::cpu())
        })
    }

    fn build(config: &NetworkConfig, ends: Ends, start: &Start) -> Result<Self> {
        config.validate(ends.columns)?;
        let stem = Conv::new(ends.rows, config.channels[0], start);
        let block = |pair: &[usize]| Block::new(pair[0], pair[1], config.norm, start);
        let blocks = config.channels.windows(2).map(block).collect();
        let encoder = Encoder::new(config, ends.columns, start);
        let mut width = 2 * Encoder::width(config);
        let mut dense = Vec::with_capacity(config.dense.len());
        for &next in &config.dense {
            dense.push(start.dense(width, next));
            width = next;
        }
        let scores = start.dense(width, ends.genres);
        let dropout = config.dense_dropout;
        Ok(Network { stem, blocks, encoder, dense, dropout, scores })
    }

    /// Pictures `[batch, columns, rows]` (time first, values in [0, 1]) to logits `[batch, genres]`.
    pub fn forward(&self, pictures: Tensor<3>, passage: &Passage) -> Tensor<2> {
        self.decode(self.embed(pictures, passage), passage)
    }

    /// Embeddings to logits.
    pub fn decode(&self, embeddings: Tensor<2>, passage: &Passage) -> Tensor<2> {
        let layers = self.dense.iter();
        let hidden = layers.fold(embeddings, |x, layer| layer.bent(x, passage.mask(self.dropout)));
        self.scores.forward(hidden)
    }

    /// Pictures `[batch, columns, rows]` to what the decoder sees: the average and the maximum over time of
    /// the encoder's output, `[batch, 2 width]` (report §3.3).
    pub fn embed(&self, pictures: Tensor<3>, passage: &Passage) -> Tensor<2> {
        let local =
            self.blocks.iter().fold(self.stem.forward(pictures), |x, block| block.forward(x, passage));
        kernels::summary(self.encoder.forward(local, passage))
    }
}

#[cfg(test)]
mod tests {
    use super::super::device::cpu;
    use super::super::weights::values;
    use super::*;

    #[test]
    fn dropout_acts_in_training_by_its_seed_and_never_in_use() -> Result<()> {
        let config = NetworkConfig { channels: vec![4, 4, 8], dense: vec![32], ..NetworkConfig::default() };
        let ends = Ends { rows: 6, columns: 16, genres: 3 };
        let weights = Network::draw(&config, ends, 1)?;
        let network = Network::blank(&config, ends, &cpu())?;
        let network = network.with_weights(&weights).map_err(|(found, expected)| crate::Error::Setting {
            key: "weights".into(),
            found,
            expected,
        })?;
        let answer = |passage: Passage| values(network.forward(Tensor::ones([2, 16, 6], &cpu()), &passage));
        assert_eq!(answer(Passage::in_use()), answer(Passage::in_use()));
        assert_eq!(answer(Passage::training(1)), answer(Passage::training(1)));
        assert_ne!(answer(Passage::training(1)), answer(Passage::in_use()));
        assert_ne!(answer(Passage::training(1)), answer(Passage::training(2)));
        Ok(())
    }
}
