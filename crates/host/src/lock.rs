//! One daemon a root: a lock that is held for the daemon's life and goes with it, however it ends.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use crate::{Error, error::Doing};

/// The lock, held until dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why the lock cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another daemon holds it.
    #[error("another daemon serves this root ({}{})", path.display(), holder(*pid))]
    Held {
        /// The lock's file.
        path: PathBuf,
        /// Who holds it, if that one said so.
        pid: Option<u32>,
    },
    /// The system refused.
    #[error(transparent)]
    Host(#[from] Error),
}

fn holder(pid: Option<u32>) -> String {
    pid.map(|pid| format!(", process {pid}")).unwrap_or_default()
}

impl Lock {
    /// Takes the lock at once, or says who has it. The file stays when the lock goes.
    ///
    /// # Errors
    /// When another process holds it.
    pub fn take(path: &Path) -> Result<Self, LockError> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .doing(|| format!("opening {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // Who it is, is a courtesy.
                let _ = file.read_to_string(&mut text);
                return Err(LockError::Held { path: path.into(), pid: text.trim().parse().ok() });
            }
            Err(TryLockError::Error(error)) => {
                return Err(Error::new(format!("locking {}", path.display()), error).into());
            }
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .doing(|| format!("writing {}", path.display()))?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn the_second_is_told_who_was_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let first = Lock::take(&path).unwrap();
        match Lock::take(&path) {
            Err(LockError::Held { pid, .. }) => assert_eq!(pid, Some(std::process::id())),
            other => panic!("{other:?}"),
        }
        drop(first);
        Lock::take(&path).unwrap();
    }
}
