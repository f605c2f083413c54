//! `genrefold train`: a folder of songs in, a model out.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use genrefold::dataset::{Catalogue, holdout};
use genrefold::model::{Ends, Network, device};
use genrefold::results::Run;
use genrefold::training::{self, Experiment, Keeping, LEAST_TRACKS, Outcome, SingleTraining, Trained};

use crate::args::{Digits, TrainArgs};
use crate::failure::{INTERRUPTED, Usage};
use crate::page;
use crate::stop;
use crate::watch::Watch;
use crate::words::{counted, many};

/// Runs the command.
///
/// # Errors
/// [`Usage`] for an output that must not or cannot be written; those of [`training::train`].
pub fn run(args: &TrainArgs) -> Result<ExitCode> {
    let keeping = Keeping { checkpoint: training::checkpoint_beside(&args.out), resume: args.resume };
    check_output(args, &keeping.checkpoint)?;
    let experiment = experiment(args)?;
    eprintln!("Looking through {} ...", args.data.display());
    let catalogue = Catalogue::scan(&args.data)?;
    catalogue.require_tracks(LEAST_TRACKS)?;
    let evidence = args.evidence.as_deref().map(Run::load).transpose()?;
    announce(&catalogue, &experiment, args)?;
    stop::on_interrupt()?;
    let watch = Watch {
        label: String::new(),
        tracks: catalogue.tracks.len(),
        batch: experiment.training.batch,
        trainings: if experiment.training.refit && evidence.is_none() { 2 } else { 1 },
        log: args.log_dir.clone(),
        page: &|| Ok(()),
    };
    let watcher = watch.begin(&stop::STOP);
    let cache = crate::cache::of(&args.cache);
    let plan = SingleTraining {
        catalogue: &catalogue,
        experiment: &experiment,
        cache: cache.as_ref(),
        keeping: Some(&keeping),
        evidence: evidence.as_ref(),
    };
    let outcome = training::train(&plan, &watcher);
    let unreadable = watcher.unreadable();
    watcher.finish()?;
    match outcome? {
        Outcome::Done(trained) => finish(args, &trained, &keeping.checkpoint, unreadable),
        Outcome::Stopped => Ok(say_how_to_go_on(&keeping.checkpoint)),
    }
}

/// The settings of the file, changed by those of the command line.
fn experiment(args: &TrainArgs) -> Result<Experiment> {
    let mut experiment =
        args.config.as_deref().map_or_else(|| Ok(Experiment::default()), Experiment::load)?;
    experiment.seed = args.seed.unwrap_or(experiment.seed);
    experiment.training.epochs = args.epochs.unwrap_or(experiment.training.epochs);
    experiment.training.refit |= args.all;
    experiment.validate()?;
    Ok(experiment)
}

/// Refuses, before hours are spent, an output that would destroy something or cannot be written.
fn check_output(args: &TrainArgs, checkpoint: &Path) -> Result<()> {
    let (out, usage) = (args.out.display(), |text: String| Err(anyhow!(Usage(text))));
    if args.out.is_dir() || args.out.file_name().is_none() {
        return usage(format!("{out} is a folder; name the model's file, such as mine.safetensors"));
    }
    let goes_on = args.resume && checkpoint.exists();
    if args.out.exists() && !args.force && !goes_on {
        return usage(format!("{out} exists; give another name, or --force to replace it"));
    }
    if checkpoint.exists() && !args.force && !args.resume {
        let checkpoint = checkpoint.display();
        return usage(format!(
            "{checkpoint} holds a stopped training; --resume goes on, --force starts over"
        ));
    }
    if args.resume && !goes_on {
        eprintln!("There is no {} to go on from: starting at the beginning.", checkpoint.display());
    }
    try_to_write(checkpoint)
}

/// Makes a file beside the future one and takes it away again.
fn try_to_write(checkpoint: &Path) -> Result<()> {
    let mut probe = checkpoint.as_os_str().to_owned();
    probe.push(".probe");
    let made = OpenOptions::new().write(true).create(true).truncate(true).open(&probe);
    made.and_then(|_| fs::remove_file(&probe)).map_err(|error| {
        let folder = checkpoint.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).display();
        anyhow!(Usage(format!("cannot write into {folder}: {error}; name an output elsewhere")))
    })
}

/// What will be learned from and judged on, and how large the model will be.
fn announce(catalogue: &Catalogue, experiment: &Experiment, args: &TrainArgs) -> Result<()> {
    let names = catalogue.genres.names();
    let width = names.iter().map(|name| console::measure_text_width(name)).max().unwrap_or(0);
    for (name, count) in names.iter().zip(catalogue.counts()) {
        eprintln!(
            "  {}  {}",
            console::pad_str(name, width, console::Alignment::Left, None),
            counted(count, "song")
        );
    }
    let split = holdout(catalogue, experiment.training.validation, experiment.seed)?;
    let (learned, judged) = (split.training.len(), split.validation.len());
    match &args.evidence {
        Some(run) => eprintln!("Learning from all of them; {} says how good that is.", run.display()),
        None => eprintln!("Learning from {}, judging on {judged} others.", counted(learned, "song")),
    }
    if catalogue.ignored > 0 {
        eprintln!("Passing over {} that are not audio by their names.", counted(catalogue.ignored, "file"));
    }
    let (rows, columns) = experiment.front_end.picture_shape();
    let ends = Ends { rows, columns, genres: catalogue.genres.len() };
    let network = Network::blank(&experiment.network, ends, &device::cpu())?;
    let weights: usize = network.weights().values().map(|array| array.values.len()).sum();
    let bytes = weights * if args.precision == Digits::F16 { 2 } else { 4 };
    let kilobytes = bytes.div_ceil(1000);
    eprintln!("The network has {} weights; its file will take about {kilobytes} kB.", many(weights));
    eprintln!(
        "At most {} follow. Ctrl-C stops after the last finished one.",
        counted(experiment.training.epochs, "epoch")
    );
    Ok(())
}

fn finish(args: &TrainArgs, trained: &Trained, checkpoint: &Path, unreadable: usize) -> Result<ExitCode> {
    trained.model.save(&args.out, args.precision.into())?;
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
    let out = args.out.display();
    println!("The model is in {out}. Use it so:\n  genrefold classify SONG --model {out}");
    Ok(ExitCode::SUCCESS)
}

fn say_how_to_go_on(checkpoint: &Path) -> ExitCode {
    if checkpoint.exists() {
        let words: Vec<String> =
            std::env::args_os().skip(1).map(|word| quoted(&word.to_string_lossy())).collect();
        let command = words.join(" ").replace(" --resume", "").replace(" --force", "");
        eprintln!("Stopped. This goes on from the last finished epoch:\n  genrefold {command} --resume");
    } else {
        eprintln!("Stopped before the first epoch; there is nothing to go on from.");
    }
    ExitCode::from(INTERRUPTED)
}

/// A word of a command as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "-_./=:,+".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
