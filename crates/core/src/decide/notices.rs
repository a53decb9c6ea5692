//! Notices: what is new to say, and to whom. Nothing is said while nobody is needed.
//!
//! A piece of news has a key, such as `2.9.0 hold failed 1a2b…`: it is told once to each target. A notice is
//! delivered before it is recorded, so that one that was cut short is delivered again, with the same id,
//! rather than never.

use crate::decide::after;
use crate::decide::after::StepState;
use crate::decide::assess::{Assessment, CandidateAssessment};
use crate::decide::promotion::Step;
use crate::gate::Kind;
use crate::policy::Target;
use crate::policy::model::notify::Topic;
use crate::project::Project;
use crate::project::steps::back_off;
use crate::types::duration::Seconds;
use crate::types::text::{count, hex, short};
use crate::types::version::Version;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// How long a release is news to a target that is new.
const FRESH: Seconds = Seconds(7 * 86_400);

/// One piece of news.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct News {
    /// What makes it this piece and no other.
    pub key: String,
    /// What it is about.
    pub topic: Topic,
    /// Which version.
    pub version: Version,
    /// Which gate or step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// One sentence.
    pub summary: String,
    /// Who can act.
    pub actors: Vec<String>,
    /// What would help, as commands or acts.
    pub remedy: Vec<String>,
}

/// Gives everything that somebody could want to know now.
pub fn news(project: &Project, assessment: &Assessment) -> Vec<News> {
    let now = assessment.now;
    let mut news = Vec::new();
    for found in &assessment.candidates {
        let version = found.version;
        for report in found.blockers().filter(|b| b.finding.kind == Kind::Person) {
            let (gate, finding) = (report.gate.name(), &report.finding);
            let verdict = serde_json::to_value(finding.verdict).unwrap_or_default();
            let key = format!("{version} {gate} {} {}", verdict.as_str().unwrap_or_default(), found.commit);
            news.push(News {
                key,
                topic: Topic::Blocked,
                version,
                subject: Some(gate.to_owned()),
                summary: short(&finding.summary, 300),
                actors: finding.actors.clone(),
                remedy: finding.remedy.clone(),
            });
        }
        let failed = |key: String, summary: String, remedy: String| News {
            key,
            topic: Topic::Failed,
            version,
            subject: None,
            summary,
            actors: Vec::new(),
            remedy: vec![remedy],
        };
        news.extend(found.stop.as_ref().map(|stop| {
            let remedy = stop.remedy.first().cloned().unwrap_or_default();
            let key = format!("{version} stopped {}: {}", found.commit, stopped_by(found));
            failed(key, short(&stop.why, 300), remedy)
        }));
    }
    for (version, release) in &project.releases {
        let plain = |topic: Topic, summary: String| News {
            key: format!("{version} {}", topic.word()),
            topic,
            version: *version,
            subject: None,
            summary,
            actors: Vec::new(),
            remedy: Vec::new(),
        };
        let fresh = |at| FRESH.after(at) > now;
        if fresh(release.at) {
            news.push(plain(Topic::Released, format!("released as {}", short(&release.tag, 100))));
        }
        let last = release.steps.values().filter_map(|step| step.at).max();
        if last.is_some_and(fresh) && after::done(release) == release.after.len() {
            news.push(plain(Topic::Published, "all after-steps are done".into()));
        }
        for report in after::report(release, now) {
            let name = &report.step.name;
            if !report.progress.needs_somebody(report.step, now) {
                continue;
            }
            let lost = report.state == StepState::Unknown;
            let what = if lost {
                "it is not known whether it happened".to_owned()
            } else {
                let why = report.progress.why.clone().unwrap_or_default();
                format!("failed {}: {}", count(report.progress.tries as usize, "time"), short(&why, 200))
            };
            news.push(News {
                subject: Some(name.clone()),
                remedy: remedy(*version, name),
                key: format!("{version} step {name} {}", if lost { "unknown" } else { "failing" }),
                ..plain(Topic::Failed, format!("after-step {name}: {what}"))
            });
        }
    }
    news
}

/// Names what stops a candidate beside its gates, so that another reason is news.
fn stopped_by(found: &CandidateAssessment) -> String {
    if let Some(Step::Stop(obstacle)) = found.unfinished { format!("{obstacle:?}") } else { "refused".into() }
}

/// Gives what a person can do about a step.
pub fn remedy(version: Version, step: &str) -> Vec<String> {
    vec![
        format!("allclear after {version} --retry {step}"),
        format!("allclear after {version} --done {step} --reason TEXT, where it is done"),
    ]
}

/// Picks what a target has not been told and wants to hear; nothing while its back-off lasts.
pub fn due<'n>(target: &Target, news: &'n [News], project: &Project, now: Timestamp) -> Vec<&'n News> {
    let told = project.told.get(&target.name);
    if told.is_some_and(|t| t.failed > 0 && back_off(t.failed).after(t.at) > now) {
        return Vec::new();
    }
    let known = |key: &String| told.is_some_and(|t| t.keys.contains(key));
    news.iter().filter(|n| target.on.contains(&n.topic) && !known(&n.key)).collect()
}

/// Gives the id of a notice: the same news, the same id.
pub fn id(news: &[&News]) -> String {
    let keys: Vec<&str> = news.iter().map(|n| n.key.as_str()).collect();
    hex(&Sha256::digest(keys.join("\n"))[..16])
}

/// Writes a notice for programs.
pub fn json(project: &str, news: &[&News], now: Timestamp) -> Value {
    json!({
        "schema": "allclear.notice/1",
        "id": id(news),
        "project": project,
        "at": now,
        "text": text(project, news),
        "news": news,
    })
}

/// Writes a notice for people.
pub fn text(project: &str, news: &[&News]) -> String {
    let mut lines = Vec::new();
    for item in news {
        let subject = item.subject.as_ref().filter(|_| item.topic == Topic::Blocked);
        let subject = subject.map(|gate| format!(" {gate}:")).unwrap_or_default();
        lines.push(format!("{project} {} {}:{subject} {}", item.version, item.topic.word(), item.summary));
        if !item.actors.is_empty() {
            lines.push(format!("  who: {}", crate::types::text::list(&item.actors)));
        }
        lines.extend(item.remedy.iter().map(|r| format!("  → {r}")));
    }
    lines.join("\n")
}

/// Makes a notice harmless in a chat: strangers write commits and checks, and neither `<!here>`, `@channel`
/// nor `[text](address)` of theirs may become more than text, in Slack (`&`, `<` and `>` are its own) or in
/// Mattermost, which reads Markdown.
pub fn chat(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // An invisible character behind it: it looks the same, and is no mark any more.
            '@' => out.push_str("@\u{200b}"),
            ']' if matches!(chars.peek(), Some('(' | '[' | ':')) => out.push_str("]\u{200b}"),
            c => out.push(c),
        }
    }
    out
}
