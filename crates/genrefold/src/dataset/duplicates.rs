//! Tracks that belong together: one recording under several names, or an artist's songs.
//!
//! They must stay on one side of every split, or the training set knows the answers of the test set.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use super::catalogue::{Catalogue, Track};
use super::gtzan;

/// The group of each track of the catalogue, in its order: equal numbers mean the same recording.
///
/// The short form of [`Together`] without further reasons.
pub fn groups(catalogue: &Catalogue) -> Vec<usize> {
    Together::new(catalogue).numbered()
}

/// Which tracks of a catalogue belong together, and for which reasons. Groups that share a track become one.
#[derive(Debug, Clone)]
pub struct Together<'a> {
    catalogue: &'a Catalogue,
    union: Union,
}

impl<'a> Together<'a> {
    /// Joins tracks whose files are equal byte by byte, and those whose names are one of the pairs known from
    /// [`gtzan::BIT_IDENTICAL`].
    pub fn new(catalogue: &'a Catalogue) -> Self {
        let mut together = Together { catalogue, union: Union::new(catalogue.tracks.len()) };
        together.join_equal(|track| Some(track.content));
        together.join_known();
        together
    }

    /// Joins pairs of tracks, each given by its place in the catalogue, as from
    /// [`similar`](super::similar::similar). Places beyond the catalogue's end are passed over.
    pub fn pairs(mut self, pairs: &[(usize, usize)]) -> Self {
        let count = self.catalogue.tracks.len();
        let inside = pairs.iter().filter(|(one, other)| *one < count && *other < count);
        inside.for_each(|&(one, other)| self.union.join(one, other));
        self
    }

    /// Joins the tracks of each artist, as read by [`artists::read`](super::artists::read): a track is looked up
    /// by its path below the catalogue's root, then by its name. One without an artist stays as it is.
    pub fn artists(mut self, artists: &BTreeMap<String, String>) -> Self {
        let catalogue = self.catalogue;
        self.join_equal(|track| artists.get(&catalogue.relative(track)).or_else(|| artists.get(&track.name)));
        self
    }

    /// The group of each track, in the catalogue's order, numbered from zero in the order of their first tracks.
    pub fn numbered(self) -> Vec<usize> {
        self.union.numbered()
    }

    fn join_known(&mut self) {
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, track) in self.catalogue.tracks.iter().enumerate() {
            by_name.entry(&track.name).or_default().push(index);
        }
        for (one, other) in gtzan::BIT_IDENTICAL {
            if let (Some(one), Some(other)) = (by_name.get(one), by_name.get(other)) {
                one.iter().chain(other).for_each(|&track| self.union.join(one[0], track));
            }
        }
    }

    /// Joins all tracks with an equal key.
    fn join_equal<Key: Hash + Eq>(&mut self, key: impl Fn(&'a Track) -> Option<Key>) {
        let mut first = HashMap::new();
        for (index, track) in self.catalogue.tracks.iter().enumerate() {
            if let Some(key) = key(track) {
                self.union.join(index, *first.entry(key).or_insert(index));
            }
        }
    }
}

/// Tracks that stay together in every split.
pub(super) struct Group {
    /// Their paths below the catalogue's root, the smallest first: it names the group.
    pub paths: Vec<String>,
    /// Their places in the catalogue.
    pub tracks: Vec<usize>,
    /// How many of them each genre has. Mostly one genre.
    pub counts: Vec<usize>,
}

