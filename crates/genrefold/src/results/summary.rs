//! A run's folds put together: means and deviations over folds, and all test tracks as one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fold::{Level, LevelScores, TrackResult};
use super::{FoldResult, Run};
use crate::error::Result;
use crate::evaluation::Scores;

/// A figure over the folds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Mean over the folds.
    pub mean: f64,
    /// Sample standard deviation over the folds (divided by n - 1); 0 for a single fold.
    pub deviation: f64,
}

/// The figures that the report gives, over the folds, on one level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelSummary {
    /// Share judged right.
    pub accuracy: Measure,
    /// Macro precision.
    pub precision: Measure,
    /// Macro recall.
    pub recall: Measure,
    /// Macro F1.
    pub f1: Measure,
    /// Log loss, nats.
    pub log_loss: Measure,
    /// Expected calibration error.
    pub calibration_error: Measure,
}

/// A run in figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSummary {
    /// How many folds are in it.
    pub folds: usize,
    /// Means and deviations over these folds.
    pub levels: BTreeMap<Level, LevelSummary>,
    /// All folds' test tracks judged as one set: counts, confusion, intervals.
    pub pooled: LevelScores,
}

impl Measure {
    /// Mean and sample deviation; zeros for no value.
    pub fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count.max(1.0);
        let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
        Measure { mean, deviation: (squares / (count - 1.0).max(1.0)).sqrt() }
    }
}

impl Run {
    /// The run in figures.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::error::Error::Setting) for a run without a finished fold.
    pub fn summary(&self) -> Result<RunSummary> {
        let pooled = LevelScores::new(self.manifest.genres.len(), &self.test_tracks())?;
        let levels = Level::ALL.into_iter().map(|level| (level, over_folds(&self.folds, level))).collect();
        Ok(RunSummary { folds: self.folds.len(), levels, pooled })
    }

    /// All test tracks of all folds by path. Clips of a track that were judged in several folds, as under the
    /// protocol `clip`, are put together, in their order in the track.
    pub fn test_tracks(&self) -> Vec<TrackResult> {
        let mut tracks: BTreeMap<&str, Judged> = BTreeMap::new();
        for track in self.folds.iter().flat_map(|fold| &fold.tracks) {
            let judged = tracks.entry(&track.path).or_default();
            judged.genre = track.genre;
            judged.clips.extend(track.clips.iter().copied().zip(&track.probabilities));
        }
        tracks.into_iter().map(|(path, judged)| judged.whole(path)).collect()
    }
}

/// A track while its clips are gathered from the folds.
#[derive(Default)]
struct Judged<'a> {
    genre: usize,
    clips: Vec<(usize, &'a Vec<f32>)>,
}

impl Judged<'_> {
    fn whole(mut self, path: &str) -> TrackResult {
        self.clips.sort_by_key(|(clip, _)| *clip);
        let (clips, probabilities) = self.clips.into_iter().map(|(clip, row)| (clip, row.clone())).unzip();
        TrackResult { path: path.to_owned(), genre: self.genre, clips, probabilities }
    }
}

fn over_folds(folds: &[FoldResult], level: Level) -> LevelSummary {
    let measure = |figure: fn(&Scores) -> f64| {
        Measure::of(&folds.iter().map(|fold| figure(fold.scores.at(level))).collect::<Vec<_>>())
    };
    LevelSummary {
        accuracy: measure(|scores| scores.accuracy),
        precision: measure(|scores| scores.precision),
        recall: measure(|scores| scores.recall),
        f1: measure(|scores| scores.f1),
        log_loss: measure(|scores| scores.log_loss),
        calibration_error: measure(|scores| scores.calibration_error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_is_the_mean_and_the_sample_deviation() {
        let measure = Measure::of(&[0.8, 0.9, 1.0]);
        assert!((measure.mean - 0.9).abs() < 1e-12 && (measure.deviation - 0.1).abs() < 1e-12);
        assert_eq!(Measure::of(&[0.5]), Measure { mean: 0.5, deviation: 0.0 });
    }
}
