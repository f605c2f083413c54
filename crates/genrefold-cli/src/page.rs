//! A model's card as a page for people.

use std::fmt::Write;

use console::{Alignment, measure_text_width, pad_str};
use genrefold::evaluation::{Calibration, Interval, Scores};
use genrefold::model::card::Figures;
use genrefold::model::config::{EncoderConfig, NetworkConfig, NormKind, Tokens};
use genrefold::{FrontEnd, Genres, Model};

use crate::words::{counted, many, one_line, percent};

/// New songs of each genre that a prediction is made for: fifty of ten genres.
pub const NEW_SONGS: u64 = 5;
/// How many of the commonest mistakes are told.
const WORST: usize = 3;
/// How much of a genre's name stands above a column of the confusion matrix.
const COLUMN: usize = 4;

/// The whole page. `fingerprint` is the model's.
pub fn of_model(model: &Model, fingerprint: &str) -> String {
    let card = &model.card;
    let mut page = String::new();
    section(&mut page, "What it is");
    line(&mut page, "network", &network(&card.network));
    line(&mut page, "weights", &many(model.parameters()));
    line(&mut page, "input", &input(&card.front_end));
    line(&mut page, "made by", &card.program);
    line(&mut page, "fingerprint", fingerprint);
    section(&mut page, "What it learned from");
    let data = &card.training.data;
    let tracks: usize = data.tracks.values().sum();
    line(&mut page, "songs", &format!("{tracks} of {}", counted(card.genres.len(), "genre")));
    for name in card.genres.names() {
        let count = data.tracks.get(name).copied().unwrap_or(0);
        line(&mut page, "", &format!("{}  {count:>6}", padded(&one_line(name), widest(&card.genres))));
    }
    if let Some(model) = &card.training.fine_tuned_from {
        line(&mut page, "fine-tuned", &format!("from the model {}", one_line(model)));
    }
    line(&mut page, "epochs", &card.training.epochs.to_string());
    line(&mut page, "collection", &data.fingerprint);
    line(&mut page, "split", &data.split);
    section(&mut page, "How good it is");
    match &card.training.figures {
        Some(found) => {
            page += &figures(found, &card.genres, card.calibration.as_ref());
            page += &by_genre(&found.scores, &card.genres);
            page += &matrix(&found.scores, &card.genres);
        }
        None => page += "  Nobody measured it.\n",
    }
    section(&mut page, "Settings of the training");
    page += &settings(&card.training.settings);
    page
}

/// Accuracy and its company in sentences.
pub fn figures(figures: &Figures, genres: &Genres, calibration: Option<&Calibration>) -> String {
    let scores = &figures.scores;
    let mut text = String::new();
    line(&mut text, "judged", &one_line(&figures.judged));
    let (low, high) = (percent(scores.interval.low), percent(scores.interval.high));
    let accuracy = percent(scores.accuracy);
    line(&mut text, "accuracy", &format!("{accuracy}, with 95 % certainty between {low} and {high}"));
    line(&mut text, "macro recall", &percent(scores.recall));
    line(&mut text, "macro F1", &percent(scores.f1));
    line(&mut text, "log loss", &format!("{:.3} nats", scores.log_loss));
    if let Ok(Interval { low, high }) = scores.expected(NEW_SONGS) {
        let songs = NEW_SONGS as usize * genres.len();
        let (low, high) = (percent(low), percent(high));
        let told = format!("of {songs} new ones, {NEW_SONGS} of each genre, {low} to {high} right (95 %)");
        line(&mut text, "expect", &told);
    }
    line(&mut text, "calibration", &calibrated(figures, calibration));
    if let Some(told) = sure(figures, calibration) {
        line(&mut text, "unsure", &told);
    }
    line(&mut text, "mistakes", &worst_mistakes(scores, genres));
    text
}

/// How sure the answers are beside how right, and what was done about it.
fn calibrated(figures: &Figures, calibration: Option<&Calibration>) -> String {
    let off = percent(figures.scores.calibration_error);
    match (&figures.reliability, calibration) {
        (Some(reliability), Some(Calibration { temperature, fitted_on, .. })) => format!(
            "{off} off on average, {} without the temperature of {temperature:.2}, fitted on {fitted_on}",
            percent(reliability.error_before)
        ),
        _ => format!("{off} off on average"),
    }
}

/// When an answer is called unsure, and how good the others are.
fn sure(figures: &Figures, calibration: Option<&Calibration>) -> Option<String> {
    let least = percent(calibration?.unsure_below?);
    let sure = figures.reliability.as_ref()?.sure.as_ref()?;
    Some(format!(
        "below {least}; {} of the songs are above, {} of those right ({} to {})",
        percent(sure.coverage),
        percent(sure.accuracy),
        percent(sure.interval.low),
        percent(sure.interval.high)
    ))
}

