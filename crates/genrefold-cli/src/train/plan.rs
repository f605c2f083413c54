//! What a training will do, how long it will take and what it needs, before it begins.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use genrefold::dataset::holdout;
use genrefold::model::{Ends, Network, Processor};
use genrefold::training::Experiment;
use genrefold::training::experiment::Training;

use super::estimate::Estimate;
use super::output::Output;
use super::songs::Songs;
use super::start::Start;
use super::{TrainArgs, folds};
use crate::args::Digits;
use crate::words::{counted, many, megabytes, name, span};

/// A training that has not begun.
pub struct Plan {
    songs: Division,
    /// Most epochs of each training.
    epochs: usize,
    /// Clips that an epoch has at least.
    least_clips: usize,
    /// Values in the network.
    weights: usize,
    /// None where no song of a few could be decoded.
    estimate: Option<Estimate>,
}

/// How the songs are used.
enum Division {
    /// Some are held out; afterwards, perhaps, all are learned from.
    Holdout { learned: usize, judged: usize, again: bool },
    /// Each fold learns from most, stops by some and judges some; in the end all are learned from.
    Folds { all: usize, folds: usize, folder: String },
    /// All are learned from: a run has said how good that is.
    All { all: usize, run: String },
}

/// The work of a training, in songs that pass through the network.
struct Work {
    /// Learned from, over all epochs at most.
    learned: f64,
    /// Judged, over all epochs at most and in the end.
    judged: f64,
    /// Decoded once more to be judged.
    decoded: f64,
}

impl Plan {
    /// Divides the songs, builds the network, and times some of the work.
    ///
    /// # Errors
    /// Songs that cannot be divided; those of [`Estimate::measure`].
    pub fn make(args: &TrainArgs, songs: &Songs, start: &Start, output: &Output) -> Result<Self> {
        let experiment = &start.experiment;
        let songs_used = Division::of(args, songs, start, output)?;
        let weights = weights(experiment, songs.readable.genres.len())?;
        let cache = crate::cache::of(&args.cache);
        let estimate =
            Estimate::measure(&songs.readable, experiment, &start.processor, cache.as_ref(), weights)?;
        let Training { epochs, least_clips, .. } = experiment.training;
        Ok(Plan { songs: songs_used, epochs, least_clips, weights, estimate })
    }

    /// In sentences.
    pub fn page(&self, start: &Start, digits: Digits) -> String {
        let mut text = format!("{}\n{}\n", self.songs.sentence(), start.sentence);
        let bytes = self.weights * if digits == Digits::F16 { 2 } else { 4 };
        let (weights, kilobytes) = (many(self.weights), bytes.div_ceil(1000));
        let _ = writeln!(text, "It has {weights} weights; its file will take about {kilobytes} kB.");
        let epochs = counted(self.epochs, "epoch");
        match &self.estimate {
            None => {
                let _ = writeln!(text, "At most {epochs} follow.");
            }
            Some(estimate) => {
                let clips = self.clips_at_once(estimate);
                let _ = writeln!(text, "At most {epochs} of about {clips:.0} clips follow.");
                text += &self.costs(estimate);
            }
        }
        text
    }

    /// Clips of an epoch; those of few songs come several times.
    fn clips_at_once(&self, estimate: &Estimate) -> f64 {
        (estimate.clips_a_song * self.songs.learned_at_once()).max(self.least_clips as f64)
    }

    /// Time and memory.
    fn costs(&self, estimate: &Estimate) -> String {
        let Estimate { clips_a_song, learned_a_second, judged_a_second, .. } = estimate;
        let Work { learned, judged, decoded } = self.songs.work(self.epochs as f64);
        let repeated = self.clips_at_once(estimate) / (clips_a_song * self.songs.learned_at_once());
        let learning_s = repeated * learned * clips_a_song / learned_a_second;
        let judging_s = judged * clips_a_song / judged_a_second + decoded * estimate.decoding_s;
        format!(
            "On this machine, as busy as it is now, that takes up to {}: {} to read the songs, {} to learn, {} to \
             judge. It needs about {} of memory.\n",
            span(estimate.reading_s + learning_s + judging_s),
            span(estimate.reading_s),
            span(learning_s),
            span(judging_s),
            megabytes(estimate.memory)
        )
    }
}

impl Division {
    fn of(args: &TrainArgs, songs: &Songs, start: &Start, output: &Output) -> Result<Self> {
        let all = songs.readable.tracks.len();
        if let Some(folds) = args.folds {
            let why = format!("--folds {folds} wants {folds} songs of every genre, one for each fold");
            songs.readable.require_tracks(folds).context(why)?;
            return Ok(Division::Folds { all, folds, folder: name(&folds::folder(&output.model)) });
        }
        if let Some(run) = &args.evidence {
            return Ok(Division::All { all, run: name(run) });
        }
        let training = &start.experiment.training;
        let split = holdout(&songs.readable, training.validation, start.experiment.seed)?;
        let (learned, judged) = (split.training.len(), split.validation.len());
        Ok(Division::Holdout { learned, judged, again: training.refit })
    }

    fn sentence(&self) -> String {
        match self {
            Division::Holdout { learned, judged, again } => {
                let again = if *again { " Afterwards it learns from all of them." } else { "" };
                format!("Learning from {}, judging on {judged} others.{again}", counted(*learned, "song"))
            }
            Division::Folds { all, folds, folder } => format!(
                "Training {folds} times on other songs, until each is judged once; then learning from all {all}. The \
                 folds are kept in {folder}."
            ),
            Division::All { all, run } => {
                format!("Learning from all {}; {run} says how good that is.", counted(*all, "song"))
            }
        }
    }

    /// Songs in an epoch.
    fn learned_at_once(&self) -> f64 {
        match self {
            Division::Holdout { learned, .. } => *learned as f64,
            Division::Folds { all, folds, .. } => *all as f64 * (*folds - 2) as f64 / *folds as f64,
            Division::All { all, .. } => *all as f64,
        }
    }

    fn work(&self, epochs: f64) -> Work {
        let once = self.learned_at_once();
        match self {
            Division::Holdout { judged, again, .. } => {
                let judged = *judged as f64;
                let all = if *again { once + judged } else { 0.0 };
                Work { learned: epochs * (once + all), judged: (epochs + 1.0) * judged, decoded: judged }
            }
            Division::Folds { all, folds, .. } => {
                let (all, folds) = (*all as f64, *folds as f64);
                // Over all folds, each song stops one of them, epoch by epoch, and is judged in another.
                Work { learned: epochs * (folds * once + all), judged: (epochs + 1.0) * all, decoded: 0.0 }
            }
            Division::All { .. } => Work { learned: epochs * once, judged: 0.0, decoded: 0.0 },
        }
    }
}

/// Values in the network.
fn weights(experiment: &Experiment, genres: usize) -> Result<usize> {
    let (rows, columns) = experiment.front_end.picture_shape();
    let processor = Processor::cpu();
    let ends = Ends { rows, columns, genres };
    let network = Network::blank(&experiment.network, ends, processor.device())?;
    Ok(network.weights(&processor)?.values().map(|array| array.values.len()).sum())
}
