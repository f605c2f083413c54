//! `genrefold classify`: songs in, genres out.

use std::any::Any;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use anyhow::{Context, Result};
use genrefold::{Classifier, Prediction};
use indicatif::ProgressBar;

use crate::args::ClassifyArgs;
use crate::failure::{Failure, SOME_FAILED};
use crate::inputs::{self, Input};
use crate::models;
use crate::parallel::{self, WORKER};
use crate::progress;
use crate::report::{self, Layout, Report};
use crate::words::{counted, name};

/// One answered input.
struct Answer {
    path: PathBuf,
    verdict: Result<Prediction, Failure>,
}

/// Runs the command.
///
/// # Errors
/// [`Usage`](crate::failure::Usage) for a model that cannot be used; anything that stops the whole run. What is
/// wrong with a song is reported as its answer.
pub fn run(args: &ClassifyArgs) -> Result<ExitCode> {
    let model = models::load(args.model.as_deref())?.on(&args.device.open()?)?;
    let classifier = Classifier::new(model).with_voting(args.vote.into());
    let inputs = inputs::gather(&args.paths, args.recursive).context("cannot read the list of songs")?;
    let layout = Layout { genres: classifier.genres().clone(), top: args.top_k, timeline: args.timeline };
    let report = if args.json {
        report::json(layout, models::short_fingerprint(classifier.model())?)
    } else if args.csv {
        report::csv(layout)
    } else {
        let names: Vec<String> = inputs.iter().map(|input| name(&input.path)).collect();
        report::table(layout, names.iter().map(String::as_str))
    };
    let threads = args.threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    judge(&classifier, inputs, threads, report)
}

fn judge(
    classifier: &Classifier,
    inputs: Vec<Input>,
    threads: usize,
    mut report: Box<dyn Report>,
) -> Result<ExitCode> {
    let (total, mut failed) = (inputs.len(), 0);
    let crew = parallel::crew(threads, total)?;
    let bar = if total > 1 { progress::songs_bar(total) } else { ProgressBar::hidden() };
    hush_workers();
    or_leave(report.begin(), failed)?;
    parallel::in_order(
        &crew,
        inputs,
        |input| answer(classifier, input),
        |answer| {
            failed += usize::from(answer.verdict.is_err());
            let path = name(&answer.path);
            let written = bar.suspend(|| match &answer.verdict {
                Ok(prediction) => report.song(&path, prediction),
                Err(failure) => report.failure(&path, failure),
            });
            bar.inc(1);
            or_leave(written, failed)
        },
    )?;
    bar.finish_and_clear();
    if total == 0 {
        eprintln!("no songs: the list is empty");
    } else if failed > 0 && total > 1 {
        eprintln!("{failed} of {} got no genre", counted(total, "file"));
    }
    Ok(code(failed > 0 || total == 0))
}

fn code(failed: bool) -> ExitCode {
    if failed { ExitCode::from(SOME_FAILED) } else { ExitCode::SUCCESS }
}

/// Ends the program quietly when nobody reads its output any more, as after `| head`: without waiting for the
/// songs under way.
fn or_leave(written: io::Result<()>, failed: usize) -> Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            std::process::exit(if failed > 0 { i32::from(SOME_FAILED) } else { 0 })
        }
        written => written.context("cannot write the answers"),
    }
}

/// Judges one input; whatever happens in it stays with it.
fn answer(classifier: &Classifier, Input { path, refused }: Input) -> Answer {
    let judged = || classifier.classify(path.as_path()).map_err(|error| Failure::from(&error));
    let verdict = match refused {
        Some(failure) => Err(failure),
        None => panic::catch_unwind(AssertUnwindSafe(judged)).unwrap_or_else(|cause| Err(accident(&*cause))),
    };
    Answer { path, verdict }
}

fn accident(cause: &(dyn Any + Send)) -> Failure {
    let words = cause.downcast_ref::<&str>().copied().or(cause.downcast_ref::<String>().map(String::as_str));
    let found = words.unwrap_or("no message");
    Failure::new("internal", format!("a fault of this program, not of the file ({found}); please report it"))
}

/// Panics of the workers become answers; the hook's own message about them would only confuse.
fn hush_workers() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |about| {
        if thread::current().name() != Some(WORKER) {
            usual(about);
        }
    }));
}
