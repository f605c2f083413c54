//! The report's figures 3 to 5: four figures over the folds.

use plotters::prelude::*;

use super::axes::{Axes, Plot, share_range};
use super::legend::{Entry, Mark, dot, legend};
use super::{Area, BLUE, Drawing, Drawn, GREEN, ORANGE, VERMILION, draw};
use crate::error::Result;
use crate::evaluation::Scores;
use crate::results::{Level, Run};

/// One of the four lines.
struct Kind {
    name: &'static str,
    of: fn(&Scores) -> f64,
    colour: RGBColor,
    mark: Mark,
    width: u32,
}

// Recall first and broad: where genres are equally frequent it is the accuracy, which is then drawn over it.
const KINDS: [Kind; 4] = [
    Kind { name: "Recall", of: |scores| scores.recall, colour: ORANGE, mark: Mark::Square, width: 10 },
    Kind { name: "Precision", of: |scores| scores.precision, colour: GREEN, mark: Mark::Triangle, width: 4 },
    Kind { name: "F1", of: |scores| scores.f1, colour: VERMILION, mark: Mark::Diamond, width: 4 },
    Kind { name: "Accuracy", of: |scores| scores.accuracy, colour: BLUE, mark: Mark::Circle, width: 4 },
];

/// Draws accuracy, precision, recall and F1 of the finished folds on a level.
pub(in crate::report) fn metrics(run: &Run, level: Level) -> Result<Drawing> {
    draw(700, 340, |root| paint(root, run, level))
}

fn paint(root: &Area, run: &Run, level: Level) -> Drawn {
    let mut entries =
        KINDS.map(|kind| Entry { name: kind.name, colour: kind.colour, mark: kind.mark, lone: false });
    // What is drawn last lies on top and is named first.
    entries.reverse();
    legend(root, 68.0, 20.0, &entries)?;
    let scores = || run.folds.iter().map(|fold| (fold.fold as i32, fold.scores.at(level)));
    let last = scores().map(|(fold, _)| fold).max().unwrap_or(1).max(run.manifest.folds as i32);
    let y = share_range(scores().flat_map(|(_, scores)| KINDS.map(|kind| (kind.of)(scores))));
    let axes = Axes { x_name: "Fold", x: (1, last), y_name: "Share", y, digits: 2, top: 36.0 };
    let mut plot = axes.draw(root)?;
    for kind in KINDS {
        let points: Vec<(i32, f64)> = scores().map(|(fold, scores)| (fold, (kind.of)(scores))).collect();
        line(root, &mut plot, &kind, &points)?;
    }
    Ok(())
}

fn line(root: &Area, plot: &mut Plot, kind: &Kind, points: &[(i32, f64)]) -> Drawn {
    let style = kind.colour.mix(0.8).stroke_width(kind.width);
    // A fold that is not finished breaks the line.
    for stretch in points.chunk_by(|one, next| next.0 == one.0 + 1) {
        plot.draw_series(LineSeries::new(stretch.iter().copied(), style))?;
    }
    for point in points {
        dot(kind.mark, plot.backend_coord(point), kind.colour, |shape| root.draw(&shape))?;
    }
    Ok(())
}
