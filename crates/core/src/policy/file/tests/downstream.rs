//! What people write under `[[downstream]]` and `[[check]]`, and what they are told.

use crate::experiment::{At, Ecosystem, Limits, Mode, Must, Run, Tier};
use crate::policy::*;
use crate::types::duration::Seconds;

/// Everything that is wrong with `text`, a mistake a line.
fn said(text: &str) -> Vec<String> {
    let wrong = read(text).err().unwrap_or_else(|| panic!("nothing is wrong with {text}"));
    let lines = wrong.into_iter().map(|mistake| {
        let (line, column) = line_column(text, mistake.span.start);
        let help = mistake.help.map(|help| format!(" | {help}")).unwrap_or_default();
        format!("{line}:{column} {}{help}", mistake.message)
    });
    lines.collect()
}

const FULL: &str = r#"
[gates.downstream]
coverage = 80
sandbox = "none"

[[downstream]]
name = "micro"
repo = "https://example.org/micro.git"
tier = "must"

[[downstream]]
name = "examples"
repo = ["../examples", "ssh://git@example.org/more"]
at = "branch:main"
each = "**/main.go"
ecosystem = "go"
build = false
test = ""
run = { command = "./server", serves = { port = 8080, call = "./ping" } }
services = ["redis-server", { run = "./fake", port = 9000 }]
mode = "locked"
env = { TZ = "UTC" }

[downstream.limits]
time = "5m"
memory = "2 GiB"

[[downstream.override]]
match = "legacy/**"
tier = "should"
run = { exits = "1m" }
limits = { cpus = 1 }
expect-failure = { reason = "needs the old client", until = 2027-01-31 }

[[downstream.override]]
match = "legacy/new"
run = "./new"

[[check]]
name = "integration"
run = "make integration"
limits = { time = "30m" }
"#;

#[test]
fn a_policy_with_all_of_it() {
    let effective = read(FULL).unwrap();
    let policy = &effective.policy;
    let gate = policy.gates.downstream;
    assert_eq!((gate.enforce, gate.coverage, gate.sandbox), (true, 80, Sandbox::None));
    let [micro, examples] = &policy.downstreams[..] else { panic!("{:?}", policy.downstreams) };
    assert_eq!((&micro.at, micro.recipe.tier), (&At::LatestRelease, Some(Tier::Must)));
    assert_eq!(examples.repo, ["../examples", "ssh://git@example.org/more"]);
    assert_eq!((&examples.at, examples.ecosystem), (&At::Branch("main".into()), Some(Ecosystem::Go)));
    assert_eq!((examples.recipe.build.as_deref(), examples.recipe.test.as_deref()), (Some(""), Some("")));
    assert_eq!(examples.recipe.mode, Some(Mode::Locked));
    let limits = Limits { time: Seconds(300), memory: 2048, ..Limits::default() };
    assert_eq!(examples.recipe.limits, Some(limits));
    let Some(Run { must: Must::Serves { port: Some(8080), within: Seconds(30), .. }, .. }) =
        &examples.recipe.run
    else {
        panic!("{:?}", examples.recipe.run)
    };
    assert_eq!(examples.recipe.services[1].port, Some(9000));
    // What an override does not say is as in the declaration.
    let legacy = examples.recipe_of("legacy/old");
    assert_eq!(legacy.limits, Some(Limits { cpus: 1, ..limits }));
    assert_eq!(legacy.run, Some(Run { command: None, must: Must::Exits(Seconds(60)) }));
    assert_eq!(legacy.expect_failure.as_ref().unwrap().until.to_string(), "2027-02-01T00:00:00Z");
    assert_eq!(legacy.services, examples.recipe.services);
    // The last one that matches counts, key by key.
    let new = examples.recipe_of("legacy/new");
    assert_eq!(new.run, Some(Run { command: Some("./new".into()), must: Must::Stays(Seconds(10)) }));
    assert_eq!(new.tier, Some(Tier::Should));
    assert_eq!(examples.recipe_of("greeter"), examples.recipe);
    assert_eq!(policy.lab_checks[0].limits.unwrap().time, Seconds(1800));
    // It is frozen into the record, and read back the same.
    let json = serde_json::to_string(policy).unwrap();
    assert_eq!(&serde_json::from_str::<Policy>(&json).unwrap(), policy);
}

#[test]
fn as_people_read_it() {
    let effective = read(FULL).unwrap();
    let rows = rows(&effective);
    let row = |key: &str| rows.iter().find(|row| row.key == key).map(|row| (row.value.as_str(), row.origin));
    assert_eq!(
        row("downstream[0]"),
        Some((
            r#""micro": "https://example.org/micro.git", at latest-release, must"#,
            Origin::File { line: 6 }
        ))
    );
    assert_eq!(
        row("downstream[1]").unwrap().0,
        "\"examples\": \"../examples\" \"ssh://git@example.org/more\", at branch:main, each \"**/main.go\", go, \
         locked, no build, no test, run \"./server\" serves port 8080 call \"./ping\" within 30s, \
         beside \"redis-server\", beside \"./fake\" at 9000, TZ=\"UTC\", \
         limits 5m 2 GiB 1024 processes 4 GiB on disk 64 MiB printed 2 cpus; \
         for \"legacy/**\" should, run exits 1m, \
         limits 5m 2 GiB 1024 processes 4 GiB on disk 64 MiB printed 1 cpus, \
         expected to fail until 2027-02-01T00:00:00Z: \"needs the old client\"; \
         for \"legacy/new\" run \"./new\" stays 10s"
    );
    assert_eq!(
        row("check[0]").unwrap().0,
        "\"integration\": run \"make integration\", \
         limits 30m 4 GiB 1024 processes 4 GiB on disk 64 MiB printed 2 cpus"
    );
    assert_eq!(row("gates.downstream.sandbox").unwrap().0, "none");
}

