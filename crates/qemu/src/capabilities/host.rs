//! `capabilities`.

use stead_config::capabilities::{
    Arch, Bank, Capabilities, CellCpu, CellLine, FeatureToggle, Guest, HostCpuDocument,
    HostPhysAddr, HostSignature, MachineLine, PageCount, Security, Toggle, TscCounter,
};
use stead_cpu::Catalog;
use stead_facts::topology::print_list;
use stead_facts::{CacheKind, Cell, Host, Suspend};

use crate::abilities::{Abilities, Accelerator};
use crate::cpu::host_definition;

/// An emulator that `capabilities` lists.
#[derive(Clone, Copy, Debug)]
pub struct Emulator<'a> {
    /// libvirt's name of the architecture it is listed for.
    pub arch: &'a str,
    /// What it can do.
    pub abilities: &'a Abilities,
}

/// The host, and what its emulators run.
pub fn host(host: &Host, emulators: &[Emulator<'_>]) -> Capabilities {
    Capabilities {
        uuid: host.uuid.clone(),
        cpu: cpu(host),
        power_management: host
            .suspend
            .iter()
            .map(|kind| match kind {
                Suspend::Memory => "suspend_mem",
                Suspend::Disk => "suspend_disk",
                Suspend::Hybrid => "suspend_hybrid",
            })
            .collect(),
        iommu: host.iommu,
        transports: vec!["tcp", "rdma"],
        cells: host.topology.cells.iter().map(cell).collect(),
        caches: host
            .topology
            .caches
            .iter()
            .map(|cache| Bank {
                id: cache.id,
                level: cache.level,
                kind: match cache.kind {
                    CacheKind::Both => "both",
                    CacheKind::Code => "code",
                    CacheKind::Data => "data",
                },
                size_kib: cache.size_kib,
                cpus: print_list(&cache.cpus),
            })
            .collect(),
        security: host
            .security
            .iter()
            .map(|model| Security {
                model: model.model.clone(),
                doi: model.doi.clone(),
                base_labels: model.base_labels.clone(),
            })
            .collect(),
        guests: emulators.iter().map(guest).collect(),
    }
}

fn cpu(host: &Host) -> HostCpuDocument {
    let catalog = Catalog::builtin();
    let found = host_definition(catalog, &host.cpuid);
    let topology = &host.topology;
    let mut document = HostCpuDocument {
        arch: Some(host.arch.clone()),
        microcode: host.microcode.filter(|_| found.is_some()),
        tsc: host
            .tsc
            .map(|tsc| TscCounter { frequency_hz: tsc.frequency_hz, scaling: tsc.scaling }),
        topology: Some([
            topology.sockets,
            topology.dies,
            topology.clusters,
            topology.cores,
            topology.threads,
        ]),
        max_phys_addr: host.cpuid.physical_address_bits().map(|bits| HostPhysAddr { bits }),
        page_sizes_kib: host.page_sizes_kib.clone(),
        ..HostCpuDocument::default()
    };
    if let Some(found) = found {
        document.model = found.model;
        document.vendor = found.vendor;
        document.signature = found.identity.map(|identity| HostSignature {
            family: identity.family,
            model: identity.model,
            stepping: identity.stepping,
        });
        document.features = found.features.into_iter().map(|listed| listed.name).collect();
    }
    document
}

fn cell(cell: &Cell) -> CellLine {
    CellLine {
        id: cell.id,
        memory_kib: Some(cell.memory_kib),
        pages: cell
            .pages
            .iter()
            .map(|pages| PageCount { size_kib: pages.size_kib, count: pages.count })
            .collect(),
        distances: cell.distances.clone(),
        cpus: cell
            .cpus
            .iter()
            .map(|cpu| CellCpu {
                id: cpu.id,
                place: cpu.online.then(|| {
                    let cluster = Some(cpu.cluster.unwrap_or(0));
                    (cpu.socket, cpu.die, cluster, cpu.core, print_list(&cpu.siblings))
                }),
            })
            .collect(),
    }
}

fn guest(emulator: &Emulator<'_>) -> Guest {
    let abilities = emulator.abilities;
    let x86 = matches!(emulator.arch, "x86_64" | "i686");
    let mut domains = vec!["qemu"];
    if abilities.with(Accelerator::Kvm).is_some() {
        domains.push("kvm");
    }
    let plain = |name| FeatureToggle { name, toggle: None };
    let toggled = |name, toggle| FeatureToggle { name, toggle: Some(toggle) };
    let mut features = vec![];
    if emulator.arch == "i686" {
        features.extend([plain("pae"), plain("nonpae")]);
    }
    if x86 {
        let (acpi, apic) = ("acpi", "apic");
        features.extend([toggled(acpi, Toggle::Switchable), toggled(apic, Toggle::Fixed)]);
    }
    let has_models = abilities.fastest().is_some_and(|fastest| !fastest.cpus.is_empty());
    if has_models {
        features.push(plain("cpuselection"));
    }
    features.extend([
        plain("deviceboot"),
        toggled("disksnapshot", Toggle::Fixed),
        plain("externalSnapshot"),
    ]);
    Guest {
        os_type: "hvm",
        arch: Arch {
            name: emulator.arch.to_owned(),
            word_size: if matches!(emulator.arch, "i686" | "armv7l" | "ppc" | "riscv32") {
                32
            } else {
                64
            },
            emulator: abilities.binary.clone(),
            machines: machines(abilities),
            domains,
        },
        features,
    }
}

/// The default one first, then in QEMU's order, each followed by its alias.
fn machines(abilities: &Abilities) -> Vec<MachineLine> {
    let Some(acceleration) = abilities.with(Accelerator::Tcg).or(abilities.fastest()) else {
        return vec![];
    };
    let known = || acceleration.machines.iter().filter(|machine| machine.name != "none");
    let first = known().filter(|machine| machine.is_default);
    let rest = known().filter(|machine| !machine.is_default);
    let mut lines = vec![];
    for machine in first.chain(rest) {
        lines.push(MachineLine {
            name: machine.name.clone(),
            canonical: None,
            max_cpus: machine.max_cpus,
            deprecated: machine.deprecated,
        });
        if let Some(alias) = &machine.alias {
            lines.push(MachineLine {
                name: alias.clone(),
                canonical: Some(machine.name.clone()),
                max_cpus: machine.max_cpus,
                deprecated: machine.deprecated,
            });
        }
    }
    lines
}
