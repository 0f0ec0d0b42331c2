//! Consoles: one client at a time, taken away only by force.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{Mode, OFlags};
use stead_config::Domain;
use stead_config::domain::chardev::{Chardev, ChardevSource, ConsoleTarget, SocketMode};
use tokio::sync::oneshot;

use crate::{Console, Error, Machine, Result, Uuid, flags};

/// Who has which console.
#[derive(Clone, Debug, Default)]
pub(crate) struct Consoles {
    open: Arc<Mutex<HashMap<Key, Holder>>>,
}

type Key = (Uuid, String);

#[derive(Debug)]
struct Holder {
    number: u64,
    taken: oneshot::Sender<()>,
}

/// The right to a console; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    consoles: Consoles,
    key: Key,
    number: u64,
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut open = self.consoles.lock();
        if open.get(&self.key).is_some_and(|holder| holder.number == self.number) {
            open.remove(&self.key);
        }
    }
}

impl Consoles {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Holder>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a console, from its holder only by force.
    fn take(&self, key: Key, force: bool) -> Result<(Lease, oneshot::Receiver<()>)> {
        use std::sync::atomic::{AtomicU64, Ordering};
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let mut open = self.lock();
        if let Some(holder) = open.remove(&key) {
            if !force {
                open.insert(key, holder);
                return Err(Error::failed("Active console session exists for this domain"));
            }
            let _left = holder.taken.send(());
        }
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let (taken, told) = oneshot::channel();
        open.insert(key.clone(), Holder { number, taken });
        Ok((Lease { consoles: self.clone(), key, number }, told))
    }
}

/// Which character devices are looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Among {
    /// Consoles, serial and parallel ports.
    Consoles,
    /// Channels, by alias or by their name in the guest.
    Channels,
}

pub(crate) fn open(
    machine: &Machine,
    among: Among,
    device: Option<&str>,
    given: u32,
) -> Result<Console> {
    let function = match among {
        Among::Consoles => "qemuDomainOpenConsole",
        Among::Channels => "qemuDomainOpenChannel",
    };
    flags::check(given, flags::CONSOLE_FORCE | flags::CONSOLE_SAFE, function)?;
    if !machine.snapshot().is_active() {
        return Err(Error::not_running());
    }
    let connection = machine.connection()?;
    let live = connection.live.load();
    let (alias, source) = match among {
        Among::Consoles => console(&live.domain, device),
        Among::Channels => channel(&live.domain, device),
    }
    .ok_or_else(|| {
        Error::internal(format!("cannot find character device {}", device.unwrap_or("<null>")))
    })?;
    let force = given & flags::CONSOLE_FORCE != 0;
    let (lease, taken) = machine.0.consoles.take((machine.uuid(), alias.to_owned()), force)?;
    let pty = live.record.ptys.get(alias).map(String::as_str);
    let descriptor = match source {
        ChardevSource::Pty(path) => pty_device(path.as_deref().or(pty), alias)?,
        ChardevSource::Unix { mode: SocketMode::Bind, path: Some(path), .. } => socket(path)?,
        _ => {
            let message = format!("character device {alias} is not using a PTY");
            return Err(Error::internal(message));
        }
    };
    Ok(Console { descriptor, taken, _lease: lease })
}

fn console<'a>(domain: &'a Domain, device: Option<&str>) -> Option<(&'a str, &'a ChardevSource)> {
    let devices = &domain.devices;
    let Some(device) = device else {
        let first = devices.consoles.first();
        // The first console usually is the first serial port under another name.
        return match first {
            Some(console) if console.target.kind != Some(ConsoleTarget::Serial) => part(console),
            _ => devices.serials.first().and_then(part).or_else(|| first.and_then(part)),
        };
    };
    let consoles = devices.consoles.iter().filter_map(part);
    let serials = devices.serials.iter().filter_map(part);
    let parallels = devices.parallels.iter().filter_map(part);
    consoles.chain(serials).chain(parallels).find(|(alias, _)| *alias == device)
}

fn channel<'a>(domain: &'a Domain, device: Option<&str>) -> Option<(&'a str, &'a ChardevSource)> {
    use stead_config::domain::chardev::ChannelPort;
    let mut channels = domain.devices.channels.iter();
    let found = channels.find(|channel| match device {
        None => true,
        Some(device) => {
            channel.alias.as_deref() == Some(device)
                || matches!(&channel.target, ChannelPort::Virtio { name: Some(name), .. }
                    if name == device)
        }
    });
    found.and_then(part)
}

fn part<T>(device: &Chardev<T>) -> Option<(&str, &ChardevSource)> {
    Some((device.alias.as_deref()?, &device.source))
}

/// A pseudo-terminal, which QEMU named: nothing else is opened, whatever it says.
fn pty_device(path: Option<&str>, alias: &str) -> Result<OwnedFd> {
    let path = path
        .ok_or_else(|| Error::internal(format!("character device {alias} is not using a PTY")))?;
    let doing = || format!("unable to open tty {path}");
    if !path.strip_prefix("/dev/pts/").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
    {
        return Err(Error::internal(format!("{}: it is no pseudo-terminal", doing())));
    }
    let flags =
        OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOFOLLOW;
    rustix::fs::open(path, flags, Mode::empty())
        .map_err(|error| Error::system(doing(), &error.into()))
}

fn socket(path: &str) -> Result<OwnedFd> {
    let connected = UnixStream::connect(path).and_then(|stream| {
        stream.set_nonblocking(true)?;
        Ok(stream)
    });
    connected
        .map(OwnedFd::from)
        .map_err(|error| Error::system(format_args!("unable to connect to {path}"), &error))
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_console_has_one_client_until_force_is_used() {
        let consoles = Consoles::default();
        let key = (Uuid::from_u128(1), "serial0".to_owned());
        let (first, mut told) = consoles.take(key.clone(), false).unwrap();
        assert!(consoles.take(key.clone(), false).is_err());
        assert!(told.try_recv().is_err());
        let (second, _) = consoles.take(key.clone(), true).unwrap();
        assert!(told.try_recv().is_ok());
        drop(first);
        assert!(consoles.take(key.clone(), false).is_err());
        drop(second);
        assert!(consoles.take(key, false).is_ok());
    }
}