#[test]
fn a_policy_without_any_of_it_is_written_as_before() {
    let json = serde_json::to_value(defaults(Preset::Library1)).unwrap();
    assert!(json.get("downstreams").is_none() && json.get("lab-checks").is_none());
    assert!(json["gates"].get("downstream").is_none());
}

#[test]
fn which_commit_and_how_it_runs() {
    let declared = |rest: &str| {
        let text = format!("downstream = [{{ name = 'a', repo = '.', {rest} }}]");
        read(&text).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}")).policy.downstreams.remove(0)
    };
    let id = "0123456789abcdef0123456789abcdef01234567";
    for (text, at) in [
        ("at = 'latest-release'", At::LatestRelease),
        ("at = 'main'", At::Branch("main".into())),
        ("at = 'branch:latest-release'", At::Branch("latest-release".into())),
        (&format!("at = '{id}'"), At::Commit(crate::CommitId::parse(id).unwrap())),
    ] {
        assert_eq!(declared(text).at, at, "{text}");
    }
    for (text, command, must) in [
        ("run = false", Some(""), Must::Stays(Seconds(10))),
        ("run = ' '", Some(""), Must::Stays(Seconds(10))),
        ("run = './a'", Some("./a"), Must::Stays(Seconds(10))),
        ("run = {}", None, Must::Stays(Seconds(10))),
        ("run = { stays = '1m' }", None, Must::Stays(Seconds(60))),
        ("run = { command = './a', exits = '1m' }", Some("./a"), Must::Exits(Seconds(60))),
    ] {
        assert_eq!(declared(text).run(), (command, must), "{text}");
    }
}

impl crate::experiment::Declared {
    fn run(&self) -> (Option<&str>, Must) {
        let run = self.recipe.run.as_ref().unwrap();
        (run.command.as_deref(), run.must.clone())
    }
}

