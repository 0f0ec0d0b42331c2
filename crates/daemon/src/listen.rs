//! The sockets that clients connect to: made or inherited, guarded, and never given up.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener as StdListener, UnixStream as StdStream};
use std::path::{Path, PathBuf};

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use tokio::net::UnixListener;

use crate::peer::Access;

/// Connections that wait to be accepted; the kernel caps it at net.core.somaxconn, and a client that finds it full waits.
const BACKLOG: i32 = 16_384;

/// The first descriptor that systemd passes (sd_listen_fds(3)).
const FIRST_INHERITED: i32 = 3;

/// A socket that is listened on.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) socket: UnixListener,
    pub(crate) access: Access,
    /// Where it is, if we made it: removed at the end.
    path: Option<PathBuf>,
}

impl Listener {
    /// Makes a socket at `path`, replacing what a dead daemon left there.
    ///
    /// # Errors
    /// The path cannot be used, or a living daemon listens there (`AddrInUse`).
    pub(crate) fn bind(path: &Path, access: Access) -> io::Result<Self> {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        clear(path)?;
        let socket = rustix::net::socket_with(
            AddressFamily::UNIX,
            SocketType::STREAM,
            SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
            None,
        )?;
        rustix::net::bind(&socket, &SocketAddrUnix::new(path)?)?;
        let mode = match access {
            Access::ReadOnly => 0o777,
            Access::ReadWrite => 0o700,
        };
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
        rustix::net::listen(&socket, BACKLOG)?;
        let socket = UnixListener::from_std(StdListener::from(socket))?;
        Ok(Self { socket, access, path: Some(path.to_owned()) })
    }

    /// Takes over a listening socket that somebody else made; its name tells whether it is the read-only one.
    fn inherit(socket: OwnedFd) -> io::Result<Self> {
        let socket = StdListener::from(socket);
        socket.set_nonblocking(true)?;
        let is_read_only = socket
            .local_addr()?
            .as_pathname()
            .and_then(Path::file_name)
            .is_some_and(|name| name.as_encoded_bytes().ends_with(b"-ro"));
        let access = if is_read_only { Access::ReadOnly } else { Access::ReadWrite };
        Ok(Self { socket: UnixListener::from_std(socket)?, access, path: None })
    }

    /// Whether this socket is at `path`.
    pub(crate) fn is_at(&self, path: &Path) -> bool {
        self.socket.local_addr().is_ok_and(|address| address.as_pathname() == Some(path))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // Best effort: the next daemon replaces a socket that nobody listens on.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// The sockets that systemd passed to this process, if it did (sd_listen_fds(3)).
///
/// # Errors
/// What was passed is not a listening unix socket.
pub(crate) fn inherited() -> io::Result<Vec<Listener>> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<i32>().ok());
    if number("LISTEN_PID") != i32::try_from(std::process::id()).ok() {
        return Ok(Vec::new());
    }
    let count = number("LISTEN_FDS").unwrap_or(0).clamp(0, 16);
    let own = rustix::process::pidfd_open(
        rustix::process::getpid(),
        rustix::process::PidfdFlags::empty(),
    )?;
    (FIRST_INHERITED..FIRST_INHERITED.saturating_add(count))
        .map(|descriptor| {
            let flags = rustix::process::PidfdGetfdFlags::empty();
            Listener::inherit(rustix::process::pidfd_getfd(&own, descriptor, flags)?)
        })
        .collect()
}

/// Whether a daemon listens at `path`.
pub(crate) fn is_alive(path: &Path) -> bool {
    StdStream::connect(path).is_ok()
}

/// Removes a socket that nobody listens on.
fn clear(path: &Path) -> io::Result<()> {
    let Ok(found) = std::fs::symlink_metadata(path) else { return Ok(()) };
    if !found.file_type().is_socket() {
        let message = format!("'{}' exists and is not a socket", path.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, message));
    }
    if is_alive(path) {
        let message = format!("another daemon listens on '{}'", path.display());
        return Err(io::Error::new(io::ErrorKind::AddrInUse, message));
    }
    std::fs::remove_file(path)
}

/// Raises the limit of open files to what the kernel allows this process; returns it.
pub(crate) fn raise_open_files() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if setrlimit(Resource::Nofile, wanted).is_err() {
        return limit.current.unwrap_or(1024);
    }
    limit.maximum.unwrap_or(1 << 20)
}

#[cfg(test)]
mod tests {
    use super::Listener;
    use crate::peer::Access;

    #[tokio::test]
    async fn a_dead_socket_is_replaced_and_a_living_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run/libvirt-sock");
        let first = Listener::bind(&path, Access::ReadWrite).unwrap();
        let second = Listener::bind(&path, Access::ReadWrite).unwrap_err();
        assert_eq!(second.kind(), std::io::ErrorKind::AddrInUse);
        drop(first);
        assert!(!path.exists());
        // A socket file whose daemon was killed.
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let third = Listener::bind(&path, Access::ReadWrite).unwrap();
        assert!(third.is_at(&path));
    }

    #[tokio::test]
    async fn a_plain_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("libvirt-sock");
        std::fs::write(&path, "precious").unwrap();
        assert!(Listener::bind(&path, Access::ReadOnly).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    }
}
