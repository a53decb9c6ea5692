//! Where an attempt stopped, and why.

use allclear_core::experiment::{Outcome, Step};
use allclear_core::types::text::secrets::Secrets;
use allclear_core::types::text::short;

#[derive(Debug)]
pub(crate) struct Stopped {
    pub(crate) outcome: Outcome,
    pub(crate) step: Step,
    pub(crate) log: String,
    pub(crate) note: Option<String>,
}

impl Stopped {
    pub(crate) fn infra(why: &str) -> Self {
        Self::before(Outcome::Infra, format!("the lab itself failed: {}", short(why, 200)))
    }

    pub(crate) fn unwritable(why: &std::io::Error) -> Self {
        Self::before(Outcome::Infra, format!("the lab cannot write its own files: {why}"))
    }

    pub(crate) fn unprepared(why: impl Into<String>) -> Self {
        Self::before(Outcome::Unprepared, why)
    }

    /// Masks what tools and foreign code printed of keys and tokens: from here on it is shown, and goes on record.
    pub(crate) fn masked(self, secrets: &Secrets) -> Self {
        let masked = |text: &str| secrets.masked(text).into_owned();
        Self { log: masked(&self.log), note: self.note.as_deref().map(masked), ..self }
    }

    fn before(outcome: Outcome, note: impl Into<String>) -> Self {
        Self { outcome, step: Step::Prepare, log: String::new(), note: Some(note.into()) }
    }
}
