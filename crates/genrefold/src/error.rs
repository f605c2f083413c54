//! What can go wrong, sorted by what the caller can do about it.
//!
//! Every message says what was found, what was expected and what to do.

use std::path::{Path, PathBuf};

/// The result of every fallible function of this library.
pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong. Each variant is one kind of remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused a file: check that it exists and may be read or written.
    #[error("cannot {action} {path}: {source}", path = path.display())]
    Io {
        /// What was tried, as a verb: "read", "create", "rename".
        action: &'static str,
        /// The file or folder concerned.
        path: PathBuf,
        /// The operating system's own error.
        source: std::io::Error,
    },

    /// The bytes are no audio that this program knows: convert the file, or leave it out.
    #[error("not audio that can be read: {found}; {hint}")]
    UnknownFormat {
        /// What was found instead.
        found: String,
        /// What would have been accepted.
        hint: String,
    },

    /// It is audio, but broken before anything useful could be decoded: get a better copy.
    #[error("damaged audio: {found}")]
    Damaged {
        /// What the decoder found.
        found: String,
    },

    /// The audio is larger than the caller allows: raise the limit, or leave the file out.
    #[error("{what} is {found}, but at most {allowed} is allowed")]
    AboveLimit {
        /// The measured quantity with its unit: "sample rate in Hz".
        what: &'static str,
        /// The value that was found.
        found: u64,
        /// The largest value that is allowed.
        allowed: u64,
    },

    /// There is too little sound to say anything: give a longer recording.
    #[error("only {found:.2} s of sound, but at least {needed:.2} s are needed")]
    TooShort {
        /// Seconds found.
        found: f64,
        /// Seconds needed.
        needed: f64,
    },

    /// There is sound, but nothing to hear in it: every sample lies below the noise floor.
    #[error(
        "silence: no sample reaches {decibels:.0} dB of full scale; there is no music to judge",
        decibels = 20.0 * floor.log10()
    )]
    Silent {
        /// The largest absolute sample.
        peak: f32,
        /// The smallest peak that counts as sound.
        floor: f32,
    },

    /// A model file is not what it must be: take another file, or train anew.
    #[error("cannot use the model {path}: {found}; expected {expected}", path = path.display())]
    Model {
        /// Where the model came from.
        path: PathBuf,
        /// What was found in it.
        found: String,
        /// What was expected instead.
        expected: String,
    },

    /// A setting contradicts itself or lies out of range: mend the setting named.
    #[error("bad setting {key}: found {found}; expected {expected}")]
    Setting {
        /// The setting, as written in the configuration: "training.batch".
        key: String,
        /// The value that was found.
        found: String,
        /// What would be accepted.
        expected: String,
    },

    /// A processor is not there, or failed: install its driver, or compute on another.
    #[error("cannot compute on {asked}: found {found}; {remedy}")]
    Device {
        /// The processor that was asked for, as it is written: "gpu:0".
        asked: String,
        /// What was found instead.
        found: String,
        /// What to do about it.
        remedy: &'static str,
    },

    /// A folder of songs cannot be learned from: add, remove or rename songs as the text says.
    #[error("cannot learn from {path}: {found}; {remedy}", path = path.display())]
    Data {
        /// The folder of songs.
        path: PathBuf,
        /// What was found there.
        found: String,
        /// What to do about it.
        remedy: String,
    },

    /// A run's folder holds no run, or one that does not fit together: give another, or do what the text says.
    #[error("cannot use the run {path}: {found}; {remedy}", path = path.display())]
    Run {
        /// The folder, or the file in it.
        path: PathBuf,
        /// What was found there.
        found: String,
        /// What to do about it.
        remedy: String,
    },
}

impl Error {
    /// The kind of failure in one word, for scripts: "damaged", "too-short".
    pub fn kind(&self) -> &'static str {
        match self {
            Error::Io { .. } => "unreadable",
            Error::UnknownFormat { .. } => "unknown-format",
            Error::Damaged { .. } => "damaged",
            Error::AboveLimit { .. } => "above-limit",
            Error::TooShort { .. } => "too-short",
            Error::Silent { .. } => "silent",
            Error::Model { .. } => "model",
            Error::Device { .. } => "device",
            Error::Setting { .. } => "setting",
            _ => "other",
        }
    }

    /// Wraps an operating-system error with what was tried and where; for use in `map_err`.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_path_buf();
        move |source| Error::Io { action, path, source }
    }
}
