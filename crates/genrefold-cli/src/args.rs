//! What can be written on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use genrefold::evaluation::Voting;
use genrefold::model::Precision;
use genrefold::results::Level;

use crate::answers::Shard;
use crate::benchmark::BenchmarkArgs;
use crate::device::DeviceArgs;
use crate::embed::EmbedArgs;
use crate::export::ExportArgs;
use crate::overview::OverviewArgs;
use crate::serve::{ServeArgs, WorkerArgs};
use crate::tag::TagArgs;
use crate::train::TrainArgs;

const EXAMPLES: &str = "\
Examples:
  genrefold classify song.mp3                     the genre of one song
  genrefold classify -r Music --csv > music.csv   of a whole collection, for a spreadsheet
  genrefold train Genres -o mine.safetensors      learn your own genres, one folder each
  genrefold classify song.mp3 --model mine.safetensors";

/// Says the genre of a song, and how far to trust it.
#[derive(Debug, Parser)]
#[command(name = "genrefold", arg_required_else_help = true, disable_version_flag = true, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Print the version, and the fingerprint of the built-in model
    #[arg(short = 'V', long)]
    pub version: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say the genre of songs
    Classify(ClassifyArgs),
    /// Write the genre into songs' tags, where none is
    Tag(TagArgs),
    /// Put a music library on one page: its genres, a map of its songs, what is unsure
    Report(OverviewArgs),
    /// Write what the network makes of songs, for similarity search
    Embed(EmbedArgs),
    /// Learn genres from a folder of songs
    Train(TrainArgs),
    /// Count the songs of a folder, and say what is wrong with them
    Dataset(DatasetArgs),
    /// Train and judge a network fold by fold, as the report did
    Crossval(CrossvalArgs),
    /// Put the folds of a run together that several machines have trained
    Merge(MergeArgs),
    /// Put several runs on one page, side by side
    Study(StudyArgs),
    /// Show what a model is, what it learned from and how good it is
    Inspect(InspectArgs),
    /// Write a model in a form that other programs read
    Export(ExportArgs),
    /// Say whether one run of crossval is better than another by more than chance
    Compare(CompareArgs),
    /// Draw what a song looks like to the model
    Spectrogram(SpectrogramArgs),
    /// Measure how fast this machine hears, judges and learns
    Benchmark(BenchmarkArgs),
    /// Judge songs over HTTP, with a page to drop them on
    Serve(ServeArgs),
    /// Judge songs for the service
    #[command(hide = true)]
    Worker(WorkerArgs),
}

const CLASSIFY_EXAMPLES: &str = "\
Examples:
  genrefold classify song.mp3 another.flac
  genrefold classify -r Music                      every song below a folder
  genrefold classify --timeline suite.ogg          how the genre changes within a piece
  genrefold classify -r Music --json > genres.jsonl
  find Music -name '*.mp3' -print0 | genrefold classify --csv -

Exit code: 0 if every file got its genre, 1 if some did not, 2 if nothing could be tried.";

#[derive(Debug, Args)]
#[command(after_help = CLASSIFY_EXAMPLES)]
pub struct ClassifyArgs {
    /// Songs (wav, aiff, au, flac, ogg, opus, mp3, aac, m4a, webm...), folders with -r, or - for a list of
    /// paths on standard input, one a line or separated by NUL
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,

    /// Take all songs in folders and in the folders within them
    #[arg(short, long)]
    pub recursive: bool,

    /// Print one JSON object a line, with the probability of every genre
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,

    /// Print a table for a spreadsheet, with a column for every genre
    #[arg(long)]
    pub csv: bool,

    /// Keep the answers in this file, by its name JSON lines (.jsonl), a table (.csv) or Parquet (.parquet). The same
    /// command again judges what is new or has changed
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "csv"])]
    pub out: Option<PathBuf>,

    #[command(flatten)]
    pub keeping: KeepingArgs,

    /// How many of the likeliest genres to name
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = at_least_one)]
    pub top_k: usize,

    /// Also say the genre of every few seconds of each song
    #[arg(long)]
    pub timeline: bool,

    /// How the parts of a song decide together
    #[arg(long, value_name = "RULE", value_enum, default_value_t = Vote::Mean)]
    pub vote: Vote,

    /// Judge with this model instead of the built-in one
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,

    /// How many processor cores to use [default: all]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub threads: Option<usize>,

    #[command(flatten)]
    pub device: DeviceArgs,
}

