//! Which line of a log says what is wrong.

use crate::experiment::Step;
use regex_lite::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    /// The first of all lines that match a rule of the table.
    First,
    /// The last: of a chain of causes, the one that ended it.
    Last,
    /// The line below the first that matches.
    Below,
}

/// A kind of line: a text that it contains (which is quick to look for), its pattern, and which of them is taken.
type Kind = (&'static str, &'static str, Which);

use Which::{Below, First, Last};

/// What makes a build fail, by compiler.
const BUILD: &[Kind] = &[
    // Go: `./main.go:12:3: undefined: client.NewStream`.
    (".go:", r"^(?:vet: )?\S+\.go:\d+:\d+: ", First),
    (".go:", r"^\S+\.go:\d+: (?:undefined|cannot|undeclared|syntax error|imported)", First),
    // Go's loader: no module or package, or none that fits.
    ("no required module provides package", r"", First),
    ("cannot find module providing package", r"", First),
    ("does not contain package", r"", First),
    ("is not in std", r"", First),
    ("import cycle not allowed", r"", First),
    // Rust: `error[E0432]: unresolved import`.
    ("error[", r"^error\[E\d+\]: ", First),
    // C and C++, Java, and linkers.
    (": error: ", r"^\S+?:\d+(?::\d+)?: (?:fatal )?error: ", First),
    (": fatal error: ", r"^\S+?:\d+(?::\d+)?: fatal error: ", First),
    ("undefined reference to ", r"", First),
    // TypeScript: `src/a.ts(12,3): error TS2339`, `src/a.ts:12:3 - error TS2339`.
    ("error TS", r"error TS\d+: ", First),
];

/// What a run ends with.
const RUN: &[Kind] = &[
    // Go: `panic: …`, `fatal error: all goroutines are asleep - deadlock!`.
    ("panic: ", r"^panic: ", First),
    ("fatal error: ", r"^fatal error: ", First),
    ("unexpected fault address", r"", First),
    // Rust, with the message below since 1.73, and beside before.
    (" panicked at ", r"^thread '[^']*'.* panicked at [^']*:\d+:\d+:$", Below),
    (" panicked at ", r"^thread '[^']*'.* panicked at ", First),
    // The last line of a traceback of Python; JavaScript and Java.
    ("Error", r"^(?:[\w.]+\.)?\w*Error(?:: |$)", Last),
    ("Exception", r"^(?:[\w.]+\.)?\w*Exception(?:: |$)", Last),
    ("Error", r"^(?:Uncaught |\[?Unhandled )\w*.*Error: ", First),
    ("Exception in thread ", r"", First),
    ("Segmentation fault", r"", First),
    ("AddressSanitizer", r"", First),
    ("signal: killed", r"", First),
];

/// What a resolver says.
const PREPARE: &[Kind] = &[
    // Go: all but its news.
    (
        "go: ",
        r"^go: .*: .*(?:404|410|not found|unknown revision|invalid|requires|missing|verifying|no matching)",
        First,
    ),
    ("go: ", r"^go: .*(?:requires go >=|updates to go.mod needed|cannot |malformed|errors parsing)", First),
    ("go: ", r"^go: \S+@\S+: ", First),
    ("error: ", r"^error: (?:failed to|no matching)", First),
    ("npm ", r"^npm (?:ERR!|error) (?:code|notarget|404|ERESOLVE)", First),
    ("ERROR: ", r"^ERROR: (?:Could not find|No matching|Cannot install|ResolutionImpossible)", First),
];

/// What anything may say.
const ANY: &[Kind] = &[
    ("rror", r"^(?:\[ERROR\]|ERROR|Error|error)\b:? ", First),
    ("atal", r"^(?:fatal|FATAL|Fatal)\b:? ", First),
    ("ommand not found", r"", First),
    ("No such file or directory", r"", First),
];

/// How a test that fails is named, by framework.
const TESTS: &[(&str, &str)] = &[
    ("--- FAIL: ", r"^\s*--- FAIL: (\S+)"),
    ("FAILED", r"^test (\S+)(?: - should panic)? \.\.\. FAILED"),
    ("FAILED ", r"^FAILED (\S+::.+?)(?: - (.+))?$"),
    ("ERROR ", r"^ERROR (\S+\.py\S*)(?: - (.+))?$"),
    ("test", r"^(?:FAIL|ERROR): (\w+ \(.+\))$"),
    ("not ok ", r"^\s*not ok \d+ -? ?(.+)"),
    ("●", r"^\s*● (.+ › .+)"),
    ("✖", r"^\s*✖ (.+?)(?: \(.*ms\))?$"),
    (") ", r"^\s{1,4}1\) (.+?):?$"),
    ("[  FAILED  ]", r"^\[  FAILED  \] ([\w/]+\.[\w/]+)"),
    ("(Failed)", r"\d+ - (\S+) \(Failed\)"),
    ("[ERROR] ", r"^\[ERROR\] +(\w+\.\w+):\d+ (.+)"),
];

