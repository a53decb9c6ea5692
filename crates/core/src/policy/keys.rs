//! The keys of the policy file: the one table behind the reader, the schema and `policy show`.

use super::downstream;
use crate::ecosystem::recipe;

/// One key.
#[derive(Clone, Copy)]
pub(super) struct Key {
    /// Its dotted path from the top of the file, or from the top of its item.
    pub(super) path: &'static str,
    /// What its value looks like.
    pub(super) kind: Kind,
    /// What it means, in a sentence.
    pub(super) about: &'static str,
    /// A value as TOML writes it.
    pub(super) example: &'static str,
    /// What leaving it out means where no preset has a value; `None` where the presets (or, in an item, the
    /// file) must give one.
    pub(super) absent: Option<&'static str>,
}

/// What a value looks like.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// Text of a form of its own.
    Text,
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A length of time.
    Length,
    /// A length of time, or this word.
    LengthOr(&'static str),
    /// A date, perhaps with a time of day.
    Moment,
    /// A whole number, from zero.
    Number,
    /// A list of texts.
    Texts,
    /// A list of texts and tables; a text is short for a table with nothing but the first key.
    Items(&'static [Key]),
    /// A list of tables.
    Tables(&'static [Key]),
    /// A table.
    Table(&'static [Key]),
    /// A table, a text that is short for one with nothing but the first key, or `false`.
    Item(&'static [Key]),
    /// A script for sh, or `false`.
    Script,
    /// A text, or a list of texts.
    OneOrMore,
    /// A table of texts.
    Env,
    /// A size such as `512 MiB`.
    Size,
    /// A whole number between these two.
    Within(u32, u32),
}

pub(super) const fn key(path: &'static str, kind: Kind, example: &'static str, about: &'static str) -> Key {
    Key { path, kind, about, example, absent: None }
}

pub(super) const fn open(
    path: &'static str,
    kind: Kind,
    example: &'static str,
    about: &'static str,
    absent: &'static str,
) -> Key {
    Key { path, kind, about, example, absent: Some(absent) }
}

const ENFORCE: &str = "Whether the gate counts; otherwise it is shown as advice.";

/// All keys, in the order of the file.
pub(super) const KEYS: &[Key] = &[
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
    open(
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
    open(
        "tags.release",
        Kind::Text,
        r#""v{version}""#,
        "The form of release tags, with `{version}` at the end.",
        "as the history has it",
    ),
    open(
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
        "The distance between cuts, such as `2 weeks`, `1 month` or `90m`; `never` cuts by hand only.",
    ),
    open(
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
    open(
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
        "The bump where the history does not speak Conventional Commits.",
    ),
    open(
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
        "Whether a commit of no known class blocks the candidate or rides along.",
    ),
    key(
        "candidate.settle",
        Kind::Length,
        r#""30m""#,
        "How long a head stands still before it becomes the next rc.",
    ),
    key("gates.soak.enforce", Kind::Flag, "true", ENFORCE),
    key("gates.soak.for", Kind::Length, r#""7d""#, "How long a candidate soaks, from the cut."),
    key(
        "gates.soak.after-fix",
        Kind::LengthOr("restart"),
        r#""3d""#,
        "How long the last rc soaks; `restart` begins the whole soak again.",
    ),
    key("gates.fixes.enforce", Kind::Flag, "true", ENFORCE),
    key("gates.merge-back.enforce", Kind::Flag, "true", ENFORCE),
    key("gates.contains-stable.enforce", Kind::Flag, "true", ENFORCE),
    key("gates.version.enforce", Kind::Flag, "true", ENFORCE),
    key("gates.checks.enforce", Kind::Flag, "true", ENFORCE),
    key(
        "gates.checks.required",
        Kind::Items(CHECK),
        r#"["ci", { name = "staging", for = "72h", at-least-every = "2h" }]"#,
        "The checks that must have passed for the rc's commit.",
    ),
    key("gates.downstream.enforce", Kind::Flag, "true", ENFORCE),
    key(
        "gates.downstream.coverage",
        Kind::Within(0, 100),
        "95",
        "How many of the downstreams that should give an answer must have, in percent.",
    ),
    key(
        "gates.downstream.sandbox",
        Kind::Word(&["required", "none"]),
        r#""required""#,
        "Whether foreign code runs in a sandbox alone, or also without one.",
    ),
    key("gates.reports.enforce", Kind::Flag, "true", ENFORCE),
    key(
        "gates.reports.min-good",
        Kind::Number,
        "2",
        "How many people, authors apart, must have said that this very rc works for them.",
    ),
    key(
        "gates.reports.triage",
        Kind::Length,
        r#""48h""#,
        "How long a bad report waits for somebody to look at it before it blocks.",
    ),
    key("gates.approvals.enforce", Kind::Flag, "true", ENFORCE),
    key("gates.approvals.count", Kind::Number, "1", "How many people must have approved this very commit."),
    key(
        "gates.approvals.from",
        Kind::Texts,
        r#"["mira@example.org"]"#,
        "Names or addresses of those whose approval counts; empty is anybody's.",
    ),
    key(
        "gates.approvals.not",
        Kind::Word(&["authors", "nobody"]),
        r#""authors""#,
        "Whose approval does not count: that of the authors of the candidate's commits, or nobody's.",
    ),
    key("gates.hold.enforce", Kind::Flag, "true", ENFORCE),
    key("gates.freeze.enforce", Kind::Flag, "true", ENFORCE),
    key("gates.clock.enforce", Kind::Flag, "true", ENFORCE),
    key(
        "waivers.second-person",
        Kind::Texts,
        r#"["soak", "fixes"]"#,
        "Gates that two people must set aside together.",
    ),
    key(
        "waivers.from",
        Kind::Texts,
        r#"["mira@example.org"]"#,
        "Names or addresses of those who may set a gate aside; empty is anybody.",
    ),
    key("waivers.longest", Kind::Length, r#""14d""#, "The longest time for which a gate can be set aside."),
    key(
        "trust",
        Kind::Word(&["claimed", "signed"]),
        r#""claimed""#,
        "Whether checks, approvals and waivers count by the name they claim, or only by a signature on record.",
    ),
    open(
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
        "Whether a candidate that is all clear is promoted without being asked.",
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
        "hotfix.settle",
        Kind::Length,
        r#""5m""#,
        "How long the head of a hotfix stands still before it is an rc.",
    ),
    open(
        "hotfix.automatic",
        Kind::Flag,
        "true",
        "Whether a hotfix that is all clear is promoted without being asked.",
        "as promotion.automatic",
    ),
    key(
        "hotfix.hours",
        Kind::Text,
        r#""always""#,
        "When an automatic promotion of a hotfix may happen; `always` is always.",
    ),
    open(
        "hotfix.required",
        Kind::Items(CHECK),
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
    open(
        "downstream",
        Kind::Tables(downstream::DOWNSTREAM),
        r#"[{ name = "micro", repo = "https://example.org/micro.git", tier = "must" }]"#,
        "What depends on the project, and is built and run with each candidate.",
        "nothing",
    ),
    open(
        "check",
        Kind::Tables(downstream::CHECK),
        r#"[{ name = "integration", run = "make integration" }]"#,
        "Checks that the lab runs on the candidate's own tree.",
        "none",
    ),
    open(
        "after",
        Kind::Tables(AFTER),
        r#"[{ name = "crates", use = "crates" }]"#,
        "What follows a release, each step once.",
        "nothing",
    ),
    open(
        "notify",
        Kind::Tables(NOTIFY),
        r#"[{ slack-env = "SLACK_HOOK" }]"#,
        "Who hears when somebody is needed.",
        "nobody",
    ),
];

const AFTER: &[Key] = &[
    key("name", Kind::Text, r#""crates""#, "The step's name, on record and for people."),
    open(
        "use",
        Kind::Word(&recipe::WORDS),
        r#""crates""#,
        "A recipe that brings its own `run` and `done`.",
        "no recipe",
    ),
    open(
        "run",
        Kind::Text,
        r#""./announce.sh""#,
        "What does it, for sh, in a checkout of the tag.",
        "the recipe's; without one, somebody else does it",
    ),
    open(
        "done",
        Kind::Text,
        r#""./announced.sh""#,
        "What finds out whether it is done, for sh: 0 it is, 1 it is not, anything else cannot tell.",
        "the recipe's; without one, it is never run twice by itself",
    ),
    open("needs", Kind::Texts, r#"["crates"]"#, "The steps that must be done before.", "none"),
    open("limit", Kind::Length, r#""15m""#, "How long `run` may take.", "15m"),
];

const NOTIFY: &[Key] = &[
    open("name", Kind::Text, r#""captain""#, "Its name on record.", "`command`, `webhook` or `slack`"),
    open(
        "run",
        Kind::Text,
        r#""./tell.sh""#,
        "A command for sh that reads JSON from standard input.",
        "no command",
    ),
    open(
        "webhook",
        Kind::Text,
        r#""https://example.org/hook""#,
        "An address that JSON is posted to.",
        "no webhook",
    ),
    open(
        "webhook-env",
        Kind::Text,
        r#""HOOK""#,
        "The variable with such an address, where that is a secret.",
        "no webhook",
    ),
    open(
        "secret-env",
        Kind::Text,
        r#""HOOK_SECRET""#,
        "The variable with the key that signs what is posted (HMAC-SHA256).",
        "not signed",
    ),
    open(
        "slack-env",
        Kind::Text,
        r#""SLACK_HOOK""#,
        "The variable with the address of a Slack hook.",
        "no Slack",
    ),
    open(
        "on",
        Kind::Texts,
        r#"["blocked", "failed", "released"]"#,
        "What it hears of: `blocked`, `failed`, `released`, `published`.",
        "blocked and failed",
    ),
];

const VERSION_FILE: &[Key] = &[
    key("path", Kind::Text, r#""cmd/version.go""#, "The path from the root of the repository, with `/`."),
    open(
        "pattern",
        Kind::Text,
        r#"'const Version = "{version}"'"#,
        "A line with `{version}` once in it.",
        "a manifest that allclear knows by its name",
    ),
];

const CHECK: &[Key] = &[
    key("name", Kind::Text, r#""ci""#, "The name the check is recorded under."),
    open("for", Kind::Length, r#""72h""#, "How long it must keep passing.", "it must have passed once"),
    open(
        "at-least-every",
        Kind::Length,
        r#""2h""#,
        "The longest silence between two passes.",
        "it must have passed once",
    ),
];

const FREEZE: &[Key] = &[
    key("reason", Kind::Text, r#""end of year""#, "Why, for people."),
    key("from", Kind::Moment, r#""2026-12-19""#, "When it begins, in the project's time zone."),
    key("until", Kind::Moment, r#""2027-01-03""#, "When it is over; a bare date means the end of that day."),
    open(
        "stops",
        Kind::Word(&["cuts", "promotions", "both"]),
        r#""both""#,
        "What it stops.",
        "both cuts and promotions",
    ),
];

/// Words that people try, and the key they mean.
pub(super) const MEANT: &[(&str, &str)] = &[
    ("project.timezone", "time-zone"),
    ("project.tz", "time-zone"),
    ("branches.main", "stable"),
    ("branches.master", "stable"),
    ("branches.release", "candidate"),
    ("train.interval", "every"),
    ("train.start", "anchor"),
    ("gates.soak.length", "for"),
    ("freeze.what", "stops"),
    ("freeze.to", "until"),
    ("freeze.why", "reason"),
    ("downstream.url", "repo"),
    ("downstream.git", "repo"),
    ("downstream.repository", "repo"),
    ("downstream.path", "repo"),
    ("downstream.ref", "at"),
    ("downstream.branch", "at"),
    ("downstream.version", "at"),
    ("downstream.glob", "each"),
    ("downstream.overrides", "override"),
    ("downstream.language", "ecosystem"),
    ("downstream.kind", "ecosystem"),
    ("downstream.command", "run"),
    ("downstream.timeout", "limits"),
    ("downstream.required", "tier"),
    ("downstream.xfail", "expect-failure"),
    ("downstream.override.glob", "match"),
    ("downstream.override.path", "match"),
    ("downstream.limits.timeout", "time"),
    ("downstream.limits.ram", "memory"),
    ("downstream.run.must", "stays"),
    ("check.command", "run"),
    ("check.script", "run"),
    ("after.command", "run"),
    ("after.script", "run"),
    ("after.probe", "done"),
    ("after.check", "done"),
    ("after.recipe", "use"),
    ("after.registry", "use"),
    ("after.after", "needs"),
    ("after.timeout", "limit"),
    ("notify.slack", "slack-env"),
    ("notify.url", "webhook"),
    ("notify.secret", "secret-env"),
    ("notify.command", "run"),
    ("notify.events", "on"),
];
