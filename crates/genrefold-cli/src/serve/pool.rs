//! The workers: processes that judge songs, watched, killed when they hang, and replaced.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use genrefold::answer::Outcome;
use serde_json::json;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::desk::{Job, News, Pace};
use super::log::Log;
use super::metrics::Metrics;
use super::refusal::Refusal;
use super::worker::Progress;
use super::worker::frames::{Kind, receive, send};

/// How long a worker may take to load its model.
const STARTUP: Duration = Duration::from_secs(30);
/// Between two attempts to start a worker that does not come up.
const AGAIN: Duration = Duration::from_secs(1);

/// How workers are started, and how long they may take.
#[derive(Debug, Clone)]
pub struct Orders {
    /// This program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// What the workers' model must be.
    pub fingerprint: String,
    /// How long a song may take.
    pub time_limit: Duration,
}

/// What all keepers share.
pub struct Keeping {
    /// How workers are started.
    pub orders: Orders,
    /// Where songs come from.
    pub jobs: Mutex<mpsc::Receiver<Job>>,
    /// How long songs take.
    pub pace: Pace,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What is told.
    pub log: Log,
    /// Closed when the workers are to end, whatever they are doing.
    pub end: watch::Receiver<()>,
}

impl Keeping {
    /// Comes back when the workers are to end.
    async fn ended(&self) {
        // Nothing is ever sent: the channel only closes.
        let _ = self.end.clone().changed().await;
    }
}

/// Keeps so many workers at work until they are to end, and waits until they have.
pub async fn keep(workers: usize, keeping: Arc<Keeping>) {
    let mut keepers = JoinSet::new();
    (0..workers).for_each(|_| drop(keepers.spawn(keep_one(Arc::clone(&keeping)))));
    while keepers.join_next().await.is_some() {}
}

/// Keeps one worker at work, and another in its place when it has to go.
async fn keep_one(keeping: Arc<Keeping>) {
    loop {
        let started = tokio::select! {
            started = Worker::start(&keeping.orders) => started,
            () = keeping.ended() => return,
        };
        let mut worker = match started {
            Ok(worker) => worker,
            Err(error) => {
                keeping.log.error("worker-does-not-start", json!({ "found": error.to_string() }));
                sleep(AGAIN).await;
                continue;
            }
        };
        keeping.metrics.workers_up.up();
        let end = tokio::select! {
            end = serve(&mut worker, &keeping) => end,
            () = keeping.ended() => None,
        };
        keeping.metrics.workers_up.down();
        worker.end().await;
        let Some(reason) = end else { return };
        keeping.metrics.replaced(reason);
        keeping.log.error("worker-replaced", json!({ "reason": reason }));
    }
}

/// Gives a worker songs until it has to go, and says why; nothing when there will be no more songs.
async fn serve(worker: &mut Worker, keeping: &Keeping) -> Option<&'static str> {
    loop {
        let job = tokio::select! {
            // A worker that has died is not given a song that would be blamed for it.
            biased;
            _ = worker.child.wait() => return Some("died"),
            job = async { keeping.jobs.lock().await.recv().await } => job?,
        };
        // Nobody would read the answer.
        if job.news.is_closed() {
            continue;
        }
        let begun = Instant::now();
        keeping.metrics.workers_busy.up();
        let judged = worker.judge(&job, keeping.orders.time_limit).await;
        keeping.metrics.workers_busy.down();
        keeping.pace.note(begun.elapsed());
        let reason = judged.gone;
        tell(keeping, &job, begun.elapsed(), &judged);
        // There is room for it always, or a client that does not read would hold the worker; one that has left hears
        // nothing.
        let _ = job.news.try_send(News::Done(judged.answer));
        if reason.is_some() {
            return reason;
        }
    }
}

fn tell(keeping: &Keeping, job: &Job, took: Duration, judged: &Judged) {
    let outcome = judged.answer.as_ref().map_or_else(|refusal| refusal.kind.as_str(), |_| "judged");
    keeping.metrics.song(outcome, judged.heard, took);
    keeping.log.info(
        "song",
        json!({
            "outcome": outcome,
            "bytes": job.song.len(),
            "seconds": judged.heard.map(|heard| heard.seconds),
            "clips": judged.heard.map(|heard| heard.clips),
            "milliseconds": took.as_millis() as u64,
        }),
    );
}

