//! The folds of one run that were trained in several places, put together.

use super::{FoldResult, Run};
use crate::error::{Error, Result};

impl Run {
    /// One run with the folds of all. The same fold may come twice if it came to the same result.
    ///
    /// # Errors
    /// [`Error::Setting`] for no run, for runs that differ in anything but their folds, with what differs, and for
    /// a fold that came to two results.
    pub fn merge(runs: &[Run]) -> Result<Run> {
        let Some(first) = runs.first() else {
            return Err(bad("none".into(), "at least one run"));
        };
        let mut folds: Vec<FoldResult> = Vec::new();
        for run in runs {
            if let Some(what) = difference(first, run) {
                let found =
                    format!("runs of other {what}: {} and {}", first.manifest.name, run.manifest.name);
                return Err(bad(found, "folds of one run: the same program, configuration, songs and split"));
            }
            for fold in &run.folds {
                match folds.iter().find(|other| other.fold == fold.fold) {
                    None => folds.push(fold.clone()),
                    Some(other) if other == fold => {}
                    Some(_) => {
                        let found = format!("two results of fold {}", fold.fold);
                        return Err(bad(found, "one of them: remove the other's file"));
                    }
                }
            }
        }
        folds.sort_by_key(|fold| fold.fold);
        Ok(Run { manifest: first.manifest.clone(), folds })
    }
}

/// In which respect two runs differ first.
fn difference(one: &Run, other: &Run) -> Option<&'static str> {
    let (one, other) = (&one.manifest, &other.manifest);
    match () {
        () if one == other => None,
        () if one.settings != other.settings => Some("settings"),
        () if one.data != other.data => Some("songs"),
        () if one.split != other.split => Some("splits"),
        () if one.program != other.program => Some("programs"),
        () => Some("names or genres"),
    }
}

fn bad(found: String, expected: &str) -> Error {
    Error::Setting { key: "merge".into(), found, expected: expected.into() }
}
