//! `<disk>`: disks, CD-ROMs, floppies.

use stead_values::{OnOff, names};
use stead_xml::{Class, Element, Node, Position, Reader, Writer};

use super::address::{Address, alias, place};
use super::parts::Boot;

mod source;

pub use source::{Backing, BackingStore, DiskSource, Image, StartupPolicy};
use source::{backing, element};

names! {
    /// What a disk's bytes come from.
    #[derive(Default)]
    pub enum DiskKind {
        #[default]
        File = "file",
        Block = "block",
        Dir = "dir",
        Network = "network",
        Volume = "volume",
        Nvme = "nvme",
        VhostUser = "vhostuser",
        VhostVdpa = "vhostvdpa",
    }

    /// What the guest takes it for.
    #[derive(Default)]
    pub enum DiskDevice {
        #[default]
        Disk = "disk",
        Cdrom = "cdrom",
        Floppy = "floppy",
        Lun = "lun",
    }

    /// The bus that it is on.
    pub enum DiskBus {
        Ide = "ide",
        Fdc = "fdc",
        Scsi = "scsi",
        Virtio = "virtio",
        Xen = "xen",
        Usb = "usb",
        Uml = "uml",
        Sata = "sata",
        Sd = "sd",
        Nvme = "nvme",
    }

    /// The generation of a virtio device.
    pub enum VirtioModel {
        Virtio = "virtio",
        Transitional = "virtio-transitional",
        NonTransitional = "virtio-non-transitional",
    }

    /// What snapshots do with it.
    pub enum SnapshotLocation {
        No = "no",
        Internal = "internal",
        External = "external",
        Manual = "manual",
    }

    /// The format of an image.
    pub enum ImageFormat {
        Raw = "raw",
        Qcow2 = "qcow2",
        Qcow = "qcow",
        Qed = "qed",
        Vmdk = "vmdk",
        Vpc = "vpc",
        Vdi = "vdi",
        Vhdx = "vhdx",
        Luks = "luks",
        Bochs = "bochs",
        Cloop = "cloop",
        Dmg = "dmg",
        Iso = "iso",
        Cow = "cow",
        Fat = "fat",
        Ploop = "ploop",
        Dir = "dir",
    }

    /// How the host caches it.
    pub enum DiskCache {
        Default = "default",
        None = "none",
        Writethrough = "writethrough",
        Writeback = "writeback",
        Directsync = "directsync",
        Unsafe = "unsafe",
    }

    /// What follows an error of input or output.
    pub enum ErrorPolicy {
        Default = "default",
        Stop = "stop",
        Report = "report",
        Ignore = "ignore",
        EnoSpace = "enospace",
    }

    /// How the host does input and output.
    pub enum DiskIo {
        Default = "default",
        Native = "native",
        Threads = "threads",
        IoUring = "io_uring",
    }

    /// What becomes of discarded blocks.
    pub enum Discard {
        Default = "default",
        Unmap = "unmap",
        Ignore = "ignore",
    }

    /// What becomes of blocks of zeroes that are written.
    pub enum DetectZeroes {
        Default = "default",
        Off = "off",
        On = "on",
        Unmap = "unmap",
    }

    /// Whether a tray is open.
    pub enum Tray {
        Closed = "closed",
        Open = "open",
    }

    /// How sectors are counted.
    pub enum Translation {
        None = "none",
        Auto = "auto",
        Lba = "lba",
    }
}

/// A disk of the guest.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
#[xml(check = check)]
pub struct Disk {
    /// What its bytes come from.
    #[xml(attribute = "type", default, judged)]
    pub kind: DiskKind,
    /// What the guest takes it for.
    #[xml(attribute, default, judged)]
    pub device: DiskDevice,
    /// The generation of a virtio disk.
    #[xml(attribute)]
    pub model: Option<VirtioModel>,
    /// What snapshots do with it.
    #[xml(attribute)]
    pub snapshot: Option<SnapshotLocation>,
    /// How it is driven.
    #[xml(child)]
    pub driver: Option<DiskDriver>,
    /// Where its bytes are; none: an empty drive.
    #[xml(with = element, knows("source"))]
    pub source: Option<DiskSource>,
    /// What is below the image.
    #[xml(with = backing, knows("backingStore"))]
    pub backing: Backing,
    /// Cylinders, heads, sectors.
    #[xml(child, needs = "heads")]
    pub geometry: Option<Geometry>,
    /// Block sizes.
    #[xml(child)]
    pub blockio: Option<BlockIo>,
    /// Where the guest sees it.
    #[xml(child, default)]
    pub target: Target,
    /// Whether the guest may not write it; always so for a CD-ROM.
    #[xml(with = readonly, knows("readonly"))]
    pub readonly: bool,
    /// Whether several machines may write it.
    #[xml(flag)]
    pub shareable: bool,
    /// The serial number that it tells.
    #[xml(text)]
    pub serial: Option<String>,
    /// The world wide name that it tells: 16 hexadecimal digits.
    #[xml(text)]
    pub wwn: Option<String>,
    /// The vendor that it tells, up to 8 characters.
    #[xml(text)]
    pub vendor: Option<String>,
    /// The product that it tells, up to 16 characters.
    #[xml(text)]
    pub product: Option<String>,
    /// When it is booted from.
    #[xml(child)]
    pub boot: Option<Boot>,
    /// What it is called.
    #[xml(with = alias, knows("alias"))]
    pub alias: Option<String>,
    /// Where it sits.
    #[xml(with = place, knows("address"))]
    pub address: Option<Address>,
    /// Where it stands in the document.
    #[xml(position)]
    pub position: Position,
}

