//! Each operation and its gradients against the framework's stock operations, on random shapes.

use burn::tensor::module::{conv1d, max_pool1d};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor, TensorData};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{conv, max_pool, rglu};
use crate::model::weights::values;

/// f32 sums of a few hundred products, in another order.
const TOLERANCE: f32 = 2e-4;

/// Values in ±1, so that the gate is neither open nor shut.
fn random<const D: usize>(shape: [usize; D], seed: u64, device: &Device) -> Tensor<D> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let data: Vec<f32> = (0..shape.iter().product()).map(|_| random.random_range(-1.0..1.0)).collect();
    Tensor::from_data(TensorData::new(data, shape), device).require_grad()
}

/// The stock convolution with our weight layout: columns `first..first + width` of `[3 in, out]`.
fn stock_conv(x: Tensor<3>, weight: Tensor<2>, bias: Tensor<1>, first: usize, width: usize) -> Tensor<3> {
    let [_, _, inputs] = x.dims();
    let weight = weight.narrow(1, first, width).reshape([3, inputs, width]).permute([2, 1, 0]);
    let bias = bias.narrow(0, first, width);
    let options = ConvOptions::new([1], [1], [1], 1);
    conv1d(x.swap_dims(1, 2), weight, Some(bias), options).swap_dims(1, 2)
}

fn stock_rglu(x: Tensor<3>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<3> {
    let ([_, _, inputs], [_, columns]) = (x.dims(), weight.dims());
    let width = columns / 2;
    let linear = stock_conv(x.clone(), weight.clone(), bias.clone(), 0, width);
    let gate = stock_conv(x.clone(), weight, bias, width, width);
    let y = linear * burn::tensor::activation::sigmoid(gate);
    if inputs == width { x + y } else { y }
}

fn stock_pool(x: Tensor<3>) -> Tensor<3> {
    max_pool1d(x.swap_dims(1, 2), MaxPoolOptions::new([2]).with_stride([2])).swap_dims(1, 2)
}

/// The largest difference, and an error where the shapes differ.
fn apart<const D: usize>(one: Tensor<D>, other: Tensor<D>) -> Result<f32, TestCaseError> {
    prop_assert_eq!(one.dims(), other.dims());
    let pairs = values(one).into_iter().zip(values(other));
    Ok(pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max))
}

/// The same values in one row.
fn flat<const D: usize>(tensor: Tensor<D>) -> Tensor<1> {
    tensor.flatten(0, D - 1)
}

/// Outputs, then gradients of a random projection of them, for each operand.
fn compare(
    operands: (Tensor<3>, Tensor<2>, Tensor<1>),
    ours: fn(Tensor<3>, Tensor<2>, Tensor<1>) -> Tensor<3>,
    stock: fn(Tensor<3>, Tensor<2>, Tensor<1>) -> Tensor<3>,
) -> Result<(), TestCaseError> {
    let (x, weight, bias) = operands;
    let (found, expected) =
        (ours(x.clone(), weight.clone(), bias.clone()), stock(x.clone(), weight.clone(), bias.clone()));
    prop_assert!(apart(found.clone(), expected.clone())? < TOLERANCE);
    let projection = random(found.dims(), 9, &x.device()).detach();
    let (ours, stock) =
        ((found * projection.clone()).sum().backward(), (expected * projection).sum().backward());
    for (name, found, expected) in [
        ("x", x.grad(&ours).map(flat), x.grad(&stock).map(flat)),
        ("weight", weight.grad(&ours).map(flat), weight.grad(&stock).map(flat)),
        ("bias", bias.grad(&ours), bias.grad(&stock)),
    ] {
        let (Some(found), Some(expected)) = (found, expected) else {
            return Err(TestCaseError::fail(format!("no gradient of {name}")));
        };
        let worst = apart(found, expected)?;
        prop_assert!(worst < 10.0 * TOLERANCE, "gradient of {} is off by {}", name, worst);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_gated_layer_and_its_gradients_are_the_stock_operations(
        batch in 1usize..6, time in 1usize..40, inputs in 1usize..9, same: bool, outputs in 1usize..9, seed: u64,
    ) {
        let (device, outputs) = (Device::flex().autodiff(), if same { inputs } else { outputs });
        let operands = (
            random([batch, time, inputs], seed, &device),
            random([3 * inputs, 2 * outputs], seed ^ 1, &device),
            random([2 * outputs], seed ^ 2, &device),
        );
        compare(operands, rglu, stock_rglu)?;
    }

    #[test]
    fn a_convolution_and_its_gradients_are_the_stock_operations(
        batch in 1usize..6, time in 1usize..40, inputs in 1usize..9, outputs in 1usize..9, seed: u64,
    ) {
        let device = Device::flex().autodiff();
        let operands = (
            random([batch, time, inputs], seed, &device),
            random([3 * inputs, outputs], seed ^ 1, &device),
            random([outputs], seed ^ 2, &device),
        );
        compare(operands, conv, |x, weight, bias| {
            let width = bias.dims()[0];
            stock_conv(x, weight, bias, 0, width)
        })?;
    }

    #[test]
    fn pooling_and_its_gradient_are_the_stock_operations(
        batch in 1usize..5, time in 2usize..41, channels in 1usize..9, seed: u64,
    ) {
        let x = random([batch, time, channels], seed, &Device::flex().autodiff());
        let (found, expected) = (max_pool(x.clone()), stock_pool(x.clone()));
        prop_assert_eq!(apart(found.clone(), expected.clone())?, 0.0);
        let (ours, stock) = (found.square().sum().backward(), expected.square().sum().backward());
        let (Some(found), Some(expected)) = (x.grad(&ours), x.grad(&stock)) else {
            return Err(TestCaseError::fail("no gradient"));
        };
        prop_assert_eq!(apart(found, expected)?, 0.0);
    }
}

#[test]
fn a_large_batch_is_summed_alike_however_many_threads_there_are() -> Result<(), Box<dyn std::error::Error>> {
    let gradient = |threads: usize| -> Result<Vec<f32>, Box<dyn std::error::Error>> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        Ok(pool.install(|| {
            let device = Device::flex().autodiff();
            let x = random([33, 19, 4], 1, &device);
            let weight = random([12, 8], 2, &device);
            let gradients = rglu(x, weight.clone(), random([8], 3, &device)).sum().backward();
            weight.grad(&gradients).map(values).unwrap_or_default()
        }))
    };
    let alone = gradient(1)?;
    assert!(!alone.is_empty());
    assert_eq!(alone, gradient(3)?);
    Ok(())
}
