//! Songs as points of a plane, coloured by genre: near are those that sound alike to the network.

use std::fmt::Write;

use super::{Drawing, SCALE, escaped, longest, short};

const SIDE: f64 = 640.0;
const MARGIN: f64 = 16.0;
const ROW: f64 = 20.0;
const FONT_SIZE: f64 = 12.5;

/// A song on the map.
pub(in crate::report) struct Point {
    /// Anywhere: the map is drawn around all of them.
    pub place: [f32; 2],
    /// An index into the genres; none for an unsure song.
    pub genre: Option<usize>,
    /// What a pointer that rests on it is told.
    pub name: String,
}

/// Draws the map, the genres beside it.
pub(in crate::report) fn map(points: &[Point], genres: &[String]) -> Drawing {
    let names: Vec<String> = genres.iter().map(|name| short(name)).chain(["unsure".to_owned()]).collect();
    let width = SIDE + longest(&names, FONT_SIZE) + 50.0;
    let mut body = format!("<rect width=\"{}\" height=\"{}\" fill=\"#fff\"/>\n", scaled(width), scaled(SIDE));
    let within = |axis: usize| {
        let values = || points.iter().map(|point| f64::from(point.place[axis]));
        let (low, high) =
            (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
        move |value: f32| {
            let share = if high > low { (f64::from(value) - low) / (high - low) } else { 0.5 };
            MARGIN + share * (SIDE - 2.0 * MARGIN)
        }
    };
    let (across, down) = (within(0), within(1));
    // Fewer songs are drawn larger.
    let radius = (60.0 / (points.len().max(1) as f64).sqrt()).clamp(1.6, 5.0);
    for point in points {
        let (x, y) = (across(point.place[0]), SIDE - down(point.place[1]));
        // Writing to a string cannot fail.
        let _ = writeln!(
            body,
            "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"{}\" fill-opacity=\"0.7\"><title>{}</title></circle>",
            scaled(x),
            scaled(y),
            scaled(radius),
            colour(point.genre, genres.len()),
            escaped(&point.name)
        );
    }
    for (row, name) in names.iter().enumerate() {
        let (y, genre) = (MARGIN + ROW * (row as f64 + 0.5), Some(row).filter(|row| *row < genres.len()));
        let _ = writeln!(
            body,
            "<circle cx=\"{}\" cy=\"{}\" r=\"10\" fill=\"{}\"/><text x=\"{}\" y=\"{}\" font-size=\"{}\" \
             font-family=\"sans-serif\" fill=\"#1f2937\">{}</text>",
            scaled(SIDE + 16.0),
            scaled(y),
            colour(genre, genres.len()),
            scaled(SIDE + 28.0),
            scaled(y + 4.5),
            scaled(FONT_SIZE),
            escaped(name)
        );
    }
    Drawing { width: width as u32, height: SIDE as u32, body: body + "</svg>\n" }
}

/// A hue for each genre, in two brightnesses by turns so that neighbours differ; grey for unsure songs.
fn colour(genre: Option<usize>, genres: usize) -> String {
    match genre {
        Some(genre) => {
            let light = [42, 58][genre % 2];
            format!("hsl({:.0} 75% {light}%)", 360.0 * genre as f64 / genres.max(1) as f64)
        }
        None => "#9ca3af".into(),
    }
}

/// A shown length as drawn.
fn scaled(shown: f64) -> String {
    format!("{:.1}", shown * f64::from(SCALE))
}
