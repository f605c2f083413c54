//! `genrefold study`: several runs on one page.

use std::process::ExitCode;

use anyhow::Result;

use crate::args::StudyArgs;
use crate::pages;

/// Runs the command.
///
/// # Errors
/// Those of loading the runs and of writing the page.
pub fn run(args: &StudyArgs) -> Result<ExitCode> {
    println!("The report is {}", pages::write(&args.title, &args.runs, &args.out)?.display());
    Ok(ExitCode::SUCCESS)
}
