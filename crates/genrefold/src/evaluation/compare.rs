//! Whether two results differ by more than chance.
//!
//! **Source**: the corrected resampled t-test of Nadeau & Bengio, "Inference for the generalization error",
//! Machine Learning 52 (2003), in the form for cross-validation of Bouckaert & Frank, "Evaluating the
//! replicability of significance tests for comparing learning algorithms", PAKDD 2004. McNemar, "Note on the
//! sampling error of the difference between correlated proportions or percentages", Psychometrika 12 (1947), in
//! its exact form: statsmodels' `mcnemar(exact=True)`.
//!
//! **Conventions**: differences are first minus second; tests are two-sided, intervals of 95 %. Trainings of a
//! cross-validation share most of their songs, so their results vary less than those of independent ones would:
//! the t-test's correction makes up for it. Differences that are all the same have no variance: then the
//! interval is that one value, and p is 1 if it is 0 and 0 if not. McNemar's test supposes independent rows: give
//! it tracks, never clips.
//!
//! **Formulas**, with `k` differences of mean `m` and sample variance `s²` (divided by `k - 1`), and `r` test
//! songs for each training song: `t = m / √((1/k + r) s²)`, `p = 2 P[T(k-1) > |t|]`, interval
//! `m ± T⁻¹(0.975) √((1/k + r) s²)`. With `b` rows that only the first has right and `c` only the second:
//! `p = min(1, 2 P[Bin(b + c, 1/2) <= min(b, c)])`.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::bad;
use crate::error::Result;

/// A mean difference between two results, and what is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MeanDifference {
    /// How many differences it is the mean of, two or more.
    pub count: usize,
    /// The mean, first minus second, in the unit of the differences.
    pub mean: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end of its 95 % interval.
    pub high: f64,
    /// How likely a mean at least this far from 0 were if there was no difference, in [0, 1].
    pub p: f64,
}

/// The corrected resampled t-test over the differences of paired folds; `test_share` is the number of test songs
/// for each training song, above 0: about 1/9 for ten folds.
///
/// # Errors
/// [`Error::Setting`](crate::error::Error::Setting) for fewer than two differences, since one has no spread; for
/// a difference that is not finite; for a `test_share` that is not finite and above 0.
pub fn resampled_t_test(differences: &[f64], test_share: f64) -> Result<MeanDifference> {
    check(differences, test_share)?;
    let count = differences.len();
    let k = count as f64;
    if differences.iter().all(|value| *value == differences[0]) {
        let mean = differences[0];
        return Ok(MeanDifference { count, mean, low: mean, high: mean, p: f64::from(mean == 0.0) });
    }
    let mean = differences.iter().sum::<f64>() / k;
    let variance = differences.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (k - 1.0);
    let error = ((1.0 / k + test_share) * variance).sqrt();
    let student =
        StudentsT::new(0.0, 1.0, k - 1.0).map_err(|error| bad("freedom", error.to_string(), "1 or more"))?;
    let reach = student.inverse_cdf(0.975) * error;
    let p = 2.0 * student.sf((mean / error).abs());
    Ok(MeanDifference { count, mean, low: mean - reach, high: mean + reach, p })
}

fn check(differences: &[f64], test_share: f64) -> Result<()> {
    if differences.len() < 2 {
        let expected = "two or more, for the spread: judge on more folds";
        return Err(bad("differences", differences.len().to_string(), expected));
    }
    if let Some(value) = differences.iter().find(|value| !value.is_finite()) {
        return Err(bad("differences", value.to_string(), "finite numbers"));
    }
    if !(test_share.is_finite() && test_share > 0.0) {
        return Err(bad("test_share", test_share.to_string(), "a number above 0: test by training songs"));
    }
    Ok(())
}

/// McNemar's exact test: how likely two equally good judges were to differ at least as unevenly, where one alone
/// was right on `only_first` rows and the other on `only_second`. In [0, 1]; 1 where they never
/// differ, 0 where it is below 1e-300.
pub fn mcnemar(only_first: u64, only_second: u64) -> f64 {
    let fewer = only_first.min(only_second);
    let count = only_first as f64 + only_second as f64;
    let middle = fewer + only_first.abs_diff(only_second) / 2;
    // Probabilities relative to the middle's, downwards: no factorial can overflow, and the far ones fade to 0.
    let (mut term, mut half, mut tail) = (1.0_f64, 0.0, 0.0);
    for successes in (0..=middle).rev() {
        half += term;
        tail += if successes <= fewer { term } else { 0.0 };
        term *= successes as f64 / (count - successes as f64 + 1.0);
        // Below this the type loses digits, and would never come down to 0.
        if term < f64::MIN_POSITIVE {
            break;
        }
    }
    // Both halves have the middle in common where the count is even.
    let shared = f64::from(only_first.abs_diff(only_second).is_multiple_of(2));
    (2.0 * tail / (2.0 * half - shared)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_fold_or_nonsense_is_refused() {
        for (differences, test_share) in [
            (&[][..], 0.1),
            (&[0.1], 0.1),
            (&[0.1, f64::NAN], 0.1),
            (&[0.1, 0.2], 0.0),
            (&[0.1, 0.2], f64::INFINITY),
        ] {
            assert!(resampled_t_test(differences, test_share).is_err(), "{differences:?}, {test_share}");
        }
    }

    #[test]
    fn differences_without_variance_are_certain() -> Result<()> {
        let nothing = resampled_t_test(&[0.0; 5], 0.25)?;
        assert_eq!(nothing, MeanDifference { count: 5, mean: 0.0, low: 0.0, high: 0.0, p: 1.0 });
        let something = resampled_t_test(&[-0.1; 5], 0.25)?;
        assert_eq!(something, MeanDifference { count: 5, mean: -0.1, low: -0.1, high: -0.1, p: 0.0 });
        Ok(())
    }

    #[test]
    fn the_order_of_the_two_turns_the_sign_and_nothing_else() -> Result<()> {
        let one = resampled_t_test(&[0.01, 0.03, -0.02, 0.05], 1.0 / 3.0)?;
        let other = resampled_t_test(&[-0.01, -0.03, 0.02, -0.05], 1.0 / 3.0)?;
        assert_eq!((one.mean, one.low, one.high, one.p), (-other.mean, -other.high, -other.low, other.p));
        assert_eq!(mcnemar(12, 3), mcnemar(3, 12));
        Ok(())
    }

    #[test]
    fn the_interval_leaves_zero_out_where_p_is_small() -> Result<()> {
        for shift in [0.0, 0.01, 0.02, 0.05, 0.1] {
            let test = resampled_t_test(&[0.01 + shift, 0.03 + shift, shift - 0.02], 0.1)?;
            assert_eq!(test.p < 0.05, test.low > 0.0 || test.high < 0.0, "{test:?}");
        }
        Ok(())
    }

    #[test]
    fn counts_of_any_size_have_a_p_between_zero_and_one() {
        assert_eq!((mcnemar(0, 0), mcnemar(1, 0), mcnemar(7, 7)), (1.0, 1.0, 1.0));
        assert_eq!((mcnemar(5, 0), mcnemar(0, u64::MAX >> 32)), (0.0625, 0.0));
        // Far out the binomial is normal; these lie two deviations apart.
        let p = mcnemar(5_000_100_000, 4_999_900_000);
        assert!((p - 0.045_500).abs() < 1e-5, "{p}");
    }
}
