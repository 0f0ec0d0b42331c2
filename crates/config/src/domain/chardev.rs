//! `<serial>`, `<parallel>`, `<console>`, `<channel>`: character devices, and where they lead.

use stead_values::{OnOff, YesNo, names};
use stead_xml::{Class, Element, FromElement, Node, Position, Reader, ToElement, Writer};

use super::address::{Address, alias, place};

names! {
    /// Where a character device leads.
    pub enum ChardevKind {
        Null = "null",
        Vc = "vc",
        Pty = "pty",
        Dev = "dev",
        File = "file",
        Pipe = "pipe",
        Stdio = "stdio",
        Udp = "udp",
        Tcp = "tcp",
        Unix = "unix",
        SpiceVmc = "spicevmc",
        SpicePort = "spiceport",
        Nmdm = "nmdm",
        QemuVdagent = "qemu-vdagent",
        Dbus = "dbus",
    }

    /// Who connects.
    pub enum SocketMode {
        Connect = "connect",
        Bind = "bind",
    }

    /// What is spoken over TCP.
    pub enum TcpProtocol {
        Raw = "raw",
        Telnet = "telnet",
        Telnets = "telnets",
        Tls = "tls",
    }

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

/// Where a character device leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChardevSource {
    /// Nowhere.
    Null,
    /// A text window of QEMU's own display.
    Vc,
    /// A pseudo-terminal; its path once it runs.
    Pty(Option<String>),
    /// A device of the host.
    Dev(String),
    /// A file.
    File {
        /// Its path.
        path: String,
        /// Whether it is appended to.
        append: Option<OnOff>,
    },
    /// A pair of named pipes.
    Pipe(String),
    /// The standard input and output of QEMU.
    Stdio,
    /// Datagrams.
    Udp {
        /// Where to.
        connect: Option<Endpoint>,
        /// Where they are received.
        bind: Option<Endpoint>,
    },
    /// A TCP connection.
    Tcp {
        /// Who connects.
        mode: SocketMode,
        /// The other end, or this.
        endpoint: Endpoint,
        /// Whether it is encrypted.
        tls: Option<YesNo>,
        /// Whether it is connected again.
        reconnect: Option<Reconnect>,
        /// What is spoken over it.
        protocol: TcpProtocol,
    },
    /// A socket in the file system.
    Unix {
        /// Who connects.
        mode: SocketMode,
        /// Its path; made up for channels where it is not given.
        path: Option<String>,
        /// Whether it is connected again.
        reconnect: Option<Reconnect>,
    },
}

/// One end of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// Name or address.
    pub host: Option<String>,
    /// Port or its name.
    pub service: Option<String>,
}

/// `<reconnect>`.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct Reconnect {
    /// Whether a lost connection is made again.
    #[xml(attribute)]
    pub enabled: YesNo,
    /// After how many seconds.
    #[xml(attribute)]
    pub timeout: Option<u32>,
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

impl ChardevSource {
    /// The `type` of the device.
    pub const fn kind(&self) -> ChardevKind {
        match self {
            Self::Null => ChardevKind::Null,
            Self::Vc => ChardevKind::Vc,
            Self::Pty(_) => ChardevKind::Pty,
            Self::Dev(_) => ChardevKind::Dev,
            Self::File { .. } => ChardevKind::File,
            Self::Pipe(_) => ChardevKind::Pipe,
            Self::Stdio => ChardevKind::Stdio,
            Self::Udp { .. } => ChardevKind::Udp,
            Self::Tcp { .. } => ChardevKind::Tcp,
            Self::Unix { .. } => ChardevKind::Unix,
        }
    }

