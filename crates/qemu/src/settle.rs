//! From what the user said to what define stores: defaults, implicit devices, addresses.
//!
//! What libvirt adds and assigns is added and assigned alike, because device ids and addresses are
//! guest ABI.

use serde::{Deserialize, Serialize};
use stead_config::domain::VirtKind;
use stead_config::domain::interface::{Interface, InterfaceMac};
use stead_config::domain::os::BootDevice;
use stead_config::domain::small::{
    BalloonModel, Input, InputBus, InputKind, MemBalloon, PanicModel, Watchdog, WatchdogAction,
    WatchdogModel,
};
use stead_config::domain::sound::SoundModel;
use stead_config::{Class, Domain, Fault, Faults, Place, Position};
use stead_values::{Mac, Uuid};

use crate::abilities::{Abilities, Accelerator};
use crate::chipset::Chipset;

pub mod buses;
mod channels;
mod characters;
mod controllers;
mod cpu;
mod displays;
pub mod drives;
pub mod firmware;
mod pci;
pub mod ports;
mod slots;
mod storage;
mod usb;
mod validate;

pub use firmware::Firmware;

/// Folders and defaults of one daemon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Folder of the machines' own folders, such as `/var/lib/stead/qemu`.
    pub lib: String,
    /// Folder of default guest agent and channel sockets.
    pub channels: String,
    /// Folder of the machines' UEFI variables.
    pub variables: String,
    /// Address that VNC listens on when the document names none.
    pub vnc_listen: String,
    /// Address that SPICE listens on when the document names none.
    pub spice_listen: String,
    /// First and last port given out for displays.
    pub ports: (u16, u16),
    /// First and last port given out for WebSocket.
    pub websocket_ports: (u16, u16),
    /// `PATH`, `USER`, `LOGNAME` and the like, which QEMU gets.
    pub environment: Vec<(String, String)>,
    /// Emulator of a document without `<emulator>`, by architecture.
    pub emulators: Vec<(String, String)>,
    /// Whether the document is new (libvirt's ABI update at define and create), or comes from disk.
    pub age: Age,
    /// Whether the daemon runs as root.
    pub privileged: bool,
}

/// Where a document comes from, which decides some defaults that must not change later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Age {
    /// Defined or created just now: today's defaults.
    New,
    /// Kept from before: the defaults of that time.
    Kept,
}

/// What is random, so that a test can hold it fixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seed {
    /// Numbers drawn from 32 bytes of the system's randomness.
    Drawn([u64; 4]),
    /// Byte i of each draw is i, as in libvirt's own tests.
    Counting,
}

impl Seed {
    /// A seed from system randomness.
    pub fn new(entropy: [u8; 32]) -> Self {
        let mut state = [0; 4];
        for (word, bytes) in state.iter_mut().zip(entropy.chunks_exact(8)) {
            *word = bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        }
        if state == [0; 4] {
            state[0] = 1;
        }
        Self::Drawn(state)
    }

    /// Fills a buffer.
    pub fn fill(&mut self, buffer: &mut [u8]) {
        match self {
            Self::Counting => {
                for (index, byte) in buffer.iter_mut().enumerate() {
                    *byte = (index % 256) as u8;
                }
            }
            Self::Drawn(state) => {
                for chunk in buffer.chunks_mut(8) {
                    let bytes = xoshiro(state).to_le_bytes();
                    chunk.copy_from_slice(&bytes[..chunk.len()]);
                }
            }
        }
    }
}

