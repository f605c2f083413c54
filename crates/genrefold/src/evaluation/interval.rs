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

#[cfg(test)]
mod tests {
    use super::*;

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
