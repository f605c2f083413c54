//! Another genre in a file, and nothing else: written to a copy beside it, read again, compared, renamed.

use std::fs::{self, File, FileTimes};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use genrefold::audio::{Contents, Limits, contents};

use super::genre_tag::Note;
use super::song::{Genre, Song};
use crate::words::name;

/// Fields that are written, as Symphonia names them: in ID3v2, Vorbis comments, MPEG-4.
const OURS: [&str; 3] = ["TCON", "GENRE", "\u{a9}gen"];

/// A changed copy that is known to be good, beside the original.
pub struct Checked {
    copy: Copy,
    original: PathBuf,
    keep_time: bool,
}

/// Writes `genre` into a copy of the file at `path`, and compares: the genre is there, every packet, every sample and
/// every other tag is as it was.
///
/// # Errors
/// Anything else; the original was not touched, and the copy is gone.
pub fn prepare(path: &Path, genre: &Genre, keep_time: bool) -> Result<Checked> {
    // A link stays a link: what it leads to is written.
    let original = fs::canonicalize(path)?;
    let limits = Limits::default();
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
    let after = contents(copy.path.as_path(), &limits).context("its copy cannot be read; left as it was")?;
    compare(&before, &after)?;
    File::open(&copy.path)?.sync_all()?;
    Ok(Checked { copy, original, keep_time })
}

impl Checked {
    /// Puts the copy in the original's place.
    ///
    /// # Errors
    /// The original is then still there.
    pub fn put(self) -> Result<()> {
        let Checked { mut copy, original, keep_time } = self;
        let about = fs::metadata(&original)?;
        let file = File::options().write(true).open(&copy.path)?;
        file.set_permissions(about.permissions())?;
        if keep_time {
            file.set_times(FileTimes::new().set_modified(about.modified()?).set_accessed(about.accessed()?))?;
        }
        file.sync_all()?;
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

/// A file that goes when nobody has moved it into place.
struct Copy {
    path: PathBuf,
    moved: bool,
}

impl Copy {
    fn of(original: &Path) -> Result<Self> {
        let mut own = std::ffi::OsString::from(".");
        own.push(original.file_name().unwrap_or_default());
        own.push(format!(".genrefold-{}", std::process::id()));
        let copy = Copy { path: original.with_file_name(own), moved: false };
        fs::copy(original, &copy.path).with_context(|| format!("cannot write beside {}", name(original)))?;
        Ok(copy)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if !self.moved {
            // The first error is the one to report.
            let _ = fs::remove_file(&self.path);
        }
    }
}