/// One step of xoshiro256** (Blackman and Vigna, 2018).
fn xoshiro(state: &mut [u64; 4]) -> u64 {
    let result = state[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
    let shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = state[3].rotate_left(45);
    result
}

/// A document as far as it could be settled.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "both variants hold a document")]
pub enum Settlement {
    /// Complete.
    Settled(Domain),
    /// The emulator could not be asked; defaults that depend on it are left to the start.
    Deferred(Domain),
}

impl Settlement {
    /// The document as far as it got.
    pub fn into_domain(self) -> Domain {
        match self {
            Self::Settled(domain) | Self::Deferred(domain) => domain,
        }
    }
}

/// Completes a document.
///
/// # Errors
/// All faults that make the document impossible, each with its place.
pub fn settle(
    asked: &Domain,
    abilities: Option<&Abilities>,
    settings: &Settings,
    builds: &[Firmware],
    seed: &mut Seed,
) -> Result<Settlement, Faults> {
    let mut domain = asked.clone();
    identity(&mut domain, settings, seed);
    let Some(abilities) = abilities else {
        return Ok(Settlement::Deferred(domain));
    };
    let chipset = machine(&mut domain, abilities)?;
    firmware::fill(&mut domain, settings, builds)?;
    validate::early(&domain, chipset, abilities)?;
    boot(&mut domain);
    features(&mut domain);
    controllers::sort(&mut domain);
    controllers::number(&mut domain);
    controllers::sort(&mut domain);
    controllers::of_machine(&mut domain, chipset, abilities)?;
    balloon(&mut domain, chipset);
    cpu::defaults(&mut domain, abilities);
    controllers::models(&mut domain, chipset, abilities);
    storage::disks(&mut domain)?;
    interfaces(&mut domain, abilities, seed);
    characters::targets(&mut domain, &settings.channels)?;
    displays::defaults(&mut domain, chipset, abilities);
    small(&mut domain, chipset);
    characters::consoles(&mut domain)?;
    controllers::of_devices(&mut domain, abilities);
    inputs(&mut domain, chipset);
    displays::audio(&mut domain);
    validate::complete(&domain, chipset, abilities)?;
    channels::assign(&mut domain)?;
    pci::assign(&mut domain, chipset)?;
    usb::assign(&mut domain, settings.age)?;
    validate::addressed(&domain)?;
    Ok(Settlement::Settled(domain))
}

/// Gives addresses to what a kept document leaves open until the start.
///
/// # Errors
/// When there is no free place.
pub(crate) fn complete_addresses(domain: &mut Domain) -> Result<(), Faults> {
    usb::assign(domain, Age::New)?;
    controllers::complete(domain)
}

/// Everything that needs no emulator: UUID, sizes, the emulator's path, the architecture.
fn identity(domain: &mut Domain, settings: &Settings, seed: &mut Seed) {
    if domain.uuid.is_none() {
        let mut bytes = [0; 16];
        seed.fill(&mut bytes);
        domain.uuid = Some(Uuid::from_random(bytes));
    }
    let total = domain.memory.size;
    if domain.current_memory.0 == 0 || domain.current_memory > total {
        domain.current_memory = total;
    }
    let arch = domain.os.kind.arch.get_or_insert_with(|| "x86_64".to_owned()).clone();
    if domain.devices.emulator.is_none() {
        domain.devices.emulator =
            settings.emulators.iter().find(|(of, _)| *of == arch).map(|(_, path)| path.clone());
    }
}

/// The accelerator that a domain type means.
pub(crate) fn accelerator(domain: &Domain) -> Accelerator {
    match domain.kind {
        VirtKind::Kvm => Accelerator::Kvm,
        VirtKind::Hvf => Accelerator::Hvf,
        _ => Accelerator::Tcg,
    }
}

fn unsupported(position: Position, path: &str, message: impl Into<String>) -> Faults {
    Fault::new(Class::Unsupported, Place::new(position, path), message).into()
}

/// Checks emulator, architecture and virtualization type; gives the machine type its full name.
fn machine(domain: &mut Domain, abilities: &Abilities) -> Result<Chipset, Faults> {
    let nowhere = Position::default();
    let emulator = domain.devices.emulator.clone().unwrap_or_default();
    let arch = domain.os.kind.arch.clone().unwrap_or_default();
    let runs = arch == abilities.arch || (arch == "i686" && abilities.arch == "x86_64");
    if !runs {
        let message = format!("Emulator '{emulator}' does not support arch '{arch}'");
        return Err(unsupported(nowhere, "domain/os/type/@arch", message));
    }
    let Some(acceleration) = abilities.with(accelerator(domain)) else {
        let message = format!("Emulator '{emulator}' does not support virt type '{}'", domain.kind);
        return Err(unsupported(nowhere, "domain/@type", message));
    };
    let machine = match &domain.os.kind.machine {
        Some(name) => match acceleration.machine(name) {
            Some(machine) => machine.name.clone(),
            None => {
                let message =
                    format!("Emulator '{emulator}' does not support machine type '{name}'");
                return Err(unsupported(nowhere, "domain/os/type/@machine", message));
            }
        },
        None => match acceleration.default_machine() {
            Some(machine) => machine.name.clone(),
            None => {
                let message = format!("Emulator '{emulator}' has no default machine type");
                return Err(unsupported(nowhere, "domain/os/type", message));
            }
        },
    };
    let chipset = Chipset::of(&machine);
    domain.os.kind.machine = Some(machine);
    Ok(chipset)
}

/// Without any order, the first disk is booted.
fn boot(domain: &mut Domain) {
    let devices = &domain.devices;
    let ordered = devices.disks.iter().any(|disk| disk.boot.is_some())
        || devices.interfaces.iter().any(|interface| interface.boot.is_some());
    if domain.os.boot.is_empty() && !ordered {
        domain.os.boot.push(BootDevice::Disk);
    }
}

fn features(domain: &mut Domain) {
    use stead_config::domain::features::HypervMode;
    if let Some(hyperv) = domain.features.as_mut().and_then(|features| features.hyperv.as_mut()) {
        hyperv.mode.get_or_insert(HypervMode::Custom);
    }
}

fn balloon(domain: &mut Domain, chipset: Chipset) {
    if domain.devices.memballoon.is_none() && chipset != Chipset::Other {
        domain.devices.memballoon = Some(MemBalloon::new(BalloonModel::Virtio));
    }
}

fn interfaces(domain: &mut Domain, abilities: &Abilities, seed: &mut Seed) {
    for interface in &mut domain.devices.interfaces {
        if interface.mac.is_none() {
            let mut bytes = [0; 3];
            seed.fill(&mut bytes);
            let [a, b, c] = Mac::QEMU_PREFIX;
            let [d, e, f] = bytes;
            interface.mac =
                Some(InterfaceMac { address: Mac([a, b, c, d, e, f]), kind: None, check: None });
        }
        model(interface, abilities);
    }
}

/// Card models that libvirt knows, in its spelling.
const CARDS: &[&str] = &[
    "netfront",
    "rtl8139",
    "virtio",
    "e1000",
    "e1000e",
    "igb",
    "virtio-transitional",
    "virtio-non-transitional",
    "usb-net",
    "spapr-vlan",
    "lan9118",
    "scm91c111",
    "vlance",
    "vmxnet",
    "vmxnet2",
    "vmxnet3",
    "Am79C970A",
    "Am79C973",
    "82540EM",
    "82545EM",
    "82543GC",
];

fn model(interface: &mut Interface, abilities: &Abilities) {
    if let Some(model) = &mut interface.model
        && let Some(known) = CARDS.iter().find(|known| known.eq_ignore_ascii_case(model))
    {
        *model = (*known).to_owned();
    }
    if interface.model.is_none() {
        let known = [("rtl8139", "rtl8139"), ("e1000", "e1000"), ("virtio-net-pci", "virtio")];
        interface.model = known
            .into_iter()
            .find(|(device, _)| abilities.has_type(device))
            .map(|(_, model)| model.to_owned());
    }
}

/// Devices with little to say.
fn small(domain: &mut Domain, chipset: Chipset) {
    let devices = &mut domain.devices;
    if chipset == Chipset::Q35
        && !devices.watchdogs.iter().any(|each| each.model == WatchdogModel::Itco)
    {
        devices.watchdogs.push(Watchdog {
            model: WatchdogModel::Itco,
            // QEMU has one action for all.
            action: devices.watchdogs.first().and_then(|first| first.action),
            alias: None,
            address: None,
            position: Position::default(),
        });
    }
    for watchdog in &mut devices.watchdogs {
        watchdog.action.get_or_insert(WatchdogAction::Reset);
    }
    for sound in &mut devices.sounds {
        if sound.model == SoundModel::Virtio {
            sound.streams.get_or_insert(2);
        }
    }
    for panic in &mut devices.panics {
        panic.model.get_or_insert(PanicModel::Isa);
    }
    for rng in &mut devices.rngs {
        if let stead_config::domain::small::RngBackend::Random(path) = &mut rng.backend {
            path.get_or_insert_with(|| "/dev/random".to_owned());
        }
    }
    if let Some(vsock) = &mut devices.vsock {
        use stead_config::domain::disk::VirtioModel;
        use stead_config::domain::small::Cid;
        use stead_values::YesNo;
        vsock.model.get_or_insert(VirtioModel::Virtio);
        let cid = vsock.cid.get_or_insert(Cid { auto: None, address: None });
        let auto = if cid.address.is_some() { YesNo::No } else { YesNo::Yes };
        cid.auto.get_or_insert(auto);
    }
}

/// The PS/2 mouse and keyboard that a PC has.
fn inputs(domain: &mut Domain, chipset: Chipset) {
    let inputs = &mut domain.devices.inputs;
    for input in inputs.iter_mut() {
        let tablet = matches!(input.kind, InputKind::Tablet);
        input.bus.get_or_insert(match input.kind {
            InputKind::Passthrough => InputBus::Virtio,
            _ if tablet => InputBus::Usb,
            _ => InputBus::Ps2,
        });
    }
    let _ = chipset;
    let ps2 = domain.features.as_ref().and_then(|features| features.ps2);
    if ps2.is_some_and(|ps2| !ps2.is_on()) {
        return;
    }
    let inputs = &mut domain.devices.inputs;
    for kind in [InputKind::Mouse, InputKind::Keyboard] {
        let there = |input: &Input| input.kind == kind && input.bus == Some(InputBus::Ps2);
        if !inputs.iter().any(there) {
            inputs.push(Input::new(kind, InputBus::Ps2));
        }
    }
}
