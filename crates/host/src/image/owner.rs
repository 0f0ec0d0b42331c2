//! Whose an image is while QEMU uses it, and whose it was before.
//!
//! QEMU runs as a user of its own, which must be able to open what the document names. The owner and mode are changed
//! through a descriptor, on a file that was looked at; what they were is a [`Claim`], which is data: it is
//! written down before the change, and undone from there after stop, crash or failed start, by this daemon or the next.
//! Images that several machines use are changed by the first and put back by the last.

use std::{
    collections::BTreeMap,
    fs::File,
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use rustix::fs::{Gid, Mode, Uid, fchmod, fchown};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Image, Medium};
use crate::{Error, error::Doing, process::Credentials};

/// Owner and mode of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// The twelve bits of the mode.
    pub mode: u32,
}

/// One change of owner and mode, to be undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The path it was opened by.
    pub path: PathBuf,
    /// Device and inode, as [`Image::key`] has them: the path may lead elsewhere by the time it is undone.
    pub key: (u64, u64),
    /// To be put back.
    pub before: Owner,
    /// As QEMU needs it.
    pub after: Owner,
}

impl Claim {
    /// Does it, on the image it was made for.
    ///
    /// # Errors
    /// The system's: a read-only file system, a file system without owners.
    pub fn apply(&self, image: &Image) -> Result<(), Error> {
        set(&image.file, self.after)
            .doing(|| format!("giving image {} to user {}", self.path.display(), self.after.uid))
    }

    /// Puts back what was before, also when it was only half done, if the path still leads to the same image and
    /// nobody has given it to another user since. A file that is gone needs nothing.
    ///
    /// # Errors
    /// The system's.
    pub fn undo(&self) -> Result<(), Error> {
        let doing = || format!("giving image {} back", self.path.display());
        let image = match Image::open(&self.path) {
            Ok(image) => image,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let now = owner_of(&image.file).doing(doing)?;
        if image.key() != self.key || (now.uid, now.gid) != (self.after.uid, self.after.gid) {
            return Ok(());
        }
        set(&image.file, self.before).doing(doing)
    }
}

/// Which machines use which images, and what each image was before the first of them.
///
/// Plain data without I/O; the next daemon builds it again by [`Self::adopt`] from the machines' records.
#[derive(Clone, Debug, Default)]
pub struct Owners {
    used: BTreeMap<(u64, u64), Used>,
}

#[derive(Clone, Debug)]
struct Used {
    claim: Claim,
    /// A machine may use one image twice.
    machines: Vec<Uuid>,
}

impl Owners {
    /// What must be changed so that `credentials` can use the image, and be undone when its last user ends. None: they
    /// can already, and no other machine waits for the image to be given back. Nothing is changed yet.
    ///
    /// # Errors
    /// When the image's owner cannot be read.
    pub fn claim(
        &mut self,
        machine: Uuid,
        image: &Image,
        credentials: &Credentials,
        writes: bool,
    ) -> Result<Option<Claim>, Error> {
        let key = image.key();
        if let Some(used) = self.used.get_mut(&key) {
            used.machines.push(machine);
            let mut claim = used.claim.clone();
            claim.after.mode |= wanted_mode(writes);
            used.claim = claim.clone();
            return Ok(Some(claim));
        }
        let before = owner_of(&image.file)
            .doing(|| format!("reading the owner of {}", image.path.display()))?;
        if allows(before, credentials, writes) {
            return Ok(None);
        }
        let after = Owner {
            uid: credentials.uid,
            gid: match image.medium() {
                Medium::File => credentials.gid,
                // A device node's group says who else may use the device.
                Medium::Block => before.gid,
            },
            mode: before.mode | wanted_mode(writes),
        };
        let claim = Claim { path: image.path.clone(), key, before, after };
        self.used.insert(key, Used { claim: claim.clone(), machines: vec![machine] });
        Ok(Some(claim))
    }

    /// Takes over a claim that an earlier daemon made for a machine that still runs.
    pub fn adopt(&mut self, machine: Uuid, claim: &Claim) {
        let used = self
            .used
            .entry(claim.key)
            .or_insert_with(|| Used { claim: claim.clone(), machines: Vec::new() });
        used.machines.push(machine);
        used.claim.after.mode |= claim.after.mode;
    }

