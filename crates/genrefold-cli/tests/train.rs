//! `genrefold train`, `inspect` and `spectrogram`, from the outside.

mod common;

use std::fs;

use common::{Outcome, Studio, TINY, genrefold, lines, text};
use serde_json::Value;

#[test]
fn what_was_learned_can_be_inspected_and_used() -> Outcome {
    let studio = Studio::new()?;
    let output = genrefold(&studio.training())?;
    let (said, progress) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{progress}");
    assert!(progress.contains("epoch 1/1") && progress.contains("Learning from 9 songs"), "{progress}");
    assert!(!progress.contains('\u{1b}'), "{progress}");
    assert!(said.contains("accuracy") && said.contains("genrefold classify SONG --model"), "{said}");
    assert!(!studio.path("model.safetensors.checkpoint").exists());

    let model = studio.path("model.safetensors");
    let output = genrefold(&["inspect".as_ref(), "--json".as_ref(), model.as_os_str()])?;
    let card: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(card["genres"].as_array().map(Vec::len), Some(3));
    assert_eq!(card["training"]["figures"]["scores"]["count"], 3);
    let output = genrefold(&["inspect".as_ref(), model.as_os_str()])?;
    let page = text(&output.stdout);
    for part in ["RGLUformer", "3 genres", "95 %", "macro F1", "training.epochs", "taken for"] {
        assert!(page.contains(part), "no {part:?} in {page}");
    }

    let song = studio.song("song.wav", 6.0)?;
    let output = genrefold(&studio.classify(&["--json".as_ref(), song.as_os_str()]))?;
    let fingerprint = lines(&output)?[0]["model"].as_str().ok_or("no model")?.to_owned();
    assert!(card["fingerprint"].as_str().is_some_and(|whole| whole.starts_with(&fingerprint)));
    Ok(())
}

#[test]
fn an_existing_model_is_replaced_on_request_only() -> Outcome {
    let studio = Studio::new()?;
    fs::write(studio.path("model.safetensors"), b"precious")?;
    let resuming = [studio.training(), vec!["--resume".into()]].concat();
    for args in [studio.training(), resuming] {
        let output = genrefold(&args)?;
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains("--force"), "{}", text(&output.stderr));
        assert_eq!(fs::read(studio.path("model.safetensors"))?, b"precious");
    }
    let output = genrefold(&[studio.training(), vec!["--force".into()]].concat())?;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(fs::read(studio.path("model.safetensors"))?.len() > 1_000);
    Ok(())
}

#[test]
fn a_misspelt_setting_is_named_before_anything_else_happens() -> Outcome {
    let studio = Studio::new()?;
    fs::write(studio.path("tiny.toml"), TINY.replace("epochs", "epoch"))?;
    let output = genrefold(&studio.training())?;
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("epoch"), "{}", text(&output.stderr));
    assert!(!studio.path("model.safetensors").exists());
    Ok(())
}

#[test]
fn an_output_that_cannot_be_written_is_refused_at_once() -> Outcome {
    let studio = Studio::new()?;
    let data = studio.path("genres").display().to_string();
    let out = studio.path("no/such/folder/model.safetensors").display().to_string();
    for out in [out, data.clone()] {
        let output = genrefold(&["train", &data, "-o", &out])?;
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    }
    Ok(())
}

#[test]
fn a_song_that_cannot_be_read_is_named_and_left_out() -> Outcome {
    let studio = Studio::new()?;
    fs::write(studio.path("genres/blues/broken.mp3"), "no music in here. ".repeat(500))?;
    let output = genrefold(&studio.training())?;
    let progress = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{progress}");
    assert!(progress.contains("broken.mp3"), "{progress}");
    assert!(text(&output.stdout).contains("1 song could not be read"), "{}", text(&output.stdout));
    Ok(())
}

#[test]
fn a_song_is_drawn_whole_or_clip_by_clip() -> Outcome {
    let studio = Studio::new()?;
    let song = studio.song("song.wav", 8.0)?.display().to_string();
    let (whole, clip) = (studio.path("whole.png"), studio.path("clip.PNG"));
    let (whole_name, clip_name) = (whole.display().to_string(), clip.display().to_string());
    let args = ["spectrogram", &song, "-o", &whole_name, "--report-picture", &clip_name, "--clip", "2"];
    let output = genrefold(&args)?;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let size = |path: &std::path::Path| -> Outcome<(u32, u32)> {
        let file = std::io::BufReader::new(fs::File::open(path)?);
        let info = png::Decoder::new(file).read_info()?;
        Ok((info.info().width, info.info().height))
    };
    assert_eq!((size(&whole)?, size(&clip)?), ((1900, 710), (334, 217)));
    for wrong in [["-o", "picture.jpg", "--clip", "1"], ["-o", &clip_name, "--clip", "99"]] {
        let output = genrefold(&[vec!["spectrogram", &song], wrong.to_vec()].concat())?;
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    }
    Ok(())
}

#[test]
fn a_second_training_for_the_same_model_is_refused() -> Outcome {
    let studio = Studio::new()?;
    let lock = studio.path("model.safetensors.checkpoint.lock");
    let held = fs::File::create(&lock)?;
    held.lock()?;
    let output = genrefold(&studio.training())?;
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("another genrefold is writing to"), "{}", text(&output.stderr));
    drop(held);
    let output = genrefold(&studio.training())?;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(!lock.exists() && studio.path("model.safetensors").exists());
    Ok(())
}
