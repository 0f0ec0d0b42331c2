//! A host that did not do as told.

use std::{fmt::Display, io};

/// What was being done, and the system's word.
#[derive(Debug, thiserror::Error)]
#[error("{doing}: {source}")]
pub struct Error {
    /// The act with its object, as in "opening /dev/net/tun".
    pub doing: String,
    /// Why it failed.
    pub source: io::Error,
}

impl Error {
    /// An act that failed.
    pub fn new(doing: impl Display, source: impl Into<io::Error>) -> Self {
        Self { doing: doing.to_string(), source: source.into() }
    }

    /// An act that is refused here, without asking the system.
    pub fn refused(doing: impl Display, why: impl Display) -> Self {
        Self::new(doing, io::Error::other(why.to_string()))
    }

    /// The system's kind of failure.
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }
}

/// Says what was being done when a system call failed.
pub(crate) trait Doing<T> {
    /// `doing` is built only on failure.
    fn doing<D: Display>(self, doing: impl FnOnce() -> D) -> Result<T, Error>;
}

impl<T, E: Into<io::Error>> Doing<T> for Result<T, E> {
    fn doing<D: Display>(self, doing: impl FnOnce() -> D) -> Result<T, Error> {
        self.map_err(|error| Error::new(doing(), error))
    }
}
