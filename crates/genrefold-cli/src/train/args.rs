//! What can be written behind `genrefold train`.

use std::path::PathBuf;

use clap::Args;

use crate::args::{CacheArgs, Digits};
use crate::device::DeviceArgs;

const TRAIN_EXAMPLES: &str = "\
DATA holds one folder for each genre, with its songs inside:
  Genres/tango/*.mp3, Genres/waltz/*.mp3, Genres/polka/*.mp3

Examples:
  genrefold train Genres --dry-run                       what would be done, and how long it would take
  genrefold train Genres                                 learn; the model is Genres.safetensors
  genrefold train Genres --resume                        go on after Ctrl-C
  genrefold classify song.mp3 --model Genres.safetensors use what was learned
  genrefold train Genres --folds 5 -o all.safetensors    judge every song once, then learn from all of them

It begins with the built-in model and fine-tunes it, which needs fewer songs than to begin from scratch. Some songs of
each genre are not learned from: on them the model is judged. With --all, it is then trained anew on every song.";

#[derive(Debug, Args)]
#[command(after_help = TRAIN_EXAMPLES)]
pub struct TrainArgs {
    /// The folder of songs: one sub-folder for each genre
    #[arg(value_name = "DATA")]
    pub data: PathBuf,

    /// Where to write the model [default: DATA's name with .safetensors, in the current folder]
    #[arg(short, long = "output", value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// Say what would be done, how long it would take and what it would need, and end
    #[arg(long)]
    pub dry_run: bool,

    /// Settings of the network and of the training, a TOML file
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Fine-tune this model instead of the built-in one
    #[arg(long, value_name = "MODEL", conflicts_with = "from_scratch")]
    pub from: Option<PathBuf>,

    /// Begin with random weights instead of a model's
    #[arg(long)]
    pub from_scratch: bool,

    /// Go on with a training that was stopped
    #[arg(long)]
    pub resume: bool,

    /// The number that chance starts from: the same one gives the same model
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// How often to go through all songs, at most
    #[arg(long, value_name = "N")]
    pub epochs: Option<usize>,

    /// After judging, train anew on all songs and keep that model
    #[arg(long)]
    pub all: bool,

    /// Judge by this many trainings, each on other songs, so that every song is judged once; then learn from all
    #[arg(long, value_name = "N", value_parser = enough_folds, conflicts_with_all = ["all", "evidence"])]
    pub folds: Option<usize>,

    /// Learn from all songs, and take the card's figures from this finished run of crossval, of the same
    /// configuration on the same songs
    #[arg(long, value_name = "RUN", conflicts_with = "all")]
    pub evidence: Option<PathBuf>,

    /// How exactly the weights are stored
    #[arg(long, value_enum, default_value_t = Digits::F16)]
    pub precision: Digits,

    /// Replace an existing model, or start over although a stopped training could go on
    #[arg(long, conflicts_with = "resume")]
    pub force: bool,

    /// Also write what TensorBoard reads
    #[arg(long, value_name = "FOLDER")]
    pub log_dir: Option<PathBuf>,

    #[command(flatten)]
    pub device: DeviceArgs,

    #[command(flatten)]
    pub cache: CacheArgs,
}

/// One fold to judge, one to stop by, one at least to learn from.
fn enough_folds(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(folds) if (3..=1000).contains(&folds) => Ok(folds),
        _ => Err("expected 3 to 1000: one to judge, one to stop by, and something to learn from".into()),
    }
}
