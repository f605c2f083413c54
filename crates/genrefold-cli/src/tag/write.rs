//! Another genre in a file, and nothing else: written to a copy beside it, read again, compared, renamed.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File, FileTimes, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use genrefold::audio::{Contents, Limits, contents};
use genrefold::files;

use super::genre_tag::Note;
use super::song::{Genre, Song};
use crate::words::name;

/// Fields that are written, as Symphonia names them: in ID3v2, Vorbis comments, MPEG-4.
const OURS: [&str; 3] = ["TCON", "GENRE", "\u{a9}gen"];

/// What stands between a song's name and its process's number in a copy's name.
const MARK: &[u8] = b".genrefold-";

/// Writes genres into songs.
pub struct Writer {
    keep_time: bool,
    /// Folders in which no killed program's copies are any more.
    swept: Mutex<HashSet<PathBuf>>,
}

/// A changed copy that is known to be good, beside the original.
pub struct Checked {
    copy: Copy,
    original: PathBuf,
    /// The original as it was when it was compared.
    before: Metadata,
    keep_time: bool,
}

impl Writer {
    /// One that leaves the files' time of change as it is, or not.
    pub fn new(keep_time: bool) -> Self {
        Writer { keep_time, swept: Mutex::default() }
    }

    /// Removes the copies that killed programs have left beside the song at `path`, and in its whole folder.
    pub fn sweep(&self, path: &Path) {
        let Ok(original) = fs::canonicalize(path) else { return };
        let Some(folder) = original.parent() else { return };
        // Held until it is done: a copy that is made here meanwhile is not locked from its first moment.
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        if swept.insert(folder.to_path_buf()) {
            files::sweep(folder, is_copy);
        }
    }

    /// Writes `genre` into a copy of the file at `path`, whose folder is swept already, and compares: the genre is
    /// there, every packet, every sample and every other tag is as it was.
    ///
    /// # Errors
    /// Anything else; the original was not touched, and the copy is gone.
    pub fn prepare(&self, path: &Path, genre: &Genre) -> Result<Checked> {
        // A link stays a link: what it leads to is written.
        let original = fs::canonicalize(path)?;
        let limits = Limits::default();
        let about = fs::metadata(&original)?;
        let before = contents(original.as_path(), &limits).context("its sound cannot be read")?;
        let copy = Copy::of(&original)?;
        let mut song = Song::read(&copy.path)?;
        song.set_genre(genre);
        song.save(&copy.path)?;
        let written = Song::read(&copy.path)?;
        if written.genre() != *genre {
            bail!("the genre does not come back as it was written; left as it was");
        }
        if written.others() != Song::read(&original)?.others() {
            bail!("another tag would change; left as it was");
        }
        let after =
            contents(copy.path.as_path(), &limits).context("its copy cannot be read; left as it was")?;
        compare(&before, &after)?;
        copy.file.sync_all()?;
        Ok(Checked { copy, original, before: about, keep_time: self.keep_time })
    }
}

impl Checked {
    /// Puts the copy in the original's place.
    ///
    /// # Errors
    /// The original has changed meanwhile, or cannot be replaced; it is then still there.
    pub fn put(self) -> Result<()> {
        let Checked { mut copy, original, before, keep_time } = self;
        let about = fs::metadata(&original)?;
        if about.len() != before.len() || about.modified()? != before.modified()? {
            bail!("another program has changed it meanwhile; left as it is");
        }
        copy.file.set_permissions(about.permissions())?;
        if keep_time {
            let times = FileTimes::new().set_modified(about.modified()?).set_accessed(about.accessed()?);
            copy.file.set_times(times)?;
        }
        copy.file.sync_all()?;
        fs::rename(&copy.path, &original).with_context(|| format!("cannot replace {}", name(&original)))?;
        copy.moved = true;
        Ok(())
    }
}

fn compare(before: &Contents, after: &Contents) -> Result<()> {
    if before.packets != after.packets || before.samples != after.samples {
        bail!("its sound would change; left as it was");
    }
    let others = |contents: &Contents| -> Vec<(String, String)> {
        contents.tags.iter().filter(|(key, value)| !is_ours(key, value)).cloned().collect()
    };
    let (old, new) = (others(before), others(after));
    match old.iter().find(|tag| !new.contains(tag)).or(new.iter().find(|tag| !old.contains(tag))) {
        Some((key, _)) => bail!("its tag {key} would change; left as it was"),
        None if old.len() != new.len() => bail!("its tags would change in number; left as it was"),
        None => Ok(()),
    }
}

/// Whether the tag is the genre or a note: of ID3v2's free texts the value says which it is.
fn is_ours(key: &str, value: &str) -> bool {
    let note = Note::ALL
        .iter()
        .any(|note| key.contains(note.name()) || key == "TXXX" && value.contains(note.name()));
    note || OURS.iter().any(|ours| key.eq_ignore_ascii_case(ours))
}

/// A file that goes when nobody has moved it into place. It is locked, which tells it from what a killed program has left.
struct Copy {
    path: PathBuf,
    file: File,
    moved: bool,
}

impl Copy {
    fn of(original: &Path) -> Result<Self> {
        let mut own = OsString::from(".");
        own.push(original.file_name().unwrap_or_default());
        own.push(format!(".genrefold-{}", std::process::id()));
        let path = original.with_file_name(own);
        let cannot = || format!("cannot write beside {}", name(original));
        let mut from = File::open(original)?;
        let file = File::options().write(true).create_new(true).open(&path).with_context(cannot)?;
        // Some network file systems have no locks; nothing is swept there.
        let _ = file.lock();
        let mut copy = Copy { path, file, moved: false };
        copy.file.set_permissions(from.metadata()?.permissions())?;
        io::copy(&mut from, &mut copy.file).with_context(cannot)?;
        Ok(copy)
    }
}

/// Whether a file's name is that of a copy: `.SONG.genrefold-PROCESS`.
fn is_copy(name: &[u8]) -> bool {
    let digits = name.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let song = name[..name.len() - digits].strip_suffix(MARK).and_then(|rest| rest.strip_prefix(b"."));
    digits > 0 && song.is_some_and(|song| !song.is_empty())
}

impl Drop for Copy {
    fn drop(&mut self) {
        if !self.moved {
            // The first error is the one to report.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_told_by_its_whole_name() {
        for copy in [".a.mp3.genrefold-1", ".\u{1f3b5}.genrefold-4194304"] {
            assert!(is_copy(copy.as_bytes()), "{copy}");
        }
        for other in [
            "a.mp3.genrefold-1",
            ".a.mp3.genrefold-",
            ".genrefold-1",
            ".a.mp3.genrefold-1x",
            ".a.mp3",
            "",
            "7",
        ] {
            assert!(!is_copy(other.as_bytes()), "{other}");
        }
    }
}
