//! Tracks that are one recording under several names.
//!
//! They must stay on one side of every split, or the training set knows the answers of the test set.

use std::collections::HashMap;

use super::catalogue::Catalogue;
use super::gtzan;

/// The group of each track of the catalogue, in its order: equal numbers mean the same recording.
///
/// Two tracks are grouped when their files are equal byte by byte, or when their names are one of the pairs
/// known from [`gtzan::BIT_IDENTICAL`]; groups that share a track become one. Groups are numbered from zero in
/// the order of their first tracks.
pub fn groups(catalogue: &Catalogue) -> Vec<usize> {
    let tracks = &catalogue.tracks;
    let mut union = Union::new(tracks.len());
    let mut by_content = HashMap::new();
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, track) in tracks.iter().enumerate() {
        union.join(index, *by_content.entry(track.content).or_insert(index));
        by_name.entry(&track.name).or_default().push(index);
    }
    for (one, other) in gtzan::BIT_IDENTICAL {
        if let (Some(one), Some(other)) = (by_name.get(one), by_name.get(other)) {
            one.iter().chain(other).for_each(|&track| union.join(one[0], track));
        }
    }
    union.numbered()
}

/// Disjoint sets over `0..n`; each set is known by its smallest member.
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
    use super::*;

    #[test]
    fn joined_sets_are_numbered_by_first_appearance() {
        let mut union = Union::new(6);
        union.join(4, 1);
        union.join(5, 4);
        union.join(3, 2);
        assert_eq!(union.numbered(), [0, 1, 2, 2, 1, 1]);
    }
}
