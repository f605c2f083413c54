//! The settings of a training, as a TOML file. An unknown key is an error: a misspelt setting that is
//! silently ignored costs hours.

use std::path::Path;

use serde::{Deserialize, Serialize, Serializer, de, ser};
use toml::{Table, Value};

use super::foundation::FineTuning;
use crate::error::{Error, Result};
use crate::evaluation::{Judged, Protocol};
use crate::features::FrontEnd;
use crate::model::NetworkConfig;
use crate::model::config::NormKind;
use crate::results::Level;

/// Everything that decides what a training computes, besides the songs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Experiment {
    /// One seed for the split, the initial weights, the order, the dropout and the augmentation.
    pub seed: u64,
    /// How the songs are divided and judged in a cross-validation.
    pub study: Study,
    /// What the network sees.
    pub front_end: FrontEnd,
    /// The network's widths.
    #[serde(serialize_with = "with_norm")]
    pub network: NetworkConfig,
    /// Steps, rates and stopping.
    pub training: Training,
    /// What is different for a training that begins with another model's weights.
    pub fine_tuning: FineTuning,
    /// What is done to training pictures, and never to others.
    pub augment: Augment,
}

/// Writes a network with its normalisation even if that is none: a configuration that does not speak of it has ours.
fn with_norm<S: Serializer>(network: &NetworkConfig, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    let mut all = serde_json::to_value(network).map_err(ser::Error::custom)?;
    all["norm"] = serde_json::to_value(network.norm).map_err(ser::Error::custom)?;
    all.serialize(serializer)
}

/// Ours: the report's network with a normalisation after each block, which is worth more than everything else here.
impl Default for Experiment {
    fn default() -> Self {
        Experiment {
            seed: 0,
            study: Study::default(),
            front_end: FrontEnd::default(),
            network: NetworkConfig { norm: NormKind::Layer, ..NetworkConfig::default() },
            training: Training::default(),
            fine_tuning: FineTuning::default(),
            augment: Augment::default(),
        }
    }
}

/// How the songs are divided and judged in a cross-validation. A single training does not look at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Study {
    /// How songs are divided.
    pub protocol: Protocol,
    /// Into how many parts; each is judged once.
    pub folds: usize,
    /// What the headline figures are computed on.
    pub level: Level,
    /// Which songs are judged: those of the test, or of validation while settings are still being chosen.
    pub judged: Judged,
}

impl Default for Study {
    fn default() -> Self {
        Study { protocol: Protocol::Track, folds: 10, level: Level::Mean, judged: Judged::Test }
    }
}

/// Steps, rates and stopping.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Training {
    /// Share of the tracks that is held out to stop by and to judge by.
    pub validation: f64,
    /// After judging, train anew on all tracks for as many epochs, and keep that model.
    pub refit: bool,
    /// Most epochs; one epoch shows as many clips as the training tracks hold.
    pub epochs: usize,
    /// Clips that an epoch shows at least, however few the songs are; those of few songs come again, cut elsewhere
    /// where windows are random.
    pub least_clips: usize,
    /// Epochs without a better validation loss after which training stops.
    pub patience: usize,
    /// Which validation loss that is.
    pub stop_by: StopBy,
    /// Bring each picture row to mean 0 and deviation 1 over the training tracks; otherwise pictures enter as they
    /// are, in [0, 1].
    pub normalise: bool,
    /// Clips per step.
    pub batch: usize,
    /// The highest learning rate.
    pub learning_rate: f64,
    /// How the rate moves.
    pub schedule: Schedule,
    /// Share of all steps over which the rate rises from zero.
    pub warm_up: f64,
    /// Decoupled weight decay (AdamW, Loshchilov & Hutter 2019); 0 is Adam.
    pub weight_decay: f64,
    /// Gradients longer than this are shortened to it; 0 leaves them.
    pub clip_gradient: f64,
    /// Decay per step of the moving average of the weights that is judged and kept; 0 keeps the weights
    /// themselves.
    pub average: f64,
    /// How genres with few tracks are made to count as much as others.
    pub balance: Balance,
}

impl Default for Training {
    fn default() -> Self {
        Training {
            validation: 0.15,
            refit: false,
            epochs: 28,
            least_clips: 0,
            patience: 28,
            stop_by: StopBy::Tracks,
            normalise: true,
            batch: 32,
            learning_rate: 5e-4,
            schedule: Schedule::Cosine,
            warm_up: 0.1,
            weight_decay: 0.01,
            clip_gradient: 1.0,
            average: 0.998,
            balance: Balance::Sampling,
        }
    }
}

/// Which validation loss stops a training and chooses its epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopBy {
    /// Of tracks, by the mean of their clips' probabilities, every genre counting the same.
    Tracks,
    /// Of clips, every clip counting the same: the usual loss of a validation set.
    Clips,
    /// None: all epochs are trained and the last is kept. Where few songs are held out, they choose an epoch no better
    /// than chance does; and what chooses nothing judges fairly.
    Never,
}

