//! The executor of this machine.

use crate::Sandbox;
use crate::go::{Front, Go, Prepared, Unready};
use crate::room::{Room, copy};
use crate::stage::{Sights, Stage, Stop, place};
use crate::{generic, go, gocache, survey};
use allclear_core::lab::signature::failure;
use allclear_core::lab::{Attempt, Declared, Ecosystem, Job, Mode, Outcome, Side, Step};
use allclear_core::port::lab::{Executor, LabError, Located, Request, Sources};
use allclear_core::text::{hex, plain, short};
use allclear_core::{CommitId, Version};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

/// The version of what an answer depends on beside its inputs; another one makes all answers unknown.
const EDITION: &str = "lab/1";
/// How many logs of failures are kept.
const LOGS: usize = 500;

/// What the lab takes from its surroundings.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The caller's environment, for the resolvers: who they are and how they get out.
    pub env: Vec<(OsString, OsString)>,
    /// Where caches live.
    pub cache: PathBuf,
    /// The program and the arguments that call [`crate::inside::main`].
    pub helper: Vec<OsString>,
    /// The project's releases: a downstream that asks for one of them gets it from the project's own repository.
    pub releases: BTreeMap<Version, CommitId>,
    /// What is published later than this is not seen.
    pub until: Timestamp,
    /// Whether foreign code may run without a sandbox.
    pub uncontained: bool,
    /// Whether nothing is fetched: what was recorded answers.
    pub offline: bool,
    /// Set from outside to end what is fetched.
    pub stop: Arc<AtomicBool>,
}

/// How a downstream gets the project.
enum Way<'a> {
    /// By the module proxy protocol.
    Go(&'a Front, &'a Prepared),
    /// In a folder: the version, and the digest of its content.
    Generic(&'a str, &'a str),
}

/// A front door, made once, or why there is none.
type Door = Arc<OnceLock<Result<Arc<Front>, String>>>;

/// The executor of this machine.
pub struct Lab<'a> {
    sources: &'a dyn Sources,
    sandbox: Result<Sandbox, String>,
    around: Surroundings,
    dir: PathBuf,
    go: OnceLock<Result<Go, String>>,
    doors: Mutex<BTreeMap<CommitId, Door>>,
}

