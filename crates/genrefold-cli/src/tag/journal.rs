//! What was written into which file, and what stood there before: the way back.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use genrefold::answer::PathText;
use serde::{Deserialize, Serialize};

use super::song::Genre;
use crate::failure::Usage;
use crate::words::name;

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Where it lies, from the file system's root.
    #[serde(flatten)]
    pub path: PathText,
    pub before: Genre,
    pub after: Genre,
}

impl Entry {
    pub fn new(path: &Path, before: Genre, after: Genre) -> Self {
        Entry { path: path.into(), before, after }
    }
}

/// Entries that are added before their files are changed.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Goes on with the file at `path`, or makes it.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open(path: &Path) -> Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path);
        let file = file.with_context(|| format!("cannot open {}", name(path)))?;
        Ok(Journal { path: path.to_path_buf(), file })
    }

    /// Adds an entry, to the disk: only then may its file be changed.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn add(&mut self, entry: &Entry) -> Result<()> {
        // A line that was never finished stays one line of its own.
        let text = serde_json::to_string(entry)? + "\n";
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        written.with_context(|| format!("cannot write {}", name(&self.path)))
    }
}

/// All entries of a journal, the latest first. A last line that was never finished tells of a file that was never
/// changed.
///
/// # Errors
/// [`Usage`] for a file that is no journal.
pub fn read(path: &Path) -> Result<Vec<Entry>> {
    let file =
        File::open(path).map_err(|error| anyhow!(Usage(format!("cannot read {}: {error}", name(path)))))?;
    let mut entries = Vec::new();
    let mut lines = BufReader::new(file);
    let mut line = String::new();
    for number in 1.. {
        line.clear();
        if lines.read_line(&mut line).with_context(|| format!("cannot read {}", name(path)))? == 0 {
            break;
        }
        match serde_json::from_str(&line) {
            Ok(entry) => entries.push(entry),
            Err(_) if !line.ends_with('\n') => {}
            Err(_) => {
                let odd =
                    format!("line {number} of {} is nothing that genrefold tag has written", name(path));
                return Err(anyhow!(Usage(odd)));
            }
        }
    }
    entries.reverse();
    Ok(entries)
}
