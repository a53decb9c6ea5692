//! From values to a policy: the file's where it gives them, else the preset's.

use super::keys::KEYS;
use super::mistake::{Mistake, nearest};
use super::value::{Given, Layer, Parsed, gather};
use super::words::{self, Moment};
use super::{after, downstream, forms, items, notify};
use crate::policy::model::{
    AfterFix, ApprovalsGate, Branches, ChecksGate, DownstreamGate, Fixes, Gates, HotfixPolicy, PlainGate,
    Policy, PromotionPolicy, ReportsGate, SoakGate, Train, VersionPolicy, Waivers,
};
use crate::policy::preset::Preset;
use crate::types::duration::Seconds;
use crate::types::ref_name::Branch;
use crate::types::text::short;
use jiff::tz::TimeZone;

/// Builds the policy of a preset alone.
pub(super) fn preset(preset: Preset) -> Option<Policy> {
    let built = build(Layer::new(), preset);
    built.policy.filter(|_| built.mistakes.is_empty())
}

/// A policy, and what was wrong or odd on the way.
pub(super) struct Built {
    pub(super) policy: Option<Policy>,
    pub(super) mistakes: Vec<Mistake>,
    pub(super) warnings: Vec<Mistake>,
}

/// Builds a policy; where a value of the file is wrong, the preset's stands in so that the rest is read too.
pub(super) fn build(file: Layer<'_>, preset: Preset) -> Built {
    let Ok(table) = toml::de::DeTable::parse(preset.text()) else {
        return Built { policy: None, mistakes: Vec::new(), warnings: Vec::new() };
    };
    let layer = gather(table.get_ref(), KEYS, "", &mut Vec::new());
    let mut builder = Builder { file, preset: layer, mistakes: Vec::new(), warnings: Vec::new() };
    let policy = builder.policy(preset);
    Built { policy, mistakes: builder.mistakes, warnings: builder.warnings }
}

struct Builder<'a> {
    file: Layer<'a>,
    preset: Layer<'a>,
    mistakes: Vec<Mistake>,
    warnings: Vec<Mistake>,
}

