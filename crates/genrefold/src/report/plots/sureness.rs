//! How probable the winners are: a bar for each tenth, songs that the model calls unsure apart.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::{BLUE, Drawing, GREY, INK, ORANGE, PALE, draw, px, style};
use crate::error::Result;

const WIDTH: f64 = 700.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 20.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 50.0;
const TENTHS: usize = 10;

/// Sure and unsure songs of each tenth of the probability.
pub(in crate::report) type Tenths = [[usize; 2]; TENTHS];

/// Counts songs: the winner's probability, and whether the answer is unsure.
pub(in crate::report) fn tenths(songs: impl Iterator<Item = (f32, bool)>) -> Tenths {
    let mut tenths = [[0; 2]; TENTHS];
    for (probability, unsure) in songs {
        let tenth = ((probability * TENTHS as f32) as usize).min(TENTHS - 1);
        tenths[tenth][usize::from(unsure)] += 1;
    }
    tenths
}

/// Draws the bars.
pub(in crate::report) fn sureness(tenths: &Tenths) -> Result<Drawing> {
    let most = tenths.iter().map(|[sure, unsure]| sure + unsure).max().unwrap_or(0).max(1);
    let step = (WIDTH - LEFT - RIGHT) / TENTHS as f64;
    let floor = HEIGHT - BOTTOM;
    let height = |count: usize| count as f64 / most as f64 * (floor - TOP);
    draw(WIDTH as u32, HEIGHT as u32, |root| {
        root.draw(&PathElement::new(
            [(px(LEFT), px(floor)), (px(WIDTH - RIGHT), px(floor))],
            PALE.stroke_width(3),
        ))?;
        for (tenth, [sure, unsure]) in tenths.iter().enumerate() {
            let x = LEFT + step * tenth as f64;
            let bar =
                |from: f64, to: f64| [(px(x + 4.0), px(floor - to)), (px(x + step - 4.0), px(floor - from))];
            root.draw(&Rectangle::new(bar(0.0, height(*sure)), BLUE.mix(0.7).filled()))?;
            root.draw(&Rectangle::new(bar(height(*sure), height(sure + unsure)), ORANGE.mix(0.8).filled()))?;
            let middle = px(x + step / 2.0);
            if sure + unsure > 0 {
                let above = px(floor - height(sure + unsure) - 9.0);
                let text = style(12.0, INK, HPos::Center, VPos::Center);
                root.draw(&Text::new((sure + unsure).to_string(), (middle, above), text))?;
            }
            let text = style(12.0, GREY, HPos::Center, VPos::Center);
            let range = format!("{}–{} %", 10 * tenth, 10 * (tenth + 1));
            root.draw(&Text::new(range, (middle, px(floor + 14.0)), text))?;
        }
        let name = style(12.5, INK, HPos::Center, VPos::Center);
        root.draw(&Text::new(
            "Probability of the likeliest genre",
            (px(WIDTH / 2.0), px(HEIGHT - 14.0)),
            name,
        ))
    })
}
