//! One pass of training: epochs of steps, judged and stopped by the validation tracks if there are any.

use std::f64::consts::PI;

use rayon::prelude::*;

use super::batch::{Sampler, clip_seed};
use super::experiment::{Experiment, Schedule, StopBy};
use super::foundation::Foundation;
use super::learner::Learner;
use super::observer::{EpochRecord, Observer, Pass, Validation};
use super::optimizer::{Optimizer, Rates};
use crate::classifier::softmax;
use crate::dataset::store::by_track;
use crate::dataset::{ClipAt, Store};
use crate::error::Result;
use crate::evaluation::{Probabilities, Scores, Verdict, Voting};
use crate::features::Extractor;
use crate::model::input::Normalisation;
use crate::model::weights::{Array, Weights};
use crate::model::{Card, Model, Network, Processor};

/// How far a pass has come after an epoch: all that the next epoch depends on.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Weights, averages and moments.
    pub optimizer: Optimizer,
    /// The average of the epoch with the lowest validation loss; without validation, of the last.
    pub best: Weights,
    /// That epoch, counted from 1; 0 before the first.
    pub best_epoch: usize,
    /// Epochs since.
    pub stale: usize,
    /// What every epoch came to.
    pub history: Vec<EpochRecord>,
}

/// Clips to batch together when a side is judged: enough to keep the network busy.
const JUDGED_AT_ONCE: usize = 64;

/// Clips of the store, in its order.
pub struct Sides {
    /// To learn from.
    pub training: Vec<ClipAt>,
    /// To stop and judge by; may be empty.
    pub validation: Vec<ClipAt>,
}

/// One pass over its data.
pub struct Fit<'a> {
    /// The settings.
    pub experiment: &'a Experiment,
    /// The model whose weights it begins with; none if they are drawn.
    pub foundation: Option<&'a Foundation>,
    /// The model's card: front end, genres, network.
    pub card: &'a Card,
    /// The spectrograms.
    pub store: &'a Store,
    /// Who learns and who judges.
    pub sides: &'a Sides,
    /// Fitted on the training side.
    pub normalisation: &'a Normalisation,
    /// What learns and judges.
    pub processor: &'a Processor,
    /// Most epochs of this pass; the schedule's length is the experiment's.
    pub epochs: usize,
    /// Which pass it is, for who watches.
    pub pass: Pass,
    /// Decides everything random about the pass.
    pub seed: u64,
}

impl Fit<'_> {
    /// Draws the initial weights, or as many of them as the model to begin with does not have.
    fn begin(&self) -> Result<Progress> {
        let drawn = Network::draw(&self.card.network, self.card.ends(), clip_seed(self.seed, 0))?;
        let weights = match self.foundation {
            Some(foundation) => foundation.weights(drawn, &self.card.genres),
            None => drawn,
        };
        let optimizer = Optimizer::new(weights.clone());
        Ok(Progress { optimizer, best: weights, best_epoch: 0, stale: 0, history: Vec::new() })
    }

    /// Trains to the end, from a begun state or anew; none if the observer asked to stop, and then what was saved
    /// last holds. `save` is called before the first epoch, so that an output that cannot be written costs no
    /// hours, and after each.
    ///
    /// # Errors
    /// Those of `save`; [`crate::Error::Setting`] for a network that cannot be built, or a training that diverges.
    pub fn run(
        &self,
        begun: Option<Progress>,
        observer: &dyn Observer,
        save: &mut dyn FnMut(&Progress) -> Result<()>,
    ) -> Result<Option<Progress>> {
        let mut progress = match begun {
            Some(progress) => progress,
            None => {
                let progress = self.begin()?;
                save(&progress)?;
                progress
            }
        };
        let learner = Learner::new(&self.card.network, self.card.ends(), self.processor)?;
        while progress.history.len() < self.epochs && progress.stale < self.experiment.training.patience {
            let Some(record) = self.epoch(&learner, &mut progress, observer)? else {
                return Ok(None);
            };
            save(&progress)?;
            observer.epoch_ends(self.pass, &record);
        }
        Ok(Some(progress))
    }

    /// One epoch; none if the observer asked to stop within it, and then nothing of it is kept.
    fn epoch(
        &self,
        learner: &Learner,
        progress: &mut Progress,
        observer: &dyn Observer,
    ) -> Result<Option<EpochRecord>> {
        let epoch = progress.history.len() + 1;
        let sampler = Sampler::new(
            self.store,
            &self.sides.training,
            self.experiment,
            self.normalisation,
            clip_seed(self.seed, epoch),
        )?;
        let steps = sampler.steps();
        observer.epoch_begins(self.pass, epoch, self.epochs, steps);
        let mut optimizer = progress.optimizer.clone();
        let (mut loss, mut rates) = (0.0, self.rates(0, 1));
        let mut next = sampler.batch(0, learner.device())?;
        for step in 0..steps {
            if observer.stop_requested() {
                return Ok(None);
            }
            let all_steps = self.experiment.training.epochs * steps;
            rates = self.rates((epoch - 1) * steps + step, all_steps);
            // The next batch is prepared wherever this step leaves a processor idle.
            let (here, prepared) = rayon::join(
                || learner.step(&mut optimizer, &next, rates),
                || (step + 1 < steps).then(|| sampler.batch(step + 1, learner.device())).transpose(),
            );
            let here = here?;
            if let Some(prepared) = prepared? {
                next = prepared;
            }
            observer.step(here);
            loss += here / steps as f64;
        }
        // The last step's loss was taken before it: what it has done shows in the weights alone.
        if !loss.is_finite() || !optimizer.average.values().all(Array::is_finite) {
            return Err(diverged(epoch, rates.learning));
        }
        progress.optimizer = optimizer;
        let validation = self.validate(&progress.optimizer.average)?;
        let record = EpochRecord { epoch, training_loss: loss, validation, learning_rate: rates.learning };
        progress.note(record.clone(), self.experiment.training.stop_by);
        Ok(Some(record))
    }

    /// The rates of step `step` of `total`: a straight rise, then the schedule.
    fn rates(&self, step: usize, total: usize) -> Rates {
        let training = &self.experiment.training;
        let (at, rise) = (step as f64, training.warm_up * total as f64);
        let share = match training.schedule {
            _ if at < rise => (at + 1.0) / rise.max(1.0),
            Schedule::Constant => 1.0,
            Schedule::Cosine => 0.5 * (1.0 + (PI * (at - rise) / (total as f64 - rise).max(1.0)).cos()),
        };
        Rates {
            learning: training.learning_rate * share.min(1.0),
            weight_decay: training.weight_decay,
            clip: training.clip_gradient,
            average: training.average,
            old_layers: self.foundation.map_or(1.0, |_| self.experiment.fine_tuning.old_layers),
        }
    }

    /// A model of these weights.
    ///
    /// # Errors
    /// As [`Model::new`].
    pub fn model(&self, weights: &Weights) -> Result<Model> {
        Model::new(self.card.clone(), self.normalisation.clone(), weights)?.on(self.processor)
    }

    /// Judges the validation side; none if it is empty.
    fn validate(&self, weights: &Weights) -> Result<Option<Validation>> {
        if self.sides.validation.is_empty() {
            return Ok(None);
        }
        let clips = judge_clips(&self.model(weights)?, self.store, &self.sides.validation)?;
        let genre = |track: usize| self.store.catalogue.tracks[track].genre;
        let genres = self.card.genres.len();
        match self.experiment.training.stop_by {
            StopBy::Clips => {
                let truth: Vec<usize> = self.sides.validation.iter().map(|at| genre(at.track)).collect();
                let scores = Scores::new(&truth, &clips)?;
                Ok(Some(figures(&scores, scores.log_loss)))
            }
            StopBy::Tracks | StopBy::Never => {
                let (tracks, numbers) = number_tracks(&self.sides.validation);
                let verdicts = Voting::Mean.verdicts(&clips, &numbers, tracks.len())?;
                let truth: Vec<usize> = tracks.into_iter().map(genre).collect();
                let scores = Scores::of_verdicts(genres, &truth, &verdicts)?;
                Ok(Some(figures(&scores, balanced_loss(genres, &truth, &verdicts))))
            }
        }
    }
}

