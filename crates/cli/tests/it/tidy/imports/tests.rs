//! The reader of imports is tried on small crates: it sees circles where there are some, and only there.

use super::{Crate, Files, circles, imports};

/// Reads a crate from its files.
fn read(files: &[(&str, &str)]) -> Files {
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

/// Lists the imports of a crate as `a -> b (names)`.
fn told(files: &[(&str, &str)]) -> Vec<String> {
    let imports = imports(&Crate::read(&read(files), "lib.rs"));
    let tell = imports.into_iter().map(|((from, to), names)| {
        format!("{from} -> {to} ({})", names.into_iter().collect::<Vec<_>>().join(", "))
    });
    tell.collect()
}

/// Lists the circles of a crate.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    circles(&imports(&Crate::read(&read(files), "lib.rs")))
}

const NONE: [&str; 0] = [];

#[test]
fn a_crate_without_a_circle() {
    let files = [
        ("lib.rs", "mod low; mod high;"),
        ("low.rs", "pub struct Low;"),
        ("high.rs", "use crate::low::Low; pub fn high(_: Low) {}"),
    ];
    assert_eq!(told(&files), ["high.rs -> low.rs (Low)"]);
    assert_eq!(found(&files), NONE);
}

#[test]
fn a_circle_of_two_is_told_with_its_names() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b::{B, other}; pub struct A(B); pub fn a() { other() }"),
        ("b.rs", "pub struct B; pub fn other() { let _ = crate::a::a(); }"),
    ];
    assert_eq!(found(&files), ["a.rs -> b.rs (B, other) -> a.rs (a)"]);
}

#[test]
fn a_circle_of_three_and_one_of_two_are_both_told() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "pub struct A; fn f(_: super::b::B) {}"),
        ("b.rs", "pub struct B; fn f(_: super::c::C, _: super::d::D) {}"),
        ("c.rs", "pub struct C; fn f(_: super::a::A, _: super::d::D) {}"),
        ("d.rs", "pub struct D; fn f(_: super::c::C) {}"),
    ];
    let expected = [
        "c.rs -> d.rs (D) -> c.rs (C)",
        "a.rs -> b.rs (B) -> c.rs (C) -> a.rs (A)",
        "d.rs -> c.rs (C) -> a.rs (A) -> b.rs (B) -> d.rs (D)",
    ];
    assert_eq!(found(&files), expected);
}

#[test]
fn a_child_that_imports_from_its_mod_rs_is_in_a_circle_when_that_calls_it() {
    let child = ("x/child.rs", "use super::Shared; pub fn call(_: Shared) {}");
    let calling = "mod child; pub struct Shared; pub fn go() { child::call(Shared) }";
    let files = [("lib.rs", "mod x;"), ("x/mod.rs", calling), child];
    assert_eq!(found(&files), ["x/child.rs -> x/mod.rs (Shared) -> x/child.rs (call)"]);
    let showing = "mod child; pub use child::call; pub struct Shared;";
    assert_eq!(found(&[("lib.rs", "mod x;"), ("x/mod.rs", showing), child]), NONE);
    let using_what_it_shows = "mod child; pub use child::call; pub struct Shared; fn go() { call(Shared) }";
    let files = [("lib.rs", "mod x;"), ("x/mod.rs", using_what_it_shows), child];
    assert_eq!(found(&files), ["x/child.rs -> x/mod.rs (Shared) -> x/child.rs (call)"]);
    // A folder may as well lie beside the file of its name.
    let files = [("lib.rs", "mod x;"), ("x.rs", calling), child];
    assert_eq!(found(&files), ["x.rs -> x/child.rs (call) -> x.rs (Shared)"]);
}

#[test]
fn an_import_through_a_re_export_leads_to_the_file_that_defines() {
    let files = [
        ("lib.rs", "mod x; mod y; pub use x::Deep as Shown;"),
        (
            "x/mod.rs",
            "mod deep; mod more; pub use self::deep::*; pub use more::Other; fn f(_: crate::y::Y) {}",
        ),
        ("x/deep.rs", "pub struct Deep; pub enum Kind { One }"),
        ("x/more.rs", "use super::Kind; pub struct Other;"),
        ("y.rs", "use crate::Shown; use crate::x::{Kind::{self, One}, Other as Another}; pub struct Y;"),
    ];
    let expected = [
        "x/mod.rs -> y.rs (Y)",
        "x/more.rs -> x/deep.rs (Kind)",
        "y.rs -> x/deep.rs (Deep, Kind)",
        "y.rs -> x/more.rs (Other)",
    ];
    assert_eq!(told(&files), expected);
}

