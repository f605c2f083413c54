//! Tables 2 to 4 beside the report's, and all runs on all levels.

use super::{Numbers, columns, missing};
use crate::evaluation::Protocol;
use crate::report::document::{Block, Column, Line, Section, Table};
use crate::report::published::{Figures, TABLE_2, TABLE_3, TABLE_4};
use crate::report::study::{Judged, Study};
use crate::report::words;
use crate::results::{Level, Measure};

pub(super) const TRANSFORMER: &str = "RGLUformer";
pub(super) const LSTM: &str = "RGLU-LSTM";

/// A column of our figures: a run on a level.
type Ours<'s> = (&'s Judged<'s>, Level);

pub(super) fn section(study: &Study, numbers: &mut Numbers) -> Section {
    let mut blocks =
        vec![clips(study, 2, TRANSFORMER, &TABLE_2), clips(study, 3, LSTM, &TABLE_3), songs(study)];
    if !study.runs.is_empty() {
        blocks.push(Block::Table(all(study, numbers.table())));
    }
    Section::new("Beside the report", blocks)
}

fn clips(study: &Study, number: usize, network: &str, report: &Figures) -> Block {
    let Some(judged) = study.like_the_reports(network, Protocol::Clip) else {
        return missing(&format!("Table {number}"), network, Protocol::Clip);
    };
    let note = if number == 3 { "; the report's own caption names RGLUformer by mistake" } else { "" };
    let caption = Line::from(format!("Table {number}: {network}, clips divided, single clips"))
        .leaky(true)
        .plain(format!("; means over {}{note}", judged.progress()));
    Block::Table(beside(caption, report, &[(judged, Level::Clip)]))
}

fn songs(study: &Study) -> Block {
    let Some(judged) = study.like_the_reports(TRANSFORMER, Protocol::Track) else {
        return missing("Table 4", TRANSFORMER, Protocol::Track);
    };
    let lstm = study.like_the_reports(LSTM, Protocol::Track);
    let runs = [Some(judged), lstm].into_iter().flatten();
    let ours: Vec<Ours> = runs.flat_map(|run| [(run, Level::Vote), (run, Level::Mean)]).collect();
    let mut caption =
        format!("Table 4: {TRANSFORMER}, whole tracks held out; means over {}", judged.progress());
    if let Some(lstm) = lstm {
        caption.push_str(&format!(" ({LSTM}: {})", lstm.progress()));
    }
    Block::Table(beside(caption.into(), &TABLE_4, &ours))
}

/// The report's four figures beside ours.
fn beside(caption: Line, report: &Figures, ours: &[Ours]) -> Table {
    let heading = |(judged, level): &Ours| {
        let network = words::shown(&judged.manifest().network);
        Column::numbers(Line::from(format!("{network}, {}", level.word())).leaky(judged.leaky()))
    };
    let mut columns = vec![Column::words("Mean over folds"), Column::numbers("Report")];
    columns.extend(ours.iter().map(heading));
    let row = |name: &str, figure: f64, of: fn(&Judged, Level) -> Measure| {
        let mut row = vec![Line::from(name), words::decimal(figure).into()];
        row.extend(ours.iter().map(|(run, level)| words::decimal_over(of(run, *level), run.folds()).into()));
        row
    };
    let rows = vec![
        row("Accuracy", report.accuracy, |run, level| run.measures(level).accuracy),
        row("Precision", report.precision, |run, level| run.measures(level).precision),
        row("Recall", report.recall, |run, level| run.measures(level).recall),
        row("F1", report.f1, |run, level| run.measures(level).f1),
    ];
    Table::new(caption, columns, rows)
}

fn all(study: &Study, number: usize) -> Table {
    let names = ["Accuracy", "Precision", "Recall", "F1", "Log loss", "Calibration"];
    let mut columns = columns("Run", &names);
    columns.splice(1..1, ["Network", "Protocol", "Folds", "Level"].map(Column::words));
    let rows = study.runs.iter().flat_map(|run| Level::ALL.map(|level| figures(run, level))).collect();
    let caption = format!(
        "Table {number}: all runs on all levels, mean and deviation over folds; log loss in nats, calibration as \
         expected error"
    );
    Table::new(caption, columns, rows)
}

fn figures(judged: &Judged, level: Level) -> Vec<Line> {
    let manifest = judged.manifest();
    let means = judged.measures(level);
    let mut row = vec![
        Line::from(words::shown(&manifest.name)),
        words::shown(&manifest.network).into(),
        Line::default().code(manifest.protocol.word()).leaky(judged.leaky()),
        format!("{}\u{a0}of\u{a0}{}", judged.folds(), judged.manifest().folds).into(),
        level.word().into(),
    ];
    let figures =
        [means.accuracy, means.precision, means.recall, means.f1, means.log_loss, means.calibration_error];
    row.extend(figures.map(|figure| words::brief_over(figure, judged.folds()).into()));
    row
}
