//! Controllers: their numbers, their models, and those that a document leaves to be understood.

use stead_config::domain::chardev::{ChannelPort, ConsoleTarget};
use stead_config::domain::controller::{Controller, ControllerKind, ControllerModel};
use stead_config::domain::disk::DiskBus;
use stead_config::domain::{Address, Domain};
use stead_config::{Class, Fault, Faults, Place};

use crate::abilities::Abilities;
use crate::chipset::Chipset;

/// Adds a controller behind those of its kind with lower numbers.
pub(super) fn insert(domain: &mut Domain, controller: Controller) {
    insert_into(&mut domain.devices.controllers, controller);
}

fn insert_into(all: &mut Vec<Controller>, controller: Controller) {
    let mut at = None;
    for (position, other) in all.iter().enumerate().rev() {
        if other.kind != controller.kind {
            continue;
        }
        let Some(index) = controller.index else {
            at = Some(position + 1);
            break;
        };
        let others = other.index;
        let master_first =
            controller.master.is_none() && other.master.is_some() && others == Some(index);
        if others.is_some_and(|other| other > index) || master_first {
            at = Some(position);
        } else if at.is_none() {
            at = Some(position + 1);
        }
    }
    all.insert(at.unwrap_or(all.len()), controller);
}

/// Puts the controllers into libvirt's order: by number within a kind.
pub(super) fn sort(domain: &mut Domain) {
    let mut sorted = Vec::with_capacity(domain.devices.controllers.len());
    for mut controller in domain.devices.controllers.drain(..) {
        if controller.kind == ControllerKind::Usb && controller.master.is_none() {
            controller.master = match controller.model {
                Some(ControllerModel::Ich9Uhci1) => Some(0),
                Some(ControllerModel::Ich9Uhci2) => Some(2),
                Some(ControllerModel::Ich9Uhci3) => Some(4),
                _ => None,
            };
        }
        insert_into(&mut sorted, controller);
    }
    domain.devices.controllers = sorted;
}

/// Numbers the controllers that have none.
pub(super) fn number(domain: &mut Domain) {
    let all = &mut domain.devices.controllers;
    for position in 0..all.len() {
        if all[position].index.is_some() {
            continue;
        }
        let (before, rest) = all.split_at_mut(position);
        let controller = &mut rest[0];
        let accompanies = before.last().filter(|previous| {
            controller.kind == ControllerKind::Usb
                && previous.kind == ControllerKind::Usb
                && is_usb2_part(controller.model)
                && is_usb2_part(previous.model)
                && controller.model != previous.model
                && !before.iter().any(|other| {
                    other.kind == ControllerKind::Usb
                        && other.index == previous.index
                        && other.model == controller.model
                })
        });
        let kind = controller.kind;
        let index = match accompanies {
            Some(previous) => previous.index.unwrap_or(0),
            None => next(all, kind),
        };
        all[position].index = Some(index);
    }
}

fn is_usb2_part(model: Option<ControllerModel>) -> bool {
    matches!(
        model,
        Some(
            ControllerModel::Ich9Ehci1
                | ControllerModel::Ich9Uhci1
                | ControllerModel::Ich9Uhci2
                | ControllerModel::Ich9Uhci3
        )
    )
}

/// The lowest number that no controller of a kind has.
fn next(all: &[Controller], kind: ControllerKind) -> u32 {
    (0..)
        .find(|index| !all.iter().any(|each| each.kind == kind && each.index == Some(*index)))
        .unwrap_or(0)
}

fn has(domain: &Domain, kind: ControllerKind, index: u32) -> bool {
    domain.devices.controllers.iter().any(|each| each.kind == kind && each.index == Some(index))
}

/// Adds a controller if there is none of that kind and number.
pub(super) fn ensure(
    domain: &mut Domain,
    kind: ControllerKind,
    index: u32,
    model: Option<ControllerModel>,
) {
    if !has(domain, kind, index) {
        insert(domain, Controller::new(kind, index, model));
    }
}

