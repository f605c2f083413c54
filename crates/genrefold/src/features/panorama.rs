//! A whole song as one picture for people, of bounded size however long it is, while it streams by.

use super::{Extractor, FrontEnd, Reference, Spectrogram, power_to_db};
use crate::error::Result;

/// The most columns of an overview.
pub const MAX_COLUMNS: usize = 2000;

/// So many whole columns, and one under way; even, so that all have a neighbour.
const MOST_WHOLE: usize = MAX_COLUMNS - 2;

/// Frames that are computed together.
const BLOCK: usize = 64;

/// A whole song as a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    /// Mel bands by columns, dB below the song's loudest value: `-range_db` to 0. Its frames are the columns.
    pub decibels: Spectrogram,
    /// Seconds from one column to the next.
    pub column_seconds: f64,
    /// How far below the loudest value the picture reaches, dB: the front end's `top_db`.
    pub range_db: f32,
    /// Frequency at the top of the highest band, Hz; the lowest begins at 0.
    pub high_hz: f64,
}

/// Makes an [`Overview`] of a stream of samples: the mean power of neighbouring frames in each column, of more and more
/// frames as the song goes on.
pub struct Panorama {
    extractor: Extractor,
    /// Samples from `margin` frames before the next frame on.
    pending: Vec<f32>,
    /// Frames on either side that those in the middle hear into.
    margin: usize,
    samples: usize,
    frames: usize,
    pool: Pool,
}

impl Panorama {
    /// At the start of a song; fails as [`FrontEnd::validate`] does.
    pub fn new(front_end: &FrontEnd) -> Result<Self> {
        let extractor = Extractor::new(front_end)?;
        let margin = (front_end.n_fft / 2).div_ceil(front_end.hop);
        let pending = vec![0.0; margin * front_end.hop];
        let pool = Pool::new(front_end.bands);
        Ok(Panorama { extractor, pending, margin, samples: 0, frames: 0, pool })
    }

    /// Takes the next samples at the front end's rate.
    pub fn hear(&mut self, samples: &[f32]) {
        self.samples += samples.len();
        self.pending.extend_from_slice(samples);
        while self.pending.len() >= self.span(BLOCK) {
            self.draw(BLOCK);
        }
    }

    /// Ends the song. Of silence all values are 0 dB.
    pub fn finish(mut self) -> Overview {
        let front_end = self.extractor.front_end().clone();
        let left = (1 + self.samples / front_end.hop).saturating_sub(self.frames);
        self.pending.resize(self.span(left), 0.0);
        self.draw(left);
        let column_seconds = front_end.seconds((self.pool.frames * front_end.hop) as u64);
        let mut decibels = self.pool.power();
        power_to_db(&mut decibels, Reference::Max, Some(front_end.top_db));
        let high_hz = f64::from(front_end.sample_rate_hz) / 2.0;
        Overview { decibels, column_seconds, range_db: front_end.top_db, high_hz }
    }

    /// Samples that so many frames need.
    fn span(&self, frames: usize) -> usize {
        (2 * self.margin + frames).saturating_sub(1) * self.extractor.front_end().hop
    }

    /// Computes the next frames and lets their samples go.
    fn draw(&mut self, frames: usize) {
        let (span, hop) = (self.span(frames), self.extractor.front_end().hop);
        let power = self.extractor.mel_power(&self.pending[..span]);
        for frame in self.margin..self.margin + frames {
            let values = power.values.chunks_exact(power.frames.max(1)).map(|row| row[frame]);
            self.pool.add(values);
        }
        self.pending.drain(..(frames * hop).min(span));
        self.frames += frames;
    }
}

/// Columns of equally many frames each. When there is no more room, neighbours become one.
struct Pool {
    bands: usize,
    /// Sums of power, a column after the other, `[columns, bands]`.
    columns: Vec<f32>,
    /// Frames of a column.
    frames: usize,
    /// The column under way, and its frames so far.
    current: Vec<f32>,
    added: usize,
}

impl Pool {
    fn new(bands: usize) -> Self {
        Pool { bands, columns: Vec::new(), frames: 1, current: vec![0.0; bands], added: 0 }
    }

    fn add(&mut self, frame: impl Iterator<Item = f32>) {
        if self.added == self.frames {
            self.close();
        }
        self.current.iter_mut().zip(frame).for_each(|(sum, value)| *sum += value);
        self.added += 1;
    }

