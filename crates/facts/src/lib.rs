//! A host as plain data: its CPUs, memory, caches and what its kernel can do.
//!
//! Nothing here touches a host. [`topology::read`] makes facts of a recorded sysfs tree; the `host`
//! crate fills the rest from the living machine.

pub mod topology;

use serde::{Deserialize, Serialize};
use stead_cpu::Dump;

/// Everything about a host that a decision may rest on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Host {
    /// As `uname -m` gives it: `x86_64`.
    pub arch: String,
    /// Release of the running kernel.
    pub kernel: String,
    /// UUID of the machine, from SMBIOS or from the configuration.
    pub uuid: Option<String>,
    /// What the CPUID instruction and the readable feature MSRs answer, KVM left aside.
    pub cpuid: Dump,
    /// Revision of the CPU's microcode.
    pub microcode: Option<u32>,
    /// The time stamp counter, where it runs at a constant rate.
    pub tsc: Option<Tsc>,
    /// What KVM can do; none when it cannot be used, with the reason in `kvm_refusal`.
    pub kvm: Option<Kvm>,
    /// Why KVM cannot be used.
    pub kvm_refusal: Option<String>,
    /// CPUs and memory.
    pub topology: Topology,
    /// Whether an IOMMU is in use.
    pub iommu: bool,
    /// Sizes of pages in KiB, smallest first.
    pub page_sizes_kib: Vec<u64>,
    /// What the machine can suspend to.
    pub suspend: Vec<Suspend>,
    /// Security drivers in force, in libvirt's order.
    pub security: Vec<SecurityModel>,
}

/// A time stamp counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tsc {
    /// Its rate.
    pub frequency_hz: u64,
    /// Whether guests can have another rate; none when not known.
    pub scaling: Option<bool>,
}

/// What the kernel's KVM can do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Kvm {
    /// `KVM_GET_SUPPORTED_CPUID`, and the feature MSRs that KVM can give to guests.
    pub supported: Dump,
    /// Largest number of vCPUs of one machine.
    pub max_vcpus: u32,
    /// Whether guests may run guests; none when the module does not say.
    pub nested: Option<bool>,
    /// Parameters of the modules, as `kvm_amd/nested=1`, sorted: part of cache keys.
    pub parameters: Vec<String>,
}

/// What a host can suspend to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Suspend {
    /// Suspend to RAM.
    Memory,
    /// Suspend to disk.
    Disk,
    /// Both at once.
    Hybrid,
}

/// A security driver, as `capabilities` lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityModel {
    /// `none`, `apparmor`, `selinux`, `dac`.
    pub model: String,
    /// Domain of interpretation.
    pub doi: String,
    /// Virtualization type and the label its machines get.
    pub base_labels: Vec<(String, String)>,
}

/// CPUs and memory of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topology {
    /// Sockets of one cell.
    pub sockets: u32,
    /// Dies of one socket.
    pub dies: u32,
    /// Clusters of one die.
    pub clusters: u32,
    /// Cores of one cluster.
    pub cores: u32,
    /// Threads of one core.
    pub threads: u32,
    /// NUMA cells; a host without NUMA has one.
    pub cells: Vec<Cell>,
    /// Caches, biggest level first within one bank.
    pub caches: Vec<Cache>,
}

/// A NUMA cell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// The kernel's number.
    pub id: u32,
    /// Memory in KiB.
    pub memory_kib: u64,
    /// Pages by size, smallest first.
    pub pages: Vec<Pages>,
    /// Distance to every cell, as the kernel gives it (10 is local).
    pub distances: Vec<(u32, u32)>,
    /// CPUs, by number.
    pub cpus: Vec<Cpu>,
}

/// Pages of one size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pages {
    /// Size in KiB.
    pub size_kib: u64,
    /// How many there are.
    pub count: u64,
}

/// A CPU of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cpu {
    /// The kernel's number.
    pub id: u32,
    /// Whether it is in use. One that is not tells nothing below.
    pub online: bool,
    /// Package.
    pub socket: u32,
    /// Die.
    pub die: u32,
    /// Cluster, where the machine has them.
    pub cluster: Option<u32>,
    /// Core.
    pub core: u32,
    /// Numbers of the threads of the same core, itself among them.
    pub siblings: Vec<u32>,
}

/// What a cache keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CacheKind {
    /// Instructions and data.
    Both,
    /// Instructions.
    Code,
    /// Data.
    Data,
}

/// A cache.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cache {
    /// The kernel's number of the bank.
    pub id: u32,
    /// 1 is nearest to the core.
    pub level: u32,
    /// What it keeps.
    pub kind: CacheKind,
    /// Size in KiB.
    pub size_kib: u64,
    /// Numbers of the CPUs that share it.
    pub cpus: Vec<u32>,
}
