//! Songs heard one after the other for what the network makes of them, by all cores, in order.

use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::Result;
use genrefold::Classifier;
use genrefold::classifier::Embedded;

use crate::classify::{accident, hush_workers};
use crate::failure::Failure;
use crate::inputs::{Found, Input};
use crate::parallel;
use crate::progress::Counter;

/// Hands every song's answer and embedding to `take`, in the order of the songs.
///
/// # Errors
/// `take`'s; the system gives no threads.
pub fn each(
    classifier: &Classifier,
    found: impl Iterator<Item = Found>,
    threads: Option<usize>,
    mut take: impl FnMut(&Path, Result<Embedded, Failure>) -> Result<()>,
) -> Result<()> {
    hush_workers();
    let threads = threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    let crew = parallel::crew(threads, usize::MAX)?;
    let songs = found.filter_map(|found| match found {
        Found::Input(input) => Some(input),
        Found::NoSong => None,
    });
    let counter = Counter::new();
    parallel::in_order(
        &crew,
        songs,
        |input| hear(classifier, input),
        |(path, heard)| {
            counter.answer(heard.is_err());
            take(&path, heard)
        },
    )?;
    counter.clear();
    Ok(())
}

fn hear(classifier: &Classifier, Input { path, refused }: Input) -> (PathBuf, Result<Embedded, Failure>) {
    let heard = || classifier.embed(path.as_path()).map_err(|error| Failure::from(&error));
    let heard = match refused {
        Some(failure) => Err(failure),
        None => panic::catch_unwind(AssertUnwindSafe(heard)).unwrap_or_else(|cause| Err(accident(&*cause))),
    };
    (path, heard)
}
