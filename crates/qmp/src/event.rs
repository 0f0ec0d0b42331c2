//! What a QEMU tells unasked. A row is an event that stead acts on; every other one keeps its name and text.
//!
//! Source: QEMU 10.0, `qapi/{run-state,block-core,block,machine,misc,qdev,net,char,ui,job,dump,migration}.json`.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::command::{JobStatus, RunState};

/// When QEMU said it, by the host's wall clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Timestamp {
    /// Seconds since 1970; -1 when QEMU could not read the clock.
    pub seconds: i64,
    /// Microseconds, 0..1,000,000; -1 when QEMU could not read the clock.
    pub microseconds: i64,
}

/// One event, typed where the table knows it, and always as text too.
#[derive(Clone, Debug)]
pub struct Event {
    /// QEMU's name, such as `SHUTDOWN`.
    pub name: String,
    /// When.
    pub timestamp: Timestamp,
    /// The JSON text of `data`, as QEMU laid it out; absent when the event carries none.
    pub data: Option<Box<RawValue>>,
    /// What it means.
    pub kind: EventKind,
}

impl Event {
    /// Reads what `name` and `data` mean; never fails: what cannot be read is [`EventKind::Unknown`].
    pub fn new(name: String, timestamp: Timestamp, data: Option<Box<RawValue>>) -> Self {
        let kind = EventKind::read(&name, data.as_deref());
        Self { name, timestamp, data, kind }
    }

    /// The details as one line of JSON without blanks, as clients of the monitor's events see them.
    pub fn details(&self) -> Option<String> {
        let data = self.data.as_ref()?;
        let value: serde_json::Value = serde_json::from_str(data.get()).ok()?;
        Some(value.to_string())
    }

    /// Bytes held, roughly; for queues that are bounded by size.
    pub fn size(&self) -> usize {
        size_of::<Self>()
            + self.name.len()
            + 2 * self.data.as_ref().map_or(0, |data| data.get().len())
    }
}

