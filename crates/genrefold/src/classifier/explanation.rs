//! Which seconds of a song speak for its genre: explanation by occlusion (Zeiler & Fergus 2014).
//!
//! Window after window of the song is hidden from the network: in every picture that shows some of it, those columns
//! get the training's mean, which is nothing to the network, and the picture is judged again.

use super::{BATCH, Classifier};
use crate::error::Result;
use crate::features::Picture;

/// The most windows of an explanation; those of longer songs are wider.
pub const MAX_WINDOWS: usize = 120;

/// How wide a window is in a song that has room for it, seconds.
const WINDOW_S: f64 = 1.0;

/// The most pictures that are kept (120 MB in the default front end): half an hour of clips. Of longer songs every
/// second clip is kept, or every fourth, and so on.
const MOST_KEPT: usize = 720;

/// Which seconds of a song speak for its genre.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The genre that is explained, an index into the model's genres: the winner.
    pub genre: usize,
    /// Width of each window, seconds.
    pub window_seconds: f64,
    /// Windows of equal width from the song's beginning to its end.
    pub windows: Vec<Window>,
}

/// Some seconds of a song.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// Where it begins, seconds.
    pub start: f64,
    /// Where it ends, seconds.
    pub end: f64,
    /// How much the mean of the clips' probabilities of the genre falls when these seconds are hidden, in [-1, 1];
    /// below zero if it rises.
    pub drop: f64,
}

/// A clip as the network saw it, and what it said.
pub(super) struct Seen {
    /// Where it begins and where its music ends, seconds.
    pub start: f64,
    pub end: f64,
    pub picture: Picture,
    pub probabilities: Vec<f32>,
}

/// Clips that are kept until the song's genre and length are known: at most [`MOST_KEPT`], evenly spread.
pub(super) struct Kept {
    clips: Vec<Seen>,
    /// Of the clips with a say, every so many-th is kept.
    stride: usize,
    offered: usize,
    most: usize,
}

impl Kept {
    pub(super) fn new() -> Self {
        Kept { clips: Vec::new(), stride: 1, offered: 0, most: MOST_KEPT }
    }

    /// Takes the next clip that has a say, or passes it over.
    pub(super) fn offer(&mut self, seen: Seen) {
        if self.offered.is_multiple_of(self.stride) {
            if self.clips.len() == self.most {
                self.thin_out();
            }
            // Thinning may have made the stride too wide for this one.
            if self.offered.is_multiple_of(self.stride) {
                self.clips.push(seen);
            }
        }
        self.offered += 1;
    }

    /// Keeps every other clip.
    fn thin_out(&mut self) {
        let mut number = 0;
        self.clips.retain(|_| {
            number += 1;
            number % 2 == 1
        });
        self.stride *= 2;
    }

    /// Explains the genre of a song of so many seconds.
    pub(super) fn explain(&self, by: &Classifier, genre: usize, seconds: f64) -> Result<Explanation> {
        let count = ((seconds / WINDOW_S).round() as usize).clamp(1, MAX_WINDOWS);
        let width = seconds / count as f64;
        let edge = |number: usize| number as f64 * width;
        let window = |number: usize| Window { start: edge(number), end: edge(number + 1), drop: 0.0 };
        let mut windows: Vec<Window> = (0..count).map(window).collect();
        let shown: Vec<(usize, &Seen)> = windows
            .iter()
            .enumerate()
            .flat_map(|(number, window)| self.showing(window).map(move |seen| (number, seen)))
            .collect();
        for batch in shown.chunks(BATCH) {
            let hidden = batch.iter().map(|(number, seen)| hide(by, seen, &windows[*number]));
            let (rows, _) = by.judge(&hidden.collect::<Vec<_>>())?;
            for ((number, seen), row) in batch.iter().zip(rows) {
                windows[*number].drop += f64::from(seen.probabilities[genre]) - f64::from(row[genre]);
            }
        }
        let clips = self.clips.len().max(1) as f64;
        windows.iter_mut().for_each(|window| window.drop /= clips);
        Ok(Explanation { genre, window_seconds: width, windows })
    }

    /// The clips that show some of a window.
    fn showing(&self, window: &Window) -> impl Iterator<Item = &Seen> {
        let Window { start, end, .. } = *window;
        self.clips.iter().filter(move |seen| seen.start < end && seen.end > start)
    }
}

/// A clip's picture without the columns whose middle lies in the window.
fn hide(by: &Classifier, seen: &Seen, window: &Window) -> Picture {
    let mut picture = seen.picture.clone();
    let width = by.model.card.front_end.clip_seconds / picture.columns as f64;
    let column = |seconds: f64| ((seconds - seen.start) / width - 0.5).ceil().max(0.0) as usize;
    let last = column(window.end).min(picture.columns);
    let first = column(window.start).min(last);
    let rows = picture.values.chunks_exact_mut(picture.columns);
    rows.zip(&by.model.normalisation().mean).for_each(|(row, mean)| row[first..last].fill(*mean));
    picture
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(number: usize) -> Seen {
        let picture = Picture { rows: 1, columns: 1, values: vec![0.0] };
        Seen { start: number as f64, end: number as f64 + 2.0, picture, probabilities: vec![1.0] }
    }

    #[test]
    fn of_a_long_song_clips_are_kept_evenly_and_never_too_many() {
        for offered in [1, 7, 8, 9, 100, 1000] {
            let mut kept = Kept { most: 8, ..Kept::new() };
            (0..offered).for_each(|number| kept.offer(seen(number)));
            let starts: Vec<usize> = kept.clips.iter().map(|seen| seen.start as usize).collect();
            let expected: Vec<usize> = (0..offered).step_by(kept.stride).collect();
            assert_eq!(starts, expected);
            assert!(starts.len() <= 8 && (starts.len() > 4 || offered <= 4), "{} of {offered}", starts.len());
        }
    }

    #[test]
    fn neighbouring_windows_hide_each_column_once() -> Result<()> {
        let by = Classifier::embedded()?;
        let (rows, columns) = by.model.card.front_end.picture_shape();
        let picture = Picture { rows, columns, values: vec![2.0; rows * columns] };
        let seen = Seen { start: 2.5, end: 7.5, picture, probabilities: Vec::new() };
        let mut times_hidden = vec![0; columns];
        for number in 0..10 {
            let window = Window { start: f64::from(number), end: f64::from(number + 1), drop: 0.0 };
            let hidden = hide(&by, &seen, &window);
            for (times, value) in times_hidden.iter_mut().zip(&hidden.values) {
                *times += usize::from(*value != 2.0);
            }
        }
        assert_eq!(times_hidden, vec![1; columns]);
        Ok(())
    }
}
