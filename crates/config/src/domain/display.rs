//! `<graphics>` and `<video>`: what the guest draws on, and who sees it.

use stead_values::{YesNo, names};
use stead_xml::{Class, Fault, FromElement, Node, Position, Reader, Severity, ToElement, Writer};

mod video;

pub(super) use video::videos;
pub use video::{
    Acceleration, Resolution, VgaConf, Video, VideoBackend, VideoCard, VideoDriver, VideoModel,
};

names! {
    /// How a display is shown.
    pub enum GraphicsKind {
        Sdl = "sdl",
        Vnc = "vnc",
        Rdp = "rdp",
        Desktop = "desktop",
        Spice = "spice",
        EglHeadless = "egl-headless",
        Dbus = "dbus",
    }

    /// Who may share a VNC display.
    pub enum SharePolicy {
        AllowExclusive = "allow-exclusive",
        ForceShared = "force-shared",
        Ignore = "ignore",
    }

    /// What becomes of a client when the password changes.
    pub enum Connected {
        Fail = "fail",
        Disconnect = "disconnect",
        Keep = "keep",
    }

    /// What is listened on.
    pub enum ListenKind {
        None = "none",
        Address = "address",
        Network = "network",
        Socket = "socket",
    }
}

/// How the guest's display is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Graphics {
    /// By VNC.
    Vnc(Vnc),
}

/// A VNC server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vnc {
    /// Its TCP port; none where it is chosen at start. A running machine has it.
    pub port: Option<u16>,
    /// Whether the port is chosen at start.
    pub autoport: bool,
    /// The port for web sockets; -1: chosen at start.
    pub websocket: Option<i32>,
    /// The keyboard layout.
    pub keymap: Option<String>,
    /// Who may share it.
    pub share_policy: Option<SharePolicy>,
    /// Whether a client may power the machine off.
    pub power_control: Option<YesNo>,
    /// The password.
    pub password: Option<String>,
    /// Until when the password holds, as written: UTC, `2011-05-31T16:11:22`.
    pub password_valid_to: Option<String>,
    /// What becomes of a client when the password changes.
    pub connected: Option<Connected>,
    /// What is listened on; one.
    pub listens: Vec<Listen>,
    /// Which sound is heard there.
    pub audio: Option<u32>,
    /// Where it stands in the document.
    pub position: Position,
}

/// `<listen>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// Nothing.
    None,
    /// A TCP address; the daemon's default where none is given.
    Address(Option<String>),
    /// The address of a network of the host.
    Network {
        /// Its name.
        network: Option<String>,
        /// The address of a running machine.
        address: Option<String>,
    },
    /// A socket in the file system; made up where none is given.
    Socket(Option<String>),
}

/// What a SPICE server can say; not served, but misspellings are told.
const SPICE_ATTRIBUTES: &[&str] = &[
    "type",
    "port",
    "tlsPort",
    "autoport",
    "listen",
    "keymap",
    "passwd",
    "passwdValidTo",
    "connected",
    "defaultMode",
];
const SPICE_ELEMENTS: &[&str] = &[
    "listen",
    "channel",
    "image",
    "jpeg",
    "zlib",
    "playback",
    "streaming",
    "clipboard",
    "mouse",
    "filetransfer",
    "gl",
];

impl FromElement for Graphics {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        if reader.judge_value(node, "type") {
            if node.attribute("type") == Some("spice") {
                reader.leftovers(node, SPICE_ATTRIBUTES, SPICE_ELEMENTS);
            }
            return None;
        }
        match reader.required::<GraphicsKind>(node, "type")? {
            GraphicsKind::Vnc => Some(Self::Vnc(Vnc::read(node, reader)?)),
            kind => {
                let message = format!("graphics type '{kind}' is not supported by stead yet");
                reader.attribute_error(node, "type", Class::Unsupported, message);
                None
            }
        }
    }
}

impl ToElement for Graphics {
    fn write_attributes(&self, out: &mut Writer) {
        let Self::Vnc(vnc) = self;
        vnc.write_attributes(out);
    }

