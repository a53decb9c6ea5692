//! What a key of the policy file is.

#[derive(Clone, Copy)]
pub(in crate::policy) struct Key {
    /// Its dotted path from the top of the file, or from the top of its item.
    pub(in crate::policy) path: &'static str,
    pub(in crate::policy) kind: Kind,
    /// What it means, in a sentence.
    pub(in crate::policy) about: &'static str,
    /// A value as TOML writes it.
    pub(in crate::policy) example: &'static str,
    /// What leaving it out means where no preset has a value; `None` where the presets (or, in an item, the
    /// file) must give one.
    pub(in crate::policy) absent: Option<&'static str>,
}

#[derive(Clone, Copy)]
pub(in crate::policy) enum Kind {
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

pub(in crate::policy) const fn key(
    path: &'static str,
    kind: Kind,
    example: &'static str,
    about: &'static str,
) -> Key {
    Key { path, kind, about, example, absent: None }
}

pub(in crate::policy) const fn optional(
    path: &'static str,
    kind: Kind,
    example: &'static str,
    about: &'static str,
    absent: &'static str,
) -> Key {
    Key { path, kind, about, example, absent: Some(absent) }
}

/// Unknown keys that people write, and the key they mean.
pub(in crate::policy) const COMMON_MISTAKES: &[(&str, &str)] = &[
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
