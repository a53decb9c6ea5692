//! What keeps a check from being recorded, or an experiment from being made.

use crate::Fault;
use allclear_core::types::text::{list, short};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvidenceRefusal {
    NoResult,
    BadCheckName,
    BadCheckUrl,
    NotContained(String),
    NoDownstreams,
    NoneHasTheName { known: Vec<String> },
    Stopped,
    NothingToTest,
    NoBaseline,
    NotReproducible { name: String, why: String },
    NotFound { name: String, why: String },
    NoSuchDownstream(String),
}

impl From<&EvidenceRefusal> for Fault {
    fn from(refusal: &EvidenceRefusal) -> Self {
        use EvidenceRefusal as R;
        match refusal {
            R::NoResult => Self::usage("there is no result to record"),
            R::BadCheckName => {
                Self::usage("a check's name has 1 to 100 characters, none of them a control character")
            }
            R::BadCheckUrl => {
                Self::usage("the URL is longer than 2000 characters or has control characters in it")
            }
            R::NotContained(why) => {
                Self::try_later(format!("no downstream can be tested on this machine: {why}"))
            }
            R::NoDownstreams => Self::usage("the policy declares no downstream").hint(
                "declare [[downstream]] in allclear.toml, or test one now: allclear test --downstream URL",
            ),
            R::NoneHasTheName { known } => {
                Self::usage("no downstream has such a name").hint(format!("there are {}", list(known)))
            }
            R::Stopped => Self::try_later("stopped")
                .truth("nothing was recorded; what was found so far is kept on this machine")
                .hint("the same command continues from there"),
            R::NothingToTest => Self::usage("there is no open candidate to test")
                .hint("allclear test COMMIT tests any commit; allclear cut starts a candidate"),
            R::NoBaseline => Self::usage("there is no release before it to compare with"),
            R::NotReproducible { name, why } => {
                Self::try_later(format!("{} cannot be reproduced: {why}", short(name, 60)))
            }
            R::NotFound { name, why } => {
                Self::try_later(format!("{} cannot be found: {why}", short(name, 60)))
            }
            R::NoSuchDownstream(name) => Self::usage(format!("there is no downstream {}", short(name, 60)))
                .hint("allclear test names all of them"),
        }
    }
}
