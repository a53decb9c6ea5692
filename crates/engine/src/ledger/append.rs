//! Appends to the ledger by compare-and-swap. No answer decides anything: after every push the refs
//! are read, and they decide. (Some servers report success for a push that failed.)

use super::place::Tip;
use crate::engine::healed;
use crate::{Engine, LedgerRefusal, Note, PushRefusal, Refusal};
use allclear_core::ledger::entry;
use allclear_core::ledger::entry::TOLERANCE;
use allclear_core::ledger::event::Event;
use allclear_core::ledger::statement::Statement;
use allclear_core::policy::PushMode;
use allclear_core::port::{NewCommit, ObjectKind, RefUpdate, RepoError};
use allclear_core::{CommitId, Project, Seconds};
use std::collections::BTreeMap;
use std::time::Duration;

/// For how long a lost race is tried again.
pub(crate) const DEADLINE: Seconds = Seconds(60);

/// How old a judgement may be when its push begins: with the time that a push may take, less than the two minutes for
/// which it stays true.
pub(crate) const FRESH: Seconds = Seconds(8);

/// An entry to be appended, and the refs that change in the same push.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    /// The entry's id; tags that are pushed with it name it.
    pub(crate) id: String,
    /// What happened.
    pub(crate) events: Vec<Event>,
    /// The facts that a decision stood on.
    pub(crate) facts: Option<serde_json::Value>,
    /// The signature of the person who decides.
    pub(crate) statement: Option<Statement>,
    /// Refs beside the ledger.
    pub(crate) refs: Vec<RefUpdate>,
    /// Files beside `entry.json`, by name. Nothing is decided by them.
    pub(crate) attachments: BTreeMap<String, String>,
}

impl Draft {
    /// Tells whether it is recorded whatever stops deciding: it says bad news alone.
    pub(crate) fn is_always_recorded(&self) -> bool {
        !self.events.is_empty() && self.events.iter().all(Event::is_always_recorded)
    }
}

/// How an append ended.
#[must_use = "somebody else may have been first"]
pub(crate) enum Landing {
    /// It is on the ledger.
    Landed,
    /// Somebody else was first; look again and decide again.
    Raced,
}

