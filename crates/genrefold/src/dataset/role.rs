//! What a track or a clip is for, in one fold of a split.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a clip is for, in one fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Learned from.
    Training,
    /// The training is stopped by it.
    Validation,
    /// Judged, once.
    Test,
    /// In no side of this split.
    Unused,
}

impl Role {
    /// The sides that every fold must have of every genre.
    pub const SIDES: [Role; 3] = [Role::Training, Role::Validation, Role::Test];
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::Training => "training",
            Role::Validation => "validation",
            Role::Test => "test",
            Role::Unused => "unused",
        })
    }
}
