//! The long short-term memory of RGLU-LSTM (report §5.2; Hochreiter & Schmidhuber 1997, with forget gate).

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::activation::{sigmoid, tanh};

use super::config::LstmConfig;
use super::start::Start;

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
    fn new(width: usize, hidden: usize, start: &Start) -> Self {
        Direction {
            input: start.uniform([width, 4 * hidden], hidden),
            recurrent: start.uniform([hidden, 4 * hidden], hidden),
            bias: start.uniform([4 * hidden], hidden),
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
    pub(super) fn new(width: usize, config: &LstmConfig, start: &Start) -> Self {
        let direction = || Direction::new(width, config.hidden, start);
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
