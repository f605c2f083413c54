//! The leak made visible: for each network and level, clips divided beside whole songs held out.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::legend::{Entry, Mark, legend};
use super::{Area, BLUE, Drawing, Drawn, GREY, INK, ORANGE, PALE, draw, px, short, style};
use crate::error::Result;
use crate::results::Measure;

const GROUP: f64 = 150.0;
const BAR: f64 = 48.0;
const LEFT: f64 = 56.0;
const TOP: f64 = 56.0;
const HEIGHT: f64 = 240.0;

/// Two bars side by side.
pub(in crate::report) struct Group {
    /// The network.
    pub network: String,
    /// What the bars are computed on.
    pub level: &'static str,
    /// Accuracy with clips divided.
    pub clips: Measure,
    /// Accuracy with whole songs held out.
    pub songs: Measure,
}

/// Draws the groups from left to right.
pub(in crate::report) fn leak(groups: &[Group]) -> Result<Drawing> {
    let width = LEFT + GROUP * (groups.len().max(3) as f64) + 24.0;
    draw(width as u32, (TOP + HEIGHT + 56.0) as u32, |root| {
        let entries = [
            Entry { name: "clips divided (leaky)", colour: ORANGE, mark: Mark::Block, lone: false },
            Entry { name: "whole songs held out", colour: BLUE, mark: Mark::Block, lone: false },
        ];
        legend(root, LEFT, 18.0, &entries)?;
        scale(root, width)?;
        groups
            .iter()
            .enumerate()
            .try_for_each(|(index, group)| paint(root, LEFT + GROUP * (index as f64 + 0.5), group))
    })
}

fn height(share: f64) -> f64 {
    TOP + HEIGHT * (1.0 - share)
}

fn scale(root: &Area, width: f64) -> Drawn {
    for fifth in 0..=5 {
        let share = f64::from(fifth) / 5.0;
        let y = px(height(share));
        root.draw(&PathElement::new([(px(LEFT), y), (px(width - 16.0), y)], PALE.stroke_width(2)))?;
        let text = style(12.0, INK, HPos::Right, VPos::Center);
        root.draw(&Text::new(format!("{:.0} %", 100.0 * share), (px(LEFT - 8.0), y), text))?;
    }
    Ok(())
}

fn paint(root: &Area, centre: f64, group: &Group) -> Drawn {
    bar(root, centre - BAR / 2.0 - 3.0, group.clips, ORANGE)?;
    bar(root, centre + BAR / 2.0 + 3.0, group.songs, BLUE)?;
    let text = |colour| style(12.5, colour, HPos::Center, VPos::Center);
    root.draw(&Text::new(short(&group.network), (px(centre), px(TOP + HEIGHT + 16.0)), text(INK)))?;
    root.draw(&Text::new(group.level, (px(centre), px(TOP + HEIGHT + 34.0)), text(GREY)))
}

/// A bar with its deviation over folds and its figure above both.
fn bar(root: &Area, x: f64, measure: Measure, colour: RGBColor) -> Drawn {
    let (low, high) = (measure.mean - measure.deviation, measure.mean + measure.deviation);
    let corners = [(px(x - BAR / 2.0), px(height(measure.mean))), (px(x + BAR / 2.0), px(height(0.0)))];
    root.draw(&Rectangle::new(corners, colour.mix(0.85).filled()))?;
    if measure.deviation > 0.0 {
        let ends = [low.max(0.0), high.min(1.0)].map(height);
        root.draw(&PathElement::new([(px(x), px(ends[0])), (px(x), px(ends[1]))], INK.stroke_width(3)))?;
        for y in ends {
            root.draw(&PathElement::new([(px(x - 5.0), px(y)), (px(x + 5.0), px(y))], INK.stroke_width(3)))?;
        }
    }
    let text = style(12.5, INK, HPos::Center, VPos::Center);
    let above = height(high.min(1.0)) - 11.0;
    root.draw(&Text::new(format!("{:.1} %", 100.0 * measure.mean), (px(x), px(above)), text))
}
