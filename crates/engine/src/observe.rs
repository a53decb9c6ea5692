//! One look at the server: refs, ledger, policy, and everything the gates want to know of them.

use crate::append::Tip;
use crate::{Engine, Fault, FaultKind, Note};
use allclear_core::facts::{Facts, RecordFacts};
use allclear_core::id::CommitId;
use allclear_core::ledger::{self};
use allclear_core::policy::{self, Effective, Mistake, Policy};
use allclear_core::port::Refs;
use allclear_core::project::{Candidate, Fold, Project};
use allclear_core::{Branch, RULES, RefName, Version};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The places a ledger can be at, the first one that has it wins.
pub(crate) const PLACES: [&str; 2] = ["refs/allclear/ledger", "refs/heads/allclear/ledger"];
/// How often develop may have got another name.
const RENAMES: usize = 5;
/// The policy's file.
pub const POLICY_FILE: &str = "allclear.toml";

/// What one look gave: enough to decide everything.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// What has happened.
    pub project: Project,
    /// What was observed.
    pub facts: Facts,
    /// The policy on develop.
    pub policy: PolicySeen,
    /// Names of refs that stand in the way of new ones, for the preflight.
    pub refs: Refs,
}

/// The policy as it was found on develop.
#[derive(Debug, Clone)]
pub enum PolicySeen {
    /// It reads well.
    Read {
        /// What it says.
        effective: Box<Effective>,
        /// The commit it was read from.
        from: CommitId,
    },
    /// It has mistakes.
    Wrong {
        /// Its text.
        text: String,
        /// All of them.
        mistakes: Vec<Mistake>,
    },
    /// There is none.
    Absent,
}

impl PolicySeen {
    /// Gives the policy where it could be read.
    pub fn get(&self) -> Option<&Policy> {
        match self {
            Self::Read { effective, .. } => Some(&effective.policy),
            Self::Wrong { .. } | Self::Absent => None,
        }
    }
}

/// What is remembered of a look.
#[derive(Serialize, Deserialize)]
struct Look {
    rules: u32,
    key: String,
    facts: Facts,
    policy: Option<(String, CommitId)>,
}

/// What is remembered of the ledger.
#[derive(Serialize, Deserialize)]
struct Folded {
    rules: u32,
    project: Project,
}