    /// Begins a new column, or finds that the one under way is only half a column.
    fn close(&mut self) {
        if self.columns.len() < MOST_WHOLE * self.bands {
            self.columns.append(&mut self.current);
            self.current.resize(self.bands, 0.0);
            self.added = 0;
            return;
        }
        let pairs = self.columns.chunks_exact(2 * self.bands);
        let sum = |pair: &[f32]| -> Vec<f32> {
            let (one, other) = pair.split_at(self.bands);
            one.iter().zip(other).map(|(one, other)| one + other).collect()
        };
        self.columns = pairs.flat_map(sum).collect();
        self.frames *= 2;
    }

    /// Mean power, `[bands, columns]`.
    fn power(mut self) -> Spectrogram {
        let whole = self.columns.len() / self.bands;
        self.columns.append(&mut self.current);
        let columns = whole + 1;
        let frames = |column: usize| if column < whole { self.frames } else { self.added.max(1) } as f32;
        let value = |band: usize, column: usize| self.columns[column * self.bands + band] / frames(column);
        let rows = (0..self.bands).flat_map(|band| (0..columns).map(move |column| (band, column)));
        let values = rows.map(|(band, column)| value(band, column)).collect();
        Spectrogram { bands: self.bands, frames: columns, values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tone that climbs, over a little noise.
    fn song(samples: usize) -> Vec<f32> {
        let noise = |n: usize| (n.wrapping_mul(7919) % 1009) as f32 / 10_090.0;
        let tone = |n: usize| (n as f32 * (0.02 + 0.5 * n as f32 / samples as f32)).sin();
        (0..samples).map(|n| 0.5 * tone(n) + noise(n)).collect()
    }

    fn overview(front_end: &FrontEnd, song: &[f32], block: usize) -> Result<Overview> {
        let mut panorama = Panorama::new(front_end)?;
        song.chunks(block).for_each(|block| panorama.hear(block));
        Ok(panorama.finish())
    }

    #[test]
    fn a_short_song_is_shown_frame_by_frame_whatever_its_blocks() -> Result<()> {
        let front_end = FrontEnd::default();
        let song = song(70_001);
        let mut expected = Extractor::new(&front_end)?.mel_power(&song);
        power_to_db(&mut expected, Reference::Max, Some(80.0));
        for block in [70_001, 999, 16_000] {
            let found = overview(&front_end, &song, block)?;
            assert_eq!((found.decibels.bands, found.decibels.frames), (128, expected.frames));
            assert_eq!((found.column_seconds, found.range_db, found.high_hz), (0.016, 80.0, 8_000.0));
            for (found, expected) in found.decibels.values.iter().zip(&expected.values) {
                assert!((found - expected).abs() < 1e-3, "{found} instead of {expected}");
            }
        }
        Ok(())
    }

    #[test]
    fn a_long_song_is_pooled_by_mean_power_into_a_bounded_number_of_columns() -> Result<()> {
        let front_end = FrontEnd {
            sample_rate_hz: 8_000,
            n_fft: 64,
            hop: 32,
            bands: 8,
            clip_seconds: 1.0,
            ..Default::default()
        };
        let song = song(32 * 2 * MOST_WHOLE + 32 * 5);
        let found = overview(&front_end, &song, 4_096)?;
        assert_eq!(found.column_seconds, 0.016, "four frames of 4 ms");
        assert_eq!(found.decibels.frames, MOST_WHOLE / 2 + 2, "3996 and 6 frames, four a column");
        let power = Extractor::new(&front_end)?.mel_power(&song);
        let mean = |band: usize, column: usize| {
            let row = &power.values[band * power.frames..(band + 1) * power.frames];
            let frames = &row[4 * column..(4 * column + 4).min(row.len())];
            frames.iter().sum::<f32>() / frames.len() as f32
        };
        let columns = found.decibels.frames;
        let pooled = (0..8).flat_map(|band| (0..columns).map(move |column| mean(band, column))).collect();
        let mut expected = Spectrogram { bands: 8, frames: columns, values: pooled };
        power_to_db(&mut expected, Reference::Max, Some(80.0));
        for (found, expected) in found.decibels.values.iter().zip(&expected.values) {
            assert!((found - expected).abs() < 1e-2, "{found} instead of {expected}");
        }
        Ok(())
    }

    #[test]
    fn nothing_and_silence_have_pictures_too() -> Result<()> {
        for samples in [0, 1, 255, 256, 10_000] {
            let found = overview(&FrontEnd::default(), &vec![0.0; samples], 100)?;
            assert_eq!(found.decibels.frames, 1 + samples / 256);
            assert!(found.decibels.values.iter().all(|value| *value == 0.0));
        }
        Ok(())
    }
}
