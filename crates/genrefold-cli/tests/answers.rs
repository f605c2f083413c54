//! `genrefold classify --out`: answers in a file, whatever happens on the way.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output};

use common::{Outcome, Studio, genrefold, genrefold_unread, lines, text};
use serde_json::Value;

/// A small library: four songs, one of a name that says nothing, one that is damaged, a picture, and a circle.
fn library() -> Outcome<Studio> {
    let studio = Studio::with_model()?;
    studio.song("music/a, b/one.wav", 2.0)?;
    studio.song("music/a, b/zwei 🎵.wav", 3.0)?;
    studio.song("music/line\nbreak.wav", 2.0)?;
    let named = studio.song("music/no name.wav", 2.0)?;
    fs::rename(&named, named.with_file_name("no name"))?;
    fs::write(studio.path("music/broken.mp3"), b"no song at all")?;
    fs::write(studio.path("music/cover.jpg"), b"\xff\xd8\xff\xe0")?;
    #[cfg(unix)]
    std::os::unix::fs::symlink(studio.path("music"), studio.path("music/circle"))?;
    Ok(studio)
}

fn keep(studio: &Studio, out: &Path, options: &[&str]) -> Outcome<Output> {
    let music = studio.path("music");
    let mut words = vec![OsStr::new("-r"), music.as_os_str(), OsStr::new("--out"), out.as_os_str()];
    words.extend(options.iter().map(OsStr::new));
    genrefold(&studio.classify(&words))
}

fn answers(out: &Path) -> Outcome<Vec<Value>> {
    Ok(fs::read_to_string(out)?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

/// The answers by the files' names.
fn by_name(answers: &[Value]) -> BTreeMap<String, &Value> {
    let name = |answer: &Value| {
        let file = Path::new(answer["file"].as_str().unwrap_or_default());
        file.file_name().unwrap_or_default().to_string_lossy().into_owned()
    };
    answers.iter().map(|answer| (name(answer), answer)).collect()
}

#[test]
fn every_file_has_one_answer_and_the_same_command_judges_nothing_twice() -> Outcome {
    let studio = library()?;
    let out = studio.path("answers.jsonl");
    let output = keep(&studio, &out, &[])?;
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    assert!(printed.starts_with("5 files judged, 1 passed over as hidden or no sound."), "{printed}");
    assert!(printed.contains("1 unknown-format"), "{printed}");
    let kept = answers(&out)?;
    let found = by_name(&kept);
    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        ["broken.mp3", "line\nbreak.wav", "no name", "one.wav", "zwei 🎵.wav"]
    );
    assert_eq!(found["broken.mp3"]["kind"], "unknown-format");
    assert!(fs::read_to_string(studio.path("answers.failures.csv"))?.contains("unknown-format"));

    let before = fs::read(&out)?;
    let again = keep(&studio, &out, &[])?;
    assert!(text(&again.stdout).starts_with("0 files judged, 5 had an answer"), "{}", text(&again.stdout));
    assert_eq!(fs::read(&out)?, before);
    Ok(())
}

#[test]
fn the_answers_are_those_that_are_printed() -> Outcome {
    let studio = library()?;
    let (out, music) = (studio.path("answers.jsonl"), studio.path("music"));
    keep(&studio, &out, &["--top-k", "2"])?;
    let printed = genrefold(
        &studio.classify(
            &["--json", "-r", "--top-k", "2"]
                .map(OsStr::new)
                .iter()
                .copied()
                .chain([music.as_os_str()])
                .collect::<Vec<_>>(),
        ),
    )?;
    let mut kept = answers(&out)?;
    for answer in &mut kept {
        let Value::Object(fields) = answer else { return Err("no object".into()) };
        assert!(fields.remove("size").is_some() && fields.remove("modified_ns").is_some());
    }
    assert_eq!(kept, lines(&printed)?);
    Ok(())
}

#[test]
fn a_run_that_was_killed_within_a_line_goes_on_to_the_same_answers() -> Outcome {
    let studio = library()?;
    let out = studio.path("answers.jsonl");
    keep(&studio, &out, &[])?;
    let whole = fs::read(&out)?;
    for end in [0, 10, whole.len() / 2, whole.len() - 1] {
        fs::write(&out, &whole[..end])?;
        keep(&studio, &out, &[])?;
        assert_eq!(
            by_name(&answers(&out)?),
            by_name(
                &serde_json::Deserializer::from_slice(&whole)
                    .into_iter()
                    .collect::<Result<Vec<Value>, _>>()?
            ),
            "cut after {end} bytes"
        );
    }
    Ok(())
}

#[test]
fn what_has_changed_is_judged_again_and_failures_on_request() -> Outcome {
    let studio = library()?;
    let out = studio.path("answers.jsonl");
    keep(&studio, &out, &[])?;
    let longer = studio.song("music/a, b/one.wav", 4.0)?;
    let output = keep(&studio, &out, &[])?;
    assert!(text(&output.stdout).starts_with("1 file judged, 4 had an answer"), "{}", text(&output.stdout));
    let kept = answers(&out)?;
    assert_eq!(kept.len(), 5, "the old answer is gone");
    assert_eq!(by_name(&kept)["one.wav"]["seconds"], 4.0);
    // Mended without a trace: the same size, the same time.
    let broken = studio.path("music/broken.mp3");
    let (about, song) = (fs::metadata(&broken)?, fs::read(longer)?);
    fs::write(&broken, &song)?;
    let output = keep(&studio, &out, &["--retry-failed"])?;
    assert!(text(&output.stdout).starts_with("1 file judged, 4 had an answer"), "{}", text(&output.stdout));
    assert_eq!(output.status.code(), Some(0));
    assert!(!studio.path("answers.failures.csv").exists());
    assert_eq!(about.len(), 14);
    Ok(())
}

#[test]
fn parts_have_every_song_once_and_appear_when_they_are_whole() -> Outcome {
    let studio = library()?;
    let all = studio.path("all.jsonl");
    keep(&studio, &all, &[])?;
    let mut together = Vec::new();
    for part in 1..=3 {
        keep(&studio, &studio.path("part.jsonl"), &["--shard", &format!("{part}/3")])?;
        let out = studio.path(&format!("part-{part}-of-3.jsonl"));
        assert!(studio.path(&format!("part-{part}-of-3.jsonl.journal")).exists());
        together.extend(answers(&out)?);
    }
    assert_eq!(together.len(), 5);
    assert_eq!(by_name(&together), by_name(&answers(&all)?));
    Ok(())
}

#[test]
fn tables_hold_what_the_lines_hold() -> Outcome {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;
    let studio = library()?;
    for name in ["answers.jsonl", "answers.csv", "answers.parquet"] {
        let output = keep(&studio, &studio.path(name), &[])?;
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    }
    let kept = answers(&studio.path("answers.jsonl"))?;
    let mut table = csv::Reader::from_path(studio.path("answers.csv"))?;
    let rows = table.records().collect::<Result<Vec<_>, _>>()?;
    let reader = SerializedFileReader::new(File::open(studio.path("answers.parquet"))?)?;
    let parquet = reader.get_row_iter(None)?.collect::<Result<Vec<_>, _>>()?;
    assert_eq!((rows.len(), parquet.len()), (5, 5));
    for ((answer, row), cells) in kept.iter().zip(&rows).zip(&parquet) {
        let file = answer["file"].as_str().ok_or("no name")?;
        assert_eq!((&row[0], cells.get_string(0)?.as_str()), (file, file));
        match answer["probability"].as_f64() {
            Some(probability) => {
                assert_eq!(row[2].parse::<f32>()?, probability as f32);
                assert_eq!(cells.get_float(2)?, probability as f32);
                assert_eq!(cells.get_long(cells.len() - 2)?, answer["size"].as_i64().ok_or("no size")?);
            }
            None => assert_eq!(cells.get_string(cells.len() - 5)?, &row[row.len() - 1]),
        }
    }
    // From the journal, nothing is judged again.
    let output = keep(&studio, &studio.path("answers.parquet"), &[])?;
    assert!(text(&output.stdout).starts_with("0 files judged"));
    Ok(())
}

#[test]
fn a_file_that_cannot_be_gone_on_with_is_refused_and_left_alone() -> Outcome {
    let studio = library()?;
    let refused = |out: &Path, options: &[&str], why: &str| -> Outcome {
        let before = fs::read(out).ok();
        let output = keep(&studio, out, options)?;
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(why), "{said}");
        assert_eq!(fs::read(out).ok(), before);
        Ok(())
    };
    let out = studio.path("other.jsonl");
    fs::write(&out, "a list of my own\n")?;
    refused(&out, &[], "line 1 of")?;
    fs::write(&out, "a list of my own, without a last line's end")?;
    refused(&out, &[], "the end of")?;
    // A name in another alphabet than UTF-8, which genrefold never writes.
    fs::write(&out, b"{\"file\":\"s\xf6ng.mp3\",\"error\":\"e\",\"kind\":\"k\",\"model\":\"m\"}\n")?;
    refused(&out, &[], "line 1 of")?;
    fs::write(&out, "{\"file\":\"a\",\"error\":\"e\",\"kind\":\"k\",\"model\":\"another\"}\n")?;
    refused(&out, &[], "answers of the model another")?;
    refused(&studio.path("answers.txt"), &[], "names no form")?;
    refused(&studio.path("answers.parquet"), &["--timeline"], "no timeline")?;
    refused(&studio.path("answers.jsonl"), &["nowhere"], "there is no nowhere")?;
    refused(&studio.path("answers.jsonl"), &["--shard", "4/3"], "1/16")?;
    let taken = studio.path("taken.jsonl");
    let held = File::create(&taken)?;
    held.lock()?;
    refused(&taken, &[], "another genrefold")
}

