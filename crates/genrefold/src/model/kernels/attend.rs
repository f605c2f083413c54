//! Multi-head attention without its projections: `softmax(Q K^T / sqrt(w)) V` for each head of width `w`
//! (Vaswani et al. 2017, equation 1), sample by sample.

use rayon::prelude::*;

use super::buffers;
use super::dropout::Mask;
use super::math::{exp, vectorised};

/// Sizes of an attention: `qkv [batch, tokens, 3, heads, width]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sizes {
    pub tokens: usize,
    pub heads: usize,
    pub width: usize,
}

impl Sizes {
    /// Values of a token that comes out.
    fn all(self) -> usize {
        self.heads * self.width
    }

    /// Values of a sample's queries, keys and values.
    fn sample(self) -> usize {
        3 * self.tokens * self.all()
    }

    /// Attention weights of a sample.
    fn weights(self) -> usize {
        self.heads * self.tokens * self.tokens
    }

    /// Where part `part` (0 queries, 1 keys, 2 values) of a head's token begins in a sample.
    #[inline(always)]
    fn at(self, part: usize, head: usize, token: usize) -> usize {
        (token * 3 + part) * self.all() + head * self.width
    }

    fn scale(self) -> f32 {
        1.0 / (self.width as f32).sqrt()
    }
}

/// Turned keys or values of one head: `[width, tokens rounded up to a vector]`.
struct Turned {
    pitch: usize,
    values: Vec<f32>,
}

impl Turned {
    fn new(sizes: Sizes) -> Self {
        let pitch = sizes.tokens.next_multiple_of(16);
        Turned { pitch, values: vec![0.0; pitch * sizes.width] }
    }

    #[inline(always)]
    fn fill(&mut self, sizes: Sizes, sample: &[f32], part: usize, head: usize) {
        for token in 0..sizes.tokens {
            let row = &sample[sizes.at(part, head, token)..][..sizes.width];
            let down = self.values[token..].iter_mut().step_by(self.pitch);
            down.zip(row).for_each(|(place, value)| *place = *value);
        }
    }

    /// Products of one vector with every token's.
    #[inline(always)]
    fn products(&self, vector: &[f32], scale: f32, out: &mut [f32]) {
        out.fill(0.0);
        for (value, row) in vector.iter().zip(self.values.chunks_exact(self.pitch)) {
            axpy(value * scale, row, out);
        }
    }
}

/// `y += a x`.
#[inline(always)]
fn axpy(a: f32, x: &[f32], y: &mut [f32]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y += a * x);
}

/// `e^s / sum e^s` in place.
#[inline(always)]
fn softmax(scores: &mut [f32]) {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, |most, s| if s > most { s } else { most });
    scores.iter_mut().for_each(|s| *s = exp(*s - most));
    let total: f32 = scores.iter().sum();
    scores.iter_mut().for_each(|s| *s /= total);
}

/// Context `[batch, tokens, heads width]`; `weights [batch, heads, tokens, tokens]` are filled if there is room for
/// them. The mask drops attention weights.
pub(super) fn forward(
    sizes: Sizes,
    qkv: &[f32],
    mask: Option<Mask>,
    context: &mut [f32],
    weights: &mut [f32],
) {
    let each = if weights.is_empty() { 0 } else { sizes.weights() };
    let samples = context.par_chunks_exact_mut((sizes.tokens * sizes.all()).max(1)).enumerate();
    if each == 0 {
        samples.for_each(|(sample, context)| {
            let qkv = &qkv[sample * sizes.sample()..][..sizes.sample()];
            one(sizes, sample, qkv, mask, context, &mut []);
        });
    } else {
        samples.zip(weights.par_chunks_exact_mut(each)).for_each(|((sample, context), weights)| {
            let qkv = &qkv[sample * sizes.sample()..][..sizes.sample()];
            one(sizes, sample, qkv, mask, context, weights);
        });
    }
}

/// The gradient of `qkv`, from the context's and the kept weights.
pub(super) fn back(sizes: Sizes, qkv: &[f32], mask: Option<Mask>, weights: &[f32], dy: &[f32]) -> Vec<f32> {
    let mut gradient = buffers::zeros(qkv.len());
    gradient.par_chunks_exact_mut(sizes.sample().max(1)).enumerate().for_each(|(sample, gradient)| {
        let qkv = &qkv[sample * sizes.sample()..][..sizes.sample()];
        let weights = &weights[sample * sizes.weights()..][..sizes.weights()];
        let all = sizes.tokens * sizes.all();
        let dy = &dy[sample * all..][..all];
        one_back(sizes, sample, qkv, mask, weights, dy, gradient);
    });
    gradient
}

vectorised! {
    fn one<'a>(
        sizes: Sizes,
        sample: usize,
        qkv: &'a [f32],
        mask: Option<Mask>,
        context: &'a mut [f32],
        kept: &'a mut [f32],
    ) {
        let Sizes { tokens, heads, width } = sizes;
        let mut keys = Turned::new(sizes);
        let mut scores = vec![0.0; keys.pitch];
        for head in 0..heads {
            keys.fill(sizes, qkv, 1, head);
            for token in 0..tokens {
                keys.products(&qkv[sizes.at(0, head, token)..][..width], sizes.scale(), &mut scores);
                let weights = &mut scores[..tokens];
                softmax(weights);
                let first = (head * tokens + token) * tokens;
                if !kept.is_empty() {
                    kept[first..first + tokens].copy_from_slice(weights);
                }
                if let Some(mask) = mask {
                    mask.apply(sample * sizes.weights() + first, weights);
                }
                let out = &mut context[token * sizes.all() + head * width..][..width];
                out.fill(0.0);
                for (other, weight) in weights.iter().enumerate() {
                    axpy(*weight, &qkv[sizes.at(2, head, other)..][..width], out);
                }
            }
        }
    }

    fn one_back<'a>(
        sizes: Sizes,
        sample: usize,
        qkv: &'a [f32],
        mask: Option<Mask>,
        weights: &'a [f32],
        dy: &'a [f32],
        gradient: &'a mut [f32],
    ) {
        let Sizes { tokens, heads, width } = sizes;
        let mut values = Turned::new(sizes);
        let (mut dropped, mut slopes) = (vec![0.0; tokens], vec![0.0; values.pitch]);
        for head in 0..heads {
            values.fill(sizes, qkv, 2, head);
            for token in 0..tokens {
                let dy = &dy[token * sizes.all() + head * width..][..width];
                let first = (head * tokens + token) * tokens;
                let weights = &weights[first..first + tokens];
                values.products(dy, 1.0, &mut slopes);
                dropped.copy_from_slice(weights);
                if let Some(mask) = mask {
                    let first = sample * sizes.weights() + first;
                    mask.apply(first, &mut dropped);
                    mask.apply(first, &mut slopes[..tokens]);
                }
                for (other, weight) in dropped.iter().enumerate() {
                    axpy(*weight, dy, &mut gradient[sizes.at(2, head, other)..][..width]);
                }
                // Through the softmax: dS = P (dP - sum P dP).
                let along: f32 = weights.iter().zip(&slopes).map(|(weight, slope)| weight * slope).sum();
                for other in 0..tokens {
                    let slope = weights[other] * (slopes[other] - along) * sizes.scale();
                    let key = &qkv[sizes.at(1, head, other)..][..width];
                    axpy(slope, key, &mut gradient[sizes.at(0, head, token)..][..width]);
                    let query = &qkv[sizes.at(0, head, token)..][..width];
                    axpy(slope, query, &mut gradient[sizes.at(1, head, other)..][..width]);
                }
            }
        }
    }
}