#[derive(Debug, Args)]
pub struct KeepingArgs {
    /// Of the songs, judge this part only, such as 3/16: one of 16 machines. A song's part is a hash of its path as
    /// given, and the answers go to a file of the part's own (NAME-03-of-16.jsonl)
    #[arg(long, value_name = "I/N", requires = "out")]
    pub shard: Option<Shard>,

    /// Try again what got no genre before
    #[arg(long, requires = "out")]
    pub retry_failed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Vote {
    /// The mean of their probabilities
    Mean,
    /// One vote each, for its likeliest genre
    Majority,
}

impl From<Vote> for Voting {
    fn from(vote: Vote) -> Self {
        match vote {
            Vote::Mean => Voting::Mean,
            Vote::Majority => Voting::Majority,
        }
    }
}

#[derive(Debug, Args)]
pub struct DatasetArgs {
    /// The folder of songs: one sub-folder for each genre
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,

    /// Print everything as JSON
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub cache: CacheArgs,
}

const CROSSVAL_EXAMPLES: &str = "\
Examples:
  genrefold crossval configs/smoke.toml                    the whole story in a minute, on synthesised songs
  genrefold crossval configs/quick-voting.toml --data Genres -o runs/voting
  genrefold crossval configs/quick-voting.toml --data Genres -o runs/voting --folds 3,4
  genrefold merge runs/voting-a runs/voting-b -o runs/voting

The same command again goes on where it was stopped, after Ctrl-C or a power cut, and comes to the same numbers.";

#[derive(Debug, Args)]
#[command(after_help = CROSSVAL_EXAMPLES)]
pub struct CrossvalArgs {
    /// The settings, a TOML file
    #[arg(value_name = "CONFIG")]
    pub config: PathBuf,

    /// The folder of songs: one sub-folder for each genre [default: the songs that the settings synthesise]
    #[arg(long, value_name = "FOLDER")]
    pub data: Option<PathBuf>,

    /// Where to keep the results [default: runs/ and the configuration's name]
    #[arg(short, long = "output", value_name = "FOLDER")]
    pub out: Option<PathBuf>,

    /// Train these folds only, such as 3,4 or 1-5; the others may be trained elsewhere
    #[arg(long, value_name = "LIST", value_parser = folds)]
    pub folds: Option<Folds>,

    /// Of a configuration with several runs, make these only, such as ours,ours-clip
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub only: Vec<String>,

    /// A CSV file with the columns track and artist: an artist's songs stay together
    #[arg(long, value_name = "FILE")]
    pub artists: Option<PathBuf>,

    /// What the songs are, in words, for the report [default: the folder's name]
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,

    /// Also write what TensorBoard reads
    #[arg(long, value_name = "FOLDER")]
    pub log_dir: Option<PathBuf>,

    #[command(flatten)]
    pub device: DeviceArgs,

    #[command(flatten)]
    pub cache: CacheArgs,
}

#[derive(Debug, Args)]
pub struct CacheArgs {
    /// Keep spectrograms here, so that no song is decoded twice [default: genrefold in the user's cache folder]
    #[arg(long = "cache", value_name = "FOLDER", conflicts_with = "no_cache")]
    pub cache_folder: Option<PathBuf>,

    /// Keep no spectrograms
    #[arg(long)]
    pub no_cache: bool,
}

/// Numbers of folds, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folds(pub Vec<usize>);

#[derive(Debug, Args)]
pub struct MergeArgs {
    /// The folders that crossval wrote, each with some folds of one run
    #[arg(value_name = "RUN", required = true, num_args = 1..)]
    pub runs: Vec<PathBuf>,

    /// Where to write the run with all of them
    #[arg(short, long = "output", value_name = "FOLDER")]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct StudyArgs {
    /// The folders that crossval wrote
    #[arg(value_name = "RUN", required = true, num_args = 1..)]
    pub runs: Vec<PathBuf>,

    /// Where to write the page: report.html, report.md, its tables and its figures
    #[arg(short, long = "output", value_name = "FOLDER")]
    pub out: PathBuf,

