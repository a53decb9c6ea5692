//! How a user tries a candidate: one line to paste into a shell, for each ecosystem that the manifests at
//! the root of the repository tell of. A git tag is what exists of a candidate, so a git tag is what the
//! lines ask for; no registry has it.

use super::ECOSYSTEMS;
use super::definition::Ecosystem;
use super::place::Contents;
use crate::types::text::plain;
use serde::Serialize;

/// One way to try a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TryIt {
    /// The ecosystem: `go`, `rust`, `javascript` or `python`.
    pub ecosystem: &'static str,
    /// The line for a POSIX shell.
    pub command: String,
}

/// Names the files that tell what a project is, from the root of the repository.
pub fn files() -> Vec<String> {
    let each =
        ECOSYSTEMS.iter().flat_map(|known| std::iter::once(&known.manifest).chain(known.try_it.beside));
    each.map(|path| (*path).to_owned()).collect()
}

/// Gives a line for each ecosystem. `files` are those of [`files`] that the candidate's commit has, by
/// path; `server` is the repository's address or path, of which user names for http and all passwords are
/// left out.
pub fn lines(files: &Contents, server: &str, tag: &str) -> Vec<TryIt> {
    let url = address(server);
    let line = |known: &Ecosystem| {
        let command = (known.try_it.line)(files, &url, tag).filter(|command| plain(command) == *command)?;
        Some(TryIt { ecosystem: known.name, command })
    };
    let mut lines: Vec<TryIt> = ECOSYSTEMS.iter().filter_map(line).collect();
    // What does without an address is the easiest to type.
    lines.sort_by_key(|line| line.command.contains("://"));
    lines
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
