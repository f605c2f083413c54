//! What a training tells while it runs, and how it is asked to stop. The library itself prints nothing.

use serde::{Deserialize, Serialize};

use crate::dataset::Track;
use crate::error::Error;
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

/// Receives a training's progress. Every method may be called from several threads.
pub trait Observer: Sync {
    /// A track was decoded, or could not be and is left out.
    fn track_read(&self, track: &Track, failure: Option<&Error>) {
        let _ = (track, failure);
    }

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

    /// Asked before each step: true ends the training at the last checkpoint.
    fn stop_requested(&self) -> bool {
        false
    }
}

/// Tells nothing and never stops.
pub struct Silent;

impl Observer for Silent {}