impl std::fmt::Debug for Lab<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lab").field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl<'a> Lab<'a> {
    /// Opens the lab.
    pub fn open(sources: &'a dyn Sources, around: Surroundings) -> Self {
        let dir = around.cache.join("lab");
        Room::sweep(&dir);
        let sandbox = if around.uncontained {
            Ok(Sandbox::none(around.helper.clone()))
        } else {
            Sandbox::find(around.helper.clone())
        };
        Self { sources, sandbox, around, dir, go: OnceLock::new(), doors: Mutex::default() }
    }

    fn go(&self) -> Result<&Go, String> {
        self.go.get_or_init(|| Go::find(&self.around.env, &self.around.stop)).as_ref().map_err(Clone::clone)
    }

    /// Gives the front door of a version, made by the first who asks.
    fn front(&self, side: &Side) -> Result<Arc<Front>, String> {
        let door = {
            let mut doors = self.doors.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            Arc::clone(doors.entry(side.commit.clone()).or_default())
        };
        let made = door.get_or_init(|| {
            let tree = self.sources.tree(".", &side.commit).map_err(|e| e.to_string())?;
            let Surroundings { until, offline, .. } = self.around;
            Front::open(self.go()?, side, &tree, &self.dir, until, offline).map(Arc::new)
        });
        made.clone()
    }

    /// Serves an earlier version beside the one that is looked at: a downstream's own go.mod names it. Where it is
    /// no release that is known here, the caller's proxies have it or nobody has.
    fn lend(&self, front: &Front, version: &str) {
        let known = Version::parse(version.trim_start_matches('v')).ok();
        let release = known.and_then(|version| Some((version, self.around.releases.get(&version)?)));
        let Some((version, commit)) = release.filter(|_| !front.overlay.has(&front.module, version)) else {
            return;
        };
        if let Ok(tree) = self.sources.tree(".", commit) {
            front.serve(&tree, &Side { version, commit: commit.clone() });
        }
    }

    fn room(&self) -> Result<Room, Stop> {
        Room::make(&self.dir).map_err(|e| Stop::infra(&e.to_string()))
    }

    /// Tries once, and says what is known of it.
    fn look(&self, request: &Request<'_>, attempt: &mut Attempt) -> Result<(), Stop> {
        self.enter(request, attempt, &mut |stage, way, attempt| {
            let ended = match way {
                Way::Go(front, ready) => {
                    let (ended, tests) = go::steps(stage, front, ready, request.job);
                    attempt.tests = tests;
                    ended
                }
                Way::Generic(version, hash) => {
                    let (ended, proof) = generic::steps(stage, request, version, hash);
                    attempt.closure = proof.as_ref().map(|_| (*hash).to_owned());
                    attempt.proof = proof;
                    ended
                }
            };
            attempt.memory = stage.memory;
            ended
        })
    }

    /// Makes everything ready, and goes into the sandbox.
    fn enter(
        &self,
        request: &Request<'_>,
        attempt: &mut Attempt,
        act: &mut dyn FnMut(&mut Stage<'_>, &Way<'_>, &mut Attempt) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let sandbox = self.sandbox.as_ref().map_err(|why| Stop {
            outcome: Outcome::Unprepared,
            step: Step::Prepare,
            log: String::new(),
            note: Some(why.clone()),
        })?;
        let room = self.room()?;
        let job = request.job;
        let tree = self.tree(job)?;
        let stage = |sights| {
            Stage::new(sandbox, &room, &job.recipe, request.scale, sights)
                .map_err(|e| Stop::infra(&e.to_string()))
        };
        match job.ecosystem {
            Ecosystem::Go => {
                let front = self.front(request.side).map_err(|why| unready(&why))?;
                let lend = |version: &str| self.lend(&front, version);
                let ready = go::prepare(&front, job, request.mode, &tree, &room, &lend).map_err(stop)?;
                attempt.proof = Some(ready.proof.clone());
                attempt.closure = Some(ready.closure.clone());
                attempt.floating = ready.floating;
                attempt.note.clone_from(&ready.note);
                let sights = Self::go_sights(sandbox, &front, &ready, request, &tree, &room)?;
                act(&mut stage(sights)?, &Way::Go(&front, &ready), attempt)
            }
            Ecosystem::Generic => {
                let hash = self.tree_hash(request.side).map_err(|why| unready(&why))?;
                let version = request.side.version.to_string();
                let sights = self.generic_sights(sandbox, request, &hash, &tree, &room)?;
                act(&mut stage(sights)?, &Way::Generic(&version, &hash), attempt)
            }
        }
    }

    fn tree(&self, job: &Job) -> Result<PathBuf, Stop> {
        self.sources.tree(&job.repo, &job.commit).map_err(|e| Stop {
            outcome: Outcome::Unprepared,
            step: Step::Prepare,
            log: String::new(),
            note: Some(e.to_string()),
        })
    }

    fn tree_hash(&self, side: &Side) -> Result<String, String> {
        self.sources.tree_id(&side.commit).map(|id| id.to_string()).map_err(|e| e.to_string())
    }

    /// Lays out a copy of the downstream that it may write to: all of it, or its own folder where it is one of
    /// many, between the others as they are.
    fn copied(
        sandbox: &Sandbox,
        job: &Job,
        tree: &Path,
        room: &Room,
        sights: &mut Sights,
    ) -> Result<PathBuf, Stop> {
        let infra = |e: std::io::Error| Stop::infra(&e.to_string());
        let work = room.dir("work").map_err(infra)?;
        let top = place(sandbox, &work, "/work");
        if job.one_of_many && top != work && !job.dir.is_empty() {
            copy(&tree.join(&job.dir), &work).map_err(infra)?;
            sights.reads.push((tree.to_path_buf(), top.clone()));
            sights.writes.push((work, top.join(&job.dir)));
        } else {
            copy(tree, &work).map_err(infra)?;
            sights.writes.push((work, top.clone()));
        }
        Ok(top)
    }

    fn go_sights(
        sandbox: &Sandbox,
        front: &Front,
        ready: &Prepared,
        request: &Request<'_>,
        tree: &Path,
        room: &Room,
    ) -> Result<Sights, Stop> {
        let mut sights = Sights::default();
        let job = request.job;
        let top = Self::copied(sandbox, job, tree, room, &mut sights)?;
        let settings = &front.go.settings;
        let shown = |path: &Path| path.display().to_string();
        let alternative = place(sandbox, &ready.alternative, "/lab/mod");
        let cache = place(sandbox, &front.cache, "/lab/cache");
        let build = place(sandbox, &front.build, "/lab/build");
        std::fs::create_dir_all(&front.build).map_err(|e| Stop::infra(&e.to_string()))?;
        sights.reads.extend([
            (settings.goroot.clone(), settings.goroot.clone()),
            (ready.alternative.clone(), alternative.clone()),
            (front.cache.clone(), cache.clone()),
        ]);
        sights.compilers.push((front.build.clone(), build.clone()));
        sights.compiler_env.insert("GOCACHE".into(), shown(&build));
        // On disk: what is in the sandbox's own /tmp is counted as memory.
        let compiling = room.dir("out/compiling").map_err(|e| Stop::infra(&e.to_string()))?;
        sights.compiler_env.insert("GOTMPDIR".into(), shown(&place(sandbox, &compiling, "/out/compiling")));
        // Go remembers what a module in the cache imports by its path, as if its content could not be another one:
        // here it can, with each candidate under the same number.
        sights.compiler_env.insert("GODEBUG".into(), "goindex=0".into());
        // Nor does it look into headers of other folders: what C they are part of is known by its flags.
        if ready.has_c {
            let content = format!("-DALLCLEAR_CONTENT=c{}_{}", front.content, job.commit);
            sights.compiler_env.insert("CGO_CPPFLAGS".into(), content);
        }
        // Where foreign code calls the go command, it finds what is compiled already, and what it compiles is its own.
        let own = room.dir("cache").map_err(|e| Stop::infra(&e.to_string()))?;
        let temporary = place(sandbox, &own, "/lab/own");
        sights.writes.push((own, temporary.clone()));
        sights.others.push((front.build.clone(), build.clone()));
        sights.other_env.insert("GOCACHEPROG".into(), gocache::program(&sandbox.helper(), &build));
        let cpus = job.limits().cpus;
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", shown(&settings.goroot.join("bin")));
        sights.env.extend(
            [
                ("PATH", path),
                ("GOROOT", shown(&settings.goroot)),
                ("GOPATH", shown(&place(sandbox, &front.path, "/tmp/go"))),
                ("GOMODCACHE", shown(&cache)),
                ("GOCACHE", shown(&temporary)),
                (
                    "GOFLAGS",
                    format!("-buildvcs=false -mod=readonly -modfile={}", shown(&alternative.join("go.mod"))),
                ),
                ("GOPROXY", "off".into()),
                ("GOSUMDB", "off".into()),
                ("GOWORK", "off".into()),
                ("GOENV", "off".into()),
                ("GOTOOLCHAIN", "local".into()),
                ("GOTELEMETRY", "off".into()),
                ("GOMAXPROCS", cpus.to_string()),
                ("ALLCLEAR_VERSION", request.side.version.to_string()),
                ("ALLCLEAR_HASH", ready.proof.hash.clone()),
                ("ALLCLEAR_ATTEMPT", request.number.to_string()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        let dir = if job.one_of_many || job.recipe.build.is_some() { &job.dir } else { &ready.module_dir };
        sights.dir = if dir.is_empty() { top } else { top.join(dir) };
        Ok(sights)
    }

    fn generic_sights(
        &self,
        sandbox: &Sandbox,
        request: &Request<'_>,
        hash: &str,
        tree: &Path,
        room: &Room,
    ) -> Result<Sights, Stop> {
        let mut sights = Sights::default();
        let job = request.job;
        let top = Self::copied(sandbox, job, tree, room, &mut sights)?;
        let project =
            self.sources.tree(".", &request.side.commit).map_err(|e| Stop::infra(&e.to_string()))?;
        let inside = place(sandbox, &project, "/candidate");
        sights.reads.push((project, inside.clone()));
        sights.env.extend(
            [
                ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
                ("ALLCLEAR_CANDIDATE_DIR", inside.display().to_string()),
                ("ALLCLEAR_VERSION", request.side.version.to_string()),
                ("ALLCLEAR_HASH", hash.to_owned()),
                ("ALLCLEAR_ATTEMPT", request.number.to_string()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        sights.dir = if job.dir.is_empty() { top } else { top.join(&job.dir) };
        Ok(sights)
    }

    /// Keeps the log of a failure, and no more than so many.
    fn keep(&self, log: &str) -> Option<String> {
        let dir = self.dir.join("logs");
        std::fs::create_dir_all(&dir).ok()?;
        let digest = hex(&Sha256::digest(log.as_bytes())[..8]);
        let file = dir.join(format!("{digest}.log"));
        std::fs::write(&file, log).ok()?;
        let mut all: Vec<_> = std::fs::read_dir(&dir)
            .ok()?
            .flatten()
            .filter_map(|e| Some((e.metadata().ok()?.modified().ok()?, e.path())))
            .collect();
        all.sort();
        for (_, old) in all.iter().rev().skip(LOGS) {
            drop(std::fs::remove_file(old));
        }
        Some(file.display().to_string())
    }
}

fn stop(unready: Unready) -> Stop {
    Stop { outcome: unready.outcome, step: Step::Prepare, log: unready.log, note: Some(unready.note) }
}

fn unready(why: &str) -> Stop {
    let note = Some(short(why, 240));
    Stop { outcome: Outcome::Unprepared, step: Step::Prepare, log: String::new(), note }
}

impl Executor for Lab<'_> {
    fn survey(&self, declared: &Declared, repo: &str, at: &Located) -> Result<Vec<Job>, LabError> {
        let tree = self.sources.tree(repo, &at.commit);
        let tree = tree.map_err(|e| LabError::Unavailable(e.to_string()))?;
        survey::jobs(declared, repo, at, &tree).map_err(LabError::Declaration)
    }

    fn key(&self, job: &Job, side: &Side, mode: Mode) -> Option<String> {
        let hash = match job.ecosystem {
            Ecosystem::Go => self.front(side).ok()?.content.clone(),
            Ecosystem::Generic => self.tree_hash(side).ok()?,
        };
        let toolchain = match job.ecosystem {
            Ecosystem::Go => {
                let settings = &self.go().ok()?.settings;
                [&settings.goversion, &settings.goos, &settings.goarch, &settings.cgo_enabled]
                    .map(String::as_str)
                    .join(" ")
            }
            Ecosystem::Generic => String::new(),
        };
        let contained = self.contained().ok()?;
        // Where it is known from, and how much it counts, changes no answer.
        let mut recipe = job.recipe.clone();
        (recipe.tier, recipe.expect_failure) = (None, None);
        let parts = serde_json::json!([
            EDITION,
            job.commit,
            job.dir,
            job.one_of_many,
            job.ecosystem,
            recipe,
            side.version.to_string(),
            hash,
            mode,
            toolchain,
            contained
        ]);
        Some(hex(&Sha256::digest(parts.to_string())[..16]))
    }

    fn closure(&self, request: &Request<'_>) -> Option<String> {
        if request.job.ecosystem == Ecosystem::Generic {
            return self.tree_hash(request.side).ok();
        }
        let room = self.room().ok()?;
        let front = self.front(request.side).ok()?;
        let tree = self.tree(request.job).ok()?;
        go::prepare(&front, request.job, request.mode, &tree, &room, &|version| self.lend(&front, version))
            .ok()
            .map(|ready| ready.closure)
    }

    fn hash(&self, job: &Job, side: &Side) -> Option<String> {
        match job.ecosystem {
            Ecosystem::Go => self.front(side).ok().map(|front| front.h1.clone()),
            Ecosystem::Generic => self.tree_hash(side).ok(),
        }
    }

    fn attempt(&self, request: &Request<'_>) -> Attempt {
        let mut attempt = Attempt::new(request.arm, request.mode);
        attempt.scale = request.scale;
        let began = Instant::now();
        let ended = self.look(request, &mut attempt);
        attempt.millis = began.elapsed().as_millis() as u64;
        if let Err(stop) = ended {
            attempt.outcome = stop.outcome;
            attempt.step = Some(stop.step);
            if stop.outcome == Outcome::NotInjected {
                attempt.proof = None;
            }
            // What is printed while something is made ready depends on what was fetched before.
            let note =
                stop.note.as_ref().filter(|_| stop.step == Step::Prepare || stop.log.trim().is_empty());
            let found = failure(note.unwrap_or(&stop.log), stop.step);
            if let Some(found) = found.filter(|_| stop.outcome != Outcome::Skipped) {
                attempt.error = Some(found.line).filter(|_| note.is_none());
                attempt.signature = Some(found.signature);
            }
            attempt.note =
                [attempt.note.take(), stop.note].into_iter().flatten().reduce(|a, b| format!("{a}; {b}"));
            attempt.log = self.keep(&stop.log).filter(|_| !stop.log.is_empty());
        }
        attempt
    }

    fn stop(&self) {
        if let Ok(sandbox) = &self.sandbox {
            sandbox.stop();
        }
    }

    fn reproduce(&self, request: &Request<'_>, print: bool) -> Result<i32, LabError> {
        let mut attempt = Attempt::new(request.arm, request.mode);
        let mut code = 0;
        let ended = self.enter(request, &mut attempt, &mut |stage, way, _| {
            stage.rehearse();
            match way {
                Way::Go(front, ready) => drop(go::steps(stage, front, ready, request.job)),
                Way::Generic(version, hash) => drop(generic::steps(stage, request, version, hash)),
            }
            let mut text = format!("cd {}\n", plain(&stage.dir().display().to_string()));
            for line in stage.script() {
                text.push_str(&line);
                text.push('\n');
            }
            let shown = std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes());
            shown.map_err(|e| Stop::infra(&e.to_string()))?;
            if !print {
                code = stage.visit().map_err(|why| Stop::infra(&why))?;
            }
            Ok(())
        });
        match ended {
            Ok(()) => Ok(code),
            Err(stop) => Err(LabError::Failed(stop.note.unwrap_or_else(|| stop.outcome.name().to_owned()))),
        }
    }

    fn contained(&self) -> Result<String, LabError> {
        self.sandbox.as_ref().map(Sandbox::describe).map_err(|why| LabError::Uncontained(why.clone()))
    }
}