    fn write_content(&self, out: &mut Writer) {
        let Self::Vnc(vnc) = self;
        vnc.write_content(out);
    }
}

impl FromElement for Vnc {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        const ATTRIBUTES: &[&str] = &[
            "type",
            "port",
            "autoport",
            "websocket",
            "wait",
            "listen",
            "socket",
            "keymap",
            "sharePolicy",
            "powerControl",
            "passwd",
            "passwdValidTo",
            "connected",
        ];
        reader.leftovers(node, ATTRIBUTES, &["listen", "audio"]);
        let listens = read_listens(node, reader)?;
        let mut port = None;
        // libvirt took -1 for "choose one" long before there was autoport.
        let mut autoport = true;
        if let Some(text) = node.attribute("port") {
            match text.parse::<i32>() {
                Ok(-1) => {}
                Ok(number) => {
                    autoport = false;
                    port = u16::try_from(number).ok().filter(|port| *port > 0);
                }
                Err(_) => {
                    let message = format!("cannot parse vnc port {text}");
                    reader.attribute_error(node, "port", Class::Internal, message);
                }
            }
        }
        if let Some(given) = node.attribute("autoport") {
            autoport = given == "yes";
        }
        if autoport && !reader.form().is_live() {
            if let Some(port) = port {
                let message = format!("port {port} is not used, as autoport='yes' chooses one");
                let place = node.attribute_place("port");
                let mut fault = Fault::new(Class::Xml, place, message)
                    .with_fix("write autoport='no' to have it");
                fault.severity = Severity::Warning;
                reader.note(fault);
            }
            port = None;
        }
        let websocket = reader.attribute(node, "websocket");
        let password = node.attribute("passwd");
        // What is said of a password means nothing without one.
        let connected =
            password.and_then(|_| reader.known(node, "connected", "unknown connected value"));
        let valid_to = node.attribute("passwdValidTo").filter(|_| password.is_some());
        if let Some(text) = valid_to
            && !is_time(text)
        {
            let message =
                format!("cannot parse password validity time '{text}', expect YYYY-MM-DDTHH:MM:SS");
            reader.attribute_error(node, "passwdValidTo", Class::Internal, message);
        }
        let share_policy = reader.attribute(node, "sharePolicy");
        let attribute = |name: &str| node.attribute(name).map(str::to_owned);
        Some(Self {
            port,
            autoport,
            websocket,
            keymap: attribute("keymap"),
            share_policy,
            power_control: reader.attribute(node, "powerControl"),
            password: password.map(str::to_owned),
            password_valid_to: valid_to.map(str::to_owned),
            connected,
            listens,
            audio: node.child("audio").and_then(|audio| reader.attribute(audio, "id")),
            position: node.position(),
        })
    }
}

/// Whether a text is a time such as `2011-05-31T16:11:22`.
fn is_time(text: &str) -> bool {
    let mut parts = text.splitn(6, ['-', 'T', ':']);
    let mut number = |most: u32| {
        let part = parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        part.and_then(|part| part.parse::<u32>().ok()).is_some_and(|number| number <= most)
    };
    number(9999) && number(12) && number(31) && number(23) && number(59) && number(61)
}

