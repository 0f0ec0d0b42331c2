//! Ids of devices in QEMU, as libvirt gives them; those that users gave stay.

use stead_config::Domain;
use stead_config::domain::Address;
use stead_config::domain::chardev::ConsoleTarget;
use stead_config::domain::controller::{Controller, ControllerKind, ControllerModel};
use stead_config::domain::disk::{Disk, DiskBus};
use stead_config::domain::small::BalloonModel;

use crate::chipset::Chipset;
use crate::settle::drives;

/// Gives every device an alias.
pub(crate) fn assign(domain: &mut Domain, chipset: Chipset) {
    let devices = &mut domain.devices;
    let narrow: Vec<u32> = devices
        .controllers
        .iter()
        .filter(|each| each.kind == ControllerKind::Scsi)
        .filter(|each| each.model == Some(ControllerModel::Lsilogic))
        .filter_map(|each| each.index)
        .collect();
    for each in &mut devices.disks {
        let alias = disk(each, &narrow);
        each.alias.get_or_insert(alias);
    }
    for each in &mut devices.controllers {
        let alias = controller(each, chipset);
        each.alias.get_or_insert(alias);
    }
    count("net", devices.interfaces.iter_mut().map(|each| &mut each.alias));
    count("serial", devices.serials.iter_mut().map(|each| &mut each.alias));
    count("parallel", devices.parallels.iter_mut().map(|each| &mut each.alias));
    let serial = devices.serials.first().and_then(|serial| serial.alias.clone());
    for (index, console) in devices.consoles.iter_mut().enumerate() {
        let mirrored =
            index == 0 && matches!(console.target.kind, Some(ConsoleTarget::Serial) | None);
        match &serial {
            Some(serial) if mirrored => console.alias = Some(serial.clone()),
            _ => {
                console.alias.get_or_insert_with(|| format!("console{index}"));
            }
        }
    }
    count("channel", devices.channels.iter_mut().map(|each| &mut each.alias));
    count("input", devices.inputs.iter_mut().map(|each| &mut each.alias));
    count("sound", devices.sounds.iter_mut().map(|each| &mut each.alias));
    count("video", devices.videos.iter_mut().map(|each| &mut each.alias));
    count("watchdog", devices.watchdogs.iter_mut().map(|each| &mut each.alias));
    if let Some(balloon) = &mut devices.memballoon
        && balloon.model != BalloonModel::None
    {
        balloon.alias.get_or_insert_with(|| "balloon0".to_owned());
    }
    count("rng", devices.rngs.iter_mut().map(|each| &mut each.alias));
    if let Some(vsock) = &mut devices.vsock {
        vsock.alias.get_or_insert_with(|| "vsock0".to_owned());
    }
}

fn count<'a>(prefix: &str, aliases: impl Iterator<Item = &'a mut Option<String>>) {
    for (index, alias) in aliases.enumerate() {
        alias.get_or_insert_with(|| format!("{prefix}{index}"));
    }
}

fn disk(disk: &Disk, narrow: &[u32]) -> String {
    let bus = disk.target.bus.unwrap_or(DiskBus::Ide);
    match &disk.address {
        Some(Address::Drive(at)) if bus == DiskBus::Scsi && !narrow.contains(&at.controller) => {
            format!("scsi{}-{}-{}-{}", at.controller, at.bus, at.target, at.unit)
        }
        Some(Address::Drive(at)) => format!("{bus}{}-{}-{}", at.controller, at.bus, at.unit),
        _ => {
            let index = drives::index(&disk.target.dev).unwrap_or(0);
            match bus {
                DiskBus::Usb => format!("usb-disk{index}"),
                _ => format!("virtio-disk{index}"),
            }
        }
    }
}

fn controller(controller: &Controller, chipset: Chipset) -> String {
    let index = controller.index.unwrap_or(0);
    match (controller.kind, controller.model) {
        (ControllerKind::Pci, Some(ControllerModel::PcieRoot)) => format!("pcie.{index}"),
        (ControllerKind::Pci, _) => format!("pci.{index}"),
        (ControllerKind::Ide, _) if index == 0 && chipset != Chipset::Q35 => "ide".to_owned(),
        (ControllerKind::Sata, _) if index == 0 && chipset == Chipset::Q35 => "ide".to_owned(),
        (ControllerKind::Usb, _) if index == 0 => "usb".to_owned(),
        (kind, _) => format!("{kind}{index}"),
    }
}
