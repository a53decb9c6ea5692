//! Which crate may use which, and which libraries stay out.

use super::workspace::{built, locked, metadata};
use std::collections::BTreeSet;

/// Which crate of ours may use which. Tests may use more; nobody can use the binary.
const CRATES: &[(&str, &[&str])] = &[
    ("allclear-core", &[]),
    ("allclear-adopt", &["allclear-core"]),
    ("allclear-host", &[]),
    ("allclear-git", &["allclear-core", "allclear-host"]),
    ("allclear-lab", &["allclear-core", "allclear-host"]),
    ("allclear-engine", &["allclear-core", "allclear-adopt"]),
    ("allclear-testkit", BELOW),
    ("allclear", BELOW),
];

/// What the binary and the kit for its tests are built from.
const BELOW: &[&str] =
    &["allclear-core", "allclear-adopt", "allclear-host", "allclear-git", "allclear-lab", "allclear-engine"];

/// Libraries that were measured and left out, with their families.
const BANNED: &[&str] = &[
    "gix",
    "git2",
    "libgit2-sys",
    "octocrab",
    "openidconnect",
    "chrono",
    "figment",
    "git-cliff-core",
    "testcontainers",
    "madsim",
];

/// Exactly one of these is built: two providers mean two sets of flaws and a panic at start.
const TLS: &[&str] = &["aws-lc-rs", "ring", "openssl", "native-tls", "boring"];

#[test]
fn crates_use_only_what_they_may() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let ours: BTreeSet<&str> = packages.iter().filter_map(|p| p["name"].as_str()).collect();
    assert_eq!(ours, CRATES.iter().map(|(name, _)| *name).collect(), "the crates, and those in CRATES");
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let (_, allowed) = CRATES.iter().find(|(ours, _)| *ours == name).unwrap();
        for edge in package["dependencies"].as_array().unwrap() {
            let (to, is_for_tests) = (edge["name"].as_str().unwrap(), edge["kind"] == "dev");
            assert!(!ours.contains(to) || allowed.contains(&to) || is_for_tests, "{name} may not use {to}");
        }
    }
}

#[test]
fn libraries_that_were_left_out_stay_out() {
    let locked = locked();
    assert!(locked.contains("jiff"), "the lock file was not understood");
    for name in BANNED {
        let family = |found: &&String| *found == name || found.starts_with(&format!("{name}-"));
        assert_eq!(locked.iter().find(family), None, "see DESIGN §10 for why not {name}");
    }
    // The lock file also names what no feature that is on would build.
    let built = built();
    let tls: Vec<&&str> = TLS.iter().filter(|name| built.contains(**name)).collect();
    assert_eq!(tls, [&"aws-lc-rs"], "one TLS provider, and this one");
}
