//! Downstreams and checks of the lab, as `policy show` has them.

use crate::experiment::{At, Declared, Ecosystem, Limits, Mode, Must, Recipe, Tier};
use crate::policy::file::words::length_text;
use crate::policy::model::LabCheck;

/// A GiB, in MiB.
const GIB: u64 = 1024;

pub(in crate::policy) fn text(declared: &Declared) -> String {
    let repos: Vec<String> = declared.repo.iter().map(|repo| format!("{repo:?}")).collect();
    let at = match &declared.at {
        At::LatestRelease => "latest-release".to_owned(),
        At::Branch(name) => format!("branch:{name}"),
        At::Commit(id) => id.to_string(),
    };
    let mut parts = vec![repos.join(" "), format!("at {at}")];
    parts.extend(declared.each.iter().map(|each| format!("each {each:?}")));
    parts.extend(declared.ecosystem.map(|ecosystem| match ecosystem {
        Ecosystem::Go => "go".to_owned(),
        Ecosystem::Generic => "generic".to_owned(),
    }));
    parts.extend(recipe_parts(&declared.recipe));
    let mut text = format!("{:?}: {}", declared.name, parts.join(", "));
    for (pattern, recipe) in &declared.overrides {
        text.push_str(&format!("; for {pattern:?} {}", recipe_parts(recipe).join(", ")));
    }
    text
}

pub(in crate::policy) fn check_text(check: &LabCheck) -> String {
    let limits = check.limits.map(|limits| format!(", {}", limits_text(limits))).unwrap_or_default();
    format!("{:?}: run {:?}{limits}", check.name, check.run)
}

fn recipe_parts(recipe: &Recipe) -> Vec<String> {
    let step = |word: &str, script: &str| match script {
        "" => format!("no {word}"),
        script => format!("{word} {script:?}"),
    };
    let tier = recipe.tier.map(|tier| match tier {
        Tier::Must => "must".to_owned(),
        Tier::Should => "should".to_owned(),
    });
    let mode = recipe.mode.map(|mode| match mode {
        Mode::Fresh => "fresh".to_owned(),
        Mode::Locked => "locked".to_owned(),
    });
    let build = recipe.build.as_deref().map(|script| step("build", script));
    let test = recipe.test.as_deref().map(|script| step("test", script));
    let run = recipe.run.as_ref().map(|run| match (run.command.as_deref(), &run.must) {
        (Some(""), _) => "no run".to_owned(),
        (command, must) => {
            let command = command.map(|script| format!(" {script:?}")).unwrap_or_default();
            format!("run{command} {}", must_text(must))
        }
    });
    let services = recipe.services.iter().map(|service| {
        let port = service.port.map(|port| format!(" at {port}")).unwrap_or_default();
        format!("beside {:?}{port}", service.run)
    });
    let env = recipe.env.iter().map(|(name, value)| format!("{name}={value:?}"));
    let expected = recipe.expect_failure.as_ref().map(|expected| {
        let issue = expected.issue.as_ref().map(|issue| format!(", {issue:?}")).unwrap_or_default();
        format!("expected to fail until {}: {:?}{issue}", expected.until, expected.reason)
    });
    let first = tier.into_iter().chain(mode).chain(build).chain(test).chain(run);
    first.chain(services).chain(env).chain(recipe.limits.map(limits_text)).chain(expected).collect()
}

fn must_text(must: &Must) -> String {
    match must {
        Must::Stays(length) => format!("stays {}", length_text(*length)),
        Must::Exits(length) => format!("exits {}", length_text(*length)),
        Must::Serves { port, url, prints, call, within } => {
            let parts = [
                port.map(|port| format!("port {port}")),
                url.as_ref().map(|url| format!("url {url:?}")),
                prints.as_ref().map(|text| format!("prints {text:?}")),
                call.as_ref().map(|script| format!("call {script:?}")),
                Some(format!("within {}", length_text(*within))),
            ];
            format!("serves {}", parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
        }
    }
}

fn limits_text(limits: Limits) -> String {
    let size =
        |mib: u64| if mib.is_multiple_of(GIB) { format!("{} GiB", mib / GIB) } else { format!("{mib} MiB") };
    format!(
        "limits {} {} {} processes {} on disk {} printed {} cpus",
        length_text(limits.time),
        size(limits.memory),
        limits.processes,
        size(limits.disk),
        size(limits.output),
        limits.cpus
    )
}
