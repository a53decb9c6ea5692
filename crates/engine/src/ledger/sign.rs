//! A person's signature under what they decide.

use super::append::Draft;
use crate::{Engine, LedgerRefusal, Note, Refusal};
use allclear_core::CommitId;
use allclear_core::ledger::entry;
use allclear_core::ledger::entry::{Body, Link};
use allclear_core::ledger::event::Event;
use allclear_core::ledger::statement;
use allclear_core::ledger::statement::{NAMESPACE, Statement};
use allclear_core::policy::{Policy, Trust};
use allclear_core::project::{Fold, Project};

impl Engine<'_> {
    /// Puts the person's signature under what they decide, where they have a key. Without one it is a claim,
    /// and they hear of it where the policy wants more. What would change nothing is refused.
    pub(crate) fn signed(
        &self,
        draft: Draft,
        project: &Project,
        policy: Option<&Policy>,
    ) -> Result<Draft, Refusal> {
        if !statement::is_stated(&draft.events) {
            return Ok(draft);
        }
        let Some((root, head)) = project.root.clone().zip(project.head.clone()) else { return Ok(draft) };
        let wanted = project.trust(policy) == Trust::Signed;
        // A signature tells who reports, which can never be erased: it is given where it counts.
        if !wanted && draft.events.iter().any(|event| matches!(event, Event::ReportFiled { .. })) {
            return Ok(draft);
        }
        let text = statement::text(&root, &head, &draft.events);
        let signature = text.and_then(|text| self.repo.sign(text.as_bytes(), NAMESPACE));
        let draft = Draft { statement: signature.and_then(|s| Statement::new(head, s)), ..draft };
        self.has_effect(&draft, project, policy)?;
        if wanted && draft.statement.is_none() {
            self.note(Note::Unsigned);
        }
        Ok(draft)
    }

    /// Refuses what the record would pass over, found out by folding it as if it had landed.
    fn has_effect(&self, draft: &Draft, project: &Project, policy: Option<&Policy>) -> Result<(), Refusal> {
        // A proposal waits for admins, whoever makes it.
        let proposes = draft.events.iter().any(|event| matches!(event, Event::SignersProposed(_)));
        let Some(head) = project.head.clone().filter(|_| !proposes) else { return Ok(()) };
        let now = self.clock.now();
        let mut project = project.clone();
        project.ignored.clear();
        let mut fold = Fold::onto(project);
        fold.add(&as_if_landed(self, draft, &head));
        let Ok(project) = fold.finish() else { return Ok(()) };
        let lifts = draft.events.iter().any(|event| matches!(event, Event::FreezeLifted { .. }));
        if lifts && project.freezes_from(now, project.trust(policy)).next().is_some() {
            let why = "it takes a captain's statement to lift the freeze".into();
            return Err(LedgerRefusal::NoEffect { why }.into());
        }
        match project.ignored.into_iter().next() {
            Some(ignored) => Err(LedgerRefusal::NoEffect { why: ignored.why }.into()),
            None => Ok(()),
        }
    }
}

/// Gives a draft as if it had landed on top of a record.
pub(crate) fn as_if_landed(engine: &Engine<'_>, draft: &Draft, head: &CommitId) -> Link {
    let (by, now) = (engine.by.clone(), engine.clock.now());
    let mut entry = entry::compose(draft.id.clone(), now, by, engine.via, draft.events.clone());
    entry.statement.clone_from(&draft.statement);
    // An id that no entry has.
    let id = CommitId::parse(&"f".repeat(head.as_str().len()));
    Link {
        commit: id.unwrap_or_else(|_| head.clone()),
        parent: Some(head.clone()),
        body: Body::Entry(Box::new(entry)),
        signed: None,
    }
}
