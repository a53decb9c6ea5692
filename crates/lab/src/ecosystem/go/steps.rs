//! How a Go downstream is built, tested and run. Compilers see the shared build cache; what was compiled does
//! not, so that no foreign code can write there what others would link.

use super::prepare::Ready;
use super::served::ServedModule;
use crate::attempt::runner::Runner;
use crate::attempt::stopped::Stopped;
use allclear_core::Seconds;
use allclear_core::lab::{Job, Must, Outcome, Run, Step, Tests};
use std::path::Path;

/// Keeps a test program in place of running it: its folder, and the program itself.
const KEEP: &str = r#"#!/bin/sh
place="$ALLCLEAR_OUT/tests/$(ls "$ALLCLEAR_OUT/tests" | wc -l)"
mkdir -p "$place" && pwd > "$place/dir" && { ln "$1" "$place/test" || cp "$1" "$place/test"; }
"#;

/// Runs what was kept, one after the other. What a test itself prints does not begin with the mark (0x16) that
/// the testing package puts before its own lines, so that only what really ran is counted. What a test prints is
/// shown after its name and only where it failed, as without `-v`.
const RUN: &str = r#"#!/bin/sh
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

/// How long a program must stay alive, where nothing else is said.
const STAYS: Must = Must::Stays(Seconds(10));

/// Builds, tests and runs it; gives what is known of its tests.
pub(super) fn steps(
    runner: &mut Runner<'_>,
    served: &ServedModule,
    ready: &Ready,
    job: &Job,
) -> (Result<(), Stopped>, Option<Tests>) {
    let mut tests = None;
    let ended = walk(runner, served, ready, job, &mut tests);
    (ended, tests)
}

fn walk(
    runner: &mut Runner<'_>,
    served: &ServedModule,
    ready: &Ready,
    job: &Job,
    tests: &mut Option<Tests>,
) -> Result<(), Stopped> {
    let recipe = &job.recipe;
    // Where several programs are built, two of them may have one name.
    let only = ready.only_program.as_ref().filter(|_| recipe.build.is_none() && !job.one_of_many);
    let made = only.map_or_else(|| "program".to_owned(), |name| format!("bin/{name}"));
    let program = runner.product(&made);
    match recipe.build.as_deref() {
        Some("") => {}
        Some(script) => runner.shell(Step::Build, script)?,
        None if job.one_of_many => runner.compile(Step::Build, &["go", "build", "-o", &program, "."])?,
        None if only.is_some() => {
            runner.compile(Step::Build, &["go", "build", "-o", &runner.product("bin/"), "./..."])?;
        }
        None => {
            runner.compile(Step::Build, &["go", "build", "./..."])?;
            if ready.is_program {
                runner.compile(Step::Build, &["go", "build", "-o", &program, "."])?;
            }
        }
    }
    let was_made = runner.has_product(&made);
    // Nothing was built in a rehearsal.
    let is_built = was_made || runner.is_rehearsal() && (job.one_of_many || ready.is_program);
    if was_made {
        check_linked(served, &runner.out().join(&made))?;
    }
    match recipe.test.as_deref() {
        Some("") => {}
        Some(script) => runner.shell(Step::Test, script)?,
        None if job.one_of_many || ready.declared_tests == 0 => {}
        None => {
            let mut seen = Tests { declared: ready.declared_tests, ..Tests::default() };
            *tests = Some(seen);
            let keep = format!("-exec={}", runner.tool("keep", KEEP)?);
            let run = runner.tool("run-tests", RUN)?;
            std::fs::create_dir_all(runner.out().join("tests"))
                .map_err(|e| Stopped::infra(&e.to_string()))?;
            runner.compile(Step::Test, &["go", "test", "-p=1", "-count=1", &keep, "./..."])?;
            let ended = runner.shell(Step::Test, &format!("sh {run}"));
            for line in runner.read_product("tally").lines() {
                let mut numbers = line.split(' ').map(|n| n.parse::<u64>().unwrap_or(0));
                seen.ran += numbers.next().unwrap_or(0);
                seen.failed += numbers.next().unwrap_or(0);
            }
            *tests = Some(seen);
            ended?;
        }
    }
    match &recipe.run {
        Some(Run { command: Some(command), .. }) if command.is_empty() => Ok(()),
        Some(Run { command: Some(command), must }) => runner.run(&["sh", "-c", command], must),
        Some(Run { command: None, must }) => runner.run(&[&program], must),
        None if is_built => runner.run(&[&program], &STAYS),
        None => Ok(()),
    }
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
        // Its own folder may use the project in no program.
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
