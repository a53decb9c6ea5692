//! When enough was tried: the sequential rule over pairs of attempts.
