//! What people write into policy files, and what they are told.

use crate::policy::file::keys::KEYS;
use crate::policy::*;
use crate::types::duration::Seconds;
use crate::types::version::{Bump, TagFormat};
use jiff::civil;
use proptest::prelude::*;

/// Everything that is wrong with `text`, a mistake a line.
fn said(text: &str) -> String {
    lines(text, &read(text).unwrap_err())
}

/// What may stand at the top of the file.
fn top() -> String {
    let words: std::collections::BTreeSet<&str> =
        crate::policy::file::keys::KEYS.iter().map(|key| key.path.split('.').next().unwrap()).collect();
    crate::types::text::list(&words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>())
}

fn warned(text: &str) -> String {
    lines(text, &read(text).unwrap().warnings)
}

fn lines(text: &str, mistakes: &[Mistake]) -> String {
    let lines = mistakes.iter().map(|mistake| {
        let (line, column) = line_column(text, mistake.span.start);
        let help = mistake.help.as_deref().map(|help| format!(" | {help}")).unwrap_or_default();
        format!("{line}:{column} {}{help}\n", mistake.message)
    });
    lines.collect()
}

fn policy(text: &str) -> Policy {
    read(text).unwrap_or_else(|wrong| panic!("{}", lines(text, &wrong))).policy
}

const FULL: &str = r#"
preset = "service@1"
mode = "observe"
project = { name = "go-micro", time-zone = "europe/london" }

[branches]
stable = "main"
develop = "next"
candidate = "rc/{version}"

[tags]
release = "{version}"

[train]
every = "1 month"
anchor = 2026-11-03T10:00:00+01:00
when-busy = "overlap"

[version]
files = ["lib/Cargo.toml", { path = "cmd/version.go", pattern = 'const Version = "{version}"' }]
default-bump = "patch"

[fixes]
types = ["Fix"]
paths = ["docs/**", "*.md"]
unclassified = "allow"

[candidate]
settle = "1h 30m"

[gates.soak]
for = "5d"
after-fix = "restart"

[gates]
hold.enforce = false

[gates.checks]
required = ["ci", { name = "staging", for = "72h", at-least-every = "2h" }]

[[freeze]]
reason = "end of year"
from = "2026-12-19"
until = 2027-01-03
[[freeze]]
reason = "fair"
from = 2026-07-01 09:00:00
until = "2026-07-01 18:00"
stops = "promotions"

[promotion]
automatic = false
hours = "Sat, Sun 10:30-12"
merge = "ff"
"#;

#[test]
fn a_full_policy() {
    let policy = policy(FULL);
    assert_eq!((policy.preset.as_str(), policy.mode), ("service@1", Mode::Observe));
    assert_eq!((policy.name.as_deref(), policy.time_zone.as_str()), (Some("go-micro"), "Europe/London"));
    assert_eq!(policy.branches.candidate.prefix, "rc/");
    assert_eq!(policy.tags, Some(TagFormat::with_prefix("")));
    let anchor = civil::date(2026, 11, 3).at(9, 0, 0, 0);
    assert_eq!(policy.train, Some(Train { every: Period::Months(1), anchor, when_busy: WhenBusy::Overlap }));
    let files = policy.version.files.unwrap();
    assert_eq!((files[0].path.as_str(), files[0].pattern.as_deref()), ("lib/Cargo.toml", None));
    assert_eq!(files[1].pattern.as_deref(), Some("const Version = \"{version}\""));
    assert_eq!(policy.version.default_bump, Bump::Patch);
    assert_eq!(policy.fixes.types, ["fix"]);
    assert_eq!(policy.fixes.unclassified, Unclassified::Allow);
    assert_eq!(policy.settle, Seconds(5400));
    assert_eq!(policy.gates.soak.length, Seconds(5 * 86_400));
    assert_eq!(policy.gates.soak.after_fix, AfterFix::Restart);
    assert!(!policy.gates.hold.enforce && policy.gates.soak.enforce);
    let beat = Beat { length: Seconds(259_200), at_least_every: Seconds(7200) };
    assert_eq!(policy.gates.checks.required[1], RequiredCheck { name: "staging".into(), beat: Some(beat) });
    let freezes: Vec<String> =
        policy.freezes.iter().map(|f| format!("{} {} {:?}", f.from, f.until, f.stops)).collect();
    assert_eq!(
        freezes,
        [
            "2026-12-19T00:00:00Z 2027-01-04T00:00:00Z Both",
            "2026-07-01T08:00:00Z 2026-07-01T17:00:00Z Promotions",
        ]
    );
    assert!(!policy.promotion.automatic);
    assert_eq!(policy.promotion.merge, MergeMode::Ff);
    assert_eq!(policy.promotion.hours.unwrap().from_minute, 630);
    assert_eq!(warned(FULL), "");
}

