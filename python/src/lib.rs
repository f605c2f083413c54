//! The Python module `genrefold._genrefold`: what of the wheel is Rust. Answers travel as the JSON that the command line
//! prints, so that both say the same to the digit.
// The macros of the bindings write items without documents.
#![allow(missing_docs)]

mod errors;
mod sound;

use std::path::PathBuf;
use std::sync::Arc;

use genrefold::answer::{Layout, Outcome, Record};
use genrefold::evaluation::{Probabilities, Scores, Voting};
use genrefold::features::Extractor;
use genrefold::{Classifier, Error, Genres, Model, Prediction, Source};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rayon::prelude::*;

use errors::raised;
use sound::{Heard, at_rate};

/// How many digits of a model's fingerprint name it, as on the command line.
const SHORT: usize = 12;

/// A song to judge.
#[derive(FromPyObject)]
enum Song<'py> {
    Bytes(Bound<'py, PyBytes>),
    Path(PathBuf),
}

/// The same, off Python's heap.
struct Named {
    name: String,
    source: Source,
}

impl From<Song<'_>> for Named {
    fn from(song: Song<'_>) -> Self {
        match song {
            Song::Path(path) => Named { name: path.to_string_lossy().into_owned(), source: path.into() },
            Song::Bytes(bytes) => {
                let bytes: Arc<[u8]> = bytes.as_bytes().into();
                Named { name: "<bytes>".into(), source: bytes.into() }
            }
        }
    }
}

/// A model, ready to judge.
#[pyclass(frozen, name = "Classifier", module = "genrefold._genrefold")]
struct PyClassifier {
    classifier: Classifier,
    /// Its short fingerprint.
    model: String,
}

impl PyClassifier {
    fn layout(&self, top: usize, timeline: bool) -> Layout {
        Layout { genres: self.classifier.genres().clone(), top, timeline }
    }

    fn told(&self, name: &str, prediction: &Prediction, layout: &Layout) -> String {
        self.line(name, Outcome::judged(layout, prediction))
    }

    fn line(&self, name: &str, outcome: Outcome) -> String {
        let record = Record::new(std::path::Path::new(name), outcome, &self.model);
        // A record holds texts and finite numbers only.
        serde_json::to_string(&record).unwrap_or_default()
    }
}

#[pymethods]
impl PyClassifier {
    #[new]
    fn new(py: Python<'_>, model: Option<PathBuf>, vote: &str) -> PyResult<Self> {
        let voting = match vote {
            "mean" => Voting::Mean,
            "majority" => Voting::Majority,
            other => return Err(raised(py, &setting("vote", other, "\"mean\" or \"majority\""))),
        };
        let made = py.detach(|| {
            let model = model.map_or_else(Model::embedded, |path| Model::load(&path))?;
            let fingerprint = model.fingerprint()?.chars().take(SHORT).collect();
            Ok((Classifier::new(model).with_voting(voting), fingerprint))
        });
        let (classifier, model) = made.map_err(|error| raised(py, &error))?;
        Ok(PyClassifier { classifier, model })
    }

    /// The genres in the model's order.
    #[getter]
    fn genres(&self) -> Vec<String> {
        self.classifier.genres().names().to_vec()
    }

    /// The model's short fingerprint.
    #[getter]
    fn model(&self) -> &str {
        &self.model
    }

    /// The model's card as JSON.
    #[getter]
    fn card(&self) -> String {
        serde_json::to_string(&self.classifier.model().card).unwrap_or_default()
    }

    fn classify(&self, py: Python<'_>, song: Song<'_>, top: usize, timeline: bool) -> PyResult<String> {
        let Named { name, source } = song.into();
        let prediction =
            py.detach(|| self.classifier.classify(source)).map_err(|error| raised(py, &error))?;
        Ok(self.told(&name, &prediction, &self.layout(top, timeline)))
    }

    /// Mono samples in [-1, 1] at `rate` Hz.
    fn classify_samples(
        &self,
        py: Python<'_>,
        samples: PyBuffer<f32>,
        rate: u32,
        top: usize,
        timeline: bool,
    ) -> PyResult<String> {
        let samples = samples.to_vec(py)?;
        let wanted = self.classifier.model().card.front_end.sample_rate_hz;
        let prediction = py
            .detach(|| self.classifier.classify_samples(&at_rate(samples, rate, wanted)?))
            .map_err(|error| raised(py, &error))?;
        Ok(self.told("<samples>", &prediction, &self.layout(top, timeline)))
    }

