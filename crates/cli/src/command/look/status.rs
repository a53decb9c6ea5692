//! `status`: one screen that answers "can it go out, and if not, who has to do what?"

use crate::args::{Args, Now};
use crate::context::Context;
use crate::exit::{self, Exit};
use crate::json;
use crate::screen::status::show;
use crate::screen::ui::{self, DIM, paint};
use allclear_engine::Fault;

pub(crate) fn run(args: &Args, now: &Now) -> Result<Exit, Fault> {
    let context = Context::open(args)?;
    let seen = context.look(args)?;
    let now = crate::command::instant(now, &seen, &context)?;
    let assessment = seen.assess(now);
    if args.json {
        let name = context.name(&seen);
        ui::json(&json::status::status(&name, context.protection(&seen), &seen, &assessment));
    } else {
        show(&context.name(&seen), &seen, &assessment, args.offline.then(|| context.now()));
        if let Some(weak) = context.protection(&seen).filter(|word| *word != "protected") {
            ui::out(paint(DIM, format!("record: {weak}")));
        }
    }
    Ok(exit::of_candidates(&assessment, None))
}
