//! What the code of a module imports and names.

use std::collections::BTreeSet;
use syn::buffer::{Cursor, TokenBuffer};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, Macro, Meta, UseTree, Visibility};

/// A name that a `use` brings into a module.
pub(super) struct Use {
    /// Its name there; none for a glob.
    pub(super) name: Option<String>,
    pub(super) path: Vec<String>,
    pub(super) is_public: bool,
}

/// Collects the paths that items have inside, and the `use` lines of their blocks.
#[derive(Default)]
pub(super) struct Code {
    pub(super) paths: BTreeSet<Vec<String>>,
    pub(super) uses: Vec<Use>,
    functions: Vec<Function>,
}

/// A function on the way: its variables hide what has their name outside.
#[derive(Default)]
struct Function {
    bound: BTreeSet<String>,
    said: BTreeSet<String>,
}

/// The settings of serde whose value is a path in a string.
const SERDE: &[&str] = &["with", "default", "serialize_with", "deserialize_with", "skip_serializing_if"];

impl Code {
    /// Reads an item, unless it is for tests; tells whether it did.
    pub(super) fn read(&mut self, item: &Item) -> bool {
        let is_read = !is_for_tests(attributes(item));
        if is_read {
            if let Item::Use(import) = item {
                self.uses.extend(uses(import));
            }
            visit::visit_item(self, item);
        }
        is_read
    }

    fn say(&mut self, path: Vec<String>) {
        match (&path[..], self.functions.last_mut()) {
            ([name], Some(function)) if !is_big(name) => {
                function.said.insert(name.clone());
            }
            _ => {
                self.paths.insert(path);
            }
        }
    }

    fn within(&mut self, walk: impl FnOnce(&mut Self)) {
        self.functions.push(Function::default());
        walk(self);
        let Function { bound, said } = self.functions.pop().unwrap_or_default();
        self.paths.extend(said.difference(&bound).map(|name| vec![name.clone()]));
    }

    fn bind(&mut self, name: String) {
        if let Some(function) = self.functions.last_mut() {
            function.bound.insert(name);
        }
    }

    /// Reads tokens that no grammar is known for: each `a::b`, each `Name`, each `name(…)` and `name!(…)`.
    fn tokens(&mut self, mut at: Cursor<'_>, in_serde: bool) {
        let (mut before, mut setting) = ([' '; 2], String::new());
        while !at.eof() {
            if let Some((inside, _, _, rest)) = at.any_group() {
                self.tokens(inside, in_serde);
                (at, before) = (rest, [' '; 2]);
            } else if let Some((first, rest)) = at.ident() {
                let (path, rest) = path(first.to_string(), rest);
                setting.clone_from(&path[0]);
                let is_call = rest.any_group().is_some();
                let is_macro = rest.punct().is_some_and(|(p, rest)| p.as_char() == '!' && !rest.eof());
                let is_part = before == [':', ':'] || before[1] == '$' && path[0] != "crate";
                let is_member = before[1] == '.' && before[0] != '.';
                match &path[..] {
                    _ if is_part => {}
                    [name] if is_macro => self.say(vec![format!("{name}!")]),
                    [name] if is_member || !is_big(name) && !is_call => {}
                    _ => self.say(path),
                }
                (at, before) = (rest, [' '; 2]);
            } else if let Some((mark, rest)) = at.punct() {
                (at, before) = (rest, [before[1], mark.as_char()]);
            } else {
                if in_serde
                    && before[1] == '='
                    && SERDE.contains(&setting.as_str())
                    && let Some((text, _)) = at.literal()
                {
                    let path: Vec<String> =
                        text.to_string().trim_matches('"').split("::").map(str::to_owned).collect();
                    // What `with` names is a module; its functions are taken.
                    self.say([path.clone(), vec!["serialize".into()]].concat());
                    self.say(path);
                }
                let Some((_, rest)) = at.token_tree() else { return };
                (at, before) = (rest, [' '; 2]);
            }
        }
    }
}

