//! How a Go downstream is built, tested and run.

use super::prepare::Ready;
use super::served::ServedModule;
use crate::attempt::runner::Runner;
use crate::attempt::stopped::Stopped;
use allclear_core::experiment::{Job, Outcome, Step, Tests};
use std::path::Path;

/// Replaces running a test program by keeping it and its folder.
const KEEP: &str = r#"
place="$ALLCLEAR_OUT/tests/$(ls "$ALLCLEAR_OUT/tests" | wc -l)"
mkdir -p "$place" && pwd > "$place/dir" && { ln "$1" "$place/test" || cp "$1" "$place/test"; }
"#;

/// Runs the kept test programs, one after the other. Only lines of the testing package begin with the mark
/// 0x16, so tests cannot fake results. The output of a test is printed after its name, and only if it failed,
/// as without `-v`.
const RUN: &str = r#"
out=$ALLCLEAR_OUT
: > "$out/failed"
for d in "$out"/tests/*; do
    [ -x "$d/test" ] || continue
    cd "$(cat "$d/dir")" || exit 97
    { "$d/test" -test.v=test2json -test.paniconexit0 -test.timeout=0; echo $? > "$out/code"; } 2>&1 | awk -v tally="$out/tally" '
        function keep(line) { if (length(said[now]) < 65536) said[now] = said[now] line "\n" }
        /^\026=== / { now = $3; next }
        /^\026--- (PASS|FAIL|SKIP): / {
            if (index($3, "/") == 0) { ran++; if ($2 == "FAIL:") failed++ }
            if ($2 == "FAIL:") { sub(/^\026/, ""); print; printf "%s", said[$3]; fflush() }
            delete said[$3]; now = ""; next
        }
        /^\026?(PASS|FAIL)$/ { next }
        { sub(/^\026/, ""); keep($0) }
        END { for (name in said) printf "%s", said[name]; print ran + 0, failed + 0 >> tally }'
    code=$(cat "$out/code")
    [ "$code" = 0 ] || { echo "FAIL $(cat "$d/dir") (exit $code)"; echo "$d" >> "$out/failed"; }
done
[ ! -s "$out/failed" ]
"#;

/// Builds, tests and runs a downstream.
pub(super) fn steps(
    runner: &mut Runner<'_>,
    served: &ServedModule,
    ready: &Ready,
    job: &Job,
) -> (Result<(), Stopped>, Option<Tests>) {
    let mut tests = None;
    let ended = run_steps(runner, served, ready, job, &mut tests);
    (ended, tests)
}

fn run_steps(
    runner: &mut Runner<'_>,
    served: &ServedModule,
    ready: &Ready,
    job: &Job,
    tests: &mut Option<Tests>,
) -> Result<(), Stopped> {
    // If several programs are built, two of them may have the same name.
    let only = ready.only_program.as_ref().filter(|_| job.recipe.build.is_none() && !job.one_of_many);
    let product = only.map_or_else(|| "program".to_owned(), |name| format!("bin/{name}"));
    let program = runner.product(&product);
    runner.build(|runner| {
        if job.one_of_many {
            return runner.compile(Step::Build, &["go", "build", "-o", &program, "."]);
        }
        if only.is_some() {
            return runner.compile(Step::Build, &["go", "build", "-o", &runner.product("bin/"), "./..."]);
        }
        runner.compile(Step::Build, &["go", "build", "./..."])?;
        if ready.is_program {
            runner.compile(Step::Build, &["go", "build", "-o", &program, "."])?;
        }
        Ok(())
    })?;
    let was_built = runner.has_product(&product);
    // In a rehearsal nothing is built.
    let is_built = was_built || runner.is_rehearsal() && (job.one_of_many || ready.is_program);
    if was_built {
        check_linked(served, &runner.out().join(&product))?;
    }
    runner.test(|runner| {
        if job.one_of_many || ready.declared_tests == 0 {
            return Ok(());
        }
        test(runner, ready.declared_tests, tests.insert(Tests::default()))
    })?;
    runner.run_program(Some(&program), is_built)
}

/// Compiles all tests, runs them, and counts those that ran.
fn test(runner: &mut Runner<'_>, declared: u64, tests: &mut Tests) -> Result<(), Stopped> {
    tests.declared = declared;
    let keep = format!("-exec=sh '{}'", runner.tool("keep", KEEP)?);
    let run = runner.tool("run-tests", RUN)?;
    std::fs::create_dir_all(runner.out().join("tests")).map_err(|e| Stopped::infra(&e.to_string()))?;
    runner.compile(Step::Test, &["go", "test", "-p=1", "-count=1", &keep, "./..."])?;
    let ended = runner.shell(Step::Test, &format!("sh {run}"));
    let ended = ended.map_err(|stopped| Stopped { log: without_marks(&stopped.log), ..stopped });
    for line in runner.read_product("tally").lines() {
        let mut numbers = line.split(' ').map(|n| n.parse::<u64>().unwrap_or(0));
        tests.ran += numbers.next().unwrap_or(0);
        tests.failed += numbers.next().unwrap_or(0);
    }
    ended
}

/// Removes the marks that Go 1.27 and newer put around errors, and the escapes before such characters in a
/// test's own output.
fn without_marks(log: &str) -> String {
    const FRAMING: char = '\x16';
    const ERROR: [char; 2] = ['\x0f', '\x0e'];
    const ESCAPE: char = '\x1b';
    let mut out = String::with_capacity(log.len());
    let mut chars = log.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            (ESCAPE, Some(&mark)) if ERROR.contains(&mark) || [FRAMING, ESCAPE].contains(&mark) => {
                chars.next();
                out.push(mark);
            }
            (c, _) if ERROR.contains(&c) => {}
            (c, _) => out.push(c),
        }
    }
    out
}

/// Asks the program itself what it was built with.
fn check_linked(served: &ServedModule, program: &Path) -> Result<(), Stopped> {
    let said = served.go.run(
        program.parent().unwrap_or(program),
        &std::collections::BTreeMap::new(),
        &["version", "-m", &program.display().to_string()],
    );
    let mut lines = said.out.lines().map(|l| l.split('\t').collect::<Vec<_>>());
    let Some(line) = lines
        .find(|l| l.get(2) == Some(&served.module.as_str()) && matches!(l.get(1), Some(&("dep" | "mod"))))
    else {
        // The program in its own folder may not use the project.
        return Ok(());
    };
    let own = line.get(1) == Some(&"mod");
    if own
        || (line.get(3) == Some(&served.wanted.version.as_str())
            && line.get(4) == Some(&served.wanted.hash.as_str()))
    {
        return Ok(());
    }
    Err(Stopped {
        outcome: Outcome::NotInjected,
        step: Step::Build,
        log: said.out,
        note: Some(format!("the program has other content of {} in it", served.module)),
    })
}

#[cfg(test)]
mod tests {
    use super::without_marks;

    #[test]
    fn errors_are_read_without_their_marks() {
        for (printed, read) in [
            ("\x0f    x_test.go:5: got 1\n        want 2\x0e\n", "    x_test.go:5: got 1\n        want 2\n"),
            ("a test's own: \x1b\x0f \x1b\x1b[1m \x1b[0m", "a test's own: \x0f \x1b[1m \x1b[0m"),
            ("no marks\n", "no marks\n"),
        ] {
            assert_eq!(without_marks(printed), read);
        }
    }
}
