//! Names of refs that a cut, an rc or an archive is about to take.

use crate::{CandidateRefusal, Refusal};
use allclear_core::RefName;
use allclear_core::port::Refs;

/// Refuses a name that is taken, or that cannot stand beside another (`a` and `a/b`).
pub(crate) fn ensure_free(refs: &Refs, name: &RefName) -> Result<(), Refusal> {
    if refs.get(name).is_some() {
        return Err(CandidateRefusal::NameTaken(name.clone()).into());
    }
    let below = format!("{name}/");
    let clash = refs.objects.keys().find(|other| {
        other.as_str().starts_with(&below)
            || name.as_str().strip_prefix(other.as_str()).is_some_and(|rest| rest.starts_with('/'))
    });
    match clash {
        Some(other) => Err(CandidateRefusal::NameBeside { name: name.clone(), other: other.clone() }.into()),
        None => Ok(()),
    }
}