/// The commonest mistakes in a sentence.
pub fn worst_mistakes(scores: &Scores, genres: &Genres) -> String {
    let mut pairs = Vec::new();
    for (truth, row) in scores.confusion.rows().iter().enumerate() {
        let all: u64 = row.iter().sum();
        let wrong = row.iter().enumerate().filter(|(taken, count)| *taken != truth && **count > 0);
        pairs.extend(wrong.map(|(taken, count)| (*count, all, truth, taken)));
    }
    pairs.sort_by_key(|(count, _, truth, taken)| (std::cmp::Reverse(*count), *truth, *taken));
    let told = pairs.iter().take(WORST).map(|(count, all, truth, taken)| {
        format!("{} taken for {} ({count} of {all})", genres.shown(*truth), genres.shown(*taken))
    });
    match told.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => "none".into(),
        told => one_line(&told),
    }
}

/// A network in a line.
pub fn network(config: &NetworkConfig) -> String {
    let (name, detail) = match &config.encoder {
        EncoderConfig::Transformer(encoder) => {
            let tokens = match encoder.tokens {
                Tokens::Time => "moments",
                Tokens::Channel => "channels",
            };
            let (heads, inner) = (encoder.heads, encoder.feed_forward);
            let layers = counted(encoder.layers, "encoder layer");
            ("RGLUformer", format!("{layers} over {tokens}, {heads} heads, feed-forward {inner}"))
        }
        EncoderConfig::Lstm(lstm) => {
            let ways = if lstm.bidirectional { "both directions" } else { "one direction" };
            ("RGLU-LSTM", format!("LSTM of width {}, {ways}", lstm.hidden))
        }
    };
    let norm = match config.norm {
        NormKind::None => "",
        NormKind::Layer => ", each block normalised over its channels",
        NormKind::Batch => ", each block normalised over the batch",
    };
    format!("{name}: channels {}{norm}; {detail}; dense {}", widths(&config.channels), widths(&config.dense))
}

fn widths(widths: &[usize]) -> String {
    widths.iter().map(usize::to_string).collect::<Vec<_>>().join("-")
}

/// What a network hears of a song, in a line.
pub fn input(front_end: &FrontEnd) -> String {
    let (rows, columns) = front_end.picture_shape();
    format!(
        "clips of {} s, every {} s, as mel spectrograms of {rows} x {columns} at {} Hz",
        front_end.clip_seconds,
        front_end.seconds(front_end.clip_hop_samples() as u64),
        front_end.sample_rate_hz
    )
}

fn by_genre(scores: &Scores, genres: &Genres) -> String {
    let width = widest(genres).max("genre".len());
    let mut text = format!("\n  {}  songs   found  right when named      F1\n", padded("genre", width));
    for (name, of) in genres.names().iter().zip(&scores.genres) {
        let (recall, precision, f1) = (percent(of.recall), percent(of.precision), percent(of.f1));
        let name = padded(&one_line(name), width);
        let _ = writeln!(text, "  {name}  {:>5} {recall:>7}  {precision:>16} {f1:>7}", of.count);
    }
    text
}

/// The confusion matrix: a row for each true genre.
fn matrix(scores: &Scores, genres: &Genres) -> String {
    let width = widest(genres).max("is \\ taken for".len());
    let short = |name: &String| pad_str(&one_line(name), COLUMN, Alignment::Right, Some("")).into_owned();
    let header: Vec<String> = genres.names().iter().map(short).collect();
    let mut text = format!("\n  {}  {}\n", padded("is \\ taken for", width), header.join("  "));
    for (name, row) in genres.names().iter().zip(scores.confusion.rows()) {
        let cell = |count: &u64| {
            if *count == 0 { format!("{:>COLUMN$}", "·") } else { format!("{count:>COLUMN$}") }
        };
        let cells: Vec<String> = row.iter().map(cell).collect();
        let _ = writeln!(text, "  {}  {}", padded(&one_line(name), width), cells.join("  "));
    }
    text
}

/// Settings as `key: value` lines, one table below the other.
fn settings(settings: &serde_json::Value) -> String {
    let mut text = String::new();
    flat("", settings, &mut text);
    if text.is_empty() { "  not recorded\n".into() } else { text }
}

fn flat(key: &str, value: &serde_json::Value, text: &mut String) {
    match value {
        serde_json::Value::Object(inner) => inner.iter().for_each(|(name, value)| {
            let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
            flat(&key, value, text);
        }),
        serde_json::Value::Null => {}
        other => {
            let _ = writeln!(text, "  {} {}", padded(&one_line(key), 28), one_line(&other.to_string()));
        }
    }
}

fn section(page: &mut String, title: &str) {
    let gap = if page.is_empty() { "" } else { "\n" };
    let _ = writeln!(page, "{gap}{}", console::style(title).bold());
}

fn line(page: &mut String, key: &str, value: &str) {
    let _ = writeln!(page, "  {key:<13} {value}");
}

fn widest(genres: &Genres) -> usize {
    genres.names().iter().map(|name| measure_text_width(&one_line(name))).max().unwrap_or(0)
}

fn padded(text: &str, width: usize) -> String {
    pad_str(text, width, Alignment::Left, None).into_owned()
}
