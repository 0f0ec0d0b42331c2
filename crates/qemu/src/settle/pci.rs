//! PCI addresses of all devices of a machine, as libvirt 11.3 assigns them.
//!
//! Two passes: the first, which may add buses, finds out how many are needed; the second gives
//! addresses for good. Devices that a chipset has at a fixed place go there.

use stead_config::domain::controller::{
    Controller, ControllerKind, ControllerModel, PciModelName, PciTarget,
};
use stead_config::domain::{Address, Domain};
use stead_config::{Class, Fault, Faults, Place};
use stead_values::address::Pci;
use stead_values::{Hex, OnOff};

use super::buses::{BusModel, Buses, Connect, Growth, NoPlace, Origin};
use super::controllers;
use super::slots::{Device, devices};
use crate::chipset::Chipset;

/// Gives every PCI device of a machine its address, adding the controllers that this takes.
pub(super) fn assign(domain: &mut Domain, chipset: Chipset) -> Result<(), Faults> {
    let Some(highest) = pci_controllers(domain).filter_map(|each| each.index).max() else {
        return Ok(());
    };
    let count = usize::try_from(highest).unwrap_or(usize::MAX).min(255) + 1;
    let mut trial = domain.clone();
    let mut buses = occupied(&trial, chipset, count, Growth::Allowed)?;
    place(&mut trial, chipset, &mut buses)?;
    if highest == 0 && buses.len() > 1 && chipset == Chipset::Q35 {
        // A machine without ports of its own making gets one to spare for hot-plug.
        buses.assign(Connect::PCIE | Connect::HOTPLUG, None).map_err(fault)?;
    }
    let mut index = 1;
    while let Some(model) = buses.model(index) {
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        if !pci_controllers(domain).any(|controller| controller.index == Some(number)) {
            let model_named = controller_model(model);
            let controller = Controller::new(ControllerKind::Pci, number, Some(model_named));
            controllers::insert(domain, controller);
            buses.assign(model.connects(), None).map_err(fault)?;
        }
        index += 1;
    }
    let mut buses = occupied(domain, chipset, buses.len(), Growth::Refused)?;
    place(domain, chipset, &mut buses)?;
    multifunction(domain);
    complete(domain)
}

fn fault(error: NoPlace) -> Faults {
    let class = match error {
        NoPlace::NotAddable { .. } | NoPlace::Full => Class::Internal,
        _ => Class::Xml,
    };
    Fault::new(class, Place::default(), error.to_string()).into()
}

/// The same with the place of the device.
fn fault_of(domain: &Domain, device: Device, error: NoPlace) -> Faults {
    let mut faults = fault(error);
    if let (Some((position, name)), Some(first)) = (device.position(domain), faults.0.first_mut()) {
        first.place = Place::new(position, format!("domain/devices/{name}/address"));
    }
    faults
}

fn pci_controllers(domain: &Domain) -> impl Iterator<Item = &Controller> {
    domain.devices.controllers.iter().filter(|each| each.kind == ControllerKind::Pci)
}

fn controller_model(model: BusModel) -> ControllerModel {
    match model {
        BusModel::PciRoot => ControllerModel::PciRoot,
        BusModel::PcieRoot => ControllerModel::PcieRoot,
        BusModel::PciBridge => ControllerModel::PciBridge,
        BusModel::DmiToPciBridge => ControllerModel::DmiToPciBridge,
        BusModel::PcieToPciBridge => ControllerModel::PcieToPciBridge,
        BusModel::PcieRootPort => ControllerModel::PcieRootPort,
        BusModel::PcieSwitchUpstreamPort => ControllerModel::PcieSwitchUpstreamPort,
        BusModel::PcieSwitchDownstreamPort => ControllerModel::PcieSwitchDownstreamPort,
        BusModel::PciExpanderBus => ControllerModel::PciExpanderBus,
        BusModel::PcieExpanderBus => ControllerModel::PcieExpanderBus,
    }
}

