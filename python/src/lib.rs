//! The Python module `genrefold._genrefold`: what of the wheel is Rust. Answers travel as the JSON that the command line
//! prints, so that both say the same to the digit. What arguments may be is checked on Python's side.
// The macros of the bindings write items without documents.
#![allow(missing_docs)]

mod errors;
mod judge;
mod sound;
mod work;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use genrefold::evaluation::{Probabilities, Scores, Voting};
use genrefold::features::Extractor;
use genrefold::{Error, FrontEnd, Genres};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

use errors::raised;
use judge::{Asked, Judge, Named, Song};
use sound::{Heard, at_rate};

/// A model, ready to judge.
#[pyclass(frozen, name = "Classifier", module = "genrefold._genrefold")]
struct Classifier(Arc<Judge>);

#[pymethods]
impl Classifier {
    #[new]
    fn new(py: Python<'_>, model: Option<PathBuf>, majority: bool) -> PyResult<Self> {
        let voting = if majority { Voting::Majority } else { Voting::Mean };
        let judge = asked(py, move || Judge::new(model.as_deref(), voting))?;
        Ok(Classifier(Arc::new(judge)))
    }

    /// The genres in the model's order.
    #[getter]
    fn genres(&self) -> Vec<String> {
        self.0.classifier.genres().names().to_vec()
    }

    /// The model's short fingerprint.
    #[getter]
    fn model(&self) -> &str {
        &self.0.model
    }

    /// The model's card as JSON.
    #[getter]
    fn card(&self) -> String {
        serde_json::to_string(&self.0.classifier.model().card).unwrap_or_default()
    }

    /// Rows and columns of a clip's picture.
    #[getter]
    fn picture_shape(&self) -> (usize, usize) {
        self.0.classifier.model().card.front_end.picture_shape()
    }

    fn classify(&self, py: Python<'_>, song: Song<'_>, wanted: Asked) -> PyResult<String> {
        let (judge, Named { name, source }) = (Arc::clone(&self.0), song.into());
        asked(py, move || Ok(judge.told(&name, &judge.classifier.classify(source)?, wanted)))
    }

    /// Mono samples in [-1, 1] at `rate` Hz.
    fn classify_samples(
        &self,
        py: Python<'_>,
        samples: PyBuffer<f32>,
        rate: u32,
        wanted: Asked,
    ) -> PyResult<String> {
        let (judge, samples) = (Arc::clone(&self.0), samples.to_vec(py)?);
        asked(py, move || {
            let needed = judge.classifier.model().card.front_end.sample_rate_hz;
            let prediction = judge.classifier.classify_samples(&at_rate(samples, rate, needed)?)?;
            Ok(judge.told(Path::new("<samples>"), &prediction, wanted))
        })
    }

    /// A line for each song, in their order; a failure is a line too. `progress(done, of)` is called after each.
    fn classify_many(
        &self,
        py: Python<'_>,
        songs: Vec<Song<'_>>,
        threads: Option<usize>,
        wanted: Asked,
        progress: Option<Bound<'_, PyAny>>,
    ) -> PyResult<Vec<String>> {
        let songs: Vec<Named> = songs.into_iter().map(Named::from).collect();
        let count = songs.len();
        let (judge, mut lines) = (Arc::clone(&self.0), vec![String::new(); count]);
        let threads = threads.unwrap_or_else(work::cores);
        let mut answers = work::each(threads, songs, move |song| judge.line_of(song, wanted))?;
        for done in 1..=count {
            let (place, line) = answers.next(py)?;
            lines[place] = line;
            if let Some(progress) = &progress {
                progress.call1((done, count))?;
            }
        }
        Ok(lines)
    }

    /// What the network sees of a song: the clips' pictures as f32 in native order, and their sizes.
    fn pictures<'py>(
        &self,
        py: Python<'py>,
        song: Song<'_>,
    ) -> PyResult<(Bound<'py, PyByteArray>, [usize; 3])> {
        let (judge, Named { source, .. }) = (Arc::clone(&self.0), song.into());
        let heard = asked(py, move || Heard::of(source, judge.classifier.model()))?;
        Ok((PyByteArray::new(py, &heard.bytes), heard.sizes))
    }

    /// Probabilities `[clips, genres]` of pictures `[clips, rows, columns]`, one row after the other.
    fn judge_pictures(&self, py: Python<'_>, pictures: PyBuffer<f32>) -> PyResult<Vec<Vec<f32>>> {
        let (judge, values) = (Arc::clone(&self.0), pictures.to_vec(py)?);
        asked(py, move || sound::judge(&judge.classifier, &values))
    }
}

/// What comes of work on other threads, its error raised.
fn asked<Answer: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce() -> Result<Answer, Error> + Send + 'static,
) -> PyResult<Answer> {
    work::one(py, work)?.map_err(|error| raised(py, &error))
}

/// Mel power `[bands, frames]` of mono samples at the rate of the built-in model's front end.
#[pyfunction]
fn mel_power<'py>(
    py: Python<'py>,
    samples: PyBuffer<f32>,
    rate: u32,
) -> PyResult<(Bound<'py, PyByteArray>, [usize; 2])> {
    let samples = samples.to_vec(py)?;
    let spectrogram = asked(py, move || {
        let front_end = FrontEnd::default();
        let samples = at_rate(samples, rate, front_end.sample_rate_hz)?;
        Ok(Extractor::new(&front_end)?.mel_power(&samples))
    })?;
    let bytes: Vec<u8> = spectrogram.values.iter().flat_map(|value| value.to_ne_bytes()).collect();
    Ok((PyByteArray::new(py, &bytes), [spectrogram.bands, spectrogram.frames]))
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
    let scores = asked(py, move || {
        let genres = Genres::in_order(genres)?;
        Scores::new(&truth, &Probabilities::new(genres.len(), values)?)
    })?;
    Ok(serde_json::to_string(&scores).unwrap_or_default())
}

#[pymodule]
fn _genrefold(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<Classifier>()?;
    module.add_function(wrap_pyfunction!(mel_power, module)?)?;
    module.add_function(wrap_pyfunction!(evaluate, module)?)?;
    Ok(())
}