#[test]
fn what_is_wrong_and_where() {
    let one = |rest: &str| format!("downstream = [{{ name = 'a', repo = 'x', {rest} }}]");
    for (text, expected) in [
        (
            "[downstream]\nname = 'x'".to_owned(),
            "1:1 `downstream`: expected a list of tables, found a table | write [[downstream]], with two brackets on each side",
        ),
        (
            "downstream = [{ repo = 'x' }]".into(),
            "1:15 `downstream`: `name` is missing | such as name = \"micro\"",
        ),
        (
            "downstream = [{ name = 'a' }]".into(),
            "1:15 `downstream`: `repo` is missing | such as repo = \"https://example.org/micro.git\"",
        ),
        (
            "downstream = [{ name = 'a', repo = 'x' }, { name = 'a', repo = 'y' }]".into(),
            "1:43 `downstream`: `a` is listed twice",
        ),
        (
            "downstream = [{ name = 'a', repo = 'x', each = '*/go.mod' }, { name = 'a/b', repo = 'y' }]"
                .into(),
            "1:62 `downstream`: `a/b` is what a folder of `a` is called | give it another name",
        ),
        (
            "downstream = [{ name = 'a b', repo = 'x' }]".into(),
            "1:24 `downstream.name`: `a b` is not a name; write letters, digits, -, _, . and /, at most 60",
        ),
        (
            "downstream = [{ name = '0123456789ab', repo = 'x' }]".into(),
            "1:24 `downstream.name`: `0123456789ab` looks like the signature of a failure, by which many are waived at once",
        ),
        (
            "downstream = [{ name = 'a', repo = '--upload-pack=x' }]".into(),
            "1:36 `downstream.repo`: `--upload-pack=x`: git would read it as an option",
        ),
        (
            "downstream = [{ name = 'a', repo = ['x', 'ext::sh -c x'] }]".into(),
            "1:42 `downstream.repo`: `ext::sh -c x`: git would run a command of that name; write an https, ssh or file address",
        ),
        (
            "downstream = [{ name = 'a', repo = \"x\\u001b\" }]".into(),
            "1:36 `downstream.repo`: `x\u{fffd}` is not the address of a repository",
        ),
        (
            "downstream = [{ name = 'a', repo = 'https://me:pw@example.org/x' }]".into(),
            "1:36 `downstream.repo`: an address with a password in it is a secret, and this file is public",
        ),
        ("downstream = [{ name = 'a', repo = [] }]".into(), "1:36 `downstream.repo`: it is empty"),
        (one("branch = 'main'"), "1:41 unknown key `downstream.branch` | did you mean `at`?"),
        (one("timeout = '5m'"), "1:41 unknown key `downstream.timeout` | did you mean `limits`?"),
        (one("tier = 'may'"), "1:48 `downstream.tier`: expected \"must\" or \"should\", found \"may\""),
        (
            one("build = true"),
            "1:49 `downstream.build`: `true` is the default | leave it out, or write false",
        ),
        (
            one("run = { stays = '1m', exits = '2m' }"),
            "1:71 `downstream.run.exits`: a program runs in one way | keep one of stays, exits and serves",
        ),
        (
            one("run = { serves = {} }"),
            "1:58 `downstream.run.serves`: it does not say when it is ready | add port, url or prints, such as port = 8080",
        ),
        (
            one("run = { serves = { url = 'https://example.org/' } }"),
            "1:66 `downstream.run.serves.url`: `https://example.org/` is not an address like http://127.0.0.1:8080/",
        ),
        (
            one("run = { serves = { port = 70000 } }"),
            "1:67 `downstream.run.serves.port`: it must be a whole number from 1 to 65535",
        ),
        (one("run = { stays = '0s' }"), "1:57 `downstream.run.stays`: it must be longer than nothing"),
        (
            one("limits = { memory = '4GB' }"),
            "1:61 `downstream.limits.memory`: `4GB` is not a size; write it as \"512 MiB\" or \"4 GiB\", at most 1024 GiB",
        ),
        (
            one("limits = { memroy = '4 GiB' }"),
            "1:52 unknown key `downstream.limits.memroy` | did you mean `memory`?",
        ),
        (
            one("limits = { cpus = 0 }"),
            "1:59 `downstream.limits.cpus`: it must be a whole number from 1 to 1024",
        ),
        (one("env = { 'A-B' = 'x' }"), "1:57 `downstream.env`: `A-B` is not the name of a variable"),
        (one("env = { ALLCLEAR_X = 'x' }"), "1:62 `downstream.env`: `ALLCLEAR_X` is set by allclear itself"),
        (
            one("expect-failure = { reason = 'r' }"),
            "1:58 `downstream.expect-failure`: `until` is missing | such as until = \"2027-01-31\"",
        ),
        (
            one("override = [{ match = 'b', tier = 'must' }]"),
            "1:52 `downstream.override`: a single downstream cannot have overrides | add each, such as each = \"**/main.go\"",
        ),
        (
            one("each = '*/go.mod', override = [{ tier = 'must' }]"),
            "1:72 `downstream.override`: `match` is missing | such as match = \"legacy/**\"",
        ),
        (
            one("at = 'a..b'"),
            "1:46 `downstream.at`: `a..b` cannot be a branch here: git does not allow `..`, `//`, or a `/` or `.` at the end; write \"latest-release\", a branch, or a full commit id",
        ),
        (
            "gates.downstream.coverage = 101".into(),
            "1:29 `gates.downstream.coverage`: it must be a whole number from 0 to 100",
        ),
        (
            "check = [{ name = 'x' }]".into(),
            "1:10 `check`: `run` is missing | such as run = \"make integration\"",
        ),
        ("check = [{ name = 'x', run = ' ' }]".into(), "1:30 `check.run`: it is empty"),
    ] {
        assert_eq!(said(&text), [expected], "{text}");
    }
}

#[test]
fn it_has_to_fit_into_an_entry() {
    let script = "x".repeat(5000);
    let many: Vec<String> =
        (0..8).map(|n| format!("[[downstream]]\nname = 'a{n}'\nrepo = 'x'\nbuild = '{script}'\n")).collect();
    let said = said(&many.concat());
    assert!(said[0].contains("at most 32768 are allowed"), "{said:?}");
    assert!(read(&many[..6].concat()).is_ok());
}

#[test]
fn other_changes_are_no_relaxation() {
    let policy = |text: &str| read(text).unwrap().policy;
    let relaxed = |old: &str, new: &str| {
        let changes = differences(&policy(old), &policy(new));
        changes.into_iter().any(|change| change.relaxed)
    };
    let must = |rest: &str| format!("downstream = [{{ name = 'a', repo = 'x', tier = 'must'{rest} }}]");
    let should = "downstream = [{ name = 'a', repo = 'x' }]";
    for (old, new) in [
        (should.to_owned(), String::new()),
        (should.to_owned(), "downstream = [{ name = 'a', repo = 'y', test = false }]".to_owned()),
        (must(", test = false"), must(", test = 'make test'")),
        (must(", limits = { time = '20m' }"), must("")),
        (must(""), must("").replace("[{", "[{ name = 'b', repo = 'y' }, {")),
    ] {
        assert!(!relaxed(&old, &new), "{old} -> {new}");
    }
    for (old, new) in [
        // Nobody can tell which command asks for more.
        (must(", test = 'make a'"), must(", test = 'make b'")),
        (must(""), must(", at = 'main'")),
        (must(", each = '*/a'"), must(", each = '*/b'")),
    ] {
        assert!(relaxed(&old, &new) && relaxed(&new, &old), "{old} -> {new}");
    }
}