/// How the learning rate moves after the warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Stays.
    Constant,
    /// Falls to zero along half a cosine (Loshchilov & Hutter 2017).
    Cosine,
}

/// How genres with few tracks are made to count as much as others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Balance {
    /// They are not.
    None,
    /// Each clip's loss is weighted by the inverse frequency of its genre.
    Weights,
    /// Every genre is drawn equally often.
    Sampling,
}

/// What is done to training pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Augment {
    /// Cut the clip anywhere in the track, instead of at the 50 % grid.
    pub random_windows: bool,
    /// Rectangles over whole bands or moments set to the mean, of each kind (SpecAugment, Park et al. 2019).
    pub masks: usize,
    /// Widest time mask, frames.
    pub time_mask: usize,
    /// Widest band mask, bands.
    pub band_mask: usize,
    /// Pictures are moved up or down by at most this many bands: another pitch.
    pub band_shift: usize,
    /// Windows are played faster or slower by at most this share of their tempo, at their pitch; only of random
    /// windows, which have music around them.
    pub tempo: f64,
    /// Windows are made louder or softer by at most this many dB, which only an absolute scale shows.
    pub gain_db: f64,
    /// A random smooth curve over the bands of at most this many dB is added: another equaliser.
    pub equaliser_db: f64,
    /// Beta parameter of mixup (Zhang et al. 2018); 0 mixes nothing.
    pub mixup: f64,
    /// Share of each target spread evenly over all genres.
    pub label_smoothing: f64,
}

impl Default for Augment {
    fn default() -> Self {
        Augment {
            random_windows: true,
            masks: 2,
            time_mask: 40,
            band_mask: 16,
            band_shift: 1,
            tempo: 0.0,
            gain_db: 0.0,
            equaliser_db: 3.0,
            mixup: 0.2,
            label_smoothing: 0.1,
        }
    }
}

impl Augment {
    /// Nothing at all, as in the report.
    pub fn none() -> Self {
        Augment {
            random_windows: false,
            masks: 0,
            time_mask: 0,
            band_mask: 0,
            band_shift: 0,
            tempo: 0.0,
            gain_db: 0.0,
            equaliser_db: 0.0,
            mixup: 0.0,
            label_smoothing: 0.0,
        }
    }
}

impl Experiment {
    /// Reads and checks a TOML file.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Setting`] with the line of the file or the key.
    pub fn load(path: &Path) -> Result<Self> {
        let experiment = Self::over_defaults(Self::stated(path)?).map_err(unreadable(path))?;
        experiment.validate()?;
        Ok(experiment)
    }

    /// What a file states, and nothing else.
    ///
    /// # Errors
    /// As [`Experiment::load`], but for values out of range.
    pub(super) fn stated(path: &Path) -> Result<Table> {
        let text = std::fs::read_to_string(path).map_err(Error::io("read", path))?;
        // From the text itself first: so an error knows its line.
        toml::from_str::<Experiment>(&text).map_err(unreadable(path))?;
        toml::from_str(&text).map_err(unreadable(path))
    }

    /// The settings of a configuration; what it leaves out, even of a table that it names, has its default.
    ///
    /// # Errors
    /// Those of reading, for an unknown key or a value of another kind.
    pub fn over_defaults(settings: Table) -> std::result::Result<Self, toml::de::Error> {
        Experiment::default().changed(settings)
    }

    /// These settings, with those of a configuration in their places.
    ///
    /// # Errors
    /// As [`Experiment::over_defaults`].
    pub(super) fn changed(&self, settings: Table) -> std::result::Result<Self, toml::de::Error> {
        let mut all = Table::try_from(self).map_err(de::Error::custom)?;
        overlay(&mut all, settings);
        all.try_into()
    }

    /// Where clips are divided, a window from anywhere in a track would reach into the clips to be judged.
    ///
    /// # Errors
    /// [`Error::Setting`] for random windows under the protocol `clip`.
    pub fn refuse_windows_in_test_clips(&self) -> Result<()> {
        if self.study.protocol != Protocol::Clip || !self.augment.random_windows {
            return Ok(());
        }
        Err(Error::Setting {
            key: "augment.random_windows".into(),
            found: "true under study.protocol = \"clip\"".into(),
            expected:
                "false there: windows from anywhere in a track would hold the very clips that are judged"
                    .into(),
        })
    }

