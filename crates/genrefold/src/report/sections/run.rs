//! One run in detail: its folds, how it learned, and what it took for what.

use super::{Numbers, columns, genres, mistakes};
use crate::error::Result;
use crate::evaluation::Confusion;
use crate::report::document::{Block, Figure, Line, Section, Table};
use crate::report::plots::{Drawing, curves, heat};
use crate::report::study::Judged;
use crate::report::words;
use crate::results::{FoldResult, SideCounts};

/// Digits of a model's fingerprint that are shown.
const FINGERPRINT: usize = 12;

pub(super) fn sections(judged: &Judged, numbers: &mut Numbers) -> Result<Vec<Section>> {
    let network = words::shown(&judged.manifest().network);
    let title = Line::from(format!("Run {}", words::shown(&judged.manifest().name))).leaky(judged.leaky());
    let model: Option<String> =
        judged.manifest().fine_tuned_from.as_ref().map(|model| model.chars().take(FINGERPRINT).collect());
    let begun = model.map_or_else(String::new, |model| {
        format!(", every fold fine-tuned from the model {}", words::shown(&model))
    });
    let about = Line::from(format!("{network}, protocol "))
        .code(judged.manifest().protocol.word())
        .leaky(judged.leaky())
        .plain(format!(", {}{begun}; {}.", words::protocol(judged.manifest().protocol), judged.progress()));
    Ok(vec![
        Section::new(title, vec![Block::Text(about), Block::Table(folds(judged, numbers.table()))]),
        Section::part("Learning", learning(judged, numbers)?),
        Section::part("What was taken for what", confusion(judged, numbers)?),
        Section::part("Genre by genre", genres::blocks(judged, numbers)?),
        Section::part("Surest mistakes", mistakes::blocks(judged, numbers)?),
    ])
}

/// What a table or figure is of: the run with its mark.
pub(super) fn of(judged: &Judged, what: String) -> Line {
    Line::from(format!("{what}, run ")).and(judged.name())
}

fn folds(judged: &Judged, number: usize) -> Table {
    let level = judged.manifest().level;
    let names = ["Accuracy", "Precision", "Recall", "F1", "Best epoch", "Training", "Validation", "Test"];
    let row = |fold: &FoldResult| {
        let scores = fold.scores.at(level);
        let mut row = vec![fold.fold.to_string()];
        row.extend([scores.accuracy, scores.precision, scores.recall, scores.f1].map(words::decimal));
        row.push(fold.best_epoch.to_string());
        row.extend([fold.training, fold.validation, fold.test].map(side));
        row.into_iter().map(Line::from).collect()
    };
    let rows = judged.run.folds.iter().map(row).chain([means(judged)]).collect();
    let what =
        format!("Table {number}: the folds on {}, with tracks / clips on each side", words::level(level));
    Table { total: true, ..Table::new(of(judged, what), columns("Fold", &names), rows) }
}

fn side(counts: SideCounts) -> String {
    format!("{} / {}", counts.tracks, counts.clips)
}

/// The last row of the folds' table.
fn means(judged: &Judged) -> Vec<Line> {
    let means = judged.measures(judged.manifest().level);
    let figures = [means.accuracy, means.precision, means.recall, means.f1];
    let figures = figures.map(|figure| Line::from(words::decimal(figure.mean)));
    std::iter::once("Mean".into()).chain(figures).chain(["–"; 4].map(Line::from)).collect()
}

fn learning(judged: &Judged, numbers: &mut Numbers) -> Result<Vec<Block>> {
    let Some(losses) = curves::losses(judged.run)? else {
        return Ok(vec![Block::Text("No epoch was recorded.".into())]);
    };
    let mut blocks = vec![curve(judged, numbers, "losses of each epoch, a thin line for each fold", losses)];
    if let Some(drawing) = curves::accuracies(judged.run)? {
        blocks.push(curve(judged, numbers, "accuracy on what is held out to stop by", drawing));
    }
    let note = "The dots are the epochs whose weights were judged: training stops when the validation has not got \
                better for a while, and goes back there.";
    blocks.push(Block::Text(note.into()));
    Ok(blocks)
}

fn curve(judged: &Judged, numbers: &mut Numbers, what: &str, drawing: Drawing) -> Block {
    let number = numbers.figure();
    let caption = of(judged, format!("Figure {number}: {what}"));
    let leaky = judged.manifest().protocol.mark();
    let label = format!("Line chart of run {}{leaky}: {what}", words::shown(&judged.manifest().name));
    Block::Figure(Figure { number, caption, label, drawing })
}

fn confusion(judged: &Judged, numbers: &mut Numbers) -> Result<Vec<Block>> {
    let confusion = &judged.summary.pooled.at(judged.manifest().level).confusion;
    let figure = heat_map(judged, confusion, numbers.figure())?;
    let count = |count: u64, _| count.to_string();
    let share = |count: u64, all: u64| format!("{:.1}", 100.0 * count as f64 / all.max(1) as f64);
    let counts = matrix(judged, confusion, numbers.table(), "in counts", count);
    let shares = matrix(judged, confusion, numbers.table(), "in per cent of the true genre", share);
    Ok(vec![Block::Figure(figure), Block::Table(counts), Block::Table(shares)])
}

fn heat_map(judged: &Judged, confusion: &Confusion, number: usize) -> Result<Figure> {
    let names = judged.genres();
    let level = words::level(judged.manifest().level);
    let what =
        format!("the finished folds together, {level}; counts, and shares of the true genre; empty is none");
    let label = format!(
        "Heat map of {} true genres against said genres, {}{} of {} right; the figures stand in the table below",
        names.len(),
        if judged.leaky() { "leaky, " } else { "" },
        confusion.right(),
        confusion.total(),
    );
    let caption = of(judged, format!("Figure {number}: {what}"));
    Ok(Figure { number, caption, label, drawing: heat::confusion(confusion, &names)? })
}

fn matrix(
    judged: &Judged,
    confusion: &Confusion,
    number: usize,
    unit: &str,
    cell: impl Fn(u64, u64) -> String,
) -> Table {
    let names = judged.genres();
    let heads: Vec<&str> = names.iter().map(String::as_str).collect();
    let row = |(name, counts): (&String, &Vec<u64>)| {
        let all = counts.iter().sum();
        std::iter::once(name.clone())
            .chain(counts.iter().map(|&count| cell(count, all)))
            .map(Line::from)
            .collect()
    };
    let rows = names.iter().zip(confusion.rows()).map(row).collect();
    let caption = of(judged, format!("Table {number}: true genres against said genres {unit}"));
    Table { folded: true, ..Table::new(caption, columns("True genre", &heads), rows) }
}
