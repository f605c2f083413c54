//! Normalisation after each block of the convolution stack.

use burn::module::{Initializer, Module, Param};
use burn::tensor::Tensor;

use super::config::NormKind;
use super::kernels::EPSILON;
use super::layers::Norm;
use super::passage::Passage;
use super::start::Start;
use super::weights::{Weights, values};

/// Share of the running statistics that one step's batch takes (PyTorch's default).
const MOMENTUM: f32 = 0.1;
/// Fields of [`BatchNorm`] that are measured instead of learned.
const MEASURED: [&str; 2] = ["mean", "variance"];

/// Brings the channels to one scale.
#[derive(Module, Debug)]
pub enum BlockNorm {
    /// Each moment over its channels.
    Layer(Norm),
    /// Each channel over batch and time.
    Batch(BatchNorm),
}

impl BlockNorm {
    /// For this many channels; none where the settings want none.
    pub(super) fn new(kind: NormKind, channels: usize, start: &Start) -> Option<Self> {
        match kind {
            NormKind::None => None,
            NormKind::Layer => Some(BlockNorm::Layer(start.norm(channels))),
            NormKind::Batch => Some(BlockNorm::Batch(BatchNorm::new(channels, start))),
        }
    }

    /// `[batch, time, channels]` to the same shape.
    pub(super) fn forward(&self, x: Tensor<3>, passage: &Passage) -> Tensor<3> {
        match self {
            BlockNorm::Layer(norm) => norm.forward(x),
            BlockNorm::Batch(norm) if passage.is_training() => norm.learn(x, passage),
            BlockNorm::Batch(norm) => norm.forward(x),
        }
    }
}

/// `(x - mean) / sqrt(variance + 1e-5) * gamma + beta` of each channel (Ioffe & Szegedy 2015).
///
/// The running statistics stand among the weights, so that model file and checkpoint hold them, but have no
/// gradient: a step leaves them, and the moving average follows them as it follows every weight.
#[derive(Module, Debug)]
pub struct BatchNorm {
    gamma: Param<Tensor<1>>,
    beta: Param<Tensor<1>>,
    /// Running mean of each channel.
    mean: Param<Tensor<1>>,
    /// Running variance of each channel.
    variance: Param<Tensor<1>>,
}

impl BatchNorm {
    fn new(channels: usize, start: &Start) -> Self {
        let Norm { gamma, beta } = start.norm(channels);
        let measured =
            |value: Initializer| value.init::<1, _>([channels], start.device).set_require_grad(false);
        BatchNorm { gamma, beta, mean: measured(Initializer::Zeros), variance: measured(Initializer::Ones) }
    }

    /// By the running statistics.
    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let scale = self.gamma.val() / (self.variance.val() + EPSILON).sqrt();
        (x - self.mean.val().unsqueeze()) * scale.unsqueeze() + self.beta.val().unsqueeze()
    }

    /// By the batch's own statistics, which are noted.
    fn learn(&self, x: Tensor<3>, passage: &Passage) -> Tensor<3> {
        let [batch, time, _] = x.dims();
        // First over time, then over clips: sums of thousands of values in one go would round more.
        let mean = x.clone().mean_dim(1).mean_dim(0);
        let centred = x - mean.clone();
        let variance = centred.clone().square().mean_dim(1).mean_dim(0);
        let channel = |seen: &Tensor<3>| seen.clone().detach().flatten(0, 2);
        passage.note(Statistics { mean: channel(&mean), variance: channel(&variance), count: batch * time });
        let scale = self.gamma.val().unsqueeze() / (variance + EPSILON).sqrt();
        centred * scale + self.beta.val().unsqueeze()
    }
}

/// What one batch normalisation saw in one step of training.
#[derive(Debug)]
pub struct Statistics {
    mean: Tensor<1>,
    /// Of these very values, not of those that they are a sample of.
    variance: Tensor<1>,
    /// Values of a channel.
    count: usize,
}

impl Statistics {
    /// Moves the running statistics of the normalisation of this name towards what was seen.
    pub(super) fn mix_into(self, weights: &mut Weights, name: &str) {
        let count = self.count as f32;
        // The running variance estimates that of all pictures (Ioffe & Szegedy 2015, algorithm 2).
        let unbiased = self.variance * (count / (count - 1.0).max(1.0));
        for (field, seen) in MEASURED.into_iter().zip([self.mean, unbiased]) {
            if let Some(running) = weights.get_mut(&format!("{name}.{field}")) {
                let pairs = running.values.iter_mut().zip(values(seen));
                pairs.for_each(|(running, seen)| *running += MOMENTUM * (seen - *running));
            }
        }
    }
}

