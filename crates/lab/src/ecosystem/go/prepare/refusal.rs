//! Interprets why the go command refused.

use crate::ecosystem::tool::TIMED_OUT;
use allclear_core::experiment::Outcome;
use allclear_core::types::text::short;

/// Gives the outcome, and the reason in one line.
pub(super) fn refusal(err: &str, module: &str, version: &str) -> (Outcome, String) {
    // The go.mod in use is not at the place of the downstream's own.
    let words = |line: &str| {
        line.split(' ')
            .map(|w| if w.ends_with("/mod/go.mod") { "go.mod" } else { w })
            .collect::<Vec<_>>()
            .join(" ")
    };
    let err = &err.lines().map(words).collect::<Vec<_>>().join("\n");
    let line = err
        .lines()
        .map(str::trim)
        .find(|l| !l.is_empty() && !l.starts_with("go: downloading"))
        .unwrap_or("go did not say why");
    let has = |words: &[&str]| words.iter().any(|word| err.contains(word));
    let note = short(line.strip_prefix("go: ").unwrap_or(line), 240);
    if has(&["requires go >=", "requires go1."]) {
        // If another module needs a newer Go, the lab is at fault: its users' go would fetch that toolchain.
        let own = has(&["go.mod requires go"]);
        let outcome = if own { Outcome::Unprepared } else { Outcome::Infra };
        return (outcome, format!("{note}; install that Go version"));
    }
    if err.contains(&format!("not {module}@{version}")) || err.contains(&format!("{module}@{version} is not"))
    {
        return (Outcome::NotInjected, note);
    }
    if has(&[
        TIMED_OUT,
        "dial tcp",
        "i/o timeout",
        "TLS handshake timeout",
        "proxyconnect",
        "connection reset",
        "no such host",
    ]) {
        return (Outcome::Network, note);
    }
    (Outcome::Unprepared, note)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_go_refuses() {
        let of = |err: &str| refusal(err, "example.com/lib", "v1.2.0").0;
        assert_eq!(
            of("go: go.mod requires go >= 1.99 (running go 1.26.8; GOTOOLCHAIN=local)"),
            Outcome::Unprepared
        );
        assert_eq!(
            of("go: example.com/lib@v1.2.0 requires go >= 1.99 (running go 1.26.8; GOTOOLCHAIN=local)"),
            Outcome::Infra
        );
        assert_eq!(of("go was not through after 15 min"), Outcome::Network);
        assert_eq!(
            of("go: example.com/mid@v1.0.0 requires example.com/lib@v1.3.0, not example.com/lib@v1.2.0"),
            Outcome::NotInjected
        );
        assert_eq!(of("go: x: Get \"https://p/x\": dial tcp: lookup p: no such host"), Outcome::Network);
        assert_eq!(of("go: example.com/gone@v1.0.0: reading: 404 Not Found"), Outcome::Unprepared);
    }
}
