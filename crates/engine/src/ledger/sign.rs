//! A person's signature under what they decide.

use super::append::Draft;
use crate::{Engine, LedgerRefusal, Note, Refusal};
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
        let text = statement::text(&root, &head, &draft.events);
        let signature = text.and_then(|text| self.repo.sign(text.as_bytes(), NAMESPACE));
        let draft = Draft { statement: signature.and_then(|s| Statement::new(head, s)), ..draft };
        self.has_effect(&draft, project)?;
        let frozen = project.candidates.values().map(|c| &c.cut.policy);
        let wants = |policy: &Policy| policy.trust == Trust::Signed;
        if draft.statement.is_none() && frozen.chain(policy).any(wants) {
            self.note(Note::Unsigned);
        }
        Ok(draft)
    }

    /// Refuses what the record would pass over, found out by folding it as if it had landed.
    fn has_effect(&self, draft: &Draft, project: &Project) -> Result<(), Refusal> {
        // A proposal waits for admins, whoever makes it.
        let proposes = draft.events.iter().any(|event| matches!(event, Event::SignersProposed(_)));
        let Some(head) = project.head.clone().filter(|_| !proposes) else { return Ok(()) };
        let now = self.clock.now();
        let mut entry =
            entry::compose(draft.id.clone(), now, self.by.clone(), self.via, draft.events.clone());
        entry.statement.clone_from(&draft.statement);
        let mut project = project.clone();
        project.ignored.clear();
        let mut fold = Fold::onto(project);
        fold.add(&Link {
            parent: Some(head.clone()),
            commit: head,
            body: Body::Entry(Box::new(entry)),
            signed: None,
        });
        let Some(why) = fold.finish().ok().and_then(|project| project.ignored.into_iter().next()) else {
            return Ok(());
        };
        Err(LedgerRefusal::NoEffect { why: why.why }.into())
    }
}
