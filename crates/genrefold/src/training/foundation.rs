//! Fine-tuning: a training that begins with the weights of a model instead of drawn ones.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use toml::{Table, Value};

use super::experiment::{Experiment, StopBy, Training, range, unreadable};
use crate::dataset::{Catalogue, gtzan};
use crate::error::{Error, Result};
use crate::label::Genres;
use crate::model::input::Normalisation;
use crate::model::weights::{Array, Weights};
use crate::model::{Card, Model, SCORES};

/// What is different for a training that begins with another model's weights ([`Foundation`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FineTuning {
    /// Most epochs.
    pub epochs: usize,
    /// Clips that an epoch shows at least.
    pub least_clips: usize,
    /// What stops it.
    pub stop_by: StopBy,
    /// The highest learning rate, of the last layer.
    pub learning_rate: f64,
    /// Share of it at which all other layers learn: they know something already. 0 keeps them as they are.
    pub old_layers: f64,
}

impl Default for FineTuning {
    fn default() -> Self {
        FineTuning {
            epochs: 12,
            least_clips: 1000,
            stop_by: StopBy::Never,
            learning_rate: 5e-4,
            old_layers: 0.3,
        }
    }
}

impl FineTuning {
    /// Checks every setting.
    ///
    /// # Errors
    /// [`Error::Setting`] naming the first that is out of range.
    pub(super) fn validate(&self) -> Result<()> {
        range("fine_tuning.epochs", self.epochs as f64, 1.0, 1e6)?;
        range("fine_tuning.least_clips", self.least_clips as f64, 0.0, 1e6)?;
        range("fine_tuning.learning_rate", self.learning_rate, 1e-9, 1.0)?;
        range("fine_tuning.old_layers", self.old_layers, 0.0, 1.0)
    }
}

/// The model that a training begins with.
///
/// Its front end, network and normalisation are kept, for its weights mean nothing without them.
#[derive(Debug, Clone)]
pub struct Foundation {
    card: Card,
    fingerprint: String,
    normalisation: Normalisation,
    weights: Weights,
}

impl Foundation {
    /// Begins with this model.
    ///
    /// # Errors
    /// Those of [`Model::fingerprint`].
    pub fn new(model: &Model) -> Result<Self> {
        Ok(Foundation {
            card: model.card.clone(),
            fingerprint: model.fingerprint()?,
            normalisation: model.normalisation().clone(),
            weights: model.weights().clone(),
        })
    }

    /// What the model says about itself.
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// Which model it is.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Fitted on the songs that the model learned from.
    pub fn normalisation(&self) -> &Normalisation {
        &self.normalisation
    }

    /// Whether the model is known to have learned from songs of this catalogue: it is the model's own collection, or
    /// holds tracks of GTZAN of a genre that the model knows. Other songs that both share cannot be known.
    pub fn has_heard(&self, catalogue: &Catalogue) -> bool {
        let own = self.card.training.data.fingerprint == String::from(catalogue.fingerprint());
        let of_gtzan = |name: &str| {
            let genre = name.split('.').next().unwrap_or_default();
            gtzan::official_md5(name).is_some() && self.card.genres.index(genre).is_some()
        };
        own || catalogue.tracks.iter().any(|track| of_gtzan(&track.name))
    }

    /// The settings of a training from this model: the configuration's, with the model's front end and network, and
    /// what `[fine_tuning]` puts in the place of `[training]`'s settings. A key that the configuration gives in
    /// `[training]` alone holds here as well.
    ///
    /// # Errors
    /// As [`Experiment::load`]; [`Error::Setting`] for a front end or a network other than the model's, naming the
    /// first key that differs.
    pub fn settings(&self, config: Option<&Path>) -> Result<Experiment> {
        let mut stated = config.map_or_else(|| Ok(Table::new()), Experiment::stated)?;
        hold_for_both(&mut stated);
        let Card { front_end, network, .. } = &self.card;
        let (front_end, network) = (front_end.clone(), network.clone());
        let model = Experiment { front_end, network, ..Experiment::default() };
        let mut experiment =
            model.changed(stated).map_err(unreadable(config.unwrap_or(Path::new("configuration"))))?;
        for (section, found, expected) in [
            ("front_end", as_json(&experiment.front_end), as_json(&model.front_end)),
            ("network", as_json(&experiment.network), as_json(&model.network)),
        ] {
            difference(section, &found, &expected).map_or(Ok(()), Err)?;
        }
        let FineTuning { epochs, least_clips, stop_by, learning_rate, old_layers: _ } =
            experiment.fine_tuning;
        experiment.training = Training { epochs, least_clips, stop_by, learning_rate, ..experiment.training };
        experiment.validate()?;
        Ok(experiment)
    }

    /// The weights to begin with: the model's, with the last layer of `drawn`; but for the same genres, whatever their
    /// order, the model's last layer too.
    pub fn weights(&self, drawn: Weights, genres: &Genres) -> Weights {
        let own: Option<Vec<usize>> =
            genres.names().iter().map(|name| self.card.genres.index(name)).collect();
        let own = own.filter(|columns| columns.len() == self.card.genres.len());
        let start = |(name, drawn): (String, Array)| {
            let begun = match (self.weights.get(&name), &own) {
                (Some(weights), _) if !name.starts_with(SCORES) => weights.clone(),
                (Some(weights), Some(columns)) => reordered(weights, columns),
                _ => drawn,
            };
            (name, begun)
        };
        drawn.into_iter().map(start).collect()
    }
}

/// An array whose last axis is the genres, in another order of them.
fn reordered(array: &Array, columns: &[usize]) -> Array {
    let rows = array.values.chunks_exact(columns.len());
    let values = rows.flat_map(|row| columns.iter().map(|&column| row[column])).collect();
    Array { shape: array.shape.clone(), values }
}

/// What `[training]` states and `[fine_tuning]` does not is taken over.
fn hold_for_both(stated: &mut Table) {
    let Some(training) = stated.get("training").and_then(Value::as_table).cloned() else { return };
    let own = stated.entry("fine_tuning").or_insert_with(|| Table::new().into());
    let Some(own) = own.as_table_mut() else { return };
    for key in ["epochs", "least_clips", "stop_by", "learning_rate"] {
        if let Some(value) = training.get(key) {
            own.entry(key).or_insert_with(|| value.clone());
        }
    }
}

fn as_json(settings: &impl serde::Serialize) -> Json {
    serde_json::to_value(settings).unwrap_or_default()
}

/// The first setting that differs, as an error that names it.
fn difference(key: &str, found: &Json, expected: &Json) -> Option<Error> {
    if found == expected {
        return None;
    }
    if let (Json::Object(found), Json::Object(expected)) = (found, expected) {
        let both = found.keys().chain(expected.keys());
        let value =
            |of: &serde_json::Map<String, Json>, name: &String| of.get(name).cloned().unwrap_or_default();
        let mut inner = both
            .map(|name| difference(&format!("{key}.{name}"), &value(found, name), &value(expected, name)));
        return inner.find_map(|error| error);
    }
    // A key that is not written down stands at its none: a network without normalisation.
    let shown = |value: &Json| if value.is_null() { "none".to_owned() } else { value.to_string() };
    Some(Error::Setting {
        key: key.into(),
        found: shown(found),
        expected: format!(
            "{}, as in the model whose weights are to be used; leave the key out, or train from scratch",
            shown(expected)
        ),
    })
}
