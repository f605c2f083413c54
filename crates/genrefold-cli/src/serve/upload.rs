//! A song on its way in: kept in memory, bounded in size and time. Its name is never looked at.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http_body_util::Limited;
use tokio::time::timeout;

use super::refusal::Refusal;

/// The most that the frame of a form adds to its file, bytes.
const FORM_FRAME: u64 = 16 << 10;
/// How long a client may pause, and how long it may take in all.
const PAUSE: Duration = Duration::from_secs(15);
const WHOLE: Duration = Duration::from_secs(300);
/// The one field of a form.
const FIELD: &str = "file";

/// How the song comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// The body is the file.
    Raw,
    /// A form with the file in its field `file`.
    Form,
}

/// What is coming, as the headers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announced {
    /// How it comes.
    pub shape: Shape,
    /// The most bytes of the file that there can be.
    pub most_bytes: u64,
}

impl Announced {
    /// Reads the headers.
    ///
    /// # Errors
    /// A type that is not taken, or a length above the limit.
    pub fn of(headers: &HeaderMap, limit: u64) -> Result<Self, Refusal> {
        let shape = shape(headers)?;
        let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let room = if shape == Shape::Form { limit + FORM_FRAME } else { limit };
        match length {
            Some(length) if length > room => Err(too_large(limit)),
            length => Ok(Announced { shape, most_bytes: length.unwrap_or(limit).min(limit) }),
        }
    }

    /// Reads the song.
    ///
    /// # Errors
    /// More bytes than the limit, a form that is not as it should be, a client that takes too long or breaks off.
    pub async fn read(self, request: Request, limit: u64) -> Result<Bytes, Refusal> {
        let reading = async {
            match self.shape {
                Shape::Raw => raw(request.into_body().into_data_stream(), limit).await,
                Shape::Form => form(request, limit).await,
            }
        };
        timeout(WHOLE, reading).await.unwrap_or_else(|_| Err(slow(WHOLE)))
    }
}

/// What a client may call a song. Its bytes decide what it is.
fn shape(headers: &HeaderMap) -> Result<Shape, Refusal> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(Shape::Raw) };
    let value = value.to_str().unwrap_or_default().to_ascii_lowercase();
    let media = value.split(';').next().unwrap_or_default().trim();
    match media {
        "multipart/form-data" => Ok(Shape::Form),
        "application/octet-stream" | "application/ogg" => Ok(Shape::Raw),
        _ if media.starts_with("audio/") || media.starts_with("video/") => Ok(Shape::Raw),
        "application/x-www-form-urlencoded" => Err(Refusal::new(
            "refused-type",
            "the header Content-Type says application/x-www-form-urlencoded, as curl's --data-binary does by itself; say \
             audio/*, application/octet-stream or multipart/form-data, with curl by -F file=@FILE",
        )),
        _ => Err(Refusal::new(
            "refused-type",
            "the header Content-Type names no sound; expected audio/*, video/*, application/ogg, application/octet-stream, \
             multipart/form-data, or no such header",
        )),
    }
}

async fn raw(mut body: BodyDataStream, limit: u64) -> Result<Bytes, Refusal> {
    let mut song = BytesMut::new();
    while let Some(piece) = timeout(PAUSE, body.next()).await.map_err(|_| slow(PAUSE))? {
        append(&mut song, &piece.map_err(broken_off)?, limit)?;
    }
    Ok(song.freeze())
}

async fn form(request: Request, limit: u64) -> Result<Bytes, Refusal> {
    let (parts, body) = request.into_parts();
    let room = usize::try_from(limit + FORM_FRAME).unwrap_or(usize::MAX);
    let mut request = Request::from_parts(parts, Body::new(Limited::new(body, room)));
    DefaultBodyLimit::disable().apply(&mut request);
    let mut form =
        Multipart::from_request(request, &()).await.map_err(|error| bad_form(&error.body_text()))?;
    let mut found = None;
    while let Some(field) = in_time(form.next_field(), limit).await? {
        if field.name() != Some(FIELD) {
            return Err(bad_form("a part of another name"));
        }
        if found.is_some() {
            return Err(bad_form("a second part"));
        }
        found = Some(content(field, limit).await?);
    }
    found.ok_or_else(|| bad_form("a form without a part"))
}

async fn content(mut field: Field<'_>, limit: u64) -> Result<Bytes, Refusal> {
    let mut song = BytesMut::new();
    while let Some(piece) = in_time(field.chunk(), limit).await? {
        append(&mut song, &piece, limit)?;
    }
    Ok(song.freeze())
}

/// The next of a form, if it comes in time.
async fn in_time<T>(next: impl Future<Output = Result<T, MultipartError>>, limit: u64) -> Result<T, Refusal> {
    let next = timeout(PAUSE, next).await.map_err(|_| slow(PAUSE))?;
    next.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(limit),
        _ => bad_form(&error.body_text()),
    })
}

fn bad_form(found: &str) -> Refusal {
    let text = format!("{found}; expected multipart/form-data with one part, named \"{FIELD}\"");
    Refusal::new("bad-form", text)
}

fn append(song: &mut BytesMut, piece: &[u8], limit: u64) -> Result<(), Refusal> {
    if (song.len() + piece.len()) as u64 > limit {
        return Err(too_large(limit));
    }
    song.extend_from_slice(piece);
    Ok(())
}

fn too_large(limit: u64) -> Refusal {
    let text = format!(
        "the file has more than {limit} bytes; cut or convert it, or start the service with a larger --max-body"
    );
    Refusal::new("above-limit", text)
}

fn slow(waited: Duration) -> Refusal {
    Refusal::new("slow-upload", format!("the file did not come within {} s; send it again", waited.as_secs()))
}

fn broken_off(_: axum::Error) -> Refusal {
    Refusal::new("bad-request", "the file broke off on its way; send it again")
}
