//! A small QEMU and a small host to plan for.

#![allow(dead_code, reason = "each test binary uses a part")]

use stead_config::Domain;
use stead_qemu::abilities::{
    Abilities, Acceleration, Accelerator, CpuModel, MachineType, Usable, Version,
};
use stead_qemu::needs;
use stead_qemu::needs::{Chain, Grants, Layer, Need};
use stead_qemu::settle::{Age, Settings};

/// What QEMU 10.0 can do, as far as the documents beside this need it.
pub(crate) fn abilities() -> Abilities {
    let machine = |name: &str, alias: &str| MachineType {
        name: name.to_owned(),
        alias: Some(alias.to_owned()),
        is_default: alias == "pc",
        max_cpus: 255,
        hotpluggable_cpus: true,
        default_cpu_type: Some("qemu64-x86_64-cpu".to_owned()),
        default_ram_id: Some("pc.ram".to_owned()),
        acpi: Some(true),
        ..MachineType::default()
    };
    let acceleration = |accelerator| Acceleration {
        accelerator,
        machines: vec![machine("pc-q35-10.0", "q35"), machine("pc-i440fx-10.0", "pc")],
        cpus: vec![CpuModel {
            name: "qemu64".to_owned(),
            type_name: "qemu64-x86_64-cpu".to_owned(),
            usable: Usable::Yes,
            ..CpuModel::default()
        }],
        host: None,
        deprecated_features: None,
        hyperv: None,
        tried: Vec::new(),
    };
    let types = [
        "piix3-usb-uhci",
        "qemu-xhci",
        "lsi53c895a",
        "rtl8139",
        "e1000",
        "cirrus-vga",
        "VGA",
        "virtio-net-pci",
        "virtio-gpu-pci",
        "bochs-display",
    ];
    Abilities {
        binary: "/usr/bin/qemu-system-x86_64".to_owned(),
        arch: "x86_64".to_owned(),
        version: Version { major: 10, minor: 0, micro: 2 },
        types: types.into_iter().map(str::to_owned).collect(),
        schema: ["blockdev-set-active".to_owned()].into_iter().collect(),
        accelerations: vec![acceleration(Accelerator::Kvm), acceleration(Accelerator::Tcg)],
        ..Abilities::default()
    }
}

/// Folders of a daemon.
pub(crate) fn settings() -> Settings {
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    Settings {
        lib: "/lib/stead/qemu".to_owned(),
        channels: "/run/stead/channel".to_owned(),
        variables: "/lib/stead/nvram".to_owned(),
        vnc_listen: "127.0.0.1".to_owned(),
        spice_listen: "127.0.0.1".to_owned(),
        ports: (5900, 65535),
        websocket_ports: (5700, 65535),
        environment: vec![pair("LC_ALL", "C"), pair("PATH", "/usr/bin:/bin")],
        emulators: vec![pair("x86_64", "/usr/bin/qemu-system-x86_64")],
        age: Age::New,
        privileged: true,
    }
}

/// What is known before anything is acquired.
pub(crate) fn empty_grants(domain: &Domain) -> Grants {
    let folder = format!("{}/domain-7-{}", settings().lib, domain.name);
    Grants { id: Some(7), folder, ..Grants::default() }
}

/// Every need granted: descriptors count from 20, taps from vnet0.
pub(crate) fn grants(domain: &Domain, settings: &Settings) -> Grants {
    let mut grants = empty_grants(domain);
    grants.label = Some("+64055:+64055".to_owned());
    grants.vsock_cid = Some(3);
    grants.now_seconds = 1_700_000_000;
    let mut number = 20;
    for need in needs(domain, settings, &grants) {
        for role in need.roles() {
            grants.descriptors.push((role, number));
            number += 1;
        }
        match need {
            Need::Tap { alias, name, .. } => {
                let next = grants.taps.len();
                let name = name.unwrap_or_else(|| format!("vnet{next}"));
                grants.taps.insert(alias, name);
            }
            Need::Port { graphics, kind, fixed, range, .. } => {
                grants.ports.push((graphics, kind, fixed.unwrap_or(range.0)));
            }
            Need::Image { user, chain: Chain::Detect, path, .. } => {
                let layer = Layer {
                    path: format!("{path}.base"),
                    block: false,
                    format: "qcow2".to_owned(),
                };
                grants.chains.insert(user, vec![layer]);
            }
            Need::MasterKey { path } => grants.master_key = Some(path),
            _ => {}
        }
    }
    grants
}
