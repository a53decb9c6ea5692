//! `status`: one screen that answers "can it go out, and if not, who has to do what?"

use crate::command::Command;
use crate::command::now::Now;
use crate::context::Context;
use crate::exit::{self, Exit};
use crate::flags::Flags;
use crate::json;
use crate::screen::status::show;
use crate::screen::ui::{self, DIM, paint};
use allclear_engine::Fault;

/// The open candidates: how far they are, and what blocks them.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Status {
    #[command(flatten)]
    now: Now,
}

impl Command for Status {
    fn needs_server(&self) -> bool {
        false
    }

    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        let context = Context::open(flags)?;
        let seen = context.look(flags)?;
        let now = self.now.instant(&seen, &context)?;
        let assessment = seen.assess(now);
        if flags.json {
            let name = context.name(&seen);
            ui::json(&json::status::status(&name, context.protection(&seen), &seen, &assessment));
        } else {
            show(&context.name(&seen), &seen, &assessment, flags.offline.then(|| context.now()));
            if let Some(weak) = context.protection(&seen).filter(|word| *word != "protected") {
                ui::out(paint(DIM, format!("record: {weak}")));
            }
        }
        Ok(exit::of_candidates(&assessment, None))
    }
}
