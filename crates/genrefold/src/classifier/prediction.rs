//! What a model says of a song.

use serde::Serialize;

/// What a model says of one song.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prediction {
    /// The winning genre, an index into the model's genres.
    pub genre: usize,
    /// One value per genre, summing to 1: the mean of the clips' probabilities, or their shares of the vote.
    pub probabilities: Vec<f32>,
    /// Whether the winner's mean probability lies below what the model's card asks of a sure answer.
    pub unsure: bool,
    /// What was heard clip by clip, in order.
    pub clips: Vec<ClipPrediction>,
    /// Length of the song, seconds.
    pub seconds: f64,
    /// Packets of the file that could not be decoded and were passed over.
    pub faults: u64,
}

/// What a model says of one clip.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClipPrediction {
    /// Where the clip begins, seconds.
    pub start: f64,
    /// Where its music ends, seconds.
    pub end: f64,
    /// One probability per genre; none for a silent clip, which has no say.
    pub probabilities: Option<Vec<f32>>,
}

/// What a model says of a song, and what it makes of it before it decides.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedded {
    /// The answer.
    pub prediction: Prediction,
    /// The mean of the clips' embeddings; those of silent clips are left out.
    pub embedding: Vec<f32>,
}

impl ClipPrediction {
    /// The likeliest genre and its probability; none for silence.
    pub fn winner(&self) -> Option<(usize, f32)> {
        let probabilities = self.probabilities.as_ref()?.iter().copied().enumerate();
        probabilities.reduce(|best, next| if next.1 > best.1 { next } else { best })
    }
}

impl Prediction {
    /// Genres by falling probability, as indices; equal ones in the model's order, the winner always first.
    pub fn ranking(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.probabilities.len()).collect();
        let key = |genre: usize| (genre == self.genre, self.probabilities[genre]);
        order.sort_by(|a, b| key(*b).partial_cmp(&key(*a)).unwrap_or(std::cmp::Ordering::Equal));
        order
    }
}

/// `e^(x/T) / sum e^(x/T)`, shifted by the largest so that nothing overflows; summed in f64, so that the result sums
/// to 1 within f32's rounding.
pub fn softmax(logits: &[f32], temperature: f64) -> Vec<f32> {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = logits.iter().map(|logit| (f64::from(logit - most) / temperature).exp()).collect();
    let total: f64 = powers.iter().sum();
    powers.iter().map(|power| (power / total) as f32).collect()
}
