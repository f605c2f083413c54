//! The figures as tables for other programs: one row for each fold, genre, and pair of genres.

use super::study::{Judged, Study};
use crate::error::{Error, Result};
use crate::evaluation::{Scores, wilson};
use crate::results::{FoldResult, Level};

/// File names and contents.
pub(super) fn files(study: &Study) -> Result<Vec<(String, String)>> {
    Ok(vec![
        ("folds.csv".to_owned(), file(&FOLDS, study, folds)?),
        ("genres.csv".to_owned(), file(&GENRES, study, genres)?),
        ("confusion.csv".to_owned(), file(&CONFUSION, study, confusion)?),
    ])
}

type Row = Vec<String>;

const FOLDS: [&str; 12] = [
    "run",
    "network",
    "protocol",
    "fold",
    "level",
    "accuracy",
    "precision",
    "recall",
    "f1",
    "log_loss",
    "calibration_error",
    "best_epoch",
];

const GENRES: [&str; 11] = [
    "run",
    "network",
    "protocol",
    "level",
    "genre",
    "count",
    "precision",
    "recall",
    "recall_low",
    "recall_high",
    "f1",
];

const CONFUSION: [&str; 7] = ["run", "network", "protocol", "level", "truth", "prediction", "count"];

fn file(heads: &[&str], study: &Study, rows: fn(&Judged, Level) -> Result<Vec<Row>>) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(heads).map_err(failed)?;
    for judged in &study.runs {
        for level in Level::ALL {
            for row in rows(judged, level)? {
                writer.write_record(what(judged).iter().chain(&row)).map_err(failed)?;
            }
        }
    }
    let bytes = writer.into_inner().map_err(failed)?;
    String::from_utf8(bytes).map_err(failed)
}

/// The columns that say which run it is; a leaky protocol says so.
fn what(judged: &Judged) -> [String; 3] {
    let manifest = judged.manifest();
    [
        manifest.name.clone(),
        manifest.network.clone(),
        format!("{}{}", manifest.protocol, manifest.protocol.mark()),
    ]
}

fn folds(judged: &Judged, level: Level) -> Result<Vec<Row>> {
    let row = |fold: &FoldResult| {
        let scores: &Scores = fold.scores.at(level);
        let mut row = vec![fold.fold.to_string(), level.word().to_owned()];
        row.extend([scores.accuracy, scores.precision, scores.recall, scores.f1].map(figure));
        row.extend([scores.log_loss, scores.calibration_error].map(figure));
        row.push(fold.best_epoch.to_string());
        row
    };
    Ok(judged.run.folds.iter().map(row).collect())
}

fn genres(judged: &Judged, level: Level) -> Result<Vec<Row>> {
    let scores = judged.summary.pooled.at(level);
    let hits = scores.confusion.hits();
    let mut rows = Vec::new();
    for ((name, genre), hits) in judged.manifest().genres.names().iter().zip(&scores.genres).zip(hits) {
        // Clips are not independent: no interval is written for them.
        let known = level != Level::Clip && genre.count > 0;
        let interval = known.then(|| wilson(hits, genre.count)).transpose()?;
        let [low, high] = interval
            .map_or([String::new(), String::new()], |interval| [interval.low, interval.high].map(figure));
        let figures = [figure(genre.precision), figure(genre.recall), low, high, figure(genre.f1)];
        let named = [level.word().to_owned(), name.clone(), genre.count.to_string()];
        rows.push(named.into_iter().chain(figures).collect());
    }
    Ok(rows)
}

fn confusion(judged: &Judged, level: Level) -> Result<Vec<Row>> {
    let names = judged.manifest().genres.names();
    let counts = judged.summary.pooled.at(level).confusion.rows();
    let row = |(truth, counts): (&String, &Vec<u64>)| {
        let cell = |(said, count): (&String, &u64)| {
            vec![level.word().to_owned(), truth.clone(), said.clone(), count.to_string()]
        };
        names.iter().zip(counts).map(cell).collect::<Vec<_>>()
    };
    Ok(names.iter().zip(counts).flat_map(row).collect())
}

fn figure(value: f64) -> String {
    format!("{value:.6}")
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Setting {
        key: "report.csv".into(),
        found: error.to_string(),
        expected: "rows that can be written".into(),
    }
}
