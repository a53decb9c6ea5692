//! What the ledger says: its entries, folded into the state of the project. What was folded before is remembered.

use crate::{Engine, Note, Refusal};
use allclear_core::facts::RecordFacts;
use allclear_core::ledger::entry;
use allclear_core::project::Fold;
use allclear_core::{CommitId, Project, RULES};
use serde::{Deserialize, Serialize};

/// What is remembered of the ledger.
#[derive(Serialize, Deserialize)]
pub(crate) struct Folded {
    rules: u32,
    pub(crate) project: Project,
}

impl Engine<'_> {
    /// Reads the record alone: all that an observation needs, in less than half the time.
    pub(crate) fn observe_record(&self) -> Result<(Project, RecordFacts), Refusal> {
        let refs = self.repo.observe()?;
        self.note(Note::Observed);
        let ledger = self.ledger(&refs)?;
        let project = match &ledger {
            Some(ledger) => self.fold(&ledger.head)?,
            None => Project::default(),
        };
        let record = self.record_facts(&refs, ledger.as_ref());
        let rewound = self.rewound(&refs, &project, &record)?;
        Ok((project, RecordFacts { rewound, ..record }))
    }

    pub(crate) fn fold(&self, head: &CommitId) -> Result<Project, Refusal> {
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
                    fold.add(&entry::read(raw));
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
        self.remember_fold(&project);
        Ok(project)
    }

    /// Remembers a fold, for the next look to go on from.
    pub(crate) fn remember_fold(&self, project: &Project) {
        if let Ok(bytes) = serde_json::to_vec(&Folded { rules: RULES, project: project.clone() }) {
            self.repo.remember("fold", &bytes);
        }
    }
}