impl Engine<'_> {
    /// Starts a draft.
    pub(crate) fn draft(&self, events: Vec<Event>) -> Draft {
        let id = self.clock.fresh_id();
        Draft { id, events, facts: None, statement: None, refs: Vec::new(), attachments: BTreeMap::new() }
    }

    /// Appends observations. They commute, so a lost race only changes the parent; where a promotion lost its
    /// races they wait for it.
    pub(crate) fn record(&self, events: Vec<Event>) -> Result<(), Refusal> {
        self.record_if(events, &|_| true).map(drop)
    }

    /// Appends observations as long as they are `wanted` on top of what is on record; tells whether they landed.
    pub(crate) fn record_if(
        &self,
        events: Vec<Event>,
        wanted: &dyn Fn(&Project) -> bool,
    ) -> Result<bool, Refusal> {
        self.record_draft(&self.draft(events), wanted)
    }

    /// Appends a draft of observations as long as it is `wanted` on top of what is on record; tells whether it landed.
    pub(crate) fn record_draft(
        &self,
        draft: &Draft,
        wanted: &dyn Fn(&Project) -> bool,
    ) -> Result<bool, Refusal> {
        self.identified()?;
        healed(|| self.record_until_landed(draft, wanted))
    }

    fn record_until_landed(&self, draft: &Draft, wanted: &dyn Fn(&Project) -> bool) -> Result<bool, Refusal> {
        let deadline = DEADLINE.after(self.clock.now());
        self.repo.prepare(&[ObjectKind::Commit]);
        loop {
            let turn = self.repo.turn();
            let (project, record) = self.observe_record()?;
            LedgerRefusal::unless_certain(&record)?;
            if project.head.is_none() {
                return Err(LedgerRefusal::NotBegun.into());
            }
            if !wanted(&project) {
                return Ok(false);
            }
            // Bad news does not wait: it is meant to come before a promotion.
            let good = !draft.events.iter().any(Event::is_bad_news);
            let quiet = good && project.is_quiet(self.clock.now());
            if !quiet && let Landing::Landed = self.land(&Tip::of(&project, &record), draft)? {
                return Ok(true);
            }
            drop(turn);
            if self.clock.now() >= deadline {
                return Err(if quiet { LedgerRefusal::PromotionFirst } else { LedgerRefusal::Busy }.into());
            }
            self.note(Note::Raced);
            self.pause();
        }
    }

    pub(crate) fn pause(&self) {
        // Full jitter: anything up to a second, so that rivals spread out.
        let id = self.clock.fresh_id();
        let millis = u64::from_str_radix(&id[..4], 16).unwrap_or(500) * 1000 / 65_536;
        self.clock.wait(Duration::from_millis(millis));
    }

    fn write_entry(&self, tip: &Tip, draft: &Draft) -> Result<CommitId, Refusal> {
        self.identified()?;
        let now = self.clock.now();
        // Neither does it wait for a clock that was ahead of this one.
        if !draft.is_always_recorded() && TOLERANCE.after(now) < tip.at {
            let behind = Seconds::between(now, tip.at);
            return Err(LedgerRefusal::ClockBehind(behind).into());
        }
        let mut entry =
            entry::compose(draft.id.clone(), now, self.by.clone(), self.via, draft.events.clone());
        entry.recorded_by.clone_from(&self.recorded_by);
        entry.facts.clone_from(&draft.facts);
        entry.statement.clone_from(&draft.statement);
        let json =
            serde_json::to_string_pretty(&entry).map_err(|e| LedgerRefusal::Unwritable(e.to_string()))?;
        if json.len() > entry::ENTRY_LIMIT {
            return Err(LedgerRefusal::EntryTooLarge.into());
        }
        let mut files = draft.attachments.clone();
        if files.len() > entry::ATTACHMENTS || files.values().any(|f| f.len() > entry::ATTACHMENT_LIMIT) {
            return Err(LedgerRefusal::TooManyFiles.into());
        }
        files.insert("entry.json".to_owned(), json + "\n");
        let tree = self.repo.write_tree(None, &files)?;
        let commit = NewCommit {
            tree,
            parents: tip.head.iter().cloned().collect(),
            by: self.signature(now),
            author: None,
            message: entry::subject(&draft.events),
        };
        Ok(self.repo.write_commit(&commit)?)
    }

    /// Writes the entry of a draft, and gives it with all that changes in one push: the ledger first.
    pub(crate) fn entry_updates(
        &self,
        tip: &Tip,
        draft: &Draft,
    ) -> Result<(CommitId, Vec<RefUpdate>), Refusal> {
        let ours = self.write_entry(tip, draft)?;
        let mut updates =
            vec![RefUpdate { name: tip.place()?, old: tip.at_ref.clone(), new: Some(ours.clone()) }];
        updates.extend(draft.refs.iter().cloned());
        Ok((ours, updates))
    }

    /// Remembers an entry of one's own as seen: a record that is cut short right behind it is noticed too.
    pub(crate) fn remember_as_seen(&self, tip: &Tip, ours: &CommitId) {
        let root = tip.root.clone().unwrap_or_else(|| ours.clone());
        if let Ok(place) = tip.place() {
            self.remember_head(root, ours.clone(), tip.entries + 1, place);
        }
    }

    /// Pushes a draft on top of what was seen. Where a dying server took the entry alone, its other refs follow.
    pub(crate) fn land(&self, tip: &Tip, draft: &Draft) -> Result<Landing, Refusal> {
        self.append(tip, draft, true)
    }

    /// Pushes a draft on top of what was seen, and leaves what a dying server left out to the next look.
    pub(crate) fn land_alone(&self, tip: &Tip, draft: &Draft) -> Result<Landing, Refusal> {
        self.append(tip, draft, false)
    }

    fn append(&self, tip: &Tip, draft: &Draft, completes: bool) -> Result<Landing, Refusal> {
        let (place, old) = (tip.place()?, tip.at_ref.clone());
        let _span = tracing::info_span!("append", %place, entry = tip.entries + 1, id = draft.id).entered();
        let (ours, updates) = self.entry_updates(tip, draft)?;
        let first = first_push(tip, &updates);
        let completes = completes || tip.push == PushMode::Sequential;
        let stale = FRESH.after(self.clock.now());
        let mut answer = self.repo.push(first);
        for attempt in 0.. {
            let refs = self.repo.refs().map_err(|e| unknown(e, answer.is_ok()))?;
            let now = refs.get(&place);
            if now == Some(&ours) || (now != old.as_ref() && self.is_behind(&ours)?) {
                if completes {
                    self.push_missing(tip, &refs, &draft.refs)?;
                }
                self.remember_as_seen(tip, &ours);
                return Ok(Landing::Landed);
            }
            let moved = now != old.as_ref() || draft.refs.iter().any(|u| refs.get(&u.name) != u.old.as_ref());
            match (moved, &answer) {
                (true, _) => return Ok(Landing::Raced),
                (false, _) if attempt == 0 && self.clock.now() <= stale => answer = self.repo.push(first),
                (false, Ok(answer)) if answer.ok => return Err(LedgerRefusal::Ignored.into()),
                (false, Ok(answer)) => {
                    return Err(PushRefusal::refused(answer.clone(), "an entry of the ledger").into());
                }
                (false, Err(_)) => {
                    return Err(answer.err().map_or_else(|| LedgerRefusal::Busy.into(), Refusal::from));
                }
            }
        }
        Ok(Landing::Raced)
    }

    /// Tells whether our entry is on the ledger under entries that came after it.
    fn is_behind(&self, ours: &CommitId) -> Result<bool, Refusal> {
        let refs = self.repo.observe()?;
        Ok(match self.ledger(&refs)? {
            Some(ledger) => self.repo.is_ancestor(ours, &ledger.head)?,
            None => false,
        })
    }

    /// Pushes what did not come with the entry: it came first, the other refs follow.
    fn push_missing(
        &self,
        tip: &Tip,
        refs: &allclear_core::port::Refs,
        wanted: &[RefUpdate],
    ) -> Result<(), Refusal> {
        let missing: Vec<RefUpdate> = wanted
            .iter()
            .filter(|u| refs.get(&u.name) == u.old.as_ref() && u.old != u.new)
            .cloned()
            .collect();
        let at_once = match tip.push {
            PushMode::Atomic => missing.len().max(1),
            PushMode::Sequential => 1,
        };
        for updates in missing.chunks(at_once) {
            let answer = self.repo.push(updates)?;
            if !answer.ok {
                let push = PushRefusal::refused(answer, "the refs that belong to an entry");
                return Err(LedgerRefusal::RefsMissing(push).into());
            }
        }
        Ok(())
    }
}

/// Gives what goes with the first push: the entry alone, where the refs go one after the other.
pub(crate) fn first_push<'u>(tip: &Tip, updates: &'u [RefUpdate]) -> &'u [RefUpdate] {
    match tip.push {
        PushMode::Atomic => updates,
        PushMode::Sequential => &updates[..1],
    }
}

/// Says why a push could not be judged: the server was lost before it, or after it was `sent`.
pub(crate) fn unknown(error: RepoError, sent: bool) -> Refusal {
    if sent { PushRefusal::Unanswered(error).into() } else { error.into() }
}
