//! The operations on the framework's tensors: forward, with and without what the way back needs.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::ops::{Backward, NodeGuard, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Flex, TensorMetadata, backend_extension};
use burn::tensor::TensorData;
use pulp::Arch;

use super::back;
use super::block::{self, Batch, BlockChunk, Kept, Operands};
use super::buffers;
use super::dense::{Activation, Dense};
use super::dropout::Mask;
use super::{attend, lstm, norm, summary};

/// What a backend must offer to run the network.
#[backend_extension(Flex, Autodiff)]
pub(super) trait Kernels: Backend {
    fn conv_taps(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
    fn gated_block(
        x: FloatTensor<Self>,
        first_weight: FloatTensor<Self>,
        first_bias: FloatTensor<Self>,
        second_weight: FloatTensor<Self>,
        second_bias: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
    fn dense_layer(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activation: super::dense::Activation,
        mask: Option<super::dropout::Mask>,
    ) -> FloatTensor<Self>;
    fn drop_values(x: FloatTensor<Self>, mask: super::dropout::Mask) -> FloatTensor<Self>;
    fn attention(
        qkv: FloatTensor<Self>,
        heads: usize,
        mask: Option<super::dropout::Mask>,
    ) -> FloatTensor<Self>;
    fn normalised(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
    fn recurrence(
        x: FloatTensor<Self>,
        input: FloatTensor<Self>,
        recurrent: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        order: super::lstm::Order,
    ) -> FloatTensor<Self>;
    fn summarised(x: FloatTensor<Self>) -> FloatTensor<Self>;
}

/// A dense copy where the tensor is a view, the tensor itself otherwise.
pub(super) fn dense(tensor: FlexTensor) -> FlexTensor {
    tensor.to_contiguous()
}

/// The values of a dense tensor.
pub(super) fn values(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice::<f32>().unwrap_or(&[])
}

/// A tensor of these values.
pub(super) fn tensor(values: Vec<f32>, shape: impl Into<Vec<usize>>) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape.into()))
}

/// Lets the memory of a tensor be used again, if nobody else looks at it.
pub(super) fn recycle(tensor: FlexTensor) {
    if tensor.is_unique()
        && let Ok(values) = tensor.into_data().try_into_vec()
    {
        buffers::give(values);
    }
}

/// Batch, time and width of `[batch, time, width]`.
pub(super) fn batch(x: &FlexTensor) -> Batch {
    let shape = x.shape();
    Batch { samples: shape[0], time: shape[1], width: shape[2] }
}

/// Length of the last axis.
pub(super) fn last(x: &FlexTensor) -> usize {
    let shape = x.shape();
    shape[shape.num_dims() - 1]
}

/// The shape with another last axis.
fn with_last(x: &FlexTensor, last: usize) -> Vec<usize> {
    let mut shape: Vec<usize> = x.shape().iter().copied().collect();
    if let Some(end) = shape.last_mut() {
        *end = last;
    }
    shape
}

/// One layer's operands.
pub(super) fn operands<'a>(weight: &'a FlexTensor, bias: &'a FlexTensor) -> Operands<'a> {
    Operands { weight: values(weight), bias: values(bias) }
}

fn conv(x: &FlexTensor, weight: &FlexTensor, bias: &FlexTensor) -> FlexTensor {
    let batch = batch(x);
    let y = block::conv(Arch::new(), batch, values(x), operands(weight, bias));
    tensor(y, [batch.samples, batch.time, last(bias)])
}

fn gated_block(x: &FlexTensor, layers: [&FlexTensor; 4]) -> (FlexTensor, Kept<BlockChunk>) {
    let batch = batch(x);
    let [first, second] = [operands(layers[0], layers[1]), operands(layers[2], layers[3])];
    let (y, kept) = block::block(Arch::new(), batch, values(x), [first, second]);
    (tensor(y, [batch.samples, batch.time / 2, last(layers[3]) / 2]), kept)
}

