//! `policy`: show, check, schema, adopt.

use crate::command::Command;
use crate::context::{Context, open_clone};
use crate::environment::inherited;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::screen::ui::{self, BAD, DIM, WAIT, paint, say};
use allclear_core::Version;
use allclear_core::policy::{self, Mistake, Origin, line_column};
use allclear_core::types::text::{count, plain};
use allclear_engine::{Fault, FaultKind, POLICY_FILE, PolicySeen};
use allclear_git::Environment;
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report, Severity,
};
use serde_json::json;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// The longest line that is quoted with a mistake, in bytes.
const QUOTED: usize = 400;

/// Show, check and adopt the policy.
#[derive(Debug, clap::Args)]
pub(crate) struct Policy {
    #[command(subcommand)]
    what: PolicyCommand,
}

#[derive(Debug, clap::Subcommand)]
enum PolicyCommand {
    /// Print each value and its origin: develop's policy, or a candidate's frozen one.
    Show {
        /// The candidate; develop's policy where absent.
        #[arg(value_parser = Version::parse, value_name = "X.Y.Z")]
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
        /// The candidate; the open one where absent.
        #[arg(value_parser = Version::parse, value_name = "X.Y.Z")]
        version: Option<Version>,
        /// Answer the confirmation with yes.
        #[arg(long, short = 'y')]
        yes: bool,
    },
}

impl Command for Policy {
    fn needs_server(&self) -> bool {
        false
    }

    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        match &self.what {
            PolicyCommand::Show { version } => show(flags, *version),
            PolicyCommand::Check { file } => check(flags, file.as_deref()),
            PolicyCommand::Schema => {
                ui::json(&policy::json_schema());
                Ok(Exit::Done)
            }
            PolicyCommand::Adopt { version, yes } => adopt(flags, *version, *yes),
        }
    }
}

fn show(flags: &Flags, version: Option<Version>) -> Result<Exit, Fault> {
    let context = Context::open(flags)?;
    let seen = context.look(flags)?;
    if let Some(version) = version {
        let (_, candidate) = seen.pick(Some(version))?;
        // The frozen form is the record's own; it has no file and no origins.
        ui::json(
            &json!({"schema": "allclear.policy/1", "version": version, "digest": candidate.cut.digest, "policy": candidate.cut.policy}),
        );
        return Ok(Exit::Done);
    }
    let effective = match &seen.policy {
        PolicySeen::Read { effective, .. } => effective,
        PolicySeen::Wrong { text, mistakes } => {
            report(flags, &format!("{POLICY_FILE} on develop"), text, mistakes, &[]);
            return Ok(Exit::Usage);
        }
        PolicySeen::Absent => return Ok(seen.policy().map(|_| Exit::Done)?),
    };
    let rows = policy::rows(effective);
    if flags.json {
        ui::json(
            &json!({"schema": "allclear.policy/1", "digest": policy::digest(&effective.policy), "rows": rows, "policy": effective.policy}),
        );
        return Ok(Exit::Done);
    }
    let width = rows.iter().map(|r| r.key.len()).max().unwrap_or(0);
    for row in rows {
        let origin = match row.origin {
            Origin::File { line } => format!("{POLICY_FILE}:{line}"),
            Origin::Preset(name) => name.to_owned(),
        };
        ui::out(format!("{:width$}  {}  {}", row.key, plain(&row.value), paint(DIM, format!("({origin})"))));
    }
    Ok(Exit::Done)
}

fn check(flags: &Flags, file: Option<&Path>) -> Result<Exit, Fault> {
    let path = match file {
        Some(file) => file.to_path_buf(),
        None => {
            let clone = open_clone(flags, &Environment { inherited: inherited(), ..Environment::default() })?;
            clone.work_tree.map_or_else(|| PathBuf::from(POLICY_FILE), |top| top.join(POLICY_FILE))
        }
    };
    let text = std::fs::read_to_string(&path).map_err(|e| {
        Fault::new(FaultKind::Usage, format!("{} cannot be read: {e}", path.display()))
            .truth("nothing was checked")
            .hint("allclear init writes one")
    })?;
    let name = path.display().to_string();
    match policy::read(&text) {
        Ok(effective) => {
            report(flags, &name, &text, &[], &effective.warnings);
            if !flags.json {
                ui::out(format!("{name}: no mistakes"));
            }
            Ok(Exit::Done)
        }
        Err(mistakes) => {
            report(flags, &name, &text, &mistakes, &[]);
            Ok(Exit::Usage)
        }
    }
}

