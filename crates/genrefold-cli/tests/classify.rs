//! `genrefold classify`, from the outside.

mod common;

use std::ffi::OsStr;
use std::fs;

use common::{Outcome, Studio, genrefold, genrefold_reading, lines, text};
use serde_json::Value;

fn words<'a>(args: &'a [&'a str]) -> Vec<&'a OsStr> {
    args.iter().map(OsStr::new).collect()
}

fn sum(song: &Value) -> f64 {
    song["genres"].as_object().into_iter().flat_map(|genres| genres.values()).filter_map(Value::as_f64).sum()
}

#[test]
fn json_lines_name_the_winner_and_their_probabilities_sum_to_one() -> Outcome {
    let studio = Studio::with_model()?;
    let song = studio.song("a song.wav", 6.0)?;
    for vote in ["mean", "majority"] {
        let options = ["--json", "--timeline", "--top-k", "2", "--vote", vote];
        let args = studio.classify(&[words(&options), vec![song.as_os_str()]].concat());
        let output = genrefold(&args)?;
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
        let [answer] = &lines(&output)?[..] else { return Err("not one line".into()) };
        assert_eq!(answer["file"].as_str(), song.to_str());
        assert!((sum(answer) - 1.0).abs() < 1e-4);
        let genres: Vec<&String> = answer["genres"].as_object().ok_or("no genres")?.keys().collect();
        assert_eq!(genres.len(), 3);
        assert_eq!(answer["top"][0]["genre"], answer["genre"]);
        assert_eq!(answer["top"].as_array().map(Vec::len), Some(2));
        let best = answer["genre"].as_str().ok_or("no genre")?;
        assert_eq!(answer["genres"][best], answer["probability"]);
        assert_eq!(answer["seconds"].as_f64(), Some(6.0));
        assert_eq!(answer["clips"], 1);
        assert_eq!(answer["timeline"][0]["end"].as_f64(), Some(5.0));
    }
    Ok(())
}

#[test]
fn a_bad_file_is_an_answer_of_its_own_and_the_list_goes_on_in_order() -> Outcome {
    let studio = Studio::with_model()?;
    let good = studio.song("good.wav", 3.0)?;
    let short = studio.song("short.wav", 0.3)?;
    let (empty, prose) = (studio.path("empty.mp3"), studio.path("prose.mp3"));
    fs::write(&empty, b"")?;
    fs::write(&prose, "no music in here. ".repeat(500))?;
    let missing = studio.path("missing.wav");
    let all = [&empty, &good, &prose, &short, &missing, &good];
    let mut args = studio.classify(&words(&["--json"]));
    args.extend(all.iter().map(|path| path.as_os_str().to_os_string()));
    let output = genrefold(&args)?;
    assert_eq!(output.status.code(), Some(1));
    let answers = lines(&output)?;
    let files: Vec<&str> = answers.iter().filter_map(|answer| answer["file"].as_str()).collect();
    assert_eq!(files, all.iter().filter_map(|path| path.to_str()).collect::<Vec<_>>());
    let kinds: Vec<&str> = answers.iter().map(|answer| answer["kind"].as_str().unwrap_or("judged")).collect();
    assert_eq!(kinds, ["unknown-format", "judged", "unknown-format", "too-short", "unreadable", "judged"]);
    assert_eq!(answers[1]["genres"], answers[5]["genres"]);
    Ok(())
}

#[test]
fn in_the_table_failures_go_to_standard_error_and_nothing_is_coloured_in_a_pipe() -> Outcome {
    let studio = Studio::with_model()?;
    let good = studio.song("good.wav", 3.0)?;
    let missing = studio.path("missing.wav");
    let output =
        genrefold(&studio.classify(&[OsStr::new("--timeline"), good.as_os_str(), missing.as_os_str()]))?;
    assert_eq!(output.status.code(), Some(1));
    let (table, complaints) = (text(&output.stdout), text(&output.stderr));
    assert!(table.contains("good.wav") && table.contains("0:00.0-0:03.0"), "{table}");
    assert!(!table.contains("missing.wav") && complaints.contains("missing.wav"), "{complaints}");
    assert!(!table.contains('\u{1b}') && !complaints.contains('\u{1b}'));
    Ok(())
}

#[test]
fn folders_are_searched_on_request_only() -> Outcome {
    let studio = Studio::with_model()?;
    let below = studio.song("music/b/deep.wav", 2.0)?;
    let above = studio.song("music/a.wav", 2.0)?;
    studio.song("music/.hidden/c.wav", 2.0)?;
    fs::write(studio.path("music/cover.jpg"), b"no song")?;
    #[cfg(unix)]
    std::os::unix::fs::symlink(studio.path("music"), studio.path("music/b/circle"))?;
    let folder = studio.path("music");
    let output = genrefold(&studio.classify(&[OsStr::new("--json"), folder.as_os_str()]))?;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(lines(&output)?[0]["kind"], "folder");
    let output = genrefold(&studio.classify(&[OsStr::new("--json"), OsStr::new("-r"), folder.as_os_str()]))?;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let answers = lines(&output)?;
    let files: Vec<Option<&str>> = answers.iter().map(|answer| answer["file"].as_str()).collect();
    assert_eq!(files, [above.to_str(), below.to_str()]);
    fs::create_dir(studio.path("empty"))?;
    let empty = studio.path("empty");
    let output = genrefold(&studio.classify(&[OsStr::new("--json"), OsStr::new("-r"), empty.as_os_str()]))?;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(lines(&output)?[0]["kind"], "no-audio");
    Ok(())
}

#[test]
fn a_list_on_standard_input_may_be_separated_by_lines_or_by_nuls() -> Outcome {
    let studio = Studio::with_model()?;
    let (one, two) = (studio.song("one.wav", 2.0)?, studio.song("two\nlines.wav", 2.0)?);
    let args = studio.classify(&words(&["--json", "-"]));
    let output = genrefold_reading(format!("{0}\n{0}\n", one.display()).as_bytes(), &args)?;
    assert_eq!((output.status.code(), lines(&output)?.len()), (Some(0), 2));
    let output = genrefold_reading(format!("{}\0{}\0", one.display(), two.display()).as_bytes(), &args)?;
    assert_eq!((output.status.code(), lines(&output)?.len()), (Some(0), 2));
    let output = genrefold_reading(b"", &args)?;
    assert_eq!((output.status.code(), lines(&output)?.len()), (Some(1), 0));
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_no_utf_8_is_judged_like_any_other() -> Outcome {
    use std::os::unix::ffi::OsStrExt;
    let studio = Studio::with_model()?;
    let song = studio.song("plain.wav", 2.0)?;
    let odd = studio.path("x").with_file_name(OsStr::from_bytes(b"odd\xff.wav"));
    fs::rename(song, &odd)?;
    let output = genrefold(&studio.classify(&[OsStr::new("--json"), odd.as_os_str()]))?;
    assert_eq!(output.status.code(), Some(0));
    assert!(lines(&output)?[0]["file"].as_str().is_some_and(|file| file.ends_with("odd\u{fffd}.wav")));
    Ok(())
}

#[test]
fn csv_has_a_column_for_every_genre_and_rows_of_equal_length() -> Outcome {
    let studio = Studio::with_model()?;
    let (good, missing) = (studio.song("a, b.wav", 2.0)?, studio.path("missing.wav"));
    for timeline in [&[][..], &["--timeline"]] {
        let options = [words(&["--csv"]), words(timeline), vec![good.as_os_str(), missing.as_os_str()]];
        let output = genrefold(&studio.classify(&options.concat()))?;
        let mut reader = csv::Reader::from_reader(&output.stdout[..]);
        let header = reader.headers()?.clone();
        assert_eq!(
            header.iter().rev().take(4).collect::<Vec<_>>(),
            ["error", "country", "classical", "blues"]
        );
        let rows = reader.records().collect::<Result<Vec<_>, _>>()?;
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].get(0), good.to_str());
        assert!(rows[1].iter().next_back().is_some_and(|error| error.contains("missing.wav")));
    }
    Ok(())
}

#[test]
fn wrong_usage_and_a_model_that_is_none_end_with_two() -> Outcome {
    let studio = Studio::new()?;
    let song = studio.song("song.wav", 2.0)?;
    let no_model = studio.path("model.safetensors");
    fs::write(&no_model, b"nothing of the kind")?;
    let outputs = [
        genrefold(&["classify"])?,
        genrefold(&["classify", "--json", "--csv", "x"])?,
        genrefold(&["classify", "--top-k", "0", "x"])?,
        genrefold(&studio.classify(&[song.as_os_str()]))?,
        genrefold(&["inspect", "no/such/model.safetensors"])?,
    ];
    for output in &outputs {
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
        assert!(output.stdout.is_empty() && text(&output.stderr).contains("error"));
    }
    Ok(())
}
