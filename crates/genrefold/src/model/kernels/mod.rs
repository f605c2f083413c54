//! The network's own operations: plain functions over slices, and as an extension of the tensor framework's
//! backend, each with its hand-written gradient. On a graphics card, the framework's own operations take their place.
//!
//! The framework's stock operations make convolution windows anew for each of the two convolutions of a gate, keep
//! every intermediate, and draw every dropout mask from one stream of random numbers on one thread. These need one
//! product a layer and keep two factors.

mod attend;
mod back;
mod block;
mod buffers;
mod dense;
mod dropout;
mod gate;
mod gemm;
pub mod inference;
mod lstm;
mod math;
mod norm;
mod ops;
mod pack;
mod padded;
mod stock;
mod summary;
#[cfg(test)]
mod tests;

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::device::is_cpu;

pub use buffers::release;
pub use dense::Activation;
pub use dropout::Mask;
pub use lstm::Order;
pub use norm::EPSILON;
use ops::Kernels;

/// Convolution of kernel 3, padding 1, along time.
///
/// Shapes: `x [batch, time, in]`, `weight [3 in, out]` with row `tap * in + channel`, `bias [out]`;
/// returns `[batch, time, out]`.
pub fn conv(x: Tensor<3>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<3> {
    if !is_cpu(&x.device()) {
        return stock::conv(x, weight, bias);
    }
    Tensor::from_dispatch(Dispatch::conv_taps(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
    ))
}

/// Two residual gated linear units and the maximum of neighbouring pairs along time (report §3.1):
/// `Y = [X +] A * sigmoid(G)` (equation 1) with the residual only where the widths agree.
///
/// Shapes: `x [batch, time, in]`; of each layer `weight [3 in, 2 out]`, whose first `out` columns make `A` and whose
/// last make `G`, and `bias [2 out]`; returns `[batch, time / 2, out]`. The second layer keeps the width.
pub fn block(x: Tensor<3>, first: (Tensor<2>, Tensor<1>), second: (Tensor<2>, Tensor<1>)) -> Tensor<3> {
    if !is_cpu(&x.device()) {
        return stock::block(x, first, second);
    }
    Tensor::from_dispatch(Dispatch::gated_block(
        x.into_dispatch(),
        first.0.into_dispatch(),
        first.1.into_dispatch(),
        second.0.into_dispatch(),
        second.1.into_dispatch(),
    ))
}

/// `act(x W + b)` over the last axis: `x [.., in]`, `weight [in, out]`, `bias [out]`; returns `[.., out]`. The mask
/// drops values of the output.
pub fn dense<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    bias: Tensor<1>,
    activation: Activation,
    mask: Option<Mask>,
) -> Tensor<D> {
    if !is_cpu(&x.device()) {
        return stock::dense(x, weight, bias, activation, mask);
    }
    Tensor::from_dispatch(Dispatch::dense_layer(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        activation,
        mask.filter(|mask| mask.rate > 0.0),
    ))
}

/// Drops values of a tensor; without a mask, none.
pub fn dropout<const D: usize>(x: Tensor<D>, mask: Option<Mask>) -> Tensor<D> {
    if !is_cpu(&x.device()) {
        return stock::dropout(x, mask);
    }
    match mask {
        Some(mask) if mask.rate > 0.0 => {
            Tensor::from_dispatch(Dispatch::drop_values(x.into_dispatch(), mask))
        }
        _ => x,
    }
}

/// Attention of `heads` heads without its projections: `qkv [batch, tokens, 3 heads width]`, queries first, to
/// `[batch, tokens, heads width]`. The mask drops attention weights.
pub fn attend(qkv: Tensor<3>, heads: usize, mask: Option<Mask>) -> Tensor<3> {
    if !is_cpu(&qkv.device()) {
        return stock::attend(qkv, heads, mask);
    }
    Tensor::from_dispatch(Dispatch::attention(qkv.into_dispatch(), heads, mask))
}

/// Normalises the last axis: `(x - mean) / sqrt(variance + 1e-5) * gamma + beta`.
pub fn layer_norm<const D: usize>(x: Tensor<D>, gamma: Tensor<1>, beta: Tensor<1>) -> Tensor<D> {
    if !is_cpu(&x.device()) {
        return stock::layer_norm(x, gamma, beta);
    }
    Tensor::from_dispatch(Dispatch::normalised(
        x.into_dispatch(),
        gamma.into_dispatch(),
        beta.into_dispatch(),
    ))
}

/// Hidden states of a long short-term memory: `x [batch, time, in]`, `input [in, 4 hidden]`,
/// `recurrent [hidden, 4 hidden]`, `bias [4 hidden]`, gates in the order i, f, g, o; returns
/// `[batch, time, hidden]`.
pub fn lstm(
    x: Tensor<3>,
    input: Tensor<2>,
    recurrent: Tensor<2>,
    bias: Tensor<1>,
    order: Order,
) -> Tensor<3> {
    if !is_cpu(&x.device()) {
        return stock::lstm(x, input, recurrent, bias, order);
    }
    Tensor::from_dispatch(Dispatch::recurrence(
        x.into_dispatch(),
        input.into_dispatch(),
        recurrent.into_dispatch(),
        bias.into_dispatch(),
        order,
    ))
}

/// Average and maximum over time: `[batch, time, width]` to `[batch, 2 width]`.
pub fn summary(x: Tensor<3>) -> Tensor<2> {
    if !is_cpu(&x.device()) {
        return stock::summary(x);
    }
    Tensor::from_dispatch(Dispatch::summarised(x.into_dispatch()))
}
