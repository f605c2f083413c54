//! The transformer encoder: positional encoding, multi-head self-attention, feed-forward (report §3.2;
//! Vaswani et al. 2017, §3).

use burn::module::Module;
use burn::nn::{PositionalEncoding, PositionalEncodingConfig};
use burn::tensor::Tensor;

use super::config::TransformerConfig;
use super::kernels;
use super::layers::{Dense, Norm};
use super::passage::Passage;
use super::start::Start;

/// `softmax(Q K^T / sqrt(w)) V` for each head of width `w`, then a projection back.
#[derive(Module, Debug)]
pub struct Attention {
    /// Queries, keys and values of all heads in one product, `[width, 3 heads w]`.
    project: Dense,
    /// `[heads w, width]`.
    output: Dense,
    dropout: f64,
    heads: usize,
}

impl Attention {
    fn new(width: usize, config: &TransformerConfig, start: &Start) -> Self {
        // A token narrower than there are heads, or not divisible by them, still gets heads of whole width.
        let all_heads = width.div_ceil(config.heads) * config.heads;
        Attention {
            project: start.projection(width, 3 * all_heads),
            output: start.dense(all_heads, width),
            dropout: config.dropout,
            heads: config.heads,
        }
    }

    /// `[batch, tokens, width]` to the same shape.
    fn forward(&self, x: Tensor<3>, passage: &Passage) -> Tensor<3> {
        let all = self.project.forward(x);
        let context = kernels::attend(all, self.heads, passage.mask(self.dropout));
        self.output.forward(context)
    }
}

/// One encoder layer: attention and feed-forward, each with residual, dropout and normalisation.
#[derive(Module, Debug)]
pub struct EncoderLayer {
    attention: Attention,
    inner: Dense,
    outer: Dense,
    attention_norm: Norm,
    feed_forward_norm: Norm,
    dropout: f64,
    norm_first: bool,
}

impl EncoderLayer {
    fn new(width: usize, config: &TransformerConfig, start: &Start) -> Self {
        EncoderLayer {
            attention: Attention::new(width, config, start),
            inner: start.dense(width, config.feed_forward),
            outer: start.dense(config.feed_forward, width),
            attention_norm: start.norm(width),
            feed_forward_norm: start.norm(width),
            dropout: config.dropout,
            norm_first: config.norm_first,
        }
    }

    /// `FFN(x) = max(0, x W1 + b1) W2 + b2` (Vaswani et al., equation 2).
    fn feed_forward(&self, x: Tensor<3>, passage: &Passage) -> Tensor<3> {
        self.outer.forward(self.inner.bent(x, passage.mask(self.dropout)))
    }

    fn forward(&self, x: Tensor<3>, passage: &Passage) -> Tensor<3> {
        let drop = |x: Tensor<3>| passage.apply(x, self.dropout);
        if self.norm_first {
            let x = x.clone() + drop(self.attention.forward(self.attention_norm.forward(x), passage));
            x.clone() + drop(self.feed_forward(self.feed_forward_norm.forward(x), passage))
        } else {
            let x = x.clone() + drop(self.attention.forward(x, passage));
            let x = self.attention_norm.forward(x);
            let x = x.clone() + drop(self.feed_forward(x, passage));
            self.feed_forward_norm.forward(x)
        }
    }
}

/// Positional encoding and encoder layers.
#[derive(Module, Debug)]
pub struct TransformerEncoder {
    positions: PositionalEncoding,
    layers: Vec<EncoderLayer>,
}

impl TransformerEncoder {
    /// For sequences of `tokens` tokens of `width` values.
    pub(super) fn new(tokens: usize, width: usize, config: &TransformerConfig, start: &Start) -> Self {
        let positions =
            PositionalEncodingConfig::new(width).with_max_sequence_size(tokens).init(start.device);
        let layers = (0..config.layers).map(|_| EncoderLayer::new(width, config, start)).collect();
        TransformerEncoder { positions, layers }
    }

    /// `[batch, tokens, width]` to the same shape.
    pub(super) fn forward(&self, x: Tensor<3>, passage: &Passage) -> Tensor<3> {
        self.layers.iter().fold(self.positions.forward(x), |x, layer| layer.forward(x, passage))
    }
}
