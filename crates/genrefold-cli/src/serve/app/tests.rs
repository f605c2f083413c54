//! The router, asked without a network; a task stands in for the workers.

use axum::http::header::{
    AUTHORIZATION, CONTENT_SECURITY_POLICY, COOKIE, ETAG, HOST, IF_NONE_MATCH, RETRY_AFTER,
};
use axum::http::request::Builder;
use bytes::Bytes;
use tower::ServiceExt;

use super::super::stand_in::{LARGEST, answer_songs, service};
use super::*;

type Tested = Result<(), Box<dyn std::error::Error>>;

const TOKEN: &str = "0123456789abcdef";

/// A service whose songs are answered.
fn answering() -> anyhow::Result<Router> {
    let (service, jobs) = service(None)?;
    tokio::spawn(answer_songs(jobs));
    Ok(app(service))
}

async fn ask(router: &Router, request: Request) -> Result<(Response, String), Box<dyn std::error::Error>> {
    let response = router.clone().oneshot(request).await?;
    let (parts, body) = response.into_parts();
    let text = String::from_utf8(to_bytes(body, 1 << 20).await?.to_vec())?;
    Ok((Response::from_parts(parts, Body::empty()), text))
}

fn post_song(query: &str) -> Builder {
    Request::post(format!("/v1/classify{query}"))
}

/// Status and kind of a request that is refused.
async fn refused(router: &Router, request: Request) -> Result<(u16, String), Box<dyn std::error::Error>> {
    let (response, text) = ask(router, request).await?;
    let object: Value = serde_json::from_str(&text)?;
    assert!(object["error"].as_str().is_some_and(|error| !error.is_empty()), "{text}");
    Ok((response.status().as_u16(), object["kind"].as_str().unwrap_or_default().to_owned()))
}

