//! What a folder of songs holds, and what is wrong with it: the report's Table 1, and what the report had to find
//! out by hand.

use std::collections::BTreeSet;

use serde::Serialize;

use super::catalogue::{Catalogue, Track};
use super::gtzan;
use super::store::Store;
use crate::error::Error;

/// What a folder of songs holds. Tracks are named by their path below the folder.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Survey {
    /// One row a genre, in the order of their names.
    pub genres: Vec<GenreRow>,
    /// Files that are not audio by their names, and hidden ones.
    pub ignored: usize,
    /// Tracks that cannot be decoded.
    pub unreadable: Vec<Fault>,
    /// Tracks with less sound than can be judged.
    pub too_short: Vec<Fault>,
    /// Tracks with nothing to hear.
    pub silent: Vec<Fault>,
    /// Files that are equal byte by byte.
    pub identical: Vec<Vec<String>>,
    /// Tracks that are not equal, but sound like one recording.
    pub similar: Vec<Alike>,
    /// How the tracks that are named like GTZAN's compare with it; none if there are none.
    pub gtzan: Option<Gtzan>,
}

/// How much there is of a genre.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GenreRow {
    /// Its name.
    pub name: String,
    /// Tracks that can be used.
    pub tracks: usize,
    /// Their clips that hold any sound.
    pub clips: usize,
}

/// A track that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The track.
    pub path: String,
    /// What is wrong.
    pub reason: String,
}

/// Two tracks that sound like one recording.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alike {
    /// One of them.
    pub one: String,
    /// The other.
    pub other: String,
    /// Seconds by which the other plays later.
    pub offset_s: f64,
    /// Share of the fingerprints' bits that differ.
    pub error_rate: f64,
    /// Whether the two stand in different genres: then one label is wrong, or genre is not what it seems.
    pub across_genres: bool,
}

/// How tracks compare with GTZAN's own. Tracks are named without folder and extension.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Gtzan {
    /// Tracks whose sound is the original's, bit by bit.
    pub matching: usize,
    /// Tracks whose sound is lossless but not the original's.
    pub altered: Vec<String>,
    /// Tracks of which that cannot be said: re-encoded with loss, or of another format.
    pub re_encoded: usize,
    /// Tracks that are not there, or cannot be read.
    pub missing: Vec<String>,
    /// The pairs known to be equal in the original of which both are there.
    pub known_pairs: Vec<(String, String)>,
}

impl Survey {
    /// Looks through the songs.
    pub fn of(store: &Store) -> Self {
        let catalogue = &store.catalogue;
        let faults = |wanted: fn(&Error) -> bool| -> Vec<Fault> {
            let found = store.left_out.iter().filter(|(_, error)| wanted(error));
            found
                .map(|(track, error)| Fault { path: catalogue.relative(track), reason: error.to_string() })
                .collect()
        };
        Survey {
            genres: genre_rows(store),
            ignored: catalogue.ignored,
            unreadable: faults(|error| !matches!(error, Error::TooShort { .. } | Error::Silent { .. })),
            too_short: faults(|error| matches!(error, Error::TooShort { .. })),
            silent: faults(|error| matches!(error, Error::Silent { .. })),
            identical: identical(catalogue),
            similar: alike(store),
            gtzan: compare_with_gtzan(store),
        }
    }

    /// Tracks that can be used.
    pub fn tracks(&self) -> usize {
        self.genres.iter().map(|row| row.tracks).sum()
    }

    /// Their clips.
    pub fn clips(&self) -> usize {
        self.genres.iter().map(|row| row.clips).sum()
    }
}

fn genre_rows(store: &Store) -> Vec<GenreRow> {
    let names = store.catalogue.genres.names().iter().zip(store.catalogue.counts()).zip(store.genre_clips());
    names.map(|((name, tracks), clips)| GenreRow { name: name.clone(), tracks, clips }).collect()
}

fn identical(catalogue: &Catalogue) -> Vec<Vec<String>> {
    let paths = |same: Vec<&Track>| same.into_iter().map(|track| catalogue.relative(track)).collect();
    catalogue.identical().into_iter().map(paths).collect()
}

fn alike(store: &Store) -> Vec<Alike> {
    let track = |index: usize| &store.catalogue.tracks[index];
    let pairs = store.similar().into_iter().map(|pair| (track(pair.one), track(pair.other), pair));
    let different = pairs.filter(|(one, other, _)| one.content != other.content);
    let alike = different.map(|(one, other, pair)| Alike {
        one: store.catalogue.relative(one),
        other: store.catalogue.relative(other),
        offset_s: pair.offset_s,
        error_rate: pair.error_rate,
        across_genres: one.genre != other.genre,
    });
    alike.collect()
}

fn compare_with_gtzan(store: &Store) -> Option<Gtzan> {
    let named = |track: &&Track| gtzan::official_md5(&track.name).is_some();
    let present: BTreeSet<&str> =
        store.catalogue.tracks.iter().filter(named).map(|t| t.name.as_str()).collect();
    if present.is_empty() {
        return None;
    }
    let mut found = Gtzan::default();
    for (track, stored) in store.catalogue.tracks.iter().zip(&store.tracks) {
        match (gtzan::official_md5(&track.name), &stored.gtzan_md5) {
            (None, _) => {}
            (Some(_), None) => found.re_encoded += 1,
            (Some(official), Some(md5)) if official == md5 => found.matching += 1,
            (Some(_), Some(_)) => found.altered.push(track.name.clone()),
        }
    }
    found.missing = gtzan::names().filter(|name| !present.contains(name)).map(str::to_owned).collect();
    let both =
        gtzan::BIT_IDENTICAL.iter().filter(|(one, other)| present.contains(one) && present.contains(other));
    found.known_pairs = both.map(|(one, other)| (one.to_string(), other.to_string())).collect();
    Some(found)
}