#[test]
fn the_frozen_form_reads_back() {
    for policy in [policy(FULL), defaults(Preset::Product1)] {
        let frozen = serde_json::to_string(&policy).unwrap();
        assert_eq!(serde_json::from_str::<Policy>(&frozen).unwrap(), policy);
    }
}

#[test]
fn all_mistakes_at_once() {
    let text = r#"preset = "libary@1"
mode = "obsreve"
colour = 1
[project]
time_zone = "UTC"
time-zone = "London"
[branches]
stable = "-x"
candidate = "release"
[gates.soak]
for = "7 parsecs"
enforce = "yes"
[gates.soka]
for = "1d"
[promotion]
hours = "Mon-Thu 16-9"
merge = 3
"#;
    assert_eq!(
        said(text),
        r#"1:10 `preset`: expected "library@1", "product@1" or "service@1", found "libary@1" | did you mean "library@1"?
2:8 `mode`: expected "observe" or "run", found "obsreve" | did you mean "observe"?
3:1 unknown key `colour` | at the top of the file stand TOP
5:1 unknown key `project.time_zone` | did you mean `time-zone`?
6:13 `project.time-zone`: `London` is not an IANA time zone | did you mean "Europe/London"?
8:10 `branches.stable`: `-x` cannot be a branch here: it must begin with a letter or a digit
9:13 `branches.candidate`: `release` must have {version} in it exactly once
11:7 `gates.soak.for`: `7 parsecs` is not a length of time; write it as `7d`, `36h`, `30m`, `1s` or `1w 2d`
12:11 `gates.soak.enforce`: expected true or false, without quotes, found text | such as enforce = true
13:8 unknown key `gates.soka` | did you mean `soak`?
16:9 `promotion.hours`: `16-9` ends before it begins; hours cannot run past midnight
17:9 `promotion.merge`: expected "merge" or "ff", found a number | such as merge = "merge"
"#
        .replace("TOP", &top())
    );
}

