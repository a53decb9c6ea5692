//! What cannot be answered.

use super::words::versions;
use crate::Fault;
use allclear_core::Version;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadRefusal {
    NoDevelop,
    // The newest releases, the newest first.
    NoSuchVersion { version: Version, newest: Vec<Version> },
    NothingToVerify,
}

impl From<&ReadRefusal> for Fault {
    fn from(refusal: &ReadRefusal) -> Self {
        match refusal {
            ReadRefusal::NoDevelop => Self::usage("there is no develop branch on the server")
                .hint("push it, or name the right one in allclear.toml (branches)"),
            ReadRefusal::NoSuchVersion { version, newest } => {
                let fault = Self::usage(format!("{version} is neither a candidate nor a release"));
                if newest.is_empty() {
                    fault.hint("nothing is released yet; allclear changelog shows what is on develop")
                } else {
                    fault.hint(format!("the newest releases are {}", versions(newest)))
                }
            }
            ReadRefusal::NothingToVerify => {
                Self::usage("this project has no ledger yet: there is nothing to verify")
                    .hint("allclear cut --yes starts it")
            }
        }
    }
}
