//! Connections: taken in up to a number, given up on when they do not speak, and finished in good order at the end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

/// Connections at once; more wait in the system's queue.
const MOST_CONNECTIONS: usize = 1024;
/// How long a client may take to say what it wants, also on a connection that is kept.
const HEADERS_WITHIN: Duration = Duration::from_secs(20);
/// After the system refused a connection, for want of file handles or the like.
const BREATH: Duration = Duration::from_millis(100);

/// Listens at an address, and says which it is: for port 0 the system chooses one.
///
/// # Errors
/// The system refuses.
pub async fn bind(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Answers until `end` comes, then takes nothing new and waits for the answers under way, but not longer than `grace`.
/// Whether all of them were given.
pub async fn answer(
    listener: TcpListener,
    router: Router,
    end: impl Future<Output = ()>,
    grace: Duration,
) -> bool {
    let connections = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    tokio::pin!(end);
    loop {
        tokio::select! {
            accepted = accept(&listener, &places) => match accepted {
                Ok((stream, place)) => attend(stream, place, router.clone(), &connections),
                Err(_) => sleep(BREATH).await,
            },
            () = &mut end => break,
        }
    }
    drop(listener);
    timeout(grace, connections.shutdown()).await.is_ok()
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, place))
}

fn attend(stream: TcpStream, place: OwnedSemaphorePermit, router: Router, connections: &GracefulShutdown) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let watched = connections.watch(connection);
    tokio::spawn(async move {
        // How a client breaks off is its own affair.
        let _ = watched.await;
        drop(place);
    });
}