/// Whether the array of this name holds running statistics. They span more orders of magnitude than weights.
pub fn is_measured(name: &str) -> bool {
    MEASURED.iter().any(|field| name.ends_with(&format!(".norm.{field}")))
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::super::device::cpu;
    use super::super::weights::Array;
    use super::*;

    const SIZES: [usize; 3] = [4, 9, 3];

    fn norm() -> BatchNorm {
        let mut norm = BatchNorm::new(SIZES[2], &Start { device: &cpu(), drawn: false });
        let set = |values: [f32; 3]| Param::from_tensor(Tensor::from_floats(values, &cpu()));
        (norm.gamma, norm.beta) = (set([0.5, 1.0, 2.0]), set([-1.0, 0.0, 1.0]));
        norm
    }

    /// Values of each channel about another mean.
    fn pictures() -> Vec<f32> {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut value = |index: usize| random.random_range(-1.0..1.0) * 3.0 + (index % SIZES[2]) as f32;
        (0..SIZES.iter().product()).map(&mut value).collect()
    }

    /// Mean and variance of a channel, the variance as a sample's.
    fn plain(x: &[f32], channel: usize) -> (f64, f64) {
        let values: Vec<f64> = x.iter().skip(channel).step_by(SIZES[2]).map(|x| f64::from(*x)).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let squares = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
        (mean, squares / (values.len() - 1) as f64)
    }

    fn close(found: f32, expected: f64) {
        assert!((f64::from(found) - expected).abs() < 1e-5, "{found} instead of {expected}");
    }

    #[test]
    fn a_batch_is_normalised_by_its_own_mean_and_variance_and_the_running_ones_follow() {
        let (norm, x) = (norm(), pictures());
        let passage = Passage::training(1);
        let y = values(norm.learn(Tensor::from_data(TensorData::new(x.clone(), SIZES), &cpu()), &passage));
        let array = |value: f32| Array { shape: vec![SIZES[2]], values: vec![value; SIZES[2]] };
        let [mean, variance] = MEASURED.map(|field| format!("blocks.0.norm.{field}"));
        let mut weights = Weights::from([(mean.clone(), array(0.0)), (variance.clone(), array(1.0))]);
        passage.mix_statistics(&mut weights);
        let (gamma, beta) = ([0.5, 1.0, 2.0], [-1.0, 0.0, 1.0]);
        let count = (SIZES[0] * SIZES[1]) as f64;
        for channel in 0..SIZES[2] {
            let (centre, spread) = plain(&x, channel);
            let deviation = (spread * (count - 1.0) / count + 1e-5).sqrt();
            for (y, x) in y.iter().zip(&x).skip(channel).step_by(SIZES[2]) {
                close(*y, (f64::from(*x) - centre) / deviation * gamma[channel] + beta[channel]);
            }
            close(weights[&mean].values[channel], 0.1 * centre);
            close(weights[&variance].values[channel], 0.9 + 0.1 * spread);
        }
    }

    #[test]
    fn in_use_a_picture_is_normalised_by_the_running_statistics_whatever_stands_beside_it() {
        let mut norm = norm();
        norm.mean = Param::from_tensor(Tensor::from_floats([1.0, 2.0, 3.0], &cpu()));
        norm.variance = Param::from_tensor(Tensor::from_floats([4.0, 1.0, 0.25], &cpu()));
        let passage = Passage::in_use();
        let norm = BlockNorm::Batch(norm);
        let y = values(norm.forward(Tensor::ones(SIZES, &cpu()), &passage));
        for moment in y.chunks_exact(SIZES[2]) {
            let expected = [-1.0, -1.0, -7.0];
            moment.iter().zip(expected).for_each(|(y, expected)| assert!((y - expected).abs() < 1e-3));
        }
    }

    #[test]
    fn running_statistics_are_told_from_weights_by_their_names() {
        assert!(is_measured("blocks.0.norm.mean") && is_measured("blocks.3.norm.variance"));
        assert!(!is_measured("blocks.0.norm.gamma") && !is_measured("input.mean"));
    }
}
