//! The page's files, which lie inside the program.

use std::sync::LazyLock;

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::headers::PAGE_POLICY;
use super::name::Name;
use super::refusal::{Refusal, not_found};

/// A file: its name below `/static/`, its bytes.
struct Asset {
    name: &'static str,
    bytes: &'static [u8],
}

macro_rules! assets {
    ($($name:literal),* $(,)?) => {
        [$(Asset { name: $name, bytes: include_bytes!(concat!("../../page/", $name)) }),*]
    };
}

const INDEX: Asset = Asset { name: "index.html", bytes: include_bytes!("../../page/index.html") };

/// All of them, in the order of their names.
const ASSETS: &[Asset] = &assets![
    "announce.js",
    "chart.js",
    "colours.css",
    "colours.js",
    "confusion.js",
    "curves.js",
    "dom.js",
    "download.js",
    "drop.js",
    "events.js",
    "explanation.js",
    "format.js",
    "icon.svg",
    "knowledge.js",
    "main.js",
    "model.js",
    "pages.css",
    "parts.css",
    "player.js",
    "queue.js",
    "row.js",
    "runs.js",
    "service.js",
    "song.css",
    "song.js",
    "songs.css",
    "songs.js",
    "spectrogram.js",
    "style.css",
    "table.css",
    "table.js",
    "tables.js",
    "theme.js",
    "timeline.js",
    "token.js",
    "upload.js",
    "verdict.js",
];

/// Their tags, in the same order, and that of the index at the end.
static TAGS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let tag = |asset: &Asset| tag_of(asset.bytes);
    ASSETS.iter().chain([&INDEX]).map(tag).collect()
});

/// A tag that changes with the content.
pub fn tag_of(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    format!("\"{}\"", digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>())
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

/// The page.
pub async fn index(headers: HeaderMap) -> Response {
    answer(&INDEX, ASSETS.len(), &headers)
}

/// One of its files.
///
/// # Errors
/// There is no file of that name.
pub async fn file(Name(name): Name, headers: HeaderMap) -> Result<Response, Refusal> {
    match ASSETS.iter().position(|asset| asset.name == name) {
        Some(place) => Ok(answer(&ASSETS[place], place, &headers)),
        None => Err(not_found().await),
    }
}

fn answer(asset: &Asset, place: usize, headers: &HeaderMap) -> Response {
    let tag = TAGS.get(place).map_or("", String::as_str);
    tagged(headers, tag, content_type(asset.name), PAGE_POLICY, asset.bytes)
}

/// A file of this tag, unless the client has it already.
pub fn tagged(
    headers: &HeaderMap,
    tag: &str,
    content_type: &'static str,
    policy: &'static str,
    content: impl IntoResponse,
) -> Response {
    let tag = HeaderValue::from_str(tag).unwrap_or(HeaderValue::from_static("\"\""));
    let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let known =
        known.is_some_and(|known| known.split(',').any(|known| known.trim().as_bytes() == tag.as_bytes()));
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { content.into_response() };
    let headers = response.headers_mut();
    headers.insert(ETAG, tag);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_page_is_in_the_program() -> std::io::Result<()> {
        let mut found = Vec::new();
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("page"))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let shipped = [".css", ".js", ".svg"].iter().any(|end| name.ends_with(end));
            if shipped {
                found.push(name);
            }
        }
        found.sort();
        assert_eq!(ASSETS.iter().map(|asset| asset.name).collect::<Vec<_>>(), found);
        Ok(())
    }
}
