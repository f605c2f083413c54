//! Spectrograms on the disk, so that a song is decoded once in its life.
//!
//! A shelf holds the spectrograms of one front end; its name is a hash of everything that decides their numbers.
//! On it lies a file for each song, named by the hash of the song's own bytes: a song that is moved or renamed is
//! found, one that is changed is not. A file that is damaged counts as absent.

use std::fs;
use std::path::{Path, PathBuf};

use half::f16;
use serde::{Deserialize, Serialize};

use super::catalogue::ContentHash;
use super::store::{Matrix, StoredTrack};
use crate::error::{Error, Result};
use crate::features::{self, FrontEnd};
use crate::files;

/// Bumped when the layout of the files changes.
const FORMAT: u32 = 1;
/// Bytes of the hash at the end of each file.
const SEAL: usize = 32;

/// A folder of spectrograms.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
}

/// The spectrograms of one front end.
pub struct Shelf {
    folder: PathBuf,
}

/// What stands in front of the numbers.
#[derive(Serialize, Deserialize)]
struct Header {
    seconds: f64,
    bands: usize,
    /// Frames of the whole and of each clip.
    frames: Vec<usize>,
    gtzan_md5: Option<String>,
}

impl Cache {
    /// A cache in this folder, which is made when it is first needed.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Cache { folder: folder.into() }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The spectrograms of this front end, of at most `longest_s` seconds from each song's middle. What killed programs
    /// have left half-written among them is removed.
    ///
    /// # Errors
    /// [`Error::Io`] if its folder cannot be made.
    pub fn shelf(&self, front_end: &FrontEnd, longest_s: f64) -> Result<Shelf> {
        // Of the settings those that decide decibels and clips; what is drawn from them is done afterwards.
        let FrontEnd { sample_rate_hz, n_fft, hop, bands, clip_seconds, overlap, top_db: _, input: _ } =
            front_end;
        let decisive = format!(
            "{FORMAT} {} {sample_rate_hz} {n_fft} {hop} {bands} {clip_seconds} {overlap} {longest_s}",
            features::VERSION
        );
        let name: String = ContentHash::of(decisive.as_bytes()).to_string().chars().take(16).collect();
        let folder = self.folder.join(format!("spectrograms-{name}"));
        fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        files::sweep(&folder, files::is_aside);
        Ok(Shelf { folder })
    }
}

impl Shelf {
    fn path(&self, song: ContentHash) -> PathBuf {
        self.folder.join(song.to_string())
    }

    /// Whether there is a file for the song with this content, whole or not.
    pub fn holds(&self, song: ContentHash) -> bool {
        self.path(song).exists()
    }

    /// The spectrograms of the song with this content, if they are there and whole.
    pub fn get(&self, song: ContentHash) -> Option<StoredTrack> {
        decode(&fs::read(self.path(song)).ok()?)
    }

    /// Keeps the spectrograms of a song.
    ///
    /// # Errors
    /// [`Error::Io`], for example for a full disk.
    pub fn put(&self, song: ContentHash, track: &StoredTrack) -> Result<()> {
        // Copies of a song are read side by side, and come here under one name.
        files::write_among_many(&self.path(song), &encode(track))
    }
}

/// A line of JSON, the numbers in little-endian half precision, and the SHA-256 of both.
fn encode(track: &StoredTrack) -> Vec<u8> {
    let matrices = || std::iter::once(&track.whole).chain(&track.clips);
    let header = Header {
        seconds: track.seconds,
        bands: track.whole.values.len() / track.whole.frames.max(1),
        frames: matrices().map(|matrix| matrix.frames).collect(),
        gtzan_md5: track.gtzan_md5.clone(),
    };
    // Numbers and text cannot fail to serialise.
    let mut bytes = serde_json::to_vec(&header).unwrap_or_default();
    bytes.push(b'\n');
    let values = matrices().flat_map(|matrix| &matrix.values);
    bytes.extend(values.flat_map(|value| value.to_le_bytes()));
    let seal = ContentHash::of(&bytes);
    bytes.extend(seal.0);
    bytes
}

fn decode(bytes: &[u8]) -> Option<StoredTrack> {
    let (content, seal) = bytes.split_at_checked(bytes.len().checked_sub(SEAL)?)?;
    if ContentHash::of(content).0 != *seal {
        return None;
    }
    let line = content.iter().position(|byte| *byte == b'\n')?;
    let header: Header = serde_json::from_slice(&content[..line]).ok()?;
    let mut values = content[line + 1..].as_chunks::<2>().0.iter().map(|bytes| f16::from_le_bytes(*bytes));
    let mut matrices = header.frames.iter().map(|&frames| {
        let values: Vec<f16> = values.by_ref().take(frames.checked_mul(header.bands)?).collect();
        (values.len() == frames * header.bands).then_some(Matrix { frames, values })
    });
    let whole = matrices.next()??;
    let clips = matrices.collect::<Option<Vec<_>>>()?;
    Some(StoredTrack { seconds: header.seconds, whole, clips, gtzan_md5: header.gtzan_md5 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track() -> StoredTrack {
        let matrix = |frames: usize| Matrix { frames, values: vec![f16::from_f32(-33.25); 4 * frames] };
        StoredTrack {
            seconds: 6.5,
            whole: matrix(7),
            clips: vec![matrix(3), matrix(3)],
            gtzan_md5: Some("00".into()),
        }
    }

    #[test]
    fn what_is_kept_comes_back_and_any_damage_makes_it_absent() -> Result<()> {
        let bytes = encode(&track());
        assert_eq!(decode(&bytes), Some(track()));
        for cut in [0, 1, SEAL, bytes.len() - 1] {
            assert_eq!(decode(&bytes[..cut]), None, "{cut} bytes were accepted");
        }
        for at in 0..bytes.len() {
            let mut broken = bytes.clone();
            broken[at] ^= 4;
            assert_eq!(decode(&broken), None, "a flipped bit in byte {at} was accepted");
        }
        Ok(())
    }

    #[test]
    fn another_front_end_has_a_shelf_of_its_own_but_another_picture_does_not() -> Result<()> {
        let folder = tempfile::tempdir().map_err(Error::io("create", Path::new("a folder")))?;
        let cache = Cache::new(folder.path());
        let of =
            |front_end: FrontEnd, longest_s| cache.shelf(&front_end, longest_s).map(|shelf| shelf.folder);
        let usual = of(FrontEnd::default(), 30.0)?;
        let image = FrontEnd { input: features::Input::Image, top_db: 60.0, ..FrontEnd::default() };
        assert_eq!(usual, of(image, 30.0)?);
        assert_ne!(usual, of(FrontEnd { bands: 64, ..FrontEnd::default() }, 30.0)?);
        assert_ne!(usual, of(FrontEnd::default(), 15.0)?);
        let shelf = cache.shelf(&FrontEnd::default(), 30.0)?;
        let song = ContentHash::of(b"a song");
        assert_eq!(shelf.get(song), None);
        shelf.put(song, &track())?;
        let left = shelf.folder.join("abc.12-3.partial");
        fs::write(&left, "half").map_err(Error::io("write", &left))?;
        let shelf = cache.shelf(&FrontEnd::default(), 30.0)?;
        assert_eq!((shelf.get(song), left.exists()), (Some(track()), false));
        Ok(())
    }
}
