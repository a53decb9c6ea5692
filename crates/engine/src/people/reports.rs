//! What users say of an rc, and what captains answer. The words and the names are beside the chain, on a
//! ref without history, so that they can be erased; the chain keeps their salted digest.

use super::reason::reason;
use crate::engine::healed;
use crate::{Engine, LedgerRefusal, PeopleRefusal, PushRefusal, Refusal, Snapshot};
use allclear_core::ledger::actor::{Actor, Proof};
use allclear_core::ledger::event::{Answer, Event, ReportOutcome};
use allclear_core::port::{NewCommit, RefUpdate, Signature};
use allclear_core::project::people::{Report, pseudonyms};
use allclear_core::types::text::{hex, plain};
use allclear_core::{Project, RcNumber, RefName, Version};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The longest text of a report, in bytes.
const TEXT_LIMIT: usize = 16 * 1024;

/// A user's word, as it comes in.
#[derive(Debug, Clone)]
pub struct ReportWish {
    /// The candidate.
    pub version: Version,
    pub rc: RcNumber,
    /// How it went.
    pub outcome: ReportOutcome,
    pub who: String,
    /// In their own words.
    pub words: Option<String>,
}

/// The words of a report and who said them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportText {
    /// Makes the digest say nothing about the words.
    salt: String,
    /// Who; `None` where it was erased.
    pub who: Option<String>,
    /// The words; `None` where there were none or they were erased.
    pub words: Option<String>,
}

