//! What a model file says about itself: all that is needed to use it, and to know how far to trust it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::config::NetworkConfig;
use super::network::Ends;
use crate::evaluation::{Calibration, Reliability, Scores};
use crate::features::{self, FrontEnd};
use crate::label::Genres;

/// The layout of model files that this program writes and reads.
pub const FORMAT: u32 = 1;

/// The metadata of a model file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// Layout of the file, [`FORMAT`].
    pub format: u32,
    /// The program that wrote it, with its version.
    pub program: String,
    /// The network's widths.
    pub network: NetworkConfig,
    /// The front end that made the pictures it learned from.
    pub front_end: FrontEnd,
    /// That front end's version: another one computes other numbers.
    pub front_end_version: u32,
    /// The genres, in the order of the outputs.
    pub genres: Genres,
    /// What it learned from, and how well.
    pub training: TrainingSummary,
    /// How its answers become honest; without, they are the network's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
}

/// Where a model comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSummary {
    /// The songs it learned from.
    pub data: DataSummary,
    /// The settings of the training, as in its configuration file.
    pub settings: serde_json::Value,
    /// Epochs whose steps are in the weights.
    pub epochs: usize,
    /// The fingerprint of the model whose weights it began with; none if they were drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fine_tuned_from: Option<String>,
    /// The graphics card that its weights were trained on; none for the processor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graphics_card: Option<String>,
    /// How well it, or its twin, judged songs that it had not learned from; none if nobody measured.
    pub figures: Option<Figures>,
}

/// Songs by genre, and a fingerprint that tells two collections apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSummary {
    /// Tracks of each genre that the weights learned from.
    pub tracks: BTreeMap<String, usize>,
    /// SHA-256 over genres, names and contents of the whole collection, hexadecimal.
    pub fingerprint: String,
    /// SHA-256 of the split into training and validation tracks, hexadecimal.
    pub split: String,
}

/// Scores on whole tracks that the judged weights had not seen; each track judged by the mean of its clips'
/// probabilities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// Which weights were judged, and on what: these, or a twin trained without the judged tracks.
    pub judged: String,
    /// How well; of calibrated answers, where the card holds a calibration.
    pub scores: Scores,
    /// What the calibration changed, and how good the sure answers are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reliability: Option<Reliability>,
}

impl Card {
    /// A card of this program and this front end.
    pub fn new(
        network: NetworkConfig,
        front_end: FrontEnd,
        genres: Genres,
        training: TrainingSummary,
    ) -> Self {
        Card {
            format: FORMAT,
            program: concat!("genrefold ", env!("CARGO_PKG_VERSION")).into(),
            network,
            front_end,
            front_end_version: features::VERSION,
            genres,
            training,
            calibration: None,
        }
    }

    /// The picture and the outputs that the network must have.
    pub fn ends(&self) -> Ends {
        let (rows, columns) = self.front_end.picture_shape();
        Ends { rows, columns, genres: self.genres.len() }
    }
}
