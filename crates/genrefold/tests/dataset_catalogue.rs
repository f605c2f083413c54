//! A folder of songs is read, and split, the same way on every machine.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use genrefold::Genres;
use genrefold::dataset::duplicates::groups;
use genrefold::dataset::synthetic::{example, write_folder, write_wav};
use genrefold::dataset::{Catalogue, ContentHash, Holdout, Side, Track, holdout};
use proptest::prelude::*;

type Tested = Result<(), Box<dyn Error>>;

/// Lays out files with the given bytes below a new folder.
fn folder(files: &[(&str, &str)]) -> Result<tempfile::TempDir, Box<dyn Error>> {
    let root = tempfile::tempdir()?;
    for (path, content) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap_or(root.path()))?;
        fs::write(path, content)?;
    }
    Ok(root)
}

/// What a refused folder's message says.
fn refusal(root: &Path) -> String {
    Catalogue::scan(root).err().map(|error| error.to_string()).unwrap_or_else(|| "accepted".into())
}

#[test]
fn genres_are_the_folders_and_songs_lie_at_any_depth() -> Tested {
    let root = folder(&[
        ("Ünlü Rock/b.mp3", "1"),
        ("Ünlü Rock/album/side.a/a.FLAC", "2"),
        ("ambient/deep/er/blues.00001.au", "3"),
        ("ambient/cover.jpg", "4"),
        ("ambient/.hidden.mp3", "5"),
        ("ambient/.folder/x.mp3", "6"),
        ("notes.txt", "7"),
        (".git/y.mp3", "8"),
    ])?;
    let catalogue = Catalogue::scan(root.path())?;
    assert_eq!(catalogue.genres.names(), ["ambient", "Ünlü Rock"]);
    let found: Vec<_> = catalogue
        .tracks
        .iter()
        .map(|track| (track.genre, track.name.as_str(), catalogue.relative(track)))
        .collect();
    let expected = [
        (0, "blues.00001", "ambient/deep/er/blues.00001.au".to_owned()),
        (1, "a", "Ünlü Rock/album/side.a/a.FLAC".to_owned()),
        (1, "b", "Ünlü Rock/b.mp3".to_owned()),
    ];
    assert_eq!(found, expected);
    assert_eq!((catalogue.counts(), catalogue.ignored), (vec![1, 2], 5));
    assert_eq!(catalogue.tracks[2].content, ContentHash::of(b"1"));
    Ok(())
}

#[test]
fn every_wrong_layout_is_refused_with_what_to_do() -> Tested {
    assert!(refusal(Path::new("no/such/folder")).contains("give a folder of songs"));
    let empty = folder(&[])?;
    assert!(refusal(empty.path()).contains("no genre; lay the songs out as"), "{}", refusal(empty.path()));
    let flat = folder(&[("a.mp3", ""), ("b.mp3", "")])?;
    let text = refusal(flat.path());
    assert!(text.contains("2 songs that are in no genre, such as \"a.mp3\"; move them"), "{text}");
    let single = folder(&[("rock/a.mp3", "")])?;
    assert!(refusal(single.path()).contains("one genre only, \"rock\"; add a folder"));
    let silent = folder(&[("rock/a.mp3", ""), ("jazz/cover.png", "")])?;
    let text = refusal(silent.path());
    assert!(text.contains("no audio in the genre \"jazz\" (1 other files); put songs into it"), "{text}");
    Ok(())
}

#[test]
fn too_few_tracks_are_named_with_their_genres() -> Tested {
    let root = folder(&[("a/1.mp3", ""), ("a/2.mp3", ""), ("b/1.mp3", "")])?;
    let catalogue = Catalogue::scan(root.path())?;
    assert!(catalogue.require_tracks(1).is_ok());
    let text = catalogue.require_tracks(2).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(text.contains("fewer than 2 tracks in \"b\" (1); add songs"), "{text}");
    Ok(())
}

#[test]
fn the_fingerprint_knows_songs_and_genres_but_not_the_place() -> Tested {
    let files = [("a/1.mp3", "x"), ("b/2.mp3", "y")];
    let print = |files: &[(&str, &str)]| -> Result<ContentHash, Box<dyn Error>> {
        Ok(Catalogue::scan(folder(files)?.path())?.fingerprint())
    };
    assert_eq!(print(&files)?, print(&files)?);
    for other in [("b/2.mp3", "z"), ("b/3.mp3", "y"), ("c/2.mp3", "y"), ("b/2.mp3.txt", "")] {
        let changed =
            if other.1.is_empty() { vec![files[0], files[1], other] } else { vec![files[0], other] };
        assert_eq!(print(&files)? == print(&changed)?, other.1.is_empty(), "{other:?}");
    }
    Ok(())
}

