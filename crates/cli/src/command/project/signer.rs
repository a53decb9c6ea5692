//! `signer`: whose signatures count for what, and how that changes.

use crate::command::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::screen::ui::{self, DIM, paint};
use allclear_core::ledger::signature::{Fingerprint, read_key};
use allclear_core::ledger::signer;
use allclear_core::ledger::signer::{Change, Role};
use allclear_core::project::roster::{Founding, Roster};
use allclear_core::types::text::{count, list, name_of, plain};
use allclear_engine::{Fault, FaultKind, SignersChange};
use serde_json::json;
use std::path::Path;

/// Show and change whose signatures count, and for what.
#[derive(Debug, clap::Args)]
pub(crate) struct Signer {
    #[command(subcommand)]
    what: SignerCommand,
}

#[derive(Debug, clap::Subcommand)]
enum SignerCommand {
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
        /// The number of admins.
        #[arg(value_name = "N")]
        admins: u32,
        /// Why, for the record.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Second a proposal, as an admin.
    Second {
        /// The entry of the proposal; may be left out while only one is pending.
        #[arg(value_name = "ENTRY")]
        proposal: Option<String>,
    },
}

impl Command for Signer {
    fn needs_server(&self) -> bool {
        !matches!(self.what, SignerCommand::List)
    }

    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        let context = Context::open(flags)?;
        let engine = context.engine();
        let done = match &self.what {
            SignerCommand::List => {
                show(flags, &context.look(flags)?.project.roster);
                return Ok(Exit::Done);
            }
            SignerCommand::Add { name, key, role, threshold, reason, yes } => {
                let roles = role.iter().map(|text| role_of(text)).collect::<Result<_, _>>()?;
                let signer = signer::Signer { name: name.trim().to_owned(), key: key_of(key)?, roles };
                if signer.name.is_empty()
                    || signer.name.len() > 200
                    || signer.name.chars().any(char::is_control)
                {
                    return Err(Fault::new(
                        FaultKind::Usage,
                        "a signer's name has 1 to 200 plain characters",
                    ));
                }
                let reason = reason.clone().unwrap_or_else(|| format!("add {}", name_of(&signer.name)));
                let change = Change { add: vec![signer], threshold: *threshold, reason, ..Change::default() };
                engine.propose_signers(&change, *yes)?
            }
            SignerCommand::Revoke { fingerprint, reason } => {
                let key = Fingerprint::parse(fingerprint).ok_or_else(|| {
                    Fault::new(
                        FaultKind::Usage,
                        format!("`{}` is not the fingerprint of a key", plain(fingerprint)),
                    )
                    .hint("allclear signer list shows them: SHA256: and 43 characters")
                })?;
                let change = Change { revoke: vec![key], reason: reason.clone(), ..Change::default() };
                engine.propose_signers(&change, false)?
            }
            SignerCommand::Threshold { admins, reason } => {
                let change = Change { threshold: Some(*admins), reason: reason.clone(), ..Change::default() };
                engine.propose_signers(&change, false)?
            }
            SignerCommand::Second { proposal } => engine.second_signers(proposal.as_deref())?,
        };
        report(flags, &done);
        Ok(match done {
            SignersChange::InForce { .. } => Exit::Done,
            SignersChange::Waits { .. } => Exit::Blocked,
        })
    }
}

fn report(flags: &Flags, done: &SignersChange) {
    match done {
        SignersChange::InForce { founded } if flags.json => {
            ui::json(&json!({"schema": "allclear.signer/1", "in-force": true, "founded": founded}));
        }
        SignersChange::Waits { proposal, admins, needs } if flags.json => ui::json(&json!({
            "schema": "allclear.signer/1", "in-force": false, "proposal": proposal, "admins": admins, "needs": needs,
        })),
        SignersChange::InForce { founded } => {
            ui::out("in force from this entry on; allclear signer list shows all");
            if *founded {
                ui::say("these are the first signers; tell people the root's id, for allclear verify --root");
            }
        }
        SignersChange::Waits { proposal, admins, needs } => {
            let by = if admins.is_empty() { "no admin".into() } else { list(&names(admins)) };
            ui::out(format!("proposed, and not in force: stated by {by}, {}", needed(*needs)));
            ui::say(format!("{} an admin: allclear signer second {proposal}", paint(DIM, "hint:")));
        }
    }
}

fn show(flags: &Flags, roster: &Roster) {
    if flags.json {
        let signers: Vec<_> = roster
            .signers
            .iter()
            .map(|(key, s)| json!({"name": s.name, "fingerprint": key, "key": s.key, "roles": s.roles}))
            .collect();
        ui::json(&json!({
            "schema": "allclear.signers/1", "threshold": roster.threshold, "founded": roster.founded,
            "signers": signers, "proposals": roster.proposals,
        }));
        return;
    }
    let Some(founded) = &roster.founded else {
        ui::out("No signers: every name on this record is a claim.");
        ui::say("hint: allclear signer add NAME --key FILE.pub --role admin --role captain");
        return;
    };
    for (key, signer) in &roster.signers {
        let roles: Vec<String> = signer.roles.iter().map(|role| plain(&role.to_string())).collect();
        ui::out(format!("{:<24} {}", name_of(&signer.name), roles.join(", ")));
        ui::out(paint(DIM, format!("{:<24} {key}", "")));
    }
    let origin = match founded {
        Founding::Root => "named by the root".into(),
        Founding::Claim(entry) => {
            format!("named first at entry {} by a claim, not by the root", entry.short())
        }
    };
    ui::out(format!("{origin} · a change takes {}", count(roster.threshold as usize, "admin")));
    for proposal in &roster.proposals {
        let by = names(&roster.admins(&proposal.by));
        let by = if by.is_empty() { "no admin".into() } else { list(&by) };
        let what = allclear_core::Event::SignersProposed(Box::new(proposal.change.clone())).sentence();
        ui::out(format!("pending: entry {} would {what}; stated by {by}", proposal.entry.short()));
        ui::say(format!("hint: allclear signer second {}", proposal.entry));
    }
}

fn names<S: AsRef<str>>(names: &[S]) -> Vec<String> {
    names.iter().map(|name| name_of(name.as_ref())).collect()
}

fn needed(n: u32) -> String {
    format!("and it takes {}", count(n as usize, "admin"))
}

fn role_of(text: &str) -> Result<Role, Fault> {
    Role::parse(text).ok_or_else(|| {
        Fault::new(FaultKind::Usage, format!("`{}` is not a role", plain(text)))
            .hint("admin, captain, approver, recorder, or checker:NAME")
    })
}

/// Reads a public key: the key itself, or the file it is in.
fn key_of(text: &str) -> Result<String, Fault> {
    let line = if Path::new(text).is_file() {
        std::fs::read_to_string(text)
            .map_err(|e| Fault::new(FaultKind::Usage, format!("{} cannot be read: {e}", plain(text))))?
    } else {
        text.to_owned()
    };
    read_key(&line).map(|(_, line)| line).ok_or_else(|| {
        Fault::new(FaultKind::Usage, "that is not a public SSH key that can be used").hint(
            "give a .pub file, or the key itself: ed25519, ecdsa on P-256, or RSA of 2048 bits and more",
        )
    })
}
