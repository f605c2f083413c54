//! The same operations put together from the tensor framework's own: what runs where these kernels do not, on a
//! graphics card, and what they are held to in tests.

use burn::tensor::activation::{relu, sigmoid, softmax, tanh};
use burn::tensor::module::{conv1d, max_pool1d};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{Tensor, TensorData};

use super::{Activation, EPSILON, Mask, Order};

/// As [`super::conv`].
pub fn conv(x: Tensor<3>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<3> {
    let ([_, _, inputs], [_, outputs]) = (x.dims(), weight.dims());
    let weight = weight.reshape([3, inputs, outputs]).permute([2, 1, 0]);
    conv1d(x.swap_dims(1, 2), weight, Some(bias), ConvOptions::new([1], [1], [1], 1)).swap_dims(1, 2)
}

/// `[X +] A * sigmoid(G)` of one gated layer.
fn gated(x: Tensor<3>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<3> {
    let [_, _, inputs] = x.dims();
    let both = conv(x.clone(), weight, bias);
    let width = both.dims()[2] / 2;
    let y = both.clone().narrow(2, 0, width) * sigmoid(both.narrow(2, width, width));
    if inputs == width { x + y } else { y }
}

/// As [`super::block`].
pub fn block(x: Tensor<3>, first: (Tensor<2>, Tensor<1>), second: (Tensor<2>, Tensor<1>)) -> Tensor<3> {
    let y = gated(gated(x, first.0, first.1), second.0, second.1);
    max_pool1d(y.swap_dims(1, 2), MaxPoolOptions::new([2]).with_stride([2])).swap_dims(1, 2)
}

/// As [`super::dense`].
pub fn dense<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    bias: Tensor<1>,
    activation: Activation,
    mask: Option<Mask>,
) -> Tensor<D> {
    let sums = x.matmul(weight.unsqueeze()) + bias.unsqueeze();
    let y = match activation {
        Activation::Linear => sums,
        Activation::Relu => relu(sums),
    };
    dropout(y, mask)
}

/// As [`super::dropout`]: the mask's factors are worked out by the processor, so that every device drops the same.
pub fn dropout<const D: usize>(x: Tensor<D>, mask: Option<Mask>) -> Tensor<D> {
    let Some(mask) = mask.filter(|mask| mask.rate > 0.0) else { return x };
    let shape = x.dims();
    let factors = TensorData::new(mask.applied(&vec![1.0; shape.iter().product()]), shape);
    let factors = Tensor::from_data(factors, &x.device());
    x * factors
}

/// As [`super::attend`].
pub fn attend(qkv: Tensor<3>, heads: usize, mask: Option<Mask>) -> Tensor<3> {
    let [batch, tokens, all] = qkv.dims();
    let width = all / 3 / heads;
    let all = qkv.reshape([batch, tokens, 3, heads, width]).permute([2, 0, 3, 1, 4]);
    let part = |index: usize| all.clone().narrow(0, index, 1).reshape([batch, heads, tokens, width]);
    let scores = part(0).matmul(part(1).swap_dims(2, 3)) / (width as f64).sqrt();
    let weights = dropout(softmax(scores, 3), mask);
    weights.matmul(part(2)).swap_dims(1, 2).reshape([batch, tokens, heads * width])
}

/// As [`super::layer_norm`].
pub fn layer_norm<const D: usize>(x: Tensor<D>, gamma: Tensor<1>, beta: Tensor<1>) -> Tensor<D> {
    let centred = x.clone() - x.mean_dim(D - 1);
    let deviation = (centred.clone().square().mean_dim(D - 1) + EPSILON).sqrt();
    centred / deviation * gamma.unsqueeze() + beta.unsqueeze()
}

/// As [`super::lstm`].
pub fn lstm(
    x: Tensor<3>,
    input: Tensor<2>,
    recurrent: Tensor<2>,
    bias: Tensor<1>,
    order: Order,
) -> Tensor<3> {
    let ([batch, time, _], [hidden, gates]) = (x.dims(), recurrent.dims());
    let driven = x.matmul(input.unsqueeze()) + bias.unsqueeze();
    let zeros = Tensor::<2>::zeros([batch, hidden], &driven.device());
    let (mut state, mut cell) = (zeros.clone(), zeros);
    let mut states: Vec<Tensor<3>> = Vec::with_capacity(time);
    let moment = |step: usize| match order {
        Order::Ahead => step,
        Order::Behind => time - 1 - step,
    };
    for moment in (0..time).map(moment) {
        let sums = driven.clone().narrow(1, moment, 1).reshape([batch, gates])
            + state.clone().matmul(recurrent.clone());
        let gate = |index: usize| sums.clone().narrow(1, index * hidden, hidden);
        cell = sigmoid(gate(1)) * cell + sigmoid(gate(0)) * tanh(gate(2));
        state = sigmoid(gate(3)) * tanh(cell.clone());
        states.push(state.clone().unsqueeze_dim(1));
    }
    if order == Order::Behind {
        states.reverse();
    }
    Tensor::cat(states, 1)
}

/// As [`super::summary`].
pub fn summary(x: Tensor<3>) -> Tensor<2> {
    let (mean, most) = (x.clone().mean_dim(1), x.max_dim(1));
    Tensor::cat(vec![mean.squeeze_dim::<2>(1), most.squeeze_dim(1)], 1)
}
