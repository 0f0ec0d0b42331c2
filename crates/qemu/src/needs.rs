//! What a machine needs from the host before it can start, and what the host gave.
//!
//! [`needs`] reads a settled document and lists it; the shell acquires each need together with its
//! undo and answers with [`Grants`], from which [`crate::plan`] takes every number and path.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stead_config::Domain;
use stead_config::domain::chardev::{ChannelPort, ChardevSource, ConsoleTarget, SocketMode};
use stead_config::domain::disk::{Backing, Disk, DiskDevice, ImageFormat, StartupPolicy};
use stead_config::domain::display::{Graphics, Listen};
use stead_config::domain::interface::{Interface, InterfaceDriverName, InterfaceSource, LinkState};
use stead_config::domain::os::{FirmwareFormat, LoaderKind};
use stead_config::domain::small::RngBackend;
use stead_values::{OnOff, YesNo};

use crate::chipset::Chipset;
use crate::settle::Settings;

/// A descriptor that QEMU inherits, by what it is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// The listening socket of the QMP monitor.
    Monitor,
    /// The listening socket of a character device.
    Socket {
        /// The device, such as `serial0`.
        alias: String,
    },
    /// The file that a character device writes to.
    File {
        /// The device.
        alias: String,
    },
    /// The log of a character device (`<log file=…>`).
    Log {
        /// The device.
        alias: String,
    },
    /// One queue of a tap device.
    Tap {
        /// The interface, such as `net0`.
        alias: String,
        /// From 0.
        queue: u32,
    },
    /// `/dev/vhost-net`, opened once a queue.
    VhostNet {
        /// The interface.
        alias: String,
        /// From 0.
        queue: u32,
    },
    /// `/dev/vhost-vsock`.
    VhostVsock,
    /// `/dev/kvm`, for a QEMU whose user may not open it.
    Kvm,
}

/// How QEMU uses an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Access {
    /// Read only; any number of machines may.
    Read,
    /// Read and written by this machine alone.
    Write,
    /// Read and written by several machines (`<shareable/>`).
    Share,
}

/// What happens when an image is not there (`startupPolicy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Absence {
    /// The start fails.
    Fail,
    /// The drive starts empty.
    Drop,
}

/// Where the layers under an image are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Chain {
    /// The document ends the chain (`<backingStore/>`), or the format has none.
    Known,
    /// The shell reads the image's header and goes down; the result is [`Grants::chains`].
    Detect,
}

/// One thing to acquire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Need {
    /// The monitor's listening socket, bound at `path`.
    Monitor {
        /// Where clients connect.
        path: String,
    },
    /// A file or block device that QEMU opens by path: permissions, locks, labels.
    Image {
        /// Target of the disk (`vda`), or `kernel`, `initrd`, `dtb`, `loader`, `nvram`.
        user: String,
        /// Path on the host.
        path: String,
        /// Format, as QEMU names it (`raw`, `qcow2`).
        format: String,
        /// How it is used.
        access: Access,
        /// When it is missing.
        absence: Absence,
        /// Layers below.
        chain: Chain,
    },
    /// The machine's own copy of UEFI variables, made from a template when it is missing.
    Variables {
        /// The copy.
        path: String,
        /// Copied from here when `path` does not exist; none: must exist.
        template: Option<String>,
    },
    /// A tap device, with a descriptor a queue.
    Tap {
        /// The interface, such as `net0`.
        alias: String,
        /// Name asked for; none or a `%d` pattern: choose one (`vnet0`).
        name: Option<String>,
        /// What it joins.
        uplink: Uplink,
        /// The guest's MAC address (the tap's own differs in the first byte, `fe:`).
        mac: String,
        /// Maximum transmission unit.
        mtu: Option<u32>,
        /// At least 1.
        queues: u32,
        /// Use vhost-net when the host has it: one descriptor a queue.
        vhost: bool,
        /// The link is up at start.
        up: bool,
        /// The device exists already (`managed='no'`) and stays.
        unmanaged: bool,
    },
    /// A TCP port of a display.
    Port {
        /// Index among `<graphics>`.
        graphics: usize,
        /// What listens there.
        kind: PortKind,
        /// Address to listen on.
        address: String,
        /// Must be this one; none: the first free in `range`.
        fixed: Option<u16>,
        /// First and last candidate.
        range: (u16, u16),
    },
    /// A unix socket on which a character device listens: unlink, bind, listen, own.
    Listen {
        /// The device.
        alias: String,
        /// Path in the file system.
        path: String,
    },
    /// A folder for a socket that QEMU itself makes, or for the machine.
    Folder {
        /// Path.
        path: String,
    },
    /// A file a character device writes to, opened here and passed.
    Output {
        /// The device.
        alias: String,
        /// Path.
        path: String,
        /// Keep what is there.
        append: bool,
        /// True: the `<log>` of the device; false: its `<source>`.
        log: bool,
    },
    /// 32 random bytes in a file of the machine's folder, the key of QEMU's secret objects.
    MasterKey {
        /// Path.
        path: String,
    },
    /// `/dev/vhost-vsock` and a free context id.
    Vsock {
        /// Must be this one; none: any free one of at least 3.
        cid: Option<u32>,
    },
    /// KVM. Granted as a descriptor where QEMU's user may not open `/dev/kvm` and the daemon may; QEMU opens it itself
    /// otherwise.
    Kvm,
    /// A host device node that QEMU opens by path (`/dev/urandom`, an evdev device).
    Node {
        /// Path.
        path: String,
    },
}

