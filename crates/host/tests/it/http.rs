//! The client with real servers: what it sends, whom it trusts, and where it stops.

use allclear_host::http::{Answer, Client, Error, Limits};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

const LIMITS: Limits =
    Limits { connect: Duration::from_secs(10), total: Duration::from_secs(30), redirects: 2, body: 100 };

/// A server on this machine that gives one answer a connection, and tells what it was asked.
struct Server {
    port: u16,
    asked: JoinHandle<Vec<String>>,
}

/// How the connections of a server are.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Plain,
    Tls,
    /// One that leads to a TLS server of the same machine.
    Proxy,
}

impl Server {
    /// Serves answers: a status line and headers, and a body behind an empty line.
    fn new(kind: Kind, answers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let answers: Vec<String> =
            answers.iter().map(|answer| answer.replace("PORT", &port.to_string())).collect();
        let asked = std::thread::spawn(move || {
            answers.iter().map(|answer| serve(listener.accept().unwrap().0, kind, answer)).collect()
        });
        Self { port, asked }
    }

    fn url(&self, rest: &str) -> String {
        format!("http://127.0.0.1:{}{rest}", self.port)
    }

    fn asked(self) -> Vec<String> {
        self.asked.join().unwrap()
    }
}

fn serve(stream: TcpStream, kind: Kind, answer: &str) -> String {
    match kind {
        Kind::Plain => reply(stream, answer).0,
        Kind::Tls => reply(secured(stream), answer).0,
        Kind::Proxy => {
            let (head, stream) = reply(stream, "HTTP/1.1 200 OK\r\n\r\n");
            head + &reply(secured(stream), answer).0
        }
    }
}

