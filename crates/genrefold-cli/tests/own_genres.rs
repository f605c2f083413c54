//! `genrefold train` on folders as people have them: any names, any number of genres, and everything that can be wrong.

mod common;

use std::fs;
use std::path::Path;

use common::{Outcome, Studio, genrefold, genrefold_in, text};
use serde_json::Value;

/// Copies a file, and makes the folders above it.
fn copy(from: &Path, to: &Path) -> Outcome {
    fs::create_dir_all(to.parent().ok_or("no folder")?)?;
    fs::copy(from, to)?;
    Ok(())
}

/// What a training that is refused says, and that it writes nothing.
fn refusal(studio: &Studio, folder: &str) -> Outcome<String> {
    let output = genrefold_in(&studio.path(""), &["train", folder, "--no-cache"])?;
    assert!(!output.status.success(), "{folder} was accepted");
    assert!(!studio.path(&format!("{folder}.safetensors")).exists());
    Ok(text(&output.stderr))
}

#[test]
fn a_folder_alone_is_enough_and_the_model_is_called_like_it() -> Outcome {
    let studio = Studio::new()?;
    fs::rename(studio.path("genres"), studio.path("My Music.v2"))?;
    let args = ["train", "My Music.v2", "--config", "tiny.toml", "--no-cache"];
    let output = genrefold_in(&studio.path(""), &args)?;
    let (said, progress) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{progress}");
    assert!(studio.path("My Music.v2.safetensors").exists(), "{progress}");
    // The built-in network has other widths than the configuration's.
    assert!(
        progress.contains("random weights, because the configuration wants another network"),
        "{progress}"
    );
    assert!(said.contains("genrefold classify SONG --model 'My Music.v2.safetensors'"), "{said}");
    Ok(())
}

#[test]
fn a_dry_run_tells_everything_and_writes_nothing() -> Outcome {
    let studio = Studio::new()?;
    let root = studio.path("");
    let song = studio.path("genres/blues/blues-000.wav");
    copy(&song, &studio.path("genres/Tänze 💃/artist/album/one.wav"))?;
    copy(&studio.path("genres/blues/blues-001.wav"), &studio.path("genres/Tänze 💃/two.wav"))?;
    copy(&studio.path("genres/blues/blues-002.wav"), &studio.path("genres/Tänze 💃/three.wav"))?;
    fs::write(studio.path("genres/blues/cover.jpg"), b"picture")?;
    fs::write(studio.path("genres/blues/broken.mp3"), "no music in here. ".repeat(50))?;
    let before = fs::read_dir(&root)?.count();
    let args = ["train", "genres", "--dry-run", "--config", "tiny.toml", "--no-cache", "--all"];
    let output = genrefold_in(&root, &args)?;
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for part in [
        "15 songs of 4 genres",
        "Tänze 💃        3",
        "Passing over 1 file",
        "Leaving out 1 song that cannot be read",
        "blues/broken.mp3: not audio",
        "fewer than 10 songs of",
        "3 songs are in several genres",
        "Tänze 💃/artist/album/one.wav = blues/blues-000.wav",
        "Learning from 11 songs, judging on 4 others. Afterwards it learns from all of them.",
        "random weights",
        "weights; its file will take about",
        "At most 1 epoch of about",
        "to learn",
        "of memory",
        "genres.safetensors. Without --dry-run",
    ] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    assert_eq!(fs::read_dir(&root)?.count(), before);
    Ok(())
}

#[test]
fn few_songs_are_shown_as_often_as_a_fine_tuning_shows_them_when_the_weights_are_random() -> Outcome {
    let studio = Studio::new()?;
    let args = ["train", "genres", "--dry-run", "--from-scratch", "--no-cache"];
    let output = genrefold_in(&studio.path(""), &args)?;
    let said = text(&output.stdout);
    assert!(said.contains("random weights, as you wish"), "{said}");
    assert!(said.contains("At most 28 epochs of about 1000 clips follow."), "{said}");
    Ok(())
}

