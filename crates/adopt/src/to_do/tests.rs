//! What people really have in their repositories, and what somebody might put there.

use super::pattern::Language;
use super::*;
use allclear_core::CommitId;
use allclear_core::policy::Mode;
use allclear_core::types::ref_name::RefName;

fn usual() -> Branches {
    names(&Refs::default())
}

fn named(stable: &str, develop: &str, prefix: &str) -> Branches {
    let branch = |name| Branch::parse(name).unwrap();
    Branches {
        stable: branch(stable),
        develop: branch(develop),
        candidate: CandidateFormat { prefix: prefix.into() },
    }
}

const WORKFLOW: &str = ".github/workflows/ci.yml";

/// A CI file, the lines of its gaps, and what the patch makes of it.
struct Case {
    path: &'static str,
    text: &'static str,
    gaps: &'static [usize],
    patched: Option<&'static str>,
}

const CASES: &[Case] = &[
    Case {
        path: WORKFLOW,
        text: "name: CI\non:\n  pull_request:\n  push:\n    branches:\n    - master # hot\n  schedule:\n  - cron: '0 1 * * *'\n",
        gaps: &[6],
        patched: Some(
            "name: CI\non:\n  pull_request:\n  push:\n    branches:\n    - master # hot\n    - develop\n    - \"release-**\"\n  schedule:\n  - cron: '0 1 * * *'\n",
        ),
    },
    Case {
        path: WORKFLOW,
        text: "on:\n  push:\n    branches: [ 'master', 'v1' ]\n  pull_request:\n    branches: [ master, develop ] # both\n",
        gaps: &[3, 5],
        patched: Some(
            "on:\n  push:\n    branches: [ 'master', 'v1', 'develop', 'release-**' ]\n  pull_request:\n    branches: [ master, develop, \"release-**\" ] # both\n",
        ),
    },
    Case {
        path: WORKFLOW,
        text: "on: { push: { branches: master }, pull_request: { branches: [master] } }",
        gaps: &[1, 1],
        patched: Some(
            "on: { push: { branches: [master, develop, \"release-**\"] }, pull_request: { branches: [master, develop, \"release-**\"] } }",
        ),
    },
    Case {
        path: WORKFLOW,
        text: "on:\r\n  push:\r\n    branches:\r\n      - \"master\"\r\n",
        gaps: &[4],
        patched: Some(
            "on:\r\n  push:\r\n    branches:\r\n      - \"master\"\r\n      - \"develop\"\r\n      - \"release-**\"\r\n",
        ),
    },
    Case {
        path: WORKFLOW,
        text: "# café ☕\n\"on\":\n  push:\n    branches:\n      - \"master\"",
        gaps: &[5],
        patched: Some(
            "# café ☕\n\"on\":\n  push:\n    branches:\n      - \"master\"\n      - \"develop\"\n      - \"release-**\"",
        ),
    },
    Case {
        path: WORKFLOW,
        text: "on:\n  push:\n    branches: &b\n      - master\n  pull_request:\n    branches: *b\n",
        gaps: &[4, 4],
        patched: Some(
            "on:\n  push:\n    branches: &b\n      - master\n      - develop\n      - \"release-**\"\n  pull_request:\n    branches: *b\n",
        ),
    },
    Case {
        path: WORKFLOW,
        text: "on:\n  push:\n    branches:\n      [\n        master,\n        main\n      ]\n",
        gaps: &[5],
        patched: Some(
            "on:\n  push:\n    branches:\n      [\n        master,\n        main, develop, \"release-**\"\n      ]\n",
        ),
    },
    // What names all that allclear makes, in whatever way, is left alone.
    Case { path: WORKFLOW, text: "on: [push, pull_request]\n", gaps: &[], patched: None },
    Case { path: WORKFLOW, text: "on: push\n", gaps: &[], patched: None },
    Case { path: WORKFLOW, text: "on:\n  push:\n  pull_request:\n", gaps: &[], patched: None },
    Case { path: WORKFLOW, text: "on:\n  push:\n    branches: ['**']\n", gaps: &[], patched: None },
    Case { path: WORKFLOW, text: "on:\n  push:\n    branches: ['*']\n", gaps: &[], patched: None },
    Case { path: WORKFLOW, text: "on:\n  push:\n    branches: [gh-pages]\n", gaps: &[], patched: None },
    Case { path: WORKFLOW, text: "on:\n  push:\n    tags: ['v*']\n", gaps: &[], patched: None },
    Case {
        path: WORKFLOW,
        text: "on:\n  push:\n    branches: [master, develop, 'release-*']\n",
        gaps: &[],
        patched: None,
    },
    Case {
        path: WORKFLOW,
        text: "on:\n  push:\n    branches-ignore: ['dependabot/**']\n",
        gaps: &[],
        patched: None,
    },
    Case { path: WORKFLOW, text: "", gaps: &[], patched: None },
    Case { path: WORKFLOW, text: "- on\n- push\n", gaps: &[], patched: None },
    // A glob of another form does not mean a candidate's branch.
    Case {
        path: WORKFLOW,
        text: "on:\n  push:\n    branches: [master, develop, release/**]\n",
        gaps: &[3],
        patched: Some("on:\n  push:\n    branches: [master, develop, release/**, \"release-**\"]\n"),
    },
    // What keeps branches out is for a person to change.
    Case {
        path: WORKFLOW,
        text: "on:\n  push:\n    branches-ignore:\n      - 'release-*'\n",
        gaps: &[4],
        patched: None,
    },
    Case {
        path: ".gitlab-ci.yml",
        text: "test:\n  script: make\n  only:\n    - master\n    - merge_requests\nlint:\n  only:\n    refs: [master]\nall:\n  only: [branches]\nopen:\n  script: make\n",
        gaps: &[4, 8],
        patched: Some(
            "test:\n  script: make\n  only:\n    - master\n    - merge_requests\n    - develop\n    - \"/^release-.*/\"\nlint:\n  only:\n    refs: [master, develop, \"/^release-.*/\"]\nall:\n  only: [branches]\nopen:\n  script: make\n",
        ),
    },
    Case {
        path: ".gitlab-ci.yml",
        text: "test:\n  rules:\n    - if: '$CI_COMMIT_BRANCH == \"master\"'\n    - if: $CI_PIPELINE_SOURCE == \"merge_request_event\"\nother:\n  rules:\n    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH\nfine:\n  rules:\n    - if: $CI_COMMIT_BRANCH =~ /^(master|develop|release-.*)$/\nany:\n  rules:\n    - if: $CI_COMMIT_BRANCH\n",
        gaps: &[3, 7],
        patched: Some(
            "test:\n  rules:\n    - if: '$CI_COMMIT_BRANCH == \"master\" || $CI_COMMIT_BRANCH == \"develop\" || $CI_COMMIT_BRANCH =~ /^release-/'\n    - if: $CI_PIPELINE_SOURCE == \"merge_request_event\"\nother:\n  rules:\n    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH || $CI_COMMIT_BRANCH == \"develop\" || $CI_COMMIT_BRANCH =~ /^release-/\nfine:\n  rules:\n    - if: $CI_COMMIT_BRANCH =~ /^(master|develop|release-.*)$/\nany:\n  rules:\n    - if: $CI_COMMIT_BRANCH\n",
        ),
    },
    // A condition of several parts is not rewritten.
    Case {
        path: ".gitlab-ci.yml",
        text: "test:\n  rules:\n    - if: $CI_COMMIT_BRANCH == \"master\" && $X\n",
        gaps: &[3],
        patched: None,
    },
    Case {
        path: ".circleci/config.yml",
        text: "version: 2.1\nworkflows:\n  version: 2\n  build:\n    jobs:\n      - lint\n      - test:\n          filters:\n            branches:\n              only: master\n      - e2e:\n          filters: {branches: {only: [master, /release-.*/]}}\n",
        gaps: &[10, 12],
        patched: Some(
            "version: 2.1\nworkflows:\n  version: 2\n  build:\n    jobs:\n      - lint\n      - test:\n          filters:\n            branches:\n              only: [master, develop, \"/^release-.*/\"]\n      - e2e:\n          filters: {branches: {only: [master, /release-.*/, develop]}}\n",
        ),
    },
    Case {
        path: "azure-pipelines.yml",
        text: "trigger:\n- master\npr:\n  branches:\n    include:\n    - refs/heads/master\n    - develop\n    exclude: [docs/*]\n",
        gaps: &[2, 6],
        patched: Some(
            "trigger:\n- master\n- develop\n- \"release-*\"\npr:\n  branches:\n    include:\n    - refs/heads/master\n    - develop\n    - \"release-*\"\n    exclude: [docs/*]\n",
        ),
    },
    Case { path: "azure-pipelines.yml", text: "trigger: none\npr:\n- '*'\n", gaps: &[], patched: None },
    Case {
        path: ".travis.yml",
        text: "language: go\nbranches:\n  only:\n    - master\n    - /^v\\d+/\n",
        gaps: &[4],
        patched: Some(
            "language: go\nbranches:\n  only:\n    - master\n    - /^v\\d+/\n    - develop\n    - \"/^release-.*/\"\n",
        ),
    },
    Case {
        path: "Jenkinsfile",
        text: "pipeline {\n  when {\n    branch 'master'\n  }\n}\n",
        gaps: &[3],
        patched: None,
    },
    Case {
        path: "Jenkinsfile",
        text: "pipeline {\n  when { anyOf { branch 'master'; branch 'develop' } }\n}\n",
        gaps: &[],
        patched: None,
    },
];