/// Reads a request and answers it; gives the request and the connection.
fn reply<S: Read + Write>(stream: S, answer: &str) -> (String, S) {
    let mut from = BufReader::new(stream);
    let (mut request, mut length) = (String::new(), 0);
    loop {
        let before = request.len();
        if from.read_line(&mut request).unwrap_or(0) == 0 || request[before..].trim().is_empty() {
            break;
        }
        if let Some(said) = request[before..].to_lowercase().strip_prefix("content-length:") {
            length = said.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).unwrap();
    request.push_str(&String::from_utf8(body).unwrap());
    let mut stream = from.into_inner();
    // Whoever does not trust us is gone by now.
    drop(stream.write_all(answer.as_bytes()).and_then(|()| stream.flush()));
    (request, stream)
}

fn secured(stream: TcpStream) -> StreamOwned<ServerConnection, TcpStream> {
    let chain = vec![CertificateDer::from_pem_slice(include_bytes!("tls/server.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
    StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), stream)
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

fn led(to: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

fn client(vars: &[(&str, &str)]) -> Client {
    let env: Vec<(OsString, OsString)> =
        vars.iter().map(|(name, value)| (name.into(), value.into())).collect();
    Client::new(&env, LIMITS)
}

fn authority() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/tls/authority.pem").display().to_string()
}

#[expect(clippy::unnecessary_wraps, reason = "it is compared with a result")]
fn got(body: &str) -> Result<Answer, Error> {
    Ok(Answer { status: 200, body: body.as_bytes().to_vec() })
}

#[test]
fn what_is_got_and_what_is_posted() {
    let server = Server::new(Kind::Plain, &[&ok("hello"), "HTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\nx"]);
    let client = client(&[]);
    assert_eq!(client.get(&server.url("/a?b=c")), got("hello"));
    assert_eq!(client.get(&server.url("/none")).unwrap().status, 404);
    let asked = server.asked();
    assert!(asked[0].starts_with("GET /a?b=c HTTP/1.1\r\n") && asked[0].contains("user-agent: allclear\r\n"));

    // What a post is answered is not read, however long it is.
    let endless = "HTTP/1.1 201 Made\r\nContent-Length: 99999999\r\n\r\n";
    let server = Server::new(Kind::Plain, &[endless]);
    let headers = [("Content-Type", "text/x"), ("X-Own-Name", "1")];
    assert_eq!(client.post(&server.url("/p"), &headers, "b\u{e9}dy"), Ok(201));
    let asked = &server.asked()[0];
    assert!(asked.starts_with("POST /p ") && asked.contains("\r\nX-Own-Name: 1\r\n"), "{asked}");
    assert!(asked.ends_with("\r\n\r\nb\u{e9}dy"), "{asked}");
}

#[test]
fn where_it_stops() {
    let client = client(&[]);
    let server = Server::new(Kind::Plain, &[&ok(&"x".repeat(101)), &ok(&"x".repeat(100))]);
    assert_eq!(client.get(&server.url("/")), Err(Error::TooLong));
    assert_eq!(client.get(&server.url("/")), got(&"x".repeat(100)));

    let server = Server::new(Kind::Plain, &["SSH-2.0-x\r\n\r\n"]);
    assert_eq!(client.get(&server.url("/")), Err(Error::Protocol));

    let idle = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://user:secret@{}/secret", idle.local_addr().unwrap());
    let short = Limits { total: Duration::from_millis(200), ..LIMITS };
    assert_eq!(Client::new(&[], short).get(&url), Err(Error::TimedOut));
    drop(idle);
    let refused = client.get(&url).unwrap_err();
    assert!(matches!(refused, Error::Unreachable(_)) && !refused.to_string().contains("secret"), "{refused}");
    for wrong in ["", "http://", "http://a b/secret", "ftp://a.b/secret", "http://[secret/"] {
        assert_eq!(client.get(wrong), Err(Error::Address), "{wrong}");
    }
    let wrong = [("X-A", "1\r\nX-B: 2")];
    assert_eq!(client.post("http://127.0.0.1:1/", &wrong, ""), Err(Error::Address));
}

#[test]
fn redirects_are_followed_so_far() {
    let client = client(&[]);
    let server = Server::new(Kind::Plain, &[&led("/b"), &led("http://127.0.0.1:PORT/c"), &ok("there")]);
    assert_eq!(client.get(&server.url("/a")), got("there"));
    let asked = server.asked();
    assert!(asked[1].starts_with("GET /b ") && asked[2].starts_with("GET /c "));

    let server = Server::new(Kind::Plain, &[&led("/b"), &led("/c"), &led("/d")]);
    assert_eq!(client.get(&server.url("/a")), Err(Error::Redirected));

    let server = Server::new(Kind::Plain, &[&led("/b")]);
    let none = Client::new(&[], Limits { redirects: 0, ..LIMITS });
    assert_eq!(none.post(&server.url("/a"), &[], "x"), Ok(302));
}

#[test]
fn a_login_is_sent_and_goes_nowhere_else() {
    let other = Server::new(Kind::Plain, &[&ok("there")]);
    let server = Server::new(Kind::Plain, &[&led(&format!("http://localhost:{}/", other.port))]);
    let url = format!("http://user%40a.b:pass@127.0.0.1:{}/", server.port);
    assert_eq!(client(&[]).get(&url), got("there"));
    let asked = &server.asked()[0];
    assert!(asked.contains("authorization: Basic dXNlckBhLmI6cGFzcw==\r\n"), "{asked}");
    let asked = &other.asked()[0];
    assert!(!asked.to_lowercase().contains("authorization"), "{asked}");
}

#[test]
fn who_is_trusted_says_the_environment() {
    let ask = |vars: &[(&str, &str)]| {
        let server = Server::new(Kind::Tls, &[&ok("hello")]);
        client(vars).get(&format!("https://localhost:{}/", server.port))
    };
    let file = authority();
    assert_eq!(ask(&[("SSL_CERT_FILE", &file)]), got("hello"));
    assert_eq!(ask(&[("SSL_CERT_FILE", "/dev/null"), ("CURL_CA_BUNDLE", &file)]), got("hello"));
    assert_eq!(ask(&[("CURL_CA_BUNDLE", "/dev/null"), ("SSL_CERT_FILE", &file)]), Err(Error::NoRoots));

    // As OpenSSL lays such a directory out: by the hash of the name.
    let dir = tempfile::tempdir().unwrap();
    std::fs::copy(&file, dir.path().join("0a1b2c3d.0")).unwrap();
    let dirs = format!("/nowhere:{}", dir.path().display());
    assert_eq!(ask(&[("SSL_CERT_DIR", &dirs)]), got("hello"));

    // Its name is another one.
    let server = Server::new(Kind::Tls, &[&ok("hello")]);
    let trusting = client(&[("SSL_CERT_FILE", &file)]);
    let error = trusting.get(&format!("https://127.0.0.1:{}/secret", server.port)).unwrap_err();
    let error = error.to_string();
    assert!(
        error.starts_with("there is no trusted connection to it: ") && !error.contains("secret"),
        "{error}"
    );

    let plain = Server::new(Kind::Plain, &[]);
    let server = Server::new(Kind::Tls, &[&led(&plain.url("/"))]);
    assert_eq!(trusting.get(&format!("https://localhost:{}/", server.port)), Err(Error::Redirected));
}

#[test]
fn a_proxy_stands_between() {
    let file = authority();
    let proxy = Server::new(Kind::Proxy, &[&ok("by proxy")]);
    let at = format!("http://us%20er:pass@127.0.0.1:{}", proxy.port);
    let vars = [("SSL_CERT_FILE", file.as_str()), ("HTTPS_PROXY", &at), ("NO_PROXY", "example.org")];
    assert_eq!(client(&vars).get("https://localhost:1/x"), got("by proxy"));
    let asked = &proxy.asked()[0];
    assert!(asked.starts_with("CONNECT localhost:1 HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("Proxy-Authorization: Basic dXMgZXI6cGFzcw==\r\n"), "{asked}");
    assert!(asked.contains("GET /x HTTP/1.1\r\n"), "{asked}");

    let server = Server::new(Kind::Tls, &[&ok("directly")]);
    let vars = [("SSL_CERT_FILE", file.as_str()), ("HTTPS_PROXY", &at), ("NO_PROXY", "localhost")];
    assert_eq!(client(&vars).get(&format!("https://localhost:{}/", server.port)), got("directly"));

    let wrong = client(&[("https_proxy", "ht tp://secret")]).get("https://localhost/").unwrap_err();
    assert_eq!(wrong.to_string(), "the proxy that https_proxy names cannot be read");
}
