//! The default model, which lies inside the program: no file, no network, ready at once.

use std::path::Path;

use super::Model;
use crate::error::Result;

/// The model file. `MODEL_CARD.md` says what it learned from and how far to trust it.
const BYTES: &[u8] = include_bytes!("../../assets/gtzan.safetensors");

impl Model {
    /// The default model: ten genres, learned from GTZAN.
    ///
    /// # Errors
    /// None, unless the program was built from a damaged tree.
    pub fn embedded() -> Result<Self> {
        Self::from_bytes(BYTES, Path::new("embedded in the program"))
    }
}
