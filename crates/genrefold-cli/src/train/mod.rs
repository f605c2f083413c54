//! `genrefold train`: a folder of songs in, a model out.

mod args;
mod estimate;
mod folds;
mod output;
mod plan;
mod songs;
mod start;

use std::fs;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use genrefold::results::Run;
use genrefold::training::{self, Keeping, Outcome, SingleTraining, Trained};

use crate::failure::INTERRUPTED;
use crate::page;
use crate::stop;
use crate::watch::Watch;
use crate::words::{counted, quoted, span};
pub use args::TrainArgs;
use output::Output;
use plan::Plan;
use songs::Songs;
use start::Start;

/// Runs the command.
///
/// # Errors
/// [`Usage`](crate::failure::Usage) for an output that must not or cannot be written; those of [`training::train`].
pub fn run(args: &TrainArgs) -> Result<ExitCode> {
    let output = Output::of(args);
    let _held = output.check(args)?;
    eprintln!("Looking through {} ...", args.data.display());
    let songs = Songs::find(args)?;
    let start = Start::choose(args, &songs.readable)?;
    let plan = Plan::make(args, &songs, &start, &output)?;
    let page = songs.page() + &plan.page(&start, args.precision);
    if args.dry_run {
        print!("{page}");
        println!("The model would be {}. Without --dry-run, this begins.", output.model.display());
        return Ok(ExitCode::SUCCESS);
    }
    eprint!("{page}");
    eprintln!("Ctrl-C stops after the last finished epoch.");
    train(args, &songs, &start, &output)
}

/// The folds, if they are wished, and the training itself.
fn train(args: &TrainArgs, songs: &Songs, start: &Start, output: &Output) -> Result<ExitCode> {
    let began = Instant::now();
    stop::on_interrupt()?;
    let judged = match args.folds {
        None => None,
        Some(_) => match folds::run(args, songs, start, output)? {
            Some(run) => Some(run),
            None => return Ok(say_how_to_go_on(true)),
        },
    };
    let evidence = judged.as_ref().or(start.evidence.as_ref());
    let (outcome, unreadable) = train_once(args, songs, start, evidence, output)?;
    match outcome {
        Outcome::Done(trained) => {
            finish(args, &trained, output, songs.unreadable() + unreadable)?;
            eprintln!("That took {}.", span(began.elapsed().as_secs_f64()));
            Ok(ExitCode::SUCCESS)
        }
        Outcome::Stopped => Ok(say_how_to_go_on(judged.is_some() || output.checkpoint.exists())),
    }
}

/// How it ended, and how many songs could not be read to their ends.
fn train_once(
    args: &TrainArgs,
    songs: &Songs,
    start: &Start,
    evidence: Option<&Run>,
    output: &Output,
) -> Result<(Outcome, usize)> {
    let Start { experiment, foundation, processor, .. } = start;
    let watch = Watch {
        label: String::new(),
        tracks: songs.readable.tracks.len(),
        batch: experiment.training.batch,
        trainings: if experiment.training.refit && evidence.is_none() { 2 } else { 1 },
        log: args.log_dir.clone(),
        page: &|| Ok(()),
    };
    let watcher = watch.begin(&stop::STOP);
    let cache = crate::cache::of(&args.cache);
    let keeping = Keeping { checkpoint: output.checkpoint.clone(), resume: args.resume };
    let plan = SingleTraining {
        catalogue: &songs.readable,
        experiment,
        foundation: foundation.as_ref(),
        processor: processor.clone(),
        cache: cache.as_ref(),
        keeping: Some(&keeping),
        evidence,
    };
    let outcome = training::train(&plan, &watcher);
    let unreadable = watcher.unreadable();
    watcher.finish()?;
    Ok((outcome?, unreadable))
}

fn finish(args: &TrainArgs, trained: &Trained, output: &Output, unreadable: usize) -> Result<()> {
    trained.model.save(&output.model, args.precision.into())?;
    let checkpoint = &output.checkpoint;
    if checkpoint.exists() {
        fs::remove_file(checkpoint).with_context(|| format!("cannot remove {}", checkpoint.display()))?;
    }
    if unreadable > 0 {
        println!("{} could not be read and taught nothing.", counted(unreadable, "song"));
    }
    let card = &trained.model.card;
    if let Some(figures) = &card.training.figures {
        print!("{}", page::figures(figures, &card.genres, card.calibration.as_ref()));
    }
    let out = quoted(&output.model.to_string_lossy());
    println!("The model is in {out}. What to do with it:");
    println!("  genrefold classify SONG --model {out}");
    println!("  genrefold inspect {out}    which genres it tells well, and which it takes for others");
    Ok(())
}

/// What to write to go on, if there is anything to go on from.
fn say_how_to_go_on(begun: bool) -> ExitCode {
    if begun {
        let words: Vec<String> =
            std::env::args_os().skip(1).map(|word| quoted(&word.to_string_lossy())).collect();
        let command = words.join(" ").replace(" --resume", "").replace(" --force", "");
        eprintln!("Stopped. This goes on from the last finished epoch:\n  genrefold {command} --resume");
    } else {
        eprintln!("Stopped before the first epoch; there is nothing to go on from.");
    }
    ExitCode::from(INTERRUPTED)
}
