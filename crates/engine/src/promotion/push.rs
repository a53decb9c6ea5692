//! The one push of a promotion, and what the refs show after it.

use super::outcome::{Attempt, Released};
use crate::ledger::append::{Draft, FRESH, first_push};
use crate::ledger::place::Tip;
use crate::look::promotion::sight::sight;
use crate::{Engine, FaultKind, Note, PromotionRefusal, PushRefusal, Refusal};
use allclear_core::decide::assess::Clear;
use allclear_core::decide::promotion::{Obstacle, Standing, standing};
use allclear_core::facts::{BranchSight, EntrySight};
use allclear_core::ledger::event::Event;
use allclear_core::ledger::promotion::Promotion;
use allclear_core::port::{PushAnswer, Refs, RepoError};
use allclear_core::types::text::short;
use allclear_core::{CommitId, Seconds, Version};

impl Engine<'_> {
    /// Pushes a promotion with its entry, each ref only from what was judged, and reads the refs.
    pub(super) fn push_promotion(
        &self,
        tip: &Tip,
        promotion: &Promotion,
        draft: &Draft,
        clear: &Clear,
    ) -> Result<Attempt, Refusal> {
        let version = promotion.version;
        let judged = (clear.version(), clear.commit()) == (version, &promotion.commit);
        if !judged || FRESH.after(clear.at()) < self.clock.now() {
            return Ok(Attempt::Raced);
        }
        let (ours, updates) = self.entry_updates(tip, draft)?;
        let place = updates[0].name.clone();
        let mut last = false;
        loop {
            self.note(Note::Pushing(version));
            // Whatever the push says, the refs are read next; its words are for people.
            let answer = self.repo.push(first_push(tip, &updates));
            self.note(Note::Pushed(version));
            if let Err(error @ RepoError::Remade(_)) = answer {
                return Err(error.into());
            }
            let refs = match self.repo.refs() {
                Ok(refs) => refs,
                Err(error) if was_sent(&answer) => return Err(unanswered(version, error)),
                Err(error) => return Err(error.into()),
            };
            self.note(Note::ReadBack);
            if refs.get(&place) == Some(&ours) {
                self.remember_as_seen(tip, &ours);
                if is_whole(&refs, promotion) {
                    self.note(Note::Confirmed(version));
                    return Ok(Attempt::Released(Released::now(promotion, &draft.id)));
                }
                return Ok(Attempt::Progress);
            }
            if refs.get(&place) != tip.at_ref.as_ref() {
                return Ok(Attempt::Raced);
            }
            // Ancestry is asked of nobody: what is not what was expected is left to the next look.
            match standing(sight(&refs, EntrySight::Absent, promotion, |now, new| now == new)) {
                // What was judged too long ago is not sent again.
                Standing::NotApplied if last || FRESH.after(clear.at()) < self.clock.now() => {
                    return Err(self.not_applied(tip, promotion, answer));
                }
                Standing::NotApplied => last = true,
                Standing::Overtaken(Obstacle::Develop) => return Ok(Attempt::Raced),
                Standing::Overtaken(obstacle) => {
                    return Err(PromotionRefusal::GivenUp { version, obstacle }.into());
                }
                Standing::Landed
                | Standing::Done(_)
                | Standing::Committed(_)
                | Standing::PutBack
                | Standing::Unfounded
                | Standing::Stuck(_) => return Ok(Attempt::Progress),
            }
        }
    }

    /// Two pushes changed nothing: says why, as far as the server said it. What may still be on its way is made
    /// impossible by an entry of its own.
    fn not_applied(
        &self,
        tip: &Tip,
        promotion: &Promotion,
        answer: Result<PushAnswer, RepoError>,
    ) -> Refusal {
        let version = promotion.version;
        // What a server cannot do is no rule of it.
        let by_rule = matches!(&answer, Ok(answer) if !answer.no_atomic);
        let said = answer.as_ref().map(in_its_own_words).unwrap_or_default();
        let refusal = match answer {
            Ok(answer) if answer.ok => Refusal::from(PromotionRefusal::Ignored(version)),
            Ok(answer) => PushRefusal::refused(answer, format!("the promotion of {version}")).into(),
            Err(error) if matches!(error, RepoError::Unknown(_)) => unanswered(version, error),
            Err(error) => error.into(),
        };
        let commit = promotion.commit.clone();
        let event = match refusal.kind() {
            FaultKind::Refused if by_rule => {
                let said = short(&said, 300);
                Some(Event::PromotionRefused { version, commit, said })
            }
            FaultKind::Unknown => Some(Event::Turned { version, commit, gates: Vec::new() }),
            FaultKind::Refused
            | FaultKind::Blocked
            | FaultKind::Usage
            | FaultKind::Conflict
            | FaultKind::Waiting
            | FaultKind::TryLater
            | FaultKind::Broken => None,
        };
        if let Some(event) = event {
            // If this cannot be recorded either, the next tick tries the promotion again and comes here.
            drop(self.land(tip, &self.draft(vec![event])));
        }
        refusal
    }

    /// Asks observations to wait, so that the next push wins its race.
    pub(super) fn ask_for_quiet(&self, version: Version) -> Result<(), Refusal> {
        let snapshot = self.observe()?;
        let now = self.clock.now();
        if snapshot.project.is_quiet(now) || !snapshot.project.candidates.contains_key(&version) {
            return Ok(());
        }
        let until = Seconds(120).after(now);
        drop(self.land(&snapshot.tip(), &self.draft(vec![Event::RacesLost { version, until }]))?);
        Ok(())
    }
}

/// Says that a push was sent and nobody knows what became of it.
pub(super) fn unanswered(version: Version, cause: impl Into<Refusal>) -> Refusal {
    PromotionRefusal::OutcomeUnknown { version, cause: Box::new(cause.into().into()) }.into()
}

/// Gives what the server said for itself; where that was nothing, what git says of the first ref.
fn in_its_own_words(answer: &PushAnswer) -> String {
    let own = answer.said.iter().filter(|line| !line.starts_with("refs/")).take(3);
    let own: Vec<&str> = own.map(|line| line.trim_end_matches('.')).collect();
    if own.is_empty() { answer.said.first().cloned().unwrap_or_default() } else { own.join("; ") }
}

fn was_sent(answer: &Result<PushAnswer, RepoError>) -> bool {
    !matches!(answer, Err(RepoError::Unavailable(_) | RepoError::NotFound(_) | RepoError::Remade(_)))
}

/// Tells whether all refs are exactly what a promotion makes them.
fn is_whole(refs: &Refs, promotion: &Promotion) -> bool {
    let exactly = |now: &CommitId, new: &CommitId| now == new;
    standing(sight(refs, EntrySight::Holds, promotion, exactly)) == Standing::Done(BranchSight::Gone)
}
