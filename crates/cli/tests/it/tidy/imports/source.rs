//! A crate as its files declare it: the tree of its modules, with what each defines, imports and names.

use super::code::{Code, Use, arguments, is_for_tests};
use std::collections::{BTreeMap, BTreeSet};
use syn::{Ident, Item};

/// Files below `src`, by their path with `/`, and their text.
pub(in super::super) type Files = BTreeMap<String, String>;

/// A crate; the first module is its root.
pub(in super::super) struct Crate {
    pub(super) modules: Vec<Module>,
}

/// A module: a file, or a part of one.
#[derive(Default)]
pub(super) struct Module {
    pub(super) file: String,
    pub(super) parent: Option<usize>,
    pub(super) is_for_tests: bool,
    pub(super) children: BTreeMap<String, usize>,
    /// What it defines, and the file that does.
    pub(super) items: BTreeMap<String, String>,
    pub(super) macros: BTreeSet<String>,
    /// Every identifier that a macro between its items was given: one of them may be an item's name.
    pub(super) made: BTreeSet<String>,
    pub(super) uses: Vec<Use>,
    pub(super) paths: BTreeSet<Vec<String>>,
}

impl Crate {
    /// Reads a crate from its root: `lib.rs`, `main.rs` or a file in `bin`.
    pub(in super::super) fn read(files: &Files, root: &str) -> Self {
        let mut made = Self { modules: Vec::new() };
        made.file(files, root, None, false);
        made
    }

    /// Names every file that belongs to the crate, those with tests too.
    pub(in super::super) fn files(&self) -> BTreeSet<&str> {
        self.modules.iter().map(|module| module.file.as_str()).collect()
    }

    fn file(&mut self, files: &Files, path: &str, parent: Option<usize>, is_for_tests: bool) -> usize {
        let text = &files[path];
        let parsed = syn::parse_file(text).unwrap_or_else(|e| panic!("{path}: {e}"));
        let module = Module { file: path.into(), parent, is_for_tests, ..Module::default() };
        let folder = if parent.is_none() { folder_of(path) } else { folder(path) };
        self.module(files, module, &parsed.items, &folder)
    }

    fn module(&mut self, files: &Files, mut module: Module, items: &[Item], folder: &str) -> usize {
        let at = self.modules.len();
        let mut code = Code::default();
        let mut declared = Vec::new();
        for item in items {
            if let Item::Mod(child) = item {
                declared.push(child);
            } else if code.read(item) {
                let name = if let Item::Macro(call) = item {
                    let made = if call.ident.is_none() { arguments(&call.mac) } else { Vec::new() };
                    module.made.extend(made);
                    module.macros.extend(call.ident.iter().map(ToString::to_string));
                    call.ident.as_ref()
                } else {
                    name(item)
                };
                module.items.extend(name.map(|name| (name.to_string(), module.file.clone())));
            }
        }
        (module.uses, module.paths) = (code.uses, code.paths);
        let (file, is_for_tests_itself) = (module.file.clone(), module.is_for_tests);
        self.modules.push(module);
        for child in declared {
            let name = child.ident.to_string();
            let is_for_tests = is_for_tests_itself || is_for_tests(&child.attrs);
            let made = if let Some((_, items)) = &child.content {
                let module =
                    Module { file: file.clone(), parent: Some(at), is_for_tests, ..Module::default() };
                self.module(files, module, items, &format!("{folder}{name}/"))
            } else {
                let places = [format!("{folder}{name}.rs"), format!("{folder}{name}/mod.rs")];
                let path = places.iter().find(|path| files.contains_key(*path));
                let path = path.unwrap_or_else(|| panic!("{file} declares {name}, and there is no file"));
                self.file(files, path, Some(at), is_for_tests)
            };
            self.modules[at].children.insert(name, made);
        }
        at
    }
}

/// Gives the folder of a module's children, with `/` at its end.
pub(super) fn folder(path: &str) -> String {
    let folder = path.strip_suffix("/mod.rs").or(path.strip_suffix(".rs")).unwrap_or(path);
    format!("{folder}/")
}

/// Gives the folder that a file lies in, with `/` at its end; nothing for the top.
fn folder_of(path: &str) -> String {
    path.rsplit_once('/').map_or_else(String::new, |(folder, _)| format!("{folder}/"))
}

/// Gives the name that an item brings into its module.
fn name(item: &Item) -> Option<&Ident> {
    match item {
        Item::Const(item) => Some(&item.ident),
        Item::Enum(item) => Some(&item.ident),
        Item::Fn(item) => Some(&item.sig.ident),
        Item::Static(item) => Some(&item.ident),
        Item::Struct(item) => Some(&item.ident),
        Item::Trait(item) => Some(&item.ident),
        Item::TraitAlias(item) => Some(&item.ident),
        Item::Type(item) => Some(&item.ident),
        Item::Union(item) => Some(&item.ident),
        Item::Verbatim(_) | _ => None,
    }
}
