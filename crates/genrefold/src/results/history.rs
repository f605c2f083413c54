//! What each epoch of a training came to.

use serde::{Deserialize, Serialize};

/// One finished epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Counted from 1.
    pub epoch: usize,
    /// Mean training loss over the epoch's clips, nats; with mixup and smoothing it never reaches 0.
    pub training_loss: f64,
    /// Held-out figures; none in the pass over everything.
    pub validation: Option<Validation>,
    /// Learning rate of the last step.
    pub learning_rate: f64,
}

/// Figures on what is held out to stop by: tracks, each judged by the mean of its clips' probabilities, or
/// single clips, as the settings say.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// Mean negative log probability of the right genre, nats.
    pub loss: f64,
    /// Share that has the right genre on top.
    pub accuracy: f64,
    /// The same averaged over genres.
    pub macro_recall: f64,
}
