//! Devices and features in `domcapabilities`: which QOM type, option or command stands for which
//! word.

use stead_config::capabilities::{Enumeration, Features, Section, SevLine, SgxLine};
use stead_cpu::{Key, Register};
use stead_facts::Host;

use super::domain::Surroundings;
use crate::abilities::{Abilities, PropertyValue};

const VIRTIO: [&str; 3] = ["virtio", "virtio-transitional", "virtio-non-transitional"];

/// All devices, in libvirt's order.
pub(super) fn all(
    abilities: &Abilities,
    machine: &str,
    surroundings: &Surroundings<'_>,
) -> Vec<Section> {
    vec![
        disk(abilities, machine),
        graphics(abilities, surroundings),
        video(abilities),
        hostdev(surroundings),
        rng(abilities),
        filesystem(abilities),
        tpm(abilities, surroundings),
        redirdev(abilities),
        channel(abilities),
        crypto(abilities),
        interface(abilities),
        panic(abilities),
    ]
}

/// The words whose condition holds.
fn chosen<const N: usize>(name: &'static str, words: [(&'static str, bool); N]) -> Enumeration {
    Enumeration::new(name, words.into_iter().filter(|(_, holds)| *holds).map(|(word, _)| word))
}

fn is_x86(abilities: &Abilities) -> bool {
    matches!(abilities.arch.as_str(), "x86_64" | "i686" | "i386")
}

fn is_pseries(machine: &str) -> bool {
    machine == "pseries" || machine.starts_with("pseries-")
}

fn has_builtin_ide(machine: &str) -> bool {
    machine == "pc"
        || machine == "isapc"
        || machine.starts_with("pc-") && !machine.starts_with("pc-q35")
}

fn disk(abilities: &Abilities, machine: &str) -> Section {
    let floppy = !is_pseries(machine);
    let devices = [("disk", true), ("cdrom", true), ("floppy", floppy), ("lun", true)];
    let buses = [
        ("ide", is_x86(abilities) && has_builtin_ide(machine)),
        ("fdc", floppy),
        ("scsi", true),
        ("virtio", true),
        ("usb", abilities.has_type("usb-storage")),
        ("sata", abilities.has_type("ich9-ahci")),
    ];
    Section::new(
        "disk",
        vec![
            chosen("diskDevice", devices),
            chosen("bus", buses),
            Enumeration::new("model", VIRTIO),
        ],
    )
}

fn graphics(abilities: &Abilities, surroundings: &Surroundings<'_>) -> Section {
    let display =
        |name: &str| abilities.schema.contains(&format!("query-display-options/ret-type/+{name}"));
    let dbus = display("dbus");
    let types = [
        ("sdl", display("sdl")),
        ("vnc", abilities.options.contains_key("vnc")),
        ("rdp", dbus && surroundings.rdp_server),
        ("spice", abilities.options.contains_key("spice")),
        ("egl-headless", display("egl-headless")),
        ("dbus", dbus),
    ];
    Section::new("graphics", vec![chosen("type", types)])
}

fn video(abilities: &Abilities) -> Section {
    let virtio = ["virtio-gpu-pci", "virtio-gpu-ccw", "virtio-gpu-device"];
    let models = [
        ("vga", abilities.has_type("VGA")),
        ("cirrus", abilities.has_type("cirrus-vga")),
        ("vmvga", abilities.has_type("vmware-svga")),
        ("qxl", abilities.has_type("qxl")),
        ("virtio", virtio.iter().any(|name| abilities.has_type(name))),
        ("none", true),
        ("bochs", abilities.has_type("bochs-display")),
        ("ramfb", abilities.has_type("ramfb")),
    ];
    Section::new("video", vec![chosen("modelType", models)])
}

fn hostdev(surroundings: &Surroundings<'_>) -> Section {
    let backends = [("default", surroundings.vfio), ("vfio", surroundings.vfio)];
    Section::new(
        "hostdev",
        vec![
            Enumeration::new("mode", ["subsystem"]),
            Enumeration::new("startupPolicy", ["default", "mandatory", "requisite", "optional"]),
            Enumeration::new("subsysType", ["usb", "pci", "scsi"]),
            Enumeration::new::<&str>("capsType", []),
            chosen("pciBackend", backends),
        ],
    )
}

fn rng(abilities: &Abilities) -> Section {
    let backends = [
        ("random", abilities.has_type("rng-random")),
        ("egd", abilities.has_type("rng-egd")),
        ("builtin", abilities.has_type("rng-builtin")),
    ];
    Section::new("rng", vec![Enumeration::new("model", VIRTIO), chosen("backendModel", backends)])
}

fn filesystem(abilities: &Abilities) -> Section {
    let drivers = [
        ("path", true),
        ("handle", true),
        ("virtiofs", abilities.has_type("vhost-user-fs-device")),
    ];
    Section::new("filesystem", vec![chosen("driverType", drivers)])
}

