//! How far a proportion, such as an accuracy, can be trusted.
//!
//! **Source**: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927);
//! the same as SciPy's `binomtest(k, n).proportion_ci(0.95, method="wilson")`.
//!
//! **Convention**: 95 %, two-sided, without continuity correction. It supposes independent trials: give it
//! tracks, never the clips of a track.
//!
//! **Formula**, with `p = k / n` and `z` the 97.5 % quantile of the normal distribution:
//! `(p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n)`.

use serde::{Deserialize, Serialize};
use statrs::function::beta::ln_beta;

use super::bad;
use crate::error::Result;

/// The 97.5 % quantile of the standard normal distribution: 95 % lie within ± this many deviations.
const Z95: f64 = 1.959_963_984_540_054;

/// A range of proportions, `0 <= low <= high <= 1`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The 95 % interval for the proportion behind `successes` out of `trials`.
///
/// # Errors
/// [`Error::Setting`](crate::error::Error::Setting) for no trial, or more successes than trials.
pub fn wilson(successes: u64, trials: u64) -> Result<Interval> {
    if trials == 0 || successes > trials {
        let found = format!("{successes} of {trials}");
        return Err(bad("interval", found, "at least one trial, and no more successes than trials"));
    }
    let n = trials as f64;
    let p = successes as f64 / n;
    let centre = p + Z95 * Z95 / (2.0 * n);
    let spread = Z95 * (p * (1.0 - p) / n + Z95 * Z95 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z95 * Z95 / n;
    // None or all right puts one end exactly on the edge; rounding would leave it a little beside.
    let low = if successes == 0 { 0.0 } else { (centre - spread) / scale };
    let high = if successes == trials { 1.0 } else { (centre + spread) / scale };
    Ok(Interval { low, high })
}

/// The 95 % interval of the share that will be right among new rows, `each` of every genre, given how many of each
/// genre were right so far: `(right, judged)` for each genre.
///
/// **Source**: the posterior predictive distribution of a binomial with Jeffreys' prior, Beta(1/2, 1/2), for each
/// genre (Brown, Cai & DasGupta, "Interval estimation for a binomial proportion", Statistical Science 16 (2001)); the
/// genres' right answers added. The interval is closed: each tail beyond it holds at most 2.5 %.
///
/// # Errors
/// [`Error::Setting`](crate::error::Error::Setting) for no genre, no new row, or more successes than trials.
pub fn predicted(genres: &[(u64, u64)], each: u64) -> Result<Interval> {
    if genres.is_empty() || each == 0 || genres.iter().any(|(right, judged)| right > judged) {
        let found = format!("{each} new rows of each of {} genres: {genres:?}", genres.len());
        return Err(bad("predicted", found, "genres, new rows, and no more right than judged"));
    }
    let mut chances = vec![1.0];
    for &(right, judged) in genres {
        let (a, b) = (right as f64 + 0.5, (judged - right) as f64 + 0.5);
        let of_genre: Vec<f64> = (0..=each).map(|hits| beta_binomial(hits, each, a, b)).collect();
        chances = convolved(&chances, &of_genre);
    }
    let all = (chances.len() - 1) as f64;
    let tail = |chances: &mut dyn Iterator<Item = f64>| {
        let mut below = 0.0;
        chances
            .take_while(|chance| {
                below += chance;
                below <= 0.025
            })
            .count() as f64
    };
    let low = tail(&mut chances.iter().copied());
    let high = all - tail(&mut chances.iter().rev().copied());
    Ok(Interval { low: low / all, high: high / all })
}

/// The chance of `hits` among `n` if their share is drawn from Beta(a, b).
fn beta_binomial(hits: u64, n: u64, a: f64, b: f64) -> f64 {
    let (k, n) = (hits as f64, n as f64);
    let choices = -(n + 1.0).ln() - ln_beta(n - k + 1.0, k + 1.0);
    (choices + ln_beta(k + a, n - k + b) - ln_beta(a, b)).exp()
}

/// Chances of the sum of two independent counts.
fn convolved(one: &[f64], other: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; one.len() + other.len() - 1];
    for (i, x) in one.iter().enumerate() {
        other.iter().enumerate().for_each(|(j, y)| sum[i + j] += x * y);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.betabinom(5, 8.5, 2.5)`: pmf(0..=5), SciPy 1.17.
    const SCIPY: [f64; 6] = [
        0.003906250000000,
        0.025540865384615,
        0.088232080419580,
        0.205874854312354,
        0.338222974941725,
        0.338222974941725,
    ];

    #[test]
    fn the_chances_of_new_hits_are_scipys() {
        for (hits, expected) in SCIPY.iter().enumerate() {
            let found = beta_binomial(hits as u64, 5, 8.5, 2.5);
            assert!((found - expected).abs() < 1e-12, "{hits}: {found} instead of {expected}");
        }
    }

    #[test]
    fn a_prediction_widens_with_fewer_songs_before_and_with_fewer_to_come() -> Result<()> {
        let width = |genres: &[(u64, u64)], each| predicted(genres, each).map(|found| found.high - found.low);
        let (known, barely) = (vec![(70, 100); 10], vec![(7, 10); 10]);
        assert!(width(&known, 5)? < width(&barely, 5)?);
        assert!(width(&known, 500)? < width(&known, 5)?);
        let all = predicted(&known, 5)?;
        assert!(all.low > 0.5 && all.low < 0.62 && all.high > 0.78 && all.high < 0.9, "{all:?}");
        assert!(predicted(&[], 5).is_err() && predicted(&[(2, 1)], 5).is_err());
        Ok(())
    }

    #[test]
    fn the_interval_holds_the_proportion_and_stays_within_zero_and_one() -> Result<()> {
        for trials in 1..60 {
            for successes in 0..=trials {
                let Interval { low, high } = wilson(successes, trials)?;
                let p = successes as f64 / trials as f64;
                assert!(0.0 <= low && low <= p && p <= high && high <= 1.0, "{successes} of {trials}");
            }
        }
        Ok(())
    }

    #[test]
    fn more_trials_make_it_narrower() -> Result<()> {
        let width = |interval: Interval| interval.high - interval.low;
        assert!(width(wilson(800, 1000)?) < width(wilson(80, 100)?));
        Ok(())
    }

    #[test]
    fn nothing_tried_and_more_won_than_tried_are_refused() {
        assert!(wilson(0, 0).is_err());
        assert!(wilson(2, 1).is_err());
    }
}