#[tokio::test]
async fn a_song_is_answered_raw_and_as_a_form_as_it_was_asked() -> Tested {
    let router = answering()?;
    let (response, text) = ask(&router, post_song("").body("good".into())?).await?;
    assert_eq!((response.status().as_u16(), text.as_str()), (200, r#"{"labels":true,"top":2}"#));
    let form =
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../a\"\r\n\r\ngood\r\n--x--\r\n";
    for query in ["?full=true&top_k=1", "?explain=true&top_k=1", "?timeline=true&spectrogram=false&top_k=1"] {
        let request =
            post_song(query).header(CONTENT_TYPE, "multipart/form-data; boundary=x").body(form.into())?;
        let (response, text) = ask(&router, request).await?;
        assert_eq!(
            (response.status().as_u16(), text.as_str()),
            (200, r#"{"labels":false,"top":1}"#),
            "{query}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_has_its_status_and_says_so() -> Tested {
    let router = answering()?;
    let form = |body: &'static str| {
        post_song("").header(CONTENT_TYPE, "multipart/form-data; boundary=x").body(Body::from(body))
    };
    let part = "--x\r\nContent-Disposition: form-data; name=\"song\"\r\n\r\ngood\r\n--x--\r\n";
    let typed = |media: &'static str| post_song("").header(CONTENT_TYPE, media).body("good".into());
    let large = vec![b'g'; LARGEST as usize + 1];
    let streamed =
        Body::from_stream(futures_util::stream::iter([Ok::<_, std::io::Error>(Bytes::from(large.clone()))]));
    let cases = [
        (post_song("?top_k=3").body("good".into())?, (400, "bad-query")),
        (post_song("?top_k=0").body("good".into())?, (400, "bad-query")),
        (post_song("?full=yes").body("good".into())?, (400, "bad-query")),
        (post_song("?loud=true").body("good".into())?, (400, "bad-query")),
        (form("--x--\r\n")?, (400, "bad-form")),
        (form("no form")?, (400, "bad-form")),
        (form(part)?, (400, "bad-form")),
        (typed("application/x-www-form-urlencoded")?, (415, "refused-type")),
        (typed("application/json")?, (415, "refused-type")),
        (typed("multipart/form-data")?, (400, "bad-form")),
        (post_song("").body(large.into())?, (413, "above-limit")),
        (post_song("").body(streamed)?, (413, "above-limit")),
        (post_song("").body("damaged".into())?, (422, "damaged")),
        (post_song("").body("text".into())?, (415, "unknown-format")),
        (Request::get("/v1/classify").body(Body::empty())?, (405, "wrong-method")),
        (Request::get("/etc/passwd").body(Body::empty())?, (404, "not-found")),
        (Request::get("/static/..%2f..%2fCargo.toml").body(Body::empty())?, (404, "not-found")),
        (Request::get("/v1/runs").body(Body::empty())?, (404, "not-found")),
        (Request::post("/v1/session").body("{}".into())?, (400, "bad-request")),
        (Request::get("/healthz").header(HOST, "evil.example").body(Body::empty())?, (403, "wrong-host")),
        (post_song("").header("origin", "http://evil.example").body("good".into())?, (403, "foreign-origin")),
    ];
    for (number, (request, (status, kind))) in cases.into_iter().enumerate() {
        assert_eq!(refused(&router, request).await?, (status, kind.to_owned()), "case {number}");
    }
    Ok(())
}

#[tokio::test]
async fn a_full_queue_says_when_to_come_back() -> Tested {
    let (service, _jobs) = service(None)?;
    let router = app(Arc::clone(&service));
    let seats = (service.desk.seat(1), service.desk.seat(1));
    let (response, text) = ask(&router, post_song("").body("good".into())?).await?;
    assert_eq!(
        (response.status().as_u16(), &response.headers()[RETRY_AFTER]),
        (503, &HeaderValue::from(1)),
        "{text}"
    );
    assert_eq!(
        refused(&router, Request::get("/readyz").body(Body::empty())?).await?,
        (503, "not-ready".into())
    );
    drop(seats);
    service.metrics.workers_up.up();
    assert_eq!(ask(&router, Request::get("/readyz").body(Body::empty())?).await?.0.status(), StatusCode::OK);
    service.desk.close();
    assert_eq!(refused(&router, post_song("").body("good".into())?).await?, (503, "shutting-down".into()));
    Ok(())
}

#[tokio::test]
async fn a_client_that_wants_events_hears_of_the_queue_the_progress_and_the_end() -> Tested {
    let router = answering()?;
    let events =
        |song: &'static str| post_song("").header("accept", "text/event-stream").body(Body::from(song));
    let (response, text) = ask(&router, events("good")?).await?;
    assert_eq!(response.headers()[CONTENT_TYPE], "text/event-stream");
    let expected = "event: queued\ndata: {\"ahead\":0}\n\n\
                    event: progress\ndata: {\"clips\":1,\"seconds\":5.0,\"total_seconds\":null}\n\n\
                    event: answer\ndata: {\"labels\":true,\"top\":2}\n\n";
    assert_eq!(text, expected);
    let (_, text) = ask(&router, events("damaged")?).await?;
    assert!(
        text.ends_with("event: error\ndata: {\"error\":\"broken\",\"kind\":\"damaged\",\"status\":422}\n\n"),
        "{text}"
    );
    Ok(())
}

#[tokio::test]
async fn with_a_token_only_the_page_and_the_probes_are_open() -> Tested {
    let router = app(service(Some(TOKEN))?.0);
    for path in ["/", "/model", "/runs", "/runs/x", "/static/style.css", "/healthz", "/openapi.json"] {
        assert_eq!(
            ask(&router, Request::get(path).body(Body::empty())?).await?.0.status(),
            StatusCode::OK,
            "{path}"
        );
    }
    for path in ["/metrics", "/v1/models", "/v1/genres", "/v1/runs", "/v1/runs/x", "/runs/x/report"] {
        assert_eq!(
            refused(&router, Request::get(path).body(Body::empty())?).await?,
            (401, "no-token".into()),
            "{path}"
        );
        let known = Request::get(path).header(AUTHORIZATION, format!("Bearer {TOKEN}")).body(Body::empty())?;
        assert_ne!(ask(&router, known).await?.0.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(refused(&router, post_song("").body("good".into())?).await?.0, 401);
    let login =
        |token: &str| Request::post("/v1/session").body(Body::from(json!({ "token": token }).to_string()));
    assert_eq!(refused(&router, login("fedcba9876543210")?).await?.0, 401);
    let (response, _) = ask(&router, login(TOKEN)?).await?;
    let cookie = response.headers()[SET_COOKIE].to_str()?;
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && !cookie.contains(TOKEN),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().unwrap_or_default();
    let known = Request::get("/v1/genres").header(COOKIE, cookie).body(Body::empty())?;
    assert_eq!(ask(&router, known).await?.1, r#"["blues","rock"]"#);
    Ok(())
}

#[tokio::test]
async fn every_answer_forbids_what_it_does_not_need_and_files_have_tags() -> Tested {
    let router = answering()?;
    for path in ["/", "/static/style.css", "/healthz", "/nowhere"] {
        let (response, _) = ask(&router, Request::get(path).body(Body::empty())?).await?;
        let policy = response.headers()[CONTENT_SECURITY_POLICY].to_str()?;
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    }
    let (response, text) = ask(&router, Request::get("/").body(Body::empty())?).await?;
    assert!(text.starts_with("<!doctype html>"));
    let again = Request::get("/").header(IF_NONE_MATCH, &response.headers()[ETAG]).body(Body::empty())?;
    let (response, text) = ask(&router, again).await?;
    assert_eq!((response.status(), text.as_str()), (StatusCode::NOT_MODIFIED, ""));
    Ok(())
}

#[tokio::test]
async fn the_document_lists_every_route_and_no_other() -> Tested {
    let router = answering()?;
    let (_, text) = ask(&router, Request::get("/openapi.json").body(Body::empty())?).await?;
    let document: Value = serde_json::from_str(&text)?;
    let paths = document["paths"].as_object().ok_or("no paths")?;
    let mut listed: Vec<&str> = paths.keys().map(String::as_str).collect();
    let source = include_str!("../app.rs");
    let mut routes: Vec<&str> =
        source.split(".route(\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0)).collect();
    listed.sort_unstable();
    routes.sort_unstable();
    assert_eq!(listed, routes);
    for (path, operations) in paths {
        for method in operations.as_object().ok_or("no operations")?.keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes())?;
            let request =
                Request::builder().method(method).uri(path.replace(['{', '}'], "")).body(Body::empty())?;
            let status = ask(&router, request).await?.0.status();
            assert_ne!(status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        }
    }
    assert_eq!(document["components"]["schemas"]["Genre"]["enum"], json!(["blues", "rock"]));
    assert_eq!(document["components"]["parameters"]["TopK"]["schema"]["maximum"], 2);
    Ok(())
}
