//! `domcapabilities`.

use stead_config::capabilities::{DomainCapabilities, Enumeration, Section};
use stead_cpu::Catalog;
use stead_facts::Host;
use thiserror::Error;

use super::{cpu, devices};
use crate::abilities::{Abilities, Acceleration, Accelerator, HostCpus, MachineType};
use crate::settle::Firmware;
use crate::settle::firmware::Mapping;

/// What is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The binary.
    pub abilities: &'a Abilities,
    /// The domain's type.
    pub accelerator: Accelerator,
    /// A machine type or alias; the default one if none.
    pub machine: Option<&'a str>,
    /// The host's CPU as this binary reads it.
    pub host_cpus: &'a HostCpus,
    /// Whether features that QEMU calls deprecated are disabled in host-model.
    pub disable_deprecated_features: bool,
}

/// What of the host beside CPU and kernel matters.
#[derive(Clone, Debug, Default)]
pub struct Surroundings<'a> {
    /// Installed firmware, in order of preference.
    pub firmware: &'a [Firmware],
    /// Firmware images to show instead of those of the descriptors.
    pub loaders: Option<Vec<String>>,
    /// Versions that the TPM emulator speaks; empty if there is none.
    pub tpm_versions: Vec<String>,
    /// Whether devices can be given to guests by VFIO.
    pub vfio: bool,
    /// Whether QEMU's RDP server is installed.
    pub rdp_server: bool,
}

/// Why there is no answer. The texts are libvirt's.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// The accelerator cannot be used.
    #[error("the accel '{accelerator}' is not supported by '{binary}' on this host")]
    Accelerator {
        /// As `-accel` names it.
        accelerator: &'static str,
        /// The binary.
        binary: String,
    },
    /// There is no such machine type.
    #[error("the machine '{machine}' is not supported by emulator '{binary}'")]
    Machine {
        /// What was asked for.
        machine: String,
        /// The binary.
        binary: String,
    },
}

/// What a domain of one kind can be made of.
///
/// # Errors
/// An accelerator or a machine type that this binary does not have here.
pub fn domain(
    subject: Subject<'_>,
    host: &Host,
    surroundings: &Surroundings<'_>,
) -> Result<DomainCapabilities, Refused> {
    let abilities = subject.abilities;
    let acceleration = abilities.with(subject.accelerator).ok_or_else(|| Refused::Accelerator {
        accelerator: subject.accelerator.qemu_name(),
        binary: abilities.binary.clone(),
    })?;
    let machine = machine(subject, acceleration)?;
    let name = machine.map_or("", |machine| machine.name.as_str());
    let firmware = suitable(surroundings.firmware, &abilities.arch, name);
    let secure =
        firmware.iter().any(|build| build.features.iter().any(|feature| feature == "requires-smm"));
    let secure: &[&str] = if secure { &["yes", "no"] } else { &["no"] };
    Ok(DomainCapabilities {
        path: abilities.binary.clone(),
        domain: subject.accelerator.domain_type().to_owned(),
        machine: machine.map(|machine| machine.name.clone()),
        arch: abilities.arch.clone(),
        vcpu_max: machine.map(|machine| vcpu_max(machine, subject.accelerator, host)),
        iothreads: abilities.has_type("iothread"),
        firmware: firmware_kinds(&firmware),
        loader_values: surroundings.loaders.clone().unwrap_or_else(|| images(&firmware)),
        loader: vec![
            Enumeration::new("type", ["rom", "pflash"]),
            Enumeration::new("readonly", ["yes", "no"]),
            Enumeration::new("secure", secure.iter().copied()),
        ],
        cpu: cpu::modes(subject, acceleration, host, Catalog::builtin()),
        memory_backing: memory_backing(abilities),
        devices: devices::all(abilities, name, surroundings),
        features: devices::features(abilities, host),
    })
}

fn machine<'a>(
    subject: Subject<'_>,
    acceleration: &'a Acceleration,
) -> Result<Option<&'a MachineType>, Refused> {
    match subject.machine {
        None => Ok(acceleration.default_machine()),
        Some(name) => acceleration.machine(name).map(Some).ok_or_else(|| Refused::Machine {
            machine: name.to_owned(),
            binary: subject.abilities.binary.clone(),
        }),
    }
}

fn vcpu_max(machine: &MachineType, accelerator: Accelerator, host: &Host) -> u32 {
    match &host.kvm {
        Some(kvm) if accelerator == Accelerator::Kvm && kvm.max_vcpus > 0 => {
            machine.max_cpus.min(kvm.max_vcpus)
        }
        _ => machine.max_cpus,
    }
}

fn memory_backing(abilities: &Abilities) -> Section {
    let mut sources = vec!["file", "anonymous"];
    if abilities.has_type("memory-backend-memfd") {
        sources.push("memfd");
    }
    Section::new("memoryBacking", vec![Enumeration::new("sourceType", sources)])
}

fn suitable<'a>(all: &'a [Firmware], arch: &str, machine: &str) -> Vec<&'a Firmware> {
    all.iter()
        .filter(|build| {
            build.targets.iter().any(|target| {
                target.architecture == arch
                    && target.machines.iter().any(|pattern| matches(pattern, machine))
            })
        })
        .collect()
}

/// A shell pattern of which only `*` is in use.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            (0..=text.len())
                .filter(|at| text.is_char_boundary(*at))
                .any(|at| matches(rest, &text[at..]))
        }),
    }
}

fn firmware_kinds(firmware: &[&Firmware]) -> Vec<String> {
    [("bios", "bios"), ("uefi", "efi")]
        .into_iter()
        .filter(|(interface, _)| {
            firmware.iter().any(|build| build.interfaces.iter().any(|each| each == interface))
        })
        .map(|(_, kind)| kind.to_owned())
        .collect()
}

fn images(firmware: &[&Firmware]) -> Vec<String> {
    let mut all: Vec<String> = vec![];
    for build in firmware {
        let path = match &build.mapping {
            Mapping::Flash { executable, .. } => &executable.filename,
            Mapping::Memory { filename } => filename,
            Mapping::Kernel { .. } => continue,
        };
        if !all.contains(path) {
            all.push(path.clone());
        }
    }
    all
}
