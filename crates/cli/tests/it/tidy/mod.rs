//! The house rules that a machine can check.

mod circles;
mod crates;
mod documents;
mod floors;
mod glossary;
mod imports;
mod left_overs;
mod size;
mod workspace;
