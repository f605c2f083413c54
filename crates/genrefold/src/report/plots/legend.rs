//! Which colour and mark is what: a row above a plot.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::{Area, Drawn, INK, px, style, width_of};

/// How points are marked, so that colour is not all that tells lines apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Mark {
    Circle,
    Square,
    Triangle,
    Diamond,
    /// A line without marks.
    Line,
    /// A filled block, for bars.
    Block,
}

/// An entry of the legend.
pub(super) struct Entry<'a> {
    pub name: &'a str,
    pub colour: RGBColor,
    pub mark: Mark,
    /// Whether the mark stands without a line through it.
    pub lone: bool,
}

const FONT_SIZE: f64 = 12.5;

/// Draws the entries in a row from `left`, around the height `middle`, both in shown pixels.
pub(super) fn legend(root: &Area, left: f64, middle: f64, entries: &[Entry]) -> Drawn {
    let mut x = left;
    for entry in entries {
        swatch(root, (x, middle), entry)?;
        let at = (px(x + 26.0), px(middle));
        root.draw(&Text::new(entry.name.to_owned(), at, style(FONT_SIZE, INK, HPos::Left, VPos::Center)))?;
        x += 26.0 + width_of(entry.name, FONT_SIZE) + 20.0;
    }
    Ok(())
}

fn swatch(root: &Area, (x, y): (f64, f64), entry: &Entry) -> Drawn {
    let Entry { colour, mark, lone, .. } = *entry;
    if mark == Mark::Block {
        let corners = [(px(x + 4.0), px(y - 6.0)), (px(x + 20.0), px(y + 6.0))];
        return root.draw(&Rectangle::new(corners, colour.filled()));
    }
    if !lone {
        root.draw(&PathElement::new([(px(x), px(y)), (px(x + 20.0), px(y))], colour.stroke_width(4)))?;
    }
    dot(mark, (px(x + 10.0), px(y)), colour, |shape| root.draw(&shape))
}

/// Draws a mark around a place in drawn pixels.
pub(super) fn dot(
    mark: Mark,
    (x, y): (i32, i32),
    colour: RGBColor,
    draw: impl FnOnce(Polygon<(i32, i32)>) -> Drawn,
) -> Drawn {
    let corners: &[(i32, i32)] = match mark {
        Mark::Line | Mark::Block => return Ok(()),
        Mark::Circle => &[(8, 0), (6, 6), (0, 8), (-6, 6), (-8, 0), (-6, -6), (0, -8), (6, -6)],
        Mark::Square => &[(-7, -7), (7, -7), (7, 7), (-7, 7)],
        Mark::Triangle => &[(0, -9), (9, 7), (-9, 7)],
        Mark::Diamond => &[(0, -10), (10, 0), (0, 10), (-10, 0)],
    };
    let corners: Vec<(i32, i32)> = corners.iter().map(|(dx, dy)| (x + dx, y + dy)).collect();
    draw(Polygon::new(corners, colour.filled()))
}
