//! `<controller>`: buses of the machine.

use stead_values::{Hex, Kibibytes, OnOff, names};
use stead_xml::{Class, Element, FromElement, Node, Position, Reader, ToElement, Writer};

use super::address::{Address, alias, place};
use super::memory;

names! {
    /// What a controller is for.
    pub enum ControllerKind {
        Ide = "ide",
        Fdc = "fdc",
        Scsi = "scsi",
        Sata = "sata",
        VirtioSerial = "virtio-serial",
        Ccid = "ccid",
        Usb = "usb",
        Pci = "pci",
        Xenbus = "xenbus",
        Isa = "isa",
        Nvme = "nvme",
    }

    /// Which controller: the models of all kinds.
    pub enum ControllerModel {
        PciRoot = "pci-root",
        PcieRoot = "pcie-root",
        PciBridge = "pci-bridge",
        DmiToPciBridge = "dmi-to-pci-bridge",
        PcieToPciBridge = "pcie-to-pci-bridge",
        PcieRootPort = "pcie-root-port",
        PcieSwitchUpstreamPort = "pcie-switch-upstream-port",
        PcieSwitchDownstreamPort = "pcie-switch-downstream-port",
        PciExpanderBus = "pci-expander-bus",
        PcieExpanderBus = "pcie-expander-bus",
        Piix3Uhci = "piix3-uhci",
        Piix4Uhci = "piix4-uhci",
        Ehci = "ehci",
        Ich9Ehci1 = "ich9-ehci1",
        Ich9Uhci1 = "ich9-uhci1",
        Ich9Uhci2 = "ich9-uhci2",
        Ich9Uhci3 = "ich9-uhci3",
        Vt82c686bUhci = "vt82c686b-uhci",
        PciOhci = "pci-ohci",
        NecXhci = "nec-xhci",
        Qusb1 = "qusb1",
        Qusb2 = "qusb2",
        QemuXhci = "qemu-xhci",
        None = "none",
        Auto = "auto",
        Buslogic = "buslogic",
        Lsilogic = "lsilogic",
        Lsisas1068 = "lsisas1068",
        Vmpvscsi = "vmpvscsi",
        Ibmvscsi = "ibmvscsi",
        VirtioScsi = "virtio-scsi",
        Lsisas1078 = "lsisas1078",
        Ncr53c90 = "ncr53c90",
        Dc390 = "dc390",
        Am53c974 = "am53c974",
        Piix3 = "piix3",
        Piix4 = "piix4",
        Ich6 = "ich6",
        Virtio = "virtio",
        VirtioTransitional = "virtio-transitional",
        VirtioNonTransitional = "virtio-non-transitional",
    }

    /// The QEMU device that a PCI controller is.
    pub enum PciModelName {
        PciBridge = "pci-bridge",
        I82801b11Bridge = "i82801b11-bridge",
        PciePciBridge = "pcie-pci-bridge",
        Ioh3420 = "ioh3420",
        PcieRootPort = "pcie-root-port",
        X3130Upstream = "x3130-upstream",
        Xio3130Downstream = "xio3130-downstream",
        Pxb = "pxb",
        PxbPcie = "pxb-pcie",
        SpaprPciHostBridge = "spapr-pci-host-bridge",
    }
}

impl ControllerKind {
    /// The models that a controller of this kind can be, in libvirt's order.
    pub const fn models(self) -> &'static [ControllerModel] {
        use ControllerModel as M;
        match self {
            Self::Pci => &[
                M::PciRoot,
                M::PcieRoot,
                M::PciBridge,
                M::DmiToPciBridge,
                M::PcieToPciBridge,
                M::PcieRootPort,
                M::PcieSwitchUpstreamPort,
                M::PcieSwitchDownstreamPort,
                M::PciExpanderBus,
                M::PcieExpanderBus,
            ],
            Self::Usb => &[
                M::Piix3Uhci,
                M::Piix4Uhci,
                M::Ehci,
                M::Ich9Ehci1,
                M::Ich9Uhci1,
                M::Ich9Uhci2,
                M::Ich9Uhci3,
                M::Vt82c686bUhci,
                M::PciOhci,
                M::NecXhci,
                M::Qusb1,
                M::Qusb2,
                M::QemuXhci,
                M::None,
            ],
            Self::Scsi => &[
                M::Auto,
                M::Buslogic,
                M::Lsilogic,
                M::Lsisas1068,
                M::Vmpvscsi,
                M::Ibmvscsi,
                M::VirtioScsi,
                M::Lsisas1078,
                M::VirtioTransitional,
                M::VirtioNonTransitional,
                M::Ncr53c90,
                M::Dc390,
                M::Am53c974,
            ],
            Self::Ide => &[M::Piix3, M::Piix4, M::Ich6],
            Self::VirtioSerial => &[M::Virtio, M::VirtioTransitional, M::VirtioNonTransitional],
            Self::Fdc | Self::Sata | Self::Ccid | Self::Xenbus | Self::Isa | Self::Nvme => &[],
        }
    }
}

