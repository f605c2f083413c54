//! The whole study in one table: a row for each run, to stand in a README.

use super::comparison::{LSTM, TRANSFORMER};
use crate::evaluation::Protocol;
use crate::report::document::{Column, Line, Table};
use crate::report::published::{self, Figures, TABLE_2, TABLE_3, TABLE_4};
use crate::report::study::{Judged, Study};
use crate::report::words;
use crate::results::Level;

/// Every run with a finished fold. All its judged songs are taken as one set, which intervals need; macro F1 is its mean
/// over folds beside that. The report's own rows follow, where there is a run to hold them against.
pub(in crate::report) fn table(study: &Study) -> Table {
    const CAPTION: &str = "All runs: shares of the judged songs of all finished folds, with 95 % intervals where tracks \
                           were judged by mean probability; macro F1 over all of them, and its mean and deviation over \
                           folds";
    let published = published_rows(study);
    let caption = match published.is_empty() {
        true => Line::from(CAPTION),
        false => Line::from(format!("{CAPTION}. The report's figures are of another data set")),
    };
    let words = ["Run", "Network", "Songs divided by", "Folds"].map(Column::words);
    let numbers =
        ["Clips", "Tracks, vote", "Tracks, mean", "95 %", "Macro F1", "Over folds"].map(Column::numbers);
    let rows = study.runs.iter().map(row).chain(published).collect();
    Table::new(caption, words.into_iter().chain(numbers).collect(), rows)
}

/// What the report says of all of GTZAN, which is another data set than ours.
fn published_rows(study: &Study) -> Vec<Vec<Line>> {
    let genres = study.runs.iter().flat_map(Judged::genres);
    if genres.filter_map(|genre| published::clips(&genre)).next().is_none() {
        return Vec::new();
    }
    [
        (2, TRANSFORMER, Protocol::Clip, Level::Clip, TABLE_2),
        (3, LSTM, Protocol::Clip, Level::Clip, TABLE_3),
        (4, TRANSFORMER, Protocol::Track, Level::Vote, TABLE_4),
    ]
    .into_iter()
    .filter(|(_, network, protocol, ..)| study.like_the_reports(network, *protocol).is_some())
    .map(|(number, network, protocol, level, figures)| {
        published_row(number, network, protocol, level, figures)
    })
    .collect()
}

fn published_row(
    number: usize,
    network: &str,
    protocol: Protocol,
    judged: Level,
    figures: Figures,
) -> Vec<Line> {
    let none = || Line::from("–");
    let at = |level: Level| if level == judged { words::percent(figures.accuracy).into() } else { none() };
    vec![
        format!("the report's Table {number}, all of GTZAN").into(),
        network.into(),
        Line::from(protocol.word()).leaky(protocol.is_leaky()),
        "10 of 10".into(),
        at(Level::Clip),
        at(Level::Vote),
        at(Level::Mean),
        none(),
        none(),
        none(),
    ]
}

fn row(judged: &Judged) -> Vec<Line> {
    let manifest = judged.manifest();
    let pooled = &judged.summary.pooled;
    let mean = pooled.at(Level::Mean);
    vec![
        Line::default().code(words::shown(&manifest.name)),
        words::shown(&manifest.network).into(),
        Line::from(manifest.protocol.word()).leaky(judged.leaky()),
        format!("{} of {}", judged.folds(), manifest.folds).into(),
        words::percent(pooled.at(Level::Clip).accuracy).into(),
        words::percent(pooled.at(Level::Vote).accuracy).into(),
        Line::default().strong(words::percent(mean.accuracy)),
        words::range(mean.interval).into(),
        words::percent(mean.f1).into(),
        words::percent_over(judged.measures(Level::Mean).f1, judged.folds()).into(),
    ]
}