fn tpm(abilities: &Abilities, surroundings: &Surroundings<'_>) -> Section {
    let has = |list: &[String], name: &str| list.iter().any(|each| each == name);
    let models = ["tpm-tis", "tpm-crb", "tpm-spapr", "spapr-tpm-proxy"];
    let models = models.map(|name| (name, has(&abilities.tpm_models, name)));
    if models.iter().all(|(_, present)| !present) {
        return Section::unsupported("tpm");
    }
    let emulator = has(&abilities.tpm_types, "emulator") && !surroundings.tpm_versions.is_empty();
    let backends = [
        ("passthrough", has(&abilities.tpm_types, "passthrough")),
        ("emulator", emulator),
        ("external", emulator),
    ];
    let mut enums = vec![chosen("model", models), chosen("backendModel", backends)];
    if emulator {
        let versions = surroundings.tpm_versions.iter().cloned();
        enums.push(Enumeration::new("backendVersion", versions));
    }
    Section::new("tpm", enums)
}

fn redirdev(abilities: &Abilities) -> Section {
    if !abilities.has_type("usb-redir") {
        return Section::unsupported("redirdev");
    }
    Section::new("redirdev", vec![Enumeration::new("bus", ["usb"])])
}

fn channel(abilities: &Abilities) -> Section {
    let types =
        [("pty", true), ("unix", true), ("spicevmc", abilities.options.contains_key("spice"))];
    Section::new("channel", vec![chosen("type", types)])
}

fn crypto(abilities: &Abilities) -> Section {
    if !abilities.has_type("virtio-crypto-device") {
        return Section::unsupported("crypto");
    }
    let backends = [
        ("builtin", abilities.has_type("cryptodev-backend-builtin")),
        ("lkcf", abilities.has_type("cryptodev-backend-lkcf")),
    ];
    Section::new(
        "crypto",
        vec![
            Enumeration::new("model", ["virtio"]),
            Enumeration::new("type", ["qemu"]),
            chosen("backendModel", backends),
        ],
    )
}

fn interface(abilities: &Abilities) -> Section {
    // passt speaks to `-netdev stream`, which is as old as QEMU 7.2.
    let backends = [("default", true), ("passt", abilities.at_least(7, 2))];
    Section::new("interface", vec![chosen("backendType", backends)])
}

fn panic(abilities: &Abilities) -> Section {
    let x86 = is_x86(abilities);
    let models = [
        ("isa", x86 && abilities.has_type("pvpanic")),
        ("pseries", abilities.arch == "ppc64"),
        ("hyperv", x86),
        ("s390", abilities.arch == "s390x"),
        ("pvpanic", abilities.has_type("pvpanic-pci")),
    ];
    Section::new("panic", vec![chosen("model", models)])
}

/// What is no device.
pub(super) fn features(abilities: &Abilities, host: &Host) -> Features {
    let x86 = is_x86(abilities);
    let mut plain = vec![
        ("gic", false),
        ("vmcoreinfo", abilities.has_type("vmcoreinfo")),
        ("genid", abilities.has_type("vmgenid")),
        ("backingStoreInput", true),
        ("backup", true),
        ("async-teardown", abilities.has_option("run-with", "async-teardown")),
    ];
    if abilities.arch == "s390x" {
        plain.push(("s390-pv", abilities.has_type("s390-pv-guest")));
    }
    plain.push(("ps2", x86));
    let sev = abilities.sev.as_ref().map(|sev| {
        let key = Key::Cpuid { leaf: 0x8000_001f, subleaf: 0 };
        let guests = host.cpuid.register(key, Register::Ecx);
        let first_without_es = host.cpuid.register(key, Register::Edx);
        SevLine {
            cbitpos: sev.cbitpos,
            reduced_phys_bits: sev.reduced_phys_bits,
            // ASIDs below EDX are for SEV-ES, the rest up to ECX for SEV (AMD APM vol. 3, E.4.17).
            max_guests: guests.saturating_sub(first_without_es).saturating_add(1),
            max_es_guests: first_without_es.saturating_sub(1),
            cpu0_id: sev.cpu0_id.clone(),
        }
    });
    let sgx = abilities.sgx.as_ref().map(|sgx| SgxLine {
        flc: sgx.flc,
        sgx1: sgx.sgx1,
        sgx2: sgx.sgx2,
        section_size_kib: sgx.section_size / 1024,
        sections: sgx.sections.iter().map(|(node, bytes)| (*node, bytes / 1024)).collect(),
    });
    let mut launch_security = vec![];
    for (kind, holds) in [
        ("sev", sev.is_some()),
        ("sev-snp", sev.is_some() && abilities.has_type("sev-snp-guest")),
        ("s390-pv", abilities.has_type("s390-pv-guest")),
    ] {
        if holds {
            launch_security.push(kind.to_owned());
        }
    }
    Features { plain, sev, sgx, hyperv: hyperv(abilities), launch_security }
}

/// In libvirt's order.
const ENLIGHTENMENTS: [&str; 17] = [
    "relaxed",
    "vapic",
    "spinlocks",
    "vpindex",
    "runtime",
    "synic",
    "stimer",
    "reset",
    "vendor_id",
    "frequencies",
    "reenlightenment",
    "tlbflush",
    "ipi",
    "evmcs",
    "avic",
    "emsr_bitmap",
    "xmm_input",
];

fn hyperv(abilities: &Abilities) -> Option<Section> {
    let known = abilities.fastest()?.hyperv.as_ref()?;
    let works = |name: &&str| {
        known.get(&format!("hv-{name}")).is_some_and(|value| *value != PropertyValue::Flag(false))
    };
    let words: Vec<&str> = ENLIGHTENMENTS.into_iter().filter(works).collect();
    if words.is_empty() {
        return None;
    }
    Some(Section::new("hyperv", vec![Enumeration::new("features", words)]))
}