/// Shows every mistake at its line and column.
fn report(flags: &Flags, name: &str, text: &str, mistakes: &[Mistake], warnings: &[Mistake]) {
    if flags.json {
        let list = |items: &[Mistake]| -> Vec<_> {
            items
                .iter()
                .map(|m| {
                    let (line, column) = line_column(text, m.span.start);
                    json!({"line": line, "column": column, "message": m.message, "help": m.help})
                })
                .collect()
        };
        ui::json(
            &json!({"schema": "allclear.policy-check/1", "file": name, "mistakes": list(mistakes), "warnings": list(warnings)}),
        );
        return;
    }
    let theme = if std::io::stderr().is_terminal() {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(100).with_links(false);
    let both =
        mistakes.iter().map(|m| (m, Severity::Error)).chain(warnings.iter().map(|m| (m, Severity::Warning)));
    for (mistake, severity) in both {
        let (line, column) = line_column(text, mistake.span.start);
        if text.lines().skip(line.saturating_sub(2)).take(3).any(|l| l.len() > QUOTED) {
            say(format!("{name}:{line}:{column}: {}", plain(&mistake.message)));
            continue;
        }
        let mut diagnostic = MietteDiagnostic::new(plain(&mistake.message)).with_severity(severity);
        diagnostic = diagnostic.with_label(LabeledSpan::at(mistake.span.clone(), format!("{line}:{column}")));
        if let Some(help) = &mistake.help {
            diagnostic = diagnostic.with_help(plain(help));
        }
        let report = Report::new(diagnostic).with_source_code(NamedSource::new(name, shown(text)));
        let mut drawn = String::new();
        match handler.render_report(&mut drawn, report.as_ref()) {
            Ok(()) => say(drawn.trim_end()),
            Err(_) => say(format!("{name}:{line}:{column}: {}", plain(&mistake.message))),
        }
    }
    if !mistakes.is_empty() {
        say(format!("{} {name}: {}", paint(BAD, "error:"), count(mistakes.len(), "mistake")));
    }
}

/// Makes a file's text safe to show, byte for byte, so that places in it stay where they are.
fn shown(text: &str) -> String {
    let safe = |c: char| c == '\n' || plain(c.encode_utf8(&mut [0; 4])).starts_with(c);
    text.chars()
        .map(|c| match c.len_utf8() {
            _ if safe(c) => c.to_string(),
            3 => char::REPLACEMENT_CHARACTER.to_string(),
            bytes => "?".repeat(bytes),
        })
        .collect()
}

fn adopt(flags: &Flags, version: Option<Version>, yes: bool) -> Result<Exit, Fault> {
    let context = Context::open(flags)?;
    let (version, changes) = context.engine().adoptable(version)?;
    let rows: Vec<_> = changes
        .iter()
        .map(|d| json!({"key": d.key, "old": d.old, "new": d.new, "relaxed": d.relaxed}))
        .collect();
    if changes.is_empty() {
        if flags.json {
            ui::json(&json!({"schema": "allclear.adopt/1", "version": version, "changes": rows}));
        } else {
            ui::out(format!("{version} is judged by the policy on develop already"));
        }
        return Ok(Exit::Done);
    }
    if !flags.json {
        for change in &changes {
            let mark = if change.relaxed { paint(WAIT, "  relaxed") } else { String::new() };
            ui::out(format!("  {}: {} → {}{mark}", change.key, plain(&change.old), plain(&change.new)));
        }
    }
    ui::confirm(&format!("Judge {version} by this from now on?"), yes)?;
    let (version, _) = context.engine().adopt(Some(version))?;
    if flags.json {
        ui::json(&json!({"schema": "allclear.adopt/1", "version": version, "changes": rows}));
    } else {
        ui::out(format!("{version} is judged by the policy on develop; what it relaxed is on record"));
    }
    Ok(Exit::Done)
}
