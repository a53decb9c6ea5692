//! What went wrong with a project's last releases, and what would stop allclear: data in, findings out.
//!
//! A finding says what is, with ids and dates, and what allclear does about it. It is *past* where nothing can be
//! done any more, and *open* where a person can. Patches are compared only between commits that agree in author
//! date or subject, so that a long history costs no more than a short one.

mod date;
mod finding;
mod line;
mod prerequisites;
mod releases;
mod tags;

#[cfg(test)]
mod tests;

pub use finding::{Evidence, Finding, Part, Weight};
pub use line::Line;
pub use prerequisites::{Prerequisites, Probed, prerequisites};
pub use releases::{Past, Tip, Wanted, releases, tips, wanted};
pub use tags::{RcTag, Release, Tags};
