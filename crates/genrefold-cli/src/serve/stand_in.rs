//! A service without processes behind it, for tests and for `fuzz/`: a task answers its songs.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;
use tokio::sync::mpsc::Receiver;

use super::app::Service;
use super::args::LogForm;
use super::desk::{Desk, DeskSize, Job, News};
use super::guard::Guard;
use super::log::Log;
use super::models::Models;
use super::openapi;
use super::refusal::Refusal;
use super::worker::{Form, Progress};

/// The most bytes of a song.
pub const LARGEST: u64 = 1000;

/// The service, whose songs come out of the receiver.
///
/// # Errors
/// The OpenAPI document cannot be read.
pub fn service(token: Option<&str>) -> anyhow::Result<(Arc<Service>, Receiver<Job>)> {
    let (desk, jobs) = Desk::new(DeskSize { workers: 1, queue: 1, memory: 1 << 20 });
    let genres = vec!["blues".to_owned(), "rock".to_owned()];
    let service = Service {
        document: openapi::document(&genres, token.is_some())?,
        models: Models {
            fingerprint: "ab".into(),
            genres,
            list: json!([{ "id": "ab", "embedded": true, "card": {} }]),
        },
        desk,
        largest_song: LARGEST,
        guard: Guard::new(IpAddr::from([127, 0, 0, 1]), token, &[], b"secret"),
        metrics: Arc::default(),
        log: Log(LogForm::None),
        runs: None,
    };
    Ok((Arc::new(service), jobs))
}

/// Answers songs by their first letter, as workers would.
pub async fn answer_songs(mut jobs: Receiver<Job>) {
    while let Some(job) = jobs.recv().await {
        let progress = Progress { seconds: 5.0, clips: 1, total_seconds: None };
        let said = match job.song.first() {
            Some(b'g') => Ok(Bytes::from(
                json!({ "top": job.ask.top, "labels": job.ask.form == Form::Labels }).to_string(),
            )),
            Some(b'd') => Err(Refusal::new("damaged", "broken")),
            _ => Err(Refusal::new("unknown-format", "no song")),
        };
        let _ = job.news.send(News::Progress(progress)).await;
        let _ = job.news.send(News::Done(said)).await;
    }
}
