//! The longest lists that messages may hold, in items (or bytes, of what is bytes).
//!
//! libvirt 11.3, `remote_protocol.x`, `qemu_protocol.x`, `admin_protocol.x`. A
//! longer one does not decode; a server that would send one answers with an error.

#![expect(missing_docs, reason = "each bounds the list that it is named after")]

pub use stead_xdr::STRING_MAX as STRING;

/// The longest payload that libvirt sends in one stream message, in bytes.
pub const STREAM_CHUNK: usize = 262_120;
/// The most file descriptors with one message.
pub const DESCRIPTORS: u32 = 32;

pub const ADMIN_CLIENT_INFO_PARAMETERS: u32 = 64;
pub const ADMIN_CLIENT_LIST: u32 = 16384;
pub const ADMIN_SERVER_CLIENT_LIMITS: u32 = 32;
pub const ADMIN_SERVER_LIST: u32 = 16384;
pub const ADMIN_SERVER_THREADPOOL_PARAMETERS: u32 = 32;
pub const AUTH_SASL_DATA: u32 = 65536;
pub const AUTH_TYPE_LIST: u32 = 20;
pub const CONNECT_CPU_MODELS: u32 = 8192;
pub const CONNECT_GET_ALL_DOMAIN_STATS: u32 = 262144;
pub const CONNECT_IDENTITY_PARAMS: u32 = 20;
pub const CPUMAP: u32 = 2048;
pub const CPUMAPS: u32 = 8388608;
pub const CPU_BASELINE: u32 = 256;
pub const DOMAIN_AUTHORIZED_SSH_KEYS: u32 = 2048;
pub const DOMAIN_BLKIO_PARAMETERS: u32 = 16;
pub const DOMAIN_BLOCK_COPY_PARAMETERS: u32 = 16;
pub const DOMAIN_BLOCK_IO_TUNE_PARAMETERS: u32 = 32;
pub const DOMAIN_BLOCK_PEEK_BUFFER: u32 = 4194304;
pub const DOMAIN_BLOCK_STATS_PARAMETERS: u32 = 16;
pub const DOMAIN_CHECKPOINT_LIST: u32 = 16384;
pub const DOMAIN_DISK_ERRORS: u32 = 256;
pub const DOMAIN_EVENT_GRAPHICS_IDENTITY: u32 = 20;
pub const DOMAIN_EVENT_TUNABLE: u32 = 2048;
pub const DOMAIN_FSFREEZE_MOUNTPOINTS: u32 = 256;
pub const DOMAIN_FSINFO: u32 = 256;
pub const DOMAIN_FSINFO_DISKS: u32 = 256;
pub const DOMAIN_GET_CPU_STATS: u32 = 2048;
pub const DOMAIN_GUEST_INFO_PARAMS: u32 = 2048;
pub const DOMAIN_GUEST_VCPU_PARAMS: u32 = 64;
pub const DOMAIN_INTERFACE: u32 = 2048;
pub const DOMAIN_INTERFACE_PARAMETERS: u32 = 16;
pub const DOMAIN_IOTHREAD_PARAMS: u32 = 64;
pub const DOMAIN_IP_ADDR: u32 = 2048;
pub const DOMAIN_JOB_STATS: u32 = 64;
pub const DOMAIN_LAUNCH_SECURITY_INFO_PARAMS: u32 = 64;
pub const DOMAIN_LAUNCH_SECURITY_STATE_PARAMS: u32 = 64;
pub const DOMAIN_LIST: u32 = 16384;
pub const DOMAIN_MEMORY_PARAMETERS: u32 = 16;
pub const DOMAIN_MEMORY_PEEK_BUFFER: u32 = 4194304;
pub const DOMAIN_MEMORY_STATS: u32 = 1024;
pub const DOMAIN_MESSAGES: u32 = 2048;
pub const DOMAIN_MIGRATE_PARAM_LIST: u32 = 64;
pub const DOMAIN_NUMA_PARAMETERS: u32 = 16;
pub const DOMAIN_PERF_EVENTS: u32 = 64;
pub const DOMAIN_SAVE_PARAMS: u32 = 64;
pub const DOMAIN_SCHEDULER_PARAMETERS: u32 = 16;
pub const DOMAIN_SEND_KEY: u32 = 16;
pub const DOMAIN_SNAPSHOT_LIST: u32 = 16384;
pub const INTERFACE_LIST: u32 = 16384;
pub const IOTHREAD_INFO: u32 = 16384;
pub const MIGRATE_COOKIE: u32 = 4194304;
pub const NETWORK_DHCP_LEASES: u32 = 65536;
pub const NETWORK_LIST: u32 = 16384;
pub const NETWORK_PORT_LIST: u32 = 16384;
pub const NETWORK_PORT_PARAMETERS: u32 = 16;
pub const NODE_CELLS: u32 = 1024;
pub const NODE_CPU_STATS: u32 = 16;
pub const NODE_DEVICE_CAPS_LIST: u32 = 65536;
pub const NODE_DEVICE_LIST: u32 = 65536;
pub const NODE_MEMORY_PARAMETERS: u32 = 64;
pub const NODE_MEMORY_STATS: u32 = 16;
pub const NODE_SEV_INFO: u32 = 64;
pub const NWFILTER_BINDING_LIST: u32 = 16384;
pub const NWFILTER_LIST: u32 = 16384;
pub const SECRET_LIST: u32 = 16384;
pub const SECRET_VALUE: u32 = 65536;
pub const SECURITY_DOI: u32 = 257;
pub const SECURITY_LABEL: u32 = 4097;
pub const SECURITY_LABEL_LIST: u32 = 64;
pub const SECURITY_MODEL: u32 = 257;
pub const STORAGE_POOL_LIST: u32 = 16384;
pub const STORAGE_VOL_LIST: u32 = 16384;
pub const VCPUINFO: u32 = 16384;