/// The tracks by the numbers of their groups, sorted by the groups' first paths.
pub(super) fn gathered(catalogue: &Catalogue, numbers: &[usize]) -> Vec<Group> {
    let empty = || Group { paths: vec![], tracks: vec![], counts: vec![0; catalogue.genres.len()] };
    let mut groups: BTreeMap<usize, Group> = BTreeMap::new();
    for (index, (track, number)) in catalogue.tracks.iter().zip(numbers).enumerate() {
        let group = groups.entry(*number).or_insert_with(empty);
        group.paths.push(catalogue.relative(track));
        group.tracks.push(index);
        group.counts[track.genre] += 1;
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    groups.iter_mut().for_each(|group| group.paths.sort());
    groups.sort_by(|one, other| one.paths.cmp(&other.paths));
    groups
}

/// Disjoint sets over `0..n`; each set is known by its smallest member.
#[derive(Debug, Clone)]
struct Union(Vec<usize>);

impl Union {
    fn new(size: usize) -> Self {
        Union((0..size).collect())
    }

    fn root(&mut self, mut member: usize) -> usize {
        while self.0[member] != member {
            self.0[member] = self.0[self.0[member]];
            member = self.0[member];
        }
        member
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.0[one.max(other)] = one.min(other);
    }

    /// The set of each member, numbered without gaps by first appearance.
    fn numbered(mut self) -> Vec<usize> {
        let mut numbers = HashMap::new();
        (0..self.0.len())
            .map(|member| {
                let next = numbers.len();
                *numbers.entry(self.root(member)).or_insert(next)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::super::ContentHash;
    use super::*;
    use crate::error::Result;
    use crate::label::Genres;

    /// Tracks of these names below the genre "a", all with files of their own.
    fn catalogue(names: &[&str]) -> Result<Catalogue> {
        let root = Path::new("songs");
        let track = |name: &&str| Track {
            path: root.join("a").join(format!("{name}.wav")),
            name: (*name).into(),
            genre: 0,
            content: ContentHash::of(name.as_bytes()),
        };
        let tracks = names.iter().map(track).collect();
        let genres = Genres::new(vec!["a".into(), "b".into()])?;
        Ok(Catalogue { root: root.into(), genres, tracks, ignored: 0 })
    }

    #[test]
    fn joined_sets_are_numbered_by_first_appearance() {
        let mut union = Union::new(6);
        union.join(4, 1);
        union.join(5, 4);
        union.join(3, 2);
        assert_eq!(union.numbered(), [0, 1, 2, 2, 1, 1]);
    }

    #[test]
    fn reasons_of_all_kinds_add_up() -> Result<()> {
        let catalogue = catalogue(&["v", "w", "x", "y", "z", "metal.00058", "rock.00016"])?;
        let artists = [("w", "Ann"), ("a/y.wav", "Ann"), ("y", "Bob"), ("z", "Bob"), ("other", "Ann")];
        let artists = artists.map(|(track, artist)| (track.to_owned(), artist.to_owned())).into();
        assert_eq!(groups(&catalogue), [0, 1, 2, 3, 4, 5, 5]);
        let together = Together::new(&catalogue).artists(&artists);
        assert_eq!(together.clone().numbered(), [0, 1, 2, 1, 3, 4, 4]);
        assert_eq!(together.pairs(&[(3, 5), (2, 7)]).numbered(), [0, 1, 2, 1, 3, 1, 1]);
        Ok(())
    }

    /// Which tracks can be reached from which, by taking steps until nothing new is reached.
    fn reachable(count: usize, pairs: &[(usize, usize)]) -> Vec<Vec<bool>> {
        let mut reached: Vec<Vec<bool>> =
            (0..count).map(|one| (0..count).map(|x| x == one).collect()).collect();
        for _ in 0..count {
            for row in &mut reached {
                for &(one, other) in pairs {
                    let either = row[one] || row[other];
                    (row[one], row[other]) = (either, either);
                }
            }
        }
        reached
    }

    proptest! {
        #[test]
        fn tracks_are_together_exactly_if_a_chain_of_pairs_joins_them(
            pairs in prop::collection::vec((0_usize..9, 0_usize..9), 0..12)
        ) {
            let catalogue = catalogue(&["a", "b", "c", "d", "e", "f", "g", "h", "i"])?;
            let numbers = Together::new(&catalogue).pairs(&pairs).numbered();
            for (one, row) in reachable(9, &pairs).iter().enumerate() {
                for (other, reached) in row.iter().enumerate() {
                    prop_assert_eq!(numbers[one] == numbers[other], *reached, "{} and {}", one, other);
                }
            }
        }
    }
}
