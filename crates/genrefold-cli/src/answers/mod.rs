//! Answers that are kept in a file: for libraries of many songs, whose judging may be ended at any moment.
//!
//! Every answer is added to a journal as it comes. JSON lines are their own journal; a table, Parquet and the file of a
//! shard are written from it when all songs have their answer, aside and renamed.

mod done;
mod goal;
pub mod journal;
mod parquet;
mod shard;
mod summary;

use std::cell::RefCell;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result};
use genrefold::Classifier;

use crate::classify::{Answer, answer, hush_workers};
use crate::failure::{INTERRUPTED, SOME_FAILED};
use crate::inputs::{Found, Input};
use crate::models;
use crate::parallel;
use crate::progress::Counter;
use crate::stop::{STOP, on_interrupt};
use crate::words::{counted, name};
use done::{Done, Todo};
use genrefold::answer::{Outcome, Record, Stamp};
use journal::Journal;
use summary::Summary;

pub use goal::Goal;
pub use shard::Shard;

/// A file to judge, as it is now.
struct Task {
    input: Input,
    stamp: Option<Stamp>,
    again: bool,
}

/// What is to be judged of all that is found.
struct Plan<'a> {
    goal: &'a Goal,
    done: Done,
    no_songs: usize,
    had_answers: usize,
}

impl Plan<'_> {
    fn task(&mut self, found: Found) -> Option<Task> {
        let Some(input) = found.input() else {
            self.no_songs += 1;
            return None;
        };
        if self.goal.shard.is_some_and(|shard| !shard.holds(&input.path)) {
            return None;
        }
        let stamp = stamp(&input.path);
        match self.done.meet(&input.path, stamp, self.goal.retry_failed) {
            Todo::Nothing => {
                self.had_answers += 1;
                None
            }
            todo => Some(Task { input, stamp, again: todo == Todo::Again }),
        }
    }
}

/// Judges what has no answer yet, and says what came of it.
///
/// # Errors
/// [`Usage`](crate::failure::Usage) for a file that cannot be gone on with; the answers cannot be written.
pub fn run(
    classifier: &Classifier,
    found: impl Iterator<Item = Found>,
    threads: usize,
    goal: Goal,
) -> Result<ExitCode> {
    let model = models::short_fingerprint(classifier.model())?;
    let (mut journal, done) = Journal::open(&goal.journal, &model)?;
    if done.len() > 0 {
        eprintln!("{} has {} already.", name(&goal.journal), counted(done.len(), "answer"));
    }
    on_interrupt()?;
    hush_workers();
    let crew = parallel::crew(threads, usize::MAX)?;
    let plan = RefCell::new(Plan { goal: &goal, done, no_songs: 0, had_answers: 0 });
    let counter = Counter::new();
    let tasks =
        found.take_while(|_| !STOP.load(Ordering::Relaxed)).filter_map(|found| plan.borrow_mut().task(found));
    let judge =
        |Task { input, stamp, again }: Task| (answer(input, |path| classifier.classify(path)), stamp, again);
    let mut judged = 0;
    parallel::in_order(&crew, tasks, judge, |(Answer { path, verdict }, stamp, again)| {
        let outcome = match &verdict {
            Ok(prediction) => Outcome::judged(&goal.layout, prediction),
            Err(failure) => failure.into(),
        };
        let record = Record { stamp, ..Record::new(&path, outcome, &model) };
        judged += 1;
        counter.answer(record.failed());
        journal.add(&record, again).with_context(|| format!("cannot write {}", name(&goal.journal)))
    })?;
    counter.clear();
    let Plan { no_songs, had_answers, .. } = plan.into_inner();
    if STOP.load(Ordering::Relaxed) {
        eprintln!("Stopped; {} judged. The same command goes on from here.", counted(judged, "song"));
        return Ok(ExitCode::from(INTERRUPTED));
    }
    journal.close()?;
    let summary = finish(&goal, &journal)?;
    print!("{}", summary.text(&goal, judged, had_answers, no_songs));
    let whole = summary.failed() == 0 && summary.answers() > 0;
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::from(SOME_FAILED) })
}

/// Writes what is made from the journal: the file that was asked for, if it is another one, and the list of failures.
fn finish(goal: &Goal, journal: &Journal) -> Result<Summary> {
    let mut summary = Summary::default();
    goal.write_failures(journal, &mut summary)?;
    goal.write_answers(journal)?;
    Ok(summary)
}

/// Size and time of the file, where there is one.
fn stamp(path: &Path) -> Option<Stamp> {
    let about = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    let modified = about.modified().ok()?;
    let modified_ns = match modified.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).ok()?,
        Err(before) => i64::try_from(before.duration().as_nanos()).ok()?.checked_neg()?,
    };
    Some(Stamp { size: about.len(), modified_ns })
}
