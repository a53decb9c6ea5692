//! `demo`: two weeks of a train in a minute, with the real engine, the real lab, real git and a virtual clock.

mod fixture;
mod story;

use crate::command::Command;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::lab;
use allclear_core::Version;
use allclear_engine::{Fault, Note};
use fixture::in_their_language;
use std::path::PathBuf;
use story::{BRANCH, Story};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// Two weeks of a train in a minute.
///
/// A library, an example that it breaks, a blocked promotion, a fix, a rival.
#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// Without pauses.
    #[arg(long)]
    fast: bool,
    /// Where to leave the repository; a temporary directory by default.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Command for Demo {
    fn needs_server(&self) -> bool {
        false
    }

    fn run(&self, _: &Flags) -> Result<Exit, Fault> {
        let (fast, dir) = (self.fast, self.dir.as_deref());
        let uncontained = lab::uncontained()?;
        let story = Story::build(fast, dir, uncontained.is_none())?;
        story.say(
            "A library, greeter, with master at 1.0.0, a week of work on develop, and others that build on it. Its policy:",
        );
        story.quote(&story.fixture.policy);
        if let Some(why) = uncontained {
            story.say(&format!("note: {why}. The demo's own scripts run without (sandbox = \"none\")."));
        }
        let quiet = |_: &Note| {};
        story.engine("Mira <mira@example.org>", &quiet).start_ledger()?;

        story.scene(
            "the slot of the train",
            "a scheduled job runs `allclear tick` every quarter of an hour; CI runs `allclear test` on each candidate",
        );
        story.tick()?;
        story.test()?;
        story.say(
            "\nIt builds, and its tests set LC_ALL and pass; run as its users run it, it dies. That blocks:",
        );
        story.status()?;
        story.why("examples/hello")?;

        story.fixture.clock.advance(DAY);
        story.scene("day 1", "CI reports on the candidate; somebody is in a hurry: `allclear promote 1.1.0`");
        story.check()?;
        story.refused(
            story.engine("Jon <jon@example.org>", &quiet).promote(Some(Version::new(1, 1, 0)), None).err(),
        );

        story.fixture.clock.advance(DAY);
        story.scene("day 2", "a feature slips onto the candidate's branch");
        let feature = story.fixture.commit(
            BRANCH,
            "feat: shout",
            "shout.sh",
            "shout() {\n    echo \"HELLO, $1!\"\n}\n",
        )?;
        story.tick()?;
        story.status()?;
        story.say("The author takes it back. A revert that undoes exactly that change clears it.");
        story.fixture.git(&["revert", "--no-edit", &feature])?;
        story.fixture.git(&["push", "-q", "origin", &format!("HEAD:refs/heads/{BRANCH}")])?;

        story.fixture.clock.advance(2 * HOUR);
        story.scene("two hours later", "the fix of what the lab found comes on board");
        story.fixture.commit(
            BRANCH,
            "fix: greet readers without a locale",
            "greet.sh",
            &in_their_language(true),
        )?;
        story.tick()?;
        story.fixture.clock.advance(HOUR);
        story.say("Half an hour without another push makes that head rc.2, and its own three days begin.");
        story.tick()?;
        story.check()?;
        story.test()?;
        story.status()?;

        story.fixture.clock.advance(5 * DAY);
        story.scene(
            "day 7",
            "both clocks are served; the tick promotes, and a rival pushes to develop in the middle of it",
        );
        let released = story.promotion()?;

        story.fixture.clock.advance(7 * DAY);
        story.scene("two weeks after the first cut", "the next slot");
        story.tick()?;
        story.status()?;
        story.farewell();
        Ok(if released { Exit::Done } else { Exit::Blocked })
    }
}
