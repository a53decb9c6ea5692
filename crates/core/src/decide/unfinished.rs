//! A promotion that is begun and not over: what comes next of it, and why it stops.

use crate::decide::promotion::{Obstacle, Standing, Step, next, standing};
use crate::facts::{CandidateFacts, Facts, Landing, Seen};
use crate::gate::Kind;
use crate::gate::stops::Stop;
use crate::project::{Candidate, Promoted};
use crate::types::object_id::CommitId;
use crate::types::text::{plain, short};
use crate::types::version::Version;

/// Gives the next step of a candidate's promotion; `None` where none has begun, or where the refs were not read.
/// `clear` is the commit that no gate blocks.
pub(super) fn step(
    candidate: &Candidate,
    seen: &CandidateFacts,
    facts: &Facts,
    clear: Option<&CommitId>,
) -> Option<Step> {
    if let Some(promoted) = &candidate.promoted {
        let sight = facts.promotions.get(&candidate.cut.version)?.sight;
        let permitted = clear == Some(&promoted.promotion.commit);
        return Some(next(standing(sight), permitted));
    }
    let landing = seen.landing.as_ref()?;
    let at_first_sight = candidate.landed.as_ref().is_none_or(|(commit, _)| *commit != landing.commit);
    let permitted = at_first_sight
        && landing.same_tree
        && landing.tip
        && !landing.late
        && !landing.foreign_tag
        && clear == Some(&landing.rc)
        && landing.rc == *candidate.commit();
    Some(next(Standing::Landed, permitted))
}

/// Says what stops a candidate beside its gates.
pub(super) fn stop(
    candidate: &Candidate,
    seen: &CandidateFacts,
    facts: &Facts,
    step: Option<Step>,
) -> Option<Stop> {
    match (step, &candidate.promoted, &seen.landing) {
        (None, ..) => refused(candidate),
        (Some(Step::Stop(obstacle)), Some(promoted), _) => {
            Some(on_record(candidate, promoted, facts, obstacle))
        }
        (Some(Step::Stop(_)), None, Some(landing)) => Some(landed(candidate, landing)),
        (Some(_), ..) => None,
    }
}

fn person(why: String, remedy: Vec<String>) -> Stop {
    Stop { why, kind: Kind::Person, clears_at: None, turns_at: None, remedy }
}

fn how_to_complete(version: Version) -> String {
    format!("allclear promote {version} --landed --reason TEXT completes it all the same")
}

/// A rule of the server refused it, for exactly this commit.
fn refused(candidate: &Candidate) -> Option<Stop> {
    let (_, said) = candidate.refused.as_ref().filter(|(commit, _)| commit == candidate.commit())?;
    let again = format!("allclear promote {} --commit {}", candidate.cut.version, candidate.commit().short());
    Some(person(
        format!("the server refused its promotion: {}", short(said, 200)),
        vec!["let the rules of the server allow it, or give allclear an account that may push".into(), again],
    ))
}

