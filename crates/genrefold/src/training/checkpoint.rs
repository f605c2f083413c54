//! The state of a training after an epoch, in one file: enough to go on as if nothing had happened.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::evidence::Evidence;
use super::experiment::Experiment;
use super::fit::Progress;
use super::observer::{EpochRecord, Pass};
use super::optimizer::Optimizer;
use crate::error::{Error, Result};
use crate::files;
use crate::model::arrays::{self, Precision};
use crate::model::weights::Weights;

/// What identifies a training: a checkpoint of another one is refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// All settings.
    pub experiment: Experiment,
    /// Fingerprint of the songs.
    pub songs: String,
    /// Hash of the split.
    pub split: String,
    /// Which fold of it, counted from 1; 0 where there are none.
    pub fold: usize,
    /// The fingerprint of the model that it began with; none if its weights were drawn.
    #[serde(default)]
    pub foundation: Option<String>,
}

/// A training between two epochs.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// Whose state it is.
    pub identity: Identity,
    /// Which pass it stands in.
    pub pass: Pass,
    /// How well the first pass did, once it is over, or what was known before.
    pub judged: Option<Evidence>,
    /// How far that pass has come.
    pub progress: Progress,
}

#[derive(Serialize, Deserialize)]
struct Header {
    identity: Identity,
    pass: Pass,
    judged: Option<Evidence>,
    steps: u64,
    history: Vec<EpochRecord>,
    best_epoch: usize,
    stale: usize,
}

/// The groups of arrays in the file.
const GROUPS: [&str; 5] = ["weights", "average", "first", "second", "best"];

impl Checkpoint {
    /// Writes the file: aside, flushed, then renamed.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save(&self, path: &Path) -> Result<()> {
        let Progress { optimizer, best, best_epoch, stale, history } = &self.progress;
        let header = Header {
            identity: self.identity.clone(),
            pass: self.pass,
            judged: self.judged.clone(),
            steps: optimizer.steps,
            history: history.clone(),
            best_epoch: *best_epoch,
            stale: *stale,
        };
        let text = serde_json::to_string(&header).map_err(|error| unusable(path, error.to_string()))?;
        let Optimizer { weights, average, first, second, .. } = optimizer;
        let groups = [weights, average, first, second, best];
        let arrays: BTreeMap<_, _> = GROUPS
            .iter()
            .zip(groups)
            .flat_map(|(group, arrays)| {
                arrays.iter().map(move |(name, array)| (format!("{group}/{name}"), (array, Precision::F32)))
            })
            .collect();
        files::write_whole(path, &arrays::to_bytes(text, arrays)?)
    }

    /// Reads the file, if it is there.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Model`] for a file that is none of ours, or of a training other than `identity`.
    pub fn load(path: &Path, identity: &Identity) -> Result<Option<Self>> {
        if !path.exists() {
            return Ok(None);
        }
        let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
        let (text, arrays) = arrays::from_bytes(&bytes, path)?;
        let header: Header =
            serde_json::from_str(&text).map_err(|error| unusable(path, error.to_string()))?;
        if header.identity != *identity {
            return Err(Error::Model {
                path: path.into(),
                found: format!(
                    "a checkpoint of another training ({})",
                    difference(&header.identity, identity)
                ),
                expected:
                    "the same songs, split, settings and beginning; start anew, replacing it, if the change is meant"
                        .into(),
            });
        }
        let mut groups = GROUPS.map(|_| Weights::new());
        for (name, array) in arrays {
            let found = name.split_once('/').and_then(|(group, rest)| {
                GROUPS.iter().position(|known| *known == group).map(|index| (index, rest.to_owned()))
            });
            let (index, rest) = found.ok_or_else(|| unusable(path, format!("array {name:?}")))?;
            groups[index].insert(rest, array);
        }
        let [weights, average, first, second, best] = groups;
        let optimizer = Optimizer { weights, average, first, second, steps: header.steps };
        let Header { identity, pass, judged, history, best_epoch, stale, .. } = header;
        let progress = Progress { optimizer, best, best_epoch, stale, history };
        Ok(Some(Checkpoint { identity, pass, judged, progress }))
    }
}

/// A training under way: which fold of its split, counted from 1 (0 where there are none), and its epochs so far; without
/// reading any weights.
///
/// # Errors
/// [`Error::Io`]; [`Error::Model`] for a file that is no checkpoint of ours.
pub fn epochs_so_far(path: &Path) -> Result<(usize, Vec<EpochRecord>)> {
    let header: Header =
        serde_json::from_str(&arrays::read_text(path)?).map_err(|error| unusable(path, error.to_string()))?;
    Ok((header.identity.fold, header.history))
}

fn unusable(path: &Path, found: String) -> Error {
    Error::Model { path: path.into(), found, expected: "a checkpoint written by genrefold".into() }
}

/// In which respect two trainings differ first.
fn difference(found: &Identity, expected: &Identity) -> &'static str {
    if found.foundation != expected.foundation {
        "another model to begin with"
    } else if found.experiment != expected.experiment {
        "other settings"
    } else if found.songs != expected.songs {
        "other songs"
    } else {
        "another split"
    }
}
