//! `soak`: elapsed time from the cut and from the last rc, by the ledger's own clock.

use super::case::{Case, Finding};
use crate::Seconds;
use crate::policy::AfterFix;
use jiff::Timestamp;

struct Clocks {
    start: Timestamp,
    length: Seconds,
    fix_start: Timestamp,
    fix_length: Seconds,
}

impl Clocks {
    fn of(case: &Case<'_>) -> Self {
        let soak = &case.policy.gates.soak;
        let rc_at = case.candidate.rc_at();
        match soak.after_fix {
            AfterFix::Serve(fix_length) => {
                Self { start: case.candidate.cut_at, length: soak.length, fix_start: rc_at, fix_length }
            }
            AfterFix::Restart => {
                Self { start: rc_at, length: soak.length, fix_start: rc_at, fix_length: soak.length }
            }
        }
    }

    fn ends(&self) -> Timestamp {
        self.length.after(self.start).max(self.fix_length.after(self.fix_start))
    }
}

pub(super) fn judge(case: &Case<'_>) -> Finding {
    let clocks = Clocks::of(case);
    let rc = case.candidate.rc_number();
    if let Some(head) = case.seen.head.as_ref().filter(|head| *head != case.candidate.commit()) {
        // A head that no tick has seen yet begins to settle now.
        let seen = case.candidate.heads.get(head);
        let settles = case.policy.settle.after(seen.copied().unwrap_or(case.now));
        let ends = clocks.length.after(clocks.start).max(clocks.fix_length.after(settles.max(case.now)));
        let when = if settles > case.now {
            format!("becomes rc.{} once it has settled", rc + 1)
        } else {
            format!("becomes rc.{} at the next tick", rc + 1)
        };
        let mut finding =
            Finding::pending(format!("new head {} {when}; its soak starts then", head.short()), Some(ends));
        finding.turns_at = Some(settles).filter(|s| seen.is_some() && *s > case.now);
        return finding;
    }
    let ends = clocks.ends();
    let served = clocks.length.0.min(Seconds::between(clocks.start, case.now).0);
    let fix_served = clocks.fix_length.0.min(Seconds::between(clocks.fix_start, case.now).0);
    let total = format!("{} of {}", Seconds(served), clocks.length);
    let text = if rc > 1 {
        format!("{total} · rc.{rc} {} of {}", Seconds(fix_served), clocks.fix_length)
    } else {
        total
    };
    if ends <= case.now { Finding::passed(text) } else { Finding::pending(text, Some(ends)) }
}
