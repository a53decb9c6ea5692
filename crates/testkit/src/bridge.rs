//! A web server just large enough for `git http-backend`: one thread a connection, CGI over pipes.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// How the server misbehaves.
#[derive(Debug, Default)]
pub struct Moods {
    /// It asks everybody for a password and takes none.
    pub locked: AtomicBool,
    /// It answers that it is unavailable to every push.
    pub overloaded: AtomicBool,
    /// It takes the next push that moves master, and answers nothing from then on.
    pub dies_after_push: AtomicBool,
    /// It hangs up on everybody.
    pub dead: AtomicBool,
}

/// A web server over a directory.
pub struct Bridge {
    port: u16,
    pub moods: Arc<Moods>,
    /// How many requests it got.
    pub requests: Arc<AtomicUsize>,
}

struct Request {
    method: String,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Bridge {
    /// Serves the repositories of a directory on a free port of this machine, each answer so late.
    pub fn open(root: &Path, late: Duration) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let bridge = Self { port, moods: Arc::default(), requests: Arc::default() };
        let (root, moods, requests) =
            (root.to_path_buf(), Arc::clone(&bridge.moods), Arc::clone(&bridge.requests));
        // It ends with the process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                requests.fetch_add(1, Ordering::SeqCst);
                let (root, moods) = (root.clone(), Arc::clone(&moods));
                std::thread::spawn(move || {
                    std::thread::sleep(late);
                    answer(stream, &root, &moods)
                });
            }
        });
        bridge
    }

    /// Gives the address of the repository `server.git`, which has to have `http.receivepack`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/server.git", self.port)
    }
}

/// Answers one request. A client that went away is its own affair.
fn answer(stream: TcpStream, root: &PathBuf, moods: &Moods) -> Option<()> {
    if moods.dead.load(Ordering::SeqCst) {
        return None;
    }
    let mut out = stream.try_clone().ok()?;
    let request = read(stream, &mut out)?;
    if moods.locked.load(Ordering::SeqCst) {
        let head = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"git\"\r\n";
        return write!(out, "{head}Content-Length: 0\r\nConnection: close\r\n\r\n").ok();
    }
    let is_push = request.path.ends_with("/git-receive-pack");
    if is_push && moods.overloaded.load(Ordering::SeqCst) {
        let head = "HTTP/1.1 503 Service Unavailable\r\n";
        return write!(out, "{head}Content-Length: 0\r\nConnection: close\r\n\r\n").ok();
    }
    let moves_master = is_push && contains(&request.body, b" refs/heads/master");
    let (status, headers, body) = cgi(&request, root)?;
    if moves_master && moods.dies_after_push.swap(false, Ordering::SeqCst) {
        moods.dead.store(true, Ordering::SeqCst);
        return None;
    }
    write!(out, "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len())
        .ok()?;
    out.write_all(&body).ok()
}

fn contains(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|w| w == part)
}

fn read(stream: TcpStream, out: &mut TcpStream) -> Option<Request> {
    let mut input = BufReader::new(stream);
    let mut line = String::new();
    input.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let (path, query) = (path.to_owned(), query.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        input.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    if headers.get("expect").is_some_and(|e| e.eq_ignore_ascii_case("100-continue")) {
        out.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
    }
    let mut body = Vec::new();
    if headers.get("transfer-encoding").is_some_and(|t| t == "chunked") {
        loop {
            let mut size = String::new();
            input.read_line(&mut size).ok()?;
            let size = u64::from_str_radix(size.trim(), 16).ok()?;
            input.by_ref().take(size).read_to_end(&mut body).ok()?;
            input.read_line(&mut String::new()).ok()?;
            if size == 0 {
                break;
            }
        }
    } else if let Some(length) = headers.get("content-length").and_then(|l| l.parse().ok()) {
        input.by_ref().take(length).read_to_end(&mut body).ok()?;
    }
    Some(Request { method, path, query, headers, body })
}

#[allow(clippy::disallowed_methods, reason = "a web server starts its backend")]
/// Runs the backend, and gives status, headers and body of its answer.
fn cgi(request: &Request, root: &PathBuf) -> Option<(String, String, Vec<u8>)> {
    let header = |name: &str| request.headers.get(name).cloned().unwrap_or_default();
    let mut command = Command::new("git");
    command.arg("http-backend").env_clear().env("PATH", std::env::var_os("PATH")?);
    command.env("GIT_PROJECT_ROOT", root).env("GIT_HTTP_EXPORT_ALL", "1").env("GIT_CONFIG_NOSYSTEM", "1");
    command.env("REMOTE_ADDR", "127.0.0.1").env("REMOTE_USER", "mira").env("SERVER_PROTOCOL", "HTTP/1.1");
    command.env("REQUEST_METHOD", &request.method).env("PATH_INFO", &request.path);
    command.env("QUERY_STRING", &request.query).env("CONTENT_TYPE", header("content-type"));
    command.env("CONTENT_LENGTH", request.body.len().to_string());
    command.env("HTTP_CONTENT_ENCODING", header("content-encoding"));
    command.env("GIT_PROTOCOL", header("git-protocol")).env("HOME", root.join("home"));
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let (mut stdin, body) = (child.stdin.take()?, request.body.clone());
    let feeder = std::thread::spawn(move || drop(stdin.write_all(&body)));
    let output = child.wait_with_output().ok()?;
    drop(feeder.join());
    let end = output.stdout.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&output.stdout[..end]).into_owned();
    let mut status = "200 OK".to_owned();
    let mut headers = String::new();
    for line in head.lines() {
        match line.strip_prefix("Status: ") {
            Some(other) => other.clone_into(&mut status),
            None => headers.push_str(&format!("{line}\r\n")),
        }
    }
    Some((status, headers, output.stdout[end + 4..].to_vec()))
}
