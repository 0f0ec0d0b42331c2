//! Devices with little to say: input, watchdog, balloon, random numbers, panic, vsock.

use stead_values::{OnOff, YesNo, names};
use stead_xml::{Class, Element, FromElement, Node, Position, Reader, ToElement, Writer};

use super::address::{Address, alias, place};
use super::chardev::{ChardevKind, ChardevSource};
use super::disk::VirtioModel;
use super::parts::{AcpiIndex, VirtioDriver};

names! {
    /// What a person moves.
    pub enum InputKind {
        Mouse = "mouse",
        Tablet = "tablet",
        Keyboard = "keyboard",
        Passthrough = "passthrough",
        Evdev = "evdev",
    }

    /// What it is plugged into.
    pub enum InputBus {
        Ps2 = "ps2",
        Usb = "usb",
        Xen = "xen",
        Parallels = "parallels",
        Virtio = "virtio",
        None = "none",
    }

    /// Which devices of the host are taken.
    pub enum Grab {
        All = "all",
    }

    /// Which watchdog.
    pub enum WatchdogModel {
        I6300esb = "i6300esb",
        Ib700 = "ib700",
        Diag288 = "diag288",
        Itco = "itco",
    }

    /// What follows when a guest does not feed it.
    pub enum WatchdogAction {
        Reset = "reset",
        Shutdown = "shutdown",
        Poweroff = "poweroff",
        Pause = "pause",
        Dump = "dump",
        None = "none",
        InjectNmi = "inject-nmi",
    }

    /// Which balloon.
    pub enum BalloonModel {
        Virtio = "virtio",
        Xen = "xen",
        None = "none",
        VirtioTransitional = "virtio-transitional",
        VirtioNonTransitional = "virtio-non-transitional",
    }

    /// How a guest tells that it panicked.
    pub enum PanicModel {
        Isa = "isa",
        Pseries = "pseries",
        Hyperv = "hyperv",
        S390 = "s390",
        Pvpanic = "pvpanic",
    }

    /// Where random numbers come from.
    pub enum RngBackendKind {
        Random = "random",
        Egd = "egd",
        Builtin = "builtin",
    }
}

/// What a person moves: keyboard, mouse, tablet.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
#[xml(check = check_input)]
pub struct Input {
    /// What it is.
    #[xml(attribute = "type", judged, unknown = "unknown input device type")]
    pub kind: InputKind,
    /// What it is plugged into.
    #[xml(attributes_with = input_bus, knows("@bus"))]
    pub bus: Option<InputBus>,
    /// The generation of a virtio device.
    #[xml(attribute)]
    pub model: Option<VirtioModel>,
    /// How a virtio device is driven.
    #[xml(child)]
    pub driver: Option<VirtioDriver>,
    /// The device of the host.
    #[xml(child)]
    pub source: Option<InputSource>,
    /// What it is called.
    #[xml(with = alias, knows("alias"))]
    pub alias: Option<String>,
    /// The index that operating systems name it after.
    #[xml(child)]
    pub acpi: Option<AcpiIndex>,
    /// Where it sits.
    #[xml(with = place, knows("address"))]
    pub address: Option<Address>,
    /// Where it stands in the document.
    #[xml(position)]
    pub position: Position,
}

impl Input {
    /// One with nothing said but what it is.
    pub fn new(kind: InputKind, bus: InputBus) -> Self {
        Self {
            kind,
            bus: Some(bus),
            model: None,
            driver: None,
            source: None,
            alias: None,
            acpi: None,
            address: None,
            position: Position::default(),
        }
    }
}

/// `<source>` of an input device: a device of the host.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct InputSource {
    /// Passed to a virtio device.
    #[xml(attribute)]
    pub evdev: Option<String>,
    /// Read by QEMU.
    #[xml(attribute)]
    pub dev: Option<String>,
    /// Which devices of the host are taken.
    #[xml(attribute)]
    pub grab: Option<Grab>,
    /// The keys that give it back.
    #[xml(attribute = "grabToggle")]
    pub grab_toggle: Option<String>,
    /// Whether keys repeat.
    #[xml(attribute)]
    pub repeat: Option<OnOff>,
}

mod input_bus {
    use super::{InputBus, InputKind, Node, Reader, Writer};

