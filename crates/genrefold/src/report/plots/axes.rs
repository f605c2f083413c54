//! Axes and grid of the plots over folds and epochs.

use std::ops::Range;

use plotters::coord::types::{RangedCoordf64, RangedCoordi32};
use plotters::prelude::*;

use super::{Area, Drawn, GREY, INK, PALE, font, px};

/// A plot over whole numbers.
pub(super) type Plot<'a> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<RangedCoordi32, RangedCoordf64>>;

/// What stands on the axes.
pub(super) struct Axes<'a> {
    /// What is counted from left to right.
    pub x_name: &'a str,
    /// The first and last number that get a label; the plot reaches one further on both sides.
    pub x: (i32, i32),
    /// What rises.
    pub y_name: &'a str,
    /// From the lower edge to the upper.
    pub y: Range<f64>,
    /// Digits behind the point.
    pub digits: usize,
    /// Room for a legend at the top, shown pixels.
    pub top: f64,
}

impl Axes<'_> {
    /// Draws axes and grid.
    pub fn draw<'root>(&self, root: &Area<'root>) -> Drawn<Plot<'root>> {
        let (first, last) = self.x;
        let mut plot = ChartBuilder::on(root)
            .margin(px(8.0))
            .margin_top(px(self.top))
            .margin_right(px(16.0))
            .x_label_area_size(px(40.0))
            .y_label_area_size(px(58.0))
            .build_cartesian_2d(first - 1..last + 1, self.y.clone())?;
        self.grid(&mut plot)?;
        Ok(plot)
    }

    fn grid(&self, plot: &mut Plot) -> Drawn {
        let (first, last) = self.x;
        let counted = |x: &i32| if (first..=last).contains(x) { x.to_string() } else { String::new() };
        let measured = |y: &f64| format!("{y:.*}", self.digits);
        plot.configure_mesh()
            .disable_x_mesh()
            .x_labels(((last - first + 3) as usize).min(16))
            .y_labels(7)
            .y_max_light_lines(0)
            .bold_line_style(PALE.stroke_width(2))
            .axis_style(GREY.stroke_width(2))
            .x_label_formatter(&counted)
            .y_label_formatter(&measured)
            .label_style(font(12.0).color(&INK))
            .axis_desc_style(font(12.5).color(&INK))
            .x_desc(self.x_name)
            .y_desc(self.y_name)
            .draw()
    }
}

/// A range for shares that shows what differs: from a multiple of 0.05 below the least to one above the largest,
/// never beyond 0 and 1.
pub(super) fn share_range(values: impl Iterator<Item = f64>) -> Range<f64> {
    const STEP: f64 = 0.05;
    let finite = values.filter(|value| value.is_finite());
    let (least, most) =
        finite.fold((1.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    if least > most {
        return 0.0..1.0;
    }
    let low = ((least - 0.01) / STEP).floor() * STEP;
    let high = ((most + 0.01) / STEP).ceil() * STEP;
    low.max(0.0)..high.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_shares_holds_them_all_and_stays_within_zero_and_one() {
        let range = share_range([0.83, 0.91].into_iter());
        assert!((range.start - 0.8).abs() < 1e-9 && (range.end - 0.95).abs() < 1e-9, "{range:?}");
        assert_eq!(share_range([0.0, 1.0].into_iter()), 0.0..1.0);
        assert_eq!(share_range([1.0].into_iter()).end, 1.0);
        assert_eq!(share_range(std::iter::empty()), 0.0..1.0);
    }
}
