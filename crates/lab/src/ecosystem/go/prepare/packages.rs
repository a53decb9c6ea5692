//! The packages that are built.

use super::resolver::Resolver;
use crate::attempt::stopped::Stopped;
use allclear_core::experiment::{Job, Outcome};
use std::io::Read;
use std::path::PathBuf;

/// In bytes.
const SOURCE: u64 = 16 << 20;

pub(super) struct Package {
    pub(super) own: bool,
    pub(super) path: String,
    pub(super) module: String,
    pub(super) name: String,
    pub(super) dir: PathBuf,
    tests: Vec<String>,
    pub(super) cgo: bool,
}

/// Lists the packages that are built, which fetches exactly what they need.
pub(super) fn packages(
    resolver: &mut Resolver<'_>,
    job: &Job,
    module_dir: &str,
) -> Result<Vec<Package>, Stopped> {
    const FORM: &str = "{{if not .Standard}}{{.DepOnly}}{{if .ForTest}}!{{end}}\t{{.ImportPath}}\t{{with .Module}}{{.Path}}{{end}}\t{{.Name}}\t{{.Dir}}\t{{join .TestGoFiles \",\"}},{{join .XTestGoFiles \",\"}}\t{{len .CgoFiles}}{{end}}";
    let below = job.dir.strip_prefix(module_dir).unwrap_or_default().trim_start_matches('/').to_owned();
    let pattern = match (below.as_str(), job.one_of_many) {
        ("", true) => ".".to_owned(),
        ("", false) => "./...".to_owned(),
        (dir, true) => format!("./{dir}"),
        (dir, false) => format!("./{dir}/..."),
    };
    let mut args = vec!["list", "-mod=mod", "-e", "-deps"];
    if !job.one_of_many {
        args.push("-test");
    }
    args.extend(["-f", FORM, &pattern]);
    let out = resolver.ok(&args)?;
    let line = |line: &str| {
        let mut parts = line.split('\t');
        let mut next = || parts.next().unwrap_or_default().to_owned();
        let (dep, path, module, name) = (next(), next(), next(), next());
        let (dir, tests, cgo) = (next(), next(), next());
        let tests = tests.split(',').filter(|t| !t.is_empty()).map(str::to_owned).collect();
        // Packages made for tests are listed again, under another name.
        let made = path.rsplit_once('.').is_some_and(|(_, last)| last == "test");
        let own = dep == "false" && !made;
        Package { own, path, module, name, dir: dir.into(), tests, cgo: cgo != "0" }
    };
    let found: Vec<Package> = out.lines().filter(|l| l.contains('\t')).map(line).collect();
    if found.iter().any(|p| p.own) {
        return Ok(found);
    }
    Err(resolver.because(Outcome::Skipped, "it has no Go package that is built here"))
}

/// The name of a program: the last part of its path that is not a major version.
pub(super) fn program_name(path: &str) -> &str {
    let major = |part: &str| {
        let number = part.strip_prefix('v').unwrap_or_default();
        !number.is_empty()
            && !number.starts_with('0')
            && number != "1"
            && number.bytes().all(|b| b.is_ascii_digit())
    };
    match path.rsplit_once('/') {
        Some((up, last)) if major(last) => up.rsplit('/').next().unwrap_or(up),
        Some((_, last)) => last,
        None => path,
    }
}

pub(super) fn count_tests(package: &Package) -> u64 {
    let is_test = |line: &&str| {
        let parts = line.strip_prefix("func Test").and_then(|rest| rest.split_once('('));
        parts.is_some_and(|(name, rest)| {
            !name.starts_with(|c: char| c.is_lowercase()) && name != "Main" && rest.contains("*testing.T")
        })
    };
    let count = |file: &String| {
        let text = std::fs::File::open(package.dir.join(file)).and_then(|file| {
            let mut text = Vec::new();
            file.take(SOURCE).read_to_end(&mut text).map(|_| text)
        });
        String::from_utf8_lossy(&text.unwrap_or_default()).lines().filter(is_test).count() as u64
    };
    package.tests.iter().map(count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_named_as_go_names_them() {
        for (path, name) in [
            ("example.com/app", "app"),
            ("example.com/app/v2", "app"),
            ("example.com/app/v1", "v1"),
            ("example.com/app/v02", "v02"),
            ("example.com/app/vim", "vim"),
            ("app", "app"),
            ("v2", "v2"),
        ] {
            assert_eq!(program_name(path), name);
        }
    }
}