    /// A machine has ended: the claims to undo now. Claims of images that others still use are kept.
    pub fn release(&mut self, machine: Uuid) -> Vec<Claim> {
        let mut free = Vec::new();
        self.used.retain(|_, used| {
            used.machines.retain(|&other| other != machine);
            if used.machines.is_empty() {
                free.push(used.claim.clone());
            }
            !used.machines.is_empty()
        });
        free
    }
}

/// The first folder on the way to `path` that a user cannot enter; none: it can come to it. Symbolic links in
/// the middle are followed as the kernel would.
pub fn unreachable_folder(path: &Path, credentials: &Credentials) -> Option<PathBuf> {
    let real = path.canonicalize().ok()?;
    let folders: Vec<&Path> = real.ancestors().skip(1).collect();
    folders.into_iter().rev().find(|folder| !enters(folder, credentials)).map(Path::to_owned)
}

fn enters(folder: &Path, credentials: &Credentials) -> bool {
    let Ok(found) = folder.metadata() else { return false };
    let owner = Owner { uid: found.uid(), gid: found.gid(), mode: found.mode() & 0o7777 };
    bits(owner, credentials) & 0o1 != 0
}

/// Whether a user may read, or read and write, by owner and mode.
fn allows(owner: Owner, credentials: &Credentials, writes: bool) -> bool {
    let needed = if writes { 0o6 } else { 0o4 };
    credentials.uid == 0 || bits(owner, credentials) & needed == needed
}

/// The three bits that hold for a user.
fn bits(owner: Owner, credentials: &Credentials) -> u32 {
    let shift = if owner.uid == credentials.uid {
        6
    } else if owner.gid == credentials.gid || credentials.groups.contains(&owner.gid) {
        3
    } else {
        0
    };
    owner.mode >> shift & 0o7
}

fn wanted_mode(writes: bool) -> u32 {
    if writes { 0o600 } else { 0o400 }
}

fn owner_of(file: &File) -> io::Result<Owner> {
    let found = file.metadata()?;
    Ok(Owner { uid: found.uid(), gid: found.gid(), mode: found.mode() & 0o7777 })
}

fn set(file: &File, owner: Owner) -> io::Result<()> {
    let now = owner_of(file)?;
    if (now.uid, now.gid) != (owner.uid, owner.gid) {
        fchown(file, Some(Uid::from_raw(owner.uid)), Some(Gid::from_raw(owner.gid)))?;
    }
    // Also after a change of owner, which may have cleared bits.
    if owner_of(file)?.mode != owner.mode {
        fchmod(file, Mode::from_raw_mode(owner.mode))?;
    }
    Ok(())
}

#[cfg(test)]
mod test {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    const ONE: Uuid = Uuid::from_u128(1);
    const TWO: Uuid = Uuid::from_u128(2);

    fn qemu() -> Credentials {
        Credentials { uid: 64_000, gid: 64_001, groups: vec![64_002] }
    }

    fn image(mode: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("disk");
        fs::write(&path, "bytes").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    #[test]
    fn an_image_that_can_be_used_already_is_left_alone() {
        let (_folder, path) = image(0o644);
        let image = Image::open(&path).unwrap();
        let mut owners = Owners::default();
        assert_eq!(owners.claim(ONE, &image, &qemu(), false).unwrap(), None);
        assert!(owners.claim(ONE, &image, &qemu(), true).unwrap().is_some());
    }

    #[test]
    fn the_last_user_gives_a_shared_image_back() {
        let (_folder, path) = image(0o640);
        let image = Image::open(&path).unwrap();
        let mut owners = Owners::default();
        let first = owners.claim(ONE, &image, &qemu(), false).unwrap().unwrap();
        let second = owners.claim(TWO, &image, &qemu(), true).unwrap().unwrap();
        assert_eq!(first.before, second.before);
        assert_eq!(owners.release(ONE), []);
        assert_eq!(owners.release(TWO).as_slice(), std::slice::from_ref(&second));
        assert_eq!(owners.release(TWO), []);

        let mut successor = Owners::default();
        successor.adopt(ONE, &first);
        successor.adopt(TWO, &second);
        assert_eq!(successor.release(TWO), []);
        assert_eq!(successor.release(ONE).len(), 1);
    }

    #[test]
    fn the_folder_that_bars_the_way_is_named() {
        let (folder, path) = image(0o644);
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        assert_eq!(unreachable_folder(&path, &qemu()).as_deref(), Some(folder.path()));
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711)).unwrap();
        assert_eq!(unreachable_folder(&path, &qemu()), None);
    }

    #[test]
    fn owner_and_mode_come_back_exactly_and_only_to_the_same_file() {
        if !rustix::process::geteuid().is_root() {
            println!("skipped: only root can give files away");
            return;
        }
        let (folder, path) = image(0o4600);
        let image = Image::open(&path).unwrap();
        let before = owner_of(image.file()).unwrap();
        let claim = Owners::default().claim(ONE, &image, &qemu(), true).unwrap().unwrap();
        claim.apply(&image).unwrap();
        assert_eq!(owner_of(image.file()).unwrap(), claim.after);
        claim.undo().unwrap();
        assert_eq!(owner_of(image.file()).unwrap(), before);

        claim.apply(&image).unwrap();
        fs::rename(&path, folder.path().join("aside")).unwrap();
        fs::write(&path, "another").unwrap();
        claim.undo().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().uid(), 0, "the other file is left alone");
        fs::remove_file(&path).unwrap();
        claim.undo().unwrap();
    }
}
