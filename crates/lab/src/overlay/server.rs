//! Serves a registry on the loopback until it is dropped.
//!
//! Its address has a random part that nobody else on the machine knows. A resolver can get an address of its
//! own, so that it is known what it asked for.

use super::upstream::Unreachable;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::Response;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// Longer paths are not answered.
const MAX_PATH: usize = 2048;
const AT_ONCE: usize = 8;

/// The protocol of a registry.
pub(crate) trait Registry: std::fmt::Debug + Send + Sync {
    /// It may block.
    fn answer(&self, query: &Query<'_>) -> Reply;
}

#[derive(Debug)]
pub(crate) struct Query<'a> {
    /// Below the registry's own address, still percent-encoded.
    pub(crate) path: &'a str,
    floating: Cell<bool>,
}

impl Query<'_> {
    /// Notes that the answer changes by itself, such as a list of versions.
    pub(crate) fn floats(&self) {
        self.floating.set(true);
    }
}

#[derive(Debug)]
pub(crate) enum Reply {
    /// A document and its content type.
    Found(&'static str, Vec<u8>),
    NotFound,
    /// All of it is later than the cut-off.
    TooNew,
    /// A registry behind it did not answer.
    Unreachable,
    Failed,
}

impl From<Unreachable> for Reply {
    fn from(Unreachable: Unreachable) -> Self {
        Self::Unreachable
    }
}

#[derive(Debug)]
pub(crate) struct Server {
    url: String,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    token: String,
    registry: Arc<dyn Registry>,
    clients: AtomicU64,
    /// The clients that asked for something that changes by itself.
    floating: Mutex<BTreeSet<u64>>,
}

impl Server {
    /// Serves a registry on a free port of 127.0.0.1.
    pub(crate) fn start(registry: Arc<dyn Registry>) -> std::io::Result<Self> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(std::io::Error::other)?;
        let token = base16ct::lower::encode_string(&random);
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}/{token}", listener.local_addr()?);
        let (clients, floating) = (AtomicU64::new(0), Mutex::default());
        let shared = Arc::new(Shared { token, registry, clients, floating });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(AT_ONCE)
            .build()?;
        let app = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new().name("overlay".into()).spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                // It ends with the runtime, even with open connections.
                let _serving = runtime.spawn(async move { axum::serve(listener, app).await });
                let _ = stopped.await;
            });
            runtime.shutdown_background();
        })?;
        Ok(Self { url, shared, stop: Some(stop), thread: Some(thread) })
    }

    /// `http://127.0.0.1:PORT/TOKEN`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn client(&self) -> Client {
        let number = self.shared.clients.fetch_add(1, Ordering::Relaxed) + 1;
        Client { number, url: format!("{}/{number}", self.url), shared: Arc::clone(&self.shared) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// An address that one client has for itself.
#[derive(Debug)]
pub(crate) struct Client {
    number: u64,
    url: String,
    shared: Arc<Shared>,
}

impl Client {
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Tells whether it asked for something that changes by itself.
    pub(crate) fn is_floating(&self) -> bool {
        self.shared.floating.lock().unwrap_or_else(PoisonError::into_inner).contains(&self.number)
    }
}

impl Shared {
    /// Splits a path into the number of the client, 0 if it has none, and the rest.
    fn split<'a>(&self, path: &'a str) -> Option<(u64, &'a str)> {
        let path = path.strip_prefix('/')?.strip_prefix(&self.token)?.strip_prefix('/')?;
        let own = path.split_once('/').and_then(|(first, rest)| Some((first.parse().ok()?, rest)));
        Some(own.unwrap_or((0, path)))
    }

    fn answer(&self, client: u64, path: &str) -> Reply {
        let query = Query { path, floating: Cell::new(false) };
        let reply = self.registry.answer(&query);
        if query.floating.get() {
            self.floating.lock().unwrap_or_else(PoisonError::into_inner).insert(client);
        }
        reply
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return text(StatusCode::METHOD_NOT_ALLOWED, "the overlay is only read\n");
    }
    let path = request.uri().path();
    let known = shared.split(path).filter(|_| request.uri().query().is_none() && path.len() <= MAX_PATH);
    let Some((client, path)) = known else { return response(Reply::NotFound) };
    let path = path.to_owned();
    let reply = tokio::task::spawn_blocking(move || shared.answer(client, &path)).await;
    response(reply.unwrap_or(Reply::Failed))
}

/// Resolvers go on to their next registry if something is not found, and for no other status.
fn response(reply: Reply) -> Response {
    match reply {
        Reply::Found(content_type, bytes) => respond(StatusCode::OK, content_type, bytes.into()),
        Reply::NotFound => text(StatusCode::NOT_FOUND, "not found: not in the overlay\n"),
        Reply::TooNew => text(StatusCode::FORBIDDEN, "every version is later than the cut-off\n"),
        Reply::Unreachable => text(StatusCode::BAD_GATEWAY, "the proxy behind the overlay gave no answer\n"),
        Reply::Failed => text(StatusCode::INTERNAL_SERVER_ERROR, "the overlay failed\n"),
    }
}

fn text(status: StatusCode, text: &'static str) -> Response {
    respond(status, "text/plain; charset=utf-8", Body::from(text))
}

fn respond(status: StatusCode, content_type: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    response
}
