//! From how sure a network sounds to how often it is right, and where it had better say that it is unsure.
//!
//! **Source**: temperature scaling is that of Guo et al., "On calibration of modern neural networks", ICML 2017, §4.2:
//! logits are divided by one number, fitted by the log loss of songs that were not learned from. It changes no
//! winner of a clip. Answering only above a threshold is selective classification (El-Yaniv & Wiener, JMLR 2010).
//!
//! **Conventions**: what is fitted is the log loss of *tracks*, each the mean of its clips' probabilities, for that is
//! what users are told. Every genre weighs the same, however many tracks it has. The threshold is the lowest above
//! which [`SURE`] of the answers are right.
//!
//! **Formula**: `P(g) = Σ_c softmax(z_c / T)(g) / n` over the `n` clips of a track; probabilities stand in for logits,
//! as `softmax(ln p / T) = softmax(z / T)`.

use serde::{Deserialize, Serialize};

use super::{Interval, Probabilities, Scores, Verdict, Voting, bad, wilson};
use crate::error::Result;

/// The share of the sure answers that shall be right.
pub const SURE: f64 = 0.9;
/// With fewer tracks than this to fit by, the temperature stays 1 and no threshold is named: both would be chance. Four
/// tracks that happen to be right make a model five times as sure of everything.
pub const LEAST_TRACKS: usize = 40;
/// The temperatures that are looked at: from five times as sure to a fifth as sure.
const TEMPERATURES: (f64, f64) = (0.2, 5.0);
/// Each step narrows the range of temperatures by the golden ratio: to a millionth.
const STEPS: usize = 32;
/// Probabilities are kept to six decimals: a rounded zero is taken for half of the last one.
const SMALLEST: f32 = 5e-7;

/// A track that was not learned from, and what the network said of its clips.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldOut {
    /// Its true genre.
    pub genre: usize,
    /// A row for each of its clips, at least one, at temperature 1.
    pub clips: Probabilities,
}

/// How a model's answers become honest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Logits are divided by it; above 0. More than 1 makes answers less sure.
    pub temperature: f64,
    /// A track whose genre is less probable than this is unsure; none where too few tracks were there to fit it.
    pub unsure_below: Option<f64>,
    /// What both were fitted on, in words.
    pub fitted_on: String,
}

/// How far calibrated answers can be trusted, measured on held-out tracks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reliability {
    /// Expected calibration error at temperature 1.
    pub error_before: f64,
    /// The same at the fitted temperature.
    pub error_after: f64,
    /// Log loss at temperature 1, nats.
    pub log_loss_before: f64,
    /// The same at the fitted temperature.
    pub log_loss_after: f64,
    /// The tracks that were answered surely; none without a threshold.
    pub sure: Option<Sure>,
}

/// The answers above the threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sure {
    /// How many.
    pub count: u64,
    /// Their share of all tracks.
    pub coverage: f64,
    /// The share of them that is right.
    pub accuracy: f64,
    /// Its 95 % Wilson interval.
    pub interval: Interval,
}

impl Calibration {
    /// Fits temperature and threshold.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::error::Error::Setting) for no track.
    pub fn fit(tracks: &[HeldOut], fitted_on: impl Into<String>) -> Result<Self> {
        if tracks.is_empty() {
            return Err(bad("calibration", "no track", "tracks that were not learned from"));
        }
        if tracks.len() < LEAST_TRACKS {
            let fitted_on = format!("nothing, for {} tracks are too few", tracks.len());
            return Ok(Calibration { temperature: 1.0, unsure_below: None, fitted_on });
        }
        let temperature = fit_temperature(tracks);
        let unsure_below = threshold(tracks, temperature)?;
        Ok(Calibration { temperature, unsure_below, fitted_on: fitted_on.into() })
    }

    /// Whether an answer of this probability is unsure.
    pub fn is_unsure(&self, probability: f32) -> bool {
        self.unsure_below.is_some_and(|least| f64::from(probability) < least)
    }

    /// The figures of tracks judged with this calibration, by the mean of their clips, and how far to trust them.
    ///
    /// # Errors
    /// As [`Scores::of_verdicts`].
    pub fn judge(&self, tracks: &[HeldOut]) -> Result<(Scores, Reliability)> {
        let before = scores(tracks, 1.0)?.0;
        let (after, verdicts) = scores(tracks, self.temperature)?;
        let sure = self.unsure_below.map(|_| self.sure(tracks, &verdicts)).transpose()?;
        let reliability = Reliability {
            error_before: before.calibration_error,
            error_after: after.calibration_error,
            log_loss_before: before.log_loss,
            log_loss_after: after.log_loss,
            sure,
        };
        Ok((after, reliability))
    }