#[test]
fn ci_files_as_people_write_them() {
    for case in CASES {
        let read = ci::read(case.path, case.text, &usual(), Some("master"))
            .unwrap_or_else(|why| panic!("{}: {why}", case.text));
        let lines: Vec<usize> = read.gaps.iter().map(|g| g.line).collect();
        assert_eq!(lines, case.gaps, "{}", case.text);
        assert_eq!(read.patched.as_deref(), case.patched, "{}", case.text);
        if let Some(patched) = &read.patched {
            let again = ci::read(case.path, patched, &usual(), Some("master")).unwrap();
            assert_eq!((again.gaps.len(), again.patched), (0, None), "{patched}");
        }
    }
}

#[test]
fn the_names_are_those_of_the_policy() {
    let names = named("main", "next", "rel/v");
    let text = "on:\n  push:\n    branches: [main]\n";
    let read = ci::read(WORKFLOW, text, &names, None).unwrap();
    assert_eq!(read.patched.unwrap(), "on:\n  push:\n    branches: [main, next, \"rel/v**\"]\n");
    assert_eq!(read.gaps[0].what, "on.push.branches has main and lacks next and rel/v**");
    let gitlab = "t:\n  only: [main]\nu:\n  rules:\n    - if: \"$CI_COMMIT_BRANCH == 'main'\"\n";
    let read = ci::read(".gitlab-ci.yml", gitlab, &names, None).unwrap();
    // A `\/` between double quotes would be read as `/`, so that place is left to a person.
    let patched =
        "t:\n  only: [main, next, '/^rel\\/v.*/']\nu:\n  rules:\n    - if: \"$CI_COMMIT_BRANCH == 'main'\"\n";
    assert_eq!((read.gaps.len(), read.patched.as_deref()), (2, Some(patched)));
    assert!(ci::read(WORKFLOW, "on: {push: {branches: [master]}}", &names, None).unwrap().gaps.is_empty());
    // `no` and `1.0` mean something else to YAML.
    for (develop, written) in [("no", "\"no\""), ("1.0", "\"1.0\"")] {
        let read = ci::read(WORKFLOW, text, &named("main", develop, "release-"), None).unwrap();
        assert!(read.patched.unwrap().contains(&format!("[main, {written},")));
    }
}

