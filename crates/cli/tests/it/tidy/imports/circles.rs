//! Circles of imports, each told from file to file.

use super::names::Imports;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Lists circles such that every import that is part of one is in the list, the shortest circles first.
pub(in super::super) fn circles(imports: &Imports) -> Vec<String> {
    let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in imports.keys() {
        next.entry(from).or_default().push(to);
    }
    let ways = imports.keys().filter_map(|(from, to)| way(&next, to, from));
    let mut ways: Vec<Vec<&str>> = ways.collect();
    ways.sort_by_key(|way| (way.len(), way.clone()));
    let mut told = BTreeSet::new();
    let mut circles = Vec::new();
    for way in ways {
        let steps: Vec<(&str, &str)> =
            way.iter().zip(way.iter().cycle().skip(1)).map(|(a, b)| (*a, *b)).collect();
        if steps.iter().any(|step| !told.contains(step)) {
            circles.push(tell(&steps, imports));
            told.extend(steps);
        }
    }
    circles
}

/// Finds the shortest way from one file to another.
fn way<'a>(next: &BTreeMap<&'a str, Vec<&'a str>>, from: &'a str, to: &str) -> Option<Vec<&'a str>> {
    let mut before: BTreeMap<&str, &str> = BTreeMap::from([(from, from)]);
    let mut queue = VecDeque::from([from]);
    while let Some(at) = queue.pop_front() {
        if at == to {
            let mut way = vec![at];
            while let Some(last) = way.last().filter(|last| **last != from) {
                way.push(before[last]);
            }
            way.reverse();
            return Some(way);
        }
        for to in next.get(at).into_iter().flatten() {
            if !before.contains_key(to) {
                before.insert(to, at);
                queue.push_back(to);
            }
        }
    }
    None
}

/// Tells a circle as `a -> b (what a imports) -> a (what b imports)`.
fn tell(steps: &[(&str, &str)], imports: &Imports) -> String {
    let names = |from: &str, to: &str| {
        let names = &imports[&(from.to_owned(), to.to_owned())];
        names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
    };
    let rest: String = steps.iter().map(|(from, to)| format!(" -> {to} ({})", names(from, to))).collect();
    format!("{}{rest}", steps[0].0)
}