    fn sure(&self, tracks: &[HeldOut], verdicts: &[Verdict]) -> Result<Sure> {
        let sure = verdicts.iter().zip(tracks).filter(|(verdict, _)| !self.is_unsure(winning(verdict)));
        let right: Vec<bool> = sure.map(|(verdict, track)| verdict.genre == track.genre).collect();
        let (count, hits) = (right.len() as u64, right.iter().filter(|right| **right).count() as u64);
        Ok(Sure {
            count,
            coverage: count as f64 / tracks.len() as f64,
            accuracy: hits as f64 / count.max(1) as f64,
            interval: if count > 0 { wilson(hits, count)? } else { Interval { low: 0.0, high: 1.0 } },
        })
    }
}

/// Probabilities at another temperature: `p^(1/T)`, summing to one.
pub fn at_temperature(row: &[f32], temperature: f64) -> Vec<f32> {
    let powers: Vec<f64> = row.iter().map(|p| f64::from(p.max(SMALLEST)).powf(1.0 / temperature)).collect();
    let total: f64 = powers.iter().sum();
    powers.into_iter().map(|power| (power / total) as f32).collect()
}

/// The verdict over a track at a temperature.
fn verdict(track: &HeldOut, temperature: f64) -> Result<Verdict> {
    let rows = track.clips.rows().map(|row| at_temperature(row, temperature));
    Voting::Mean.verdict(&Probabilities::from_rows(track.clips.genres(), rows)?)
}

fn scores(tracks: &[HeldOut], temperature: f64) -> Result<(Scores, Vec<Verdict>)> {
    let verdicts = tracks.iter().map(|track| verdict(track, temperature)).collect::<Result<Vec<_>>>()?;
    let truth: Vec<usize> = tracks.iter().map(|track| track.genre).collect();
    let genres = tracks.first().map_or(0, |track| track.clips.genres());
    Ok((Scores::of_verdicts(genres, &truth, &verdicts)?, verdicts))
}

/// The winner's probability.
fn winning(verdict: &Verdict) -> f32 {
    verdict.probabilities.get(verdict.genre).copied().unwrap_or_default()
}

/// One weight for each track, so that every genre weighs the same.
fn weights(tracks: &[HeldOut]) -> Vec<f64> {
    let count = |genre: usize| tracks.iter().filter(|track| track.genre == genre).count();
    tracks.iter().map(|track| 1.0 / count(track.genre) as f64).collect()
}

/// The temperature of the lowest loss, by golden-section search over its logarithm.
fn fit_temperature(tracks: &[HeldOut]) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_895;
    let weights = weights(tracks);
    let loss = |log: f64| loss(tracks, &weights, log.exp());
    let (mut low, mut high) = (TEMPERATURES.0.ln(), TEMPERATURES.1.ln());
    let inner = |low: f64, high: f64| (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
    let (mut left, mut right) = inner(low, high);
    let (mut at_left, mut at_right) = (loss(left), loss(right));
    for _ in 0..STEPS {
        if at_left < at_right {
            high = right;
            (right, at_right) = (left, at_left);
            left = inner(low, high).0;
            at_left = loss(left);
        } else {
            low = left;
            (left, at_left) = (right, at_right);
            right = inner(low, high).1;
            at_right = loss(right);
        }
    }
    f64::midpoint(low, high).exp()
}

/// Weighted log loss of the tracks at a temperature.
fn loss(tracks: &[HeldOut], weights: &[f64], temperature: f64) -> f64 {
    let of_track = |track: &HeldOut| {
        let mean = track.clips.rows().map(|row| f64::from(at_temperature(row, temperature)[track.genre]));
        (mean.sum::<f64>() / track.clips.len() as f64).max(f64::from(SMALLEST)).ln()
    };
    -tracks.iter().zip(weights).map(|(track, weight)| weight * of_track(track)).sum::<f64>()
}

