//! Figures 3 to 5: how the figures differ from fold to fold, and the same for every other run.

use super::comparison::{LSTM, TRANSFORMER};
use super::{Numbers, missing};
use crate::error::Result;
use crate::evaluation::Protocol;
use crate::report::document::{Block, Figure, Line, Section};
use crate::report::plots;
use crate::report::study::{Judged, Study};
use crate::report::words;
use crate::results::Level;

/// The report's figures: number, network, protocol, level.
const REPORTED: [(usize, &str, Protocol, Level); 3] = [
    (3, TRANSFORMER, Protocol::Clip, Level::Clip),
    (4, LSTM, Protocol::Clip, Level::Clip),
    (5, TRANSFORMER, Protocol::Track, Level::Vote),
];

pub(super) fn section(study: &Study, numbers: &mut Numbers) -> Result<Section> {
    let explained = "Only finished folds are drawn. Where genres are equally frequent, recall is the accuracy and \
                     the two lines lie on each other. The height of the axis follows the figures.";
    let mut blocks = vec![Block::Text(explained.into())];
    let mut shown: Vec<&Judged> = Vec::new();
    for (number, network, protocol, level) in REPORTED {
        match study.like_the_reports(network, protocol) {
            Some(judged) => {
                shown.push(judged);
                blocks.push(figure(number, judged, level)?);
            }
            None => blocks.push(missing(&format!("Figure {number}"), network, protocol)),
        }
    }
    for judged in &study.runs {
        if !shown.iter().any(|other| std::ptr::eq(*other, judged)) {
            blocks.push(figure(numbers.figure(), judged, judged.manifest().level)?);
        }
    }
    Ok(Section::new("From fold to fold", blocks))
}

fn figure(number: usize, judged: &Judged, level: Level) -> Result<Block> {
    let manifest = judged.manifest();
    let (network, name) = (words::shown(&manifest.network), words::shown(&manifest.name));
    let caption = Line::from(format!("Figure {number}: {network}, run {name}, protocol "))
        .code(manifest.protocol.word())
        .leaky(judged.leaky())
        .plain(format!(", {}, {}", words::level(level), judged.progress()));
    let mean = words::percent_over(judged.measures(level).accuracy, judged.folds());
    let leaky = if judged.leaky() { ", leaky" } else { "" };
    let label = format!(
        "Line chart of accuracy, precision, recall and F1 over the folds of run {name} ({network}, protocol \
         {}{leaky}) on {}; mean accuracy {mean}",
        manifest.protocol,
        words::level(level),
    );
    let drawing = plots::folds::metrics(judged.run, level)?;
    Ok(Block::Figure(Figure { number, caption, label, drawing }))
}
