//! Serial and parallel ports, consoles and channels, and where they lead.

use stead_config::domain::Address;
use stead_config::domain::chardev::{
    Channel, ChannelPort, Chardev, ChardevLog, ChardevSource, Console, ConsoleTarget, Parallel,
    Reconnect, Serial, SerialModel, SerialTarget, SocketMode, TcpProtocol,
};
use stead_config::domain::controller::ControllerKind;
use stead_values::{OnOff, YesNo};

use super::address;
use super::words::{List, Object, Words};
use crate::needs::Role;
use crate::plan::Plan;

/// All of them, in libvirt's order: serial, parallel, channels, consoles.
pub(super) fn characters(plan: &Plan, words: &mut Words) {
    let mut backends = Backends { plan, sets: 0 };
    let devices = &plan.domain.devices;
    for each in &devices.serials {
        backends.add(each, words);
        words.json("-device", serial(plan, each));
    }
    for each in &devices.parallels {
        backends.add(each, words);
        words.json("-device", parallel(each));
    }
    for each in &devices.channels {
        channel(plan, each, &mut backends, words);
    }
    for each in &devices.consoles {
        if each.target.kind == Some(ConsoleTarget::Virtio) {
            backends.add(each, words);
            words.json("-device", console(plan, each));
        }
    }
}

fn alias<T>(device: &Chardev<T>) -> &str {
    device.alias.as_deref().unwrap_or_default()
}

fn chardev_id<T>(device: &Chardev<T>) -> String {
    format!("char{}", alias(device))
}

fn serial(plan: &Plan, serial: &Serial) -> Object {
    let model = serial.target.model.as_ref().map(|model| model.name);
    let name = model.unwrap_or(SerialModel::IsaSerial).as_str();
    let device =
        Object::new("driver", name).with("chardev", chardev_id(serial)).with("id", alias(serial));
    let device = if serial.target.kind == Some(SerialTarget::IsaSerial) {
        device.maybe("index", serial.target.port)
    } else {
        device
    };
    address::place(plan, device, &serial.address)
}

fn parallel(parallel: &Parallel) -> Object {
    Object::new("driver", "isa-parallel")
        .with("chardev", chardev_id(parallel))
        .with("id", alias(parallel))
}

fn channel(plan: &Plan, channel: &Channel, backends: &mut Backends<'_>, words: &mut Words) {
    backends.add(channel, words);
    match &channel.target {
        ChannelPort::Virtio { name, .. } => {
            let port = match channel.address {
                Some(Address::VirtioSerial(at)) => at,
                _ => Default::default(),
            };
            let bus = plan.controller_alias(ControllerKind::VirtioSerial, port.controller);
            let device = Object::new("driver", "virtserialport")
                .with("bus", format!("{bus}.{}", port.bus))
                .with("nr", port.port)
                .with("chardev", chardev_id(channel))
                .with("id", alias(channel))
                .maybe("name", name.as_deref());
            words.json("-device", device);
        }
        ChannelPort::Guestfwd { address, port } => {
            let address = address.as_deref().unwrap_or_default();
            let port = port.as_deref().unwrap_or_default();
            let forward = format!("tcp:{address}:{port}-chardev:{}", chardev_id(channel));
            let forwards = serde_json::json!([{ "str": forward }]);
            let backend = Object::new("type", "user").with("guestfwd", forwards);
            words.json("-netdev", backend.with("id", alias(channel)));
        }
    }
}

fn console(plan: &Plan, console: &Console) -> Object {
    let mut device = Object::new("driver", "virtconsole");
    if let Some(Address::VirtioSerial(at)) = console.address {
        let bus = plan.controller_alias(ControllerKind::VirtioSerial, at.controller);
        device = device.with("bus", format!("{bus}.{}", at.bus)).with("nr", at.port);
    }
    device.with("chardev", chardev_id(console)).with("id", alias(console))
}

/// Writes backends; counts the descriptor sets they take.
pub(super) struct Backends<'a> {
    plan: &'a Plan,
    sets: u32,
}

impl<'a> Backends<'a> {
    /// For backends of other devices, which take no descriptor sets.
    pub(super) fn new(plan: &'a Plan) -> Self {
        Self { plan, sets: 0 }
    }