/// A controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controller {
    /// What it is for.
    pub kind: ControllerKind,
    /// Its number among those of its kind; assigned when it is not given.
    pub index: Option<u32>,
    /// Which controller.
    pub model: Option<ControllerModel>,
    /// Ports of a virtio-serial or USB controller.
    pub ports: Option<u32>,
    /// Interrupt vectors of a virtio-serial controller.
    pub vectors: Option<u32>,
    /// The QEMU device that a PCI controller is.
    pub model_name: Option<PciModelName>,
    /// How a PCI controller shows itself.
    pub target: Option<PciTarget>,
    /// How a virtio or USB controller is driven.
    pub driver: Option<ControllerDriver>,
    /// The first port of the USB controller that it accompanies.
    pub master: Option<u32>,
    /// What it is called.
    pub alias: Option<String>,
    /// Where it sits.
    pub address: Option<Address>,
    /// The 64-bit hole of a PCI root.
    pub pci_hole64: Option<Kibibytes>,
    /// Where it stands in the document.
    pub position: Position,
}

impl Controller {
    /// One with nothing said but what it is.
    pub fn new(kind: ControllerKind, index: u32, model: Option<ControllerModel>) -> Self {
        Self {
            kind,
            index: Some(index),
            model,
            ports: None,
            vectors: None,
            model_name: None,
            target: None,
            driver: None,
            master: None,
            alias: None,
            address: None,
            pci_hole64: None,
            position: Position::default(),
        }
    }
}

/// `<target>` of a PCI controller.
#[derive(Clone, Debug, Default, PartialEq, Eq, Element)]
pub struct PciTarget {
    /// The number of a bridge, from 1.
    #[xml(attributes_with = chassis_nr, knows("@chassisNr"))]
    pub chassis_nr: Option<u8>,
    /// The chassis of a port.
    #[xml(attributes_with = chassis, knows("@chassis"))]
    pub chassis: Option<u8>,
    /// The number of a port.
    #[xml(attributes_with = port, knows("@port"))]
    pub port: Option<Hex<1>>,
    /// The number of the bus behind an expander.
    #[xml(attributes_with = bus_nr, knows("@busNr"))]
    pub bus_nr: Option<u8>,
    /// Whether devices can come and go.
    #[xml(attribute)]
    pub hotplug: Option<OnOff>,
    /// Memory kept for devices that come, in KiB.
    #[xml(attribute = "memReserve")]
    pub mem_reserve: Option<u64>,
    /// The NUMA node of an expander.
    #[xml(text)]
    pub node: Option<u32>,
}

/// `<driver>` of a controller.
#[derive(Clone, Debug, Default, PartialEq, Eq, Element)]
pub struct ControllerDriver {
    /// How many queues there are.
    #[xml(attribute)]
    pub queues: Option<u32>,
    /// How many commands a unit takes at once.
    #[xml(attribute)]
    pub cmd_per_lun: Option<u32>,
    /// The most sectors of a transfer.
    #[xml(attribute)]
    pub max_sectors: Option<u32>,
    /// Whether notifications go through an eventfd.
    #[xml(attribute)]
    pub ioeventfd: Option<OnOff>,
    /// Whether DMA goes through the IOMMU.
    #[xml(attribute)]
    pub iommu: Option<OnOff>,
    /// Address translation services.
    #[xml(attribute)]
    pub ats: Option<OnOff>,
    /// Packed rings.
    #[xml(attribute)]
    pub packed: Option<OnOff>,
    /// A doorbell page for each queue.
    #[xml(attribute)]
    pub page_per_vq: Option<OnOff>,
}