impl Engine<'_> {
    /// Reads the server, and remembers what it saw.
    pub fn observe(&self) -> Result<Snapshot, Fault> {
        let refs = self.repo.observe()?;
        self.note(Note::Observed);
        match self.understand(refs) {
            Err(fault) if fault.kind == FaultKind::Broken => self.understand(self.repo.observe()?),
            understood => understood,
        }
    }

    /// Does something that begins with a look; and once more where the private store turned out to be damaged, and
    /// was made again: nothing that was built by then was sent.
    pub(crate) fn healed<T>(&self, act: impl Fn() -> Result<T, Fault>) -> Result<T, Fault> {
        match act() {
            Err(fault) if fault.kind == FaultKind::Broken => act(),
            done => done,
        }
    }

    /// Reads the record alone: all that an observation needs, in less than half the time.
    pub(crate) fn observe_record(&self) -> Result<(Project, RecordFacts), Fault> {
        let refs = self.repo.observe()?;
        self.note(Note::Observed);
        let place = PLACES.iter().filter_map(|p| RefName::from_git(p)).find(|p| refs.get(p).is_some());
        let project = match place.as_ref().and_then(|p| refs.get(p)) {
            Some(head) => self.fold(head)?,
            None => Project::default(),
        };
        let rewound = self.rewound(&refs, &project)?;
        Ok((project, RecordFacts { place, rewound, second: None, signer: None }))
    }

    /// Gives the last look without asking the server; `None` where this machine never looked.
    pub fn recall(&self) -> Option<Snapshot> {
        let look: Look =
            serde_json::from_slice(&self.repo.recall("look")?).ok().filter(|l: &Look| l.rules == RULES)?;
        let mut project = match self.repo.recall("fold") {
            Some(bytes) if look.facts.record.place.is_some() => {
                serde_json::from_slice::<Folded>(&bytes).ok()?.project
            }
            Some(_) | None => Project::default(),
        };
        // An append reads the record alone, so that the fold may know of a cut that no look has seen.
        project.candidates.retain(|version, _| look.facts.candidates.contains_key(version));
        let policy = look.policy.map_or(PolicySeen::Absent, |(text, from)| read_policy(text, from));
        Some(Snapshot { project, facts: look.facts, policy, refs: Refs::default() })
    }

    fn understand(&self, refs: Refs) -> Result<Snapshot, Fault> {
        let places: Vec<RefName> =
            PLACES.iter().filter_map(|p| RefName::from_git(p)).filter(|p| refs.get(p).is_some()).collect();
        let place = places.first().cloned();
        let head = place.as_ref().and_then(|p| refs.get(p)).cloned();
        let project = match &head {
            Some(head) => self.fold(head)?,
            None => Project::default(),
        };
        let (policy_text, policy) = self.read_policy(&refs, &project)?;
        let key = key_of(&refs, policy_text.as_ref());
        let remembered = self.repo.recall("look").and_then(|b| serde_json::from_slice::<Look>(&b).ok());
        // The same refs as last time are no news, unless this machine wrote an entry since that is not there.
        let intact = self.is_last_head(project.head.as_ref());
        if let Some(look) = remembered.filter(|l| intact && l.rules == RULES && l.key == key) {
            let facts = Facts { observed_at: self.clock.now(), ..look.facts };
            self.keep(key, &facts, policy_text);
            return Ok(Snapshot { project, facts, policy, refs });
        }
        let rewound = self.rewound(&refs, &project)?;
        let signer = head.as_ref().and_then(|head| self.repo.signer(head));
        let record = RecordFacts { place, rewound, second: places.get(1).cloned(), signer };
        let facts = self.facts(&refs, &project, policy.get(), record)?;
        self.keep(key, &facts, policy_text);
        Ok(Snapshot { project, facts, policy, refs })
    }

    fn keep(&self, key: String, facts: &Facts, policy: Option<(String, CommitId)>) {
        if let Ok(bytes) = serde_json::to_vec(&Look { rules: RULES, key, facts: facts.clone(), policy }) {
            self.repo.remember("look", &bytes);
        }
    }

    fn fold(&self, head: &CommitId) -> Result<Project, Fault> {
        let cached = self.repo.recall("fold").and_then(|b| serde_json::from_slice::<Folded>(&b).ok());
        let cached = cached.filter(|c| c.rules == RULES).map(|c| c.project);
        let mut fold = Fold::default();
        let mut known = None;
        if let Some(project) = cached
            && let Some(old) = project.head.clone()
        {
            if old == *head {
                return Ok(project);
            }
            fold = Fold::onto(project);
            known = Some(old);
        }
        let project = loop {
            // What is new has to begin right behind what is known; else the ledger is another one.
            let mut follows = known.is_none().then_some(true);
            let read = self.repo.entries(head, known.as_ref(), &mut |raw| {
                if *follows.get_or_insert_with(|| raw.parents.first() == known.as_ref()) {
                    fold.add(&ledger::read(raw));
                }
            });
            if known.is_some() && (read.is_err() || follows != Some(true)) {
                (fold, known) = (Fold::default(), None);
                continue;
            }
            read?;
            match fold.finish() {
                Ok(project) => break project,
                Err(again) => (fold, known) = (again, None),
            }
        };
        self.keep_fold(&project);
        Ok(project)
    }

    /// Remembers a fold, for the next look to go on from.
    pub(crate) fn keep_fold(&self, project: &Project) {
        if let Ok(bytes) = serde_json::to_vec(&Folded { rules: RULES, project: project.clone() }) {
            self.repo.remember("fold", &bytes);
        }
    }

    /// Finds the branch that is develop. The record says so, and who may write to the record need not be who
    /// may write to branches: from the branch that it began with, each has to name the next in its own policy
    /// file, unless that branch is gone.
    fn develop<'p>(&self, refs: &Refs, project: &'p Project) -> Result<Option<&'p Branch>, Fault> {
        let (Some(first), Some(last)) = (&project.founded_on, &project.develop) else {
            return Ok(project.develop.as_ref());
        };
        let mut branch = first.clone();
        for _ in 0..RENAMES {
            if branch == *last {
                return Ok(Some(last));
            }
            let Some(tip) = refs.get(&branch.to_ref()) else { return Ok(Some(last)) };
            let text = self.repo.file_of_each(std::slice::from_ref(tip), POLICY_FILE)?.pop().flatten();
            let Some(policy) = text.and_then(|text| policy::read(&text).ok()) else { break };
            branch = policy.policy.branches.develop;
        }
        Ok(Some(first))
    }

    /// Reads the policy from the tip of develop: the branch that the record names, else `develop`, else the
    /// one branch whose own policy file says that it is develop. A record once begun is never led elsewhere
    /// by a file on another branch.
    fn read_policy(
        &self,
        refs: &Refs,
        project: &Project,
    ) -> Result<(Option<(String, CommitId)>, PolicySeen), Fault> {
        let named = self.develop(refs, project)?.map(Branch::to_ref);
        let known = named.clone().or_else(|| RefName::from_git("refs/heads/develop"));
        if let Some(tip) = known.and_then(|name| refs.get(&name).cloned())
            && let Some(text) =
                self.repo.file_of_each(std::slice::from_ref(&tip), POLICY_FILE)?.pop().flatten()
        {
            return Ok((Some((text.clone(), tip.clone())), read_policy(text, tip)));
        }
        if named.is_some() {
            return Ok((None, PolicySeen::Absent));
        }
        let others: Vec<(&RefName, &CommitId)> =
            refs.objects.iter().filter(|(n, _)| n.as_str().starts_with("refs/heads/")).take(2000).collect();
        let tips: Vec<CommitId> = others.iter().map(|(_, id)| (*id).clone()).collect();
        let files = self.repo.file_of_each(&tips, POLICY_FILE)?;
        let claims = others.into_iter().zip(files).filter_map(|((name, tip), text)| {
            let seen = read_policy(text.clone()?, tip.clone());
            let claims = seen.get().is_some_and(|p| p.branches.develop.to_ref() == *name);
            claims.then_some((name, (text?, tip.clone()), seen))
        });
        let mut claims: Vec<_> = claims.collect();
        match claims.pop() {
            Some((_, read, seen)) if claims.is_empty() => Ok((Some(read), seen)),
            Some((name, ..)) => {
                let names: Vec<&str> = claims.iter().map(|(n, ..)| n.short()).chain([name.short()]).collect();
                let what = format!(
                    "several branches say in {POLICY_FILE} that they are develop: {}",
                    names.join(", ")
                );
                Err(Fault::new(FaultKind::Usage, what).hint("leave the file on the one that is"))
            }
            None => Ok((None, PolicySeen::Absent)),
        }
    }
}

