//! The convolution stack: one convolution, then blocks of two RGLU and a pooling (report §3.1).

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::config::NormKind;
use super::kernels;
use super::norm::BlockNorm;
use super::passage::Passage;
use super::start::Start;

/// Convolution of kernel 3 along time, channels-last.
#[derive(Module, Debug)]
pub struct Conv {
    /// `[3 in, out]`, row `tap * in + channel`.
    weight: Param<Tensor<2>>,
    /// `[out]`.
    bias: Param<Tensor<1>>,
}

impl Conv {
    pub(super) fn new(inputs: usize, outputs: usize, start: &Start) -> Self {
        Conv {
            weight: start.uniform([3 * inputs, outputs], 3 * inputs),
            bias: start.uniform([outputs], 3 * inputs),
        }
    }

    /// `[batch, time, in]` to `[batch, time, out]`.
    pub(super) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        kernels::conv(x, self.weight.val(), self.bias.val())
    }
}

/// `Y = [X +] Conv_a(X) * sigmoid(Conv_g(X))`, the residual only where widths agree (report, equation 1).
#[derive(Module, Debug)]
pub struct Rglu {
    /// `[3 in, 2 out]`: the linear convolution's columns, then the gate's.
    weight: Param<Tensor<2>>,
    /// `[2 out]`.
    bias: Param<Tensor<1>>,
}

impl Rglu {
    fn new(inputs: usize, outputs: usize, start: &Start) -> Self {
        Rglu {
            weight: start.uniform([3 * inputs, 2 * outputs], 3 * inputs),
            bias: start.uniform([2 * outputs], 3 * inputs),
        }
    }

    fn operands(&self) -> (Tensor<2>, Tensor<1>) {
        (self.weight.val(), self.bias.val())
    }
}

/// Two RGLU, the first of which may widen, then pooling over pairs of moments, and a normalisation if wished.
#[derive(Module, Debug)]
pub struct Block {
    first: Rglu,
    second: Rglu,
    norm: Option<BlockNorm>,
}

impl Block {
    pub(super) fn new(inputs: usize, outputs: usize, norm: NormKind, start: &Start) -> Self {
        Block {
            first: Rglu::new(inputs, outputs, start),
            second: Rglu::new(outputs, outputs, start),
            norm: BlockNorm::new(norm, outputs, start),
        }
    }

    /// `[batch, time, in]` to `[batch, time / 2, out]`.
    pub(super) fn forward(&self, x: Tensor<3>, passage: &Passage) -> Tensor<3> {
        let pooled = kernels::block(x, self.first.operands(), self.second.operands());
        match &self.norm {
            Some(norm) => norm.forward(pooled, passage),
            None => pooled,
        }
    }
}
