//! Who is at the other end of a socket, and whether this daemon serves them.
//!
//! The kernel's word (`SO_PEERCRED`, unix(7)) is taken, never the client's. The read-write socket is
//! for root and for the user that the daemon runs as; the read-only socket is for everybody.

use std::fmt;

/// The process that connected, as the kernel recorded it at that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    /// Its process id, where the kernel says it.
    pub(crate) pid: Option<i32>,
    /// Its effective user id.
    pub(crate) uid: u32,
}

/// What a connection may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Look, but change nothing.
    ReadOnly,
    /// Everything.
    ReadWrite,
}

impl Peer {
    /// Whether a daemon that runs as `owner` serves this peer on a socket with this access.
    pub(crate) fn is_welcome(self, access: Access, owner: u32) -> bool {
        match access {
            Access::ReadOnly => true,
            Access::ReadWrite => self.uid == 0 || self.uid == owner,
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid {
            Some(pid) => write!(f, "user {} (process {pid})", self.uid),
            None => write!(f, "user {}", self.uid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Access, Peer};

    #[test]
    fn only_root_and_the_owner_may_write() {
        let peer = |uid| Peer { pid: Some(1), uid };
        assert!(peer(0).is_welcome(Access::ReadWrite, 1000));
        assert!(peer(1000).is_welcome(Access::ReadWrite, 1000));
        assert!(!peer(1001).is_welcome(Access::ReadWrite, 1000));
        assert!(!peer(1001).is_welcome(Access::ReadWrite, 0));
        assert!(peer(1001).is_welcome(Access::ReadOnly, 0));
    }
}
