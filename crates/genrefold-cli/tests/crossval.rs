//! `genrefold crossval`, `merge`, `study`, `compare` and `dataset`, from the outside: the study survives being killed.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use common::{Outcome, genrefold, text};
use genrefold::dataset::synthetic::write_folder;
use serde_json::Value;

/// Two runs of three folds that take a second.
const TINY: &str = include_str!("fixtures/study.toml");

/// Runs `crossval` on the tiny configuration into `out`.
fn command(home: &Path, out: &str) -> Outcome<Command> {
    let config = home.join("tiny.toml");
    fs::write(&config, TINY)?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_genrefold"));
    command.arg("crossval").arg(config).arg("-o").arg(home.join(out)).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    Ok(command)
}

/// Every file below a folder with its bytes, by path, but for the locks.
fn content(folder: &Path) -> Outcome<BTreeMap<String, Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.file_name().is_some_and(|name| name != ".lock") {
                found.insert(path.strip_prefix(folder)?.display().to_string(), fs::read(&path)?);
            }
        }
    }
    Ok(found)
}

#[test]
fn a_study_that_is_killed_five_times_comes_to_the_same_bytes() -> Outcome {
    let home = tempfile::tempdir()?;
    let output = command(home.path(), "whole")?.output()?;
    assert!(output.status.success(), "{}", text(&output.stderr));
    // Killed after so many lines of progress: wherever the program then is.
    for lines in [2, 5, 3, 9, 4] {
        let mut child = command(home.path(), "killed")?.spawn()?;
        let progress = BufReader::new(child.stderr.take().ok_or("no standard error")?);
        let seen = progress.lines().take(lines).count();
        assert_eq!(seen, lines, "it ended before it was killed");
        child.kill()?;
        child.wait()?;
    }
    let output = command(home.path(), "killed")?.output()?;
    assert!(output.status.success(), "{}", text(&output.stderr));
    let (whole, killed) = (content(&home.path().join("whole"))?, content(&home.path().join("killed"))?);
    let names = |content: &BTreeMap<String, Vec<u8>>| content.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&whole), names(&killed));
    let differing: Vec<_> = whole.iter().filter(|(name, bytes)| killed.get(*name) != Some(bytes)).collect();
    assert!(differing.is_empty(), "{:?}", differing.iter().map(|(name, _)| name).collect::<Vec<_>>());
    Ok(())
}

#[test]
fn a_study_shows_the_leak_and_its_parts_can_be_merged_compared_and_shown_together() -> Outcome {
    let home = tempfile::tempdir()?;
    let path = |name: &str| home.path().join(name).display().to_string();
    for (out, folds) in [("one", "1,3"), ("two", "2")] {
        let output =
            command(home.path(), out)?.args(["--folds", folds, "--log-dir", &path("log")]).output()?;
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    let log = home.path().join("log/honest/fold-02");
    assert!(fs::read_dir(log)?.count() == 1, "TensorBoard has nothing to read");
    for run in ["leaky", "honest"] {
        let (one, two) = (path(&format!("one/{run}")), path(&format!("two/{run}")));
        let output = genrefold(&["merge", &one, &two, "-o", &path(run)])?;
        assert!(text(&output.stdout).contains("3 folds of 3"), "{}", text(&output.stderr));
        let summary: Value = serde_json::from_slice(&fs::read(home.path().join(run).join("summary.json"))?)?;
        assert_eq!(summary["folds"], 3);
    }
    let output = genrefold(&["study", &path("leaky"), &path("honest"), "-o", &path("page")])?;
    assert!(output.status.success(), "{}", text(&output.stderr));
    let (html, markdown) =
        (fs::read_to_string(path("page/report.html"))?, fs::read_to_string(path("page/report.md"))?);
    assert!(html.contains("<svg") && !html.contains("http://") || html.contains("www.w3.org"), "no figure");
    for page in [html, markdown] {
        assert!(page.contains("leaky") && page.contains("Table 4"), "{page}");
    }
    let output = genrefold(&["compare", &path("leaky"), &path("honest")])?;
    let said = text(&output.stdout);
    assert!(said.contains("McNemar") && said.contains("leaky"), "{said}{}", text(&output.stderr));
    let output = genrefold(&["merge", &path("leaky"), &path("honest"), "-o", &path("mixed")])?;
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("runs of other settings"), "{}", text(&output.stderr));
    Ok(())
}

#[test]
fn what_cannot_work_is_said_before_anything_is_trained() -> Outcome {
    let home = tempfile::tempdir()?;
    let songs = home.path().join("songs");
    write_folder(&songs, 2, 3, 1.0, 16_000)?;
    let single = home.path().join("single");
    write_folder(&single, 1, 3, 1.0, 16_000)?;
    fs::write(home.path().join("file"), "in the way")?;
    let configs = [("good", ""), ("misspelt", "[training]\nepoch = 3"), ("broken", "seed = ")];
    for (name, content) in configs {
        fs::write(home.path().join(name).with_extension("toml"), content)?;
    }
    let path = |name: &str| home.path().join(name).display().to_string();
    let cases: [(&str, &str, &str, &str); 6] = [
        ("misspelt.toml", "songs", "out", "epoch"),
        ("broken.toml", "songs", "out", "broken.toml"),
        ("none.toml", "songs", "out", "cannot read"),
        ("good.toml", "songs", "out", "fewer than 10 tracks"),
        ("good.toml", "single", "out", "one genre only"),
        ("good.toml", "songs", "file/out", "cannot create"),
    ];
    for (config, data, out, word) in cases {
        let out = path(out);
        let output =
            genrefold(&["crossval", &path(config), "--data", &path(data), "-o", &out, "--no-cache"])?;
        let said = text(&output.stderr);
        assert!(!output.status.success() && said.contains(word), "{config} {data}: {said}");
        assert!(!said.contains("epoch 1/"), "{said}");
    }
    let output = genrefold(&["crossval", &path("good.toml"), "-o", &path("out")])?;
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--data FOLDER"), "{}", text(&output.stderr));
    Ok(())
}

#[test]
fn a_folder_is_counted_and_its_faults_are_named_and_a_second_look_decodes_nothing() -> Outcome {
    let home = tempfile::tempdir()?;
    let songs = home.path().join("songs");
    write_folder(&songs, 2, 3, 12.0, 16_000)?;
    let first = fs::read_dir(&songs)?.next().ok_or("no genre")??.path();
    let song = fs::read_dir(&first)?.next().ok_or("no song")??.path();
    fs::copy(&song, first.join("the same.wav"))?;
    fs::write(first.join("blues.00000.mp3"), "no music")?;
    let (songs, cache) = (songs.display().to_string(), home.path().join("cache").display().to_string());
    let look = |more: &[&str]| genrefold(&[&["dataset", &songs, "--cache", &cache], more].concat());
    let output = look(&[])?;
    let said = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    for part in ["Total", "100.0 %", "unreadable: 1", "blues.00000.mp3", "byte by byte: 1", "the same.wav"] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    let output = look(&["--json"])?;
    assert!(text(&output.stderr).contains("0 of 8 songs decoded"), "{}", text(&output.stderr));
    let survey: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(
        survey["genres"][0]["tracks"].as_u64().zip(survey["genres"][1]["tracks"].as_u64()),
        Some((4, 3))
    );
    Ok(())
}
