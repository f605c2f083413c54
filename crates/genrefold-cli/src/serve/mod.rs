//! `genrefold serve`: songs in over HTTP, genres out; a page to drop them on; the reports of trainings under way.
//!
//! The service itself decodes nothing: songs wait at a desk (`desk`) for workers (`pool`), processes of this same program
//! (`worker`) that are killed and replaced when a song makes them hang. `app` says which address answers what.

mod app;
mod args;
mod assets;
mod classify;
mod desk;
#[cfg(fuzzing)]
pub mod fuzzing;
mod guard;
mod headers;
mod linger;
mod listen;
mod log;
mod metrics;
mod models;
mod name;
mod openapi;
mod pool;
mod refusal;
mod runs;
#[cfg(any(test, fuzzing))]
mod stand_in;
mod token;
mod upload;
pub mod worker;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde_json::json;
use tokio::sync::{Mutex, mpsc, watch};

use crate::failure::Usage;
use crate::parallel;
use app::Service;
pub use args::{ServeArgs, WorkerArgs};
use desk::{Desk, DeskSize, Job};
use guard::Guard;
use log::Log;
use models::Models;
use pool::{Keeping, Orders};
use runs::Runs;
use token::TOKEN_VARIABLE;

/// Threads that answer requests; they only move bytes.
const THREADS: usize = 2;
/// Bytes of a MiB.
const MIB: u64 = 1 << 20;

/// Runs the command until it is told to stop.
///
/// # Errors
/// [`Usage`] for a model, a token or limits that cannot be used; the address is taken.
pub fn run(args: &ServeArgs) -> Result<ExitCode> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(THREADS).enable_all().build().context("cannot start threads")?;
    let finished = runtime.block_on(serve(args))?;
    // Whoever still reads a run's files is not waited for.
    runtime.shutdown_background();
    Ok(if finished { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Serves; whether all answers were given at the end.
async fn serve(args: &ServeArgs) -> Result<bool> {
    let log = Log(args.log);
    let workers = parallel::threads(args.limits.workers);
    let (service, jobs) = service(args, workers, log)?;
    let (listener, address) = listen::bind(args.bind)
        .await
        .with_context(|| format!("cannot listen on {}; --bind chooses another address", args.bind))?;
    let (workers_wanted, end) = watch::channel(());
    let keeping = Keeping {
        orders: orders(args, &service.models)?,
        jobs: Mutex::new(jobs),
        pace: service.desk.pace(),
        metrics: Arc::clone(&service.metrics),
        log,
        end,
    };
    let keepers = tokio::spawn(pool::keep(workers, Arc::new(keeping)));
    let stop = stop_asked().context("cannot listen for signals")?;
    println!("genrefold listens on http://{address}");
    let told = Arc::clone(&service);
    let end = async move {
        stop.await;
        told.desk.close();
        log.info("stopping", json!({ "songs": told.desk.taken() }));
    };
    let grace = Duration::from_secs(args.limits.grace.into());
    let finished = listen::answer(listener, app::app(service), end, grace).await;
    drop(workers_wanted);
    keepers.await.context("the keepers of the workers failed")?;
    log.info("stopped", json!({ "finished": finished }));
    Ok(finished)
}

fn service(args: &ServeArgs, workers: usize, log: Log) -> Result<(Arc<Service>, mpsc::Receiver<Job>)> {
    let limits = &args.limits;
    limits.check().map_err(|text| anyhow!(Usage(text)))?;
    let token = token::find(args)?;
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| anyhow!("the system gives no random numbers: {error}"))?;
    let models = Models::look(args.model.as_deref())?;
    let memory = u64::from(limits.upload_memory) * MIB;
    let (desk, jobs) = Desk::new(DeskSize { workers, queue: limits.queue, memory });
    let largest_song = u64::from(limits.max_body) * MIB;
    let service = Service {
        guard: Guard::new(args.bind.ip(), token.as_deref(), &args.hosts, &secret),
        document: openapi::document(&models.genres, token.is_some())?,
        desk,
        models,
        largest_song,
        metrics: Arc::default(),
        log,
        runs: args.runs.clone().map(Runs::open).transpose()?,
    };
    Ok((Arc::new(service), jobs))
}

/// How workers are started.
fn orders(args: &ServeArgs, models: &Models) -> Result<Orders> {
    let limits = &args.limits;
    let mut arguments = vec![
        "worker".into(),
        format!("--max-bytes={}", u64::from(limits.max_body) * MIB).into(),
        format!("--max-seconds={}", limits.max_seconds).into(),
        format!("--memory={}", limits.worker_memory).into(),
    ];
    if let Some(model) = &args.model {
        arguments.extend(["--model".into(), model.clone().into_os_string()]);
    }
    Ok(Orders {
        program: std::env::current_exe().context("cannot find this program")?,
        arguments,
        fingerprint: models.fingerprint.clone(),
        time_limit: Duration::from_secs(limits.time_limit.into()),
    })
}

/// Waits for the first signal to stop; a second one ends the program at once.
fn stop_asked() -> Result<impl Future<Output = ()>> {
    let (sender, mut asked) = mpsc::unbounded_channel();
    ctrlc::set_handler(move || {
        if sender.is_closed() || sender.send(()).is_err() {
            std::process::exit(i32::from(crate::failure::INTERRUPTED));
        }
    })?;
    Ok(async move {
        asked.recv().await;
    })
}
