//! Splits into folds, on catalogues that exist on paper only: nothing is learned from and judged.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::{Path, PathBuf};

use genrefold::Genres;
use genrefold::dataset::{Catalogue, ContentHash, Folds, Role, Songs, Track, duplicates};
use genrefold::evaluation::Protocol;
use proptest::prelude::*;

type Tested = Result<(), Box<dyn Error>>;

/// A catalogue of so many tracks of each genre; tracks whose numbers are in `copies` have one content.
fn catalogue(counts: &[usize], copies: &BTreeSet<usize>) -> genrefold::Result<Catalogue> {
    let root = PathBuf::from("songs");
    let genres = Genres::new((0..counts.len()).map(|genre| format!("genre{genre}")).collect())?;
    let mut tracks = Vec::new();
    for (genre, &count) in counts.iter().enumerate() {
        for number in 0..count {
            let path = root.join(format!("genre{genre}")).join(format!("{number:04}.mp3"));
            let same = copies.contains(&tracks.len());
            let content = if same { "copy".to_owned() } else { path.display().to_string() };
            tracks.push(Track {
                name: format!("{number:04}"),
                genre,
                content: ContentHash::of(content.as_bytes()),
                path,
            });
        }
    }
    Ok(Catalogue { root, genres, tracks, ignored: 0 })
}

fn draw(catalogue: &Catalogue, protocol: Protocol, parts: usize, seed: u64) -> genrefold::Result<Folds> {
    let clips: Vec<usize> = (0..catalogue.tracks.len()).map(|track| 5 + track % 7).collect();
    let groups = duplicates::groups(catalogue);
    Folds::draw(Songs { catalogue, clips: &clips, groups: &groups }, protocol, parts, seed)
}

/// The sides that each content stands on in a fold.
fn sides(catalogue: &Catalogue, folds: &Folds, fold: usize) -> BTreeMap<ContentHash, BTreeSet<Role>> {
    let mut sides: BTreeMap<ContentHash, BTreeSet<Role>> = BTreeMap::new();
    for (index, track) in catalogue.tracks.iter().enumerate() {
        let roles = folds.roles(fold, &catalogue.relative(track), 5 + index % 7).unwrap_or_default();
        sides.entry(track.content).or_default().extend(roles);
    }
    sides
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_track_and_no_copy_is_on_two_sides(
        counts in prop::collection::vec(12usize..40, 2..5),
        copies in prop::collection::btree_set(0usize..24, 0..4),
        parts in 3usize..9,
        seed: u64,
    ) {
        let catalogue = catalogue(&counts, &copies)?;
        let folds = draw(&catalogue, Protocol::Track, parts, seed)?;
        let mut judged = BTreeMap::new();
        for fold in 1..=folds.count() {
            for (content, roles) in sides(&catalogue, &folds, fold) {
                prop_assert_eq!(roles.len(), 1, "one recording on the sides {:?} of fold {}", roles, fold);
                *judged.entry(content).or_insert(0) += usize::from(roles.contains(&Role::Test));
            }
        }
        prop_assert!(judged.values().all(|times| *times == 1), "a recording is not judged exactly once");
    }

    #[test]
    fn every_fold_holds_its_share_of_every_genre(
        counts in prop::collection::vec(10usize..60, 2..6),
        seed: u64,
    ) {
        let catalogue = catalogue(&counts, &BTreeSet::new())?;
        let folds = draw(&catalogue, Protocol::Track, 10, seed)?;
        for fold in 1..=10 {
            let mut tested = vec![0; counts.len()];
            for track in &catalogue.tracks {
                let roles = folds.roles(fold, &catalogue.relative(track), 1).unwrap_or_default();
                tested[track.genre] += usize::from(roles == [Role::Test]);
            }
            for (tested, count) in tested.iter().zip(&counts) {
                prop_assert!((count / 10..=count.div_ceil(10)).contains(tested), "{tested} of {count}");
            }
        }
    }

    #[test]
    fn clips_are_divided_evenly_and_each_is_judged_once(seed: u64, parts in 3usize..11) {
        let catalogue = catalogue(&[11, 13], &BTreeSet::new())?;
        let folds = draw(&catalogue, Protocol::Clip, parts, seed)?;
        let mut judged = Vec::new();
        for fold in 1..=parts {
            for (index, track) in catalogue.tracks.iter().enumerate() {
                let roles = folds.roles(fold, &catalogue.relative(track), 5 + index % 7).unwrap_or_default();
                let tested = roles.iter().enumerate().filter(|(_, role)| **role == Role::Test);
                judged.extend(tested.map(|(clip, _)| (index, clip)));
            }
        }
        let total: usize = (0..catalogue.tracks.len()).map(|index| 5 + index % 7).sum();
        let distinct: BTreeSet<_> = judged.iter().collect();
        prop_assert_eq!((judged.len(), distinct.len()), (total, total));
    }

    #[test]
    fn the_order_of_the_listing_does_not_matter(seed: u64, turn in 1usize..30) {
        let sorted = catalogue(&[15, 16], &BTreeSet::from([3, 20]))?;
        let split = |catalogue: &Catalogue| {
            let (clips, groups) = (vec![4; catalogue.tracks.len()], duplicates::groups(catalogue));
            Folds::draw(Songs { catalogue, clips: &clips, groups: &groups }, Protocol::Track, 5, seed)
        };
        let mut turned = sorted.clone();
        turned.tracks.rotate_left(turn);
        prop_assert_eq!(split(&sorted)?, split(&turned)?);
    }
}

