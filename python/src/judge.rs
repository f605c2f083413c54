//! Songs in, lines of JSON out: the classifier as the wheel shares it among threads.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use genrefold::answer::{Layout, Outcome, Record};
use genrefold::evaluation::Voting;
use genrefold::model::short;
use genrefold::{Classifier, Error, Model, Prediction, Source};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// A song to judge.
#[derive(FromPyObject)]
pub enum Song<'py> {
    /// A whole file in memory.
    Bytes(Bound<'py, PyBytes>),
    /// A file.
    Path(PathBuf),
}

/// The same, off Python's heap.
pub struct Named {
    /// What it is called in its answer.
    pub name: PathBuf,
    /// Where its sound is.
    pub source: Source,
}

impl From<Song<'_>> for Named {
    fn from(song: Song<'_>) -> Self {
        match song {
            Song::Path(path) => Named { source: path.clone().into(), name: path },
            Song::Bytes(bytes) => {
                let bytes: Arc<[u8]> = bytes.as_bytes().into();
                Named { name: "<bytes>".into(), source: bytes.into() }
            }
        }
    }
}

/// How much of an answer is asked for.
#[derive(Clone, Copy, FromPyObject)]
pub struct Asked {
    top: usize,
    timeline: bool,
}

/// A model, ready to judge.
pub struct Judge {
    /// What judges.
    pub classifier: Classifier,
    /// The model's short fingerprint.
    pub model: String,
}

impl Judge {
    /// The model of a file, or the built-in one.
    ///
    /// # Errors
    /// Those of [`Model::load`].
    pub fn new(model: Option<&Path>, voting: Voting) -> Result<Self, Error> {
        let model = model.map_or_else(Model::embedded, Model::load)?;
        let fingerprint = short(&model.fingerprint()?).to_owned();
        Ok(Judge { classifier: Classifier::new(model).with_voting(voting), model: fingerprint })
    }

    /// The line of a song that has a genre.
    pub fn told(&self, name: &Path, prediction: &Prediction, Asked { top, timeline }: Asked) -> String {
        let layout = Layout { genres: self.classifier.genres().clone(), top, timeline };
        self.line(name, Outcome::judged(&layout, prediction))
    }

    /// The line of a song, whether it has a genre or not.
    pub fn line_of(&self, Named { name, source }: Named, asked: Asked) -> String {
        match self.classifier.classify(source) {
            Ok(prediction) => self.told(&name, &prediction, asked),
            Err(error) => self.line(&name, (&error).into()),
        }
    }

    fn line(&self, name: &Path, outcome: Outcome) -> String {
        let record = Record::new(name, outcome, &self.model);
        // A record holds texts and finite numbers only.
        serde_json::to_string(&record).unwrap_or_default()
    }
}