/// How a test says why.
const WHY: &[(&str, &str)] = &[
    ("Error:", r"^\s+Error:\s+(\S.*)"),
    (".go:", r"^\s+\S+\.go:\d+: +(\S.*)"),
    ("panic: ", r"^(panic: .+)"),
    ("panicked at ", r"^thread .* panicked at '(.+)', "),
    ("E ", r"^E\s+(\S.*)"),
    ("Error", r"^\s*((?:[\w.]+\.)?\w*Error: .+)"),
    ("xpected", r"^\s*(.*[Ee]xpected.*)"),
    (": Failure", r"^(\S+: Failure)"),
    ("assert", r"^\s*(assert.*)"),
];

/// What ends a log without saying anything.
const NOISE: &[(&str, &str)] = &[
    ("exit", r"^(?:Process |Command )?exit(?:ed|ing)?(?: with)?(?: status| code)?:? ?-?\d+$"),
    ("FAIL", r"^FAIL(?:\s|$)"),
    ("ok", r"^ok\s"),
    ("make", r"^g?make(?:\[\d+\])?: "),
    ("npm", r"^npm (?:ERR!|error) A complete log"),
    ("error: ", r"^error: (?:could not compile|aborting due to|test failed|process didn't exit|Recipe )"),
    ("For more information", r""),
    ("note: ", r"^\s*(?:= )?note: "),
    ("goroutine ", r"^goroutine \d+ "),
    ("backtrace", r""),
    ("test result: ", r""),
];

/// How Go names the frame in which something went wrong.
const FRAME: &str = r"^((?:[\w.-]+/)*[\w.-]+\.(?:\(\*?[\w\[\].]+\)\.)?[\w.]+)(?:\[\.\.\.\])?\(.*\)$";

type Rules<T> = LazyLock<Vec<(&'static str, Regex, T)>>;

fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is constant")
}

fn kinds(table: &[Kind]) -> Vec<(&'static str, Regex, Which)> {
    table.iter().map(|(hint, pattern, which)| (*hint, compile(pattern), *which)).collect()
}

fn named(table: &[(&'static str, &str)]) -> Vec<(&'static str, Regex, ())> {
    table.iter().map(|(hint, pattern)| (*hint, compile(pattern), ())).collect()
}

static BUILD_RULES: Rules<Which> = LazyLock::new(|| kinds(BUILD));
static RUN_RULES: Rules<Which> = LazyLock::new(|| kinds(RUN));
static PREPARE_RULES: Rules<Which> = LazyLock::new(|| kinds(PREPARE));
static ANY_RULES: Rules<Which> = LazyLock::new(|| kinds(ANY));
static TEST_RULES: Rules<()> = LazyLock::new(|| named(TESTS));
static WHY_RULES: Rules<()> = LazyLock::new(|| named(WHY));
static NOISE_RULES: Rules<()> = LazyLock::new(|| named(NOISE));
static FRAME_RULE: LazyLock<Regex> = LazyLock::new(|| compile(FRAME));

type Lines<'a> = [Cow<'a, str>];

/// Finds what is wrong: by the tables of the step, and else in the last line that is not noise.
pub(super) fn find(lines: &Lines, step: Step) -> Option<String> {
    let known = match step {
        Step::Prepare => {
            of(&PREPARE_RULES, lines).or_else(|| of(&BUILD_RULES, lines)).or_else(|| of(&ANY_RULES, lines))
        }
        Step::Build => of(&BUILD_RULES, lines)
            .or_else(|| of(&PREPARE_RULES, lines))
            .or_else(|| of(&RUN_RULES, lines))
            .or_else(|| of(&ANY_RULES, lines)),
        Step::Test => test(lines)
            .or_else(|| of(&RUN_RULES, lines))
            .or_else(|| of(&BUILD_RULES, lines))
            .or_else(|| of(&ANY_RULES, lines)),
        // A program may print `error:` while it runs as it should.
        Step::Run => of(&RUN_RULES, lines).or_else(|| of(&BUILD_RULES, lines)),
    };
    known.or_else(|| last(lines))
}

fn is_noise(line: &str) -> bool {
    let line = line.trim();
    line.is_empty()
        || NOISE_RULES.iter().any(|(hint, pattern, ())| line.contains(hint) && pattern.is_match(line))
}

fn last(lines: &Lines) -> Option<String> {
    let any = || lines.iter().rev().filter(|line| !line.trim().is_empty());
    any().find(|line| !is_noise(line)).or_else(|| any().next()).map(|line| line.trim().to_owned())
}

fn of(rules: &Rules<Which>, lines: &Lines) -> Option<String> {
    let matches = |line: &str| {
        rules
            .iter()
            .find(|(hint, pattern, _)| line.contains(hint) && pattern.is_match(line))
            .map(|(.., which)| *which)
    };
    let mut found: Option<usize> = None;
    for (n, line) in lines.iter().enumerate().filter(|(_, line)| !is_noise(line)) {
        match matches(line) {
            None => {}
            Some(Last) => found = Some(n),
            Some(First) if found.is_some() => break,
            Some(First) => {
                found = Some(n);
                break;
            }
            Some(Below) => {
                let below = lines[n + 1..].iter().find(|line| !line.trim().is_empty());
                return Some(
                    below.map_or_else(|| line.to_string(), |below| format!("panicked: {}", below.trim())),
                );
            }
        }
    }
    let n = found?;
    Some(match frame(&lines[n..]) {
        Some(frame) => format!("{} (in {frame})", lines[n].trim()),
        None => lines[n].trim().to_owned(),
    })
}

/// Gives the function of a Go panic whose message alone says nothing: the first frame that is not of the runtime.
fn frame<'a>(lines: &'a Lines) -> Option<&'a str> {
    let mut lines = lines.iter();
    lines.next().filter(|line| line.starts_with("panic: runtime error: "))?;
    lines
        .take(60)
        .skip_while(|line| !line.starts_with("goroutine "))
        .filter(|line| !line.starts_with("panic(") && !line.starts_with("runtime."))
        .find_map(|line| FRAME_RULE.captures(line)?.get(1).map(|name| name.as_str()))
}

