//! What is committed under `results/` follows from the probabilities that are committed with it, and the README prints
//! nothing else.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use genrefold::results::{LevelScores, Run};
use serde_json::{Value, json};

type Tested = Result<(), Box<dyn Error>>;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folders of all committed runs.
fn runs() -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let (mut found, mut waiting) = (Vec::new(), vec![repository().join("results")]);
    while let Some(folder) = waiting.pop() {
        if folder.join("run.json").is_file() {
            found.push(folder);
            continue;
        }
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                waiting.push(path);
            }
        }
    }
    Ok(found)
}

/// Equal up to the last digits of logarithms, which another processor rounds otherwise; where not, the place.
fn same(found: &Value, committed: &Value) -> Result<(), String> {
    let at = |place: String| move |deeper: String| format!("/{place}{deeper}");
    match (found, committed) {
        (Value::Number(found), Value::Number(committed)) => {
            let (one, other) = (found.as_f64().unwrap_or(f64::NAN), committed.as_f64().unwrap_or(f64::NAN));
            if (one - other).abs() < 1e-9 { Ok(()) } else { Err(format!(": {one} is committed as {other}")) }
        }
        (Value::Array(found), Value::Array(committed)) if found.len() == committed.len() => {
            let mut pairs = found.iter().zip(committed).enumerate();
            pairs.try_for_each(|(index, (one, other))| same(one, other).map_err(at(index.to_string())))
        }
        (Value::Object(found), Value::Object(committed)) if found.len() == committed.len() => {
            let other = |key: &String| committed.get(key).unwrap_or(&Value::Null);
            found.iter().try_for_each(|(key, one)| same(one, other(key)).map_err(at(key.clone())))
        }
        _ if found == committed => Ok(()),
        _ => Err(format!(": {found} is committed as {committed}")),
    }
}

#[test]
fn every_committed_figure_follows_from_the_committed_probabilities() -> Tested {
    let runs = runs()?;
    assert!(!runs.is_empty());
    for folder in runs {
        let run = Run::load(&folder)?;
        assert!(!run.folds.is_empty(), "{} has no fold", folder.display());
        for fold in &run.folds {
            let scores = LevelScores::new(run.manifest.genres.len(), &fold.tracks)?;
            same(&json!(scores), &json!(fold.scores)).map_err(|at| format!("{}{at}", folder.display()))?;
        }
        let committed: Value = serde_json::from_slice(&fs::read(folder.join("summary.json"))?)?;
        same(&json!(run.summary()?), &committed).map_err(|at| format!("{}{at}", folder.display()))?;
    }
    Ok(())
}

#[test]
fn the_readmes_table_is_the_studys() -> Tested {
    let readme = fs::read_to_string(repository().join("README.md"))?;
    let table = fs::read_to_string(repository().join("results/study/table.md"))?;
    assert!(readme.contains(table.trim_end()), "README.md does not hold results/study/table.md");
    Ok(())
}
