//! `[[notify]]`: who is notified when a person is needed, and how.

use super::forms::{script, word};
use super::mistake::nearest;
use super::value::{Given, Layer, Parsed, field};
use crate::policy::model::notify::{Place, Target, Topic, Way, address};
use crate::types::text::short;

/// The keys that say how.
const WAYS: [&str; 4] = ["run", "webhook", "webhook-env", "slack-env"];

pub(in crate::policy) fn targets(given: &Given<'_>) -> Parsed<Vec<Target>> {
    if given.value.get_ref().is_table() {
        let mistake = given.mistake("expected a list of tables, found a table");
        return Err(vec![mistake.help("write [[notify]], with two brackets on each side")]);
    }
    given.list_by(
        |item| match item.item(target)? {
            Some(target) => Ok(target),
            None => Err(vec![
                item.mistake("it does not say how to reach it")
                    .help(format!("add one of {}", WAYS.join(", "))),
            ]),
        },
        |target| Some(target.name.clone()),
    )
}

fn target(layer: &Layer<'_>) -> Parsed<Option<Target>> {
    let mut wrong = Vec::new();
    let name = field(layer, "name", &mut wrong, |given| given.form(word));
    let run = field(layer, "run", &mut wrong, |given| given.form(script));
    let webhook = field(layer, "webhook", &mut wrong, hook);
    let webhook_env = field(layer, "webhook-env", &mut wrong, |given| given.form(variable));
    let secret_env = field(layer, "secret-env", &mut wrong, |given| given.form(variable));
    let slack = field(layer, "slack-env", &mut wrong, |given| given.form(variable));
    let on = field(layer, "on", &mut wrong, |given| given.list_by(topic, |topic| Some(topic.word().into())));
    let mut ways = WAYS.iter().filter_map(|key| layer.get(key));
    if let (Some(_), Some(second)) = (ways.next(), ways.next()) {
        wrong.push(second.mistake("one target is reached in one way").help("write a second [[notify]]"));
    }
    if let Some(given) = layer.get("secret-env")
        && !layer.contains_key("webhook")
        && !layer.contains_key("webhook-env")
    {
        wrong.push(given.mistake("only a webhook is signed"));
    }
    let place = webhook.map(Place::Url).or(webhook_env.map(Place::Env));
    let webhook = place.map(|to| ("webhook", Way::Webhook { to, secret_env }));
    let command = run.map(|script| ("command", Way::Run(script)));
    let way = command.or(webhook).or(slack.map(|name| ("slack", Way::SlackEnv(name))));
    if !wrong.is_empty() {
        return Err(wrong);
    }
    Ok(way.map(|(kind, way)| Target {
        name: name.unwrap_or_else(|| kind.to_owned()),
        way,
        on: on.unwrap_or_else(|| Topic::USUAL.to_vec()),
    }))
}

fn hook(given: &Given<'_>) -> Parsed<String> {
    let text = given.text()?;
    let mistake = |what: &str| given.mistake(what);
    if text.contains("hooks.slack.com") {
        let mistake = mistake("the address of a Slack hook is a secret, and this file is public");
        return Err(vec![
            mistake.help("write slack-env = \"SLACK_HOOK\", the name of a variable that has it"),
        ]);
    }
    address(text).map_err(|why| {
        vec![mistake(&why).help("a secret address goes into a variable: webhook-env = \"NAME\"")]
    })?;
    Ok(text.to_owned())
}

/// Reads the name of a variable, and refuses what looks like the secret itself.
fn variable(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if text.is_empty()
        || text.len() > 60
        || text.starts_with(|c: char| c.is_ascii_digit())
        || !text.chars().all(plain)
    {
        // Not shown: it may be the secret.
        return Err("write the name of a variable, such as SLACK_HOOK, and never what it has".to_owned());
    }
    Ok(text.to_owned())
}

fn topic(given: &Given<'_>) -> Parsed<Topic> {
    let text = given.text()?;
    if let Some(topic) = Topic::ALL.into_iter().find(|topic| topic.word() == text) {
        return Ok(topic);
    }
    let words = Topic::ALL.map(Topic::word);
    let mistake = given.mistake(format!("`{}` is not one of {}", short(text, 60), words.join(", ")));
    Err(vec![match nearest(text, words) {
        Some(near) => mistake.help(format!("did you mean \"{near}\"?")),
        None => mistake,
    }])
}

pub(in crate::policy) fn text(target: &Target) -> String {
    let way = match &target.way {
        Way::Run(script) => format!("run {script:?}"),
        Way::Webhook { to, secret_env } => {
            let to = match to {
                Place::Url(url) => format!("webhook {url:?}"),
                Place::Env(name) => format!("webhook in {name}"),
            };
            secret_env.as_ref().map_or(to.clone(), |name| format!("{to} signed with {name}"))
        }
        Way::SlackEnv(name) => format!("Slack hook in {name}"),
    };
    let on: Vec<&str> = target.on.iter().map(|topic| topic.word()).collect();
    format!("{:?}: {way}, on {}", target.name, on.join(" "))
}
