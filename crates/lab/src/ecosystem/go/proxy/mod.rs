//! A module proxy on the loopback (<https://go.dev/ref/mod#goproxy-protocol>) that has the candidate, and shows
//! everything else as it was at one time.
//!
//! The go command asks it first. It serves the packed modules itself; of all others it answers only what can
//! change by itself, lists and latest versions, and keeps each answer for all who come after. What a version has
//! is for ever the same, so that it leaves to the next proxy: what it does not have is not found. Its address has
//! a random part that nobody else on the machine knows.

use super::pack::Packed;
use super::paths as names;
use crate::overlay::snapshot::{Answer, Record};
use crate::overlay::upstream::{Unreachable, Upstream, decoded, highest, version};
use allclear_core::text::hex;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::Response;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{ErrorKind, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// The longest path of an address that is looked at.
const LONGEST: usize = 2048;
/// The most bytes of a file that is served: those of a module zip.
const MOST: u64 = 500 << 20;
/// How many requests are worked on at once.
const AT_ONCE: usize = 8;

/// Where all other modules come from.
#[derive(Debug, Clone)]
pub struct World {
    /// The GOPROXY of the caller, such as `https://proxy.golang.org,direct`. What `direct` finds, where no proxy
    /// has it, is neither cut off nor recorded.
    pub upstream: String,
    /// The environment of the caller, of which `curl` gets what says how to get to the network.
    pub env: Vec<(OsString, OsString)>,
    /// The folder of recorded lists and latest versions: one folder is one world.
    pub record: PathBuf,
    /// A cache of downloads to serve from where there is no network: `cache/download` of a GOMODCACHE.
    pub downloads: Option<PathBuf>,
    /// The cut-off: no version that is later is chosen, by the time that proxies know, which is that of its commit.
    pub until: Timestamp,
    /// Whether only what is recorded and downloaded is served.
    pub offline: bool,
}

/// The overlay, served on 127.0.0.1 until dropped.
#[derive(Debug)]
pub struct Overlay {
    url: String,
    go_proxy: String,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Overlay {
    /// Serves packed modules on top of the world.
    pub fn serve(packed: Vec<Packed>, world: World) -> std::io::Result<Self> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(std::io::Error::other)?;
        let token = hex(&random);
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}/{token}", listener.local_addr()?);
        let upstream = world.upstream.trim_matches([',', '|', ' ']);
        let go_proxy =
            if world.offline || upstream.is_empty() { url.clone() } else { format!("{url},{upstream}") };
        let shared = Arc::new(Shared {
            token,
            packed: RwLock::new(packed),
            record: Record::new(world.record),
            reach: if world.offline {
                Reach::Downloads(world.downloads)
            } else {
                Reach::Network(Upstream::new(upstream, &world.env, world.until))
            },
            floated: Mutex::default(),
            ears: AtomicU64::new(0),
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(AT_ONCE)
            .build()?;
        let app = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new().name("overlay".into()).spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                // It ends with the runtime, whatever connections are open.
                let _serving = runtime.spawn(async move { axum::serve(listener, app).await });
                let _ = stopped.await;
            });
            runtime.shutdown_background();
        })?;
        Ok(Self { url, go_proxy, shared, stop: Some(stop), thread: Some(thread) })
    }

    /// Gives its address: `http://127.0.0.1:PORT/TOKEN`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Gives the GOPROXY to use: the overlay, then what the caller has; without a network the overlay alone.
    pub fn go_proxy(&self) -> String {
        self.go_proxy.clone()
    }

    /// Serves one more version.
    pub fn add(&self, packed: Packed) {
        let mut all = self.shared.packed.write().unwrap_or_else(PoisonError::into_inner);
        if !all.iter().any(|known| known.path == packed.path && known.version == packed.version) {
            all.push(packed);
        }
    }

    /// Tells whether a version of a module is served by the overlay itself.
    pub fn has(&self, path: &str, version: &str) -> bool {
        let all = self.shared.packed.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().any(|known| known.path == path && known.version == version)
    }

    /// Opens an address of its own for one who asks, so that it can be told what they asked for.
    pub fn ear(&self) -> Ear {
        let n = self.shared.ears.fetch_add(1, Ordering::Relaxed) + 1;
        let url = format!("{}/{n}", self.url);
        let go_proxy = self.go_proxy.replacen(&self.url, &url, 1);
        Ear { n, url, go_proxy, shared: Arc::clone(&self.shared) }
    }
}