/// What became of a song.
struct Judged {
    answer: Result<Bytes, Refusal>,
    /// How far it came.
    heard: Option<Progress>,
    /// Why the worker cannot go on, if it cannot.
    gone: Option<&'static str>,
}

/// A process that judges songs.
struct Worker {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
}

impl Worker {
    /// Starts it and waits until it has its model.
    async fn start(orders: &Orders) -> io::Result<Self> {
        let mut command = Command::new(&orders.program);
        command.args(&orders.arguments).env_remove(super::TOKEN_VARIABLE).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // Ctrl-C in a terminal goes to the service alone, which lets its workers finish.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn()?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (Some(input), Some(output)) = (input, output) else {
            return Err(io::Error::other("a worker without pipes"));
        };
        let mut worker = Worker { child, input, output };
        let ready = timeout(STARTUP, receive(&mut worker.output)).await;
        let ready =
            ready.map_err(|_| io::Error::other(format!("not ready after {} s", STARTUP.as_secs())))??;
        if ready.kind != Kind::Ready || ready.payload != orders.fingerprint.as_bytes() {
            let found =
                "the worker has another model than the service: its file has changed; start the service anew";
            return Err(io::Error::other(found));
        }
        Ok(worker)
    }

    /// Has a song judged within the time limit.
    async fn judge(&mut self, job: &Job, limit: Duration) -> Judged {
        let mut heard = None;
        let answer = match timeout(limit, self.ask(job, &mut heard)).await {
            Ok(Ok(answer)) => return Judged { answer, heard, gone: None },
            Ok(Err(_)) => {
                let how = self.how_it_died().await;
                let text = format!(
                    "the file ended the process that read it ({how}); get a better copy, or convert it"
                );
                Refusal::new("worker-died", text)
            }
            Err(_) => {
                let limit = limit.as_secs();
                let text =
                    format!("no answer within {limit} s, which is the limit; cut the song, or convert it");
                Refusal::new("too-long-to-decode", text)
            }
        };
        let gone = if answer.kind == "worker-died" { "died" } else { "too-long" };
        Judged { answer: Err(answer), heard, gone: Some(gone) }
    }

    /// Sends the song and passes on what comes back.
    async fn ask(&mut self, job: &Job, heard: &mut Option<Progress>) -> io::Result<Result<Bytes, Refusal>> {
        send(&mut self.input, Kind::Ask, &serde_json::to_vec(&job.ask)?).await?;
        send(&mut self.input, Kind::Song, &job.song).await?;
        loop {
            let frame = receive(&mut self.output).await?;
            match frame.kind {
                Kind::Progress => {
                    let progress = serde_json::from_slice(&frame.payload)?;
                    *heard = Some(progress);
                    // A client that reads slowly misses some: the last place is the answer's.
                    if job.news.capacity() > 1 {
                        let _ = job.news.try_send(News::Progress(progress));
                    }
                }
                Kind::Answer => return Ok(Ok(frame.payload.into())),
                Kind::Failed => {
                    return Ok(Err(Refusal::of_song(serde_json::from_slice::<Outcome>(&frame.payload)?)));
                }
                Kind::Ready | Kind::Ask | Kind::Song => return Err(io::Error::other("a frame out of turn")),
            }
        }
    }

    /// How its process ended, in words; it has closed its pipes, so the end is near.
    async fn how_it_died(&mut self) -> String {
        match timeout(AGAIN, self.child.wait()).await {
            Ok(Ok(status)) => words(status),
            _ => "it broke off".into(),
        }
    }

    /// Ends it, whatever it is doing.
    async fn end(mut self) {
        // It may have ended by itself.
        let _ = self.child.kill().await;
    }
}

fn words(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("signal {signal}");
    }
    status.code().map_or("no exit code".into(), |code| format!("exit code {code}"))
}
