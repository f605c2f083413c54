//! What was run, and on which songs.

use serde::{Deserialize, Serialize};

use super::fold::Level;
use crate::evaluation::{Judged, Protocol};
use crate::label::Genres;

/// The layout of result files that this program writes and reads.
pub const FORMAT: u32 = 1;

/// What is the same for all folds of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Layout of the files, [`FORMAT`].
    pub format: u32,
    /// The program that wrote it, with its version.
    pub program: String,
    /// The run's name: that of its configuration.
    pub name: String,
    /// "RGLUformer" or "RGLU-LSTM".
    pub network: String,
    /// How the songs were divided.
    pub protocol: Protocol,
    /// What the run's headline figures are computed on.
    pub level: Level,
    /// How many folds the split has; a run may have finished fewer.
    pub folds: usize,
    /// The genres, in the order of all indices and probabilities.
    pub genres: Genres,
    /// The songs.
    pub data: DataTable,
    /// SHA-256 of the split, hexadecimal.
    pub split: String,
    /// The fingerprint of the model that every fold began with; none if their weights were drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fine_tuned_from: Option<String>,
    /// All settings, as in the configuration file.
    pub settings: serde_json::Value,
}

impl Manifest {
    /// Which songs were judged; what is not said is the test's.
    pub fn judged(&self) -> Judged {
        let said = self.settings.get("study").and_then(|study| study.get("judged"));
        said.and_then(|said| Judged::deserialize(said).ok()).unwrap_or_default()
    }
}

/// The songs of a run: the report's Table 1, and what is wrong with them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataTable {
    /// What these songs are, in words: the folder's name, or that they were synthesised.
    pub title: String,
    /// SHA-256 over genres, names and contents, hexadecimal.
    pub fingerprint: String,
    /// Tracks of each genre, in the order of the genres.
    pub tracks: Vec<usize>,
    /// Clips of each genre.
    pub clips: Vec<usize>,
    /// Tracks that were left out.
    pub left_out: Vec<LeftOut>,
    /// Tracks, by path, that are one recording or one artist and so stayed together.
    pub together: Vec<Vec<String>>,
}

/// A track that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// Its path below the folder of songs.
    pub path: String,
    /// Why.
    pub reason: String,
}