    /// What an x86 has it on, where it is not given.
    pub(super) fn read(node: Node<'_>, reader: &mut Reader) -> Option<InputBus> {
        if node.attribute("bus").is_some() {
            return reader.known(node, "bus", "unknown input bus type");
        }
        Some(match node.attribute("type")?.parse().ok()? {
            InputKind::Mouse | InputKind::Keyboard => InputBus::Ps2,
            InputKind::Tablet => InputBus::Usb,
            InputKind::Passthrough => InputBus::Virtio,
            InputKind::Evdev => return None,
        })
    }

    pub(super) fn write(bus: &Option<InputBus>, out: &mut Writer) {
        out.optional("bus", *bus);
    }
}

fn check_input(input: &Input, node: Node<'_>, reader: &mut Reader) {
    if input.bus == Some(InputBus::Ps2)
        && !matches!(input.kind, InputKind::Mouse | InputKind::Keyboard)
    {
        let message = format!("ps2 bus does not support {} input device", input.kind);
        reader.attribute_error(node, "bus", Class::Internal, message);
    }
}

mod action {
    use super::{Node, Reader, WatchdogAction, Writer};

    pub(super) fn read(node: Node<'_>, reader: &mut Reader) -> Option<WatchdogAction> {
        Some(reader.attribute(node, "action").unwrap_or(WatchdogAction::Reset))
    }

    pub(super) fn write(action: &Option<WatchdogAction>, out: &mut Writer) {
        out.optional("action", *action);
    }
}

/// A watchdog.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct Watchdog {
    /// Which.
    #[xml(attribute)]
    pub model: WatchdogModel,
    /// What follows when it is not fed.
    #[xml(attributes_with = action, knows("@action"))]
    pub action: Option<WatchdogAction>,
    /// What it is called.
    #[xml(with = alias, knows("alias"))]
    pub alias: Option<String>,
    /// Where it sits.
    #[xml(with = place, knows("address"))]
    pub address: Option<Address>,
    /// Where it stands in the document.
    #[xml(position)]
    pub position: Position,
}

/// The balloon: memory that a guest gives back.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct MemBalloon {
    /// Which.
    #[xml(attribute)]
    pub model: BalloonModel,
    /// Whether it shrinks before the guest runs out of memory.
    #[xml(attribute)]
    pub autodeflate: Option<OnOff>,
    /// Whether free pages are given back.
    #[xml(attribute = "freePageReporting")]
    pub free_page_reporting: Option<OnOff>,
    /// How often it tells statistics.
    #[xml(with = stats, knows("stats"))]
    pub stats_period_seconds: Option<u32>,
    /// What it is called.
    #[xml(with = alias, knows("alias"))]
    pub alias: Option<String>,
    /// Where it sits.
    #[xml(with = place, knows("address"))]
    pub address: Option<Address>,
    /// How it is driven.
    #[xml(child)]
    pub driver: Option<VirtioDriver>,
    /// Where it stands in the document.
    #[xml(position)]
    pub position: Position,
}

impl MemBalloon {
    /// One with nothing said but what it is.
    pub fn new(model: BalloonModel) -> Self {
        Self {
            model,
            autodeflate: None,
            free_page_reporting: None,
            stats_period_seconds: None,
            driver: None,
            alias: None,
            address: None,
            position: Position::default(),
        }
    }
}

mod stats {
    use super::{Node, Reader, Writer};

    pub(super) fn read(node: Node<'_>, reader: &mut Reader) -> Option<u32> {
        let period = reader.natural(node.child("stats")?, "period");
        period.filter(|period| *period > 0)
    }

    pub(super) fn write(period: &Option<u32>, out: &mut Writer) {
        if let Some(period) = period {
            out.element("stats", |out| out.attribute("period", period));
        }
    }
}

/// A source of random numbers.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct Rng {
    /// The generation of the virtio device.
    #[xml(attribute)]
    pub model: VirtioModel,
    /// How much a guest gets.
    #[xml(child, needs = "bytes")]
    pub rate: Option<RngRate>,
    /// Where they come from.
    #[xml(with = backend, knows("backend"))]
    pub backend: RngBackend,
    /// How it is driven.
    #[xml(child)]
    pub driver: Option<VirtioDriver>,
    /// What it is called.
    #[xml(with = alias, knows("alias"))]
    pub alias: Option<String>,
    /// Where it sits.
    #[xml(with = place, knows("address"))]
    pub address: Option<Address>,
    /// Where it stands in the document.
    #[xml(position)]
    pub position: Position,
}

