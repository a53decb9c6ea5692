//! The rules, tried from outside: an exhaustive model of the promotion, properties, golden entries,
//! and a table for each gate.

mod model;
