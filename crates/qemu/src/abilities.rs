//! What one QEMU binary can do, learnt from its monitor.
//!
//! [`questions`] says what to ask a QEMU started with `-M none`, [`parse`] makes [`Abilities`] of
//! the answers. Both are pure; the `host` crate asks real binaries, tests ask recorded ones.

mod host_cpu;
mod parse;
mod schema;
pub mod spelling;
mod tried;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use host_cpu::{HostCpu, HostCpus, NEVER_PASSED, Property, PropertyValue};
pub use parse::{Answers, DEVICES, OBJECTS, ParseError, Question, Session, parse, questions};
pub use schema::{PATHS, Schema};
pub use tried::{Blocker, Outcome, Trial, TriedMode, announcing};

/// What runs the guest's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Accelerator {
    /// The Linux kernel's KVM.
    Kvm,
    /// macOS' Hypervisor framework.
    Hvf,
    /// QEMU's translator.
    Tcg,
}

impl Accelerator {
    /// As a domain's `type` names it.
    pub const fn domain_type(self) -> &'static str {
        match self {
            Self::Kvm => "kvm",
            Self::Hvf => "hvf",
            Self::Tcg => "qemu",
        }
    }

    /// As `-accel` names it.
    pub const fn qemu_name(self) -> &'static str {
        match self {
            Self::Kvm => "kvm",
            Self::Hvf => "hvf",
            Self::Tcg => "tcg",
        }
    }

    /// Of a domain's `type`.
    pub fn of_domain_type(name: &str) -> Option<Self> {
        [Self::Kvm, Self::Hvf, Self::Tcg].into_iter().find(|kind| kind.domain_type() == name)
    }
}

/// A version of QEMU.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Version {
    /// As the 10 of 10.0.2.
    pub major: u32,
    /// As the 0 of 10.0.2.
    pub minor: u32,
    /// As the 2 of 10.0.2.
    pub micro: u32,
}

impl Version {
    /// A version.
    pub const fn new(major: u32, minor: u32, micro: u32) -> Self {
        Self { major, minor, micro }
    }

    /// libvirt's number: 10.0.2 is 10000002.
    pub const fn number(self) -> u64 {
        self.major as u64 * 1_000_000 + self.minor as u64 * 1_000 + self.micro as u64
    }
}

/// What one binary can do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Abilities {
    /// Path of the binary.
    pub binary: String,
    /// libvirt's name of the architecture it emulates.
    pub arch: String,
    /// Its version.
    pub version: Version,
    /// The distributor's name of the package.
    pub package: String,
    /// Whether KVM is built in and could be opened.
    pub kvm: bool,
    /// Names of the QOM types: devices, objects, machines.
    pub types: BTreeSet<String>,
    /// Properties of the devices in [`DEVICES`].
    pub devices: BTreeMap<String, BTreeSet<String>>,
    /// Properties of the other types in [`OBJECTS`].
    pub objects: BTreeMap<String, BTreeSet<String>>,
    /// Parameters of command-line options, by option.
    pub options: BTreeMap<String, BTreeSet<String>>,
    /// Commands and events, and the paths of [`PATHS`] that exist.
    pub schema: BTreeSet<String>,
    /// Names of migration capabilities.
    pub migration: BTreeSet<String>,
    /// TPM models.
    pub tpm_models: Vec<String>,
    /// TPM backends.
    pub tpm_types: Vec<String>,
    /// AMD SEV.
    pub sev: Option<Sev>,
    /// Intel SGX.
    pub sgx: Option<Sgx>,
    /// By accelerator, the fastest first.
    pub accelerations: Vec<Acceleration>,
}

/// What a binary can do with one accelerator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Acceleration {
    /// The accelerator.
    pub accelerator: Accelerator,
    /// Machine types, in QEMU's order.
    pub machines: Vec<MachineType>,
    /// CPU models, in QEMU's order.
    pub cpus: Vec<CpuModel>,
    /// The host's CPU as QEMU sees it.
    pub host: Option<HostCpu>,
    /// Features that QEMU calls deprecated, as QEMU spells them; none if it cannot say.
    pub deprecated_features: Option<Vec<String>>,
    /// Hyper-V enlightenments that work here (`hv-relaxed`); none if QEMU cannot say.
    pub hyperv: Option<BTreeMap<String, PropertyValue>>,
    /// What became of the modes when they were tried.
    pub tried: Vec<Trial>,
}

/// A machine type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineType {
    /// Its name, such as `pc-q35-10.0`.
    pub name: String,
    /// A shorter name, such as `q35`.
    pub alias: Option<String>,
    /// Whether it is used when none is named.
    pub is_default: bool,
    /// Largest number of vCPUs.
    pub max_cpus: u32,
    /// Whether vCPUs can be plugged in.
    pub hotpluggable_cpus: bool,
    /// Type of its default CPU.
    pub default_cpu_type: Option<String>,
    /// Whether `-numa node,mem=` is understood.
    pub numa_mem: bool,
    /// Id of its memory backend.
    pub default_ram_id: Option<String>,
    /// Whether QEMU advises against it.
    pub deprecated: bool,
    /// Whether it has ACPI; none if QEMU does not say.
    pub acpi: Option<bool>,
}