/// An address of the overlay's that one asker has for itself.
#[derive(Debug)]
pub struct Ear {
    n: u64,
    url: String,
    go_proxy: String,
    shared: Arc<Shared>,
}

impl Ear {
    /// Gives the address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Gives the GOPROXY to use, as [`Overlay::go_proxy`].
    pub fn go_proxy(&self) -> &str {
        &self.go_proxy
    }

    /// Tells whether something that can change by itself was asked for here: which versions of another module
    /// there are, or what a name that is no version means.
    pub fn floated(&self) -> bool {
        self.shared.floated.lock().unwrap_or_else(PoisonError::into_inner).contains(&self.n)
    }
}

impl Drop for Overlay {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[derive(Debug)]
struct Shared {
    token: String,
    packed: RwLock<Vec<Packed>>,
    record: Record,
    reach: Reach,
    /// Who asked for what can change by itself.
    floated: Mutex<BTreeSet<u64>>,
    ears: AtomicU64,
}

#[derive(Debug)]
enum Reach {
    Network(Upstream),
    Downloads(Option<PathBuf>),
}

/// One question of the proxy protocol, checked.
#[derive(Debug, PartialEq, Eq)]
struct Ask {
    /// At whose address; 0 is nobody's.
    ear: u64,
    /// The module path, escaped.
    module: String,
    what: What,
}

#[derive(Debug, PartialEq, Eq)]
enum What {
    List,
    Latest,
    /// A file of a version or of what else names a commit.
    File {
        version: String,
        kind: Kind,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Info,
    Mod,
    Zip,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Mod => "mod",
            Self::Zip => "zip",
        }
    }
}

impl Ask {
    /// Reads the path of an address; `None` for whatever is none of the protocol's.
    fn read(path: &str, token: &str) -> Option<Self> {
        if path.len() > LONGEST {
            return None;
        }
        let path = path.strip_prefix('/')?.strip_prefix(token)?.strip_prefix('/')?;
        // The go command encodes `!`; nobody needs to encode what divides a path.
        if path.to_ascii_lowercase().contains("%2f") {
            return None;
        }
        let path = decoded(path)?;
        let own = path.split_once('/').and_then(|(first, rest)| Some((first.parse::<u64>().ok()?, rest)));
        let (ear, path) = own.unwrap_or((0, path.as_str()));
        let (module, what) = match path.strip_suffix("/@latest") {
            Some(module) => (module, What::Latest),
            None => {
                let (module, file) = path.split_once("/@v/")?;
                (module, if file == "list" { What::List } else { What::file(file)? })
            }
        };
        names::check_module(&names::unescaped(module)?).ok()?;
        Some(Self { ear, module: module.to_owned(), what })
    }
}

impl What {
    fn file(name: &str) -> Option<Self> {
        let (version, extension) = name.rsplit_once('.')?;
        let kind = [Kind::Info, Kind::Mod, Kind::Zip].into_iter().find(|kind| kind.name() == extension)?;
        let version = names::unescaped(version)?;
        let one_name = !version.contains(['/', '!']) && names::check_file(&version).is_ok();
        one_name.then_some(Self::File { version, kind })
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return said(Reply::Method);
    }
    let ask = Ask::read(request.uri().path(), &shared.token).filter(|_| request.uri().query().is_none());
    let Some(ask) = ask else { return said(Reply::NotFound) };
    let reply = tokio::task::spawn_blocking(move || shared.answer(&ask)).await;
    said(reply.unwrap_or(Reply::Broken))
}

