//! What libvirt knows and stead does not serve yet: refused by name, line and column.
//!
//! Serving one is giving it a field and taking out its row.

use stead_xml::Verdict;

/// Elements (`a/b`), attributes (`a/b/@c`) and values (`a/b/@c=d`), below `domain/`.
pub const REFUSED: &[&str] = &[
    // The machine.
    "@type=bhyve",
    "@type=hyperv",
    "@type=hvf",
    "@type=kqemu",
    "@type=lxc",
    "@type=openvz",
    "@type=parallels",
    "@type=phyp",
    "@type=uml",
    "@type=vbox",
    "@type=vmware",
    "@type=vz",
    "@type=xen",
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
    "os/smbios/@mode=host",
    "os/smbios/@mode=sysinfo",
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
    "devices/disk/@device=lun",
    "devices/disk/@rawio",
    "devices/disk/@sgio",
    "devices/disk/@type=dir",
    "devices/disk/@type=network",
    "devices/disk/@type=nvme",
    "devices/disk/@type=vhostuser",
    "devices/disk/@type=vhostvdpa",
    "devices/disk/@type=volume",
    "devices/disk/auth",
    "devices/disk/backenddomain",
    "devices/disk/driver/@iothread",
    "devices/disk/driver/@type=fat",
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
    "devices/controller/@type=ccid",
    "devices/controller/@type=nvme",
    "devices/controller/@type=xenbus",
    "devices/controller/driver/@iothread",
    "devices/controller/driver/iothreads",
    // Network cards.
    "devices/interface/@managed",
    "devices/interface/@type=client",
    "devices/interface/@type=direct",
    "devices/interface/@type=hostdev",
    "devices/interface/@type=internal",
    "devices/interface/@type=mcast",
    "devices/interface/@type=server",
    "devices/interface/@type=udp",
    "devices/interface/@type=vdpa",
    "devices/interface/@type=vds",
    "devices/interface/@type=vhostuser",
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
    "devices/graphics/@type=dbus",
    "devices/graphics/@type=desktop",
    "devices/graphics/@type=egl-headless",
    "devices/graphics/@type=rdp",
    "devices/graphics/@type=sdl",
    "devices/graphics/@type=spice",
    "devices/video/driver/@name=vhostuser",
    "devices/input/@type=evdev",
    "devices/input/@type=passthrough",
    "devices/audio/@type=dbus",
];

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
