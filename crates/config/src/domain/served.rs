//! What libvirt knows and stead does not serve yet: refused by name, line and column.
//!
//! Serving one is giving it a field and taking out its row.

use stead_xml::{Judge, Verdict};

/// Elements (`a/b`) and attributes (`a/b/@c`), below `domain/`.
pub const REFUSED: &[&str] = &[
    // The machine.
    "blkiotune",
    "bootloader",
    "bootloader_args",
    "cputune",
    "defaultiothread",
    "genid",
    "idmap",
    "iothreadids",
    "iothreads",
    "keywrap",
    "launchSecurity",
    "maxMemory",
    "memoryBacking",
    "memtune",
    "numatune",
    "perf",
    "resource",
    "sysinfo",
    "throttlegroups",
    "vcpus",
    // How it boots.
    "os/acpi",
    "os/init",
    "os/initarg",
    "os/initdir",
    "os/initenv",
    "os/initgroup",
    "os/inituser",
    "os/nvram/@type",
    "os/nvram/source",
    "os/root",
    "os/shim",
    "os/varstore",
    // Features.
    "features/aia",
    "features/async-teardown",
    "features/capabilities",
    "features/ccf-assist",
    "features/cfpc",
    "features/gic",
    "features/hpt",
    "features/htm",
    "features/ibs",
    "features/kvm/xen-hvm",
    "features/msrs",
    "features/nested-hv",
    "features/ras",
    "features/sbbc",
    "features/smm/tseg",
    "features/tcg",
    "features/xen",
    "cpu/numa",
    // Devices.
    "devices/crypto",
    "devices/filesystem",
    "devices/hostdev",
    "devices/hub",
    "devices/iommu",
    "devices/lease",
    "devices/memory",
    "devices/nvram",
    "devices/pstore",
    "devices/redirdev",
    "devices/redirfilter",
    "devices/shmem",
    "devices/smartcard",
    "devices/tpm",
    // Disks.
    "devices/disk/@rawio",
    "devices/disk/@sgio",
    "devices/disk/auth",
    "devices/disk/backenddomain",
    "devices/disk/driver/@iothread",
    "devices/disk/driver/iothreads",
    "devices/disk/driver/metadata_cache",
    "devices/disk/driver/statistics",
    "devices/disk/encryption",
    "devices/disk/iotune",
    "devices/disk/mirror",
    "devices/disk/source/cookies",
    "devices/disk/source/dataStore",
    "devices/disk/source/encryption",
    "devices/disk/source/reservations",
    "devices/disk/source/seclabel",
    "devices/disk/source/slices",
    "devices/disk/source/@fdgroup",
    "devices/disk/throttlefilters",
    "devices/disk/transient",
    "devices/controller/driver/@iothread",
    "devices/controller/driver/iothreads",
    // Network cards.
    "devices/interface/@managed",
    "devices/interface/backend",
    "devices/interface/backenddomain",
    "devices/interface/bandwidth",
    "devices/interface/coalesce",
    "devices/interface/filterref",
    "devices/interface/guest",
    "devices/interface/ip",
    "devices/interface/port",
    "devices/interface/portForward",
    "devices/interface/route",
    "devices/interface/source/ip",
    "devices/interface/source/route",
    "devices/interface/teaming",
    "devices/interface/tune",
    "devices/interface/virtualport",
    "devices/interface/vlan",
    // Where character devices lead.
    "devices/channel/source/seclabel",
    "devices/console/source/seclabel",
    "devices/parallel/source/seclabel",
    "devices/serial/source/seclabel",
    // Displays and sound.
];

