//! The demo's guest: the kernel and the initramfs that scripts/guest has made.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// The two files.
#[derive(Clone, Debug)]
pub(super) struct Guest {
    pub(super) kernel: PathBuf,
    pub(super) initrd: PathBuf,
}

impl Guest {
    /// The guest in the named folder, or where scripts/guest puts it.
    pub(super) fn find(named: Option<&Path>) -> Result<Self, String> {
        let folder = named.map_or_else(usual_folder, Path::to_owned);
        let guest = Self::of(&folder);
        if guest.kernel.is_file() && guest.initrd.is_file() {
            return Ok(guest);
        }
        Err(format!(
            "there is no guest in '{}'; scripts/guest makes it (or --guest DIR names another)",
            folder.display()
        ))
    }

    fn of(folder: &Path) -> Self {
        Self { kernel: folder.join("vmlinuz"), initrd: folder.join("initrd") }
    }

    /// A copy that QEMU's account can read, wherever the original lies.
    pub(super) fn copied_to(&self, folder: &Path) -> Result<Self, String> {
        let copy = Self::of(folder);
        fs::create_dir_all(folder)
            .and_then(|()| fs::set_permissions(folder, fs::Permissions::from_mode(0o755)))
            .map_err(|error| format!("'{}': {error}", folder.display()))?;
        for (from, to) in [(&self.kernel, &copy.kernel), (&self.initrd, &copy.initrd)] {
            fs::copy(from, to)
                .and_then(|_| fs::set_permissions(to, fs::Permissions::from_mode(0o644)))
                .map_err(|error| format!("copying '{}': {error}", from.display()))?;
        }
        Ok(copy)
    }
}

fn usual_folder() -> PathBuf {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(folder) = variable("STEAD_GUEST") {
        return folder.into();
    }
    let cache = variable("XDG_CACHE_HOME").map_or_else(
        || PathBuf::from(variable("HOME").unwrap_or_else(|| "/tmp".into())).join(".cache"),
        PathBuf::from,
    );
    cache.join("stead/guest")
}
