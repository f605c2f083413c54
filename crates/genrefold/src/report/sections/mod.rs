//! The page's sections: one file for each, in the order of the page.

pub(super) mod brief;
mod changes;
mod comparison;
mod data;
mod folds;
mod genres;
mod leak;
mod mistakes;
mod repeat;
mod run;
mod summary;

use super::document::{Block, Column, Document, Line, Section};
use super::study::Study;
use crate::error::Result;
use crate::evaluation::Protocol;

/// Numbers for what the report does not have: its tables end at 4, its figures at 5.
struct Numbers {
    table: usize,
    figure: usize,
}

impl Numbers {
    fn table(&mut self) -> usize {
        self.table += 1;
        self.table
    }

    fn figure(&mut self) -> usize {
        self.figure += 1;
        self.figure
    }
}

/// All that the page says of the runs.
pub(super) fn document(title: &str, study: &Study) -> Result<Document> {
    let mut numbers = Numbers { table: 4, figure: 5 };
    let mut sections = vec![summary::section(study)];
    if !study.runs.is_empty() {
        sections.push(Section::new("In one table", vec![Block::Table(brief::table(study))]));
    }
    sections.push(data::section(study, &mut numbers));
    sections.push(comparison::section(study, &mut numbers));
    sections.extend(changes::section(study, &mut numbers)?);
    sections.push(folds::section(study, &mut numbers)?);
    sections.push(leak::section(study, &mut numbers)?);
    for judged in &study.runs {
        sections.extend(run::sections(judged, &mut numbers)?);
    }
    sections.push(repeat::section(study, &mut numbers));
    Ok(Document { title: title.to_owned(), sections })
}

/// Headings of columns: the first of words, the others of numbers.
fn columns(first: &str, numbers: &[&str]) -> Vec<Column> {
    let numbers = numbers.iter().map(|name| Column::numbers(*name));
    std::iter::once(Column::words(first)).chain(numbers).collect()
}

/// What to do where a run is missing.
fn missing(what: &str, network: &str, protocol: Protocol) -> Block {
    let line = Line::from(format!("{what}: no finished fold of {network} under the protocol "));
    Block::Text(line.code(protocol.word()).plain(" on test songs yet; run it to fill this place."))
}
