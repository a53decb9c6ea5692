//! The keys of the policy file: the one table behind the reader, the schema and `policy show`.

use super::downstream::keys as downstream;
use super::gates;
use super::key::{Key, Kind, key, optional};
use std::sync::LazyLock;

/// All keys, in the order of the file.
pub(in crate::policy) static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
    let gates = gates::settings().map(|setting| setting.key);
    BEFORE_GATES.iter().copied().chain(gates).chain(AFTER_GATES.iter().copied()).collect()
});

const BEFORE_GATES: &[Key] = &[
    key(
        "preset",
        Kind::Word(&["library@1", "product@1", "service@1"]),
        r#""library@1""#,
        "The preset that gives the values of absent keys; library@1 where the file names none.",
    ),
    key(
        "mode",
        Kind::Word(&["observe", "run"]),
        r#""run""#,
        "Whether allclear does what is due, or only assesses, records and reports.",
    ),
    optional(
        "project.name",
        Kind::Text,
        r#""go-micro""#,
        "The project's name for people.",
        "the repository's name",
    ),
    key(
        "project.time-zone",
        Kind::Text,
        r#""Europe/London""#,
        "The IANA time zone of the schedule, the freezes and the promotion hours.",
    ),
    key("branches.stable", Kind::Text, r#""master""#, "The branch that is production ready."),
    key("branches.develop", Kind::Text, r#""develop""#, "The branch of the latest work."),
    key(
        "branches.candidate",
        Kind::Text,
        r#""release-{version}""#,
        "The form of candidate branches, with `{version}` at the end.",
    ),
    optional(
        "tags.release",
        Kind::Text,
        r#""v{version}""#,
        "The form of release tags, with `{version}` at the end.",
        "as the history has it",
    ),
    optional(
        "tags.candidate",
        Kind::Text,
        r#""v{version}-rc.{n}""#,
        "The form of candidates' tags, with `{version}` in it and `{n}` at the end.",
        "as the history has it",
    ),
    key(
        "train.every",
        Kind::Text,
        r#""2 weeks""#,
        "The interval between cuts, such as `2 weeks`, `1 month` or `90m`; `never` cuts by hand only.",
    ),
    optional(
        "train.anchor",
        Kind::Moment,
        r#""2026-11-03 10:00""#,
        "The local date and time of the first slot.",
        "no train; cut by hand",
    ),
    key(
        "train.when-busy",
        Kind::Word(&["wait", "skip", "overlap"]),
        r#""wait""#,
        "What a slot does while a candidate is open.",
    ),
    optional(
        "version.files",
        Kind::Items(VERSION_FILE),
        r#"["Cargo.toml", { path = "cmd/version.go", pattern = 'const Version = "{version}"' }]"#,
        "The files that carry the version.",
        "the manifests found at the cut",
    ),
    key(
        "version.default-bump",
        Kind::Word(&["major", "minor", "patch"]),
        r#""minor""#,
        "The bump where the commits are not Conventional Commits.",
    ),
    optional(
        "changelog.file",
        Kind::Text,
        r#""CHANGELOG.md""#,
        "The file that each cut adds a section to.",
        "none is written",
    ),
    key(
        "fixes.types",
        Kind::Texts,
        r#"["fix", "revert", "docs", "test"]"#,
        "The Conventional Commit types that count as fixes.",
    ),
    key("fixes.paths", Kind::Texts, r#"["docs/**"]"#, "Globs; a commit that touches nothing else is a fix."),
    key(
        "fixes.unclassified",
        Kind::Word(&["block", "allow"]),
        r#""block""#,
        "Whether a commit that cannot be classified blocks the candidate or is let through.",
    ),
    key(
        "candidate.settle",
        Kind::Length,
        r#""30m""#,
        "How long a head has to stay unchanged before it becomes the next rc.",
    ),
];

const AFTER_GATES: &[Key] = &[
    key(
        "waivers.second-person",
        Kind::Texts,
        r#"["soak", "fixes"]"#,
        "Gates that two people must waive together.",
    ),
    key(
        "waivers.from",
        Kind::Texts,
        r#"["mira@example.org"]"#,
        "Names or addresses of those who may waive a gate; empty is anybody.",
    ),
    key("waivers.longest", Kind::Length, r#""14d""#, "The longest time for which a gate can be waived."),
    key(
        "trust",
        Kind::Word(&["claimed", "signed"]),
        r#""claimed""#,
        "Whether checks, approvals and waivers count by the name they claim, or only by a signature on record.",
    ),
    optional(
        "freeze",
        Kind::Tables(FREEZE),
        r#"[{ reason = "end of year", from = "2026-12-19", until = "2027-01-03" }]"#,
        "Times at which nothing is cut or promoted.",
        "none",
    ),
    key(
        "promotion.automatic",
        Kind::Flag,
        "true",
        "Whether a candidate that is clear is promoted automatically.",
    ),
    key(
        "promotion.hours",
        Kind::Text,
        r#""Mon-Thu 9-16""#,
        "When an automatic promotion may happen, in the project's time zone; `always` is always.",
    ),
    key(
        "promotion.merge",
        Kind::Word(&["merge", "ff"]),
        r#""merge""#,
        "Whether a merge commit or the soaked commit itself becomes stable.",
    ),
    key(
        "promotion.push",
        Kind::Word(&["atomic", "sequential"]),
        r#""atomic""#,
        "Whether all refs move in one push or, on a server without atomic pushes, the entry first and then one ref after the other.",
    ),
    key(
        "hotfix.settle",
        Kind::Length,
        r#""5m""#,
        "How long the head of a hotfix has to stay unchanged before it becomes an rc.",
    ),
    optional(
        "hotfix.automatic",
        Kind::Flag,
        "true",
        "Whether a hotfix that is clear is promoted automatically.",
        "as promotion.automatic",
    ),
    key(
        "hotfix.hours",
        Kind::Text,
        r#""always""#,
        "When an automatic promotion of a hotfix may happen; `always` is always.",
    ),
    optional(
        "hotfix.required",
        Kind::Items(gates::CHECK),
        r#"["ci"]"#,
        "The checks that must have passed for a hotfix.",
        "as gates.checks.required",
    ),
    key("hotfix.soak.for", Kind::Length, r#""1h""#, "How long a hotfix soaks, from the cut."),
    key(
        "hotfix.soak.after-fix",
        Kind::LengthOr("restart"),
        r#""1h""#,
        "How long the last rc of a hotfix soaks; `restart` begins the whole soak again.",
    ),
    optional(
        "downstream",
        Kind::Tables(downstream::DOWNSTREAM),
        r#"[{ name = "micro", repo = "https://example.org/micro.git", tier = "must" }]"#,
        "What depends on the project, and is built and run with each candidate.",
        "nothing",
    ),
    optional(
        "check",
        Kind::Tables(downstream::CHECK),
        r#"[{ name = "integration", run = "make integration" }]"#,
        "Checks that the lab runs on the candidate's own tree.",
        "none",
    ),
    optional(
        "after",
        Kind::Tables(AFTER),
        r#"[{ name = "crates", use = "crates" }]"#,
        "What follows a release, each step once.",
        "nothing",
    ),
    optional(
        "notify",
        Kind::Tables(NOTIFY),
        r#"[{ slack-env = "SLACK_HOOK" }]"#,
        "Who is notified when a person is needed.",
        "nobody",
    ),
];

const AFTER: &[Key] = &[
    key("name", Kind::Text, r#""crates""#, "The step's name, on record and for people."),
    optional(
        "use",
        Kind::Word(&crate::ecosystem::recipe::WORDS),
        r#""crates""#,
        "A recipe that brings its own `run` and `done`.",
        "no recipe",
    ),
    optional(
        "run",
        Kind::Text,
        r#""./announce.sh""#,
        "The shell command that does it, in a checkout of the tag.",
        "the recipe's; without one, somebody else does it",
    ),
    optional(
        "done",
        Kind::Text,
        r#""./announced.sh""#,
        "The shell command that finds out whether it is done: it exits with 0 for yes, 1 for no, anything else for unknown.",
        "the recipe's; without one, it is never run twice by itself",
    ),
    optional("needs", Kind::Texts, r#"["crates"]"#, "The steps that must be done before.", "none"),
    optional("limit", Kind::Length, r#""15m""#, "How long `run` may take.", "15m"),
];

const NOTIFY: &[Key] = &[
    optional("name", Kind::Text, r#""captain""#, "Its name on record.", "`command`, `webhook` or `slack`"),
    optional(
        "run",
        Kind::Text,
        r#""./tell.sh""#,
        "A shell command that reads JSON from standard input.",
        "no command",
    ),
    optional(
        "webhook",
        Kind::Text,
        r#""https://example.org/hook""#,
        "An address that JSON is posted to.",
        "no webhook",
    ),
    optional(
        "webhook-env",
        Kind::Text,
        r#""HOOK""#,
        "The variable with such an address, where that is a secret.",
        "no webhook",
    ),
    optional(
        "secret-env",
        Kind::Text,
        r#""HOOK_SECRET""#,
        "The variable with the key that signs what is posted (HMAC-SHA256).",
        "not signed",
    ),
    optional(
        "slack-env",
        Kind::Text,
        r#""SLACK_HOOK""#,
        "The variable with the address of a Slack hook.",
        "no Slack",
    ),
    optional(
        "on",
        Kind::Texts,
        r#"["blocked", "failed", "released"]"#,
        "The events that it is notified of: `blocked`, `failed`, `released`, `published`.",
        "blocked and failed",
    ),
];

const VERSION_FILE: &[Key] = &[
    key("path", Kind::Text, r#""cmd/version.go""#, "The path from the root of the repository, with `/`."),
    optional(
        "pattern",
        Kind::Text,
        r#"'const Version = "{version}"'"#,
        "A line with `{version}` once in it.",
        "a manifest that allclear knows by its name",
    ),
];

const FREEZE: &[Key] = &[
    key("reason", Kind::Text, r#""end of year""#, "Why, for people."),
    key("from", Kind::Moment, r#""2026-12-19""#, "When it begins, in the project's time zone."),
    key("until", Kind::Moment, r#""2027-01-03""#, "When it is over; a bare date means the end of that day."),
    optional(
        "stops",
        Kind::Word(&["cuts", "promotions", "both"]),
        r#""both""#,
        "What it stops.",
        "both cuts and promotions",
    ),
];
