//! Serial ports, parallel ports, consoles, channels: targets, numbers, and the console that every
//! first serial port is.

use stead_config::domain::Domain;
use stead_config::domain::chardev::{
    ChannelPort, ChardevSource, Console, ConsolePort, ConsoleTarget, Serial, SerialModel,
    SerialModelName, SerialPort, SerialTarget, SocketMode,
};
use stead_config::{Class, Fault, Faults, Place};

/// Fills in what serial ports, parallel ports and channels are.
pub(super) fn targets(domain: &mut Domain, channels: &str) -> Result<(), Faults> {
    let devices = &mut domain.devices;
    for serial in &mut devices.serials {
        serial_target(&mut serial.target);
    }
    number(devices.serials.iter_mut().map(|serial| &mut serial.target.port));
    number(devices.parallels.iter_mut().map(|parallel| &mut parallel.target.port));
    for console in &mut devices.consoles {
        console.target.kind.get_or_insert(ConsoleTarget::Serial);
    }
    number(devices.consoles.iter_mut().map(|console| &mut console.target.port));
    for channel in &mut devices.channels {
        if let (ChannelPort::Virtio { name, .. }, ChardevSource::Unix { path, mode, reconnect }) =
            (&channel.target, &mut channel.source)
            && let (Some(name), Some(text)) = (name, path.as_deref())
            && is_generated(text, name, channels)
        {
            if reconnect.as_ref().is_some_and(|reconnect| reconnect.enabled.is_yes()) {
                let message = "chardev reconnect is possible only for connect mode";
                let place = Place::new(channel.position, "domain/devices/channel/source");
                return Err(Fault::new(Class::Internal, place, message).into());
            }
            // libvirt made such a path up for an earlier start.
            *path = None;
            *mode = SocketMode::Bind;
        }
    }
    Ok(())
}

/// Whether a path is one that libvirt or stead makes up: `FOLDER/[target/]PREFIX NAME`, where the
/// prefix is `x.`, `domain-x/` or `1-x/`.
fn is_generated(path: &str, name: &str, channels: &str) -> bool {
    let folders = [
        channels,
        "/var/lib/libvirt/qemu/channel",
        "/run/libvirt/qemu/channel",
        "/var/run/libvirt/qemu/channel",
    ];
    let below = folders.iter().find_map(|folder| path.strip_prefix(folder)?.strip_prefix('/'));
    let Some(below) = below else { return false };
    let below = below.strip_prefix("target/").unwrap_or(below);
    let Some(prefix) = below.strip_suffix(name) else { return false };
    let machine = match prefix.split_once('/') {
        Some((machine, "")) => machine,
        Some(_) => return false,
        None => return prefix.len() > 1 && prefix.ends_with('.'),
    };
    machine.strip_prefix("domain-").is_some_and(|rest| !rest.is_empty())
        || machine.split_once('-').is_some_and(|(id, rest)| {
            !rest.is_empty() && !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())
        })
}

fn serial_target(target: &mut SerialPort) {
    let kind = *target.kind.get_or_insert(SerialTarget::IsaSerial);
    let model = match kind {
        SerialTarget::IsaSerial => SerialModel::IsaSerial,
        SerialTarget::UsbSerial => SerialModel::UsbSerial,
        SerialTarget::PciSerial => SerialModel::PciSerial,
        SerialTarget::IsaDebug => SerialModel::IsaDebugcon,
        _ => return,
    };
    target.model.get_or_insert(SerialModelName { name: model });
}

/// Numbers without a value count on from the highest.
fn number<'a>(ports: impl Iterator<Item = &'a mut Option<u32>>) {
    let mut ports: Vec<_> = ports.collect();
    for index in 0..ports.len() {
        if ports[index].is_none() {
            let next = ports
                .iter()
                .filter_map(|port| **port)
                .max()
                .map_or(0, |highest| highest.saturating_add(1));
            *ports[index] = Some(next);
        }
    }
}

/// The first serial port is a console as well, and a lone serial console is a serial port.
pub(super) fn consoles(domain: &mut Domain) -> Result<(), Faults> {
    let devices = &mut domain.devices;
    if let Some(console) =
        devices.consoles.iter().skip(1).find(|each| each.target.kind == Some(ConsoleTarget::Serial))
    {
        let message = "Only the first console can be a serial port";
        let place = Place::new(console.position, "domain/devices/console");
        return Err(Fault::new(Class::Internal, place, message).into());
    }
    let is_serial = devices
        .consoles
        .first()
        .is_some_and(|each| matches!(each.target.kind, Some(ConsoleTarget::Serial) | None));
    if is_serial {
        if devices.serials.is_empty() {
            let console = &devices.consoles[0];
            let mut target = SerialPort { port: Some(0), ..SerialPort::default() };
            serial_target(&mut target);
            devices.serials.push(Serial {
                source: console.source.clone(),
                log: console.log.clone(),
                target,
                alias: console.alias.clone(),
                address: None,
                position: console.position,
            });
        }
        let address = devices.consoles[0].address.take();
        devices.consoles[0] = Console { address, ..mirror(&devices.serials[0]) };
    } else if let Some(serial) = devices.serials.first()
        && serial.target.kind == Some(SerialTarget::IsaSerial)
    {
        let mirrored = mirror(serial);
        devices.consoles.insert(0, mirrored);
        for (port, console) in (1..).zip(devices.consoles.iter_mut().skip(1)) {
            if console.target.port == Some(port - 1) {
                console.target.port = Some(port);
            }
        }
    }
    Ok(())
}

/// The console that a serial port is.
pub(crate) fn mirror(serial: &Serial) -> Console {
    Console {
        source: serial.source.clone(),
        log: serial.log.clone(),
        target: ConsolePort { kind: Some(ConsoleTarget::Serial), port: Some(0) },
        alias: serial.alias.clone(),
        address: None,
        position: serial.position,
    }
}
