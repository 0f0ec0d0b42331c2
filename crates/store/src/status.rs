//! What runs: one file a machine, `run/UUID/status`, that the next daemon reads.
//!
//! Its first line is JSON: the version of the format, the length and sum of what follows, and the record;
//! the rest is the machine's live document. One file, so that the two never disagree; replaced by `rename`, so
//! that it is old or new; not synced, because what it tells of does not survive a power loss either. A file that is
//! cut off or changed is reported, and its machine must then be found by its process.

use std::{
    fmt, fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{Error, Layout, seal};

/// Of the file, not of the record in it: the record's type is its owner's.
const FORMAT: u32 = 1;
const FILE: &str = "status";

/// Where the status of machines is kept.
#[derive(Clone, Debug)]
pub struct Status {
    run: PathBuf,
    /// A file that is made while its folder is removed would keep the folder: one act at a time, machine by machine (or
    /// nearly: a few of them share a lock).
    turns: Arc<[Mutex<()>; 16]>,
}

/// One machine's status as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Record<R> {
    /// Whose.
    pub uuid: Uuid,
    /// What its owner wrote down, or why it cannot be read.
    pub state: Result<(R, String), StatusDamage>,
}

/// A status that cannot be read; its machine may run all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusDamage {
    /// The file, which may be missing.
    pub file: PathBuf,
    /// For people.
    pub reason: String,
}

impl fmt::Display for StatusDamage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.reason)
    }
}

#[derive(Serialize)]
struct HeadToWrite<'a, R> {
    format: u32,
    bytes: usize,
    sum: u64,
    record: &'a R,
}

#[derive(Deserialize)]
struct Head<'a> {
    format: u32,
    bytes: usize,
    sum: u64,
    #[serde(borrow)]
    record: &'a RawValue,
}

impl Status {
    /// The status of the machines of one daemon.
    pub fn new(layout: &Layout) -> Self {
        Self { run: layout.run.clone(), turns: Arc::default() }
    }

    /// Replaces the status of a machine. Its folder in `run` must be there: a write that comes after
    /// [`Self::remove`] is `NotFound`.
    ///
    /// # Errors
    /// The disk's; then the old status is in place. A record that JSON cannot express is `InvalidData`.
    pub fn write<R: Serialize>(&self, uuid: Uuid, record: &R, live: &str) -> Result<(), Error> {
        let file = self.file(uuid);
        let head = HeadToWrite {
            format: FORMAT,
            bytes: live.len(),
            sum: seal::sum(live.as_bytes()),
            record,
        };
        let mut bytes = serde_json::to_vec(&head)
            .map_err(|error| Error::new("writing", &file, io::Error::from(error)))?;
        bytes.push(b'\n');
        bytes.extend_from_slice(live.as_bytes());
        let new = file.with_added_extension("new");
        let _turn = self.turn(uuid);
        let outcome = fill(&new, &bytes).and_then(|()| fs::rename(&new, &file));
        outcome.map_err(|error| {
            // What could be written of it takes space that is short already.
            let _ = fs::remove_file(&new);
            Error::new("writing", &file, error)
        })
    }

    /// One machine's status.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn read<R: DeserializeOwned>(&self, uuid: Uuid) -> Result<(R, String), StatusDamage> {
        read(&self.file(uuid))
    }

    /// The status of every machine that has a folder in `run`, in the order of their UUIDs.
    ///
    /// # Errors
    /// Only when `run` itself cannot be read.
    pub fn load<R: DeserializeOwned>(&self) -> Result<Vec<Record<R>>, Error> {
        let failed = |error: io::Error| Error::new("reading folder", &self.run, error);
        let mut uuids = Vec::new();
        for entry in fs::read_dir(&self.run).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            uuids.extend(name.to_str().and_then(|name| Uuid::try_parse(name).ok()));
        }
        uuids.sort_unstable();
        Ok(uuids.into_iter().map(|uuid| Record { uuid, state: self.read(uuid) }).collect())
    }

    /// Forgets a machine: its status goes, and its folder with all that is in it.
    ///
    /// # Errors
    /// The disk's, but not that there is nothing to forget.
    pub fn remove(&self, uuid: Uuid) -> Result<(), Error> {
        let folder = self.run.join(uuid.hyphenated().to_string());
        let _turn = self.turn(uuid);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::new("removing", &folder, error))
            }
            _ => Ok(()),
        }
    }

    fn turn(&self, uuid: Uuid) -> MutexGuard<'_, ()> {
        let [.., last] = uuid.into_bytes();
        let turn = &self.turns[usize::from(last) % self.turns.len()];
        turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self, uuid: Uuid) -> PathBuf {
        self.run.join(uuid.hyphenated().to_string()).join(FILE)
    }
}

