//! What lets something run `allclear tick`: a workflow of GitHub's, a job of GitLab's, a line for cron.

use allclear_core::policy::Branches;
use allclear_core::types::shell::quoted;
use allclear_core::types::text::plain;

pub const GITHUB_FILE: &str = ".github/workflows/allclear.yml";
/// Where the job for GitLab lies, to be included.
pub const GITLAB_FILE: &str = ".gitlab/allclear.yml";

pub fn github(names: &Branches, version: &str) -> String {
    let Branches { stable, develop, candidate } = names;
    let prefix = &candidate.prefix;
    format!(
        r#"# Runs the train: `allclear tick` does what is due, and is safe to run twice or to be killed.
name: allclear
on:
  schedule:
    # In a private repository each run is billed as a minute: once an hour is enough for most trains.
    - cron: "7-59/15 * * * *" # GitHub runs schedules from the default branch alone: let that be {develop}
  workflow_dispatch:
  push:
    branches: ["{develop}", "{prefix}**"]
permissions:
  contents: write
concurrency:
  group: allclear
  cancel-in-progress: false
jobs:
  tick:
    runs-on: ubuntu-latest
    timeout-minutes: 20
    steps:
      - uses: actions/checkout@v5
        with:
          # The whole history, once: of a shallow clone nothing can be borrowed, and all is fetched again.
          fetch-depth: 0
          # What GITHUB_TOKEN pushes starts no workflow: no tests on the candidate's branch, no publishing on
          # the release's tag. A token of a GitHub App or of a machine user (contents: write) starts them.
          # Rules for {stable}, {develop}, {prefix}* and v* must let its owner pass, or promotions are refused.
          token: ${{{{ secrets.ALLCLEAR_TOKEN || github.token }}}}
      - uses: actions/cache@v4
        id: kept
        with:
          path: ~/.cargo/bin/allclear
          key: allclear-${{{{ runner.os }}}}-{version}
      - if: steps.kept.outputs.cache-hit != 'true'
        run: cargo install --locked allclear@{version}
      - run: allclear tick --as "allclear on GitHub Actions"
"#
    )
}

pub fn gitlab(names: &Branches, version: &str) -> String {
    let Branches { stable, develop, candidate } = names;
    let prefix = &candidate.prefix;
    format!(
        r#"# Runs the train: `allclear tick` does what is due, and is safe to run twice or to be killed.
# ALLCLEAR_TOKEN is a masked variable: a project access token with write_repository. Its user must be allowed to
# push to {stable}, {develop} and {prefix}*, and to create v* tags. A job's own token may not push.
allclear:
  stage: .pre
  image: rust:1
  rules:
    - if: $CI_PIPELINE_SOURCE == "schedule"
  resource_group: allclear
  cache:
    key: allclear-{version}
    paths: [.allclear]
  variables:
    GIT_DEPTH: "0"
  script:
    - cargo install --locked --root .allclear allclear@{version}
    - git remote set-url origin "$CI_PROJECT_URL.git"
    - (umask 077; printf 'https://allclear:%s@%s\n' "$ALLCLEAR_TOKEN" "$CI_SERVER_HOST" > "$HOME/.allclear-login")
    - git config credential.helper "store --file $HOME/.allclear-login"
    - .allclear/bin/allclear tick --as "allclear on GitLab CI"
"#
    )
}

/// Gives the line for cron: the program, the clone, and `CI` so that the record shows that a machine did it.
pub fn cron(program: &str, clone: &str) -> String {
    // For cron a `%` is the end of the line.
    let word = |path: &str| quoted(&plain(path)).replace('%', "\\%");
    format!("7-59/15 * * * * CI=true {} -C {} tick >/dev/null", word(program), word(clone))
}

/// Tells whether a CI file runs `allclear tick`, comments aside.
pub(super) fn ticks(text: &str) -> bool {
    let lines = text.lines().map(str::trim).filter(|l| !l.starts_with('#') && !l.starts_with("//"));
    lines.into_iter().any(|line| line.split("allclear").skip(1).any(is_tick))
}

fn is_tick(rest: &str) -> bool {
    let mut words = rest.split_whitespace();
    rest.starts_with(char::is_whitespace) && words.any(|w| w.trim_matches(['"', '\'', ';']) == "tick")
}
