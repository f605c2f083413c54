//! Small networks against PyTorch with the same weights; `golden/make_networks.py` made both.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;

use genrefold::Model;
use genrefold::features::Picture;
use genrefold::model::Precision;

/// The issue allows 1e-4; f32 rounding leaves less.
const TOLERANCE: f32 = 1e-5;

#[derive(serde::Deserialize)]
struct Golden {
    cases: BTreeMap<String, Case>,
}

#[derive(serde::Deserialize)]
struct Case {
    pictures: Vec<Vec<f32>>,
    logits: Vec<Vec<f32>>,
}

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn cases() -> Result<BTreeMap<String, Case>, Box<dyn Error>> {
    Ok(serde_json::from_str::<Golden>(&std::fs::read_to_string(golden("networks.json"))?)?.cases)
}

fn model(case: &str) -> genrefold::Result<Model> {
    Model::load(&golden(&format!("network_{case}.safetensors")))
}

fn pictures(case: &Case, model: &Model) -> Vec<Picture> {
    let (rows, columns) = model.card.front_end.picture_shape();
    case.pictures.iter().map(|values| Picture { rows, columns, values: values.clone() }).collect()
}

#[test]
fn every_kind_of_network_gives_pytorchs_logits() -> Result<(), Box<dyn Error>> {
    let cases = cases()?;
    assert_eq!(cases.len(), 5);
    for (name, case) in cases {
        let model = model(&name)?;
        let found = model.logits(&pictures(&case, &model))?;
        assert_eq!((found.len(), found[0].len()), (case.logits.len(), case.logits[0].len()), "{name}");
        for (found, expected) in found.iter().flatten().zip(case.logits.iter().flatten()) {
            assert!((found - expected).abs() <= TOLERANCE, "{name}: {found} instead of {expected}");
        }
    }
    Ok(())
}

#[test]
fn a_picture_is_judged_alike_alone_and_among_others() -> Result<(), Box<dyn Error>> {
    for (name, case) in cases()? {
        let model = model(&name)?;
        let together = model.logits(&pictures(&case, &model))?;
        for (picture, together) in pictures(&case, &model).into_iter().zip(together) {
            let alone = model.logits(&[picture])?.remove(0);
            assert!(alone.iter().zip(&together).all(|(a, b)| (a - b).abs() < 1e-5), "{name}");
        }
    }
    Ok(())
}

#[test]
fn a_model_file_that_is_read_and_written_again_is_the_same_bytes() -> Result<(), Box<dyn Error>> {
    for name in cases()?.keys() {
        for precision in [Precision::F32, Precision::F16] {
            let first = model(name)?.to_bytes(precision)?;
            let again = Model::from_bytes(&first, "in memory".as_ref())?.to_bytes(precision)?;
            assert!(first == again, "{name} {precision:?}");
        }
    }
    Ok(())
}
