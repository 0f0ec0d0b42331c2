//! A disk that did not do as told.

use std::{
    io,
    path::{Path, PathBuf},
};

/// What failed, on which path, and why.
#[derive(Debug, thiserror::Error)]
#[error("{doing} {}: {source}", path.display())]
pub struct Error {
    /// The act, as in "writing".
    pub doing: &'static str,
    /// On what.
    pub path: PathBuf,
    /// The system's word.
    pub source: io::Error,
}

impl Error {
    pub(crate) fn new(doing: &'static str, path: &Path, source: impl Into<io::Error>) -> Self {
        Self { doing, path: path.into(), source: source.into() }
    }

    /// Whether the disk, or the user's part of it, is full.
    pub fn is_full(&self) -> bool {
        matches!(self.source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    }

    /// The same for another waiter: `io::Error` cannot be cloned.
    pub(crate) fn again(&self) -> Self {
        let source = match self.source.raw_os_error() {
            Some(code) => io::Error::from_raw_os_error(code),
            None => io::Error::new(self.source.kind(), self.source.to_string()),
        };
        Self { doing: self.doing, path: self.path.clone(), source }
    }
}
