//! From what was written on the command line to the songs to judge, in order.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use genrefold::dataset::catalogue::is_audio;
use walkdir::{DirEntry, WalkDir};

use crate::failure::Failure;

/// A song to judge, or what was named and cannot be judged.
#[derive(Debug)]
pub struct Input {
    /// As named, or as found below a folder that was named.
    pub path: PathBuf,
    /// Why there is nothing to try, if so.
    pub refused: Option<Failure>,
}

impl Input {
    fn song(path: PathBuf) -> Self {
        Input { path, refused: None }
    }

    fn refused(path: &Path, kind: &'static str, message: impl Into<String>) -> Self {
        Input { path: path.to_path_buf(), refused: Some(Failure::new(kind, message)) }
    }
}

/// Resolves `-` and folders. Files that are named are tried whatever their extension.
///
/// # Errors
/// Standard input cannot be read.
pub fn gather(paths: &[PathBuf], recursive: bool) -> io::Result<Vec<Input>> {
    let mut inputs = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            listed()?.iter().for_each(|path| add(path, recursive, &mut inputs));
        } else {
            add(path, recursive, &mut inputs);
        }
    }
    Ok(inputs)
}

fn add(path: &Path, recursive: bool, inputs: &mut Vec<Input>) {
    match (path.is_dir(), recursive) {
        (false, _) => inputs.push(Input::song(path.to_path_buf())),
        (true, true) => add_folder(path, inputs),
        (true, false) => {
            let message = "this is a folder; add -r to judge all songs in it";
            inputs.push(Input::refused(path, "folder", message));
        }
    }
}

/// Adds the songs below a folder in the order of their names. Links are followed, but never in a circle; hidden
/// files and folders are passed over.
fn add_folder(folder: &Path, inputs: &mut Vec<Input>) {
    let before = inputs.len();
    let visible = |entry: &DirEntry| entry.depth() == 0 || !is_hidden(entry.file_name());
    let walk = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter().filter_entry(visible);
    for entry in walk {
        match entry {
            Ok(entry) if entry.file_type().is_file() && is_audio(entry.path()) => {
                inputs.push(Input::song(entry.into_path()));
            }
            Ok(_) => {}
            Err(error) if is_no_song(&error) => {}
            Err(error) => {
                let path = error.path().unwrap_or(folder).to_path_buf();
                inputs.push(Input::refused(&path, "unreadable", error.to_string()));
            }
        }
    }
    if inputs.len() == before {
        inputs.push(Input::refused(folder, "no-audio", "no audio file in this folder"));
    }
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

#[cfg(unix)]
fn path_of(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    std::ffi::OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
fn path_of(bytes: Vec<u8>) -> PathBuf {
    String::from_utf8_lossy(&bytes).into_owned().into()
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