/// For its owner alone: a live document may hold passwords.
fn fill(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600).open(file)?.write_all(bytes)
}

fn read<R: DeserializeOwned>(file: &Path) -> Result<(R, String), StatusDamage> {
    let damage = |reason: String| StatusDamage { file: file.into(), reason };
    let text = fs::read_to_string(file).map_err(|error| damage(error.to_string()))?;
    let (head, live) = text.split_once('\n').ok_or_else(|| damage("cut off".into()))?;
    let head: Head<'_> = serde_json::from_str(head).map_err(|error| damage(error.to_string()))?;
    if head.format != FORMAT {
        return Err(damage(format!("written in format {}, not {FORMAT}", head.format)));
    }
    if head.bytes != live.len() {
        let found = live.len();
        return Err(damage(format!("cut off: {found} bytes of a document of {}", head.bytes)));
    }
    if head.sum != seal::sum(live.as_bytes()) {
        return Err(damage("changed since it was written".into()));
    }
    let record =
        serde_json::from_str(head.record.get()).map_err(|error| damage(error.to_string()))?;
    Ok((record, live.into()))
}

#[cfg(test)]
mod test {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Pid {
        pid: u32,
    }

    fn status() -> (tempfile::TempDir, Status, Uuid) {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::root(root.path());
        let uuid = Uuid::from_u128(7);
        fs::create_dir_all(layout.machine(uuid)).unwrap();
        (root, Status::new(&layout), uuid)
    }

    #[test]
    fn what_was_written_is_read_again_and_then_forgotten() {
        let (_root, status, uuid) = status();
        status.write(uuid, &Pid { pid: 3 }, "<domain/>\n").unwrap();
        status.write(uuid, &Pid { pid: 4 }, "<domain id='1'/>\n").unwrap();
        let loaded = status.load::<Pid>().unwrap();
        assert_eq!(loaded.len(), 1);
        assert_eq!(loaded[0].state, Ok((Pid { pid: 4 }, "<domain id='1'/>\n".into())));
        status.remove(uuid).unwrap();
        status.remove(uuid).unwrap();
        assert!(status.load::<Pid>().unwrap().is_empty());
    }

    #[test]
    fn a_writer_that_comes_late_leaves_nothing_behind() {
        let (_root, status, uuid) = status();
        let folder = status.file(uuid).parent().unwrap().to_owned();
        for _ in 0..200 {
            fs::create_dir_all(&folder).unwrap();
            std::thread::scope(|scope| {
                // Either before, or too late.
                scope.spawn(|| drop(status.write(uuid, &Pid { pid: 3 }, "<domain/>\n")));
                status.remove(uuid).unwrap();
            });
            assert!(!folder.exists());
        }
    }

    #[test]
    fn every_cut_and_every_changed_byte_is_seen() {
        let (_root, status, uuid) = status();
        status.write(uuid, &Pid { pid: 3 }, "<domain>\n</domain>\n").unwrap();
        let file = status.file(uuid);
        let whole = fs::read(&file).unwrap();
        for length in 0..whole.len() {
            fs::write(&file, &whole[..length]).unwrap();
            let damage = status.read::<Pid>(uuid).unwrap_err();
            assert_eq!(damage.file, file, "{length}");
        }
        let body = whole.iter().position(|&byte| byte == b'\n').unwrap() + 1;
        for at in body..whole.len() {
            let mut other = whole.clone();
            other[at] ^= 0x20;
            fs::write(&file, other).unwrap();
            assert!(status.read::<Pid>(uuid).is_err(), "{at}");
        }
        fs::remove_file(&file).unwrap();
        assert!(status.load::<Pid>().unwrap()[0].state.is_err(), "a folder without a file");
    }

    #[test]
    fn a_record_of_another_format_says_so() {
        let (_root, status, uuid) = status();
        fs::write(status.file(uuid), "{\"format\":9,\"bytes\":0,\"sum\":0,\"record\":{}}\n")
            .unwrap();
        let damage = status.read::<Pid>(uuid).unwrap_err();
        assert_eq!(damage.reason, "written in format 9, not 1");
    }
}
