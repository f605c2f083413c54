//! The convolution stack: one convolution, then blocks of two RGLU and a pooling (report §3.1).

use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Tensor};

use super::kernels;

/// Uniform in ±1/sqrt(3 in): the usual start of a convolution whose unit sees `3 in` values.
fn start<const D: usize>(shape: [usize; D], inputs: usize, device: &Device) -> Param<Tensor<D>> {
    let bound = 1.0 / (3.0 * inputs as f64).sqrt();
    Initializer::Uniform { min: -bound, max: bound }.init(shape, device)
}

/// Convolution of kernel 3 along time, channels-last.
#[derive(Module, Debug)]
pub struct Conv {
    /// `[3 in, out]`, row `tap * in + channel`.
    weight: Param<Tensor<2>>,
    /// `[out]`.
    bias: Param<Tensor<1>>,
}

impl Conv {
    pub(super) fn new(inputs: usize, outputs: usize, device: &Device) -> Self {
        Conv { weight: start([3 * inputs, outputs], inputs, device), bias: start([outputs], inputs, device) }
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
    fn new(inputs: usize, outputs: usize, device: &Device) -> Self {
        Rglu {
            weight: start([3 * inputs, 2 * outputs], inputs, device),
            bias: start([2 * outputs], inputs, device),
        }
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        kernels::rglu(x, self.weight.val(), self.bias.val())
    }
}

/// Two RGLU, the first of which may widen, then pooling over pairs of moments.
#[derive(Module, Debug)]
pub struct Block {
    first: Rglu,
    second: Rglu,
}

impl Block {
    pub(super) fn new(inputs: usize, outputs: usize, device: &Device) -> Self {
        Block { first: Rglu::new(inputs, outputs, device), second: Rglu::new(outputs, outputs, device) }
    }

    /// `[batch, time, in]` to `[batch, time / 2, out]`.
    pub(super) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        kernels::max_pool(self.second.forward(self.first.forward(x)))
    }
}
