//! Disks: the layers of each image as block nodes, then the device on them.

use stead_config::domain::Address;
use stead_config::domain::controller::{ControllerKind, ControllerModel};
use stead_config::domain::disk::{
    DetectZeroes, Discard, Disk, DiskBus, DiskCache, DiskDevice, DiskDriver, DiskIo, ErrorPolicy,
    Image, ImageFormat, VirtioModel,
};
use stead_values::OnOff;

use super::words::{Object, Words};
use super::{address, virtio};
use crate::plan::{Layer, Plan};

/// All disks with their images.
pub(super) fn disks(plan: &Plan, words: &mut Words) {
    floppies(plan, words);
    for (index, disk) in plan.domain.devices.disks.iter().enumerate() {
        let layers = plan.layers.get(index).map_or(&[][..], Vec::as_slice);
        let top = image(plan, disk, layers, words);
        words.json("-device", device(plan, disk, top));
    }
}

/// Floppies boot through a property of their controller.
fn floppies(plan: &Plan, words: &mut Words) {
    if !plan.has_floppy() {
        return;
    }
    let explicit = plan.has_explicit_fdc();
    let mut controller = Object::new("driver", "isa-fdc");
    let floppy = |disk: &&Disk| disk.target.bus == Some(DiskBus::Fdc);
    for disk in plan.domain.devices.disks.iter().filter(floppy) {
        let Some(Address::Drive(drive)) = &disk.address else { continue };
        let Some(order) = plan.boot_index(disk) else { continue };
        let letter = if drive.unit == 0 { 'A' } else { 'B' };
        if explicit {
            controller.set(&format!("bootindex{letter}"), order);
        } else {
            words.option("-global", format!("isa-fdc.bootindex{letter}={order}"));
        }
    }
    if explicit {
        words.json("-device", controller);
    }
}

/// The nodes of an image, lowest first; returns the node that the device uses.
pub(super) fn image(
    plan: &Plan,
    disk: &Disk,
    layers: &[Layer],
    words: &mut Words,
) -> Option<String> {
    let driver = disk.driver.clone().unwrap_or_default();
    let mut below: Option<String> = None;
    for (depth, layer) in layers.iter().enumerate().rev() {
        let use_ = Use {
            read_only: depth > 0 || disk.readonly,
            optical: depth == 0
                && disk.device == DiskDevice::Cdrom
                && plan.grants.optical_drives.iter().any(|path| path == layer.image.path()),
            top: depth == 0,
            known_end: below.is_none() && layer.ends,
        };
        let needs_format = layer.format != ImageFormat::Raw || plan.dialect.raw_nodes;
        words.json("-blockdev", storage(layer, &driver, &use_, needs_format));
        below = Some(if needs_format {
            words.json("-blockdev", format(layer, &driver, &use_, below.as_deref()));
            layer.format_node()
        } else {
            layer.storage_node()
        });
    }
    let top = below?;
    if driver.copy_on_read.is_some_and(OnOff::is_on) && !disk.readonly {
        let node = format!("libvirt-CoR-{}", disk.target.dev);
        let filter = Object::new("driver", "copy-on-read").with("node-name", node.as_str());
        words.json("-blockdev", filter.with("file", top).with("discard", "unmap"));
        return Some(node);
    }
    Some(top)
}

struct Use {
    read_only: bool,
    optical: bool,
    top: bool,
    known_end: bool,
}

fn storage(layer: &Layer, driver: &DiskDriver, used: &Use, below_format: bool) -> Object {
    let kind = match &layer.image {
        Image::Block(_) if used.optical => "host_cdrom",
        Image::Block(_) => "host_device",
        _ => "file",
    };
    let mut node = Object::new("driver", kind).with("filename", layer.image.path());
    if let Some(io) = driver.io.filter(|io| *io != DiskIo::Default) {
        node.set("aio", io.as_str());
    }
    node.set("node-name", layer.storage_node());
    if below_format {
        node.set("auto-read-only", true);
        node.set("discard", "unmap");
    } else {
        node.set("read-only", used.read_only);
        if used.top {
            node = discards(node, driver);
        }
    }
    cached(node, driver)
}

