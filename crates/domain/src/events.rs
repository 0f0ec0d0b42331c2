//! What machines announce, and the bounded queues through which subscribers hear it.
//!
//! A change is published first, then announced here, then answered. A subscriber that does not read
//! loses its oldest place in the queue, never the daemon's time: when its queue is full, what comes is dropped
//! and counted, and the receiver says how much it missed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::mpsc;

use crate::Identity;

/// Something that a machine announces.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Who the machine was at that moment (its id, too: -1 once it is off).
    pub machine: Identity,
    /// What happened.
    pub kind: EventKind,
}

/// What happened; libvirt's event ids 0 to 27, and QEMU's monitor events as they came.
#[derive(Clone, Debug, PartialEq)]
pub enum EventKind {
    /// Id 0: the life cycle.
    Lifecycle(Lifecycle),
    /// Id 1: the guest was reset.
    Reboot,
    /// Id 2: the guest set its clock.
    RtcChange {
        /// Seconds that the guest's clock is ahead of UTC.
        offset_seconds: i64,
    },
    /// Id 3: the watchdog fired; libvirt's number of what it does (virDomainEventWatchdogAction).
    Watchdog {
        /// virDomainEventWatchdogAction.
        action: i32,
    },
    /// Ids 4 and 6: a disk failed.
    IoError {
        /// The image's path, empty if it has none.
        source: String,
        /// The device's alias.
        alias: String,
        /// virDomainEventIOErrorAction: 0 none, 1 pause, 2 report.
        action: i32,
        /// "enospc", or empty.
        reason: String,
    },
    /// Id 5: a client of the graphical console came or went.
    Graphics(Box<Graphics>),
    /// Id 7: the monitor was lost.
    ControlError,
    /// Ids 8 and 16: a block job ended or is ready.
    BlockJob {
        /// The image's path (id 8).
        path: String,
        /// The target (id 16).
        target: String,
        /// virDomainBlockJobType.
        job: i32,
        /// virConnectDomainEventBlockJobStatus.
        status: i32,
    },
    /// Id 9: a disk's medium was left out at start.
    DiskChange {
        /// The image before.
        old_source: Option<String>,
        /// The image after.
        new_source: Option<String>,
        /// The device's alias.
        alias: String,
        /// virConnectDomainEventDiskChangeReason.
        reason: i32,
    },
    /// Id 10: the tray of a removable device moved: 0 opened, 1 closed.
    TrayChange {
        /// The device's alias.
        alias: String,
        /// virDomainEventTrayChangeReason.
        reason: i32,
    },
    /// Id 11: the guest woke up.
    PmWakeup,
    /// Id 12: the guest suspended to memory.
    PmSuspend,
    /// Id 13: the balloon's size changed.
    BalloonChange {
        /// What the guest has now.
        actual_kib: u64,
    },
    /// Id 14: the guest suspended to disk.
    PmSuspendDisk,
    /// Id 15: a device is gone.
    DeviceRemoved {
        /// The device's alias.
        alias: String,
    },
    /// Id 18: the guest agent's channel was opened or closed.
    AgentLifecycle {
        /// virConnectDomainEventAgentLifecycleState: 1 connected, 2 disconnected.
        state: i32,
        /// virConnectDomainEventAgentLifecycleReason.
        reason: i32,
    },
    /// Id 19: a device was added.
    DeviceAdded {
        /// The device's alias.
        alias: String,
    },
    /// Id 21: a job ended; its statistics.
    JobCompleted(Vec<(String, crate::Value)>),
    /// Id 22: the guest did not let a device go.
    DeviceRemovalFailed {
        /// The device's alias.
        alias: String,
    },
    /// Id 23: a title, description or metadata changed (virDomainMetadataType).
    MetadataChange {
        /// virDomainMetadataType.
        kind: i32,
        /// The namespace, for metadata.
        uri: Option<String>,
    },
    /// Id 25: the host's memory failed under the guest.
    MemoryFailure {
        /// virDomainMemoryFailureRecipientType.
        recipient: i32,
        /// virDomainMemoryFailureActionType.
        action: i32,
        /// virDomainMemoryFailureFlags.
        flags: u32,
    },
    /// Id 26: a virtio-mem device's size changed.
    MemoryDeviceSizeChange {
        /// The device's alias.
        alias: String,
        /// Its size now.
        size_kib: u64,
    },
    /// A monitor event, as QEMU said it (the qemu program's own event).
    Monitor {
        /// QEMU's name of it.
        name: String,
        /// Its time: seconds since 1970.
        seconds: i64,
        /// Its time: microseconds.
        micros: u32,
        /// Its data as JSON, if it has any.
        details: Option<String>,
    },
}

