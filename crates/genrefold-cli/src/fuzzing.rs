//! What `fuzz/` asks of the command line. Compiled for it alone.

use std::fs;
use std::path::Path;

use crate::answers::journal::Journal as Answers;
use crate::failure::Usage;
pub use crate::serve::fuzzing::connection;
use crate::tag::journal::{Entry, Journal as Tags, read};
use crate::tag::song::Genre;

/// The model of all answers.
const MODEL: &str = "0123456789ab";

/// Opens bytes as a journal of `tag`.
///
/// # Panics
/// If a journal that is refused was changed, or one that is opened does not give back what is added to it.
pub fn tag_journal(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).expect("room for the journal");
    let before = read(path);
    let mut journal = match Tags::open(path) {
        Ok(journal) => journal,
        Err(error) => return refused(path, bytes, &error),
    };
    let entry = Entry::new(
        Path::new("/one.mp3"),
        Genre::default(),
        Genre { genres: vec!["jazz".into()], ..Genre::default() },
    );
    journal.add(&entry).expect("room for a line");
    let after = read(path).expect("a journal that was opened can be read");
    assert_eq!(after.first(), Some(&entry));
    assert_eq!(after[1..], before.expect("a journal that can be opened can be read"));
}

/// Opens bytes as a journal of answers.
///
/// # Panics
/// If a journal that is refused was changed, or one that is opened cannot be read, closed and opened again with the same
/// answers.
pub fn answers(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).expect("room for the journal");
    let (mut journal, done) = match Answers::open(path, MODEL) {
        Ok(opened) => opened,
        Err(error) => return refused(path, bytes, &error),
    };
    journal.each(|_| Ok(())).expect("a journal that was opened can be read");
    journal.close().expect("a journal that was opened can be closed");
    drop(journal);
    let (_, again) = Answers::open(path, MODEL).expect("a journal that was closed can be opened");
    assert_eq!(again.len(), done.len());
}

/// A file that is no journal is its user's fault to name, and stays as it is.
fn refused(path: &Path, bytes: &[u8], error: &anyhow::Error) {
    assert!(error.downcast_ref::<Usage>().is_some(), "{error:#}");
    assert_eq!(fs::read(path).expect("the file is still there"), bytes);
}
