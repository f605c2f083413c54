//! Two runs side by side: whether one is better than the other by more than chance.
//!
//! Two tests look at it. The corrected resampled t-test takes the folds as pairs, and so needs runs of the same
//! split. McNemar's test takes the tracks as pairs, and needs no more than tracks that both runs judged.

mod sentence;

use std::collections::BTreeMap;

use serde::Serialize;

use super::{FoldResult, Level, Run, TrackResult};
use crate::error::{Error, Result};
use crate::evaluation::{MeanDifference, Probabilities, Protocol, Voting, mcnemar, resampled_t_test};

/// Two runs side by side. Every difference is first minus second.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The run that is compared.
    pub first: Side,
    /// The run that it is compared with.
    pub second: Side,
    /// What accuracy and F1 are computed on.
    pub level: Level,
    /// Whether both runs learned from and judged the same songs in each fold: their splits are the same.
    pub same_split: bool,
    /// Whether both runs are of the same songs.
    pub same_songs: bool,
    /// The folds that both have, by number; none where the splits differ, for then their numbers mean nothing.
    pub folds: Vec<FoldPair>,
    /// The mean over these folds of the difference in accuracy; none for fewer than two folds.
    pub accuracy: Option<MeanDifference>,
    /// The same of macro F1.
    pub f1: Option<MeanDifference>,
    /// The tracks that both judged.
    pub tracks: TrackTable,
}

/// One of the two runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side {
    /// The run's name.
    pub name: String,
    /// "RGLUformer" or "RGLU-LSTM".
    pub network: String,
    /// How the songs were divided.
    pub protocol: Protocol,
    /// Whether that protocol judges songs that were learned from.
    pub leaky: bool,
}

/// A fold that both runs have.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FoldPair {
    /// Its number, counted from 1.
    pub fold: usize,
    /// Share judged right, in [0, 1].
    pub accuracy: Pair,
    /// Macro F1, in [0, 1].
    pub f1: Pair,
}

/// A figure of both runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pair {
    /// The first run's.
    pub first: f64,
    /// The second run's.
    pub second: f64,
    /// First minus second.
    pub difference: f64,
}

/// How the tracks that both runs judged were judged by each, one verdict a track.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TrackTable {
    /// How a track's verdict was made: never [`Level::Clip`], in whose place stands [`Level::Mean`].
    pub level: Level,
    /// Tracks that both judged right.
    pub both_right: u64,
    /// Tracks that the first alone judged right.
    pub only_first: u64,
    /// Tracks that the second alone judged right.
    pub only_second: u64,
    /// Tracks that neither judged right.
    pub both_wrong: u64,
    /// McNemar's exact test over them, in [0, 1].
    pub p: f64,
}

/// Compares two runs on a level; by default on that of their manifests, or on [`Level::Mean`] where these differ.
///
/// # Errors
/// [`Error::Setting`] for runs of different genres, or without a fold or a track in common; for tracks of one
/// name but two genres; for folds that learned from nothing.
pub fn compare(first: &Run, second: &Run, level: Option<Level>) -> Result<Comparison> {
    let (one, other) = (&first.manifest, &second.manifest);
    if one.genres != other.genres {
        let found = format!("{:?} and {:?}", one.genres.names(), other.genres.names());
        return Err(bad("genres", found, "two runs on the same genres, in the same order"));
    }
    let level = level.unwrap_or(if one.level == other.level { one.level } else { Level::Mean });
    let same_split = one.split == other.split;
    let pairs = if same_split { common_folds(first, second)? } else { Vec::new() };
    let folds: Vec<FoldPair> = pairs.iter().map(|(one, other)| fold_pair(one, other, level)).collect();
    let over_folds = |figure: fn(&FoldPair) -> Pair| {
        let differences: Vec<f64> = folds.iter().map(|fold| figure(fold).difference).collect();
        (folds.len() > 1).then(|| resampled_t_test(&differences, test_share(&pairs))).transpose()
    };
    Ok(Comparison {
        first: side(first),
        second: side(second),
        level,
        same_split,
        same_songs: one.data.fingerprint == other.data.fingerprint,
        accuracy: over_folds(|fold| fold.accuracy)?,
        f1: over_folds(|fold| fold.f1)?,
        tracks: track_table(&judged(first, &folds), &judged(second, &folds), level)?,
        folds,
    })
}

fn side(run: &Run) -> Side {
    let manifest = &run.manifest;
    Side {
        name: manifest.name.clone(),
        network: manifest.network.clone(),
        protocol: manifest.protocol,
        leaky: manifest.protocol.is_leaky(),
    }
}

