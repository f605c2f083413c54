//! What was written into which file, and what stood there before: the way back.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use genrefold::answer::PathText;
use serde::{Deserialize, Serialize};

use super::song::Genre;
use crate::alone::alone;
use crate::failure::Usage;
use crate::unfinished;
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
    /// Goes on with the file at `path`, or makes it; a line that was never finished is cut off.
    ///
    /// # Errors
    /// [`Usage`] if another program is writing to it, or if it is no journal; it cannot be opened.
    pub fn open(path: &Path) -> Result<Self> {
        let cannot = || format!("cannot open {}", name(path));
        let mut file =
            OpenOptions::new().read(true).append(true).create(true).open(path).with_context(cannot)?;
        alone(&file, path)?;
        let content = fs::read(path).with_context(cannot)?;
        entries(&content, path)?;
        let whole = content.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        let end = &content[whole..];
        if serde_json::from_slice::<Entry>(end).is_ok() {
            // An entry, but for its line's end: it may be the only trace of what its song held.
            file.write_all(b"\n").with_context(|| format!("cannot write {}", name(path)))?;
        } else {
            unfinished::cut_off(end, &file, path)?;
        }
        Ok(Journal { path: path.to_path_buf(), file })
    }

    /// Adds an entry, to the disk: only then may its file be changed.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn add(&mut self, entry: &Entry) -> Result<()> {
        let text = serde_json::to_string(entry)? + "\n";
        let before = self.file.metadata().map(|about| about.len());
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        if let (Err(_), Ok(length)) = (&written, before) {
            // On a full disk half a line may have been written, and the next entry would be a part of it.
            let _ = self.file.set_len(length);
        }
        written.with_context(|| format!("cannot write {}", name(&self.path)))
    }
}

/// All entries of a journal, the latest first. A last line that was never finished tells of a file that was never
/// changed.
///
/// # Errors
/// [`Usage`] for a file that is no journal.
pub fn read(path: &Path) -> Result<Vec<Entry>> {
    let content =
        fs::read(path).map_err(|error| anyhow!(Usage(format!("cannot read {}: {error}", name(path)))))?;
    let mut entries = entries(&content, path)?;
    entries.reverse();
    Ok(entries)
}

/// The entries of all lines that were finished, in their order.
fn entries(content: &[u8], path: &Path) -> Result<Vec<Entry>> {
    let lines = content.split_inclusive(|&byte| byte == b'\n').enumerate();
    let mut entries = Vec::new();
    for (number, line) in lines.map(|(index, line)| (index + 1, line)) {
        match serde_json::from_slice(line) {
            Ok(entry) => entries.push(entry),
            Err(_) if !line.ends_with(b"\n") => {}
            Err(_) => {
                let odd =
                    format!("line {number} of {} is nothing that genrefold tag has written", name(path));
                return Err(anyhow!(Usage(odd)));
            }
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(file: &str) -> Entry {
        let after = Genre { genres: vec!["jazz".into()], ..Genre::default() };
        Entry::new(Path::new(file), Genre::default(), after)
    }

    #[test]
    fn a_line_that_was_never_finished_is_cut_off_before_the_next() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("tags.jsonl");
        let whole = serde_json::to_vec(&entry("/caf\u{e9}.mp3"))?;
        // One of the cuts falls into a letter of two bytes.
        for cut in 1..whole.len() {
            fs::write(&path, &whole[..cut])?;
            assert!(read(&path)?.is_empty(), "{cut} bytes were an entry");
            Journal::open(&path)?.add(&entry("/one.mp3"))?;
            assert_eq!(read(&path)?, [entry("/one.mp3")], "{cut} bytes");
        }
        Journal::open(&path)?.add(&entry("/two.mp3"))?;
        assert_eq!(read(&path)?, [entry("/two.mp3"), entry("/one.mp3")]);
        Ok(())
    }

    #[test]
    fn an_entry_that_lacks_its_lines_end_alone_is_kept() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("tags.jsonl");
        fs::write(&path, serde_json::to_vec(&entry("/one.mp3"))?)?;
        assert_eq!(read(&path)?, [entry("/one.mp3")]);
        Journal::open(&path)?.add(&entry("/two.mp3"))?;
        assert_eq!(read(&path)?, [entry("/two.mp3"), entry("/one.mp3")]);
        Ok(())
    }

    #[test]
    fn what_is_no_journal_or_is_being_written_is_refused_and_left_alone() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("tags.jsonl");
        for text in ["my notes", "my notes\n", "{\"file\": 3}\n"] {
            fs::write(&path, text)?;
            assert!(
                Journal::open(&path).is_err_and(|error| error.downcast_ref::<Usage>().is_some()),
                "{text}"
            );
            assert_eq!(fs::read_to_string(&path)?, text);
        }
        fs::write(&path, "")?;
        let _first = Journal::open(&path)?;
        let refused = Journal::open(&path).map_or_else(|error| error.to_string(), |_| "opened".into());
        assert!(refused.contains("another genrefold"), "{refused}");
        Ok(())
    }
}
