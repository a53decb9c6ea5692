//! Brings the objects of a promotion into the store that its entry attaches: where a server died before its first ref
//! moved, nobody can fetch them.

use crate::{Engine, Refusal};
use allclear_core::CommitId;
use allclear_core::port::{ObjectKind, Refs};
use allclear_core::project::Promoted;

/// The file beside an entry that has the raw bytes of stable's merge.
pub(crate) const STABLE: &str = "stable.commit";
/// The file beside an entry that has the raw bytes of the release's tag.
pub(crate) const TAG: &str = "release.tag";

impl Engine<'_> {
    /// Makes the objects of a promotion that are neither on the server nor here. What differs from what the entry
    /// names stays absent, and proves nothing.
    pub(super) fn restore(&self, refs: &Refs, promoted: &Promoted) -> Result<(), Refusal> {
        let promotion = &promoted.promotion;
        let on_server = |id: &CommitId| refs.objects.values().any(|object| object == id);
        let wanted = [&promotion.new_stable, &promotion.new_tag];
        if wanted.into_iter().all(on_server) {
            return Ok(());
        }
        let ids: Vec<CommitId> = wanted.into_iter().cloned().collect();
        let texts = self.repo.objects(&ids)?;
        if texts.iter().all(|text| !text.is_empty()) {
            return Ok(());
        }
        let names = [STABLE.to_owned(), TAG.to_owned()];
        let files = self.repo.files(&promoted.entry, &names)?;
        let [stable, tag] = wanted;
        for (name, kind, id) in [(STABLE, ObjectKind::Commit, stable), (TAG, ObjectKind::Tag, tag)] {
            if let Some(raw) = files.get(name) {
                let _whether_it_is_one = self.repo.write_object(kind, raw.as_bytes(), id)?;
            }
        }
        Ok(())
    }
}
