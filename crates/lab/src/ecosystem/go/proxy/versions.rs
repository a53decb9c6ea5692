//! The versions of a module, and the latest one, as of the cut-off.

use crate::ecosystem::go::paths::escaped;
use crate::overlay::snapshot::Answer;
use crate::overlay::upstream::{Unreachable, Upstream};
use jiff::Timestamp;
use semver::Version;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

/// For more versions of a module than this, their times are not asked for.
const MAX_LOOKUPS: usize = 256;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Info {
    version: String,
    time: Option<Timestamp>,
}

/// Lists the versions of a module up to the cut-off.
pub(super) fn list(upstream: &Upstream, until: Timestamp, module: &str) -> Result<Answer, Unreachable> {
    let Some(list) = upstream.get(&format!("{module}/@v/list"))? else { return Ok(Answer::Missing) };
    let list = String::from_utf8_lossy(&list);
    let mut lines: Vec<_> =
        list.lines().filter_map(|line| Some((version(line.split_whitespace().next()?)?, line))).collect();
    lines.sort_by(|(a, _), (b, _)| b.cmp_precedence(a));
    // Only the highest of a kind is ever chosen, so looking stops at the first that is old enough.
    let mut settled = HashSet::new();
    let mut kept = Vec::new();
    for (looks, (version, line)) in lines.into_iter().enumerate() {
        let kind = (version.pre.is_empty(), version.build.is_empty());
        if !settled.contains(&kind) {
            if looks >= MAX_LOOKUPS {
                return Err(Unreachable);
            }
            let info = info(upstream, module, &format!("v{version}"))?;
            if info.and_then(|info| info.time).is_some_and(|time| time > until) {
                continue;
            }
            settled.insert(kind);
        }
        kept.push(line);
    }
    Ok(Answer::Found(kept.iter().rev().flat_map(|line| [line, "\n"]).collect::<String>().into_bytes()))
}

/// Gives the version that was the latest at the cut-off.
pub(super) fn latest(upstream: &Upstream, until: Timestamp, module: &str) -> Result<Answer, Unreachable> {
    let Some(said) = upstream.get(&format!("{module}/@latest"))? else { return Ok(Answer::Missing) };
    let info: Info = serde_json::from_slice(&said).map_err(|_| Unreachable)?;
    if info.time.is_none_or(|time| time <= until) {
        return Ok(Answer::Found(said));
    }
    let Answer::Found(list) = list(upstream, until, module)? else { return Ok(Answer::TooNew) };
    match highest(&String::from_utf8_lossy(&list)) {
        Some(version) => stat(upstream, module, &version),
        None => Ok(Answer::TooNew),
    }
}

pub(super) fn stat(upstream: &Upstream, module: &str, version: &str) -> Result<Answer, Unreachable> {
    let path = format!("{module}/@v/{}.info", escaped(version));
    Ok(upstream.get(&path)?.map_or(Answer::Missing, Answer::Found))
}

fn info(upstream: &Upstream, module: &str, version: &str) -> Result<Option<Info>, Unreachable> {
    let Answer::Found(said) = stat(upstream, module, version)? else { return Ok(None) };
    let info: Info = serde_json::from_slice(&said).map_err(|_| Unreachable)?;
    if info.version == version { Ok(Some(info)) } else { Err(Unreachable) }
}

/// Parses a Go version, with its `v`.
pub(super) fn version(text: &str) -> Option<Version> {
    Version::parse(text.strip_prefix('v')?).ok()
}

/// Gives the version that `latest` means: the highest release, else the highest pre-release. Versions from
/// before modules (`+incompatible`) only count if there are no others.
pub(super) fn highest(list: &str) -> Option<String> {
    let versions = list.lines().filter_map(|line| version(line.split_whitespace().next()?));
    let mut best: HashMap<(bool, bool), Version> = HashMap::new();
    for version in versions {
        let slot =
            best.entry((version.pre.is_empty(), version.build.is_empty())).or_insert_with(|| version.clone());
        if version.cmp_precedence(slot).is_gt() {
            *slot = version;
        }
    }
    let order = [(true, true), (true, false), (false, true), (false, false)];
    order.iter().find_map(|kind| best.get(kind)).map(|version| format!("v{version}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latest_is_the_highest_release() {
        let table = [
            ("v1.0.0\nv1.10.0\nv1.9.0\nv2.0.0-rc.1", Some("v1.10.0")),
            ("v1.0.0\nv3.0.0+incompatible", Some("v1.0.0")),
            ("v1.0.0-a\nv1.0.0-b", Some("v1.0.0-b")),
            ("v2.0.0+incompatible\nv3.0.0-rc.1", Some("v2.0.0+incompatible")),
            ("nonsense\n\nv1", None),
        ];
        for (list, expected) in table {
            assert_eq!(highest(list).as_deref(), expected, "{list}");
        }
    }
}