impl FromElement for Controller {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        if node.attribute("type").is_some() && reader.judge_value(node, "type") {
            return None;
        }
        let kind = reader.required::<ControllerKind>(node, "type")?;
        let attributes: &[&str] = match kind {
            ControllerKind::VirtioSerial => &["type", "index", "model", "ports", "vectors"],
            ControllerKind::Usb => &["type", "index", "model", "ports"],
            _ => &["type", "index", "model"],
        };
        const CHILDREN: &[&str] =
            &["model", "target", "driver", "master", "alias", "address", "pcihole64", "acpi"];
        reader.leftovers(node, attributes, CHILDREN);
        let model = reader.known::<ControllerModel>(node, "model", "Unknown model type");
        if let Some(model) = model
            && !kind.models().contains(&model)
        {
            let message = format!("Unknown model type '{model}'");
            reader.attribute_error(node, "model", Class::Unsupported, message);
        }
        let ports_given = matches!(kind, ControllerKind::VirtioSerial | ControllerKind::Usb);
        let is_pci = kind == ControllerKind::Pci;
        if let (Some(ControllerModel::PciRoot | ControllerModel::PcieRoot), Some(address)) =
            (model, node.child("address"))
            && is_pci
            && address.attribute("type") == Some("pci")
        {
            let message = "pci-root and pcie-root controllers should not have an address";
            reader.error(address, Class::Unsupported, message);
        }
        let master = node.child("master");
        let hole = node.child("pcihole64").filter(|_| is_pci);
        Some(Self {
            kind,
            index: reader.natural(node, "index"),
            model,
            ports: reader.natural(node, "ports").filter(|_| ports_given),
            vectors: reader
                .natural(node, "vectors")
                .filter(|_| kind == ControllerKind::VirtioSerial),
            model_name: node
                .child("model")
                .filter(|_| is_pci)
                .and_then(|model| reader.attribute(model, "name")),
            target: node
                .child("target")
                .filter(|_| is_pci)
                .and_then(|target| PciTarget::read(target, reader)),
            driver: node.child("driver").and_then(|driver| ControllerDriver::read(driver, reader)),
            master: master.and_then(|master| reader.attribute(master, "startport")),
            alias: alias::read(node, reader),
            address: place::read(node, reader),
            pci_hole64: hole.and_then(|hole| memory::size(hole, reader)),
            position: node.position(),
        })
    }
}

impl ToElement for Controller {
    fn write_attributes(&self, out: &mut Writer) {
        out.attribute("type", self.kind);
        out.optional("index", self.index);
        out.optional("model", self.model);
        out.optional("ports", self.ports);
        out.optional("vectors", self.vectors);
    }

    fn write_content(&self, out: &mut Writer) {
        if let Some(name) = self.model_name {
            out.element("model", |out| out.attribute("name", name));
        }
        if let Some(target) = &self.target {
            target.write_filled("target", out);
        }
        if let Some(driver) = &self.driver {
            driver.write_filled("driver", out);
        }
        alias::write(&self.alias, out);
        if let Some(port) = self.master {
            out.element("master", |out| out.attribute("startport", port));
        }
        place::write(&self.address, out);
        if let Some(hole) = self.pci_hole64 {
            out.open("pcihole64");
            out.attribute("unit", "KiB");
            out.content(hole);
            out.close("pcihole64");
        }
    }
}

/// `chassisNr` and the like: a number with bounds of its own.
macro_rules! bounded {
    ($module:ident, $name:literal, $least:literal, $most:literal, $type:ty) => {
        mod $module {
            use super::{Class, Node, Reader, Writer};

            pub(super) fn read(node: Node<'_>, reader: &mut Reader) -> Option<$type> {
                let number = reader.attribute::<stead_values::AnyBase>(node, $name)?.0;
                if !($least..=$most).contains(&number) {
                    let message = format!(
                        "PCI controller {} '{number}' out of range - must be {}-{}",
                        $name, $least, $most
                    );
                    reader.attribute_error(node, $name, Class::Unsupported, message);
                    return None;
                }
                Some(number as $type)
            }

            pub(super) fn write(number: &Option<$type>, out: &mut Writer) {
                out.optional($name, number.map(u64::from));
            }
        }
    };
}

bounded!(chassis_nr, "chassisNr", 1, 255, u8);
bounded!(chassis, "chassis", 0, 255, u8);
bounded!(bus_nr, "busNr", 1, 254, u8);

mod port {
    use super::{Class, Hex, Node, Reader, Writer};

    pub(super) fn read(node: Node<'_>, reader: &mut Reader) -> Option<Hex<1>> {
        let port = reader.attribute::<Hex<1>>(node, "port")?;
        if port.0 > 255 {
            let message = format!("PCI controller port '{}' out of range - must be 0-255", port.0);
            reader.attribute_error(node, "port", Class::Unsupported, message);
        }
        Some(port)
    }

    pub(super) fn write(port: &Option<Hex<1>>, out: &mut Writer) {
        out.optional("port", *port);
    }
}