/// The life cycle, with libvirt's numbers (virDomainEventType and its details).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lifecycle {
    /// The machine is new, changed or renamed: 0 added, 1 updated, 2 renamed.
    Defined(i32),
    /// The machine is gone, or renamed: 0 removed, 1 renamed.
    Undefined(i32),
    /// The machine was started: 0 booted.
    Started(i32),
    /// The CPUs stopped: 0 paused, 2 I/O error, 3 watchdog, 6 API error.
    Suspended(i32),
    /// The CPUs run again: 0 unpaused.
    Resumed(i32),
    /// QEMU is gone: 0 shutdown, 1 destroyed, 2 crashed, 5 failed.
    Stopped(i32),
    /// The guest is done: 0 finished, 1 at the guest's request, 2 at the host's.
    Shutdown(i32),
    /// The guest sleeps: 0 to memory, 1 to disk.
    PmSuspended(i32),
    /// The guest crashed: 0 panicked.
    Crashed(i32),
}

impl Lifecycle {
    /// libvirt's event and detail.
    pub fn numbers(self) -> (i32, i32) {
        match self {
            Self::Defined(detail) => (0, detail),
            Self::Undefined(detail) => (1, detail),
            Self::Started(detail) => (2, detail),
            Self::Suspended(detail) => (3, detail),
            Self::Resumed(detail) => (4, detail),
            Self::Stopped(detail) => (5, detail),
            Self::Shutdown(detail) => (6, detail),
            Self::PmSuspended(detail) => (7, detail),
            Self::Crashed(detail) => (8, detail),
        }
    }
}

/// A client of a graphical console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graphics {
    /// virDomainEventGraphicsPhase: 0 connect, 1 initialize, 2 disconnect.
    pub phase: i32,
    /// QEMU's end.
    pub local: GraphicsAddress,
    /// The client's end.
    pub remote: GraphicsAddress,
    /// The authentication that was used.
    pub auth_scheme: String,
    /// Who the client is: type and name.
    pub subject: Vec<(String, String)>,
}

/// One end of a graphical console's connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphicsAddress {
    /// virDomainEventGraphicsAddressType: 0 IPv4, 1 IPv6, 2 unix.
    pub family: i32,
    /// The host or path.
    pub node: String,
    /// The port.
    pub service: String,
}

/// The places where events are announced.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    subscribers: Mutex<Arc<[Subscriber]>>,
}

#[derive(Clone, Debug)]
struct Subscriber {
    sender: mpsc::Sender<Arc<Event>>,
    missed: Arc<AtomicU64>,
}

/// Hears every event that is announced after it was made, up to its bound.
#[derive(Debug)]
pub struct Receiver {
    events: mpsc::Receiver<Arc<Event>>,
    missed: Arc<AtomicU64>,
}

impl Hub {
    pub(crate) fn subscribe(&self, capacity: usize) -> Receiver {
        let (sender, events) = mpsc::channel(capacity.max(1));
        let missed = Arc::new(AtomicU64::new(0));
        let mut subscribers = self.lock();
        *subscribers = subscribers
            .iter()
            .filter(|subscriber| !subscriber.sender.is_closed())
            .cloned()
            .chain([Subscriber { sender, missed: Arc::clone(&missed) }])
            .collect();
        Receiver { events, missed }
    }

    pub(crate) fn announce(&self, event: Event) {
        let subscribers = Arc::clone(&self.lock());
        if subscribers.is_empty() {
            return;
        }
        let event = Arc::new(event);
        for subscriber in subscribers.iter() {
            if let Err(mpsc::error::TrySendError::Full(_)) =
                subscriber.sender.try_send(Arc::clone(&event))
            {
                subscriber.missed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Arc<[Subscriber]>> {
        self.subscribers.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Receiver {
    /// The next event; `None` when the machines are gone.
    pub async fn recv(&mut self) -> Option<Arc<Event>> {
        self.events.recv().await
    }

    /// The next event if there is one already.
    pub fn try_recv(&mut self) -> Option<Arc<Event>> {
        self.events.try_recv().ok()
    }

    /// How many events found the queue full since the last call.
    pub fn missed(&self) -> u64 {
        self.missed.swap(0, Ordering::Relaxed)
    }
}
