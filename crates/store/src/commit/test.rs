//! Power is lost at every point of random histories, and the disk keeps any state that it may: what was synced, and
//! of the rest whatever it likes. Then the documents are loaded from there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::Arc,
};

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{Autostart, Damage, disk::RealDisk, documents::Inner};

/// What was done to the disk, in order.
#[derive(Clone, Debug, PartialEq)]
enum Act {
    Create(PathBuf, Vec<u8>),
    SyncFile(PathBuf),
    SyncFolder(PathBuf),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
    /// The caller was answered: the n-th operation of the history is promised.
    Answered(usize),
}

/// Does it all for real, and remembers it.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Act>>>);

impl Recorder {
    fn record(&self, act: Act) {
        self.0.lock().unwrap().push(act);
    }
}

impl Disk for Recorder {
    fn create(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.record(Act::Create(path.into(), bytes.into()));
        RealDisk.create(path, bytes)
    }
    fn sync_file(&self, path: &Path) -> io::Result<()> {
        self.record(Act::SyncFile(path.into()));
        Ok(())
    }
    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.record(Act::SyncFolder(path.into()));
        Ok(())
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.rename(from, to)?;
        self.record(Act::Rename(from.into(), to.into()));
        Ok(())
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove(path)?;
        self.record(Act::Remove(path.into()));
        Ok(())
    }
}

/// A step of a history, on one of two documents.
#[derive(Clone, Debug)]
enum Operation {
    Write(u128, u32),
    Remove(u128),
    Mark(u128, bool),
}

/// What a user can see of one document.
type Seen = BTreeMap<u128, (u32, bool)>;

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        4 => (0..2_u128, any::<u32>()).prop_map(|(uuid, text)| Operation::Write(uuid, text)),
        2 => (0..2_u128).prop_map(Operation::Remove),
        2 => (0..2_u128, any::<bool>()).prop_map(|(uuid, on)| Operation::Mark(uuid, on)),
    ]
}

/// What should be seen after each number of operations.
fn expected(history: &[Operation]) -> Vec<Seen> {
    let mut seen = Seen::new();
    let mut states = vec![seen.clone()];
    for operation in history {
        match *operation {
            Operation::Write(uuid, text) => {
                let marked = seen.get(&uuid).is_some_and(|(_, marked)| *marked);
                seen.insert(uuid, (text, marked));
            }
            Operation::Remove(uuid) => {
                seen.remove(&uuid);
            }
            Operation::Mark(uuid, on) => {
                if let Some((_, marked)) = seen.get_mut(&uuid) {
                    *marked = on;
                }
            }
        }
        states.push(seen.clone());
    }
    states
}

fn record(history: &[Operation], folder: &Path) -> Vec<Act> {
    let recorder = Recorder::default();
    let documents = Inner::open(folder, recorder.clone()).unwrap();
    let mut defined = BTreeSet::new();
    for (number, operation) in history.iter().enumerate() {
        match *operation {
            Operation::Write(uuid, text) => {
                defined.insert(uuid);
                documents.write(Uuid::from_u128(uuid), &format!("<d>{text}</d>\n")).unwrap();
            }
            Operation::Remove(uuid) => {
                defined.remove(&uuid);
                documents.remove(Uuid::from_u128(uuid)).unwrap();
            }
            // The daemon marks only what it knows.
            Operation::Mark(uuid, on) if defined.contains(&uuid) => {
                let autostart = if on { Autostart::On } else { Autostart::Off };
                documents.set_autostart(Uuid::from_u128(uuid), autostart).unwrap();
            }
            Operation::Mark(..) => {}
        }
        recorder.record(Act::Answered(number));
    }
    recorder.0.lock().unwrap().clone()
}

/// One state that the disk may be in when power goes after `acts`: `keeps` says for each act that no sync covers whether
/// it got there, `torn` how much of unsynced bytes did.
fn survive(acts: &[Act], keeps: &[bool], torn: usize, folder: &Path) {
    let mut names: BTreeMap<PathBuf, usize> = BTreeMap::new();
    // By number of the act that made it: its bytes, and whether they were synced.
    let mut files: BTreeMap<usize, (Vec<u8>, bool)> = BTreeMap::new();
    // As the running system sees the names, which is what acts speak of.
    let mut live: BTreeMap<PathBuf, usize> = BTreeMap::new();
    let synced_after = |at: usize, path: &Path| {
        let parent = path.parent().unwrap();
        acts[at..].iter().any(|act| matches!(act, Act::SyncFolder(folder) if folder == parent))
    };
    for (number, act) in acts.iter().enumerate() {
        let keep = |path: &Path| synced_after(number, path) || keeps[number % keeps.len()];
        match act {
            Act::Create(path, bytes) => {
                files.insert(number, (bytes.clone(), false));
                live.insert(path.clone(), number);
                if keep(path) {
                    names.insert(path.clone(), number);
                }
            }
            Act::SyncFile(path) => {
                if let Some(file) = live.get(path).and_then(|file| files.get_mut(file)) {
                    file.1 = true;
                }
            }
            Act::Rename(from, to) => {
                let file = live.remove(from).unwrap();
                live.insert(to.clone(), file);
                if keep(to) {
                    if names.get(from) == Some(&file) {
                        names.remove(from);
                    }
                    names.insert(to.clone(), file);
                }
            }
            Act::Remove(path) => {
                let file = live.remove(path).unwrap();
                if keep(path) && names.get(path) == Some(&file) {
                    names.remove(path);
                }
            }
            Act::SyncFolder(_) | Act::Answered(_) => {}
        }
    }
    for (path, file) in names {
        let (bytes, synced) = &files[&file];
        let length = if *synced { bytes.len() } else { bytes.len() * (torn % 4) / 3 };
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &bytes[..length.min(bytes.len())]).unwrap();
    }
    fs::create_dir_all(folder.join("autostart")).unwrap();
}