/// The lowest probability from which on [`SURE`] of the answers are right; none if there is none.
fn threshold(tracks: &[HeldOut], temperature: f64) -> Result<Option<f64>> {
    let verdicts = scores(tracks, temperature)?.1;
    let answers = verdicts.iter().zip(tracks).zip(weights(tracks));
    let mut answers: Vec<(f32, bool, f64)> = answers
        .map(|((verdict, track), weight)| (winning(verdict), verdict.genre == track.genre, weight))
        .collect();
    answers.sort_by(|one, other| other.0.total_cmp(&one.0));
    let (mut right, mut all, mut found) = (0.0, 0.0, None);
    for equally_sure in answers.chunk_by(|one, other| one.0 == other.0) {
        for (_, hit, weight) in equally_sure {
            right += if *hit { *weight } else { 0.0 };
            all += weight;
        }
        if right >= SURE * all {
            found = Some(f64::from(equally_sure[0].0));
        }
    }
    // To four decimals, downwards, so that the very answer that it was read from is sure.
    Ok(found.map(|least| (least * 1e4).floor() / 1e4))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tracks of two genres of one clip each: `sure` said of the likelier genre, right in `right` of `of` cases.
    fn tracks(sure: f32, right: usize, of: usize) -> Result<Vec<HeldOut>> {
        let track = |index: usize| {
            let genre = index % 2;
            let said = if index / 2 < right { genre } else { 1 - genre };
            let row = if said == 0 { [sure, 1.0 - sure] } else { [1.0 - sure, sure] };
            Ok(HeldOut { genre, clips: Probabilities::from_rows(2, [row])? })
        };
        (0..2 * of).map(track).collect()
    }

    #[test]
    fn answers_become_as_sure_as_they_are_right() -> Result<()> {
        for (sure, right) in [(0.99, 16), (0.6, 16), (0.8, 16), (0.85, 12)] {
            let tracks = tracks(sure, right, 20)?;
            let calibration = Calibration::fit(&tracks, "these")?;
            let row = at_temperature(&[sure, 1.0 - sure], calibration.temperature);
            let share = right as f32 / 20.0;
            assert!((row[0] - share).abs() < 1e-3, "{sure} became {} where {share} are right", row[0]);
            let (scores, reliability) = calibration.judge(&tracks)?;
            assert!((scores.accuracy - f64::from(share)).abs() < 1e-6);
            assert!(reliability.error_after < 2e-3, "{reliability:?}");
            assert!(reliability.log_loss_after <= reliability.log_loss_before + 1e-9);
        }
        Ok(())
    }

    #[test]
    fn every_genre_weighs_the_same_in_the_temperature() -> Result<()> {
        // Genre 0 is always right, genre 1 right in half of the cases; a hundred tracks more of genre 0 change nothing.
        let clips = |row: [f32; 2]| Probabilities::from_rows(2, [row]);
        let mut few = vec![HeldOut { genre: 0, clips: clips([0.9, 0.1])? }];
        few.push(HeldOut { genre: 1, clips: clips([0.9, 0.1])? });
        few.push(HeldOut { genre: 1, clips: clips([0.1, 0.9])? });
        let mut many = few.clone();
        many.extend(vec![few[0].clone(); 100]);
        let (few, many) = (fit_temperature(&few), fit_temperature(&many));
        assert!((few - many).abs() < 1e-4, "{few} and {many}");
        Ok(())
    }

    #[test]
    fn the_threshold_leaves_nine_right_answers_of_ten() -> Result<()> {
        let mut all = tracks(0.95, 24, 25)?;
        all.extend(tracks(0.55, 12, 25)?);
        let calibration = Calibration::fit(&all, "these")?;
        let (_, reliability) = calibration.judge(&all)?;
        let sure = reliability.sure.ok_or_else(|| bad("sure", "none", "some"))?;
        assert!((sure.accuracy - 0.96).abs() < 1e-9 && sure.accuracy >= SURE, "{sure:?}");
        assert_eq!((sure.count, sure.coverage), (50, 0.5));
        assert!(calibration.is_unsure(0.3) && !calibration.is_unsure(0.999));
        Ok(())
    }

    #[test]
    fn few_tracks_or_hopeless_answers_name_no_threshold() -> Result<()> {
        let few = Calibration::fit(&tracks(0.9, 10, 10)?, "few")?;
        assert_eq!((few.unsure_below, few.temperature), (None, 1.0));
        assert!(few.fitted_on.contains("20 tracks are too few"), "{}", few.fitted_on);
        let hopeless = Calibration::fit(&tracks(0.9, 10, 40)?, "wrong")?;
        assert_eq!(hopeless.unsure_below, None);
        assert!(!hopeless.is_unsure(0.0));
        assert!(hopeless.judge(&tracks(0.9, 10, 40)?)?.1.sure.is_none());
        assert!(Calibration::fit(&[], "nothing").is_err());
        Ok(())
    }

    #[test]
    fn temperature_one_changes_nothing_and_a_row_always_sums_to_one() {
        let row = [0.7, 0.3, 0.0];
        let same = at_temperature(&row, 1.0);
        assert!(row.iter().zip(&same).all(|(one, other)| (one - other).abs() < 1e-6));
        for temperature in [0.2, 0.5, 2.0, 5.0] {
            assert!((at_temperature(&row, temperature).iter().sum::<f32>() - 1.0).abs() < 1e-6);
        }
    }
}
