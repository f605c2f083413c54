//! The transformer encoder: positional encoding, multi-head self-attention, feed-forward (report §3.2;
//! Vaswani et al. 2017, §3).

use burn::module::Module;
use burn::nn::{
    Dropout, DropoutConfig, LayerNorm, LayerNormConfig, Linear, PositionalEncoding, PositionalEncodingConfig,
};
use burn::tensor::Tensor;
use burn::tensor::activation::{relu, softmax};

use super::config::TransformerConfig;
use super::start::Start;

/// `softmax(Q K^T / sqrt(w)) V` for each head of width `w`, then a projection back.
#[derive(Module, Debug)]
pub struct Attention {
    /// Queries, keys and values of all heads in one product, `[width, 3 heads w]`.
    project: Linear,
    /// `[heads w, width]`.
    output: Linear,
    dropout: Dropout,
    heads: usize,
}

impl Attention {
    fn new(width: usize, config: &TransformerConfig, start: &Start) -> Self {
        // A token narrower than there are heads, or not divisible by them, still gets heads of whole width.
        let all_heads = width.div_ceil(config.heads) * config.heads;
        Attention {
            project: start.projection(width, 3 * all_heads),
            output: start.dense(all_heads, width),
            dropout: DropoutConfig::new(config.dropout).init(),
            heads: config.heads,
        }
    }

    /// `[batch, tokens, width]` to the same shape.
    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, tokens, _] = x.dims();
        let [_, projected] = self.project.weight.dims();
        let head_width = projected / 3 / self.heads;
        let all = self.project.forward(x).reshape([batch, tokens, 3, self.heads, head_width]);
        // [3, batch, heads, tokens, head width]
        let all = all.permute([2, 0, 3, 1, 4]);
        let part = |index: usize| {
            let part = all.clone().narrow(0, index, 1);
            part.reshape([batch, self.heads, tokens, head_width])
        };
        let scores = part(0).matmul(part(1).swap_dims(2, 3)) / (head_width as f64).sqrt();
        let weights = self.dropout.forward(softmax(scores, 3));
        let context = weights.matmul(part(2)).swap_dims(1, 2);
        self.output.forward(context.reshape([batch, tokens, self.heads * head_width]))
    }
}

/// One encoder layer: attention and feed-forward, each with residual, dropout and normalisation.
#[derive(Module, Debug)]
pub struct EncoderLayer {
    attention: Attention,
    inner: Linear,
    outer: Linear,
    attention_norm: LayerNorm,
    feed_forward_norm: LayerNorm,
    dropout: Dropout,
    norm_first: bool,
}

impl EncoderLayer {
    fn new(width: usize, config: &TransformerConfig, start: &Start) -> Self {
        EncoderLayer {
            attention: Attention::new(width, config, start),
            inner: start.dense(width, config.feed_forward),
            outer: start.dense(config.feed_forward, width),
            attention_norm: LayerNormConfig::new(width).init(start.device),
            feed_forward_norm: LayerNormConfig::new(width).init(start.device),
            dropout: DropoutConfig::new(config.dropout).init(),
            norm_first: config.norm_first,
        }
    }

    /// `FFN(x) = max(0, x W1 + b1) W2 + b2` (Vaswani et al., equation 2).
    fn feed_forward(&self, x: Tensor<3>) -> Tensor<3> {
        self.outer.forward(self.dropout.forward(relu(self.inner.forward(x))))
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        if self.norm_first {
            let x = x.clone() + self.dropout.forward(self.attention.forward(self.attention_norm.forward(x)));
            x.clone() + self.dropout.forward(self.feed_forward(self.feed_forward_norm.forward(x)))
        } else {
            let x = x.clone() + self.dropout.forward(self.attention.forward(x));
            let x = self.attention_norm.forward(x);
            let x = x.clone() + self.dropout.forward(self.feed_forward(x));
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
    pub(super) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        self.layers.iter().fold(self.positions.forward(x), |x, layer| layer.forward(x))
    }
}
