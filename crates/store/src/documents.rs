//! Documents by UUID, durable, in two generations.
//!
//! `UUID.xml` is the document, `UUID.xml~` the one before, `autostart/UUID` an empty file where it is to be
//! started with the host. A document that cannot be read is reported with file, line and the last good
//! generation; it never vanishes. All calls block on the disk: call them off the runtime's threads.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use uuid::Uuid;

use crate::{
    Error, Layout,
    commit::{Change, Committer, NEW},
    disk::{Disk, RealDisk},
    seal::{self, Seal},
};

/// Below this many documents a second thread costs more than it brings.
const DOCUMENTS_PER_THREAD_MIN: usize = 64;
/// A document longer than this is damage: the protocol carries none above 4 MiB.
const DOCUMENT_BYTES_MAX: u64 = 16 << 20;

/// The documents of one kind of object. Cheap to clone.
#[derive(Clone)]
pub struct Documents {
    inner: Arc<Inner<RealDisk>>,
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents").field("folder", &self.inner.folder).finish_non_exhaustive()
    }
}

/// Whether an object is started with the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Autostart {
    /// Not.
    Off,
    /// With the first start of the daemon after the host's.
    On,
}

/// One object found on disk.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded<T> {
    /// By its file's name.
    pub uuid: Uuid,
    /// Whether it is started with the host.
    pub autostart: Autostart,
    /// What its file holds.
    pub state: Result<Document<T>, Broken<T>>,
}

/// A document that could be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Document<T> {
    /// As read by the caller.
    pub value: T,
    /// Its text.
    pub text: String,
    /// The file's text is not the one that was written: a person edited it.
    pub edited: bool,
}

/// A document that cannot be read. Its files stay as they are until it is written, restored or removed.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken<T> {
    /// The damaged file.
    pub file: PathBuf,
    /// Where and why.
    pub damage: Damage,
    /// The generation before, when that one is whole.
    pub last_good: Option<LastGood<T>>,
}

/// The last generation that could be read.
#[derive(Clone, Debug, PartialEq)]
pub struct LastGood<T> {
    /// Its file.
    pub file: PathBuf,
    /// As read by the caller.
    pub value: T,
    /// Its text.
    pub text: String,
}

/// Where and why a text is no document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// From 1; 0 when no line can be named.
    pub line: u32,
    /// For people.
    pub reason: String,
}

impl Documents {
    /// The documents of domains.
    ///
    /// # Errors
    /// When the folders cannot be made.
    pub fn domains(layout: &Layout) -> Result<Self, Error> {
        Self::open(&layout.domains())
    }

    /// The documents in a folder, which is made if it is missing.
    ///
    /// # Errors
    /// When the folders cannot be made.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        Ok(Self { inner: Arc::new(Inner::open(folder, RealDisk)?) })
    }

    /// Where a document lies.
    pub fn file(&self, uuid: Uuid) -> PathBuf {
        self.inner.current(uuid)
    }

    /// Keeps `text` as the newest generation. Durable when it returns: file and folder are synced.
    ///
    /// # Errors
    /// The disk's; then the old generation is in place.
    pub fn write(&self, uuid: Uuid, text: &str) -> Result<(), Error> {
        self.inner.write(uuid, text)
    }

    /// Forgets a document, all its generations and its autostart mark. Durable when it returns.
    ///
    /// # Errors
    /// The disk's.
    pub fn remove(&self, uuid: Uuid) -> Result<(), Error> {
        self.inner.remove(uuid)
    }

    /// Puts the generation before in the newest's place. Durable when it returns.
    ///
    /// # Errors
    /// The disk's; `NotFound` when there is no generation before.
    pub fn restore(&self, uuid: Uuid) -> Result<(), Error> {
        self.inner.restore(uuid)
    }

    /// Marks an object to be started with the host, or not. Durable when it returns.
    ///
    /// # Errors
    /// The disk's.
    pub fn set_autostart(&self, uuid: Uuid, autostart: Autostart) -> Result<(), Error> {
        self.inner.set_autostart(uuid, autostart)
    }

    /// Reads all documents, on as many threads as are worth it, in the order of their UUIDs. What an
    /// interrupted writer left is removed.
    ///
    /// # Errors
    /// Only when the folder itself cannot be read.
    pub fn load<T: Send>(
        &self,
        parse: impl Fn(Uuid, &str) -> Result<T, Damage> + Sync,
    ) -> Result<Vec<Loaded<T>>, Error> {
        self.inner.load(&parse)
    }
}