    /// Checks every setting.
    ///
    /// # Errors
    /// [`Error::Setting`] naming the first that is out of range.
    pub fn validate(&self) -> Result<()> {
        self.front_end.validate()?;
        let (rows, columns) = self.front_end.picture_shape();
        self.network.validate(columns)?;
        let (training, augment) = (&self.training, &self.augment);
        range("study.folds", self.study.folds as f64, 3.0, 1000.0)?;
        range("training.validation", training.validation, 0.01, 0.5)?;
        range("training.epochs", training.epochs as f64, 1.0, 1e6)?;
        range("training.least_clips", training.least_clips as f64, 0.0, 1e6)?;
        range("training.patience", training.patience as f64, 1.0, 1e6)?;
        range("training.batch", training.batch as f64, 1.0, 4096.0)?;
        range("training.learning_rate", training.learning_rate, 1e-9, 1.0)?;
        range("training.warm_up", training.warm_up, 0.0, 1.0)?;
        range("training.weight_decay", training.weight_decay, 0.0, 1.0)?;
        range("training.clip_gradient", training.clip_gradient, 0.0, 1e9)?;
        range("training.average", training.average, 0.0, 0.999_999)?;
        self.fine_tuning.validate()?;
        range("augment.masks", augment.masks as f64, 0.0, 100.0)?;
        range("augment.time_mask", augment.time_mask as f64, 0.0, columns as f64 / 2.0)?;
        range("augment.band_mask", augment.band_mask as f64, 0.0, rows as f64 / 2.0)?;
        range("augment.band_shift", augment.band_shift as f64, 0.0, self.front_end.bands as f64 / 2.0)?;
        // A tempo needs music beyond the clip's ends.
        range("augment.tempo", augment.tempo, 0.0, if augment.random_windows { 0.5 } else { 0.0 })?;
        range("augment.gain_db", augment.gain_db, 0.0, 60.0)?;
        range("augment.equaliser_db", augment.equaliser_db, 0.0, 60.0)?;
        range("augment.mixup", augment.mixup, 0.0, 10.0)?;
        range("augment.label_smoothing", augment.label_smoothing, 0.0, 0.9)
    }
}

/// A configuration that cannot be read.
pub(super) fn unreadable(path: &Path) -> impl Fn(toml::de::Error) -> Error {
    move |error| Error::Setting {
        key: path.display().to_string(),
        found: error.to_string().trim_end().to_owned(),
        expected: "a configuration as in configs/".into(),
    }
}

/// Puts changes over settings: tables are merged, save those that name their kind, everything else is replaced.
pub(super) fn overlay(settings: &mut Table, changes: Table) {
    for (key, change) in changes {
        match (settings.get_mut(&key), change) {
            (Some(Value::Table(old)), Value::Table(new)) if !new.contains_key("kind") => overlay(old, new),
            (_, change) => {
                settings.insert(key, change);
            }
        }
    }
}

pub(super) fn range(key: &str, found: f64, least: f64, most: f64) -> Result<()> {
    if (least..=most).contains(&found) {
        return Ok(());
    }
    let expected = format!("a value from {least} to {most}");
    Err(Error::Setting { key: key.into(), found: found.to_string(), expected })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_setting_is_refused_with_its_name() {
        let error =
            toml::from_str::<Experiment>("[training]\nepoch = 3").map(|_| ()).map_err(|e| e.to_string());
        assert!(error.is_err_and(|text| text.contains("epoch")));
    }

    #[test]
    fn a_setting_out_of_range_is_refused_with_its_key() {
        let mut experiment = Experiment::default();
        assert!(experiment.validate().is_ok());
        experiment.training.validation = 0.0;
        assert!(experiment.validate().is_err_and(|error| error.to_string().contains("training.validation")));
    }

    #[test]
    fn random_windows_are_refused_where_they_would_reach_into_test_clips() {
        let study = Study { protocol: Protocol::Clip, ..Study::default() };
        let leaky = Experiment { study, ..Experiment::default() };
        assert!(
            leaky.refuse_windows_in_test_clips().is_err_and(|e| e.to_string().contains("random_windows"))
        );
        assert!(Experiment::default().refuse_windows_in_test_clips().is_ok());
    }

    #[test]
    fn the_defaults_are_those_of_the_configuration_file() -> Result<()> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs/default.toml");
        assert_eq!(Experiment::load(&file)?, Experiment::default());
        Ok(())
    }

    #[test]
    fn an_experiment_survives_its_file_format() -> std::result::Result<(), Box<dyn std::error::Error>> {
        let mut experiment = Experiment { seed: 7, augment: Augment::none(), ..Experiment::default() };
        for norm in [NormKind::None, NormKind::Layer, NormKind::Batch] {
            experiment.network.norm = norm;
            let written = toml::to_string(&experiment)?;
            assert_eq!(toml::from_str::<Experiment>(&written)?, experiment);
            assert_eq!(Experiment::over_defaults(toml::from_str(&written)?)?, experiment);
        }
        Ok(())
    }
}
