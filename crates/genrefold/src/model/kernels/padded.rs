//! Activations of some samples with a row of zeros before, between and after them, so that a window of three
//! neighbouring rows is three taps of one sample and never touches another one.

use super::buffers::Buffer;
use super::gemm::{Left, Lie};
use super::pack::TAPS;

/// Rows `[samples, time, width]` between rows of zeros. Row `r` below counts from the first sample's first row and
/// includes the zero rows in between; rows of that number of a product over the windows belong to it.
#[derive(Debug, Clone)]
pub struct Padded {
    pub time: usize,
    pub width: usize,
    values: Buffer,
}

impl Padded {
    /// Zeros.
    pub fn new(samples: usize, time: usize, width: usize) -> Self {
        Padded { time, width, values: Buffer::zeros(length(samples, time, width)) }
    }

    /// Rows whose values are whatever stood there: all are to be written, and [`Padded::close`] called then.
    pub(super) fn dirty(samples: usize, time: usize, width: usize) -> Self {
        Padded { time, width, values: Buffer::dirty(length(samples, time, width)) }
    }

    /// A copy of `[samples, time, width]`.
    pub fn of(rows: &[f32], time: usize, width: usize) -> Self {
        let mut padded = Padded::dirty(rows.len() / (time * width).max(1), time, width);
        padded
            .each_mut()
            .zip(rows.chunks_exact((time * width).max(1)))
            .for_each(|(to, from)| to.copy_from_slice(from));
        padded.close();
        padded
    }

    /// A copy of `[samples, time, from]` in rows of `width`, filled up with zeros.
    pub(super) fn widened(rows: &[f32], time: usize, from: usize, width: usize) -> Self {
        let mut padded = Padded::new(rows.len() / (time * from).max(1), time, width);
        for (wide, sample) in padded.each_mut().zip(rows.chunks_exact((time * from).max(1))) {
            let rows = wide.chunks_exact_mut(width).zip(sample.chunks_exact(from));
            rows.for_each(|(wide, row)| wide[..from].copy_from_slice(row));
        }
        padded
    }

    /// Makes room for samples of another shape, as [`Padded::dirty`].
    pub(super) fn reshape(&mut self, samples: usize, time: usize, width: usize) {
        self.values.reshape(length(samples, time, width));
        (self.time, self.width) = (time, width);
    }

    /// How many samples there are.
    pub(super) fn samples(&self) -> usize {
        self.values.len() / self.width.max(1) / (self.time + 1)
    }

    /// Rows from the first sample's first to the last sample's last.
    pub(super) fn rows(&self) -> usize {
        (self.samples() * (self.time + 1)).saturating_sub(1)
    }

    /// Windows of three rows around each row.
    pub(super) fn windows(&self) -> Left<'_> {
        let (rows, inner) = (self.rows(), TAPS * self.width);
        Left { values: &self.values, rows, inner, lie: Lie::Rows { pitch: self.width } }
    }

    /// The windows around `count` rows from `row` on, as columns.
    pub(super) fn some_windows_as_columns(&self, row: usize, count: usize) -> Left<'_> {
        let values = &self.values[row * self.width..];
        Left { values, rows: TAPS * self.width, inner: count, lie: Lie::Columns { pitch: self.width } }
    }

    /// Some columns of a row.
    #[inline(always)]
    pub(super) fn at(&self, row: usize, start: usize, count: usize) -> &[f32] {
        &self.values[(row + 1) * self.width + start..][..count]
    }

    /// The same, to be changed.
    #[inline(always)]
    pub(super) fn at_mut(&mut self, row: usize, start: usize, count: usize) -> &mut [f32] {
        &mut self.values[(row + 1) * self.width + start..][..count]
    }

    /// All rows from the first sample's first on, those of zeros in between included.
    pub(super) fn rows_mut(&mut self) -> &mut [f32] {
        &mut self.values[self.width..]
    }

    /// Sets the rows between samples to zero, after whole tiles of rows were written.
    pub(super) fn close(&mut self) {
        let pitch = (self.time + 1) * self.width;
        let width = self.width;
        self.values[..width].fill(0.0);
        for end in self.values[width..].chunks_exact_mut(pitch.max(1)) {
            end[pitch - width..].fill(0.0);
        }
    }

    /// The samples without the rows of zeros, each `[time, width]`.
    pub fn each(&self) -> impl Iterator<Item = &[f32]> {
        let (rows, pitch) = (self.time * self.width, (self.time + 1) * self.width);
        self.values[self.width..].chunks_exact(pitch.max(1)).map(move |sample| &sample[..rows])
    }

    /// The same, to be changed.
    pub fn each_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        let (rows, pitch) = (self.time * self.width, (self.time + 1) * self.width);
        self.values[self.width..].chunks_exact_mut(pitch.max(1)).map(move |sample| &mut sample[..rows])
    }
}

fn length(samples: usize, time: usize, width: usize) -> usize {
    (samples * (time + 1) + 1) * width
}

/// Rows that one product covers at least: enough to read the weights once for many rows, few enough for the cache.
const CHUNK_ROWS: usize = 256;
/// A batch is worked on in this many parts, or half as many where there are too few rows, whatever the number of
/// threads, so that the sums over it, and with them a training run, do not depend on how many cores there are.
const PARTS: usize = 8;

/// How a batch is cut up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    /// Samples of a part, which one thread works on.
    pub part: usize,
    /// Samples of a chunk, which a part goes over one after another.
    pub chunk: usize,
}

impl Grid {
    pub(super) fn new(batch: usize, time: usize) -> Self {
        let parts = if batch * time < PARTS * CHUNK_ROWS { PARTS / 2 } else { PARTS };
        let part = batch.div_ceil(parts).max(1);
        let chunks = part.div_ceil(CHUNK_ROWS.div_ceil(time + 1)).max(1);
        Grid { part, chunk: part.div_ceil(chunks) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_come_back_as_they_went_in_and_zeros_stand_around_them() {
        let rows: Vec<f32> = (1..=24).map(|n| n as f32).collect();
        let mut padded = Padded::of(&rows, 4, 2);
        assert_eq!((padded.samples(), padded.rows()), (3, 14));
        assert_eq!(padded.each().flatten().copied().collect::<Vec<_>>(), rows);
        assert_eq!(padded.at(4, 0, 2), [0.0, 0.0]);
        padded.at_mut(4, 0, 2).fill(7.0);
        padded.close();
        assert_eq!(padded.at(4, 0, 2), [0.0, 0.0]);
        assert_eq!(padded.each().flatten().copied().collect::<Vec<_>>(), rows);
    }

    #[test]
    fn every_batch_is_cut_into_at_most_eight_parts_of_even_chunks() {
        for (batch, time, part, chunk) in
            [(64, 334, 8, 1), (64, 41, 8, 4), (64, 20, 16, 8), (1, 5, 1, 1), (9, 500, 2, 1)]
        {
            let grid = Grid::new(batch, time);
            assert_eq!((grid.part, grid.chunk), (part, chunk), "{batch} samples of {time}");
        }
    }
}
