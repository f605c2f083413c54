//! How far a long work has come: bars on a terminal, plain lines in a pipe.

use std::cell::Cell;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use genrefold::dataset::{Listener, Reading, Track};
use genrefold::results::FoldResult;
use genrefold::training::{EpochRecord, Observer, Pass};
use indicatif::{ProgressBar, ProgressStyle};

use crate::words::{name, one_line, percent, span};

/// A bar on standard error for songs to judge; invisible if that is no terminal.
pub fn songs_bar(total: usize) -> ProgressBar {
    bar(total, "{bar:30} {pos} of {len} songs, {eta} left")
}

/// How many songs have their answer, of how many nobody knows: a line on a terminal, one a thousand songs in a pipe.
pub struct Counter {
    bar: ProgressBar,
    failed: Cell<usize>,
    answered: Cell<usize>,
    on_terminal: bool,
}

impl Counter {
    /// Begins to count.
    pub fn new() -> Self {
        let bar = styled(ProgressBar::no_length(), "{spinner} {pos} songs in {elapsed}, {per_sec}{msg}");
        let on_terminal = std::io::stderr().is_terminal();
        Counter { bar, failed: Cell::new(0), answered: Cell::new(0), on_terminal }
    }

    /// Another answer.
    pub fn answer(&self, failed: bool) {
        self.answered.set(self.answered.get() + 1);
        self.failed.set(self.failed.get() + usize::from(failed));
        let failures = match self.failed.get() {
            0 => String::new(),
            failed => format!(", {failed} without a genre"),
        };
        if !self.on_terminal && self.answered.get().is_multiple_of(1000) {
            eprintln!("{} songs{failures}", self.answered.get());
        }
        self.bar.set_message(failures);
        self.bar.inc(1);
    }

    /// Takes the line away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

fn bar(total: usize, template: &str) -> ProgressBar {
    styled(ProgressBar::new(total as u64), template)
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    // The templates are constants and tried by hand; a misspelt one still shows a bar.
    bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Shows a training on standard error, and passes Ctrl-C on to it.
pub struct TrainingProgress<'a> {
    stop: &'a AtomicBool,
    on_terminal: bool,
    clips_a_step: usize,
    state: Mutex<State>,
}

struct State {
    bar: ProgressBar,
    unreadable: usize,
    decoded: usize,
    /// What stands in front of each line: which run, which fold.
    label: String,
    /// Trainings as long as this one that may follow it: a second pass, or further folds.
    later: usize,
    pass: Pass,
    epoch: usize,
    epochs: usize,
    began: Instant,
    /// Mean loss of the epoch so far.
    loss: f64,
    steps: usize,
}

impl<'a> TrainingProgress<'a> {
    /// For `tracks` tracks to read, steps of `clips_a_step` clips, and `later` trainings after the first.
    pub fn new(tracks: usize, clips_a_step: usize, later: usize, stop: &'a AtomicBool) -> Self {
        let state = State {
            bar: bar(tracks, "{bar:30} {pos} of {len} songs read, {eta} left"),
            unreadable: 0,
            decoded: 0,
            label: String::new(),
            later,
            pass: Pass::HeldOut,
            epoch: 0,
            epochs: 0,
            began: Instant::now(),
            loss: 0.0,
            steps: 0,
        };
        let on_terminal = std::io::stderr().is_terminal();
        TrainingProgress { stop, on_terminal, clips_a_step, state: Mutex::new(state) }
    }

    /// How many tracks could not be read.
    pub fn unreadable(&self) -> usize {
        self.state().unreadable
    }

    /// How many tracks had to be decoded.
    pub fn decoded(&self) -> usize {
        self.state().decoded
    }

