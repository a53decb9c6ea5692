//! What stops all decisions, whatever the gates say.

use crate::facts::Facts;
use crate::gate::case::Kind;
use crate::ledger::entry::TOLERANCE;
use crate::project::Project;
use crate::types::duration::Seconds;
use jiff::Timestamp;

/// A reason why nothing is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// One sentence.
    pub why: String,
    /// Who or what clears it.
    pub kind: Kind,
    /// When it clears by itself.
    pub clears_at: Option<Timestamp>,
    /// The next instant at which this can change by time alone.
    pub turns_at: Option<Timestamp>,
    /// What would clear it.
    pub remedy: Vec<String>,
}

/// Lists what stops all deciding: a record that cannot be read, believed, or that was cut short.
pub fn stops(project: &Project, facts: &Facts, now: Timestamp) -> Vec<Stop> {
    let mut stops = Vec::new();
    let person = |why: String, remedy: Vec<String>| Stop {
        why,
        kind: Kind::Person,
        clears_at: None,
        turns_at: None,
        remedy,
    };
    if let Some(rewound) = &facts.record.rewound {
        let elsewhere =
            "put the lost entries back from a machine that has seen them: allclear status there says how";
        let remedy = rewound.restore.clone().unwrap_or_else(|| elsewhere.into());
        stops.push(person(format!("the record was rewound: {}", rewound.why), vec![remedy]));
    }
    let place = facts.record.place.as_ref().map(crate::RefName::as_str);
    if let Some(to) = project.moved_to.as_deref().filter(|to| place != Some(to)) {
        stops.push(person(
            format!("the record continues at {}", crate::types::text::short(to, 80)),
            vec!["a maintainer deletes the old place once everybody reads the new one".into()],
        ));
    }
    if let Some(second) = &facts.record.second {
        stops.push(person(
            format!("there is a second ledger at {second}"),
            vec!["delete the wrong one".into()],
        ));
    }
    if project.needs > crate::ledger::entry::RULES {
        stops.push(person(
            format!(
                "the record needs a newer allclear (rules {}, this one has {})",
                project.needs,
                crate::ledger::entry::RULES
            ),
            vec!["install the newer version".into()],
        ));
    }
    for trouble in &project.troubles {
        stops.push(person(
            format!("entry {} cannot be used: {}", trouble.entry.short(), trouble.what),
            vec![format!("allclear strike {} --reason TEXT", trouble.entry)],
        ));
    }
    if let Some((entry, claimed)) = project.latest_claim.as_ref().filter(|(_, at)| *at > TOLERANCE.after(now))
    {
        let ahead = Seconds::between(now, *claimed);
        let far = ahead > Seconds::DAY;
        let clears = TOLERANCE.before(*claimed);
        stops.push(Stop {
            why: format!("entry {} is dated {claimed}, {ahead} ahead of this clock", entry.short()),
            kind: if far { Kind::Person } else { Kind::Time },
            clears_at: Some(clears),
            turns_at: Some(if far { Seconds::DAY.before(*claimed) } else { clears }),
            remedy: vec![
                "check this machine's clock (date -u)".into(),
                format!("if it is right: allclear strike {entry} --reason TEXT"),
            ],
        });
    }
    stops
}