/// `<rate>`.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct RngRate {
    /// So many bytes.
    #[xml(attribute)]
    pub bytes: u32,
    /// In so many milliseconds.
    #[xml(attribute)]
    pub period: Option<u32>,
}

/// `<backend>`: where random numbers come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RngBackend {
    /// A device of the host.
    Random(Option<String>),
    /// A daemon that gathers entropy.
    Egd(ChardevSource),
    /// QEMU itself.
    Builtin,
}

mod backend {
    use super::{Class, FromElement, Node, Reader, RngBackend, ToElement, Writer};

    pub(super) fn read(node: Node<'_>, reader: &mut Reader) -> RngBackend {
        let mut backends = node.children().filter(|child| child.name() == "backend");
        match (backends.next(), backends.next()) {
            (Some(backend), None) => RngBackend::read(backend, reader),
            _ => {
                reader.error(node, Class::Xml, "only one RNG backend is supported");
                None
            }
        }
        .unwrap_or(RngBackend::Builtin)
    }

    pub(super) fn write(backend: &RngBackend, out: &mut Writer) {
        backend.write("backend", out);
    }
}

impl FromElement for RngBackend {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        let kind = reader.required::<RngBackendKind>(node, "model")?;
        match kind {
            RngBackendKind::Random => {
                let text = node.text();
                Some(Self::Random((!text.is_empty()).then(|| text.into_owned())))
            }
            RngBackendKind::Builtin => Some(Self::Builtin),
            RngBackendKind::Egd => {
                let Some(text) = node.attribute("type") else {
                    let message = "missing EGD backend type";
                    reader.error(node, Class::Xml, message);
                    return None;
                };
                let Ok(kind) = text.parse::<ChardevKind>() else {
                    let message = format!("unknown backend type '{text}' for egd");
                    reader.attribute_error(node, "type", Class::Unsupported, message);
                    return None;
                };
                let source = ChardevSource::read(kind, node, reader)?;
                source.check_path(node, reader);
                Some(Self::Egd(source))
            }
        }
    }
}

impl ToElement for RngBackend {
    fn write_attributes(&self, out: &mut Writer) {
        match self {
            Self::Random(_) => out.attribute("model", RngBackendKind::Random),
            Self::Builtin => out.attribute("model", RngBackendKind::Builtin),
            Self::Egd(source) => {
                out.attribute("model", RngBackendKind::Egd);
                out.attribute("type", source.kind());
            }
        }
    }

    fn write_content(&self, out: &mut Writer) {
        match self {
            Self::Random(Some(path)) => out.content(path),
            Self::Random(None) | Self::Builtin => {}
            Self::Egd(source) => source.write(out),
        }
    }
}

/// How a guest tells that it panicked.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct Panic {
    /// How.
    #[xml(attribute, unknown = "unknown panic model")]
    pub model: Option<PanicModel>,
    /// What it is called.
    #[xml(with = alias, knows("alias"))]
    pub alias: Option<String>,
    /// Where it sits.
    #[xml(with = place, knows("address"))]
    pub address: Option<Address>,
    /// Where it stands in the document.
    #[xml(position)]
    pub position: Position,
}

/// A socket between guest and host.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
#[xml(check = check_vsock)]
pub struct Vsock {
    /// The generation of the virtio device.
    #[xml(attribute)]
    pub model: Option<VirtioModel>,
    /// The guest's number.
    #[xml(child)]
    pub cid: Option<Cid>,
    /// How it is driven.
    #[xml(child)]
    pub driver: Option<VirtioDriver>,
    /// What it is called.
    #[xml(with = alias, knows("alias"))]
    pub alias: Option<String>,
    /// Where it sits.
    #[xml(with = place, knows("address"))]
    pub address: Option<Address>,
    /// Where it stands in the document.
    #[xml(position)]
    pub position: Position,
}

/// `<cid>`.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct Cid {
    /// Whether it is chosen at start.
    #[xml(attribute)]
    pub auto: Option<YesNo>,
    /// The number, from 3.
    #[xml(attribute)]
    pub address: Option<u32>,
}

fn check_vsock(vsock: &Vsock, node: Node<'_>, reader: &mut Reader) {
    if let Some(Cid { address: Some(0..3), .. }) = vsock.cid {
        let at = node.child("cid").unwrap_or(node);
        reader.error(at, Class::Unsupported, "guest CIDs must be >= 3");
    }
}
