//! `<serial>`, `<parallel>`, `<console>`, `<channel>`: character devices, and where they lead.

use stead_values::{OnOff, names};
use stead_xml::{Class, Element, FromElement, Node, Position, Reader, ToElement, Writer};

use super::address::{Address, alias, place};

mod source;

pub use source::{ChardevKind, ChardevSource, Endpoint, Reconnect, SocketMode, TcpProtocol};

names! {
    /// What a serial port is on.
    pub enum SerialTarget {
        IsaSerial = "isa-serial",
        UsbSerial = "usb-serial",
        PciSerial = "pci-serial",
        SpaprVioSerial = "spapr-vio-serial",
        SystemSerial = "system-serial",
        SclpSerial = "sclp-serial",
        IsaDebug = "isa-debug",
    }

    /// The device that a serial port is.
    pub enum SerialModel {
        IsaSerial = "isa-serial",
        UsbSerial = "usb-serial",
        PciSerial = "pci-serial",
        SpaprVty = "spapr-vty",
        Pl011 = "pl011",
        SclpConsole = "sclpconsole",
        SclpLmConsole = "sclplmconsole",
        Uart16550a = "16550a",
        IsaDebugcon = "isa-debugcon",
    }

    /// What a console is on.
    pub enum ConsoleTarget {
        None = "none",
        Serial = "serial",
        Xen = "xen",
        Uml = "uml",
        Virtio = "virtio",
        Lxc = "lxc",
        Openvz = "openvz",
        Sclp = "sclp",
        SclpLm = "sclplm",
    }

    /// Whether a channel's other end is connected.
    pub enum ChannelState {
        Connected = "connected",
        Disconnected = "disconnected",
    }
}

/// `<log>`: where everything is written too.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct ChardevLog {
    /// The file.
    #[xml(attribute)]
    pub file: String,
    /// Whether it is appended to.
    #[xml(attribute)]
    pub append: Option<OnOff>,
}

/// A character device; `T` says what the guest sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chardev<T> {
    /// Where it leads.
    pub source: ChardevSource,
    /// Where everything is written too.
    pub log: Option<ChardevLog>,
    /// What the guest sees.
    pub target: T,
    /// What it is called.
    pub alias: Option<String>,
    /// Where it sits.
    pub address: Option<Address>,
    /// Where it stands in the document.
    pub position: Position,
}

/// A serial port.
pub type Serial = Chardev<SerialPort>;
/// A parallel port.
pub type Parallel = Chardev<ParallelPort>;
/// A console.
pub type Console = Chardev<ConsolePort>;
/// A channel to the guest.
pub type Channel = Chardev<ChannelPort>;

/// `<target>` of a serial port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Element)]
pub struct SerialPort {
    /// What it is on.
    #[xml(attributes_with = serial_kind, knows("@type"))]
    pub kind: Option<SerialTarget>,
    /// Its number; assigned when it is not given.
    #[xml(attributes_with = port, knows("@port"))]
    pub port: Option<u32>,
    /// The device that it is.
    #[xml(child)]
    pub model: Option<SerialModelName>,
}

/// `<model>` of a serial port.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct SerialModelName {
    /// The device.
    #[xml(attribute)]
    pub name: SerialModel,
}

/// `<target>` of a parallel port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Element)]
pub struct ParallelPort {
    /// Its number; assigned when it is not given.
    #[xml(attributes_with = port, knows("@port"))]
    pub port: Option<u32>,
}

/// `<target>` of a console.
#[derive(Clone, Debug, Default, PartialEq, Eq, Element)]
pub struct ConsolePort {
    /// What it is on.
    #[xml(attributes_with = console_kind, knows("@type"))]
    pub kind: Option<ConsoleTarget>,
    /// Its number; assigned when it is not given.
    #[xml(attributes_with = port, knows("@port"))]
    pub port: Option<u32>,
}

/// `<target>` of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelPort {
    /// A port of a virtio-serial controller.
    Virtio {
        /// Its name in the guest.
        name: Option<String>,
        /// Whether the guest has it open, while running.
        state: Option<ChannelState>,
    },
    /// A TCP address of a user network.
    Guestfwd {
        /// The address.
        address: Option<String>,
        /// The port.
        port: Option<String>,
    },
}

impl<T> Chardev<T> {
    /// One that leads there and has nothing else said.
    pub fn new(source: ChardevSource, target: T) -> Self {
        Self {
            source,
            log: None,
            target,
            alias: None,
            address: None,
            position: Position::default(),
        }
    }
}

impl<T: FromElement + Default> FromElement for Chardev<T>
where
    T: TargetElement,
{
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        const CHILDREN: &[&str] = &["source", "target", "log", "protocol", "alias", "address"];
        reader.leftovers(node, &["type", "tty"], CHILDREN);
        let kind = match node.attribute("type") {
            None => ChardevKind::Pty,
            Some(text) => match text.parse() {
                Ok(kind) => kind,
                Err(_) => {
                    let message =
                        format!("unknown type presented to host for character device: {text}");
                    reader.attribute_error(node, "type", Class::Unsupported, message);
                    return None;
                }
            },
        };
        let source = ChardevSource::read(kind, node, reader)?;
        if !T::PATHLESS {
            source.check_path(node, reader);
        }
        let target = match node.child("target") {
            Some(target) => T::read(target, reader)?,
            None => {
                if T::REQUIRED {
                    reader.error(
                        node,
                        Class::Xml,
                        "target type must be specified for channel device",
                    );
                }
                T::default()
            }
        };
        Some(Self {
            source,
            log: node
                .child("log")
                .filter(|log| log.attribute("file").is_some())
                .and_then(|log| ChardevLog::read(log, reader)),
            target,
            alias: alias::read(node, reader),
            address: place::read(node, reader),
            position: node.position(),
        })
    }
}

