//! Accuracy, macro scores, log loss and calibration.
//!
//! **Source**: scikit-learn's `accuracy_score`, `precision_recall_fscore_support`, `log_loss`; the calibration
//! error is that of Guo et al., "On calibration of modern neural networks", ICML 2017, equation 3.
//!
//! **Conventions**: a quotient with denominator zero is 0 (`zero_division=0`). Macro scores are plain means
//! over all genres of the model (`labels=range(genres)`), so a genre that never occurs counts as 0. Log loss is
//! in nats, with probabilities held within [ε, 1-ε], ε the spacing of 32-bit floats at one (1.19e-7), for they
//! arrive in that type. Calibration uses 15 bins of equal width, open below and closed above, over the
//! probability of the predicted genre. All sums are made in 64-bit floats.
//!
//! **Formulas**, with `n` rows, truth `t`, prediction `p`, hits `h(g)`:
//! accuracy `Σ_g h(g) / n`; precision `h(g) / #{p = g}`; recall `h(g) / #{t = g}`; F1 `2 h(g) / (#{p = g} +
//! #{t = g})`; log loss `-Σ_i ln P_i(t_i) / n`; calibration error `Σ_b |B_b| / n · |acc(B_b) - conf(B_b)|`.

use serde::{Deserialize, Serialize};

use super::{Confusion, Interval, Probabilities, Verdict, bad, check_labels, predicted, wilson};
use crate::error::Result;

/// Bins of the expected calibration error, as in Guo et al.
const CALIBRATION_BINS: usize = 15;

/// How good a set of predictions is. Every score lies in [0, 1] and more is better, save the last two.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// How many rows were judged.
    pub count: u64,
    /// The share of rows judged right.
    pub accuracy: f64,
    /// The accuracy's 95 % Wilson interval, which supposes that the rows are independent: tracks, not clips.
    pub interval: Interval,
    /// Mean of the genres' precisions.
    pub precision: f64,
    /// Mean of the genres' recalls; also called balanced accuracy.
    pub recall: f64,
    /// Mean of the genres' F1 scores.
    pub f1: f64,
    /// Mean negative logarithm of the true genre's probability, nats, 0 at best.
    pub log_loss: f64,
    /// Mean distance between how sure and how right the predictions are, in [0, 1], 0 at best.
    pub calibration_error: f64,
    /// The scores of each genre, in the model's order.
    pub genres: Vec<GenreScores>,
    /// Which genre was taken for which.
    pub confusion: Confusion,
}

/// How well one genre is told from the others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GenreScores {
    /// How many rows truly are of this genre.
    pub count: u64,
    /// Of the rows taken for it, the share that are.
    pub precision: f64,
    /// Of the rows that are of it, the share that was found.
    pub recall: f64,
    /// The harmonic mean of the two.
    pub f1: f64,
}

impl Scores {
    /// Judges rows by their likeliest genre. `truth` holds one genre index for each row.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::error::Error::Setting) when there is no row, or `truth` does not fit the rows.
    pub fn new(truth: &[usize], probabilities: &Probabilities) -> Result<Self> {
        Self::with_winners(truth, probabilities, &probabilities.winners())
    }

    /// Judges the verdicts over tracks, so that a vote's tie counts as it was settled.
    ///
    /// # Errors
    /// As [`Scores::new`]; also when a verdict's probabilities are none.
    pub fn of_verdicts(genres: usize, truth: &[usize], verdicts: &[Verdict]) -> Result<Self> {
        let rows = Probabilities::from_rows(genres, verdicts.iter().map(|verdict| &verdict.probabilities))?;
        let winners: Vec<usize> = verdicts.iter().map(|verdict| verdict.genre).collect();
        Self::with_winners(truth, &rows, &winners)
    }

    fn with_winners(truth: &[usize], rows: &Probabilities, winners: &[usize]) -> Result<Self> {
        check_labels("truth", truth, rows.len(), rows.genres())?;
        if truth.is_empty() {
            return Err(bad("truth", "no row", "at least one row to judge"));
        }
        let confusion = Confusion::new(rows.genres(), truth, winners)?;
        let genres = genre_scores(&confusion);
        let mean =
            |score: fn(&GenreScores) -> f64| genres.iter().map(score).sum::<f64>() / genres.len() as f64;
        Ok(Scores {
            count: confusion.total(),
            accuracy: ratio(confusion.right(), confusion.total()),
            interval: wilson(confusion.right(), confusion.total())?,
            precision: mean(|genre| genre.precision),
            recall: mean(|genre| genre.recall),
            f1: mean(|genre| genre.f1),
            log_loss: log_loss(truth, rows),
            calibration_error: calibration_error(truth, rows, winners),
            genres,
            confusion,
        })
    }
}

