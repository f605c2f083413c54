//! What a configuration asks to be run: one experiment, or several that share most of their settings.
//!
//! ```toml
//! seed = 1                      # settings that all runs share
//! [synthetic]                   # songs that the program makes, where no folder is given
//! genres = 4
//! tracks = 10
//! seconds = 6.0
//! [[runs]]                      # a run: its name, and the settings in which it differs
//! name = "lstm"
//! network.encoder = { kind = "lstm", hidden = 16 }
//! ```
//! A file without `[[runs]]` is one run, named like the file.

use std::path::Path;

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::experiment::{Experiment, overlay};
use crate::error::{Error, Result};

/// The runs of a configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct StudyPlan {
    /// The configuration's name: its file's, without extension.
    pub name: String,
    /// Songs to make where no folder of songs is given.
    pub synthetic: Option<Synthetic>,
    /// At least one run, with distinct names.
    pub runs: Vec<PlannedRun>,
}

/// One run of a configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedRun {
    /// Its name, fit for a folder.
    pub name: String,
    /// Its settings.
    pub experiment: Experiment,
}

/// Songs that the program makes itself ([`crate::dataset::synthetic`]).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Synthetic {
    /// Styles, 2 to 10.
    pub genres: usize,
    /// Songs of each.
    pub tracks: usize,
    /// Length of each song, seconds.
    pub seconds: f64,
}

impl StudyPlan {
    /// Reads and checks a configuration.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Setting`] naming what is wrong: an unknown key, a value out of range, a run
    /// without a name or with another's.
    pub fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(Error::io("read", path))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Self::parse(&name, &text).map_err(|error| match error {
            Error::Setting { key, found, expected } => {
                Error::Setting { key: format!("{} in {}", key, path.display()), found, expected }
            }
            other => other,
        })
    }

    /// Reads a configuration from its text.
    ///
    /// # Errors
    /// As [`StudyPlan::load`].
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let mut base: Table = toml::from_str(text).map_err(|error| unreadable("configuration", error))?;
        let synthetic = base.remove("synthetic").map(Synthetic::read).transpose()?;
        let runs = match base.remove("runs") {
            None => {
                // From the text where that is possible: then an error knows its line.
                let read = if synthetic.is_none() {
                    toml::from_str::<Experiment>(text).and_then(|_| Experiment::over_defaults(base))
                } else {
                    Experiment::over_defaults(base)
                };
                let experiment = read.map_err(|error| unreadable("configuration", error))?;
                vec![PlannedRun { name: name.to_owned(), experiment }]
            }
            Some(Value::Array(runs)) if !runs.is_empty() => {
                runs.into_iter().map(|run| PlannedRun::read(&base, run)).collect::<Result<Vec<_>>>()?
            }
            Some(other) => return Err(bad("runs", other, "a list of tables, each headed [[runs]]")),
        };
        let plan = StudyPlan { name: name.to_owned(), synthetic, runs };
        plan.validate()?;
        Ok(plan)
    }

    fn validate(&self) -> Result<()> {
        for (index, run) in self.runs.iter().enumerate() {
            run.experiment.validate()?;
            if self.runs[..index].iter().any(|other| other.name == run.name) {
                return Err(bad("runs.name", format!("{:?} twice", run.name), "a name for each run"));
            }
        }
        Ok(())
    }
}

impl Synthetic {
    fn read(value: Value) -> Result<Self> {
        let songs: Synthetic = value.try_into().map_err(|error| unreadable("synthetic", error))?;
        if !(2..=10).contains(&songs.genres) {
            return Err(bad("synthetic.genres", songs.genres, "2 to 10"));
        }
        if !(1..=1000).contains(&songs.tracks) {
            return Err(bad("synthetic.tracks", songs.tracks, "1 to 1000"));
        }
        if !(0.5..=600.0).contains(&songs.seconds) {
            return Err(bad("synthetic.seconds", songs.seconds, "0.5 to 600 s"));
        }
        Ok(songs)
    }
}

impl PlannedRun {
    fn read(base: &Table, run: Value) -> Result<Self> {
        let Value::Table(mut changes) = run else {
            return Err(bad("runs", run, "a list of tables, each headed [[runs]]"));
        };
        let name = match changes.remove("name") {
            Some(Value::String(name)) if is_folder_name(&name) => name,
            found => {
                let found = found.map_or_else(|| "none".into(), |value| value.to_string());
                return Err(bad("runs.name", found, "letters, digits, -, _ and ., to name a folder by"));
            }
        };
        let mut settings = base.clone();
        overlay(&mut settings, changes);
        let experiment = Experiment::over_defaults(settings)
            .map_err(|error| unreadable(&format!("runs, {name}"), error))?;
        Ok(PlannedRun { name, experiment })
    }
}

