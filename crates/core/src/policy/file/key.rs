//! What a key of the policy file is.

/// One key.
#[derive(Clone, Copy)]
pub(in crate::policy) struct Key {
    /// Its dotted path from the top of the file, or from the top of its item.
    pub(in crate::policy) path: &'static str,
    /// What its value looks like.
    pub(in crate::policy) kind: Kind,
    /// What it means, in a sentence.
    pub(in crate::policy) about: &'static str,
    /// A value as TOML writes it.
    pub(in crate::policy) example: &'static str,
    /// What leaving it out means where no preset has a value; `None` where the presets (or, in an item, the
    /// file) must give one.
    pub(in crate::policy) absent: Option<&'static str>,
}

/// What a value looks like.
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

pub(in crate::policy) const fn open(
    path: &'static str,
    kind: Kind,
    example: &'static str,
    about: &'static str,
    absent: &'static str,
) -> Key {
    Key { path, kind, about, example, absent: Some(absent) }
}
