//! The long short-term memory of RGLU-LSTM (report §5.2; Hochreiter & Schmidhuber 1997, with forget gate).

use burn::module::{Initializer, Module, Param};
use burn::tensor::activation::{sigmoid, tanh};
use burn::tensor::{Device, Tensor};

use super::config::LstmConfig;

/// One direction of the recurrence:
/// `i, f, g, o = x W + h U + b`, `c' = sigmoid(f) c + sigmoid(i) tanh(g)`, `h' = sigmoid(o) tanh(c')`.
#[derive(Module, Debug)]
pub struct Direction {
    /// `W`, `[in, 4 hidden]` in the order i, f, g, o.
    input: Param<Tensor<2>>,
    /// `U`, `[hidden, 4 hidden]`.
    recurrent: Param<Tensor<2>>,
    /// `b`, `[4 hidden]`: the sum of the two biases that some libraries keep.
    bias: Param<Tensor<1>>,
}

impl Direction {
    fn new(width: usize, hidden: usize, device: &Device) -> Self {
        let bound = 1.0 / (hidden as f64).sqrt();
        let start = Initializer::Uniform { min: -bound, max: bound };
        Direction {
            input: start.init([width, 4 * hidden], device),
            recurrent: start.init([hidden, 4 * hidden], device),
            bias: start.init([4 * hidden], device),
        }
    }

    /// Hidden states `[batch, 1, hidden]` in the order of `moments`.
    fn states(&self, x: Tensor<3>, moments: impl Iterator<Item = usize>) -> Vec<Tensor<3>> {
        let [batch, _, _] = x.dims();
        let [hidden, gates] = self.recurrent.dims();
        let driven = x.matmul(self.input.val().unsqueeze()) + self.bias.val().unsqueeze();
        let zeros = Tensor::<2>::zeros([batch, hidden], &driven.device());
        let (mut state, mut cell) = (zeros.clone(), zeros);
        moments
            .map(|moment| {
                let driven = driven.clone().narrow(1, moment, 1).reshape([batch, gates]);
                let sums = driven + state.clone().matmul(self.recurrent.val());
                let gate = |index: usize| sums.clone().narrow(1, index * hidden, hidden);
                cell = sigmoid(gate(1)) * cell.clone() + sigmoid(gate(0)) * tanh(gate(2));
                state = sigmoid(gate(3)) * tanh(cell.clone());
                state.clone().unsqueeze_dim(1)
            })
            .collect()
    }
}

/// One or two directions over the sequence.
#[derive(Module, Debug)]
pub struct Lstm {
    forward: Direction,
    backward: Option<Direction>,
}

impl Lstm {
    pub(super) fn new(width: usize, config: &LstmConfig, device: &Device) -> Self {
        let direction = || Direction::new(width, config.hidden, device);
        Lstm { forward: direction(), backward: config.bidirectional.then(direction) }
    }

    /// `[batch, time, in]` to `[batch, time, hidden]`, or `2 hidden` when bidirectional.
    pub(super) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [_, time, _] = x.dims();
        let ahead = Tensor::cat(self.forward.states(x.clone(), 0..time), 1);
        let Some(backward) = &self.backward else { return ahead };
        let mut behind = backward.states(x, (0..time).rev());
        behind.reverse();
        Tensor::cat(vec![ahead, Tensor::cat(behind, 1)], 2)
    }
}
