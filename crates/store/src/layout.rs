//! Where everything lies.

use std::{
    ffi::OsString,
    fs, io,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use uuid::Uuid;

use crate::Error;

/// Whose machines these are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The host's: `qemu:///system`.
    System,
    /// One user's: `qemu:///session`.
    Session,
    /// Of a root of one's own (`--root`), for tests and embedding.
    Private,
}

/// The five folders of one daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Whose.
    pub scope: Scope,
    /// Documents and configuration.
    pub etc: PathBuf,
    /// What machines keep between runs: variable stores, saved states.
    pub lib: PathBuf,
    /// What lives as long as the host is up: sockets, status. At most about 60 bytes long, so that a
    /// socket's path fits into the 107 that the kernel takes.
    pub run: PathBuf,
    /// Logs.
    pub log: PathBuf,
    /// What can be made again.
    pub cache: PathBuf,
}

/// A session without a home to put anything into.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither HOME nor the XDG folders are set: a session needs a place for its files")]
pub struct NoHome;

impl Layout {
    /// The system daemon's folders.
    pub fn system() -> Self {
        Self {
            scope: Scope::System,
            etc: "/etc/stead".into(),
            lib: "/var/lib/stead".into(),
            run: "/run/stead".into(),
            log: "/var/log/stead".into(),
            cache: "/var/cache/stead".into(),
        }
    }

    /// A user's folders by the XDG base directory specification 0.8, from `variable` (`std::env::var_os`).
    ///
    /// # Errors
    /// When neither `HOME` nor the variable of a folder is set.
    pub fn session(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, NoHome> {
        let absolute =
            |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let home = absolute("HOME");
        let folder = |name: &str, below_home: &str| {
            absolute(name).or_else(|| Some(home.as_ref()?.join(below_home))).ok_or(NoHome)
        };
        let state = folder("XDG_STATE_HOME", ".local/state")?.join("stead");
        let cache = folder("XDG_CACHE_HOME", ".cache")?.join("stead");
        Ok(Self {
            scope: Scope::Session,
            etc: folder("XDG_CONFIG_HOME", ".config")?.join("stead"),
            lib: folder("XDG_DATA_HOME", ".local/share")?.join("stead"),
            run: absolute("XDG_RUNTIME_DIR")
                .map_or_else(|| cache.join("run"), |runtime| runtime.join("stead")),
            log: state.join("log"),
            cache,
        })
    }

    /// All five under `root`.
    pub fn root(root: impl AsRef<Path>) -> Self {
        let root = root.as_ref();
        Self {
            scope: Scope::Private,
            etc: root.join("etc"),
            lib: root.join("lib"),
            run: root.join("run"),
            log: root.join("log"),
            cache: root.join("cache"),
        }
    }

    /// Makes what is missing of the folders. `run` can be entered by all (clients of the read-only socket),
    /// `lib` too (QEMU's user works below it); the others are the daemon's own. A private root that only its owner may
    /// enter (as `mktemp -d` makes it) is opened for passage when root owns it: QEMU, another user, works below it.
    ///
    /// # Errors
    /// The folder that cannot be made.
    pub fn prepare(&self) -> Result<(), Error> {
        let open = if self.scope == Scope::Session { 0o700 } else { 0o755 };
        for (path, mode) in [
            (&self.etc, 0o700),
            (&self.lib, open),
            (&self.run, open),
            (&self.log, 0o700),
            (&self.cache, 0o700),
        ] {
            make_folder(path, mode, open)
                .map_err(|error| Error::new("making folder", path, error))?;
        }
        if let (Scope::Private, Some(root)) = (self.scope, self.run.parent()) {
            allow_passage(root)
                .map_err(|error| Error::new("letting QEMU's user pass", root, error))?;
        }
        Ok(())
    }

    /// The daemon's socket.
    pub fn socket(&self) -> PathBuf {
        self.run.join("libvirt-sock")
    }

    /// The socket of those who only look.
    pub fn socket_read_only(&self) -> PathBuf {
        self.run.join("libvirt-sock-ro")
    }

    /// Held locked for the daemon's life: one daemon a root.
    pub fn lock(&self) -> PathBuf {
        self.run.join("lock")
    }

    /// The documents of domains.
    pub fn domains(&self) -> PathBuf {
        self.etc.join("domains")
    }

    /// What one running machine holds in `run`: its status and sockets.
    pub fn machine(&self, uuid: Uuid) -> PathBuf {
        self.run.join(uuid.hyphenated().to_string())
    }

    /// The listening socket of a machine's monitor.
    pub fn monitor(&self, uuid: Uuid) -> PathBuf {
        self.machine(uuid).join("qmp")
    }

    /// The machine's end of its log while it runs (a named pipe).
    pub fn log_pipe(&self, uuid: Uuid) -> PathBuf {
        self.machine(uuid).join("log")
    }

    /// What a machine keeps between runs.
    pub fn machine_lib(&self, uuid: Uuid) -> PathBuf {
        self.lib.join(uuid.hyphenated().to_string())
    }

    /// A machine's log: its command lines and what QEMU said.
    pub fn machine_log(&self, uuid: Uuid) -> PathBuf {
        self.log.join(format!("{}.log", uuid.hyphenated()))
    }
}

/// Makes a folder, and with mode `above` what is missing above it. One that is there stays as it is.
fn make_folder(path: &Path, mode: u32, above: u32) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(above).create(parent)?;
    }
    match fs::DirBuilder::new().mode(mode).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

/// Adds search permission for all to a folder of root's; others' stay as they are.
fn allow_passage(folder: &Path) -> io::Result<()> {
    let attributes = fs::metadata(folder)?;
    let mode = attributes.permissions().mode() & 0o7777;
    if rustix::process::geteuid().is_root() && attributes.uid() == 0 && mode & 0o011 != 0o011 {
        fs::set_permissions(folder, fs::Permissions::from_mode(mode | 0o011))?;
    }
    Ok(())
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_root_that_is_made_can_be_entered_by_qemu() {
        let above = tempfile::tempdir().unwrap();
        let root = above.path().join("new");
        Layout::root(&root).prepare().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&root) & 0o011, 0o011);
        assert_eq!(mode(&root.join("etc")), 0o700);
        fs::set_permissions(&root, fs::Permissions::from_mode(0o700)).unwrap();
        Layout::root(&root).prepare().unwrap();
        let open = if rustix::process::geteuid().is_root() { 0o711 } else { 0o700 };
        assert_eq!(mode(&root), open);
    }

    #[test]
    fn a_session_follows_the_xdg_folders_and_falls_back_to_home() {
        let layout = Layout::session(|name| match name {
            "HOME" => Some("/home/ada".into()),
            "XDG_RUNTIME_DIR" => Some("/run/user/7".into()),
            "XDG_CACHE_HOME" => Some("relative/is/ignored".into()),
            _ => None,
        })
        .unwrap();
        assert_eq!(layout.run, Path::new("/run/user/7/stead"));
        assert_eq!(layout.etc, Path::new("/home/ada/.config/stead"));
        assert_eq!(layout.cache, Path::new("/home/ada/.cache/stead"));
        assert_eq!(Layout::session(|_| None), Err(NoHome));
    }

    #[test]
    fn the_folders_of_a_root_are_made_once_and_left_alone() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::root(root.path());
        layout.prepare().unwrap();
        layout.prepare().unwrap();
        for path in [&layout.etc, &layout.lib, &layout.run, &layout.log, &layout.cache] {
            assert!(path.is_dir(), "{}", path.display());
        }
    }
}