#[test]
fn a_split_comes_back_from_its_file_and_has_the_same_hash() -> Tested {
    let folder = tempfile::tempdir()?;
    let catalogue = catalogue(&[12, 14], &BTreeSet::from([1, 5]))?;
    for protocol in [Protocol::Track, Protocol::Clip, Protocol::Holdout] {
        let path = folder.path().join("split.json");
        let split = draw(&catalogue, protocol, 4, 9)?;
        split.save(&path)?;
        let back = Folds::load(&path)?;
        assert!(back == split && back.hash() == split.hash(), "{protocol}");
        assert_eq!(split.together, [["genre0/0001.mp3", "genre0/0005.mp3"]]);
    }
    Ok(())
}

#[test]
fn a_file_that_is_no_split_is_refused_with_the_reason() -> Tested {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("split.json");
    let split = |parts: &str, place: &str| {
        let tracks = format!(r#"{{"a/1.mp3": 1, "a/2.mp3": {place}}}"#);
        format!(r#"{{"protocol": "track", "seed": 0, "parts": {parts}, "together": [], "tracks": {tracks}}}"#)
    };
    let cases = [
        (r#"{"protocol": "tracks"}"#.to_owned(), "unknown variant `tracks`"),
        (split("0", "1"), "0 parts, expected 3 to 1000"),
        (split("18446744073709551615", "1"), "parts, expected 3 to 1000"),
        (split("4", "5"), "\"a/2.mp3\" stands outside of parts 1 to 4"),
        (split("4", "[1, 0, 2]"), "\"a/2.mp3\" stands outside of parts 1 to 4"),
    ];
    for (text, why) in cases {
        std::fs::write(&path, &text)?;
        let error = Folds::load(&path).map_or_else(|error| error.to_string(), |_| "no error".into());
        assert!(error.contains(why), "{text}: {error}");
    }
    std::fs::write(&path, split("4", "[1, 4, 2]"))?;
    assert!(Folds::load(&path)?.roles(4, "a/2.mp3", 3).is_some());
    assert!(Folds::load(Path::new("no/such/split.json")).is_err());
    Ok(())
}

#[test]
fn a_genre_that_cannot_be_in_every_fold_is_named_with_what_to_do() -> Tested {
    let few = catalogue(&[12, 3], &BTreeSet::new())?;
    let said = |catalogue: &Catalogue, protocol| {
        draw(catalogue, protocol, 10, 0).err().map(|error| error.to_string()).unwrap_or_default()
    };
    let text = said(&few, Protocol::Track);
    assert!(text.contains("\"genre1\" (3)") && text.contains("fewer study.folds"), "{text}");
    let copies = catalogue(&[12, 12], &(12..18).collect())?;
    let text = said(&copies, Protocol::Track);
    assert!(text.contains("track of \"genre1\" in fold") && text.contains("copies"), "{text}");
    let text = said(&few, Protocol::Filtered);
    assert!(text.contains("\"genre0\" in fold 1"), "{text}");
    assert!(draw(&few, Protocol::Track, 2, 0).is_err());
    Ok(())
}

#[test]
fn a_split_of_other_songs_is_refused() -> Tested {
    let catalogue = catalogue(&[12, 12], &BTreeSet::new())?;
    let split = draw(&catalogue, Protocol::Clip, 4, 0)?;
    let mut clips: Vec<usize> = (0..24).map(|track| 5 + track % 7).collect();
    assert!(split.check(&catalogue, &clips).is_ok());
    clips[3] += 1;
    let refused = split.check(&catalogue, &clips);
    assert!(refused.is_err_and(|error| error.to_string().contains("0003.mp3")));
    Ok(())
}
