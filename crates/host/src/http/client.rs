use super::network;
use base64ct::{Base64, Encoding};
use percent_encoding::percent_decode_str;
use std::ffi::OsString;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use ureq::Agent;
use ureq::config::RedirectAuthHeaders;
use ureq::http::HeaderValue;
use ureq::tls::{RootCerts, TlsConfig};

#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For making the connection.
    pub connect: Duration,
    /// For the whole request.
    pub total: Duration,
    /// How many redirects are followed. Redirects from TLS to plain HTTP never are.
    pub redirects: u32,
    /// The longest body of an answer, in bytes.
    pub body: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// Why there is no answer. No variant contains an address, since that may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The address or a header cannot be parsed.
    #[error("the address cannot be read")]
    Address,
    /// The variable that names a proxy.
    #[error("the proxy that {0} names cannot be read")]
    Proxy(&'static str),
    #[error(
        "no certificate authority is known on this machine; install ca-certificates or set SSL_CERT_FILE"
    )]
    NoRoots,
    /// Also: the server cannot prove who it is.
    #[error("{0}")]
    Unreachable(String),
    #[error("there was no answer in time")]
    TimedOut,
    #[error("it was redirected too often, or to where it may not be")]
    Redirected,
    #[error("the answer is too long")]
    TooLong,
    #[error("the answer makes no sense")]
    Protocol,
}

/// An HTTP client with the proxies and certificates of an environment. Connections are reused.
pub struct Client {
    env: Vec<(OsString, OsString)>,
    limits: Limits,
    secure: OnceLock<Result<Agent, Error>>,
    plain: OnceLock<Result<Agent, Error>>,
}

impl Client {
    pub fn new(env: &[(OsString, OsString)], limits: Limits) -> Self {
        Self { env: env.to_vec(), limits, secure: OnceLock::new(), plain: OnceLock::new() }
    }

    /// A login in the address (`https://user:password@…`) is sent as RFC 7617 says.
    pub fn get(&self, url: &str) -> Result<Answer, Error> {
        let (url, login) = login(url);
        let mut request = self.agent(&url)?.get(&url);
        if let Some(login) = login {
            request = request.header("Authorization", login);
        }
        let mut response = request.call().map_err(|e| why(&e))?;
        let body = response.body_mut().with_config().limit(self.limits.body).read_to_vec();
        Ok(Answer { status: response.status().as_u16(), body: body.map_err(|e| why(&e))? })
    }

    /// Gives the status. The body of the answer is not read. After an error the text may have arrived all the
    /// same.
    pub fn post(&self, url: &str, headers: &[(&str, &str)], body: &str) -> Result<u16, Error> {
        let mut request = self.agent(url)?.post(url);
        for (name, value) in headers {
            request = request.header_raw(name, value.as_bytes());
        }
        request.send(body).map(|response| response.status().as_u16()).map_err(|e| why(&e))
    }

    fn agent(&self, url: &str) -> Result<&Agent, Error> {
        let (scheme, agent) =
            if url.starts_with("https:") { ("https", &self.secure) } else { ("http", &self.plain) };
        agent.get_or_init(|| self.open(scheme)).as_ref().map_err(Clone::clone)
    }

    fn open(&self, scheme: &str) -> Result<Agent, Error> {
        let roots = network::roots(&self.env);
        let secure = scheme == "https";
        if secure && roots.is_empty() {
            return Err(Error::NoRoots);
        }
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .root_certs(RootCerts::Specific(Arc::new(roots)))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .https_only(secure)
            .proxy(network::proxy(&self.env, scheme).map_err(Error::Proxy)?)
            .http_status_as_error(false)
            .user_agent("allclear")
            .timeout_connect(Some(self.limits.connect))
            .timeout_global(Some(self.limits.total))
            .max_redirects(self.limits.redirects)
            // If no redirect is followed, it is the answer itself.
            .max_redirects_will_error(self.limits.redirects > 0)
            .redirect_auth_headers(RedirectAuthHeaders::SameHost)
            .build();
        Ok(config.new_agent())
    }
}

/// Leaves out the environment, which has secrets.
impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// Splits an address into the rest and the header for its login.
fn login(url: &str) -> (String, Option<HeaderValue>) {
    let found = url.split_once("://").and_then(|(scheme, rest)| {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (login, host) = rest[..end].rsplit_once('@')?;
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        let mut text: Vec<u8> = percent_decode_str(user).collect();
        text.push(b':');
        text.extend(percent_decode_str(password));
        let mut value = HeaderValue::from_str(&format!("Basic {}", Base64::encode_string(&text))).ok()?;
        value.set_sensitive(true);
        Some((format!("{scheme}://{host}{}", &rest[end..]), value))
    });
    found.map_or_else(|| (url.to_owned(), None), |(url, login)| (url, Some(login)))
}

/// Says what went wrong, without the address.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the library may add kinds, and what they say may be an address"
)]
fn why(error: &ureq::Error) -> Error {
    use ureq::Error as E;
    match error {
        E::Http(_) | E::BadUri(_) => Error::Address,
        E::HostNotFound => Error::Unreachable("its name cannot be resolved".to_owned()),
        E::Io(error) => Error::Unreachable(io(error)),
        E::Tls(why) => Error::Unreachable(untrusted(why)),
        E::Rustls(error) => Error::Unreachable(untrusted(error)),
        E::ConnectProxyFailed(_) => Error::Unreachable("the proxy before it refuses".to_owned()),
        E::Timeout(_) => Error::TimedOut,
        E::TooManyRedirects | E::RedirectFailed | E::RequireHttpsOnly(_) => Error::Redirected,
        E::BodyExceedsLimit(_) => Error::TooLong,
        E::Protocol(_) | E::LargeResponseHeader(..) | E::BodyStalled => Error::Protocol,
        _ => Error::Unreachable("it cannot be reached".to_owned()),
    }
}

fn untrusted(why: impl std::fmt::Display) -> String {
    format!("there is no trusted connection to it: {why}")
}

fn io(error: &std::io::Error) -> String {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match (inner, error.raw_os_error()) {
        (Some(tls), _) => untrusted(tls),
        (None, Some(_)) => format!("it cannot be reached: {error}"),
        (None, None) => format!("it cannot be reached: {}", error.kind()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_taken_out_of_an_address() {
        let taken = |url: &str| {
            let (url, login) = login(url);
            (url, login.map(|value| value.to_str().unwrap().to_owned()))
        };
        // The example of RFC 7617 §2.
        let basic = Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".to_owned());
        for (url, rest, header) in [
            ("https://Aladdin:open%20sesame@a.b:8/c@d?e", "https://a.b:8/c@d?e", basic),
            ("https://user%40a.b@c", "https://c", Some("Basic dXNlckBhLmI6".to_owned())),
            ("https://a.b/c@d", "https://a.b/c@d", None),
            ("nonsense@", "nonsense@", None),
        ] {
            assert_eq!(taken(url), (rest.to_owned(), header), "{url}");
        }
    }
}
