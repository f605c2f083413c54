//! Answers as rows of a Parquet file: the columns of the table for spreadsheets, and what scripts ask for.

use std::io::{self, Write};

use crate::parquet_table::{Cell, Kind, ParquetTable};
use genrefold::answer::{Judged, Outcome, Record};

/// Columns beside those of the genres.
const FIRST: [(&str, Kind); 7] = [
    ("file", Kind::Text),
    ("genre", Kind::Text),
    ("probability", Kind::Float),
    ("unsure", Kind::Truth),
    ("seconds", Kind::Double),
    ("clips", Kind::Whole),
    ("faults", Kind::Whole),
];
const LAST: [(&str, Kind); 5] = [
    ("error", Kind::Text),
    ("kind", Kind::Text),
    ("model", Kind::Text),
    ("size", Kind::Whole),
    ("modified_ns", Kind::Whole),
];

/// The table being written.
pub struct Table<Out: Write + Send> {
    rows: ParquetTable<Out>,
    genres: usize,
}

impl<Out: Write + Send> Table<Out> {
    /// For answers of a model of these genres. A genre that is called as one of the columns is told apart by a word.
    pub fn new(genres: &[String], out: Out) -> io::Result<Self> {
        let fixed = |columns: &[(&str, Kind)]| {
            columns.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect::<Vec<_>>()
        };
        let taken = |name: &str| FIRST.iter().chain(&LAST).any(|(column, _)| *column == name);
        let genre = |name: &String| match taken(name) {
            true => (format!("genre {name}"), Kind::Float),
            false => (name.clone(), Kind::Float),
        };
        let columns: Vec<_> =
            fixed(&FIRST).into_iter().chain(genres.iter().map(genre)).chain(fixed(&LAST)).collect();
        Ok(Table { rows: ParquetTable::new(&columns, out)?, genres: genres.len() })
    }

    /// Adds an answer.
    pub fn add(&mut self, record: Record) -> io::Result<()> {
        let Record { path, outcome, model, stamp } = record;
        let (song, failure) = match outcome {
            Outcome::Judged(song) => (Some(song), None),
            Outcome::Failed { error, kind } => (None, Some((error, kind))),
        };
        let (error, kind) = failure.unzip();
        let whole = |value: Option<u64>| Cell::Whole(value.and_then(|value| i64::try_from(value).ok()));
        let of = |value: fn(&Judged) -> u64| whole(song.as_ref().map(value));
        let first = [
            Cell::Text(Some(path.file)),
            Cell::Text(song.as_ref().map(|song| song.genre.clone())),
            Cell::Float(song.as_ref().map(|song| song.probability)),
            Cell::Truth(song.as_ref().map(|song| song.unsure)),
            Cell::Double(song.as_ref().map(|song| song.seconds)),
            of(|song| song.clips as u64),
            of(|song| song.faults),
        ];
        let genre =
            |index: usize| song.as_ref().and_then(|song| song.genres.0.get(index).map(|(_, value)| *value));
        let genres: Vec<Cell> = (0..self.genres).map(|index| Cell::Float(genre(index))).collect();
        let last = [
            Cell::Text(error),
            Cell::Text(kind),
            Cell::Text(Some(model)),
            whole(stamp.map(|stamp| stamp.size)),
            Cell::Whole(stamp.map(|stamp| stamp.modified_ns)),
        ];
        self.rows.add(first.into_iter().chain(genres).chain(last))
    }

    /// Writes the rest.
    pub fn finish(self) -> io::Result<()> {
        self.rows.finish()
    }
}