/// The probabilities of these clips by the code that the classifier runs, from stored spectrograms.
///
/// # Errors
/// [`crate::Error::Setting`] for a model of another front end.
pub fn judge_clips(model: &Model, store: &Store, clips: &[ClipAt]) -> Result<Probabilities> {
    let extractor = Extractor::new(&store.front_end)?;
    let mut rows = Vec::with_capacity(clips.len());
    for some in clips.chunks(JUDGED_AT_ONCE) {
        let pictures = some.par_iter().map(|at| store.picture(&extractor, *at));
        let logits = model.logits(&pictures.collect::<Result<Vec<_>>>()?)?;
        rows.extend(logits.iter().map(|row| softmax(row, 1.0)));
    }
    Probabilities::from_rows(model.card.genres.len(), rows)
}

/// The tracks of these clips in order, and for each clip the number of its track among them.
fn number_tracks(clips: &[ClipAt]) -> (Vec<usize>, Vec<usize>) {
    let tracks = by_track(clips).map(|clips| clips[0].track).collect();
    let numbers = by_track(clips).enumerate().flat_map(|(number, clips)| clips.iter().map(move |_| number));
    (tracks, numbers.collect())
}

fn figures(scores: &Scores, loss: f64) -> Validation {
    Validation { loss, accuracy: scores.accuracy, macro_recall: scores.recall }
}

/// Mean log loss of tracks, every genre counting the same.
fn balanced_loss(genres: usize, truth: &[usize], verdicts: &[Verdict]) -> f64 {
    let mut losses = vec![(0.0, 0usize); genres];
    for (genre, verdict) in truth.iter().zip(verdicts) {
        losses[*genre].0 -= f64::from(verdict.probabilities[*genre].max(f32::EPSILON)).ln();
        losses[*genre].1 += 1;
    }
    let present: Vec<f64> =
        losses.iter().filter(|(_, count)| *count > 0).map(|(sum, count)| sum / *count as f64).collect();
    present.iter().sum::<f64>() / present.len() as f64
}

impl Progress {
    /// Notes an epoch and keeps its weights if none was better, or if none is to be chosen.
    fn note(&mut self, record: EpochRecord, stop_by: StopBy) {
        let loss = |record: &EpochRecord| match stop_by {
            StopBy::Never => None,
            StopBy::Tracks | StopBy::Clips => record.validation.map(|validation| validation.loss),
        };
        let best = self.best_epoch.checked_sub(1).and_then(|index| self.history.get(index)).and_then(loss);
        let better = match (loss(&record), best) {
            (Some(now), Some(best)) => now < best,
            _ => true,
        };
        if better {
            self.best = self.optimizer.average.clone();
            (self.best_epoch, self.stale) = (record.epoch, 0);
        } else {
            self.stale += 1;
        }
        self.history.push(record);
    }
}

/// Weights that are no numbers any more: going on would only keep nonsense.
fn diverged(epoch: usize, rate: f64) -> crate::Error {
    crate::Error::Setting {
        key: "training.learning_rate".into(),
        found: format!("a loss or weights that are no numbers in epoch {epoch}, at a rate of {rate:.1e}"),
        expected: "a lower rate, a longer training.warm_up, or training.clip_gradient above 0".into(),
    }
}
