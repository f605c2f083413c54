//! Layers that every part of the network uses: dense, normalisation.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::kernels::{self, Activation, Mask};

/// `act(x W + b)` over the last axis.
#[derive(Module, Debug)]
pub struct Dense {
    /// `[in, out]`.
    pub(super) weight: Param<Tensor<2>>,
    /// `[out]`.
    pub(super) bias: Param<Tensor<1>>,
}

impl Dense {
    pub(super) fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        kernels::dense(x, self.weight.val(), self.bias.val(), Activation::Linear, None)
    }

    /// Through a ReLU, of which the mask drops values.
    pub(super) fn bent<const D: usize>(&self, x: Tensor<D>, mask: Option<Mask>) -> Tensor<D> {
        kernels::dense(x, self.weight.val(), self.bias.val(), Activation::Relu, mask)
    }
}

/// Layer normalisation of the last axis.
#[derive(Module, Debug)]
pub struct Norm {
    /// `[width]`.
    pub(super) gamma: Param<Tensor<1>>,
    /// `[width]`.
    pub(super) beta: Param<Tensor<1>>,
}

impl Norm {
    pub(super) fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        kernels::layer_norm(x, self.gamma.val(), self.beta.val())
    }
}
