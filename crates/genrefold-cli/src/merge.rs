//! `genrefold merge`: the folds of one run, trained on several machines, in one folder.

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result};
use genrefold::results::Run;

use crate::args::MergeArgs;
use crate::pages;
use crate::words::counted;

/// Runs the command.
///
/// # Errors
/// Those of [`Run::load`] and [`Run::merge`]; those of writing.
pub fn run(args: &MergeArgs) -> Result<ExitCode> {
    let runs = args.runs.iter().map(|folder| Run::load(folder)).collect::<Result<Vec<_>, _>>()?;
    let merged = Run::merge(&runs)?;
    fs::create_dir_all(&args.out).with_context(|| format!("cannot create {}", args.out.display()))?;
    let split = args.runs[0].join("split.json");
    let copy = args.out.join("split.json");
    let bytes = fs::read(&split).with_context(|| format!("cannot read {}", split.display()))?;
    genrefold::files::write_whole(&copy, &bytes)?;
    merged.save_manifest(&args.out)?;
    for fold in &merged.folds {
        merged.save_fold(&args.out, fold)?;
    }
    let (found, all) = (merged.folds.len(), merged.manifest.folds);
    println!("{} of {all}.", counted(found, "fold"));
    if found < all {
        let missing = (1..=all).filter(|fold| merged.folds.iter().all(|other| other.fold != *fold));
        let missing: Vec<String> = missing.map(|fold| fold.to_string()).collect();
        println!("Missing: {}. Train them with --folds {}", missing.join(", "), missing.join(","));
    }
    println!(
        "The report is {}",
        pages::write(&merged.manifest.name, std::slice::from_ref(&args.out), &args.out)?.display()
    );
    Ok(ExitCode::SUCCESS)
}
