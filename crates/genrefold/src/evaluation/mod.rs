//! TRUTH + SCORES -> NUMBERS. Pure: knows no model, no file, no clock.
//!
//! Everything here starts from two things: the true genre of each row (an index into
//! [`Genres`](crate::label::Genres)) and one row of [`Probabilities`] for it. A row is a clip or a track; the
//! numbers mean what the rows mean, so tracks are judged by first turning their clips into one row each
//! ([`voting`]).

pub mod calibration;
pub mod compare;
pub mod confusion;
pub mod interval;
pub mod metrics;
pub mod protocol;
pub mod voting;

pub use calibration::{Calibration, HeldOut, Reliability};
pub use compare::{MeanDifference, mcnemar, resampled_t_test};
pub use confusion::Confusion;
pub use interval::{Interval, predicted, wilson};
pub use metrics::{GenreScores, Scores};
pub use protocol::{Judged, Protocol};
pub use voting::{Verdict, Voting};

use crate::error::{Error, Result};

/// How far a row's sum may lie from one: softmax in 32-bit floats stays a hundred times closer.
const SUM_TOLERANCE: f64 = 1e-4;

/// A table of probabilities `[rows, genres]`: each value in [0, 1], each row summing to one within 1e-4.
#[derive(Debug, Clone, PartialEq)]
pub struct Probabilities {
    genres: usize,
    values: Vec<f32>,
}

impl Probabilities {
    /// Checks and wraps `values`, rows one after the other, `genres` values each.
    ///
    /// # Errors
    /// [`Error::Setting`] for no genre, an incomplete row, a value outside [0, 1] or not a number, or a row
    /// that does not sum to one. No row at all is allowed.
    pub fn new(genres: usize, values: Vec<f32>) -> Result<Self> {
        if genres == 0 || !values.len().is_multiple_of(genres) {
            return Err(bad(
                "probabilities",
                format!("{} values for {genres} genres", values.len()),
                "complete rows, one value for each genre",
            ));
        }
        let table = Probabilities { genres, values };
        table.rows().enumerate().try_for_each(|(index, row)| check_row(index, row))?;
        Ok(table)
    }

    /// Puts rows of equal length together; the checks are those of [`Probabilities::new`].
    pub fn from_rows<Row: AsRef<[f32]>>(genres: usize, rows: impl IntoIterator<Item = Row>) -> Result<Self> {
        let mut values = Vec::new();
        for (index, row) in rows.into_iter().enumerate() {
            let row = row.as_ref();
            if row.len() != genres {
                let found = format!("{} values in row {index}", row.len());
                return Err(bad("probabilities", found, format!("{genres}, one for each genre")));
            }
            values.extend_from_slice(row);
        }
        Self::new(genres, values)
    }

    /// How many genres each row tells apart.
    pub fn genres(&self) -> usize {
        self.genres
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.values.len() / self.genres
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The row at `index`, if there is one: one probability for each genre.
    pub fn row(&self, index: usize) -> Option<&[f32]> {
        self.values.chunks_exact(self.genres).nth(index)
    }

    /// All rows in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.genres)
    }

    /// The likeliest genre of each row; of equals, the lowest index, as in NumPy's `argmax`.
    pub fn winners(&self) -> Vec<usize> {
        self.rows().map(argmax).collect()
    }
}

/// The index of the largest value; of equals, the lowest. Zero for an empty slice.
pub(crate) fn argmax<T: PartialOrd>(values: &[T]) -> usize {
    (1..values.len()).fold(0, |best, index| if values[index] > values[best] { index } else { best })
}

fn check_row(index: usize, row: &[f32]) -> Result<()> {
    if let Some(value) = row.iter().find(|value| !(0.0..=1.0).contains(*value)) {
        return Err(bad("probabilities", format!("{value} in row {index}"), "values from 0 to 1"));
    }
    let sum: f64 = row.iter().map(|&value| f64::from(value)).sum();
    if (sum - 1.0).abs() > SUM_TOLERANCE {
        return Err(bad("probabilities", format!("a sum of {sum} in row {index}"), "rows that sum to 1"));
    }
    Ok(())
}

/// A shape or range error of an evaluation's input.
pub(crate) fn bad(key: &str, found: impl Into<String>, expected: impl Into<String>) -> Error {
    Error::Setting { key: format!("evaluation.{key}"), found: found.into(), expected: expected.into() }
}

/// Refuses genre indices that do not fit `rows` rows of `genres` genres.
pub(crate) fn check_labels(key: &str, labels: &[usize], rows: usize, genres: usize) -> Result<()> {
    if labels.len() != rows {
        return Err(bad(key, format!("{} labels", labels.len()), format!("{rows}, one for each row")));
    }
    match labels.iter().find(|&&label| label >= genres) {
        Some(label) => Err(bad(key, format!("genre {label}"), format!("indices below {genres}"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_are_no_probabilities_are_refused() {
        for values in [vec![0.5; 3], vec![1.1, -0.1], vec![f32::NAN, 1.0], vec![0.5, 0.4]] {
            assert!(Probabilities::new(2, values.clone()).is_err(), "{values:?} was accepted");
        }
        assert!(Probabilities::new(0, vec![]).is_err());
        assert!(Probabilities::from_rows(2, [vec![0.5, 0.5], vec![1.0]]).is_err());
    }

    #[test]
    fn rows_come_back_as_they_went_in() -> Result<()> {
        let table = Probabilities::from_rows(2, [[0.25, 0.75], [1.0, 0.0]])?;
        assert_eq!((table.len(), table.genres(), table.is_empty()), (2, 2, false));
        assert_eq!(table.row(0), Some(&[0.25, 0.75][..]));
        assert_eq!(table.row(2), None);
        assert_eq!(table.winners(), [1, 0]);
        Ok(())
    }

    #[test]
    fn of_equal_probabilities_the_first_genre_wins() {
        assert_eq!(argmax(&[0.2, 0.4, 0.4]), 1);
        assert_eq!(argmax::<f32>(&[]), 0);
    }
}
