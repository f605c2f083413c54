//! Which songs are learned from, which stop the training, and which are judged, fold by fold.
//!
//! In fold `f` of `n` the test side is part `f`, the validation side the part after it, the training side the
//! rest: 8:1:1 for ten folds (report §4). Parts are drawn genre by genre, so that each holds its share of each
//! genre. A split is drawn once, stored with its run, and never redrawn.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::catalogue::{Catalogue, ContentHash, data};
use super::duplicates::{Group, gathered};
use super::gtzan::filtered_side;
use super::role::Role;
use crate::error::{Error, Result};
use crate::evaluation::Protocol;
use crate::files;

/// Into how many parts songs may be divided.
const PARTS: std::ops::RangeInclusive<usize> = 3..=1000;

/// A split of a catalogue into folds. Tracks are named by their path below the catalogue's root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Folds {
    /// How it divides.
    pub protocol: Protocol,
    /// The seed that drew it.
    pub seed: u64,
    /// Into how many parts the songs were divided.
    pub parts: usize,
    /// Tracks that are one recording or one artist; each list stays together, save under `clip`.
    pub together: Vec<Vec<String>>,
    /// The place of every track.
    pub tracks: BTreeMap<String, Place>,
}

/// Where a track stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Place {
    /// All of it in this part, counted from 1.
    Part(usize),
    /// Each of its clips in a part of its own, counted from 1.
    Clips(Vec<usize>),
    /// All of it on this side, in a split that is no draw.
    Side(Role),
}

/// What a split is drawn from.
#[derive(Debug, Clone, Copy)]
pub struct Songs<'a> {
    /// The tracks.
    pub catalogue: &'a Catalogue,
    /// How many clips each has, in the catalogue's order.
    pub clips: &'a [usize],
    /// The group of each: equal numbers stay together ([`duplicates`](super::duplicates)).
    pub groups: &'a [usize],
}

impl Folds {
    /// Draws a split into `parts` parts.
    ///
    /// The same songs and seed give the same split on every machine, whatever the order of a folder's listing.
    ///
    /// # Errors
    /// [`Error::Setting`] for fewer than three parts; [`Error::Data`] for a genre that cannot be in every part, or
    /// for [`Protocol::Filtered`] without GTZAN's tracks of every genre on every side.
    pub fn draw(songs: Songs, protocol: Protocol, parts: usize, seed: u64) -> Result<Self> {
        if !PARTS.contains(&parts) {
            let expected = "3 to 1000: one part to judge, one to stop by, and something to learn from".into();
            return Err(Error::Setting { key: "study.folds".into(), found: parts.to_string(), expected });
        }
        require_tracks(songs.catalogue, protocol, parts)?;
        let places = match protocol {
            Protocol::Clip => clip_places(songs, parts, seed),
            Protocol::Track | Protocol::Holdout => track_places(songs, parts, seed),
            Protocol::Filtered => filtered_places(songs.catalogue),
        };
        let names = songs.catalogue.tracks.iter().map(|track| songs.catalogue.relative(track));
        let folds =
            Folds { protocol, seed, parts, together: together(songs), tracks: names.zip(places).collect() };
        folds.check(songs.catalogue, songs.clips)?;
        Ok(folds)
    }

    /// How many folds there are to train: a holdout and a split by hand have one.
    pub fn count(&self) -> usize {
        self.protocol.folds(self.parts)
    }

    /// The role of each clip of a track in fold `fold`, counted from 1; none for a track that the split does not
    /// name, or names with another number of clips.
    pub fn roles(&self, fold: usize, track: &str, clips: usize) -> Option<Vec<Role>> {
        match self.tracks.get(track)? {
            Place::Part(part) => Some(vec![self.role(fold, *part); clips]),
            Place::Side(role) => Some(vec![*role; clips]),
            Place::Clips(parts) if parts.len() == clips => {
                Some(parts.iter().map(|part| self.role(fold, *part)).collect())
            }
            Place::Clips(_) => None,
        }
    }