    /// Reads the elements of a device whose `type` is known.
    pub fn read(kind: ChardevKind, node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let sources: Vec<Node<'_>> =
            node.children().filter(|child| child.name() == "source").collect();
        let first = sources.first().copied();
        let path = first
            .and_then(|source| source.attribute("path"))
            .filter(|path| !path.is_empty())
            .map(str::to_owned);
        let known: &[&str] = match kind {
            ChardevKind::Udp => &["mode", "host", "service"],
            ChardevKind::Tcp => &["mode", "host", "service", "tls"],
            ChardevKind::Unix => &["mode", "path"],
            ChardevKind::File => &["path", "append"],
            _ => &["path"],
        };
        for source in &sources {
            reader.leftovers(*source, known, &["reconnect"]);
        }
        let most = if kind == ChardevKind::Udp { 2 } else { 1 };
        if let Some(extra) = sources.get(most) {
            let count = if most == 2 { "two source elements are" } else { "one source element is" };
            let message = format!("only {count} allowed for character device");
            reader.error(*extra, Class::Xml, message);
            return None;
        }
        let missing = |reader: &mut Reader| {
            let message = "Missing source path attribute for char device";
            reader.error_with_fix(node, Class::Internal, message, "add <source path='…'/>");
        };
        let reconnect = |mode: Option<SocketMode>, reader: &mut Reader| {
            let node = first?.child("reconnect")?;
            let reconnect = Reconnect::read(node, reader)?;
            match reconnect.timeout {
                None if reconnect.enabled.is_yes() => reader.missing_attribute(node, "timeout"),
                Some(0) if reconnect.enabled.is_yes() => {
                    let message = "chardev reconnect source timeout cannot be '0'";
                    reader.attribute_error(node, "timeout", Class::InvalidArgument, message);
                }
                _ => {}
            }
            if reconnect.enabled.is_yes() && mode == Some(SocketMode::Bind) {
                let message = "chardev reconnect is possible only for connect mode";
                reader.error(node, Class::Internal, message);
            }
            Some(reconnect)
        };
        Some(match kind {
            ChardevKind::Null => Self::Null,
            ChardevKind::Vc => Self::Vc,
            ChardevKind::Stdio => Self::Stdio,
            ChardevKind::Pty => Self::Pty(path.filter(|_| reader.form().is_live())),
            ChardevKind::Dev | ChardevKind::Pipe | ChardevKind::File => {
                let Some(path) = path else {
                    missing(reader);
                    return None;
                };
                match kind {
                    ChardevKind::Dev => Self::Dev(path),
                    ChardevKind::Pipe => Self::Pipe(path),
                    _ => {
                        let append = first.and_then(|source| reader.attribute(source, "append"));
                        Self::File { path, append }
                    }
                }
            }
            ChardevKind::Unix => {
                let mode = first.and_then(|source| reader.attribute(source, "mode"));
                let reconnect = reconnect(mode, reader);
                Self::Unix { mode: mode.unwrap_or(SocketMode::Connect), path, reconnect }
            }
            ChardevKind::Udp => read_udp(node, &sources, reader)?,
            ChardevKind::Tcp => {
                let mode = first.and_then(|source| reader.attribute(source, "mode"));
                let endpoint = first.map(Endpoint::read).unwrap_or_default();
                if endpoint.host.is_none() {
                    let message = "Missing source host attribute for char device";
                    reader.error(node, Class::Internal, message);
                    return None;
                }
                if endpoint.service.is_none() {
                    let message = "Missing source service attribute for char device";
                    reader.error(node, Class::Internal, message);
                    return None;
                }
                let protocol = node.child("protocol");
                Self::Tcp {
                    mode: mode.unwrap_or(SocketMode::Connect),
                    endpoint,
                    tls: first.and_then(|source| reader.attribute(source, "tls")),
                    reconnect: reconnect(mode, reader),
                    protocol: protocol
                        .and_then(|protocol| reader.attribute(protocol, "type"))
                        .unwrap_or(TcpProtocol::Raw),
                }
            }
            ChardevKind::SpiceVmc
            | ChardevKind::SpicePort
            | ChardevKind::Nmdm
            | ChardevKind::QemuVdagent
            | ChardevKind::Dbus => {
                let message =
                    format!("character device type '{kind}' is not supported by stead yet");
                reader.attribute_error(node, "type", Class::Unsupported, message);
                return None;
            }
        })
    }

    /// Refuses a socket without a path.
    pub fn check_path(&self, node: Node<'_>, reader: &mut Reader) {
        if matches!(self, Self::Unix { path: None, .. }) {
            let message = "Missing source path attribute for char device";
            reader.error_with_fix(node, Class::Internal, message, "add <source path='…'/>");
        }
    }

    /// Writes the elements.
    pub fn write(&self, out: &mut Writer) {
        match self {
            Self::Null | Self::Vc | Self::Stdio => {}
            Self::Pty(path) => {
                if let Some(path) = path.as_ref().filter(|_| out.form().is_live()) {
                    out.element("source", |out| out.attribute("path", path));
                }
            }
            Self::Dev(path) | Self::Pipe(path) => {
                out.element("source", |out| out.attribute("path", path));
            }
            Self::File { path, append } => out.element("source", |out| {
                out.attribute("path", path);
                out.optional("append", *append);
            }),
            Self::Udp { connect, bind } => {
                for (mode, end) in [(SocketMode::Bind, bind), (SocketMode::Connect, connect)] {
                    let Some(end) = end else { continue };
                    out.element("source", |out| {
                        out.attribute("mode", mode);
                        end.write(out);
                    });
                }
            }
            Self::Tcp { mode, endpoint, tls, reconnect, protocol } => {
                out.element("source", |out| {
                    out.attribute("mode", mode);
                    endpoint.write(out);
                    out.optional("tls", *tls);
                    if let Some(reconnect) = reconnect {
                        reconnect.write("reconnect", out);
                    }
                });
                out.element("protocol", |out| out.attribute("type", protocol));
            }
            Self::Unix { mode, path, reconnect } => {
                // Without a path the daemon makes one up, and mode is its own business.
                let Some(path) = path else { return };
                out.element("source", |out| {
                    out.attribute("mode", mode);
                    out.attribute("path", path);
                    if let Some(reconnect) = reconnect {
                        reconnect.write("reconnect", out);
                    }
                });
            }
        }
    }
}

fn read_udp(node: Node<'_>, sources: &[Node<'_>], reader: &mut Reader) -> Option<ChardevSource> {
    let mut connect = None;
    let mut bind = None;
    for source in sources {
        match reader.attribute(*source, "mode").unwrap_or(SocketMode::Connect) {
            SocketMode::Connect => connect = Some(Endpoint::read(*source)),
            SocketMode::Bind => bind = Some(Endpoint::read(*source)),
        }
    }
    if connect.as_ref().is_none_or(|end| end.service.is_none()) {
        let message = "Missing source service attribute for char device";
        reader.error(node, Class::Internal, message);
        return None;
    }
    Some(ChardevSource::Udp { connect, bind })
}

impl Endpoint {
    fn read(node: Node<'_>) -> Self {
        let attribute = |name: &str| {
            let value = node.attribute(name)?;
            (!value.is_empty()).then(|| value.to_owned())
        };
        Self { host: attribute("host"), service: attribute("service") }
    }

    fn write(&self, out: &mut Writer) {
        out.optional("host", self.host.as_ref());
        out.optional("service", self.service.as_ref());
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