    fn add<T>(&mut self, device: &Chardev<T>, words: &mut Words) {
        let alias = alias(device);
        self.write(alias, &device.source, device.log.as_ref(), words);
    }

    /// Writes `-chardev` and the `-add-fd` that it needs.
    pub(super) fn write(
        &mut self,
        alias: &str,
        source: &ChardevSource,
        log: Option<&ChardevLog>,
        words: &mut Words,
    ) {
        let id = format!("char{alias}");
        let start = |kind: &str| List::new(kind).with("id", &id);
        let mut list = match source {
            ChardevSource::Null => start("null"),
            ChardevSource::Vc => start("vc"),
            ChardevSource::Pty(_) => start("pty"),
            ChardevSource::Stdio => start("stdio"),
            ChardevSource::Dev(path) => {
                let kind = if alias.starts_with("parallel") { "parallel" } else { "serial" };
                start(kind).with("path", path)
            }
            ChardevSource::Pipe(path) => start("pipe").with("path", path),
            ChardevSource::File { append, .. } => {
                let role = Role::File { alias: alias.to_owned() };
                let path = self.set(&role, &format!("{alias}-source"), words);
                let append = append.unwrap_or(OnOff::On);
                // What was there is cut off when the descriptor is opened, so QEMU always appends.
                let _ = append;
                start("file").with("path", path).with("append", "on")
            }
            ChardevSource::Udp { connect, bind } => {
                let end = |end: &Option<stead_config::domain::chardev::Endpoint>| {
                    end.clone().unwrap_or_default()
                };
                let (to, from) = (end(connect), end(bind));
                let mut list = start("udp")
                    .with("host", to.host.unwrap_or_default())
                    .with("port", to.service.unwrap_or_default());
                list.add("localaddr", from.host.unwrap_or_default());
                list.add("localport", from.service.unwrap_or_else(|| "0".to_owned()));
                list
            }
            ChardevSource::Tcp { mode, endpoint, reconnect, protocol, .. } => {
                let mut list = start("socket")
                    .with("host", endpoint.host.clone().unwrap_or_default())
                    .with("port", endpoint.service.clone().unwrap_or_default());
                if *protocol == TcpProtocol::Telnet {
                    list.add("telnet", "on");
                }
                self.connection(list, *mode, reconnect.as_ref())
            }
            ChardevSource::Unix { mode, path, reconnect } => match mode {
                SocketMode::Bind => {
                    let number = self.plan.descriptor(&Role::Socket { alias: alias.to_owned() });
                    self.connection(start("socket").with("fd", number), *mode, None)
                }
                SocketMode::Connect => {
                    let list = start("socket").with("path", path.clone().unwrap_or_default());
                    self.connection(list, *mode, reconnect.as_ref())
                }
            },
        };
        if let Some(log) = log {
            let role = Role::Log { alias: alias.to_owned() };
            let path = self.set(&role, &format!("{alias}-log"), words);
            list.add("logfile", path);
            let _ = log;
            list.add("logappend", "on");
        }
        words.option("-chardev", list.text());
    }

    fn connection(&self, list: List, mode: SocketMode, reconnect: Option<&Reconnect>) -> List {
        if mode == SocketMode::Bind {
            return list.with("server", "on").with("wait", "off");
        }
        let Some(reconnect) = reconnect else { return list };
        let seconds = match reconnect.enabled {
            YesNo::Yes => reconnect.timeout.unwrap_or(0),
            YesNo::No => 0,
        };
        if self.plan.dialect.reconnect_ms {
            list.with("reconnect-ms", u64::from(seconds).saturating_mul(1000))
        } else {
            list.with("reconnect", seconds)
        }
    }

    /// A set with one descriptor; QEMU opens it as a path.
    fn set(&mut self, role: &Role, name: &str, words: &mut Words) -> String {
        let set = self.sets;
        self.sets += 1;
        let number = self.plan.descriptor(role);
        let list = List::default().with("set", set).with("fd", number).with("opaque", name);
        words.option("-add-fd", list.text());
        format!("/dev/fdset/{set}")
    }
}