    fn role(&self, fold: usize, part: usize) -> Role {
        match part {
            _ if part == fold => Role::Test,
            _ if part == fold % self.parts + 1 => Role::Validation,
            _ => Role::Training,
        }
    }

    /// The SHA-256 of the split's JSON without white space, to name it by.
    pub fn hash(&self) -> ContentHash {
        // Numbers, strings and lists of them cannot fail to serialise.
        ContentHash::of(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// Writes the split, a track a line.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        files::write_whole(path, (text + "\n").as_bytes())
    }

    /// Reads a split.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Data`] for a file that is no split, or puts a track into a part that there is not.
    pub fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(Error::io("read", path))?;
        let no_split =
            |why: String| data(path, format!("no split ({why})"), "restore the file, or name another");
        let split: Folds = serde_json::from_str(&text).map_err(|error| no_split(error.to_string()))?;
        split.in_parts().map_err(no_split)?;
        Ok(split)
    }

    /// Whether every track stands in a part that there is; if not, what is wrong.
    fn in_parts(&self) -> std::result::Result<(), String> {
        if !PARTS.contains(&self.parts) {
            return Err(format!("{} parts, expected 3 to 1000", self.parts));
        }
        let within = |part: &usize| (1..=self.parts).contains(part);
        let outside = self.tracks.iter().find(|(_, place)| match place {
            Place::Part(part) => !within(part),
            Place::Clips(parts) => !parts.iter().all(within),
            Place::Side(_) => false,
        });
        match outside {
            Some((track, _)) => Err(format!("{track:?} stands outside of parts 1 to {}", self.parts)),
            None => Ok(()),
        }
    }

    /// Refuses a split that does not fit the songs, or in which a fold lacks a genre on a side. `clips` says how
    /// many clips each track has.
    ///
    /// # Errors
    /// [`Error::Data`] saying what is wrong.
    pub fn check(&self, catalogue: &Catalogue, clips: &[usize]) -> Result<()> {
        if self.tracks.len() != catalogue.tracks.len() {
            let found = format!("{} tracks, but {} in the split", catalogue.tracks.len(), self.tracks.len());
            return Err(of_other_songs(catalogue, found));
        }
        (1..=self.count()).try_for_each(|fold| self.check_fold(fold, catalogue, clips))
    }

    fn check_fold(&self, fold: usize, catalogue: &Catalogue, clips: &[usize]) -> Result<()> {
        let mut present = BTreeSet::new();
        for (track, &clips) in catalogue.tracks.iter().zip(clips) {
            let path = catalogue.relative(track);
            let Some(roles) = self.roles(fold, &path, clips) else {
                let found = format!("{path:?} with {clips} clips, which the split does not name so");
                return Err(of_other_songs(catalogue, found));
            };
            present.extend(roles.into_iter().map(|role| (track.genre, role)));
        }
        for (genre, name) in catalogue.genres.names().iter().enumerate() {
            if let Some(side) = Role::SIDES.into_iter().find(|side| !present.contains(&(genre, *side))) {
                let found = format!("no {side} track of {name:?} in fold {fold}");
                let remedy = "add songs of this genre (copies and one artist's songs stay together and count \
                              as one), or set fewer study.folds";
                return Err(data(&catalogue.root, found, remedy));
            }
        }
        Ok(())
    }
}

fn of_other_songs(catalogue: &Catalogue, found: String) -> Error {
    data(&catalogue.root, found, "restore the songs that the split was made of, or make a new split")
}

/// Refuses a genre with too few tracks to be in every part, where a protocol divides tracks. It is known before
/// anything is decoded.
///
/// # Errors
/// [`Error::Data`] naming each such genre with its count.
pub fn require_tracks(catalogue: &Catalogue, protocol: Protocol, parts: usize) -> Result<()> {
    match protocol {
        Protocol::Clip | Protocol::Filtered => return Ok(()),
        Protocol::Track | Protocol::Holdout => {}
    }
    catalogue.require_tracks(parts).map_err(|error| match error {
        Error::Data { path, found, remedy } => Error::Data {
            path,
            found: format!("{found}, one for each of {parts} folds"),
            remedy: format!("{remedy}; or set fewer study.folds"),
        },
        other => other,
    })
}

