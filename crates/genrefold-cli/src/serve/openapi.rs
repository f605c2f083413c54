//! The OpenAPI document: written by hand in `openapi.json`, with what depends on the model put in. Tests hold it to the
//! routes.

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// The document as it is written.
const WRITTEN: &str = include_str!("openapi.json");

/// The document of a service with these genres.
///
/// # Errors
/// None, unless the program was built from a damaged tree.
pub fn document(genres: &[String], asks_for_token: bool) -> Result<String> {
    let mut document: Value = serde_json::from_str(WRITTEN).context("openapi.json cannot be read")?;
    document["info"]["version"] = json!(env!("CARGO_PKG_VERSION"));
    document["components"]["schemas"]["Genre"]["enum"] = json!(genres);
    let top = &mut document["components"]["parameters"]["TopK"]["schema"];
    top["maximum"] = json!(genres.len());
    top["default"] = json!(genres.len().min(5));
    if asks_for_token {
        document["security"] = json!([{ "bearer": [] }, { "cookie": [] }]);
    }
    Ok(document.to_string())
}