macro_rules! events {
    ($(
        $(#[$doc:meta])*
        $name:literal $variant:ident ($kind:ident)
        { $( $(#[$field_doc:meta])* $field:ident : $type:ty ),* $(,)? } ;
    )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Deserialize)]
            #[serde(rename_all = "kebab-case")]
            pub struct $kind { $( $(#[$field_doc])* pub $field: $type, )* }
        )*

        /// The meaning of an event.
        #[derive(Clone, Debug, PartialEq)]
        pub enum EventKind {
            $( $(#[$doc])* $variant($kind), )*
            /// Not in the table, or its details are not what the table says.
            Unknown,
        }

        impl EventKind {
            fn read(name: &str, data: Option<&RawValue>) -> Self {
                match name {
                    $( $name => details(data).map_or(Self::Unknown, Self::$variant), )*
                    _ => Self::Unknown,
                }
            }
        }
    };
}

fn details<T: DeserializeOwned>(data: Option<&RawValue>) -> Option<T> {
    serde_json::from_str(data.map_or("{}", RawValue::get)).ok()
}

events! {
    /// The balloon reached another size.
    "BALLOON_CHANGE" BalloonChange(BalloonChange) {
        /// Bytes that the guest now has.
        actual: u64,
    };
    /// A disk could not be read or written.
    "BLOCK_IO_ERROR" BlockIoError(BlockIoError) {
        /// The device's path in QEMU's object tree; absent in old QEMUs.
        qom_path: Option<String>,
        /// The block backend's name; empty when it has none.
        #[serde(default)]
        device: String,
        /// The node that failed.
        node_name: Option<String>,
        /// What was being done.
        operation: String,
        /// What QEMU did about it.
        action: BlockIoErrorAction,
        /// Whether the cause is a full disk.
        #[serde(default)]
        nospace: bool,
        /// The error for people.
        #[serde(default)]
        reason: String,
    };
    /// A block job is over (the job interface tells the same by `JOB_STATUS_CHANGE`).
    "BLOCK_JOB_COMPLETED" BlockJobCompleted(BlockJobCompleted) {
        /// The job's id.
        device: String,
        /// Bytes to do.
        len: u64,
        /// Bytes done.
        offset: u64,
        /// Why it failed.
        error: Option<String>,
    };
    /// A write went past the threshold that was set on a node.
    "BLOCK_WRITE_THRESHOLD" BlockWriteThreshold(BlockWriteThreshold) {
        /// The node.
        node_name: String,
        /// How far past, in bytes.
        amount_exceeded: u64,
        /// The threshold in bytes.
        write_threshold: u64,
    };
    /// An unplugged device is gone.
    "DEVICE_DELETED" DeviceDeleted(DeviceDeleted) {
        /// Its id, when it had one.
        device: Option<String>,
        /// Its path in the object tree.
        path: String,
    };
    /// A tray went in or out.
    "DEVICE_TRAY_MOVED" DeviceTrayMoved(DeviceTrayMoved) {
        /// The block backend's name; empty when it has none.
        #[serde(default)]
        device: String,
        /// The device's id or path.
        #[serde(default)]
        id: String,
        /// Whether it stands open now.
        tray_open: bool,
    };
    /// The guest refused an unplug.
    "DEVICE_UNPLUG_GUEST_ERROR" DeviceUnplugGuestError(DeviceUnplugGuestError) {
        /// Its id, when it had one.
        device: Option<String>,
        /// Its path in the object tree.
        path: String,
    };
    /// A dump of the guest's memory ended.
    "DUMP_COMPLETED" DumpCompleted(DumpCompleted) {
        /// Why it failed.
        error: Option<String>,
    };
    /// The guest loaded its crash kernel.
    "GUEST_CRASHLOADED" GuestCrashloaded(GuestCrashloaded) {
        /// What QEMU did.
        action: String,
    };
    /// The guest's kernel panicked.
    "GUEST_PANICKED" GuestPanicked(GuestPanicked) {
        /// What QEMU did: `pause`, `poweroff`, `run`.
        action: String,
        /// What the guest told of its crash.
        info: Option<serde_json::Value>,
    };
    /// A job of the job interface went on.
    "JOB_STATUS_CHANGE" JobStatusChange(JobStatusChange) {
        /// The job.
        id: String,
        /// Where it stands now.
        status: JobStatus,
    };
    /// A memory device has another size.
    "MEMORY_DEVICE_SIZE_CHANGE" MemoryDeviceSizeChange(MemoryDeviceSizeChange) {
        /// Its id, when it has one.
        id: Option<String>,
        /// Bytes.
        size: u64,
        /// Its path in the object tree.
        qom_path: String,
    };
    /// A migration went on (only when the `events` capability is on).
    "MIGRATION" Migration(Migration) {
        /// As in `query-migrate`.
        status: String,
    };
    /// The guest asks its NIC for another receive filter.
    "NIC_RX_FILTER_CHANGED" NicRxFilterChanged(NicRxFilterChanged) {
        /// The NIC's id, when it has one.
        name: Option<String>,
        /// Its path in the object tree.
        path: String,
    };
    /// The power button was pressed (by `system_powerdown`).
    "POWERDOWN" Powerdown(Powerdown) {};
    /// The machine was reset.
    "RESET" Reset(Reset) {
        /// Whether the guest did it.
        #[serde(default)]
        guest: bool,
        /// What asked for it.
        #[serde(default)]
        reason: ShutdownCause,
    };
    /// The vCPUs run.
    "RESUME" Resume(Resume) {};
    /// The guest set its clock.
    "RTC_CHANGE" RtcChange(RtcChange) {
        /// Seconds from the clock's base.
        offset: i64,
    };
    /// The machine is about to end.
    "SHUTDOWN" Shutdown(ShutdownEvent) {
        /// Whether the guest did it.
        #[serde(default)]
        guest: bool,
        /// What asked for it.
        #[serde(default)]
        reason: ShutdownCause,
    };
    /// A SPICE client came.
    "SPICE_CONNECTED" SpiceConnected(SpiceConnected) {
        /// Our side: `host`, `port`, `family`.
        server: serde_json::Value,
        /// Its side.
        client: serde_json::Value,
    };
    /// A SPICE client went.
    "SPICE_DISCONNECTED" SpiceDisconnected(SpiceDisconnected) {
        /// Our side: `host`, `port`, `family`.
        server: serde_json::Value,
        /// Its side.
        client: serde_json::Value,
    };
    /// A SPICE client passed authentication.
    "SPICE_INITIALIZED" SpiceInitialized(SpiceInitialized) {
        /// Our side: `host`, `port`, `family`, `auth`.
        server: serde_json::Value,
        /// Its side, and channel numbers.
        client: serde_json::Value,
    };
    /// The vCPUs stand still.
    "STOP" Stop(Stop) {};
    /// The guest sleeps (S3).
    "SUSPEND" Suspend(Suspend) {};
    /// The guest sleeps on disk (S4).
    "SUSPEND_DISK" SuspendDisk(SuspendDisk) {};
    /// A VNC client came.
    "VNC_CONNECTED" VncConnected(VncConnected) {
        /// Our side: `host`, `service`, `family`, `auth`.
        server: serde_json::Value,
        /// Its side.
        client: serde_json::Value,
    };
    /// A VNC client went.
    "VNC_DISCONNECTED" VncDisconnected(VncDisconnected) {
        /// Our side: `host`, `service`, `family`, `auth`.
        server: serde_json::Value,
        /// Its side, with the names it authenticated by.
        client: serde_json::Value,
    };
    /// A VNC client passed authentication.
    "VNC_INITIALIZED" VncInitialized(VncInitialized) {
        /// Our side: `host`, `service`, `family`, `auth`.
        server: serde_json::Value,
        /// Its side, with the names it authenticated by.
        client: serde_json::Value,
    };
    /// A port of a virtio-serial device was opened or closed in the guest.
    "VSERPORT_CHANGE" VserportChange(VserportChange) {
        /// The port's id.
        id: String,
        /// Whether the guest holds it open.
        open: bool,
    };
    /// The guest woke up.
    "WAKEUP" Wakeup(Wakeup) {};
    /// The guest's watchdog expired.
    "WATCHDOG" Watchdog(WatchdogEvent) {
        /// What QEMU does.
        action: WatchdogAction,
    };
}

impl EventKind {
    /// The run state that this event alone proves, when it does.
    pub fn run_state(&self) -> Option<RunState> {
        match self {
            Self::Resume(_) | Self::Wakeup(_) => Some(RunState::Running),
            Self::Suspend(_) => Some(RunState::Suspended),
            Self::Shutdown(_) => Some(RunState::Shutdown),
            _ => None,
        }
    }
}

/// What asked for a shutdown or a reset (`qapi/run-state.json`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShutdownCause {
    /// Nothing did.
    None,
    /// An error of the host.
    HostError,
    /// The monitor's `quit`.
    HostQmpQuit,
    /// The monitor's `system_reset`.
    HostQmpSystemReset,
    /// A signal, such as SIGTERM.
    HostSignal,
    /// The window was closed.
    HostUi,
    /// The guest powered off.
    GuestShutdown,
    /// The guest reset.
    GuestReset,
    /// The guest panicked.
    GuestPanic,
    /// A part of the guest was reset.
    SubsystemReset,
    /// A reset for loading a snapshot.
    SnapshotLoad,
    /// Another word, or none.
    #[default]
    #[serde(other)]
    Unknown,
}

/// What QEMU did about a disk's error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BlockIoErrorAction {
    /// Nothing; the guest does not see it.
    Ignore,
    /// The guest was told.
    Report,
    /// The machine was stopped.
    Stop,
}

/// What an expired watchdog does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WatchdogAction {
    /// Resets.
    Reset,
    /// Presses the power button.
    Shutdown,
    /// Ends the machine.
    Poweroff,
    /// Stops the vCPUs.
    Pause,
    /// Writes a line.
    Debug,
    /// Nothing.
    None,
    /// Raises an NMI.
    InjectNmi,
}

#[cfg(test)]
mod test {
    use super::*;

    #[track_caller]
    fn event(name: &str, data: &str) -> Event {
        let data = (!data.is_empty()).then(|| RawValue::from_string(data.into()).unwrap());
        Event::new(name.into(), Timestamp::default(), data)
    }

    #[test]
    fn events_in_use_are_typed() {
        let shutdown = event("SHUTDOWN", r#"{"guest": true, "reason": "guest-shutdown"}"#);
        let expected = ShutdownEvent { guest: true, reason: ShutdownCause::GuestShutdown };
        assert_eq!(shutdown.kind, EventKind::Shutdown(expected));
        assert_eq!(event("RESUME", "").kind.run_state(), Some(RunState::Running));
        let tray = event("DEVICE_TRAY_MOVED", r#"{"device": "", "id": "cd0", "tray-open": true}"#);
        let EventKind::DeviceTrayMoved(tray) = tray.kind else { panic!() };
        assert!(tray.tray_open && tray.id == "cd0");
        let io = r#"{"device":"d","node-name":"n","qom-path":"/x","operation":"write","action":"stop","nospace":true,"reason":"No space left on device"}"#;
        let EventKind::BlockIoError(error) = event("BLOCK_IO_ERROR", io).kind else { panic!() };
        assert!(error.nospace && error.action == BlockIoErrorAction::Stop);
    }

    #[test]
    fn a_word_that_qemu_learns_later_does_not_hide_the_event() {
        let EventKind::Reset(reset) = event("RESET", r#"{"guest":false,"reason":"new"}"#).kind
        else {
            panic!()
        };
        assert_eq!(reset.reason, ShutdownCause::Unknown);
    }

    #[test]
    fn what_is_not_in_the_table_keeps_its_text() {
        let unknown = event("NETDEV_VHOST_USER_CONNECTED", r#"{"netdev-id": "a",  "b": [1, 2]}"#);
        assert_eq!(unknown.kind, EventKind::Unknown);
        assert_eq!(unknown.details().as_deref(), Some(r#"{"netdev-id":"a","b":[1,2]}"#));
        let wrong = event("RTC_CHANGE", r#"{"offset": "far"}"#);
        assert_eq!(wrong.kind, EventKind::Unknown);
        assert!(wrong.details().is_some());
    }
}