/// The controllers that come with a machine: USB, the PCI root, SATA on q35.
pub(super) fn of_machine(
    domain: &mut Domain,
    chipset: Chipset,
    abilities: &Abilities,
) -> Result<(), Faults> {
    let any_usb = domain.devices.controllers.iter().any(|each| each.kind == ControllerKind::Usb);
    let usb = chipset != Chipset::Other;
    if usb
        && !any_usb
        && let Some(model) = default_usb(chipset, abilities, Added::ByUs)
    {
        insert(domain, Controller::new(ControllerKind::Usb, 0, Some(model)));
    }
    if chipset == Chipset::Q35 {
        ensure(domain, ControllerKind::Sata, 0, None);
    }
    let root = match chipset {
        Chipset::I440fx => ControllerModel::PciRoot,
        Chipset::Q35 => ControllerModel::PcieRoot,
        Chipset::Other => return Ok(()),
    };
    let given = domain
        .devices
        .controllers
        .iter()
        .find(|each| each.kind == ControllerKind::Pci && each.index == Some(0))
        .map(|each| (each.model, each.position));
    match given {
        None => insert(domain, Controller::new(ControllerKind::Pci, 0, Some(root))),
        Some((Some(model), position)) if model != root => {
            let message = format!(
                "The PCI controller with index='0' must be model='{root}' for this machine type, but model='{model}' was found instead"
            );
            let place = Place::new(position, "domain/devices/controller");
            return Err(Fault::new(Class::Xml, place, message).into());
        }
        Some(_) => {}
    }
    Ok(())
}

fn no_usb() -> Faults {
    let message = "no model provided for USB controller";
    Fault::new(Class::Unsupported, Place::default(), message).into()
}

/// Who added a controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Added {
    ByDocument,
    ByUs,
}

/// The USB controller of a machine whose document names no model.
pub(super) fn default_usb(
    chipset: Chipset,
    abilities: &Abilities,
    added: Added,
) -> Option<ControllerModel> {
    let available = |name: &str, model| abilities.has_type(name).then_some(model);
    if chipset == Chipset::Q35 && added == Added::ByUs {
        let modern = available("qemu-xhci", ControllerModel::QemuXhci)
            .or_else(|| available("nec-usb-xhci", ControllerModel::NecXhci));
        return modern;
    }
    available("piix3-usb-uhci", ControllerModel::Piix3Uhci)
}

/// Refuses what no default could be found for.
pub(super) fn complete(domain: &Domain) -> Result<(), Faults> {
    let open = |each: &&Controller| each.kind == ControllerKind::Usb && each.model.is_none();
    match domain.devices.controllers.iter().find(open) {
        Some(_) => Err(no_usb()),
        None => Ok(()),
    }
}

/// Models that a document leaves open.
pub(super) fn models(domain: &mut Domain, chipset: Chipset, abilities: &Abilities) {
    for controller in &mut domain.devices.controllers {
        match (controller.kind, controller.model) {
            (ControllerKind::Usb, None) => {
                controller.model = default_usb(chipset, abilities, Added::ByDocument);
            }
            (ControllerKind::Scsi, None | Some(ControllerModel::Auto)) => {
                controller.model = Some(default_scsi(abilities));
            }
            _ => {}
        }
    }
}

/// The SCSI controller of a machine whose document names no model.
pub(super) fn default_scsi(abilities: &Abilities) -> ControllerModel {
    if abilities.has_type("lsi53c895a") {
        ControllerModel::Lsilogic
    } else {
        ControllerModel::VirtioScsi
    }
}

/// Adds the controllers that disks, channels and consoles need.
pub(super) fn of_devices(domain: &mut Domain, abilities: &Abilities) {
    let buses = [
        (DiskBus::Ide, ControllerKind::Ide),
        (DiskBus::Fdc, ControllerKind::Fdc),
        (DiskBus::Scsi, ControllerKind::Scsi),
        (DiskBus::Sata, ControllerKind::Sata),
    ];
    for (bus, kind) in [buses[2], buses[1], buses[0], buses[3]] {
        let highest = domain
            .devices
            .disks
            .iter()
            .filter(|disk| disk.target.bus == Some(bus))
            .filter_map(|disk| match disk.address {
                Some(Address::Drive(drive)) => Some(drive.controller),
                _ => None,
            })
            .max();
        let Some(highest) = highest else { continue };
        let model = (kind == ControllerKind::Scsi).then(|| {
            domain
                .devices
                .controllers
                .iter()
                .filter(|each| each.kind == ControllerKind::Scsi)
                .find_map(|each| each.model)
                .unwrap_or_else(|| default_scsi(abilities))
        });
        for index in 0..=highest.min(255) {
            ensure(domain, kind, index, model);
        }
    }
    virtio_serial(domain);
}

fn virtio_serial(domain: &mut Domain) {
    let of = |address: &Option<Address>| match address {
        Some(Address::VirtioSerial(at)) => at.controller,
        _ => 0,
    };
    let channels = domain
        .devices
        .channels
        .iter()
        .filter(|channel| matches!(channel.target, ChannelPort::Virtio { .. }))
        .map(|channel| of(&channel.address));
    let consoles = domain
        .devices
        .consoles
        .iter()
        .filter(|console| console.target.kind == Some(ConsoleTarget::Virtio))
        .map(|console| of(&console.address));
    let wanted: Vec<u32> = channels.chain(consoles).collect();
    for index in wanted {
        ensure(domain, ControllerKind::VirtioSerial, index, None);
    }
}
