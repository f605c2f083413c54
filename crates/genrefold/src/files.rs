//! Files that are either whole or not there.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result};

/// Writes a file aside, flushes it to the disk and renames it into place: whatever happens in between, the
/// path holds the old content or the new, never a part.
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
    write_by_way_of(&beside(path, ".partial"), path, write)
}

/// The same for a file that several threads or programs may write at the same time: each writes a file of its own
/// aside, and the last to be renamed stays. What a killed program leaves aside is not written over by the next one,
/// as [`write_whole`] does.
///
/// # Errors
/// As [`write_whole`].
pub fn write_shared(path: &Path, content: &[u8]) -> Result<()> {
    static WRITTEN: AtomicU64 = AtomicU64::new(0);
    let (process, number) = (std::process::id(), WRITTEN.fetch_add(1, Ordering::Relaxed));
    write_by_way_of(&beside(path, &format!(".{process}-{number}.partial")), path, |file| {
        file.write_all(content)
    })
}

fn write_by_way_of(
    aside: &Path,
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<()> {
    let written = File::create(aside).map_err(Error::io("create", aside)).and_then(|file| {
        let mut file = BufWriter::new(file);
        write(&mut file).and_then(|()| file.flush()).map_err(Error::io("write", aside))?;
        file.get_ref().sync_all().map_err(Error::io("flush", aside))
    });
    let renamed = written.and_then(|()| fs::rename(aside, path).map_err(Error::io("rename to", path)));
    if renamed.is_err() {
        // The first error is the one to report; a leftover that cannot be removed either is no news.
        let _ = fs::remove_file(aside);
    }
    renamed?;
    flush_folder(path);
    Ok(())
}

/// The name under which a file is written before it is whole.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(ending);
    path.with_file_name(name)
}

/// Makes the rename itself durable, where the system can: the file is whole either way.
fn flush_folder(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
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
                .map(|_| scope.spawn(|| (0..20).all(|_| write_shared(&path, &content).is_ok())))
                .collect();
            assert!(writers.into_iter().all(|writer| writer.join().unwrap_or(false)));
        });
        assert_eq!(fs::read(&path)?, content);
        assert_eq!(fs::read_dir(folder.path())?.count(), 1);
        Ok(())
    }
}
