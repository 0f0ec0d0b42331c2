//! `<address>`: where a device sits; and `<alias>`: what it is called.

use stead_values::address::{Ccw, Drive, Pci, Usb, VirtioSerial};
use stead_values::{AnyBase, Hex, OnOff, names};
use stead_xml::{Class, FromElement, Node, Reader, ToElement, Writer};

/// Where a device sits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// On PCI. All zero (but the function) means that it is still to be assigned.
    Pci {
        /// The function.
        at: Pci,
        /// Whether other functions of the slot are used too.
        multifunction: Option<OnOff>,
    },
    /// A drive on a controller.
    Drive(Drive),
    /// A port of a virtio-serial controller.
    VirtioSerial(VirtioSerial),
    /// On a USB controller.
    Usb(Usb),
    /// On the ISA bus.
    Isa {
        /// First port.
        iobase: Option<u32>,
        /// Interrupt.
        irq: Option<u32>,
    },
    /// A channel device (s390); not assigned where `None`.
    Ccw(Option<Ccw>),
    /// On the virtio MMIO bus (Arm).
    VirtioMmio,
    /// Not attached to any bus.
    Unassigned,
}

names! {
    /// The `type` of an address.
    pub enum AddressKind {
        Pci = "pci",
        Drive = "drive",
        VirtioSerial = "virtio-serial",
        Ccid = "ccid",
        Usb = "usb",
        SpaprVio = "spapr-vio",
        VirtioS390 = "virtio-s390",
        Ccw = "ccw",
        VirtioMmio = "virtio-mmio",
        Isa = "isa",
        Dimm = "dimm",
        Unassigned = "unassigned",
    }
}

impl Address {
    /// A PCI address, its function alone in its slot as far as is said.
    pub const fn pci(at: Pci) -> Self {
        Self::Pci { at, multifunction: None }
    }

    /// The PCI address, if it is one that is assigned.
    pub fn as_pci(&self) -> Option<Pci> {
        match self {
            Self::Pci { at, .. } if at.domain != 0 || at.bus != 0 || at.slot != 0 => Some(*at),
            _ => None,
        }
    }

    /// Its `type`.
    pub const fn kind(&self) -> AddressKind {
        match self {
            Self::Pci { .. } => AddressKind::Pci,
            Self::Drive(_) => AddressKind::Drive,
            Self::VirtioSerial(_) => AddressKind::VirtioSerial,
            Self::Usb(_) => AddressKind::Usb,
            Self::Isa { .. } => AddressKind::Isa,
            Self::Ccw(_) => AddressKind::Ccw,
            Self::VirtioMmio => AddressKind::VirtioMmio,
            Self::Unassigned => AddressKind::Unassigned,
        }
    }
}

impl FromElement for Address {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let kind = match node.attribute("type") {
            Some(_) => reader.attribute::<AddressKind>(node, "type")?,
            None => {
                reader.missing_attribute(node, "type");
                return None;
            }
        };
        Some(match kind {
            AddressKind::Pci => Self::Pci {
                at: pci(node, reader),
                multifunction: reader.attribute(node, "multifunction"),
            },
            AddressKind::Drive => Self::Drive(Drive {
                controller: number(node, reader, "controller"),
                bus: number(node, reader, "bus"),
                target: number(node, reader, "target"),
                unit: number(node, reader, "unit"),
            }),
            AddressKind::VirtioSerial => Self::VirtioSerial(VirtioSerial {
                controller: number(node, reader, "controller"),
                bus: number(node, reader, "bus"),
                port: number(node, reader, "port"),
            }),
            AddressKind::Usb => Self::Usb(Usb {
                bus: number(node, reader, "bus"),
                port: reader.attribute(node, "port"),
            }),
            AddressKind::Isa => {
                Self::Isa { iobase: based(node, reader, "iobase"), irq: based(node, reader, "irq") }
            }
            AddressKind::VirtioMmio => Self::VirtioMmio,
            AddressKind::Unassigned => Self::Unassigned,
            AddressKind::Ccw => Self::Ccw(node.attribute("devno").map(|_| Ccw {
                cssid: based(node, reader, "cssid").unwrap_or(0),
                ssid: based(node, reader, "ssid").unwrap_or(0),
                devno: based(node, reader, "devno").unwrap_or(0),
            })),
            AddressKind::Ccid
            | AddressKind::SpaprVio
            | AddressKind::VirtioS390
            | AddressKind::Dimm => {
                let message = format!("address type '{kind}' is not supported by stead yet");
                reader.attribute_error(node, "type", Class::Unsupported, message);
                return None;
            }
        })
    }
}

