//! Learning curves: what each epoch of each fold came to.

use plotters::prelude::*;

use super::axes::{Axes, Plot, share_range};
use super::legend::{Entry, Mark, dot, legend};
use super::{Area, BLUE, Drawing, Drawn, INK, VERMILION, draw};
use crate::error::Result;
use crate::results::{EpochRecord, FoldResult, Run};

/// A figure of an epoch, where there is one.
type Figure = fn(&EpochRecord) -> Option<f64>;

const TRAINING: Figure = |epoch| Some(epoch.training_loss);
const VALIDATION: Figure = |epoch| epoch.validation.map(|validation| validation.loss);
const ACCURACY: Figure = |epoch| epoch.validation.map(|validation| validation.accuracy);

/// Draws the losses of all folds, with a dot at each fold's best epoch; none without an epoch.
pub(in crate::report) fn losses(run: &Run) -> Result<Option<Drawing>> {
    let most = values(run, TRAINING).chain(values(run, VALIDATION)).fold(0.0, f64::max);
    if most <= 0.0 {
        return Ok(None);
    }
    draw(700, 320, |root| paint_losses(root, run, most)).map(Some)
}

/// Draws the validation accuracy of all folds; none where nothing was validated.
pub(in crate::report) fn accuracies(run: &Run) -> Result<Option<Drawing>> {
    if values(run, ACCURACY).next().is_none() {
        return Ok(None);
    }
    draw(700, 240, |root| paint_accuracies(root, run)).map(Some)
}

fn paint_losses(root: &Area, run: &Run, most: f64) -> Drawn {
    let entries = [
        Entry { name: "training", colour: BLUE, mark: Mark::Line, lone: false },
        Entry { name: "validation", colour: VERMILION, mark: Mark::Line, lone: false },
        Entry { name: "best epoch of a fold", colour: INK, mark: Mark::Circle, lone: true },
    ];
    legend(root, 68.0, 20.0, &entries)?;
    let y = 0.0..1.05 * most;
    let digits = if most < 1.0 { 2 } else { 1 };
    let axes = Axes { x_name: "Epoch", x: (1, epochs(run)), y_name: "Loss, nats", y, digits, top: 36.0 };
    let mut plot = axes.draw(root)?;
    lines(&mut plot, run, TRAINING, BLUE)?;
    lines(&mut plot, run, VALIDATION, VERMILION)?;
    best(root, &plot, run, VALIDATION)
}

fn paint_accuracies(root: &Area, run: &Run) -> Drawn {
    let entries = [
        Entry { name: "validation accuracy", colour: VERMILION, mark: Mark::Line, lone: false },
        Entry { name: "best epoch of a fold", colour: INK, mark: Mark::Circle, lone: true },
    ];
    legend(root, 68.0, 20.0, &entries)?;
    let y = share_range(values(run, ACCURACY));
    let axes = Axes { x_name: "Epoch", x: (1, epochs(run)), y_name: "Accuracy", y, digits: 2, top: 36.0 };
    let mut plot = axes.draw(root)?;
    lines(&mut plot, run, ACCURACY, VERMILION)?;
    best(root, &plot, run, ACCURACY)
}

/// One thin line for each fold.
fn lines(plot: &mut Plot, run: &Run, figure: Figure, colour: RGBColor) -> Drawn {
    for fold in &run.folds {
        plot.draw_series(LineSeries::new(points(fold, figure), colour.mix(0.55).stroke_width(3)))?;
    }
    Ok(())
}

/// The dots at which training was stopped in hindsight.
fn best(root: &Area, plot: &Plot, run: &Run, figure: Figure) -> Drawn {
    for fold in &run.folds {
        let here = |(epoch, _): &(i32, f64)| *epoch == fold.best_epoch as i32;
        for point in points(fold, figure).filter(here) {
            dot(Mark::Circle, plot.backend_coord(&point), INK, |shape| root.draw(&shape))?;
        }
    }
    Ok(())
}

fn points(fold: &FoldResult, figure: Figure) -> impl Iterator<Item = (i32, f64)> {
    let point = move |epoch: &EpochRecord| Some((epoch.epoch as i32, figure(epoch)?));
    fold.history.iter().filter_map(point).filter(|(_, value)| value.is_finite())
}

fn values(run: &Run, figure: Figure) -> impl Iterator<Item = f64> {
    run.folds.iter().flat_map(move |fold| points(fold, figure)).map(|(_, value)| value)
}

fn epochs(run: &Run) -> i32 {
    run.folds.iter().flat_map(|fold| &fold.history).map(|epoch| epoch.epoch as i32).max().unwrap_or(1)
}
