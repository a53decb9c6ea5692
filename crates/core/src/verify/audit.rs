//! Reads a chain as an auditor does.

use crate::Entry;
use crate::ledger::actor::Proof;
use crate::ledger::entry::{Body, Link};
use crate::ledger::event::Event;
use crate::ledger::promotion::Promotion;
use crate::ledger::signature::Signed;
use crate::project::trust::{Identity, Ignored, Level};
use crate::project::{Candidate, Fold, Project, Promoted, Rc};
use crate::types::object_id::CommitId;
use crate::types::version::Version;
use crate::verify::claim::Claim;
use crate::verify::irregular::Irregular;
use serde::{Deserialize, Serialize};

/// The most irregular entries that are listed.
const LISTED: usize = 100;

/// A release on record, with what led to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditedRelease {
    /// What was released.
    pub version: Version,
    /// Its rcs.
    pub rcs: Vec<Rc>,
    /// Who said what of its commit: approvals and waivers.
    pub voices: Vec<(String, Identity)>,
    /// Its promotion, with the record before it.
    pub promoted: Box<Promoted>,
    /// What was found before that cannot change any more.
    pub sealed: Option<Vec<Claim>>,
}

/// Reads a chain as an auditor does: nothing is believed, and irregularities are collected.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Audit {
    /// All that the entries say.
    pub project: Project,
    /// Entries whose commit has a good signature.
    pub recorded: u64,
    /// Entries with a statement that counts.
    pub stated: u64,
    /// Signatures that are claimed and not there, or there and not good; ids that were used before; times far back.
    pub odd: Vec<Ignored>,
    irregular: Irregular,
    /// All releases of this chain, in order.
    #[serde(rename = "told")]
    pub releases: Vec<AuditedRelease>,
    /// Promotions that are on record and were none, each with its entry: no such candidate was open.
    pub baseless: Vec<(Version, CommitId)>,
    /// Stable, as the first cut saw it: what was released before is not on record.
    pub began: Option<CommitId>,
    #[serde(skip)]
    fold: Option<Fold>,
}

impl Audit {
    /// Takes the next link.
    pub fn add(&mut self, link: &Link) {
        let mut fold = self.fold.take().unwrap_or_else(|| Fold::onto(std::mem::take(&mut self.project)));
        let entry = match &link.body {
            Body::Entry(entry) => Some(&**entry),
            Body::Void(_) => None,
        };
        let level = fold.add(link);
        if let Some(entry) = entry {
            self.count(link, entry, &level);
            for why in self.irregular.take(entry) {
                self.note(link, why);
            }
            self.follow(fold.project(), link, entry);
        }
        self.fold = Some(fold);
    }

    /// Ends the reading; or, where a later entry strikes an earlier one, gives an audit that knows of it and
    /// wants all links once more.
    pub fn finish(mut self) -> Result<Self, Box<Self>> {
        match self.fold.take().map(Fold::finish) {
            None => Ok(self),
            Some(Ok(project)) => Ok(Self { project, ..self }),
            Some(Err(again)) => Err(Box::new(Self { fold: Some(again), ..Self::default() })),
        }
    }

    /// Tells whether a promotion is only told again.
    fn has(&self, promotion: &Promotion) -> bool {
        self.releases.iter().any(|release| release.promoted.promotion == *promotion)
    }

    fn count(&mut self, link: &Link, entry: &Entry, level: &Level) {
        let good = match level {
            Level::Recorded(_) => true,
            Level::Claimed | Level::Stated(_) => link.signed.as_ref().is_some_and(|s| s.signer().is_some()),
        };
        self.recorded += u64::from(good);
        self.stated += u64::from(matches!(level, Level::Stated(_)));
        let why = match (good, &link.signed) {
            (false, Some(_)) => "its commit's signature is not valid",
            (false, None) if entry.by.proof == Proof::Signed => "it says that it is signed, and is not",
            (true, _) | (false, None) => return,
        };
        self.note(link, why.into());
    }

    fn note(&mut self, link: &Link, why: String) {
        if self.odd.len() < LISTED {
            self.odd.push(Ignored { entry: link.commit.clone(), why });
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "an auditor follows promotions alone")]
    fn follow(&mut self, project: &Project, link: &Link, entry: &Entry) {
        for event in &entry.events {
            match event {
                Event::CandidateCut(cut) => {
                    self.began.get_or_insert_with(|| cut.stable.clone());
                }
                Event::Promoted(promotion) => {
                    let version = promotion.version;
                    let open = project.candidates.get(&version);
                    if let Some(candidate) = open
                        && let Some(promoted) = candidate.promoted.as_ref().filter(|p| p.entry == link.commit)
                    {
                        let (rcs, voices) = rcs_and_voices(candidate);
                        let level = proven(link, &promoted.level, project);
                        let promoted = Box::new(Promoted { level, ..(**promoted).clone() });
                        self.releases.push(AuditedRelease { version, rcs, voices, promoted, sealed: None });
                    } else if !project.struck.contains_key(&link.commit) && !self.has(promotion) {
                        self.baseless.push((version, link.commit.clone()));
                    }
                }
                Event::PromotionContinued { version, entry, .. } => {
                    let known = self.releases.iter_mut().rfind(|r| r.version == *version);
                    let now = project.candidates.get(version).and_then(|c| c.promoted.as_ref());
                    if let (Some(release), Some(now)) = (known, now.filter(|now| now.entry == *entry)) {
                        let level = release.promoted.level.clone();
                        *release.promoted = Promoted { level, ..(**now).clone() };
                        release.sealed = None;
                    }
                }
                _ => {}
            }
        }
    }
}

/// Gives the level of an entry that nobody states, whose signature the fold had no reason to look at.
fn proven(link: &Link, level: &Level, project: &Project) -> Level {
    match link.signed.as_ref().and_then(Signed::signer) {
        Some(key) if *level == Level::Claimed => Level::Recorded(project.roster.know(key)),
        Some(_) | None => level.clone(),
    }
}

/// Gives a candidate's rcs, and who approved and waived for its commit.
fn rcs_and_voices(candidate: &Candidate) -> (Vec<Rc>, Vec<(String, Identity)>) {
    let commit = candidate.commit();
    let approvals = candidate.approvals.iter().filter(|a| a.commit == *commit);
    let waivers = candidate.waivers.iter().filter(|w| w.commit == *commit);
    let approvals = approvals.map(|a| ("approved".to_owned(), a.by.clone()));
    let waivers =
        waivers.map(|w| (format!("waived {}", crate::types::text::short(&w.gate, 20)), w.by.clone()));
    (candidate.rcs.clone(), approvals.chain(waivers).collect())
}
