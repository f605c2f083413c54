//! `genrefold classify`: songs in, genres out.

mod judging;

use std::io;
use std::process::ExitCode;

use anyhow::{Context, Result};
use genrefold::Classifier;
use genrefold::answer::Layout;
use indicatif::ProgressBar;

use crate::answers::{self, Goal};
use crate::args::ClassifyArgs;
use crate::failure::SOME_FAILED;
use crate::inputs::{self, Input};
use crate::models;
use crate::parallel;
use crate::progress;
use crate::report::{self, Report};
use crate::words::{counted, name};

pub use judging::{Answer, answer, hush_workers};

/// Runs the command.
///
/// # Errors
/// [`Usage`](crate::failure::Usage) for a model that cannot be used; anything that stops the whole run. What is
/// wrong with a song is reported as its answer.
pub fn run(args: &ClassifyArgs) -> Result<ExitCode> {
    let model = models::load(args.model.as_deref())?.on(&args.device.open()?)?;
    let classifier = Classifier::new(model).with_voting(args.vote.into());
    let layout = Layout { genres: classifier.genres().clone(), top: args.top_k, timeline: args.timeline };
    let threads = parallel::threads(args.threads);
    if let Some(out) = &args.out {
        let goal = Goal::new(out, &args.keeping, layout)?;
        inputs::require(&args.paths)?;
        let found = inputs::stream(&args.paths, args.recursive).context("cannot read the list of songs")?;
        return answers::run(&classifier, found, threads, goal);
    }
    let inputs = inputs::gather(&args.paths, args.recursive).context("cannot read the list of songs")?;
    let report = if args.json {
        report::json(layout, models::short_fingerprint(classifier.model())?)
    } else if args.csv {
        report::csv(layout)
    } else {
        let names: Vec<String> = inputs.iter().map(|input| name(&input.path)).collect();
        report::table(layout, names.iter().map(String::as_str))
    };
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
        |input| answer(input, |path| classifier.classify(path)),
        |answer| {
            failed += usize::from(answer.verdict.is_err());
            let written = bar.suspend(|| match &answer.verdict {
                Ok(prediction) => report.song(&answer.path, prediction),
                Err(failure) => report.failure(&answer.path, failure),
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
