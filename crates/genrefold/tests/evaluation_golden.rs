//! The metrics against scikit-learn and SciPy; `golden/make_metrics.py` made the figures.

use std::error::Error;

use genrefold::evaluation::{Probabilities, Scores};
use serde::Deserialize;

/// Both sides compute in 64-bit floats; only the order of the sums differs.
const TOLERANCE: f64 = 1e-9;

#[derive(Deserialize)]
struct Case {
    name: String,
    genres: usize,
    truth: Vec<usize>,
    probabilities: Vec<f32>,
    accuracy: f64,
    low: f64,
    high: f64,
    precision: f64,
    recall: f64,
    f1: f64,
    log_loss: f64,
    calibration_error: f64,
    genre_precision: Vec<f64>,
    genre_recall: Vec<f64>,
    genre_f1: Vec<f64>,
    confusion: Vec<Vec<u64>>,
}

fn cases() -> Result<Vec<Case>, Box<dyn Error>> {
    Ok(serde_json::from_str(include_str!("golden/metrics.json"))?)
}

fn close(case: &Case, what: &str, found: f64, expected: f64) {
    let apart = (found - expected).abs();
    assert!(apart <= TOLERANCE, "{}: {what} is {found}, scikit-learn says {expected}", case.name);
}

#[test]
fn every_score_agrees_with_scikit_learn() -> Result<(), Box<dyn Error>> {
    let cases = cases()?;
    assert_eq!(cases.len(), 7);
    for case in &cases {
        let rows = Probabilities::new(case.genres, case.probabilities.clone())?;
        let scores = Scores::new(&case.truth, &rows)?;
        close(case, "accuracy", scores.accuracy, case.accuracy);
        close(case, "the interval's low end", scores.interval.low, case.low);
        close(case, "the interval's high end", scores.interval.high, case.high);
        close(case, "precision", scores.precision, case.precision);
        close(case, "recall", scores.recall, case.recall);
        close(case, "F1", scores.f1, case.f1);
        close(case, "log loss", scores.log_loss, case.log_loss);
        close(case, "calibration error", scores.calibration_error, case.calibration_error);
    }
    Ok(())
}

#[test]
fn every_genres_scores_agree_with_scikit_learn() -> Result<(), Box<dyn Error>> {
    for case in &cases()? {
        let rows = Probabilities::new(case.genres, case.probabilities.clone())?;
        let scores = Scores::new(&case.truth, &rows)?;
        assert_eq!(scores.confusion.rows(), case.confusion, "{}", case.name);
        let expected = [&case.genre_precision, &case.genre_recall, &case.genre_f1];
        assert_eq!([scores.genres.len(); 3], expected.map(Vec::len), "{}", case.name);
        for (index, genre) in scores.genres.iter().enumerate() {
            close(case, "a genre's precision", genre.precision, case.genre_precision[index]);
            close(case, "a genre's recall", genre.recall, case.genre_recall[index]);
            close(case, "a genre's F1", genre.f1, case.genre_f1[index]);
            assert_eq!(genre.count, case.confusion[index].iter().sum::<u64>(), "{}", case.name);
        }
    }
    Ok(())
}