#[test]
fn each_mistake_is_told_apart() {
    for (text, expected) in [
        (
            "gates = 3",
            "1:9 `gates` must be a table; this is a number | write [gates] on a line of its own, and its keys below",
        ),
        ("soak = '7d'", "1:1 unknown key `soak` | did you mean the gate `gates.soak`?"),
        ("anchor = 1", "1:1 unknown key `anchor` | did you mean `train.anchor`?"),
        ("[gates.soak]\nlength = '7d'", "2:1 unknown key `gates.soak.length` | did you mean `for`?"),
        (
            "project.name = \"a\\nb\"",
            "1:16 `project.name`: it has invisible characters in it, such as a line break",
        ),
        ("project.name = ' '", "1:16 `project.name`: it is empty"),
        (
            "branches.develop = 'master'",
            "1:20 `branches.develop`: `master` and `master` must be two branches that can stand beside each other",
        ),
        (
            "branches.stable = 'develop'",
            "1:19 `branches.stable`: `develop` and `develop` must be two branches that can stand beside each other",
        ),
        (
            "branches.develop = 'release-1.2.3'",
            "1:20 `branches.develop`: `release-1.2.3` and candidates like `release-{version}` cannot stand beside each other",
        ),
        (
            "branches.candidate = 'v{version}x'",
            "1:22 `branches.candidate`: `v{version}x` must end with {version}",
        ),
        (
            "tags.candidate = 'v{version}.{n}'",
            "1:18 `tags.candidate`: `v{version}.{n}` could be taken for a release; between {version} and {n} stands something like -rc. or rc",
        ),
        (
            "train.every = 'fortnight'",
            "1:15 `train.every`: `fortnight` is not an interval between cuts; write it as \"2 weeks\", \"14d\", \"1 month\" or \"never\"",
        ),
        (
            "train.anchor = 10:00:00",
            "1:16 `train.anchor`: `10:00:00` is not a date; write it as 2026-11-03 or \"2026-11-03 10:00\"",
        ),
        (
            "train.anchor = 3",
            "1:16 `train.anchor`: expected a date, found a number | such as anchor = \"2026-11-03 10:00\"",
        ),
        (
            "version.files = ['../Cargo.toml']",
            "1:18 `version.files`: `../Cargo.toml`: no part of a path may be empty, `.`, `..` or `.git`",
        ),
        ("version.files = ['a\\b']", "1:18 `version.files`: `a\\b`: write paths with / between folders"),
        (
            "version.files = ['x.go']",
            "1:18 `version.files`: allclear does not know where `x.go` has its version | write { path = \"x.go\", pattern = 'const Version = \"{version}\"' }; only Cargo.toml, package.json and pyproject.toml need no pattern",
        ),
        (
            "version.files = [{ path = 'x', pattern = 'v' }]",
            "1:42 `version.files.pattern`: `v` must have {version} in it exactly once",
        ),
        (
            "version.files = ['Cargo.toml', 'Cargo.toml']",
            "1:32 `version.files`: `Cargo.toml` is listed twice",
        ),
        (
            "fixes.types = ['fix:']",
            "1:16 `fixes.types`: `fix:` is not a commit type; write the word before the colon, such as fix",
        ),
        (
            "fixes.paths = ['/docs']",
            "1:16 `fixes.paths`: `/docs` can match nothing; globs begin at the root of the repository, such as docs/**",
        ),
        (
            "fixes.paths = ['a[']",
            "1:16 `fixes.paths`: `a[` is not a glob: unclosed character class; missing ']'",
        ),
        (
            "gates.soak.after-fix = 'restrat'",
            "1:24 `gates.soak.after-fix`: `restrat` is not a length of time | did you mean \"restart\"?",
        ),
        ("gates.checks.required = ['ci', 'ci']", "1:32 `gates.checks.required`: `ci` is listed twice"),
        (
            "gates.checks.required = [{}]",
            "1:26 `gates.checks.required`: `name` is missing | such as name = \"ci\"",
        ),
        (
            "gates.checks.required = [{ name = 'a', for = '1h' }]",
            "1:46 `gates.checks.required.for`: a check that must keep passing says how often | add at-least-every, such as at-least-every = \"2h\"",
        ),
        (
            "gates.checks.required = [{ name = 'a', for = '1h', at-least-every = '2h' }]",
            "1:69 `gates.checks.required.at-least-every`: it must not be longer than `for`",
        ),
        (
            "[freeze]\nreason = 'x'",
            "1:1 `freeze`: expected a list of tables, found a table | write [[freeze]], with two brackets on each side",
        ),
        ("freeze = ['x']", "1:11 `freeze`: expected a table, found text"),
        (
            "freeze = [{ reason = 'x', from = '2026-07-02', until = '2026-07-01' }]",
            "1:56 `freeze.until`: the freeze ends before it begins | let `until` come after `from`",
        ),
        (
            "promotion.hours = 'Mo 9-16'",
            "1:19 `promotion.hours`: `mo` is not a day of the week; write Mon, Tue, Wed, Thu, Fri, Sat or Sun",
        ),
        ("mode = \"run\"\nmode = \"run\"", "2:1 not TOML: duplicate key"),
        ("mode = \"run", "1:12 not TOML: invalid basic string, expected `\"`"),
    ] {
        assert_eq!(said(text).trim_end(), expected, "{text}");
    }
}

#[test]
fn a_freeze_tells_all_that_is_missing() {
    let text = "[[freeze]]\nwhat = 'cuts'\nuntil = 'soon'\n";
    assert_eq!(
        said(text),
        "1:1 `freeze`: `reason` is missing | such as reason = \"end of year\"\n\
         1:1 `freeze`: `from` is missing | such as from = \"2026-12-19\"\n\
         2:1 unknown key `freeze.what` | did you mean `stops`?\n\
         3:9 `freeze.until`: `soon` is not a date; write it as 2026-11-03 or \"2026-11-03 10:00\"\n"
    );
}

#[test]
fn a_broken_line_hides_no_other_and_invents_none() {
    assert_eq!(
        said("colour = 1\nmode = \n[gates.soka]\n"),
        "1:1 unknown key `colour` | at the top of the file stand TOP\n\
         2:8 not TOML: string values must be quoted, expected literal string\n\
         3:8 unknown key `gates.soka` | did you mean `soak`?\n"
            .replace("TOP", &top())
    );
    assert_eq!(said("[gates.soak\nfor = '7d'\n"), "1:12 not TOML: unclosed table, expected `]`\n");
}

