//! The model file: one safetensors file with the weights, and the [`Card`] as its metadata.
//!
//! Nothing in it is ever executed; loading checks everything and refuses what it does not know.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::arrays::{self, Precision};
use super::card::{Card, FORMAT};
use super::engine::Engine;
use super::input::Normalisation;
use super::norm::is_measured;
use super::prepared::Judged;
use super::processor::Processor;
use super::weights::{Array, Weights};
use crate::error::{Error, Result};
use crate::features::{self, Picture};
use crate::files;

/// Names of the arrays that are no weights.
const MEAN: &str = "input.mean";
const DEVIATION: &str = "input.deviation";

/// A network that is ready to judge pictures, with everything needed to make them.
#[derive(Debug, Clone)]
pub struct Model {
    /// What the file says about itself.
    pub card: Card,
    normalisation: Normalisation,
    weights: Weights,
    engine: Engine,
}

/// How many digits of a fingerprint are shown: enough to tell any two models apart.
const SHORT: usize = 12;

/// The first digits of a model's fingerprint, by which answers name it.
pub fn short(fingerprint: &str) -> &str {
    fingerprint.get(..SHORT).unwrap_or(fingerprint)
}

impl Model {
    /// Puts a model together.
    ///
    /// # Errors
    /// [`Error::Setting`] for impossible widths, [`Error::Model`] for weights of another network.
    pub fn new(card: Card, normalisation: Normalisation, weights: &Weights) -> Result<Self> {
        Self::assemble(card, normalisation, weights.clone(), Path::new("in memory"))
    }

    fn assemble(card: Card, normalisation: Normalisation, weights: Weights, path: &Path) -> Result<Self> {
        let ends = card.ends();
        card.network.validate(ends.columns)?;
        let engine = Engine::on_the_processor(&card.network, ends, &weights)
            .map_err(|(found, expected)| Error::Model { path: path.into(), found, expected })?;
        Ok(Model { card, normalisation, weights, engine })
    }

    /// The same model, judging on this processor.
    ///
    /// # Errors
    /// As [`Model::new`].
    pub fn on(mut self, processor: &Processor) -> Result<Self> {
        if !self.engine.runs_on(processor) {
            self.engine = Engine::new(&self.card.network, self.card.ends(), &self.weights, processor)?;
        }
        Ok(self)
    }

    /// Reads a model file.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Model`] with what was found and expected.
    pub fn load(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
        Self::from_bytes(&bytes, path)
    }

