//! Who watches a training or a cross-validation: the terminal, TensorBoard's files, and the page that grows with each fold.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};
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
    /// Trainings that follow each other: folds, or passes.
    pub trainings: usize,
    /// Where TensorBoard's files go.
    pub log: Option<PathBuf>,
    /// Writes the page anew, after a fold.
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
    /// Folds so far.
    begun: usize,
    /// The pass under way, in a training without folds.
    pass: Option<Pass>,
    page_written: Option<Instant>,
    /// The first thing that could not be written; training goes on, and it is told at the end.
    failure: Option<anyhow::Error>,
}

impl<'a> Watch<'a> {
    /// Begins to watch.
    pub fn begin(self, stop: &'a AtomicBool) -> Watcher<'a> {
        let terminal = TrainingProgress::new(self.tracks, self.batch, self.trainings.saturating_sub(1), stop);
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

    /// How many tracks could not be read.
    pub fn unreadable(&self) -> usize {
        self.terminal.unreadable()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a file of curves; none without a folder for them.
    fn open(&self, below: &str) {
        let opened = self.watch.log.as_ref().map(|log| Events::create(&log.join(below))).transpose();
        match opened.context("cannot create TensorBoard's file") {
            Ok(events) => self.state().events = events,
            Err(error) => self.note(Err(error)),
        }
    }

    /// Says how many songs had to be decoded, before the first training.
    fn say_decoded(&self) {
        let decoded = self.terminal.decoded();
        if decoded > 0 {
            eprintln!("{} decoded.", counted(decoded, "song"));
        }
    }

    fn note(&self, outcome: Result<()>) {
        if let Err(error) = outcome {
            self.state().failure.get_or_insert(error);
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
        let outside_folds = self.state().begun == 0;
        if outside_folds && self.state().pass != Some(pass) {
            self.say_decoded();
            self.state().pass = Some(pass);
            self.open(if pass == Pass::HeldOut { "held-out" } else { "everything" });
        }
        self.terminal.epoch_begins(pass, epoch, epochs, steps);
    }

    fn step(&self, loss: f64) {
        self.terminal.step(loss);
    }

    fn epoch_ends(&self, pass: Pass, record: &EpochRecord) {
        self.terminal.epoch_ends(pass, record);
        let written = self.state().events.as_mut().map_or(Ok(()), |events| events.epoch(record));
        self.note(written.context("cannot write TensorBoard's file"));
    }

    fn fold_begins(&self, fold: usize) {
        let begun = {
            let mut state = self.state();
            state.begun += 1;
            state.begun
        };
        if begun == 1 {
            self.say_decoded();
        }
        self.terminal.set_label(
            format!("{}fold {fold} ", self.watch.label),
            self.watch.trainings.saturating_sub(begun),
        );
        self.open(&format!("fold-{fold:02}"));
    }

    fn fold_ends(&self, result: &FoldResult) {
        self.terminal.fold_ends(result);
        let events = self.state().events.take();
        let written = events.map_or(Ok(()), |mut events| events.fold(result));
        self.note(written.context("cannot write TensorBoard's file"));
        let before = self.state().page_written;
        if before.is_none_or(|before| before.elapsed() >= PAGE_EVERY) {
            self.note((self.watch.page)());
            self.state().page_written = Some(Instant::now());
        }
    }
}
