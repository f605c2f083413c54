//! The confusion matrix: how often each genre was taken for each other.
//!
//! **Source**: scikit-learn's `confusion_matrix(truth, predicted, labels=range(genres))`.
//!
//! **Convention**: rows are the truth, columns the prediction; genres that never occur keep their row and
//! column of zeros.
//!
//! **Formula**: `count[t][p] = #{ i : truth[i] = t and predicted[i] = p }`.

use serde::{Deserialize, Serialize};

use super::check_labels;
use crate::error::Result;

/// Counts `[truth, prediction]` over all rows judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    counts: Vec<Vec<u64>>,
}

impl Confusion {
    /// Counts the pairs of `truth` and `predicted`, both indices below `genres`, in the same order.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::error::Error::Setting) for lists of unequal length or an index out of range.
    pub fn new(genres: usize, truth: &[usize], predicted: &[usize]) -> Result<Self> {
        check_labels("truth", truth, truth.len(), genres)?;
        check_labels("predicted", predicted, truth.len(), genres)?;
        let mut counts = vec![vec![0; genres]; genres];
        for (&truth, &predicted) in truth.iter().zip(predicted) {
            counts[truth][predicted] += 1;
        }
        Ok(Confusion { counts })
    }

    /// How many genres there are: the side of the matrix.
    pub fn genres(&self) -> usize {
        self.counts.len()
    }

    /// The matrix itself, row by row; a row is one true genre.
    pub fn rows(&self) -> &[Vec<u64>] {
        &self.counts
    }

    /// How many rows were judged.
    pub fn total(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }

    /// How many rows were judged right: the diagonal.
    pub fn right(&self) -> u64 {
        (0..self.genres()).map(|genre| self.counts[genre][genre]).sum()
    }

    /// How many rows truly are of each genre.
    pub fn truly(&self) -> Vec<u64> {
        self.counts.iter().map(|row| row.iter().sum()).collect()
    }

    /// How many rows were taken for each genre.
    pub fn predicted(&self) -> Vec<u64> {
        (0..self.genres()).map(|genre| self.counts.iter().map(|row| row[genre]).sum()).collect()
    }

    /// How many rows of each genre were judged right.
    pub fn hits(&self) -> Vec<u64> {
        (0..self.genres()).map(|genre| self.counts[genre][genre]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_the_truth_and_columns_the_prediction() -> Result<()> {
        let matrix = Confusion::new(3, &[0, 0, 1, 1], &[0, 1, 1, 1])?;
        assert_eq!(matrix.rows(), [vec![1, 1, 0], vec![0, 2, 0], vec![0, 0, 0]]);
        assert_eq!((matrix.total(), matrix.right()), (4, 3));
        assert_eq!(matrix.truly(), [2, 2, 0]);
        assert_eq!(matrix.predicted(), [1, 3, 0]);
        assert_eq!(matrix.hits(), [1, 2, 0]);
        Ok(())
    }

    #[test]
    fn lists_of_unequal_length_and_unknown_genres_are_refused() {
        assert!(Confusion::new(2, &[0, 1], &[0]).is_err());
        assert!(Confusion::new(2, &[0, 2], &[0, 1]).is_err());
        assert!(Confusion::new(2, &[0, 1], &[0, 2]).is_err());
    }
}