/// `<driver>` of a disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Element)]
pub struct DiskDriver {
    /// `qemu`.
    #[xml(attribute)]
    pub name: Option<String>,
    /// The format of the image.
    #[xml(attribute = "type", judged, unknown = "unknown driver format value")]
    pub format: Option<ImageFormat>,
    /// How the host caches it.
    #[xml(attribute)]
    pub cache: Option<DiskCache>,
    /// What follows an error.
    #[xml(attribute)]
    pub error_policy: Option<ErrorPolicy>,
    /// What follows an error of reading.
    #[xml(attribute)]
    pub rerror_policy: Option<ErrorPolicy>,
    /// How the host does input and output.
    #[xml(attribute)]
    pub io: Option<DiskIo>,
    /// Whether notifications go through an eventfd.
    #[xml(attribute)]
    pub ioeventfd: Option<OnOff>,
    /// Whether the guest tells from when it wants interrupts.
    #[xml(attribute)]
    pub event_idx: Option<OnOff>,
    /// Whether what is read from below is kept in the image.
    #[xml(attribute)]
    pub copy_on_read: Option<OnOff>,
    /// What becomes of discarded blocks.
    #[xml(attribute)]
    pub discard: Option<Discard>,
    /// What becomes of blocks of zeroes that are written.
    #[xml(attribute)]
    pub detect_zeroes: Option<DetectZeroes>,
    /// How many queues there are.
    #[xml(attribute)]
    pub queues: Option<u32>,
    /// How long a queue is: a power of two.
    #[xml(attribute)]
    pub queue_size: Option<u32>,
    /// Whether discarded clusters stay referenced.
    #[xml(attribute)]
    pub discard_no_unref: Option<OnOff>,
    /// Whether DMA goes through the IOMMU.
    #[xml(attribute)]
    pub iommu: Option<OnOff>,
    /// Address translation services.
    #[xml(attribute)]
    pub ats: Option<OnOff>,
    /// Packed rings.
    #[xml(attribute)]
    pub packed: Option<OnOff>,
    /// A doorbell page for each queue.
    #[xml(attribute)]
    pub page_per_vq: Option<OnOff>,
}

/// `<geometry>`.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct Geometry {
    /// Cylinders.
    #[xml(attribute = "cyls")]
    pub cylinders: u32,
    /// Heads.
    #[xml(attribute)]
    pub heads: u32,
    /// Sectors a track.
    #[xml(attribute = "secs")]
    pub sectors: u32,
    /// How the BIOS counts them.
    #[xml(attribute = "trans")]
    pub translation: Option<Translation>,
}

/// `<blockio>`, in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct BlockIo {
    /// Of a logical block.
    #[xml(attribute)]
    pub logical_block_size: Option<u32>,
    /// Of a physical block.
    #[xml(attribute)]
    pub physical_block_size: Option<u32>,
    /// The granularity of discards.
    #[xml(attribute)]
    pub discard_granularity: Option<u32>,
}

/// `<target>` of a disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Element)]
pub struct Target {
    /// The name that tells its place, such as `vda`.
    #[xml(attribute, default)]
    pub dev: String,
    /// The bus that it is on; what the name says if none is given.
    #[xml(attribute)]
    pub bus: Option<DiskBus>,
    /// Whether the tray is open.
    #[xml(attribute)]
    pub tray: Option<Tray>,
    /// Whether a USB disk says that it is removable.
    #[xml(attribute)]
    pub removable: Option<OnOff>,
    /// Rotations a minute; 1: a solid-state disk.
    #[xml(attribute)]
    pub rotation_rate: Option<u16>,
}

impl Target {
    /// The bus that a name without one tells.
    pub fn bus_of_name(dev: &str, device: DiskDevice) -> Option<DiskBus> {
        if device == DiskDevice::Floppy {
            return Some(DiskBus::Fdc);
        }
        match dev {
            _ if dev.starts_with("hd") => Some(DiskBus::Ide),
            _ if dev.starts_with("sd") => Some(DiskBus::Scsi),
            _ if dev.starts_with("vd") => Some(DiskBus::Virtio),
            _ if dev.starts_with("xvd") => Some(DiskBus::Xen),
            _ if dev.starts_with("ubd") => Some(DiskBus::Uml),
            _ => None,
        }
    }

