//! What people write under `[[after]]` and `[[notify]]`, and what they are told.

use crate::ecosystem::recipe::Recipe;
use crate::policy::model::notify::Topic;
use crate::policy::*;
use crate::types::duration::Seconds;

/// Everything that is wrong with `text`, a mistake a line.
fn said(text: &str) -> String {
    let lines = read(text).unwrap_err().into_iter().map(|mistake| {
        let (line, column) = line_column(text, mistake.span.start);
        let help = mistake.help.map(|help| format!(" | {help}")).unwrap_or_default();
        format!("{line}:{column} {}{help}\n", mistake.message)
    });
    lines.collect()
}

const FULL: &str = r#"
[[after]]
name = "crates"
use = "crates"

[[after]]
name = "announce"
run = """
./announce.sh
"""
done = "./announced.sh"
needs = ["crates"]
limit = "5m"

[[notify]]
slack-env = "SLACK_HOOK"

[[notify]]
name = "ops"
webhook = "https://example.org/hook"
secret-env = "HOOK_SECRET"
on = ["released", "published"]

[[notify]]
run = "mail -s allclear mira"
on = []
"#;

#[test]
fn a_policy_with_all_of_it() {
    let effective = read(FULL).unwrap();
    let [crates, announce] = &effective.policy.after[..] else { panic!("{:?}", effective.policy.after) };
    assert_eq!((crates.recipe, crates.limit), (Recipe::find("crates"), Seconds(900)));
    assert!(crates.run().is_some_and(|run| run.contains("cargo publish")));
    assert_eq!((announce.done(), announce.needs[0].as_str()), (Some("./announced.sh"), "crates"));
    let names: Vec<&str> = effective.policy.notify.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names, ["slack", "ops", "command"]);
    assert_eq!(effective.policy.notify[0].on, Topic::USUAL);
    let way = Way::Webhook {
        to: Place::Url("https://example.org/hook".into()),
        secret_env: Some("HOOK_SECRET".into()),
    };
    assert_eq!(effective.policy.notify[1].way, way);
    let rows = rows(&effective);
    let row = |key: &str| rows.iter().find(|row| row.key == key).map(|row| (row.value.as_str(), row.origin));
    assert_eq!(row("after[0]"), Some((r#""crates": use crates, limit 15m"#, Origin::File { line: 2 })));
    assert_eq!(
        row("notify[0]"),
        Some((r#""slack": Slack hook in SLACK_HOOK, on blocked failed"#, Origin::File { line: 15 }))
    );
    // It is frozen into the record, and read back the same.
    let json = serde_json::to_string(&effective.policy).unwrap();
    assert_eq!(serde_json::from_str::<Policy>(&json).unwrap(), effective.policy);
}

#[test]
fn a_policy_without_any_of_it_is_written_as_before() {
    let json = serde_json::to_value(defaults(Preset::Library1)).unwrap();
    assert!(json.get("after").is_none() && json.get("notify").is_none());
}

#[test]
fn what_is_wrong_and_where() {
    for (text, expected) in [
        (
            "[after]\nname = 'x'",
            "1:1 `after`: expected a list of tables, found a table | write [[after]], with two brackets on each side",
        ),
        (
            "after = [{ name = 'x' }]",
            "1:19 `after.name`: it says nothing of what is to be done | add use, run or done, such as use = \"crates\"",
        ),
        ("after = [{ use = 'go' }]", "1:10 `after`: `name` is missing | such as name = \"crates\""),
        (
            "after = [{ name = 'x', use = 'crate' }]",
            "1:30 `after.use`: expected \"crates\", \"npm\", \"pypi\", \"go\" or \"go-install\", found \"crate\" | did you mean \"crates\"?",
        ),
        (
            "after = [{ name = 'crates', use = 'crates' }, { name = 'b', run = 'true', needs = ['crate'] }]",
            "1:83 `after.needs`: there is no step `crate` | did you mean \"crates\"?",
        ),
        (
            "after = [{ name = 'a', run = 'x', needs = ['b'] }, { name = 'b', run = 'x', needs = ['a'] }]",
            "1:43 `after.needs`: a and b wait for each other | take one of the needs away",
        ),
        (
            "after = [{ name = 'a', run = 'x', needs = ['a'] }]",
            "1:43 `after.needs`: a wait for each other | take one of the needs away",
        ),
        (
            "after = [{ name = 'a', run = 'x' }, { name = 'a', run = 'y' }]",
            "1:37 `after`: `a` is listed twice",
        ),
        (
            "after = [{ name = 'a b', run = 'x' }]",
            "1:19 `after.name`: `a b` is not a name; write letters, digits, - and _, at most 40",
        ),
        ("after = [{ name = 'a', run = ' ' }]", "1:30 `after.run`: it is empty"),
        (
            "after = [{ name = 'a', run = 'x', limit = '2d' }]",
            "1:43 `after.limit`: a step runs for a day at most",
        ),
        (
            "after = [{ name = 'a', run = 'x', timeout = '2d' }]",
            "1:35 unknown key `after.timeout` | did you mean `limit`?",
        ),
        (
            "notify = [{ on = ['released'] }]",
            "1:11 `notify`: it does not say how to reach it | add one of run, webhook, webhook-env, slack-env",
        ),
        (
            "notify = [{ run = 'x', slack-env = 'S' }]",
            "1:36 `notify.slack-env`: one target is reached in one way | write a second [[notify]]",
        ),
        (
            "notify = [{ slack = 'https://hooks.slack.com/services/T0/B0/x' }]",
            "1:13 unknown key `notify.slack` | did you mean `slack-env`?",
        ),
        (
            "notify = [{ webhook = 'https://hooks.slack.com/services/T0/B0/x' }]",
            "1:23 `notify.webhook`: the address of a Slack hook is a secret, and this file is public | write slack-env = \"SLACK_HOOK\", the name of a variable that has it",
        ),
        (
            "notify = [{ slack-env = 'https://hooks.slack.com/services/T0/B0/x' }]",
            "1:25 `notify.slack-env`: write the name of a variable, such as SLACK_HOOK, and never what it has",
        ),
        (
            "notify = [{ webhook = 'http://example.org/hook' }]",
            "1:23 `notify.webhook`: only https is used, except to this very machine | a secret address goes into a variable: webhook-env = \"NAME\"",
        ),
        (
            "notify = [{ webhook = 'https://me:pw@example.org/' }]",
            "1:23 `notify.webhook`: an address with a login in it is a secret | a secret address goes into a variable: webhook-env = \"NAME\"",
        ),
        ("notify = [{ run = 'x', secret-env = 'S' }]", "1:37 `notify.secret-env`: only a webhook is signed"),
        (
            "notify = [{ run = 'x', on = ['release'] }]",
            "1:30 `notify.on`: `release` is not one of blocked, failed, released, published | did you mean \"released\"?",
        ),
        ("notify = [{ run = 'x' }, { run = 'y' }]", "1:26 `notify`: `command` is listed twice"),
    ] {
        let mut lines: Vec<&str> = expected.lines().collect();
        let said = said(text);
        let mut found: Vec<&str> = said.lines().collect();
        lines.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, lines, "{text}");
    }
}
