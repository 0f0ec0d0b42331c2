//! `<interface>`: network cards.

use stead_values::{Mac, OnOff, YesNo, names};
use stead_xml::{Class, Element, FromElement, Node, Position, Reader, ToElement, Writer};

use super::address::{Address, alias, place};
use super::parts::{AcpiIndex, Boot, Rom};

names! {
    /// What a network card is connected to.
    pub enum InterfaceKind {
        User = "user",
        Ethernet = "ethernet",
        VhostUser = "vhostuser",
        Server = "server",
        Client = "client",
        Mcast = "mcast",
        Network = "network",
        Bridge = "bridge",
        Internal = "internal",
        Direct = "direct",
        Hostdev = "hostdev",
        Udp = "udp",
        Vdpa = "vdpa",
        Null = "null",
        Vds = "vds",
    }

    /// Who moves the packets.
    pub enum InterfaceDriverName {
        Qemu = "qemu",
        Vhost = "vhost",
    }

    /// How packets are sent.
    pub enum TxMode {
        Iothread = "iothread",
        Timer = "timer",
    }

    /// Whether the cable is plugged in.
    pub enum LinkState {
        Up = "up",
        Down = "down",
    }

    /// How the MAC came to be.
    pub enum MacKind {
        Generated = "generated",
        Static = "static",
    }

    /// What is behind a user network.
    pub enum InterfaceBackend {
        Default = "default",
        Passt = "passt",
    }
}

/// A network card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Whether the host lets the guest's filters through.
    pub trust_guest_rx_filters: Option<YesNo>,
    /// Its Ethernet address; made up when it is not given.
    pub mac: Option<InterfaceMac>,
    /// What it is connected to.
    pub source: InterfaceSource,
    /// A script that configures the host's end.
    pub script: Option<String>,
    /// A script that undoes that.
    pub downscript: Option<String>,
    /// The host's end.
    pub target: Option<InterfaceTarget>,
    /// Which card.
    pub model: Option<String>,
    /// How it is driven.
    pub driver: Option<InterfaceDriver>,
    /// Whether the cable is plugged in.
    pub link: Option<LinkState>,
    /// The largest packet, in bytes.
    pub mtu: Option<u32>,
    /// When it is booted from.
    pub boot: Option<Boot>,
    /// What it is called.
    pub alias: Option<String>,
    /// Its option ROM.
    pub rom: Option<Rom>,
    /// The index that operating systems name it after.
    pub acpi: Option<AcpiIndex>,
    /// Where it sits.
    pub address: Option<Address>,
    /// Where it stands in the document.
    pub position: Position,
}

impl Interface {
    /// One with nothing said but what it is connected to.
    pub fn new(source: InterfaceSource) -> Self {
        Self {
            trust_guest_rx_filters: None,
            mac: None,
            source,
            script: None,
            downscript: None,
            target: None,
            model: None,
            driver: None,
            link: None,
            mtu: None,
            boot: None,
            alias: None,
            rom: None,
            acpi: None,
            address: None,
            position: Position::default(),
        }
    }

    /// Whether it is a virtio card.
    pub fn is_virtio(&self) -> bool {
        self.model.as_deref().is_some_and(|model| {
            matches!(model, "virtio" | "virtio-transitional" | "virtio-non-transitional")
        })
    }
}

/// `<mac>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceMac {
    /// The address.
    pub address: Mac,
    /// How it came to be.
    pub kind: Option<MacKind>,
    /// Whether it is checked against prefixes of other hypervisors (of VMware).
    pub check: Option<YesNo>,
}

/// What a network card is connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InterfaceSource {
    /// A network of the user's own, by QEMU itself.
    User,
    /// A bridge of the host, by a tap.
    Bridge {
        /// Its name.
        bridge: String,
    },
    /// A network that the daemon knows.
    Network {
        /// Its name.
        network: String,
        /// The group of settings.
        portgroup: Option<String>,
        /// The bridge that a running machine is on.
        bridge: Option<String>,
        /// The port of a running machine.
        portid: Option<String>,
    },
    /// A tap that others configure.
    Ethernet,
    /// Nothing.
    Null,
}

impl InterfaceSource {
    /// The `type` of the interface.
    pub const fn kind(&self) -> InterfaceKind {
        match self {
            Self::User => InterfaceKind::User,
            Self::Bridge { .. } => InterfaceKind::Bridge,
            Self::Network { .. } => InterfaceKind::Network,
            Self::Ethernet => InterfaceKind::Ethernet,
            Self::Null => InterfaceKind::Null,
        }
    }
}

/// `<target>`: the host's end of a tap.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct InterfaceTarget {
    /// The name of the tap.
    #[xml(attribute)]
    pub dev: Option<String>,
    /// Whether it is made by the daemon; `no`: it is there already.
    #[xml(attribute)]
    pub managed: Option<YesNo>,
}