/// The buses of the document with what has an address on them.
fn occupied(
    domain: &Domain,
    chipset: Chipset,
    count: usize,
    growth: Growth,
) -> Result<Buses, Faults> {
    let mut models = vec![None; count];
    for controller in pci_controllers(domain) {
        let index = controller.index.and_then(|index| usize::try_from(index).ok());
        let model = controller.model.and_then(|model| BusModel::named(model.as_str()));
        let Some(slot) = index.and_then(|index| models.get_mut(index)) else { continue };
        // A port without hot-plug still takes devices that are there from the start.
        *slot = model.map(|model| (model, true));
    }
    let mut buses = Buses::new(&models, growth);
    for (device, wants) in devices(domain, chipset) {
        let Some(at) = device.address(domain).and_then(Address::as_pci) else { continue };
        if integrated(domain, device, at) {
            continue;
        }
        buses
            .reserve(at, wants, Origin::Document)
            .map_err(|error| fault_of(domain, device, error))?;
    }
    Ok(buses)
}

/// IDE and USB of the PIIX3 sit in slot 1, which is taken as a whole.
fn integrated(domain: &Domain, device: Device, at: Pci) -> bool {
    let Device::Controller(index) = device else { return false };
    let Some(controller) = domain.devices.controllers.get(index) else { return false };
    let usb = matches!(controller.model, None | Some(ControllerModel::Piix3Uhci));
    match controller.kind {
        ControllerKind::Ide => at == Pci { function: 1, ..Pci::slot(0, 1) },
        ControllerKind::Usb => usb && at == Pci { function: 2, ..Pci::slot(0, 1) },
        _ => false,
    }
}

/// Gives addresses to what has none.
fn place(domain: &mut Domain, chipset: Chipset, buses: &mut Buses) -> Result<(), Faults> {
    match chipset {
        Chipset::I440fx => piix3(domain, buses)?,
        Chipset::Q35 => ich9(domain, buses)?,
        Chipset::Other => {}
    }
    for (device, wants) in devices(domain, chipset) {
        if !wanted(domain, device) || wants.is_none() {
            continue;
        }
        let at = match device {
            Device::Controller(index) => usb_companion(domain, index, wants, buses)?,
            _ => None,
        };
        let at = match at {
            Some(at) => at,
            None => buses.assign(wants, None).map_err(|error| fault_of(domain, device, error))?,
        };
        set(domain, device, at);
    }
    Ok(())
}

/// Whether a device is still to get a PCI address.
fn wanted(domain: &Domain, device: Device) -> bool {
    match device.address(domain) {
        None => true,
        Some(Address::Pci { at, .. }) => {
            at.domain == 0 && at.bus == 0 && at.slot == 0 && at.function == 0
        }
        Some(_) => false,
    }
}

fn set(domain: &mut Domain, device: Device, at: Pci) {
    if let Some(address) = device.address_mut(domain) {
        let multifunction = match address {
            Some(Address::Pci { multifunction, .. }) => *multifunction,
            _ => None,
        };
        *address = Some(Address::Pci { at, multifunction });
    }
}

