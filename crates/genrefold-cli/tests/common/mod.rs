//! The program itself, run on songs made from nothing.
#![allow(dead_code, reason = "every test file uses a part of it")]

pub mod service;

use std::error::Error;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use genrefold::dataset::synthetic::{STYLES, song, write_folder, write_wav};
use serde_json::Value;

pub type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Settings of a network so small that it learns in a second.
pub const TINY: &str = include_str!("../fixtures/tiny.toml");

/// Runs `genrefold` with these arguments.
pub fn genrefold(args: &[impl AsRef<OsStr>]) -> Outcome<Output> {
    Ok(command(args).output()?)
}

/// Runs `genrefold` with something on standard input.
pub fn genrefold_reading(input: &[u8], args: &[impl AsRef<OsStr>]) -> Outcome<Output> {
    let mut child = command(args).stdin(Stdio::piped()).spawn()?;
    child.stdin.take().ok_or("no standard input")?.write_all(input)?;
    Ok(child.wait_with_output()?)
}

/// Runs `genrefold` when nobody reads what it prints any more; its exit code.
pub fn genrefold_unread(args: &[impl AsRef<OsStr>]) -> Outcome<Option<i32>> {
    let mut command = command(args);
    // The ends to read from are gone at once.
    command.stdout(std::io::pipe()?.1).stderr(std::io::pipe()?.1);
    Ok(command.status()?.code())
}

/// Runs `genrefold` in a folder.
pub fn genrefold_in(folder: &Path, args: &[impl AsRef<OsStr>]) -> Outcome<Output> {
    Ok(command(args).current_dir(folder).output()?)
}

fn command(args: &[impl AsRef<OsStr>]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_genrefold"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A folder with a song of six seconds and a tiny untrained-looking model that knows three genres.
pub struct Studio {
    folder: tempfile::TempDir,
}

impl Studio {
    /// Trains the model.
    pub fn new() -> Outcome<Self> {
        let studio = Self { folder: tempfile::tempdir()? };
        write_folder(&studio.path("genres"), 3, 4, 6.0, 16_000)?;
        fs::write(studio.path("tiny.toml"), TINY)?;
        Ok(studio)
    }

    /// With the model `model.safetensors`.
    pub fn with_model() -> Outcome<Self> {
        let studio = Self::new()?;
        let output = genrefold(&studio.training())?;
        assert!(output.status.success(), "{}", text(&output.stderr));
        Ok(studio)
    }

    /// The arguments that train the model.
    pub fn training(&self) -> Vec<String> {
        let path = |name: &str| self.path(name).display().to_string();
        ["train".into(), path("genres"), "-o".into(), path("model.safetensors"), "--config".into()]
            .into_iter()
            .chain([path("tiny.toml"), "--no-cache".into()])
            .collect()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a song and says where.
    pub fn song(&self, name: &str, seconds: f64) -> Outcome<PathBuf> {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        write_wav(&path, &song(&STYLES[1], 9, seconds, 16_000))?;
        Ok(path)
    }

    /// The arguments `classify --model model.safetensors` and these.
    pub fn classify(&self, args: &[&OsStr]) -> Vec<std::ffi::OsString> {
        let model = self.path("model.safetensors");
        let first = [OsStr::new("classify"), OsStr::new("--model"), model.as_os_str()];
        first.iter().chain(args).map(|word| word.to_os_string()).collect()
    }
}

/// What was printed.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The JSON lines that were printed.
pub fn lines(output: &Output) -> Outcome<Vec<Value>> {
    Ok(text(&output.stdout).lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}
