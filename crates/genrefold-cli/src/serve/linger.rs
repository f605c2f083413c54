//! A request that is refused before its body is read: the rest of the body is taken in and thrown away, for a while. A
//! client that is still sending would otherwise see a broken connection instead of the refusal.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::EXPECT;
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::time::timeout;

/// How long, and how many bytes.
const PATIENCE: Duration = Duration::from_secs(5);
const MOST: usize = 256 << 20;

/// A body that the request and this module share; the request reads it first.
#[derive(Clone)]
struct Shared(Arc<Mutex<Inner>>);

struct Inner {
    body: Body,
    /// Whether anybody has asked for some of it.
    touched: bool,
}

impl Shared {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpBody for Shared {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut inner = self.inner();
        inner.touched = true;
        Pin::new(&mut inner.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner().body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner().body.size_hint()
    }
}

/// Answers the request, then takes in what it did not read.
pub async fn linger(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let asks_first = request.headers().contains_key(EXPECT);
    let (parts, body) = request.into_parts();
    let rest = Shared(Arc::new(Mutex::new(Inner { body, touched: false })));
    let response = next.run(Request::from_parts(parts, Body::new(rest.clone()))).await;
    // A client that waits for a word before it sends is not given it now.
    let never_sent = asks_first && !rest.inner().touched;
    if !never_sent {
        // A client that is slower sees the connection end.
        let _ = timeout(PATIENCE, drain(rest)).await;
    }
    response
}

async fn drain(mut rest: Shared) {
    let mut taken = 0;
    while taken < MOST
        && !rest.is_end_stream()
        && let Some(Ok(frame)) = rest.frame().await
    {
        taken += frame.data_ref().map_or(0, Bytes::len);
    }
}
