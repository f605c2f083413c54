//! What the service says of its model.

use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};

use crate::models;

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
        Ok(Models {
            list: json!([{ "id": fingerprint, "embedded": path.is_none(), "card": card }]),
            genres: model.card.genres.names().to_vec(),
            fingerprint,
        })
    }
}