#[test]
fn what_publishes_is_left_alone_and_said() {
    let push = "on: {push: {branches: [master]}}\n";
    for (path, text) in [
        (".github/workflows/deploy.yml", push.to_owned()),
        (".github/workflows/gh-pages.yaml", push.to_owned()),
        (
            // As go-micro had it in 2020.
            ".github/workflows/docker.yml",
            "name: Docker\n\non:\n  push:\n    branches:\n    - master\n    tags:\n    - v2.*\n".to_owned(),
        ),
        (".github/workflows/image.yml", format!("{push}jobs: {{a: {{steps: [{{run: docker push x}}]}}}}\n")),
        (".github/workflows/site.yml", format!("name: Publish the site\n{push}")),
        (".gitlab-ci.yml", "up:\n  stage: deploy\n  only: [master]\n".to_owned()),
        (".gitlab-ci.yml", "up:\n  environment: prod\n  only: [master]\n".to_owned()),
    ] {
        let read = ci::read(path, &text, &usual(), None).unwrap();
        assert!(read.gaps[0].publishes && read.patched.is_none(), "{path} {text}");
        let files = [File { path: path.into(), text: Ok(text) }];
        let items = todo(&seen(&usual(), &files));
        let item = find(&items, "ci-branches");
        assert!(item.done && item.detail[0].contains("right for a job that publishes"), "{item:?}");
    }
}

