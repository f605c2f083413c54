//! One passage of pictures through the network, in use or in training.

use std::cell::{Cell, RefCell};

use burn::tensor::Tensor;

use super::kernels::{self, Mask};
use super::norm::Statistics;
use super::weights::Weights;

/// What is different in training: values are dropped as a seed says, differently at every place, and channels are
/// normalised by the batch's own statistics, which are noted for later use.
#[derive(Debug)]
pub struct Passage {
    /// None in use.
    seed: Option<u64>,
    places: Cell<u64>,
    /// Of each batch normalisation, in the order in which the pictures came through.
    statistics: RefCell<Vec<Statistics>>,
}

impl Passage {
    /// In use.
    pub fn in_use() -> Self {
        Passage { seed: None, places: Cell::new(0), statistics: RefCell::default() }
    }

    /// For one step of training.
    pub fn training(seed: u64) -> Self {
        Passage { seed: Some(seed), ..Passage::in_use() }
    }

    pub(super) fn is_training(&self) -> bool {
        self.seed.is_some()
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

    /// Notes what the next block's batch normalisation saw.
    pub(super) fn note(&self, seen: Statistics) {
        self.statistics.borrow_mut().push(seen);
    }

    /// Mixes what was noted into the running statistics among the weights.
    pub fn mix_statistics(self, weights: &mut Weights) {
        let noted = self.statistics.into_inner().into_iter();
        noted.enumerate().for_each(|(block, seen)| seen.mix_into(weights, &format!("blocks.{block}.norm")));
    }
}
