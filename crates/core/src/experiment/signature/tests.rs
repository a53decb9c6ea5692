use super::*;
use crate::experiment::{Arm, Attempt, Comparison, Group, Mode, Outcome, Row, Tier, groups};
use proptest::prelude::*;

fn said(log: &str, step: Step) -> String {
    failure(log, step).map_or_else(|| "nothing".to_owned(), |failure| failure.line)
}

const GO_BUILD: &str = "\
# example.org/shop/b
b/main.go:3:23: undefined: strings.NewStream
b/main.go:9:2: too many errors
";

const GO_MODULE: &str = "\
go: downloading example.org/lib v1.6.0
b/main.go:2:8: no required module provides package example.org/none/x; to add it:
\tgo get example.org/none/x
";

const GO_TEST: &str = "\
--- FAIL: TestSum (0.00s)
    x_test.go:3: starting up at port 8123
    --- FAIL: TestSum/negative (0.00s)
        x_test.go:3: Sum(1) = 3, want 4
FAIL
FAIL\texample.org/shop/t\t0.014s
FAIL
";

const GO_TEST_VERBOSE: &str = "\
=== RUN   TestSum
    x_test.go:3: starting up at port 8123
=== RUN   TestSum/negative
    x_test.go:3: Sum(1) = 3, want 4
--- FAIL: TestSum (0.00s)
    --- FAIL: TestSum/negative (0.00s)
FAIL
FAIL\texample.org/shop/t\t0.014s
FAIL
";

const GO_TEST_PANIC: &str = "\
--- FAIL: TestOther (0.00s)
panic: assignment to entry in nil map [recovered, repanicked]

goroutine 22 [running]:
testing.tRunner.func1.2({0x55a7a0, 0x6cacf0})
\t/usr/local/go/src/testing/testing.go:1974 +0x232
panic({0x55a7a0?, 0x6cacf0?})
\t/usr/local/go/src/runtime/panic.go:860 +0x13a
example.org/shop/t.TestOther(0x21cf0da24908?)
\t/home/mira/shop/t/x_test.go:4 +0x28
FAIL\texample.org/shop/t\t0.007s
FAIL
";

const GO_TESTIFY: &str = "\
--- FAIL: TestTotal (0.00s)
    total_test.go:12: 
        \tError Trace:\t/home/mira/shop/total_test.go:12
        \tError:      \tNot equal: 
        \t            \texpected: 3
        \t            \tactual  : 4
        \tTest:       \tTestTotal
FAIL
";

const GO_PANIC: &str = "\
listening on 127.0.0.1:8080
panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x47c281]

goroutine 1 [running]:
main.(*client).Send(...)
\t/home/mira/shop/a/main.go:4
main.main()
\t/home/mira/shop/a/main.go:5 +0x21
exit status 2
";

const GO_DEADLOCK: &str = "\
fatal error: all goroutines are asleep - deadlock!

goroutine 1 [chan receive]:
main.main()
\t/home/mira/shop/b/main.go:2 +0x25
exit status 2
";

const RUST_BUILD: &str = "\
   Compiling shop v0.1.0 (/home/mira/shop)
