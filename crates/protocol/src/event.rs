//! The ids by which a client asks for events, and the numbers that then come.
//!
//! Three styles of a domain's event: *plain* (asked for with
//! [`ConnectDomainEventRegister`] or [`ConnectDomainEventRegisterAny`]; the body has
//! no callback id), *callback* (asked for with
//! [`ConnectDomainEventCallbackRegisterAny`]; the body begins with it), and ids 16 and 24 to 27, which have one number whose
//! body begins with the callback id whichever way it was asked for.

use crate::remote::*;
use crate::table::Event;

/// Rows `id Name = plain event, callback event;`.
macro_rules! ids {
    ($(#[$doc:meta])* $kind:ident; $($id:literal $name:ident = $plain:expr, $callback:expr;)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(i32)]
        pub enum $kind {
            $(
                #[doc = concat!("Id ", stringify!($id), ".")]
                $name = $id,
            )*
        }

        impl $kind {
            /// Every id, from 0.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The kind of event that an id asks for.
            #[must_use]
            pub const fn from_id(id: i32) -> Option<Self> {
                match id {
                    $($id => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// The id.
            #[must_use]
            pub const fn id(self) -> i32 {
                self as i32
            }

            /// The number of the event without a callback id.
            #[must_use]
            pub const fn plain(self) -> Option<i32> {
                match self {
                    $(Self::$name => $plain,)*
                }
            }

            /// The number of the event whose body begins with the callback id.
            #[must_use]
            pub const fn callback(self) -> i32 {
                match self {
                    $(Self::$name => $callback,)*
                }
            }
        }
    };
}

const fn plain<E: Event>(_: E) -> Option<i32> {
    Some(E::NUMBER)
}

const fn callback<E: Event>(_: E) -> i32 {
    E::NUMBER
}

ids! {
    /// Events of domains (`virDomainEventID`).
    DomainEventId;
    0 Lifecycle = plain(DomainEventLifecycle), callback(DomainEventCallbackLifecycle);
    1 Reboot = plain(DomainEventReboot), callback(DomainEventCallbackReboot);
    2 RtcChange = plain(DomainEventRtcChange), callback(DomainEventCallbackRtcChange);
    3 Watchdog = plain(DomainEventWatchdog), callback(DomainEventCallbackWatchdog);
    4 IoError = plain(DomainEventIoError), callback(DomainEventCallbackIoError);
    5 Graphics = plain(DomainEventGraphics), callback(DomainEventCallbackGraphics);
    6 IoErrorReason = plain(DomainEventIoErrorReason), callback(DomainEventCallbackIoErrorReason);
    7 ControlError = plain(DomainEventControlError), callback(DomainEventCallbackControlError);
    8 BlockJob = plain(DomainEventBlockJob), callback(DomainEventCallbackBlockJob);
    9 DiskChange = plain(DomainEventDiskChange), callback(DomainEventCallbackDiskChange);
    10 TrayChange = plain(DomainEventTrayChange), callback(DomainEventCallbackTrayChange);
    11 PmWakeup = plain(DomainEventPmwakeup), callback(DomainEventCallbackPmwakeup);
    12 PmSuspend = plain(DomainEventPmsuspend), callback(DomainEventCallbackPmsuspend);
    13 BalloonChange = plain(DomainEventBalloonChange), callback(DomainEventCallbackBalloonChange);
    14 PmSuspendDisk = plain(DomainEventPmsuspendDisk), callback(DomainEventCallbackPmsuspendDisk);
    15 DeviceRemoved = plain(DomainEventDeviceRemoved), callback(DomainEventCallbackDeviceRemoved);
    16 BlockJob2 = None, callback(DomainEventBlockJob2);
    17 Tunable = None, callback(DomainEventCallbackTunable);
    18 AgentLifecycle = None, callback(DomainEventCallbackAgentLifecycle);
    19 DeviceAdded = None, callback(DomainEventCallbackDeviceAdded);
    20 MigrationIteration = None, callback(DomainEventCallbackMigrationIteration);
    21 JobCompleted = None, callback(DomainEventCallbackJobCompleted);
    22 DeviceRemovalFailed = None, callback(DomainEventCallbackDeviceRemovalFailed);
    23 MetadataChange = None, callback(DomainEventCallbackMetadataChange);
    24 BlockThreshold = None, callback(DomainEventBlockThreshold);
    25 MemoryFailure = None, callback(DomainEventMemoryFailure);
    26 MemoryDeviceSizeChange = None, callback(DomainEventMemoryDeviceSizeChange);
    27 NicMacChange = None, callback(DomainEventNicMacChange);
}

ids! {
    /// Events of networks (`virNetworkEventID`).
    NetworkEventId;
    0 Lifecycle = None, callback(NetworkEventLifecycle);
    1 MetadataChange = None, callback(NetworkEventCallbackMetadataChange);
}

ids! {
    /// Events of storage pools (`virStoragePoolEventID`).
    StoragePoolEventId;
    0 Lifecycle = None, callback(StoragePoolEventLifecycle);
    1 Refresh = None, callback(StoragePoolEventRefresh);
}

ids! {
    /// Events of the host's devices (`virNodeDeviceEventID`).
    NodeDeviceEventId;
    0 Lifecycle = None, callback(NodeDeviceEventLifecycle);
    1 Update = None, callback(NodeDeviceEventUpdate);
}

ids! {
    /// Events of secrets (`virSecretEventID`).
    SecretEventId;
    0 Lifecycle = None, callback(SecretEventLifecycle);
    1 ValueChanged = None, callback(SecretEventValueChanged);
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::Layout;

    /// What a callback's event has before the plain event's body is its id.
    #[test]
    fn callback_bodies_begin_with_an_id() {
        for id in DomainEventId::ALL {
            assert_eq!(DomainEventId::from_id(id.id()), Some(*id));
            let entry = crate::entry(PROGRAM, id.callback()).unwrap();
            let Layout::Struct(fields) = entry.arguments else { panic!("{}", entry.name) };
            assert_eq!(fields[0].name, "callback_id", "{}", entry.name);
            assert_eq!(fields[0].layout, Layout::Int);
        }
        assert_eq!(DomainEventId::ALL.len(), 28);
        assert_eq!(DomainEventId::from_id(28), None);
    }
}