impl<'ast> Visit<'ast> for Code {
    fn visit_item(&mut self, item: &'ast Item) {
        self.read(item);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.bind(item.sig.ident.to_string());
        self.within(|code| visit::visit_item_fn(code, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !is_for_tests(&item.attrs) {
            self.within(|code| visit::visit_impl_item_fn(code, item));
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        self.within(|code| visit::visit_trait_item_fn(code, item));
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if !is_for_tests(&local.attrs) {
            visit::visit_local(self, local);
        }
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if !is_for_tests(&field.attrs) {
            visit::visit_field(self, field);
        }
    }

    fn visit_variant(&mut self, variant: &'ast syn::Variant) {
        if !is_for_tests(&variant.attrs) {
            visit::visit_variant(self, variant);
        }
    }

    fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
        let name = pattern.ident.to_string();
        if is_big(&name) {
            self.say(vec![name]);
        } else {
            self.bind(name);
        }
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            self.say(path.segments.iter().map(|part| part.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        let mut path: Vec<String> = call.path.segments.iter().map(|part| part.ident.to_string()).collect();
        if let [name] = &mut path[..] {
            name.push('!');
        }
        self.paths.insert(path);
        self.tokens(TokenBuffer::new2(call.tokens.clone()).begin(), false);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            let in_serde = list.path.is_ident("serde");
            self.tokens(TokenBuffer::new2(list.tokens.clone()).begin(), in_serde);
        }
    }

    fn visit_visibility(&mut self, _: &'ast Visibility) {}
}

/// Tells whether an item is only compiled for tests.
pub(super) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let Meta::List(list) = &attribute.meta else { return attribute.path().is_ident("test") };
        let words = identifiers(TokenBuffer::new2(list.tokens.clone()).begin());
        let has = |word: &str| words.iter().any(|w| w == word);
        list.path.is_ident("cfg")
            && has("test")
            && (words.len() == 1 || has("all") && !has("any") && !has("not"))
    })
}

/// Lists all names that a `use` brings.
fn uses(import: &syn::ItemUse) -> Vec<Use> {
    fn walk(tree: &UseTree, path: &[String], is_public: bool, found: &mut Vec<Use>) {
        let with = |name: &syn::Ident| [path, &[name.to_string()]].concat();
        let mut add = |name: Option<String>, path: Vec<String>| found.push(Use { name, path, is_public });
        match tree {
            UseTree::Path(part) => walk(&part.tree, &with(&part.ident), is_public, found),
            UseTree::Name(part) if part.ident == "self" => add(path.last().cloned(), path.to_vec()),
            UseTree::Name(part) => add(Some(part.ident.to_string()), with(&part.ident)),
            UseTree::Rename(part) if part.ident == "self" => {
                add(Some(part.rename.to_string()), path.to_vec());
            }
            UseTree::Rename(part) => add(Some(part.rename.to_string()), with(&part.ident)),
            UseTree::Glob(_) => add(None, path.to_vec()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| walk(tree, path, is_public, found)),
        }
    }
    let mut found = Vec::new();
    if import.leading_colon.is_none() {
        let is_public = !matches!(import.vis, Visibility::Inherited);
        walk(&import.tree, &[], is_public, &mut found);
    }
    found
}

/// Lists every identifier that a macro is given.
pub(super) fn arguments(call: &Macro) -> Vec<String> {
    identifiers(TokenBuffer::new2(call.tokens.clone()).begin())
}

fn identifiers(mut at: Cursor<'_>) -> Vec<String> {
    let mut found = Vec::new();
    while let Some((_, rest)) = at.token_tree() {
        if let Some((inside, ..)) = at.any_group() {
            found.extend(identifiers(inside));
        }
        found.extend(at.ident().map(|(name, _)| name.to_string()));
        at = rest;
    }
    found
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Verbatim(_) | _ => &[],
    }
}

/// Reads the rest of a path that begins with a name: gives the path, and what follows it.
fn path(first: String, mut at: Cursor<'_>) -> (Vec<String>, Cursor<'_>) {
    fn next(at: Cursor<'_>) -> Option<(String, Cursor<'_>)> {
        let (first, at) = at.punct()?;
        let (second, at) = at.punct()?;
        let (name, at) = at.ident()?;
        ((first.as_char(), second.as_char()) == (':', ':')).then(|| (name.to_string(), at))
    }
    let mut path = vec![first];
    while let Some((name, rest)) = next(at) {
        path.push(name);
        at = rest;
    }
    (path, at)
}

fn is_big(name: &str) -> bool {
    name.starts_with(char::is_uppercase)
}