/// The folds that both runs have finished.
fn common_folds<'a>(first: &'a Run, second: &'a Run) -> Result<Vec<(&'a FoldResult, &'a FoldResult)>> {
    let partner = |one: &'a FoldResult| {
        second.folds.iter().find(|other| other.fold == one.fold).map(|other| (one, other))
    };
    let pairs: Vec<_> = first.folds.iter().filter_map(partner).collect();
    if pairs.is_empty() {
        let numbers = |run: &Run| run.folds.iter().map(|fold| fold.fold).collect::<Vec<_>>();
        let found = format!("{:?} and {:?}", numbers(first), numbers(second));
        return Err(bad("folds", found, "a finished fold in common: run more folds"));
    }
    Ok(pairs)
}

fn fold_pair(first: &FoldResult, second: &FoldResult, level: Level) -> FoldPair {
    let (one, other) = (first.scores.at(level), second.scores.at(level));
    FoldPair {
        fold: first.fold,
        accuracy: Pair::new(one.accuracy, other.accuracy),
        f1: Pair::new(one.f1, other.f1),
    }
}

impl Pair {
    fn new(first: f64, second: f64) -> Self {
        Pair { first, second, difference: first - second }
    }
}

/// Test songs for each training song, mean over the folds. Counted in clips: under the protocol `clip` the same
/// track stands on both sides.
fn test_share(pairs: &[(&FoldResult, &FoldResult)]) -> f64 {
    let share = |fold: &FoldResult| fold.test.clips as f64 / fold.training.clips as f64;
    pairs.iter().map(|(first, _)| share(first)).sum::<f64>() / pairs.len() as f64
}

/// The tracks that a run judged, in the paired folds alone where folds are paired: the clips of a track may
/// stand in several, and both runs are to be judged by the same.
fn judged(run: &Run, folds: &[FoldPair]) -> Vec<TrackResult> {
    let paired = |fold: &&FoldResult| folds.is_empty() || folds.iter().any(|pair| pair.fold == fold.fold);
    let folds = run.folds.iter().filter(paired).cloned().collect();
    Run { manifest: run.manifest.clone(), folds }.test_tracks()
}

fn track_table(first: &[TrackResult], second: &[TrackResult], level: Level) -> Result<TrackTable> {
    let (level, voting) = match level {
        Level::Vote => (Level::Vote, Voting::Majority),
        Level::Clip | Level::Mean => (Level::Mean, Voting::Mean),
    };
    let others: BTreeMap<&str, &TrackResult> =
        second.iter().map(|track| (track.path.as_str(), track)).collect();
    let mut table = TrackTable { level, both_right: 0, only_first: 0, only_second: 0, both_wrong: 0, p: 1.0 };
    for one in first {
        let Some(other) = others.get(one.path.as_str()) else { continue };
        if one.genre != other.genre {
            let found = format!("{:?} of genre {} and of genre {}", one.path, one.genre, other.genre);
            return Err(bad("tracks", found, "two runs on the same songs"));
        }
        *table.cell(is_right(one, voting)?, is_right(other, voting)?) += 1;
    }
    if table.count() == 0 {
        return Err(bad("tracks", "none in common", "two runs on the same songs"));
    }
    Ok(TrackTable { p: mcnemar(table.only_first, table.only_second), ..table })
}

fn is_right(track: &TrackResult, voting: Voting) -> Result<bool> {
    let genres = track.probabilities.first().map_or(0, Vec::len);
    let rows = Probabilities::from_rows(genres, &track.probabilities)?;
    Ok(voting.verdict(&rows)?.genre == track.genre)
}

impl TrackTable {
    /// How many tracks both runs judged.
    pub fn count(&self) -> u64 {
        self.both_right + self.only_first + self.only_second + self.both_wrong
    }

    /// The difference in accuracy over these tracks, in [-1, 1]; 0 where there is none.
    pub fn difference(&self) -> f64 {
        (self.only_first as f64 - self.only_second as f64) / (self.count() as f64).max(1.0)
    }

    fn cell(&mut self, first_right: bool, second_right: bool) -> &mut u64 {
        match (first_right, second_right) {
            (true, true) => &mut self.both_right,
            (true, false) => &mut self.only_first,
            (false, true) => &mut self.only_second,
            (false, false) => &mut self.both_wrong,
        }
    }
}