fn format(layer: &Layer, driver: &DiskDriver, used: &Use, below: Option<&str>) -> Object {
    let mut node = Object::new("node-name", layer.format_node());
    node.set("read-only", used.read_only);
    if used.top {
        node = discards(node, driver);
    }
    node = cached(node, driver);
    node.set("driver", layer.format.as_str());
    if layer.format == ImageFormat::Qcow2 && used.top {
        node = node.maybe("discard-no-unref", driver.discard_no_unref.map(|it| it.is_on()));
    }
    node.set("file", layer.storage_node());
    match below {
        Some(below) => node.set("backing", below),
        None if used.known_end && has_backing(layer.format) => {
            node.set("backing", serde_json::Value::Null);
        }
        None => {}
    }
    node
}

fn has_backing(format: ImageFormat) -> bool {
    matches!(format, ImageFormat::Qcow2 | ImageFormat::Qcow | ImageFormat::Qed | ImageFormat::Vmdk)
}

fn discards(node: Object, driver: &DiskDriver) -> Object {
    let discard = driver.discard.filter(|discard| *discard != Discard::Default);
    let zeroes = driver.detect_zeroes.filter(|zeroes| *zeroes != DetectZeroes::Default);
    let zeroes = zeroes.map(|zeroes| match zeroes {
        DetectZeroes::Unmap if discard != Some(Discard::Unmap) => DetectZeroes::On,
        other => other,
    });
    node.maybe("discard", discard.map(Discard::as_str))
        .maybe("detect-zeroes", zeroes.map(DetectZeroes::as_str))
}

/// Direct I/O and flushing, as a cache mode means them; none for the default.
fn cached(node: Object, driver: &DiskDriver) -> Object {
    let (direct, no_flush) = match driver.cache {
        None | Some(DiskCache::Default) => return node,
        Some(DiskCache::None | DiskCache::Directsync) => (true, false),
        Some(DiskCache::Writethrough | DiskCache::Writeback) => (false, false),
        Some(DiskCache::Unsafe) => (false, true),
    };
    node.with("cache", Object::new("direct", direct).with("no-flush", no_flush))
}

/// Whether the guest sees a write cache.
fn write_cache(driver: &DiskDriver) -> Option<&'static str> {
    match driver.cache? {
        DiskCache::Default => None,
        DiskCache::Writethrough | DiskCache::Directsync => Some("off"),
        DiskCache::None | DiskCache::Writeback | DiskCache::Unsafe => Some("on"),
    }
}

fn device(plan: &Plan, disk: &Disk, top: Option<String>) -> Object {
    let driver = disk.driver.clone().unwrap_or_default();
    let mut device = front(plan, disk, &driver);
    let alias = disk.alias.clone().unwrap_or_default();
    if disk.shareable {
        device.set("share-rw", true);
    }
    device = device.maybe("drive", top).with("id", alias);
    if disk.target.bus != Some(DiskBus::Fdc) {
        device = device.maybe("bootindex", plan.boot_index(disk));
    }
    if let Some(blocks) = &disk.blockio {
        device = device
            .maybe("logical_block_size", blocks.logical_block_size)
            .maybe("physical_block_size", blocks.physical_block_size)
            .maybe("discard_granularity", blocks.discard_granularity);
    }
    let wwn = disk
        .wwn
        .as_deref()
        .and_then(|wwn| u64::from_str_radix(wwn.trim_start_matches("0x"), 16).ok());
    device = device
        .maybe("wwn", wwn)
        .maybe("rotation_rate", disk.target.rotation_rate)
        .maybe("vendor", disk.vendor.as_deref())
        .maybe(
            if disk.target.bus == Some(DiskBus::Scsi) { "product" } else { "model" },
            disk.product.as_deref(),
        );
    if disk.target.bus == Some(DiskBus::Usb) {
        device.set("removable", disk.target.removable.is_some_and(OnOff::is_on));
    }
    if let Some(geometry) = &disk.geometry {
        device = device
            .with("cyls", geometry.cylinders)
            .with("heads", geometry.heads)
            .with("secs", geometry.sectors)
            .maybe("bios-chs-trans", geometry.translation.map(|it| it.as_str()));
    }
    if disk.device != DiskDevice::Lun {
        device = device.maybe("write-cache", write_cache(&driver));
    }
    let policy = |policy: Option<ErrorPolicy>| {
        policy.filter(|policy| *policy != ErrorPolicy::Default).map(|policy| match policy {
            ErrorPolicy::EnoSpace => "enospc",
            other => other.as_str(),
        })
    };
    let write = policy(driver.error_policy);
    // Reading cannot run out of space, so that policy means reporting there.
    let read = policy(driver.rerror_policy).or(match write {
        Some("enospc") => Some("report"),
        other => other,
    });
    device.maybe("serial", disk.serial.as_deref()).maybe("werror", write).maybe("rerror", read)
}

