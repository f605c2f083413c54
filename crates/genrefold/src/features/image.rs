//! The last step: a window of decibels to the numbers in `[0, 1]` that the network sees.
//!
//! The report fed its network with pictures that matplotlib had drawn: the axes area of a 6 by 4 inch figure at
//! 72 dpi, saved without axes. [`Lookup`] gives the same picture from the matrix, byte for byte.

use pulp::NullaryFnOnce;

use super::decibel::{SILENCE_DB, extremes};
use super::{FrontEnd, Input, Spectrogram};

/// Rows and columns of the report's picture.
pub(super) const IMAGE_SHAPE: (usize, usize) = (217, 334);
/// The axes' height in pixels, 4 in x 72 dpi x 0.755: a little more than the rows that are drawn.
const AXES_HEIGHT: f64 = 217.44;
/// The axes' width in pixels, 6 in x 72 dpi x 0.775.
const AXES_WIDTH: f64 = 334.8;
/// The drawn rows begin this far below the top of the axes: what the height has beyond 217.
const TOP_OFFSET: f64 = 0.44;

/// What a pure tone at full scale comes to in the default front end's mel bands, rounded up, dB: the top of the
/// scale that all clips share.
pub const LOUDEST_DB: f32 = 30.0;

/// What the network sees of a clip: values in `[0, 1]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// Rows, the network's channels: bands from low to high, or the image's rows from its top.
    pub rows: usize,
    /// Columns, the network's time steps.
    pub columns: usize,
    /// Row-major `[rows, columns]`; 1 is the clip's loudest value, or [`LOUDEST_DB`] on an absolute scale.
    pub values: Vec<f32>,
}

/// Which band and frame each pixel of the report's picture shows: the nearest cell, as matplotlib chose it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The band of each of the 217 rows, from the top: the highest band first.
    pub bands: Vec<usize>,
    /// The frame of each of the 334 columns.
    pub frames: Vec<usize>,
}

impl Lookup {
    /// The picture of a matrix of so many bands and frames.
    pub fn new(bands: usize, frames: usize) -> Self {
        let band = |row: usize| ((row as f64 + 0.5 + TOP_OFFSET) * bands as f64 / AXES_HEIGHT) as usize;
        let frame = |column: usize| ((column as f64 + 0.5) * frames as f64 / AXES_WIDTH) as usize;
        Self {
            bands: (0..IMAGE_SHAPE.0).map(|row| (bands - 1).saturating_sub(band(row))).collect(),
            frames: (0..IMAGE_SHAPE.1).map(frame).collect(),
        }
    }

    /// Draws a matrix `[bands, frames]` as `[217, 334]`.
    fn draw(&self, matrix: &[f32], frames: usize) -> Vec<f32> {
        let mut values = Vec::with_capacity(self.bands.len() * self.frames.len());
        for &band in &self.bands {
            let row = &matrix[band * frames..(band + 1) * frames];
            values.extend(self.frames.iter().map(|&frame| row[frame]));
        }
        values
    }
}

/// The window's values relative to its own maximum, or to [`LOUDEST_DB`] for [`Input::AbsoluteLogMel`], floored
/// `top_db` below it, scaled to `[0, 1]`.
///
/// Zero is the quietest value above that floor for [`Input::Image`], the floor itself for others. A window in which
/// all values are equal shows nothing: zeros.
pub(super) fn picture_of(
    front_end: &FrontEnd,
    lookup: &Lookup,
    track: &Spectrogram,
    first: usize,
) -> Picture {
    let frames = front_end.frames();
    let arch = pulp::Arch::new();
    let mut matrix = window(track, first, frames);
    let (quietest, loudest) = arch.dispatch(Extremes(&matrix));
    let one = if front_end.input == Input::AbsoluteLogMel { LOUDEST_DB } else { loudest };
    let floor = one - front_end.top_db;
    let zero = if front_end.input == Input::Image { quietest.max(floor) } else { floor };
    let scale = if loudest > quietest { 1.0 / (one - zero) } else { 0.0 };
    arch.dispatch(Rescale { values: &mut matrix, zero, scale });
    let (rows, columns) = front_end.picture_shape();
    let values = if front_end.input.is_drawn() { lookup.draw(&matrix, frames) } else { matrix };
    Picture { rows, columns, values }
}

/// The smallest and the largest value; see [`extremes`].
struct Extremes<'a>(&'a [f32]);

impl NullaryFnOnce for Extremes<'_> {
    type Output = (f32, f32);

    #[inline(always)]
    fn call(self) -> (f32, f32) {
        extremes(self.0)
    }
}

/// `(value - zero) * scale`, within `[0, 1]`.
struct Rescale<'a> {
    values: &'a mut [f32],
    zero: f32,
    scale: f32,
}

impl NullaryFnOnce for Rescale<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for value in self.values {
            *value = ((*value - self.zero) * self.scale).clamp(0.0, 1.0);
        }
    }
}

/// Copies the frames from `first` on, silence after the track's end: `[bands, frames]`.
fn window(track: &Spectrogram, first: usize, frames: usize) -> Vec<f32> {
    if first == 0 && track.frames == frames {
        return track.values.clone();
    }
    let start = first.min(track.frames);
    let heard = frames.min(track.frames - start);
    let mut values = Vec::with_capacity(track.bands * frames);
    for row in track.values.chunks_exact(track.frames.max(1)) {
        values.extend_from_slice(&row[start..start + heard]);
        values.resize(values.len() + frames - heard, SILENCE_DB);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_band_and_all_frames_but_the_last_are_shown_and_the_top_row_is_the_highest_band() {
        let lookup = Lookup::new(128, 313);
        assert_eq!((lookup.bands.first(), lookup.bands.last()), (Some(&127), Some(&0)));
        assert_eq!((lookup.frames.first(), lookup.frames.last()), (Some(&0), Some(&311)));
        assert!((0..128).all(|band| lookup.bands.contains(&band)));
        assert_eq!((0..313).filter(|frame| !lookup.frames.contains(frame)).collect::<Vec<_>>(), [312]);
    }

    #[test]
    fn any_number_of_bands_and_frames_stays_within_the_matrix() {
        for (bands, frames) in [(1, 1), (2, 700), (64, 157), (300, 10), (1024, 12_000)] {
            let lookup = Lookup::new(bands, frames);
            assert!(lookup.bands.iter().all(|&band| band < bands));
            assert!(lookup.frames.iter().all(|&frame| frame < frames));
        }
    }
}