#[test]
fn what_tests_and_publishes_is_patched_with_a_word_of_warning() {
    let text = "on:\n  pull_request:\n  push:\n    branches: [master]\njobs:\n  a:\n    steps:\n    - uses: docker/build-push-action@v6\n";
    let read = ci::read(WORKFLOW, text, &usual(), None).unwrap();
    assert!(!read.gaps[0].publishes && read.patched.is_some());
    assert!(read.gaps[0].what.ends_with("(it publishes too)"), "{}", read.gaps[0].what);
}

#[test]
fn hostile_files_are_said_to_be_unreadable() {
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
    for n in 1..60 {
        let (this, last) = (char::from(b'a' + n % 26), char::from(b'a' + (n - 1) % 26));
        bomb.push_str(&format!("{this}{n}: &{this} [{}]\n", vec![format!("*{last}"); 9].join(", ")));
    }
    bomb.push_str("on: {push: {branches: *h}}\n");
    // Nothing is unfolded: it is read in no time, and says nothing about branches.
    assert!(ci::read(WORKFLOW, &bomb, &usual(), None).unwrap().gaps.is_empty());
    let table = [
        ("on: {push: {branches: [master]}}\n".repeat(2), "`on` is there twice"),
        ("on:\n\tpush:\n\t\tbranches: [master]\n".into(), "line 2"),
        ("x".repeat(5 << 20), "larger than 512 KiB"),
        (format!("on: {}", "[".repeat(100_000)), "line 1"),
        (format!("on: {}", "{a: ".repeat(100_000)), "line 1"),
        ("on: *nobody\n".into(), "line 1"),
        ("on: [".into(), "line"),
        ("on: \"\u{0}".into(), "line"),
    ];
    for (text, expected) in table {
        let why = ci::read(WORKFLOW, &text, &usual(), None).unwrap_err();
        assert!(why.contains(expected), "{why}");
        assert!(bots::dependabot(&text, "develop", None).is_err());
    }
    let patterns: String = (0..5_000).map(|n| format!("/{n}.*/, ")).collect();
    let jobs: String = (0..20_000).map(|n| format!("j{n}: *j\n")).collect();
    let tangled = format!("j: &j {{only: [{patterns}master]}}\n{jobs}");
    let why = ci::read(".gitlab-ci.yml", &tangled, &usual(), None).unwrap_err();
    assert!(why.contains("tangled"), "{why}");
    let mut merged = String::from("j0: &j0 {script: make}\n");
    for n in 1..20 {
        let parts = vec![format!("*j{}", n - 1); 9].join(", ");
        merged.push_str(&format!("j{n}: &j{n} {{<<: [{parts}]}}\n"));
    }
    let why = ci::read(".gitlab-ci.yml", &merged, &usual(), None).unwrap_err();
    assert!(why.contains("tangled"), "{why}");
    for text in [
        "- ".repeat(100_000),
        "? ".repeat(50_000),
        "a: &a {<<: *a, on: *a}\n".to_owned(),
        "<<: &a {<<: &b {<<: *a}}\non: {<<: [*a, *b, *a]}\n".to_owned(),
        "on: &o\n  push: *o\n  branches: *o\n".to_owned(),
        "\u{feff}on: {push: {branches: [master]}}\n".to_owned(),
        "%YAML 9.9\n---\n!!binary on: |\n  x\n".to_owned(),
    ] {
        let _any = ci::read(WORKFLOW, &text, &usual(), None);
        let _any = ci::read(".gitlab-ci.yml", &text, &usual(), None);
    }
}

