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
