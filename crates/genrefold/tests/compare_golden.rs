//! The tests of differences against SciPy and statsmodels; `golden/make_compare.py` made the figures.

use std::error::Error;

use genrefold::evaluation::{mcnemar, resampled_t_test};
use serde::Deserialize;

/// Relative: p may be very small.
const TOLERANCE: f64 = 1e-9;

#[derive(Deserialize)]
struct Cases {
    t_tests: Vec<TTest>,
    mcnemar: Vec<McNemar>,
}

#[derive(Deserialize)]
struct TTest {
    differences: Vec<f64>,
    test_share: f64,
    mean: f64,
    low: f64,
    high: f64,
    p: f64,
}

#[derive(Deserialize)]
struct McNemar {
    only_first: u64,
    only_second: u64,
    p: f64,
}

fn cases() -> Result<Cases, Box<dyn Error>> {
    Ok(serde_json::from_str(include_str!("golden/compare.json"))?)
}

fn close(what: &str, found: f64, expected: f64) {
    let apart = (found - expected).abs();
    assert!(apart <= TOLERANCE * expected.abs(), "{what} is {found}, but {expected} elsewhere");
}

#[test]
fn every_t_test_agrees_with_scipy() -> Result<(), Box<dyn Error>> {
    let cases = cases()?.t_tests;
    assert_eq!(cases.len(), 13);
    for case in cases {
        let test = resampled_t_test(&case.differences, case.test_share)?;
        let name = format!("over {:?}, ", case.differences);
        close(&(name.clone() + "the mean"), test.mean, case.mean);
        close(&(name.clone() + "the interval's low end"), test.low, case.low);
        close(&(name.clone() + "the interval's high end"), test.high, case.high);
        close(&(name + "p"), test.p, case.p);
    }
    Ok(())
}

#[test]
fn every_mcnemar_test_agrees_with_statsmodels() -> Result<(), Box<dyn Error>> {
    let cases = cases()?.mcnemar;
    assert_eq!(cases.len(), 14);
    for McNemar { only_first, only_second, p } in cases {
        close(&format!("p of {only_first} and {only_second}"), mcnemar(only_first, only_second), p);
    }
    Ok(())
}
