//! What can be asked of a song beside its genre, and how far an answer has come.

use super::{Explanation, Prediction};
use crate::features::Overview;

/// What is wanted beside the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wishes {
    /// The whole song as one picture of bounded size.
    pub overview: bool,
    /// Which seconds speak for the genre. Costs several times the answer itself, for a song of two minutes six times.
    pub explanation: bool,
}

/// How far an answer has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heard {
    /// Seconds decoded so far.
    pub seconds: f64,
    /// Clips judged so far, silent ones included.
    pub clips: usize,
    /// Length of the song in seconds as its header states it; none where it does not, and not to be relied on.
    pub total_seconds: Option<f64>,
}

/// An answer, and what was wished for beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Examined {
    /// The answer.
    pub prediction: Prediction,
    /// The whole song as a picture, if it was wished for.
    pub overview: Option<Overview>,
    /// Which seconds speak for the genre, if it was wished for.
    pub explanation: Option<Explanation>,
}
