//! Where the bytes come from: a regular file or memory, read under a budget.

use std::fs::File;
use std::io::{Cursor, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use symphonia::core::io::MediaSource;

use super::Limits;
use crate::error::{Error, Result};

/// A sound that has not been opened yet.
#[derive(Debug, Clone)]
pub enum Source {
    /// A regular file.
    Path(PathBuf),
    /// A whole file in memory.
    Bytes(Arc<[u8]>),
}

impl From<&Path> for Source {
    fn from(path: &Path) -> Self {
        Source::Path(path.to_path_buf())
    }
}

impl From<PathBuf> for Source {
    fn from(path: PathBuf) -> Self {
        Source::Path(path)
    }
}

impl From<&PathBuf> for Source {
    fn from(path: &PathBuf) -> Self {
        Source::Path(path.clone())
    }
}

impl From<Vec<u8>> for Source {
    fn from(bytes: Vec<u8>) -> Self {
        Source::Bytes(bytes.into())
    }
}

impl From<Arc<[u8]>> for Source {
    fn from(bytes: Arc<[u8]>) -> Self {
        Source::Bytes(bytes)
    }
}

impl Source {
    /// Opens the bytes for reading; refuses folders, pipes, devices, empty files and files above the limit.
    pub(super) fn open(self, limits: &Limits) -> Result<Metered> {
        let (bytes, length): (Bytes, u64) = match self {
            Source::Path(path) => open_file(&path)?,
            Source::Bytes(bytes) => {
                let length = bytes.len() as u64;
                (Bytes::Memory(Cursor::new(bytes)), length)
            }
        };
        if length == 0 {
            return Err(Error::UnknownFormat { found: "an empty file".into(), hint: super::KNOWN.into() });
        }
        limits.check_bytes(length)?;
        Ok(Metered { bytes, length, budget: 16 * length + SMALLEST_BUDGET })
    }
}

/// Looks at the kind of file before opening it: opening a pipe would wait for its writer.
fn open_file(path: &Path) -> Result<(Bytes, u64)> {
    let about = std::fs::metadata(path).map_err(Error::io("read", path))?;
    if !about.is_file() {
        let kind = if about.is_dir() { "a folder" } else { "a pipe or device" };
        return Err(Error::UnknownFormat {
            found: format!("{} is {kind}", path.display()),
            hint: "give a regular file".into(),
        });
    }
    let file = File::open(path).map_err(Error::io("read", path))?;
    Ok((Bytes::File(file, path.to_path_buf()), about.len()))
}

enum Bytes {
    File(File, PathBuf),
    Memory(Cursor<Arc<[u8]>>),
}

/// Reading a file once costs its length; containers that jump about cost more, loops never stop costing.
const SMALLEST_BUDGET: u64 = 64 << 20;

/// Every call costs this much on top of its bytes, so that a loop at the end of the file is noticed too.
const COST_OF_A_CALL: u64 = 1024;

/// A reader that gives up once far more was read than the file holds.
///
/// Giving up means unwinding (without a message): a decoder caught in an endless loop may ignore errors,
/// but it cannot ignore this. [`super::guard::guarded`] turns it into [`Error::Damaged`].
pub(super) struct Metered {
    bytes: Bytes,
    length: u64,
    budget: u64,
}

/// What [`Metered`] unwinds with.
pub(super) struct BudgetSpent;

impl Metered {
    /// The file's path, for messages; empty for bytes in memory.
    pub(super) fn path(&self) -> PathBuf {
        match &self.bytes {
            Bytes::File(_, path) => path.clone(),
            Bytes::Memory(_) => PathBuf::new(),
        }
    }

    fn pay(&mut self, bytes: u64) {
        match self.budget.checked_sub(bytes + COST_OF_A_CALL) {
            Some(rest) => self.budget = rest,
            None => std::panic::resume_unwind(Box::new(BudgetSpent)),
        }
    }
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = match &mut self.bytes {
            Bytes::File(file, _) => file.read(buffer),
            Bytes::Memory(cursor) => cursor.read(buffer),
        }?;
        self.pay(count as u64);
        Ok(count)
    }
}

impl Seek for Metered {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.pay(0);
        let sought = match &mut self.bytes {
            Bytes::File(file, _) => file.seek(to),
            Bytes::Memory(cursor) => cursor.seek(to),
        };
        sought.map_err(|error| match error.kind() {
            // A header that names a place before the beginning or beyond all files: no fault of the disk.
            ErrorKind::InvalidInput => ErrorKind::InvalidInput.into(),
            _ => error,
        })
    }
}

impl MediaSource for Metered {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}
