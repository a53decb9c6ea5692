//! Makes jobs of declarations: finds the commits, and lets the lab see what is there.

use super::lab::Lab;
use super::progress::Progress;
use super::queue;
use allclear_core::CommitId;
use allclear_core::experiment::{Comparison, Declared, Job, Mode, Outcome, Row, Side};
use allclear_core::port::lab::Located;
use allclear_core::types::shell::quoted;
use allclear_core::types::text::plain;
use std::collections::BTreeSet;

/// How many repositories are asked at once: they are waited for, and cost nothing.
const ASKED: usize = 16;

/// This very repository, as a declaration names it.
pub(super) const HERE: &str = ".";

/// What an experiment will look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// What can be looked at, each under a name of its own, in the order of the policy.
    pub jobs: Vec<Job>,
    /// What cannot, and why.
    pub unplanned: Vec<Row>,
}

impl Plan {
    /// Finds each declaration's repositories and what is in them. What goes wrong with one is its own row, and
    /// stops no other.
    pub fn make(declared: &[Declared], candidate: &Side, lab: &Lab<'_>) -> Self {
        let asked: Vec<(Declared, &str)> = declared.iter().flat_map(one_each).collect();
        let mut found: Vec<Option<Found>> = asked.iter().map(|_| None).collect();
        let mut done = 0;
        queue::each(
            &asked,
            lab.jobs.max(ASKED),
            |n, (declared, repo), say| {
                if !lab.is_stopped() {
                    let _heard = say.send((n, find(declared, repo, candidate, lab)));
                }
            },
            |(n, of_it)| {
                found[n] = Some(of_it);
                done += 1;
                (lab.watch)(&Progress::Located { done, of: asked.len() });
            },
            || lab.stop_if_asked(),
        );
        let mut plan = Self::default();
        let mut names = BTreeSet::new();
        for ((declared, repo), found) in asked.iter().zip(found) {
            match found {
                Some(Found { jobs: Ok(jobs), .. }) => plan.jobs.extend(jobs.into_iter().map(|job| {
                    let name = unique(&mut names, &job.name);
                    Job { name, ..job }
                })),
                Some(Found { located, jobs: Err(why) }) => {
                    let name = unique(&mut names, &declared.name);
                    plan.unplanned.push(unplanned(name, declared, repo, located, &why));
                }
                None => {}
            }
        }
        plan
    }
}

/// What was found of one repository of a declaration.
struct Found {
    located: Option<Located>,
    jobs: Result<Vec<Job>, String>,
}

fn find(declared: &Declared, repo: &str, candidate: &Side, lab: &Lab<'_>) -> Found {
    let located = if repo == HERE {
        Ok(Located { commit: candidate.commit.clone(), tag: None })
    } else {
        lab.sources.locate(repo, &declared.at)
    };
    match located {
        Ok(located) => {
            let jobs =
                lab.executor.survey(declared, repo, &located).map_err(|e| e.to_string()).and_then(|jobs| {
                    if jobs.is_empty() { Err("there is nothing in it to test".into()) } else { Ok(jobs) }
                });
            Found { located: Some(located), jobs }
        }
        Err(error) => Found { located: None, jobs: Err(error.to_string()) },
    }
}

/// Takes a declaration of many repositories apart, each under its own name.
fn one_each(declared: &Declared) -> impl Iterator<Item = (Declared, &str)> {
    let alone = declared.repo.len() == 1;
    declared.repo.iter().map(move |repo| {
        let name = if alone { declared.name.clone() } else { format!("{}/{}", declared.name, name_of(repo)) };
        (Declared { name, ..declared.clone() }, repo.as_str())
    })
}

/// Gives the last part of an address or a path, as a name.
pub(super) fn name_of(repo: &str) -> &str {
    let whole = repo.trim_end_matches('/');
    let whole = whole.strip_suffix(".git").unwrap_or(whole).trim_end_matches('/');
    whole.rsplit(['/', ':']).next().filter(|name| !name.is_empty()).unwrap_or(repo)
}

fn unique(taken: &mut BTreeSet<String>, name: &str) -> String {
    let mut own = name.to_owned();
    for n in 2.. {
        if taken.insert(own.clone()) {
            break;
        }
        own = format!("{name}~{n}");
    }
    own
}

fn unplanned(name: String, declared: &Declared, repo: &str, located: Option<Located>, why: &str) -> Row {
    let (commit, tag) = located.map_or((nowhere(), None), |l| (l.commit, l.tag));
    Row {
        repro: reproduce_command(&name),
        name,
        project: repo.to_owned(),
        commit,
        tag,
        mode: declared.recipe.mode.unwrap_or(Mode::Fresh),
        tier: declared.recipe.tier.unwrap_or_default(),
        comparison: Comparison::Unchecked,
        outcome: Outcome::Unprepared,
        step: None,
        proof: None,
        attempts: Vec::new(),
        signature: None,
        error: None,
        note: Some(plain(why)),
        known: false,
    }
}

/// Gives the command that repeats what was found of a downstream.
pub(super) fn reproduce_command(name: &str) -> String {
    let word = quoted(name);
    // Quotes do not keep a name that begins with a dash from being read as an option.
    let end_of_options = if word == name { "" } else { "-- " };
    format!("allclear reproduce {end_of_options}{word}")
}

/// The id by which git says that there is no object.
fn nowhere() -> CommitId {
    CommitId::parse(&"0".repeat(40)).expect("forty digits are an id")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_name() {
        for (repo, name) in [
            ("https://github.com/micro/micro.git", "micro"),
            ("git@example.org:team/app", "app"),
            ("git@example.org:app.git/", "app"),
            ("/srv/git/tool/", "tool"),
            (".", "."),
            ("/", "/"),
        ] {
            assert_eq!(name_of(repo), name);
        }
    }

    #[test]
    fn a_name_is_given_once() {
        let mut taken = BTreeSet::new();
        let names = ["a", "a", "a~2", "a"].map(|name| unique(&mut taken, name));
        assert_eq!(names, ["a", "a~2", "a~2~2", "a~3"]);
    }
}
