//! `genrefold compare`, from the outside.

mod common;

use std::path::{Path, PathBuf};

use common::{Outcome, genrefold, text};
use genrefold::Genres;
use genrefold::evaluation::Protocol;
use genrefold::results::{DataTable, FoldResult, Level, LevelScores, Manifest, Run, SideCounts, TrackResult};
use serde_json::Value;

/// Stores a run of two folds; `said[fold][track]` is what a track of blues is taken for.
fn store(folder: &Path, name: &str, said: [[usize; 2]; 2]) -> Outcome<PathBuf> {
    let folder = folder.join(name);
    let run = Run { manifest: manifest(name)?, folds: vec![] };
    run.save_manifest(&folder)?;
    for (index, said) in said.into_iter().enumerate() {
        run.save_fold(&folder, &fold(index + 1, said)?)?;
    }
    Ok(folder)
}

fn manifest(name: &str) -> Outcome<Manifest> {
    let genres = Genres::new(vec!["blues".into(), "rock".into()])?;
    let (tracks, clips) = (vec![4, 0], vec![4, 0]);
    let data = DataTable {
        title: "made up".into(),
        fingerprint: "f0".into(),
        tracks,
        clips,
        left_out: vec![],
        together: vec![],
    };
    Ok(Manifest {
        format: 1,
        program: "genrefold 0.0.0".into(),
        name: name.into(),
        network: "RGLUformer".into(),
        protocol: Protocol::Track,
        level: Level::Vote,
        folds: 2,
        genres,
        data,
        fine_tuned_from: None,
        split: "5711".into(),
        settings: Value::Null,
    })
}

fn fold(number: usize, said: [usize; 2]) -> Outcome<FoldResult> {
    let track = |(index, said): (usize, usize)| TrackResult {
        path: format!("blues/{number}-{index}.wav"),
        genre: 0,
        clips: vec![0],
        probabilities: vec![if said == 0 { vec![0.75, 0.25] } else { vec![0.25, 0.75] }],
    };
    let tracks: Vec<TrackResult> = said.into_iter().enumerate().map(track).collect();
    Ok(FoldResult {
        fold: number,
        split: "5711".into(),
        training: SideCounts { tracks: 2, clips: 2 },
        validation: SideCounts::default(),
        test: SideCounts { tracks: 2, clips: 2 },
        best_epoch: 1,
        history: vec![],
        scores: LevelScores::new(2, &tracks)?,
        tracks,
        validation_tracks: Vec::new(),
        graphics_card: None,
    })
}

#[test]
fn two_runs_are_compared_in_a_sentence_two_tables_or_json() -> Outcome {
    let folder = tempfile::tempdir()?;
    let first = store(folder.path(), "good", [[0, 0], [0, 1]])?;
    let second = store(folder.path(), "poor", [[0, 1], [0, 1]])?;
    let output = genrefold(&["compare".as_ref(), first.as_os_str(), second.as_os_str()])?;
    let page = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for part in [
        "RGLUformer (good) is 25.0 points above RGLUformer (poor) in accuracy on tracks by vote over 2 folds (",
        "McNemar over 4 tracks p = 1.00): the data do not tell them apart.\n\n",
        "\nfold     first    second  difference    macro F1\n   1   100.0 %    50.0 %       +50.0",
        "\nmean                           +25.0",
        "\ntracks        second right  second wrong\nfirst right              2             1\nfirst wrong              0             1\n",
    ] {
        assert!(page.contains(part), "no {part:?} in {page}");
    }
    let json = ["--json".as_ref(), "--level".as_ref(), "clip".as_ref()];
    let output =
        genrefold(&[&["compare".as_ref(), first.as_os_str(), second.as_os_str()], &json[..]].concat())?;
    let comparison: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!((&comparison["level"], &comparison["tracks"]["level"]), (&"clip".into(), &"mean".into()));
    assert_eq!(comparison["folds"][0]["accuracy"]["difference"], 0.5);
    Ok(())
}

#[test]
fn a_folder_without_a_run_is_refused_as_wrong_usage() -> Outcome {
    let folder = tempfile::tempdir()?;
    let first = store(folder.path(), "good", [[0, 0], [0, 1]])?;
    let output = genrefold(&["compare".as_ref(), first.as_os_str(), folder.path().as_os_str()])?;
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("no run.json; give what crossval's -o named"), "{said}");
    Ok(())
}
