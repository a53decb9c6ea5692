//! A promotion over http, where each request takes as long as one across an ocean.

use crate::promote::{FLOOR, SMALL, Way, in_turn, released, template};
use crate::table::Table;
use crate::world::{Lab, Ran};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const LATENCY: Duration = Duration::from_millis(200);
/// So many requests more than the floor's are allowed.
const MORE: usize = 5;

pub(crate) fn run(lab: &Lab, rounds: usize, table: &mut Table) {
    let template = template(lab, "http", SMALL);
    lab.git(&template, &["config", "http.receivepack", "true"]);
    let web = Web::open(lab.at(""));
    // How many requests each of them took, the last time.
    let [ours, floor] = [RefCell::new(0), RefCell::new(0)];
    let by_allclear = |lab: &Lab, _: &Path| {
        let clone = clone(lab, &web, &["-n"]);
        lab.until_clear(&clone);
        web.count(&ours, || lab.allclear(&clone, &["promote", "1.1.0", "--yes"]))
    };
    let by_floor = |lab: &Lab, _: &Path| {
        let clone = clone(lab, &web, &["--bare"]);
        web.count(&floor, || lab.run("sh", &["-c", FLOOR], &clone))
    };
    let ways: [Way<'_>; 2] = [("allclear", &by_allclear), ("floor", &by_floor)];
    let samples = in_turn(lab, &template, rounds.min(5), &ways, &released);
    let other = format!("bare git commands, one push: {}", samples[1]);
    let ratio = format!("{:.2}×", samples[0].over(&samples[1]));
    table.row("promote over http, 200 ms a request", samples[0].to_string(), other, ratio, "", None);
    let (ours, floor) = (ours.into_inner(), floor.into_inner());
    table.row(
        "its requests",
        ours.to_string(),
        format!("bare git commands, one push: {floor}"),
        format!("{} more", ours.saturating_sub(floor)),
        &format!("≤ {MORE} more"),
        Some(ours <= floor + MORE),
    );
}

fn clone(lab: &Lab, web: &Web, how: &[&str]) -> PathBuf {
    let (url, dir) = (format!("http://127.0.0.1:{}/server.git", web.port), lab.at("clone"));
    lab.git(&lab.at(""), &[&["clone", "-q"], how, &["--", &url, &dir.display().to_string()]].concat());
    dir
}

/// A web server just large enough for `git http-backend`: one request a connection.
struct Web {
    port: u16,
    requests: Arc<AtomicUsize>,
}

impl Web {
    /// Serves the repositories of a directory. It ends with the process.
    fn open(root: PathBuf) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("this machine has a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::SeqCst);
                let root = root.clone();
                std::thread::spawn(move || answer(stream, &root));
            }
        });
        Self { port, requests }
    }

    fn count(&self, into: &RefCell<usize>, run: impl FnOnce() -> Ran) -> Ran {
        self.requests.store(0, Ordering::SeqCst);
        let ran = run();
        *into.borrow_mut() = self.requests.load(Ordering::SeqCst);
        ran
    }
}

/// Answers one request, late. A client that went away is its own affair.
fn answer(stream: TcpStream, root: &Path) -> Option<()> {
    std::thread::sleep(LATENCY);
    let mut out = stream.try_clone().ok()?;
    let mut input = BufReader::new(stream);
    let mut line = String::new();
    input.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?, words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        input.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let header = |name: &str| headers.get(name).map_or("", String::as_str);
    if header("expect").eq_ignore_ascii_case("100-continue") {
        out.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
    }
    let mut body = Vec::new();
    if header("transfer-encoding") == "chunked" {
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
    } else {
        input.by_ref().take(header("content-length").parse().unwrap_or(0)).read_to_end(&mut body).ok()?;
    }
    let length = body.len().to_string();
    let answer = backend(
        &[
            ("GIT_PROJECT_ROOT", &root.display().to_string()),
            ("REQUEST_METHOD", method),
            ("PATH_INFO", path),
            ("QUERY_STRING", query),
            ("CONTENT_TYPE", header("content-type")),
            ("CONTENT_LENGTH", &length),
            ("HTTP_CONTENT_ENCODING", header("content-encoding")),
            ("GIT_PROTOCOL", header("git-protocol")),
        ],
        body,
    )?;
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]);
    let status = head.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK");
    let rest: String =
        head.lines().filter(|line| !line.starts_with("Status: ")).map(|line| format!("{line}\r\n")).collect();
    let body = &answer[end + 4..];
    write!(out, "HTTP/1.1 {status}\r\n{rest}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len())
        .ok()?;
    out.write_all(body).ok()
}

#[allow(clippy::disallowed_methods, reason = "a web server of the benchmarks starts its backend")]
fn backend(vars: &[(&str, &str)], body: Vec<u8>) -> Option<Vec<u8>> {
    let mut command = Command::new("git");
    command.arg("http-backend").env_clear().env("PATH", std::env::var_os("PATH")?);
    command.env("GIT_HTTP_EXPORT_ALL", "1").env("GIT_CONFIG_NOSYSTEM", "1").env("REMOTE_USER", "mira");
    command.env("REMOTE_ADDR", "127.0.0.1").env("SERVER_PROTOCOL", "HTTP/1.1").envs(vars.iter().copied());
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let mut stdin = child.stdin.take()?;
    let feeder = std::thread::spawn(move || drop(stdin.write_all(&body)));
    let output = child.wait_with_output().ok()?;
    drop(feeder.join());
    Some(output.stdout)
}
