//! NUMBERS -> PICTURES: one file for each kind of figure, all as SVG.
//!
//! Pictures are drawn at [`SCALE`] times the size they are shown at, because the backend knows whole pixels only.
//! Widths and lengths of text are estimates (no font is at hand), so texts hang on anchors and margins are wide.

pub(super) mod axes;
pub(super) mod curves;
pub(super) mod folds;
pub(super) mod heat;
pub(super) mod leak;
pub(super) mod legend;
pub(super) mod map;
pub(super) mod recalls;
pub(super) mod sureness;

use std::io;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::error::{Error, Result};

/// Drawn pixels for each pixel shown.
const SCALE: u32 = 2;
/// Fonts that are there on every system; named so that an SVG by itself looks as on the page.
const FONT: &str = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
/// What the backend divides font sizes by.
const FONT_RATIO: f64 = 1.24;
/// Longer names are cut, in pictures only.
const LONGEST: usize = 22;

// The colours of Okabe and Ito, which the colour-blind tell apart, and two greys.
const BLUE: RGBColor = RGBColor(0, 114, 178);
const ORANGE: RGBColor = RGBColor(230, 159, 0);
const GREEN: RGBColor = RGBColor(0, 158, 115);
const VERMILION: RGBColor = RGBColor(213, 94, 0);
const INK: RGBColor = RGBColor(31, 41, 55);
const GREY: RGBColor = RGBColor(107, 114, 128);
const PALE: RGBColor = RGBColor(229, 231, 235);

/// What is drawn on.
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// The result of drawing.
type Drawn<T = ()> = std::result::Result<T, DrawingAreaErrorKind<io::Error>>;

/// A picture without its description.
#[derive(Debug)]
pub(super) struct Drawing {
    width: u32,
    height: u32,
    /// The elements and the closing tag.
    body: String,
}

impl Drawing {
    /// The picture as SVG, with what it shows for those who do not see it.
    pub fn svg(&self, label: &str) -> String {
        let Drawing { width, height, body } = self;
        let (inner_width, inner_height) = (width * SCALE, height * SCALE);
        let label = escaped(label);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {inner_width} {inner_height}\" role=\"img\" aria-label=\"{label}\">\n\
             <title>{label}</title>\n{body}"
        )
    }

    /// Its width as shown, pixels.
    pub fn width(&self) -> u32 {
        self.width
    }
}

/// Draws a picture of a size in shown pixels on white.
fn draw(width: u32, height: u32, paint: impl FnOnce(&Area) -> Drawn) -> Result<Drawing> {
    let mut text = String::new();
    let painted = {
        let root = SVGBackend::with_string(&mut text, (width * SCALE, height * SCALE)).into_drawing_area();
        root.fill(&WHITE).and_then(|()| paint(&root)).and_then(|()| root.present())
    };
    painted.map_err(|error| Error::Setting {
        key: "report.figure".into(),
        found: error.to_string(),
        expected: "figures that can be drawn".into(),
    })?;
    // The backend's opening tag gives way to one with a description.
    let body = text.split_once('\n').map(|(_, body)| body.to_owned()).unwrap_or_default();
    Ok(Drawing { width, height, body })
}

/// Shown pixels as drawn pixels.
fn px(shown: f64) -> i32 {
    (shown * f64::from(SCALE)).round() as i32
}

/// A font of a size in shown pixels.
fn font(size: f64) -> FontDesc<'static> {
    (FONT, size * f64::from(SCALE) * FONT_RATIO).into_font()
}

/// A style of text that hangs on its anchor.
fn style(size: f64, colour: RGBColor, horizontal: HPos, vertical: VPos) -> TextStyle<'static> {
    font(size).color(&colour).pos(Pos::new(horizontal, vertical))
}

/// About how wide a text is, in shown pixels.
fn width_of(text: &str, size: f64) -> f64 {
    0.56 * size * text.chars().count() as f64
}

/// A name, with its middle left out where it is too long for a picture: long names often differ at the end.
fn short(name: &str) -> String {
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    let letters: Vec<char> = name.chars().collect();
    let (first, last) = (&letters[..LONGEST / 2], &letters[letters.len() - LONGEST / 2 + 1..]);
    first.iter().chain(&['…']).chain(last).collect()
}

/// The width of the longest of the names, in shown pixels.
fn longest(names: &[String], size: f64) -> f64 {
    names.iter().map(|name| width_of(name, size)).fold(0.0, f64::max)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