#[test]
fn no_cut_or_changed_file_is_too_much() {
    for case in CASES {
        for (at, c) in case.text.char_indices().step_by(2) {
            let (head, tail) = (&case.text[..at], &case.text[at + c.len_utf8()..]);
            let put = ["", "*", "\t", "&é ", "\"", "[", "\n", "{"][at / 2 % 8];
            for text in [head.to_owned(), format!("{head}{put}{tail}")] {
                if let Ok(read) = ci::read(case.path, &text, &usual(), Some("master"))
                    && let Some(patched) = read.patched
                {
                    let left = ci::read(case.path, &patched, &usual(), Some("master")).unwrap();
                    assert!(left.gaps.len() < read.gaps.len(), "{text}\nwas patched to\n{patched}");
                }
                let _any = bots::dependabot(&text, "develop", None);
                let _any = bots::renovate(&text, "develop", None);
            }
        }
    }
}

fn seen<'a>(names: &'a Branches, files: &'a [File]) -> Seen<'a> {
    Seen {
        names,
        server: Server::Path("/srv/lib.git".into()),
        policy: PolicyState::Absent,
        standing: Standing::NoDevelop,
        default: Some("master"),
        files,
        recorded: Recorded::default(),
    }
}

#[track_caller]
fn find<'a>(items: &'a [Todo], key: &str) -> &'a Todo {
    items.iter().find(|t| t.key == key).unwrap_or_else(|| panic!("no {key}"))
}

#[test]
fn the_list_shrinks_to_nothing() {
    let names = usual();
    let open = |seen: &Seen| -> Vec<&'static str> {
        let items = todo(seen);
        assert!(
            items.iter().all(|t| t.done || !t.remedy.is_empty()),
            "an item without a way out: {items:#?}"
        );
        items.iter().filter(|t| !t.done).map(|t| t.key).collect()
    };
    let file = |path: &str, text: &str| File { path: path.into(), text: Ok(text.into()) };
    let before = [
        file(".github/dependabot.yml", "updates:\n  - package-ecosystem: gomod\n"),
        file(WORKFLOW, "on: {push: {branches: [master]}}\n"),
        file("renovate.json", "{}"),
    ];
    let mut now = seen(&names, &before);
    assert_eq!(
        open(&now),
        [
            "policy",
            "develop-contains-stable",
            "default-branch",
            "ci-branches",
            "dependabot",
            "renovate",
            "push-rights",
            "scheduler",
            "observe"
        ]
    );
    assert_eq!(patches(&now).len(), 2);
    now.default = Some("develop");
    assert_eq!(patches(&now).len(), 1, "bots follow the default branch");
    now.standing = Standing::Contains;
    now.policy = PolicyState::Read { preset: "library@1", mode: Mode::Observe };
    assert_eq!(open(&now), ["ci-branches", "push-rights", "scheduler", "observe"]);
    let after = [
        file(WORKFLOW, &patches(&now)[0].after),
        file(scheduler::GITHUB_FILE, &scheduler::github(&names, "1.2.3")),
    ];
    now.files = &after;
    assert_eq!(open(&now), ["push-rights", "observe"]);
    now.policy = PolicyState::Read { preset: "library@1", mode: Mode::Run };
    now.recorded.begun = true;
    assert_eq!(open(&now), [] as [&str; 0]);
    // On a forge, only a release shows that the branch rules let it pass.
    now.server = Server::of("https://github.com/o/r");
    assert_eq!(open(&now), ["push-rights"]);
    now.recorded.refused = Some("GH006: Protected branch\u{1b}[2J".into());
    let item = find(&todo(&now), "push-rights").clone();
    assert!(!item.done && !item.detail[0].contains('\u{1b}'), "{item:?}");
    now.recorded = Recorded { begun: true, released: true, ..Recorded::default() };
    assert_eq!(open(&now), [] as [&str; 0]);
}