    /// Reads a model from the bytes of its file; `origin` is what errors name.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn from_bytes(bytes: &[u8], origin: &Path) -> Result<Self> {
        let refuse = |found: String, expected: &str| Error::Model {
            path: origin.into(),
            found,
            expected: expected.into(),
        };
        let (text, mut weights) = arrays::from_bytes(bytes, origin)?;
        let card = read_card(&text, origin)?;
        let rows = card.ends().rows;
        let mut take = |name: &str| match weights.remove(name) {
            Some(array) if array.values.len() == rows => Ok(array.values),
            Some(array) => Err(refuse(format!("{name} of {} values", array.values.len()), "one per row")),
            None => Err(refuse(format!("no array {name}"), "the normalisation of the pictures")),
        };
        let normalisation = Normalisation { mean: take(MEAN)?, deviation: take(DEVIATION)? };
        if normalisation.deviation.iter().any(|deviation| *deviation <= 0.0) {
            return Err(refuse(format!("{DEVIATION} that is not above 0"), "deviations above 0"));
        }
        Self::assemble(card, normalisation, weights, origin)
    }

    /// The bytes of the model file, with weights in `precision`. The same model always gives the same bytes.
    ///
    /// # Errors
    /// [`Error::Model`] when the format cannot hold the model, which no model of this program meets.
    pub fn to_bytes(&self, precision: Precision) -> Result<Vec<u8>> {
        let card = serde_json::to_string(&self.card).map_err(|error| Error::Model {
            path: "in memory".into(),
            found: error.to_string(),
            expected: "a card that can be written as JSON".into(),
        })?;
        let row = |values: &Vec<f32>| Array { shape: vec![values.len()], values: values.clone() };
        let (mean, deviation) = (row(&self.normalisation.mean), row(&self.normalisation.deviation));
        let weights = &self.weights;
        let precision = |name: &str| if is_measured(name) { Precision::F32 } else { precision };
        let mut stored: BTreeMap<_, _> =
            weights.iter().map(|(name, array)| (name.clone(), (array, precision(name)))).collect();
        stored.insert(MEAN.into(), (&mean, Precision::F32));
        stored.insert(DEVIATION.into(), (&deviation, Precision::F32));
        arrays::to_bytes(card, stored)
    }

    /// Writes the model file: aside, flushed, then renamed.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Model`].
    pub fn save(&self, path: &Path, precision: Precision) -> Result<()> {
        files::write_whole(path, &self.to_bytes(precision)?)
    }

    /// Logits of each picture, one row of `genres` values per picture.
    ///
    /// # Errors
    /// As [`Model::judge`].
    pub fn logits(&self, pictures: &[Picture]) -> Result<Vec<Vec<f32>>> {
        let judged = self.judge(pictures)?;
        Ok(judged.logits.chunks_exact(self.card.genres.len()).map(<[f32]>::to_vec).collect())
    }

    /// Logits and embeddings of pictures.
    ///
    /// # Errors
    /// [`Error::Setting`] if a picture is not of this model's front end; [`Error::Device`] if a graphics card fails.
    pub fn judge(&self, pictures: &[Picture]) -> Result<Judged> {
        let (rows, columns) = self.card.front_end.picture_shape();
        if let Some(odd) = pictures.iter().find(|p| (p.rows, p.columns) != (rows, columns)) {
            return Err(Error::Setting {
                key: "picture".into(),
                found: format!("{} x {}", odd.rows, odd.columns),
                expected: format!("{rows} x {columns}"),
            });
        }
        if pictures.is_empty() {
            return Ok(Judged { logits: Vec::new(), embeddings: Vec::new() });
        }
        let fill = |clip: usize, moments: &mut [f32]| self.normalisation.lay_out(&pictures[clip], moments);
        self.engine.judge(pictures.len(), fill)
    }

    /// SHA-256 of the model in f32, hexadecimal: which model said so.
    ///
    /// # Errors
    /// As [`Model::to_bytes`].
    pub fn fingerprint(&self) -> Result<String> {
        let digest = Sha256::digest(self.to_bytes(Precision::F32)?);
        Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// What its pictures are brought to a common scale with.
    pub fn normalisation(&self) -> &Normalisation {
        &self.normalisation
    }

    /// The network's weights.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// How many weights the network has.
    pub fn parameters(&self) -> usize {
        self.weights.values().map(|array| array.values.len()).sum()
    }
}

/// Reads the card; checks the versions first, because the rest of it depends on them.
fn read_card(text: &str, origin: &Path) -> Result<Card> {
    #[derive(serde::Deserialize)]
    struct Versions {
        format: u32,
        front_end_version: u32,
    }
    let refuse = |found: String, expected: String| Error::Model { path: origin.into(), found, expected };
    let unreadable = |error: serde_json::Error| refuse(format!("{error}"), "a readable card".into());
    let versions: Versions = serde_json::from_str(text).map_err(unreadable)?;
    if versions.format != FORMAT {
        return Err(refuse(format!("file format {}", versions.format), format!("file format {FORMAT}")));
    }
    if versions.front_end_version != features::VERSION {
        return Err(refuse(
            format!("pictures of front end version {}", versions.front_end_version),
            format!("version {}, which this program computes; train the model anew", features::VERSION),
        ));
    }
    let card: Card = serde_json::from_str(text).map_err(unreadable)?;
    card.front_end.validate()?;
    Ok(card)
}