/// Its promotion is on record, and the rest of it cannot follow.
fn on_record(candidate: &Candidate, promoted: &Promoted, facts: &Facts, obstacle: Obstacle) -> Stop {
    let cut = &candidate.cut;
    let (version, stable, tag) = (cut.version, &cut.policy.branches.stable, cut.tags.release(cut.version));
    let strike = format!("allclear strike {} --reason TEXT gives it up", promoted.entry);
    let why = facts.promotions.get(&version).and_then(|seen| seen.why.clone());
    let why = why.map(|why| format!(" ({})", short(&why, 200))).unwrap_or_default();
    match obstacle {
        Obstacle::NotClear => person(
            format!(
                "its promotion is on record and {stable} has not moved yet, but it is not clear any more"
            ),
            vec![how_to_complete(version), format!("or {strike}")],
        ),
        Obstacle::Unfounded => person(
            format!(
                "entry {} says that {} released it, and does not hold{why}",
                promoted.entry.short(),
                short(&promoted.by.who, 60)
            ),
            vec![format!("allclear strike {} --reason TEXT", promoted.entry)],
        ),
        Obstacle::Tag => person(
            format!("its promotion is on record, and a tag {tag} that is not its own is in the way"),
            vec![format!("delete the tag {tag}; allclear never does"), format!("or {strike}")],
        ),
        Obstacle::Stable if promoted.promotion.landed.is_some() => person(
            format!(
                "its release is on record as it landed on {stable}, and {stable} does not have it any more"
            ),
            vec![
                format!("bring {} onto {stable} again", promoted.promotion.new_stable),
                format!("or {strike}"),
            ],
        ),
        Obstacle::Stable => {
            let (old, new) = (&promoted.promotion.old_stable, &promoted.promotion.new_stable);
            let merge = format!("merge {new} into {stable}");
            if facts.promotions.get(&version).is_some_and(|seen| seen.sight.stable == Seen::Old) {
                let why = format!("its promotion is on record, and somebody put {stable} back");
                return person(why, vec![merge, format!("or {strike}")]);
            }
            person(
                format!("its promotion is on record, and {stable} was moved by somebody else"),
                vec![
                    format!("put {stable} back to {}", old.short()),
                    format!("or {merge}"),
                    format!("or {strike}"),
                ],
            )
        }
        Obstacle::Unproven => person(
            format!("its promotion is on record, and cannot be checked here{why}"),
            vec![
                "run allclear tick where the whole history is, or the machine that promoted it".into(),
                format!("or {strike}"),
            ],
        ),
        Obstacle::CandidateGone => person(
            format!("its promotion is on record, and {} is gone before {stable} moved", cut.branch),
            vec![
                format!("git push origin {}:refs/heads/{}", promoted.promotion.commit, cut.branch),
                format!("or {strike}"),
            ],
        ),
        Obstacle::Develop | Obstacle::Candidate | Obstacle::LandedUnclear => {
            person(obstacle.sentence().into(), vec![strike])
        }
    }
}

/// Another hand brought it onto stable, and it was not clear at first sight.
fn landed(candidate: &Candidate, landing: &Landing) -> Stop {
    let cut = &candidate.cut;
    let (version, stable) = (cut.version, &cut.policy.branches.stable);
    let open =
        candidate.landed.as_ref().filter(|(commit, _)| *commit == landing.commit).map(|(_, open)| open);
    let open: Vec<String> = open.into_iter().flatten().take(3).map(|o| short(o, 120)).collect();
    let mut odd = Vec::new();
    if !landing.same_tree {
        odd.push(format!("{stable} has other files there than the rc, which never soaked"));
    }
    if landing.rc != *candidate.commit() {
        odd.push("it is not the newest rc".into());
    } else if landing.late {
        odd.push(format!("{} got more commits", cut.branch));
    }
    if !landing.tip {
        odd.push(format!("{stable} got more commits since"));
    }
    if landing.foreign_tag {
        odd.push(format!("a tag {} is elsewhere", cut.tags.release(version)));
    }
    let mut why = landing.shape.clause(&plain(&landing.by), &landing.rc, stable.as_str());
    if landing.commit != landing.rc {
        why.push_str(&format!(" ({})", landing.commit.short()));
    }
    let unclear = odd.is_empty() || !open.is_empty();
    if unclear {
        why.push_str(&format!(" before {version} was clear"));
    }
    if !open.is_empty() {
        why.push_str(&format!(" ({})", open.join("; ")));
    }
    if !odd.is_empty() {
        why.push_str(&format!("{} {}", if unclear { ";" } else { ", but" }, odd.join(", and ")));
    }
    let back = format!(
        "git push --force-with-lease={}:{} origin {}:{}",
        stable.to_ref(),
        landing.commit,
        landing.base,
        stable.to_ref()
    );
    person(
        why,
        vec![
            how_to_complete(version),
            format!("or put {stable} back: {back}"),
            "waiting does not cure it".into(),
        ],
    )
}
