//! What a client asks a server about with `ConnectSupportsFeature`
//! (`virDrvFeature`, libvirt 11.3). Open: an unknown one is answered with 0.

/// The first version of migration.
pub const MIGRATION_V1: i32 = 1;
/// The driver is a remote one; a server says no.
pub const REMOTE: i32 = 2;
/// The second version of migration.
pub const MIGRATION_V2: i32 = 3;
/// Migration from daemon to daemon.
pub const MIGRATION_P2P: i32 = 4;
/// Migration by the hypervisor alone.
pub const MIGRATION_DIRECT: i32 = 5;
/// The third version of migration.
pub const MIGRATION_V3: i32 = 6;
/// A domain cannot change while it migrates.
pub const MIGRATE_CHANGE_PROTECTION: i32 = 7;
/// File descriptors with messages.
pub const FD_PASSING: i32 = 8;
/// Strings among typed parameters.
pub const TYPED_PARAM_STRING: i32 = 9;
/// Keepalive: asking for it starts it.
pub const PROGRAM_KEEPALIVE: i32 = 10;
/// XML for another host.
pub const XML_MIGRATABLE: i32 = 11;
/// Migration of what does not run.
pub const MIGRATION_OFFLINE: i32 = 12;
/// Migration with typed parameters.
pub const MIGRATION_PARAMS: i32 = 13;
/// Events with callback ids.
pub const REMOTE_EVENT_CALLBACK: i32 = 14;
/// The close callback.
pub const REMOTE_CLOSE_CALLBACK: i32 = 15;
/// `NetworkUpdate` has its arguments in the right order.
pub const NETWORK_UPDATE_HAS_CORRECT_ORDER: i32 = 16;
