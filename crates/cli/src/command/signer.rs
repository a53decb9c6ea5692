//! `signer`: whose signatures count for what, and how that changes.

use crate::args::{Args, SignerCommand};
use crate::exit::Exit;
use crate::place::Place;
use crate::ui::{self, DIM, paint};
use allclear_core::ledger::signature::{Fingerprint, read_key};
use allclear_core::ledger::signer::{Change, Role, Signer};
use allclear_core::project::roster::{Founding, Roster};
use allclear_core::types::text::{count, list, name_of, plain};
use allclear_engine::{Fault, FaultKind, SignersChange};
use serde_json::json;
use std::path::Path;

pub(super) fn run(args: &Args, what: &SignerCommand) -> Result<Exit, Fault> {
    let place = Place::open(args)?;
    let engine = place.engine();
    let done = match what {
        SignerCommand::List => {
            show(args, &place.look(args)?.project.roster);
            return Ok(Exit::Done);
        }
        SignerCommand::Add { name, key, role, threshold, reason, yes } => {
            let roles = role.iter().map(|text| role_of(text)).collect::<Result<_, _>>()?;
            let signer = Signer { name: name.trim().to_owned(), key: key_of(key)?, roles };
            if signer.name.is_empty() || signer.name.len() > 200 || signer.name.chars().any(char::is_control)
            {
                return Err(Fault::new(FaultKind::Usage, "a signer's name has 1 to 200 plain characters"));
            }
            let reason = reason.clone().unwrap_or_else(|| format!("add {}", name_of(&signer.name)));
            let change = Change { add: vec![signer], threshold: *threshold, reason, ..Change::default() };
            engine.propose_signers(&change, *yes)?
        }
        SignerCommand::Revoke { fingerprint, reason } => {
            let key = Fingerprint::parse(fingerprint).ok_or_else(|| {
                Fault::new(FaultKind::Usage, format!("`{}` is no key's fingerprint", plain(fingerprint)))
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
    report(args, &done);
    Ok(match done {
        SignersChange::InForce { .. } => Exit::Done,
        SignersChange::Waits { .. } => Exit::Blocked,
    })
}

fn report(args: &Args, done: &SignersChange) {
    match done {
        SignersChange::InForce { founded } if args.json => {
            ui::json(&json!({"schema": "allclear.signer/1", "in-force": true, "founded": founded}));
        }
        SignersChange::Waits { proposal, admins, needs } if args.json => ui::json(&json!({
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

fn show(args: &Args, roster: &Roster) {
    if args.json {
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
        ui::out(format!("waits: entry {} would {what}; stated by {by}", proposal.entry.short()));
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
        Fault::new(FaultKind::Usage, format!("`{}` is no role", plain(text)))
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
        Fault::new(FaultKind::Usage, "that is no public SSH key that can be used").hint(
            "give a .pub file, or the key itself: ed25519, ecdsa on P-256, or RSA of 2048 bits and more",
        )
    })
}