/// Whether a CPU model can be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Usable {
    /// QEMU does not say.
    #[default]
    Unknown,
    /// Everything it has is available.
    Yes,
    /// Something is not available.
    No,
}

/// A CPU model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CpuModel {
    /// Its name.
    pub name: String,
    /// Its QOM type.
    pub type_name: String,
    /// Whether it can be used here.
    pub usable: Usable,
    /// What stands in the way, in libvirt's spelling.
    pub blockers: Vec<String>,
    /// Whether QEMU advises against it.
    pub deprecated: bool,
}

/// What AMD SEV can do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sev {
    /// Position of the encryption bit.
    pub cbitpos: u32,
    /// Bits of physical addresses lost.
    pub reduced_phys_bits: u32,
    /// Platform Diffie-Hellman key, base64.
    pub pdh: String,
    /// Certificate chain, base64.
    pub cert_chain: String,
    /// Identifies the CPU, base64.
    pub cpu0_id: Option<String>,
}

/// What Intel SGX can do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sgx {
    /// Flexible launch control.
    pub flc: bool,
    /// Version 1.
    pub sgx1: bool,
    /// Version 2.
    pub sgx2: bool,
    /// Bytes of the enclave page cache by NUMA node.
    pub sections: Vec<(u32, u64)>,
    /// Bytes in all.
    pub section_size: u64,
}

impl Abilities {
    /// What it can do with an accelerator.
    pub fn with(&self, accelerator: Accelerator) -> Option<&Acceleration> {
        self.accelerations.iter().find(|each| each.accelerator == accelerator)
    }

    /// The accelerator of its choice, the fastest.
    pub fn fastest(&self) -> Option<&Acceleration> {
        self.accelerations.first()
    }

    /// Whether a device or object of this QOM type exists.
    pub fn has_type(&self, name: &str) -> bool {
        self.types.contains(name)
    }

    /// Whether a device has a property; only devices in [`DEVICES`] are known.
    pub fn has_property(&self, device: &str, property: &str) -> bool {
        self.devices.get(device).is_some_and(|all| all.contains(property))
    }

    /// Whether an object, CPU or machine type has a property; only those in [`OBJECTS`].
    pub fn has_object_property(&self, object: &str, property: &str) -> bool {
        self.objects.get(object).is_some_and(|all| all.contains(property))
    }

    /// Whether a command-line option has a parameter.
    pub fn has_option(&self, option: &str, parameter: &str) -> bool {
        self.options.get(option).is_some_and(|all| all.contains(parameter))
    }

    /// Whether the monitor has a command.
    pub fn has_command(&self, name: &str) -> bool {
        self.schema.contains(name)
    }

    /// Whether it is at least this version.
    pub fn at_least(&self, major: u32, minor: u32) -> bool {
        (self.version.major, self.version.minor) >= (major, minor)
    }

    /// A machine type by name or alias.
    pub fn machine(&self, accelerator: Accelerator, name: &str) -> Option<&MachineType> {
        self.with(accelerator)?.machine(name)
    }

    /// libvirt's name of the default CPU model of a machine type, such as `qemu64`.
    pub fn default_cpu(&self, accelerator: Accelerator, machine: &str) -> Option<String> {
        let machine = self.machine(accelerator, machine)?;
        let kind = machine.default_cpu_type.as_deref()?;
        let acceleration = self.with(accelerator)?;
        acceleration
            .cpus
            .iter()
            .find(|cpu| cpu.type_name == kind)
            .map(|cpu| cpu.name.clone())
            .or_else(|| kind.strip_suffix(&format!("-{}-cpu", self.arch)).map(str::to_owned))
    }
}

impl Acceleration {
    /// A machine type by name or alias.
    pub fn machine(&self, name: &str) -> Option<&MachineType> {
        self.machines
            .iter()
            .find(|machine| machine.name == name)
            .or_else(|| self.machines.iter().find(|each| each.alias.as_deref() == Some(name)))
    }

    /// The machine type used when none is named.
    pub fn default_machine(&self) -> Option<&MachineType> {
        self.machines.iter().find(|machine| machine.is_default).or(self.machines.first())
    }

    /// A CPU model.
    pub fn cpu(&self, name: &str) -> Option<&CpuModel> {
        self.cpus.iter().find(|cpu| cpu.name == name)
    }

    /// What became of a mode when it was tried; none when it was not.
    pub fn trial(&self, mode: TriedMode) -> Option<&Trial> {
        self.tried.iter().find(|trial| trial.mode == mode)
    }
}
