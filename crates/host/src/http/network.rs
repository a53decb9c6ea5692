//! How the caller's environment says that the network is reached. The variables and their meaning are those of
//! curl, which most programs follow: <https://curl.se/docs/manpage.html#ENVIRONMENT>.

use rustls_native_certs::{load_certs_from_paths, load_native_certs};
use std::ffi::{OsStr, OsString};
use std::path::Path;
use ureq::Proxy;
use ureq::tls::Certificate;

/// Gives the proxy for a scheme, or the name of a variable that cannot be parsed. `HTTP_PROXY` is ignored: in a
/// CGI program, clients can set it.
pub(super) fn proxy(env: &[(OsString, OsString)], scheme: &str) -> Result<Option<Proxy>, &'static str> {
    let names: &[&str] = match scheme {
        "https" => &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"],
        _ => &["http_proxy", "all_proxy", "ALL_PROXY"],
    };
    let Some((name, value)) = first(env, names).filter(|(_, value)| !value.is_empty()) else {
        return Ok(None);
    };
    let proxy = value.to_str().and_then(|value| Proxy::new(value).ok()).ok_or(name)?;
    let mut builder = Proxy::builder(proxy.protocol()).host(proxy.host()).port(proxy.port());
    if let Some(user) = proxy.username() {
        builder = builder.username(user).password(proxy.password().unwrap_or_default());
    }
    let direct = first(env, &["no_proxy", "NO_PROXY"]).map(|(_, value)| value.to_string_lossy());
    for host in direct.iter().flat_map(|hosts| hosts.split([',', ' '])).filter(|host| !host.is_empty()) {
        // A name stands for itself and its subdomains, with or without a leading dot.
        let host = host.trim_start_matches('.');
        builder = if host == "*" {
            builder.no_proxy("*")
        } else {
            builder.no_proxy(host).no_proxy(&format!(".{host}"))
        };
    }
    builder.build().map(Some).map_err(|_| name)
}

/// Lists the trusted certificate authorities: those of the caller's environment, else those of this machine.
pub(super) fn roots(env: &[(OsString, OsString)]) -> Vec<Certificate<'static>> {
    let named =
        |name: &'static str| first(env, &[name]).map(|(_, value)| value).filter(|value| !value.is_empty());
    let bundle = named("CURL_CA_BUNDLE");
    let file = bundle.or_else(|| named("SSL_CERT_FILE"));
    let dirs = named("SSL_CERT_DIR").filter(|_| bundle.is_none());
    let found = if file.is_none() && dirs.is_none() {
        load_native_certs().certs
    } else {
        let mut found = load_certs_from_paths(file.map(Path::new), None).certs;
        for dir in dirs.into_iter().flat_map(std::env::split_paths) {
            found.extend(load_certs_from_paths(None, Some(&dir)).certs);
        }
        found
    };
    found.iter().map(|der| Certificate::from_der(der).to_owned()).collect()
}

/// Finds the first variable that is set; it may be empty.
fn first<'a>(env: &'a [(OsString, OsString)], names: &[&'static str]) -> Option<(&'static str, &'a OsStr)> {
    names.iter().find_map(|name| {
        let (_, value) = env.iter().rev().find(|(key, _)| key == name)?;
        Some((*name, value.as_os_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(vars: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
        vars.iter().map(|(name, value)| (name.into(), value.into())).collect()
    }

    #[test]
    fn a_proxy_is_chosen_as_curl_chooses_it() {
        let chosen = |vars: &[(&str, &str)], scheme| {
            proxy(&env(vars), scheme)
                .map(|proxy| proxy.map(|proxy| format!("{}:{}", proxy.host(), proxy.port())))
        };
        let is = |at: &str| Ok(Some(at.to_owned()));
        for (vars, scheme, expected) in [
            (&[][..], "https", Ok(None)),
            (&[("https_proxy", "http://a:1"), ("HTTPS_PROXY", "http://b:2")], "https", is("a:1")),
            (&[("HTTPS_PROXY", "b:2"), ("ALL_PROXY", "c:3")], "https", is("b:2")),
            (&[("HTTPS_PROXY", "b:2"), ("ALL_PROXY", "c:3")], "http", is("c:3")),
            (&[("HTTP_PROXY", "b:2")], "http", Ok(None)),
            (&[("http_proxy", "http://user:pass@b:2/")], "http", is("b:2")),
            // An empty value means no proxy.
            (&[("https_proxy", ""), ("all_proxy", "c:3")], "https", Ok(None)),
            (&[("https_proxy", "socks5://[::1]:1080")], "https", is("[::1]:1080")),
            (&[("https_proxy", "ht tp://secret@x")], "https", Err("https_proxy")),
        ] {
            assert_eq!(chosen(vars, scheme), expected, "{vars:?} {scheme}");
        }
    }

    #[test]
    fn some_hosts_are_reached_without_it() {
        let direct = |hosts: &str, host: &str| {
            let proxy =
                proxy(&env(&[("https_proxy", "p:1"), ("no_proxy", hosts)]), "https").unwrap().unwrap();
            proxy.is_no_proxy(&format!("https://{host}/").parse().unwrap())
        };
        for (hosts, host, is) in [
            ("", "example.org", false),
            ("*", "example.org", true),
            ("localhost, example.org", "example.org", true),
            ("localhost example.org", "EXAMPLE.org", true),
            ("example.org", "a.example.org", true),
            (".example.org", "example.org", true),
            ("example.org", "badexample.org", false),
            ("127.0.0.1", "127.0.0.1:8080", true),
        ] {
            assert_eq!(direct(hosts, host), is, "{hosts} {host}");
        }
    }
}
