//! Everything decided for one start of a machine.

mod aliases;
mod layers;
mod start;

use serde::{Deserialize, Serialize};
use stead_config::domain::chardev::{ChannelPort, ChardevSource, SocketMode};
use stead_config::domain::clock::ClockBase;
use stead_config::domain::controller::{Controller, ControllerKind};
use stead_config::domain::disk::{Disk, DiskBus, DiskCache, DiskDevice};
use stead_config::domain::display::{Graphics, Listen};
use stead_config::domain::interface::{InterfaceSource, InterfaceTarget};
use stead_config::domain::os::BootDevice;
use stead_config::domain::seclabel::{Seclabel, SeclabelKind};
use stead_config::{Class, Domain, Fault, Faults, Place, Position};
use stead_values::{Kibibytes, YesNo};

use crate::abilities::Abilities;
use crate::chipset::Chipset;
use crate::cpu::{Resolved, Situation, resolve};
use crate::needs::{Grants, PortKind, Role};
use crate::settle::{Settings, accelerator};

pub(crate) use aliases::assign as assign_aliases;
pub use layers::Layer;
pub use start::{Call, Purpose};

/// How the guest's memory comes to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// From power-on.
    Cold,
    /// From a saved state read through a descriptor (`-incoming fd:N`).
    Restore {
        /// Number in the child.
        descriptor: i32,
    },
    /// From another host (`-incoming defer`).
    Incoming,
}

/// One start of one machine.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The document with aliases, node numbers, ports, tap names and the CPU as they will be.
    pub domain: Domain,
    /// The emulator.
    pub binary: String,
    /// The whole environment of QEMU, in order.
    pub environment: Vec<(String, String)>,
    /// What the shell acquired.
    pub grants: Grants,
    /// How memory comes to be.
    pub origin: Origin,
    /// The CPU, asked and granted until QEMU has been asked.
    pub cpu: Resolved,
    /// The images of each disk, in the order of the document's disks, topmost first.
    pub layers: Vec<Vec<Layer>>,
    /// What people should know about this start (log, `virsh dominfo` messages).
    pub messages: Vec<String>,
    /// Id of the memory backend that is the guest's RAM.
    pub(crate) ram_id: Option<String>,
    pub(crate) chipset: Chipset,
    pub(crate) dialect: Dialect,
}

/// Spellings that depend on QEMU's version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// `-machine acpi=` rather than `-no-acpi`.
    pub(crate) machine_acpi: bool,
    /// `-machine hpet=` rather than `-no-hpet`.
    pub(crate) machine_hpet: bool,
    /// `-device` takes JSON.
    pub(crate) device_json: bool,
    /// A raw image has a format node too.
    pub(crate) raw_nodes: bool,
    /// `reconnect-ms=` rather than `reconnect=`.
    pub(crate) reconnect_ms: bool,
    /// `-accel kvm,device=` exists.
    pub(crate) kvm_device: bool,
}

/// Decides one start of a settled document.
///
/// # Errors
/// Every element that this QEMU or this host cannot serve.
pub fn plan(
    settled: &Domain,
    situation: &Situation<'_>,
    settings: &Settings,
    grants: &Grants,
    origin: Origin,
) -> Result<Plan, Faults> {
    let mut domain = settled.clone();
    crate::settle::firmware::found(&domain)?;
    let abilities = situation.abilities;
    let chipset = Chipset::of(domain.os.kind.machine.as_deref().unwrap_or_default());
    domain.id = grants.id.and_then(|id| u32::try_from(id).ok());
    aliases::assign(&mut domain, chipset);
    crate::settle::complete_addresses(&mut domain)?;
    granted(&mut domain, settings, grants)?;
    caches(&mut domain);
    memory(&mut domain);
    plain_connections(&mut domain);
    label(&mut domain, grants);
    let layers = layers::number(&mut domain, grants);
    let cpu = match &domain.cpu {
        Some(asked) => resolve(asked, situation).map_err(|refusal| {
            let place = Place::new(Position::default(), "domain/cpu");
            Faults::from(Fault::new(refusal.class(), place, refusal.to_string()))
        })?,
        None => Resolved {
            head: Vec::new(),
            tail: Vec::new(),
            cpu: Default::default(),
            asked: Default::default(),
            messages: Vec::new(),
        },
    };
    if domain.cpu.is_some() {
        domain.cpu = Some(cpu.cpu.clone());
    }
    let machine = domain.os.kind.machine.as_deref().unwrap_or_default();
    let machine = abilities.machine(accelerator(&domain), machine);
    Ok(Plan {
        binary: domain.devices.emulator.clone().unwrap_or_default(),
        environment: environment(&domain, settings, grants),
        grants: grants.clone(),
        origin,
        messages: crate::cpu::messages(&cpu, machine),
        cpu,
        layers,
        ram_id: machine.and_then(|machine| machine.default_ram_id.clone()),
        chipset,
        dialect: dialect(abilities, machine.is_some_and(|machine| machine.acpi.is_some())),
        domain,
    })
}

