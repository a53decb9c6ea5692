//! `[gates.soak]`.

use super::{Setting, Settings};
use crate::policy::file::key::{Kind, key};
use crate::policy::file::mistake::nearest;
use crate::policy::file::value::{Given, Parsed, Values};
use crate::policy::file::words::length_text;
use crate::policy::model::{AfterFix, Gates, SoakGate};
use crate::types::duration::Seconds;
use crate::types::text::short;

impl Settings for SoakGate {
    const KEYS: &'static [Setting] = &[
        Setting {
            key: key("gates.soak.for", Kind::Length, r#""7d""#, "How long a candidate soaks, from the cut."),
            show: |gates| length_text(gates.soak.length),
            is_weaker: |old, new| new.soak.length < old.soak.length,
        },
        Setting {
            key: key(
                "gates.soak.after-fix",
                Kind::LengthOr("restart"),
                r#""3d""#,
                "How long the last rc soaks; `restart` begins the whole soak again.",
            ),
            show: |gates| after_fix_text(gates.soak.after_fix),
            is_weaker: is_shorter_after_fix,
        },
    ];

    fn read(values: &mut Values<'_>, enforce: bool) -> Option<Self> {
        let length = values.take("gates.soak.for", Given::length)?;
        let after_fix = values.take("gates.soak.after-fix", after_fix)?;
        if length < Seconds::DAY {
            let help = "7d is the usual length; people need days to try a candidate";
            values.warn(&["gates.soak.for"], "a soak of less than a day hears of little", help);
        }
        if let AfterFix::Serve(after) = after_fix
            && after > length
        {
            let help = "shorten it, or lengthen gates.soak.for";
            let what = format!(
                "the soak after a fix ({}) is longer than the whole soak ({})",
                length_text(after),
                length_text(length)
            );
            values.warn(&["gates.soak.after-fix", "gates.soak.for"], &what, help);
        }
        Some(Self { enforce, length, after_fix })
    }
}

fn is_shorter_after_fix(old: &Gates, new: &Gates) -> bool {
    match (old.soak.after_fix, new.soak.after_fix) {
        (AfterFix::Serve(old), AfterFix::Serve(new)) => new < old,
        (AfterFix::Restart, AfterFix::Serve(_)) => true,
        (AfterFix::Serve(old), AfterFix::Restart) => new.soak.length < old,
        (AfterFix::Restart, AfterFix::Restart) => false,
    }
}

pub(in crate::policy) fn after_fix(given: &Given<'_>) -> Parsed<AfterFix> {
    match given.value.get_ref().as_str() {
        Some("restart") => Ok(AfterFix::Restart),
        Some(text) if nearest(text, ["restart"]).is_some() => Err(vec![
            given
                .mistake(format!("`{}` is not a length of time", short(text, 60)))
                .help("did you mean \"restart\"?"),
        ]),
        Some(_) | None => given.length().map(AfterFix::Serve),
    }
}

pub(in crate::policy) fn after_fix_text(after_fix: AfterFix) -> String {
    match after_fix {
        AfterFix::Serve(length) => length_text(length),
        AfterFix::Restart => "restart".to_owned(),
    }
}
