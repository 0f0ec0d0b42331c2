//! Where machines are found: by UUID, by name, by number. The index is a value; a change makes a new one that
//! shares nearly all of the old, so readers never wait and never see half a change.

use std::sync::Arc;

use crate::{Machine, Uuid};

/// All machines at a moment.
#[derive(Clone, Debug, Default)]
pub struct Index {
    by_uuid: imbl::OrdMap<Uuid, Machine>,
    by_name: imbl::HashMap<Arc<str>, Uuid>,
    by_id: imbl::OrdMap<i32, Uuid>,
}

impl Index {
    /// How many machines there are.
    pub fn len(&self) -> usize {
        self.by_uuid.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_uuid.is_empty()
    }

    /// How many have a QEMU.
    pub fn active(&self) -> usize {
        self.by_id.len()
    }

    /// The machine with this UUID.
    pub fn uuid(&self, uuid: &Uuid) -> Option<&Machine> {
        self.by_uuid.get(uuid)
    }

    /// The machine with this name.
    pub fn name(&self, name: &str) -> Option<&Machine> {
        self.by_name.get(name).and_then(|uuid| self.by_uuid.get(uuid))
    }

    /// The running machine with this number.
    pub fn id(&self, id: i32) -> Option<&Machine> {
        self.by_id.get(&id).and_then(|uuid| self.by_uuid.get(uuid))
    }

    /// Every machine, by UUID.
    pub fn iter(&self) -> impl Iterator<Item = &Machine> {
        self.by_uuid.values()
    }

    /// The machines that run, by number.
    pub fn running(&self) -> impl Iterator<Item = &Machine> {
        self.by_id.values().filter_map(|uuid| self.by_uuid.get(uuid))
    }

    pub(crate) fn insert(&mut self, uuid: Uuid, name: Arc<str>, machine: Machine) {
        self.by_uuid.insert(uuid, machine);
        self.by_name.insert(name, uuid);
    }

    pub(crate) fn rename(&mut self, uuid: Uuid, old: &str, new: Arc<str>) {
        if self.by_name.get(old) == Some(&uuid) {
            self.by_name.remove(old);
        }
        self.by_name.insert(new, uuid);
    }

    pub(crate) fn remove(&mut self, uuid: &Uuid, name: &str) {
        self.by_uuid.remove(uuid);
        if self.by_name.get(name) == Some(uuid) {
            self.by_name.remove(name);
        }
    }

    pub(crate) fn set_id(&mut self, uuid: Uuid, id: i32) {
        self.by_id.insert(id, uuid);
    }

    pub(crate) fn clear_id(&mut self, uuid: &Uuid, id: i32) {
        if self.by_id.get(&id) == Some(uuid) {
            self.by_id.remove(&id);
        }
    }
}
