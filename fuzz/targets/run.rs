//! The readers of a run's files: split, manifest, folds, and the pages made of them. The first byte says which file the
//! rest stands for; the others are those of a sound run.
#![no_main]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use genrefold::dataset::folds::Folds;
use genrefold::report;
use genrefold::results::Run;
use libfuzzer_sys::fuzz_target;

/// A run of two folds on synthesised songs, as `seeds` has made it.
static SOUND: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/sound-run");
    ["run.json", "01.json"].map(|name| fs::read(seeds.join(name)).expect("run `fuzz/seeds` first"))
});

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    let folder = genrefold_fuzz::folder();
    match kind % 3 {
        0 => split(folder, bytes),
        1 => run(folder, bytes, &SOUND[1]),
        _ => run(folder, &SOUND[0], bytes),
    }
});

fn split(folder: &Path, bytes: &[u8]) {
    let path = folder.join("split.json");
    fs::write(&path, bytes).expect("room in memory");
    let Ok(split) = Folds::load(&path) else { return };
    split.save(&path).expect("room in memory");
    assert_eq!(Folds::load(&path).ok().as_ref(), Some(&split));
    for (track, clips) in split.tracks.keys().zip([0, 1, 11, usize::MAX >> 1]) {
        for fold in [0, 1, split.count(), usize::MAX] {
            // Only the number of clips makes a list of sides long.
            if clips < 100 {
                split.roles(fold, track, clips);
            }
        }
    }
}

fn run(folder: &Path, manifest: &[u8], fold: &[u8]) {
    fs::create_dir_all(folder.join("folds")).expect("room in memory");
    fs::write(folder.join("run.json"), manifest).expect("room in memory");
    fs::write(folder.join("folds/01.json"), fold).expect("room in memory");
    let Ok(run) = Run::load(folder) else { return };
    // What does not fit together is an error, never a panic.
    let _ = run.summary();
    let _ = report::pages("fuzz", &[run]);
}
