//! Cross-validation on synthesised songs, in seconds: what interrupts it does not matter, and no song that is judged
//! was learned from.

#[path = "common/interrupt.rs"]
mod interrupt;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use genrefold::dataset::synthetic::write_folder;
use genrefold::dataset::{Cache, Catalogue, Listener, Reading, Store, Track, duplicates};
use genrefold::evaluation::Protocol;
use genrefold::model::Processor;
use genrefold::results::{Level, Run};
use genrefold::training::{CrossValidation, Experiment, Observer, Silent, crossval};

use interrupt::Interrupt;

type Tested = Result<(), Box<dyn Error>>;

/// A network of a few hundred weights on half-second clips, three folds.
const TINY: &str = r#"
seed = 3
[study]
folds = 3
[front_end]
bands = 16
clip_seconds = 0.5
[network]
channels = [6, 8, 8]
dense = [8]
[network.encoder]
kind = "transformer"
heads = 2
feed_forward = 16
[training]
epochs = 3
batch = 8
learning_rate = 3e-3
[augment]
random_windows = false
time_mask = 6
band_mask = 3
"#;

fn songs(folder: &Path) -> genrefold::Result<Catalogue> {
    write_folder(folder, 3, 4, 1.5, 16_000)?;
    Catalogue::scan(folder)
}

fn by_copies(store: &Store) -> genrefold::Result<Vec<usize>> {
    Ok(duplicates::groups(&store.catalogue))
}

/// A run of these settings into a folder.
struct Trial<'a> {
    catalogue: &'a Catalogue,
    experiment: &'a Experiment,
    folder: &'a Path,
    cache: Option<&'a Cache>,
}

impl Trial<'_> {
    fn run(&self, folds: Option<&[usize]>, observer: &dyn Observer) -> genrefold::Result<Option<Run>> {
        let Trial { catalogue, experiment, folder, cache } = *self;
        let plan = CrossValidation {
            name: "tiny",
            title: "synthesised",
            experiment,
            foundation: None,
            processor: Processor::cpu(),
            catalogue,
            cache,
            grouping: &by_copies,
            folder,
            folds,
        };
        crossval(&plan, observer)
    }
}

/// Every file below a folder with its bytes, by path, but for the lock.
fn content(folder: &Path) -> std::io::Result<BTreeMap<String, Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.file_name().is_some_and(|name| name != ".lock") {
                let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
                found.insert(name, fs::read(&path)?);
            }
        }
    }
    Ok(found)
}

#[test]
fn a_run_in_pieces_comes_to_the_same_bytes_as_one_without_interruption() -> Tested {
    let home = tempfile::tempdir()?;
    let catalogue = songs(&home.path().join("songs"))?;
    let experiment: Experiment = toml::from_str(TINY)?;
    let (whole, pieces) = (home.path().join("whole"), home.path().join("pieces"));
    let trial = |folder| Trial { catalogue: &catalogue, experiment: &experiment, folder, cache: None };
    let run = trial(&whole).run(None, &Silent)?.ok_or("stopped")?;
    assert_eq!(run.folds.iter().map(|fold| fold.fold).collect::<Vec<_>>(), [1, 2, 3]);
    let mut rounds = 0;
    while trial(&pieces).run(None, &Interrupt::after(5))?.is_none() {
        rounds += 1;
        assert!(rounds < 100, "the run does not get on");
    }
    assert!(rounds > 2, "it was hardly interrupted");
    let (whole, pieces) = (content(&whole)?, content(&pieces)?);
    assert_eq!(whole.keys().collect::<Vec<_>>(), pieces.keys().collect::<Vec<_>>());
    assert!(whole == pieces, "another result after {rounds} interruptions");
    Ok(())
}

#[test]
fn folds_that_were_trained_apart_are_merged_into_the_same_run() -> Tested {
    let home = tempfile::tempdir()?;
    let catalogue = songs(&home.path().join("songs"))?;
    let experiment: Experiment = toml::from_str(TINY)?;
    let run = |name: &str, folds: Option<&[usize]>| -> Result<Run, Box<dyn Error>> {
        let folder = home.path().join(name);
        let trial = Trial { catalogue: &catalogue, experiment: &experiment, folder: &folder, cache: None };
        Ok(trial.run(folds, &Silent)?.ok_or("stopped")?)
    };
    let whole = run("whole", None)?;
    let (one, rest) = (run("one", Some(&[2]))?, run("rest", Some(&[1, 3]))?);
    assert_eq!(one.folds.len(), 1);
    assert_eq!(Run::merge(&[one.clone(), rest.clone()])?, whole);
    assert_eq!(Run::merge(&[rest, whole.clone()])?, whole, "the same fold twice is no harm");
    let mut lied = one;
    lied.folds[0].best_epoch += 1;
    let said = Run::merge(&[whole, lied]).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(said.contains("two results of fold 2"), "{said}");
    Ok(())
}