impl Need {
    /// The descriptors QEMU inherits for this need. A tap's vhost descriptors are in the list even
    /// when the host may lack them.
    pub fn roles(&self) -> Vec<Role> {
        match self {
            Self::Monitor { .. } => vec![Role::Monitor],
            Self::Tap { alias, queues, vhost, .. } => {
                let tap = (0..*queues).map(|queue| Role::Tap { alias: alias.clone(), queue });
                let vhost = (0..if *vhost { *queues } else { 0 })
                    .map(|queue| Role::VhostNet { alias: alias.clone(), queue });
                tap.chain(vhost).collect()
            }
            Self::Listen { alias, .. } => vec![Role::Socket { alias: alias.clone() }],
            Self::Output { alias, log: true, .. } => vec![Role::Log { alias: alias.clone() }],
            Self::Output { alias, log: false, .. } => vec![Role::File { alias: alias.clone() }],
            Self::Vsock { .. } => vec![Role::VhostVsock],
            Self::Image { .. }
            | Self::Variables { .. }
            | Self::Port { .. }
            | Self::Folder { .. }
            | Self::MasterKey { .. }
            | Self::Kvm
            | Self::Node { .. } => Vec::new(),
        }
    }
}

/// What a tap joins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Uplink {
    /// Nothing: others connect it.
    Alone,
    /// A bridge of the host.
    Bridge(String),
    /// A network that the daemon knows; its bridge is told in [`Grants::bridges`].
    Network(String),
}

/// What a display port is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PortKind {
    /// VNC, or SPICE in clear.
    Plain,
    /// SPICE with TLS.
    Tls,
    /// VNC over WebSocket.
    WebSocket,
}

/// One layer of a detected backing chain, topmost backing first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// Path on the host.
    pub path: String,
    /// A block device rather than a file.
    pub block: bool,
    /// Format, as QEMU names it.
    pub format: String,
}

/// What the shell acquired for one start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grants {
    /// Id of the running domain; it stands in the name of the machine's folder.
    pub id: Option<i32>,
    /// The machine's own folder, by default `<lib>/domain-<id>-<name, 20 characters>`.
    pub folder: String,
    /// Number that each inherited descriptor has in the child.
    pub descriptors: Vec<(Role, i32)>,
    /// Name of the tap device of each interface, by alias.
    pub taps: BTreeMap<String, String>,
    /// Bridge that each `type='network'` interface joins, by alias.
    pub bridges: BTreeMap<String, String>,
    /// Port of each display, by index among `<graphics>` and kind.
    pub ports: Vec<(usize, PortKind, u16)>,
    /// Detected backing chain of each disk, by target; a missing entry means that nothing is known.
    pub chains: BTreeMap<String, Vec<Layer>>,
    /// Targets of drives that start empty because the image is missing.
    pub dropped: Vec<String>,
    /// Paths of CD-ROM devices of the host among the images: those that answer CDROM ioctls.
    pub optical_drives: Vec<String>,
    /// The DAC label of the machine, such as `+64055:+64055`, when QEMU runs as a user of its own.
    pub label: Option<String>,
    /// Path of the master key file, when one was written.
    pub master_key: Option<String>,
    /// Context id of the vsock device.
    pub vsock_cid: Option<u32>,
    /// The time, seconds since 1970 (UTC): clocks that are relative to it.
    pub now_seconds: i64,
    /// What the host's local time is ahead of UTC, seconds.
    pub zone_seconds: i64,
}

impl Grants {
    /// The child's number of a descriptor.
    pub fn descriptor(&self, role: &Role) -> Option<i32> {
        self.descriptors.iter().find(|(known, _)| known == role).map(|(_, number)| *number)
    }

