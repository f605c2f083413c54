//! Why a request gets no answer, and the status that it gets instead.

use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use genrefold::answer::Outcome;
use serde_json::{Value, json};

/// A request that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// One word, as in the answers of `genrefold classify --json`.
    pub kind: String,
    /// What was found, what was expected, what to do.
    pub message: String,
    /// When trying again makes sense, seconds; for a service that is busy.
    pub retry_after: Option<u64>,
}

impl Refusal {
    /// A refusal of this kind.
    pub fn new(kind: &str, message: impl Into<String>) -> Self {
        Refusal { kind: kind.into(), message: message.into(), retry_after: None }
    }

    /// From what a worker says of a song.
    pub fn of_song(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Failed { error, kind } => Refusal::new(&kind, error),
            Outcome::Judged(_) => {
                Refusal::new("internal", "a worker failed with an answer; please report this fault")
            }
        }
    }

    /// The only place where kinds become statuses.
    pub fn status(&self) -> StatusCode {
        match self.kind.as_str() {
            "bad-query" | "bad-form" | "bad-request" => StatusCode::BAD_REQUEST,
            "no-token" => StatusCode::UNAUTHORIZED,
            "wrong-host" | "foreign-origin" => StatusCode::FORBIDDEN,
            "not-found" => StatusCode::NOT_FOUND,
            "wrong-method" => StatusCode::METHOD_NOT_ALLOWED,
            "slow-upload" => StatusCode::REQUEST_TIMEOUT,
            "above-limit" => StatusCode::PAYLOAD_TOO_LARGE,
            "refused-type" | "unknown-format" => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "damaged" | "too-short" | "silent" | "too-long-to-decode" | "worker-died" => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            "queue-full" | "shutting-down" | "not-ready" => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The object that says it.
    pub fn object(&self) -> Value {
        json!({ "error": self.message, "kind": self.kind })
    }

    /// The object with the status in it, for where the status line has been sent already.
    pub fn event(&self) -> Value {
        json!({ "error": self.message, "kind": self.kind, "status": self.status().as_u16() })
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status(), axum::Json(self.object())).into_response();
        let headers = response.headers_mut();
        if self.status() == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Of an address that is there for another method; the router adds which.
pub async fn wrong_method() -> Refusal {
    Refusal::new(
        "wrong-method",
        "this address does not take that method; the header Allow says which it takes",
    )
}

/// Of an address that is not there.
pub async fn not_found() -> Refusal {
    Refusal::new("not-found", "nothing lies at this address; /openapi.json lists those that there are")
}

#[cfg(test)]
mod tests {
    use genrefold::Error;

    use super::*;

    #[test]
    fn whatever_is_wrong_with_a_song_is_the_clients_to_mend() {
        let damaged = Error::Damaged { found: "x".into() };
        let unknown = Error::UnknownFormat { found: "x".into(), hint: "y".into() };
        let long = Error::AboveLimit { what: "length in seconds", found: 2, allowed: 1 };
        let short = Error::TooShort { found: 0.1, needed: 0.5 };
        let silent = Error::Silent { peak: 0.0, floor: 0.1 };
        let expected = [(damaged, 422), (unknown, 415), (long, 413), (short, 422), (silent, 422)];
        for (error, status) in expected {
            let refusal = Refusal::of_song(Outcome::from(&error));
            assert_eq!((refusal.status().as_u16(), refusal.message), (status, error.to_string()));
        }
    }
}
