//! A control group for each machine, where there is a cgroup v2 hierarchy that is ours to use.
//!
//! Source: Linux 6.18, `Documentation/admin-guide/cgroup-v2.rst`. Under systemd the tree belongs to systemd, and a
//! part of it only to whom it delegated it; asking systemd for a scope is not done yet, and [`Unavailable`]
//! says so. Without a group a machine runs as well; only its limits cannot be set.

use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io,
    os::fd::{AsRawFd, RawFd},
    path::{Path, PathBuf},
};

use uuid::Uuid;

use crate::{Error, error::Doing};

/// The folder of all machines' groups, in the daemon's own group.
const FOLDER: &str = "stead";

/// Where groups of machines can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hierarchy {
    folder: PathBuf,
}

/// Why machines run in the daemon's own group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unavailable {
    /// No cgroup v2 is mounted.
    NotMounted,
    /// systemd owns the tree and has not delegated our part of it.
    Systemd,
    /// The folder cannot be made; why.
    Refused(String),
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("machines get no cgroup of their own: ")?;
        match self {
            Self::NotMounted => f.write_str("no cgroup v2 hierarchy is mounted"),
            Self::Systemd => f.write_str(
                "systemd has not delegated this service's cgroup (Delegate=yes), and scopes are not supported yet",
            ),
            Self::Refused(why) => f.write_str(why),
        }
    }
}

impl Hierarchy {
    /// The place for machines' groups, made if need be.
    ///
    /// # Errors
    /// Why there is none; not a failure, machines run without.
    pub fn find() -> Result<Self, Unavailable> {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let own = own_folder(&mounts, &own).ok_or(Unavailable::NotMounted)?;
        if Path::new("/run/systemd/system").is_dir() && !delegated(&own) {
            return Err(Unavailable::Systemd);
        }
        let folder = own.join(FOLDER);
        let refused =
            |error: io::Error| Unavailable::Refused(format!("{}: {error}", folder.display()));
        make(&folder).map_err(refused)?;
        // It may be there and be another's.
        let access = rustix::fs::Access::WRITE_OK;
        rustix::fs::access(&folder, access).map_err(|error| refused(error.into()))?;
        Ok(Self { folder })
    }

    /// The group of one machine, made if need be.
    ///
    /// # Errors
    /// The system's.
    pub fn machine(&self, uuid: Uuid) -> Result<Cgroup, Error> {
        let path = self.path(uuid);
        make(&path).doing(|| format!("making {}", path.display()))?;
        let processes = path.join("cgroup.procs");
        let processes = OpenOptions::new()
            .write(true)
            .open(&processes)
            .doing(|| format!("opening {}", processes.display()))?;
        Ok(Cgroup { path, processes })
    }

    /// Removes the group of a machine that has ended. One that is not there is fine.
    ///
    /// # Errors
    /// The system's; the group is busy while a process is in it.
    pub fn remove(&self, uuid: Uuid) -> Result<(), Error> {
        let path = self.path(uuid);
        match fs::remove_dir(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::new(format!("removing {}", path.display()), error))
            }
            _ => Ok(()),
        }
    }

    fn path(&self, uuid: Uuid) -> PathBuf {
        self.folder.join(uuid.hyphenated().to_string())
    }
}

/// The group of one machine.
#[derive(Debug)]
pub struct Cgroup {
    path: PathBuf,
    processes: File,
}

impl Cgroup {
    /// Its folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file that a process joins by.
    pub(crate) fn processes(&self) -> RawFd {
        self.processes.as_raw_fd()
    }
}

fn make(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

/// Our own group in the cgroup v2 hierarchy.
fn own_folder(mounts: &str, own: &str) -> Option<PathBuf> {
    // Fields: id, parent, device, root, mount point, options, any optional ones, "-", file system.
    let mount = mounts.lines().find_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        after.starts_with("cgroup2 ").then(|| before.split(' ').nth(4))?
    })?;
    let own = own.lines().find_map(|line| line.strip_prefix("0::"))?;
    Some(Path::new(mount).join(own.trim_start_matches('/')))
}

/// systemd marks a delegated group by an extended attribute (systemd.resource-control(5), `Delegate=`).
fn delegated(folder: &Path) -> bool {
    ["trusted.delegate", "user.delegate"].iter().any(|name| {
        let mut value = [0_u8; 1];
        rustix::fs::getxattr(folder, *name, &mut value).is_ok_and(|_| value == *b"1")
    })
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn our_group_is_found_in_a_mixed_mount_table() {
        let mounts = "31 25 0:26 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw\n\
                      32 25 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n";
        let own = "4:memory:/x\n0::/system.slice/stead.service\n";
        let expected = Path::new("/sys/fs/cgroup/unified/system.slice/stead.service");
        assert_eq!(own_folder(mounts, own).as_deref(), Some(expected));
        assert_eq!(own_folder("", own), None);
        assert_eq!(own_folder(mounts, "4:memory:/x\n"), None);
    }
}