/// The driver and the place of the device.
fn front(plan: &Plan, disk: &Disk, driver: &DiskDriver) -> Object {
    let cdrom = disk.device == DiskDevice::Cdrom;
    let drive = match &disk.address {
        Some(Address::Drive(drive)) => *drive,
        _ => stead_values::address::Drive::default(),
    };
    match disk.target.bus {
        Some(DiskBus::Ide) => {
            let name = if cdrom { "ide-cd" } else { "ide-hd" };
            Object::new("driver", name)
                .with("bus", format!("ide.{}", drive.bus))
                .with("unit", drive.unit)
        }
        Some(DiskBus::Sata) => {
            let name = if cdrom { "ide-cd" } else { "ide-hd" };
            let controller = plan.controller_alias(ControllerKind::Sata, drive.controller);
            Object::new("driver", name).with("bus", format!("{controller}.{}", drive.unit))
        }
        Some(DiskBus::Scsi) => scsi(plan, disk, drive),
        Some(DiskBus::Fdc) => Object::new("driver", "floppy").with("unit", drive.unit),
        Some(DiskBus::Usb) => {
            let device = Object::new("driver", "usb-storage");
            address::place(plan, device, &disk.address)
        }
        _ => {
            let name = match disk.model {
                Some(VirtioModel::Transitional) => "virtio-blk-pci-transitional",
                Some(VirtioModel::NonTransitional) => "virtio-blk-pci-non-transitional",
                _ => "virtio-blk-pci",
            };
            let on = |switch: Option<OnOff>| switch.map(|switch| switch.is_on());
            let device = Object::new("driver", name);
            let device =
                virtio(device, driver.iommu, driver.ats, driver.packed, driver.page_per_vq);
            let device = device
                .maybe("ioeventfd", on(driver.ioeventfd))
                .maybe("event_idx", on(driver.event_idx))
                .maybe("num-queues", driver.queues)
                .maybe("queue-size", driver.queue_size);
            address::place(plan, device, &disk.address)
        }
    }
}

fn scsi(plan: &Plan, disk: &Disk, drive: stead_values::address::Drive) -> Object {
    let name = match disk.device {
        DiskDevice::Cdrom => "scsi-cd",
        DiskDevice::Lun => "scsi-block",
        _ => "scsi-hd",
    };
    let controller = plan.controller_alias(ControllerKind::Scsi, drive.controller);
    let mut device = Object::new("driver", name).with("bus", format!("{controller}.0"));
    let model = plan.controller(ControllerKind::Scsi, drive.controller).and_then(|it| it.model);
    if model == Some(ControllerModel::Lsilogic) {
        device.set("scsi-id", drive.unit);
    } else {
        device.set("channel", drive.bus);
        device.set("scsi-id", drive.target);
        device.set("lun", drive.unit);
    }
    if disk.device != DiskDevice::Lun {
        let alias = disk.alias.as_deref().unwrap_or_default();
        let id = disk.serial.clone().unwrap_or_else(|| format!("drive-{alias}"));
        device.set("device_id", id);
    }
    device
}
