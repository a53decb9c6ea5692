//! A module proxy on the loopback (<https://go.dev/ref/mod#goproxy-protocol>) that has the candidate, and shows
//! everything else as of the cut-off.
//!
//! The go command asks it first. It serves the packed modules itself. For all others it only answers what can
//! change by itself, lists and latest versions, and keeps each answer for later. The content of a version never
//! changes, so it is left to the next proxy, and not found here.

mod goproxy;
mod modules;
mod request;
mod versions;

use self::goproxy::mirrors;
use self::modules::Modules;
use super::pack::Packed;
use crate::overlay::published::Published;
use crate::overlay::server::{Client, Server};
use crate::overlay::snapshot::Snapshot;
use crate::overlay::upstream::Upstream;
use jiff::Timestamp;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

/// Where all other modules come from.
#[derive(Debug, Clone)]
pub struct ProxySettings {
    /// The GOPROXY of the caller, such as `https://proxy.golang.org,direct`. What only `direct` finds is
    /// neither cut off nor kept.
    pub goproxy: String,
    /// The caller's environment, which says how to reach the network.
    pub env: Vec<(OsString, OsString)>,
    /// The folder that keeps lists and latest versions: all who use the same folder see the same versions.
    pub snapshot: PathBuf,
    /// The cut-off: versions whose commits are later are not chosen.
    pub until: Timestamp,
}

/// The module proxy, served on 127.0.0.1 until it is dropped.
#[derive(Debug)]
pub struct ModuleProxy {
    server: Server,
    modules: Arc<Modules>,
    /// The proxies after it in a GOPROXY.
    next: String,
}

impl ModuleProxy {
    /// Serves packed modules in front of the caller's proxies.
    pub fn start(packed: Vec<Packed>, settings: ProxySettings) -> std::io::Result<Self> {
        let upstream = settings.goproxy.trim_matches([',', '|', ' ']);
        let next = if upstream.is_empty() { String::new() } else { format!(",{upstream}") };
        let published = Published {
            snapshot: Snapshot::new(settings.snapshot),
            upstream: Upstream::new(mirrors(upstream), &settings.env),
            until: settings.until,
        };
        let modules = Arc::new(Modules::new(packed, published));
        let server = Server::start(Arc::clone(&modules) as _)?;
        Ok(Self { server, modules, next })
    }

    pub fn url(&self) -> &str {
        self.server.url()
    }

    pub fn add(&self, packed: Packed) {
        self.modules.add(packed);
    }

    /// Tells whether this proxy itself serves a version.
    pub fn has(&self, path: &str, version: &str) -> bool {
        self.modules.has(path, version)
    }

    /// Gives a client an address of its own, so that it is known what it asked for.
    pub fn client(&self) -> ProxyClient {
        let client = self.server.client();
        ProxyClient { go_proxy: format!("{}{}", client.url(), self.next), client }
    }
}

#[derive(Debug)]
pub struct ProxyClient {
    client: Client,
    go_proxy: String,
}

impl ProxyClient {
    pub fn url(&self) -> &str {
        self.client.url()
    }

    /// The GOPROXY to use: this proxy, then the caller's.
    pub fn go_proxy(&self) -> &str {
        &self.go_proxy
    }

    /// Tells whether the client asked for something that changes by itself: the versions of another module, or
    /// the commit that a branch means.
    pub fn is_floating(&self) -> bool {
        self.client.is_floating()
    }
}
