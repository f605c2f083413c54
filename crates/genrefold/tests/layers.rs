//! The house rules that a compiler does not check: who may import whom, who may name the tensor framework, and
//! where numbers of the front end may stand.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

type Tested = Result<(), Box<dyn Error>>;

/// The modules in the order of the flow, each with those it may import. `error`, `label` and `files` are free.
const LAYERS: [(&str, &[&str]); 13] = [
    ("error", &[]),
    ("label", &[]),
    ("files", &[]),
    ("audio", &[]),
    ("features", &["audio"]),
    ("evaluation", &[]),
    ("results", &["evaluation"]),
    ("report", &["evaluation", "results"]),
    ("model", &["features", "evaluation"]),
    ("classifier", &["audio", "features", "evaluation", "model"]),
    ("answer", &["classifier"]),
    ("dataset", &["audio", "features", "evaluation"]),
    ("training", &["audio", "features", "evaluation", "model", "classifier", "dataset", "results"]),
];
const FREE: [&str; 5] = ["error", "label", "files", "Error", "Result"];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// All Rust files below a folder, with their text.
fn files(folder: &Path, found: &mut Vec<(PathBuf, String)>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path)?;
            found.push((path, text));
        }
    }
    Ok(())
}

fn sources() -> std::io::Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    files(&source(), &mut found)?;
    Ok(found)
}

/// The module that a file belongs to.
fn module(path: &Path) -> String {
    let below = path.strip_prefix(source()).unwrap_or(path);
    let first = below.iter().next().map(|part| part.to_string_lossy().into_owned()).unwrap_or_default();
    first.trim_end_matches(".rs").to_owned()
}

/// The code of a file without its comments.
fn code(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn imports_run_one_way() -> Tested {
    let listed: Vec<&str> = LAYERS.iter().map(|(name, _)| *name).collect();
    for (path, text) in sources()? {
        let from = module(&path);
        if from == "lib" {
            continue;
        }
        let (_, allowed) = LAYERS.iter().find(|(name, _)| *name == from).ok_or("a module without a layer")?;
        for rest in code(&text).split("crate::").skip(1) {
            let to: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let well = to == from || FREE.contains(&to.as_str()) || allowed.contains(&to.as_str());
            assert!(well, "{}: {from} must not import {to}", path.display());
        }
    }
    let text = fs::read_to_string(source().join("lib.rs"))?;
    let order: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("pub mod ")).collect();
    let order: Vec<&str> = order.iter().map(|name| name.trim_end_matches(';')).collect();
    assert_eq!(order, listed, "lib.rs lists the modules in the order of the flow");
    for (index, (name, allowed)) in LAYERS.iter().enumerate() {
        assert!(allowed.iter().all(|to| listed[..index].contains(to)), "{name} imports what comes after it");
    }
    Ok(())
}

#[test]
fn only_model_and_training_name_the_tensor_framework() -> Tested {
    for (path, text) in sources()? {
        let home = ["model", "training"].contains(&module(&path).as_str());
        assert!(home || !code(&text).contains("burn::"), "{} names the framework", path.display());
    }
    Ok(())
}

#[test]
fn unsafe_code_stands_in_one_file() -> Tested {
    for (path, text) in sources()? {
        let home = path.ends_with("model/kernels/gemm.rs");
        assert!(home || !code(&text).contains("unsafe "), "{} holds unsafe code", path.display());
    }
    Ok(())
}

#[test]
fn files_and_functions_stay_small() -> Tested {
    for (path, text) in sources()? {
        let lines = text.lines().count();
        assert!(lines <= 420, "{} has {lines} lines", path.display());
    }
    Ok(())
}
