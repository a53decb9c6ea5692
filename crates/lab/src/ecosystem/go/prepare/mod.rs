//! Prepares a Go downstream: the resolver is asked for the version, everything is fetched, and what was
//! resolved is proven. Nobody's code is run, and the checkout is only read.

mod manifest;
mod packages;
mod refusal;
mod resolver;

use self::manifest::{Manifest, Named, applies, is_regular_file, leads_out, module_of};
use self::packages::{Package, count_tests, packages, program_name};
use self::resolver::Resolver;
use super::served::ServedModule;
use crate::attempt::stopped::Stopped;
use crate::ecosystem::resolution::{Resolution, Taken, closure, prove};
use crate::ecosystem::{Context, Downstream};
use allclear_core::experiment::{Mode, Outcome, Proof};
use allclear_core::types::text::short;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub(super) struct Ready {
    pub(super) resolution: Resolution,
    /// The folder with the go.mod that replaces the downstream's own.
    pub(super) alternative: PathBuf,
    /// The top of its module, from the top of the repository.
    pub(super) module_dir: String,
    /// How many tests its sources have.
    pub(super) declared_tests: u64,
    /// Whether its own folder is a program.
    pub(super) is_program: bool,
    /// The name of this program, if it is the only one that is built.
    pub(super) only_program: Option<String>,
    /// Whether C is compiled whose content may differ under the same path.
    pub(super) has_c: bool,
}

pub(super) fn prepare(
    served: &ServedModule,
    context: &Context<'_>,
    downstream: &Downstream<'_>,
) -> Result<Ready, Stopped> {
    let Downstream { job, mode, tree, temp, .. } = *downstream;
    let module = &served.module;
    let Some(module_dir) = module_of(tree, &job.dir) else {
        return Err(Stopped::unprepared("there is no go.mod in its folder or above it"));
    };
    let top = tree.join(&module_dir);
    let alternative = temp.dir("mod").map_err(|e| Stopped::unwritable(&e))?;
    for name in ["go.mod", "go.sum"] {
        if is_regular_file(&top.join(name)) {
            std::fs::copy(top.join(name), alternative.join(name)).map_err(|e| Stopped::unwritable(&e))?;
        }
    }
    let client = served.proxy.client();
    let mut vars = served.go.proxy_vars(&client, module);
    vars.extend([
        ("GOMODCACHE", served.cache.display().to_string()),
        ("GOPATH", served.path.display().to_string()),
        ("GOCACHE", served.build.display().to_string()),
        // To stamp a program, go would run hg, svn and the like in a stranger's folder, whose settings may name
        // other programs.
        ("GOFLAGS", format!("-buildvcs=false -modcacherw -modfile={}", modfile(&alternative))),
    ]);
    let mut resolver = Resolver { served, dir: top, vars, log: String::new() };

    let before = Manifest::read(&mut resolver)?;
    applies(&resolver, &before)?;
    let required = before.requirements().iter().filter(|r| r.path == *module);
    required.for_each(|r| served.serve_release(context, &r.version));
    let note = drop_replaces(&mut resolver, &before, tree, &alternative)?;
    resolve(&mut resolver, mode, &alternative)?;

    let packages = packages(&mut resolver, job, &module_dir)?;
    if !packages.iter().any(|p| p.module == *module) {
        let uses = before.requirements().iter().any(|r| r.path == *module);
        let note = if uses {
            "it requires the project, and builds no package of it"
        } else {
            "it does not use the project"
        };
        return Err(resolver.because(Outcome::Skipped, note));
    }
    let proof = proven(&mut resolver)?;
    let lock = ["go.mod", "go.sum"].map(|name| std::fs::read(alternative.join(name)).unwrap_or_default());
    let closure = closure(&served.go.settings.goversion, &lock, packages.len());
    let own_dir =
        resolver.dir.join(job.dir.strip_prefix(&module_dir).unwrap_or_default().trim_start_matches('/'));
    let programs: Vec<&Package> = packages.iter().filter(|p| p.own && p.name == "main").collect();
    let is_program = programs.iter().any(|p| p.dir == own_dir);
    let only_program = match programs[..] {
        [only] if is_program => Some(program_name(&only.path).to_owned()),
        _ => None,
    };
    let declared_tests = packages.iter().filter(|p| p.own).map(count_tests).sum();
    let can_change = |p: &Package| {
        !p.dir.starts_with(&served.cache) || served.proxy.has(&p.module, &served.wanted.version)
    };
    let has_c = packages.iter().any(|p| p.cgo && can_change(p));
    let resolution = Resolution { proof: Some(proof), closure, floating: client.is_floating(), note };
    Ok(Ready { resolution, alternative, module_dir, declared_tests, is_program, only_program, has_c })
}

