//! Where a device plugs in: its bus and place there.

use stead_config::domain::Address;
use stead_config::domain::controller::ControllerKind;
use stead_values::OnOff;
use stead_values::address::Pci;

use super::words::Object;
use crate::plan::Plan;

/// Adds the bus and the place on it.
pub(super) fn place(plan: &Plan, device: Object, address: &Option<Address>) -> Object {
    match address {
        Some(Address::Pci { at, multifunction }) => pci(plan, device, *at, *multifunction),
        Some(Address::Usb(usb)) => {
            let controller = plan.controller_alias(ControllerKind::Usb, usb.bus);
            device
                .with("bus", format!("{controller}.0"))
                .maybe("port", usb.port.map(|port| port.to_string()))
        }
        Some(Address::Isa { iobase, irq }) => {
            device.maybe("iobase", iobase.map(u64::from)).maybe("irq", irq.map(u64::from))
        }
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

/// QEMU's name of a bus: the alias of its controller.
fn pci_bus(plan: &Plan, bus: u8) -> String {
    match plan.controller(ControllerKind::Pci, u32::from(bus)) {
        Some(controller) => controller.alias.clone().unwrap_or_else(|| format!("pci.{bus}")),
        None => format!("pci.{bus}"),
    }
}
