//! The operations' ways back: each hands its operands' gradients to the framework.

use burn::backend::Flex;
use burn::backend::TensorMetadata;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops};
use burn::backend::flex::FlexTensor;
use pulp::Arch;

use super::block::{self, Batch, BlockChunk, Kept};
use super::buffers;
use super::dense::{self, Activation};
use super::dropout::Mask;
use super::ops::{attention_sizes, batch, dense as contiguous, operands, recycle, tensor, values};
use super::{attend, lstm, norm, summary};

/// Hands the gradient of an operand, by its number, to the framework: values and shape.
type Give<'a> = Box<dyn FnMut(usize, Vec<f32>, &[usize]) + 'a>;

/// The gradient of an operation's output, and where its operands' gradients go.
struct Way<'a, const N: usize> {
    dy: FlexTensor,
    give: Give<'a>,
}

impl<'a, const N: usize> Way<'a, N> {
    /// Takes an operation apart into its state and its way.
    fn of<S>(ops: Ops<S, N>, grads: &'a mut Gradients) -> (S, Self) {
        let dy = contiguous(grads.consume::<Flex>(&ops.node));
        let parents = ops.parents;
        let give = Box::new(move |operand: usize, values: Vec<f32>, shape: &[usize]| {
            if let Some(node) = &parents[operand] {
                grads.register::<Flex>(node.id, tensor(values, shape));
            }
        });
        (ops.state, Way { dy, give })
    }

    fn dy(&self) -> &[f32] {
        values(&self.dy)
    }

    /// Ends the way: what it was made of is not needed any more.
    fn end(self, operands: impl IntoIterator<Item = FlexTensor>) {
        recycle(self.dy);
        operands.into_iter().for_each(recycle);
    }
}

/// The convolution before the blocks.
#[derive(Debug)]
pub(super) struct Conv;

impl Backward<Flex, 3> for Conv {
    /// Input and weight.
    type State = (FlexTensor, FlexTensor);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let asked = ops.parents[0].is_some();
        let ((x, weight), mut way) = Way::of(ops, grads);
        let (outputs, asked) = (weight.shape()[1], asked.then(|| values(&weight)));
        let (dx, found) = block::conv_back(Arch::new(), batch(&x), values(&x), asked, outputs, way.dy());
        (way.give)(0, dx, &x.shape());
        (way.give)(1, found.weight, &weight.shape());
        (way.give)(2, found.bias, &[outputs]);
        way.end([x]);
    }
}

/// Two gated layers and a pooling.
#[derive(Debug)]
pub(super) struct Block;

impl Backward<Flex, 5> for Block {
    /// Input, weights and biases, and what the chunks keep.
    type State = (FlexTensor, [FlexTensor; 4], Kept<BlockChunk>);

    fn backward(self, ops: Ops<Self::State, 5>, grads: &mut Gradients, _: &mut Checkpointer) {
        let ((x, layers, kept), mut way) = Way::of(ops, grads);
        let both = [operands(&layers[0], &layers[1]), operands(&layers[2], &layers[3])];
        let (dx, found) = block::block_back(Arch::new(), batch(&x), values(&x), kept, both, way.dy());
        (way.give)(0, dx, &x.shape());
        for (layer, found) in found.into_iter().enumerate() {
            (way.give)(1 + 2 * layer, found.weight, &layers[2 * layer].shape());
            (way.give)(2 + 2 * layer, found.bias, &layers[2 * layer + 1].shape());
        }
        way.end([x]);
    }
}

/// A dense layer.
#[derive(Debug)]
pub(super) struct Dense;

/// What its way back needs.
#[derive(Debug, Clone)]
pub(super) struct DenseState {
    pub x: FlexTensor,
    pub weight: FlexTensor,
    pub y: FlexTensor,
    pub activation: Activation,
    pub mask: Option<Mask>,
}

impl Backward<Flex, 3> for Dense {
    type State = DenseState;

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let (DenseState { x, weight, y, activation, mask }, mut way) = Way::of(ops, grads);
        let outputs = weight.shape()[1];
        let gradient = dense::Gradient { y: values(&y), dy: way.dy(), outputs, activation, mask };
        let found = dense::back(Arch::new(), values(&x), values(&weight), gradient);
        (way.give)(0, found.input, &x.shape());
        (way.give)(1, found.weight, &weight.shape());
        (way.give)(2, found.bias, &[outputs]);
        way.end([x, y]);
    }
}

/// Dropout.
#[derive(Debug)]
pub(super) struct Dropout;

impl Backward<Flex, 1> for Dropout {
    type State = Mask;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let (mask, mut way) = Way::of(ops, grads);
        let dx = mask.applied(way.dy());
        let shape = way.dy.shape();
        (way.give)(0, dx, &shape);
        way.end([]);
    }
}

/// Attention without its projections.
#[derive(Debug)]
pub(super) struct Attention;

impl Backward<Flex, 1> for Attention {
    /// Queries, keys and values; heads; the mask; the attention weights.
    type State = (FlexTensor, usize, Option<Mask>, Vec<f32>);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let ((qkv, heads, mask, weights), mut way) = Way::of(ops, grads);
        let found = attend::back(attention_sizes(&qkv, heads), values(&qkv), mask, &weights, way.dy());
        (way.give)(0, found, &qkv.shape());
        buffers::give(weights);
        way.end([qkv]);
    }
}

/// Layer normalisation.
#[derive(Debug)]
pub(super) struct Norm;

impl Backward<Flex, 3> for Norm {
    /// Input and gamma.
    type State = (FlexTensor, FlexTensor);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let ((x, gamma), mut way) = Way::of(ops, grads);
        let found = norm::back(values(&x), values(&gamma), way.dy());
        (way.give)(0, found.input, &x.shape());
        (way.give)(1, found.gamma, &gamma.shape());
        (way.give)(2, found.beta, &gamma.shape());
        way.end([x]);
    }
}

/// One direction of a long short-term memory.
#[derive(Debug)]
pub(super) struct Recurrence;

impl Backward<Flex, 4> for Recurrence {
    /// The sequence and the weights of input and state.
    type State = (lstm::Sizes, lstm::Order, [FlexTensor; 3], lstm::Kept);

    fn backward(self, ops: Ops<Self::State, 4>, grads: &mut Gradients, _: &mut Checkpointer) {
        let ((sizes, order, [x, input, recurrent], kept), mut way) = Way::of(ops, grads);
        let weights = [values(&input), values(&recurrent)];
        let found = lstm::back(Arch::new(), sizes, order, values(&x), weights, kept, way.dy());
        (way.give)(0, found.x, &x.shape());
        (way.give)(1, found.input, &input.shape());
        (way.give)(2, found.recurrent, &recurrent.shape());
        (way.give)(3, found.bias, &[4 * sizes.hidden]);
        way.end([x]);
    }
}

/// Average and maximum over time.
#[derive(Debug)]
pub(super) struct Summary;

impl Backward<Flex, 1> for Summary {
    type State = FlexTensor;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let (x, mut way) = Way::of(ops, grads);
        let Batch { time, width, .. } = batch(&x);
        let found = summary::back(values(&x), time, width, way.dy());
        (way.give)(0, found, &x.shape());
        way.end([x]);
    }
}
