//! Each operation and its gradients against the framework's stock operations, on random shapes.

use burn::tensor::{Device, Tensor, TensorData};
use proptest::prelude::*;
use pulp::Arch;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::block::{self as blocks, Batch, Operands};
use super::dense::{Dense, Gradient, back as dense_back};
use super::{Activation, Mask, Order, attend, block, conv, dense, dropout, layer_norm, lstm, stock, summary};
use crate::model::weights::values;

/// f32 sums of a few hundred products, in another order.
const TOLERANCE: f32 = 2e-4;

type Outcome = Result<(), TestCaseError>;

/// Values in ±1, so that no gate is wide open or shut.
fn random<const D: usize>(shape: [usize; D], seed: u64) -> Tensor<D> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let data: Vec<f32> = (0..shape.iter().product()).map(|_| random.random_range(-1.0..1.0)).collect();
    Tensor::from_data(TensorData::new(data, shape), &Device::flex().autodiff()).require_grad()
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

/// An operand whose gradient can be compared whatever its rank.
enum Operand {
    Row(Tensor<1>),
    Matrix(Tensor<2>),
    Batch(Tensor<3>),
}

/// Outputs, then for each operand the gradients of a random projection of them.
fn compare<const D: usize>(operands: &[Operand], ours: Tensor<D>, stock: Tensor<D>) -> Outcome {
    let worst = apart(ours.clone(), stock.clone())?;
    prop_assert!(worst < TOLERANCE, "the outputs are {} apart", worst);
    let projection = random(ours.dims(), 9).detach();
    let ours = (ours * projection.clone()).sum().backward();
    let stock = (stock * projection).sum().backward();
    for (index, operand) in operands.iter().enumerate() {
        let found = match operand {
            Operand::Row(tensor) => (tensor.grad(&ours), tensor.grad(&stock)),
            Operand::Matrix(tensor) => (tensor.grad(&ours).map(flat), tensor.grad(&stock).map(flat)),
            Operand::Batch(tensor) => (tensor.grad(&ours).map(flat), tensor.grad(&stock).map(flat)),
        };
        let (Some(found), Some(expected)) = found else {
            return Err(TestCaseError::fail(format!("no gradient of operand {index}")));
        };
        let worst = apart(found, expected)?;
        prop_assert!(worst < 10.0 * TOLERANCE, "gradient of operand {} is off by {}", index, worst);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_block_of_gated_layers_and_its_gradients_are_the_stock_operations(
        batch in 1usize..20, time in 2usize..40, inputs in 1usize..9, same: bool, outputs in 1usize..40, seed: u64,
    ) {
        let outputs = if same { inputs } else { outputs };
        let x = random([batch, time, inputs], seed);
        let layers = [(inputs, 1), (outputs, 3)].map(|(inputs, place)| {
            (random([3 * inputs, 2 * outputs], seed ^ place), random([2 * outputs], seed ^ (place + 1)))
        });
        let [first, second] = layers.clone();
        let stock = stock::block(x.clone(), first.clone(), second.clone());
        let mut operands = vec![Operand::Batch(x.clone())];
        operands.extend(layers.iter().map(|layer| Operand::Matrix(layer.0.clone())));
        operands.extend(layers.iter().map(|layer| Operand::Row(layer.1.clone())));
        compare(&operands, block(x, first, second), stock)?;
    }

    #[test]
    fn a_convolution_and_its_gradients_are_the_stock_operations(
        batch in 1usize..20, time in 1usize..40, inputs in 1usize..9, outputs in 1usize..40, seed: u64,
    ) {
        let (x, weight) = (random([batch, time, inputs], seed), random([3 * inputs, outputs], seed ^ 1));
        let bias = random([outputs], seed ^ 2);
        let stock = stock::conv(x.clone(), weight.clone(), bias.clone());
        let operands =
            [Operand::Batch(x.clone()), Operand::Matrix(weight.clone()), Operand::Row(bias.clone())];
        compare(&operands, conv(x, weight, bias), stock)?;
    }

    #[test]
    fn a_dense_layer_and_its_gradients_are_the_stock_operations(
        batch in 1usize..9, tokens in 1usize..30, inputs in 1usize..40, outputs in 1usize..70,
        bent: bool, dropped: bool, seed: u64,
    ) {
        let (x, weight) = (random([batch, tokens, inputs], seed), random([inputs, outputs], seed ^ 1));
        let bias = random([outputs], seed ^ 2);
        let activation = if bent { Activation::Relu } else { Activation::Linear };
        let mask = dropped.then_some(Mask { rate: 0.3, seed });
        let stock = stock::dense(x.clone(), weight.clone(), bias.clone(), activation, mask);
        let operands =
            [Operand::Batch(x.clone()), Operand::Matrix(weight.clone()), Operand::Row(bias.clone())];
        compare(&operands, dense(x, weight, bias, activation, mask), stock)?;
    }

    #[test]
    fn attention_and_its_gradient_are_the_stock_operations(
        batch in 1usize..5, tokens in 1usize..20, heads in 1usize..5, width in 1usize..20, dropped: bool, seed: u64,
    ) {
        let qkv = random([batch, tokens, 3 * heads * width], seed);
        let mask = dropped.then_some(Mask { rate: 0.3, seed });
        let stock = stock::attend(qkv.clone(), heads, mask);
        compare(&[Operand::Batch(qkv.clone())], attend(qkv, heads, mask), stock)?;
    }

    #[test]
    fn normalisation_and_its_gradients_are_the_stock_operations(
        batch in 1usize..5, tokens in 1usize..40, width in 2usize..50, seed: u64,
    ) {
        let x = random([batch, tokens, width], seed);
        let (gamma, beta) = (random([width], seed ^ 1), random([width], seed ^ 2));
        let stock = stock::layer_norm(x.clone(), gamma.clone(), beta.clone());
        let mut operands = vec![Operand::Row(gamma.clone()), Operand::Row(beta.clone())];
        // Of few values the deviation may be next to nothing, and the slope beyond any tolerance.
        if width > 8 {
            operands.push(Operand::Batch(x.clone()));
        }
        compare(&operands, layer_norm(x, gamma, beta), stock)?;
    }

    #[test]
    fn a_recurrence_and_its_gradients_are_the_stock_operations(
        batch in 1usize..30, time in 1usize..8, inputs in 1usize..12, hidden in 1usize..24, behind: bool, seed: u64,
    ) {
        let x = random([batch, time, inputs], seed);
        let (input, recurrent) = (random([inputs, 4 * hidden], seed ^ 1), random([hidden, 4 * hidden], seed ^ 2));
        let bias = random([4 * hidden], seed ^ 3);
        let order = if behind { Order::Behind } else { Order::Ahead };
        let stock = stock::lstm(x.clone(), input.clone(), recurrent.clone(), bias.clone(), order);
        let mut operands = vec![Operand::Batch(x.clone()), Operand::Matrix(input.clone()), Operand::Row(bias.clone())];
        if time > 1 {
            operands.push(Operand::Matrix(recurrent.clone()));
        }
        compare(&operands, lstm(x, input, recurrent, bias, order), stock)?;
    }

    #[test]
    fn the_summary_and_its_gradient_are_the_stock_operations(
        batch in 1usize..5, time in 1usize..20, width in 1usize..40, seed: u64,
    ) {
        let x = random([batch, time, width], seed);
        let stock = stock::summary(x.clone());
        compare(&[Operand::Batch(x.clone())], summary(x), stock)?;
    }

    #[test]
    fn dropout_is_a_product_with_a_mask_there_and_back(width in 1usize..300, seed: u64) {
        let (x, mask) = (random([2, 3, width], seed), Mask { rate: 0.3, seed });
        compare(&[Operand::Batch(x.clone())], dropout(x.clone(), Some(mask)), stock::dropout(x, Some(mask)))?;
    }

    #[test]
    fn dropped_attention_has_the_slope_that_a_small_step_shows(seed: u64) {
        let (sizes, mask) = ([2, 5, 3 * 2 * 4], Some(Mask { rate: 0.4, seed }));
        let (qkv, step) = (random(sizes, seed), random(sizes, seed ^ 5).detach());
        let projection = random([2, 5, 8], 3).detach();
        let along = |qkv: Tensor<3>| (attend(qkv, 2, mask) * projection.clone()).sum();
        let gradients = along(qkv.clone()).backward();
        let Some(gradient) = qkv.grad(&gradients) else { return Err(TestCaseError::fail("no gradient")) };
        let expected = values((gradient * step.clone().inner()).sum())[0];
        let at = |share: f64| values(along(qkv.clone().detach() + step.clone() * share))[0];
        let found = (at(1e-2) - at(-1e-2)) / 2e-2;
        prop_assert!((found - expected).abs() < 0.02 * (1.0 + expected.abs()), "{} and {}", found, expected);
    }
}

/// Kinds of vectors of this processor, the widest aside, that multiply and add in one step.
fn fused() -> Vec<Arch> {
    #[cfg(target_arch = "x86_64")]
    return pulp::x86::V3::try_new().map(Arch::V3).into_iter().collect();
    #[cfg(not(target_arch = "x86_64"))]
    Vec::new()
}

/// Values in ±1.
fn numbers(count: usize, seed: u64) -> Vec<f32> {
    values(random([count], seed))
}

/// Outputs of a block, a convolution and a dense layer, and all their gradients, in one row.
fn everything(arch: Arch, batch: Batch, channels: usize, seed: u64) -> Vec<f32> {
    let x = numbers(batch.samples * batch.time * batch.width, seed);
    let [first, second] = [batch.width, channels]
        .map(|inputs| (numbers(6 * inputs * channels, seed ^ inputs as u64), numbers(2 * channels, !seed)));
    let layers = [&first, &second].map(|(weight, bias)| Operands { weight, bias });
    let (mut all, kept) = blocks::block(arch, batch, &x, layers);
    let (dx, gradients) = blocks::block_back(arch, batch, &x, kept, layers, &numbers(all.len(), 5));
    all.extend(dx);
    gradients.into_iter().for_each(|layer| all.extend([layer.weight, layer.bias].concat()));

    let weight = &first.0[..3 * batch.width * channels];
    let y = blocks::conv(arch, batch, &x, Operands { weight, bias: &first.1[..channels] });
    let (dx, gradients) = blocks::conv_back(arch, batch, &x, Some(weight), channels, &numbers(y.len(), 6));
    all.extend([y, dx, gradients.weight, gradients.bias].concat());

    let weight = &first.0[..batch.width * channels];
    let mut y = vec![0.0; batch.samples * batch.time * channels];
    Dense::new(arch, weight, &first.1[..channels], Activation::Relu).forward(&x, &mut y);
    let dy = numbers(y.len(), 7);
    let gradient = Gradient { y: &y, dy: &dy, outputs: channels, activation: Activation::Relu, mask: None };
    let found = dense_back(arch, &x, weight, gradient);
    all.extend([y, found.input, found.weight, found.bias].concat());
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn all_kinds_of_vectors_give_the_same_numbers(
        samples in 1usize..10, time in 2usize..30, width in 1usize..40, same: bool, channels in 1usize..70, seed: u64,
    ) {
        let channels = if same { width } else { channels };
        let batch = Batch { samples, time, width };
        let all = |arch: Arch| everything(arch, batch, channels, seed);
        let (portable, widest) = (all(Arch::Scalar), all(Arch::new()));
        let largest = portable.iter().fold(1.0f32, |most, value| most.max(value.abs()));
        prop_assert_eq!(widest.len(), portable.len());
        for (found, portable) in widest.iter().zip(&portable) {
            prop_assert!((found - portable).abs() <= 1e-5 * largest, "{} and {}", found, portable);
        }
        // To the last bit where products are added without rounding in between.
        for kind in fused() {
            prop_assert_eq!(&all(kind), &widest);
        }
    }
}

#[test]
fn a_large_batch_is_summed_alike_however_many_threads_there_are() -> Result<(), Box<dyn std::error::Error>> {
    let gradient = |threads: usize| -> Result<Vec<f32>, Box<dyn std::error::Error>> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        Ok(pool.install(|| {
            let (x, weight) = (random([33, 19, 4], 1), random([12, 8], 2));
            let second = (random([12, 8], 4), random([8], 5));
            let y = block(x, (weight.clone(), random([8], 3)), second);
            let y = dense(y, random([4, 6], 6), random([6], 7), Activation::Relu, None);
            let gradients = layer_norm(y, random([6], 8), random([6], 9)).sum().backward();
            weight.grad(&gradients).map(values).unwrap_or_default()
        }))
    };
    let alone = gradient(1)?;
    assert!(!alone.is_empty());
    assert_eq!(alone, gradient(3)?);
    Ok(())
}
