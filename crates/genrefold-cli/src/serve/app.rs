//! Which address answers what.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::classify::classify;
use super::desk::Desk;
use super::guard::{COOKIE_NAME, Guard};
use super::linger::linger;
use super::log::Log;
use super::metrics::Metrics;
use super::models::Models;
use super::name::Name;
use super::refusal::{Refusal, not_found, wrong_method};
use super::runs::Runs;
use super::{assets, headers};

/// What all answers need.
pub struct Service {
    /// What judges.
    pub models: Models,
    /// Where songs wait.
    pub desk: Desk,
    /// The most bytes of a song.
    pub largest_song: u64,
    /// Who may ask.
    pub guard: Guard,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What is told.
    pub log: Log,
    /// Runs to show, if there are any.
    pub runs: Option<Runs>,
    /// The OpenAPI document.
    pub document: String,
}

/// The most bytes of a request for a cookie.
const LONGEST_LOGIN: usize = 4096;

type Shared = State<Arc<Service>>;

/// The service as a router.
pub fn app(service: Arc<Service>) -> Router {
    let token = from_fn_with_state(Arc::clone(&service), check_token);
    let behind_the_token = Router::new()
        .route("/metrics", get(metrics))
        .route("/v1/classify", post(classify))
        .route("/v1/models", get(models))
        .route("/v1/genres", get(genres))
        .route("/v1/runs", get(runs))
        .route("/v1/runs/{name}", get(run))
        .route("/runs/{name}/report", get(report))
        .route_layer(token);
    let open = Router::new()
        .route("/", get(assets::index))
        .route("/model", get(assets::index))
        .route("/runs", get(assets::index))
        .route("/runs/{name}", get(assets::index))
        .route("/static/{file}", get(assets::file))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/openapi.json", get(document))
        .route("/v1/session", post(session));
    behind_the_token
        .merge(open)
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(Arc::clone(&service), check_origin))
        .layer(from_fn(headers::add))
        .layer(from_fn(linger))
        .layer(from_fn_with_state(Arc::clone(&service), observe))
        .with_state(service)
}

/// Counts and tells every request. The log holds patterns of addresses, never what a client wrote.
async fn observe(State(service): Shared, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = known_method(request.method());
    let response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), begun.elapsed());
    service.metrics.request(&route, method, status, took);
    if !is_probe(&route) || status >= 500 {
        let milliseconds = (took.as_secs_f64() * 1e4).round() / 10.0;
        let fields =
            json!({ "method": method, "route": route, "status": status, "milliseconds": milliseconds });
        service.log.info("request", fields);
    }
    response
}

/// What asks every few seconds is not worth a line.
fn is_probe(route: &str) -> bool {
    matches!(route, "/healthz" | "/readyz" | "/metrics")
}

/// A client may invent methods; they are counted as one.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

async fn check_origin(State(service): Shared, request: Request, next: Next) -> Response {
    match service.guard.check_origin(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

async fn check_token(State(service): Shared, request: Request, next: Next) -> Response {
    match service.guard.check_token(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

async fn healthz() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

async fn readyz(State(service): Shared) -> Result<Json<Value>, Refusal> {
    if service.metrics.workers_up.now() > 0 && service.desk.has_room() {
        return Ok(Json(json!({ "status": "ready" })));
    }
    let text = "no worker is up, the queue is full, or the service is shutting down; ask again";
    Err(Refusal { retry_after: Some(1), ..Refusal::new("not-ready", text) })
}

async fn metrics(State(service): Shared) -> Response {
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(CONTENT_TYPE, kind)], service.metrics.text(&service.desk)).into_response()
}

async fn document(State(service): Shared) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], service.document.clone()).into_response()
}

async fn models(State(service): Shared) -> Json<Value> {
    Json(service.models.list.clone())
}

async fn genres(State(service): Shared) -> Json<Vec<String>> {
    Json(service.models.genres.clone())
}

/// What a browser sends to get its cookie.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    token: String,
}

async fn session(State(service): Shared, headers: HeaderMap, body: Body) -> Result<Response, Refusal> {
    let body = to_bytes(body, LONGEST_LOGIN).await.map_err(|_| {
        Refusal::new(
            "above-limit",
            format!("a body of more than {LONGEST_LOGIN} bytes; expected a token and no more"),
        )
    })?;
    let login: Login = serde_json::from_slice(&body).map_err(|error| {
        Refusal::new(
            "bad-request",
            format!("the body cannot be read ({error}); expected {{\"token\": \"TOKEN\"}}"),
        )
    })?;
    let Some(session) = service.guard.session(&login.token)? else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    // Behind a proxy that speaks HTTPS, the cookie stays with HTTPS.
    let secure = headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
    let secure = if secure { "; Secure" } else { "" };
    let cookie = format!("{COOKIE_NAME}={session}; Path=/; HttpOnly; SameSite=Strict{secure}");
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response())
}

async fn runs(State(service): Shared) -> Result<Response, Refusal> {
    let listed = of_runs(&service, |runs| Ok(Some(runs.list()))).await?;
    Ok(Json(listed).into_response())
}

async fn run(State(service): Shared, Name(name): Name) -> Result<Response, Refusal> {
    let detail = of_runs(&service, move |runs| runs.detail(&name)).await?;
    Ok(Json(detail).into_response())
}

async fn report(State(service): Shared, Name(name): Name, headers: HeaderMap) -> Result<Response, Refusal> {
    let (tag, page) = of_runs(&service, move |runs| runs.report(&name)).await?;
    let html = "text/html; charset=utf-8";
    Ok(assets::tagged(&headers, &tag, html, headers::REPORT_POLICY, page.to_string()))
}

/// Asks something of the runs' folder, beside the threads that answer requests.
async fn of_runs<T: Send + 'static>(
    service: &Arc<Service>,
    ask: impl FnOnce(&Runs) -> anyhow::Result<Option<T>> + Send + 'static,
) -> Result<T, Refusal> {
    if service.runs.is_none() {
        let text = "this service shows no runs; start it with --runs FOLDER";
        return Err(Refusal::new("not-found", text));
    }
    let shared = Arc::clone(service);
    let asked = tokio::task::spawn_blocking(move || shared.runs.as_ref().map_or(Ok(None), ask)).await;
    let trouble = |error: &dyn std::fmt::Display| {
        service.log.error("runs", json!({ "found": error.to_string() }));
        Refusal::new("internal", "the run's files cannot be read; the service's log says why")
    };
    let found = asked.map_err(|error| trouble(&error))?.map_err(|error| trouble(&format!("{error:#}")))?;
    found.ok_or_else(|| Refusal::new("not-found", "no run of that name; /v1/runs lists those that there are"))
}

#[cfg(test)]
mod tests;
