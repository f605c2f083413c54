//! Convolutions of kernel 3 along time as single products, on plain slices.
//!
//! Activations are channels-last, `[batch, time, channels]`. Between two samples lies one row of zeros, so
//! that a window of three neighbouring rows is three taps of one sample and never touches another one: the
//! convolution is then one product of overlapping rows (stride C, length 3C) with a `[3C, out]` matrix whose
//! row `tap * C + c` holds the weights of input channel `c`. No window is ever copied.

use rayon::prelude::*;

use super::gemm::{Store, View, multiply};

/// Taps of every convolution in the network; the padding keeps the length.
pub(super) const TAPS: usize = 3;
/// Rows that one product covers at least: enough to pay for packing the weights, few enough for the cache.
const CHUNK_ROWS: usize = 256;
/// Weight gradients are summed in this many parts whatever the number of threads, so that the sum, and with
/// it a training run, does not depend on how many cores there are.
const GRADIENT_PARTS: usize = 8;

/// The sizes of one convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sizes {
    pub batch: usize,
    pub time: usize,
    pub inputs: usize,
    pub outputs: usize,
}

impl Sizes {
    /// Samples that one product covers.
    fn chunk(&self) -> usize {
        (CHUNK_ROWS.div_ceil(self.time + 1)).clamp(1, self.batch.max(1))
    }

    /// Rows of the product over `samples` padded samples, the zero rows between them included.
    fn product_rows(&self, samples: usize) -> usize {
        samples * (self.time + 1) - 1
    }
}

/// Buffers that a thread keeps between chunks.
#[derive(Default)]
struct Scratch {
    input: Vec<f32>,
    gradient: Vec<f32>,
    product: Vec<f32>,
}

/// Copies samples `[n, time, width]` into rows with a zero row before, between and after them.
fn pad(samples: &[f32], time: usize, width: usize, padded: &mut Vec<f32>) {
    let count = samples.len() / (time * width);
    padded.clear();
    padded.reserve((count * (time + 1) + 1) * width);
    padded.resize(width, 0.0);
    for sample in samples.chunks_exact(time * width) {
        padded.extend_from_slice(sample);
        padded.resize(padded.len() + width, 0.0);
    }
}

/// Convolves `x [batch, time, inputs]` with `weight [3 inputs, outputs]`; `finish(sample, row, values)` gets
/// each finished product row while it is still in the cache, with the sample's slot in `out`.
///
/// `out` lists, per sample, whatever the caller wants to fill: it is split along the batch among threads.
pub(super) fn convolve<Slot: Send>(
    x: &[f32],
    weight: &[f32],
    sizes: Sizes,
    out: Vec<Slot>,
    finish: impl Fn(&mut Slot, usize, &[f32]) + Sync,
) {
    let Sizes { time, inputs, outputs, .. } = sizes;
    let chunk = sizes.chunk();
    let weight = View::rows(weight, TAPS * inputs, outputs, outputs);
    let mut out = out;
    out.par_chunks_mut(chunk).zip(x.par_chunks(chunk * time * inputs)).for_each_init(
        Scratch::default,
        |scratch, (slots, samples)| {
            let rows = sizes.product_rows(slots.len());
            pad(samples, time, inputs, &mut scratch.input);
            scratch.product.resize(rows * outputs, 0.0);
            let windows = View::rows(&scratch.input, rows, TAPS * inputs, inputs);
            multiply(&mut scratch.product, windows, weight, Store::Replace);
            for (index, slot) in slots.iter_mut().enumerate() {
                let first = index * (time + 1);
                let rows = scratch.product[first * outputs..].chunks_exact(outputs).take(time);
                rows.enumerate().for_each(|(row, values)| finish(slot, row, values));
            }
        },
    );
}

/// The gradients of a convolution; the input's is empty where nobody asked for it.
pub(super) struct Gradients {
    pub input: Vec<f32>,
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
}

/// Whether the gradient reaches the convolution's input: not for the picture itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    Input,
    WeightsOnly,
}

