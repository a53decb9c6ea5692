//! How a user tries a candidate: one line to paste into a shell, for each ecosystem that the manifests at
//! the root of the repository tell of. A git tag is what exists of a candidate, so a git tag is what the
//! lines ask for; no registry has it.

use crate::types::text::plain;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The files that tell what a project is, from the root of the repository.
pub const MANIFESTS: [&str; 6] =
    ["go.mod", "Cargo.toml", "package.json", "pyproject.toml", "src/lib.rs", "src/main.rs"];

/// One way to try a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TryIt {
    /// The ecosystem: `go`, `rust`, `javascript` or `python`.
    pub ecosystem: &'static str,
    /// The line for a POSIX shell.
    pub command: String,
}

/// Gives a line for each ecosystem. `files` are those of [`MANIFESTS`] that the candidate's commit has, by
/// path; `server` is the repository's address or path, of which user names for http and all passwords are
/// left out.
pub fn lines(files: &BTreeMap<String, String>, server: &str, tag: &str) -> Vec<TryIt> {
    let url = address(server);
    let ways: [(&str, Option<String>); 4] = [
        ("go", go(files, tag)),
        ("rust", rust(files, &url, tag)),
        ("javascript", javascript(files, &url, tag)),
        ("python", python(files, &url, tag)),
    ];
    let fine = |command: &String| plain(command) == *command;
    ways.into_iter()
        .filter_map(|(ecosystem, command)| Some(TryIt { ecosystem, command: command.filter(fine)? }))
        .collect()
}

fn go(files: &BTreeMap<String, String>, tag: &str) -> Option<String> {
    let module = files.get("go.mod")?.lines().find_map(|line| {
        let rest = line.trim().strip_prefix("module")?;
        rest.starts_with([' ', '\t']).then(|| rest.split("//").next().unwrap_or_default().trim())
    })?;
    let module = module.trim_matches(['"', '`']);
    is_name(module).then(|| format!("go get {}", quoted(&format!("{module}@{tag}"))))
}

fn rust(files: &BTreeMap<String, String>, url: &str, tag: &str) -> Option<String> {
    let manifest: toml::Table = files.get("Cargo.toml")?.parse().ok()?;
    let name = manifest.get("package")?.get("name")?.as_str().filter(|name| is_name(name))?;
    let is_library = manifest.contains_key("lib") || files.contains_key("src/lib.rs");
    let is_program = manifest.contains_key("bin") || files.contains_key("src/main.rs");
    let verb = if is_program && !is_library { "install" } else { "add" };
    Some(format!("cargo {verb} {name} --git {} --tag {}", quoted(url), quoted(tag)))
}

fn javascript(files: &BTreeMap<String, String>, url: &str, tag: &str) -> Option<String> {
    let manifest: Value = serde_json::from_str(files.get("package.json")?).ok()?;
    let private = manifest.get("private").and_then(Value::as_bool).unwrap_or(false);
    let named = manifest.get("name").is_some_and(Value::is_string);
    (named && !private).then(|| format!("npm i {}", quoted(&format!("git+{url}#{tag}"))))
}

fn python(files: &BTreeMap<String, String>, url: &str, tag: &str) -> Option<String> {
    let manifest: toml::Table = files.get("pyproject.toml")?.parse().ok()?;
    let builds = manifest.contains_key("project") || manifest.contains_key("build-system");
    builds.then(|| format!("pip install {}", quoted(&format!("git+{url}@{tag}"))))
}

/// Gives an address as the package managers read it, without secrets: `https://`, `ssh://` or `file://`.
fn address(server: &str) -> String {
    let server = server.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = match server.split_once("://") {
        Some((scheme, rest)) => (scheme, rest.to_owned()),
        // `user@host:path` is ssh's own form, which cargo, npm and pip do not take.
        None => match server.split_once(':').filter(|(host, _)| !host.contains('/')) {
            Some((host, path)) => ("ssh", format!("{host}/{}", path.trim_start_matches('/'))),
            None => ("file", server.to_owned()),
        },
    };
    let end = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let authority = match authority.rsplit_once('@') {
        Some((who, host)) if scheme == "ssh" => {
            format!("{}@{host}", who.split(':').next().unwrap_or_default())
        }
        Some((_, host)) => host.to_owned(),
        None => authority.to_owned(),
    };
    format!("{scheme}://{authority}{}", path.replace(' ', "%20"))
}