/// Which generations of a document there are.
#[derive(Clone, Copy, Default)]
struct Generations {
    current: bool,
    previous: bool,
}

pub(crate) struct Inner<D> {
    folder: PathBuf,
    marks: PathBuf,
    committer: Committer<D>,
    /// Whose newest generation is damaged: it must not replace the last good one.
    damaged: Mutex<BTreeSet<Uuid>>,
}

impl<D: Disk> Inner<D> {
    pub(crate) fn open(folder: &Path, disk: D) -> Result<Self, Error> {
        let marks = folder.join("autostart");
        fs::create_dir_all(&marks).map_err(|error| Error::new("making folder", &marks, error))?;
        // The folders' own names must last as long as what is put into them.
        for parent in [folder.parent(), Some(folder)].into_iter().flatten() {
            disk.sync_folder(parent)
                .map_err(|error| Error::new("syncing folder", parent, error))?;
        }
        Ok(Self {
            folder: folder.into(),
            marks,
            committer: Committer::new(disk),
            damaged: Mutex::default(),
        })
    }

    pub(crate) fn write(&self, uuid: Uuid, text: &str) -> Result<(), Error> {
        let keep = !self.damaged().contains(&uuid);
        self.committer.commit(Change::Replace {
            path: self.current(uuid),
            previous: keep.then(|| self.previous(uuid)),
            bytes: seal::seal(text).into_bytes(),
        })?;
        self.damaged().remove(&uuid);
        Ok(())
    }

    pub(crate) fn remove(&self, uuid: Uuid) -> Result<(), Error> {
        self.committer.commit(Change::Remove {
            path: self.current(uuid),
            previous: Some(self.previous(uuid)),
        })?;
        self.damaged().remove(&uuid);
        // Second, when the first is durable: a mark without a document is cleaned away at the next load.
        if self.mark(uuid).exists() {
            self.set_autostart(uuid, Autostart::Off)?;
        }
        Ok(())
    }

    fn restore(&self, uuid: Uuid) -> Result<(), Error> {
        self.committer
            .commit(Change::Rename { from: self.previous(uuid), to: self.current(uuid) })?;
        self.damaged().remove(&uuid);
        Ok(())
    }

    pub(crate) fn set_autostart(&self, uuid: Uuid, autostart: Autostart) -> Result<(), Error> {
        let path = self.mark(uuid);
        self.committer.commit(match autostart {
            Autostart::On => Change::Replace { path, previous: None, bytes: Vec::new() },
            Autostart::Off => Change::Remove { path, previous: None },
        })
    }