/// The listens of a display. What older clients read and write as attributes is the first.
fn read_listens(node: Node<'_>, reader: &mut Reader) -> Option<Vec<Listen>> {
    let attribute = |node: Node<'_>, name: &str| {
        node.attribute(name).filter(|value| !value.is_empty()).map(str::to_owned)
    };
    let mut listens = Vec::new();
    for child in node.children().filter(|child| child.name() == "listen") {
        reader.leftovers(
            child,
            &["type", "address", "network", "socket", "fromConfig", "autoGenerated"],
            &[],
        );
        let Some(kind) = reader.required::<ListenKind>(child, "type") else { continue };
        listens.push(match kind {
            ListenKind::None => Listen::None,
            ListenKind::Address => {
                let own = attribute(child, "address");
                let outer = attribute(node, "listen");
                if let (Some(own), Some(outer), true) = (&own, &outer, listens.is_empty())
                    && own != outer
                {
                    let message = format!(
                        "graphics 'listen' attribute '{outer}' must match 'address' attribute of first listen element (found '{own}')"
                    );
                    reader.attribute_error(child, "address", Class::Unsupported, message);
                }
                Listen::Address(own.or_else(|| outer.filter(|_| listens.is_empty())))
            }
            ListenKind::Network => {
                let network = attribute(child, "network");
                if network.is_none() {
                    let message = "'network' attribute is required for listen type 'network'";
                    reader.error(child, Class::Xml, message);
                }
                let live = reader.form().is_live();
                Listen::Network { network, address: attribute(child, "address").filter(|_| live) }
            }
            ListenKind::Socket => {
                let own = attribute(child, "socket");
                let outer = attribute(node, "socket");
                if let (Some(own), Some(outer), true) = (&own, &outer, listens.is_empty())
                    && own != outer
                {
                    let message = format!(
                        "graphics 'socket' attribute '{outer}' must match 'socket' attribute of first listen element (found '{own}')"
                    );
                    reader.attribute_error(child, "socket", Class::Unsupported, message);
                }
                Listen::Socket(own.or_else(|| outer.filter(|_| listens.is_empty())))
            }
        });
    }
    // A socket given as an attribute wins over an address.
    match (listens.first(), attribute(node, "socket")) {
        (None | Some(Listen::Address(_)), Some(socket)) => {
            listens.truncate(0);
            listens.push(Listen::Socket(Some(socket)));
        }
        (None, None) => listens.push(Listen::Address(attribute(node, "listen"))),
        _ => {}
    }
    Some(listens)
}

impl ToElement for Vnc {
    fn write_attributes(&self, out: &mut Writer) {
        out.attribute("type", GraphicsKind::Vnc);
        match self.listens.first() {
            Some(Listen::Socket(socket)) => out.optional("socket", socket.as_ref()),
            Some(Listen::None) => {}
            _ => {
                let live = out.form().is_live();
                match self.port {
                    Some(port) if live || !self.autoport => out.attribute("port", port),
                    _ if self.autoport => out.attribute("port", -1),
                    _ => {}
                }
                out.attribute("autoport", YesNo::from(self.autoport));
                out.optional("websocket", self.websocket);
                match self.listens.first() {
                    Some(Listen::Address(Some(address))) => out.attribute("listen", address),
                    Some(Listen::Network { address: Some(address), .. }) => {
                        out.attribute("listen", address);
                    }
                    _ => {}
                }
            }
        }
        out.optional("keymap", self.keymap.as_ref());
        out.optional("sharePolicy", self.share_policy);
        out.optional("powerControl", self.power_control);
        if out.form().shows_secrets() {
            if let Some(password) = &self.password {
                out.attribute("passwd", password);
                out.optional("passwdValidTo", self.password_valid_to.as_ref());
                out.optional("connected", self.connected);
            }
        } else if self.password.is_some() {
            out.optional("passwdValidTo", self.password_valid_to.as_ref());
            out.optional("connected", self.connected);
        }
    }

    fn write_content(&self, out: &mut Writer) {
        for listen in &self.listens {
            out.element("listen", |out| match listen {
                Listen::None => out.attribute("type", ListenKind::None),
                Listen::Address(address) => {
                    out.attribute("type", ListenKind::Address);
                    out.optional("address", address.as_ref());
                }
                Listen::Network { network, address } => {
                    out.attribute("type", ListenKind::Network);
                    out.optional("network", network.as_ref());
                    if out.form().is_live() {
                        out.optional("address", address.as_ref());
                    }
                }
                Listen::Socket(socket) => {
                    out.attribute("type", ListenKind::Socket);
                    out.optional("socket", socket.as_ref());
                }
            });
        }
        if let Some(audio) = self.audio {
            out.element("audio", |out| out.attribute("id", audio));
        }
    }
}
