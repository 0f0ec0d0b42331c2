//! Where a device plugs in: its bus and place there.

use stead_config::domain::{Address, ControllerKind, ControllerModel};
use stead_values::OnOff;
use stead_values::address::Pci;

use super::words::Object;
use crate::plan::Plan;

/// Adds the bus and the place on it.
pub(super) fn place(plan: &Plan, device: Object, address: &Option<Address>) -> Object {
    match address {
        Some(Address::Pci { at, multifunction }) => pci(plan, device, *at, *multifunction),
        Some(Address::Usb(usb)) => {
            let controller = plan.usb_bus(usb.bus);
            device
                .with("bus", format!("{controller}.0"))
                .maybe("port", usb.port.map(|port| port.to_string()))
        }
        Some(Address::Isa { iobase, irq }) => device
            .maybe("iobase", iobase.map(|base| u64::from(base)))
            .maybe("irq", irq.map(|irq| u64::from(irq))),
        _ => device,
    }
}

fn pci(plan: &Plan, device: Object, at: Pci, multifunction: Option<OnOff>) -> Object {
    let device = device.with("bus", pci_bus(plan, at.bus));
    let device = device.maybe("multifunction", multifunction.map(OnOff::is_on));
    let place = if at.function == 0 {
        format!("0x{:x}", at.slot)
    } else {
        format!("0x{:x}.0x{:x}", at.slot, at.function)
    };
    device.with("addr", place)
}

/// QEMU's name of a bus: that of its controller; the root's is `pci.0` or `pcie.0`.
fn pci_bus(plan: &Plan, bus: u8) -> String {
    let Some(controller) = plan.controller(ControllerKind::Pci, u32::from(bus)) else {
        return format!("pci.{bus}");
    };
    match (controller.model, &controller.alias) {
        (Some(ControllerModel::PcieRoot), _) => "pcie.0".to_owned(),
        (Some(ControllerModel::PciRoot), _) => "pci.0".to_owned(),
        (_, Some(alias)) => alias.clone(),
        _ => format!("pci.{bus}"),
    }
}
