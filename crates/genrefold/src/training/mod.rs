//! SONGS -> MODEL: whole tracks held out, the rest learned from, the result judged by the shipped code.
//!
//! [`train`] makes one model; [`crossval()`] makes one for each fold of a split, and keeps what each says of the
//! songs that it has not heard.

pub mod experiment;
pub mod observer;
mod augment;
mod batch;
mod optimizer;
mod learner;
mod fit;
mod checkpoint;
mod shared;
pub mod practice;
pub mod crossval;
pub mod study;

use std::path::{Path, PathBuf};

pub use crossval::{CrossValidation, crossval};
pub use experiment::Experiment;
pub use observer::{EpochRecord, Observer, Pass, Silent, Validation};
pub use study::{PlannedRun, StudyPlan, Synthetic};

use batch::clip_seed;
use checkpoint::{Checkpoint, Identity};
use fit::{Fit, Progress, Sides};
use shared::{blank_card, normalisation};

use crate::classifier::Classifier;
use crate::dataset::{Cache, Catalogue, ClipAt, Holdout, Side, Store, holdout};
use crate::error::Result;
use crate::evaluation::{Scores, Verdict};
use crate::model::Model;
use crate::model::card::Figures;

/// Fewest tracks of a genre that can be split into learning and judging and still mean anything.
pub const LEAST_TRACKS: usize = 3;

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

/// Learns the genres of a folder of songs.
///
/// Tracks are split, never clips; duplicates stay together. The model that comes back was judged on whole tracks
/// that it had not learned from, or is a twin of one that was ([`experiment::Training::refit`]).
///
/// # Errors
/// [`Data`](crate::Error::Data) for songs that cannot be learned from, [`Setting`](crate::Error::Setting) for
/// impossible settings, both before hours are spent; [`Io`](crate::Error::Io) and [`Model`](crate::Error::Model)
/// for the checkpoint.
pub fn train(
    catalogue: &Catalogue,
    experiment: &Experiment,
    cache: Option<&Cache>,
    keeping: Option<&Keeping>,
    observer: &dyn Observer,
) -> Result<Outcome> {
    experiment.validate()?;
    catalogue.require_tracks(LEAST_TRACKS)?;
    let Some(store) = Store::read(catalogue, &experiment.front_end, cache, observer)? else {
        return Ok(Outcome::Stopped);
    };
    let catalogue = &store.catalogue;
    catalogue.require_tracks(LEAST_TRACKS)?;
    let split = holdout(catalogue, experiment.training.validation, experiment.seed)?;
    Course { experiment, catalogue, store: &store, split: &split, keeping, observer }.run()
}

/// One training from its split to its model.
struct Course<'a> {
    experiment: &'a Experiment,
    catalogue: &'a Catalogue,
    store: &'a Store,
    split: &'a Holdout,
    keeping: Option<&'a Keeping>,
    observer: &'a dyn Observer,
}

impl Course<'_> {
    fn run(&self) -> Result<Outcome> {
        let identity = Identity {
            experiment: self.experiment.clone(),
            songs: self.catalogue.fingerprint().into(),
            split: self.split.hash().into(),
            fold: 0,
        };
        let mut saved = match self.keeping {
            Some(Keeping { checkpoint, resume: true }) => Checkpoint::load(checkpoint, &identity)?,
            _ => None,
        };
        let (first_progress, mut judged) = match &mut saved {
            Some(state) if state.pass == Pass::Everything => (None, state.judged.take()),
            Some(state) => (Some(state.progress.clone()), None),
            None => (None, None),
        };
        let mut history = Vec::new();
        let mut held_out_model = None;
        if judged.is_none() {
            let sides = self.sides(Some(self.split))?;
            let pass = Planned { pass: Pass::HeldOut, sides, epochs: self.experiment.training.epochs };
            let Some((progress, model)) = self.pass(&identity, pass, first_progress, &None)? else {
                return Ok(Outcome::Stopped);
            };
            let figures = self.judge(&model)?;
            history = progress.history.clone();
            judged = Some((figures.clone(), progress.best_epoch));
            held_out_model = Some(self.finish(model, &self.split_tracks()?, progress.best_epoch, figures));
        }
        match (self.experiment.training.refit, judged, held_out_model) {
            (true, Some(judged), _) => {
                let resumed =
                    saved.filter(|state| state.pass == Pass::Everything).map(|state| state.progress);
                self.refit(&identity, judged, resumed, history)
            }
            (_, _, Some(model)) => Ok(Outcome::Done(Trained { model, history })),
            // A checkpoint of the second pass without its first is refused by `Identity`: refit is a setting.
            (_, _, None) => Ok(Outcome::Stopped),
        }
    }

    /// The second pass, over all tracks, for as many epochs as the judged weights took.
    fn refit(
        &self,
        identity: &Identity,
        judged: (Figures, usize),
        resumed: Option<Progress>,
        history: Vec<EpochRecord>,
    ) -> Result<Outcome> {
        let planned = Planned { pass: Pass::Everything, sides: self.sides(None)?, epochs: judged.1.max(1) };
        let kept = Some(judged.clone());
        let Some((progress, model)) = self.pass(identity, planned, resumed, &kept)? else {
            return Ok(Outcome::Stopped);
        };
        let (figures, _) = judged;
        let twin = Figures {
            judged: format!(
                "a twin of these weights, trained without the {} judged tracks",
                figures.scores.count
            ),
            ..figures
        };
        let everything = self.catalogue.counts();
        let model = self.finish(model, &everything, progress.history.len(), twin);
        Ok(Outcome::Done(Trained { model, history }))
    }

    /// Runs a pass to its end; none if it was stopped.
    fn pass(
        &self,
        identity: &Identity,
        planned: Planned,
        resumed: Option<Progress>,
        judged: &Option<(Figures, usize)>,
    ) -> Result<Option<(Progress, Model)>> {
        let normalisation = normalisation(self.experiment, self.store, &planned.sides.training)?;
        let card = blank_card(self.experiment, self.catalogue, self.split.hash());
        let fit = Fit {
            experiment: self.experiment,
            card: &card,
            store: self.store,
            sides: &planned.sides,
            normalisation: &normalisation,
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
        let clips = |(track, clips): (usize, usize)| (0..clips).map(move |clip| ClipAt { track, clip });
        let all: Vec<ClipAt> = self.store.clip_counts().into_iter().enumerate().flat_map(clips).collect();
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
    fn judge(&self, model: &Model) -> Result<Figures> {
        let classifier = Classifier::new(model.clone());
        let sides = self.split.sides(self.catalogue)?;
        let (mut truth, mut verdicts) = (Vec::new(), Vec::new());
        for (track, _) in
            self.catalogue.tracks.iter().zip(sides).filter(|(_, side)| *side == Side::Validation)
        {
            let prediction = classifier.classify(track.path.as_path())?;
            truth.push(track.genre);
            verdicts.push(Verdict { genre: prediction.genre, probabilities: prediction.probabilities });
        }
        let scores = Scores::of_verdicts(self.catalogue.genres.len(), &truth, &verdicts)?;
        let judged = format!("these weights, on {} tracks that they did not learn from", truth.len());
        Ok(Figures { judged, scores })
    }

    /// Writes into the card what the weights learned from and how well.
    fn finish(&self, mut model: Model, tracks: &[usize], epochs: usize, figures: Figures) -> Model {
        let names = self.catalogue.genres.names().iter().cloned();
        model.card.training.data.tracks = names.zip(tracks.iter().copied()).collect();
        model.card.training.epochs = epochs;
        model.card.training.figures = Some(figures);
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
