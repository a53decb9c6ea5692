//! Names of refs that a cut, an rc or an archive is about to take.

use crate::{Fault, FaultKind};
use allclear_core::RefName;
use allclear_core::port::Refs;

/// Refuses a name that is taken, or that cannot stand beside another (`a` and `a/b`).
pub(crate) fn ensure_free(refs: &Refs, name: &RefName) -> Result<(), Fault> {
    if refs.get(name).is_some() {
        return Err(Fault::new(FaultKind::Blocked, format!("{} exists already on the server", name.short()))
            .hint("find out who made it; allclear never moves or deletes what it did not make"));
    }
    let below = format!("{name}/");
    let clash = refs.objects.keys().find(|other| {
        other.as_str().starts_with(&below)
            || name.as_str().strip_prefix(other.as_str()).is_some_and(|rest| rest.starts_with('/'))
    });
    match clash {
        Some(other) => Err(Fault::new(
            FaultKind::Blocked,
            format!("{} cannot stand beside {}, which exists", name.short(), other.short()),
        )
        .hint(format!("git keeps refs as files and directories; rename or delete {}", other.short()))),
        None => Ok(()),
    }
}