fn dialect(abilities: &Abilities, machine_acpi: bool) -> Dialect {
    Dialect {
        machine_acpi,
        machine_hpet: abilities.at_least(8, 0),
        device_json: abilities.at_least(7, 0),
        raw_nodes: !abilities.has_command("blockdev-set-active"),
        reconnect_ms: abilities.at_least(9, 2),
        kvm_device: abilities.at_least(9, 0),
    }
}

/// Writes what was granted into the document: taps, ports, paths of sockets, dropped media.
fn granted(domain: &mut Domain, settings: &Settings, grants: &Grants) -> Result<(), Faults> {
    for interface in &mut domain.devices.interfaces {
        let alias = interface.alias.clone().unwrap_or_default();
        if let Some(name) = grants.taps.get(&alias) {
            let target =
                interface.target.get_or_insert(InterfaceTarget { dev: None, managed: None });
            target.dev = Some(name.clone());
        }
        if let InterfaceSource::Network { network, bridge, .. } = &mut interface.source {
            *bridge = grants.bridges.get(&alias).cloned();
            if bridge.is_none() {
                let message = format!("network '{network}' is not available to this machine");
                let place = Place::new(interface.position, "domain/devices/interface/source");
                return Err(Fault::new(Class::OperationFailed, place, message).into());
            }
        }
    }
    for (index, graphics) in domain.devices.graphics.iter_mut().enumerate() {
        let Graphics::Vnc(vnc) = graphics;
        if let Some(port) = grants.port(index, PortKind::Plain) {
            vnc.port = Some(port);
        }
        if let Some(port) = grants.port(index, PortKind::WebSocket) {
            vnc.websocket = Some(i32::from(port));
        }
        for listen in &mut vnc.listens {
            match listen {
                Listen::Address(address @ None) => *address = Some(settings.vnc_listen.clone()),
                Listen::Socket(path @ None) => *path = Some(format!("{}/vnc.sock", grants.folder)),
                _ => {}
            }
        }
    }
    if let Some(cid) = domain.devices.vsock.as_mut().and_then(|vsock| vsock.cid.as_mut()) {
        cid.address = cid.address.or(grants.vsock_cid);
    }
    let folder = channel_folder(&settings.channels, grants);
    for channel in &mut domain.devices.channels {
        if let (ChannelPort::Virtio { name, .. }, ChardevSource::Unix { mode, path, .. }) =
            (&channel.target, &mut channel.source)
            && path.is_none()
        {
            let alias = channel.alias.clone().unwrap_or_default();
            let name = name.clone().unwrap_or(alias);
            *path = Some(format!("{folder}/{name}"));
            *mode = SocketMode::Bind;
        }
    }
    for disk in &mut domain.devices.disks {
        if grants.dropped.contains(&disk.target.dev) {
            disk.source = None;
        }
    }
    Ok(())
}

/// The label that images of this run have, as the live document shows it.
fn label(domain: &mut Domain, grants: &Grants) {
    let Some(label) = &grants.label else { return };
    if domain.seclabels.iter().any(|known| known.model.as_deref() == Some("dac")) {
        return;
    }
    domain.seclabels.push(Seclabel {
        kind: Some(SeclabelKind::Dynamic),
        model: Some("dac".to_owned()),
        relabel: Some(YesNo::Yes),
        label: Some(label.clone()),
        imagelabel: Some(label.clone()),
        baselabel: None,
    });
}

/// QEMU wants whole MiB.
fn memory(domain: &mut Domain) {
    let whole = Kibibytes(domain.memory.size.mebibytes().saturating_mul(1024));
    if domain.current_memory == domain.memory.size {
        domain.current_memory = whole;
    }
    domain.memory.size = whole;
}

/// TCP connections are in clear unless they say otherwise.
fn plain_connections(domain: &mut Domain) {
    let devices = &mut domain.devices;
    let sources = devices
        .serials
        .iter_mut()
        .map(|each| &mut each.source)
        .chain(devices.parallels.iter_mut().map(|each| &mut each.source))
        .chain(devices.consoles.iter_mut().map(|each| &mut each.source))
        .chain(devices.channels.iter_mut().map(|each| &mut each.source));
    for source in sources {
        if let ChardevSource::Tcp { tls, .. } = source {
            tls.get_or_insert(YesNo::No);
        }
    }
}

