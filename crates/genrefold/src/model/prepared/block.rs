//! A block of the convolution stack in use: two gated layers, a pooling, and a normalisation if there is one.

use super::super::kernels::inference::{Gated, normalise};
use super::encoder::Norm;

/// One block's weights.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub first: Gated,
    pub second: Gated,
    pub norm: BlockNorm,
}

/// What follows the pooling.
#[derive(Debug, Clone)]
pub(super) enum BlockNorm {
    None,
    Layer(Norm),
    /// The running statistics, gamma and beta in two factors of each channel: `x scale + shift`.
    Batch {
        scale: Vec<f32>,
        shift: Vec<f32>,
    },
}

impl BlockNorm {
    /// Normalises rows of a moment each, in place.
    pub(super) fn apply(&self, rows: &mut [f32]) {
        match self {
            BlockNorm::None => {}
            BlockNorm::Layer(Norm { gamma, beta }) => normalise(rows, gamma, beta),
            BlockNorm::Batch { scale, shift } => {
                for row in rows.chunks_exact_mut(scale.len().max(1)) {
                    let factors = scale.iter().zip(shift);
                    row.iter_mut().zip(factors).for_each(|(x, (scale, shift))| *x = *x * scale + shift);
                }
            }
        }
    }
}
