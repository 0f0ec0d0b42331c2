//! What is: the truth about a running machine, from QEMU's replies and events.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use stead_config::Domain;

use crate::plan::{Call, Plan};

/// A running machine as QEMU reports it.
#[derive(Clone, Debug)]
pub struct Live {
    /// The document as planned, and as later hot-plug made it.
    pub domain: Domain,
    /// What QEMU said beyond the document; survives the daemon.
    pub record: Record,
}

/// The part of [`Live`] that is no document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Id of the running domain, at least 1.
    pub id: i32,
    /// QEMU's run state, such as `running` or `prelaunch`.
    pub status: String,
    /// Path of the pty of each character device, by alias.
    pub ptys: BTreeMap<String, String>,
    /// Thread of each vCPU, by index.
    pub vcpus: Vec<Vcpu>,
    /// Memory that the balloon leaves to the guest, bytes.
    pub balloon_bytes: Option<u64>,
    /// Open trays, by disk alias.
    pub open_trays: Vec<String>,
    /// Guest agent and other virtio ports that the guest has open, by alias.
    pub open_ports: Vec<String>,
    /// Difference of the guest's clock to UTC, seconds, from RTC_CHANGE.
    pub clock_offset_seconds: Option<i64>,
    /// The guest panicked (text of the event).
    pub panicked: Option<String>,
}

/// A vCPU of a running machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vcpu {
    /// From 0, by libvirt's order.
    pub index: u32,
    /// Host thread.
    pub thread: i32,
    /// Path in QEMU's object tree.
    pub qom_path: String,
}

/// Something QEMU said.
#[derive(Clone, Debug)]
pub enum News<'a> {
    /// The `return` value of a call.
    Reply(&'a Call, &'a Value),
    /// An event and its `data`.
    Event(&'a str, &'a Value),
}

impl Live {
    /// A machine that has just been started and said nothing yet.
    pub fn new(plan: &Plan, id: i32) -> Self {
        Self { domain: plan.domain.clone(), record: Record { id, ..Record::default() } }
    }
}

/// Takes in what QEMU said.
pub fn refresh(live: &Live, news: News<'_>) -> Live {
    let _ = news;
    live.clone()
}
