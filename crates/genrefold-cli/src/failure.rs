//! What went wrong, as a program's exit code and as a word that scripts can rely on.

use std::fmt;
use std::process::ExitCode;

use genrefold::Error;
use genrefold::answer::Outcome;

/// Exit code when some files failed, or the work could not be finished.
pub const SOME_FAILED: u8 = 1;
/// Exit code when nothing could be tried: wrong usage, a bad setting, a model, a run or a processor that cannot be used.
pub const WRONG_USAGE: u8 = 2;
/// Exit code after Ctrl-C, as of any program that it ends.
pub const INTERRUPTED: u8 = 130;

/// An error of the caller's: something to be written differently on the command line.
#[derive(Debug)]
pub struct Usage(pub String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// The exit code of a run that ended with this error.
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    let wrong_usage = error.downcast_ref::<Usage>().is_some()
        || matches!(
            error.downcast_ref(),
            Some(Error::Setting { .. } | Error::Model { .. } | Error::Run { .. } | Error::Device { .. })
        );
    ExitCode::from(if wrong_usage { WRONG_USAGE } else { SOME_FAILED })
}

/// The error and its causes, each said once: some of ours end with the words of their cause.
pub fn in_words(error: &anyhow::Error) -> String {
    let add = |text: String, cause: &(dyn std::error::Error + 'static)| match cause.to_string() {
        cause if text.is_empty() => cause,
        cause if text.ends_with(&cause) => text,
        cause => format!("{text}: {cause}"),
    };
    error.chain().fold(String::new(), add)
}

/// Why a file got no genre.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The kind of failure, one word for scripts.
    pub kind: &'static str,
    /// What was found and what to do, for people.
    pub message: String,
}

impl Failure {
    /// A failure of this kind.
    pub fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Failure { kind, message: message.into() }
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Failure::new(error.kind(), error.to_string())
    }
}

impl From<&Failure> for Outcome {
    fn from(failure: &Failure) -> Self {
        Outcome::Failed { error: failure.message.clone(), kind: failure.kind.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_that_its_error_names_already_is_not_said_twice() {
        let full = || std::io::Error::other("the disk is full");
        let ours: anyhow::Error = Error::io("write", "a.npy".as_ref())(full()).into();
        assert_eq!(in_words(&ours), "cannot write a.npy: the disk is full");
        let wrapped = anyhow::Error::new(full()).context("cannot add an answer");
        assert_eq!(in_words(&wrapped), "cannot add an answer: the disk is full");
    }
}
