//! The reason that goes on record with what a person decides.

use crate::{PeopleRefusal, Refusal};

/// Checks a reason that goes on record.
pub(crate) fn reason(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.chars().filter(|c| c.is_alphanumeric()).count() < 2 {
        return Err(PeopleRefusal::NoReason { given: text.to_owned() }.into());
    }
    Ok(text.chars().take(2000).collect())
}
