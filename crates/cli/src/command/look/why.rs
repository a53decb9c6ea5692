//! `why`: every blocker with its reason, who can act, and whether waiting helps.

use crate::command::Command;
use crate::command::now::Now;
use crate::context::Context;
use crate::exit::{self, Exit};
use crate::flags::Flags;
use crate::json;
use crate::screen::ui::{self, BOLD, paint};
use crate::screen::why::{Topic, explain};
use crate::screen::withdrawn;
use allclear_core::Version;
use allclear_core::decide::assess::CandidateAssessment;
use allclear_core::types::gate::Gate;
use allclear_core::types::text::short;
use allclear_engine::{Fault, FaultKind};
use serde_json::json;

/// Each blocker: what is wrong, who can act, whether waiting helps.
#[derive(Debug, clap::Args)]
pub(crate) struct Why {
    /// [VERSION] [GATE[:SUBJECT]]
    #[arg(num_args = 0..=2)]
    about: Vec<String>,
    #[command(flatten)]
    now: Now,
}

impl Command for Why {
    fn needs_server(&self) -> bool {
        false
    }

    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        let (version, topic) = parse(&self.about)?;
        let context = Context::open(flags)?;
        let seen = context.look(flags)?;
        let now = self.now.instant(&seen, &context)?;
        let assessment = seen.assess(now);
        if let Some(version) = version {
            seen.pick(Some(version))?;
        }
        let chosen: Vec<&CandidateAssessment> =
            assessment.candidates.iter().filter(|c| version.is_none_or(|v| v == c.version)).collect();
        if flags.json {
            let mut value =
                json::status::status(&context.name(&seen), context.protection(&seen), &seen, &assessment);
            value["schema"] = json!("allclear.why/1");
            if let Some(list) = value["candidates"].as_array_mut() {
                list.retain(|c| version.is_none_or(|v| c["version"] == json!(v)));
                for candidate in list.iter_mut().filter(|_| topic.is_some()) {
                    for key in ["gates", "blockers"] {
                        if let Some(gates) = candidate[key].as_array_mut() {
                            gates.retain(|g| topic.as_ref().is_none_or(|(gate, _)| g["gate"] == json!(gate)));
                        }
                    }
                }
            }
            ui::json(&value);
            return Ok(exit::of_candidates(&assessment, version));
        }
        for stop in &assessment.stops {
            ui::out(format!("nothing can be decided: {}", stop.why));
            stop.remedy.iter().for_each(|r| ui::out(format!("  → {r}")));
        }
        if chosen.is_empty() && assessment.stops.is_empty() {
            ui::out("No candidate is open; nothing is blocked.");
        }
        for (nth, found) in chosen.into_iter().enumerate() {
            if nth > 0 {
                ui::out("");
            }
            explain(&context.engine(), &seen, found, &topic, now)?;
        }
        for offer in seen.facts.offers.iter().filter(|o| version.is_none_or(|v| v == o.version)) {
            let develop = seen.project.develop.as_ref().map_or("develop", |d| d.as_str());
            ui::out(format!("\n{} was withdrawn", paint(BOLD, offer.version.to_string())));
            withdrawn::commands(develop, &offer.archive, &offer.fixes);
        }
        Ok(exit::of_candidates(&assessment, version))
    }
}

fn parse(about: &[String]) -> Result<(Option<Version>, Topic), Fault> {
    let usage = |what: String| Fault::new(FaultKind::Usage, what).truth("nothing was read");
    let (version, rest) = match about.first() {
        Some(first) if first.starts_with(|c: char| c.is_ascii_digit()) => {
            (Some(Version::parse(first).map_err(|e| usage(e.to_string()))?), about.get(1))
        }
        first => (None, first),
    };
    let Some(topic) = rest else { return Ok((version, None)) };
    let (gate, subject) =
        topic.split_once(':').map_or((topic.as_str(), None), |(g, s)| (g, Some(s.to_owned())));
    let names: Vec<&str> = Gate::ALL.into_iter().map(Gate::name).collect();
    if !names.contains(&gate) {
        return Err(usage(format!("there is no gate `{}`", short(gate, 40)))
            .hint(format!("the gates are {}", names.join(", "))));
    }
    Ok((version, Some((gate.to_owned(), subject))))
}