/// The parts of an ICH9 USB 2 controller share a slot: EHCI has function 7, the UHCIs 0 to 2.
fn usb_companion(
    domain: &mut Domain,
    index: usize,
    wants: Connect,
    buses: &mut Buses,
) -> Result<Option<Pci>, Faults> {
    let all = &domain.devices.controllers;
    let Some(controller) = all.get(index) else { return Ok(None) };
    let function = match (controller.kind, controller.model) {
        (ControllerKind::Usb, Some(ControllerModel::Ich9Ehci1)) => 7,
        (ControllerKind::Usb, Some(ControllerModel::Ich9Uhci1)) => 0,
        (ControllerKind::Usb, Some(ControllerModel::Ich9Uhci2)) => 1,
        (ControllerKind::Usb, Some(ControllerModel::Ich9Uhci3)) => 2,
        _ => return Ok(None),
    };
    let sibling = all
        .iter()
        .filter(|each| each.kind == ControllerKind::Usb && each.index == controller.index)
        .find_map(|each| each.address.as_ref().and_then(Address::as_pci));
    let at = match sibling {
        Some(sibling) => {
            let at = Pci { function, ..sibling };
            buses.reserve(at, wants, Origin::Document).map_err(fault)?;
            at
        }
        None => buses.assign(wants, Some(function)).map_err(fault)?,
    };
    if function == 0 {
        domain.devices.controllers[index].address =
            Some(Address::Pci { at, multifunction: Some(OnOff::On) });
    }
    Ok(Some(at))
}

fn xml(message: impl Into<String>) -> Faults {
    Fault::new(Class::Xml, Place::default(), message).into()
}

/// The chipset of i440fx: slot 1 holds ISA, IDE, USB; the first display goes to slot 2.
fn piix3(domain: &mut Domain, buses: &mut Buses) -> Result<(), Faults> {
    for controller in &mut domain.devices.controllers {
        let place = match (controller.kind, controller.index, controller.model) {
            (ControllerKind::Ide, Some(0), _) => {
                (1, "Primary IDE controller must have PCI address 0:0:1.1")
            }
            (ControllerKind::Usb, Some(0), None | Some(ControllerModel::Piix3Uhci)) => {
                (2, "PIIX3 USB controller at index 0 must have PCI address 0:0:1.2")
            }
            _ => continue,
        };
        let at = Pci { function: place.0, ..Pci::slot(0, 1) };
        match controller.address.as_ref().map(|address| (address, address.as_pci())) {
            None | Some((Address::Pci { .. }, None)) => {
                controller.address = Some(Address::pci(at));
            }
            Some((_, Some(given))) if given != at => return Err(xml(place.1)),
            Some(_) => {}
        }
    }
    if !buses.is_empty() {
        // All functions of the slot belong to the chipset.
        for function in 0..8 {
            let at = Pci { function, ..Pci::slot(0, 1) };
            buses.reserve(at, Connect::PCI, Origin::Document).map_err(fault)?;
        }
    }
    first_display(domain, buses, Pci::slot(0, 2))
}

/// QEMU gives the first display a fixed slot, so it goes there if it can.
fn first_display(domain: &mut Domain, buses: &mut Buses, at: Pci) -> Result<(), Faults> {
    let chipset = if at.slot == 1 { Chipset::Q35 } else { Chipset::I440fx };
    let display =
        devices(domain, chipset).into_iter().find(|(device, _)| *device == Device::Video(0));
    let Some((device, wants)) = display.filter(|(_, wants)| !wants.is_none()) else {
        return Ok(());
    };
    if !wanted(domain, device) {
        return Ok(());
    }
    let at = if buses.in_use(at.bus, at.slot) {
        buses.assign(wants, None).map_err(fault)?
    } else {
        buses.reserve(at, wants, Origin::Document).map_err(fault)?;
        at
    };
    set(domain, device, at);
    Ok(())
}