/// Tells whether a text is the name of a package or module: nothing in it means anything to a shell.
fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_./~@".contains(c);
    (1..=214).contains(&text.len()) && !text.starts_with('-') && text.chars().all(fits)
}

/// Quotes for a POSIX shell where it is needed.
pub(crate) fn quoted(text: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_./~@:+=%#".contains(c);
    if text.chars().all(safe) && !text.starts_with(['#', '~', '-']) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn commands(files: &[(&str, &str)], server: &str) -> Vec<String> {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        lines(&files, server, "v2.9.0-rc.1").into_iter().map(|way| way.command).collect()
    }

    #[test]
    fn each_ecosystem_has_its_line() {
        let all = [
            ("go.mod", "// a module\nmodule github.com/micro/go-micro/v2 // x\n\ngo 1.13\n"),
            ("Cargo.toml", "[package]\nname = \"lib\"\n"),
            ("src/lib.rs", ""),
            ("package.json", "{\"name\": \"@a/b\"}"),
            ("pyproject.toml", "[project]\nname = \"x\"\n"),
        ];
        assert_eq!(
            commands(&all, "https://git.example.org/a/b.git"),
            [
                "go get github.com/micro/go-micro/v2@v2.9.0-rc.1",
                "cargo add lib --git https://git.example.org/a/b.git --tag v2.9.0-rc.1",
                "npm i git+https://git.example.org/a/b.git#v2.9.0-rc.1",
                "pip install git+https://git.example.org/a/b.git@v2.9.0-rc.1",
            ]
        );
        let program = [("Cargo.toml", "[package]\nname = \"rg\"\n[[bin]]\nname = \"rg\"\n")];
        assert_eq!(
            commands(&program, "git@git.example.org:a/b.git"),
            ["cargo install rg --git ssh://git@git.example.org/a/b.git --tag v2.9.0-rc.1"]
        );
    }

    #[test]
    fn what_nobody_installs_has_no_line() {
        for (path, text) in [
            ("package.json", "{\"name\": \"x\", \"private\": true}"),
            ("package.json", "[]"),
            ("package.json", "{"),
            ("Cargo.toml", "[workspace]\n"),
            ("Cargo.toml", "[package]\nname = \"x; rm -rf ~\"\n"),
            ("Cargo.toml", "[package]\nname = \"--config=x\"\n"),
            ("go.mod", "module $(reboot)\n"),
            ("go.mod", "modules x\n"),
            ("pyproject.toml", "[tool.black]\n"),
        ] {
            assert_eq!(commands(&[(path, text)], "/srv/x.git"), [""; 0], "{text}");
        }
    }

    #[test]
    fn addresses_lose_their_secrets() {
        for (server, expected) in [
            ("https://mira:s3cret@host/x.git", "https://host/x.git"),
            ("https://token@host:8443/x.git?private_token=s3cret", "https://host:8443/x.git"),
            ("ssh://git:s3cret@host:22/x.git", "ssh://git@host:22/x.git"),
            ("git@host:x.git", "ssh://git@host/x.git"),
            ("/srv/my repo/x.git", "file:///srv/my%20repo/x.git"),
            ("file:///srv/x.git", "file:///srv/x.git"),
        ] {
            assert_eq!(address(server), expected);
        }
    }

    proptest! {
        #[test]
        fn a_shell_reads_one_word(text in ".{0,20}") {
            let word = quoted(&text);
            let bare = word.strip_prefix('\'').and_then(|w| w.strip_suffix('\'')).map(|w| w.replace(r"'\''", "'"));
            match bare {
                Some(bare) => prop_assert_eq!(bare, text),
                None => {
                    let means_more = |c: char| c.is_whitespace() || "$`\"'\\;&|<>(){}*?[]!".contains(c);
                    prop_assert!(!text.contains(means_more), "{text}");
                }
            }
        }
    }
}
