//! Whether the server can be read, and takes atomic pushes.

use super::observed::Prerequisites;
use crate::doctor::finding::{Evidence, Finding, Part, Weight};
use allclear_core::port::history::Reach;
use allclear_core::types::text::short;

pub(super) fn judge(seen: &Prerequisites) -> Finding {
    let finding = Finding::new(
        Part::Prerequisites,
        "server",
        "moves all refs of a release in one atomic push, or none",
    );
    if let Some(why) = &seen.unreachable {
        let why = vec![Evidence { text: short(why, 300), ..Evidence::default() }];
        return finding
            .weighs(Weight::Open, "it cannot be read; all that is said here is from this clone alone")
            .shown_by(why)
            .act("check the connection, the address and the login");
    }
    match &seen.reach {
        Reach::Open { atomic: true } => finding.weighs(Weight::Clear, "atomic pushes are advertised"),
        Reach::Open { atomic: false } => finding
            .weighs(Weight::Open, "the server does not do atomic pushes, which a promotion needs")
            .act("use a server that supports git push --atomic"),
        Reach::NotAsked => finding.weighs(Weight::Unknown, "not asked; all is from this clone alone"),
        Reach::NothingToPush => finding.weighs(Weight::Unknown, "it is empty; nothing can be tried yet"),
        Reach::Closed(_) => {
            finding.weighs(Weight::Unknown, "atomic pushes: not known, since no push is taken")
        }
    }
}
