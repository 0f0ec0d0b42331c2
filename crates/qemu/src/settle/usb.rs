//! USB ports of all devices of a machine.

use stead_config::domain::chardev::SerialTarget;
use stead_config::domain::controller::{Controller, ControllerKind, ControllerModel};
use stead_config::domain::disk::DiskBus;
use stead_config::domain::small::InputBus;
use stead_config::domain::sound::SoundModel;
use stead_config::domain::{Address, Domain};
use stead_config::{Class, Fault, Faults, Place, Position};
use stead_values::address::Usb;

use super::Age;
use super::ports::{NoPort, Plugged, Port, Ports};

/// Gives every USB device a port.
pub(super) fn assign(domain: &mut Domain, age: Age) -> Result<(), Faults> {
    let mut ports = Ports::default();
    let mut controllers: Vec<(u32, u32)> = Vec::new();
    for controller in &domain.devices.controllers {
        if controller.kind == ControllerKind::Usb && controller.model != Some(ControllerModel::None)
        {
            // Companions share the ports of the first controller of their number.
            let index = controller.index.unwrap_or(0);
            let count = count(controller);
            match controllers.iter_mut().find(|(known, _)| *known == index) {
                Some((_, ports)) => *ports = (*ports).max(count),
                None => controllers.push((index, count)),
            }
        }
    }
    for (index, count) in controllers {
        ports.add(index, count);
    }
    let mut devices = devices(domain);
    for (address, position) in &devices {
        if let Some(Address::Usb(Usb { bus, port: Some(path) })) = address {
            let port = Port { bus: *bus, path: *path };
            ports.reserve(&port, Plugged::Device).map_err(|error| fault(&error, *position))?;
        }
    }
    if age == Age::Kept {
        // Before addresses were assigned, QEMU chose; a kept machine must not change.
        return Ok(());
    }
    for (address, position) in &mut devices {
        let bus = match address {
            None => None,
            Some(Address::Usb(Usb { bus, port: None })) => Some(*bus),
            Some(_) => continue,
        };
        let port = ports.assign(bus, Plugged::Device).map_err(|error| fault(&error, *position))?;
        **address = Some(Address::Usb(Usb { bus: port.bus, port: Some(port.path) }));
    }
    Ok(())
}

fn fault(error: &NoPort, position: Position) -> Faults {
    Fault::new(Class::Xml, Place::new(position, "domain/devices"), error.to_string()).into()
}

/// Ports of a root hub.
fn count(controller: &Controller) -> u32 {
    match controller.model {
        Some(ControllerModel::Ehci | ControllerModel::Ich9Ehci1) => 6,
        Some(ControllerModel::PciOhci) => 3,
        Some(ControllerModel::NecXhci | ControllerModel::QemuXhci) => controller.ports.unwrap_or(4),
        _ => 2,
    }
}

/// Devices on USB, in libvirt's order.
fn devices(domain: &mut Domain) -> Vec<(&mut Option<Address>, Position)> {
    let devices = &mut domain.devices;
    let disks = devices
        .disks
        .iter_mut()
        .filter(|disk| disk.target.bus == Some(DiskBus::Usb))
        .map(|disk| (&mut disk.address, disk.position));
    let inputs = devices
        .inputs
        .iter_mut()
        .filter(|input| input.bus == Some(InputBus::Usb))
        .map(|input| (&mut input.address, input.position));
    let serials = devices
        .serials
        .iter_mut()
        .filter(|serial| serial.target.kind == Some(SerialTarget::UsbSerial))
        .map(|serial| (&mut serial.address, serial.position));
    let sounds = devices
        .sounds
        .iter_mut()
        .filter(|sound| sound.model == SoundModel::Usb)
        .map(|sound| (&mut sound.address, sound.position));
    disks.chain(inputs).chain(serials).chain(sounds).collect()
}