fn bad(key: &str, found: impl Into<String>, expected: impl Into<String>) -> Error {
    Error::Setting { key: format!("compare.{key}"), found: found.into(), expected: expected.into() }
}

#[cfg(test)]
mod tests {
    use super::super::made_up;
    use super::*;

    /// A run of three folds with a track of each genre; `said` holds what it takes each for.
    pub(super) fn run(name: &str, said: [[usize; 3]; 3]) -> Result<Run> {
        let mut run = made_up::run(name, 3)?;
        for (index, said) in said.into_iter().enumerate() {
            let tracks = (0..3).map(|genre| made_up::track(&format!("{index}/{genre}"), genre, said[genre]));
            run.folds.push(made_up::fold(index + 1, tracks.collect())?);
        }
        Ok(run)
    }

    const RIGHT: [usize; 3] = [0, 1, 2];

    #[test]
    fn folds_are_paired_and_tracks_are_counted() -> Result<()> {
        let first = run("a", [RIGHT, RIGHT, [0, 0, 0]])?;
        let second = run("b", [RIGHT, [0, 0, 0], [1, 1, 0]])?;
        let found = compare(&first, &second, None)?;
        let folds: Vec<usize> = found.folds.iter().map(|pair| pair.fold).collect();
        assert_eq!((folds, found.level), (vec![1, 2, 3], Level::Mean));
        let differences: Vec<f64> = found.folds.iter().map(|pair| pair.accuracy.difference).collect();
        assert_eq!(found.accuracy, Some(resampled_t_test(&differences, 1.0 / 9.0)?));
        assert!((differences[1] - 2.0 / 3.0).abs() < 1e-12 && differences[2].abs() < 1e-12);
        let TrackTable { both_right, only_first, only_second, both_wrong, .. } = found.tracks;
        assert_eq!((both_right, only_first, only_second, both_wrong), (4, 3, 1, 1));
        assert_eq!(found.tracks.p, mcnemar(3, 1));
        Ok(())
    }

    #[test]
    fn only_the_folds_that_both_have_count() -> Result<()> {
        let first = run("a", [RIGHT; 3])?;
        let mut second = run("b", [[0, 0, 0], RIGHT, RIGHT])?;
        second.folds.remove(2);
        let found = compare(&first, &second, None)?;
        assert_eq!((found.folds.len(), found.tracks.count()), (2, 6));
        second.folds.remove(1);
        let found = compare(&first, &second, None)?;
        assert_eq!((found.folds.len(), found.accuracy, found.tracks.count()), (1, None, 3));
        second.folds.clear();
        assert!(matches!(compare(&first, &second, None), Err(Error::Setting { .. })));
        Ok(())
    }

    #[test]
    fn runs_of_different_splits_are_compared_by_tracks_alone() -> Result<()> {
        let first = run("a", [RIGHT; 3])?;
        let mut second = run("b", [RIGHT; 3])?;
        second.manifest.split = "other".into();
        let found = compare(&first, &second, None)?;
        assert_eq!((found.folds.len(), found.accuracy, found.f1, found.same_split), (0, None, None, false));
        assert_eq!(found.tracks.both_right, 9);
        second.folds.iter_mut().flat_map(|fold| &mut fold.tracks).for_each(|track| track.path.push('x'));
        assert!(compare(&first, &second, None).is_err(), "no track in common");
        Ok(())
    }

    #[test]
    fn other_genres_or_a_track_of_two_genres_are_refused() -> Result<()> {
        let first = run("a", [RIGHT; 3])?;
        let mut second = first.clone();
        second.folds[0].tracks[0].genre = 1;
        assert!(compare(&first, &second, None).is_err());
        let mut second = first.clone();
        second.manifest.genres = crate::label::Genres::new(vec!["blues".into(), "jazz".into()])?;
        assert!(matches!(compare(&first, &second, None), Err(Error::Setting { .. })));
        Ok(())
    }

    #[test]
    fn the_level_is_the_runs_own_unless_they_differ() -> Result<()> {
        let mut first = run("a", [RIGHT; 3])?;
        let mut second = first.clone();
        first.manifest.level = Level::Clip;
        assert_eq!(compare(&first, &second, None)?.level, Level::Mean);
        second.manifest.level = Level::Clip;
        let found = compare(&first, &second, None)?;
        assert_eq!((found.level, found.tracks.level), (Level::Clip, Level::Mean));
        let found = compare(&first, &second, Some(Level::Vote))?;
        assert_eq!((found.level, found.tracks.level), (Level::Vote, Level::Vote));
        Ok(())
    }
}
