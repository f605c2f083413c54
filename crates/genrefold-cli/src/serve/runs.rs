//! The runs of a folder, as they stand: which there are, how far they are, and their reports.
//!
//! A client's name for a run is looked up among those found on the disk; it never becomes part of a path.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};
use genrefold::report;
use genrefold::results::{EpochRecord, FoldResult, Level, Manifest, Run};
use genrefold::training::epochs_so_far;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::assets::tag_of;
use crate::failure::Usage;
use crate::words::name;

/// More are not listed.
const MOST_RUNS: usize = 500;
/// Between a run's folder and that of the study it belongs to, in its name: a character that addresses may hold.
const BELOW: char = '~';
/// A run that is unfinished and has written nothing for longer is not running: an epoch seldom takes that long.
const QUIET: Duration = Duration::from_secs(15 * 60);

/// The runs of a folder.
#[derive(Debug)]
pub struct Runs {
    folder: PathBuf,
    /// Reports by the run's name, each with the state that it is of.
    reports: Mutex<HashMap<String, (String, Arc<str>)>>,
}

/// A run's folder and what clients call it.
#[derive(Debug)]
pub struct Found {
    name: String,
    folder: PathBuf,
}

/// A run in a list.
#[derive(Debug, Serialize)]
pub struct Brief {
    name: String,
    /// The name that its configuration gives it.
    title: String,
    network: String,
    protocol: String,
    /// What the songs are, in words.
    songs: String,
    folds_done: usize,
    folds_planned: usize,
    running: bool,
    /// When anything in it changed last, seconds since 1970.
    updated: u64,
}

/// A run with its folds.
#[derive(Debug, Serialize)]
pub struct Detail {
    #[serde(flatten)]
    brief: Brief,
    folds: Vec<Fold>,
}

/// A fold, finished or under way.
#[derive(Debug, Serialize)]
struct Fold {
    fold: usize,
    finished: bool,
    /// The epoch whose weights were judged; none while it trains.
    best_epoch: Option<usize>,
    /// Share of test tracks or clips judged right, on the run's own level; none while it trains.
    accuracy: Option<f64>,
    macro_f1: Option<f64>,
    history: Vec<EpochRecord>,
}

/// What the files of a run look like from outside.
struct State {
    /// A hash of their names, sizes and times.
    tag: String,
    changed: SystemTime,
    folds_done: usize,
    /// Trainings under way.
    checkpoints: Vec<PathBuf>,
}

impl Runs {
    /// Those in this folder: itself if it is a run's, otherwise the folders in it, and the folders in those. They may
    /// come and go.
    ///
    /// # Errors
    /// [`Usage`] where there is no folder.
    pub fn open(folder: PathBuf) -> Result<Self> {
        if !folder.is_dir() {
            let folder = name(&folder);
            bail!(Usage(format!("there is no folder {folder}; name the one that crossval writes to")));
        }
        Ok(Runs { folder, reports: Mutex::default() })
    }

    /// All runs by name. What cannot be read is left out.
    pub fn list(&self) -> Vec<Brief> {
        let brief = |found: &Found| {
            let manifest = Manifest::load(&found.folder).ok()?;
            Some(brief(found, &State::of(&found.folder).ok()?, &manifest))
        };
        self.found().iter().filter_map(brief).collect()
    }

    /// One run; none where there is none of that name.
    ///
    /// # Errors
    /// Its files cannot be read.
    pub fn detail(&self, name: &str) -> Result<Option<Detail>> {
        let Some(found) = self.find(name) else { return Ok(None) };
        let state = State::of(&found.folder)?;
        let run = Run::load(&found.folder)?;
        let (brief, level) = (brief(&found, &state, &run.manifest), run.manifest.level);
        let mut folds: Vec<Fold> = run.folds.into_iter().map(|fold| Fold::finished(fold, level)).collect();
        // A checkpoint that is just being replaced or removed is passed over.
        let begun = state.checkpoints.iter().filter_map(|path| epochs_so_far(path).ok());
        for (fold, history) in begun {
            if !folds.iter().any(|known| known.fold == fold) {
                folds.push(Fold::under_way(fold, history));
            }
        }
        folds.sort_by_key(|fold| fold.fold);
        Ok(Some(Detail { brief, folds }))
    }

