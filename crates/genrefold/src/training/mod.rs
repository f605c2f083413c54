//! SONGS -> MODEL: whole tracks held out, the rest learned from, the result judged by the shipped code.
//!
//! [`train`] makes one model; [`crossval()`] makes one for each fold of a split, and keeps what each says of the
//! songs that it has not heard.

pub mod experiment;
mod foundation;
pub mod observer;
mod augment;
mod batch;
mod optimizer;
mod loss;
mod learner;
mod fit;
mod checkpoint;
mod shared;
pub mod evidence;
pub mod practice;
pub mod parity;
pub mod rehearsal;
pub mod crossval;
pub mod study;

use std::path::{Path, PathBuf};

pub use checkpoint::epochs_so_far;
pub use crossval::{CrossValidation, crossval};
pub use evidence::Evidence;
pub use experiment::Experiment;
pub use foundation::{FineTuning, Foundation};
pub use observer::{EpochRecord, Observer, Pass, Silent, Validation};
pub use study::{PlannedRun, StudyPlan, Synthetic};

use batch::clip_seed;
use checkpoint::{Checkpoint, Identity};
use fit::{Fit, Progress, Sides};
use shared::{blank_card, normalisation};

use crate::classifier::Classifier;
use crate::dataset::{Cache, Catalogue, Holdout, Side, Store, holdout};
use crate::error::{Error, Result};
use crate::evaluation::{HeldOut, Probabilities};
use crate::model::card::Figures;
use crate::model::{Model, Processor};
use crate::results::Run;

/// Fewest tracks of a genre that can be split into learning and judging and still mean anything.
pub const LEAST_TRACKS: usize = 3;

/// Refuses songs of which a genre cannot be learned from and judged.
///
/// # Errors
/// [`Error::Data`] naming each such genre.
pub fn require_songs(catalogue: &Catalogue) -> Result<()> {
    catalogue.require_tracks(LEAST_TRACKS).map_err(|error| match error {
        Error::Data { path, found, remedy } => {
            let remedy = format!(
                "{remedy}. One song of each genre is held out to judge by, so that {LEAST_TRACKS} are the least; with \
                 15 and more a genre is learned far better"
            );
            Error::Data { path, found, remedy }
        }
        other => other,
    })
}

/// What a training gives.
#[derive(Debug)]
pub struct Trained {
    /// The model, with its figures in its card.
    pub model: Model,
    /// The first pass, epoch by epoch.
    pub history: Vec<EpochRecord>,
}

/// How a training ended.
#[derive(Debug)]
// One value a training: nothing is gained by boxing the larger variant.
#[allow(clippy::large_enum_variant)]
pub enum Outcome {
    /// It ran to its end.
    Done(Trained),
    /// It was asked to stop; the checkpoint, if one was wished, holds the last finished epoch.
    Stopped,
}

/// Where a training keeps its state, and whether it goes on from there.
#[derive(Debug, Clone)]
pub struct Keeping {
    /// The checkpoint file.
    pub checkpoint: PathBuf,
    /// Go on from it if it exists, instead of starting anew.
    pub resume: bool,
}

/// A training to do.
pub struct SingleTraining<'a> {
    /// The songs.
    pub catalogue: &'a Catalogue,
    /// All settings; with a model to begin with, [`Foundation::settings`].
    pub experiment: &'a Experiment,
    /// The model to begin with; none draws the weights.
    pub foundation: Option<&'a Foundation>,
    /// What learns and judges.
    pub processor: Processor,
    /// Spectrograms made earlier.
    pub cache: Option<&'a Cache>,
    /// Where the state is kept.
    pub keeping: Option<&'a Keeping>,
    /// A cross-validation of the same settings on the same songs. Nothing is held back then: all songs are learned
    /// from, and the card's figures are the run's.
    pub evidence: Option<&'a Run>,
}