impl ToElement for Address {
    fn write_attributes(&self, out: &mut Writer) {
        out.attribute("type", self.kind());
        match self {
            Self::Pci { at, multifunction } => {
                if self.as_pci().is_some() || at.function != 0 {
                    write_pci(at, out);
                }
                out.optional("multifunction", *multifunction);
            }
            Self::Drive(Drive { controller, bus, target, unit }) => {
                out.attribute("controller", controller);
                out.attribute("bus", bus);
                out.attribute("target", target);
                out.attribute("unit", unit);
            }
            Self::VirtioSerial(VirtioSerial { controller, bus, port }) => {
                out.attribute("controller", controller);
                out.attribute("bus", bus);
                out.attribute("port", port);
            }
            Self::Usb(Usb { bus, port }) => {
                out.attribute("bus", bus);
                out.optional("port", *port);
            }
            Self::Isa { iobase, irq } => {
                out.optional("iobase", iobase.map(|iobase| Hex::<1>(iobase.into())));
                out.optional("irq", irq.map(|irq| Hex::<1>(irq.into())));
            }
            Self::Ccw(Some(Ccw { cssid, ssid, devno })) => {
                out.attribute("cssid", Hex::<1>((*cssid).into()));
                out.attribute("ssid", Hex::<1>((*ssid).into()));
                out.attribute("devno", Hex::<4>((*devno).into()));
            }
            Self::Ccw(None) | Self::VirtioMmio | Self::Unassigned => {}
        }
    }

    fn write_content(&self, _: &mut Writer) {}
}

/// Reads the attributes of a PCI address.
pub fn pci(node: Node<'_>, reader: &mut Reader) -> Pci {
    let mut field = |name: &str, limit: u64| -> u32 {
        let Some(AnyBase(value)) = reader.attribute(node, name) else { return 0 };
        if value > limit {
            let text = node.attribute(name).unwrap_or("");
            let message = format!("Invalid PCI address {name}='{text}', must be <= 0x{limit:X}");
            reader.attribute_error(node, name, Class::Xml, message);
            return 0;
        }
        value as u32
    };
    Pci {
        domain: field("domain", 0xffff_ffff),
        bus: field("bus", 0xff) as u8,
        slot: field("slot", 0x1f) as u8,
        function: field("function", 7) as u8,
    }
}

/// Writes the attributes of a PCI address.
pub fn write_pci(at: &Pci, out: &mut Writer) {
    out.attribute("domain", Hex::<4>(at.domain.into()));
    out.attribute("bus", Hex::<2>(at.bus.into()));
    out.attribute("slot", Hex::<2>(at.slot.into()));
    out.attribute("function", Hex::<1>(at.function.into()));
}

fn number(node: Node<'_>, reader: &mut Reader, name: &str) -> u32 {
    reader.attribute(node, name).unwrap_or(0)
}

/// A number in any base; `iobase='0x3f8'`.
fn based(node: Node<'_>, reader: &mut Reader, name: &str) -> Option<u32> {
    let AnyBase(value) = reader.attribute(node, name)?;
    match u32::try_from(value) {
        Ok(value) => Some(value),
        Err(_) => {
            reader.bad_value(node, name, "write a number of 32 bits");
            None
        }
    }
}

/// `<alias name='…'/>`: kept in definitions only where the user gave it (`ua-…`).
pub mod alias {
    use super::{Node, Reader, Writer};

    /// What aliases that users give start with.
    pub const USER: &str = "ua-";

    /// Reads it.
    pub fn read(node: Node<'_>, reader: &mut Reader) -> Option<String> {
        let alias = node.child("alias")?.attribute("name")?;
        let of_user = alias.starts_with(USER);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        if of_user && alias.bytes().all(plain) && alias.len() > USER.len() {
            return Some(alias.to_owned());
        }
        (reader.form().is_live() && !alias.is_empty()).then(|| alias.to_owned())
    }

    /// Writes it.
    pub fn write(alias: &Option<String>, out: &mut Writer) {
        let Some(alias) = alias else { return };
        if out.form().is_live() || alias.starts_with(USER) {
            out.element("alias", |out| out.attribute("name", alias));
        }
    }
}

/// `<address/>` of a device.
pub mod place {
    use super::{Address, FromElement, Node, Reader, ToElement, Writer};

    /// Reads it.
    pub fn read(node: Node<'_>, reader: &mut Reader) -> Option<Address> {
        Address::read(node.child("address")?, reader)
    }

    /// Writes it.
    pub fn write(address: &Option<Address>, out: &mut Writer) {
        if let Some(address) = address {
            address.write("address", out);
        }
    }
}
