//! The whole study in one table: a row for each run, to stand in a README.

use crate::report::document::{Column, Line, Table};
use crate::report::study::{Judged, Study};
use crate::report::words;
use crate::results::Level;

/// Every run with a finished fold. All its judged songs are taken as one set, which intervals need; macro F1 is its mean
/// over folds beside that.
pub(in crate::report) fn table(study: &Study) -> Table {
    let caption = Line::from(
        "All runs: shares of the judged songs of all finished folds, with 95 % intervals where tracks were judged by \
         mean probability; macro F1 over all of them, and its mean and deviation over folds",
    );
    let words = ["Run", "Network", "Songs divided by", "Folds"].map(Column::words);
    let numbers =
        ["Clips", "Tracks, vote", "Tracks, mean", "95 %", "Macro F1", "Over folds"].map(Column::numbers);
    Table::new(caption, words.into_iter().chain(numbers).collect(), study.runs.iter().map(row).collect())
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
