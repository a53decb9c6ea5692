//! The rules, tried from outside: an exhaustive model of the promotion, properties, golden entries,
//! and a table for each gate.

#[cfg(test)]
mod after;
#[cfg(test)]
mod downstream;
#[cfg(test)]
mod gates;
#[cfg(test)]
mod hotfix;
#[cfg(test)]
mod make;
#[cfg(test)]
mod model;
#[cfg(test)]
mod notices;
#[cfg(test)]
mod promotion;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod record;
#[cfg(test)]
mod set_aside;
#[cfg(test)]
mod signatures;
