//! Rivals, attackers, crashes, and servers that refuse.

mod crowd;
mod hostile;
mod killed;
mod kills;
mod server;
mod store;
