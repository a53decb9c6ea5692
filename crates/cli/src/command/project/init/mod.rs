//! `init`: a policy file, and the list of what is left to do until the train runs; or one of the things on that list.

mod patch;
mod policy_file;
mod schedule;
mod work_tree;

use crate::command::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::json;
use crate::screen::{todo, ui};
use allclear_core::policy::Preset;
use allclear_core::types::text::short;
use allclear_engine::{Fault, FaultKind, POLICY_FILE};
use schedule::Scheduler;
use serde_json::json;

/// Write allclear.toml, and show what is left until the train runs.
#[derive(Debug, clap::Args)]
pub(crate) struct Init {
    /// The preset to start from.
    #[arg(long, default_value = "library@1")]
    preset: String,
    /// Create develop on the server where it is missing.
    #[arg(long)]
    create_develop: bool,
    /// Write what lets something run `allclear tick`: a workflow, a job, or a line for cron.
    #[arg(long, value_enum, value_name = "WHERE", conflicts_with_all = ["preset", "create_develop", "patch_ci"])]
    ci: Option<Scheduler>,
    /// Print a patch for CI and Dependabot files that name master and not develop; with --yes apply it.
    #[arg(long, conflicts_with_all = ["preset", "create_develop", "print"])]
    patch_ci: bool,
    /// Print the file instead of writing it.
    #[arg(long)]
    print: bool,
    /// Answer the confirmation with yes.
    #[arg(long, short = 'y')]
    yes: bool,
}

impl Command for Init {
    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        match self.ci {
            Some(by) => return schedule::run(flags, by, self.print, self.yes),
            None if self.patch_ci => return patch::run(flags, self.yes),
            None => {}
        }
        let Self { ref preset, create_develop, print, yes, .. } = *self;
        let preset = Preset::find(preset).ok_or_else(|| {
            let names: Vec<&str> = Preset::ALL.iter().map(|p| p.name()).collect();
            Fault::new(FaultKind::Usage, format!("there is no preset `{}`", short(preset, 40)))
                .hint(format!("the presets are {}", names.join(", ")))
        })?;
        let context = Context::open(flags)?;
        let traits = policy_file::look(&context)?;
        let text = policy_file::text(preset, &traits);
        if print {
            ui::out(text.trim_end());
            return Ok(Exit::Done);
        }
        let Some(top) = &context.clone.work_tree else {
            return Err(Fault::new(FaultKind::Usage, "a bare repository has no work tree to write into")
                .hint("allclear init --print prints the file"));
        };
        let path = top.join(POLICY_FILE);
        let exists = path.exists();
        let mut acts = Vec::new();
        if !exists {
            acts.push(format!("write {}", path.display()));
        }
        if create_develop && !traits.has_develop {
            acts.push(format!("create {} on the server from {}", traits.develop, traits.stable));
        }
        if !acts.is_empty() {
            ui::confirm(&format!("{}?", acts.join(", and ")), yes)?;
        }
        let mut done = Vec::new();
        if !exists {
            policy_file::write(&path, &text)?;
            done.push(format!("wrote {} ({}, mode = \"observe\")", path.display(), preset.name()));
        }
        if create_develop
            && let Some(tip) = context.engine().create_branch(&traits.develop, &traits.stable)?
        {
            done.push(format!("created {} on the server at {}", traits.develop, tip.short()));
        }
        if yes && context.engine().start_ledger()? {
            done.push("started the record; ticks run the train from here on".into());
        }
        let todo = context.adoption()?.todo;
        if flags.json {
            let todo = json::todo::view(&todo);
            ui::json(&json!({"schema": "allclear.init/1", "file": path, "done": done, "todo": todo}));
            return Ok(Exit::Done);
        }
        if done.is_empty() {
            ui::out(format!("{} exists already; nothing was changed", path.display()));
        }
        done.iter().for_each(ui::out);
        todo::show(&todo);
        Ok(Exit::Done)
    }
}
