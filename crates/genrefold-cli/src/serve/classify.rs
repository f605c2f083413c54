//! `POST /v1/classify`: a song in, its genre out.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

use super::app::Service;
use super::desk::News;
use super::refusal::Refusal;
use super::upload::Announced;
use super::worker::{Ask, Form};

/// How many labels are given if the client does not say.
const USUAL_LABELS: usize = 5;
/// A stream of events never stays silent for longer, or proxies would think it dead.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);
const EVENT_STREAM: &str = "text/event-stream";

/// What can be asked for in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Questions {
    top_k: Option<usize>,
    full: bool,
    timeline: bool,
    spectrogram: bool,
    explain: bool,
}

impl Questions {
    /// The same for a worker of a model with so many genres.
    ///
    /// # Errors
    /// More genres than there are, or none.
    fn ask(&self, genres: usize) -> Result<Ask, Refusal> {
        let top = self.top_k.unwrap_or(USUAL_LABELS.min(genres));
        if !(1..=genres).contains(&top) {
            let text = format!("top_k is {top}; expected 1 to {genres}, the number of genres");
            return Err(Refusal::new("bad-query", text));
        }
        let Questions { timeline, spectrogram, explain: explanation, .. } = *self;
        let full = self.full || timeline || spectrogram || explanation;
        let form = if full { Form::Full { timeline, spectrogram, explanation } } else { Form::Labels };
        Ok(Ask { top, form })
    }
}

/// Takes a song to the desk and brings back what becomes of it: in one piece, or as events.
///
/// # Errors
/// Whatever is wrong with the request or the song, except where events have begun.
pub async fn classify(
    State(service): State<Arc<Service>>,
    questions: Result<Query<Questions>, QueryRejection>,
    request: Request,
) -> Result<Response, Refusal> {
    let Query(questions) = questions.map_err(|error| bad_query(&error))?;
    let ask = questions.ask(service.models.genres.len())?;
    let events = wants_events(request.headers());
    let announced = Announced::of(request.headers(), service.largest_song)?;
    let seat = service.desk.seat(announced.most_bytes)?;
    let song = announced.read(request, service.largest_song).await?;
    let ahead = service.desk.waiting();
    let news = service.desk.submit(ask, song, seat)?;
    if events { Ok(as_events(ahead, news)) } else { in_one_piece(news).await }
}

fn bad_query(error: &QueryRejection) -> Refusal {
    let text = format!(
        "{}; expected top_k=NUMBER, full, timeline, spectrogram and explain, the last four true or false",
        error.body_text()
    );
    Refusal::new("bad-query", text)
}

fn wants_events(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|media| media.trim().starts_with(EVENT_STREAM))
}

async fn in_one_piece(mut news: Receiver<News>) -> Result<Response, Refusal> {
    while let Some(heard) = news.recv().await {
        if let News::Done(answer) = heard {
            let headers = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
            return Ok((headers, answer?).into_response());
        }
    }
    Err(cut_off())
}

/// The service ends before the song does.
fn cut_off() -> Refusal {
    let text = "the service ended before the song was judged; send it again";
    Refusal { retry_after: Some(1), ..Refusal::new("shutting-down", text) }
}

fn as_events(ahead: usize, news: Receiver<News>) -> Response {
    let first = event("queued", json!({ "ahead": ahead }).to_string().as_bytes());
    let events = stream::unfold((Some(first), Some(news)), |(first, news)| async move {
        if let Some(first) = first {
            return Some((Ok::<_, std::convert::Infallible>(first), (None, news)));
        }
        let mut news = news?;
        let (event, last) = match timeout(SIGN_OF_LIFE, news.recv()).await {
            Err(_) => (Bytes::from_static(b":\n\n"), false),
            Ok(Some(News::Progress(progress))) => {
                (event("progress", json!(progress).to_string().as_bytes()), false)
            }
            Ok(Some(News::Done(Ok(answer)))) => (event("answer", &answer), true),
            Ok(Some(News::Done(Err(refusal)))) => (failure(refusal.event()), true),
            Ok(None) => (failure(cut_off().event()), true),
        };
        Some((Ok(event), (None, (!last).then_some(news))))
    });
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(EVENT_STREAM)),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, Body::from_stream(events)).into_response()
}

fn failure(refusal: Value) -> Bytes {
    event("error", refusal.to_string().as_bytes())
}

/// One event; `data` is JSON without line breaks.
fn event(name: &str, data: &[u8]) -> Bytes {
    [b"event: ", name.as_bytes(), b"\ndata: ", data, b"\n\n"].concat().into()
}