/// What a character device is to a guest.
pub trait TargetElement: ToElement {
    /// Whether it must be said.
    const REQUIRED: bool = false;
    /// Whether a socket's path may be left to the daemon.
    const PATHLESS: bool = false;
    /// Whether the path of a pseudo-terminal is an attribute of the device too.
    fn shows_tty(&self) -> bool {
        false
    }
}

impl TargetElement for SerialPort {}

impl TargetElement for ParallelPort {}

impl TargetElement for ConsolePort {
    fn shows_tty(&self) -> bool {
        self.port.unwrap_or(0) == 0
    }
}

impl TargetElement for ChannelPort {
    const REQUIRED: bool = true;
    const PATHLESS: bool = true;
}

impl<T: TargetElement> ToElement for Chardev<T> {
    fn write_attributes(&self, out: &mut Writer) {
        out.attribute("type", self.source.kind());
        if let ChardevSource::Pty(Some(path)) = &self.source
            && self.target.shows_tty()
            && out.form().is_live()
        {
            out.attribute("tty", path);
        }
    }

    fn write_content(&self, out: &mut Writer) {
        self.source.write(out);
        if let Some(log) = &self.log {
            log.write("log", out);
        }
        self.target.write("target", out);
        alias::write(&self.alias, out);
        place::write(&self.address, out);
    }
}

impl Default for ChannelPort {
    fn default() -> Self {
        Self::Virtio { name: None, state: None }
    }
}

impl FromElement for ChannelPort {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        reader.leftovers(node, &["type", "name", "state", "address", "port"], &[]);
        let attribute = |name: &str| node.attribute(name).map(str::to_owned);
        match node.attribute("type") {
            Some("virtio") => {
                let state = reader.attribute(node, "state").filter(|_| reader.form().is_live());
                Some(Self::Virtio { name: attribute("name"), state })
            }
            Some("guestfwd") => {
                for name in ["address", "port"] {
                    if node.attribute(name).is_none() {
                        let message = format!("guestfwd channel does not define a target {name}");
                        reader.error(node, Class::Xml, message);
                    }
                }
                Some(Self::Guestfwd { address: attribute("address"), port: attribute("port") })
            }
            Some("xen") => {
                let message = "channel target type 'xen' is not supported by stead yet";
                reader.attribute_error(node, "type", Class::Unsupported, message);
                None
            }
            Some(text) => {
                let message =
                    format!("unknown target type '{text}' specified for character device");
                reader.attribute_error(node, "type", Class::Unsupported, message);
                None
            }
            None => {
                let message = "target type must be specified for channel device";
                reader.error_with_fix(node, Class::Xml, message, "add type='virtio'");
                None
            }
        }
    }
}

impl ToElement for ChannelPort {
    fn write_attributes(&self, out: &mut Writer) {
        match self {
            Self::Virtio { name, state } => {
                out.attribute("type", "virtio");
                out.optional("name", name.as_ref());
                if out.form().is_live() {
                    out.optional("state", *state);
                }
            }
            Self::Guestfwd { address, port } => {
                out.attribute("type", "guestfwd");
                out.optional("address", address.as_ref());
                out.optional("port", port.as_ref());
            }
        }
    }

    fn write_content(&self, _: &mut Writer) {}
}

/// `type` of a target, in the words that libvirt refuses it with.
macro_rules! target_kind {
    ($name:ident, $kind:ident) => {
        mod $name {
            use super::{Class, Node, Reader, Writer, $kind};

            pub(super) fn read(node: Node<'_>, reader: &mut Reader) -> Option<$kind> {
                let text = node.attribute("type")?;
                let Ok(kind) = text.parse() else {
                    let message =
                        format!("unknown target type '{text}' specified for character device");
                    reader.attribute_error(node, "type", Class::Unsupported, message);
                    return None;
                };
                Some(kind)
            }

            pub(super) fn write(kind: &Option<$kind>, out: &mut Writer) {
                out.optional("type", *kind);
            }
        }
    };
}

target_kind!(serial_kind, SerialTarget);
target_kind!(console_kind, ConsoleTarget);

/// `port` of a target.
mod port {
    use super::{Class, Node, Reader, Writer};

    pub(super) fn read(node: Node<'_>, reader: &mut Reader) -> Option<u32> {
        let text = node.attribute("port")?;
        let Ok(port) = text.parse() else {
            let message = format!("Invalid port number: {text}");
            reader.attribute_error(node, "port", Class::Xml, message);
            return None;
        };
        Some(port)
    }

    pub(super) fn write(port: &Option<u32>, out: &mut Writer) {
        out.optional("port", *port);
    }
}
