//! Makes a Go downstream ready: the resolver is asked for the version, everything is fetched, and it is proven
//! what was resolved. No code of anybody's is run, and the checkout is only read.

use super::Front;
use super::command::{LATE, Said};
use crate::room::Room;
use allclear_core::lab::{Job, Mode, Outcome, Proof};
use allclear_core::text::{hex, short};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// How much of a source is read, in bytes.
const SOURCE: u64 = 16 << 20;

/// A downstream that can be built.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The folder with the go.mod that is used in place of the downstream's own.
    pub(crate) alternative: PathBuf,
    /// The top of its module, from the top of the repository.
    pub(crate) module_dir: String,
    /// What was resolved.
    pub(crate) proof: Proof,
    /// The digest of everything that was resolved.
    pub(crate) closure: String,
    /// Whether something was asked for in its newest version.
    pub(crate) floating: bool,
    /// How many tests its sources declare.
    pub(crate) declared: u64,
    /// Whether its own folder is a program.
    pub(crate) is_program: bool,
    /// The name that the go command gives this program, where it is the only one that is built.
    pub(crate) only_program: Option<String>,
    /// Whether C is compiled that may have another content under the same path.
    pub(crate) has_c: bool,
    /// What people should know.
    pub(crate) note: Option<String>,
}

/// Why it cannot be built.
#[derive(Debug)]
pub(crate) struct Unready {
    pub(crate) outcome: Outcome,
    pub(crate) note: String,
    pub(crate) log: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct GoMod {
    module: Named,
    require: Option<Vec<Named>>,
    replace: Option<Vec<Replace>>,
}

#[derive(Deserialize, Default, Clone)]
#[serde(rename_all = "PascalCase", default)]
struct Named {
    path: String,
    version: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Replace {
    old: Named,
    new: Named,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Listed {
    version: String,
    sum: String,
    replace: Option<Named>,
}

/// One package that is built.
struct Package {
    own: bool,
    path: String,
    module: String,
    name: String,
    dir: PathBuf,
    tests: Vec<String>,
    cgo: bool,
}

/// The go command at work on one downstream with one version.
struct Desk<'a> {
    front: &'a Front,
    dir: PathBuf,
    vars: BTreeMap<&'static str, String>,
    said: String,
}

impl Desk<'_> {
    fn go(&mut self, args: &[&str]) -> Said {
        let said = self.front.go.run(&self.dir, &self.vars, args);
        self.said.push_str(&format!("$ go {}\n{}", args.join(" "), said.err));
        said
    }

    fn ok(&mut self, args: &[&str]) -> Result<String, Unready> {
        let said = self.go(args);
        if said.ok { Ok(said.out) } else { Err(self.unready(&said.err)) }
    }

    fn unready(&self, err: &str) -> Unready {
        let (outcome, note) = refusal(err, &self.front.module, &self.front.version);
        Unready { outcome, note, log: self.said.clone() }
    }

