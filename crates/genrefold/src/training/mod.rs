//! SONGS -> MODEL: whole tracks held out, the rest learned from, the result judged by the shipped code.

pub mod experiment;
pub mod observer;
mod store;
mod augment;
mod batch;
mod optimizer;
mod fit;
mod checkpoint;

use std::path::{Path, PathBuf};

pub use experiment::Experiment;
pub use observer::{EpochRecord, Observer, Pass, Silent, Validation};

use checkpoint::{Checkpoint, Identity};
use fit::{Ending, Fit, Progress, Sides};
use store::Store;

use crate::classifier::Classifier;
use crate::dataset::{Catalogue, Holdout, Side, holdout};
use crate::error::Result;
use crate::evaluation::{Scores, Verdict};
use crate::features::Extractor;
use crate::model::card::{DataSummary, Figures, TrainingSummary};
use crate::model::input::Normalisation;
use crate::model::{Card, Model};

/// Fewest tracks of a genre that can be split into learning and judging and still mean anything.
pub const LEAST_TRACKS: usize = 3;
/// Spectrograms may take this much memory; songs are then cut to their middles.
const MEMORY_BYTES: f64 = 4.0 * 1024.0 * 1024.0 * 1024.0;
/// But no shorter than this, seconds: one clip and room to move it.
const LEAST_EXCERPT_S: f64 = 15.0;
/// And never longer than this, seconds: the rest of a song adds little.
const MOST_EXCERPT_S: f64 = 180.0;

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
    keeping: Option<&Keeping>,
    observer: &dyn Observer,
) -> Result<Outcome> {
    experiment.validate()?;
    catalogue.require_tracks(LEAST_TRACKS)?;
    let excerpt = excerpt_seconds(catalogue.tracks.len(), experiment);
    let store = Store::read(&catalogue.tracks, &experiment.front_end, excerpt, observer)?;
    if observer.stop_requested() {
        return Ok(Outcome::Stopped);
    }
    let readable = Catalogue {
        tracks: store.kept.iter().map(|&index| catalogue.tracks[index].clone()).collect(),
        ..catalogue.clone()
    };
    readable.require_tracks(LEAST_TRACKS)?;
    let split = holdout(&readable, experiment.training.validation, experiment.seed)?;
    Course { experiment, catalogue: &readable, store: &store, split: &split, keeping, observer }.run()
}

/// Seconds of each song that fit in memory together.
fn excerpt_seconds(tracks: usize, experiment: &Experiment) -> f64 {
    let front_end = &experiment.front_end;
    let bytes_per_second =
        2.0 * front_end.bands as f64 * f64::from(front_end.sample_rate_hz) / front_end.hop as f64;
    (MEMORY_BYTES / bytes_per_second / tracks.max(1) as f64).clamp(LEAST_EXCERPT_S, MOST_EXCERPT_S)
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
        let normalisation = self.normalisation(&planned.sides.training)?;
        let card = self.card();
        let fit = Fit {
            experiment: self.experiment,
            card: &card,
            store: self.store,
            sides: &planned.sides,
            normalisation: &normalisation,
            epochs: planned.epochs,
            pass: planned.pass,
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
        let mut progress = match resumed {
            Some(progress) => progress,
            None => {
                let progress = fit.begin()?;
                // Before the first epoch, so that an output that cannot be written costs no hours.
                save(&progress)?;
                progress
            }
        };
        match fit.run(&mut progress, self.observer, &mut save)? {
            Ending::Stopped => Ok(None),
            Ending::Finished => {
                let model = fit.model(&progress.best)?;
                Ok(Some((progress, model)))
            }
        }
    }

    /// Positions in the store by side; without a split, everything is learned from.
    fn sides(&self, split: Option<&Holdout>) -> Result<Sides> {
        let all: Vec<usize> = (0..self.store.tracks.len()).collect();
        let Some(split) = split else { return Ok(Sides { training: all, validation: Vec::new() }) };
        let sides = split.sides(self.catalogue)?;
        let (training, validation) = all.into_iter().partition(|&track| sides[track] == Side::Training);
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

    /// Mean and deviation of each picture row over one clip from the middle of each training track.
    fn normalisation(&self, training: &[usize]) -> Result<Normalisation> {
        let extractor = Extractor::new(&self.store.front_end)?;
        let length = self.store.front_end.frames();
        let middle = |track: usize| self.store.tracks[track].last_start(length) / 2;
        let pictures = training.iter().map(|&track| self.store.picture(&extractor, track, middle(track)));
        let pictures = pictures.collect::<Result<Vec<_>>>()?;
        Ok(Normalisation::fit(self.store.front_end.picture_shape().0, &pictures))
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

    /// A card without figures.
    fn card(&self) -> Card {
        let training = TrainingSummary {
            data: DataSummary {
                tracks: Default::default(),
                fingerprint: self.catalogue.fingerprint().into(),
                split: self.split.hash().into(),
            },
            settings: serde_json::to_value(self.experiment).unwrap_or_default(),
            epochs: 0,
            figures: None,
        };
        let Experiment { network, front_end, .. } = self.experiment;
        Card::new(network.clone(), front_end.clone(), self.catalogue.genres.clone(), training)
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
