//! Whose an image is while QEMU uses it, and whose it was before.
//!
//! QEMU runs as a user of its own, which must be able to open what the document names. The owner and mode are changed
//! through a descriptor, on a file that was looked at; what they were is a [`Claim`], which is data: it is
//! written down before the change, and undone from there after stop, crash or failed start, by this daemon or the next.
//! Images that several machines use are changed by the first and put back by the last. What an image was before is also
//! noted on the image itself, in an extended attribute, for the day when all records are lost with `/run`.

use std::{
    collections::BTreeMap,
    fs::File,
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use rustix::fs::{
    FileType, Gid, Mode, Uid, XattrFlags, fchmod, fchown, fgetxattr, fremovexattr, fsetxattr,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Image, Medium};
use crate::{Error, error::Doing, process::Credentials};

/// Holds [`Owner`] as three numbers; only root reads and writes it.
const ATTRIBUTE: &str = "trusted.stead.owner";

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
        note(&image.file, self.before);
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
        if image.key() != self.key {
            return Ok(());
        }
        let now = owner_of(&image.file).doing(doing)?;
        if (now.uid, now.gid) == (self.after.uid, self.after.gid) {
            set(&image.file, self.before).doing(doing)?;
        }
        // Absent where the file system has no such attributes.
        let _ = fremovexattr(&image.file, ATTRIBUTE);
        Ok(())
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
        let now = owner_of(&image.file)
            .doing(|| format!("reading the owner of {}", image.path.display()))?;
        // Lent before the host went down, and never given back: then the note says whose it really is.
        let noted = noted(&image.file).filter(|_| now.uid == credentials.uid);
        if noted.is_none() && allows(now, credentials, writes) {
            return Ok(None);
        }
        let before = noted.unwrap_or(now);
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

    /// Finds the claims of a machine that runs but of which no record tells: by what its process holds open, and by
    /// the notes on those images.
    pub fn recover(&mut self, machine: Uuid, pid: u32, credentials: &Credentials) -> Vec<Claim> {
        let mut found: Vec<Claim> = Vec::new();
        for image in opened_by(pid) {
            let key = image.key();
            if found.iter().any(|claim| claim.key == key) {
                continue;
            }
            let Ok(after) = owner_of(&image.file) else { continue };
            let before = noted(&image.file).filter(|_| after.uid == credentials.uid);
            if let Some(before) = before {
                let claim = Claim { path: image.path.clone(), key, before, after };
                self.adopt(machine, &claim);
                found.push(claim);
            }
        }
        found
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

/// The images that a process holds open, as far as their paths still lead to them.
fn opened_by(pid: u32) -> Vec<Image> {
    let folder = PathBuf::from(format!("/proc/{pid}/fd"));
    let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let images = entries.filter_map(|entry| {
        let open = std::fs::metadata(entry.path()).ok()?;
        let kind = FileType::from_raw_mode(open.mode());
        // Nothing else is touched: to open a terminal means something.
        if !matches!(kind, FileType::RegularFile | FileType::BlockDevice) {
            return None;
        }
        let image = Image::open(&std::fs::read_link(entry.path()).ok()?).ok()?;
        let same = match image.medium() {
            Medium::File => image.key() == (open.dev(), open.ino()),
            Medium::Block => image.key() == (open.rdev(), 0),
        };
        same.then_some(image)
    });
    images.collect()
}

/// Notes on an image whose it was. Not every file system can, and the record says the same.
fn note(file: &File, owner: Owner) {
    let text = format!("{} {} {}", owner.uid, owner.gid, owner.mode);
    let _ = fsetxattr(file, ATTRIBUTE, text.as_bytes(), XattrFlags::empty());
}

fn noted(file: &File) -> Option<Owner> {
    let mut text = [0_u8; 64];
    let length = fgetxattr(file, ATTRIBUTE, &mut text).ok()?;
    let text = std::str::from_utf8(text.get(..length)?).ok()?;
    let mut numbers = text.split(' ').map(|number| number.parse().ok());
    let owner = Owner { uid: numbers.next()??, gid: numbers.next()??, mode: numbers.next()?? };
    (owner.mode <= 0o7777).then_some(owner)
}

/// The first folder on the way to `path` that a user cannot enter; none: it can come to it. Symbolic links in
/// the middle are followed as the kernel would.
pub fn unreachable_folder(path: &Path, credentials: &Credentials) -> Option<PathBuf> {
    let real = path.canonicalize().ok()?;
    let folders: Vec<&Path> = real.ancestors().skip(1).collect();
    folders.into_iter().rev().find(|folder| !enters(folder, credentials)).map(Path::to_owned)
}

/// Whether a user may read and write a file or device by its owner and mode; the folders above are not looked at.
pub(crate) fn may_write(path: &Path, credentials: &Credentials) -> bool {
    path.metadata().is_ok_and(|found| {
        let owner = Owner { uid: found.uid(), gid: found.gid(), mode: found.mode() & 0o7777 };
        allows(owner, credentials, true)
    })
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

    #[test]
    fn an_image_whose_record_is_lost_still_says_whose_it_was() {
        if !rustix::process::geteuid().is_root() {
            println!("skipped: only root can give files away");
            return;
        }
        let (_folder, path) = image(0o640);
        let image = Image::open(&path).unwrap();
        let before = owner_of(image.file()).unwrap();
        Owners::default()
            .claim(ONE, &image, &qemu(), true)
            .unwrap()
            .unwrap()
            .apply(&image)
            .unwrap();
        if noted(image.file()).is_none() {
            println!("skipped: no such attributes here");
            return;
        }
        // The next start, after all records are lost: QEMU could use the image as it is, and yet it is a claim.
        let claim = Owners::default().claim(TWO, &image, &qemu(), true).unwrap().unwrap();
        assert_eq!(claim.before, before);
        // A machine that still holds it open, of which no record tells; here, we.
        let mut owners = Owners::default();
        let found = owners.recover(TWO, std::process::id(), &qemu());
        let found: Vec<_> = found.into_iter().filter(|claim| claim.path == path).collect();
        assert_eq!((found.len(), found[0].before), (1, before));
        found[0].undo().unwrap();
        assert_eq!(owner_of(image.file()).unwrap(), before);
        assert_eq!(noted(image.file()), None);
        // A note on an image that somebody took back is worth nothing.
        note(image.file(), Owner { uid: 5, gid: 5, mode: 0o777 });
        let claim = Owners::default().claim(ONE, &image, &qemu(), true).unwrap().unwrap();
        assert_eq!(claim.before, before);
    }
}
