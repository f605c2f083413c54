//! Who watches a cross-validation: the terminal, TensorBoard's files, and the page that grows with each fold.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use genrefold::dataset::{Listener, Reading, Track};
use genrefold::results::FoldResult;
use genrefold::training::{EpochRecord, Observer, Pass};

use crate::events::Events;
use crate::progress::TrainingProgress;
use crate::words::counted;

/// Folds may take less than a second: the page is not written more often than this, and once more at the end.
const PAGE_EVERY: Duration = Duration::from_secs(10);

/// What is to be watched.
pub struct Watch<'a> {
    /// Stands in front of each line.
    pub label: String,
    /// Tracks to read.
    pub tracks: usize,
    /// Clips a step.
    pub batch: usize,
    /// Folds to train.
    pub folds: usize,
    /// Where TensorBoard's files go.
    pub log: Option<PathBuf>,
    /// Writes the page anew.
    pub page: &'a (dyn Fn() -> Result<()> + Sync),
}

/// Watches one run.
pub struct Watcher<'a> {
    watch: Watch<'a>,
    terminal: TrainingProgress<'a>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    events: Option<Events>,
    begun: usize,
    page_written: Option<Instant>,
    /// The first thing that could not be written; training goes on, and it is told at the end.
    failure: Option<anyhow::Error>,
}

impl<'a> Watch<'a> {
    /// Begins to watch.
    pub fn begin(self, stop: &'a AtomicBool) -> Watcher<'a> {
        let terminal = TrainingProgress::new(self.tracks, self.batch, 0, stop);
        Watcher { watch: self, terminal, state: Mutex::default() }
    }
}

impl Watcher<'_> {
    /// Ends watching.
    ///
    /// # Errors
    /// What could not be written on the way, beside the results themselves.
    pub fn finish(self) -> Result<()> {
        self.terminal.clear();
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.failure.map_or(Ok(()), Err)
    }

    fn note(&self, outcome: Result<()>) {
        if let Err(error) = outcome {
            self.state.lock().unwrap_or_else(PoisonError::into_inner).failure.get_or_insert(error);
        }
    }
}

impl Listener for Watcher<'_> {
    fn track_read(&self, track: &Track, reading: Reading) {
        self.terminal.track_read(track, reading);
    }

    fn stop_requested(&self) -> bool {
        self.terminal.stop_requested()
    }
}

impl Observer for Watcher<'_> {
    fn epoch_begins(&self, pass: Pass, epoch: usize, epochs: usize, steps: usize) {
        self.terminal.epoch_begins(pass, epoch, epochs, steps);
    }

    fn step(&self, loss: f64) {
        self.terminal.step(loss);
    }

    fn epoch_ends(&self, pass: Pass, record: &EpochRecord) {
        self.terminal.epoch_ends(pass, record);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let written = state.events.as_mut().map_or(Ok(()), |events| events.epoch(record));
        drop(state);
        self.note(written.context("cannot write TensorBoard's file"));
    }

    fn fold_begins(&self, fold: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.begun == 0 && self.terminal.decoded() > 0 {
            eprintln!("{} decoded; the others were at hand.", counted(self.terminal.decoded(), "song"));
        }
        state.begun += 1;
        let later = self.watch.folds.saturating_sub(state.begun);
        self.terminal.set_label(format!("{}fold {fold} ", self.watch.label), later);
        let opened = self.watch.log.as_ref().map(|log| Events::create(&log.join(format!("fold-{fold:02}"))));
        let opened = opened.transpose().context("cannot create TensorBoard's file");
        match opened {
            Ok(events) => state.events = events,
            Err(error) => drop(state.failure.get_or_insert(error)),
        }
    }

    fn fold_ends(&self, result: &FoldResult) {
        self.terminal.fold_ends(result);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let written = state.events.take().map_or(Ok(()), |mut events| events.fold(result));
        let due = state.page_written.is_none_or(|before| before.elapsed() >= PAGE_EVERY);
        drop(state);
        self.note(written.context("cannot write TensorBoard's file"));
        if due {
            self.note((self.watch.page)());
            self.state.lock().unwrap_or_else(PoisonError::into_inner).page_written = Some(Instant::now());
        }
    }
}
