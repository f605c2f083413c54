//! A folder of songs, one sub-folder for each genre, read once and in an order of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::audio::{Limits, MonoStream};
use crate::error::{Error, Result};
use crate::label::Genres;

/// File name extensions taken for audio, in lower case. Other files are passed over and counted.
pub const AUDIO_EXTENSIONS: [&str; 25] = [
    "aac", "adts", "aif", "aifc", "aiff", "alac", "au", "caf", "flac", "m4a", "m4b", "mka", "mkv", "mp1",
    "mp2", "mp3", "mp4", "mpga", "oga", "ogg", "opus", "snd", "wav", "wave", "webm",
];

/// The SHA-256 of some bytes: equal hashes mean equal content. Shown and stored as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContentHash(pub [u8; 32]);

/// One song of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// Where the file is.
    pub path: PathBuf,
    /// The file's name without its extension.
    pub name: String,
    /// The genre, as an index into the catalogue's [`Genres`].
    pub genre: usize,
    /// The hash of the file's bytes.
    pub content: ContentHash,
}

/// The songs of a folder with their genres.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    /// The folder that was read.
    pub root: PathBuf,
    /// Its sub-folders' names, sorted.
    pub genres: Genres,
    /// All songs, sorted by genre and then by path, whatever the order of the folder's listing.
    pub tracks: Vec<Track>,
    /// How many files and hidden folders were passed over: hidden, or not audio by their extension.
    pub ignored: usize,
}

impl Catalogue {
    /// Reads a folder laid out as `root/GENRE/any/depth/song.mp3`.
    ///
    /// Each sub-folder is a genre named like it. Hidden entries (a leading dot) and files without one of the
    /// [`AUDIO_EXTENSIONS`] are passed over. Links are followed, but no folder is read twice for one genre.
    /// Every file is read once, to hash it; none is decoded.
    ///
    /// # Errors
    /// [`Error::Data`] when the folder is not laid out so, with what to change; [`Error::Io`] when a file cannot
    /// be read.
    pub fn scan(root: &Path) -> Result<Self> {
        if !root.is_dir() {
            return Err(data(root, "no such folder", format!("give a folder of songs: {LAYOUT}")));
        }
        let top = listing(root)?;
        refuse_loose_songs(root, &top.songs)?;
        let genres = genre_names(root, &top.folders)?;
        let mut catalogue =
            Catalogue { root: root.to_path_buf(), genres, tracks: vec![], ignored: top.ignored };
        for genre in 0..catalogue.genres.len() {
            catalogue.add_genre(genre)?;
        }
        Ok(catalogue)
    }