/// `<driver>` of a network card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Element)]
pub struct InterfaceDriver {
    /// Who moves the packets.
    #[xml(attribute)]
    pub name: Option<InterfaceDriverName>,
    /// How packets are sent.
    #[xml(attribute = "txmode")]
    pub tx_mode: Option<TxMode>,
    /// Whether notifications go through an eventfd.
    #[xml(attribute)]
    pub ioeventfd: Option<OnOff>,
    /// Whether the guest tells from when it wants interrupts.
    #[xml(attribute)]
    pub event_idx: Option<OnOff>,
    /// How many pairs of queues there are.
    #[xml(attribute)]
    pub queues: Option<u32>,
    /// Receive side scaling.
    #[xml(attribute)]
    pub rss: Option<OnOff>,
    /// Whether the hash is told to the guest.
    #[xml(attribute)]
    pub rss_hash_report: Option<OnOff>,
    /// How long a receive queue is: a power of two.
    #[xml(attribute)]
    pub rx_queue_size: Option<u32>,
    /// How long a send queue is: a power of two.
    #[xml(attribute)]
    pub tx_queue_size: Option<u32>,
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
    /// What the host's side offers.
    #[xml(child)]
    pub host: Option<HostOffloads>,
    /// What the guest's side offers.
    #[xml(child)]
    pub guest: Option<GuestOffloads>,
}

/// `<host>`: offloads of the host's side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Element)]
pub struct HostOffloads {
    /// Checksums.
    #[xml(attribute)]
    pub csum: Option<OnOff>,
    /// Segmentation.
    #[xml(attribute)]
    pub gso: Option<OnOff>,
    /// TCP over IPv4.
    #[xml(attribute)]
    pub tso4: Option<OnOff>,
    /// TCP over IPv6.
    #[xml(attribute)]
    pub tso6: Option<OnOff>,
    /// TCP with congestion notification.
    #[xml(attribute)]
    pub ecn: Option<OnOff>,
    /// UDP.
    #[xml(attribute)]
    pub ufo: Option<OnOff>,
    /// Receive buffers that are merged.
    #[xml(attribute)]
    pub mrg_rxbuf: Option<OnOff>,
}

/// `<guest>`: offloads of the guest's side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Element)]
pub struct GuestOffloads {
    /// Checksums.
    #[xml(attribute)]
    pub csum: Option<OnOff>,
    /// TCP over IPv4.
    #[xml(attribute)]
    pub tso4: Option<OnOff>,
    /// TCP over IPv6.
    #[xml(attribute)]
    pub tso6: Option<OnOff>,
    /// TCP with congestion notification.
    #[xml(attribute)]
    pub ecn: Option<OnOff>,
    /// UDP.
    #[xml(attribute)]
    pub ufo: Option<OnOff>,
}

impl FromElement for Interface {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        const CHILDREN: &[&str] = &[
            "mac",
            "source",
            "script",
            "downscript",
            "target",
            "model",
            "driver",
            "link",
            "mtu",
            "boot",
            "alias",
            "rom",
            "acpi",
            "address",
        ];
        reader.leftovers(node, &["type", "trustGuestRxFilters"], CHILDREN);
        if reader.judge_value(node, "type") {
            return None;
        }
        let kind = match node.attribute("type") {
            None => InterfaceKind::User,
            Some(_) => reader.attribute(node, "type")?,
        };
        let source = read_source(kind, node, reader)?;
        let attribute = |element: &str, name: &str| {
            let value = node.child(element)?.attribute(name)?;
            (!value.is_empty()).then(|| value.to_owned())
        };
        let model = attribute("model", "type");
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if let (Some(model), Some(at)) = (&model, node.child("model"))
            && !model.bytes().all(plain)
        {
            let message = "Model name contains invalid characters";
            reader.attribute_error(at, "type", Class::InvalidArgument, message);
        }
        let mac = node.child("mac").and_then(|mac| read_mac(mac, reader));
        let target = node.child("target").and_then(|node| InterfaceTarget::read(node, reader));
        let mtu = node.child("mtu").and_then(|mtu| match mtu.attribute("size").map(str::parse) {
            Some(Ok(size)) => Some(size),
            _ => {
                reader.error(mtu, Class::Xml, "malformed mtu size");
                None
            }
        });
        let link = node
            .child("link")
            .and_then(|link| reader.known(link, "state", "unknown interface link state"));
        Some(Self {
            trust_guest_rx_filters: reader.attribute(node, "trustGuestRxFilters"),
            mac,
            source,
            script: attribute("script", "path"),
            downscript: attribute("downscript", "path"),
            target: target.filter(|target| keeps_target(target, reader)),
            model,
            driver: node.child("driver").and_then(|driver| InterfaceDriver::read(driver, reader)),
            link,
            mtu,
            boot: node.child("boot").and_then(|boot| Boot::read(boot, reader)),
            alias: alias::read(node, reader),
            rom: node.child("rom").and_then(|rom| Rom::read(rom, reader)),
            acpi: node.child("acpi").and_then(|acpi| AcpiIndex::read(acpi, reader)),
            address: place::read(node, reader),
            position: node.position(),
        })
    }
}

/// Names of taps that are made up at start are not part of a definition.
fn keeps_target(target: &InterfaceTarget, reader: &Reader) -> bool {
    const MADE_UP: [&str; 4] = ["vnet", "vif", "macvtap", "macvlan"];
    let made_up = target
        .dev
        .as_deref()
        .is_some_and(|dev| MADE_UP.iter().any(|prefix| dev.starts_with(prefix)));
    reader.form().is_live() || !made_up
}

