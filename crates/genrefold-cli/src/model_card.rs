//! A model's card as a document for those who have to decide whether to trust it: Markdown, every figure from the
//! model's own file.

use std::fmt::Write;

use genrefold::evaluation::{Calibration, Interval, Scores};
use genrefold::model::card::Figures;
use genrefold::{Genres, Model};

use crate::page::{self, NEW_SONGS};
use crate::words::{counted, many, one_line, percent};

/// The document. `fingerprint` is the model's.
pub fn of_model(model: &Model, fingerprint: &str) -> String {
    let card = &model.card;
    let mut text = String::from("| the model | |\n| :--- | :--- |\n");
    row(&mut text, "network", &page::network(&card.network));
    row(&mut text, "weights", &many(model.parameters()));
    row(&mut text, "input", &page::input(&card.front_end));
    row(&mut text, "fingerprint", &format!("`{fingerprint}`"));
    row(&mut text, "made by", &card.program);
    if let Some(model) = &card.training.fine_tuned_from {
        row(&mut text, "fine-tuned from", &format!("`{}`", one_line(model)));
    }
    row(&mut text, "epochs", &card.training.epochs.to_string());
    text += "\n### What it learned from\n";
    let data = &card.training.data;
    let tracks: usize = data.tracks.values().sum();
    let _ = writeln!(text, "{} of {}:\n", counted(tracks, "song"), counted(card.genres.len(), "genre"));
    let _ = writeln!(text, "{}.\n", songs(&card.genres, |name| data.tracks.get(name).copied().unwrap_or(0)));
    let _ = writeln!(text, "The collection's fingerprint is `{}`.", data.fingerprint);
    text += "\n### How good it is\n";
    match &card.training.figures {
        Some(figures) => text += &judged(figures, &card.genres, card.calibration.as_ref()),
        None => text += "Nobody measured it.\n",
    }
    text
}

fn songs(genres: &Genres, count: impl Fn(&str) -> usize) -> String {
    let named = genres.names().iter().map(|name| format!("{} {}", count(name), one_line(name)));
    named.collect::<Vec<_>>().join(", ")
}

fn judged(figures: &Figures, genres: &Genres, calibration: Option<&Calibration>) -> String {
    let scores = &figures.scores;
    let mut text = format!("Judged: {}.\n\n| figure | |\n| :--- | :--- |\n", one_line(&figures.judged));
    row(&mut text, "accuracy", &format!("{} (95 %: {})", percent(scores.accuracy), range(scores.interval)));
    row(&mut text, "macro recall, every genre counting the same", &percent(scores.recall));
    row(&mut text, "macro F1", &percent(scores.f1));
    if let Ok(expected) = scores.expected(NEW_SONGS) {
        let count = NEW_SONGS as usize * genres.len();
        let key = format!(
            "**promised: accuracy on {count} new songs of the same kind, {NEW_SONGS} of each genre**"
        );
        row(&mut text, &key, &format!("**{}** (95 %)", range(expected)));
    }
    row(&mut text, "log loss", &format!("{:.3} nats", scores.log_loss));
    text += &honesty(figures, calibration);
    text += &by_genre(scores, genres);
    text
}

/// What calibration changed, and the unsure answers.
fn honesty(figures: &Figures, calibration: Option<&Calibration>) -> String {
    let mut text = String::new();
    let (Some(reliability), Some(calibration)) = (&figures.reliability, calibration) else {
        row(&mut text, "expected calibration error", &percent(figures.scores.calibration_error));
        return text;
    };
    let (before, after) = (percent(reliability.error_before), percent(reliability.error_after));
    row(&mut text, "expected calibration error, before and after", &format!("{before}, {after}"));
    let told = format!("{:.3}, fitted on {}", calibration.temperature, one_line(&calibration.fitted_on));
    row(&mut text, "temperature", &told);
    if let (Some(least), Some(sure)) = (calibration.unsure_below, &reliability.sure) {
        row(&mut text, "unsure below a probability of", &percent(least));
        row(&mut text, "songs that are answered surely", &percent(sure.coverage));
        let accuracy = format!("{} (95 %: {})", percent(sure.accuracy), range(sure.interval));
        row(&mut text, "accuracy on those", &accuracy);
    }
    text
}

fn by_genre(scores: &Scores, genres: &Genres) -> String {
    let mut text = String::from(
        "\n| genre | songs judged | found (recall) | right when named (precision) | F1 |\n\
         | :--- | ---: | ---: | ---: | ---: |\n",
    );
    for (name, of) in genres.names().iter().zip(&scores.genres) {
        let (recall, precision, f1) = (percent(of.recall), percent(of.precision), percent(of.f1));
        let _ = writeln!(text, "| {} | {} | {recall} | {precision} | {f1} |", cell(name), of.count);
    }
    let _ = writeln!(text, "\nMost often: {}.", page::worst_mistakes(scores, genres));
    text
}

fn range(interval: Interval) -> String {
    format!("{} to {}", percent(interval.low), percent(interval.high))
}

fn row(text: &mut String, key: &str, value: &str) {
    let _ = writeln!(text, "| {key} | {} |", cell(value));
}

/// What stands in a cell must not end it.
fn cell(text: &str) -> String {
    one_line(text).replace('|', "\\|")
}
