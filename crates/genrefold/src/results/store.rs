//! A run's folder: `run.json` holds the manifest, `folds/01.json`, `folds/02.json`... a fold each.
//!
//! Every file is written whole or not at all, so that a run can be interrupted anywhere and loaded again. The
//! same run gives the same bytes: an array of numbers stands on one line, everything else is indented.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::manifest::FORMAT;
use super::{FoldResult, Manifest, Run, TrackResult};
use crate::error::{Error, Result};
use crate::files::write_whole;

const MANIFEST: &str = "run.json";
const FOLDS: &str = "folds";

/// The part of a manifest that all layouts share.
#[derive(Deserialize)]
struct Layout {
    format: u32,
}

impl Run {
    /// Loads a run from its folder, with the folds that are there so far, perhaps none.
    ///
    /// # Errors
    /// [`Error::Run`] where the folder holds no run, or a file is of another layout, unreadable, of another
    /// split or not what its name says; [`Error::Io`] where the system refuses a file.
    pub fn load(folder: &Path) -> Result<Run> {
        let manifest = load_manifest(&folder.join(MANIFEST))?;
        let folds = fold_files(&folder.join(FOLDS))?;
        let mut folds = folds.iter().map(|path| load_fold(path, &manifest)).collect::<Result<Vec<_>>>()?;
        folds.sort_by_key(|fold| fold.fold);
        Ok(Run { manifest, folds })
    }

    /// Writes the manifest into the run's folder, which is made where it is missing.
    ///
    /// # Errors
    /// [`Error::Io`] where the system refuses.
    pub fn save_manifest(&self, folder: &Path) -> Result<()> {
        save(&folder.join(MANIFEST), &self.manifest)
    }

    /// Writes a fold into the run's folder, in the place of an earlier one of that number. It need not be among
    /// `self.folds`, but must fit the manifest.
    ///
    /// # Errors
    /// [`Error::Run`] for a fold that does not fit the manifest; [`Error::Io`] where the system refuses.
    pub fn save_fold(&self, folder: &Path, fold: &FoldResult) -> Result<()> {
        let path = folder.join(FOLDS).join(fold_name(fold.fold));
        check_fold(&path, fold, &self.manifest)?;
        save(&path, fold)
    }
}

fn load_manifest(path: &Path) -> Result<Manifest> {
    let text = fs::read_to_string(path).map_err(|source| match source.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => bad(
            path.parent().unwrap_or(path),
            format!("not a run folder, for it holds no {MANIFEST}"),
            "give what crossval's -o named",
        ),
        _ => Error::io("read", path)(source),
    })?;
    let Layout { format } = parse(path, &text)?;
    if format != FORMAT {
        let remedy = format!("this program reads layout {FORMAT}: take the program that wrote it, or run anew");
        return Err(bad(path, format!("layout {format}"), remedy));
    }
    parse(path, &text)
}

/// The folds' files by name. Files that do not end in `.json`, as what an interruption leaves, are passed over.
fn fold_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(source) if source.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(Error::io("list", folder))?,
    };
    let paths = entries.map(|entry| Ok(entry.map_err(Error::io("list", folder))?.path()));
    let mut paths = paths.collect::<Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    Ok(paths)
}

fn load_fold(path: &Path, manifest: &Manifest) -> Result<FoldResult> {
    let text = fs::read_to_string(path).map_err(Error::io("read", path))?;
    let fold: FoldResult = parse(path, &text)?;
    check_fold(path, &fold, manifest)?;
    Ok(fold)
}

/// Holds a fold against the manifest. Two files cannot hold one fold, for only one can have its name.
fn check_fold(path: &Path, fold: &FoldResult, manifest: &Manifest) -> Result<()> {
    let (number, name) = (fold.fold, fold_name(fold.fold));
    if fold.split != manifest.split {
        let found = format!("a fold of the split {}, but the run is of {}", fold.split, manifest.split);
        return Err(bad(path, found, "remove it, and run that fold anew"));
    }
    if !(1..=manifest.folds).contains(&number) {
        return Err(bad(path, format!("fold {number} of {}", manifest.folds), "remove it"));
    }
    if path.file_name().is_none_or(|found| found != name.as_str()) {
        return Err(bad(path, format!("fold {number}, whose file is {name}"), "rename or remove it"));
    }
    match fold.tracks.iter().find(|track| !fits(track, manifest.genres.len())) {
        Some(track) => {
            let found = format!("the track {:?} without a row of probabilities for each clip", track.path);
            Err(bad(path, found, "remove the fold's file, and run that fold anew"))
        }
        None => Ok(()),
    }
}

/// Whether a track has clips, each with a probability for each genre.
fn fits(track: &TrackResult, genres: usize) -> bool {
    let rows = &track.probabilities;
    let whole = !rows.is_empty() && rows.len() == track.clips.len();
    whole && track.genre < genres && rows.iter().all(|row| row.len() == genres)
}

/// `01.json`; sorts by number up to 99 folds, and is unique beyond.
fn fold_name(number: usize) -> String {
    format!("{number:02}.json")
}

fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T> {
    // The error's own text ends with the line and the column.
    serde_json::from_str(text).map_err(|error| {
        bad(path, format!("unreadable JSON: {error}"), "restore the file, or remove it and run anew")
    })
}

fn save<T: Serialize>(path: &Path, content: &T) -> Result<()> {
    let pretty = serde_json::to_string_pretty(content)
        .map_err(|error| bad(path, format!("not to be written as JSON: {error}"), "report this as a fault"))?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    }
    write_whole(path, numbers_on_one_line(&pretty).as_bytes())
}

/// Puts each array of numbers on one line: a row of probabilities is then a line of a diff. Only a number in an
/// array begins its line with a digit or a sign, since everything in an object begins with a quoted key.
fn numbers_on_one_line(pretty: &str) -> String {
    let mut text = String::with_capacity(pretty.len());
    let mut after_number = false;
    for line in pretty.lines() {
        let content = line.trim_start();
        let number = content.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        match (after_number, number) {
            (true, true) => text += &format!(" {content}"),
            (true, false) | (false, true) => text += content,
            (false, false) => text += &format!("{}{line}", if text.is_empty() { "" } else { "\n" }),
        }
        after_number = number;
    }
    text + "\n"
}

fn bad(path: &Path, found: impl Into<String>, remedy: impl Into<String>) -> Error {
    Error::Run { path: path.to_path_buf(), found: found.into(), remedy: remedy.into() }
}
