//! `genrefold benchmark`: how fast this machine hears, judges and learns.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::{Args, Subcommand, ValueEnum};
use genrefold::audio::MonoStream;
use genrefold::features::{Clips, Extractor, Input};
use genrefold::model::config::{EncoderConfig, LstmConfig};
use genrefold::model::{Ends, NetworkConfig, Product};
use genrefold::training::parity;
use genrefold::training::practice::{self, Practice};
use genrefold::{FrontEnd, Genres, Limits};
use rayon::ThreadPoolBuilder;
use serde::Serialize;

use crate::args::at_least_one;
use crate::device::DeviceArgs;
use crate::failure::SOME_FAILED;
use crate::words::{counted, name};

const EXAMPLES: &str = "\
Examples:
  genrefold benchmark training                      one step of training, on noise
  genrefold benchmark training --network rglu-lstm --batch 32
  genrefold benchmark inference --batch 1           how long one clip takes
  genrefold benchmark parity --device gpu           does the graphics card compute the same?
  genrefold benchmark front-end song.mp3            from the file to what the network sees

The project's bench/run measures the same beside other programs.";

/// What the networks of a benchmark tell apart: as many genres as GTZAN's.
const GENRES: usize = 10;
/// Rounds that are not counted: caches are filled, the processor wakes up.
const WARM_UP: usize = 3;
/// Rows and columns of the product that is multiplied.
const PRODUCT: usize = 2048;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct BenchmarkArgs {
    #[command(subcommand)]
    work: Work,
}

#[derive(Debug, Subcommand)]
enum Work {
    /// Steps of training on the report's 217 x 334 pictures
    Training(NetworkArgs),
    /// Judging of such pictures, all of a batch at once
    Inference(NetworkArgs),
    /// How far a graphics card's numbers lie from the processor's: at most 0.001, or it fails
    Parity(ParityArgs),
    /// From files to their clips' pictures, on one core
    FrontEnd(FrontEndArgs),
    /// The matrix product that everything else rests on
    Gemm(GemmArgs),
}

#[derive(Debug, Args)]
struct NetworkArgs {
    /// The network
    #[arg(long, value_enum, default_value_t = Kind::Rgluformer)]
    network: Kind,

    /// Clips at a time
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = at_least_one)]
    batch: usize,

    #[command(flatten)]
    device: DeviceArgs,

    #[command(flatten)]
    how: HowArgs,
}

#[derive(Debug, Args)]
struct ParityArgs {
    /// The network
    #[arg(long, value_enum, default_value_t = Kind::Rgluformer)]
    network: Kind,

    /// Clips at a time
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = at_least_one)]
    batch: usize,

    /// How many steps of training to compare
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = at_least_one)]
    steps: usize,

    /// Print one line of JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    device: DeviceArgs,
}

#[derive(Debug, Args)]
struct FrontEndArgs {
    /// Songs
    #[arg(value_name = "SONG", required = true)]
    songs: Vec<PathBuf>,

    /// How many times to measure
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = at_least_one)]
    steps: usize,

    /// Print JSON, one line for each song
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct GemmArgs {
    #[command(flatten)]
    how: HowArgs,
}

#[derive(Debug, Args)]
struct HowArgs {
    /// How many times to measure
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = at_least_one)]
    steps: usize,

    /// How many processor cores to use [default: all]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    threads: Option<usize>,

    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

