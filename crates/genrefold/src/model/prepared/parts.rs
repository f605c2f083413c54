//! From named arrays to a network's parts, each by its name and shape.

use super::super::config::{EncoderConfig, LstmConfig, NetworkConfig, NormKind, Tokens, TransformerConfig};
use super::super::kernels::EPSILON;
use super::super::kernels::inference::{Activation, Dense, Gated, Lstm};
use super::super::weights::{Array, Weights};
use super::block::{Block, BlockNorm};
use super::encoder::{Encoder, Layer, Norm, positions};

/// What does not fit, as (found, expected).
pub(super) type Misfit = (String, String);

/// Takes arrays by name and shape.
pub(super) struct Taker<'a> {
    pub weights: &'a Weights,
    /// How many arrays were taken.
    pub used: usize,
}

impl<'a> Taker<'a> {
    fn take(&mut self, name: &str, shape: &[usize]) -> Result<&'a [f32], Misfit> {
        self.used += 1;
        match self.weights.get(name) {
            Some(Array { shape: found, values }) if found == shape => Ok(values),
            Some(array) => {
                Err((format!("array {name} of shape {:?}", array.shape), format!("shape {shape:?}")))
            }
            None => Err((format!("no array {name}"), format!("one of shape {shape:?}"))),
        }
    }

    /// `name.weight [rows, columns]` and `name.bias [columns]`.
    pub(super) fn layer(
        &mut self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<[&'a [f32]; 2], Misfit> {
        let weight = self.take(&format!("{name}.weight"), &[rows, columns])?;
        Ok([weight, self.take(&format!("{name}.bias"), &[columns])?])
    }

    pub(super) fn dense(
        &mut self,
        name: &str,
        inputs: usize,
        outputs: usize,
        activation: Activation,
    ) -> Result<Dense, Misfit> {
        let [weight, bias] = self.layer(name, inputs, outputs)?;
        Ok(Dense::of(weight, bias, activation))
    }

    fn gated(&mut self, name: &str, inputs: usize, channels: usize) -> Result<Gated, Misfit> {
        let [weight, bias] = self.layer(name, 3 * inputs, 2 * channels)?;
        Ok(Gated::of(weight, bias))
    }

    /// A block from `pair[0]` to `pair[1]` channels.
    pub(super) fn block(&mut self, name: &str, pair: &[usize], norm: NormKind) -> Result<Block, Misfit> {
        Ok(Block {
            first: self.gated(&format!("{name}.first"), pair[0], pair[1])?,
            second: self.gated(&format!("{name}.second"), pair[1], pair[1])?,
            norm: self.block_norm(&format!("{name}.norm"), pair[1], norm)?,
        })
    }

    fn block_norm(&mut self, name: &str, width: usize, kind: NormKind) -> Result<BlockNorm, Misfit> {
        match kind {
            NormKind::None => Ok(BlockNorm::None),
            NormKind::Layer => Ok(BlockNorm::Layer(self.norm(name, width)?)),
            NormKind::Batch => {
                let Norm { gamma: mut scale, beta: mut shift } = self.norm(name, width)?;
                let mean = self.take(&format!("{name}.mean"), &[width])?;
                let variance = self.take(&format!("{name}.variance"), &[width])?;
                scale.iter_mut().zip(variance).for_each(|(scale, v)| *scale /= (v + EPSILON).sqrt());
                let means = mean.iter().zip(&scale);
                shift.iter_mut().zip(means).for_each(|(shift, (mean, scale))| *shift -= mean * scale);
                Ok(BlockNorm::Batch { scale, shift })
            }
        }
    }

    fn norm(&mut self, name: &str, width: usize) -> Result<Norm, Misfit> {
        let gamma = self.take(&format!("{name}.gamma"), &[width])?.to_vec();
        Ok(Norm { gamma, beta: self.take(&format!("{name}.beta"), &[width])?.to_vec() })
    }

    fn lstm(&mut self, name: &str, inputs: usize, hidden: usize) -> Result<Lstm, Misfit> {
        let input = self.take(&format!("{name}.input"), &[inputs, 4 * hidden])?;
        let recurrent = self.take(&format!("{name}.recurrent"), &[hidden, 4 * hidden])?;
        let bias = self.take(&format!("{name}.bias"), &[4 * hidden])?;
        Ok(Lstm::of(input, recurrent, bias))
    }

    fn encoder_layer(
        &mut self,
        name: &str,
        width: usize,
        config: &TransformerConfig,
    ) -> Result<Layer, Misfit> {
        let all_heads = width.div_ceil(config.heads) * config.heads;
        let of = |part: &str| format!("{name}.{part}");
        Ok(Layer {
            project: self.dense(&of("attention.project"), width, 3 * all_heads, Activation::Linear)?,
            output: self.dense(&of("attention.output"), all_heads, width, Activation::Linear)?,
            inner: self.dense(&of("inner"), width, config.feed_forward, Activation::Relu)?,
            outer: self.dense(&of("outer"), config.feed_forward, width, Activation::Linear)?,
            attention_norm: self.norm(&of("attention_norm"), width)?,
            feed_forward_norm: self.norm(&of("feed_forward_norm"), width)?,
            heads: config.heads,
            norm_first: config.norm_first,
        })
    }

    pub(super) fn encoder(
        &mut self,
        config: &NetworkConfig,
        columns: usize,
    ) -> Result<(Encoder, usize), Misfit> {
        let (channels, moments) = (config.channels.last().copied().unwrap_or(0), config.moments(columns));
        match &config.encoder {
            EncoderConfig::Lstm(LstmConfig { hidden, bidirectional }) => {
                let ahead = self.lstm("encoder.forward", channels, *hidden)?;
                let behind = match bidirectional {
                    true => Some(self.lstm("encoder.backward", channels, *hidden)?),
                    false => None,
                };
                let width = if *bidirectional { 2 * hidden } else { *hidden };
                Ok((Encoder::Recurrent { ahead, behind }, width))
            }
            EncoderConfig::Transformer(transformer) => {
                let (count, width) = match transformer.tokens {
                    Tokens::Time => (moments, channels),
                    Tokens::Channel => (channels, moments),
                };
                let layers = (0..transformer.layers)
                    .map(|layer| self.encoder_layer(&format!("encoder.layers.{layer}"), width, transformer))
                    .collect::<Result<_, _>>()?;
                let positions = positions(count, width);
                Ok((Encoder::Transformer { tokens: transformer.tokens, positions, layers }, channels))
            }
        }
    }
}
