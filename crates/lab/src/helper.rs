//! The lab's helper, which allclear has as a hidden verb: what the lab starts inside a sandbox is this very program.

use crate::ecosystem::go::build_cache as gocache;
use crate::sandbox;
use std::ffi::OsString;
use std::process::ExitCode;

/// Serves the request on standard input and responds on standard output; or, with `gocache DIR` among `words`, is the
/// go command's build cache.
pub fn main(words: &[OsString]) -> ExitCode {
    if let [word, shared] = words
        && word == gocache::WORD
    {
        return gocache::serve(shared.as_ref());
    }
    sandbox::helper::serve()
}
