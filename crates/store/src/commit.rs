//! Group commit: writers at the same time share the syncs, and none is answered before its own is done.
//!
//! Each writer writes and syncs its own new file, side by side with the others, which the file system joins into one
//! commit of its journal. Then the names: the first writer that finds nobody at work moves the names of all
//! who wait and syncs each folder once; those who come meanwhile are the next batch. Names are only ever
//! moved by `rename`, and in an order in which every prefix leaves the old or the new.

use std::{
    collections::BTreeSet,
    io, mem,
    path::{Path, PathBuf},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use crate::{Error, disk::Disk};

/// One change of a folder.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// A new generation of `path`; the one before moves to `previous`, when it is worth keeping.
    Replace { path: PathBuf, previous: Option<PathBuf>, bytes: Vec<u8> },
    /// `path` goes, and its `previous` generation with it.
    Remove { path: PathBuf, previous: Option<PathBuf> },
    /// `from` becomes `to`.
    Rename { from: PathBuf, to: PathBuf },
}

/// Does changes durably, many at once.
pub(crate) struct Committer<D> {
    disk: D,
    state: Mutex<State>,
    done: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Vec<(u64, Change)>,
    working: bool,
    last_ticket: u64,
    outcomes: Vec<(u64, Result<(), Error>)>,
}

impl<D: Disk> Committer<D> {
    pub(crate) fn new(disk: D) -> Self {
        Self { disk, state: Mutex::default(), done: Condvar::new() }
    }

    /// Returns once `change` is durable, or could not be made so.
    pub(crate) fn commit(&self, change: Change) -> Result<(), Error> {
        let ticket = {
            let mut state = self.lock();
            state.last_ticket += 1;
            state.last_ticket
        };
        prepare(&self.disk, ticket, &change)?;
        let mut state = self.lock();
        state.waiting.push((ticket, change));
        loop {
            if let Some(at) = state.outcomes.iter().position(|(other, _)| *other == ticket) {
                return state.outcomes.swap_remove(at).1;
            }
            if state.working {
                state = self.done.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            state.working = true;
            let batch = mem::take(&mut state.waiting);
            drop(state);
            let outcomes = work(&self.disk, batch);
            state = self.lock();
            state.working = false;
            state.outcomes.extend(outcomes);
            self.done.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes and syncs what is new in a change. No name that counts is touched.
fn prepare(disk: &impl Disk, ticket: u64, change: &Change) -> Result<(), Error> {
    let Change::Replace { path, bytes, .. } = change else { return Ok(()) };
    let new = new_name(path, ticket);
    let written = disk.create(&new, bytes).map_err(|error| Error::new("writing", &new, error));
    let synced = written
        .and_then(|()| disk.sync_file(&new).map_err(|error| Error::new("syncing", &new, error)));
    synced.inspect_err(|_| {
        // Best effort: the next load cleans it away otherwise.
        let _ = disk.remove(&new);
    })
}

/// Moves the names of a batch; the outcome of each change.
fn work(disk: &impl Disk, batch: Vec<(u64, Change)>) -> Vec<(u64, Result<(), Error>)> {
    let mut outcomes: Vec<_> = batch.iter().map(|(ticket, _)| (*ticket, Ok(()))).collect();
    let mut folders = BTreeSet::new();
    for ((ticket, change), (_, outcome)) in batch.iter().zip(&mut outcomes) {
        *outcome = names(disk, *ticket, change);
        match (change, &outcome) {
            (Change::Replace { path, .. }, Err(_)) => {
                // Best effort: the next load cleans it away otherwise.
                let _ = disk.remove(&new_name(path, *ticket));
            }
            (Change::Replace { path, .. } | Change::Remove { path, .. }, Ok(())) => {
                folders.extend(path.parent());
            }
            (Change::Rename { to, .. }, Ok(())) => folders.extend(to.parent()),
            (_, Err(_)) => {}
        }
    }
    for folder in folders {
        if let Err(error) = disk.sync_folder(folder) {
            let error = Error::new("syncing folder", folder, error);
            for (_, outcome) in outcomes.iter_mut().filter(|(_, outcome)| outcome.is_ok()) {
                *outcome = Err(error.again());
            }
        }
    }
    outcomes
}

/// Moves the names of one change.
fn names(disk: &impl Disk, ticket: u64, change: &Change) -> Result<(), Error> {
    let rename = |from: &Path, to: &Path| {
        disk.rename(from, to).map_err(|error| Error::new("renaming", from, error))
    };
    match change {
        Change::Replace { path, previous, .. } => {
            if let Some(previous) = previous {
                absent_is_fine(rename(path, previous))?;
            }
            rename(&new_name(path, ticket), path)
        }
        Change::Remove { path, previous: None } => {
            absent_is_fine(disk.remove(path).map_err(|error| Error::new("removing", path, error)))
        }
        // The current generation replaces the previous one, and then goes: were the two removed one by one,
        // a power loss between could bring the previous one back.
        Change::Remove { path, previous: Some(previous) } => {
            absent_is_fine(rename(path, previous))?;
            absent_is_fine(
                disk.remove(previous).map_err(|error| Error::new("removing", previous, error)),
            )
        }
        Change::Rename { from, to } => rename(from, to),
    }
}

fn absent_is_fine(outcome: Result<(), Error>) -> Result<(), Error> {
    match outcome {
        Err(error) if error.source.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Where a new generation is written before it gets its name.
fn new_name(path: &Path, ticket: u64) -> PathBuf {
    path.with_added_extension(format!("{ticket}.{NEW}"))
}

/// The last extension of files that were never finished.
pub(crate) const NEW: &str = "new";

#[cfg(test)]
mod test;
