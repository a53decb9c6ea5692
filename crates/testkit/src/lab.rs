//! A fake lab: downstreams behave as they are told, and calls are counted.

use allclear_core::CommitId;
use allclear_core::experiment::{
    Arm, At, Attempt, Declared, Ecosystem, Job, Mode, Outcome, Proof, Side, Step, Tests,
};
use allclear_core::port::RepoError;
use allclear_core::port::lab::{Executor, LabError, Located, Request, Sources};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

type Behaviour = Arc<dyn Fn(&Request<'_>) -> Attempt + Send + Sync>;

#[derive(Clone)]
struct Project {
    release: u32,
    /// The folders of its programs; if empty, the project itself is the only one.
    programs: Vec<String>,
    /// What its floating requirements resolve to now.
    floats: Option<String>,
    does: Behaviour,
}

#[derive(Default)]
pub struct FakeLab {
    projects: Mutex<BTreeMap<String, Project>>,
    tries: Mutex<Vec<String>>,
    closures: Mutex<u32>,
    uncontained: Option<String>,
}

impl FakeLab {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn without_sandbox(why: &str) -> Self {
        Self { uncontained: Some(why.into()), ..Self::default() }
    }

    /// Adds a project, or changes how it behaves.
    pub fn has(&self, repo: &str, does: impl Fn(&Request<'_>) -> Attempt + Send + Sync + 'static) -> &Self {
        let does: Behaviour = Arc::new(does);
        self.projects()
            .entry(repo.into())
            .and_modify(|project| project.does = does.clone())
            .or_insert(Project { release: 1, programs: Vec::new(), floats: None, does: does.clone() });
        self
    }

    pub fn with_programs(&self, repo: &str, folders: &[&str]) -> &Self {
        self.change(repo, |project| project.programs = folders.iter().map(|f| (*f).to_owned()).collect())
    }

    pub fn releases(&self, repo: &str) -> &Self {
        self.change(repo, |project| project.release += 1)
    }

    pub fn resolves_to(&self, repo: &str, closure: &str) -> &Self {
        self.change(repo, |project| project.floats = Some(closure.into()))
    }

    /// Takes the list of attempts so far, in order: `alpha candidate 1`.
    pub fn tries(&self) -> Vec<String> {
        std::mem::take(&mut *self.tries.lock().unwrap())
    }

    pub fn resolved(&self) -> u32 {
        *self.closures.lock().unwrap()
    }

    fn projects(&self) -> MutexGuard<'_, BTreeMap<String, Project>> {
        self.projects.lock().unwrap()
    }

    fn project(&self, repo: &str) -> Option<Project> {
        self.projects().get(repo).cloned()
    }

    fn change(&self, repo: &str, change: impl FnOnce(&mut Project)) -> &Self {
        change(self.projects().get_mut(repo).unwrap());
        self
    }
}

pub fn passes(request: &Request<'_>) -> Attempt {
    let proof = Proof { version: format!("v{}", request.side.version), hash: content(request.side) };
    let tests = Tests { ran: 3, failed: 0, declared: 3 };
    Attempt {
        scale: request.scale,
        millis: 1500,
        memory: 40,
        proof: Some(proof),
        tests: Some(tests),
        ..Attempt::new(request.arm, request.mode)
    }
}

pub fn fails(request: &Request<'_>, step: Step, error: &str) -> Attempt {
    Attempt {
        outcome: Outcome::failed(step),
        step: Some(step),
        error: Some(error.into()),
        signature: Some(digest(error)[..12].to_owned()),
        ..passes(request)
    }
}

/// An attempt that says nothing about the candidate.
pub fn ends(request: &Request<'_>, outcome: Outcome, note: &str) -> Attempt {
    Attempt { outcome, note: Some(note.into()), proof: None, tests: None, ..passes(request) }
}

fn digest(text: &str) -> String {
    allclear_core::types::text::hex(&Sha256::digest(text.as_bytes()))
}

fn content(side: &Side) -> String {
    format!("h1:{}", &digest(side.commit.as_str())[..12])
}

impl Sources for FakeLab {
    fn locate(&self, repo: &str, at: &At) -> Result<Located, RepoError> {
        let project = self
            .project(repo)
            .ok_or_else(|| RepoError::Unavailable(format!("the server {repo} cannot be read")))?;
        Ok(match at {
            At::Commit(commit) => Located { commit: commit.clone(), tag: None },
            At::LatestRelease | At::Branch(_) => Located {
                commit: CommitId::parse(&digest(&format!("{repo} {}", project.release))[..40]).unwrap(),
                tag: Some(format!("v1.0.{}", project.release)),
            },
        })
    }

    fn tree(&self, repo: &str, commit: &CommitId) -> Result<PathBuf, RepoError> {
        Err(RepoError::NotFound(format!("{repo} has no files at {commit}")))
    }

    fn tree_id(&self, commit: &CommitId) -> Result<CommitId, RepoError> {
        Ok(CommitId::parse(&digest(commit.as_str())[..40]).unwrap())
    }
}

impl Executor for FakeLab {
    fn survey(&self, declared: &Declared, repo: &str, at: &Located) -> Result<Vec<Job>, LabError> {
        let project = self
            .project(repo)
            .ok_or_else(|| LabError::Declaration("there is nothing that a lab could look at".into()))?;
        let job = |name: String, dir: &str| Job {
            name,
            repo: repo.into(),
            commit: at.commit.clone(),
            tag: at.tag.clone(),
            dir: dir.into(),
            one_of_many: !dir.is_empty(),
            ecosystem: declared.ecosystem.unwrap_or(Ecosystem::Go),
            recipe: declared.recipe.clone(),
        };
        if project.programs.is_empty() {
            return Ok(vec![job(declared.name.clone(), "")]);
        }
        Ok(project.programs.iter().map(|dir| job(format!("{}/{dir}", declared.name), dir)).collect())
    }

    fn key(&self, job: &Job, side: &Side, mode: Mode) -> Option<String> {
        Some(digest(&format!("{} {} {} {mode:?} {:?}", job.commit, job.dir, content(side), job.recipe.test)))
    }

    fn closure(&self, request: &Request<'_>) -> Option<String> {
        *self.closures.lock().unwrap() += 1;
        self.project(&request.job.repo)?.floats
    }

    fn hash(&self, _: &Job, side: &Side) -> Option<String> {
        Some(content(side))
    }

    fn attempt(&self, request: &Request<'_>) -> Attempt {
        let arm = match request.arm {
            Arm::Candidate => "candidate",
            Arm::Baseline => "baseline",
        };
        let locked = if request.mode == Mode::Locked { " locked" } else { "" };
        let scale = if request.scale > 1 { format!(" x{}", request.scale) } else { String::new() };
        let line = format!("{} {arm} {}{locked}{scale}", request.job.name, request.number);
        self.tries.lock().unwrap().push(line);
        let Some(project) = self.project(&request.job.repo) else {
            return ends(request, Outcome::Infra, "it is gone");
        };
        let floating = project.floats.is_some();
        Attempt { closure: project.floats, floating, ..(project.does)(request) }
    }

    fn contained(&self) -> Result<String, LabError> {
        match &self.uncontained {
            Some(why) => Err(LabError::Uncontained(why.clone())),
            None => Ok("nothing at all".into()),
        }
    }

    fn stop(&self) {}
}
