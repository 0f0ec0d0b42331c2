//! What goes into and comes out of the operations, where plain numbers do not say it.

use std::os::fd::OwnedFd;

use crate::{Status, Value};

/// A connection, by a number that its daemon never gives twice: whose machines end with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Owner(pub u64);

/// The figures of virDomainGetInfo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summarised {
    /// What it does.
    pub status: Status,
    /// The most memory it may have.
    pub memory_max_kib: u64,
    /// The memory it has.
    pub memory_kib: u64,
    /// The vCPUs it has.
    pub vcpus: u32,
    /// The processor time it took since its start.
    pub cpu_time_ns: u64,
}

/// One vCPU of a running machine (virVcpuInfo).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vcpu {
    /// Its number.
    pub number: u32,
    /// virVcpuState: 0 offline, 1 running, 2 blocked.
    pub state: i32,
    /// The processor time it took.
    pub cpu_time_ns: u64,
    /// The host CPU it was last on.
    pub cpu: i32,
    /// The host CPUs it may use, a bit each.
    pub affinity: Vec<u8>,
}

/// The sizes of a disk in bytes (virDomainBlockInfo).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockSizes {
    /// What the guest sees.
    pub capacity: u64,
    /// The highest byte in use.
    pub allocation: u64,
    /// The bytes that the image takes.
    pub physical: u64,
}

/// The counters of a disk (virDomainBlockStats); -1 where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockCounters {
    /// Reads.
    pub read_requests: i64,
    /// Bytes read.
    pub read_bytes: i64,
    /// Writes.
    pub write_requests: i64,
    /// Bytes written.
    pub write_bytes: i64,
    /// Errors.
    pub errors: i64,
}

/// The counters of a network interface (virDomainInterfaceStats); -1 where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InterfaceCounters {
    /// Bytes received by the guest.
    pub rx_bytes: i64,
    /// Packets received.
    pub rx_packets: i64,
    /// Errors on receipt.
    pub rx_errors: i64,
    /// Packets dropped on receipt.
    pub rx_drop: i64,
    /// Bytes sent.
    pub tx_bytes: i64,
    /// Packets sent.
    pub tx_packets: i64,
    /// Errors on sending.
    pub tx_errors: i64,
    /// Packets dropped on sending.
    pub tx_drop: i64,
}

/// A memory figure: virDomainMemoryStatTags and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryFigure {
    /// virDomainMemoryStatTags.
    pub tag: i32,
    /// KiB, or a count, or seconds, as the tag says.
    pub value: u64,
}

/// virDomainControlInfo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlState {
    /// virDomainControlState: 0 ok, 1 job, 2 occupied, 3 error.
    pub state: u32,
    /// virDomainControlErrorReason.
    pub details: u32,
    /// How long it has been so.
    pub age_ms: u64,
}

/// An open console: a byte stream both ways.
#[derive(Debug)]
pub struct Console {
    /// The device or socket; it does not block.
    pub descriptor: OwnedFd,
    /// Completes when another client takes the console by force, or the machine stops.
    pub taken: tokio::sync::oneshot::Receiver<()>,
    /// Held as long as the console is open.
    pub(crate) _lease: crate::console::Lease,
}

/// The picture of a machine's screen.
#[derive(Debug)]
pub struct Screenshot {
    /// Its MIME type.
    pub mime: String,
    /// The file's bytes, open for reading, already unlinked.
    pub descriptor: OwnedFd,
}

/// What a machine says in statistics: its record in domstats.
#[derive(Clone, Debug)]
pub struct Record {
    /// The machine.
    pub identity: crate::Identity,
    /// Its figures.
    pub values: Vec<(String, Value)>,
}
