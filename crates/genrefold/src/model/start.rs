//! How the network's weights begin: drawn at random to be trained, or at zero to be filled from a file.

use burn::module::{Initializer, Param};
use burn::nn::LinearConfig;
use burn::tensor::{Device, Tensor};

use super::layers::{Dense, Norm};

/// Makes the layers of one network on one device.
pub struct Start<'a> {
    /// Where they compute.
    pub device: &'a Device,
    /// Whether weights are drawn. Only within [`super::device::drawn_from`]: two networks that draw at the same time
    /// would disturb each other.
    pub drawn: bool,
}

impl Start<'_> {
    fn initial(&self, drawn: Initializer) -> Initializer {
        if self.drawn { drawn } else { Initializer::Zeros }
    }

    /// An array uniform in ±1/sqrt(`seen`), the usual start of units that see so many values.
    pub fn uniform<const D: usize>(&self, shape: [usize; D], seen: usize) -> Param<Tensor<D>> {
        let bound = 1.0 / (seen as f64).sqrt();
        self.initial(Initializer::Uniform { min: -bound, max: bound }).init(shape, self.device)
    }

    /// A dense layer, uniform in ±1/sqrt(inputs).
    pub fn dense(&self, inputs: usize, outputs: usize) -> Dense {
        let bound = 1.0 / (inputs as f64).sqrt();
        self.linear(inputs, outputs, Initializer::Uniform { min: -bound, max: bound })
    }

    /// A projection to queries, keys and values (Glorot & Bengio 2010, as PyTorch starts it).
    pub fn projection(&self, inputs: usize, outputs: usize) -> Dense {
        self.linear(inputs, outputs, Initializer::XavierUniform { gain: 1.0 })
    }

    fn linear(&self, inputs: usize, outputs: usize, drawn: Initializer) -> Dense {
        let linear =
            LinearConfig::new(inputs, outputs).with_initializer(self.initial(drawn)).init(self.device);
        let zeros = || Initializer::Zeros.init([outputs], self.device);
        Dense { weight: linear.weight, bias: linear.bias.unwrap_or_else(zeros) }
    }

    /// A normalisation that leaves its input's scale at 1 and its mean at 0.
    pub fn norm(&self, width: usize) -> Norm {
        Norm {
            gamma: Initializer::Ones.init([width], self.device),
            beta: Initializer::Zeros.init([width], self.device),
        }
    }
}