    /// A run's report as a page, and its tag; none where there is no run of that name.
    ///
    /// # Errors
    /// Its files cannot be read.
    pub fn report(&self, name: &str) -> Result<Option<(String, Arc<str>)>> {
        let Some(found) = self.find(name) else { return Ok(None) };
        let tag = State::of(&found.folder)?.tag;
        // Held while the page is made: many clients wait for one page, not for many.
        let mut reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, page)) = reports.get(name)
            && *known == tag
        {
            return Ok(Some((tag, Arc::clone(page))));
        }
        let run = Run::load(&found.folder)?;
        let title = run.manifest.name.clone();
        let page: Arc<str> = report::pages(&title, &[run])?.html.into();
        reports.insert(name.to_owned(), (tag.clone(), Arc::clone(&page)));
        Ok(Some((tag, page)))
    }

    fn find(&self, name: &str) -> Option<Found> {
        self.found().into_iter().find(|found| found.name == name)
    }

    fn found(&self) -> Vec<Found> {
        let own = |folder: &Path| folder.file_name().map(|name| name.to_string_lossy().into_owned());
        if Run::is_in(&self.folder) {
            let absolute = fs::canonicalize(&self.folder).unwrap_or_else(|_| self.folder.clone());
            let name = own(&absolute).unwrap_or_else(|| "run".into());
            return vec![Found { name, folder: self.folder.clone() }];
        }
        let mut found = Vec::new();
        for folder in folders(&self.folder) {
            let Some(name) = own(&folder) else { continue };
            if Run::is_in(&folder) {
                found.push(Found { name, folder });
                continue;
            }
            let below = folders(&folder).into_iter().filter(|folder| Run::is_in(folder));
            let named = below
                .filter_map(|folder| Some(Found { name: format!("{name}{BELOW}{}", own(&folder)?), folder }));
            found.extend(named);
        }
        found.truncate(MOST_RUNS);
        found
    }
}

/// The folders in a folder, by name.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let mut folders = entries(folder);
    folders.retain(|path| path.is_dir());
    folders
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths
}

fn brief(found: &Found, state: &State, manifest: &Manifest) -> Brief {
    let unfinished = state.folds_done < manifest.folds;
    let lately =
        state.changed.elapsed().is_ok_and(|since| since < QUIET) || state.changed > SystemTime::now();
    Brief {
        name: found.name.clone(),
        title: manifest.name.clone(),
        network: manifest.network.clone(),
        protocol: manifest.protocol.to_string(),
        songs: manifest.data.title.clone(),
        folds_done: state.folds_done,
        folds_planned: manifest.folds,
        running: unfinished && !state.checkpoints.is_empty() && lately,
        updated: state.changed.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
    }
}

impl State {
    fn of(folder: &Path) -> Result<Self> {
        let (manifest, folds) = Run::files(folder)?;
        let mut checkpoints = entries(folder);
        checkpoints.retain(|path| path.extension().is_some_and(|extension| extension == "checkpoint"));
        let (mut seen, mut changed) = (Sha256::new(), UNIX_EPOCH);
        for path in [&manifest].into_iter().chain(&folds).chain(&checkpoints) {
            // A file may go while we look.
            let Ok(about) = fs::metadata(path) else { continue };
            let modified = about.modified()?;
            changed = changed.max(modified);
            seen.update(format!("{} {} {modified:?}\n", path.display(), about.len()));
        }
        Ok(State { tag: tag_of(&seen.finalize()), changed, folds_done: folds.len(), checkpoints })
    }
}

impl Fold {
    fn finished(fold: FoldResult, level: Level) -> Self {
        let scores = fold.scores.at(level);
        Fold {
            fold: fold.fold,
            finished: true,
            best_epoch: Some(fold.best_epoch),
            accuracy: Some(scores.accuracy),
            macro_f1: Some(scores.f1),
            history: fold.history,
        }
    }

    fn under_way(fold: usize, history: Vec<EpochRecord>) -> Self {
        Fold { fold, finished: false, best_epoch: None, accuracy: None, macro_f1: None, history }
    }
}
