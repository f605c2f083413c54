//! What is known about GTZAN, the collection that most genre classifiers are measured on.
//!
//! Source: Sturm, "An analysis of the GTZAN music genre dataset", MIRUM 2012, and the checksums of the
//! collection's own files. Copies of GTZAN are often re-encoded, so that equal recordings no longer have equal
//! bytes; their names stay, and names are what is matched here. Whether a copy's sound is still the original,
//! bit by bit, is told by [`canonical_md5`] and [`official_md5`].

mod checksums;
mod filtered;

pub use checksums::{CanonicalMd5, canonical_md5, names, official_md5};
pub use filtered::filtered_side;

/// The tracks of GTZAN that are equal bit by bit (equal MD5 in the original collection), as pairs of names.
///
/// Only exact replicas: Sturm also lists further excerpts of the same recordings.
pub const BIT_IDENTICAL: [(&str, &str); 14] = [
    ("disco.00098", "disco.00099"),
    ("hiphop.00039", "hiphop.00045"),
    ("hiphop.00076", "hiphop.00078"),
    ("metal.00034", "metal.00094"),
    ("metal.00040", "metal.00061"),
    ("metal.00041", "metal.00062"),
    ("metal.00042", "metal.00063"),
    ("metal.00043", "metal.00064"),
    ("metal.00044", "metal.00065"),
    ("metal.00045", "metal.00066"),
    ("metal.00058", "rock.00016"),
    ("pop.00054", "pop.00060"),
    ("pop.00067", "pop.00071"),
    ("reggae.00081", "reggae.00082"),
];

/// Whether a file's stem is a track name of GTZAN: a lower-case word, a dot and five digits, "blues.00042".
pub fn is_track_name(name: &str) -> bool {
    name.split_once('.').is_some_and(|(genre, number)| {
        !genre.is_empty()
            && genre.bytes().all(|byte| byte.is_ascii_lowercase())
            && number.len() == 5
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The rows of a table with two columns that this library brings along, without comments and header.
fn rows(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    lines.skip(1).filter_map(|line| line.split_once(','))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_is_in_order_and_named_like_a_track() {
        assert!(BIT_IDENTICAL.is_sorted());
        for (one, other) in BIT_IDENTICAL {
            assert!(one < other && is_track_name(one) && is_track_name(other), "{one}, {other}");
        }
    }

    #[test]
    fn the_bit_identical_pairs_are_all_equal_checksums_and_no_others() {
        let mut pairs = Vec::new();
        for one in names() {
            let equal = names().filter(|other| one < *other && official_md5(one) == official_md5(other));
            pairs.extend(equal.map(|other| (one, other)));
        }
        assert_eq!(pairs, BIT_IDENTICAL);
    }

    #[test]
    fn other_names_are_not_taken_for_tracks() {
        for name in ["blues", "blues.1", "blues.000001", ".00001", "Blues.00001", "blues.0000x"] {
            assert!(!is_track_name(name), "{name} was accepted");
        }
    }
}