/// The chipset of q35: SATA, ISA and SMBus in slot 1f, USB 2 in 1d and 1a, a bridge in 1e, sound in 1b.
fn ich9(domain: &mut Domain, buses: &mut Buses) -> Result<(), Faults> {
    for index in 0..domain.devices.controllers.len() {
        let device = Device::Controller(index);
        let unplaced = wanted(domain, device);
        let controller = &mut domain.devices.controllers[index];
        match (controller.kind, controller.model) {
            (ControllerKind::Sata, _) if controller.index == Some(0) => {
                let at = Pci { function: 2, ..Pci::slot(0, 0x1f) };
                if unplaced {
                    buses.reserve(at, Connect::PCI, Origin::Document).map_err(fault)?;
                    controller.address = Some(Address::pci(at));
                } else if controller.address.as_ref().and_then(Address::as_pci) != Some(at) {
                    return Err(xml("Primary SATA controller must have PCI address 0:0:1f.2"));
                }
            }
            (ControllerKind::Usb, Some(ControllerModel::Ich9Uhci1)) if unplaced => {
                let companions = domain.devices.controllers[index].index;
                let placed = domain.devices.controllers.iter().any(|each| {
                    each.kind == ControllerKind::Usb
                        && each.index == companions
                        && each.address.as_ref().and_then(Address::as_pci).is_some()
                });
                if placed {
                    continue;
                }
                for slot in [0x1d, 0x1a] {
                    if !buses.in_use(0, slot) {
                        let at = Pci::slot(0, slot);
                        buses.reserve(at, aggregate(), Origin::Document).map_err(fault)?;
                        domain.devices.controllers[index].address =
                            Some(Address::Pci { at, multifunction: Some(OnOff::On) });
                        break;
                    }
                }
            }
            (ControllerKind::Pci, Some(ControllerModel::DmiToPciBridge))
                if unplaced && !buses.in_use(0, 0x1e) =>
            {
                let at = Pci::slot(0, 0x1e);
                let wants = BusModel::DmiToPciBridge.connects();
                buses.reserve(at, wants, Origin::Document).map_err(fault)?;
                set(domain, device, at);
            }
            _ => {}
        }
    }
    for function in [0, 3] {
        let at = Pci { function, ..Pci::slot(0, 0x1f) };
        buses.reserve(at, Connect::PCI, Origin::Document).map_err(fault)?;
    }
    first_display(domain, buses, Pci::slot(0, 1))?;
    if !buses.in_use(0, 0x1b)
        && let Some(device) =
            super::slots::first_ich9_sound(domain, |device| wanted(domain, device))
    {
        let at = Pci::slot(0, 0x1b);
        buses.reserve(at, Connect::PCI, Origin::Document).map_err(fault)?;
        set(domain, device, at);
    }
    Ok(())
}

fn aggregate() -> Connect {
    Connect::PCI | Connect::AGGREGATE
}

/// Function 0 of a slot with several functions says so.
fn multifunction(domain: &mut Domain) {
    let used: Vec<(Device, Pci)> = devices(domain, Chipset::Other)
        .into_iter()
        .filter_map(|(device, _)| Some((device, device.address(domain)?.as_pci()?)))
        .collect();
    for (device, at) in &used {
        let shares =
            |other: &Pci| other.bus == at.bus && other.slot == at.slot && other.function != 0;
        let chipset_port = matches!(device, Device::Controller(index)
            if domain.devices.controllers[*index].model == Some(ControllerModel::PcieRootPort));
        if at.function == 0
            && chipset_port
            && used.iter().any(|(_, other)| shares(other))
            && let Some(Some(Address::Pci { multifunction, .. })) = device.address_mut(domain)
            && multifunction.is_none()
        {
            *multifunction = Some(OnOff::On);
        }
    }
}