#[test]
fn every_track_is_judged_once_and_never_by_who_has_heard_it() -> Tested {
    let home = tempfile::tempdir()?;
    let catalogue = songs(&home.path().join("songs"))?;
    let mut experiment: Experiment = toml::from_str(TINY)?;
    experiment.training.epochs = 1;
    for protocol in [Protocol::Track, Protocol::Clip, Protocol::Holdout] {
        experiment.study.protocol = protocol;
        let folder = home.path().join(protocol.word());
        let trial = Trial { catalogue: &catalogue, experiment: &experiment, folder: &folder, cache: None };
        let run = trial.run(None, &Silent)?.ok_or("stopped")?;
        let tracks = run.test_tracks();
        let whole = if protocol == Protocol::Holdout { 3..=6 } else { 12..=12 };
        assert!(whole.contains(&tracks.len()), "{protocol}: {} tracks", tracks.len());
        assert!(tracks.iter().all(|track| track.clips == (0..track.clips.len()).collect::<Vec<_>>()));
        for fold in &run.folds {
            let sides = [fold.training, fold.validation, fold.test];
            let clips: usize = sides.iter().map(|side| side.clips).sum();
            assert_eq!(clips, run.manifest.data.clips.iter().sum::<usize>(), "{protocol}");
            let on_sides: usize = sides.iter().map(|side| side.tracks).sum();
            assert_eq!(on_sides > 12, protocol.is_leaky(), "{protocol}: {on_sides} tracks on three sides");
        }
    }
    Ok(())
}

#[test]
fn a_folder_with_another_run_is_left_alone() -> Tested {
    let home = tempfile::tempdir()?;
    let catalogue = songs(&home.path().join("songs"))?;
    let mut experiment: Experiment = toml::from_str(TINY)?;
    let folder = home.path().join("run");
    Trial { catalogue: &catalogue, experiment: &experiment, folder: &folder, cache: None }
        .run(Some(&[1]), &Silent)?;
    let before = content(&folder)?;
    let refused = |catalogue: &Catalogue, experiment: &Experiment, folds: Option<&[usize]>| {
        let trial = Trial { catalogue, experiment, folder: &folder, cache: None };
        trial.run(folds, &Silent).err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert!(refused(&catalogue, &experiment, Some(&[4])).contains("1 to 3"));
    experiment.training.batch = 9;
    let said = refused(&catalogue, &experiment, None);
    assert!(said.contains("other settings") && said.contains("another folder"), "{said}");
    experiment.training.batch = 8;
    let fewer = Catalogue { tracks: catalogue.tracks[1..].to_vec(), ..catalogue.clone() };
    let said = refused(&fewer, &experiment, None);
    assert!(said.contains("in the split"), "{said}");
    assert!(content(&folder)? == before);
    Ok(())
}

#[test]
fn too_few_songs_are_refused_before_anything_is_decoded() -> Tested {
    let home = tempfile::tempdir()?;
    let catalogue = songs(&home.path().join("songs"))?;
    let mut experiment: Experiment = toml::from_str(TINY)?;
    experiment.study.folds = 10;
    let folder = home.path().join("run");
    let trial = Trial { catalogue: &catalogue, experiment: &experiment, folder: &folder, cache: None };
    let said = trial.run(None, &Silent).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(said.contains("fewer than 10 tracks") && said.contains("set fewer study.folds"), "{said}");
    Ok(())
}

/// Counts how songs were read.
#[derive(Default)]
struct Readings {
    cached: AtomicUsize,
    decoded: AtomicUsize,
    left_out: AtomicUsize,
}

impl Listener for Readings {
    fn track_read(&self, _: &Track, reading: Reading) {
        let counter = match reading {
            Reading::Cached => &self.cached,
            Reading::Decoded => &self.decoded,
            Reading::LeftOut(_) => &self.left_out,
        };
        counter.fetch_add(1, Ordering::SeqCst);
    }
}

impl Observer for Readings {}

#[test]
fn a_second_run_decodes_nothing_and_an_unreadable_song_is_named_in_the_result() -> Tested {
    let home = tempfile::tempdir()?;
    let root = home.path().join("songs");
    songs(&root)?;
    let genre = fs::read_dir(&root)?.next().ok_or("no genre")??.path();
    fs::write(genre.join("broken.mp3"), "this is no music")?;
    let catalogue = Catalogue::scan(&root)?;
    let mut experiment: Experiment = toml::from_str(TINY)?;
    experiment.training.epochs = 1;
    let cache = Cache::new(home.path().join("cache"));
    let mut results = Vec::new();
    for (name, cached) in [("first", 0), ("second", 12)] {
        let folder = home.path().join(name);
        let trial =
            Trial { catalogue: &catalogue, experiment: &experiment, folder: &folder, cache: Some(&cache) };
        let readings = Readings::default();
        let run = trial.run(Some(&[1]), &readings)?.ok_or("stopped")?;
        let count = |counter: &AtomicUsize| counter.load(Ordering::SeqCst);
        assert_eq!(
            (count(&readings.cached), count(&readings.decoded), count(&readings.left_out)),
            (cached, 12 - cached, 1)
        );
        let left_out = &run.manifest.data.left_out;
        assert!(left_out.len() == 1 && left_out[0].path.ends_with("/broken.mp3"), "{left_out:?}");
        results.push(run);
    }
    assert!(results[0] == results[1], "spectrograms from the cache gave another result");
    let scores = results[0].folds[0].scores.at(Level::Mean);
    assert_eq!(scores.count, results[0].folds[0].test.tracks as u64);
    Ok(())
}
