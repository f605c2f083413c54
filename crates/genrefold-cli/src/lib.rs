//! The command `genrefold`: says the genre of songs, learns genres from a folder of songs.
//!
//! A thin shell: everything but reading arguments and writing answers is the library's work. It is a library itself only
//! so that `fuzz/` can reach what reads foreign bytes; nothing else is to depend on it.

#[macro_use]
mod output;

mod alone;
mod answers;
mod args;
mod benchmark;
mod cache;
mod classify;
mod compare;
mod crossval;
mod dataset;
mod device;
mod embed;
mod events;
mod export;
mod failure;
#[cfg(fuzzing)]
pub mod fuzzing;
mod hearing;
mod inputs;
mod inspect;
mod merge;
mod model_card;
mod models;
mod overview;
mod page;
mod pages;
mod parallel;
mod parquet_table;
mod picture;
mod progress;
mod report;
mod serve;
mod spectrogram;
mod stop;
mod study;
mod tag;
mod tensorboard;
mod train;
mod unfinished;
mod watch;
mod words;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use args::{Cli, Command};
use failure::{SOME_FAILED, exit_code, in_words};

/// Does what the arguments of the process ask for, and gives its exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(_) if output::lost() => ExitCode::from(SOME_FAILED),
        Ok(code) => code,
        Err(error) => {
            eprintln!("{} {}", console::style("error:").red().bold().for_stderr(), in_words(&error));
            exit_code(&error)
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        Some(Command::Classify(args)) => classify::run(&args),
        Some(Command::Tag(args)) => tag::run(&args),
        Some(Command::Train(args)) => train::run(&args),
        Some(Command::Dataset(args)) => dataset::run(&args),
        Some(Command::Crossval(args)) => crossval::run(&args),
        Some(Command::Merge(args)) => merge::run(&args),
        Some(Command::Study(args)) => study::run(&args),
        Some(Command::Inspect(args)) => inspect::run(&args),
        Some(Command::Report(args)) => overview::run(&args),
        Some(Command::Embed(args)) => embed::run(&args),
        Some(Command::Export(args)) => export::run(&args),
        Some(Command::Compare(args)) => compare::run(&args),
        Some(Command::Spectrogram(args)) => spectrogram::run(&args),
        Some(Command::Benchmark(args)) => benchmark::run(&args),
        Some(Command::Serve(args)) => serve::run(&args),
        Some(Command::Worker(args)) => serve::worker::run(&args),
        None => models::print_version(),
    }
}