#[cfg(unix)]
#[test]
fn links_are_followed_but_never_in_a_circle() -> Tested {
    let root = folder(&[("a/1.mp3", "x"), ("b/2.mp3", "y")])?;
    let link =
        |to: &str, name: &str| std::os::unix::fs::symlink(root.path().join(to), root.path().join(name));
    link("", "a/everything")?;
    link("a", "a/itself")?;
    link("b/2.mp3", "a/3.mp3")?;
    link("gone", "a/4.mp3")?;
    let catalogue = Catalogue::scan(root.path())?;
    let names: Vec<_> = catalogue.tracks.iter().map(|track| catalogue.relative(track)).collect();
    assert_eq!(names, ["a/1.mp3", "a/3.mp3", "b/2.mp3"]);
    assert_eq!((groups(&catalogue), catalogue.ignored), (vec![0, 1, 1], 1));
    Ok(())
}

#[test]
fn equal_files_and_known_pairs_are_one_group() -> Tested {
    let root = folder(&[
        ("metal/metal.00058.ogg", "1"),
        ("metal/metal.00059.ogg", "2"),
        ("metal/other.ogg", "3"),
        ("rock/rock.00016.ogg", "4"),
        ("rock/rock.00017.ogg", "2"),
        ("rock/copy.ogg", "4"),
    ])?;
    let catalogue = Catalogue::scan(root.path())?;
    let names: Vec<_> = catalogue.tracks.iter().map(|track| track.name.as_str()).collect();
    assert_eq!(names, ["metal.00058", "metal.00059", "other", "copy", "rock.00016", "rock.00017"]);
    assert_eq!(groups(&catalogue), [0, 1, 2, 0, 0, 1]);
    Ok(())
}

#[test]
fn a_folder_of_synthetic_songs_can_be_read_and_split() -> Tested {
    let root = tempfile::tempdir()?;
    write_folder(root.path(), 3, 4, 0.5, 8_000)?;
    let catalogue = Catalogue::scan(root.path())?;
    assert_eq!(catalogue.counts(), [4, 4, 4]);
    let split = holdout(&catalogue, 0.25, 1)?;
    assert_eq!((split.training.len(), split.validation.len()), (9, 3));
    Ok(())
}

#[test]
fn the_example_song_is_what_the_example_program_makes() -> Tested {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("song.wav");
    write_wav(&path, &example())?;
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/example.wav");
    assert!(fs::read(kept)? == fs::read(path)?, "run the example program make_example_song again");
    Ok(())
}

#[test]
fn a_split_is_stored_as_plain_json_and_knows_its_catalogue() -> Tested {
    let catalogue = made_up(&[6, 5], &[]);
    let split = holdout(&catalogue, 0.3, 4)?;
    let text = serde_json::to_string(&split)?;
    let back: Holdout = serde_json::from_str(&text)?;
    assert_eq!((&back, back.hash()), (&split, split.hash()));
    assert_eq!(split.hash(), ContentHash::of(text.as_bytes()));
    let sides = split.sides(&catalogue)?;
    assert_eq!(sides.iter().filter(|side| **side == Side::Validation).count(), split.validation.len());
    assert!(split.sides(&made_up(&[6, 6], &[])).is_err(), "a track that the split does not name");
    assert!(split.sides(&made_up(&[6, 4], &[])).is_err(), "a track that is gone");
    Ok(())
}

/// Splits that were once written down must come out the same for ever, on every machine.
#[test]
fn a_known_seed_gives_the_known_split() -> Tested {
    let split = holdout(&made_up(&[5, 5], &[]), 0.4, 7)?;
    assert_eq!(split.validation, KNOWN_SPLIT);
    Ok(())
}

const KNOWN_SPLIT: [&str; 4] = ["g0/01.wav", "g0/03.wav", "g1/00.wav", "g1/01.wav"];

#[test]
fn a_genre_of_copies_or_a_foolish_fraction_cannot_be_split() {
    let copies = made_up(&[3, 4], &[(0, 1), (1, 2)]);
    let text = holdout(&copies, 0.3, 1).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(text.contains("\"g0\", whose tracks are all copies of each other; add other songs"), "{text}");
    assert!(holdout(&made_up(&[1, 4], &[]), 0.3, 1).is_err());
    for fraction in [0.0, 1.0, -0.1, f64::NAN] {
        assert!(holdout(&made_up(&[4, 4], &[]), fraction, 1).is_err(), "{fraction}");
    }
}

#[test]
fn the_songs_of_one_genre_do_not_move_those_of_another() -> Tested {
    let of_first = |split: Holdout| -> Vec<String> {
        split.validation.into_iter().filter(|path| path.starts_with("g0/")).collect()
    };
    let one = holdout(&made_up(&[20, 5], &[]), 0.2, 3)?;
    let other = holdout(&made_up(&[20, 30, 7], &[]), 0.2, 3)?;
    assert_eq!(of_first(one), of_first(other));
    Ok(())
}

