//! The operations as a network in use needs them: weights packed once, the widest vectors, no way back.

use pulp::Arch;

pub use super::dense::{Activation, Dense};
pub use super::gate::{Gated, Plain as Conv};
pub use super::lstm::{Lstm, Order};
pub use super::padded::Padded;
use super::{attend as attention, block, lstm, norm, summary};

impl Dense {
    /// Packs `weight [in, out]` and `bias [out]`.
    pub fn of(weight: &[f32], bias: &[f32], activation: Activation) -> Self {
        Dense::new(Arch::new(), weight, bias, activation)
    }

    /// `[rows, in]` to `[rows, out]`.
    pub fn apply(&self, x: &[f32]) -> Vec<f32> {
        let mut y = vec![0.0; x.len() / self.inputs().max(1) * self.outputs()];
        self.forward(x, &mut y);
        y
    }
}

impl Conv {
    /// Packs `weight [3 in, out]` and `bias [out]`.
    pub fn of(weight: &[f32], bias: &[f32]) -> Self {
        Conv::new(Arch::new(), weight, bias)
    }
}

impl Gated {
    /// Packs `weight [3 in, 2 out]` and `bias [2 out]`.
    pub fn of(weight: &[f32], bias: &[f32]) -> Self {
        Gated::new(Arch::new(), weight, bias)
    }
}

impl Padded {
    /// Maxima of neighbouring pairs of moments, as `[time / 2, width]` of every sample.
    pub fn pool_into(&self, out: &mut [f32]) {
        block::pool(self, out);
    }

    /// The same as activations.
    pub fn pooled(&self) -> Padded {
        let mut rows = vec![0.0; self.samples() * (self.time / 2) * self.width];
        self.pool_into(&mut rows);
        Padded::of(&rows, self.time / 2, self.width)
    }
}

impl Lstm {
    /// Packs the weights of one direction: `[in, 4 hidden]`, `[hidden, 4 hidden]`, `[4 hidden]`.
    pub fn of(input: &[f32], recurrent: &[f32], bias: &[f32]) -> Self {
        Lstm::new(Arch::new(), input, recurrent, bias)
    }

    /// Hidden states `[batch, time, hidden]` of `x [batch, time, inputs]`.
    pub fn states(&self, x: &[f32], time: usize, inputs: usize, order: Order) -> Vec<f32> {
        let batch = x.len() / (time * inputs).max(1);
        self.forward(lstm::Sizes { batch, time, inputs, hidden: self.hidden() }, order, x).states
    }
}

/// Attention over `[batch, tokens, 3 heads width]` without its projections; `all` is `heads width`.
pub fn attend(qkv: &[f32], tokens: usize, heads: usize, all: usize) -> Vec<f32> {
    let mut context = vec![0.0; qkv.len() / 3];
    let sizes = attention::Sizes { tokens, heads, width: all / heads };
    attention::forward(sizes, qkv, None, &mut context, &mut []);
    context
}

/// Layer normalisation in place.
pub fn normalise(rows: &mut [f32], gamma: &[f32], beta: &[f32]) {
    norm::normalise(rows, gamma, beta);
}

/// Average and maximum over time, `[batch, time, width]` to `[batch, 2 width]`.
pub fn summarise(x: &[f32], time: usize, width: usize, y: &mut [f32]) {
    summary::forward(x, time, width, y);
}
