//! Which change of the downstreams makes their gate weaker.

use crate::experiment::{Declared, Mode, Recipe, Tier};

/// Tells whether something can pass now that could not before: a downstream that blocked is gone, or looked at
/// with less. Of another command nobody can tell, so it counts.
pub(in crate::policy) fn is_weaker(old: &[Declared], new: &[Declared]) -> bool {
    old.iter().filter(|old| blocks(old)).any(|old| {
        let Some(new) = new.iter().find(|new| new.name == old.name) else { return true };
        let less = old.repo.iter().any(|repo| !new.repo.contains(repo));
        let elsewhere = old.each != new.each || old.at != new.at || old.ecosystem != new.ecosystem;
        less || elsewhere || is_less(&old.recipe, &new.recipe) || is_overridden(old, new)
    })
}

fn blocks(declared: &Declared) -> bool {
    let recipes = declared.overrides.iter().map(|(_, recipe)| recipe).chain([&declared.recipe]);
    recipes.into_iter().any(|recipe| recipe.tier == Some(Tier::Must))
}

/// Tells whether an override asks for less than what stood in its place: another one, or the declaration itself.
fn is_overridden(old: &Declared, new: &Declared) -> bool {
    let place = |declared: &Declared, pattern: &str| {
        let over = declared.overrides.iter().rfind(|(known, _)| known == pattern);
        over.map_or_else(|| declared.recipe.clone(), |(_, over)| declared.recipe.with(over))
    };
    let kept = |one: &Declared, other: &Declared| -> Vec<String> {
        let both = one.overrides.iter().filter(|(known, _)| other.overrides.iter().any(|(o, _)| o == known));
        both.map(|(pattern, _)| pattern.clone()).collect()
    };
    let all = old.overrides.iter().chain(&new.overrides);
    let mut patterns = all.map(|(pattern, _)| pattern);
    // Of several that match, their order decides which one counts.
    kept(old, new) != kept(new, old) || patterns.any(|p| is_less(&place(old, p), &place(new, p)))
}

fn is_less(old: &Recipe, new: &Recipe) -> bool {
    let other = |old: Option<&str>, new: Option<&str>| old != Some("") && old != new;
    let ran = old.run.as_ref().and_then(|run| run.command.as_deref()) != Some("");
    let (limits, wider) = (old.limits.unwrap_or_default(), new.limits.unwrap_or_default());
    let excused = match (&old.expect_failure, &new.expect_failure) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(old), Some(new)) => new.until > old.until,
    };
    (old.tier == Some(Tier::Must) && new.tier != Some(Tier::Must))
        || other(old.build.as_deref(), new.build.as_deref())
        || other(old.test.as_deref(), new.test.as_deref())
        || (ran && old.run != new.run)
        || old.services != new.services
        || old.env != new.env
        || (old.mode.unwrap_or_default(), new.mode.unwrap_or_default()) == (Mode::Fresh, Mode::Locked)
        || wider.time > limits.time
        || wider.memory > limits.memory
        || wider.processes > limits.processes
        || wider.disk > limits.disk
        || wider.output > limits.output
        || wider.cpus > limits.cpus
        || excused
}
