//! How well weights like those that are made judge songs that they have not heard: what a model's card promises.

use serde::{Deserialize, Serialize};

use super::experiment::{Experiment, Study};
use super::foundation::Foundation;
use crate::dataset::Catalogue;
use crate::error::{Error, Result};
use crate::evaluation::{Calibration, HeldOut, Judged};
use crate::model::card::Figures;
use crate::results::{FoldResult, Run, TrackResult};

/// Figures of twins: weights of the same settings, judged on songs that they did not learn from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// How well they did, calibrated.
    pub figures: Figures,
    /// How their answers become honest.
    pub calibration: Calibration,
    /// Epochs that their weights took.
    pub epochs: usize,
}

impl Evidence {
    /// From the tracks that one training held back.
    ///
    /// # Errors
    /// [`Error::Setting`] for no track.
    pub fn of_held_out(tracks: &[HeldOut], epochs: usize) -> Result<Self> {
        let fitted_on = format!("the {} tracks that it was judged on", tracks.len());
        let calibration = Calibration::fit(tracks, fitted_on)?;
        let judged = format!("these weights, on {} tracks that they did not learn from", tracks.len());
        Self::judged(calibration, tracks, judged, epochs)
    }

    /// From a cross-validation of these settings on these songs: probabilities are fitted on its validation songs,
    /// figures are those of its test songs.
    ///
    /// # Errors
    /// [`Error::Setting`] for a run of other settings, songs or beginnings, that is not finished, that leaks, or that
    /// judged its validation songs.
    pub fn of_run(
        run: &Run,
        experiment: &Experiment,
        foundation: Option<&Foundation>,
        catalogue: &Catalogue,
    ) -> Result<Self> {
        check(run, experiment, foundation, catalogue)?;
        let genres = run.manifest.genres.len();
        let validation = |fold: &FoldResult| held_out(&fold.validation_tracks, genres);
        let validation = run.folds.iter().map(validation).collect::<Result<Vec<_>>>()?.concat();
        let fitted_on = format!("the validation tracks of the {} folds", run.folds.len());
        let calibration = Calibration::fit(&validation, fitted_on)?;
        let test = held_out(&run.test_tracks(), genres)?;
        let judged = format!(
            "{} twins of these weights, each on the tracks of the fold that it did not learn from: {} tracks \
             in all (run {})",
            run.folds.len(),
            test.len(),
            run.manifest.name
        );
        let mut epochs: Vec<usize> = run.folds.iter().map(|fold| fold.best_epoch).collect();
        epochs.sort_unstable();
        Self::judged(calibration, &test, judged, epochs[epochs.len() / 2])
    }

    fn judged(calibration: Calibration, tracks: &[HeldOut], judged: String, epochs: usize) -> Result<Self> {
        let (scores, reliability) = calibration.judge(tracks)?;
        let figures = Figures { judged, scores, reliability: Some(reliability) };
        Ok(Evidence { figures, calibration, epochs })
    }

    /// The same, said of weights that learned from all tracks, the judged ones too.
    pub fn of_twin(self) -> Self {
        let twin = format!(
            "a twin of these weights, trained without the {} judged tracks",
            self.figures.scores.count
        );
        let judged =
            if self.figures.judged.starts_with("these weights") { twin } else { self.figures.judged };
        Evidence { figures: Figures { judged, ..self.figures }, ..self }
    }
}

fn held_out(tracks: &[TrackResult], genres: usize) -> Result<Vec<HeldOut>> {
    tracks.iter().map(|track| track.held_out(genres)).collect()
}

/// Refuses a run that says nothing about a model of these settings and songs.
fn check(
    run: &Run,
    experiment: &Experiment,
    foundation: Option<&Foundation>,
    catalogue: &Catalogue,
) -> Result<()> {
    let manifest = &run.manifest;
    let refuse = |found: String, expected: &str| {
        Err(Error::Setting { key: "evidence".into(), found, expected: expected.into() })
    };
    let settings = serde_json::from_value::<Experiment>(manifest.settings.clone()).ok();
    if settings.as_ref().map(comparable) != Some(comparable(experiment)) {
        let found = format!("{}, a run of other settings", manifest.name);
        return refuse(found, "a run of this training's configuration");
    }
    if manifest.fine_tuned_from.as_deref() != foundation.map(Foundation::fingerprint) {
        let found = format!("{}, a run that began otherwise", manifest.name);
        return refuse(found, "a run that began with the same model, or with drawn weights as this does");
    }
    if manifest.data.fingerprint != catalogue.fingerprint().to_string() || manifest.genres != catalogue.genres
    {
        return refuse(format!("{}, a run on other songs", manifest.name), "a run on these songs");
    }
    if run.folds.len() < manifest.folds {
        let found = format!(
            "{}, of which {} of {} folds are finished",
            manifest.name,
            run.folds.len(),
            manifest.folds
        );
        return refuse(found, "a finished run; crossval goes on with it");
    }
    let judged = settings.map_or(Judged::Validation, |settings| settings.study.judged);
    if manifest.protocol.is_leaky() || judged == Judged::Validation {
        let found = format!("{}, judged on songs that its training knew", manifest.name);
        return refuse(found, "a run that judged whole test tracks");
    }
    match run.folds.iter().find(|fold| fold.validation_tracks.is_empty()) {
        Some(fold) => refuse(
            format!("fold {} of {}, which kept nothing of its validation songs", fold.fold, manifest.name),
            "a run of this version of the program",
        ),
        None => Ok(()),
    }
}

/// What must agree: all that decides weights, apart from how songs are divided.
fn comparable(experiment: &Experiment) -> Experiment {
    let mut training = experiment.training.clone();
    (training.validation, training.refit) = (0.0, false);
    Experiment { study: Study::default(), training, ..experiment.clone() }
}