fn modfile(alternative: &Path) -> String {
    alternative.join("go.mod").display().to_string()
}

/// Removes the downstream's own replaces of the project; gives a note for people if there were any. Fails if a
/// replace of another module leads out of the repository.
fn drop_replaces(
    resolver: &mut Resolver<'_>,
    before: &Manifest,
    tree: &Path,
    alternative: &Path,
) -> Result<Option<String>, Stopped> {
    let module = &resolver.served.module;
    let (own, others): (Vec<_>, Vec<_>) =
        before.replace.iter().flatten().partition(|replace| replace.old.path == *module);
    let out = others.iter().find(|replace| {
        replace.new.version.is_empty() && leads_out(&resolver.dir.join(&replace.new.path), tree)
    });
    if let Some(replace) = out {
        let (old, new) = (short(&replace.old.path, 100), short(&replace.new.path, 100));
        let note = format!("its replace of {old} by {new} leads out of its repository");
        return Err(resolver.because(Outcome::Unprepared, note));
    }
    let mut notes = Vec::new();
    for replace in own {
        let Named { version, .. } = &replace.old;
        let at = if version.is_empty() { String::new() } else { format!("@{version}") };
        resolver.ok(&["mod", "edit", &format!("-dropreplace={module}{at}"), &modfile(alternative)])?;
        notes.push(format!("its own replace of {module} was left out"));
    }
    Ok((!notes.is_empty()).then(|| notes.join("; ")))
}

/// Requires the version; in locked mode, pins all other modules to what they were.
fn resolve(resolver: &mut Resolver<'_>, mode: Mode, alternative: &Path) -> Result<(), Stopped> {
    let module = &resolver.served.module;
    let old = if mode == Mode::Locked { versions(resolver) } else { BTreeMap::new() };
    resolver.ok(&["get", &format!("{module}@{}", resolver.served.wanted.version)])?;
    if mode == Mode::Locked {
        for (path, version) in versions(resolver) {
            if path != *module && old.get(&path).is_some_and(|before| *before != version) {
                let pin = format!("-replace={path}={path}@{}", old[&path]);
                resolver.ok(&["mod", "edit", &pin, &modfile(alternative)])?;
            }
        }
    }
    Ok(())
}

fn versions(resolver: &mut Resolver<'_>) -> BTreeMap<String, String> {
    let said = resolver.go(&["list", "-mod=mod", "-m", "-f", "{{.Path}} {{.Version}}", "all"]);
    let pairs = said.out.lines().filter_map(|line| line.split_once(' '));
    pairs.filter(|(_, v)| !v.is_empty()).map(|(p, v)| (p.to_owned(), v.to_owned())).collect()
}

/// A module, as `go list -m -json` prints it.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Listed {
    version: String,
    sum: String,
    replace: Option<Named>,
}

/// Asks the resolver which version it chose.
fn proven(resolver: &mut Resolver<'_>) -> Result<Proof, Stopped> {
    let ServedModule { module, wanted, .. } = resolver.served;
    let text = resolver.ok(&["list", "-mod=mod", "-m", "-json", module])?;
    let listed: Listed = serde_json::from_str(&text).unwrap_or_default();
    let replaced_by = listed.replace.map(|other| other.path);
    let taken = Taken { version: listed.version, hash: listed.sum, replaced_by };
    prove(module, wanted, taken).map_err(|note| resolver.because(Outcome::NotInjected, note))
}
