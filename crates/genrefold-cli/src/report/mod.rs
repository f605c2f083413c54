//! Answers, written one by one as they come: a table for people, JSON lines and CSV for programs.

pub mod csv;
mod json;
mod table;

use std::io::{self, BufWriter, Write};
use std::path::Path;

use genrefold::Prediction;
use genrefold::answer::Layout;

use crate::failure::Failure;

/// One way to write answers. Every answer is flushed, so that readers need not wait.
pub trait Report {
    /// Before the first answer.
    fn begin(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// A song and its genre.
    fn song(&mut self, path: &Path, prediction: &Prediction) -> io::Result<()>;

    /// A file that got no genre.
    fn failure(&mut self, path: &Path, failure: &Failure) -> io::Result<()>;
}

/// JSON lines on standard output, with the model's short fingerprint.
pub fn json(layout: Layout, model: String) -> Box<dyn Report> {
    Box::new(json::JsonLines::new(layout, model, out()))
}

/// CSV on standard output.
pub fn csv(layout: Layout) -> Box<dyn Report> {
    Box::new(csv::Csv::new(layout, out()))
}

/// A table on standard output, wide enough for these files' names; failures go to standard error.
pub fn table<'a>(layout: Layout, files: impl Iterator<Item = &'a str>) -> Box<dyn Report> {
    Box::new(table::Table::new(layout, files, out()))
}

/// Buffered by us and not by lines: a song's lines go out in one piece.
fn out() -> BufWriter<io::Stdout> {
    BufWriter::new(io::stdout())
}

/// Writes a song's text in one piece.
fn write_flushed(out: &mut impl Write, text: &str) -> io::Result<()> {
    out.write_all(text.as_bytes())?;
    out.flush()
}
