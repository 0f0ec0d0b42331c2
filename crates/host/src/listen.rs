//! Listening sockets that are made here and passed on: monitors, character devices.

use std::{
    fs, io,
    os::{fd::OwnedFd, unix::fs::PermissionsExt},
    path::Path,
};

use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with,
};

use crate::{Error, error::Doing};

/// A monitor serves one connection; a successor's waits here until the one before is gone.
const BACKLOG: i32 = 16;

/// A listening socket at `path`, of this mode from its first moment on. A stale socket there is replaced; anything
/// else there is not.
///
/// # Errors
/// When the path is too long (107 bytes), in the way of something else, or cannot be made.
pub fn unix(path: &Path, mode: u32) -> Result<OwnedFd, Error> {
    let doing = || format!("listening on {}", path.display());
    let address = SocketAddrUnix::new(path).doing(doing)?;
    match fs::symlink_metadata(path) {
        Ok(found) if std::os::unix::fs::FileTypeExt::is_socket(&found.file_type()) => {
            fs::remove_file(path).doing(doing)?;
        }
        Ok(_) => {
            return Err(Error::new(doing(), io::Error::from(io::ErrorKind::AlreadyExists)));
        }
        Err(_) => {}
    }
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
        .doing(doing)?;
    // A socket's name takes the mode of the descriptor, less the umask: closed first, opened when it is right.
    rustix::fs::fchmod(&socket, rustix::fs::Mode::from_raw_mode(mode)).doing(doing)?;
    bind(&socket, &address).doing(doing)?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).doing(doing)?;
    listen(&socket, BACKLOG).doing(doing)?;
    Ok(socket)
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_stale_socket_is_replaced_and_a_file_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        drop(unix(&path, 0o600).unwrap());
        let _second = unix(&path, 0o600).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::os::unix::net::UnixStream::connect(&path).unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, "precious").unwrap();
        assert_eq!(unix(&path, 0o600).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"precious");
    }
}