    /// Puts this in front of the lines that follow, when `later` trainings may follow the next.
    pub fn set_label(&self, label: String, later: usize) {
        let mut state = self.state();
        (state.label, state.later) = (label, later);
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        self.state().bar.finish_and_clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Epochs that may follow this one, at most.
    fn epochs_left(&self, state: &State) -> usize {
        let later = if state.pass == Pass::HeldOut { state.later * state.epochs } else { 0 };
        state.epochs.saturating_sub(state.epoch) + later
    }
}

impl Listener for TrainingProgress<'_> {
    fn track_read(&self, track: &Track, reading: Reading) {
        let mut state = self.state();
        match reading {
            Reading::Cached => {}
            Reading::Decoded => state.decoded += 1,
            Reading::LeftOut(failure) => {
                state.unreadable += 1;
                let text = format!("left out {}: {failure}", name(&track.path));
                state.bar.suspend(|| eprintln!("{}", one_line(&text)));
            }
        }
        state.bar.inc(1);
        if state.bar.length() == Some(state.bar.position()) {
            state.bar.finish_and_clear();
        }
    }

    fn stop_requested(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

impl Observer for TrainingProgress<'_> {
    fn epoch_begins(&self, pass: Pass, epoch: usize, epochs: usize, steps: usize) {
        let mut state = self.state();
        if pass == Pass::Everything && epoch == 1 {
            eprintln!("Judged. Now the same number of epochs on all songs.");
        }
        (state.pass, state.epoch, state.epochs) = (pass, epoch, epochs);
        (state.began, state.loss, state.steps) = (Instant::now(), 0.0, 0);
        if self.on_terminal {
            state.bar.finish_and_clear();
            state.bar = bar(steps, "{prefix} {bar:16} {pos}/{len}  {wide_msg}");
            let prefix = format!("{}epoch {epoch}/{epochs}", state.label);
            state.bar.set_prefix(prefix);
        }
    }

    fn step(&self, loss: f64) {
        let mut state = self.state();
        state.steps += 1;
        state.loss += (loss - state.loss) / state.steps as f64;
        if !self.on_terminal {
            return;
        }
        state.bar.inc(1);
        let step_s = state.began.elapsed().as_secs_f64() / state.steps as f64;
        let steps = state.bar.length().unwrap_or_default();
        let left = step_s * steps.saturating_sub(state.steps as u64) as f64;
        let all = left + step_s * steps as f64 * self.epochs_left(&state) as f64;
        let speed = self.clips_a_step as f64 / step_s;
        let (left, all) = (span(left), span(all));
        state
            .bar
            .set_message(format!("loss {:.3}  {speed:.0} clips/s  {left} left, {all} in all", state.loss));
    }

    fn epoch_ends(&self, _: Pass, record: &EpochRecord) {
        let state = self.state();
        let mut line = format!(
            "{}epoch {}/{}  loss {:.3}",
            state.label, record.epoch, state.epochs, record.training_loss
        );
        if let Some(figures) = record.validation {
            line += &format!(
                "  validation loss {:.3}  accuracy {}  macro recall {}",
                figures.loss,
                percent(figures.accuracy),
                percent(figures.macro_recall)
            );
        }
        let epoch_s = state.began.elapsed().as_secs_f64();
        // The last step may hold fewer clips: the speed is rounded anyway.
        let speed = (state.steps * self.clips_a_step) as f64 / epoch_s.max(1e-3);
        line += &format!("  {}, {speed:.0} clips/s", span(epoch_s));
        match self.epochs_left(&state) {
            0 => {}
            left => line += &format!(", at most {} left", span(epoch_s * left as f64)),
        }
        state.bar.suspend(|| eprintln!("{line}"));
    }

    fn fold_ends(&self, result: &FoldResult) {
        let state = self.state();
        let (scores, epoch) = (&result.scores, result.best_epoch);
        let line = format!(
            "{}accuracy {} of clips, {} of tracks by vote, {} by mean; epoch {epoch} was best",
            state.label,
            percent(scores.clip.accuracy),
            percent(scores.vote.accuracy),
            percent(scores.mean.accuracy)
        );
        state.bar.suspend(|| eprintln!("{line}"));
    }
}