/// Learns the genres of a folder of songs.
///
/// Tracks are split, never clips; duplicates stay together. The model that comes back was judged on whole tracks
/// that it had not learned from, or is a twin of one that was ([`experiment::Training::refit`]), or of several
/// ([`SingleTraining::evidence`]).
///
/// # Errors
/// [`Data`](crate::Error::Data) for songs that cannot be learned from, [`Setting`](crate::Error::Setting) for
/// impossible settings or a run that says nothing about them, both before hours are spent; [`Io`](crate::Error::Io)
/// and [`Model`](crate::Error::Model) for the checkpoint.
pub fn train(plan: &SingleTraining, observer: &dyn Observer) -> Result<Outcome> {
    let experiment = plan.experiment;
    experiment.validate()?;
    require_songs(plan.catalogue)?;
    let Some(store) = Store::read(plan.catalogue, &experiment.front_end, plan.cache, observer)? else {
        return Ok(Outcome::Stopped);
    };
    let catalogue = &store.catalogue;
    require_songs(catalogue)?;
    let foundation = plan.foundation;
    let evidence = plan.evidence.map(|run| Evidence::of_run(run, experiment, foundation, catalogue));
    let evidence = evidence.transpose()?;
    let split = holdout(catalogue, experiment.training.validation, experiment.seed)?;
    Course {
        experiment,
        foundation,
        processor: &plan.processor,
        catalogue,
        store: &store,
        split: &split,
        keeping: plan.keeping,
        observer,
    }
    .run(evidence)
}

/// One training from its split to its model.
struct Course<'a> {
    experiment: &'a Experiment,
    foundation: Option<&'a Foundation>,
    processor: &'a Processor,
    catalogue: &'a Catalogue,
    store: &'a Store,
    split: &'a Holdout,
    keeping: Option<&'a Keeping>,
    observer: &'a dyn Observer,
}

