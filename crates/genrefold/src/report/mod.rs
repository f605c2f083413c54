//! NUMBERS -> PAGES: what a study measured, for people to look at.
//!
//! [`pages`] makes one HTML page that needs nothing beside it, the same as Markdown with its figures, and tables
//! for other programs; [`write()`] puts them into a folder. All are views of [`Run`]s and depend on nothing else: the
//! same runs give the same bytes.
//!
//! What the page says is a document (`document.rs`), put together by `sections/` and turned into text by `html.rs`
//! and `markdown.rs`; figures are drawn by `plots/`. Figures of a leaky protocol carry the word "leaky" wherever
//! they stand.

mod csv;
mod document;
mod html;
mod library;
mod markdown;
mod plane;
mod plots;
mod published;
#[cfg(test)]
mod sample;
mod sections;
mod study;
#[cfg(test)]
mod tests;
mod words;

use std::fs;
use std::path::Path;

use crate::error::{Error, Result};
use crate::files::write_whole;
use crate::results::Run;

use self::document::{Block, Document};

pub use self::library::{Library, Shelved, library};

/// A study as pages and tables, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pages {
    /// One HTML page with everything in it.
    pub html: String,
    /// The same content as Markdown, which links the figures.
    pub markdown: String,
    /// The figures as SVG: the path beside the Markdown, "figures/fig-3.svg", and the content.
    pub figures: Vec<(String, String)>,
    /// Tables for other programs, file name and content: "folds.csv", "genres.csv", "confusion.csv". Numbers are
    /// shares, nats for log loss, with six decimals.
    pub csv: Vec<(String, String)>,
    /// One table with a row for each run, as Markdown: to stand in a README.
    pub table: String,
}

/// Makes the pages of one or more runs, in the order given. A run without a finished fold is named, no more.
///
/// # Errors
/// [`Error::Setting`] for no run at all, or a run whose folds hold no probabilities.
pub fn pages(title: &str, runs: &[Run]) -> Result<Pages> {
    let study = study::Study::new(runs)?;
    let document = sections::document(&words::shown(title), &study)?;
    Ok(Pages {
        html: html::page(&document),
        markdown: markdown::page(&document),
        figures: figures(&document),
        csv: csv::files(&study)?,
        table: markdown::bare_table(&sections::brief::table(&study)),
    })
}

/// Writes the pages into a folder, which is made if it is missing: `report.html`, `report.md`, `table.md`,
/// `figures/` and the tables, each whole or not at all.
///
/// # Errors
/// [`Error::Io`] naming what could not be made or written.
pub fn write(folder: &Path, pages: &Pages) -> Result<()> {
    let figures = folder.join("figures");
    fs::create_dir_all(&figures).map_err(Error::io("create", &figures))?;
    for (name, content) in pages.figures.iter().chain(&pages.csv) {
        write_whole(&folder.join(name), content.as_bytes())?;
    }
    write_whole(&folder.join("table.md"), pages.table.as_bytes())?;
    write_whole(&folder.join("report.md"), pages.markdown.as_bytes())?;
    write_whole(&folder.join("report.html"), pages.html.as_bytes())
}

fn figures(document: &Document) -> Vec<(String, String)> {
    let blocks = document.sections.iter().flat_map(|section| &section.blocks);
    let figure = |block: &Block| match block {
        Block::Figure(figure) => Some((figure.file(), figure.svg())),
        _ => None,
    };
    blocks.filter_map(figure).collect()
}