/// The lists of tracks that stay together, where there is more than one.
fn together(songs: Songs) -> Vec<Vec<String>> {
    let groups = gathered(songs.catalogue, songs.groups).into_iter().map(|group| group.paths);
    groups.filter(|paths| paths.len() > 1).collect()
}

/// Deals each genre's clips, in random order, to the parts in turn.
fn clip_places(songs: Songs, parts: usize, seed: u64) -> Vec<Place> {
    let mut places: Vec<Vec<usize>> = songs.clips.iter().map(|clips| vec![0; *clips]).collect();
    let mut next = 0;
    for genre in 0..songs.catalogue.genres.len() {
        let mut clips = Vec::new();
        for (index, track) in songs.catalogue.tracks.iter().enumerate().filter(|(_, t)| t.genre == genre) {
            let path = songs.catalogue.relative(track);
            clips.extend((0..songs.clips[index]).map(|clip| (path.clone(), index, clip)));
        }
        clips.sort();
        shuffle(&mut clips, seed, songs.catalogue.genres.name(genre).unwrap_or_default());
        for (_, track, clip) in clips {
            places[track][clip] = next % parts + 1;
            next += 1;
        }
    }
    places.into_iter().map(Place::Clips).collect()
}

/// Deals each genre's groups, large ones first and equals in random order, each to the part that has fewest
/// tracks of the genre; of equal parts, to the one with fewest tracks in all.
fn track_places(songs: Songs, parts: usize, seed: u64) -> Vec<Place> {
    let mut places = vec![Place::Part(0); songs.catalogue.tracks.len()];
    let (mut of_genre, mut in_all) = (vec![vec![0; songs.catalogue.genres.len()]; parts], vec![0; parts]);
    for (genre, mut groups) in by_genre(songs).into_iter().enumerate() {
        shuffle(&mut groups, seed, songs.catalogue.genres.name(genre).unwrap_or_default());
        groups.sort_by_key(|group| std::cmp::Reverse(group.tracks.len()));
        for group in groups {
            let emptiest = (0..parts).min_by_key(|&part| (of_genre[part][genre], in_all[part], part));
            let part = emptiest.unwrap_or(0);
            group.tracks.iter().for_each(|&track| places[track] = Place::Part(part + 1));
            of_genre[part].iter_mut().zip(&group.counts).for_each(|(held, count)| *held += count);
            in_all[part] += group.tracks.len();
        }
    }
    places
}

/// The groups of each genre, by path; a group of several genres with the genre that most of its tracks have.
fn by_genre(songs: Songs) -> Vec<Vec<Group>> {
    let mut sorted: Vec<Vec<Group>> = songs.catalogue.genres.names().iter().map(|_| Vec::new()).collect();
    for group in gathered(songs.catalogue, songs.groups) {
        let genre = (0..sorted.len()).rev().max_by_key(|genre| group.counts[*genre]).unwrap_or(0);
        sorted[genre].push(group);
    }
    sorted
}

/// GTZAN's tracks where the fault-filtered split puts them.
fn filtered_places(catalogue: &Catalogue) -> Vec<Place> {
    let role = |name: &str| filtered_side(name).unwrap_or(Role::Unused);
    catalogue.tracks.iter().map(|track| Place::Side(role(&track.name))).collect()
}

/// Fisher-Yates over ChaCha8, written out, so that no library's change of algorithm can change a split. The
/// order hangs on the seed and the genre's name.
pub(super) fn shuffle<T>(items: &mut [T], seed: u64, genre: &str) {
    let key = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(genre).finalize();
    let mut random = ChaCha8Rng::from_seed(key.into());
    for last in (1..items.len()).rev() {
        // The high half of a 64 x 64 bit product is an even draw from 0..=last, to within 2^-64 of its size.
        let drawn = (u128::from(random.next_u64()) * (last as u128 + 1)) >> 64;
        items.swap(last, drawn as usize);
    }
}