#[test]
fn a_re_export_of_what_is_elsewhere_is_an_import() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "pub use crate::b::B; pub struct A;"),
        ("b.rs", "pub struct B; fn f(_: crate::a::A) {}"),
    ];
    assert_eq!(found(&files), ["a.rs -> b.rs (B) -> a.rs (A)"]);
}

#[test]
fn what_is_for_tests_does_not_count() {
    let files = [
        ("lib.rs", "mod a; mod b; #[cfg(test)] mod help;"),
        (
            "a.rs",
            "pub struct A; #[cfg(test)] mod tests { use super::*; use crate::b::B; } #[cfg(test)] mod more;",
        ),
        ("a/more.rs", "use crate::b::B;"),
        ("b.rs", "use crate::a::A; #[cfg(all(test, unix))] use crate::help::help; pub struct B;"),
        ("help.rs", "use crate::b::B; pub fn help() {}"),
    ];
    assert_eq!(told(&files), ["b.rs -> a.rs (A)"]);
    assert_eq!(Crate::read(&read(&files), "lib.rs").files().len(), files.len());
    let methods = "pub struct A; impl A { #[cfg(test)] fn f(_: crate::b::B) {} fn g() {} }";
    let files = [("lib.rs", "mod a; mod b;"), ("a.rs", methods), ("b.rs", "pub struct B(crate::a::A);")];
    assert_eq!(told(&files), ["b.rs -> a.rs (A)"]);
    for condition in ["not(test)", "any(test, unix)", "all(unix, not(test))", "unix"] {
        let a = format!("pub struct A; #[cfg({condition})] fn f(_: crate::b::B) {{}}");
        let files = [("lib.rs", "mod a; mod b;"), ("a.rs", &a), ("b.rs", "pub struct B(crate::a::A);")];
        assert_eq!(found(&files), ["a.rs -> b.rs (B) -> a.rs (A)"], "{condition}");
    }
}

#[test]
fn paths_are_seen_wherever_they_stand() {
    let b = (
        "b.rs",
        "pub struct B; pub trait T {} pub fn b() {} pub mod m { pub fn n() {} } pub const C: u8 = 1;",
    );
    for text in [
        "fn f() { super::b::b() }",
        "fn f(_: Vec<Option<super::b::B>>) {}",
        "fn f(_: &dyn super::b::T) {}",
        "fn f() -> impl super::b::T {}",
        "fn f<X: crate::b::T>(x: X) {}",
        "struct S; impl crate::b::T for S {}",
        "fn f() { let x = <crate::b::B as Clone>::clone; }",
        "fn f() { println!(\"{}\", crate::b::b()) }",
        "fn f() { assert!(matches!(x, Some(super::b::B { .. })), \"why\"); }",
        "fn f() { match x { crate::b::C => {} _ => {} } }",
        "fn f() { use crate::b::b; b() }",
        "fn f() { use super::b; b::m::n() }",
        "use super::b; fn f() { b::m::n() }",
        "use super::b::m; fn f() { m::n() }",
        "use crate::b as c; fn f() { c::b() }",
        "use crate::b::{self}; fn f() { vec![b::B] }",
        "use crate::b::{b as c}; fn f() { c() }",
        "use crate::b::T as _;",
        "pub(crate) use crate::b::B;",
        "use crate::b::*; fn f() {}",
        "mod inner { fn f() { super::super::b::b() } }",
        "#[arg(value_parser = crate::b::b)] struct S;",
        "#[serde(with = \"crate::b\")] struct S;",
        "struct S { #[serde(default = \"super::b::b\")] x: u8 }",
        "macro_rules! x { () => { $crate::b::b() } }",
        "thread_local! { static X: u8 = crate::b::b(); }",
        "const X: u8 = crate::b::C;",
        "static X: &[fn()] = &[crate::b::b];",
        "struct S(u8); impl S { fn f(&self) { self.0.then(super::b::b) } }",
        "enum E { One(super::b::B) }",
        "type X = super::b::B;",
    ] {
        let told = told(&[("lib.rs", "mod a; mod b;"), ("a.rs", text), b]);
        assert_eq!(told.len(), 1, "{text}: {told:?}");
        assert!(told[0].starts_with("a.rs -> b.rs ("), "{text}: {told:?}");
    }
}