/// Values: path of the element, attribute, value.
pub const REFUSED_VALUES: &[(&str, &str, &str)] = &[
    ("domain", "type", "bhyve"),
    ("domain", "type", "hyperv"),
    ("domain", "type", "hvf"),
    ("domain", "type", "kqemu"),
    ("domain", "type", "lxc"),
    ("domain", "type", "openvz"),
    ("domain", "type", "parallels"),
    ("domain", "type", "phyp"),
    ("domain", "type", "uml"),
    ("domain", "type", "vbox"),
    ("domain", "type", "vmware"),
    ("domain", "type", "vz"),
    ("domain", "type", "xen"),
    ("domain/os/smbios", "mode", "host"),
    ("domain/os/smbios", "mode", "sysinfo"),
    ("domain/devices/disk", "device", "lun"),
    ("domain/devices/disk", "type", "dir"),
    ("domain/devices/disk", "type", "network"),
    ("domain/devices/disk", "type", "nvme"),
    ("domain/devices/disk", "type", "vhostuser"),
    ("domain/devices/disk", "type", "vhostvdpa"),
    ("domain/devices/disk", "type", "volume"),
    ("domain/devices/disk/driver", "type", "fat"),
    ("domain/devices/controller", "type", "ccid"),
    ("domain/devices/controller", "type", "nvme"),
    ("domain/devices/controller", "type", "xenbus"),
    ("domain/devices/interface", "type", "client"),
    ("domain/devices/interface", "type", "direct"),
    ("domain/devices/interface", "type", "hostdev"),
    ("domain/devices/interface", "type", "internal"),
    ("domain/devices/interface", "type", "mcast"),
    ("domain/devices/interface", "type", "server"),
    ("domain/devices/interface", "type", "udp"),
    ("domain/devices/interface", "type", "vdpa"),
    ("domain/devices/interface", "type", "vds"),
    ("domain/devices/interface", "type", "vhostuser"),
    ("domain/devices/graphics", "type", "dbus"),
    ("domain/devices/graphics", "type", "desktop"),
    ("domain/devices/graphics", "type", "egl-headless"),
    ("domain/devices/graphics", "type", "rdp"),
    ("domain/devices/graphics", "type", "sdl"),
    ("domain/devices/graphics", "type", "spice"),
    ("domain/devices/video/driver", "name", "vhostuser"),
    ("domain/devices/input", "type", "evdev"),
    ("domain/devices/input", "type", "passthrough"),
    ("domain/devices/audio", "type", "dbus"),
];

/// Everything that is refused, as `a/b`, `a/b/@c` or `a/b/@c=d` below `domain/`.
pub fn refused() -> Vec<String> {
    let names = REFUSED.iter().map(|&name| name.to_owned());
    let values = REFUSED_VALUES.iter().map(|(element, attribute, value)| {
        let below = element.strip_prefix("domain/").map(|below| format!("{below}/"));
        format!("{}@{attribute}={value}", below.unwrap_or_default())
    });
    let mut refused: Vec<String> = names.chain(values).collect();
    refused.sort();
    refused
}

/// The whole of it, for a reader.
pub const JUDGE: Judge = Judge { name: judge, values: REFUSED_VALUES };

/// What libvirt knows, and means nothing to a domain of QEMU or stands in other fields.
const SILENT: &[&str] = &[
    // Read from the root only where a machine runs.
    "@id",
    "cpu/arch",
    "cpu/counter",
    "cpu/microcode",
    "cpu/pages",
    "cpu/signature",
    "devices/console/@tty",
];

/// Judges a name that no type reads.
pub fn judge(kind: &str) -> Verdict {
    let Some(below) = kind.strip_prefix("domain/") else { return Verdict::Dropped };
    // The layers of a chain are alike.
    let layered = below.contains("/backingStore/backingStore").then(|| {
        let last = below.rfind("backingStore").unwrap_or(0);
        format!("devices/disk/{}", &below[last..])
    });
    let below = layered.as_deref().unwrap_or(below);
    if REFUSED.contains(&below) || is_of_layer(below) {
        Verdict::Refused
    } else if SILENT.contains(&below) {
        Verdict::Silent
    } else {
        Verdict::Dropped
    }
}

/// A layer of a chain is refused what a disk is refused.
fn is_of_layer(below: &str) -> bool {
    let Some(rest) = below.strip_prefix("devices/disk/backingStore/") else { return false };
    let of_disk = format!("devices/disk/{rest}");
    REFUSED.contains(&of_disk.as_str()) || rest == "format/metadata_cache"
}