\u{1b}[0m\u{1b}[1m\u{1b}[38;5;9merror[E0432]\u{1b}[0m\u{1b}[1m: unresolved import `lib::Stream`\u{1b}[0m
 --> src/main.rs:1:10
error: aborting due to 1 previous error
error: could not compile `shop` (bin \"shop\") due to 1 previous error
";

const RUST_TEST: &str = "\
running 1 test
test sum ... FAILED

failures:

---- sum stdout ----

thread 'sum' (21899) panicked at a.rs:1:20:
assertion `left == right` failed: sums
  left: 2
 right: 3
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace

failures:
    sum

test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.24s
";

const RUST_PANIC: &str = "\
thread 'main' (21917) panicked at src/main.rs:2:54:
index out of bounds: the len is 0 but the index is 0
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
";

const PYTHON: &str = "\
Traceback (most recent call last):
  File \"/home/mira/shop/app.py\", line 4, in <module>
    from lib import Stream
ImportError: cannot import name 'Stream' from 'lib' (/tmp/venv/lib/python3.11/site-packages/lib/__init__.py)
";

const PYTHON_CHAIN: &str = "\
KeyError: 'a'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File \"/home/mira/shop/app.py\", line 9, in <module>
lib.errors.ConfigError: no stream named 'a'
";

const PYTEST: &str = "\
E       AssertionError: assert 3 == 4
=========================== short test summary info ============================
FAILED tests/test_sum.py::test_sum - AssertionError: assert 3 == 4
FAILED tests/test_sum.py::test_other - KeyError: 'a'
========================= 2 failed, 5 passed in 0.12s ==========================
";

const UNITTEST: &str = "\
F
======================================================================
FAIL: test_sum (tests.test_sum.Sums.test_sum)
----------------------------------------------------------------------
Traceback (most recent call last):
  File \"/home/mira/shop/tests/test_sum.py\", line 5, in test_sum
AssertionError: 3 != 4
";

const NODE: &str = "\
/home/mira/shop/app.js:3
lib.stream();
    ^

TypeError: lib.stream is not a function
    at Object.<anonymous> (/home/mira/shop/app.js:3:5)
    at Module._compile (node:internal/modules/cjs/loader:1554:14)

Node.js v22.1.0
";

const TYPESCRIPT: &str = "src/a.ts(12,3): error TS2339: Property 'stream' does not exist on type 'Client'.\n";

const JEST: &str = "\
FAIL src/sum.test.js
  ● sums › adds

    expect(received).toBe(expected) // Object.is equality

    Expected: 4
    Received: 3
";

const C_LINK: &str = "\
/usr/bin/ld: /tmp/ccIpWspZ.o: in function `main':
c.c:(.text+0xa): undefined reference to `foo'
collect2: error: ld returned 1 exit status
make: *** [Makefile:3: all] Error 1
";

const C_BUILD: &str = "\
In file included from a.c:1:
src/a.c:3:9: fatal error: lib/stream.h: No such file or directory
compilation terminated.
";

const GO_GET: &str = "\
go: downloading example.org/lib v1.6.0
go: example.org/lib@v1.6.0 requires go >= 1.30 (running go 1.26.8; GOTOOLCHAIN=local)
";

#[test]
fn the_line_that_says_it() {
    let table = [
        (Step::Build, GO_BUILD, "b/main.go:3:23: undefined: strings.NewStream"),
        (
            Step::Build,
            GO_MODULE,
            "b/main.go:2:8: no required module provides package example.org/none/x; to add it:",
        ),
        (Step::Test, GO_BUILD, "b/main.go:3:23: undefined: strings.NewStream"),
        (Step::Test, GO_TEST, "TestSum/negative: Sum(1) = 3, want 4"),
        (Step::Test, GO_TEST_VERBOSE, "TestSum/negative: Sum(1) = 3, want 4"),
        (
            Step::Test,
            GO_TEST_PANIC,
            "TestOther: panic: assignment to entry in nil map [recovered, repanicked]",
        ),
        (Step::Test, GO_TESTIFY, "TestTotal: Not equal: expected: 3"),
        (
            Step::Run,
            GO_PANIC,
            "panic: runtime error: invalid memory address or nil pointer dereference (in main.(*client).Send)",
        ),
        (Step::Run, GO_DEADLOCK, "fatal error: all goroutines are asleep - deadlock!"),
        (Step::Run, GO_BUILD, "b/main.go:3:23: undefined: strings.NewStream"),
        (Step::Build, RUST_BUILD, "error[E0432]: unresolved import `lib::Stream`"),
        (Step::Test, RUST_TEST, "sum: assertion `left == right` failed: sums"),
        (Step::Run, RUST_PANIC, "panicked: index out of bounds: the len is 0 but the index is 0"),
        (
            Step::Run,
            PYTHON,
            "ImportError: cannot import name 'Stream' from 'lib' \
             (/tmp/venv/lib/python3.11/site-packages/lib/__init__.py)",
        ),
        (Step::Run, PYTHON_CHAIN, "lib.errors.ConfigError: no stream named 'a'"),
        (Step::Test, PYTEST, "tests/test_sum.py::test_sum: AssertionError: assert 3 == 4"),
        (Step::Test, UNITTEST, "test_sum (tests.test_sum.Sums.test_sum): AssertionError: 3 != 4"),
        (Step::Run, NODE, "TypeError: lib.stream is not a function"),
        (Step::Build, TYPESCRIPT, TYPESCRIPT.trim()),
        (Step::Test, JEST, "sums › adds: expect(received).toBe(expected) // Object.is equality"),
        (Step::Build, C_LINK, "c.c:(.text+0xa): undefined reference to `foo'"),
        (Step::Build, C_BUILD, "src/a.c:3:9: fatal error: lib/stream.h: No such file or directory"),
        (
            Step::Prepare,
            GO_GET,
            "go: example.org/lib@v1.6.0 requires go >= 1.30 (running go 1.26.8; GOTOOLCHAIN=local)",
        ),
        // What no table knows: the last line that says something.
        (
            Step::Run,
            "starting\n2026/07/31 10:00:00 no config\nexit status 1\n",
            "2026/07/31 10:00:00 no config",
        ),
        (Step::Run, "exit status 1\n", "exit status 1"),
        // An `error:` that a program prints while it runs may be as it should.
        (Step::Run, "error: retrying\nstarted\ngave up\n", "gave up"),
        (Step::Build, "error: no rule\nbye\n", "error: no rule"),
        (Step::Run, "", "nothing"),
        (Step::Test, " \n\t\n", "nothing"),
    ];
    for (step, log, expected) in table {
        assert_eq!(said(log, step), expected, "in {log}");
    }
}

/// Gives the log of another machine, place and time.
fn elsewhere(log: &str) -> String {
    [
        ("/home/mira/shop", "/tmp/allclear-x81/src/42"),
        ("/tmp/venv", "/root/.cache/v"),
        ("b/main.go:3:23", "./cmd/server/handler.go:170:4"),
        ("b/main.go:2:8", "cmd/y.go:12:34"),
        ("x_test.go:3:", "sub_test.go:177:"),
        ("src/a.ts(12,3)", "lib/deep/b.ts(1,44)"),
        ("src/a.c:3:9", "c.c:300:1"),
        ("(0.00s)", "(12.34s)"),
        ("0x0", "0xc0ffee"),
        ("0x47c281", "0x99"),
        ("goroutine 1 ", "goroutine 977 "),
        ("v1.6.0", "v1.7.0-rc.1"),
        ("(21899)", "(7)"),
        ("10:00:00", "23:59:59.123"),
        ("2026/07/31", "2031-01-01"),
    ]
    .into_iter()
    .fold(log.to_owned(), |log, (here, there)| log.replace(here, there))
}

#[test]
fn the_same_failure_elsewhere_is_the_same() {
    let logs = [
        (Step::Build, GO_BUILD),
        (Step::Build, GO_MODULE),
        (Step::Test, GO_TEST),
        (Step::Test, GO_TEST_VERBOSE),
        (Step::Test, GO_TEST_PANIC),
        (Step::Test, GO_TESTIFY),
        (Step::Run, GO_PANIC),
        (Step::Run, GO_DEADLOCK),
        (Step::Build, RUST_BUILD),
        (Step::Test, RUST_TEST),
        (Step::Run, RUST_PANIC),
        (Step::Run, PYTHON),
        (Step::Test, UNITTEST),
        (Step::Run, NODE),
        (Step::Build, TYPESCRIPT),
        (Step::Build, C_BUILD),
        (Step::Run, "starting\n2026/07/31 10:00:00 no config\nexit status 1\n"),
    ];
    for (step, log) in logs {
        let (here, there) = (failure(log, step).unwrap(), failure(&elsewhere(log), step).unwrap());
        assert_eq!(here.signature, there.signature, "{} is {}", here.line, there.line);
        assert!(here.signature.len() == 12 && here.signature.bytes().all(|b| b.is_ascii_hexdigit()));
    }
    let all: std::collections::BTreeSet<String> =
        logs.iter().map(|(step, log)| failure(log, *step).unwrap().signature).collect();
    // The two ways in which Go prints one test are one failure.
    assert_eq!(all.len(), logs.len() - 1);
}

#[test]
fn what_differs_by_name_differs() {
    let pairs = [
        ("a.go:1:2: undefined: client.NewStream", "a.go:1:2: undefined: client.NewServer"),
        ("error[E0432]: x", "error[E0433]: x"),
        ("a.ts(1,2): error TS2339: x", "a.ts(1,2): error TS2340: x"),
        ("module example.org/lib/v2 not found", "module example.org/lib/v3 not found"),
        ("TestSum: bad", "TestSub: bad"),
        ("dial tcp: lookup example.org", "dial tcp: lookup example.net"),
        ("open /etc/shop.toml: no such file", "open /etc/store.toml: no such file"),
    ];
    for (a, b) in pairs {
        assert_ne!(normalised(a), normalised(b));
    }
}

#[test]
fn what_is_dropped() {
    let table = [
        ("./cmd/a.go:12:3: undefined: client.NewStream", "undefined: client.NewStream"),
        (r"C:\shop\cmd\a.go:12:3: undefined: x", "undefined: x"),
        ("open /tmp/TestX123/001/shop.toml: no such file", "open …/shop.toml: no such file"),
        ("read tcp 127.0.0.1:51234->127.0.0.1:8080: reset", "read tcp #:#->#:#: reset"),
        ("took 1m30.5s, limit 10ms", "took #, limit #"),
        ("goroutine 17 at 0xc000012345", "goroutine # at #"),
        ("commit 3f2c9aa81b is bad and defaced", "commit # is bad and defaced"),
        ("id 123e4567-e89b-12d3-a456-426614174000", "id #"),
        ("2026-07-31T10:00:00.123Z ERROR boom", "ERROR boom"),
        ("open tmpab12cd_x: gone", "open tmp#: gone"),
        ("lib@v1.2.3-0.20260731100000-abcdef123456 is bad", "lib@v# is bad"),
        ("got 12 of 13,500 in utf8", "got # of # in utf8"),
        ("\u{1b}[31mred\u{1b}[0m", "red"),
        ("https://example.org:443/a/b: 404", "https://example.org:#/a/b: #"),
    ];
    for (line, expected) in table {
        assert_eq!(normalised(line), expected);
    }
    assert_eq!(bare("./cmd/a.go:12:3: undefined: x"), "undefined: x");
    assert_eq!(bare("panic: x"), "panic: x");
    assert_eq!(bare("example.org:443: x"), "example.org:443: x");
}

#[test]
fn a_hostile_log_is_bounded_and_safe() {
    let long = "x".repeat(10 << 20);
    let found = failure(&long, Step::Run).unwrap();
    assert!(found.line.chars().count() <= SHOWN);
    assert_eq!(found, failure(&format!("{long}y"), Step::Run).unwrap());

    // The beginning and the end of a long log are looked at, whatever character is cut in two.
    let filler = "é is nothing\n".repeat(800_000);
    let log = format!("main.go:1:1: undefined: first\n{filler}panic: last\n");
    assert_eq!(said(&log, Step::Build), "main.go:1:1: undefined: first");
    assert_eq!(said(&log, Step::Run), "panic: last");

    let steers = "panic: \u{1b}]0;title\u{7}\u{1b}[2J\u{202e}gone\u{0}\u{200b}\u{9b}31m\r\n";
    let line = said(steers, Step::Run);
    assert_eq!(line, text::plain(&line));
    assert!(line.starts_with("panic: "), "{line}");
    assert_eq!(said("error: real\rerror: seen", Step::Build), "error: seen");
    for step in [Step::Prepare, Step::Build, Step::Test, Step::Run] {
        for end in ["---- FAIL:", "--- FAIL: ", "thread 'a' panicked at a.rs:1:1:", "● ", "not ok 1"] {
            let _ = failure(end, step);
        }
    }
}

proptest! {
    #[test]
    fn any_log_is_read(log in r"(\PC|\x1b|\r|\n|--- FAIL: |panic: |goroutine 1|a\.go:1:2: |Error: ){0,60}") {
        for step in [Step::Prepare, Step::Build, Step::Test, Step::Run] {
            let found = failure(&log, step);
            let Some(found) = found else { continue };
            prop_assert!(!found.line.is_empty() && found.line.chars().count() <= SHOWN);
            prop_assert_eq!(&found.line, &text::plain(&found.line));
            prop_assert_eq!(found.signature.len(), 12);
        }
    }

    #[test]
    fn where_it_failed_is_nothing(name in "[a-z]{1,8}(/[a-z]{1,8}){0,3}", line in 1u32..9999, column in 1u32..300) {
        let here = format!("{name}.go:{line}:{column}: undefined: client.NewStream");
        prop_assert_eq!(normalised(&here), "undefined: client.NewStream");
    }
}

fn row(name: &str, comparison: Comparison, error: &str) -> Row {
    let mut attempt = Attempt::new(Arm::Candidate, Mode::Fresh);
    attempt.outcome = Outcome::FailedBuild;
    let failure = failure(error, Step::Build);
    Row {
        name: name.to_owned(),
        project: String::new(),
        commit: crate::types::object_id::CommitId::parse(&"1".repeat(40)).unwrap(),
        tag: None,
        mode: Mode::Fresh,
        tier: Tier::Should,
        comparison,
        outcome: attempt.outcome,
        step: Some(Step::Build),
        proof: None,
        attempts: vec![attempt],
        signature: failure.as_ref().map(|failure| failure.signature.clone()),
        error: failure.map(|failure| failure.line),
        note: None,
        repro: String::new(),
        known: false,
    }
}

#[test]
fn failures_are_grouped_by_root_cause() {
    let rows = [
        row("shop", Comparison::Regressed, "main.go:1:2: undefined: client.NewStream"),
        row("app", Comparison::Regressed, "cmd/x.go:91:7: undefined: client.NewStream"),
        row("one", Comparison::Regressed, "cmd/x.go:91:7: undefined: client.NewServer"),
        row("old", Comparison::StillFailing, "a.go:1:7: undefined: client.NewStream"),
        row("fine", Comparison::Ok, ""),
    ];
    let found: Vec<(Comparison, String, usize, String)> = groups(&rows)
        .into_iter()
        .map(|Group { comparison, line, count, names, .. }| (comparison, line, count, names.join(" ")))
        .collect();
    let expect =
        |comparison, line: &str, count, names: &str| (comparison, line.to_owned(), count, names.to_owned());
    assert_eq!(
        found,
        [
            expect(Comparison::Regressed, "undefined: client.NewStream", 2, "app shop"),
            expect(Comparison::Regressed, "undefined: client.NewServer", 1, "one"),
            expect(Comparison::StillFailing, "undefined: client.NewStream", 1, "old"),
        ]
    );
}

#[test]
fn what_only_ends_a_log_is_no_message() {
    let log = "--- FAIL: Test (0.00s)\n    app_test.go:10: it is known\nFAIL apps/expected (exit 1)\n";
    assert_eq!(failure(log, Step::Test).unwrap().line, "Test: it is known");
}
