//! Controllers, in libvirt's order of kinds.

use stead_config::domain::Address;
use stead_config::domain::controller::{Controller, ControllerKind, ControllerModel};
use stead_values::OnOff;

use super::words::{Object, Words};
use super::{address, virtio};
use crate::chipset::Chipset;
use crate::plan::Plan;

/// Kinds in the order in which libvirt starts them.
const ORDER: &[ControllerKind] = &[
    ControllerKind::Pci,
    ControllerKind::Usb,
    ControllerKind::Scsi,
    ControllerKind::Ide,
    ControllerKind::Sata,
    ControllerKind::VirtioSerial,
    ControllerKind::Ccid,
];

/// Settings of the PCI roots, then all controllers that are devices.
pub(super) fn controllers(plan: &Plan, words: &mut Words) {
    let all = &plan.domain.devices.controllers;
    for controller in all.iter().filter(|each| each.kind == ControllerKind::Pci) {
        root(plan, controller, words);
    }
    for kind in ORDER {
        let mut of_kind: Vec<&Controller> = all.iter().filter(|each| each.kind == *kind).collect();
        if *kind == ControllerKind::Usb {
            // The master of a USB 2 set comes before its companions.
            of_kind.sort_by_key(|each| (each.index, each.master.is_some()));
        }
        for controller in of_kind {
            if let Some(device) = device(plan, controller) {
                words.json("-device", device);
            }
        }
    }
}

fn root(plan: &Plan, controller: &Controller, words: &mut Words) {
    let host = match controller.model {
        Some(ControllerModel::PciRoot) => "i440FX-pcihost",
        Some(ControllerModel::PcieRoot) => "q35-pcihost",
        _ => return,
    };
    if let Some(hole) = controller.pci_hole64 {
        words.option("-global", format!("{host}.pci-hole64-size={hole}K"));
    }
    if let Some(hotplug) = controller.target.as_ref().and_then(|target| target.hotplug)
        && plan.chipset == Chipset::I440fx
    {
        words.option("-global", format!("PIIX4_PM.acpi-root-pci-hotplug={hotplug}"));
    }
}

fn device(plan: &Plan, controller: &Controller) -> Option<Object> {
    let device = match controller.kind {
        ControllerKind::Pci => pci(controller)?,
        ControllerKind::Usb => usb(plan, controller)?,
        ControllerKind::Scsi => scsi(controller)?,
        ControllerKind::Sata => {
            if plan.chipset == Chipset::Q35 && controller.index == Some(0) {
                return None;
            }
            Object::new("driver", "ahci").with("id", alias(controller))
        }
        ControllerKind::VirtioSerial => serial(controller),
        _ => return None,
    };
    Some(address::place(plan, device, &controller.address))
}

fn alias(controller: &Controller) -> &str {
    controller.alias.as_deref().unwrap_or_default()
}

fn pci(controller: &Controller) -> Option<Object> {
    let name = controller.model_name?;
    let target = controller.target.clone().unwrap_or_default();
    let device = Object::new("driver", name.as_str());
    let hotplug = target.hotplug.map(OnOff::is_on);
    Some(match controller.model? {
        ControllerModel::PciBridge => device
            .maybe("chassis_nr", target.chassis_nr)
            .maybe("mem-reserve", target.mem_reserve.map(|size| size.saturating_mul(1024)))
            .with("id", alias(controller)),
        ControllerModel::PcieRootPort | ControllerModel::PcieSwitchDownstreamPort => device
            .maybe("port", target.port.map(|port| port.0))
            .maybe("chassis", target.chassis)
            .with("id", alias(controller))
            .maybe("hotplug", hotplug),
        ControllerModel::PciExpanderBus | ControllerModel::PcieExpanderBus => device
            .maybe("bus_nr", target.bus_nr)
            .with("id", alias(controller))
            .maybe("numa_node", target.node),
        ControllerModel::PciRoot | ControllerModel::PcieRoot => return None,
        _ => device.with("id", alias(controller)),
    })
}

fn usb(plan: &Plan, controller: &Controller) -> Option<Object> {
    use ControllerModel as Model;
    let name = match controller.model? {
        Model::Piix3Uhci => "piix3-usb-uhci",
        Model::Piix4Uhci => "piix4-usb-uhci",
        Model::Ehci => "usb-ehci",
        Model::Ich9Ehci1 => "ich9-usb-ehci1",
        Model::Ich9Uhci1 => "ich9-usb-uhci1",
        Model::Ich9Uhci2 => "ich9-usb-uhci2",
        Model::Ich9Uhci3 => "ich9-usb-uhci3",
        Model::Vt82c686bUhci => "vt82c686b-usb-uhci",
        Model::PciOhci => "pci-ohci",
        Model::NecXhci => "nec-usb-xhci",
        Model::QemuXhci => "qemu-xhci",
        _ => return None,
    };
    let device =
        Object::new("driver", name).maybe("p2", controller.ports).maybe("p3", controller.ports);
    Some(match controller.master {
        Some(port) => {
            let index = controller.index.unwrap_or(0);
            let master = plan
                .domain
                .devices
                .controllers
                .iter()
                .filter(|each| each.kind == ControllerKind::Usb && each.index == Some(index))
                .find(|each| each.master.is_none())
                .and_then(|each| each.alias.clone());
            let master = master.unwrap_or_else(|| alias(controller).to_owned());
            device.with("masterbus", format!("{master}.0")).with("firstport", port)
        }
        None => device.with("id", alias(controller)),
    })
}

fn scsi(controller: &Controller) -> Option<Object> {
    use ControllerModel as Model;
    let name = match controller.model? {
        Model::VirtioScsi => "virtio-scsi-pci",
        Model::VirtioTransitional => "virtio-scsi-pci-transitional",
        Model::VirtioNonTransitional => "virtio-scsi-pci-non-transitional",
        Model::Lsilogic => "lsi",
        Model::Lsisas1068 => "mptsas1068",
        Model::Lsisas1078 => "megasas",
        Model::Vmpvscsi => "pvscsi",
        Model::Dc390 => "dc390",
        Model::Am53c974 => "am53c974",
        _ => return None,
    };
    let device = Object::new("driver", name);
    let Some(driver) = &controller.driver else {
        return Some(device.with("id", alias(controller)));
    };
    let device = virtio(device, driver.iommu, driver.ats, driver.packed, driver.page_per_vq);
    Some(
        device
            .with("id", alias(controller))
            .maybe("num_queues", driver.queues)
            .maybe("cmd_per_lun", driver.cmd_per_lun)
            .maybe("max_sectors", driver.max_sectors)
            .maybe("ioeventfd", driver.ioeventfd.map(OnOff::is_on)),
    )
}

fn serial(controller: &Controller) -> Object {
    let name = match (controller.model, &controller.address) {
        (Some(ControllerModel::VirtioTransitional), _) => "virtio-serial-pci-transitional",
        (Some(ControllerModel::VirtioNonTransitional), _) => "virtio-serial-pci-non-transitional",
        (_, Some(Address::VirtioMmio)) => "virtio-serial-device",
        _ => "virtio-serial-pci",
    };
    let mut device = Object::new("driver", name);
    if let Some(driver) = &controller.driver {
        device = virtio(device, driver.iommu, driver.ats, driver.packed, driver.page_per_vq);
    }
    device
        .with("id", alias(controller))
        .maybe("max_ports", controller.ports)
        .maybe("vectors", controller.vectors)
}
