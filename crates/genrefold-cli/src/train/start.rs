//! Which weights a training begins with, and the settings that follow from it.

use std::path::Path;

use anyhow::{Result, anyhow};
use genrefold::Error;
use genrefold::dataset::Catalogue;
use genrefold::model::Processor;
use genrefold::results::Run;
use genrefold::training::{Experiment, Foundation};

use super::{TrainArgs, folds};
use crate::failure::Usage;
use crate::models;
use crate::words::{counted, name};

/// What a training begins with.
pub struct Start {
    /// The settings, changed by those of the command line.
    pub experiment: Experiment,
    /// The model whose weights it begins with; none if they are drawn.
    pub foundation: Option<Foundation>,
    /// What learns and judges.
    pub processor: Processor,
    /// Both in a sentence, with the reason.
    pub sentence: String,
    /// The cross-validation that says how good it will be, if there is one already.
    pub evidence: Option<Run>,
}

/// The weights and the settings.
struct Beginning {
    experiment: Experiment,
    foundation: Option<Foundation>,
    sentence: String,
}

impl Start {
    /// The model that the arguments name, or the built-in one where it can help; drawn weights otherwise.
    ///
    /// # Errors
    /// [`Usage`] for a model that cannot be used, or that the configuration contradicts; those of
    /// [`Experiment::load`] and of [`Processor::open`].
    pub fn choose(args: &TrainArgs, catalogue: &Catalogue) -> Result<Self> {
        let evidence = args.evidence.as_deref().map(Run::load).transpose()?;
        let processor = args.device.open_to_train()?;
        let Beginning { experiment, foundation, sentence } = match &args.from {
            Some(path) => Beginning::from_model(path, args)?,
            None if args.from_scratch => Beginning::from_scratch(args, "as you wish")?,
            None => match &evidence {
                Some(run) => Beginning::as_the_run(run, args)?,
                None => Beginning::usual(args, catalogue)?,
            },
        };
        let experiment = overridden(experiment, args)?;
        Ok(Start { experiment, foundation, processor, sentence, evidence })
    }
}

impl Beginning {
    /// As the folds of this run began: its figures are of no other weights.
    fn as_the_run(run: &Run, args: &TrainArgs) -> Result<Self> {
        let Some(fingerprint) = &run.manifest.fine_tuned_from else {
            return Self::from_scratch(args, "as those of the run did");
        };
        let foundation = Foundation::new(&models::load(None)?)?;
        if foundation.fingerprint() != fingerprint {
            let found = format!("the run {} began with the model {fingerprint}", run.manifest.name);
            return Err(anyhow!(Usage(format!(
                "{found}, which is not the built-in one; name its file with --from"
            ))));
        }
        let experiment = foundation.settings(args.config.as_deref())?;
        let sentence = begins_with(&foundation, "the built-in model");
        Ok(Beginning { experiment, foundation: Some(foundation), sentence })
    }

    fn from_model(path: &Path, args: &TrainArgs) -> Result<Self> {
        let foundation = Foundation::new(&models::load(Some(path))?)?;
        let experiment = foundation.settings(args.config.as_deref())?;
        let sentence = format!(
            "{} What it has heard of these songs before makes the figures too good.",
            begins_with(&foundation, &format!("the model {}", name(path)))
        );
        Ok(Beginning { experiment, foundation: Some(foundation), sentence })
    }

    fn from_scratch(args: &TrainArgs, why: &str) -> Result<Self> {
        let experiment = args.config.as_deref().map_or_else(|| Ok(for_few_songs()), Experiment::load)?;
        let sentence = format!("The network begins with random weights, {why}.");
        Ok(Beginning { experiment, foundation: None, sentence })
    }

    /// From the built-in model, unless something speaks against it.
    fn usual(args: &TrainArgs, catalogue: &Catalogue) -> Result<Self> {
        // A misspelt setting is an error, not a reason to begin otherwise.
        let scratch = |why: &str| Self::from_scratch(args, why);
        let _ = scratch("")?;
        let foundation = Foundation::new(&models::load(None)?)?;
        if foundation.has_heard(catalogue) {
            return scratch(
                "because the built-in model has heard some of these songs: its figures on them would be too good",
            );
        }
        match foundation.settings(args.config.as_deref()) {
            Ok(experiment) => {
                let sentence = begins_with(&foundation, "the built-in model");
                Ok(Beginning { experiment, foundation: Some(foundation), sentence })
            }
            Err(Error::Setting { key, found, .. }) => scratch(&format!(
                "because the configuration wants another network than the built-in model's ({key} = {found})"
            )),
            Err(other) => Err(other.into()),
        }
    }
}

/// The default settings, with as many steps from few songs as a fine-tuning takes: of forty songs, an epoch would be
/// over after seven.
fn for_few_songs() -> Experiment {
    let mut experiment = Experiment::default();
    experiment.training.least_clips = experiment.fine_tuning.least_clips;
    experiment
}

fn begins_with(foundation: &Foundation, which: &str) -> String {
    let card = foundation.card();
    let songs: usize = card.training.data.tracks.values().sum();
    let (songs, genres) = (counted(songs, "song"), counted(card.genres.len(), "genre"));
    format!("The network begins as {which}, which has learned from {songs} of {genres}, and is fine-tuned.")
}

/// The settings of the file, changed by those of the command line.
fn overridden(mut experiment: Experiment, args: &TrainArgs) -> Result<Experiment> {
    experiment.seed = args.seed.unwrap_or(experiment.seed);
    experiment.training.epochs = args.epochs.unwrap_or(experiment.training.epochs);
    experiment.training.refit |= args.all;
    experiment.study = args.folds.map_or(experiment.study, folds::study);
    experiment.validate()?;
    Ok(experiment)
}