fn dense_layer(
    x: &FlexTensor,
    weight: &FlexTensor,
    bias: &FlexTensor,
    activation: Activation,
    mask: Option<Mask>,
) -> FlexTensor {
    let layer = Dense::new(Arch::new(), values(weight), values(bias), activation);
    let rows = values(x).len() / last(x).max(1);
    let mut y = buffers::taken(rows * layer.outputs());
    layer.forward(values(x), &mut y);
    if let Some(mask) = mask {
        mask.drop_from(&mut y);
    }
    tensor(y, with_last(x, layer.outputs()))
}

fn drop_values(x: &FlexTensor, mask: Mask) -> FlexTensor {
    tensor(mask.applied(values(x)), with_last(x, last(x)))
}

/// Sizes of an attention over `[batch, tokens, 3 heads width]`.
pub(super) fn attention_sizes(qkv: &FlexTensor, heads: usize) -> attend::Sizes {
    let Batch { time, width, .. } = batch(qkv);
    attend::Sizes { tokens: time, heads, width: width / 3 / heads.max(1) }
}

fn attention(qkv: &FlexTensor, heads: usize, mask: Option<Mask>) -> (FlexTensor, Vec<f32>) {
    let (Batch { samples, time, width }, sizes) = (batch(qkv), attention_sizes(qkv, heads));
    let mut context = buffers::taken(samples * time * width / 3);
    let mut weights = buffers::taken(samples * heads * time * time);
    attend::forward(sizes, values(qkv), mask, &mut context, &mut weights);
    (tensor(context, [samples, time, width / 3]), weights)
}

fn normalised(x: &FlexTensor, gamma: &FlexTensor, beta: &FlexTensor) -> FlexTensor {
    let mut rows = buffers::copied(values(x));
    norm::normalise(&mut rows, values(gamma), values(beta));
    tensor(rows, with_last(x, last(x)))
}

/// Sizes of a recurrence over `[batch, time, inputs]`.
pub(super) fn recurrence_sizes(x: &FlexTensor, bias: &FlexTensor) -> lstm::Sizes {
    let Batch { samples, time, width } = batch(x);
    lstm::Sizes { batch: samples, time, inputs: width, hidden: last(bias) / 4 }
}

fn recurrence(x: &FlexTensor, weights: [&FlexTensor; 3], order: lstm::Order) -> (FlexTensor, lstm::Kept) {
    let [input, recurrent, bias] = weights;
    let sizes = recurrence_sizes(x, bias);
    let layer = lstm::Lstm::new(Arch::new(), values(input), values(recurrent), values(bias));
    let kept = layer.forward(sizes, order, values(x));
    (tensor(buffers::copied(&kept.states), [sizes.batch, sizes.time, sizes.hidden]), kept)
}

fn summarised(x: &FlexTensor) -> FlexTensor {
    let Batch { samples, time, width } = batch(x);
    let mut y = buffers::taken(samples * 2 * width);
    summary::forward(values(x), time, width, &mut y);
    tensor(y, [samples, 2 * width])
}

impl Kernels for Flex {
    fn conv_taps(x: FlexTensor, weight: FlexTensor, bias: FlexTensor) -> FlexTensor {
        conv(&dense(x), &dense(weight), &dense(bias))
    }

    fn gated_block(
        x: FlexTensor,
        first_weight: FlexTensor,
        first_bias: FlexTensor,
        second_weight: FlexTensor,
        second_bias: FlexTensor,
    ) -> FlexTensor {
        let layers = [first_weight, first_bias, second_weight, second_bias].map(dense);
        gated_block(&dense(x), layers.each_ref()).0
    }

    fn dense_layer(
        x: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        activation: Activation,
        mask: Option<Mask>,
    ) -> FlexTensor {
        dense_layer(&dense(x), &dense(weight), &dense(bias), activation, mask)
    }

    fn drop_values(x: FlexTensor, mask: Mask) -> FlexTensor {
        drop_values(&dense(x), mask)
    }

    fn attention(qkv: FlexTensor, heads: usize, mask: Option<Mask>) -> FlexTensor {
        attention(&dense(qkv), heads, mask).0
    }

    fn normalised(x: FlexTensor, gamma: FlexTensor, beta: FlexTensor) -> FlexTensor {
        normalised(&dense(x), &dense(gamma), &dense(beta))
    }