    pub(crate) fn load<T: Send>(
        &self,
        parse: &(impl Fn(Uuid, &str) -> Result<T, Damage> + Sync),
    ) -> Result<Vec<Loaded<T>>, Error> {
        let marks: BTreeSet<Uuid> =
            self.names(&self.marks)?.iter().filter_map(|name| Uuid::try_parse(name).ok()).collect();
        let mut found: BTreeMap<Uuid, Generations> = BTreeMap::new();
        for name in self.names(&self.folder)? {
            let (stem, previous) = match name.strip_suffix('~') {
                Some(stem) => (stem, true),
                None => (name.as_str(), false),
            };
            match stem.strip_suffix(".xml").map(Uuid::try_parse) {
                Some(Ok(uuid)) if previous => found.entry(uuid).or_default().previous = true,
                Some(Ok(uuid)) => found.entry(uuid).or_default().current = true,
                _ if name == "autostart" => {}
                _ => tracing::warn!(folder = %self.folder.display(), name, "not a document's name"),
            }
        }
        for stale in marks.iter().filter(|uuid| !found.contains_key(uuid)) {
            if let Err(error) = fs::remove_file(self.mark(*stale)) {
                tracing::warn!(file = %self.mark(*stale).display(), %error, "cannot remove");
            }
        }
        let found: Vec<_> = found.into_iter().collect();
        let read = |&(uuid, generations): &(Uuid, Generations)| Loaded {
            uuid,
            autostart: if marks.contains(&uuid) { Autostart::On } else { Autostart::Off },
            state: self.read(uuid, generations, parse),
        };
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let part = found.len().div_ceil(threads).max(DOCUMENTS_PER_THREAD_MIN);
        let loaded: Vec<Loaded<T>> = if found.len() <= part {
            found.iter().map(read).collect()
        } else {
            thread::scope(|scope| {
                let parts: Vec<_> = found
                    .chunks(part)
                    .map(|part| scope.spawn(|| part.iter().map(read).collect::<Vec<_>>()))
                    .collect();
                parts.into_iter().flat_map(join).collect()
            })
        };
        let broken = loaded.iter().filter(|loaded| loaded.state.is_err());
        self.damaged().extend(broken.map(|loaded| loaded.uuid));
        Ok(loaded)
    }

    /// The names in a folder, after what an interrupted writer left is removed.
    fn names(&self, folder: &Path) -> Result<Vec<String>, Error> {
        let failed = |error: io::Error| Error::new("reading folder", folder, error);
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if name.rsplit_once('.').is_some_and(|(_, extension)| extension == NEW) {
                if let Err(error) = fs::remove_file(entry.path()) {
                    tracing::warn!(file = %entry.path().display(), %error, "cannot remove");
                }
            } else {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn read<T>(
        &self,
        uuid: Uuid,
        generations: Generations,
        parse: &(impl Fn(Uuid, &str) -> Result<T, Damage> + Sync),
    ) -> Result<Document<T>, Broken<T>> {
        let read = |file: &Path| {
            let text = read_text(file)?;
            let (document, seal) = seal::open(&text);
            let value = parse(uuid, document)?;
            Ok(Document { value, edited: seal != Seal::Whole, text: document.into() })
        };
        // Without a newest generation a writer was interrupted between its two renames.
        let file = if generations.current { self.current(uuid) } else { self.previous(uuid) };
        read(&file).map_err(|damage: Damage| Broken {
            last_good: (generations.current && generations.previous)
                .then(|| self.previous(uuid))
                .and_then(|file| {
                    let Document { value, text, .. } = read(&file).ok()?;
                    Some(LastGood { file, value, text })
                }),
            file,
            damage,
        })
    }

    pub(crate) fn current(&self, uuid: Uuid) -> PathBuf {
        self.folder.join(format!("{}.xml", uuid.hyphenated()))
    }

    fn previous(&self, uuid: Uuid) -> PathBuf {
        self.folder.join(format!("{}.xml~", uuid.hyphenated()))
    }

    fn mark(&self, uuid: Uuid) -> PathBuf {
        self.marks.join(uuid.hyphenated().to_string())
    }

    fn damaged(&self) -> std::sync::MutexGuard<'_, BTreeSet<Uuid>> {
        self.damaged.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read_text(file: &Path) -> Result<String, Damage> {
    let damage = |reason: String| Damage { line: 0, reason };
    let length = fs::metadata(file).map_err(|error| damage(error.to_string()))?.len();
    if length > DOCUMENT_BYTES_MAX {
        return Err(damage(format!("{length} bytes are too long for a document")));
    }
    let bytes = fs::read(file).map_err(|error| damage(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let lines = before.iter().filter(|&&byte| byte == b'\n').count();
        Damage { line: u32::try_from(lines + 1).unwrap_or(0), reason: "not UTF-8".into() }
    })
}

fn join<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

#[cfg(test)]
mod test;
