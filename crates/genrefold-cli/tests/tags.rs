//! `genrefold tag`, on a small file of every kind.

mod common;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use common::{Outcome, Studio, genrefold, text};
use genrefold::audio::{Contents, Limits, contents};

/// Files of every kind whose tags can be written, and a network that judges them.
fn music() -> Outcome<(Studio, Vec<PathBuf>)> {
    let studio = Studio::with_model()?;
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../genrefold/tests/fixtures/audio");
    let folder = studio.path("music");
    fs::create_dir_all(&folder)?;
    let kinds = ["mp3", "flac", "ogg", "opus", "m4a", "aiff"];
    let mut songs = vec![studio.song("music/song.wav", 3.0)?];
    for entry in fs::read_dir(fixtures)? {
        let path = entry?.path();
        let sound = path.extension().is_some_and(|ending| kinds.iter().any(|kind| ending == *kind));
        if sound && contents(path.as_path(), &Limits::default()).is_ok() {
            let copy = folder.join(path.file_name().unwrap_or_default());
            fs::copy(&path, &copy)?;
            songs.push(copy);
        }
    }
    songs.sort();
    Ok((studio, songs))
}

fn tag(studio: &Studio, options: &[&str]) -> Outcome<Output> {
    let (model, journal) = (studio.path("model.safetensors"), studio.path("tags.jsonl"));
    let mut words = vec![OsStr::new("tag"), OsStr::new("--model"), model.as_os_str()];
    words.extend([OsStr::new("--journal"), journal.as_os_str(), OsStr::new("-r")]);
    let music = studio.path("music");
    words.push(music.as_os_str());
    words.extend(options.iter().map(OsStr::new));
    genrefold(&words)
}

fn undo(studio: &Studio) -> Outcome<Output> {
    let journal = studio.path("tags.jsonl");
    genrefold(&[OsStr::new("tag"), OsStr::new("--undo"), journal.as_os_str(), OsStr::new("--write")])
}

/// Everything in the files, by their paths.
fn all(songs: &[PathBuf]) -> Outcome<BTreeMap<PathBuf, Contents>> {
    let each = songs.iter().map(|song| Ok((song.clone(), contents(song.as_path(), &Limits::default())?)));
    each.collect()
}

#[test]
fn without_write_nothing_is_changed() -> Outcome {
    let (studio, songs) = music()?;
    let before: Vec<Vec<u8>> = songs.iter().map(fs::read).collect::<Result<_, _>>()?;
    let output = tag(&studio, &["--above", "0"])?;
    assert!(text(&output.stdout).contains("would get a genre"), "{}", text(&output.stdout));
    let after: Vec<Vec<u8>> = songs.iter().map(fs::read).collect::<Result<_, _>>()?;
    assert!(before == after && !studio.path("tags.jsonl").exists());
    Ok(())
}

#[test]
fn a_genre_is_written_and_taken_back_and_nothing_else_changes() -> Outcome {
    let (studio, songs) = music()?;
    let before = all(&songs)?;
    let output = tag(&studio, &["--above", "0", "--write", "--force"])?;
    let (printed, said) = (text(&output.stdout), text(&output.stderr));
    let changed: Vec<&PathBuf> =
        songs.iter().filter(|song| printed.contains(&*song.to_string_lossy())).collect();
    assert!(changed.len() >= 4, "{printed}{said}");
    let tagged = all(&songs)?;
    for song in &changed {
        let (old, new) = (&before[*song], &tagged[*song]);
        assert!(old.packets == new.packets && old.samples == new.samples, "{}", song.display());
        assert!(old.tags.iter().all(|tag| new.tags.contains(tag) || tag.0 == "TCON" || tag.0 == "GENRE"));
    }
    let entries = fs::read_dir(studio.path("music"))?.count();
    assert_eq!(entries, songs.len(), "a copy was left behind");
    // What has a genre now is left alone, and so nothing more is written.
    let again = tag(&studio, &["--above", "0", "--write"])?;
    assert!(text(&again.stdout).starts_with("0 files got a genre"), "{}", text(&again.stdout));

    let output = undo(&studio)?;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(all(&songs)?, before);
    let output = undo(&studio)?;
    assert!(text(&output.stdout).starts_with("0 files taken back"), "{}", text(&output.stdout));
    Ok(())
}

#[test]
fn a_genre_that_was_changed_since_is_not_taken_back() -> Outcome {
    let (studio, songs) = music()?;
    tag(&studio, &["--above", "0", "--write"])?;
    let written = fs::read_to_string(studio.path("tags.jsonl"))?;
    let changed = written.replace("\"after\":{\"genres\":[\"", "\"after\":{\"genres\":[\"another ");
    fs::write(studio.path("tags.jsonl"), changed)?;
    let before = all(&songs)?;
    let output = undo(&studio)?;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("was changed since"), "{}", text(&output.stderr));
    assert_eq!(all(&songs)?, before);
    Ok(())
}

#[cfg(unix)]
#[test]
fn permissions_and_on_request_times_stay() -> Outcome {
    use std::os::unix::fs::PermissionsExt;
    let (studio, _) = music()?;
    let song = studio.path("music/song.wav");
    fs::set_permissions(&song, fs::Permissions::from_mode(0o640))?;
    let before = fs::metadata(&song)?;
    tag(&studio, &["--above", "0", "--write", "--keep-time"])?;
    let after = fs::metadata(&song)?;
    assert!(after.len() > before.len(), "nothing was written");
    assert_eq!(
        (after.permissions().mode(), after.modified()?),
        (before.permissions().mode(), before.modified()?)
    );
    Ok(())
}

#[test]
fn copies_of_a_killed_run_go_with_the_next_one_and_what_is_not_ours_stays() -> Outcome {
    let (studio, songs) = music()?;
    let left = studio.path("music/.song.wav.genrefold-4194304");
    let other = studio.path("music/.song.wav.genrefold-notes");
    fs::write(&left, b"half")?;
    fs::write(&other, b"mine")?;
    tag(&studio, &["--above", "0"])?;
    assert!(left.exists(), "without --write nothing is changed");
    let output = tag(&studio, &["--above", "0", "--write"])?;
    assert!(text(&output.stdout).contains("got a genre"), "{}", text(&output.stderr));
    assert!(!left.exists() && other.exists());
    assert_eq!(fs::read_dir(studio.path("music"))?.count(), songs.len() + 1);
    Ok(())
}