    /// The number that the letters of a name tell: `sda` is 0, `vdab` is 27.
    pub fn number_of_name(dev: &str) -> Option<u32> {
        const PREFIXES: [&str; 7] = ["fd", "hd", "sd", "vd", "xvd", "ubd", "nvme"];
        let letters = PREFIXES.iter().find_map(|prefix| dev.strip_prefix(prefix))?;
        let letters = letters.trim_end_matches(|c: char| c.is_ascii_digit());
        if letters.is_empty() {
            return None;
        }
        let mut number: u32 = 0;
        for (index, byte) in letters.bytes().enumerate() {
            if !byte.is_ascii_lowercase() {
                return None;
            }
            let carry = u32::from(index > 0);
            number = number.checked_add(carry)?.checked_mul(26)?;
            number = number.checked_add(u32::from(byte - b'a'))?;
        }
        Some(number)
    }
}

/// `<disk>` of `<devices>`.
pub(super) mod disks {
    use stead_xml::{FromElement, ToElement};

    use super::{Disk, DiskBus, Node, Reader, Target, Writer};

    /// Disks of one bus stand in the order of their names, as far as the bus is written.
    pub(crate) fn read(devices: Node<'_>, reader: &mut Reader) -> Vec<Disk> {
        let mut disks: Vec<Disk> = Vec::new();
        let mut keys: Vec<Key> = Vec::new();
        for node in devices.children().filter(|node| node.name() == "disk") {
            let Some(disk) = Disk::read(node, reader) else { continue };
            let number = Target::number_of_name(&disk.target.dev);
            let key = (disk.target.bus, number.map_or(-1, i64::from));
            let at = place_among(&keys, key);
            disks.insert(at, disk);
            keys.insert(at, key);
        }
        for disk in &mut disks {
            let device = disk.device;
            let target = &mut disk.target;
            target.bus = target.bus.or_else(|| Target::bus_of_name(&target.dev, device));
        }
        disks
    }

    /// The bus that is written, and the number that the name tells.
    type Key = (Option<DiskBus>, i64);

    fn place_among(keys: &[Key], new: Key) -> usize {
        let mut place = None;
        for (index, (bus, number)) in keys.iter().enumerate().rev() {
            if *bus != new.0 {
                continue;
            }
            if *number > new.1 {
                place = Some(index);
            } else if place.is_none() {
                place = Some(index + 1);
            }
        }
        place.unwrap_or(keys.len())
    }

    pub(crate) fn write(disks: &[Disk], out: &mut Writer) {
        for disk in disks {
            disk.write("disk", out);
        }
    }
}

mod readonly {
    use super::{Node, Reader, Writer};

    pub(super) fn read(disk: Node<'_>, _: &mut Reader) -> bool {
        disk.child("readonly").is_some() || disk.attribute("device") == Some("cdrom")
    }

    pub(super) fn write(readonly: &bool, out: &mut Writer) {
        if *readonly {
            out.empty("readonly");
        }
    }
}

/// Sixteen hexadecimal digits, with `0x` before them or without.
fn is_wwn(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn check(disk: &Disk, node: Node<'_>, reader: &mut Reader) {
    let source = || disk.source.as_ref().map_or("", |source| source.image.path()).to_owned();
    let target = node.child("target").unwrap_or(node);
    if disk.target.dev.is_empty() {
        let fix = "add a <target>, such as <target dev='vda'/>";
        reader.error_with_fix(target, Class::NoTarget, source(), fix);
    } else if disk.device == DiskDevice::Floppy && !disk.target.dev.starts_with("fd") {
        let message = format!("Invalid floppy device name: {}", disk.target.dev);
        reader.attribute_error(target, "dev", Class::Internal, message);
    }
    if disk.source.is_none()
        && matches!(disk.device, DiskDevice::Disk | DiskDevice::Lun)
        && matches!(disk.kind, DiskKind::File | DiskKind::Block)
    {
        let fix = "only cdrom and floppy drives can be empty";
        reader.error_with_fix(node, Class::NoSource, disk.target.dev.clone(), fix);
    }
    if let Some(wwn) = &disk.wwn
        && !is_wwn(wwn)
    {
        let message = format!("Malformed wwn: {wwn}");
        if let Some(wwn) = node.child("wwn") {
            reader.error_with_fix(wwn, Class::Internal, message, "write 16 hexadecimal digits");
        }
    }
    for (name, text, most) in [("vendor", &disk.vendor, 8), ("product", &disk.product, 16)] {
        let Some(text) = text else { continue };
        let Some(element) = node.child(name) else { continue };
        if text.len() > most {
            let message = format!("disk {name} is more than {most} characters");
            reader.error(element, Class::Unsupported, message);
        } else if !text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            let message = format!("disk {name} is not printable string");
            reader.error(element, Class::Unsupported, message);
        }
    }
}
