//! Delivers notices: to each target what it was not told yet, all in one message, once.

use crate::{AfterRefusal, Engine, Note, Refusal, Snapshot};
use allclear_core::decide::notices;
use allclear_core::ledger::event::Event;
use allclear_core::policy::Target;
use allclear_core::types::text::{count, short};

/// The most news in one notice, so that its entry stays small; the rest follows in the next.
const MOST: usize = 50;

impl Engine<'_> {
    /// Tells every target what is new to it. Gives whom of how much, and how that went; a dry run tells nobody.
    pub(crate) fn notify(
        &self,
        snapshot: &Snapshot,
        dry: bool,
    ) -> Vec<(String, Option<Result<(), Refusal>>)> {
        let mut told = Vec::new();
        let Some(policy) = snapshot.policy.get().filter(|policy| !policy.notify.is_empty()) else {
            return told;
        };
        let now = self.clock.now();
        let assessment = snapshot.assess(now);
        let news = notices::news(&snapshot.project, &assessment);
        for target in &policy.notify {
            let mut due = notices::due(target, &news, &snapshot.project, now);
            due.truncate(MOST);
            if due.is_empty() {
                continue;
            }
            let what = format!("{} of {}", target.name, count(due.len(), "thing"));
            told.push((what, (!dry).then(|| self.deliver(snapshot, target, &due))));
        }
        told
    }

    fn deliver(&self, snapshot: &Snapshot, target: &Target, due: &[&notices::News]) -> Result<(), Refusal> {
        let Some(notify) = self.notify else { return Ok(()) };
        let project = snapshot.policy.get().and_then(|p| p.name.clone());
        let project = short(&project.unwrap_or_else(|| snapshot.project.name.clone()), 60);
        let body = notices::json(&project, due, self.clock.now()).to_string();
        let to = target.name.clone();
        let before = snapshot.project.told.get(&to).cloned();
        match notify.deliver(&target.way, &notices::id(due), &body) {
            Ok(()) => {
                self.note(Note::Notified(to.clone()));
                self.record(vec![Event::Noticed { to, keys: due.iter().map(|n| n.key.clone()).collect() }])
            }
            Err(why) => {
                let attempt = before.as_ref().map_or(0, |told| told.failed) + 1;
                let event = Event::NoticeFailed { to: to.clone(), attempt, why: why.to_string() };
                // Of several machines that fail at once one is enough.
                self.record_if(vec![event], &|project| project.told.get(&to) == before.as_ref())?;
                Err(AfterRefusal::NotNotified { to, why: why.to_string(), attempt }.into())
            }
        }
    }
}