    fn recurrence(
        x: FlexTensor,
        input: FlexTensor,
        recurrent: FlexTensor,
        bias: FlexTensor,
        order: lstm::Order,
    ) -> FlexTensor {
        let weights = [input, recurrent, bias].map(dense);
        recurrence(&dense(x), weights.each_ref(), order).0
    }

    fn summarised(x: FlexTensor) -> FlexTensor {
        summarised(&dense(x))
    }
}

/// Notes an operation for the way back: `run` gives its output and what the way back needs.
fn record<C: CheckpointStrategy, O: Backward<Flex, N>, const N: usize>(
    operation: O,
    nodes: [NodeGuard; N],
    run: impl FnOnce() -> (FlexTensor, O::State),
) -> FloatTensor<Autodiff<Flex, C>> {
    let (y, state) = run();
    match operation.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prep) => prep.finish(state, y),
        OpsKind::UnTracked(prep) => prep.finish(y),
    }
}

impl<C: CheckpointStrategy> Kernels for Autodiff<Flex, C> {
    fn conv_taps(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), weight.node(), bias.node()];
        let [x, weight, bias] = [x, weight, bias].map(|operand| dense(operand.into_primitive()));
        record::<C, _, 3>(back::Conv, nodes, || {
            let y = conv(&x, &weight, &bias);
            (y, (x, weight))
        })
    }

    fn gated_block(
        x: FloatTensor<Self>,
        first_weight: FloatTensor<Self>,
        first_bias: FloatTensor<Self>,
        second_weight: FloatTensor<Self>,
        second_bias: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let all = [x, first_weight, first_bias, second_weight, second_bias];
        let nodes = all.each_ref().map(|operand| operand.node());
        let [x, layers @ ..] = all.map(|operand| dense(operand.into_primitive()));
        record::<C, _, 5>(back::Block, nodes, || {
            let (y, kept) = gated_block(&x, layers.each_ref());
            (y, (x, layers, kept))
        })
    }

    fn dense_layer(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activation: Activation,
        mask: Option<Mask>,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), weight.node(), bias.node()];
        let [x, weight, bias] = [x, weight, bias].map(|operand| dense(operand.into_primitive()));
        record::<C, _, 3>(back::Dense, nodes, || {
            let y = dense_layer(&x, &weight, &bias, activation, mask);
            (y.clone(), back::DenseState { x, weight, y, activation, mask })
        })
    }

    fn drop_values(x: FloatTensor<Self>, mask: Mask) -> FloatTensor<Self> {
        let nodes = [x.node()];
        let x = dense(x.into_primitive());
        record::<C, _, 1>(back::Dropout, nodes, || (drop_values(&x, mask), mask))
    }

    fn attention(qkv: FloatTensor<Self>, heads: usize, mask: Option<Mask>) -> FloatTensor<Self> {
        let nodes = [qkv.node()];
        let qkv = dense(qkv.into_primitive());
        record::<C, _, 1>(back::Attention, nodes, || {
            let (context, weights) = attention(&qkv, heads, mask);
            (context, (qkv, heads, mask, weights))
        })
    }

    fn normalised(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), gamma.node(), beta.node()];
        let [x, gamma, beta] = [x, gamma, beta].map(|operand| dense(operand.into_primitive()));
        record::<C, _, 3>(back::Norm, nodes, || (normalised(&x, &gamma, &beta), (x, gamma)))
    }

    fn recurrence(
        x: FloatTensor<Self>,
        input: FloatTensor<Self>,
        recurrent: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        order: lstm::Order,
    ) -> FloatTensor<Self> {
        let all = [x, input, recurrent, bias];
        let nodes = all.each_ref().map(|operand| operand.node());
        let [x, input, recurrent, bias] = all.map(|operand| dense(operand.into_primitive()));
        record::<C, _, 4>(back::Recurrence, nodes, || {
            let (y, kept) = recurrence(&x, [&input, &recurrent, &bias], order);
            (y, (recurrence_sizes(&x, &bias), order, [x, input, recurrent], kept))
        })
    }

    fn summarised(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let nodes = [x.node()];
        let x = dense(x.into_primitive());
        record::<C, _, 1>(back::Summary, nodes, || (summarised(&x), x))
    }
}