impl<'a> Builder<'a> {
    /// Takes a key's value.
    fn take<T>(&mut self, path: &str, read: impl Fn(&Given<'a>) -> Parsed<T>) -> Option<T> {
        match self.file.get(path).map(&read) {
            Some(Ok(value)) => return Some(value),
            Some(Err(mistakes)) => self.mistakes.extend(mistakes),
            None => {}
        }
        self.preset.get(path).and_then(|given| read(given).ok())
    }

    /// Notes what is odd about the first of `paths` that the file gives.
    fn warn(&mut self, paths: &[&str], what: &str, help: &str) {
        if let Some(given) = paths.iter().find_map(|path| self.file.get(path)) {
            self.warnings.push(given.mistake(what).help(help));
        }
    }

    fn policy(&mut self, preset: Preset) -> Option<Policy> {
        let mode = self.take("mode", Given::word);
        let name = self.take("project.name", |given| given.line(100));
        let zone = self.take("project.time-zone", time_zone).unwrap_or(TimeZone::UTC);
        let branches = self.branches();
        let tags = self.tags();
        let train = self.train(&zone);
        let version = VersionPolicy {
            files: self.take("version.files", items::version_files),
            default_bump: self.take("version.default-bump", Given::word)?,
        };
        let changelog_file = self.take("changelog.file", |given| given.form(items::repository_path));
        let fixes = self.fixes();
        let settle = self.take("candidate.settle", Given::length);
        let gates = self.gates();
        let freezes = self.take("freeze", |given| items::freezes(given, &zone)).unwrap_or_default();
        let waivers = self.waivers();
        let trust = self.take("trust", Given::word);
        let promotion = PromotionPolicy {
            automatic: self.take("promotion.automatic", Given::flag)?,
            hours: self.take("promotion.hours", |given| given.form(words::hours))?,
            merge: self.take("promotion.merge", Given::word)?,
        };
        let hotfix = self.hotfix();
        let downstreams = self.take("downstream", |given| downstream::downstreams(given, &zone));
        let lab_checks = self.take("check", downstream::lab_checks).unwrap_or_default();
        let after = self.take("after", after::steps).unwrap_or_default();
        let notify = self.take("notify", notify::targets).unwrap_or_default();
        Some(Policy {
            preset: preset.name().to_owned(),
            mode: mode?,
            name,
            time_zone: zone.iana_name()?.to_owned(),
            branches: branches?,
            tags,
            train,
            version,
            changelog_file,
            fixes: fixes?,
            settle: settle?,
            gates: gates?,
            freezes,
            promotion,
            waivers: waivers?,
            trust: trust?,
            hotfix: Some(hotfix?),
            downstreams: downstreams.unwrap_or_default(),
            lab_checks,
            after,
            notify,
        })
    }

    fn hotfix(&mut self) -> Option<HotfixPolicy> {
        Some(HotfixPolicy {
            length: self.take("hotfix.soak.for", Given::length)?,
            after_fix: self.take("hotfix.soak.after-fix", after_fix)?,
            settle: self.take("hotfix.settle", Given::length)?,
            automatic: self.take("hotfix.automatic", Given::flag),
            hours: self.take("hotfix.hours", |given| given.form(words::hours))?,
            required: self.take("hotfix.required", items::checks),
        })
    }

    fn branches(&mut self) -> Option<Branches> {
        let branch =
            |given: &Given<'a>| Branch::parse(given.text()?).or_else(|bad| given.refuse(bad.to_string()));
        let before = self.mistakes.len();
        let stable = self.take("branches.stable", branch)?;
        let develop = self.take("branches.develop", branch)?;
        let candidate = self.take("branches.candidate", |given| given.form(forms::candidate_branch))?;
        if let Some((key, what)) = forms::branch_fault(&stable, &develop, &candidate)
            && before == self.mistakes.len()
            && let Some(given) = [key, "branches.candidate", "branches.stable", "branches.develop"]
                .iter()
                .find_map(|path| self.file.get(path))
        {
            self.mistakes.push(given.mistake(what));
        }
        Some(Branches { stable, develop, candidate })
    }

    fn tags(&mut self) -> Option<crate::types::version::TagFormat> {
        let release = self.take("tags.release", |given| given.form(forms::release_tag));
        let candidate = self.take("tags.candidate", |given| given.form(forms::candidate_tag));
        forms::tags(release, candidate)
    }

    fn train(&mut self, zone: &TimeZone) -> Option<Train> {
        let every = self.take("train.every", |given| given.form(words::period))?;
        let anchor = self.take("train.anchor", |given| {
            let moment = Moment::read(&given.date()?);
            moment.and_then(|moment| moment.local(zone)).or_else(|why| given.refuse(why))
        });
        let when_busy = self.take("train.when-busy", Given::word)?;
        if every.is_some() && !self.file.contains_key("train.anchor") {
            let help = "add train.anchor, such as anchor = \"2026-11-03 10:00\", or write every = \"never\"";
            self.warn(&["train.every", "train.when-busy"], "no train runs without an anchor", help);
        }
        Some(Train { every: every?, anchor: anchor?, when_busy })
    }

    fn fixes(&mut self) -> Option<Fixes> {
        let types = self.take("fixes.types", |given| given.list(items::fix_type))?;
        if types.iter().any(|word| matches!(word.as_str(), "feat" | "feature")) {
            self.warn(
                &["fixes.types"],
                "features are no fixes",
                "leave them out, or candidates never settle",
            );
        }
        Some(Fixes {
            types,
            paths: self.take("fixes.paths", |given| given.list(forms::glob))?,
            unclassified: self.take("fixes.unclassified", Given::word)?,
        })
    }

    fn gates(&mut self) -> Option<Gates> {
        let soak = self.soak();
        let mut plain = |path| self.take(path, Given::flag).map(|enforce| PlainGate { enforce });
        let fixes = plain("gates.fixes.enforce");
        let merge_back = plain("gates.merge-back.enforce");
        let contains_stable = plain("gates.contains-stable.enforce");
        let version = plain("gates.version.enforce");
        let hold = plain("gates.hold.enforce");
        let freeze = plain("gates.freeze.enforce");
        let clock = plain("gates.clock.enforce");
        let enforce = self.take("gates.checks.enforce", Given::flag);
        let required = self.take("gates.checks.required", items::checks);
        let downstream = self.downstream();
        let reports = self.reports();
        let approvals = self.approvals();
        Some(Gates {
            soak: soak?,
            fixes: fixes?,
            merge_back: merge_back?,
            contains_stable: contains_stable?,
            version: version?,
            checks: ChecksGate { enforce: enforce?, required: required? },
            downstream: downstream?,
            reports: reports?,
            approvals: approvals?,
            hold: hold?,
            freeze: freeze?,
            clock: clock?,
        })
    }

    fn downstream(&mut self) -> Option<DownstreamGate> {
        Some(DownstreamGate {
            enforce: self.take("gates.downstream.enforce", Given::flag)?,
            coverage: self.take("gates.downstream.coverage", Given::within)?,
            sandbox: self.take("gates.downstream.sandbox", Given::word)?,
        })
    }

    fn reports(&mut self) -> Option<ReportsGate> {
        Some(ReportsGate {
            enforce: self.take("gates.reports.enforce", Given::flag)?,
            min_good: self.take("gates.reports.min-good", Given::number)?,
            triage: self.take("gates.reports.triage", Given::length)?,
        })
    }

    fn approvals(&mut self) -> Option<ApprovalsGate> {
        let gate = ApprovalsGate {
            enforce: self.take("gates.approvals.enforce", Given::flag)?,
            count: self.take("gates.approvals.count", Given::number)?,
            from: self.take("gates.approvals.from", items::people)?,
            not: self.take("gates.approvals.not", Given::word)?,
        };
        if !gate.from.is_empty() && (gate.from.len() as u32) < gate.count {
            let what = format!("{} can never come from {} people", gate.count, gate.from.len());
            self.warn(
                &["gates.approvals.from", "gates.approvals.count"],
                &what,
                "name more people, or ask fewer",
            );
        }
        Some(gate)
    }

    fn waivers(&mut self) -> Option<Waivers> {
        Some(Waivers {
            second_person: self.take("waivers.second-person", |given| given.list(items::waivable))?,
            from: self.take("waivers.from", items::people)?,
            longest: self.take("waivers.longest", Given::length)?,
        })
    }

    fn soak(&mut self) -> Option<SoakGate> {
        let enforce = self.take("gates.soak.enforce", Given::flag)?;
        let length = self.take("gates.soak.for", Given::length)?;
        let after_fix = self.take("gates.soak.after-fix", after_fix)?;
        if length < Seconds::DAY {
            let help = "7d is the usual length; people need days to try a candidate";
            self.warn(&["gates.soak.for"], "a soak of less than a day hears of little", help);
        }
        if let AfterFix::Serve(after) = after_fix
            && after > length
        {
            let help = "shorten it, or lengthen gates.soak.for";
            let what = format!(
                "the soak after a fix ({}) is longer than the whole soak ({})",
                words::length_text(after),
                words::length_text(length)
            );
            self.warn(&["gates.soak.after-fix", "gates.soak.for"], &what, help);
        }
        Some(SoakGate { enforce, length, after_fix })
    }
}

/// Reads what a fix does to the soak.
fn after_fix(given: &Given<'_>) -> Parsed<AfterFix> {
    match given.value.get_ref().as_str() {
        Some("restart") => Ok(AfterFix::Restart),
        Some(text) if nearest(text, ["restart"]).is_some() => Err(vec![
            given
                .mistake(format!("`{}` is no length of time", short(text, 60)))
                .help("did you mean \"restart\"?"),
        ]),
        Some(_) | None => given.length().map(AfterFix::Serve),
    }
}

/// Reads a time zone, in the spelling of the IANA database.
fn time_zone(given: &Given<'_>) -> Parsed<TimeZone> {
    let text = given.text()?;
    if let Some(zone) = words::zone(text).filter(|zone| zone.iana_name().is_some()) {
        return Ok(zone);
    }
    let mistake = given.mistake(format!("`{}` is no IANA time zone", short(text, 60)));
    let zones = words::zones();
    let city = |name: &&String| name.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(text));
    let near = zones
        .iter()
        .find(city)
        .map(String::as_str)
        .or_else(|| nearest(text, zones.iter().map(String::as_str)));
    Err(vec![match near {
        Some(near) => mistake.help(format!("did you mean \"{near}\"?")),
        None => mistake.help("write a name such as \"Europe/London\" or \"UTC\""),
    }])
}
