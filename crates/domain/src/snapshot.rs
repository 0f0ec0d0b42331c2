//! What everybody may know of a machine at a moment, published by the machine's own task and read
//! without waiting for it.

use std::sync::Arc;
use std::time::Instant;

use crate::{Document, Status, Uuid};

/// Who a machine is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// Its name.
    pub name: Arc<str>,
    /// Its UUID.
    pub uuid: Uuid,
    /// Its number while it runs; -1 when it is off.
    pub id: i32,
}

/// A machine at a moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Who it is.
    pub identity: Identity,
    /// What it does and why.
    pub status: Status,
    /// Whether a document is stored, so that it outlives its QEMU.
    pub persistent: bool,
    /// Whether it is started with the host.
    pub autostart: bool,
    /// Whether it was defined anew since (virDomainIsUpdated).
    pub updated: bool,
    /// The document that the next start follows, if it is persistent.
    pub inactive: Option<Arc<Document>>,
    /// The document of what runs, if it runs.
    pub live: Option<Arc<Document>>,
    /// Its size and the like, of the live document if it runs, else of the stored one.
    pub summary: Summary,
    /// What a person should know (virDomainGetMessages).
    pub messages: Arc<[Message]>,
    /// Why its stored document cannot be used, if it is damaged.
    pub broken: Option<Arc<Broken>>,
    /// What it is busy with, if anything.
    pub control: Control,
    /// Whether the process was found without a usable record: it is known to run, and little more.
    pub degraded: bool,
    /// QEMU's process, while it runs.
    pub pid: Option<u32>,
}

/// The figures of a machine that lists and dominfo show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The most memory it may have.
    pub memory_max_kib: u64,
    /// The memory it has.
    pub memory_kib: u64,
    /// The vCPUs it may have.
    pub vcpus_max: u32,
    /// The vCPUs it has.
    pub vcpus: u32,
}

/// Something a person should know of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// virDomainMessageType: 1 deprecation, 2 tainting, 4 I/O errors.
    pub kind: u32,
    /// The text, as libvirt prints it ("tainted: use of host cpu passthrough").
    pub text: String,
}

/// A stored document that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Where it lies.
    pub file: String,
    /// The line of the first fault, if it has one.
    pub line: Option<u32>,
    /// What is wrong.
    pub reason: String,
}

/// What the machine's control channel is doing (virDomainControlInfo).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Nothing.
    Idle,
    /// An operation is under way.
    Job {
        /// Since when.
        since: Instant,
    },
}

impl Broken {
    /// The damage in a line: file, line, reason.
    pub fn describe(&self) -> String {
        match self.line {
            Some(line) => format!("{}:{line}: {}", self.file, self.reason),
            None => format!("{}: {}", self.file, self.reason),
        }
    }
}

impl Snapshot {
    /// Whether there is a QEMU.
    pub fn is_active(&self) -> bool {
        self.identity.id >= 0
    }

    /// The document of what runs, else the stored one.
    pub fn document(&self) -> Option<&Arc<Document>> {
        self.live.as_ref().or(self.inactive.as_ref())
    }
}
