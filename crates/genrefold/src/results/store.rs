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

impl Manifest {
    /// Loads the manifest of the run in a folder.
    ///
    /// # Errors
    /// As [`Run::load`].
    pub fn load(folder: &Path) -> Result<Manifest> {
        load_manifest(&folder.join(MANIFEST))
    }
}

impl Run {
    /// Whether a folder is a run's.
    pub fn is_in(folder: &Path) -> bool {
        folder.join(MANIFEST).is_file()
    }

    /// The files that a run's folder holds so far: the manifest's, and the finished folds' by name.
    ///
    /// # Errors
    /// [`Error::Io`] where the system refuses to list them.
    pub fn files(folder: &Path) -> Result<(PathBuf, Vec<PathBuf>)> {
        Ok((folder.join(MANIFEST), fold_files(&folder.join(FOLDS))?))
    }

    /// Loads a run from its folder, with the folds that are there so far, perhaps none.
    ///
    /// # Errors
    /// [`Error::Run`] where the folder holds no run, or a file is of another layout, unreadable, of another
    /// split or not what its name says; [`Error::Io`] where the system refuses a file.
    pub fn load(folder: &Path) -> Result<Run> {
        let manifest = Manifest::load(folder)?;
        let (_, folds) = Run::files(folder)?;
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
        let remedy =
            format!("this program reads layout {FORMAT}: take the program that wrote it, or run anew");
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
    let pretty = serde_json::to_string_pretty(content).map_err(|error| {
        bad(path, format!("not to be written as JSON: {error}"), "report this as a fault")
    })?;
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::made_up;
    use super::*;

    type Tested = std::result::Result<(), Box<dyn std::error::Error>>;

    /// A run of two folds, and a folder that it is stored in.
    fn stored() -> std::result::Result<(Run, tempfile::TempDir), Box<dyn std::error::Error>> {
        let mut run = made_up::run("quick", 2)?;
        run.folds.push(made_up::fold(1, vec![made_up::track("blues/1.wav", 0, 0)])?);
        run.folds.push(made_up::fold(2, vec![made_up::track("jazz/1.wav", 1, 2)])?);
        let folder = tempfile::tempdir()?;
        store(&run, folder.path())?;
        Ok((run, folder))
    }

    fn store(run: &Run, folder: &Path) -> Result<()> {
        run.save_manifest(folder)?;
        run.folds.iter().try_for_each(|fold| run.save_fold(folder, fold))
    }

    /// What loading a run says after a fold's file or the manifest was replaced.
    fn refusal(folder: &Path, file: &str, text: &str) -> std::io::Result<String> {
        fs::write(folder.join(file), text)?;
        Ok(Run::load(folder).map_or_else(|error| error.to_string(), |_| "accepted".into()))
    }

    #[test]
    fn a_stored_run_comes_back() -> Tested {
        let (run, folder) = stored()?;
        let loaded = Run::load(folder.path())?;
        assert_eq!(loaded.manifest, run.manifest);
        let tracks = |run: &Run| run.folds.iter().map(|fold| fold.tracks.clone()).collect::<Vec<_>>();
        assert_eq!(tracks(&loaded), tracks(&run));
        fs::write(folder.path().join("folds/02.json.partial"), "{")?;
        assert_eq!(Run::load(folder.path())?, loaded, "an interrupted write is in the way");
        Ok(())
    }

    #[test]
    fn a_loaded_run_is_stored_to_the_same_bytes() -> Tested {
        let (run, folder) = stored()?;
        let bytes = fs::read(folder.path().join("folds/01.json"))?;
        let loaded = Run::load(folder.path())?;
        assert_eq!(loaded, run);
        store(&loaded, folder.path())?;
        assert_eq!(fs::read(folder.path().join("folds/01.json"))?, bytes);
        Ok(())
    }

    #[test]
    fn a_run_without_a_fold_loads() -> Tested {
        let folder = tempfile::tempdir()?;
        made_up::run("quick", 2)?.save_manifest(&folder.path().join("deep/down"))?;
        assert!(Run::load(&folder.path().join("deep/down"))?.folds.is_empty());
        Ok(())
    }

    #[test]
    fn a_row_of_probabilities_is_a_line() -> Tested {
        let (_, folder) = stored()?;
        let text = fs::read_to_string(folder.path().join("folds/01.json"))?;
        assert!(text.contains("\n        [0.6, 0.2, 0.2],\n        [0.6, 0.2, 0.2]\n"), "{text}");
        assert!(text.contains("\n  \"tracks\": [\n    {\n      \"path\": \"blues/1.wav\",\n"), "{text}");
        Ok(())
    }

    #[test]
    fn what_is_no_run_is_refused_with_what_to_do() -> Tested {
        let (_, folder) = stored()?;
        let none =
            Run::load(&folder.path().join("folds")).map_or_else(|error| error.to_string(), |_| String::new());
        assert!(none.ends_with("holds no run.json; give what crossval's -o named"), "{none}");
        let said = refusal(folder.path(), "run.json", "{ \"format\": 2 }")?;
        assert!(said.contains("run.json: layout 2; this program reads layout 1"), "{said}");
        let said = refusal(folder.path(), "run.json", "{ \"format\": 1,\n")?;
        assert!(
            said.contains("run.json: unreadable JSON: EOF") && said.contains("line 2 column 0"),
            "{said}"
        );
        Ok(())
    }

    #[test]
    fn a_fold_that_does_not_belong_is_refused() -> Tested {
        let (_, folder) = stored()?;
        let one = fs::read_to_string(folder.path().join("folds/01.json"))?;
        let cases = [
            (one.replace("\"5711\"", "\"ff\""), "a fold of the split ff, but the run is of 5711"),
            (one.replace("\"fold\": 1", "\"fold\": 3"), "fold 3 of 2; remove it"),
            (one.replace("\"fold\": 1", "\"fold\": 0"), "fold 0 of 2; remove it"),
            (one.replace("\"fold\": 1", "\"fold\": 2"), "fold 2, whose file is 02.json"),
            (one.replacen("[0.6, 0.2, 0.2],", "", 1), "the track \"blues/1.wav\" without a row"),
            (one.replacen("\"genre\": 0", "\"genre\": 3", 1), "the track \"blues/1.wav\" without a row"),
            (one.replacen("\"best_epoch\"", "\"best\"", 1), "unknown field `best`"),
        ];
        for (text, expected) in cases {
            let said = refusal(folder.path(), "folds/01.json", &text)?;
            assert!(said.contains(expected) && said.contains("01.json"), "{expected}: {said}");
        }
        let said = refusal(folder.path(), "folds/01.json", &one)?;
        assert_eq!(said, "accepted");
        let said = refusal(folder.path(), "folds/1.json", &one)?;
        assert!(said.contains("folds/1.json: fold 1, whose file is 01.json"), "a fold stands twice: {said}");
        Ok(())
    }

    #[test]
    fn a_fold_of_another_split_is_not_stored() -> Tested {
        let (run, folder) = stored()?;
        let mut fold = run.folds[0].clone();
        fold.split = "ff".into();
        assert!(matches!(run.save_fold(folder.path(), &fold), Err(Error::Run { .. })));
        assert_eq!(Run::load(folder.path())?.folds[0].tracks, run.folds[0].tracks);
        Ok(())
    }

    proptest! {
        #[test]
        fn every_probability_survives(millionths in prop::collection::vec(0_u32..=1_000_000, 30)) {
            let row: Vec<f32> = millionths.into_iter().map(|millionths| millionths as f32 / 1e6).collect();
            let text = numbers_on_one_line(&serde_json::to_string_pretty(&row)?);
            prop_assert_eq!(text.lines().count(), 1);
            prop_assert_eq!(serde_json::from_str::<Vec<f32>>(&text)?, row);
        }

        #[test]
        fn every_figure_survives(figures in prop::collection::vec(prop::num::f64::NORMAL, 30)) {
            let text = numbers_on_one_line(&serde_json::to_string_pretty(&figures)?);
            prop_assert_eq!(serde_json::from_str::<Vec<f64>>(&text)?, figures);
        }
    }
}
