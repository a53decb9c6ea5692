//! Which file each import leads to, through globs, renames and re-exports.

use super::source::{Crate, Module, folder};
use std::collections::{BTreeMap, BTreeSet};

/// Who imports whom, and which names.
pub(in super::super) type Imports = BTreeMap<(String, String), BTreeSet<String>>;

/// What a name means: a module, an item of a file, both, or nothing that is known here.
#[derive(Clone, Default)]
struct Meaning {
    module: Option<usize>,
    item: Option<Item>,
}

/// An item, by its name and the file that defines it.
#[derive(Clone)]
struct Item {
    name: String,
    file: String,
}

/// The `use` lines that are being followed: one that leads to itself is not followed twice.
type Followed = BTreeSet<(usize, usize)>;

/// Lists all imports between different files of a crate.
pub(in super::super) fn imports(of: &Crate) -> Imports {
    let mut found = Imports::new();
    for (at, module) in of.modules.iter().enumerate().filter(|(_, module)| !module.is_for_tests) {
        let mut add = |item: Option<Item>| {
            if let Some(Item { name, file }) = item.filter(|item| item.file != module.file) {
                found.entry((module.file.clone(), file)).or_default().insert(name);
            }
        };
        for import in &module.uses {
            let meaning = of.meaning(at, &import.path, &mut Followed::new());
            let item = match (&import.name, meaning.module) {
                (None, Some(all)) => of.own(all),
                _ => meaning.item,
            };
            // What a module shows of its own children stays an import of theirs.
            add(item.filter(|item| !import.is_public || !module.has_below(&item.file, at)));
        }
        for path in &module.paths {
            add(of.meaning(at, path, &mut Followed::new()).item);
        }
    }
    found
}

impl Module {
    fn has_below(&self, file: &str, at: usize) -> bool {
        at == 0 || file.starts_with(&folder(&self.file))
    }
}

impl Crate {
    /// Gives what a glob takes from the file of a module itself.
    fn own(&self, module: usize) -> Option<Item> {
        let module = &self.modules[module];
        let has_items = !module.items.is_empty() || !module.made.is_empty();
        has_items.then(|| Item { name: "*".into(), file: module.file.clone() })
    }

    /// Follows a path that a module has.
    fn meaning(&self, from: usize, path: &[String], followed: &mut Followed) -> Meaning {
        let Some((first, mut rest)) = path.split_first() else { return Meaning::default() };
        let mut meaning = match first.as_str() {
            "crate" => Meaning { module: Some(0), item: None },
            "self" => Meaning { module: Some(from), item: None },
            "super" => Meaning { module: self.modules[from].parent, item: None },
            name => name
                .strip_suffix('!')
                .and_then(|name| self.rules(from, name))
                .unwrap_or_else(|| self.lookup(from, name.trim_end_matches('!'), followed)),
        };
        while let Some((name, after)) = rest.split_first() {
            let Some(module) = meaning.module else { break };
            rest = after;
            if name == "super" {
                meaning.module = self.modules[module].parent;
                continue;
            }
            let next = self.lookup(module, name, followed);
            if next.module.is_some() || next.item.is_some() {
                meaning = next;
            } else if meaning.item.is_none() {
                // A macro may have made it.
                let file = self.modules[module].file.clone();
                return Meaning { module: None, item: Some(Item { name: name.clone(), file }) };
            } else {
                break;
            }
        }
        if !rest.is_empty() {
            meaning.module = None;
        }
        meaning
    }

    /// Finds a macro by its bare name: rules are seen by all modules below them.
    fn rules(&self, from: usize, name: &str) -> Option<Meaning> {
        let mut above = std::iter::successors(Some(from), |at| self.modules[*at].parent);
        let at = above.find(|at| self.modules[*at].macros.contains(name))?;
        let item = Item { name: format!("{name}!"), file: self.modules[at].file.clone() };
        Some(Meaning { module: None, item: Some(item) })
    }

    /// Finds what a name means in a module.
    fn lookup(&self, at: usize, name: &str, followed: &mut Followed) -> Meaning {
        let module = &self.modules[at];
        let item = |file: &String| Item { name: name.to_owned(), file: file.clone() };
        let mut meaning =
            Meaning { module: module.children.get(name).copied(), item: module.items.get(name).map(item) };
        for (line, import) in module.uses.iter().enumerate() {
            if import.name.as_deref() == Some(name) && followed.insert((at, line)) {
                let more = self.meaning(at, &import.path, followed);
                followed.remove(&(at, line));
                meaning =
                    Meaning { module: meaning.module.or(more.module), item: meaning.item.or(more.item) };
            }
        }
        for (line, import) in module.uses.iter().enumerate() {
            if meaning.item.is_none() && import.name.is_none() && followed.insert((at, line)) {
                if let Some(from) = self.meaning(at, &import.path, followed).module {
                    let more = self.lookup(from, name, followed);
                    meaning = Meaning { module: meaning.module.or(more.module), item: more.item };
                }
                followed.remove(&(at, line));
            }
        }
        if meaning.module.is_none() && meaning.item.is_none() && module.made.contains(name) {
            meaning.item = Some(item(&module.file));
        }
        meaning
    }
}
