//! Which model: a file, or the one inside the program.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, anyhow};
use genrefold::Model;
use genrefold::model::short;

use crate::failure::Usage;

/// Loads a model file, or the built-in model.
///
/// # Errors
/// [`Usage`] if it cannot be used.
pub fn load(path: Option<&Path>) -> Result<Model> {
    match path {
        Some(path) => Model::load(path).map_err(|error| anyhow!(Usage(error.to_string()))),
        None => Model::embedded().map_err(|error| {
            anyhow!(Usage(format!("the built-in model cannot be used ({error}); name a model file instead")))
        }),
    }
}

/// The first digits of a model's fingerprint.
///
/// # Errors
/// Those of [`Model::fingerprint`].
pub fn short_fingerprint(model: &Model) -> Result<String> {
    Ok(short(&model.fingerprint()?).to_owned())
}

/// Prints "genrefold 0.1.0 (model 0123456789ab)".
pub fn print_version() -> Result<ExitCode> {
    let version = env!("CARGO_PKG_VERSION");
    match Model::embedded().map_err(Into::into).and_then(|model| short_fingerprint(&model)) {
        Ok(fingerprint) => println!("genrefold {version} (model {fingerprint})"),
        Err(_) => println!("genrefold {version} (without a built-in model)"),
    }
    Ok(ExitCode::SUCCESS)
}