fn is_folder_name(name: &str) -> bool {
    let plain = |letter: char| letter.is_alphanumeric() || "-_.".contains(letter);
    !name.is_empty() && !name.starts_with('.') && name.chars().all(plain)
}

fn bad(key: &str, found: impl ToString, expected: &str) -> Error {
    Error::Setting { key: key.into(), found: found.to_string(), expected: expected.into() }
}

fn unreadable(key: &str, error: toml::de::Error) -> Error {
    bad(key, error.to_string().trim_end(), "settings as in configs/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::{Judged, Protocol};
    use crate::model::config::EncoderConfig;

    const TWO: &str = r#"
        seed = 5
        [synthetic]
        genres = 3
        tracks = 4
        seconds = 2.5
        [training]
        epochs = 7
        batch = 9
        [[runs]]
        name = "former"
        study.protocol = "clip"
        [[runs]]
        name = "lstm"
        network.encoder = { kind = "lstm", hidden = 12 }
        training.epochs = 8
    "#;

    #[test]
    fn runs_share_what_they_do_not_change() -> Result<()> {
        let plan = StudyPlan::parse("two", TWO)?;
        assert_eq!(plan.synthetic, Some(Synthetic { genres: 3, tracks: 4, seconds: 2.5 }));
        let [former, lstm] = &plan.runs[..] else { return Err(bad("runs", plan.runs.len(), "two")) };
        assert_eq!((former.name.as_str(), former.experiment.study.protocol), ("former", Protocol::Clip));
        assert_eq!((former.experiment.training.epochs, lstm.experiment.training.epochs), (7, 8));
        assert_eq!((lstm.experiment.seed, lstm.experiment.training.batch), (5, 9));
        assert!(matches!(&lstm.experiment.network.encoder, EncoderConfig::Lstm(lstm) if lstm.hidden == 12));
        Ok(())
    }

    #[test]
    fn a_file_without_runs_is_one_run_named_like_it() -> Result<()> {
        let plan = StudyPlan::parse("mine", "seed = 3")?;
        assert_eq!(
            (plan.runs.len(), plan.runs[0].name.as_str(), plan.runs[0].experiment.seed),
            (1, "mine", 3)
        );
        Ok(())
    }

    #[test]
    fn every_mistake_is_named() {
        let twice = TWO.replace("\"lstm\"\n", "\"former\"\n");
        let cases = [
            ("epoch = 3", "epoch"),
            (&TWO.replace("batch", "bath"), "bath"),
            (&TWO.replace("hidden", "hiden"), "hiden"),
            (&TWO.replace("seconds", "second"), "second"),
            (&TWO.replace("\"former\"", "\"../former\""), "runs.name"),
            (&twice, "\"former\" twice"),
            ("runs = 3", "[[runs]]"),
            ("[synthetic]\ngenres = 1\ntracks = 2\nseconds = 3.0", "synthetic.genres"),
            ("study.folds = 2", "study.folds"),
        ];
        for (text, word) in cases {
            let said = StudyPlan::parse("bad", text).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(said.contains(word), "{text}: {said:?} does not name {word:?}");
        }
    }

    #[test]
    fn every_configuration_that_is_shipped_can_be_run_and_a_quick_one_differs_in_its_training_alone()
    -> Result<()> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs");
        let load =
            |name: &str| StudyPlan::load(&folder.join(name)).map(|plan| plan.runs[0].experiment.clone());
        for network in ["rgluformer", "rglu-lstm", "voting", "voting-rglu-lstm"] {
            let report = load(&format!("report-{network}.toml"))?;
            let quick = load(&format!("quick-{network}.toml"))?;
            assert_eq!((report.training.epochs, report.training.patience), (500, 80));
            assert!(quick.training.epochs * 10 <= report.training.epochs, "{network} is not quick");
            let training = report.training.clone();
            assert_eq!(Experiment { training, ..quick }, report, "{network} differs in more");
        }
        let runs = |name: &str| StudyPlan::load(&folder.join(name)).map(|plan| plan.runs);
        assert_eq!(runs("smoke.toml")?.len(), 4);
        for (network, filtered) in
            ["voting", "voting-rglu-lstm"].into_iter().zip(runs("quick-filtered.toml")?)
        {
            let voting = load(&format!("quick-{network}.toml"))?;
            let study = filtered.experiment.study.clone();
            assert_eq!(
                Experiment { study, ..voting },
                filtered.experiment,
                "{} differs in more",
                filtered.name
            );
        }
        let ours = runs("ours.toml")?;
        assert_eq!(ours[0].experiment, load("default.toml")?, "ours is what `train` does");
        for run in &ours {
            run.experiment.refuse_windows_in_test_clips()?;
        }
        let ablation = runs("ablation.toml")?;
        assert!(ablation.iter().all(|run| run.experiment.study.judged == Judged::Validation));
        Ok(())
    }
}
