//! Files that are either whole or not there.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result};

/// Writes a file aside, flushes it to the disk and renames it into place: whatever happens in between, the
/// path holds the old content or the new, never a part. Several threads or programs may write the same file at the
/// same time: the last to be renamed stays. What a killed program has left aside for this file is removed.
///
/// # Errors
/// [`Error::Io`] naming the step that failed; the old content is then still there.
pub fn write_whole(path: &Path, content: &[u8]) -> Result<()> {
    write_whole_with(path, |file| file.write_all(content))
}

/// The same for what is written piece by piece, as it need not fit into memory.
///
/// # Errors
/// As [`write_whole`]; whatever `write` gives.
pub fn write_whole_with(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<()> {
    put_whole(Aside::create(path)?, write)
}

/// [`write_whole`] for one of many files in a folder, whose leftovers [`sweep`] removes: looking for them at every file
/// would take longer than to write it.
///
/// # Errors
/// As [`write_whole`].
pub fn write_among_many(path: &Path, content: &[u8]) -> Result<()> {
    put_whole(Aside::unswept(path)?, |file| file.write_all(content))
}

fn put_whole(mut aside: Aside, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<()> {
    write(aside.file()).map_err(Error::io("write", &aside.path))?;
    aside.put()
}

/// A file that is written under a name of its own until it is put in its place; dropped before, it is gone.
///
/// As long as it is written it is locked, which tells it from what a killed program has left behind.
#[derive(Debug)]
pub struct Aside {
    file: BufWriter<File>,
    aside: PathBuf,
    path: PathBuf,
    placed: bool,
}

impl Aside {
    /// Begins the file that is to be at `path`, and removes what killed programs have left aside for it.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be made.
    pub fn create(path: &Path) -> Result<Self> {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        sweep(folder_of(path), |left| left.strip_prefix(name).is_some_and(is_own_ending));
        Self::unswept(path)
    }

    fn unswept(path: &Path) -> Result<Self> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = MADE.fetch_add(1, Ordering::Relaxed);
            let aside = beside(path, &format!(".{}-{number}.partial", std::process::id()));
            let file = match File::options().write(true).create_new(true).open(&aside) {
                // Left by a killed program that had our number.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                made => made.map_err(Error::io("create", path))?,
            };
            // Some network file systems have no locks; nothing is swept there.
            let _ = file.lock();
            // Between the two, another program may have taken it for a leftover.
            if aside.exists() {
                return Ok(Aside { file: BufWriter::new(file), aside, path: path.into(), placed: false });
            }
        }
    }

    /// Where to write.
    pub fn file(&mut self) -> &mut BufWriter<File> {
        &mut self.file
    }

    /// Flushes everything to the disk, and renames.
    ///
    /// # Errors
    /// [`Error::Io`] naming the step that failed; the path's old content is then still there.
    pub fn put(mut self) -> Result<()> {
        self.file.flush().map_err(Error::io("write", &self.path))?;
        self.file.get_ref().sync_all().map_err(Error::io("flush", &self.path))?;
        fs::rename(&self.aside, &self.path).map_err(Error::io("rename to", &self.path))?;
        self.placed = true;
        flush_folder(&self.path);
        Ok(())
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if !self.placed {
            // The first error is the one to report; a leftover that cannot be removed either is no news.
            let _ = fs::remove_file(&self.aside);
        }
    }
}

/// Removes files of a folder that killed programs have left there: those whose names `left` knows, and that no living
/// program has locked. What cannot be looked at or removed stays.
pub fn sweep(folder: &Path, left: impl Fn(&[u8]) -> bool) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        // Nothing else can be opened without waiting for it.
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && left(entry.file_name().as_encoded_bytes()) {
            let file = File::options().write(true).open(entry.path());
            if file.as_ref().is_ok_and(|file| file.try_lock().is_ok()) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// Whether a name is one under which [`Aside`] writes.
pub fn is_aside(name: &[u8]) -> bool {
    (0..name.len()).rev().filter(|&at| name[at] == b'.').any(|at| is_own_ending(&name[at..]))
}

/// `.PROCESS-NUMBER.partial`
fn is_own_ending(ending: &[u8]) -> bool {
    let inner = ending.strip_prefix(b".").and_then(|rest| rest.strip_suffix(b".partial"));
    let mut numbers = inner.unwrap_or_default().split(|&byte| byte == b'-');
    let is_number = |part: Option<&[u8]>| {
        part.is_some_and(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit))
    };
    is_number(numbers.next()) && is_number(numbers.next()) && numbers.next().is_none()
}

/// The name under which a file is written before it is whole.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(ending);
    path.with_file_name(name)
}

/// Makes the rename itself durable, where the system can: the file is whole either way.
fn flush_folder(path: &Path) {
    let _ = File::open(folder_of(path)).and_then(|folder| folder.sync_all());
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_fails_leaves_the_old_file_and_nothing_beside_it() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("model.safetensors");
        assert!(write_whole(&path, b"old").is_ok());
        assert!(write_whole(&folder.path().join("missing/model"), b"new").is_err());
        fs::create_dir(folder.path().join("taken"))?;
        fs::write(folder.path().join("taken/inside"), b"")?;
        assert!(write_whole(&folder.path().join("taken"), b"new").is_err(), "a folder was replaced");
        let entries = fs::read_dir(folder.path())?.collect::<std::io::Result<Vec<_>>>()?;
        let mut names: Vec<_> = entries.iter().map(|entry| entry.file_name()).collect();
        names.sort();
        assert_eq!(names, ["model.safetensors", "taken"]);
        assert_eq!(fs::read(&path)?, b"old");
        Ok(())
    }

    #[test]
    fn many_may_write_the_same_file_at_once_and_it_is_whole_all_the_time() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("song");
        let content = vec![7; 100_000];
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| (0..20).all(|_| write_whole(&path, &content).is_ok())))
                .collect();
            assert!(writers.into_iter().all(|writer| writer.join().unwrap_or(false)));
        });
        assert_eq!(fs::read(&path)?, content);
        assert_eq!(fs::read_dir(folder.path())?.count(), 1);
        Ok(())
    }

    #[test]
    fn what_a_killed_program_left_aside_goes_and_what_a_living_one_writes_stays() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = |name: &str| folder.path().join(name);
        let others = ["m.partial", "m.notes.partial", "m.1-x.partial", "n.1-0.partial"];
        for name in ["m.1-0.partial", "m.77-12.partial"].iter().chain(&others) {
            fs::write(path(name), "half")?;
        }
        let living = File::create(path("m.2-0.partial"))?;
        living.lock()?;
        assert!(write_whole(&path("m"), b"whole").is_ok());
        let mut expected = [&others[..], &["m", "m.2-0.partial"]].concat();
        expected.sort_unstable();
        let names = || -> std::io::Result<Vec<String>> {
            let entries = fs::read_dir(folder.path())?.collect::<std::io::Result<Vec<_>>>()?;
            let mut names: Vec<_> =
                entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
            names.sort();
            Ok(names)
        };
        assert_eq!(names()?, expected);
        drop(living);
        sweep(folder.path(), is_aside);
        assert_eq!(names()?, ["m", "m.1-x.partial", "m.notes.partial", "m.partial"]);
        Ok(())
    }
}