    /// The page's title
    #[arg(long, value_name = "TEXT", default_value = "The study")]
    pub title: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Digits {
    /// Half the size, as good in practice
    F16,
    /// Exactly as trained
    F32,
}

impl From<Digits> for Precision {
    fn from(digits: Digits) -> Self {
        match digits {
            Digits::F16 => Precision::F16,
            Digits::F32 => Precision::F32,
        }
    }
}

#[derive(Debug, Args)]
pub struct InspectArgs {
    /// A model file [default: the built-in model]
    #[arg(value_name = "MODEL")]
    pub model: Option<PathBuf>,

    /// Print the model's card as JSON
    #[arg(long)]
    pub json: bool,

    /// Print it as a document in Markdown, to be given with the model
    #[arg(long, conflicts_with = "json")]
    pub markdown: bool,
}

const COMPARE_EXAMPLES: &str = "\
Examples:
  genrefold compare runs/rglu-lstm runs/rgluformer
  genrefold compare runs/rglu-lstm runs/rgluformer --level vote
  genrefold compare runs/rglu-lstm runs/rgluformer --json | jq .accuracy.p

Differences are first minus second. Folds are paired where both runs are of one split, tracks always.";

#[derive(Debug, Args)]
#[command(after_help = COMPARE_EXAMPLES)]
pub struct CompareArgs {
    /// The folder of a run: what crossval's -o named
    #[arg(value_name = "RUN")]
    pub first: PathBuf,

    /// The folder of the run that it is compared with
    #[arg(value_name = "RUN")]
    pub second: PathBuf,

    /// What is judged [default: what both runs name; mean where they differ]
    #[arg(long, value_enum)]
    pub level: Option<Judged>,

    /// Print everything as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Judged {
    /// Each clip by itself
    Clip,
    /// Each track, by the majority of its clips
    Vote,
    /// Each track, by the mean of its clips' probabilities
    Mean,
}

impl From<Judged> for Level {
    fn from(judged: Judged) -> Self {
        match judged {
            Judged::Clip => Level::Clip,
            Judged::Vote => Level::Vote,
            Judged::Mean => Level::Mean,
        }
    }
}

const SPECTROGRAM_EXAMPLES: &str = "\
Examples:
  genrefold spectrogram song.mp3 -o song.png            the whole song, with axes
  genrefold spectrogram song.mp3 -o clip.png --clip 3   its third clip of 5 s, in grey, 334 x 217
  genrefold spectrogram song.mp3 -o song.png --report-picture clip.png";

#[derive(Debug, Args)]
#[command(after_help = SPECTROGRAM_EXAMPLES)]
pub struct SpectrogramArgs {
    /// The song
    #[arg(value_name = "SONG")]
    pub song: PathBuf,

    /// The picture to write, a .png
    #[arg(short, long = "output", value_name = "FILE")]
    pub out: PathBuf,

    /// Draw only this clip, as a network for pictures sees it; the first is 1
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub clip: Option<usize>,

    /// Draw the whole song, and write the picture of its clip here as well, a .png
    #[arg(long, value_name = "FILE")]
    pub report_picture: Option<PathBuf>,
}

pub fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number >= 1 => Ok(number),
        _ => Err("expected a whole number, 1 or more".into()),
    }
}

/// "3,4" or "1-5,8".
fn folds(text: &str) -> Result<Folds, String> {
    let number = |text: &str| at_least_one(text.trim()).map_err(|_| format!("{text:?} is no fold's number"));
    let mut folds = Vec::new();
    for part in text.split(',') {
        match part.split_once('-') {
            Some((first, last)) => folds.extend(number(first)?..=number(last)?.min(1000)),
            None => folds.push(number(part)?),
        }
    }
    folds.sort_unstable();
    folds.dedup();
    if folds.is_empty() {
        Err("no fold; expected something like 3,4 or 1-5".into())
    } else {
        Ok(Folds(folds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_are_named_one_by_one_or_as_a_range() {
        assert_eq!(folds("4,3"), Ok(Folds(vec![3, 4])));
        assert_eq!(folds("1-3, 3,7"), Ok(Folds(vec![1, 2, 3, 7])));
        for bad in ["", "0", "a", "3-1", "1,", "-2"] {
            assert!(folds(bad).is_err(), "{bad:?} was accepted");
        }
    }
}
