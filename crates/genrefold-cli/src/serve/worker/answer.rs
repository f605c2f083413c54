//! An answer as the client gets it.

use anyhow::{Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use genrefold::Genres;
use genrefold::answer::{Judged, Layout, Outcome};
use genrefold::classifier::{Examined, Explanation, Wishes};
use genrefold::features::Overview;
use serde::Serialize;

use super::{Ask, Form};

impl Form {
    /// What the library is asked for.
    pub fn wishes(self) -> Wishes {
        match self {
            Form::Labels => Wishes::default(),
            Form::Full { spectrogram, explanation, .. } => Wishes { overview: spectrogram, explanation },
        }
    }
}

/// A genre as hosted inference names it.
#[derive(Serialize)]
struct Label<'a> {
    label: &'a str,
    score: f32,
}

/// Everything: the object of `genrefold classify --json`, and what was asked for beside it.
#[derive(Serialize)]
struct Full<'a> {
    #[serde(flatten)]
    judged: Judged,
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    spectrogram: Option<Spectrogram>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Reasons<'a>>,
}

/// The song as a picture of bytes.
#[derive(Serialize)]
struct Spectrogram {
    bands: usize,
    columns: usize,
    column_seconds: f64,
    floor_db: f32,
    ceiling_db: f32,
    low_hz: f64,
    high_hz: f64,
    /// `[bands, columns]`, lowest band first, 0 the floor and 255 the ceiling, in base 64.
    data: String,
}

#[derive(Serialize)]
struct Reasons<'a> {
    genre: &'a str,
    window_seconds: f64,
    windows: Vec<Reason>,
}

#[derive(Serialize)]
struct Reason {
    start: f64,
    end: f64,
    drop: f64,
}

/// The answer as JSON.
///
/// # Errors
/// None that a song could bring about.
pub fn json(ask: Ask, genres: &Genres, model: &str, examined: &Examined) -> Result<Vec<u8>> {
    let Form::Full { timeline, .. } = ask.form else { return labels(ask.top, genres, examined) };
    let layout = Layout { genres: genres.clone(), top: ask.top, timeline };
    let Outcome::Judged(judged) = Outcome::judged(&layout, &examined.prediction) else {
        bail!("a prediction without a genre");
    };
    let spectrogram = examined.overview.as_ref().map(picture);
    let explanation = examined.explanation.as_ref().map(|explanation| reasons(genres, explanation));
    Ok(serde_json::to_vec(&Full { judged, model, spectrogram, explanation })?)
}

fn labels(top: usize, genres: &Genres, examined: &Examined) -> Result<Vec<u8>> {
    let prediction = &examined.prediction;
    let ranking = prediction.ranking().into_iter().take(top);
    let label = |genre| Label { label: genres.shown(genre), score: prediction.probabilities[genre] };
    Ok(serde_json::to_vec(&ranking.map(label).collect::<Vec<_>>())?)
}

fn picture(overview: &Overview) -> Spectrogram {
    let step = |decibels: &f32| ((decibels + overview.range_db) / overview.range_db * 255.0).round() as u8;
    let data: Vec<u8> = overview.decibels.values.iter().map(step).collect();
    Spectrogram {
        bands: overview.decibels.bands,
        columns: overview.decibels.frames,
        column_seconds: overview.column_seconds,
        floor_db: -overview.range_db,
        ceiling_db: 0.0,
        low_hz: 0.0,
        high_hz: overview.high_hz,
        data: STANDARD.encode(data),
    }
}

fn reasons<'a>(genres: &'a Genres, explanation: &Explanation) -> Reasons<'a> {
    let windows = explanation.windows.iter();
    Reasons {
        genre: genres.shown(explanation.genre),
        window_seconds: explanation.window_seconds,
        windows: windows
            .map(|window| Reason { start: window.start, end: window.end, drop: window.drop })
            .collect(),
    }
}
