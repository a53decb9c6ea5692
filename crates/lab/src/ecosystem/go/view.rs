//! What a Go downstream's sandbox shows. Compilers may write the shared build cache; compiled programs may not,
//! so that foreign code cannot change what others link.

use super::build_cache;
use super::prepare::Ready;
use super::served::ServedModule;
use crate::attempt::stopped::Stopped;
use crate::attempt::view::View;
use allclear_core::experiment::Job;
use allclear_host::TempDir;
use std::path::Path;

/// The module cache, inside.
const CACHE: &str = "/lab/cache";

pub(super) fn show(
    view: &mut View<'_>,
    served: &ServedModule,
    ready: &Ready,
    job: &Job,
    temp: &TempDir,
) -> Result<(), Stopped> {
    let infra = |e: std::io::Error| Stopped::infra(&e.to_string());
    let text = |path: &Path| path.display().to_string();
    let goroot = &served.go.settings.goroot;
    std::fs::create_dir_all(&served.build).map_err(infra)?;
    view.read_in_place(goroot);
    let alternative = view.read(&ready.alternative, "/lab/mod");
    let cache = view.read(&served.cache, CACHE);
    view.leave_out(CACHE);
    let build = view.compiler_cache(&served.build, "/lab/build");
    view.set_for_compilers("GOCACHE", text(&build));
    // On disk: the sandbox's own /tmp counts as memory.
    let compiling = temp.dir("out/compiling").map_err(infra)?;
    view.set_for_compilers("GOTMPDIR", text(&view.path_inside(&compiling, "/out/compiling")));
    // Go caches the imports of a module by its path, assuming that its content never changes. Here it does:
    // each candidate has the same version.
    view.set_for_compilers("GODEBUG", "goindex=0");
    // Go does not look into headers of other folders either: a flag makes C code depend on the content.
    if ready.has_c {
        view.set_for_compilers(
            "CGO_CPPFLAGS",
            format!("-DALLCLEAR_CONTENT=c{}_{}", served.content, job.commit),
        );
    }
    // If foreign code calls the go command, it reuses what is compiled already, and writes to its own cache.
    let own = temp.dir("cache").map_err(infra)?;
    let own = view.write(&own, "/lab/own");
    view.set_for_foreign("GOCACHEPROG", build_cache::program(&view.helper(), &build));
    let path = text(&view.path_inside(&served.path, "/tmp/go"));
    for (name, value) in [
        ("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", text(&goroot.join("bin")))),
        ("GOROOT", text(goroot)),
        ("GOPATH", path),
        ("GOMODCACHE", text(&cache)),
        ("GOCACHE", text(&own)),
        ("GOFLAGS", format!("-buildvcs=false -mod=readonly -modfile={}", text(&alternative.join("go.mod")))),
        ("GOPROXY", "off".into()),
        ("GOSUMDB", "off".into()),
        ("GOWORK", "off".into()),
        ("GOENV", "off".into()),
        ("GOTOOLCHAIN", "local".into()),
        ("GOTELEMETRY", "off".into()),
        ("GOMAXPROCS", job.limits().cpus.to_string()),
    ] {
        view.set(name, value);
    }
    Ok(())
}
