//! `genrefold report`: a music library on one page, and a playlist for each genre.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use genrefold::classifier::Embedded;
use genrefold::report::{Library, Shelved, library};
use genrefold::{Classifier, files};

use crate::device::DeviceArgs;
use crate::failure::SOME_FAILED;
use crate::words::{counted, name, one_line};
use crate::{hearing, inputs, models};

const EXAMPLES: &str = "\
Examples:
  genrefold report Music                             genrefold.html: genres, a map of the songs, the unsure ones
  genrefold report Music -o music.html --m3u Lists   and a playlist for each genre";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct OverviewArgs {
    /// The folder of songs, or several
    #[arg(value_name = "FOLDER", required = true)]
    pub folders: Vec<PathBuf>,

    /// The page to write
    #[arg(short, long = "output", value_name = "FILE", default_value = "genrefold.html")]
    pub out: PathBuf,

    /// Also write a playlist for each genre into this folder; unsure songs are in none
    #[arg(long, value_name = "FOLDER")]
    pub m3u: Option<PathBuf>,

    /// Judge with this model instead of the built-in one
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,

    /// How many processor cores to use [default: all]
    #[arg(long, value_name = "N", value_parser = crate::args::at_least_one)]
    pub threads: Option<usize>,

    #[command(flatten)]
    pub device: DeviceArgs,
}

/// A line of a playlist.
struct Entry {
    path: PathBuf,
    seconds: f64,
}

/// Runs the command.
///
/// # Errors
/// [`Usage`](crate::failure::Usage) for a folder that is not there or a model that cannot be used; a file cannot be
/// written.
pub fn run(args: &OverviewArgs) -> Result<ExitCode> {
    let model = models::load(args.model.as_deref())?.on(&args.device.open()?)?;
    let fingerprint = models::short_fingerprint(&model)?;
    let classifier = Classifier::new(model);
    inputs::require(&args.folders)?;
    let found = inputs::stream(&args.folders, true).context("cannot read the folder")?;
    let titles: Vec<String> = args.folders.iter().map(|folder| title(folder)).collect();
    let mut shelf = Library {
        title: titles.join(", "),
        model: format!("genrefold {} with the model {fingerprint}", env!("CARGO_PKG_VERSION")),
        genres: classifier.genres().names().to_vec(),
        songs: Vec::new(),
        failures: Vec::new(),
    };
    let mut lists: BTreeMap<usize, Vec<Entry>> = BTreeMap::new();
    hearing::each(&classifier, found, args.threads, |path, heard| {
        let file = shown(path, &args.folders);
        match heard {
            Ok(Embedded { prediction, embedding }) => {
                if !prediction.unsure {
                    let entry = Entry { path: std::path::absolute(path)?, seconds: prediction.seconds };
                    lists.entry(prediction.genre).or_default().push(entry);
                }
                let (genre, unsure) = (prediction.genre, prediction.unsure);
                shelf.songs.push(Shelved {
                    file,
                    genre,
                    probabilities: prediction.probabilities,
                    unsure,
                    embedding,
                });
            }
            Err(failure) => shelf.failures.push((file, failure.message)),
        }
        Ok(())
    })?;
    files::write_whole(&args.out, library(&shelf)?.as_bytes())?;
    let songs = counted(shelf.songs.len(), "song");
    println!("{}: {songs}, {} without a genre", name(&args.out), shelf.failures.len());
    if let Some(folder) = &args.m3u {
        write_lists(folder, &shelf.genres, &lists)?;
        println!("{}: {}", name(folder), counted(lists.len(), "playlist"));
    }
    Ok(if shelf.songs.is_empty() { ExitCode::from(SOME_FAILED) } else { ExitCode::SUCCESS })
}

fn title(folder: &Path) -> String {
    let whole = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf());
    whole.file_name().map_or_else(|| name(&whole), |last| last.to_string_lossy().into_owned())
}

/// The path below the folder that it was found in.
fn shown(path: &Path, folders: &[PathBuf]) -> String {
    let below = folders.iter().find_map(|folder| path.strip_prefix(folder).ok());
    name(below.filter(|below| !below.as_os_str().is_empty()).unwrap_or(path))
}

/// Extended M3U in UTF-8, absolute paths.
fn write_lists(folder: &Path, genres: &[String], lists: &BTreeMap<usize, Vec<Entry>>) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", name(folder)))?;
    for (genre, entries) in lists {
        let genre = genres.get(*genre).map(String::as_str).unwrap_or("unknown");
        let mut text = String::from("#EXTM3U\n");
        for Entry { path, seconds } in entries {
            let song = path.file_stem().unwrap_or_default().to_string_lossy();
            // Writing to a string cannot fail. A path that spans lines cannot stand in a playlist.
            if !name(path).contains(['\n', '\r']) {
                let _ = writeln!(text, "#EXTINF:{seconds:.0},{}\n{}", one_line(&song), name(path));
            }
        }
        files::write_whole(&folder.join(format!("{}.m3u8", plain(genre))), text.as_bytes())?;
    }
    Ok(())
}

/// A genre's name as a file's.
fn plain(genre: &str) -> String {
    let letters = genre
        .chars()
        .map(|letter| if letter.is_alphanumeric() || " -_&".contains(letter) { letter } else { '_' });
    letters.collect()
}
