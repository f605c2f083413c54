//! One run genre by genre, on whole tracks: intervals suppose independent rows, which a track's clips are not.

use super::run::of;
use super::{Numbers, columns};
use crate::error::Result;
use crate::evaluation::{GenreScores, Interval, Scores, wilson};
use crate::report::document::{Block, Figure, Line, Table};
use crate::report::plots::recalls::{self, Bar};
use crate::report::study::Judged;
use crate::report::words;

/// The bars with intervals and the table.
pub(super) fn blocks(judged: &Judged, numbers: &mut Numbers) -> Result<Vec<Block>> {
    let level = judged.track_level();
    let scores = judged.summary.pooled.at(level);
    let intervals = intervals(scores)?;
    let number = numbers.figure();
    let what = format!("Figure {number}: recall of each genre, {}, with 95 % intervals", words::level(level));
    let drawing = recalls::recalls(&bars(judged, scores, &intervals))?;
    let caption = of(judged, what);
    let label = label(judged, scores);
    Ok(vec![
        Block::Text(note(judged, scores)),
        Block::Figure(Figure { number, caption, label, drawing }),
        Block::Table(table(judged, scores, &intervals, numbers.table())),
    ])
}

fn note(judged: &Judged, scores: &Scores) -> Line {
    let line = Line::from(format!(
        "On {}, the finished folds together, {} of {} were judged right: ",
        words::level(judged.track_level()),
        scores.confusion.right(),
        words::counted(scores.count as usize, "track"),
    ));
    let interval = format!(" (95 % interval {})", words::range(scores.interval));
    let line = line.strong(words::percent(scores.accuracy)).leaky(judged.leaky()).plain(interval);
    line.plain(
        ". Intervals are Wilson's and always over tracks, whatever the run's own level, for they suppose \
                independent trials, and clips of one track are not.",
    )
}

/// The interval of each genre's recall; none for a genre without a track.
fn intervals(scores: &Scores) -> Result<Vec<Option<Interval>>> {
    let hits = scores.confusion.hits().into_iter();
    let interval = |(hits, tracks): (u64, u64)| (tracks > 0).then(|| wilson(hits, tracks)).transpose();
    hits.zip(scores.confusion.truly()).map(interval).collect()
}

fn bars(judged: &Judged, scores: &Scores, intervals: &[Option<Interval>]) -> Vec<Bar> {
    let hits = scores.confusion.hits();
    let genres = judged.genres().into_iter().zip(&scores.genres).zip(intervals).zip(hits);
    let bar = |(((name, genre), interval), hits): (((_, &GenreScores), &_), u64)| Bar {
        name,
        recall: genre.recall,
        interval: *interval,
        note: format!("{} ({hits} of {})", words::percent(genre.recall), genre.count),
    };
    genres.map(bar).collect()
}

fn label(judged: &Judged, scores: &Scores) -> String {
    let told = |(name, genre): (String, &GenreScores)| format!("{name} {}", words::percent(genre.recall));
    let told: Vec<String> = judged.genres().into_iter().zip(&scores.genres).map(told).collect();
    let leaky = judged.manifest().protocol.mark();
    let name = words::shown(&judged.manifest().name);
    format!("Bar chart of the recall of each genre, run {name}{leaky}: {}", told.join(", "))
}

fn table(judged: &Judged, scores: &Scores, intervals: &[Option<Interval>], number: usize) -> Table {
    let genres = judged.genres().into_iter().zip(&scores.genres).zip(intervals);
    let rows = genres.map(|((name, genre), interval)| {
        let mut row = vec![name, genre.count.to_string()];
        row.extend([genre.precision, genre.recall].map(words::decimal));
        row.push(interval.map_or("–".into(), words::range));
        row.push(words::decimal(genre.f1));
        row.into_iter().map(Line::from).collect()
    });
    let names = ["Tracks", "Precision", "Recall", "Recall, 95 % interval", "F1"];
    let what = format!("Table {number}: genre by genre, {}", words::level(judged.track_level()));
    Table::new(of(judged, what), columns("Genre", &names), rows.collect())
}
