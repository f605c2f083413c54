//! Every odd and hostile file, made by program: the same bytes each time, and nothing that has to be kept.

mod aac_mp3;
mod aiff_caf;
mod au;
mod bytes;
mod cuts;
mod flac;
mod flac_files;
mod mkv;
mod mp4;
mod names;
mod nested;
mod ogg;
mod opus_vorbis;
mod sound;
mod unfolding;
mod wav;
mod wav_headers;
mod wav_sounds;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::common::Outcome;
pub use unfolding::unfolding_tag;

/// A file to try.
pub struct Odd {
    /// Folder and name, as in the table.
    pub name: String,
    bytes: Vec<u8>,
    /// Bytes of the file, if it is to be longer: the rest is a hole that takes no room.
    length: Option<u64>,
}

impl Odd {
    fn new(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        Odd { name: name.into(), bytes, length: None }
    }

    /// Writes it below a folder and says where.
    pub fn write(&self, root: &Path) -> Outcome<PathBuf> {
        let path = root.join(&self.name);
        fs::create_dir_all(path.parent().unwrap_or(root))?;
        fs::write(&path, &self.bytes)?;
        if let Some(length) = self.length {
            File::options().write(true).open(&path)?.set_len(length)?;
        }
        Ok(path)
    }
}

/// All of them.
pub fn all() -> Outcome<Vec<Odd>> {
    let groups = [
        cuts::all()?,
        wav_sounds::all(),
        wav_headers::all(),
        au::all(),
        aiff_caf::all(),
        flac_files::all(),
        opus_vorbis::all()?,
        aac_mp3::all()?,
        mp4::all()?,
        mkv::all()?,
        names::all()?,
        nested::all()?,
    ];
    Ok(groups.into_iter().flatten().collect())
}
