//! The long short-term memory of RGLU-LSTM (report §5.2; Hochreiter & Schmidhuber 1997, with forget gate).

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::config::LstmConfig;
use super::kernels::{self, Order};
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

    /// Hidden states `[batch, time, hidden]`, where moments are read in `order`.
    fn states(&self, x: Tensor<3>, order: Order) -> Tensor<3> {
        kernels::lstm(x, self.input.val(), self.recurrent.val(), self.bias.val(), order)
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
        let Some(backward) = &self.backward else { return self.forward.states(x, Order::Ahead) };
        let ahead = self.forward.states(x.clone(), Order::Ahead);
        Tensor::cat(vec![ahead, backward.states(x, Order::Behind)], 2)
    }
}