    fn because(&self, outcome: Outcome, note: impl Into<String>) -> Unready {
        Unready { outcome, note: note.into(), log: self.said.clone() }
    }
}

/// Makes a downstream ready.
pub(crate) fn prepare(
    front: &Front,
    job: &Job,
    mode: Mode,
    tree: &Path,
    room: &Room,
    lend: &dyn Fn(&str),
) -> Result<Prepared, Unready> {
    let infra = |e: std::io::Error| Unready {
        outcome: Outcome::Infra,
        note: format!("the lab cannot write its own files: {e}"),
        log: String::new(),
    };
    let Some(module_dir) = module_of(tree, &job.dir) else {
        return Err(Unready {
            outcome: Outcome::Unprepared,
            note: "there is no go.mod in its folder or above it".into(),
            log: String::new(),
        });
    };
    let top = tree.join(&module_dir);
    let alternative = room.dir("mod").map_err(infra)?;
    for name in ["go.mod", "go.sum"] {
        if is_plain(&top.join(name)) {
            std::fs::copy(top.join(name), alternative.join(name)).map_err(infra)?;
        }
    }
    let client = front.proxy.client();
    let mut vars = front.go.places(&client, &front.module);
    vars.extend([
        ("GOMODCACHE", front.cache.display().to_string()),
        ("GOPATH", front.path.display().to_string()),
        ("GOCACHE", front.build.display().to_string()),
        // To stamp a program, go would run hg, svn and the like in the folder of a stranger, who may say there what
        // these run.
        ("GOFLAGS", format!("-buildvcs=false -modcacherw -modfile={}", alternative.join("go.mod").display())),
    ]);
    let mut desk = Desk { front, dir: top, vars, said: String::new() };
    let mut note = Vec::new();

    let before = own_mod(&mut desk)?;
    applies(&desk, &before)?;
    let requirements: Vec<Named> = before.require.unwrap_or_default();
    requirements.iter().filter(|r| r.path == front.module).for_each(|r| lend(&r.version));
    let (own, others): (Vec<_>, Vec<_>) =
        before.replace.unwrap_or_default().into_iter().partition(|r| r.old.path == front.module);
    if let Some(replace) =
        others.iter().find(|r| r.new.version.is_empty() && leads_out(&desk.dir.join(&r.new.path), tree))
    {
        let (old, new) = (short(&replace.old.path, 100), short(&replace.new.path, 100));
        let note = format!("its replace of {old} by {new} leads out of its repository");
        return Err(desk.because(Outcome::Unprepared, note));
    }
    for replace in &own {
        let at =
            if replace.old.version.is_empty() { String::new() } else { format!("@{}", replace.old.version) };
        desk.ok(&["mod", "edit", &format!("-dropreplace={}{at}", front.module), &modfile(&alternative)])?;
        note.push(format!("its own replace of {} was left out", front.module));
    }
    let old = if mode == Mode::Locked { versions(&mut desk) } else { BTreeMap::new() };

    let wanted = format!("{}@{}", front.module, front.version);
    desk.ok(&["get", &wanted])?;
    if mode == Mode::Locked {
        for (path, version) in versions(&mut desk) {
            if path != front.module && old.get(&path).is_some_and(|before| *before != version) {
                let pin = format!("-replace={path}={path}@{}", old[&path]);
                desk.ok(&["mod", "edit", &pin, &modfile(&alternative)])?;
            }
        }
    }
    let packages = packages(&mut desk, job, &module_dir)?;
    if !packages.iter().any(|p| p.module == front.module) {
        let uses = requirements.iter().any(|r| r.path == front.module);
        let note = if uses {
            "it requires the project, and builds no package of it"
        } else {
            "it does not use the project"
        };
        return Err(desk.because(Outcome::Skipped, note));
    }
    let proof = proven(&mut desk)?;
    let closure = closure(front, &alternative, &packages);
    let own_dir =
        desk.dir.join(job.dir.strip_prefix(&module_dir).unwrap_or_default().trim_start_matches('/'));
    let programs: Vec<&Package> = packages.iter().filter(|p| p.own && p.name == "main").collect();
    let is_program = programs.iter().any(|p| p.dir == own_dir);
    let only_program = match programs[..] {
        [only] if is_program => Some(program_name(&only.path).to_owned()),
        _ => None,
    };
    let declared = packages.iter().filter(|p| p.own).map(declared).sum();
    let moves = |p: &Package| !p.dir.starts_with(&front.cache) || front.proxy.has(&p.module, &front.version);
    let has_c = packages.iter().any(|p| p.cgo && moves(p));
    let floating = client.is_floating();
    let note = (!note.is_empty()).then(|| note.join("; "));
    Ok(Prepared {
        alternative,
        module_dir,
        proof,
        closure,
        floating,
        declared,
        is_program,
        only_program,
        has_c,
        note,
    })
}

fn modfile(alternative: &Path) -> String {
    alternative.join("go.mod").display().to_string()
}

/// Finds the module that a folder is in.
fn module_of(tree: &Path, dir: &str) -> Option<String> {
    let mut at = dir;
    loop {
        if is_plain(&tree.join(at).join("go.mod")) {
            return Some(at.to_owned());
        }
        at = match at.rsplit_once('/') {
            Some((up, _)) => up,
            None if at.is_empty() => return None,
            None => "",
        };
    }
}

/// Tells whether a file is one, and no link: what it led to would be read as the caller, and said in an error.
fn is_plain(file: &Path) -> bool {
    file.symlink_metadata().is_ok_and(|meta| meta.is_file())
}

/// Tells whether a folder is outside of a tree, or has a go.mod that is none of the tree's.
fn leads_out(folder: &Path, tree: &Path) -> bool {
    let Ok(folder) = folder.canonicalize() else { return false };
    let go_mod = folder.join("go.mod");
    let inside = tree.canonicalize().is_ok_and(|tree| folder.starts_with(tree));
    !inside || go_mod.is_symlink()
}

fn own_mod(desk: &mut Desk<'_>) -> Result<GoMod, Unready> {
    let text = desk.ok(&["mod", "edit", "-json"])?;
    serde_json::from_str(&text).map_err(|e| desk.because(Outcome::Infra, format!("go mod edit: {e}")))
}

/// Refuses what another major version is meant for.
fn applies(desk: &Desk<'_>, before: &GoMod) -> Result<(), Unready> {
    let module = &desk.front.module;
    if before.module.path == *module {
        return Err(desk.because(Outcome::Skipped, "it is the project itself"));
    }
    if before.require.iter().flatten().any(|r| r.path == *module) {
        return Ok(());
    }
    let others = before.require.iter().flatten().filter(|r| unversioned(&r.path) == unversioned(module));
    match others.map(|r| r.path.as_str()).next() {
        Some(other) => {
            let note = format!("it uses {}, and this is {module}", short(other, 100));
            Err(desk.because(Outcome::Skipped, note))
        }
        None => Ok(()),
    }
}

/// Gives a module's path without its major version.
fn unversioned(path: &str) -> &str {
    let major = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match path.rsplit_once("/v") {
        Some((base, number)) if major(number) => base,
        _ if path.starts_with("gopkg.in/") => match path.rsplit_once(".v") {
            Some((base, number)) if major(number) => base,
            Some(_) | None => path,
        },
        Some(_) | None => path,
    }
}

/// Lists the versions of all modules.
fn versions(desk: &mut Desk<'_>) -> BTreeMap<String, String> {
    let said = desk.go(&["list", "-mod=mod", "-m", "-f", "{{.Path}} {{.Version}}", "all"]);
    let pairs = said.out.lines().filter_map(|line| line.split_once(' '));
    pairs.filter(|(_, v)| !v.is_empty()).map(|(p, v)| (p.to_owned(), v.to_owned())).collect()
}

/// Lists what is built, and so fetches all of it and nothing else.
fn packages(desk: &mut Desk<'_>, job: &Job, module_dir: &str) -> Result<Vec<Package>, Unready> {
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
    let out = desk.ok(&args)?;
    let line = |line: &str| {
        let mut parts = line.split('\t');
        let mut next = || parts.next().unwrap_or_default().to_owned();
        let (dep, path, module, name) = (next(), next(), next(), next());
        let (dir, tests, cgo) = (next(), next(), next());
        let tests = tests.split(',').filter(|t| !t.is_empty()).map(str::to_owned).collect();
        // What is only made for its tests is a package once more, under another name.
        let made = path.rsplit_once('.').is_some_and(|(_, last)| last == "test");
        let own = dep == "false" && !made;
        Package { own, path, module, name, dir: dir.into(), tests, cgo: cgo != "0" }
    };
    let found: Vec<Package> = out.lines().filter(|l| l.contains('\t')).map(line).collect();
    if found.iter().any(|p| p.own) {
        return Ok(found);
    }
    Err(desk.because(Outcome::Skipped, "it has no Go package that is built here"))
}

/// Gives the name of a program as the go command gives it: the last part of its path that is no major version.
fn program_name(path: &str) -> &str {
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

/// Asks the resolver what it took.
fn proven(desk: &mut Desk<'_>) -> Result<Proof, Unready> {
    let module = desk.front.module.clone();
    let text = desk.ok(&["list", "-mod=mod", "-m", "-json", &module])?;
    let listed: Listed = serde_json::from_str(&text).unwrap_or_default();
    let wanted = &desk.front.version;
    if let Some(other) = listed.replace {
        let note = format!("{module} is replaced by {}", short(&other.path, 100));
        return Err(desk.because(Outcome::NotInjected, note));
    }
    if listed.version != *wanted {
        let note = format!("{module} is at {}, not at {wanted}", short(&listed.version, 60));
        return Err(desk.because(Outcome::NotInjected, note));
    }
    if listed.sum != desk.front.h1 {
        let note = format!("{module}@{wanted} has other content than was packed");
        return Err(desk.because(Outcome::NotInjected, note));
    }
    Ok(Proof { version: listed.version, hash: listed.sum })
}

/// Gives the digest of what was resolved: the go.mod and go.sum that are used, and the toolchain.
fn closure(front: &Front, alternative: &Path, packages: &[Package]) -> String {
    let mut digest = Sha256::new();
    digest.update(&front.go.settings.goversion);
    for name in ["go.mod", "go.sum"] {
        digest.update(std::fs::read(alternative.join(name)).unwrap_or_default());
        digest.update([0]);
    }
    digest.update((packages.len() as u64).to_le_bytes());
    hex(&digest.finalize()[..12])
}

/// Counts the test functions of a package's sources.
fn declared(package: &Package) -> u64 {
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

/// Reads why the go command refused.
fn refusal(err: &str, module: &str, version: &str) -> (Outcome, String) {
    // The go.mod that is used lies elsewhere than the downstream's own.
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
        // What a module that is not its own asks for is the lab's lack: its users' go would fetch that toolchain.
        let own = has(&["go.mod requires go"]);
        let outcome = if own { Outcome::Unprepared } else { Outcome::Infra };
        return (outcome, format!("{note}; install that Go version"));
    }
    if err.contains(&format!("not {module}@{version}")) || err.contains(&format!("{module}@{version} is not"))
    {
        return (Outcome::NotInjected, note);
    }
    if has(&[
        LATE,
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
    fn a_major_version_is_no_part_of_a_name() {
        for (path, base) in [
            ("example.com/m/v2", "example.com/m"),
            ("example.com/m", "example.com/m"),
            ("example.com/vx", "example.com/vx"),
            ("gopkg.in/yaml.v3", "gopkg.in/yaml"),
            ("example.com/yaml.v3", "example.com/yaml.v3"),
        ] {
            assert_eq!(unversioned(path), base);
        }
    }

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
