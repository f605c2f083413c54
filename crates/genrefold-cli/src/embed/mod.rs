//! `genrefold embed`: what the network makes of songs before it decides, for similarity search.

mod npy;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use genrefold::Classifier;
use genrefold::answer::{Layout, Outcome, Record};
use genrefold::classifier::Embedded;
use genrefold::files::{self, Aside};
use serde::Serialize;

use crate::device::DeviceArgs;
use crate::failure::{Failure, SOME_FAILED, Usage};
use crate::parquet_table::{Cell, Kind, ParquetTable};
use crate::words::{counted, name, one_line};
use crate::{hearing, inputs, models};
use npy::Matrix;

const EXAMPLES: &str = "\
Examples:
  genrefold embed -r Music --out songs.npy          a matrix [songs, 512], and songs.files.jsonl beside it
  genrefold embed -r Music --out songs.parquet      a row a song, the embedding as a list

Embeddings are means over a song's clips. Near are songs that sound alike to the network: compare by the cosine.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct EmbedArgs {
    /// Songs, folders with -r, or - for a list of paths on standard input
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,

    /// Take all songs in folders and in the folders within them
    #[arg(short, long)]
    pub recursive: bool,

    /// The file to write, by its name JSON lines (.jsonl), Parquet (.parquet) or NumPy's (.npy)
    #[arg(short, long = "out", value_name = "FILE")]
    pub out: PathBuf,

    /// Hear with this model instead of the built-in one
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,

    /// How many processor cores to use [default: all]
    #[arg(long, value_name = "N", value_parser = crate::args::at_least_one)]
    pub threads: Option<usize>,

    #[command(flatten)]
    pub device: DeviceArgs,
}

/// One way to keep embeddings.
trait Keep {
    fn add(&mut self, record: &Record, embedding: &[f32]) -> io::Result<()>;
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// Runs the command.
///
/// # Errors
/// [`Usage`] for a file whose ending names no form, or a model that cannot be used; the file cannot be written.
pub fn run(args: &EmbedArgs) -> Result<ExitCode> {
    let ending = args.out.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    if !["jsonl", "parquet", "npy"].contains(&ending.as_str()) {
        bail!(Usage(format!(
            "the ending of {} names no form; call it .jsonl, .parquet or .npy",
            name(&args.out)
        )));
    }
    let model = models::load(args.model.as_deref())?.on(&args.device.open()?)?;
    let fingerprint = models::short_fingerprint(&model)?;
    let classifier = Classifier::new(model);
    inputs::require(&args.paths)?;
    let (mut heard, mut failed) = (0, 0);
    let mut stopped = Ok(());
    files::write_whole_with(&args.out, |out| {
        let mut keep: Box<dyn Keep + '_> = match ending.as_str() {
            "jsonl" => Box::new(Lines(out)),
            "parquet" => Box::new(Rows::new(out)?),
            _ => Box::new(Array::new(out, &args.out)?),
        };
        stopped = all(args, &classifier, |path, embedded| {
            let (outcome, embedding) = match embedded {
                Ok(Embedded { prediction, embedding }) => {
                    heard += 1;
                    let layout = Layout { genres: classifier.genres().clone(), top: 1, timeline: false };
                    (Outcome::judged(&layout, &prediction), embedding)
                }
                Err(failure) => {
                    failed += 1;
                    eprintln!("{}: {}", one_line(&name(path)), one_line(&failure.message));
                    (Outcome::from(&failure), Vec::new())
                }
            };
            keep.add(&Record::new(path, outcome, &fingerprint), &embedding)
                .context("cannot write the embeddings")
        });
        if stopped.is_err() {
            return Err(io::Error::other("stopped"));
        }
        keep.finish()
    })
    .map_err(|error| match std::mem::replace(&mut stopped, Ok(())) {
        Err(first) => first,
        Ok(()) => error.into(),
    })?;
    println!("{}: {}, {failed} without", name(&args.out), counted(heard, "embedding"));
    Ok(if failed > 0 || heard == 0 { ExitCode::from(SOME_FAILED) } else { ExitCode::SUCCESS })
}

fn all(
    args: &EmbedArgs,
    classifier: &Classifier,
    take: impl FnMut(&Path, Result<Embedded, Failure>) -> Result<()>,
) -> Result<()> {
    let found = inputs::stream(&args.paths, args.recursive).context("cannot read the list of songs")?;
    hearing::each(classifier, found, args.threads, take)
}

/// The genre and its probability, where there is one.
fn winner(outcome: &Outcome) -> (Option<&str>, Option<f32>) {
    match outcome {
        Outcome::Judged(song) => (Some(&song.genre), Some(song.probability)),
        Outcome::Failed { .. } => (None, None),
    }
}

struct Lines<'a>(&'a mut BufWriter<File>);

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    record: &'a Record,
    embedding: &'a [f32],
}

impl Keep for Lines<'_> {
    fn add(&mut self, record: &Record, embedding: &[f32]) -> io::Result<()> {
        serde_json::to_writer(&mut *self.0, &Line { record, embedding })?;
        self.0.write_all(b"\n")
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        Ok(())
    }
}

struct Rows<'a>(ParquetTable<&'a mut BufWriter<File>>);

impl<'a> Rows<'a> {
    fn new(out: &'a mut BufWriter<File>) -> io::Result<Self> {
        let columns = [
            ("file", Kind::Text),
            ("genre", Kind::Text),
            ("probability", Kind::Float),
            ("embedding", Kind::Floats),
            ("error", Kind::Text),
            ("model", Kind::Text),
        ];
        let columns = columns.map(|(name, kind)| (name.to_owned(), kind));
        ParquetTable::new(&columns, out).map(Rows)
    }
}

impl Keep for Rows<'_> {
    fn add(&mut self, record: &Record, embedding: &[f32]) -> io::Result<()> {
        let (genre, probability) = winner(&record.outcome);
        let error = match &record.outcome {
            Outcome::Failed { error, .. } => Some(error.clone()),
            Outcome::Judged(_) => None,
        };
        self.0.add([
            Cell::Text(Some(record.path.file.clone())),
            Cell::Text(genre.map(str::to_owned)),
            Cell::Float(probability),
            Cell::Floats(embedding.to_vec()),
            Cell::Text(error),
            Cell::Text(Some(record.model.clone())),
        ])
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        self.0.finish()
    }
}

/// The matrix, and beside it a line for each of its rows.
struct Array<'a> {
    matrix: Matrix<'a>,
    names: Aside,
}

impl<'a> Array<'a> {
    fn new(out: &'a mut BufWriter<File>, path: &Path) -> io::Result<Self> {
        let names = Aside::create(&path.with_extension("files.jsonl")).map_err(io::Error::other)?;
        Ok(Array { matrix: Matrix::new(out)?, names })
    }
}

impl Keep for Array<'_> {
    fn add(&mut self, record: &Record, embedding: &[f32]) -> io::Result<()> {
        if record.failed() {
            return Ok(());
        }
        self.matrix.add(embedding)?;
        serde_json::to_writer(self.names.file(), record)?;
        self.names.file().write_all(b"\n")
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.matrix.finish()?;
        self.names.put().map_err(io::Error::other)
    }
}