#[test]
fn folders_that_cannot_be_learned_from_are_refused_with_what_to_do() -> Outcome {
    let studio = Studio::new()?;
    let song = |number: usize| studio.path(&format!("genres/blues/blues-00{number}.wav"));
    for (place, number) in
        [("two/tango/a", 0), ("two/tango/b", 1), ("two/waltz/a", 0), ("two/waltz/b", 1), ("two/waltz/c", 2)]
    {
        copy(&song(number), &studio.path(&format!("{place}.wav")))?;
    }
    copy(&song(0), &studio.path("one/tango/a.wav"))?;
    copy(&song(0), &studio.path("flat/a.wav"))?;
    for name in ["a/1", "a/2", "a/3", "b/1", "b/2", "b/3"] {
        let path = studio.path(&format!("noise/{name}.mp3"));
        fs::create_dir_all(path.parent().ok_or("no folder")?)?;
        fs::write(path, "nothing")?;
    }
    for (folder, parts) in [
        ("two", &["fewer than 3 tracks in \"tango\" (2)", "add songs", "3 are the least", "15 and more"][..]),
        ("one", &["one genre only, \"tango\"", "add a folder"]),
        ("flat", &["1 songs that are in no genre", "one sub-folder for each genre"]),
        ("noise", &["Leaving out 6 songs", "a/1.mp3: not audio", "and 1 more", "\"a\" (0), \"b\" (0)"]),
        ("nowhere", &["no such folder", "give a folder of songs"]),
    ] {
        let said = refusal(&studio, folder)?;
        assert!(parts.iter().all(|part| said.contains(part)), "{folder}: {said}");
    }
    Ok(())
}

#[test]
fn a_genre_that_dwarfs_another_is_warned_of() -> Outcome {
    let studio = Studio::new()?;
    let large = studio.path("genres/blues");
    for copy_number in 0..36 {
        fs::copy(large.join("blues-000.wav"), large.join(format!("copy-{copy_number}.wav")))?;
    }
    let args = ["train", "genres", "--dry-run", "--config", "tiny.toml", "--no-cache"];
    let output = genrefold_in(&studio.path(""), &args)?;
    let said = text(&output.stdout);
    assert!(said.contains("40 songs of blues, but 4 of"), "{said}");
    Ok(())
}

#[test]
fn a_model_can_be_begun_with_and_its_card_is_remembered() -> Outcome {
    let studio = Studio::with_model()?;
    fs::rename(studio.path("genres/blues"), studio.path("genres/tango"))?;
    let args = ["train", "genres", "--from", "model.safetensors", "-o", "tuned.safetensors", "--no-cache"];
    let output = genrefold_in(&studio.path(""), &[&args[..], &["--config", "tiny.toml"]].concat())?;
    let progress = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{progress}");
    assert!(progress.contains("begins as the model model.safetensors"), "{progress}");
    let card = |name: &str| -> Outcome<Value> {
        let path = studio.path(name).display().to_string();
        Ok(serde_json::from_slice(&genrefold(&["inspect", "--json", &path])?.stdout)?)
    };
    let (tuned, model) = (card("tuned.safetensors")?, card("model.safetensors")?);
    assert_eq!(tuned["training"]["fine_tuned_from"], model["fingerprint"]);
    assert_eq!((&tuned["network"], &tuned["front_end"]), (&model["network"], &model["front_end"]));

    fs::write(studio.path("other.toml"), "[network]\nchannels = [8, 8, 9]")?;
    let args =
        ["train", "genres", "--from", "model.safetensors", "-o", "no.safetensors", "--config", "other.toml"];
    let output = genrefold_in(&studio.path(""), &args)?;
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("network.channels: found [8,8,9]") && said.contains("[8,8,8]"), "{said}");
    Ok(())
}

#[test]
fn folds_judge_every_song_once_and_the_model_learns_from_all() -> Outcome {
    let studio = Studio::new()?;
    let training = [studio.training(), vec!["--folds".into(), "3".into()]].concat();
    let output = genrefold(&training)?;
    let progress = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{progress}");
    assert!(progress.contains("Training 3 times") && progress.contains("fold 3"), "{progress}");
    assert!(studio.path("model.safetensors.folds/report.html").exists());
    let path = studio.path("model.safetensors").display().to_string();
    let card: Value = serde_json::from_slice(&genrefold(&["inspect", "--json", &path])?.stdout)?;
    let (figures, data) = (&card["training"]["figures"], &card["training"]["data"]);
    assert!(figures["judged"].as_str().is_some_and(|text| text.starts_with("3 twins")), "{figures}");
    assert_eq!(figures["scores"]["count"], 12);
    let learned: u64 =
        data["tracks"].as_object().ok_or("no tracks")?.values().filter_map(Value::as_u64).sum();
    assert_eq!(learned, 12);

    // Finished folds are not trained again.
    let output = genrefold(&[training, vec!["--force".into()]].concat())?;
    let progress = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{progress}");
    assert!(!progress.contains("fold 3") && progress.contains("3 folds judged"), "{progress}");

    let many = [studio.training(), vec!["--force".into(), "--folds".into(), "5".into()]].concat();
    let output = genrefold(&many)?;
    assert!(text(&output.stderr).contains("--folds 5 wants 5 songs"), "{}", text(&output.stderr));
    Ok(())
}
