//! The service as `fuzz/` asks it.

use std::cell::RefCell;
use std::sync::Arc;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::runtime::Runtime;

use super::app::{Service, app};
use super::stand_in::{answer_songs, service};

/// What lies between client and service, bytes.
const PIPE: usize = 1 << 16;

struct House {
    runtime: Runtime,
    service: Arc<Service>,
    router: Router,
}

thread_local! {
    static HOUSE: RefCell<House> = RefCell::new(house());
}

fn house() -> House {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (service, jobs) = service(None).expect("a service");
    runtime.spawn(answer_songs(jobs));
    House { runtime, router: app(Arc::clone(&service)), service }
}

/// Sends bytes over a connection, closes its way in, and reads what comes back.
///
/// # Panics
/// If that is no HTTP, or if a song keeps its place.
pub fn connection(bytes: &[u8]) {
    HOUSE.with_borrow(|house| {
        let answer = house.runtime.block_on(exchange(house.router.clone(), bytes));
        let line = answer.split(|&byte| byte == b'\r').next().unwrap_or_default();
        let status = line.strip_prefix(b"HTTP/1.").and_then(|rest| rest.get(2..5));
        let status = status.and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<u16>().ok());
        assert!(answer.is_empty() || status.is_some_and(|status| (100..600).contains(&status)), "{line:?}");
        assert_eq!(house.service.desk.taken(), 0, "a song keeps its place");
    });
}

async fn exchange(router: Router, bytes: &[u8]) -> Vec<u8> {
    let (mut client, server) = tokio::io::duplex(PIPE);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new());
    let connection = http.serve_connection(TokioIo::new(server), TowerToHyperService::new(router));
    // How a client breaks off is its own affair.
    let (answer, _) = tokio::join!(talk(&mut client, bytes), connection);
    answer
}

async fn talk(client: &mut DuplexStream, bytes: &[u8]) -> Vec<u8> {
    let (mut reading, mut writing) = tokio::io::split(client);
    let send = async {
        // The service may have hung up.
        let _ = writing.write_all(bytes).await;
        let _ = writing.shutdown().await;
    };
    let mut answer = Vec::new();
    let _ = tokio::join!(send, reading.read_to_end(&mut answer));
    answer
}
