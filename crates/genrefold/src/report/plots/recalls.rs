//! How many tracks of each genre were found, and how far that can be trusted: lying bars with intervals.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::{Area, BLUE, Drawing, Drawn, GREY, INK, PALE, draw, longest, px, short, style};
use crate::error::Result;
use crate::evaluation::Interval;

const WIDTH: f64 = 700.0;
const ROW: f64 = 26.0;
const FONT_SIZE: f64 = 12.5;
const TOP: f64 = 12.0;
/// Room for the figure behind a bar.
const RIGHT: f64 = 130.0;

/// A genre's bar.
pub(in crate::report) struct Bar {
    /// The genre.
    pub name: String,
    /// Share of its tracks that were found.
    pub recall: f64,
    /// Its 95 % interval; none without a track.
    pub interval: Option<Interval>,
    /// Written behind the bar.
    pub note: String,
}

/// Draws a bar for each genre.
pub(in crate::report) fn recalls(bars: &[Bar]) -> Result<Drawing> {
    let names: Vec<String> = bars.iter().map(|bar| short(&bar.name)).collect();
    let left = longest(&names, FONT_SIZE) + 28.0;
    let bottom = TOP + ROW * bars.len() as f64;
    draw(WIDTH as u32, (bottom + 48.0) as u32, |root| {
        scale(root, left, bottom)?;
        for (index, (bar, name)) in bars.iter().zip(&names).enumerate() {
            paint(root, left, TOP + ROW * index as f64, bar, name)?;
        }
        Ok(())
    })
}

/// Where a share stands from left to right.
fn place(left: f64, share: f64) -> f64 {
    left + share * (WIDTH - left - RIGHT)
}

fn scale(root: &Area, left: f64, bottom: f64) -> Drawn {
    for fifth in 0..=5 {
        let share = f64::from(fifth) / 5.0;
        let x = px(place(left, share));
        root.draw(&PathElement::new([(x, px(TOP)), (x, px(bottom))], PALE.stroke_width(2)))?;
        let text = style(12.0, INK, HPos::Center, VPos::Center);
        root.draw(&Text::new(format!("{:.0} %", 100.0 * share), (x, px(bottom + 14.0)), text))?;
    }
    let name = style(FONT_SIZE, INK, HPos::Center, VPos::Center);
    root.draw(&Text::new(
        "Recall over tracks, 95 % interval",
        (px(place(left, 0.5)), px(bottom + 36.0)),
        name,
    ))
}

fn paint(root: &Area, left: f64, y: f64, bar: &Bar, name: &str) -> Drawn {
    let middle = px(y + ROW / 2.0);
    let label = style(FONT_SIZE, INK, HPos::Right, VPos::Center);
    root.draw(&Text::new(name.to_owned(), (px(left - 8.0), middle), label))?;
    let corners = [(px(left), px(y + 4.0)), (px(place(left, bar.recall)), px(y + ROW - 4.0))];
    root.draw(&Rectangle::new(corners, BLUE.mix(0.55).filled()))?;
    let note = style(12.0, GREY, HPos::Left, VPos::Center);
    root.draw(&Text::new(bar.note.clone(), (px(place(left, 1.0) + 12.0), middle), note))?;
    bar.interval.map_or(Ok(()), |interval| whisker(root, left, y + ROW / 2.0, interval))
}

fn whisker(root: &Area, left: f64, y: f64, interval: Interval) -> Drawn {
    let ends = [place(left, interval.low), place(left, interval.high)];
    let line = |from: (f64, f64), to: (f64, f64)| {
        let path = [(px(from.0), px(from.1)), (px(to.0), px(to.1))];
        root.draw(&PathElement::new(path, INK.stroke_width(3)))
    };
    line((ends[0], y), (ends[1], y))?;
    ends.iter().try_for_each(|&x| line((x, y - 5.0), (x, y + 5.0)))
}