/// A catalogue without files: `counts[g]` tracks of genre `g`; pairs of track numbers have equal content.
fn made_up(counts: &[usize], copies: &[(usize, usize)]) -> Catalogue {
    let names = (0..counts.len()).map(|genre| format!("g{genre}")).collect();
    let tracks =
        counts.iter().enumerate().flat_map(|(genre, &count)| (0..count).map(move |song| (genre, song)));
    let mut tracks: Vec<Track> = tracks
        .map(|(genre, song)| Track {
            path: PathBuf::from(format!("root/g{genre}/{song:02}.wav")),
            name: format!("{song:02}"),
            genre,
            content: ContentHash::of(format!("{genre}/{song}").as_bytes()),
        })
        .collect();
    for &(one, other) in copies {
        tracks[other].content = tracks[one].content;
    }
    let genres = Genres::in_order(names).unwrap_or_else(|error| unreachable!("{error}"));
    Catalogue { root: PathBuf::from("root"), genres, tracks, ignored: 0 }
}

/// Two to four genres of 4 to 30 tracks, with some copies, also across genres.
fn catalogues() -> impl Strategy<Value = Catalogue> {
    prop::collection::vec(4..30_usize, 2..5).prop_flat_map(|counts| {
        let total: usize = counts.iter().sum();
        prop::collection::vec((0..total, 0..total), 0..4).prop_map(move |copies| made_up(&counts, &copies))
    })
}

proptest! {
    #[test]
    fn every_track_is_on_one_side_and_no_copy_on_the_other(
        catalogue in catalogues(), fraction in 0.05..0.6_f64, seed: u64,
    ) {
        let Ok(split) = holdout(&catalogue, fraction, seed) else { return Ok(()) };
        let all: BTreeSet<String> = catalogue.tracks.iter().map(|track| catalogue.relative(track)).collect();
        let both: Vec<&String> = split.training.iter().chain(&split.validation).collect();
        prop_assert_eq!(both.len(), all.len());
        prop_assert_eq!(both.into_iter().cloned().collect::<BTreeSet<_>>(), all);
        let sides = split.sides(&catalogue)?;
        let mut side_of = BTreeMap::new();
        for (group, side) in groups(&catalogue).into_iter().zip(sides) {
            prop_assert_eq!(*side_of.entry(group).or_insert(side), side);
        }
    }

    #[test]
    fn each_genre_is_on_both_sides_in_about_the_share_wished(
        catalogue in catalogues(), fraction in 0.05..0.6_f64, seed: u64,
    ) {
        let Ok(split) = holdout(&catalogue, fraction, seed) else { return Ok(()) };
        let sides = split.sides(&catalogue)?;
        let mut held = vec![0_usize; catalogue.genres.len()];
        for (track, side) in catalogue.tracks.iter().zip(&sides) {
            held[track.genre] += usize::from(*side == Side::Validation);
        }
        // At most four pairs of copies were made: no group is larger than five tracks.
        for (held, total) in held.into_iter().zip(catalogue.counts()) {
            prop_assert!((1..total).contains(&held));
            let wished = ((total as f64 * fraction).round() as usize).clamp(1, total - 1);
            prop_assert!(held.abs_diff(wished) <= 4, "{} of {}, wished {}", held, total, wished);
        }
    }

    #[test]
    fn without_copies_each_genre_gets_exactly_its_share(
        counts in prop::collection::vec(2..40_usize, 2..5), fraction in 0.05..0.95_f64, seed: u64,
    ) {
        let catalogue = made_up(&counts, &[]);
        let split = holdout(&catalogue, fraction, seed)?;
        for (genre, count) in counts.into_iter().enumerate() {
            let held = split.validation.iter().filter(|path| path.starts_with(&format!("g{genre}/"))).count();
            prop_assert_eq!(held, ((count as f64 * fraction).round() as usize).clamp(1, count - 1));
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_split_in_whatever_order_the_tracks_come(
        catalogue in catalogues(), fraction in 0.05..0.6_f64, seed: u64, turn in 0..100_usize,
    ) {
        let mut other = catalogue.clone();
        let length = other.tracks.len();
        other.tracks.rotate_left(turn % length);
        other.tracks.swap(0, length / 2);
        match (holdout(&catalogue, fraction, seed), holdout(&other, fraction, seed)) {
            (Ok(one), Ok(two)) => prop_assert_eq!(one, two),
            (one, two) => prop_assert!(one.is_err() && two.is_err()),
        }
    }
}
