//! The pages of a study, written anew from what the runs' folders hold.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use genrefold::files::write_whole;
use genrefold::report;
use genrefold::results::Run;

/// Writes the page over these runs into a folder, and a summary into each run's own; says where the page is.
///
/// # Errors
/// Those of loading the runs and of writing.
pub fn write(title: &str, runs: &[PathBuf], folder: &Path) -> Result<PathBuf> {
    let mut loaded = Vec::with_capacity(runs.len());
    for path in runs {
        let run = Run::load(path)?;
        if !run.folds.is_empty() {
            let summary = serde_json::to_string_pretty(&run.summary()?)? + "\n";
            write_whole(&path.join("summary.json"), summary.as_bytes())?;
        }
        loaded.push(run);
    }
    std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    report::write(folder, &report::pages(title, &loaded)?)?;
    Ok(folder.join("report.html"))
}
