//! The convolution stack's own operations, as an extension of the tensor framework's backend: the gated
//! residual layer, the plain convolution and the pooling, each with its hand-written gradient.
//!
//! The framework's stock convolution makes its windows anew for each of the two convolutions of a gate and
//! keeps every intermediate of the gate; these operations need one product per layer and two kept factors.

mod gate;
mod gemm;
mod pool;
mod taps;
#[cfg(test)]
mod tests;

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Tensor, TensorData};

use taps::{Reach, Sizes};

/// Convolution of kernel 3, padding 1, along time.
///
/// Shapes: `x [batch, time, in]`, `weight [3 in, out]` with row `tap * in + channel`, `bias [out]`;
/// returns `[batch, time, out]`.
pub fn conv(x: Tensor<3>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<3> {
    Tensor::from_dispatch(Dispatch::conv_taps(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
    ))
}

/// Residual gated linear unit (report, equation 1): `Y = [X +] A * sigmoid(G)`, the residual only where the
/// widths agree.
///
/// Shapes: `x [batch, time, in]`, `weight [3 in, 2 out]` whose first `out` columns make `A` and whose last
/// make `G`, `bias [2 out]`; returns `[batch, time, out]`.
pub fn rglu(x: Tensor<3>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<3> {
    Tensor::from_dispatch(Dispatch::rglu(x.into_dispatch(), weight.into_dispatch(), bias.into_dispatch()))
}

/// Maximum of neighbouring pairs along time: `[batch, time, channels]` to `[batch, time / 2, channels]`.
pub fn max_pool(x: Tensor<3>) -> Tensor<3> {
    Tensor::from_dispatch(Dispatch::pool_pairs(x.into_dispatch()))
}

/// What a backend must offer to run the convolution stack.
#[backend_extension(Flex, Autodiff)]
trait Kernels: Backend {
    fn conv_taps(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
    fn rglu(x: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self>;
    fn pool_pairs(x: FloatTensor<Self>) -> FloatTensor<Self>;
}

/// Sizes of a convolution, read off its operands.
fn sizes(x: &FlexTensor, weight: &FlexTensor) -> Sizes {
    let (x, weight) = (x.shape(), weight.shape());
    let sizes = Sizes { batch: x[0], time: x[1], inputs: x[2], outputs: weight[1] };
    assert_eq!(weight[0], taps::TAPS * sizes.inputs, "rows of a convolution's weights");
    sizes
}

/// A dense copy where the tensor is a view, the tensor itself otherwise.
fn dense(tensor: FlexTensor) -> FlexTensor {
    tensor.to_contiguous()
}

/// The values of a dense tensor.
fn values(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice::<f32>().unwrap_or(&[])
}

fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}

/// One convolution's operands, dense.
#[derive(Clone, Debug)]
struct Operands {
    x: FlexTensor,
    weight: FlexTensor,
    bias: FlexTensor,
}

impl Operands {
    fn new(x: FlexTensor, weight: FlexTensor, bias: FlexTensor) -> Self {
        Operands { x: dense(x), weight: dense(weight), bias: dense(bias) }
    }

    fn sizes(&self) -> Sizes {
        sizes(&self.x, &self.weight)
    }

    fn conv(&self) -> FlexTensor {
        let sizes = self.sizes();
        let mut y = vec![0.0; sizes.batch * sizes.time * sizes.outputs];
        let slots = y.chunks_exact_mut(sizes.time * sizes.outputs).collect();
        let bias = values(&self.bias);
        taps::convolve(
            values(&self.x),
            values(&self.weight),
            sizes,
            slots,
            |y: &mut &mut [f32], row, sums| {
                let y = &mut y[row * sizes.outputs..(row + 1) * sizes.outputs];
                y.iter_mut().zip(sums.iter().zip(bias)).for_each(|(y, (sum, bias))| *y = sum + bias);
            },
        );
        tensor(y, [sizes.batch, sizes.time, sizes.outputs])
    }

    fn conv_backward(&self, dy: &[f32], reach: Reach) -> taps::Gradients {
        let sizes = self.sizes();
        taps::convolve_backward(values(&self.x), values(&self.weight), sizes, reach, |sample, row, out| {
            let first = (sample * sizes.time + row) * sizes.outputs;
            out.copy_from_slice(&dy[first..first + sizes.outputs]);
        })
    }

    fn layer(&self) -> gate::Layer<'_> {
        gate::Layer {
            x: values(&self.x),
            weight: values(&self.weight),
            bias: values(&self.bias),
            sizes: self.sizes(),
        }
    }

    fn rglu(&self) -> FlexTensor {
        self.gated(gate::forward(self.layer()))
    }

    fn rglu_keeping(&self) -> (FlexTensor, gate::Kept) {
        let (y, kept) = gate::forward_keeping(self.layer());
        (self.gated(y), kept)
    }

    /// The output of a gated layer as a tensor.
    fn gated(&self, y: Vec<f32>) -> FlexTensor {
        let sizes = self.sizes();
        tensor(y, [sizes.batch, sizes.time, sizes.outputs / 2])
    }
}

impl Kernels for Flex {
    fn conv_taps(x: FlexTensor, weight: FlexTensor, bias: FlexTensor) -> FlexTensor {
        Operands::new(x, weight, bias).conv()
    }

    fn rglu(x: FlexTensor, weight: FlexTensor, bias: FlexTensor) -> FlexTensor {
        Operands::new(x, weight, bias).rglu()
    }

    fn pool_pairs(x: FlexTensor) -> FlexTensor {
        let x = dense(x);
        let shape = x.shape();
        let y = pool::forward(values(&x), shape[1], shape[2]);
        tensor(y, [shape[0], shape[1] / 2, shape[2]])
    }
}

#[derive(Debug)]
struct ConvBackward;
#[derive(Debug)]
struct RgluBackward;
#[derive(Debug)]
struct PoolBackward;

/// Hands a convolution's gradients to whichever of its operands are tracked.
macro_rules! register {
    ($grads:expr, $nodes:expr, $sizes:expr, $found:expr) => {{
        let ([x, weight, bias], Sizes { batch, time, inputs, outputs }) = ($nodes, $sizes);
        let found: taps::Gradients = $found;
        if let Some(node) = x {
            $grads.register::<Flex>(node.id, tensor(found.input, [batch, time, inputs]));
        }
        if let Some(node) = weight {
            $grads.register::<Flex>(node.id, tensor(found.weight, [taps::TAPS * inputs, outputs]));
        }
        if let Some(node) = bias {
            $grads.register::<Flex>(node.id, tensor(found.bias, [outputs]));
        }
    }};
}

impl Backward<Flex, 3> for ConvBackward {
    type State = Operands;

    fn backward(self, ops: Ops<Operands, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = dense(grads.consume::<Flex>(&ops.node));
        let reach = if ops.parents[0].is_some() { Reach::Input } else { Reach::WeightsOnly };
        register!(grads, ops.parents, ops.state.sizes(), ops.state.conv_backward(values(&dy), reach));
    }
}

impl Backward<Flex, 3> for RgluBackward {
    type State = (Operands, gate::Kept);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = dense(grads.consume::<Flex>(&ops.node));
        let (operands, kept) = &ops.state;
        let found = gate::backward(operands.layer(), kept, values(&dy));
        register!(grads, ops.parents, operands.sizes(), found);
    }
}

impl Backward<Flex, 1> for PoolBackward {
    type State = FlexTensor;

    fn backward(self, ops: Ops<FlexTensor, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = dense(grads.consume::<Flex>(&ops.node));
        let shape = ops.state.shape();
        if let [Some(node)] = ops.parents {
            let dx = pool::backward(values(&ops.state), values(&dy), shape[1], shape[2]);
            grads.register::<Flex>(node.id, tensor(dx, [shape[0], shape[1], shape[2]]));
        }
    }
}

impl<C: CheckpointStrategy> Kernels for Autodiff<Flex, C> {
    fn conv_taps(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), weight.node(), bias.node()];
        let operands = Operands::new(x.into_primitive(), weight.into_primitive(), bias.into_primitive());
        match ConvBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let y = operands.conv();
                prep.finish(operands, y)
            }
            OpsKind::UnTracked(prep) => prep.finish(operands.conv()),
        }
    }

    fn rglu(x: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self> {
        let nodes = [x.node(), weight.node(), bias.node()];
        let operands = Operands::new(x.into_primitive(), weight.into_primitive(), bias.into_primitive());
        match RgluBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let (y, kept) = operands.rglu_keeping();
                prep.finish((operands, kept), y)
            }
            OpsKind::UnTracked(prep) => prep.finish(operands.rglu()),
        }
    }

    fn pool_pairs(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let nodes = [x.node()];
        let input = dense(x.into_primitive());
        match PoolBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let y = Flex::pool_pairs(input.clone());
                prep.finish(input, y)
            }
            OpsKind::UnTracked(prep) => prep.finish(Flex::pool_pairs(input)),
        }
    }
}
