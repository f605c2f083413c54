//! One run in detail: how it learned, what it took for what, its folds, and where it was surely wrong.

use super::{Numbers, columns, genres};
use crate::error::Result;
use crate::evaluation::{Confusion, Probabilities, Voting};
use crate::report::document::{Block, Column, Figure, Line, Section, Table};
use crate::report::plots::{Drawing, curves, heat};
use crate::report::study::Judged;
use crate::report::words;
use crate::results::{FoldResult, SideCounts};

/// How many tracks are listed.
const MOST_WRONG: usize = 20;

pub(super) fn sections(judged: &Judged, numbers: &mut Numbers) -> Result<Vec<Section>> {
    let network = words::shown(&judged.manifest().network);
    let title = Line::from(format!("Run {}", words::shown(&judged.manifest().name))).leaky(judged.leaky());
    let about = Line::from(format!("{network}, protocol "))
        .code(judged.manifest().protocol.word())
        .leaky(judged.leaky())
        .plain(format!(", {}; {}.", words::protocol(judged.manifest().protocol), judged.progress()));
    Ok(vec![
        Section::new(title, vec![Block::Text(about), Block::Table(folds(judged, numbers.table()))]),
        Section::part("Learning", learning(judged, numbers)?),
        Section::part("What was taken for what", confusion(judged, numbers)?),
        Section::part("Genre by genre", genres::blocks(judged, numbers)?),
        Section::part("Surest mistakes", mistakes(judged, numbers)?),
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
    let mut picture = |what: &str, drawing: Drawing| {
        let number = numbers.figure();
        let caption = of(judged, format!("Figure {number}: {what}"));
        let (name, leaky) =
            (words::shown(&judged.manifest().name), if judged.leaky() { " (leaky)" } else { "" });
        let label = format!("Line chart of run {name}{leaky}: {what}");
        Block::Figure(Figure { number, caption, label, drawing })
    };
    let mut blocks = vec![picture("losses of each epoch, a thin line for each fold", losses)];
    if let Some(drawing) = curves::accuracies(judged.run)? {
        blocks.push(picture("accuracy on what is held out to stop by", drawing));
    }
    let note = "The dots are the epochs whose weights were judged: training stops when the validation has not got \
                better for a while, and goes back there.";
    blocks.push(Block::Text(note.into()));
    Ok(blocks)
}

fn confusion(judged: &Judged, numbers: &mut Numbers) -> Result<Vec<Block>> {
    let level = judged.manifest().level;
    let scores = judged.summary.pooled.at(level);
    let names = judged.genres();
    let number = numbers.figure();
    let what = format!(
        "the finished folds together, {}; counts, and shares of the true genre; empty is none",
        words::level(level)
    );
    let leaky = if judged.leaky() { "leaky, " } else { "" };
    let label = format!(
        "Heat map of {} true genres against said genres, {leaky}{} of {} right; the figures stand in the table below",
        names.len(),
        scores.confusion.right(),
        scores.confusion.total(),
    );
    let caption = of(judged, format!("Figure {number}: {what}"));
    let drawing = heat::confusion(&scores.confusion, &names)?;
    let counts =
        matrix(judged, &scores.confusion, numbers.table(), "in counts", |count, _| count.to_string());
    let shares =
        matrix(judged, &scores.confusion, numbers.table(), "in per cent of the true genre", |count, all| {
            format!("{:.1}", 100.0 * count as f64 / all.max(1) as f64)
        });
    Ok(vec![
        Block::Figure(Figure { number, caption, label, drawing }),
        Block::Table(counts),
        Block::Table(shares),
    ])
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

/// A track that was taken for another genre.
struct Mistake<'a> {
    path: &'a str,
    truth: usize,
    said: usize,
    probability: f32,
}

fn mistakes(judged: &Judged, numbers: &mut Numbers) -> Result<Vec<Block>> {
    let mut wrong = wrong(judged)?;
    if wrong.is_empty() {
        return Ok(vec![Block::Text("By mean probability every track was judged right.".into())]);
    }
    // Equal probabilities stand in the order of their paths.
    wrong.sort_by(|one, other| other.probability.total_cmp(&one.probability).then(one.path.cmp(other.path)));
    let all = wrong.len();
    wrong.truncate(MOST_WRONG);
    let names = judged.genres();
    let rows = wrong.iter().map(|mistake| row(mistake, &names)).collect();
    let mut columns = columns("Track", &["Probability"]);
    columns.splice(1..1, ["True genre", "Said genre"].map(Column::words));
    let what = format!(
        "Table {}: the {} surest of {}",
        numbers.table(),
        wrong.len(),
        words::counted(all, "mistake")
    );
    let note = "By the mean of a track's probabilities. The links lead to the songs where this page lies in their \
                folder.";
    Ok(vec![Block::Text(note.into()), Block::Table(Table::new(of(judged, what), columns, rows))])
}

fn row(mistake: &Mistake, names: &[String]) -> Vec<Line> {
    let name = |genre: usize| names.get(genre).cloned().unwrap_or_default();
    vec![
        Line::default().link(words::shown(mistake.path), words::link(mistake.path)),
        name(mistake.truth).into(),
        name(mistake.said).into(),
        words::percent(f64::from(mistake.probability)).into(),
    ]
}

fn wrong<'a>(judged: &'a Judged) -> Result<Vec<Mistake<'a>>> {
    let genres = judged.manifest().genres.len();
    let mut wrong = Vec::new();
    for track in &judged.tracks {
        let verdict = Voting::Mean.verdict(&Probabilities::from_rows(genres, &track.probabilities)?)?;
        if verdict.genre != track.genre {
            let probability = verdict.probabilities[verdict.genre];
            wrong.push(Mistake { path: &track.path, truth: track.genre, said: verdict.genre, probability });
        }
    }
    Ok(wrong)
}
