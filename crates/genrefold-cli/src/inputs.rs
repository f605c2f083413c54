//! From what was written on the command line to the songs to judge, in order.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::iter;
use std::path::{Path, PathBuf};

use genrefold::answer::path_of;
use genrefold::audio::begins_as_sound;
use genrefold::dataset::catalogue::is_audio;
use walkdir::{DirEntry, WalkDir};

use crate::failure::{Failure, Usage};
use crate::words::name;

/// A song to judge, or what was named and cannot be judged.
#[derive(Debug)]
pub struct Input {
    /// As named, or as found below a folder that was named.
    pub path: PathBuf,
    /// Why there is nothing to try, if so.
    pub refused: Option<Failure>,
}

/// What lies at a place.
#[derive(Debug)]
pub enum Found {
    /// Something that gets an answer.
    Input(Input),
    /// A file below a folder that is no song.
    NoSong,
}

impl Found {
    fn song(path: PathBuf) -> Self {
        Found::Input(Input { path, refused: None })
    }

    fn refused(path: &Path, kind: &'static str, message: impl Into<String>) -> Self {
        let refused = Some(Failure::new(kind, message));
        Found::Input(Input { path: path.to_path_buf(), refused })
    }

    /// What gets an answer.
    pub fn input(self) -> Option<Input> {
        match self {
            Found::Input(input) => Some(input),
            Found::NoSong => None,
        }
    }
}

/// Resolves `-` and folders, one after another as they are asked for: a library's names need not fit into memory.
/// Files that are named are tried whatever they are called.
///
/// # Errors
/// Standard input cannot be read.
pub fn stream(paths: &[PathBuf], recursive: bool) -> io::Result<impl Iterator<Item = Found> + use<>> {
    let mut named = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            named.extend(listed()?);
        } else {
            named.push(path.clone());
        }
    }
    Ok(named.into_iter().flat_map(move |path| below(path, recursive)))
}

/// All of [`stream`] but what is no song.
///
/// # Errors
/// As [`stream`].
pub fn gather(paths: &[PathBuf], recursive: bool) -> io::Result<Vec<Input>> {
    Ok(stream(paths, recursive)?.filter_map(Found::input).collect())
}

/// Refuses names of nothing: a slip of the pen is not to be kept as an answer.
///
/// # Errors
/// [`Usage`] naming the first.
pub fn require(paths: &[PathBuf]) -> Result<(), Usage> {
    let missing = |path: &&PathBuf| path.as_os_str() != "-" && !path.exists();
    paths.iter().find(missing).map_or(Ok(()), |path| Err(Usage(format!("there is no {}", name(path)))))
}

fn below(path: PathBuf, recursive: bool) -> Box<dyn Iterator<Item = Found>> {
    match (path.is_dir(), recursive) {
        (false, _) => Box::new(iter::once(Found::song(path))),
        (true, true) => Box::new(Folder::new(path)),
        (true, false) => {
            let message = "this is a folder; add -r to judge all songs in it";
            Box::new(iter::once(Found::refused(&path, "folder", message)))
        }
    }
}

/// The files below a folder in the order of their names. Links are followed, but never in a circle; hidden folders are
/// passed over.
struct Folder {
    path: PathBuf,
    walk: walkdir::IntoIter,
    /// Whether anything was found that gets an answer.
    empty: bool,
    ended: bool,
}

impl Folder {
    fn new(path: PathBuf) -> Self {
        let walk = WalkDir::new(&path).follow_links(true).sort_by_file_name().into_iter();
        Folder { path, walk, empty: true, ended: false }
    }

    /// What an entry is; nothing for folders.
    fn entry(&mut self, entry: walkdir::Result<DirEntry>) -> Option<Found> {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if is_no_song(&error) => return None,
            Err(error) => {
                let path = error.path().unwrap_or(&self.path).to_path_buf();
                return Some(Found::refused(&path, "unreadable", error.to_string()));
            }
        };
        let hidden = entry.depth() > 0 && is_hidden(entry.file_name());
        if entry.file_type().is_dir() {
            if hidden {
                self.walk.skip_current_dir();
            }
            return None;
        }
        let song = entry.file_type().is_file() && !hidden && is_song(entry.path());
        Some(if song { Found::song(entry.into_path()) } else { Found::NoSong })
    }
}

impl Iterator for Folder {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        while let Some(entry) = self.walk.next() {
            if let Some(found) = self.entry(entry) {
                self.empty &= matches!(found, Found::NoSong);
                return Some(found);
            }
        }
        let nothing = self.empty && !self.ended;
        self.ended = true;
        nothing.then(|| Found::refused(&self.path, "no-audio", "no audio file in this folder"))
    }
}

/// By its name, or by its first bytes where the name does not say. One that cannot be read is tried only if its name
/// says so.
fn is_song(path: &Path) -> bool {
    is_audio(path) || begins_as_sound(path).unwrap_or(false)
}

/// A circle of links, or a broken link whose name is no song's.
fn is_no_song(error: &walkdir::Error) -> bool {
    let missing = error.io_error().is_some_and(|error| error.kind() == io::ErrorKind::NotFound);
    error.loop_ancestor().is_some() || missing && !error.path().is_some_and(is_audio)
}

fn is_hidden(name: &OsStr) -> bool {
    name.to_string_lossy().starts_with('.')
}

/// The paths on standard input.
fn listed() -> io::Result<Vec<PathBuf>> {
    let mut list = Vec::new();
    io::stdin().lock().read_to_end(&mut list)?;
    Ok(split(&list))
}

/// One path a line, or between NULs if there are any: then a path may hold line breaks.
fn split(list: &[u8]) -> Vec<PathBuf> {
    let separator = if list.contains(&0) { 0 } else { b'\n' };
    let trimmed = |item: &'_ [u8]| match separator {
        b'\n' => item.strip_suffix(b"\r").unwrap_or(item).to_vec(),
        _ => item.to_vec(),
    };
    let items = list.split(|&byte| byte == separator).map(trimmed);
    items.filter(|item| !item.is_empty()).map(path_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_split_at_line_breaks_or_at_nuls() {
        let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(split(b"a b.mp3\nc.wav\r\n\n"), paths(&["a b.mp3", "c.wav"]));
        assert_eq!(split(b"a\nb.mp3\0c.wav\0"), paths(&["a\nb.mp3", "c.wav"]));
        assert_eq!(split(b""), paths(&[]));
    }
}