impl Engine<'_> {
    /// Files a report on an rc. A bad one on a release is kept too. Gives its id, and whether it came too late.
    pub fn report(&self, wish: &ReportWish) -> Result<(String, bool), Refusal> {
        let who = plain(wish.who.trim());
        if who.chars().filter(|c| c.is_alphanumeric()).count() < 2 {
            return Err(PeopleRefusal::NoReporter.into());
        }
        let words = wish.words.as_deref().map(str::trim).filter(|words| !words.is_empty());
        if words.is_some_and(|words| words.len() > TEXT_LIMIT) {
            return Err(PeopleRefusal::ReportTooLong.into());
        }
        let id = self.clock.fresh_id()[..8].to_owned();
        let text =
            ReportText { salt: self.clock.fresh_id(), who: Some(who.clone()), words: words.map(Into::into) };
        let person = |snapshot: &Snapshot| {
            snapshot.project.root.as_ref().map(|root| pseudonyms(root, &who)).unwrap_or_default()
        };
        let first = self.observe()?;
        let pseudonym = person(&first).into_iter().next().unwrap_or_default();
        // The chain keeps no name, neither in the entry nor as the author of its commit.
        let by = Actor { who: format!("reporter {pseudonym}"), proof: Proof::Claimed };
        let reporter = Engine {
            by,
            recorded_by: None,
            repo: self.repo,
            steps: self.steps,
            notify: self.notify,
            clock: self.clock,
            via: self.via,
            watch: self.watch,
        };
        reporter.decide(|snapshot| {
            let released = snapshot.project.releases.get(&wish.version);
            let released = released.filter(|_| wish.outcome == ReportOutcome::Bad);
            let (version, rcs) = match released {
                Some(release) => (wish.version, vec![(release.rc, &release.commit)]),
                None => {
                    let (version, candidate) = snapshot.pick(Some(wish.version))?;
                    (version, candidate.rcs.iter().map(|rc| (rc.n, &rc.commit)).collect())
                }
            };
            let Some((_, commit)) = rcs.iter().find(|(n, _)| *n == wish.rc) else {
                let known = rcs.iter().map(|(n, _)| *n).collect();
                return Err(PeopleRefusal::NoSuchRc { version, n: wish.rc, known }.into());
            };
            // Bad news does not wait: it is meant to come before a promotion.
            if wish.outcome == ReportOutcome::Good && snapshot.project.is_quiet(self.clock.now()) {
                return Err(LedgerRefusal::PromotionFirst.into());
            }
            let (update, digest) = self.write_text(snapshot, &id, &text)?;
            let event = Event::ReportFiled {
                version,
                rc: wish.rc,
                commit: (*commit).clone(),
                report: id.clone(),
                outcome: wish.outcome,
                person: person(snapshot),
                text: Some(digest),
            };
            let mut draft = reporter.draft(vec![event]);
            draft.refs.push(update);
            Ok((draft, (id.clone(), released.is_some())))
        })
    }

    /// Says that a bad report was looked at and is the candidate's own; an answer given before no longer holds.
    pub fn confirm_report(&self, id: &str) -> Result<(Version, String), Refusal> {
        self.answer(id, |report| {
            if report.confirmed && report.answer.is_none() {
                return Err(PeopleRefusal::ConfirmedAlready(report.id.clone()).into());
            }
            Ok(Event::ReportConfirmed { report: report.id.clone() })
        })
    }

    /// Answers a bad report: somebody's reason why it is not the candidate's.
    pub fn dismiss_report(&self, id: &str, why: &str) -> Result<(Version, String), Refusal> {
        let why = reason(why)?;
        self.answer(id, |report| {
            unanswered(report)?;
            Ok(Event::ReportResolved { report: report.id.clone(), answer: Answer::NotOurs(why.clone()) })
        })
    }

    /// Answers a bad report: the commit that fixes it, as soon as the candidate has it.
    pub fn resolve_report(&self, id: &str, fix: &str) -> Result<(Version, String), Refusal> {
        let snapshot = self.observe()?;
        let fix = self.resolve_commit(&snapshot, fix)?;
        self.answer(id, |report| {
            unanswered(report)?;
            Ok(Event::ReportResolved { report: report.id.clone(), answer: Answer::FixedBy(fix.clone()) })
        })
    }

    /// Decides about one bad report. Two captains at once: the second sees what the first has said.
    fn answer(
        &self,
        id: &str,
        choose: impl Fn(&Report) -> Result<Event, Refusal>,
    ) -> Result<(Version, String), Refusal> {
        self.decide(|snapshot| {
            let Project { candidates, releases, .. } = &snapshot.project;
            let open = candidates.iter().flat_map(|(v, c)| c.reports.iter().map(move |r| (*v, r)));
            let released =
                releases.iter().flat_map(|(v, release)| release.reports.iter().map(move |r| (*v, r)));
            let mut named = open.chain(released).filter(|(_, r)| id.len() >= 4 && r.id.starts_with(id));
            let (Some((version, report)), None) = (named.next(), named.next()) else {
                return Err(PeopleRefusal::NoSuchReport(id.to_owned()).into());
            };
            if report.outcome == ReportOutcome::Good {
                return Err(PeopleRefusal::GoodReport(report.id.clone()).into());
            }
            let event = choose(report)?;
            Ok((self.draft(vec![event]), (version, report.id.clone())))
        })
    }

    /// Reads the texts of some reports, as far as they were not erased.
    pub fn report_texts(
        &self,
        snapshot: &Snapshot,
        ids: &[String],
    ) -> Result<BTreeMap<String, ReportText>, Refusal> {
        let Some(commit) = place(snapshot).and_then(|place| snapshot.refs.get(&place)) else {
            return Ok(BTreeMap::new());
        };
        let paths: Vec<String> = ids.iter().map(|id| path(id)).collect();
        let files = self.repo.files(commit, &paths)?;
        let read = |id: &String| Some((id.clone(), serde_json::from_str(files.get(&path(id))?).ok()?));
        Ok(ids.iter().filter_map(read).collect())
    }

    /// Erases the words and the name of a report. The chain keeps that there was one, and what it did.
    pub fn erase_report(&self, id: &str) -> Result<(), Refusal> {
        healed(|| self.erase_once(id))
    }

    fn erase_once(&self, id: &str) -> Result<(), Refusal> {
        let snapshot = self.observe()?;
        let texts = self.report_texts(&snapshot, &[id.to_owned()])?;
        let Some(text) = texts.get(id) else {
            return Err(PeopleRefusal::NoText(id.to_owned()).into());
        };
        if text.who.is_none() {
            return Ok(());
        }
        let erased = ReportText { salt: String::new(), who: None, words: None };
        let (update, _) = self.write_text(&snapshot, id, &erased)?;
        let answer = self.repo.push(std::slice::from_ref(&update))?;
        if self.repo.refs()?.get(&update.name) == update.new.as_ref() {
            Ok(())
        } else if answer.ok {
            Err(LedgerRefusal::Busy.into())
        } else {
            Err(PushRefusal::refused(answer, "erasing a text").into())
        }
    }

    /// Writes a text beside the others, in a commit without parents, so that no history keeps what is
    /// erased. Gives the ref that changes and the text's digest.
    fn write_text(
        &self,
        snapshot: &Snapshot,
        id: &str,
        text: &ReportText,
    ) -> Result<(RefUpdate, String), Refusal> {
        let name = place(snapshot).ok_or(LedgerRefusal::NoEntries)?;
        let old = snapshot.refs.get(&name).cloned();
        let json =
            serde_json::to_string_pretty(text).map_err(|e| PeopleRefusal::TextUnwritable(e.to_string()))?;
        let digest = hex(&Sha256::digest(json.as_bytes()));
        let tree = match &old {
            Some(commit) => self.repo.trees(std::slice::from_ref(commit))?.pop(),
            None => None,
        };
        let tree = self.repo.write_tree(tree.as_ref(), &BTreeMap::from([(path(id), json)]))?;
        let commit = NewCommit {
            tree,
            parents: Vec::new(),
            author: None,
            by: Signature { who: "allclear <allclear@localhost>".into(), at: self.clock.now() },
            message: "the words of reports, without history".into(),
        };
        let new = self.repo.write_commit(&commit)?;
        Ok((RefUpdate { name, old, new: Some(new) }, digest))
    }
}

/// The ref of the texts stands beside the ledger, whichever of its places that has.
fn place(snapshot: &Snapshot) -> Option<RefName> {
    let ledger = snapshot.facts.record.place.as_ref()?;
    RefName::from_git(&format!("{}texts", ledger.as_str().strip_suffix("ledger")?))
}

fn path(id: &str) -> String {
    format!("{}.json", id.chars().filter(char::is_ascii_alphanumeric).collect::<String>())
}

fn unanswered(report: &Report) -> Result<(), Refusal> {
    match report.answer.clone() {
        None => Ok(()),
        Some(answer) => Err(PeopleRefusal::AnsweredAlready { report: report.id.clone(), answer }.into()),
    }
}
