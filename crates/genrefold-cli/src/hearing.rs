//! Songs heard one after the other for what the network makes of them, by all cores, in order.

use std::path::Path;

use anyhow::Result;
use genrefold::Classifier;
use genrefold::classifier::Embedded;

use crate::classify::{Answer, answer, hush_workers};
use crate::failure::Failure;
use crate::inputs::Found;
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
    let crew = parallel::crew(parallel::threads(threads), usize::MAX)?;
    let counter = Counter::new();
    parallel::in_order(
        &crew,
        found.filter_map(Found::input),
        |input| answer(input, |path| classifier.embed(path)),
        |Answer { path, verdict }| {
            counter.answer(verdict.is_err());
            take(&path, verdict)
        },
    )?;
    counter.clear();
    Ok(())
}