/// Sums of weight and bias gradients over one part of the batch.
struct Sums {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

/// Gradients of [`convolve`], given the gradient of its product row by row:
/// `product_gradient(sample, row, values)` fills `values [outputs]`.
pub(super) fn convolve_backward(
    x: &[f32],
    weight: &[f32],
    sizes: Sizes,
    reach: Reach,
    product_gradient: impl Fn(usize, usize, &mut [f32]) + Sync,
) -> Gradients {
    let Sizes { batch, time, inputs, .. } = sizes;
    let sample = time * inputs;
    let turned = (reach == Reach::Input).then(|| turn(weight, inputs, sizes.outputs));
    let mut input = vec![0.0; if turned.is_some() { batch * sample } else { 0 }];
    let chunk = sizes.chunk();
    let part = batch.div_ceil(chunk).div_ceil(GRADIENT_PARTS).max(1) * chunk;
    let mut input_parts = input.chunks_mut(part * sample);
    let parts: Vec<_> = x.chunks(part * sample).map(|x| (x, input_parts.next())).collect();
    let sums = parts
        .into_par_iter()
        .enumerate()
        .map(|(index, (x, mut input))| {
            let mut sums =
                Sums { weight: vec![0.0; TAPS * inputs * sizes.outputs], bias: vec![0.0; sizes.outputs] };
            let mut scratch = Scratch::default();
            for (number, x) in x.chunks(chunk * sample).enumerate() {
                let first = index * part + number * chunk;
                product_gradients(x, sizes, first, &mut scratch, &mut sums.bias, &product_gradient);
                add_weight_gradient(x, sizes, &mut scratch, &mut sums.weight);
                if let (Some(turned), Some(input)) = (&turned, &mut input) {
                    let at = number * chunk * sample;
                    input_gradient(turned, sizes, &mut scratch, &mut input[at..at + x.len()]);
                }
            }
            sums
        })
        .collect();
    let Sums { weight, bias } = add_in_order(sums);
    Gradients { input, weight, bias }
}

/// Fills the padded gradient of a chunk's product and adds its columns to the bias gradient.
fn product_gradients(
    x: &[f32],
    sizes: Sizes,
    first_sample: usize,
    scratch: &mut Scratch,
    bias: &mut [f32],
    product_gradient: &(impl Fn(usize, usize, &mut [f32]) + Sync),
) {
    let Sizes { time, inputs, outputs, .. } = sizes;
    let samples = x.len() / (time * inputs);
    scratch.gradient.clear();
    scratch.gradient.resize((sizes.product_rows(samples) + 2) * outputs, 0.0);
    for sample in 0..samples {
        let first = (1 + sample * (time + 1)) * outputs;
        let rows = scratch.gradient[first..].chunks_exact_mut(outputs).take(time);
        for (row, values) in rows.enumerate() {
            product_gradient(first_sample + sample, row, values);
            bias.iter_mut().zip(values.iter()).for_each(|(sum, value)| *sum += value);
        }
    }
}

/// Adds `windows(x)^T x gradient` to the weight gradient.
fn add_weight_gradient(x: &[f32], sizes: Sizes, scratch: &mut Scratch, weight: &mut [f32]) {
    let Sizes { time, inputs, outputs, .. } = sizes;
    let rows = sizes.product_rows(x.len() / (time * inputs));
    pad(x, time, inputs, &mut scratch.input);
    let windows = View::rows(&scratch.input, rows, TAPS * inputs, inputs);
    let gradient = View::rows(&scratch.gradient[outputs..], rows, outputs, outputs);
    multiply(weight, windows.transposed(), gradient, Store::Add);
}

/// Convolves the padded gradient with the turned weights into the input gradient of a chunk.
fn input_gradient(turned: &[f32], sizes: Sizes, scratch: &mut Scratch, input: &mut [f32]) {
    let Sizes { time, inputs, outputs, .. } = sizes;
    let rows = sizes.product_rows(input.len() / (time * inputs));
    scratch.product.resize(rows * inputs, 0.0);
    let windows = View::rows(&scratch.gradient, rows, TAPS * outputs, outputs);
    let turned = View::rows(turned, TAPS * outputs, inputs, inputs);
    multiply(&mut scratch.product, windows, turned, Store::Replace);
    for (index, sample) in input.chunks_exact_mut(time * inputs).enumerate() {
        let first = index * (time + 1) * inputs;
        sample.copy_from_slice(&scratch.product[first..first + time * inputs]);
    }
}

/// The weights of the convolution that carries gradients back: taps reversed, inputs and outputs exchanged.
fn turn(weight: &[f32], inputs: usize, outputs: usize) -> Vec<f32> {
    let mut turned = vec![0.0; weight.len()];
    for tap in 0..TAPS {
        for input in 0..inputs {
            for output in 0..outputs {
                turned[((TAPS - 1 - tap) * outputs + output) * inputs + input] =
                    weight[(tap * inputs + input) * outputs + output];
            }
        }
    }
    turned
}

/// Adds the parts in their order, whichever thread made them.
fn add_in_order(parts: Vec<Sums>) -> Sums {
    let mut parts = parts.into_iter();
    let mut total = parts.next().unwrap_or(Sums { weight: Vec::new(), bias: Vec::new() });
    for part in parts {
        total.weight.iter_mut().zip(part.weight).for_each(|(sum, value)| *sum += value);
        total.bias.iter_mut().zip(part.bias).for_each(|(sum, value)| *sum += value);
    }
    total
}
