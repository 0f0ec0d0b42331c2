//! What libvirt's parser checks of devices beside each other, and of disks.

use stead_xml::{Class, Node, Reader};

use crate::domain::Devices;
use crate::domain::address::Address;
use crate::domain::controller::{ControllerKind, ControllerModel};
use crate::domain::disk::{Disk, DiskBus, DiskDevice, ErrorPolicy, StartupPolicy, Target};

/// Checks `<devices>`.
pub(super) fn check(devices: &Devices, node: Node<'_>, reader: &mut Reader) {
    for disk in &devices.disks {
        if reader.is_full() {
            return;
        }
        check_disk(disk, &devices.disks, node, reader);
    }
    targets(&devices.disks, node, reader);
    controllers(devices, node, reader);
    sounds(devices, node, reader);
    aliases(node, reader);
    let serial_consoles =
        node.children().filter(|child| child.name() == "console").skip(1).filter(|console| {
            let target = console.child("target").and_then(|target| target.attribute("type"));
            matches!(target, None | Some("serial"))
        });
    for console in serial_consoles {
        let message = "Only the first console can be a serial port";
        reader.error(console, Class::Unsupported, message);
    }
    twice(node, reader);
    // Not served, but what is wrong with it is told at once.
    for device in node.children().filter(|child| child.name() == "hostdev") {
        if device.child("source").is_none() {
            let message = "Missing <source> element in hostdev device";
            let fix = "name the device: <source><address domain='0' bus='1' slot='0' function='0'/></source>";
            reader.error_with_fix(device, Class::Xml, message, fix);
        }
    }
}

fn at<'d>(disk: &Disk, devices: Node<'d>) -> Node<'d> {
    let mut disks = devices.children().filter(|child| child.name() == "disk");
    disks
        .find(|node| {
            let position = node.position();
            (position.line, position.column) == (disk.position.line, disk.position.column)
        })
        .unwrap_or(devices)
}

fn path(disk: &Disk) -> &str {
    disk.source.as_ref().map_or("", |source| source.image.path())
}

/// Two disks cannot have one name.
fn targets(disks: &[Disk], node: Node<'_>, reader: &mut Reader) {
    for (index, disk) in disks.iter().enumerate() {
        if reader.is_full() {
            return;
        }
        let name = &disk.target.dev;
        let mut before = disks[..index].iter();
        if !name.is_empty()
            && let Some(other) = before.find(|other| other.target.dev == *name)
        {
            let message = format!(
                "target '{name}' duplicated for disk sources '{}' and '{}'",
                path(other),
                path(disk)
            );
            reader.error_with_fix(at(disk, node), Class::Xml, message, "give each its own name");
        }
    }
}

fn check_disk(disk: &Disk, all: &[Disk], node: Node<'_>, reader: &mut Reader) {
    let name = &disk.target.dev;
    let bus = disk.target.bus;
    let mut refuse = |class: Class, message: String| {
        reader.error(at(disk, node), class, message);
    };
    if name.is_empty() {
        return;
    }
    match &disk.address {
        Some(Address::Drive(place)) => {
            let same = |other: &&Disk| {
                !std::ptr::eq(*other, disk)
                    && other.target.bus == bus
                    && other.address == disk.address
                    && other.position.line < disk.position.line
            };
            if all.iter().any(|other| same(&other)) {
                refuse(
                    Class::Unsupported,
                    format!(
                        "Found duplicate drive address for disk with target name '{name}' controller='{}' bus='{}' target='{}' unit='{}'",
                        place.controller, place.bus, place.target, place.unit
                    ),
                );
            }
            if let Some(DiskBus::Virtio) = bus {
                refuse(Class::Unsupported, wrong_address(disk, name, "virtio"));
            }
        }
        Some(address) => {
            let on_drive =
                matches!(bus, Some(DiskBus::Fdc | DiskBus::Ide | DiskBus::Sata | DiskBus::Scsi));
            if let Some(bus) = bus
                && on_drive
                && *address != Address::Unassigned
            {
                refuse(Class::Unsupported, wrong_address(disk, name, bus.as_str()));
            }
        }
        None if Target::number_of_name(name).is_none() => {
            let message = format!("Unknown disk name '{name}' and no address specified");
            refuse(Class::Xml, message);
        }
        None => {}
    }
    if name.ends_with(|c: char| c.is_ascii_digit()) && Target::number_of_name(name).is_some() {
        let message =
            format!("invalid disk target '{name}', partitions can't appear in disk targets");
        refuse(Class::Unsupported, message);
    }
    let removable_bus = matches!(bus, Some(DiskBus::Usb | DiskBus::Scsi));
    if disk.target.removable.is_some() && !removable_bus {
        refuse(Class::Xml, "removable is only valid for usb or scsi disks".to_owned());
    }
    let has_tray = matches!(disk.device, DiskDevice::Cdrom | DiskDevice::Floppy);
    if disk.target.tray.is_some() && !has_tray {
        refuse(Class::Unsupported, "tray is only valid for cdrom and floppy".to_owned());
    }
    let on_scsi = bus == Some(DiskBus::Scsi);
    if disk.vendor.is_some() && !on_scsi {
        refuse(Class::Unsupported, "Only scsi disk supports 'vendor'".to_owned());
    }
    if disk.product.is_some() && !on_scsi && bus != Some(DiskBus::Sata) {
        refuse(Class::Unsupported, "Only scsi disk supports 'product'".to_owned());
    }
    if let Some(driver) = &disk.driver {
        if driver.rerror_policy == Some(ErrorPolicy::EnoSpace) {
            let message = "Invalid disk read error policy: 'enospace'";
            refuse(Class::Unsupported, message.to_owned());
        }
        if bus != Some(DiskBus::Virtio) {
            if driver.ioeventfd.is_some() {
                let message = "disk ioeventfd mode supported only for virtio bus";
                refuse(Class::Unsupported, message.to_owned());
            }
            if driver.event_idx.is_some() {
                let message = "disk event_idx mode supported only for virtio bus";
                refuse(Class::Unsupported, message.to_owned());
            }
        }
    }
    let policy = disk.source.as_ref().and_then(|source| source.startup_policy);
    if policy == Some(StartupPolicy::Requisite) && !has_tray {
        let message = "Setting disk requisite is allowed only for cdrom or floppy";
        refuse(Class::Xml, message.to_owned());
    }
}