    /// A line for each song, in their order; a failure is a line too.
    fn classify_many(
        &self,
        py: Python<'_>,
        songs: Vec<Song<'_>>,
        threads: Option<usize>,
        top: usize,
        timeline: bool,
    ) -> PyResult<Vec<String>> {
        let songs: Vec<Named> = songs.into_iter().map(Named::from).collect();
        let layout = self.layout(top, timeline);
        py.detach(|| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build();
            let pool = pool
                .map_err(|error| setting("threads", &error.to_string(), "threads that the system gives"))?;
            Ok(pool.install(|| songs.into_par_iter().map(|song| self.line_of(song, &layout)).collect()))
        })
        .map_err(|error: Error| raised(py, &error))
    }

    /// What the network sees of a song: the clips' pictures as f32 in native order, and their sizes.
    fn pictures<'py>(&self, py: Python<'py>, song: Song<'_>) -> PyResult<(Bound<'py, PyBytes>, [usize; 3])> {
        let Named { source, .. } = song.into();
        let model = self.classifier.model();
        let heard = py.detach(|| Heard::of(source, model)).map_err(|error| raised(py, &error))?;
        Ok((PyBytes::new(py, &heard.bytes), heard.sizes))
    }

    /// Probabilities `[clips, genres]` of pictures `[clips, rows, columns]`, one row after the other.
    fn judge_pictures(&self, py: Python<'_>, pictures: PyBuffer<f32>) -> PyResult<Vec<Vec<f32>>> {
        let values = pictures.to_vec(py)?;
        let judged = py.detach(|| sound::judge(self.classifier.model(), &values));
        judged.map_err(|error| raised(py, &error))
    }
}

impl PyClassifier {
    fn line_of(&self, Named { name, source }: Named, layout: &Layout) -> String {
        match self.classifier.classify(source) {
            Ok(prediction) => self.told(&name, &prediction, layout),
            Err(error) => self.line(&name, (&error).into()),
        }
    }
}

fn setting(key: &str, found: &str, expected: &str) -> Error {
    Error::Setting { key: key.into(), found: found.into(), expected: expected.into() }
}

/// Mel power `[bands, frames]` of mono samples at the rate of the built-in model's front end.
#[pyfunction]
fn mel_power<'py>(
    py: Python<'py>,
    samples: PyBuffer<f32>,
    rate: u32,
) -> PyResult<(Bound<'py, PyBytes>, [usize; 2])> {
    let samples = samples.to_vec(py)?;
    let spectrogram = py.detach(|| {
        let front_end = genrefold::FrontEnd::default();
        let samples = at_rate(samples, rate, front_end.sample_rate_hz)?;
        Ok(Extractor::new(&front_end)?.mel_power(&samples))
    });
    let spectrogram = spectrogram.map_err(|error: Error| raised(py, &error))?;
    let bytes: Vec<u8> = spectrogram.values.iter().flat_map(|value| value.to_ne_bytes()).collect();
    Ok((PyBytes::new(py, &bytes), [spectrogram.bands, spectrogram.frames]))
}

/// Scores as JSON: the truth as indices, probabilities row by row.
#[pyfunction]
fn evaluate(
    py: Python<'_>,
    truth: Vec<usize>,
    probabilities: PyBuffer<f32>,
    genres: Vec<String>,
) -> PyResult<String> {
    let values = probabilities.to_vec(py)?;
    let scores = py.detach(|| {
        let genres = Genres::in_order(genres)?;
        Scores::new(&truth, &Probabilities::new(genres.len(), values)?)
    });
    let scores = scores.map_err(|error| raised(py, &error))?;
    Ok(serde_json::to_string(&scores).unwrap_or_default())
}

#[pymodule]
fn _genrefold(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<PyClassifier>()?;
    module.add_function(wrap_pyfunction!(mel_power, module)?)?;
    module.add_function(wrap_pyfunction!(evaluate, module)?)?;
    Ok(())
}