#[test]
fn a_song_that_is_named_twice_is_judged_once() -> Outcome {
    let studio = Studio::with_model()?;
    let (song, out) = (studio.song("one.wav", 2.0)?, studio.path("answers.jsonl"));
    let words = [song.as_os_str(), song.as_os_str(), OsStr::new("--out"), out.as_os_str()];
    let output = genrefold(&studio.classify(&words))?;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let files: BTreeSet<String> = answers(&out)?.iter().map(|answer| answer["file"].to_string()).collect();
    assert_eq!((files.len(), answers(&out)?.len()), (1, 1));
    Ok(())
}

#[test]
fn that_nobody_reads_what_is_printed_ends_nothing() -> Outcome {
    let studio = Studio::with_model()?;
    let (song, out) = (studio.song("one.wav", 2.0)?, studio.path("answers.jsonl"));
    let words = studio.classify(&[song.as_os_str(), OsStr::new("--out"), out.as_os_str()]);
    assert_eq!(genrefold_unread(&words)?, Some(0));
    assert_eq!(answers(&out)?.len(), 1);
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_printed_is_a_failure() -> Outcome {
    let studio = Studio::with_model()?;
    let (song, out) = (studio.song("one.wav", 2.0)?, studio.path("answers.jsonl"));
    let words = studio.classify(&[song.as_os_str(), OsStr::new("--out"), out.as_os_str()]);
    let full = File::options().write(true).open("/dev/full")?;
    let output = Command::new(env!("CARGO_BIN_EXE_genrefold")).args(words).stdout(full).output()?;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("cannot write to standard output"), "{}", text(&output.stderr));
    assert_eq!(answers(&out)?.len(), 1);
    Ok(())
}