fn wrong_address(disk: &Disk, name: &str, bus: &str) -> String {
    let kind = disk.address.as_ref().map_or("", |address| address.kind().as_str());
    format!("Invalid address type '{kind}' for the disk '{name}' with the bus type '{bus}'")
}

/// Two controllers of a kind cannot have one number. USB controllers that accompany each other do.
fn controllers(devices: &Devices, node: Node<'_>, reader: &mut Reader) {
    let list = &devices.controllers;
    let usb = || list.iter().filter(|other| other.kind == ControllerKind::Usb);
    let disabled = |model: Option<ControllerModel>| model == Some(ControllerModel::None);
    if usb().any(|one| disabled(one.model)) && usb().count() > 1 {
        let message = "Can't add another USB controller: USB is disabled for this domain";
        reader.error(node, Class::Detail, message);
        return;
    }
    for (index, controller) in list.iter().enumerate() {
        let Some(number) = controller.index else { continue };
        let companion = controller.kind == ControllerKind::Usb && accompanies(controller);
        let mut before = list[..index].iter().filter(|other| other.kind == controller.kind);
        if !companion && before.any(|other| other.index == Some(number) && !accompanies(other)) {
            let message =
                format!("Multiple '{}' controllers with index '{number}'", controller.kind);
            reader.error(node, Class::Xml, message);
        }
    }
    let companions = usb().filter(|one| one.master.is_some());
    for companion in companions {
        let master = |one: &&_| -> bool { is_master(one, companion.index.unwrap_or(0)) };
        if !usb().any(|one| master(&one)) {
            reader.error(node, Class::Detail, "No master USB controller specified");
        }
    }
}

/// Whether it is a part of an ICH9 USB 2 controller; those have a master unless told.
fn accompanies(controller: &crate::domain::controller::Controller) -> bool {
    use crate::domain::controller::ControllerModel as Model;
    let model = controller.model;
    controller.master.is_some()
        || matches!(model, Some(Model::Ich9Uhci1 | Model::Ich9Uhci2 | Model::Ich9Uhci3))
}

fn is_master(one: &crate::domain::controller::Controller, index: u32) -> bool {
    one.master.is_none() && one.index.unwrap_or(0) == index
}

fn sounds(devices: &Devices, node: Node<'_>, reader: &mut Reader) {
    for (index, audio) in devices.audios.iter().enumerate() {
        let element = node.children().filter(|child| child.name() == "audio").nth(index);
        let element = element.unwrap_or(node);
        if audio.id == 0 {
            reader.zero(element, "id");
        } else if devices.audios[..index].iter().any(|other| other.id == audio.id) {
            let message = format!("audio ID {} is used multiple times", audio.id);
            reader.error(element, Class::Xml, message);
        }
    }
    for sound in &devices.sounds {
        let Some(audio) = &sound.audio else { continue };
        if !devices.audios.iter().any(|known| known.id == audio.id) {
            reader.error(node, Class::Xml, format!("no audio device with ID {}", audio.id));
        }
    }
}

/// A name that a user gives names one device.
fn aliases(node: Node<'_>, reader: &mut Reader) {
    let mut seen: Vec<&str> = Vec::new();
    for device in node.children() {
        let alias = device.child("alias").and_then(|alias| alias.attribute("name"));
        let Some(alias) = alias.filter(|alias| alias.starts_with("ua-")) else { continue };
        if seen.contains(&alias) {
            let message = format!("non unique alias detected: {alias}");
            reader.error(device, Class::Unsupported, message);
        }
        seen.push(alias);
    }
}

/// Devices that there is one of.
fn twice(devices: Node<'_>, reader: &mut Reader) {
    for (name, class, message) in [
        ("memballoon", Class::Internal, "only a single memory balloon device is supported"),
        ("vsock", Class::Xml, "only a single vsock device is supported"),
    ] {
        if let Some(again) = devices.children().filter(|child| child.name() == name).nth(1) {
            reader.error(again, class, message);
        }
    }
}