#[test]
fn odd_but_allowed() {
    assert_eq!(
        warned("gates.soak.for = '2h'\ngates.soak.after-fix = '1h'"),
        "1:18 `gates.soak.for`: a soak of less than a day hears of little | 7d is the usual length; people need days to try a candidate\n"
    );
    assert_eq!(
        warned("gates.soak.for = '2d'"),
        "1:18 `gates.soak.for`: the soak after a fix (3d) is longer than the whole soak (2d) | shorten it, or lengthen gates.soak.for\n"
    );
    assert_eq!(
        warned("train.every = '1 month'"),
        "1:15 `train.every`: no train runs without an anchor | add train.anchor, such as anchor = \"2026-11-03 10:00\", or write every = \"never\"\n"
    );
    assert_eq!(warned("train.every = 'never'"), "");
    assert!(warned("fixes.types = ['feat']").starts_with("1:15 `fixes.types`: features are not fixes"));
}

#[test]
fn trains_need_an_anchor_and_a_distance() {
    let train = |text: &str| policy(text).train;
    assert_eq!(train(""), None);
    assert_eq!(train("train.every = 'never'\ntrain.anchor = 2026-11-03"), None);
    let midnight = civil::date(2026, 11, 3).at(0, 0, 0, 0);
    let every = Period::Days(14);
    assert_eq!(
        train("train.anchor = 2026-11-03"),
        Some(Train { every, anchor: midnight, when_busy: WhenBusy::Wait })
    );
}

#[test]
fn hostile_texts_are_refused_in_good_time() {
    assert!(said(&"#".repeat(LARGEST + 1)).contains("a policy has at most 1048576"));
    assert!(read(&"#".repeat(LARGEST)).is_ok());
    let half = LARGEST / 2;
    for hostile in [
        "[".repeat(LARGEST),
        format!("x = {}", "[".repeat(half)),
        format!("x = {}", "{a=".repeat(LARGEST / 4)),
        format!("{}b = 1", "a.".repeat(half - 10)),
        format!("[{}b]", "a.".repeat(half - 10)),
        format!("mode = '{}'", "x".repeat(half)),
        format!("{} = 1", "x".repeat(half)),
        format!("project.time-zone = '{}'", "x/".repeat(half - 20)),
        format!("gates.soak.for = '{}'", "1d".repeat(half - 20)),
        "\u{feff}\u{0}".into(),
    ] {
        let mistakes = read(&hostile).unwrap_err();
        assert!(mistakes.iter().all(|mistake| mistake.message.len() < 1000));
    }
    let many: Vec<String> = (0..20_000).map(|i| format!("k{i} = {i}\n")).collect();
    let mistakes = read(&many.concat()).unwrap_err();
    assert_eq!((mistakes.len(), mistakes[100].message.as_str()), (101, "and 19900 more"));
    let broken = "=\n".repeat(20_000);
    assert_eq!(read(&broken).unwrap_err().len(), 101);
}

fn words() -> impl Strategy<Value = String> {
    let keys: Vec<String> = KEYS.iter().map(|key| key.path.to_owned()).collect();
    let examples: Vec<String> = KEYS.iter().map(|key| key.example.to_owned()).collect();
    let headers: Vec<String> =
        ["[gates.soak]\n", "[[freeze]]\n", "[", "{", "}", "'", "\"\"\"", "\n", " = ", ","]
            .map(str::to_owned)
            .to_vec();
    let piece = prop_oneof![
        prop::sample::select(keys),
        prop::sample::select(examples),
        prop::sample::select(headers),
        any::<String>()
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_in_its_own_bounds(text in prop_oneof![any::<String>(), words()]) {
        match read(&text) {
            Ok(effective) => prop_assert_eq!(rows(&effective).is_empty(), false),
            Err(mistakes) => {
                prop_assert!(!mistakes.is_empty());
                for mistake in mistakes {
                    prop_assert!(mistake.span.start <= mistake.span.end && mistake.span.end <= text.len());
                    prop_assert_eq!(mistake.message.find(char::is_control), None);
                    line_column(&text, mistake.span.start);
                }
            }
        }
    }

    #[test]
    fn any_value_under_any_key(i in 0..KEYS.len(), value in any::<String>(), example in 0..KEYS.len()) {
        let quoted = format!("{} = {}", KEYS[i].path, serde_json::Value::String(value));
        let _ = read(&quoted);
        let _ = read(&format!("{} = {}", KEYS[i].path, KEYS[example].example));
    }
}
