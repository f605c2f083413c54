//! Where the model and the state of its training are written.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use genrefold::training;

use super::{TrainArgs, folds};
use crate::alone::alone;
use crate::failure::Usage;

/// What a model's file is called whose folder has no name.
const NAMELESS: &str = "genres";

/// The model's file, and the checkpoint beside it.
pub struct Output {
    /// The model.
    pub model: PathBuf,
    /// The state of its training, while it lasts.
    pub checkpoint: PathBuf,
}

impl Output {
    /// The file that the arguments name; without one, the folder's name with `.safetensors`, in the current folder.
    pub fn of(args: &TrainArgs) -> Self {
        let model = args.out.clone().unwrap_or_else(|| named_like(&args.data));
        let checkpoint = training::checkpoint_beside(&model);
        Output { model, checkpoint }
    }

    /// Refuses, before hours are spent, an output that would destroy something or cannot be written, or that another
    /// program trains for; as long as what it gives is held, others are refused.
    ///
    /// # Errors
    /// [`Usage`] saying what to write instead.
    pub fn check(&self, args: &TrainArgs) -> Result<Held> {
        let (out, usage) = (self.model.display(), |text: String| Err(anyhow!(Usage(text))));
        if self.model.is_dir() || self.model.file_name().is_none() {
            return usage(format!("{out} is a folder; name the model's file, such as -o mine.safetensors"));
        }
        let held = self.hold()?;
        let goes_on = args.resume && self.checkpoint.exists();
        if self.model.exists() && !args.force && !goes_on {
            return usage(format!("{out} exists; give another name with -o, or --force to replace it"));
        }
        let checkpoint = self.checkpoint.display();
        if self.checkpoint.exists() && !args.force && !args.resume {
            return usage(format!(
                "{checkpoint} holds a stopped training; --resume goes on, --force starts over"
            ));
        }
        if args.resume && !goes_on && !folds::folder(&self.model).exists() {
            eprintln!("There is no {checkpoint} to go on from: starting at the beginning.");
        }
        Ok(held)
    }

    /// Makes a file beside the future model, and locks it.
    fn hold(&self) -> Result<Held> {
        let mut path = self.checkpoint.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        let file =
            OpenOptions::new().write(true).create(true).truncate(false).open(&path).map_err(|error| {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                let folder = folder.unwrap_or(Path::new(".")).display();
                anyhow!(Usage(format!(
                    "cannot write into {folder}: {error}; name an output elsewhere with -o"
                )))
            })?;
        alone(&file, &self.model)?;
        Ok(Held { path, _file: file })
    }
}

/// The right to train for an output, until it is dropped.
pub struct Held {
    path: PathBuf,
    _file: File,
}

impl Drop for Held {
    fn drop(&mut self) {
        // While it is locked still. One that stays is in nobody's way.
        let _ = fs::remove_file(&self.path);
    }
}

/// The model's file for a folder of songs.
fn named_like(data: &Path) -> PathBuf {
    // "." and ".." have no names of their own.
    let folder = fs::canonicalize(data).unwrap_or_else(|_| data.to_path_buf());
    let mut name = folder.file_name().unwrap_or(NAMELESS.as_ref()).to_os_string();
    name.push(".safetensors");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_called_like_its_folder_whatever_stands_in_the_name() -> std::io::Result<()> {
        let root = tempfile::tempdir()?;
        for name in ["My.Music", "tänze 💃", "a b"] {
            let folder = root.path().join(name);
            fs::create_dir(&folder)?;
            assert_eq!(named_like(&folder.join(".")), PathBuf::from(format!("{name}.safetensors")));
        }
        assert_eq!(named_like(Path::new("/")), PathBuf::from("genres.safetensors"));
        Ok(())
    }
}
