//! Disks: formats, buses, addresses from target names, and their order.

use stead_config::domain::disk::{
    DetectZeroes, Discard, Disk, DiskBus, DiskCache, DiskDevice, DiskIo, ImageFormat,
    SnapshotLocation, Target, Tray,
};
use stead_config::domain::{Address, Domain};
use stead_config::{Class, Fault, Faults, Place};

use super::drives;

/// Completes every disk. Their order is the parser's, which knows what was written.
pub(super) fn disks(domain: &mut Domain) -> Result<(), Faults> {
    domain.devices.disks.iter_mut().try_for_each(complete)
}

fn complete(disk: &mut Disk) -> Result<(), Faults> {
    if disk.target.bus.is_none() {
        let of_name = Target::bus_of_name(&disk.target.dev, disk.device);
        disk.target.bus = Some(of_name.unwrap_or(DiskBus::Ide));
    }
    if disk.device == DiskDevice::Cdrom {
        disk.readonly = true;
    }
    let driver = disk.driver.get_or_insert_with(Default::default);
    driver.name.get_or_insert_with(|| "qemu".to_owned());
    driver.format.get_or_insert(ImageFormat::Raw);
    driver.cache = driver.cache.filter(|cache| *cache != DiskCache::Default);
    driver.io = driver.io.filter(|io| *io != DiskIo::Default);
    driver.discard = driver.discard.filter(|discard| *discard != Discard::Default);
    driver.detect_zeroes = driver.detect_zeroes.filter(|zeroes| *zeroes != DetectZeroes::Default);
    if disk.readonly && disk.snapshot == Some(SnapshotLocation::No) {
        disk.snapshot = None;
    }
    if disk.target.tray == Some(Tray::Closed) {
        disk.target.tray = None;
    }
    if disk.address.is_none()
        && let Some(bus) = disk.target.bus
    {
        let Some(index) = drives::index(&disk.target.dev) else {
            let message =
                format!("Unknown disk name '{}' and no address specified", disk.target.dev);
            let place = Place::new(disk.position, "domain/devices/disk/target/@dev");
            return Err(Fault::new(Class::Xml, place, message).into());
        };
        disk.address = drives::address(bus.as_str(), index).map(Address::Drive);
    }
    Ok(())
}
