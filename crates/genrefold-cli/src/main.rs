//! The command `genrefold`: says the genre of songs, learns genres from a folder of songs.
//!
//! A thin shell: everything but reading arguments and writing answers is the library's work.

mod args;
mod classify;
mod compare;
mod failure;
mod inputs;
mod inspect;
mod models;
mod page;
mod parallel;
mod picture;
mod progress;
mod report;
mod spectrogram;
#[allow(dead_code, reason = "the training command will write its curves with it")]
mod tensorboard;
mod train;
mod words;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use args::{Cli, Command};
use failure::exit_code;

fn main() -> ExitCode {
    let cli = Cli::parse();
    run(cli).unwrap_or_else(|error| {
        eprintln!("{} {error:#}", console::style("error:").red().bold().for_stderr());
        exit_code(&error)
    })
}

fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        Some(Command::Classify(args)) => classify::run(&args),
        Some(Command::Train(args)) => train::run(&args),
        Some(Command::Inspect(args)) => inspect::run(&args),
        Some(Command::Compare(args)) => compare::run(&args),
        Some(Command::Spectrogram(args)) => spectrogram::run(&args),
        None => models::print_version(),
    }
}
