//! What one fold came to.

use serde::{Deserialize, Serialize};

use super::history::EpochRecord;
use crate::error::Result;
use crate::evaluation::{HeldOut, Probabilities, Scores, Voting};

/// One fold: what was learned from, how the training went, and what the network said of the test clips.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoldResult {
    /// Counted from 1, as in the report's figures.
    pub fold: usize,
    /// SHA-256 of the split that it is a fold of, hexadecimal.
    pub split: String,
    /// What was learned from.
    pub training: SideCounts,
    /// What the training was stopped by.
    pub validation: SideCounts,
    /// What was judged.
    pub test: SideCounts,
    /// The epoch whose weights were judged, counted from 1.
    pub best_epoch: usize,
    /// Every epoch.
    pub history: Vec<EpochRecord>,
    /// The judged tracks, by path: the test tracks, or those of validation where the settings say so. Under the
    /// protocol `clip`, each with those of its clips that are on that side.
    pub tracks: Vec<TrackResult>,
    /// The validation tracks in the same way, to fit probabilities by; none where they are what is judged.
    #[serde(default)]
    pub validation_tracks: Vec<TrackResult>,
    /// The graphics card that it was trained and judged on; none for the processor, which alone repeats every byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graphics_card: Option<String>,
    /// The figures, computed from `tracks` alone.
    pub scores: LevelScores,
}

/// How many tracks and clips stand on a side. Under the protocol `clip` a track may stand on several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SideCounts {
    /// Tracks with at least one clip there.
    pub tracks: usize,
    /// Clips.
    pub clips: usize,
}

/// What the network said of a track's clips.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrackResult {
    /// The track's path below the folder of songs, with `/` between its parts.
    pub path: String,
    /// Its true genre, an index into the manifest's genres.
    pub genre: usize,
    /// Which of the track's clips were judged, counted from 0.
    pub clips: Vec<usize>,
    /// For each of those clips a probability for each genre, rounded to six decimals.
    pub probabilities: Vec<Vec<f32>>,
}

impl TrackResult {
    /// The track for a calibration.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::error::Error::Setting) for rows that are no probabilities of so many genres.
    pub fn held_out(&self, genres: usize) -> Result<HeldOut> {
        Ok(HeldOut { genre: self.genre, clips: Probabilities::from_rows(genres, &self.probabilities)? })
    }
}

/// What a figure is computed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Each clip by itself.
    #[default]
    Clip,
    /// Each track, by the majority of its clips' likeliest genres; ties go to the larger sum of probabilities.
    Vote,
    /// Each track, by the mean of its clips' probabilities.
    Mean,
}

impl Level {
    /// All of them, in the order of their columns.
    pub const ALL: [Level; 3] = [Level::Clip, Level::Vote, Level::Mean];

    /// The word that stands for it in a configuration, and in tables.
    pub fn word(self) -> &'static str {
        match self {
            Level::Clip => "clip",
            Level::Vote => "vote",
            Level::Mean => "mean",
        }
    }
}

/// The figures on all levels, from the same predictions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelScores {
    /// On clips. Its interval supposes independent clips, which those of a track are not: do not print it.
    pub clip: Scores,
    /// On tracks by majority vote.
    pub vote: Scores,
    /// On tracks by mean probability.
    pub mean: Scores,
}

impl LevelScores {
    /// Judges tracks on all levels.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::error::Error::Setting) where there is no clip, or what are no probabilities.
    pub fn new(genres: usize, tracks: &[TrackResult]) -> Result<Self> {
        let rows = |track: &TrackResult| Probabilities::from_rows(genres, &track.probabilities);
        let all = Probabilities::from_rows(genres, tracks.iter().flat_map(|track| &track.probabilities))?;
        let clip_truth: Vec<usize> =
            tracks.iter().flat_map(|track| vec![track.genre; track.probabilities.len()]).collect();
        let truth: Vec<usize> = tracks.iter().map(|track| track.genre).collect();
        let judged = |voting: Voting| {
            let verdicts = tracks.iter().map(|track| voting.verdict(&rows(track)?));
            Scores::of_verdicts(genres, &truth, &verdicts.collect::<Result<Vec<_>>>()?)
        };
        Ok(LevelScores {
            clip: Scores::new(&clip_truth, &all)?,
            vote: judged(Voting::Majority)?,
            mean: judged(Voting::Mean)?,
        })
    }

    /// The figures on one level.
    pub fn at(&self, level: Level) -> &Scores {
        match level {
            Level::Clip => &self.clip,
            Level::Vote => &self.vote,
            Level::Mean => &self.mean,
        }
    }
}
