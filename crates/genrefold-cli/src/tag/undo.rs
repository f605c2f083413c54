//! The way back: every file of a journal says again what it said before.

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::Ordering;

use anyhow::{Result, bail};

use super::journal::{self, Entry};
use super::song::Song;
use super::write::Writer;
use crate::failure::{INTERRUPTED, SOME_FAILED, in_words};
use crate::stop::{STOP, on_interrupt};
use crate::words::{counted, name, one_line};

/// Takes back what a journal tells of, the latest first. A file whose genre is not what was written is left alone.
///
/// # Errors
/// [`Usage`](crate::failure::Usage) for a file that is no journal.
pub fn run(journal: &Path, writer: &Writer, write: bool) -> Result<ExitCode> {
    let (mut undone, mut had, mut failed) = (0, 0, 0);
    on_interrupt()?;
    for entry in journal::read(journal)?.iter().take_while(|_| !STOP.load(Ordering::Relaxed)) {
        match undo(entry, writer, write) {
            Ok(true) => undone += 1,
            Ok(false) => had += 1,
            Err(error) => {
                failed += 1;
                eprintln!("{}: {}", one_line(&name(&entry.path.path())), one_line(&in_words(&error)));
            }
        }
    }
    let verb = if write { "taken back" } else { "would be taken back; add --write to do it" };
    println!("{} {verb}; {had} had been, {failed} left as they are", counted(undone, "file"));
    if STOP.load(Ordering::Relaxed) {
        eprintln!("Stopped. The same command goes on from here.");
        return Ok(ExitCode::from(INTERRUPTED));
    }
    Ok(if failed > 0 { ExitCode::from(SOME_FAILED) } else { ExitCode::SUCCESS })
}

/// Whether there was anything to take back.
fn undo(entry: &Entry, writer: &Writer, write: bool) -> Result<bool> {
    let path = entry.path.path();
    if write {
        writer.sweep(&path);
    }
    let now = Song::read(&path)?.genre();
    if now == entry.before {
        return Ok(false);
    }
    if now != entry.after {
        bail!("its genre was changed since ({}); left as it is", now.genres.join(", "));
    }
    if write {
        writer.prepare(&path, &entry.before)?.put()?;
    }
    Ok(true)
}
