//! How good a model of all songs is, told by folds: as many twins of it, each judged on songs that it has not heard.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use genrefold::evaluation::{Judged, Protocol};
use genrefold::results::{Level, Run};
use genrefold::training::experiment::Study;
use genrefold::training::{CrossValidation, crossval};

use super::TrainArgs;
use super::output::Output;
use super::songs::Songs;
use super::start::Start;
use crate::crossval::together;
use crate::pages;
use crate::stop::STOP;
use crate::watch::Watch;
use crate::words::{counted, name};

/// Whole songs are divided, and all of them are judged once.
pub fn study(folds: usize) -> Study {
    Study { protocol: Protocol::Track, folds, level: Level::Mean, judged: Judged::Test }
}

/// Where the folds are kept: beside the model.
pub fn folder(model: &Path) -> PathBuf {
    let mut name = model.file_name().unwrap_or_default().to_os_string();
    name.push(".folds");
    model.with_file_name(name)
}

/// Trains and judges the folds that are not there yet; none if it was stopped.
///
/// # Errors
/// Those of [`crossval()`].
pub fn run(args: &TrainArgs, songs: &Songs, start: &Start, output: &Output) -> Result<Option<Run>> {
    let folder = folder(&output.model);
    let title = name(output.model.with_extension("").file_name().unwrap_or_default().as_ref());
    let training = &start.experiment.training;
    let watch = Watch {
        label: String::new(),
        tracks: songs.readable.tracks.len(),
        batch: training.batch,
        // All songs are learned from after the last.
        trainings: start.experiment.study.folds + 1,
        log: args.log_dir.as_ref().map(|log| log.join("folds")),
        page: &|| Ok(()),
    };
    let watcher = watch.begin(&STOP);
    let outcome = crossval(
        &CrossValidation {
            name: &title,
            title: &title,
            experiment: &start.experiment,
            foundation: start.foundation.as_ref(),
            processor: start.processor.clone(),
            catalogue: &songs.readable,
            cache: crate::cache::of(&args.cache).as_ref(),
            grouping: &|store| Ok(together(store, &Default::default())),
            folder: &folder,
            folds: None,
        },
        &watcher,
    );
    watcher.finish()?;
    let place = folder.display();
    let run = outcome.with_context(|| format!("the folds in {place} (remove that folder to begin anew)"))?;
    if let Some(run) = &run {
        let page = pages::write(&title, std::slice::from_ref(&folder), &folder)?;
        eprintln!(
            "{} judged; {} shows them. Now all songs.",
            counted(run.folds.len(), "fold"),
            page.display()
        );
    }
    Ok(run)
}
