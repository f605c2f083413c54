//! The file that answers are added to as they come, a JSON line each: what it holds survives any end of the program.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use genrefold::files;

use super::done::Done;
use crate::alone::alone;
use crate::failure::Usage;
use crate::unfinished;
use crate::words::name;
use genrefold::answer::Record;

/// The file, for as long as this program alone writes to it.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Whether some answers have been made void by later ones.
    stale: bool,
}

impl Journal {
    /// Opens the file, or makes it; a line that was never finished is cut off. Gives what it holds beside it.
    ///
    /// # Errors
    /// [`Usage`] if another program is writing to it, if it holds something else than answers, or another model's.
    pub fn open(path: &Path, model: &str) -> Result<(Self, Done)> {
        let cannot = || format!("cannot open {}", name(path));
        let file = OpenOptions::new().read(true).append(true).create(true).open(path).with_context(cannot)?;
        alone(&file, path)?;
        let mut journal = Journal { path: path.to_path_buf(), file, stale: false };
        let mut done = Done::default();
        let (mut line, mut unfinished, mut stale) = (0, Vec::new(), false);
        journal.each_line(|text| {
            if !text.ends_with(b"\n") {
                unfinished = text.to_vec();
                return Ok(());
            }
            line += 1;
            let record = read(text).with_context(|| journal.odd(line))?;
            if record.model != model {
                bail!(Usage(journal.other_model(&record.model, model)));
            }
            stale |= done.note(&record, line);
            Ok(())
        })?;
        unfinished::cut_off(&unfinished, &journal.file, path)?;
        journal.stale = stale;
        Ok((journal, done))
    }

    /// Adds an answer, in one piece.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn add(&mut self, record: &Record, voids_another: bool) -> io::Result<()> {
        self.stale |= voids_another;
        let text = serde_json::to_string(record)? + "\n";
        self.file.write_all(text.as_bytes())
    }

    /// Hands out all answers in their order.
    ///
    /// # Errors
    /// `take`'s, or that the file cannot be read.
    pub fn each(&self, mut take: impl FnMut(Record) -> Result<()>) -> Result<()> {
        let mut line = 0;
        self.each_line(|text| {
            line += 1;
            take(read(text).with_context(|| self.odd(line))?)
        })
    }

    /// Brings everything to the disk, and leaves only the latest answer of each file, written aside and renamed: nothing
    /// is to be added any more.
    ///
    /// # Errors
    /// The file cannot be read or written; it is then as it was.
    pub fn close(&mut self) -> Result<()> {
        self.file.sync_all().with_context(|| format!("cannot write {}", name(&self.path)))?;
        if !self.stale {
            return Ok(());
        }
        let (mut done, mut line) = (Done::default(), 0);
        self.each(|record| {
            line += 1;
            done.note(&record, line);
            Ok(())
        })?;
        files::write_whole_with(&self.path, |out| {
            let mut line = 0;
            self.each_line(|text| {
                line += 1;
                match read(text) {
                    Ok(record) if !done.is_latest(&record, line) => Ok(()),
                    _ => out.write_all(text).map_err(Into::into),
                }
            })
            .map_err(io::Error::other)
        })?;
        self.stale = false;
        Ok(())
    }

    fn each_line(&self, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let cannot = || format!("cannot read {}", name(&self.path));
        let mut lines = BufReader::new(File::open(&self.path).with_context(cannot)?);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).with_context(cannot)? > 0 {
            take(&line)?;
            line.clear();
        }
        Ok(())
    }

    fn odd(&self, line: u64) -> Usage {
        let path = name(&self.path);
        Usage(format!(
            "line {line} of {path} is no answer of genrefold's; choose another file for the answers"
        ))
    }

    fn other_model(&self, found: &str, model: &str) -> String {
        let path = name(&self.path);
        format!(
            "{path} holds answers of the model {found}, and this is {model}; choose another file, or move it away"
        )
    }
}

fn read(line: &[u8]) -> serde_json::Result<Record> {
    serde_json::from_slice(line)
}

/// Removes a file that may not be there.
///
/// # Errors
/// It is there and cannot be removed.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
