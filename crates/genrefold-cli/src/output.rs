//! Pages on standard output.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};

/// Prints a whole page; that nobody reads it to its end, as before `| head`, is no failure.
///
/// # Errors
/// When it cannot be written, naming `what` it is.
pub fn print(text: &str, what: &str) -> Result<ExitCode> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).with_context(|| format!("cannot write the {what}"))
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}
