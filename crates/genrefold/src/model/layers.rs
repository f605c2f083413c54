//! Layers that every part of the network uses: dense, normalisation, dropout.

use std::cell::Cell;

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

/// What a forward pass drops: nothing in use; in training what a seed says, differently at every place.
#[derive(Debug)]
pub struct Drops {
    seed: Option<u64>,
    places: Cell<u64>,
}

impl Drops {
    /// For use.
    pub fn never() -> Self {
        Drops { seed: None, places: Cell::new(0) }
    }

    /// For one step of training.
    pub fn seeded(seed: u64) -> Self {
        Drops { seed: Some(seed), places: Cell::new(0) }
    }

    /// The next place's mask.
    pub(super) fn mask(&self, rate: f64) -> Option<Mask> {
        let place = self.places.get();
        self.places.set(place + 1);
        let seed = self.seed?;
        (rate > 0.0).then(|| Mask { rate: rate as f32, seed }.at(place))
    }

    /// Drops values at the next place.
    pub(super) fn apply<const D: usize>(&self, x: Tensor<D>, rate: f64) -> Tensor<D> {
        kernels::dropout(x, self.mask(rate))
    }
}
