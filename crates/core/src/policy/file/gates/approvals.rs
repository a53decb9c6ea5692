//! `[gates.approvals]`.

use super::{Setting, Settings};
use crate::policy::file::items::{are_more, people};
use crate::policy::file::key::{Kind, key};
use crate::policy::file::value::{Given, Values};
use crate::policy::file::words::{listed, word};
use crate::policy::model::{ApprovalsGate, NotThese};

impl Settings for ApprovalsGate {
    const KEYS: &'static [Setting] = &[
        Setting {
            key: key(
                "gates.approvals.count",
                Kind::Number,
                "1",
                "How many people must have approved this very commit.",
            ),
            show: |gates| gates.approvals.count.to_string(),
            is_weaker: |old, new| new.approvals.count < old.approvals.count,
        },
        Setting {
            key: key(
                "gates.approvals.from",
                Kind::Texts,
                r#"["mira@example.org"]"#,
                "Names or addresses of those whose approval counts; empty is anybody's.",
            ),
            show: |gates| listed(&gates.approvals.from, |who| format!("{who:?}")),
            is_weaker: |old, new| are_more(&old.approvals.from, &new.approvals.from),
        },
        Setting {
            key: key(
                "gates.approvals.not",
                Kind::Word(&["authors", "nobody"]),
                r#""authors""#,
                "Whose approval does not count: that of the authors of the candidate's commits, or nobody's.",
            ),
            show: |gates| word(&gates.approvals.not),
            is_weaker: |old, new| {
                (old.approvals.not, new.approvals.not) == (NotThese::Authors, NotThese::Nobody)
            },
        },
    ];

    fn read(values: &mut Values<'_>, enforce: bool) -> Option<Self> {
        let gate = Self {
            enforce,
            count: values.take("gates.approvals.count", Given::number)?,
            from: values.take("gates.approvals.from", people)?,
            not: values.take("gates.approvals.not", Given::word)?,
        };
        if !gate.from.is_empty() && (gate.from.len() as u32) < gate.count {
            let what = format!("{} can never come from {} people", gate.count, gate.from.len());
            values.warn(
                &["gates.approvals.from", "gates.approvals.count"],
                &what,
                "name more people, or ask fewer",
            );
        }
        Some(gate)
    }
}
