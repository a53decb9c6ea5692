//! The command line: `VERB [VERSION] [SUBJECT] [--commit C] [--reason …]`.

use allclear_core::Version;
use clap::{Args as ClapArgs, CommandFactory, Parser, Subcommand, ValueEnum};
use std::num::NonZeroUsize;
use std::path::PathBuf;

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
    /// The clone to work on; the current directory by default.
    #[arg(short = 'C', global = true, value_name = "CLONE")]
    pub(crate) clone: Option<PathBuf>,
    /// The server: a remote's name, an address or a path.
    #[arg(long, global = true, value_name = "REMOTE")]
    pub(crate) remote: Option<String>,
    /// Print JSON for programs.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Show the last look at the server, with its age, and do not ask it again.
    #[arg(long, global = true)]
    pub(crate) offline: bool,
    /// Who acts, as it goes on record; git's user by default.
    #[arg(long = "as", global = true, value_name = "NAME")]
    pub(crate) who: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
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

/// A reading command's instant.
#[derive(Debug, Clone, Default, ClapArgs)]
pub(crate) struct Now {
    /// What if it were this instant? (2026-11-10T10:00:00Z, "2026-11-10 10:00", 3d from now)
    #[arg(long, value_name = "T")]
    pub(crate) now: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// What is riding, how far, and what stops it.
    Status {
        #[command(flatten)]
        now: Now,
    },
    /// Each blocker: what is wrong, who can act, whether waiting helps.
    Why {
        /// [VERSION] [GATE[:SUBJECT]]
        #[arg(num_args = 0..=2)]
        about: Vec<String>,
        #[command(flatten)]
        now: Now,
    },
    /// What changed since the last release, as Markdown.
    Changelog {
        /// A candidate or a release; else the open candidate, or what is on develop.
        #[arg(value_parser = version, value_name = "X.Y.Z")]
        version: Option<Version>,
    },
    /// Coming cuts, ends of soaks, freezes.
    Calendar {
        /// Print it as an iCalendar file (RFC 5545) for other calendars.
        #[arg(long)]
        ics: bool,
        #[command(flatten)]
        now: Now,
    },
    /// The record: what happened, newest first.
    Log {
        /// At most so many entries.
        #[arg(short = 'n', long, default_value_t = 50)]
        limit: usize,
        #[command(flatten)]
        now: Now,
    },
    /// Cut a candidate from develop.
    Cut {
        /// The version; chosen from what changed where absent.
        #[arg(long, value_name = "X.Y.Z")]
        version: Option<String>,
        /// Say what it would be, and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Answer the confirmation with yes.
        #[arg(long, short = 'y')]
        yes: bool,
    },
    /// Bring fixes from develop to the candidate.
    Pick {
        /// Ids, beginnings of ids, or branches and tags of the server.
        #[arg(required = true, value_name = "COMMIT")]
        commits: Vec<String>,
        /// The candidate; the open one where absent.
        #[arg(long, value_parser = version, value_name = "X.Y.Z")]
        version: Option<Version>,
        /// Say what it would be, and change nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// In which rc and release a commit is, or what would bring it there.
    Where {
        /// An id, the beginning of one, or a branch or tag of the server.
        #[arg(value_name = "COMMIT")]
        commit: String,
    },
    /// Cut a candidate from stable, beside whatever rides.
    Hotfix {
        /// The version; the next patch of the last release where absent.
        #[arg(long, value_parser = version, value_name = "X.Y.Z")]
        version: Option<Version>,
        /// Why, for the record.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Say what it would be, and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Answer the confirmation with yes.
        #[arg(long, short = 'y')]
        yes: bool,
    },
    /// End a candidate without a release.
    ///
    /// Its commits are kept, its number is never used again.
    Withdraw {
        #[arg(value_parser = version, value_name = "X.Y.Z")]
        version: Option<Version>,
        /// Why, for the record.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Say what it would do, and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Answer the confirmation with yes.
        #[arg(long, short = 'y')]
        yes: bool,
    },
    /// Make the head of the candidate's branch its next rc, now.
    Rc {
        #[arg(value_parser = version, value_name = "X.Y.Z")]
        version: Option<Version>,
        /// Only if this is still the head.
        #[arg(long, value_name = "ID")]
        commit: Option<String>,
        /// With --commit: take a rewound branch on record.
        #[arg(long, short = 'y')]
        yes: bool,
    },
    /// Stop one candidate, or lift the stop.
    Hold {
        #[arg(value_parser = version, value_name = "X.Y.Z")]
        version: Option<Version>,
        /// Why, for the record.
        #[arg(long, value_name = "TEXT", required_unless_present = "lift")]
        reason: Option<String>,
        /// When it ends by itself.
        #[arg(long, value_name = "T")]
        until: Option<String>,
        /// Lift it.
        #[arg(long, conflicts_with_all = ["reason", "until"])]
        lift: bool,
    },
    /// Answer for a commit that is no known fix, once and for all.
    Accept {
        /// Commits that came on board, or any by their full ids.
        #[arg(required = true, value_name = "COMMIT")]
        commits: Vec<String>,
        /// The candidate.
        #[arg(long, value_name = "X.Y.Z", value_parser = version)]
        version: Option<Version>,
        /// Why, for the record.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Approve exactly one commit of a candidate.
    Approve {
        #[arg(value_parser = version, value_name = "X.Y.Z")]
        version: Option<Version>,
        /// The candidate's commit, as allclear why approvals prints it.
        #[arg(long, value_name = "ID")]
        commit: String,
    },
    /// Set a gate aside, for exactly this commit and until an end.
    ///
    /// A new rc ends it too.
    Waive {
        /// [VERSION] GATE[:SUBJECT]
        #[arg(num_args = 1..=2, required = true, value_name = "GATE[:SUBJECT]")]
        about: Vec<String>,
        /// Why, for the record and the release notes.
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// For how long: 2d, 36h.
        #[arg(long = "for", value_name = "DURATION")]
        length: Option<String>,
        /// Only if this is still the candidate's commit.
        #[arg(long, value_name = "ID")]
        commit: Option<String>,
        /// After a new rc: as it was waived before.
        #[arg(long)]
        again: bool,
        /// End it before its time.
        #[arg(long, conflicts_with_all = ["reason", "length", "commit", "again"])]
        lift: bool,
    },
    /// Say how an rc went for you, or answer those who said so.
    Report {
        #[command(subcommand)]
        what: ReportCommand,
    },
    /// Bring a candidate that is clear to its release.
    Promote {
        #[arg(value_parser = version, value_name = "X.Y.Z")]
        version: Option<Version>,
        /// Only if this is still the candidate's commit.
        #[arg(long, value_name = "ID")]
        commit: Option<String>,
        /// Print every object and ref update, and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Record the wish: any tick promotes exactly this commit as soon as it is clear.
        #[arg(long, conflicts_with = "dry_run")]
        when_clear: bool,
        /// Answer the confirmation with yes.
        #[arg(long, short = 'y')]
        yes: bool,
    },
    /// What follows a release: how far each step is.
    ///
    /// Or try one anew, or say that it is done.
    After {
        #[arg(value_parser = version, value_name = "X.Y.Z")]
        version: Option<Version>,
        /// Try this step anew, as if nothing had been tried.
        #[arg(long, value_name = "STEP")]
        retry: Option<String>,
        /// This step is done, whatever its probe says.
        #[arg(long, value_name = "STEP", conflicts_with = "retry", requires = "reason")]
        done: Option<String>,
        /// How you know, for the record.
        #[arg(long, value_name = "TEXT", requires = "done")]
        reason: Option<String>,
        #[command(flatten)]
        now: Now,
    },
    /// Build, test and run everything that depends on the candidate.
    ///
    /// Each downstream gets the candidate as a user would, and where it fails, the last release too: only what is
    /// worse than before counts. The whole table of a candidate goes on record.
    Test {
        /// A candidate, or any commit; the open candidate where absent.
        #[arg(value_name = "X.Y.Z|COMMIT")]
        what: Option<String>,
        /// Look at this repository instead of those of the policy; may be repeated.
        #[arg(long = "downstream", value_name = "URL")]
        downstreams: Vec<String>,
        /// Try only these: a name, its beginning, or a glob; may be repeated.
        #[arg(long, value_name = "NAME")]
        only: Vec<String>,
        /// How many are tried at once; half of the processors where absent.
        #[arg(long, short, value_name = "N")]
        jobs: Option<NonZeroUsize>,
        /// Try anew what is not known to be well, as if nothing were known of it.
        #[arg(long, value_enum, value_name = "WHICH")]
        rerun: Option<Rerun>,
        /// Write the table as JUnit XML too.
        #[arg(long, value_name = "FILE")]
        junit: Option<PathBuf>,
    },
    /// Try one downstream again by hand, in a shell with its inputs.
    Reproduce {
        /// Its name, as allclear test prints it.
        name: String,
        /// With which version of the project.
        #[arg(long, value_enum, default_value = "candidate")]
        arm: ArmArg,
        /// Print what would be run, and run nothing.
        #[arg(long)]
        print: bool,
    },
    /// Record the result of a check for a commit.
    Check {
        /// The check's name.
        #[arg(required_unless_present = "from")]
        name: Option<String>,
        /// How it ended.
        #[arg(value_enum, required_unless_present = "from")]
        outcome: Option<Outcome>,
        /// The full id of the commit it looked at.
        #[arg(long, value_name = "ID", required_unless_present = "from")]
        commit: Option<String>,
        /// Where to read more.
        #[arg(long, value_name = "URL")]
        url: Option<String>,
        /// Read many from a JSON file, [{name, outcome, commit, url}], or - for standard input.
        #[arg(long, value_name = "FILE", conflicts_with_all = ["name", "outcome", "commit", "url"])]
        from: Option<PathBuf>,
    },
    /// Write allclear.toml, and show what is left until the train runs.
    Init {
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
    },
    /// What went wrong with releases, and what would stop allclear.
    ///
    /// In any clone; changes nothing.
    Doctor {
        /// Try on the server what a release needs of it, in names of its own that are deleted again.
        #[arg(long, conflicts_with = "offline")]
        probe_push: bool,
        /// Prepare the merge that brings stable back into develop; nothing is pushed.
        #[arg(long, conflicts_with_all = ["offline", "probe_push"])]
        repair_history: bool,
    },
    /// Show, check and adopt the policy.
    Policy {
        #[command(subcommand)]
        what: PolicyCommand,
    },
    /// Whether the record is true.
    ///
    /// Every release, its facts, its gates and its signatures.
    Verify {
        /// The full id of the ledger's first entry, as somebody you trust told you.
        #[arg(long, value_name = "ID")]
        root: Option<String>,
    },
    /// Whose signatures count for what.
    Signer {
        #[command(subcommand)]
        what: SignerCommand,
    },
    /// Stop cuts and promotions until an instant, or lift that.
    Freeze {
        /// When it ends by itself.
        #[arg(long, value_name = "T", required_unless_present = "lift")]
        until: Option<String>,
        /// Why, for the record.
        #[arg(long, value_name = "TEXT", required_unless_present = "lift")]
        reason: Option<String>,
        /// What it stops.
        #[arg(long, value_enum, default_value = "both")]
        stops: StopsArg,
        /// Lift all freezes that people set.
        #[arg(long, conflicts_with_all = ["reason", "until"])]
        lift: bool,
    },
    /// Do what is due.
    ///
    /// May be run by anyone, at any time, any number of times.
    Tick {
        /// Say what is due, and do nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Two weeks of a train in a minute.
    ///
    /// A library, an example that it breaks, a blocked promotion, a fix, a rival.
    Demo {
        /// Without pauses.
        #[arg(long)]
        fast: bool,
        /// Where to leave the repository; a temporary directory by default.
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    /// Skip an entry of the record that cannot be read or is dated in the future.
    #[command(hide = true)]
    Strike {
        /// The entry's full commit id.
        entry: String,
        /// Why, for the record.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Care for the record itself.
    #[command(hide = true)]
    Ledger {
        #[command(subcommand)]
        what: LedgerCommand,
    },
    /// Print completions for a shell.
    #[command(hide = true)]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    #[command(hide = true)]
    Man,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Each value with its origin: of develop, or the frozen one of a candidate.
    Show {
        #[arg(value_parser = version, value_name = "X.Y.Z")]
        version: Option<Version>,
    },
    /// Find all mistakes in the work tree's allclear.toml, or in FILE.
    Check {
        /// Another file.
        file: Option<PathBuf>,
    },
    /// Print the JSON Schema for editors.
    Schema,
    /// Judge a candidate by the policy that is on develop now.
    Adopt {
        #[arg(value_parser = version, value_name = "X.Y.Z")]
        version: Option<Version>,
        /// Answer the confirmation with yes.
        #[arg(long, short = 'y')]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReportCommand {
    /// It works for you.
    Good(Tried),
    /// It does not work for you.
    Bad(Tried),
    /// Say that a bad report was looked at and is the candidate's own.
    Confirm {
        /// The report's id.
        id: String,
    },
    /// Answer a bad report.
    #[command(group = clap::ArgGroup::new("answer").required(true))]
    Resolve {
        /// The report's id.
        id: String,
        /// The commit that fixes it, as soon as the candidate has it.
        #[arg(long, value_name = "COMMIT", group = "answer")]
        fixed_by: Option<String>,
        /// Why the candidate is not at fault.
        #[arg(long, value_name = "TEXT", group = "answer")]
        not_ours: Option<String>,
    },
}

/// What somebody tried.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Tried {
    /// The rc.
    #[arg(long, value_name = "X.Y.Z-rc.N")]
    pub(crate) rc: String,
    /// In your own words; they can be erased later.
    #[arg(long, short, value_name = "TEXT")]
    pub(crate) message: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Erase the words and the name of a report; that there was one stays.
    Erase {
        /// The report's id.
        report: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum SignerCommand {
    /// Who is in force, and what waits for more admins.
    List,
    /// Propose a key, or other roles for one. In force when enough admins have stated it.
    Add {
        /// Whose key, as commits name them: "Mira <mira@example.org>".
        name: String,
        /// The public key, or its file.
        #[arg(long, value_name = "FILE|KEY")]
        key: String,
        /// What it may do: admin, captain, approver, recorder, checker:NAME.
        #[arg(long, value_name = "ROLE", required = true)]
        role: Vec<String>,
        /// How many admins a change takes from here on.
        #[arg(long, value_name = "N")]
        threshold: Option<u32>,
        /// Why, for the record.
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// Start the record where there is none, with this signer in its root.
        #[arg(long, short = 'y')]
        yes: bool,
    },
    /// Propose that a key counts for nothing from here on.
    Revoke {
        /// The key's fingerprint, SHA256:….
        fingerprint: String,
        /// Why, for the record.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Propose how many admins a change takes.
    Threshold {
        /// So many.
        #[arg(value_name = "N")]
        admins: u32,
        /// Why, for the record.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Second a proposal, as an admin.
    Second {
        /// The entry that proposed it; the only one that waits, where absent.
        #[arg(value_name = "ENTRY")]
        proposal: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Outcome {
    Passed,
    Failed,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Rerun {
    Failed,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ArmArg {
    Candidate,
    Baseline,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Scheduler {
    Github,
    Gitlab,
    Cron,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum StopsArg {
    Cuts,
    Promotions,
    Both,
}

/// Reads a version given by hand.
pub(crate) fn version(text: &str) -> Result<Version, String> {
    Version::parse(text).map_err(|e| e.to_string())
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
