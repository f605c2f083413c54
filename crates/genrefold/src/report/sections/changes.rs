//! What each run does differently from the first of its split, and what came of it: the table of an ablation.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Numbers;
use crate::error::Result;
use crate::report::document::{Block, Column, Line, Section, Table};
use crate::report::study::{Judged, Study};
use crate::report::words;
use crate::results::{Comparison, Level, compare};

/// All comparisons are made on whole tracks by the mean of their clips, whatever the runs' own levels are.
const LEVEL: Level = Level::Mean;
/// Settings that say how a run is divided and shown, and not what is learned.
const SHOWN: &str = "study.";

/// A table for each split that several runs share; none where there is no such split.
pub(super) fn section(study: &Study, numbers: &mut Numbers) -> Result<Option<Section>> {
    let mut groups: Vec<Vec<&Judged>> = Vec::new();
    for judged in &study.runs {
        match groups.iter_mut().find(|group| comparable(group[0], judged)) {
            Some(group) => group.push(judged),
            None => groups.push(vec![judged]),
        }
    }
    let several = groups.iter().filter(|group| group.len() > 1);
    let tables = several.map(|group| Ok(Block::Table(table(group, numbers.table())?)));
    let tables = tables.collect::<Result<Vec<_>>>()?;
    Ok((!tables.is_empty()).then(|| Section::new("Run against run", tables)))
}

/// Whether two runs learned from and judged the same songs.
fn comparable(one: &Judged, other: &Judged) -> bool {
    let (one, other) = (one.manifest(), other.manifest());
    one.split == other.split && one.genres == other.genres && one.judged() == other.judged()
}

fn table(group: &[&Judged], number: usize) -> Result<Table> {
    let first = group[0];
    let caption = Line::from(format!("Table {number}: runs of one split beside "))
        .strong(words::shown(&first.manifest().name))
        .plain(
            ", their first: whole tracks by mean probability, the tracks of all finished folds as one set; \
             differences in points over the tracks and folds that both have; p by McNemar's exact test",
        );
    let numbers = ["Accuracy", "Macro F1", "Log loss", "Accuracy, more", "Macro F1, more", "p"];
    let mut columns = vec![Column::words("Run"), Column::words("Differs in")];
    columns.extend(numbers.map(Column::numbers));
    let rows = group.iter().map(|judged| row(first, judged)).collect::<Result<Vec<_>>>()?;
    Ok(Table::new(caption, columns, rows))
}

fn row(first: &Judged, judged: &Judged) -> Result<Vec<Line>> {
    let scores = judged.summary.pooled.at(LEVEL);
    let mut row = vec![judged.name(), differences(first, judged)];
    row.push(words::percent(scores.accuracy).into());
    row.push(words::percent(scores.f1).into());
    row.push(format!("{:.3}", scores.log_loss).into());
    if std::ptr::eq(first, judged) {
        row.extend(["", "", ""].map(Line::from));
        return Ok(row);
    }
    let found = compare(judged.run, first.run, Some(LEVEL))?;
    row.push(points(over_tracks(&found)).into());
    row.push(points(over_folds(&found)).into());
    row.push(chance(found.tracks.p).into());
    Ok(row)
}

/// How much more of the common tracks the first run of the comparison has right.
fn over_tracks(found: &Comparison) -> f64 {
    let table = found.tracks;
    let all = table.both_right + table.only_first + table.only_second + table.both_wrong;
    (table.only_first as f64 - table.only_second as f64) / all.max(1) as f64
}

/// The mean over the common folds of the difference in macro F1.
fn over_folds(found: &Comparison) -> f64 {
    let differences = found.folds.iter().map(|fold| fold.f1.difference);
    differences.sum::<f64>() / found.folds.len().max(1) as f64
}

/// A p value as it is usually written.
fn chance(p: f64) -> String {
    if p < 0.001 { "< 0.001".into() } else { format!("{p:.3}") }
}

/// A difference of shares with its sign, in points.
fn points(difference: f64) -> String {
    format!("{:+.1}", 100.0 * difference).replace('-', "−")
}

/// The settings in which a run differs, as in a configuration: each a word of its own, so that a page can break
/// the line between two.
fn differences(first: &Judged, judged: &Judged) -> Line {
    let settings = |judged: &Judged| {
        let mut found = BTreeMap::new();
        flat("", &judged.manifest().settings, &mut found);
        found
    };
    let (old, new) = (settings(first), settings(judged));
    let changed: Vec<_> =
        new.iter().filter(|(key, value)| !key.starts_with(SHOWN) && old.get(*key) != Some(value)).collect();
    let of_another_kind = |key: &str| changed.iter().any(|(other, _)| decides(other, key));
    let left_out = old.keys().filter(|key| !new.contains_key(*key) && !of_another_kind(key));
    let said = changed.iter().map(|(key, value)| format!("{key} = {value}"));
    let said = said.chain(left_out.map(|key| format!("no {key}")));
    said.enumerate().fold(Line::default(), |line, (index, setting)| {
        let line = if index == 0 { line } else { line.plain(", ") };
        line.code(setting)
    })
}

/// Whether a setting says of what kind its part is, such as `network.encoder.kind`, and so which settings, such as
/// `network.encoder.layers`, the part has at all.
fn decides(setting: &str, other: &str) -> bool {
    setting.strip_suffix("kind").is_some_and(|part| part.ends_with('.') && other.starts_with(part))
}

/// Settings by their dotted names.
fn flat(key: &str, value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(inner) => inner.iter().for_each(|(name, value)| {
            let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
            flat(&key, value, found);
        }),
        other => {
            found.insert(key.to_owned(), other.to_string());
        }
    }
}
