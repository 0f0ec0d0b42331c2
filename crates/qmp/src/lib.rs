//! QEMU's monitor language (QMP): the commands and events in use as tables, and a link without I/O.
//!
//! Source: QEMU 10.0, `docs/interop/qmp-spec.rst` and `qapi/*.json`. What is not in the tables survives: an
//! unknown event keeps its JSON text, an unknown field of a reply is passed over, and any command can be sent
//! as text ([`Link::encode_text`]).

pub mod command;
mod event;
mod link;
mod reply;

pub use command::{Call, Command, Nothing, Properties};
pub use event::{
    BalloonChange, BlockIoError, BlockIoErrorAction, BlockJobCompleted, BlockWriteThreshold,
    DeviceDeleted, DeviceTrayMoved, DeviceUnplugGuestError, DumpCompleted, GuestCrashloaded,
    GuestPanicked, JobStatusChange, MemoryDeviceSizeChange, Migration, NicRxFilterChanged,
    Powerdown, Reset, Resume, RtcChange, ShutdownCause, ShutdownEvent, SpiceConnected,
    SpiceDisconnected, SpiceInitialized, Stop, Suspend, SuspendDisk, VncConnected, VncDisconnected,
    VncInitialized, VserportChange, Wakeup, WatchdogAction, WatchdogEvent,
};
pub use event::{Event, EventKind, Timestamp};
pub use link::{Garbage, Id, Limits, Link, Message, NotACommand};
pub use reply::{ErrorClass, Greeting, QemuError, QemuVersion, Reply, VersionTriple};
