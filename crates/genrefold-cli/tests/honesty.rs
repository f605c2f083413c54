//! What the program says of its own answers: the model's card, and answers that it is not sure of.

mod common;

use std::path::Path;

use common::{Outcome, Studio, genrefold, text};
use genrefold::Model;
use genrefold::evaluation::Calibration;
use genrefold::model::Precision;

/// The embedded model, asking of a sure answer to be this probable.
fn asking(least: f64, path: &Path) -> Outcome {
    let mut model = Model::embedded()?;
    let fitted_on = "nothing".into();
    model.card.calibration = Some(Calibration { temperature: 1.0, unsure_below: Some(least), fitted_on });
    Ok(model.save(path, Precision::F32)?)
}

fn classified(model: &Path, song: &Path, format: &[&str]) -> Outcome<String> {
    let model = ["--model".as_ref(), model.as_os_str()];
    let args = [&["classify".as_ref(), song.as_os_str()], &model[..]].concat();
    let format = format.iter().map(std::convert::AsRef::as_ref);
    let output = genrefold(&args.into_iter().chain(format).collect::<Vec<_>>())?;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    Ok(text(&output.stdout))
}

#[test]
fn an_answer_below_what_the_card_asks_is_called_unsure_in_every_format() -> Outcome {
    let studio = Studio::new()?;
    let song = studio.song("song.wav", 6.0)?;
    for (least, unsure) in [(1.1, true), (0.0, false)] {
        let model = studio.path("asking.safetensors");
        asking(least, &model)?;
        let table = classified(&model, &song, &[])?;
        assert_eq!(table.contains("unsure") && table.contains("perhaps"), unsure, "{table}");
        let json: serde_json::Value = serde_json::from_str(&classified(&model, &song, &["--json"])?)?;
        assert_eq!(json["unsure"], unsure);
        assert!(json["genre"].is_string(), "the likeliest genre is told all the same");
        let csv = classified(&model, &song, &["--csv"])?;
        let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let (header, row) = (lines.next().ok_or("no header")?, lines.next().ok_or("no row")?);
        let column = header.iter().position(|name| *name == "unsure").ok_or("no column")?;
        assert_eq!(row[column], unsure.to_string());
    }
    Ok(())
}

#[test]
fn the_document_beside_the_sources_holds_the_embedded_models_own_card() -> Outcome {
    let output = genrefold(&["inspect", "--markdown"])?;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let card = text(&output.stdout);
    let document =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../MODEL_CARD.md"))?;
    assert!(card.contains("### What it learned from") && card.contains("### How good it is"));
    assert!(
        document.contains(card.trim_end()),
        "MODEL_CARD.md does not hold what `genrefold inspect --markdown` prints; put it between its two marks"
    );
    Ok(())
}