impl HowArgs {
    fn threads(&self) -> usize {
        crate::parallel::threads(self.threads)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    /// With a transformer encoder
    Rgluformer,
    /// With a long short-term memory
    RgluLstm,
}

impl Kind {
    fn config(self) -> NetworkConfig {
        match self {
            Kind::Rgluformer => NetworkConfig::default(),
            Kind::RgluLstm => NetworkConfig {
                encoder: EncoderConfig::Lstm(LstmConfig::default()),
                ..NetworkConfig::default()
            },
        }
    }
}

/// What was measured; what does not apply is left out.
#[derive(Debug, Default, Serialize)]
struct Measured {
    work: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<Kind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    batch: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clips: Option<usize>,
    threads: usize,
    /// Milliseconds of each round.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ms: Vec<f64>,
    /// Thousand million operations a second, of each round.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gflops: Vec<f64>,
}

/// Runs the command.
///
/// # Errors
/// A song that cannot be read; no threads.
pub fn run(args: &BenchmarkArgs) -> Result<ExitCode> {
    match &args.work {
        Work::Training(args) => on_threads(&args.how, || training(args))?,
        Work::Inference(args) => on_threads(&args.how, || inference(args))?,
        Work::Gemm(args) => on_threads(&args.how, || gemm(&args.how))?,
        Work::Parity(args) => return parity(args),
        Work::FrontEnd(args) => args.songs.iter().try_for_each(|song| front_end(song, args))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn on_threads(how: &HowArgs, work: impl FnOnce() -> Result<()> + Send) -> Result<()> {
    let pool = ThreadPoolBuilder::new().num_threads(how.threads()).build().context("cannot start threads")?;
    pool.install(work)
}

/// Milliseconds of each of `steps` rounds, after the warm-up.
fn time(steps: usize, mut round: impl FnMut() -> Result<()>) -> Result<Vec<f64>> {
    let mut measured = Vec::with_capacity(steps);
    for index in 0..WARM_UP + steps {
        let begin = Instant::now();
        round()?;
        if index >= WARM_UP {
            measured.push(begin.elapsed().as_secs_f64() * 1e3);
        }
    }
    Ok(measured)
}

fn front_end_settings() -> FrontEnd {
    FrontEnd { input: Input::FixedImage, ..FrontEnd::default() }
}

fn ends() -> Ends {
    let (rows, columns) = front_end_settings().picture_shape();
    Ends { rows, columns, genres: GENRES }
}

fn genres() -> Result<Genres> {
    Ok(Genres::new((0..GENRES).map(|number| format!("genre {number}")).collect())?)
}

fn training(args: &NetworkArgs) -> Result<()> {
    let processor = args.device.open()?;
    let mut practice = Practice::new(&args.network.config(), ends(), args.batch, 0, &processor)?;
    let ms = time(args.how.steps, || {
        practice.step()?;
        Ok(())
    })?;
    tell(&args.how, Measured { ms, ..measured("training", args) })
}

fn inference(args: &NetworkArgs) -> Result<()> {
    let model = practice::untrained(&args.network.config(), &front_end_settings(), genres()?, 0)?;
    let model = model.on(&args.device.open()?)?;
    let pictures = practice::noise(ends(), args.batch, 0);
    let ms = time(args.how.steps, || {
        model.logits(&pictures)?;
        Ok(())
    })?;
    tell(&args.how, Measured { ms, ..measured("inference", args) })
}

fn parity(args: &ParityArgs) -> Result<ExitCode> {
    let (processor, sizes) = (args.device.open()?, (args.batch, args.steps));
    let found = parity::parity(&args.network.config(), &front_end_settings(), &genres()?, sizes, &processor)?;
    if args.json {
        println!("{}", serde_json::to_string(&found)?);
    } else {
        println!(
            "{} and the processor are apart by at most {:.1e} (probabilities), {:.1e} (gradients, in parts of the \
             largest), {:.1e} (losses of {})",
            processor.name(),
            found.probabilities,
            found.gradients,
            found.losses,
            counted(args.steps, "step")
        );
    }
    if found.worst() <= parity::TOLERANCE {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("That is more than {:.0e}: do not trust this device.", parity::TOLERANCE);
    Ok(ExitCode::from(SOME_FAILED))
}

fn measured(work: &'static str, args: &NetworkArgs) -> Measured {
    Measured {
        work,
        network: Some(args.network),
        batch: Some(args.batch),
        threads: args.how.threads(),
        ..Measured::default()
    }
}

fn gemm(how: &HowArgs) -> Result<()> {
    let mut product = Product::new(PRODUCT);
    let ms = time(how.steps, || {
        product.compute();
        Ok(())
    })?;
    let gflops = ms.iter().map(|ms| product.operations() / ms / 1e6).collect();
    let measured = Measured { work: "gemm", threads: how.threads(), gflops, ..Measured::default() };
    tell(how, measured)
}

fn front_end(song: &Path, args: &FrontEndArgs) -> Result<()> {
    let mut clips = 0;
    let ms = time(args.steps, || {
        clips = hear(song)?;
        Ok(())
    })?;
    let measured = Measured {
        work: "front-end",
        file: Some(name(song)),
        clips: Some(clips),
        threads: 1,
        ms,
        ..Measured::default()
    };
    tell(&HowArgs { steps: args.steps, threads: Some(1), json: args.json }, measured)
}

/// The file's clips, each made into a picture: all that stands before the network.
fn hear(song: &Path) -> Result<usize> {
    let front_end = FrontEnd::default();
    let mut stream = MonoStream::open(song, &Limits::default())?.at_rate(front_end.sample_rate_hz)?;
    let (mut cutter, mut extractor) = (Clips::new(&front_end)?, Extractor::new(&front_end)?);
    let mut pictures = Vec::new();
    while let Some(block) = stream.next_block()? {
        for clip in cutter.push(block) {
            pictures.push(extractor.picture(&clip.samples)?);
        }
    }
    if let Some(clip) = cutter.finish()? {
        pictures.push(extractor.picture(&clip.samples)?);
    }
    Ok(pictures.len())
}

/// Prints what was measured: JSON, or a sentence with the median, the least and the most.
fn tell(how: &HowArgs, measured: Measured) -> Result<()> {
    if how.json {
        println!("{}", serde_json::to_string(&measured)?);
        return Ok(());
    }
    let (mut values, unit) = match measured.ms.is_empty() {
        true => (measured.gflops.clone(), "GFLOP/s"),
        false => (measured.ms.clone(), "ms"),
    };
    values.sort_by(f64::total_cmp);
    let (least, median, most) = (values[0], values[values.len() / 2], values[values.len() - 1]);
    let of = measured.file.unwrap_or_else(|| measured.work.into());
    let rate = match measured.batch.or(measured.clips) {
        Some(clips) => format!(", {:.0} clips/s", clips as f64 * 1e3 / median),
        None => String::new(),
    };
    println!(
        "{of}: {median:.1} {unit} ({least:.1} to {most:.1}){rate}, {}",
        counted(measured.threads, "thread")
    );
    Ok(())
}