fn load(folder: &Path) -> Result<Seen, String> {
    let documents = Inner::open(folder, Recorder::default()).unwrap();
    let parse = |_: Uuid, text: &str| {
        let text = text.strip_prefix("<d>").and_then(|text| text.strip_suffix("</d>\n"));
        text.and_then(|text| text.parse::<u32>().ok())
            .ok_or(Damage { line: 1, reason: "cut off".into() })
    };
    let mut seen = Seen::new();
    for loaded in documents.load(&parse).unwrap() {
        let document = loaded.state.map_err(|broken| format!("{broken:?}"))?;
        let marked = loaded.autostart == Autostart::On;
        seen.insert(loaded.uuid.as_u128(), (document.value, marked));
    }
    Ok(seen)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn power_may_go_at_any_point(
        history in prop::collection::vec(operation(), 1..9),
        keeps in prop::collection::vec(any::<bool>(), 64),
        torn in 0..4_usize,
    ) {
        // In memory where there is such a folder: thousands of states are written.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let folder = folder.path().join("domains");
        let acts = record(&history, &folder);
        let states = expected(&history);
        for cut in 0..=acts.len() {
            let acts = &acts[..cut];
            let answered = acts.iter().filter(|act| matches!(act, Act::Answered(_))).count();
            fs::remove_dir_all(&folder).unwrap();
            survive(acts, &keeps, torn, &folder);
            let seen = load(&folder);
            let allowed = [Some(&states[answered]), states.get(answered + 1)];
            prop_assert!(
                seen.as_ref().is_ok_and(|seen| allowed.contains(&Some(seen))),
                "after {} answers {seen:?} is neither old nor new: {:?}\n{acts:#?}",
                answered, allowed,
            );
        }
    }
}

#[test]
fn file_and_folder_are_synced_before_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("domains");
    let acts = record(&[Operation::Write(0, 1), Operation::Write(0, 2)], &folder);
    let file = folder.join("00000000-0000-0000-0000-000000000000.xml");
    let new = acts.iter().rposition(|act| matches!(act, Act::Create(..))).unwrap();
    let Act::Create(temporary, _) = &acts[new] else { unreachable!() };
    let previous = file.with_file_name("00000000-0000-0000-0000-000000000000.xml~");
    assert_eq!(
        acts[new + 1..],
        [
            Act::SyncFile(temporary.clone()),
            Act::Rename(file.clone(), previous),
            Act::Rename(temporary.clone(), file),
            Act::SyncFolder(folder),
            Act::Answered(1),
        ]
    );
}

#[test]
fn a_batch_syncs_its_folder_once() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::default();
    let change = |name: &str| Change::Replace {
        path: folder.path().join(name),
        previous: None,
        bytes: b"x".to_vec(),
    };
    let batch: Vec<_> = (1..=5).map(|ticket| (ticket, change(&ticket.to_string()))).collect();
    for (ticket, change) in &batch {
        prepare(&recorder, *ticket, change).unwrap();
    }
    let outcomes = work(&recorder, batch);
    assert!(outcomes.iter().all(|(_, outcome)| outcome.is_ok()));
    let acts = recorder.0.lock().unwrap();
    let count = |wanted: fn(&Act) -> bool| acts.iter().filter(|act| wanted(act)).count();
    assert_eq!(count(|act| matches!(act, Act::SyncFile(_))), 5);
    assert_eq!(count(|act| matches!(act, Act::SyncFolder(_))), 1);
    let first_name = acts.iter().position(|act| matches!(act, Act::Rename(..))).unwrap();
    let last_sync = acts.iter().rposition(|act| matches!(act, Act::SyncFile(_))).unwrap();
    assert!(last_sync < first_name, "no name points to bytes that are not there");
}