#[test]
fn what_cannot_be_read_keeps_its_item_open() {
    let names = usual();
    let files = [
        File { path: WORKFLOW.into(), text: Err("it is a link") },
        File { path: ".github/dependabot.yml".into(), text: Err("it is not UTF-8") },
        File { path: "renovate.json".into(), text: Err("it is not UTF-8") },
        File { path: ".travis.yml".into(), text: Ok("a: [".into()) },
    ];
    let items = todo(&seen(&names, &files));
    assert_eq!(find(&items, "ci-branches").detail.len(), 2);
    for key in ["ci-branches", "dependabot", "renovate"] {
        let item = find(&items, key);
        assert!(!item.done && item.detail[0].contains("cannot be read"), "{item:?}");
    }
}

#[test]
fn nothing_that_steers_a_terminal_is_offered_as_a_patch() {
    let names = usual();
    for hidden in ["\u{1b}[2J", "\u{202e}", "\r", "\u{200b}"] {
        let text = format!("# {hidden}x\non: {{push: {{branches: [master]}}}}\n");
        let files = [File { path: WORKFLOW.into(), text: Ok(text) }];
        let seen = seen(&names, &files);
        assert!(patches(&seen).is_empty(), "{hidden:?}");
        let item = find(&todo(&seen), "ci-branches").clone();
        assert!(!item.done && item.remedy[0].contains("by hand"), "{item:?}");
    }
}

#[test]
fn the_schedulers_are_seen_for_what_they_are() {
    let names = named("main", "next", "rel-");
    let github = scheduler::github(&names, "1.2.3");
    let gitlab = scheduler::gitlab(&names, "1.2.3");
    for text in [&github, &gitlab] {
        yaml::Yaml::parse(text).unwrap();
        assert!(scheduler::ticks(text) && !text.contains("develop") && !text.contains("master"), "{text}");
    }
    let read = ci::read(scheduler::GITHUB_FILE, &github, &names, None).unwrap();
    assert!(read.gaps.is_empty());
    let tree = yaml::Yaml::parse(&github).unwrap();
    let branches = tree.path(tree.root().unwrap(), &["on", "push", "branches"]).unwrap();
    assert_eq!(tree.texts(branches), ["next", "rel-**"]);
    assert!(Language::GitHub.lacking(&tree.texts(branches), &names).is_empty());
    for (text, ticks) in [
        ("run: allclear tick", true),
        ("run: /usr/bin/allclear -C . tick --json", true),
        ("# run: allclear tick", false),
        ("run: allclear status", false),
        ("uses: o/allclear-tick@v1", false),
        ("name: allclear\nrun: tick", false),
    ] {
        assert_eq!(scheduler::ticks(text), ticks, "{text}");
    }
    let main = |text: &str| File { path: ".gitlab-ci.yml".into(), text: Ok(text.into()) };
    let part = File { path: scheduler::GITLAB_FILE.into(), text: Ok(gitlab) };
    for (text, done) in [("a: {}\n", false), ("include: [{ local: .gitlab/allclear.yml }]\n", true)] {
        let files = [main(text), part.clone()];
        assert_eq!(find(&todo(&seen(&names, &files)), "scheduler").done, done, "{text}");
    }
    assert_eq!(
        scheduler::cron("/opt/my tools/allclear", "/srv/50%/it's"),
        "7-59/15 * * * * CI=true '/opt/my tools/allclear' -C \"/srv/50\\%/it's\" tick >/dev/null"
    );
}

#[test]
fn branches_are_found_by_their_usual_names() {
    let mut refs = Refs::default();
    let commit = CommitId::parse(&"1".repeat(40)).unwrap();
    for name in ["main", "dev", "trunk"] {
        refs.objects.insert(RefName::from_git(&format!("refs/heads/{name}")).unwrap(), commit.clone());
    }
    assert_eq!(names(&refs), named("main", "dev", "release-"));
    assert_eq!(usual(), named("master", "develop", "release-"));
}

#[test]
fn a_difference_reads_as_git_writes_it() {
    let text = diff("a.yml", Some("one\ntwo"), "one\ntwo\nthree");
    assert!(
        text.starts_with("diff --git a/a.yml b/a.yml\n--- a/a.yml\n+++ b/a.yml\n@@ -1,2 +1,3 @@\n one\n"),
        "{text}"
    );
    assert!(text.contains("\\ No newline at end of file"), "{text}");
    assert!(diff("b", None, "x\n").contains("new file mode 100644\n--- /dev/null\n+++ b/b\n"));
}
