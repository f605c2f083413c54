//! What is printed. Nobody need read it: the standard macros would end the program in the middle of its work, with a
//! message about itself, when the reader has gone, as in `2>&1 | head`. Those here take their place in all of the program.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};

/// Set when something could not be printed although somebody would have read it: a full disk.
static LOST: AtomicBool = AtomicBool::new(false);

macro_rules! print {
    ($($words:tt)*) => { $crate::output::say(format_args!($($words)*)) };
}

macro_rules! println {
    ($($words:tt)*) => { $crate::output::say(format_args!("{}\n", format_args!($($words)*))) };
}

macro_rules! eprint {
    ($($words:tt)*) => { $crate::output::tell(format_args!($($words)*)) };
}

macro_rules! eprintln {
    ($($words:tt)*) => { $crate::output::tell(format_args!("{}\n", format_args!($($words)*))) };
}

/// Writes to standard output. That it cannot be written is said once; see [`lost`].
pub fn say(words: Arguments<'_>) {
    let written = io::stdout().write_fmt(words);
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
        && !LOST.swap(true, Ordering::Relaxed)
    {
        tell(format_args!("cannot write to standard output: {error}\n"));
    }
}

/// Writes to standard error; there is nowhere to say that it cannot be written.
pub fn tell(words: Arguments<'_>) {
    let _ = io::stderr().write_fmt(words);
}

/// Whether [`say`] has failed: what ends well otherwise ends with a failure then.
pub fn lost() -> bool {
    LOST.load(Ordering::Relaxed)
}

/// Prints a whole page; that nobody reads it to its end, as before `| head`, is no failure.
///
/// # Errors
/// When it cannot be written, naming `what` it is.
pub fn print(text: &str, what: &str) -> Result<ExitCode> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).with_context(|| format!("cannot write the {what}"))
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}