    /// How many tracks each genre has, in the order of the genres.
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.genres.len()];
        self.tracks.iter().for_each(|track| counts[track.genre] += 1);
        counts
    }

    /// A hash over genres, track names and contents in order, to tell later what a model was trained on. It does
    /// not depend on where the folder lies.
    pub fn fingerprint(&self) -> ContentHash {
        let mut hasher = Sha256::new();
        let mut text = |text: &str| {
            // The length in front keeps "ab", "c" apart from "a", "bc".
            hasher.update((text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        };
        self.genres.names().iter().for_each(|name| text(name));
        for track in &self.tracks {
            text(self.genres.name(track.genre).unwrap_or_default());
            text(&track.name);
            text(&track.content.to_string());
        }
        ContentHash(hasher.finalize().into())
    }

    /// A track's path below the root with `/` between its parts, on every system: what splits are stored by.
    pub fn relative(&self, track: &Track) -> String {
        slashed(track.path.strip_prefix(&self.root).unwrap_or(&track.path))
    }

    /// Refuses a catalogue with a genre of fewer than `least` tracks.
    ///
    /// # Errors
    /// [`Error::Data`] naming each such genre with its count.
    pub fn require_tracks(&self, least: usize) -> Result<()> {
        let counts = self.counts();
        let poor: Vec<String> = (self.genres.names().iter().zip(counts))
            .filter(|(_, count)| *count < least)
            .map(|(name, count)| format!("{name:?} ({count})"))
            .collect();
        if poor.is_empty() {
            return Ok(());
        }
        let found = format!("fewer than {least} tracks in {}", poor.join(", "));
        Err(data(&self.root, found, "add songs to these genres, or move their folders away"))
    }

    /// Opens every song, on all cores, and tells those that are no sound from their first samples on. That takes a
    /// millisecond or so a song; one that is broken further on is found when it is decoded.
    pub fn unreadable(&self) -> Vec<(&Track, Error)> {
        let opened = |track: &Track| MonoStream::open(track.path.as_path(), &Limits::default()).err();
        let failed = self.tracks.par_iter().filter_map(|track| opened(track).map(|error| (track, error)));
        failed.collect()
    }

    /// The same songs without these.
    pub fn without(&self, left_out: &[&Track]) -> Catalogue {
        let kept = self.tracks.iter().filter(|track| !left_out.contains(track));
        Catalogue { tracks: kept.cloned().collect(), ..self.clone() }
    }

    /// The tracks whose files are equal byte by byte, a list for each such file, sorted by the first's path.
    pub fn identical(&self) -> Vec<Vec<&Track>> {
        let mut by_content: BTreeMap<ContentHash, Vec<&Track>> = BTreeMap::new();
        self.tracks.iter().for_each(|track| by_content.entry(track.content).or_default().push(track));
        let mut several: Vec<Vec<&Track>> = by_content.into_values().filter(|same| same.len() > 1).collect();
        several.sort_by_cached_key(|same| self.relative(same[0]));
        several
    }

    fn add_genre(&mut self, genre: usize) -> Result<()> {
        let name = self.genres.name(genre).unwrap_or_default();
        let folder = self.root.join(name);
        let mut found = Found::default();
        let mut seen = BTreeSet::from([canonical(&self.root)?]);
        collect(&folder, &mut seen, &mut found)?;
        if found.songs.is_empty() {
            let what = format!("no audio in the genre {name:?} ({} other files)", found.ignored);
            let remedy =
                format!("put songs into it, or move it away; audio is {}", AUDIO_EXTENSIONS.join(", "));
            return Err(data(&folder, what, remedy));
        }
        found.songs.sort_by_cached_key(|path| slashed(path));
        for path in found.songs {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let content = ContentHash::of_file(&path)?;
            self.tracks.push(Track { path, name, genre, content });
        }
        self.ignored += found.ignored;
        Ok(())
    }
}

const LAYOUT: &str = "one sub-folder for each genre with its songs inside, such as blues/song.mp3";

/// What one folder, or a tree of them, holds.
#[derive(Default)]
struct Found {
    songs: Vec<PathBuf>,
    folders: Vec<PathBuf>,
    ignored: usize,
}

/// One folder's entries in the order of their names.
fn listing(folder: &Path) -> Result<Found> {
    let read = || -> io::Result<Vec<PathBuf>> {
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
    };
    let mut paths = read().map_err(Error::io("list", folder))?;
    paths.sort();
    let mut found = Found::default();
    for path in paths {
        if is_hidden(&path) {
            found.ignored += 1;
        } else if path.is_dir() {
            found.folders.push(path);
        } else if path.is_file() && is_audio(&path) {
            found.songs.push(path);
        } else {
            found.ignored += 1;
        }
    }
    Ok(found)
}

/// Adds all songs below `folder`. `seen` holds the folders already read, so that links cannot lead in a circle.
fn collect(folder: &Path, seen: &mut BTreeSet<PathBuf>, all: &mut Found) -> Result<()> {
    if !seen.insert(canonical(folder)?) {
        return Ok(());
    }
    let found = listing(folder)?;
    all.songs.extend(found.songs);
    all.ignored += found.ignored;
    found.folders.iter().try_for_each(|inner| collect(inner, seen, all))
}

fn refuse_loose_songs(root: &Path, songs: &[PathBuf]) -> Result<()> {
    let Some(first) = songs.first() else { return Ok(()) };
    let name = first.file_name().unwrap_or_default().to_string_lossy();
    let found = format!("{} songs that are in no genre, such as {name:?}", songs.len());
    Err(data(root, found, format!("move them: {LAYOUT}")))
}

fn genre_names(root: &Path, folders: &[PathBuf]) -> Result<Genres> {
    let name = |folder: &PathBuf| folder.file_name().and_then(|name| name.to_str()).map(str::to_owned);
    let names: Option<Vec<String>> = folders.iter().map(name).collect();
    let Some(names) = names else {
        return Err(data(root, "a genre's name that is not UTF-8", "rename its folder"));
    };
    match names.as_slice() {
        [] => Err(data(root, "no genre", format!("lay the songs out as {LAYOUT}"))),
        [only] => {
            Err(data(root, format!("one genre only, {only:?}"), "add a folder with another genre's songs"))
        }
        _ => Genres::new(names),
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

/// Whether a path's extension is one of the [`AUDIO_EXTENSIONS`], in any case.
pub fn is_audio(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    AUDIO_EXTENSIONS.contains(&extension.as_str())
}

fn canonical(path: &Path) -> Result<PathBuf> {
    fs::canonicalize(path).map_err(Error::io("find", path))
}

fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

/// An [`Error::Data`] about `path`.
pub(super) fn data(path: &Path, found: impl Into<String>, remedy: impl Into<String>) -> Error {
    Error::Data { path: path.to_path_buf(), found: found.into(), remedy: remedy.into() }
}

impl ContentHash {
    /// The hash of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        ContentHash(Sha256::digest(bytes).into())
    }

    /// The hash of a file's bytes, read piece by piece.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be read.
    pub fn of_file(path: &Path) -> Result<Self> {
        let hash = || -> io::Result<Self> {
            let mut file = fs::File::open(path)?;
            let mut hasher = Sha256::new();
            let mut buffer = vec![0; 1 << 16];
            loop {
                match file.read(&mut buffer)? {
                    0 => return Ok(ContentHash(hasher.finalize().into())),
                    length => hasher.update(&buffer[..length]),
                }
            }
        };
        hash().map_err(Error::io("read", path))
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentHash({self})")
    }
}

impl From<ContentHash> for String {
    fn from(hash: ContentHash) -> Self {
        hash.to_string()
    }
}

impl TryFrom<String> for ContentHash {
    type Error = Error;
    fn try_from(text: String) -> Result<Self> {
        let digit = |at: usize| text.as_bytes().get(at).and_then(|&byte| char::from(byte).to_digit(16));
        let byte = |at: usize| Some((digit(2 * at)? * 16 + digit(2 * at + 1)?) as u8);
        let bytes: Option<Vec<u8>> = (0..32).map(byte).collect();
        match bytes.and_then(|bytes| bytes.try_into().ok()) {
            Some(bytes) if text.len() == 64 => Ok(ContentHash(bytes)),
            _ => Err(Error::Setting {
                key: "hash".into(),
                found: format!("{text:?}"),
                expected: "64 hexadecimal digits".into(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_stored_as_hexadecimal_digits() -> std::result::Result<(), Box<dyn std::error::Error>> {
        let hash = ContentHash::of(b"abc");
        let text = serde_json::to_string(&hash)?;
        assert_eq!(text, "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"");
        assert_eq!(serde_json::from_str::<ContentHash>(&text)?, hash);
        for bad in ["\"\"".to_owned(), text.replace("ba", "xy"), text.replace("ad\"", "\"")] {
            assert!(serde_json::from_str::<ContentHash>(&bad).is_err(), "{bad} was accepted");
        }
        Ok(())
    }

    #[test]
    fn extensions_count_in_any_case() {
        assert!(is_audio(Path::new("a/Song.MP3")) && is_audio(Path::new("blues.00001.au")));
        assert!(!is_audio(Path::new("cover.jpg")) && !is_audio(Path::new("wav")));
        assert!(AUDIO_EXTENSIONS.is_sorted());
    }
}
