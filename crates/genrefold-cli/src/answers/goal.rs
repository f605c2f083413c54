//! Where the answers go, and in which form.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use genrefold::files;

use super::journal::{Journal, remove};
use super::parquet::Table;
use super::shard::Shard;
use super::summary::Summary;
use crate::args::KeepingArgs;
use crate::failure::Usage;
use crate::report::csv::Csv;
use crate::words::name;
use genrefold::answer::Layout;
use genrefold::answer::{Outcome, Record};

/// A file of answers to be.
#[derive(Debug)]
pub struct Goal {
    /// The file that was asked for; with a part's number, if it is one.
    pub out: PathBuf,
    /// The file that answers are added to as they come.
    pub journal: PathBuf,
    /// The files without a genre.
    pub failures: PathBuf,
    pub layout: Layout,
    pub shard: Option<Shard>,
    pub retry_failed: bool,
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Lines,
    Csv,
    Parquet,
}

impl Goal {
    /// From what stands on the command line.
    ///
    /// # Errors
    /// [`Usage`] for a file whose ending names no format, or a form that cannot hold what is asked for.
    pub fn new(out: &Path, keeping: &KeepingArgs, layout: Layout) -> Result<Self> {
        let format = format(out)?;
        if layout.timeline && format == Format::Parquet {
            bail!(Usage("Parquet holds a row a song and no timeline; use .jsonl or .csv for it".into()));
        }
        let out = match keeping.shard {
            Some(shard) => with_stem(out, |stem, ending| format!("{stem}-{shard}{ending}")),
            None => out.to_path_buf(),
        };
        let own = format == Format::Lines && keeping.shard.is_none();
        let beside = |out: &Path| with_stem(out, |stem, ending| format!("{stem}{ending}.journal"));
        Ok(Goal {
            journal: if own { out.clone() } else { beside(&out) },
            failures: with_stem(&out, |stem, _| format!("{stem}.failures.csv")),
            out,
            layout,
            shard: keeping.shard,
            retry_failed: keeping.retry_failed,
            format,
        })
    }

    /// Writes the list of files without a genre, if there are any, and counts all answers on the way.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub fn write_failures(&self, journal: &Journal, summary: &mut Summary) -> Result<()> {
        files::write_whole_with(&self.failures, |out| {
            let mut table = csv::Writer::from_writer(out);
            table.write_record(["file", "kind", "error"])?;
            each(journal, |record| {
                summary.add(&record.outcome);
                match &record.outcome {
                    Outcome::Failed { error, kind } => {
                        table.write_record([&record.path.file, kind, error]).map_err(Into::into)
                    }
                    Outcome::Judged(_) => Ok(()),
                }
            })?;
            table.flush()
        })?;
        if summary.failed() == 0 {
            remove(&self.failures)?;
        }
        Ok(())
    }

    /// Writes the file that was asked for, if it is not the journal itself.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub fn write_answers(&self, journal: &Journal) -> Result<()> {
        if self.journal == self.out {
            return Ok(());
        }
        files::write_whole_with(&self.out, |out| match self.format {
            Format::Lines => io::copy(&mut File::open(&self.journal)?, out).map(drop),
            Format::Csv => self.write_csv(journal, out),
            Format::Parquet => self.write_parquet(journal, out),
        })?;
        Ok(())
    }

    fn write_csv(&self, journal: &Journal, out: &mut BufWriter<File>) -> io::Result<()> {
        let mut table = Csv::new(self.layout.clone(), out);
        table.header()?;
        each(journal, |record| table.answer(&record.path.file, &record.outcome))
    }

    fn write_parquet(&self, journal: &Journal, out: &mut BufWriter<File>) -> io::Result<()> {
        let mut table = Table::new(self.layout.genres.names(), out)?;
        each(journal, |record| table.add(record))?;
        table.finish()
    }
}

/// Hands out all answers to a writer.
fn each(journal: &Journal, mut take: impl FnMut(Record) -> io::Result<()>) -> io::Result<()> {
    journal.each(|record| take(record).map_err(Into::into)).map_err(|error| match error.downcast() {
        Ok(error) => error,
        Err(error) => io::Error::other(format!("{error:#}")),
    })
}

fn format(out: &Path) -> Result<Format> {
    let ending = out.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    match ending.as_str() {
        "jsonl" | "ndjson" => Ok(Format::Lines),
        "csv" => Ok(Format::Csv),
        "parquet" => Ok(Format::Parquet),
        _ => bail!(Usage(format!(
            "the ending of {} names no form; call it .jsonl, .csv or .parquet",
            name(out)
        ))),
    }
}

/// The path with another file name, made of the old one's stem and of its ending with the dot.
fn with_stem(path: &Path, change: impl FnOnce(&str, &str) -> String) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let ending = path.extension().map(|ending| format!(".{}", ending.to_string_lossy())).unwrap_or_default();
    path.with_file_name(change(&stem, &ending))
}