fn read_mac(node: Node<'_>, reader: &mut Reader) -> Option<InterfaceMac> {
    reader.leftovers(node, &["address", "type", "check"], &[]);
    let text = node.attribute("address")?;
    let Ok(address) = text.parse::<Mac>() else {
        let message = format!("unable to parse mac address '{text}'");
        reader.attribute_error(node, "address", Class::Xml, message);
        return None;
    };
    if address.is_multicast() {
        let message = format!("expected unicast mac address, found multicast '{text}'");
        reader.attribute_error(node, "address", Class::Xml, message);
        return None;
    }
    if address == Mac([0; 6]) {
        // libvirt takes it for none.
        return None;
    }
    let kind = reader.attribute(node, "type");
    Some(InterfaceMac { address, kind, check: reader.attribute(node, "check") })
}

fn read_source(
    kind: InterfaceKind,
    node: Node<'_>,
    reader: &mut Reader,
) -> Option<InterfaceSource> {
    let source = node.child("source");
    let attribute = |name: &str| {
        let value = source?.attribute(name)?;
        (!value.is_empty()).then(|| value.to_owned())
    };
    let known: &[&str] = match kind {
        InterfaceKind::Bridge => &["bridge"],
        InterfaceKind::Network => &["network", "portgroup", "bridge", "portid"],
        InterfaceKind::Ethernet => &[],
        _ => &[],
    };
    if let Some(source) = source {
        reader.leftovers(source, known, &[]);
    }
    let missing = |name: &str, kind: &str, reader: &mut Reader| {
        let message = match source {
            None => format!("interface type='{kind}' requires a 'source' element"),
            Some(_) => format!("Missing required attribute '{name}' in element 'source'"),
        };
        let fix = format!("add <source {name}='…'/>");
        reader.error_with_fix(node, Class::Xml, message, fix);
    };
    let live = reader.form().is_live();
    match kind {
        InterfaceKind::User => Some(InterfaceSource::User),
        InterfaceKind::Ethernet => Some(InterfaceSource::Ethernet),
        InterfaceKind::Null => Some(InterfaceSource::Null),
        InterfaceKind::Bridge => match attribute("bridge") {
            Some(bridge) => Some(InterfaceSource::Bridge { bridge }),
            None => {
                missing("bridge", "bridge", reader);
                None
            }
        },
        InterfaceKind::Network => match attribute("network") {
            Some(network) => Some(InterfaceSource::Network {
                network,
                portgroup: attribute("portgroup"),
                bridge: attribute("bridge").filter(|_| live),
                portid: attribute("portid").filter(|_| live),
            }),
            None => {
                missing("network", "network", reader);
                None
            }
        },
        _ => {
            let message = format!("interface type '{kind}' is not supported by stead yet");
            reader.attribute_error(node, "type", Class::Unsupported, message);
            None
        }
    }
}

impl ToElement for Interface {
    fn write_attributes(&self, out: &mut Writer) {
        out.attribute("type", self.source.kind());
        out.optional("trustGuestRxFilters", self.trust_guest_rx_filters);
    }

    fn write_content(&self, out: &mut Writer) {
        if let Some(mac) = &self.mac {
            out.element("mac", |out| {
                out.attribute("address", mac.address);
                out.optional("type", mac.kind);
                out.optional("check", mac.check);
            });
        }
        out.element_filled("source", |out| write_source(&self.source, out));
        for (name, path) in [("script", &self.script), ("downscript", &self.downscript)] {
            if let Some(path) = path {
                out.element(name, |out| out.attribute("path", path));
            }
        }
        if let Some(target) = &self.target {
            target.write_filled("target", out);
        }
        if let Some(model) = &self.model {
            out.element("model", |out| out.attribute("type", model));
        }
        if let Some(driver) = &self.driver {
            driver.write_filled("driver", out);
        }
        if let Some(link) = self.link {
            out.element("link", |out| out.attribute("state", link));
        }
        if let Some(mtu) = self.mtu {
            out.element("mtu", |out| out.attribute("size", mtu));
        }
        if let Some(boot) = &self.boot {
            boot.write("boot", out);
        }
        alias::write(&self.alias, out);
        if let Some(rom) = &self.rom {
            rom.write_filled("rom", out);
        }
        if let Some(acpi) = &self.acpi {
            acpi.write("acpi", out);
        }
        place::write(&self.address, out);
    }
}

fn write_source(source: &InterfaceSource, out: &mut Writer) {
    match source {
        InterfaceSource::User | InterfaceSource::Ethernet | InterfaceSource::Null => {}
        InterfaceSource::Bridge { bridge } => out.attribute("bridge", bridge),
        InterfaceSource::Network { network, portgroup, bridge, portid } => {
            out.attribute("network", network);
            out.optional("portgroup", portgroup.as_ref());
            if out.form().is_live() {
                out.optional("portid", portid.as_ref());
                out.optional("bridge", bridge.as_ref());
            }
        }
    }
}
