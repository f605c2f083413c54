//! What a training tells while it runs, and how it is asked to stop. The library itself prints nothing.

use serde::{Deserialize, Serialize};

use crate::dataset::Listener;
use crate::results::FoldResult;
pub use crate::results::{EpochRecord, Validation};

/// Which of a training's passes runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pass {
    /// On the training tracks, stopped by the validation tracks.
    HeldOut,
    /// On all tracks, for as many epochs as the first pass took.
    Everything,
}

/// Receives a training's progress; a training stops when asked to between two steps, and then the last
/// checkpoint holds. Every method may be called from several threads.
pub trait Observer: Listener {
    /// An epoch of `steps` steps begins.
    fn epoch_begins(&self, pass: Pass, epoch: usize, epochs: usize, steps: usize) {
        let _ = (pass, epoch, epochs, steps);
    }

    /// A step was taken at this loss.
    fn step(&self, loss: f64) {
        let _ = loss;
    }

    /// An epoch is over and its checkpoint is written.
    fn epoch_ends(&self, pass: Pass, record: &EpochRecord) {
        let _ = (pass, record);
    }

    /// A cross-validation begins to train a fold, counted from 1.
    fn fold_begins(&self, fold: usize) {
        let _ = fold;
    }

    /// A fold is over and its result is written.
    fn fold_ends(&self, result: &FoldResult) {
        let _ = result;
    }
}

/// Tells nothing and never stops.
pub struct Silent;

impl Listener for Silent {}
impl Observer for Silent {}
