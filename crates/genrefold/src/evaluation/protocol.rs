//! How songs are divided into those that are learned from and those that are judged.
//!
//! **Source**: `clip` is the report's §4, `track` its §5.3; `filtered` is the fault-filtered split of GTZAN
//! (Kereliuk, Sturm & Larsen, "Deep learning and music adversaries", IEEE Transactions on Multimedia 2015).

use std::fmt;

use serde::{Deserialize, Serialize};

/// How songs are divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// Clips are divided, so that clips of one track are learned from and judged (report §4). Leaky.
    Clip,
    /// Tracks are divided, with copies of a recording and an artist's tracks together (report §5.3).
    #[default]
    Track,
    /// The fault-filtered split of GTZAN, made by hand: one fold.
    Filtered,
    /// One fold of [`Protocol::Track`]: for when ten trainings are too many.
    Holdout,
}

impl Protocol {
    /// Whether what is judged stands also among what was learned from. Figures of a leaky protocol say how well
    /// songs are recognised that the network has heard, not how well it does on others.
    pub fn is_leaky(self) -> bool {
        self == Protocol::Clip
    }

    /// " (leaky)" where that is so, to stand behind figures and names in plain text; nothing elsewhere.
    pub fn mark(self) -> &'static str {
        if self.is_leaky() { " (leaky)" } else { "" }
    }

    /// How many trainings a split into so many parts takes.
    pub fn folds(self, parts: usize) -> usize {
        match self {
            Protocol::Clip | Protocol::Track => parts,
            Protocol::Filtered | Protocol::Holdout => 1,
        }
    }

    /// The word that stands for it in a configuration.
    pub fn word(self) -> &'static str {
        match self {
            Protocol::Clip => "clip",
            Protocol::Track => "track",
            Protocol::Filtered => "filtered",
            Protocol::Holdout => "holdout",
        }
    }
}

/// Which side of a fold the figures are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Judged {
    /// Songs that nothing was chosen by.
    #[default]
    Test,
    /// The songs that training is stopped by: to choose settings with, while the test songs stay unheard.
    Validation,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
