//! One JSON object a line.

use std::io::{self, Write};

use genrefold::classifier::ClipPrediction;
use genrefold::{Genres, Prediction};
use serde::{Serialize, Serializer};

use super::{Layout, Report, clip_winner, write_flushed};
use crate::failure::Failure;
use crate::words::genre;

/// Writes JSON lines; failures are lines too.
pub struct JsonLines<Out> {
    layout: Layout,
    model: String,
    out: Out,
}

#[derive(Serialize)]
struct Song<'a> {
    file: &'a str,
    genre: &'a str,
    probability: f32,
    unsure: bool,
    genres: ByGenre<'a>,
    top: Vec<Ranked<'a>>,
    seconds: f64,
    clips: usize,
    faults: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeline: Option<Vec<Moment<'a>>>,
    model: &'a str,
}

#[derive(Serialize)]
struct Ranked<'a> {
    genre: &'a str,
    probability: f32,
}

/// A clip; a silent one has no genre.
#[derive(Serialize)]
struct Moment<'a> {
    start: f64,
    end: f64,
    genre: Option<&'a str>,
    probability: Option<f32>,
    genres: Option<ByGenre<'a>>,
}

#[derive(Serialize)]
struct Failed<'a> {
    file: &'a str,
    error: &'a str,
    kind: &'a str,
    model: &'a str,
}

/// An object with the genres as keys, in the model's order.
struct ByGenre<'a> {
    genres: &'a Genres,
    probabilities: &'a [f32],
}

impl Serialize for ByGenre<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.genres.names().iter().zip(self.probabilities))
    }
}

impl<Out: Write> JsonLines<Out> {
    /// Writes to `out`; every line names the model by its short fingerprint.
    pub fn new(layout: Layout, model: String, out: Out) -> Self {
        JsonLines { layout, model, out }
    }

    fn line(&mut self, value: impl Serialize) -> io::Result<()> {
        let text = serde_json::to_string(&value)? + "\n";
        write_flushed(&mut self.out, &text)
    }
}

impl<Out: Write> Report for JsonLines<Out> {
    fn song(&mut self, file: &str, prediction: &Prediction) -> io::Result<()> {
        let (Layout { genres, top, timeline }, model) = (self.layout.clone(), self.model.clone());
        let probability = |index: usize| prediction.probabilities.get(index).copied().unwrap_or_default();
        let ranked = |index| Ranked { genre: genre(&genres, index), probability: probability(index) };
        self.line(Song {
            file,
            genre: genre(&genres, prediction.genre),
            probability: probability(prediction.genre),
            unsure: prediction.unsure,
            genres: ByGenre { genres: &genres, probabilities: &prediction.probabilities },
            top: prediction.ranking().into_iter().take(top).map(ranked).collect(),
            seconds: prediction.seconds,
            clips: prediction.clips.len(),
            faults: prediction.faults,
            timeline: timeline.then(|| prediction.clips.iter().map(|clip| moment(&genres, clip)).collect()),
            model: &model,
        })
    }

    fn failure(&mut self, file: &str, failure: &Failure) -> io::Result<()> {
        let model = self.model.clone();
        self.line(Failed { file, error: &failure.message, kind: failure.kind, model: &model })
    }
}

fn moment<'a>(genres: &'a Genres, clip: &'a ClipPrediction) -> Moment<'a> {
    let winner = clip_winner(clip);
    Moment {
        start: clip.start,
        end: clip.end,
        genre: winner.map(|(index, _)| genre(genres, index)),
        probability: winner.map(|(_, probability)| probability),
        genres: clip.probabilities.as_ref().map(|values| ByGenre { genres, probabilities: values }),
    }
}
