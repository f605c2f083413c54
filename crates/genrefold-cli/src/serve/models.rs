//! What the service says of its model.

use std::path::Path;

use anyhow::Result;
use genrefold::model::Card;
use serde_json::{Value, json};

use crate::models;
use crate::page::NEW_SONGS;

/// The model that the workers judge with. Its weights are theirs alone.
#[derive(Debug)]
pub struct Models {
    /// Hexadecimal.
    pub fingerprint: String,
    /// In the model's order.
    pub genres: Vec<String>,
    /// What `/v1/models` answers.
    pub list: Value,
}

impl Models {
    /// Looks into a model file, or the built-in model.
    ///
    /// # Errors
    /// Those of [`models::load`].
    pub fn look(path: Option<&Path>) -> Result<Self> {
        let model = models::load(path)?;
        let fingerprint = model.fingerprint()?;
        let card = serde_json::to_value(&model.card)?;
        let promise = promise(&model.card);
        Ok(Models {
            list: json!([{ "id": fingerprint, "embedded": path.is_none(), "card": card, "promise": promise }]),
            genres: model.card.genres.names().to_vec(),
            fingerprint,
        })
    }
}

/// What may be expected of new songs of the same kind, or null where nobody measured it.
fn promise(card: &Card) -> Value {
    let expected = card.training.figures.as_ref().and_then(|figures| figures.scores.expected(NEW_SONGS).ok());
    expected.map_or(Value::Null, |interval| json!({ "songs_of_each_genre": NEW_SONGS, "accuracy": interval }))
}
