//! Builds a policy from the file's values, and the preset's for what the file leaves out.

use super::keys::KEYS;
use super::mistake::{Mistake, nearest};
use super::value::{Given, Layer, Parsed, Values, gather};
use super::words::{self, Moment};
use super::{after, downstream, forms, gates, items, notify};
use crate::policy::model::{
    Branches, Fixes, HotfixPolicy, Policy, PromotionPolicy, Train, VersionPolicy, Waivers,
};
use crate::policy::preset::Preset;
use crate::types::ref_name::Branch;
use crate::types::text::short;
use jiff::tz::TimeZone;

pub(super) fn preset(preset: Preset) -> Option<Policy> {
    let built = build(Layer::new(), preset);
    built.policy.filter(|_| built.mistakes.is_empty())
}

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
    let layer = gather(table.get_ref(), &KEYS, "", &mut Vec::new());
    let mut values = Values { file, preset: layer, mistakes: Vec::new(), warnings: Vec::new() };
    let policy = values.policy(preset);
    Built { policy, mistakes: values.mistakes, warnings: values.warnings }
}

impl Values<'_> {
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
        let gates = gates::read(self);
        let freezes = self.take("freeze", |given| items::freezes(given, &zone)).unwrap_or_default();
        let waivers = self.waivers();
        let trust = self.take("trust", Given::word);
        let promotion = PromotionPolicy {
            automatic: self.take("promotion.automatic", Given::flag)?,
            hours: self.take("promotion.hours", |given| given.form(words::hours))?,
            merge: self.take("promotion.merge", Given::word)?,
            push: self.take("promotion.push", Given::word)?,
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
            after_fix: self.take("hotfix.soak.after-fix", gates::after_fix)?,
            settle: self.take("hotfix.settle", Given::length)?,
            automatic: self.take("hotfix.automatic", Given::flag),
            hours: self.take("hotfix.hours", |given| given.form(words::hours))?,
            required: self.take("hotfix.required", gates::checks),
        })
    }

    fn branches(&mut self) -> Option<Branches> {
        let branch =
            |given: &Given<'_>| Branch::parse(given.text()?).or_else(|bad| given.refuse(bad.to_string()));
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
                "features are not fixes",
                "leave them out, or candidates never settle",
            );
        }
        Some(Fixes {
            types,
            paths: self.take("fixes.paths", |given| given.list(forms::glob))?,
            unclassified: self.take("fixes.unclassified", Given::word)?,
        })
    }

    fn waivers(&mut self) -> Option<Waivers> {
        Some(Waivers {
            second_person: self.take("waivers.second-person", |given| given.list(items::waivable))?,
            from: self.take("waivers.from", items::people)?,
            longest: self.take("waivers.longest", Given::length)?,
        })
    }
}

/// Reads a time zone, in the spelling of the IANA database.
fn time_zone(given: &Given<'_>) -> Parsed<TimeZone> {
    let text = given.text()?;
    if let Some(zone) = words::zone(text).filter(|zone| zone.iana_name().is_some()) {
        return Ok(zone);
    }
    let mistake = given.mistake(format!("`{}` is not an IANA time zone", short(text, 60)));
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
