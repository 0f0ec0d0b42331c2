//! What a machine needs from the host before it can start, and what the host gave.
//!
//! [`needs`] reads a settled document and lists it; the shell acquires each need together with its
//! undo and answers with [`Grants`], from which [`crate::plan`] takes every number and path.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stead_config::Domain;

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
        /// Bridge to join; none: left alone (`type='ethernet'`).
        bridge: Option<String>,
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
    /// A network of ours (`type='network'`): the shell asks for a port.
    Network {
        /// The interface.
        alias: String,
        /// The network's name.
        network: String,
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
            | Self::Network { .. }
            | Self::Port { .. }
            | Self::Folder { .. }
            | Self::MasterKey { .. }
            | Self::Node { .. } => Vec::new(),
        }
    }
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

/// Lists what a settled document needs from the host.
pub fn needs(domain: &Domain, settings: &Settings) -> Vec<Need> {
    let _ = (domain, settings);
    Vec::new()
}