impl Course<'_> {
    /// Both passes, or the second alone where the evidence is there already.
    fn run(&self, given: Option<Evidence>) -> Result<Outcome> {
        let identity = Identity {
            experiment: self.experiment.clone(),
            songs: self.catalogue.fingerprint().into(),
            split: self.split.hash().into(),
            fold: 0,
            foundation: self.foundation.map(|foundation| foundation.fingerprint().to_owned()),
        };
        let saved = match self.keeping {
            Some(Keeping { checkpoint, resume: true }) => Checkpoint::load(checkpoint, &identity)?,
            _ => None,
        };
        let (first, second): (Option<Checkpoint>, _) = match saved {
            Some(state) if state.pass == Pass::Everything => (None, Some(state)),
            first => (first, None),
        };
        let known = second.as_ref().and_then(|state| state.judged.clone()).or(given);
        let mut history = Vec::new();
        let evidence = match known {
            Some(evidence) => evidence,
            None => {
                let sides = self.sides(Some(self.split))?;
                let pass = Planned { pass: Pass::HeldOut, sides, epochs: self.experiment.training.epochs };
                let begun = first.map(|state| state.progress);
                let Some((progress, model)) = self.pass(&identity, pass, begun, &None)? else {
                    return Ok(Outcome::Stopped);
                };
                history = progress.history.clone();
                let evidence = self.judge(&model, progress.best_epoch)?;
                if !self.experiment.training.refit {
                    let model = self.finish(model, &self.split_tracks()?, progress.best_epoch, evidence);
                    return Ok(Outcome::Done(Trained { model, history }));
                }
                evidence
            }
        };
        self.refit(&identity, evidence, second.map(|state| state.progress), history)
    }

    /// The second pass, over all tracks, for as many epochs as the judged weights took.
    fn refit(
        &self,
        identity: &Identity,
        evidence: Evidence,
        resumed: Option<Progress>,
        history: Vec<EpochRecord>,
    ) -> Result<Outcome> {
        let epochs = evidence.epochs.max(1);
        let planned = Planned { pass: Pass::Everything, sides: self.sides(None)?, epochs };
        let kept = Some(evidence.clone());
        let Some((progress, model)) = self.pass(identity, planned, resumed, &kept)? else {
            return Ok(Outcome::Stopped);
        };
        let model = self.finish(model, &self.catalogue.counts(), progress.history.len(), evidence.of_twin());
        Ok(Outcome::Done(Trained { model, history }))
    }

    /// Runs a pass to its end; none if it was stopped.
    fn pass(
        &self,
        identity: &Identity,
        planned: Planned,
        resumed: Option<Progress>,
        judged: &Option<Evidence>,
    ) -> Result<Option<(Progress, Model)>> {
        let normalisation =
            normalisation(self.experiment, self.foundation, self.store, &planned.sides.training)?;
        let card = blank_card(self.experiment, self.foundation, self.catalogue, self.split.hash());
        let fit = Fit {
            experiment: self.experiment,
            foundation: self.foundation,
            card: &card,
            store: self.store,
            sides: &planned.sides,
            normalisation: &normalisation,
            processor: self.processor,
            epochs: planned.epochs,
            pass: planned.pass,
            seed: clip_seed(self.experiment.seed, if planned.pass == Pass::HeldOut { 0 } else { 1 }),
        };
        let mut save = |progress: &Progress| match self.keeping {
            None => Ok(()),
            Some(Keeping { checkpoint, .. }) => Checkpoint {
                identity: identity.clone(),
                pass: planned.pass,
                judged: judged.clone(),
                progress: progress.clone(),
            }
            .save(checkpoint),
        };
        let Some(progress) = fit.run(resumed, self.observer, &mut save)? else { return Ok(None) };
        let model = fit.model(&progress.best)?;
        Ok(Some((progress, model)))
    }

    /// The store's clips by side; without a split, everything is learned from.
    fn sides(&self, split: Option<&Holdout>) -> Result<Sides> {
        let all = self.store.clips();
        let Some(split) = split else { return Ok(Sides { training: all, validation: Vec::new() }) };
        let sides = split.sides(self.catalogue)?;
        let (training, validation) = all.into_iter().partition(|at| sides[at.track] == Side::Training);
        Ok(Sides { training, validation })
    }

    /// Training tracks by genre.
    fn split_tracks(&self) -> Result<Vec<usize>> {
        let mut counts = vec![0; self.catalogue.genres.len()];
        for (track, side) in self.catalogue.tracks.iter().zip(self.split.sides(self.catalogue)?) {
            counts[track.genre] += usize::from(side == Side::Training);
        }
        Ok(counts)
    }

    /// Judges the held-out files themselves by the code that is shipped.
    fn judge(&self, model: &Model, epochs: usize) -> Result<Evidence> {
        let classifier = Classifier::new(model.clone());
        let sides = self.split.sides(self.catalogue)?;
        let tracks = self.catalogue.tracks.iter().zip(sides);
        let held_out = tracks.filter(|(_, side)| *side == Side::Validation).map(|(track, _)| {
            let clips = classifier.classify(track.path.as_path())?.clips;
            let rows = clips.iter().filter_map(|clip| clip.probabilities.as_ref());
            let clips = Probabilities::from_rows(self.catalogue.genres.len(), rows)?;
            Ok(HeldOut { genre: track.genre, clips })
        });
        Evidence::of_held_out(&held_out.collect::<Result<Vec<_>>>()?, epochs)
    }

    /// What the model to begin with had heard is not forgotten in its fine-tuning.
    fn flattery(&self) -> &'static str {
        match self.foundation {
            Some(foundation) if foundation.has_heard(self.catalogue) => {
                "; too good, because the model before them had heard some of these"
            }
            _ => "",
        }
    }

    /// Writes into the card what the weights learned from and how well.
    fn finish(&self, mut model: Model, tracks: &[usize], epochs: usize, evidence: Evidence) -> Model {
        let names = self.catalogue.genres.names().iter().cloned();
        let card = &mut model.card;
        card.training.data.tracks = names.zip(tracks.iter().copied()).collect();
        card.training.epochs = epochs;
        card.training.graphics_card = self.processor.graphics_card();
        let judged = evidence.figures.judged.clone() + self.flattery();
        card.training.figures = Some(Figures { judged, ..evidence.figures });
        card.calibration = Some(evidence.calibration);
        model
    }
}

/// What a pass goes over.
struct Planned {
    pass: Pass,
    sides: Sides,
    epochs: usize,
}

/// Where a training keeps its checkpoint: beside its model file.
pub fn checkpoint_beside(model: &Path) -> PathBuf {
    let mut name = model.file_name().unwrap_or_default().to_os_string();
    name.push(".checkpoint");
    model.with_file_name(name)
}