    /// The port of a display.
    pub fn port(&self, graphics: usize, kind: PortKind) -> Option<u16> {
        self.ports
            .iter()
            .find(|(index, known, _)| *index == graphics && *known == kind)
            .map(|(_, _, port)| *port)
    }
}

/// Lists what a settled document needs from the host. `grants` says the id and the folder of the
/// machine, and is otherwise still empty.
pub fn needs(domain: &Domain, settings: &Settings, grants: &Grants) -> Vec<Need> {
    let mut domain = domain.clone();
    let chipset = Chipset::of(domain.os.kind.machine.as_deref().unwrap_or_default());
    crate::plan::assign_aliases(&mut domain, chipset);
    let mut needs = vec![
        Need::Folder { path: grants.folder.clone() },
        Need::MasterKey { path: format!("{}/master-key.aes", grants.folder) },
        Need::Monitor { path: format!("{}/monitor.sock", grants.folder) },
    ];
    if domain.kind == stead_config::domain::VirtKind::Kvm {
        needs.push(Need::Kvm);
    }
    boot(&domain, &mut needs);
    for disk in &domain.devices.disks {
        needs.extend(image(disk));
    }
    for interface in &domain.devices.interfaces {
        network(interface, &mut needs);
    }
    characters(&domain, settings, grants, &mut needs);
    displays(&domain, settings, grants, &mut needs);
    for rng in &domain.devices.rngs {
        match &rng.backend {
            RngBackend::Random(Some(path)) => needs.push(Need::Node { path: path.clone() }),
            RngBackend::Egd(ChardevSource::Unix {
                mode: SocketMode::Bind,
                path: Some(path),
                ..
            }) => {
                let alias = rng.alias.clone().unwrap_or_default();
                needs.push(Need::Listen { alias, path: path.clone() });
            }
            _ => {}
        }
    }
    if let Some(vsock) = &domain.devices.vsock {
        let cid = vsock.cid.as_ref();
        let auto = cid.is_none_or(|cid| cid.auto == Some(YesNo::Yes));
        needs.push(Need::Vsock { cid: cid.and_then(|cid| cid.address).filter(|_| !auto) });
    }
    needs
}

fn boot(domain: &Domain, needs: &mut Vec<Need>) {
    let os = &domain.os;
    let mut file = |user: &str, path: &Option<String>, format: Option<FirmwareFormat>, access| {
        if let Some(path) = path {
            needs.push(Need::Image {
                user: user.to_owned(),
                path: path.clone(),
                format: format.map_or("raw", FirmwareFormat::as_str).to_owned(),
                access,
                absence: Absence::Fail,
                chain: Chain::Known,
            });
        }
    };
    if let Some(loader) = &os.loader {
        let writable =
            loader.kind == Some(LoaderKind::Pflash) && loader.readonly != Some(YesNo::Yes);
        let access = if writable { Access::Write } else { Access::Read };
        file("loader", &loader.path, loader.format, access);
    }
    file("kernel", &os.kernel, None, Access::Read);
    file("initrd", &os.initrd, None, Access::Read);
    file("dtb", &os.dtb, None, Access::Read);
    if let Some(nvram) = &os.nvram
        && let Some(path) = &nvram.path
    {
        needs.push(Need::Variables { path: path.clone(), template: nvram.template.clone() });
    }
}

fn image(disk: &Disk) -> Option<Need> {
    let source = disk.source.as_ref()?;
    let format = disk.driver.as_ref().and_then(|driver| driver.format);
    let format = format.unwrap_or(ImageFormat::Raw);
    let access = if disk.readonly {
        Access::Read
    } else if disk.shareable {
        Access::Share
    } else {
        Access::Write
    };
    let removable = matches!(disk.device, DiskDevice::Cdrom | DiskDevice::Floppy);
    let absence = match source.startup_policy {
        Some(StartupPolicy::Optional | StartupPolicy::Requisite) if removable => Absence::Drop,
        Some(StartupPolicy::Optional) => Absence::Drop,
        _ => Absence::Fail,
    };
    let chain = if disk.backing == Backing::Unknown && format != ImageFormat::Raw {
        Chain::Detect
    } else {
        Chain::Known
    };
    Some(Need::Image {
        user: disk.target.dev.clone(),
        path: source.image.path().to_owned(),
        format: format.as_str().to_owned(),
        access,
        absence,
        chain,
    })
}

