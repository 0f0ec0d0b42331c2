//! Where a character device leads.

use stead_values::{OnOff, YesNo, names};
use stead_xml::{Class, Element, FromElement, Node, Reader, ToElement, Writer};

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