fn test(lines: &Lines) -> Option<String> {
    let named = |line: &str| {
        TEST_RULES.iter().find_map(|(hint, pattern, ())| {
            let found =
                Some(line).filter(|line| line.contains(hint)).and_then(|line| pattern.captures(line))?;
            let part = |n: usize| found.get(n).map(|part| part.as_str().to_owned());
            Some((part(1)?, part(2)))
        })
    };
    let (mut at, (mut name, said)) =
        lines.iter().enumerate().find_map(|(n, line)| named(line).map(|found| (n, found)))?;
    if let Some(said) = said {
        return Some(format!("{name}: {said}"));
    }
    // Go names the test first and then, below what it logs, the part of it that failed.
    let below =
        |at: usize| lines.iter().enumerate().skip(at + 1).find_map(|(n, line)| Some((n, named(line)?.0)));
    while let Some((n, part)) = below(at)
        && part.starts_with(&format!("{name}/"))
    {
        (at, name) = (n, part);
    }
    let after = lines[at + 1..].iter().take(40).take_while(|line| named(line).is_none());
    // With `-v` the message comes before, since the test began.
    let begun = lines[..at].iter().rev().take(40).position(|line| line.starts_with("=== RUN"));
    let before = lines[at - begun.unwrap_or(0)..at].iter();
    let elsewhere =
        lines.iter().skip_while(|line| !line.starts_with(&format!("---- {name} "))).skip(1).take(40);
    let why = why(after).or_else(|| why(before)).or_else(|| why_of_panic(elsewhere));
    Some(match why {
        Some(why) => format!("{name}: {why}"),
        None => format!("{name} fails"),
    })
}

/// Finds the message of a test: the first line that sounds like a complaint, and else the last.
fn why<'a>(lines: impl Iterator<Item = &'a Cow<'a, str>>) -> Option<String> {
    const LOUD: [&str; 12] = [
        "got", "want", "xpected", "rror", "fail", "panic", "cannot", "invalid", "mismatch", "ot equal",
        "nil", "assert",
    ];
    let said: Vec<&str> = lines.filter(|line| !is_noise(line)).filter_map(|line| message(line)).collect();
    let loud = said.iter().position(|line| LOUD.iter().any(|word| line.contains(word)));
    let n = loud.or(said.len().checked_sub(1))?;
    let line = said[n].trim_end();
    Some(match said.get(n + 1).filter(|_| line.ends_with(':')) {
        Some(more) => format!("{line} {more}"),
        None => line.to_owned(),
    })
}

fn message(line: &str) -> Option<&str> {
    WHY_RULES
        .iter()
        .filter(|(hint, ..)| line.contains(hint))
        .find_map(|(_, pattern, ())| pattern.captures(line)?.get(1).map(|said| said.as_str()))
}

/// Finds the message of a Rust test in what it printed: it is below the line that panicked, or beside it.
fn why_of_panic<'a>(lines: impl Iterator<Item = &'a Cow<'a, str>>) -> Option<String> {
    let mut lines = lines.skip_while(|line| !line.contains("panicked at "));
    let panicked = lines.next()?;
    message(panicked).map(str::to_owned).or_else(|| lines.next().map(|line| line.trim().to_owned()))
}