fn network(interface: &Interface, needs: &mut Vec<Need>) {
    let alias = interface.alias.clone().unwrap_or_default();
    let uplink = match &interface.source {
        InterfaceSource::User | InterfaceSource::Null => return,
        InterfaceSource::Ethernet => Uplink::Alone,
        InterfaceSource::Bridge { bridge } => Uplink::Bridge(bridge.clone()),
        InterfaceSource::Network { network, .. } => Uplink::Network(network.clone()),
    };
    let driver = interface.driver.as_ref();
    let target = interface.target.as_ref();
    let by_qemu = driver.and_then(|driver| driver.name) == Some(InterfaceDriverName::Qemu);
    needs.push(Need::Tap {
        alias,
        name: target.and_then(|target| target.dev.clone()),
        uplink,
        mac: interface.mac.as_ref().map(|mac| mac.address.to_string()).unwrap_or_default(),
        mtu: interface.mtu,
        queues: driver
            .and_then(|driver| driver.queues)
            .filter(|_| interface.is_virtio())
            .unwrap_or(1)
            .max(1),
        vhost: interface.is_virtio() && !by_qemu,
        up: interface.link != Some(LinkState::Down),
        unmanaged: target.and_then(|target| target.managed) == Some(YesNo::No),
    });
}

fn characters(domain: &Domain, settings: &Settings, grants: &Grants, needs: &mut Vec<Need>) {
    let devices = &domain.devices;
    let mirrored = !devices.serials.is_empty();
    let consoles = devices.consoles.iter().enumerate().filter(|(index, console)| {
        !(mirrored && *index == 0 && console.target.kind == Some(ConsoleTarget::Serial))
    });
    let serials = devices.serials.iter().map(|each| (&each.alias, &each.source, &each.log, None));
    let parallels =
        devices.parallels.iter().map(|each| (&each.alias, &each.source, &each.log, None));
    let consoles = consoles.map(|(_, each)| (&each.alias, &each.source, &each.log, None));
    let channels = devices.channels.iter().map(|each| {
        let name = match &each.target {
            ChannelPort::Virtio { name, .. } => name.clone().or_else(|| each.alias.clone()),
            ChannelPort::Guestfwd { .. } => None,
        };
        (&each.alias, &each.source, &each.log, name)
    });
    let folder = crate::plan::channel_folder(&settings.channels, grants);
    for (alias, source, log, name) in serials.chain(parallels).chain(channels).chain(consoles) {
        let alias = alias.clone().unwrap_or_default();
        match source {
            ChardevSource::Unix { mode: SocketMode::Bind, path: Some(path), .. } => {
                needs.push(Need::Listen { alias: alias.clone(), path: path.clone() });
            }
            ChardevSource::Unix { path: None, .. } => {
                if let Some(name) = name {
                    needs.push(Need::Folder { path: folder.clone() });
                    let path = format!("{folder}/{name}");
                    needs.push(Need::Listen { alias: alias.clone(), path });
                }
            }
            ChardevSource::File { path, append } => needs.push(Need::Output {
                alias: alias.clone(),
                path: path.clone(),
                append: *append == Some(OnOff::On),
                log: false,
            }),
            ChardevSource::Dev(path) => needs.push(Need::Node { path: path.clone() }),
            _ => {}
        }
        if let Some(log) = log {
            needs.push(Need::Output {
                alias,
                path: log.file.clone(),
                append: log.append == Some(OnOff::On),
                log: true,
            });
        }
    }
}

fn displays(domain: &Domain, settings: &Settings, grants: &Grants, needs: &mut Vec<Need>) {
    for (graphics, display) in domain.devices.graphics.iter().enumerate() {
        let Graphics::Vnc(vnc) = display;
        let address = match vnc.listens.first() {
            Some(Listen::Address(address)) => {
                address.clone().unwrap_or_else(|| settings.vnc_listen.clone())
            }
            Some(Listen::Network { address, .. }) => {
                address.clone().unwrap_or_else(|| settings.vnc_listen.clone())
            }
            None => settings.vnc_listen.clone(),
            Some(Listen::Socket(_) | Listen::None) => {
                let _ = grants;
                continue;
            }
        };
        needs.push(Need::Port {
            graphics,
            kind: PortKind::Plain,
            address: address.clone(),
            fixed: vnc.port.filter(|_| !vnc.autoport),
            range: settings.ports,
        });
        if let Some(port) = vnc.websocket {
            needs.push(Need::Port {
                graphics,
                kind: PortKind::WebSocket,
                address,
                fixed: u16::try_from(port).ok(),
                range: settings.websocket_ports,
            });
        }
    }
}
