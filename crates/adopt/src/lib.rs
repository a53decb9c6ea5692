//! What a team needs to know before a train runs in its repository: what went wrong with the last releases and
//! what would stop allclear ([`doctor`]), and what is left to do ([`to_do`]).
//!
//! Pure, like the rules below it: data in, findings and items out.

pub mod doctor;
pub mod to_do;