impl Scores {
    /// The share that will be right, 95 %, among new rows of the same kind, `each` of every genre.
    ///
    /// # Errors
    /// As [`predicted`].
    pub fn expected(&self, each: u64) -> Result<Interval> {
        let (hits, truly) = (self.confusion.hits(), self.confusion.truly());
        predicted(&hits.into_iter().zip(truly).collect::<Vec<_>>(), each)
    }
}

fn genre_scores(confusion: &Confusion) -> Vec<GenreScores> {
    let (hits, truly, predicted) = (confusion.hits(), confusion.truly(), confusion.predicted());
    (0..confusion.genres())
        .map(|genre| GenreScores {
            count: truly[genre],
            precision: ratio(hits[genre], predicted[genre]),
            recall: ratio(hits[genre], truly[genre]),
            f1: ratio(2 * hits[genre], predicted[genre] + truly[genre]),
        })
        .collect()
}

/// A quotient of counts; 0 when there is nothing to divide by.
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn log_loss(truth: &[usize], rows: &Probabilities) -> f64 {
    let epsilon = f64::from(f32::EPSILON);
    let loss = |(&genre, row): (&usize, &[f32])| -f64::from(row[genre]).clamp(epsilon, 1.0 - epsilon).ln();
    truth.iter().zip(rows.rows()).map(loss).sum::<f64>() / truth.len() as f64
}

fn calibration_error(truth: &[usize], rows: &Probabilities, winners: &[usize]) -> f64 {
    // For each bin the sum of (right - confidence): |B|·(acc - conf) without a division.
    let mut gaps = [0.0_f64; CALIBRATION_BINS];
    for ((row, &winner), &truth) in rows.rows().zip(winners).zip(truth) {
        let confidence = f64::from(row[winner]);
        // Bin b holds (b/15, (b+1)/15]; a confidence of zero joins the first.
        let bin = (confidence * CALIBRATION_BINS as f64).ceil() as usize;
        let right = if winner == truth { 1.0 } else { 0.0 };
        gaps[bin.clamp(1, CALIBRATION_BINS) - 1] += right - confidence;
    }
    gaps.iter().map(|gap| gap.abs()).sum::<f64>() / truth.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn perfect_and_sure_predictions_score_one_and_lose_nothing() -> Result<()> {
        let rows = Probabilities::from_rows(2, [[1.0, 0.0], [0.0, 1.0]])?;
        let scores = Scores::new(&[0, 1], &rows)?;
        assert_eq!([scores.accuracy, scores.precision, scores.recall, scores.f1], [1.0; 4]);
        assert_eq!(scores.calibration_error, 0.0);
        assert!(scores.log_loss < 1.2e-7);
        Ok(())
    }

    #[test]
    fn an_impossible_truth_costs_a_finite_loss() -> Result<()> {
        let rows = Probabilities::from_rows(2, [[1.0, 0.0]])?;
        let scores = Scores::new(&[1], &rows)?;
        assert!((scores.log_loss - 15.942_385_152_878_742).abs() < 1e-9);
        assert_eq!(scores.calibration_error, 1.0);
        Ok(())
    }

    #[test]
    fn a_genre_that_never_occurs_counts_as_zero() -> Result<()> {
        let rows = Probabilities::from_rows(3, [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])?;
        let scores = Scores::new(&[0, 1], &rows)?;
        assert_eq!(scores.accuracy, 1.0);
        assert!((scores.f1 - 2.0 / 3.0).abs() < 1e-12);
        Ok(())
    }

    #[test]
    fn a_settled_tie_counts_as_settled() -> Result<()> {
        let verdict = Verdict { genre: 1, probabilities: vec![0.5, 0.5] };
        assert_eq!(Scores::of_verdicts(2, &[1], &[verdict])?.accuracy, 1.0);
        Ok(())
    }

    #[test]
    fn nothing_to_judge_or_unequal_lengths_are_refused() -> Result<()> {
        let rows = Probabilities::from_rows(2, [[1.0, 0.0]])?;
        assert!(Scores::new(&[], &rows).is_err());
        assert!(Scores::new(&[2], &rows).is_err());
        assert!(Scores::new(&[], &Probabilities::new(2, vec![])?).is_err());
        Ok(())
    }
}
