//! The part of an address that names something.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use super::refusal::Refusal;

/// A run or a file, as the client calls it: looked up among what there is, never part of a path.
pub struct Name(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let name = Path::<String>::from_request_parts(parts, state).await;
        let odd = |error: axum::extract::rejection::PathRejection| {
            Refusal::new(
                "bad-request",
                format!("the name in the address cannot be read: {}", error.body_text()),
            )
        };
        name.map(|Path(name)| Name(name)).map_err(odd)
    }
}