/// What several machines write must not be cached by any.
fn caches(domain: &mut Domain) {
    for disk in &mut domain.devices.disks {
        if disk.shareable && !disk.readonly {
            let driver = disk.driver.get_or_insert_default();
            driver.cache.get_or_insert(DiskCache::None);
        }
    }
}

/// Folder of a machine's channel sockets: the last part of its own folder, below the channels'.
pub(crate) fn channel_folder(channels: &str, grants: &Grants) -> String {
    let own = grants.folder.rsplit('/').next().unwrap_or_default();
    format!("{channels}/{}", own.strip_prefix("domain-").unwrap_or(own))
}

fn environment(domain: &Domain, settings: &Settings, grants: &Grants) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let pair = |key: &str, value: String| (key.to_owned(), value);
    let home = &grants.folder;
    for (key, value) in &settings.environment {
        all.push(pair(key, value.clone()));
        if key == "PATH" {
            all.push(pair("HOME", home.clone()));
        }
    }
    if !all.iter().any(|(key, _)| key == "HOME") {
        all.push(pair("HOME", home.clone()));
    }
    all.push(pair("XDG_DATA_HOME", format!("{home}/.local/share")));
    all.push(pair("XDG_CACHE_HOME", format!("{home}/.cache")));
    all.push(pair("XDG_CONFIG_HOME", format!("{home}/.config")));
    if let ClockBase::Timezone(zone) = &domain.clock.base {
        all.push(pair("TZ", zone.clone()));
    }
    for audio in &domain.devices.audios {
        if let Some(driver) = audio.driver {
            all.push(pair("SDL_AUDIODRIVER", driver.to_string()));
        }
        if let Some(folder) = &audio.runtime_dir {
            all.push(pair("PIPEWIRE_RUNTIME_DIR", folder.clone()));
        }
    }
    for (key, value) in &domain.qemu_commandline.environment {
        all.push(pair(key, value.clone().unwrap_or_default()));
    }
    all
}

impl Plan {
    /// The child's number of a descriptor; -1, which QEMU refuses, when it was not granted.
    pub(crate) fn descriptor(&self, role: &Role) -> i32 {
        self.grants.descriptor(role).unwrap_or(-1)
    }

    pub(crate) fn controller(&self, kind: ControllerKind, index: u32) -> Option<&Controller> {
        self.domain
            .devices
            .controllers
            .iter()
            .find(|each| each.kind == kind && each.index == Some(index))
    }

    /// Alias of a controller; what it would be when the document has none.
    pub(crate) fn controller_alias(&self, kind: ControllerKind, index: u32) -> String {
        self.controller(kind, index)
            .and_then(|controller| controller.alias.clone())
            .unwrap_or_else(|| format!("{kind}{index}"))
    }

    /// When the firmware tries a disk, from 1.
    pub(crate) fn boot_index(&self, disk: &Disk) -> Option<u32> {
        if let Some(boot) = &disk.boot {
            return Some(boot.order);
        }
        let kind = |disk: &Disk| match disk.device {
            DiskDevice::Cdrom => BootDevice::Cdrom,
            DiskDevice::Floppy => BootDevice::Floppy,
            DiskDevice::Disk | DiskDevice::Lun => BootDevice::Disk,
        };
        let first = self.domain.devices.disks.iter().find(|each| kind(each) == kind(disk))?;
        (first.target.dev == disk.target.dev).then(|| self.boot_position(kind(disk)))?
    }

    /// When the firmware tries an interface, from 1.
    pub(crate) fn interface_boot_index(&self, index: usize) -> Option<u32> {
        let interface = self.domain.devices.interfaces.get(index)?;
        match &interface.boot {
            Some(boot) => Some(boot.order),
            None if index == 0 => self.boot_position(BootDevice::Network),
            None => None,
        }
    }

    fn boot_position(&self, device: BootDevice) -> Option<u32> {
        let position = self.domain.os.boot.iter().position(|each| *each == device)?;
        u32::try_from(position).ok()?.checked_add(1)
    }

    /// Whether the floppy controller is a device of its own (q35), not of the chipset.
    pub(crate) fn has_explicit_fdc(&self) -> bool {
        self.chipset == Chipset::Q35
    }

    /// Whether any disk is a floppy.
    pub(crate) fn has_floppy(&self) -> bool {
        self.domain.devices.disks.iter().any(|disk| disk.target.bus == Some(DiskBus::Fdc))
    }
}
