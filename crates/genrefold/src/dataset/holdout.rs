//! One part of the tracks to learn from, the other to judge by.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::catalogue::{Catalogue, ContentHash, data};
use super::duplicates::{self, Group, gathered};
use super::folds::shuffle;
use crate::error::{Error, Result};

/// A split of a catalogue's tracks. Made once, stored with the run, and never remade.
///
/// Tracks are named by their path below the catalogue's root, with `/` between the parts, sorted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holdout {
    /// The share of tracks that was wished for validation, in (0, 1).
    pub fraction: f64,
    /// The seed that chose them.
    pub seed: u64,
    /// The tracks to learn from.
    pub training: Vec<String>,
    /// The tracks that are held back, to stop training by.
    pub validation: Vec<String>,
}

/// Where a track belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Learned from.
    Training,
    /// Held back.
    Validation,
}

/// Splits the tracks: of each genre about `fraction` go to validation, at least one track stays on each side,
/// and tracks of one [group](duplicates::groups) stay together.
///
/// The same catalogue and seed give the same split on every machine; the order of the tracks does not matter,
/// and neither do the tracks of other genres, save through a group that spans both.
///
/// # Errors
/// [`Error::Setting`] for a fraction outside (0, 1); [`Error::Data`] for a genre that cannot be on both sides,
/// because it has one track, or one recording under several names.
pub fn holdout(catalogue: &Catalogue, fraction: f64, seed: u64) -> Result<Holdout> {
    if !(fraction > 0.0 && fraction < 1.0) {
        return Err(Error::Setting {
            key: "holdout.fraction".into(),
            found: fraction.to_string(),
            expected: "a share between 0 and 1".into(),
        });
    }
    catalogue.require_tracks(2)?;
    let mut draw = Draw::new(catalogue, fraction);
    for genre in 0..catalogue.genres.len() {
        draw.fill(genre, &shuffled(catalogue, genre, &draw.groups, seed));
    }
    for genre in 0..catalogue.genres.len() {
        draw.ensure_one(catalogue, genre)?;
    }
    let side = |validation: bool| -> Vec<String> {
        let groups = draw.groups.iter().zip(&draw.validation).filter(|(_, held)| **held == validation);
        let mut paths: Vec<String> = groups.flat_map(|(group, _)| group.paths.iter().cloned()).collect();
        paths.sort();
        paths
    };
    Ok(Holdout { fraction, seed, training: side(false), validation: side(true) })
}

impl Holdout {
    /// The SHA-256 of the split's JSON without white space, to name it by.
    pub fn hash(&self) -> ContentHash {
        // Numbers, strings and lists of them cannot fail to serialise.
        ContentHash::of(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// The side of each track of `catalogue`, in its order.
    ///
    /// # Errors
    /// [`Error::Data`] unless the catalogue holds exactly the tracks of this split.
    pub fn sides(&self, catalogue: &Catalogue) -> Result<Vec<Side>> {
        let training = self.training.iter().map(|path| (path.as_str(), Side::Training));
        let validation = self.validation.iter().map(|path| (path.as_str(), Side::Validation));
        let mut known: HashMap<&str, Side> = training.chain(validation).collect();
        let differs = |found: String| {
            data(&catalogue.root, found, "restore the songs that this split was made of, or make a new split")
        };
        if known.len() != self.training.len() + self.validation.len() {
            return Err(differs("a stored split that names a track twice".into()));
        }
        let mut sides = Vec::with_capacity(catalogue.tracks.len());
        for track in &catalogue.tracks {
            let path = catalogue.relative(track);
            let side = known.remove(path.as_str());
            sides.push(side.ok_or_else(|| differs(format!("{path:?}, which the split does not name")))?);
        }
        match known.keys().min() {
            Some(path) => Err(differs(format!("no {path:?}, which the split names"))),
            None => Ok(sides),
        }
    }
}

/// The state of a split while it is drawn.
struct Draw {
    groups: Vec<Group>,
    /// Which of them are held back.
    validation: Vec<bool>,
    /// How many tracks each genre has.
    totals: Vec<usize>,
    /// How many of them are wished for validation.
    wished: Vec<usize>,
    /// How many of them are there already.
    held: Vec<usize>,
}

impl Draw {
    fn new(catalogue: &Catalogue, fraction: f64) -> Self {
        let totals = catalogue.counts();
        let wish = |&total: &usize| ((total as f64 * fraction).round() as usize).clamp(1, total - 1);
        let wished = totals.iter().map(wish).collect();
        let groups = gathered(catalogue, &duplicates::groups(catalogue));
        Draw { validation: vec![false; groups.len()], held: vec![0; totals.len()], groups, totals, wished }
    }

    /// Holds groups back in the order given, as long as no genre gets more than wished.
    fn fill(&mut self, genre: usize, order: &[usize]) {
        for &group in order {
            if self.held[genre] < self.wished[genre] && self.fits(group, &self.wished) {
                self.hold(group);
            }
        }
    }

    /// Holds back the smallest group of a genre that has none yet, even if it is more than wished.
    fn ensure_one(&mut self, catalogue: &Catalogue, genre: usize) -> Result<()> {
        if self.held[genre] > 0 {
            return Ok(());
        }
        let most: Vec<usize> = self.totals.iter().map(|total| total - 1).collect();
        let choices = (0..self.groups.len()).filter(|&group| self.groups[group].counts[genre] > 0);
        let fitting = choices.filter(|&group| self.fits(group, &most));
        match fitting.min_by_key(|&group| (self.groups[group].paths.len(), &self.groups[group].paths[0])) {
            Some(group) => {
                self.hold(group);
                Ok(())
            }
            None => {
                let name = catalogue.genres.name(genre).unwrap_or_default();
                let found = format!("a genre, {name:?}, whose tracks are all copies of each other");
                Err(data(&catalogue.root, found, "add other songs to this genre"))
            }
        }
    }

    fn fits(&self, group: usize, most: &[usize]) -> bool {
        let counts = self.groups[group].counts.iter();
        counts.zip(&self.held).zip(most).all(|((count, held), most)| *count == 0 || held + count <= *most)
    }

    fn hold(&mut self, group: usize) {
        self.validation[group] = true;
        self.held.iter_mut().zip(&self.groups[group].counts).for_each(|(held, count)| *held += count);
    }
}

/// The groups with tracks of a genre, in an order that hangs on the seed and the genre's name alone.
fn shuffled(catalogue: &Catalogue, genre: usize, groups: &[Group], seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..groups.len()).filter(|&group| groups[group].counts[genre] > 0).collect();
    shuffle(&mut order, seed, catalogue.genres.name(genre).unwrap_or_default());
    order
}
