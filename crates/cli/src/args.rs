//! The command line: `VERB [VERSION] [SUBJECT] [--commit C] [--reason …]`.

use crate::command::look::Status;
use crate::command::{Command, candidate, evidence, look, project};
use crate::exit::Exit;
use crate::flags::Flags;
use allclear_engine::{Fault, FaultKind};
use clap::{CommandFactory, Parser, Subcommand};

/// Runs a project's releases as a train.
///
/// It cuts a release candidate from develop on schedule, lets only fixes onto it, soaks it, and when all is
/// clear promotes it in one move: merge to master, tag, merge back to develop, delete the branch.
#[derive(Debug, Parser)]
#[command(name = "allclear", version, max_term_width = 100)]
#[command(
    after_help = "Without a command: status. Exit codes: 0 done or clear · 1 a person is needed · 2 usage · 3 refused by a rule \
· 5 conflict · 6 outcome unknown · 8 waiting · 75 try again later."
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) flags: Flags,
    #[command(subcommand)]
    verb: Option<Verb>,
}

impl Args {
    /// Does what the verb says; without one, shows the status.
    pub(crate) fn run(&self) -> Result<Exit, Fault> {
        let status = Status::default();
        let command = self.verb.as_ref().map_or(&status as &dyn Command, Verb::command);
        if self.flags.offline && command.needs_server() {
            return Err(Fault::new(FaultKind::Usage, "this command asks the server, and --offline says not to")
                .hint("status, why, calendar, changelog, log, after, doctor, signer list and policy show need no server"));
        }
        command.run(&self.flags)
    }
}

/// The verbs as the help lists them: by what they are about.
const GROUPS: [(&str, &[&str]); 4] = [
    ("Look", &["status", "why", "where", "calendar", "log", "changelog"]),
    ("Candidate", &["cut", "pick", "accept", "rc", "hold", "withdraw", "hotfix", "promote", "after"]),
    ("Evidence", &["test", "reproduce", "check", "report", "approve", "waive", "verify"]),
    ("Project", &["init", "doctor", "policy", "signer", "freeze", "tick", "demo"]),
];

/// Gives the command line, with its verbs in groups.
pub(crate) fn grouped() -> clap::Command {
    let command = Args::command();
    let about = |verb: &str| command.find_subcommand(verb).and_then(clap::Command::get_about);
    let mut verbs = String::new();
    for (group, names) in GROUPS {
        verbs.push_str(&format!("{group}:\n"));
        for name in names {
            verbs.push_str(&format!(
                "  {name:10} {}\n",
                about(name).map(ToString::to_string).unwrap_or_default()
            ));
        }
        verbs.push('\n');
    }
    let template = "{about-with-newline}\n{usage-heading} {usage}\n\n{verbs}Options:\n{options}{after-help}";
    command.help_template(template.replace("{verbs}", &verbs))
}

/// Every verb, in the order of the completions and the manual page. What can be said with it stands in its own file.
#[derive(Debug, Subcommand)]
enum Verb {
    Status(look::Status),
    Why(look::Why),
    Changelog(look::Changelog),
    Calendar(look::Calendar),
    Log(look::Log),
    Cut(candidate::Cut),
    Pick(candidate::Pick),
    Where(look::Where),
    Hotfix(candidate::Hotfix),
    Withdraw(candidate::Withdraw),
    Rc(candidate::Rc),
    Hold(candidate::Hold),
    Accept(candidate::Accept),
    Approve(evidence::Approve),
    Waive(evidence::Waive),
    Report(evidence::Report),
    Promote(candidate::Promote),
    After(candidate::After),
    Test(evidence::Test),
    Reproduce(evidence::Reproduce),
    Check(evidence::Check),
    Init(project::Init),
    Doctor(project::Doctor),
    Policy(project::Policy),
    Verify(evidence::Verify),
    Signer(project::Signer),
    Freeze(project::Freeze),
    Tick(project::Tick),
    Demo(project::Demo),
    Strike(project::Strike),
    Ledger(project::Ledger),
    Completions(project::Completions<Args>),
    Man(project::Man<Args>),
}

impl Verb {
    fn command(&self) -> &dyn Command {
        match self {
            Self::Status(command) => command,
            Self::Why(command) => command,
            Self::Changelog(command) => command,
            Self::Calendar(command) => command,
            Self::Log(command) => command,
            Self::Cut(command) => command,
            Self::Pick(command) => command,
            Self::Where(command) => command,
            Self::Hotfix(command) => command,
            Self::Withdraw(command) => command,
            Self::Rc(command) => command,
            Self::Hold(command) => command,
            Self::Accept(command) => command,
            Self::Approve(command) => command,
            Self::Waive(command) => command,
            Self::Report(command) => command,
            Self::Promote(command) => command,
            Self::After(command) => command,
            Self::Test(command) => command,
            Self::Reproduce(command) => command,
            Self::Check(command) => command,
            Self::Init(command) => command,
            Self::Doctor(command) => command,
            Self::Policy(command) => command,
            Self::Verify(command) => command,
            Self::Signer(command) => command,
            Self::Freeze(command) => command,
            Self::Tick(command) => command,
            Self::Demo(command) => command,
            Self::Strike(command) => command,
            Self::Ledger(command) => command,
            Self::Completions(command) => command,
            Self::Man(command) => command,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_is_in_one_group_and_on_one_line_of_80_columns() {
        let mut listed: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let command = Args::command();
        let mut shown: Vec<&str> =
            command.get_subcommands().filter(|c| !c.is_hide_set()).map(clap::Command::get_name).collect();
        listed.sort_unstable();
        shown.sort_unstable();
        assert_eq!(listed, shown);
        for verb in command.get_subcommands().filter(|c| !c.is_hide_set()) {
            let about = verb.get_about().unwrap().to_string();
            assert!(about.chars().count() <= 67, "{}: {about}", verb.get_name());
        }
    }
}
