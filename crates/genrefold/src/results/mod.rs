//! NUMBERS KEPT: what a study measured, as it is stored. JSON is the result; pages and tables are views of it.
//!
//! A [`Run`] is one configuration over the folds of one split: its [`Manifest`] and the [`FoldResult`]s that are
//! there so far. A fold keeps the probabilities of every clip that it judged, and all figures follow from those.
//! No clock is read and nothing depends on the machine: a run that was interrupted is the same to the byte.

pub mod compare;
pub mod fold;
pub mod history;
#[cfg(test)]
mod made_up;
pub mod manifest;
mod merge;
pub mod store;
pub mod summary;

pub use compare::{Comparison, compare};
pub use fold::{FoldResult, Level, LevelScores, SideCounts, TrackResult};
pub use history::{EpochRecord, Validation};
pub use manifest::{DataTable, LeftOut, Manifest};
pub use summary::{Measure, RunSummary};

/// One configuration over the folds of one split.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// What was run, on what.
    pub manifest: Manifest,
    /// The folds that are finished, by rising number; perhaps not all.
    pub folds: Vec<FoldResult>,
}
