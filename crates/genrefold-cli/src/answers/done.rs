//! Which files have an answer already, in a few bytes each.

use std::collections::HashMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use genrefold::answer::{Record, Stamp};

/// The first half of a path's SHA-256: the paths of millions of files need not fit into memory.
type Key = [u8; 16];

/// What is known of files by their paths.
#[derive(Debug, Default)]
pub struct Done {
    known: HashMap<Key, Known>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    stamp: Option<Stamp>,
    failed: bool,
    /// The line of its latest answer.
    line: u64,
}

/// What is to be done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Todo {
    /// It was never met.
    New,
    /// It has changed since, or failed and is to be tried again: its old answer is void.
    Again,
    /// It has its answer.
    Nothing,
}

impl Done {
    /// Takes in the answer on this line; whether it voids an earlier one.
    pub fn note(&mut self, record: &Record, line: u64) -> bool {
        let known = Known { stamp: record.stamp, failed: record.failed(), line };
        self.known.insert(key(&record.path.path()), known).is_some()
    }

    /// Whether the answer on this line is the file's latest.
    pub fn is_latest(&self, record: &Record, line: u64) -> bool {
        self.known.get(&key(&record.path.path())).is_some_and(|known| known.line == line)
    }

    /// What is to be done with the file at `path`, as it is now. From then on it counts as met: a file that is named
    /// twice is judged once.
    pub fn meet(&mut self, path: &Path, stamp: Option<Stamp>, retry: bool) -> Todo {
        let now = Known { stamp, failed: false, line: 0 };
        match self.known.insert(key(path), now) {
            None => Todo::New,
            Some(before) if before.stamp != stamp || before.failed && retry => Todo::Again,
            Some(before) => {
                self.known.insert(key(path), before);
                Todo::Nothing
            }
        }
    }

    /// How many files are known.
    pub fn len(&self) -> usize {
        self.known.len()
    }
}

fn key(path: &Path) -> Key {
    let digest: [u8; 32] = Sha256::digest(path.as_os_str().as_encoded_bytes()).into();
    digest.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Failure;

    #[test]
    fn a_file_is_judged_once_until_it_changes_or_failures_are_tried_again() {
        let (song, stamp) = (Path::new("a.mp3"), Some(Stamp { size: 1, modified_ns: 2 }));
        let mut done = Done::default();
        assert_eq!(done.meet(song, stamp, false), Todo::New);
        assert_eq!(done.meet(song, stamp, true), Todo::Nothing);
        assert_eq!(done.meet(song, Some(Stamp { size: 1, modified_ns: 3 }), false), Todo::Again);

        let failed = Failure::new("silent", "nothing");
        let record = Record { stamp, ..Record::new(song, (&failed).into(), "m") };
        assert!(done.note(&record, 9));
        assert!(done.is_latest(&record, 9) && !done.is_latest(&record, 8));
        assert_eq!(done.meet(song, stamp, false), Todo::Nothing);
        assert_eq!(done.meet(song, stamp, true), Todo::Again);
        assert_eq!(done.meet(song, stamp, true), Todo::Nothing, "it is being tried again already");
    }
}
