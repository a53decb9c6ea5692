//! What stops all decisions, whatever the gates say.

use crate::facts::Facts;
use crate::gate::case::Kind;
use crate::ledger::entry::TOLERANCE;
use crate::project::{Project, Trouble, TroubleKind};
use crate::types::duration::Seconds;
use jiff::Timestamp;

/// How many entries one command to strike them names.
const STRUCK_AT_ONCE: usize = 20;

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
        let remedy = match &rewound.restore {
            Some(restore) => vec![restore.clone()],
            None => {
                vec![elsewhere.into(), "or, if that tag was made by hand: delete it on the server".into()]
            }
        };
        stops.push(person(format!("the record was rewound: {}", rewound.why), remedy));
    }
    if let Some((entry, to)) = project.moved_to.as_ref().filter(|_| facts.record.moved) {
        stops.push(person(
            format!("the record continues at {}", crate::types::text::short(to, 80)),
            vec![
                "use an allclear that reads the record there".into(),
                format!("if nobody moved it: allclear strike {entry} --reason TEXT"),
            ],
        ));
    }
    if let Some(second) = &facts.record.second {
        stops.push(person(
            format!("there is a second ledger at {second}"),
            vec![
                "allclear verify --root ID, with the id that the team knows, tells this machine which one counts"
                    .into(),
            ],
        ));
    }
    let is_newer = |trouble: &Trouble| matches!(trouble.what, TroubleKind::Needs(_));
    for newer in [false, true] {
        let alike: Vec<&Trouble> = project.troubles.iter().filter(|t| is_newer(t) == newer).collect();
        let Some(first) = alike.first() else { continue };
        let ids: Vec<&str> = alike.iter().take(STRUCK_AT_ONCE).map(|t| t.entry.as_str()).collect();
        let strike = format!("allclear strike {} --reason TEXT", ids.join(" "));
        let (id, what) = (first.entry.short(), &first.what);
        let why = match alike.len() {
            1 => format!("entry {id} cannot be used: {what}"),
            n => format!("{n} entries cannot be used; the first, {id}: {what}"),
        };
        let remedy = if newer {
            vec![
                "install the newer version".into(),
                format!("if no version of allclear has these rules: {strike}"),
            ]
        } else {
            vec![strike]
        };
        stops.push(person(why, remedy));
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