#[test]
fn what_only_looks_like_an_import_is_none() {
    let root = "mod a; mod b; pub use b::{B, bee, tag};";
    let b = ("b.rs", "pub struct B; pub fn bee() {} pub fn tag() {} pub fn decoded() {}");
    for text in [
        "use ::b::B;",
        "use std::collections::BTreeMap; fn f() { std::fs::read(x) }",
        "use super::b;",
        "use super::b; use std::fmt::{self, Display as B}; fn f(_: B) {}",
        "/// See [`crate::b::B`]. \n fn f() { /* crate::b::bee() */ let x = \"crate::b::bee()\"; }",
        "pub(in crate::b) fn f() {}",
        "use super::*; fn f(bee: u8) -> u8 { bee }",
        "use super::*; fn f(x: S) -> u8 { x.bee + x.tag() + g!(x.tag(), bee) }",
        "use super::*; #[serde(tag = \"bee\", rename = \"bee\")] struct S { bee: u8 }",
        "use super::*; fn bee() {} fn f() { bee() }",
    ] {
        let told = told(&[("lib.rs", root), ("a.rs", text), b]);
        assert_eq!(told, NONE, "{text}");
    }
}

#[test]
fn globs_lead_to_what_is_used_through_them() {
    let files = [
        ("lib.rs", "mod x; mod y; mod z;"),
        ("x/mod.rs", "mod one; mod two; pub use one::One; pub use two::*;"),
        ("x/one.rs", "pub struct One;"),
        ("x/two.rs", "pub fn two() {}"),
        ("y.rs", "use crate::x::*; pub struct Y; fn f() { two() }"),
        ("z.rs", "use crate::y::*; fn f(_: Y) -> One {}"),
    ];
    let expected = ["y.rs -> x/two.rs (two)", "z.rs -> x/one.rs (One)", "z.rs -> y.rs (*, Y)"];
    assert_eq!(told(&files), expected);
}

#[test]
fn what_macros_make_and_macros_themselves_are_followed() {
    let files = [
        ("lib.rs", "#[macro_use] mod rules; mod ids; mod user;"),
        ("rules.rs", "macro_rules! id { ($x:ident) => { pub struct $x; } } pub(crate) use id;"),
        ("ids.rs", "use crate::rules::id; id!(CommitId); id!(TreeId);"),
        ("user.rs", "use crate::ids::*; use crate::ids::TreeId; fn f(_: CommitId) {}"),
    ];
    assert_eq!(told(&files), ["ids.rs -> rules.rs (id)", "user.rs -> ids.rs (*, CommitId, TreeId)"]);
    let files = [
        ("lib.rs", "mod x;"),
        ("x/mod.rs", "macro_rules! say { () => {} } mod child; fn f() { child::g() }"),
        ("x/child.rs", "pub fn g() { say!() }"),
    ];
    assert_eq!(found(&files), ["x/child.rs -> x/mod.rs (say!) -> x/child.rs (g)"]);
}

#[test]
fn a_module_and_a_function_of_one_name_are_told_apart() {
    let files = [
        ("lib.rs", "mod x; mod y;"),
        ("x/mod.rs", "mod cut; mod wish; pub use cut::cut; pub use wish::Wish;"),
        ("x/cut.rs", "use super::Wish; pub fn cut(_: Wish) {}"),
        ("x/wish.rs", "pub struct Wish;"),
        ("y.rs", "use crate::x::cut; fn f() { cut() }"),
    ];
    assert_eq!(told(&files), ["x/cut.rs -> x/wish.rs (Wish)", "y.rs -> x/cut.rs (cut)"]);
}

#[test]
#[should_panic(expected = "lib.rs declares gone, and there is no file")]
fn a_module_without_a_file_is_a_mistake() {
    found(&[("lib.rs", "mod gone;")]);
}
