//! Probes from outside whether a program is ready.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

/// For one try.
const TRY_LIMIT: Duration = Duration::from_secs(2);

/// A check from outside whether a program is ready.
#[derive(Debug, Clone)]
pub(super) enum Probe {
    /// A TCP port of 127.0.0.1 takes a connection.
    Port(u16),
    /// A GET gives a status below 500.
    Url {
        /// `host:port`.
        at: String,
        /// From the first slash.
        path: String,
    },
}

impl Probe {
    /// Parses `http://127.0.0.1:8080/health`.
    pub(super) fn url(url: &str) -> Result<Self, String> {
        let rest = url.strip_prefix("http://").ok_or("its address does not begin with http://")?;
        let (at, path) = rest.find('/').map_or((rest, "/"), |slash| rest.split_at(slash));
        if at.is_empty() || url.contains(|c: char| c.is_control() || c == ' ') {
            return Err("its address cannot be read".to_owned());
        }
        let port = at.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let at = if port { at.to_owned() } else { format!("{at}:80") };
        Ok(Self::Url { at, path: path.to_owned() })
    }

    pub(super) fn succeeds(&self) -> bool {
        match self {
            Self::Port(port) => open(SocketAddr::from((Ipv4Addr::LOCALHOST, *port))).is_some(),
            Self::Url { at, path } => status(at, path).is_some_and(|status| status < 500),
        }
    }

    /// Says what is wrong while it does not succeed.
    pub(super) fn failure(&self) -> String {
        match self {
            Self::Port(port) => format!("port {port} takes no connection"),
            Self::Url { at, path } => format!("http://{at}{path} does not answer below 500"),
        }
    }
}

fn open(address: SocketAddr) -> Option<TcpStream> {
    TcpStream::connect_timeout(&address, TRY_LIMIT).ok()
}

/// Asks for a page, and reads only the status line.
fn status(at: &str, path: &str) -> Option<u16> {
    let mut stream = at.to_socket_addrs().ok()?.find_map(open)?;
    stream.set_read_timeout(Some(TRY_LIMIT)).ok()?;
    stream.set_write_timeout(Some(TRY_LIMIT)).ok()?;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {at}\r\nUser-Agent: allclear\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut line = Vec::new();
    let mut byte = [0];
    while line.len() < 64 && !line.ends_with(b"\n") && stream.read(&mut byte).ok()? == 1 {
        line.push(byte[0]);
    }
    parse(std::str::from_utf8(&line).ok()?)
}

/// Parses `HTTP/1.1 200 OK`.
fn parse(line: &str) -> Option<u16> {
    line.strip_prefix("HTTP/1.")?.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let read = |url: &str| Probe::url(url).map(|probe| probe.failure());
        assert_eq!(read("http://127.0.0.1:80").unwrap(), "http://127.0.0.1:80/ does not answer below 500");
        assert_eq!(
            read("http://localhost/x?y").unwrap(),
            "http://localhost:80/x?y does not answer below 500"
        );
        for wrong in ["https://a", "http://", "http:///x", "http://a/ HTTP/1.1\r\nX: y", "a"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert_eq!(parse("HTTP/1.1 404 Not Found\r\n"), Some(404));
        assert_eq!(parse("SSH-2.0-x"), None);
    }
}
