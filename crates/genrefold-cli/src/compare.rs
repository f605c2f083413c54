//! `genrefold compare`: whether one run is better than another by more than chance.

use std::process::ExitCode;

use anyhow::Result;
use genrefold::results::{Comparison, Run, compare};

use crate::args::CompareArgs;
use crate::output;
use crate::words::percent;

/// Runs the command.
///
/// # Errors
/// [`genrefold::Error`] for folders that hold no run, or runs that cannot be compared.
pub fn run(args: &CompareArgs) -> Result<ExitCode> {
    let (first, second) = (Run::load(&args.first)?, Run::load(&args.second)?);
    let comparison = compare(&first, &second, args.level.map(Into::into))?;
    let text = if args.json { serde_json::to_string_pretty(&comparison)? + "\n" } else { page(&comparison) };
    output::print(&text, "comparison")
}

fn page(comparison: &Comparison) -> String {
    let (folds, tracks) = (fold_table(comparison), track_table(comparison));
    [comparison.sentence() + "\n", folds, tracks]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

/// A line a fold: accuracy of both, the difference in points, and that of macro F1.
fn fold_table(comparison: &Comparison) -> String {
    if comparison.folds.is_empty() {
        return String::new();
    }
    let header =
        format!("{:>4}  {:>8}  {:>8}  {:>10}  {:>10}", "fold", "first", "second", "difference", "macro F1");
    let lines = comparison.folds.iter().map(|pair| {
        let (accuracy, f1) = (pair.accuracy, pair.f1);
        let (first, second) = (percent(accuracy.first), percent(accuracy.second));
        let (difference, f1) = (points(accuracy.difference), points(f1.difference));
        format!("{:>4}  {first:>8}  {second:>8}  {difference:>10}  {f1:>10}", pair.fold)
    });
    let mean = comparison.accuracy.as_ref().zip(comparison.f1.as_ref()).map(|(accuracy, f1)| {
        let (difference, f1) = (points(accuracy.mean), points(f1.mean));
        format!("{:>4}  {:>8}  {:>8}  {difference:>10}  {f1:>10}", "mean", "", "")
    });
    std::iter::once(header).chain(lines).chain(mean).map(|line| line + "\n").collect()
}

/// How the common tracks were judged: the first run's verdicts in rows, the second's in columns.
fn track_table(comparison: &Comparison) -> String {
    let tracks = &comparison.tracks;
    let row = |name: &str, right: &str, wrong: &str| format!("{name:<12}  {right:>12}  {wrong:>12}\n");
    row("tracks", "second right", "second wrong")
        + &row("first right", &tracks.both_right.to_string(), &tracks.only_first.to_string())
        + &row("first wrong", &tracks.only_second.to_string(), &tracks.both_wrong.to_string())
}

/// A difference of shares in points with its sign; a difference that rounds to nothing has none.
fn points(difference: f64) -> String {
    let text = format!("{:+.1}", 100.0 * difference);
    if ["+0.0", "-0.0"].contains(&text.as_str()) { "0.0".into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_has_a_sign_unless_it_is_nothing() {
        assert_eq!([0.017, -0.017, 0.0001, -0.0001].map(points), ["+1.7", "-1.7", "0.0", "0.0"]);
    }
}