/// Chassis and port numbers, and the QEMU device, of every PCI controller.
fn complete(domain: &mut Domain) -> Result<(), Faults> {
    for controller in &mut domain.devices.controllers {
        if controller.kind != ControllerKind::Pci {
            continue;
        }
        let Some(model) = controller.model else { continue };
        let index = controller.index.unwrap_or(0);
        let at = controller.address.as_ref().and_then(Address::as_pci).unwrap_or_default();
        if controller.model_name.is_none() {
            controller.model_name = default_name(model);
        }
        let chassis = u8::try_from(index).map_err(|_| {
            let message = format!("PCI bridge index '{index}' out of range - must be 1-255");
            Fault::new(Class::Internal, Place::default(), message)
        });
        let target = controller.target.get_or_insert_with(PciTarget::default);
        match model {
            ControllerModel::PciBridge => {
                if target.chassis_nr.is_none() {
                    target.chassis_nr = Some(chassis?);
                }
                if index <= u32::from(at.bus) {
                    let message = format!(
                        "failed to create PCI bridge on bus {}: too many devices with fixed addresses",
                        at.bus
                    );
                    return Err(Fault::new(Class::Internal, Place::default(), message).into());
                }
            }
            ControllerModel::PcieRootPort => {
                if target.chassis.is_none() {
                    target.chassis = Some(chassis?);
                }
                if target.port.is_none() {
                    target.port = Some(Hex(u64::from(at.slot) << 3 | u64::from(at.function)));
                }
            }
            ControllerModel::PcieSwitchDownstreamPort => {
                if target.chassis.is_none() {
                    target.chassis = Some(chassis?);
                }
                if target.port.is_none() {
                    target.port = Some(Hex(u64::from(at.slot)));
                }
            }
            _ => {}
        }
        if *target == PciTarget::default() {
            controller.target = None;
        }
    }
    expander_buses(domain)
}

fn default_name(model: ControllerModel) -> Option<PciModelName> {
    Some(match model {
        ControllerModel::PciBridge => PciModelName::PciBridge,
        ControllerModel::DmiToPciBridge => PciModelName::I82801b11Bridge,
        ControllerModel::PcieToPciBridge => PciModelName::PciePciBridge,
        ControllerModel::PcieRootPort => PciModelName::PcieRootPort,
        ControllerModel::PcieSwitchUpstreamPort => PciModelName::X3130Upstream,
        ControllerModel::PcieSwitchDownstreamPort => PciModelName::Xio3130Downstream,
        ControllerModel::PciExpanderBus => PciModelName::Pxb,
        ControllerModel::PcieExpanderBus => PciModelName::PxbPcie,
        _ => return None,
    })
}

/// The buses behind an expander are numbered from the top, leaving room for the bridges below it.
fn expander_buses(domain: &mut Domain) -> Result<(), Faults> {
    let is_expander = |controller: &Controller| {
        matches!(
            controller.model,
            Some(ControllerModel::PciExpanderBus | ControllerModel::PcieExpanderBus)
        )
    };
    for index in 0..domain.devices.controllers.len() {
        let controllers = &domain.devices.controllers;
        let given = controllers[index].target.as_ref().and_then(|target| target.bus_nr);
        if !is_expander(&controllers[index]) || given.is_some() {
            continue;
        }
        let lowest = controllers
            .iter()
            .filter(|each| is_expander(each))
            .filter_map(|each| each.target.as_ref()?.bus_nr)
            .min()
            .map_or(256, u32::from);
        let below = controllers[index].index.map_or(0, |bus| descendants(controllers, bus, 0));
        let number = lowest.checked_sub(below + 1).filter(|number| *number > 0);
        let Some(number) = number.and_then(|number| u8::try_from(number).ok()) else {
            let message =
                "No free busNr lower than current lowest busNr is available to auto-assign to bus";
            return Err(Fault::new(Class::Internal, Place::default(), message).into());
        };
        let target =
            domain.devices.controllers[index].target.get_or_insert_with(PciTarget::default);
        target.bus_nr = Some(number);
    }
    Ok(())
}

/// How many PCI controllers are below a bus.
fn descendants(controllers: &[Controller], bus: u32, depth: u32) -> u32 {
    if depth > 32 {
        return 0;
    }
    controllers
        .iter()
        .filter(|each| each.kind == ControllerKind::Pci && each.index != Some(bus))
        .filter(|each| {
            each.address
                .as_ref()
                .and_then(Address::as_pci)
                .is_some_and(|at| u32::from(at.bus) == bus)
        })
        .map(|each| 1 + each.index.map_or(0, |index| descendants(controllers, index, depth + 1)))
        .sum()
}