impl Snapshot {
    /// Gives what a new entry goes on top of.
    pub(crate) fn tip(&self) -> Tip {
        Tip::of(&self.project, self.facts.record.place.clone())
    }

    /// Assesses what was seen, at `now`.
    pub fn assess(&self, now: jiff::Timestamp) -> allclear_core::Assessment {
        allclear_core::assess(self.policy.get(), &self.project, &self.facts, now)
    }

    /// Gives the policy on develop, or says why there is none.
    pub fn policy(&self) -> Result<(&Policy, &CommitId), Fault> {
        match &self.policy {
            PolicySeen::Read { effective, from } => Ok((&effective.policy, from)),
            PolicySeen::Wrong { mistakes, .. } => Err(Fault::new(
                FaultKind::Usage,
                format!(
                    "{POLICY_FILE} on develop has {}",
                    allclear_core::text::count(mistakes.len(), "mistake")
                ),
            )
            .hint("allclear policy check shows each at its line")),
            PolicySeen::Absent => {
                Err(Fault::new(FaultKind::Usage, format!("there is no {POLICY_FILE} on develop"))
                    .hint("run allclear init, commit the file to develop and push it"))
            }
        }
    }

    /// Refuses where allclear only observes.
    pub(crate) fn may_act(&self) -> Result<(), Fault> {
        if self.policy.get().is_some_and(|p| p.mode == policy::Mode::Observe) {
            return Err(Fault::new(FaultKind::Blocked, "allclear only observes here (mode = \"observe\")")
                .hint("set mode = \"run\" in allclear.toml on develop when the team is ready"));
        }
        Ok(())
    }

    /// Refuses where something stops all deciding.
    pub fn may_decide(&self, now: jiff::Timestamp) -> Result<(), Fault> {
        let Some(stop) = allclear_core::assess::stops(&self.project, &self.facts, now).into_iter().next()
        else {
            return Ok(());
        };
        let kind = if self.project.needs > RULES { FaultKind::Refused } else { FaultKind::Blocked };
        Err(Fault { kind, hints: stop.remedy, ..Fault::new(kind, stop.why) })
    }

    /// Picks the candidate that a command is about: the named one, or the only one.
    pub fn pick(&self, wanted: Option<Version>) -> Result<(Version, &Candidate), Fault> {
        let open: Vec<String> = self.project.candidates.keys().map(ToString::to_string).collect();
        match wanted {
            Some(version) => self.project.candidates.get(&version).map(|c| (version, c)).ok_or_else(|| {
                if self.project.releases.contains_key(&version) {
                    return Fault::new(FaultKind::Usage, format!("{version} is released already"));
                }
                let has = if open.is_empty() {
                    "none is".into()
                } else {
                    let are = if open.len() == 1 { "is" } else { "are" };
                    format!("{} {are}", allclear_core::text::list(&open))
                };
                Fault::new(FaultKind::Usage, format!("there is no open candidate {version}; {has} open"))
            }),
            None => match open.len() {
                0 => Err(Fault::new(FaultKind::Usage, "there is no open candidate")
                    .hint("allclear cut starts one")),
                1 => self
                    .project
                    .candidates
                    .iter()
                    .next()
                    .map(|(v, c)| (*v, c))
                    .ok_or_else(|| Fault::new(FaultKind::Usage, "no candidate")),
                _ => Err(Fault::new(
                    FaultKind::Usage,
                    format!("{} are open", allclear_core::text::list(&open)),
                )
                .hint(format!(
                    "say which, such as {one}; with accept and pick: --version {one}",
                    one = open[0]
                ))),
            },
        }
    }
}

fn read_policy(text: String, from: CommitId) -> PolicySeen {
    match policy::read(&text) {
        Ok(effective) => PolicySeen::Read { effective: Box::new(effective), from },
        Err(mistakes) => PolicySeen::Wrong { text, mistakes },
    }
}

/// All that facts are computed from, as one text: equal keys, equal facts.
fn key_of(refs: &Refs, policy: Option<&(String, CommitId)>) -> String {
    let mut digest = Sha256::new();
    for (name, id) in &refs.objects {
        digest.update(format!("{name} {id}\n"));
    }
    digest.update(policy.map_or("", |(text, _)| text));
    allclear_core::text::hex(&digest.finalize())
}