/// What is answered. The go command goes on to its next proxy where something is not found, and nowhere else.
enum Reply {
    Found(Kind, Vec<u8>),
    List(Vec<u8>),
    NotFound,
    TooNew,
    Unreachable(Unreachable),
    Method,
    Broken,
}

fn said(reply: Reply) -> Response {
    let words = |text: &'static str| ("text/plain; charset=utf-8", Body::from(text));
    let (status, (content_type, body)) = match reply {
        Reply::Found(Kind::Info, bytes) => (StatusCode::OK, ("application/json", bytes.into())),
        Reply::Found(Kind::Zip, bytes) => (StatusCode::OK, ("application/zip", bytes.into())),
        Reply::Found(Kind::Mod, bytes) | Reply::List(bytes) => {
            (StatusCode::OK, ("text/plain; charset=utf-8", bytes.into()))
        }
        Reply::NotFound => (StatusCode::NOT_FOUND, words("not found: not in the overlay\n")),
        Reply::TooNew => (StatusCode::FORBIDDEN, words("every version is later than the cut-off\n")),
        Reply::Unreachable(Unreachable::Proxy) => {
            (StatusCode::BAD_GATEWAY, words("the proxy behind the overlay gave no answer\n"))
        }
        Reply::Unreachable(Unreachable::Curl) => {
            (StatusCode::BAD_GATEWAY, words("curl could not be started; install it: apt install curl\n"))
        }
        Reply::Method => (StatusCode::METHOD_NOT_ALLOWED, words("the overlay is only read\n")),
        Reply::Broken => (StatusCode::INTERNAL_SERVER_ERROR, words("the overlay failed\n")),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    response
}

impl Shared {
    fn answer(&self, ask: &Ask) -> Reply {
        let module = ask.module.as_str();
        let packed = self.packed.read().unwrap_or_else(PoisonError::into_inner).clone();
        let ours: Vec<&Packed> =
            packed.iter().filter(|packed| names::escaped(&packed.path) == module).collect();
        match &ask.what {
            What::List if ours.is_empty() => self.floating(ask.ear, self.list(module), Reply::List),
            What::Latest if ours.is_empty() => {
                self.floating(ask.ear, self.latest(module), |bytes| Reply::Found(Kind::Info, bytes))
            }
            What::List => match self.merged(module, &ours) {
                Ok(list) => Reply::List(list.into_bytes()),
                Err(reply) => reply,
            },
            What::Latest => match self.merged(module, &ours) {
                Ok(list) => match highest(&list) {
                    Some(version) => self.file(ask.ear, module, &ours, &version, Kind::Info),
                    None => Reply::NotFound,
                },
                Err(reply) => reply,
            },
            What::File { version, kind } => self.file(ask.ear, module, &ours, version, *kind),
        }
    }

    fn floating(&self, ear: u64, answer: Result<Answer, Reply>, found: impl Fn(Vec<u8>) -> Reply) -> Reply {
        self.floated.lock().unwrap_or_else(PoisonError::into_inner).insert(ear);
        match answer {
            Ok(Answer::Found(bytes)) => found(bytes),
            Ok(Answer::Missing) => Reply::NotFound,
            Ok(Answer::TooNew) => Reply::TooNew,
            Err(reply) => reply,
        }
    }

    fn list(&self, module: &str) -> Result<Answer, Reply> {
        self.recorded(&format!("{module}/@v/list"), |upstream| upstream.list(module))
    }

    fn latest(&self, module: &str) -> Result<Answer, Reply> {
        self.recorded(&format!("{module}/@latest"), |upstream| upstream.latest(module))
    }

    /// Answers from the record; what is not there is asked for once, and put there.
    fn recorded(
        &self,
        path: &str,
        ask: impl Fn(&Upstream) -> Result<Answer, Unreachable>,
    ) -> Result<Answer, Reply> {
        if let Some(answer) = self.record.find(path).map_err(|_| Reply::Broken)? {
            return Ok(answer);
        }
        match &self.reach {
            Reach::Downloads(_) => Ok(Answer::Missing),
            Reach::Network(upstream) => {
                let answer = ask(upstream).map_err(Reply::Unreachable)?;
                self.record.keep(path, answer).map_err(|_| Reply::Broken)
            }
        }
    }

    /// Lists a packed module: what is there anyway, and what is packed.
    fn merged(&self, module: &str, ours: &[&Packed]) -> Result<String, Reply> {
        let before = match self.list(module)? {
            Answer::Found(list) => String::from_utf8_lossy(&list).into_owned(),
            Answer::Missing | Answer::TooNew => String::new(),
        };
        let there = before.lines().filter_map(|line| line.split_whitespace().next());
        let mut all: Vec<&str> = there.chain(ours.iter().map(|packed| packed.version.as_str())).collect();
        all.sort_by_key(|text| version(text));
        all.dedup();
        Ok(all.into_iter().flat_map(|text| [text, "\n"]).collect())
    }

    fn file(&self, ear: u64, module: &str, ours: &[&Packed], named: &str, kind: Kind) -> Reply {
        let found = match ours.iter().find(|packed| packed.version == named) {
            Some(packed) => match kind {
                Kind::Info => Ok(Some(info(packed))),
                Kind::Mod => Ok(Some(packed.go_mod.clone())),
                Kind::Zip => std::fs::read(&packed.zip).map(Some),
            },
            None if version(named).is_none() => {
                self.floated.lock().unwrap_or_else(PoisonError::into_inner).insert(ear);
                self.downloaded(module, named, kind)
            }
            None if kind == Kind::Info => match self.stat(module, named) {
                Ok(Answer::Found(bytes)) => Ok(Some(bytes)),
                Ok(Answer::Missing | Answer::TooNew) => self.downloaded(module, named, kind),
                Err(reply) => return reply,
            },
            None => self.downloaded(module, named, kind),
        };
        match found {
            Ok(Some(bytes)) => Reply::Found(kind, bytes),
            Ok(None) => Reply::NotFound,
            Err(_) => Reply::Broken,
        }
    }

    /// Gives what is said of a version where the module's list came from here: the go command asks both of one
    /// proxy, and would go on to the next with all of its question.
    fn stat(&self, module: &str, version: &str) -> Result<Answer, Reply> {
        match self.record.find(&format!("{module}/@v/list")).map_err(|_| Reply::Broken)? {
            Some(Answer::Found(_)) => {
                let path = format!("{module}/@v/{}.info", names::escaped(version));
                self.recorded(&path, |upstream| upstream.stat(module, version))
            }
            Some(Answer::Missing | Answer::TooNew) | None => Ok(Answer::Missing),
        }
    }

    fn downloaded(&self, module: &str, named: &str, kind: Kind) -> std::io::Result<Option<Vec<u8>>> {
        match &self.reach {
            Reach::Downloads(Some(folder)) => {
                let name = format!("{}.{}", names::escaped(named), kind.name());
                read(&folder.join(module).join("@v").join(name))
            }
            Reach::Downloads(None) | Reach::Network(_) => Ok(None),
        }
    }
}

/// Says when a packed module was made, as the protocol has it.
fn info(packed: &Packed) -> Vec<u8> {
    serde_json::json!({ "Version": packed.version, "Time": packed.time.to_string() }).to_string().into_bytes()
}

/// Reads a file; `None` where there is none.
fn read(path: &Path) -> std::io::Result<Option<Vec<u8>>> {
    match std::fs::File::open(path) {
        Ok(file) => {
            let mut bytes = Vec::new();
            file.take(MOST + 1).read_to_end(&mut bytes)?;
            if bytes.len() as u64 > MOST { Err(ErrorKind::FileTooLarge.into()) } else { Ok(Some(bytes)) }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
