//! The confusion matrix as a heat map.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::{Area, BLUE, Drawing, Drawn, GREY, INK, PALE, draw, longest, px, short, style};
use crate::error::Result;
use crate::evaluation::Confusion;

/// Side of a cell, shown pixels: enough for a count above a percentage.
const CELL: f64 = 54.0;
const FONT_SIZE: f64 = 12.5;
/// Longer names stand upright above their column.
const UPRIGHT: f64 = CELL + 10.0;
/// From this share of a row on, a cell is dark and its text white.
const DARK: f64 = 0.55;

/// Where the cells begin.
struct Frame {
    left: f64,
    top: f64,
    upright: bool,
}

/// Draws counts and percentages of rows; a row is a true genre.
pub(in crate::report) fn confusion(matrix: &Confusion, genres: &[String]) -> Result<Drawing> {
    let names: Vec<String> = genres.iter().map(|name| short(name)).collect();
    let wide = longest(&names, FONT_SIZE);
    let upright = wide > UPRIGHT;
    let frame = Frame { left: wide + 48.0, top: if upright { wide + 44.0 } else { 56.0 }, upright };
    let side = CELL * names.len() as f64;
    let (width, height) = ((frame.left + side + 16.0).ceil(), (frame.top + side + 16.0).ceil());
    draw(width as u32, height as u32, |root| {
        headings(root, &frame, &names)?;
        for (truth, row) in matrix.rows().iter().enumerate() {
            cells(root, &frame, truth, row)?;
        }
        Ok(())
    })
}

fn headings(root: &Area, frame: &Frame, names: &[String]) -> Drawn {
    let middle = CELL * names.len() as f64 / 2.0;
    let centred = style(FONT_SIZE, GREY, HPos::Center, VPos::Center);
    let upright = centred.clone().transform(FontTransform::Rotate270);
    root.draw(&Text::new("Said genre", (px(frame.left + middle), px(16.0)), centred))?;
    root.draw(&Text::new("True genre", (px(16.0), px(frame.top + middle)), upright))?;
    for (index, name) in names.iter().enumerate() {
        let centre = CELL * (index as f64 + 0.5);
        let right = style(FONT_SIZE, INK, HPos::Right, VPos::Center);
        let row = (px(frame.left - 8.0), px(frame.top + centre));
        root.draw(&Text::new(name.clone(), row, right))?;
        column(root, frame, name, frame.left + centre)?;
    }
    Ok(())
}

fn column(root: &Area, frame: &Frame, name: &str, x: f64) -> Drawn {
    let (at, anchor) = if frame.upright {
        let standing = style(FONT_SIZE, INK, HPos::Left, VPos::Center);
        ((px(x), px(frame.top - 8.0)), standing.transform(FontTransform::Rotate270))
    } else {
        ((px(x), px(frame.top - 14.0)), style(FONT_SIZE, INK, HPos::Center, VPos::Center))
    };
    root.draw(&Text::new(name.to_owned(), at, anchor))
}

fn cells(root: &Area, frame: &Frame, truth: usize, row: &[u64]) -> Drawn {
    let all: u64 = row.iter().sum();
    for (said, &count) in row.iter().enumerate() {
        let share = count as f64 / all.max(1) as f64;
        let (x, y) = (frame.left + CELL * said as f64, frame.top + CELL * truth as f64);
        let corners = [(px(x), px(y)), (px(x + CELL), px(y + CELL))];
        root.draw(&Rectangle::new(corners, tint(share).filled()))?;
        root.draw(&Rectangle::new(corners, PALE.stroke_width(2)))?;
        if count > 0 {
            figures(root, (x + CELL / 2.0, y + CELL / 2.0), count, share)?;
        }
    }
    Ok(())
}

fn figures(root: &Area, (x, y): (f64, f64), count: u64, share: f64) -> Drawn {
    let colour = if share >= DARK { WHITE } else { INK };
    let text = |size: f64| style(size, colour, HPos::Center, VPos::Center);
    root.draw(&Text::new(count.to_string(), (px(x), px(y - 8.0)), text(13.5)))?;
    root.draw(&Text::new(format!("{:.1} %", 100.0 * share), (px(x), px(y + 10.0)), text(10.5)))
}

/// White for nothing, blue for all.
fn tint(share: f64) -> RGBColor {
    let mix = |end: u8| (255.0 - share * (255.0 - f64::from(end))).round() as u8;
    RGBColor(mix(BLUE.0), mix(BLUE.1), mix(BLUE.2))
}
