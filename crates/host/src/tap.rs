//! Tap devices: a machine's NIC as the host sees it.
//!
//! A tap that is made here lives as long as somebody holds one of its descriptors: QEMU does, so the tap ends with
//! QEMU, whatever becomes of the daemon; there is nothing to clean up. Source: Linux 6.18,
//! `Documentation/networking/tuntap.rst`, netdevice(7); `include/uapi/linux/{if_tun,sockios}.h`.

#![allow(unsafe_code, reason = "network devices are configured by ioctls on C structures")]

use std::{
    ffi::c_ulong,
    fs::{self, File, OpenOptions},
    io, mem,
    os::fd::{AsRawFd, OwnedFd},
};

use nix::libc;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};

use crate::{Error, error::Doing};

const SIOCBRADDIF: c_ulong = 0x89a2;
const TUNSETIFF: c_ulong = 0x4004_54ca;
const IFF_TAP: i16 = 0x0002;
const IFF_MULTI_QUEUE: i16 = 0x0100;
const IFF_NO_PI: i16 = 0x1000;
const IFF_VNET_HDR: i16 = 0x4000;

/// A tap to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its name; `%d` in it becomes the lowest number that is free.
    pub name: String,
    /// The bridge it joins.
    pub bridge: Option<String>,
    /// The host's end of the link; the guest's own address with `fe` first is customary, so that the bridge
    /// does not take it for its own.
    pub mac: [u8; 6],
    /// Maximum transmission unit; none: the bridge's.
    pub mtu: Option<u32>,
    /// At least 1: a descriptor each.
    pub queues: u32,
    /// Whether the link is up at once.
    pub link: Link,
    /// Whether frames carry a virtio header (checksums and segments left to the other end).
    pub header: Header,
}

/// A link's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// No frames pass.
    Down,
    /// Frames pass.
    Up,
}

/// What stands before a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// Nothing.
    None,
    /// The virtio header.
    Virtio,
}

/// A tap that is there.
#[derive(Debug)]
pub struct Tap {
    /// Its name.
    pub name: String,
    /// A descriptor a queue, for QEMU.
    pub queues: Vec<OwnedFd>,
}

/// Makes a tap as wanted.
///
/// # Errors
/// With the step that failed; then no tap is left.
pub fn create(wanted: &Wanted) -> Result<Tap, Error> {
    let control = control()?;
    let tap = attach(&wanted.name, wanted.queues, wanted.header)?;
    let name = tap.name.as_str();
    set_mac(&control, name, wanted.mac)?;
    let mtu = match (&wanted.mtu, &wanted.bridge) {
        (Some(mtu), _) => Some(*mtu),
        (None, Some(bridge)) => mtu_of(bridge),
        (None, None) => None,
    };
    if let Some(mtu) = mtu {
        set_mtu(&control, name, mtu)?;
    }
    if let Some(bridge) = &wanted.bridge {
        join(&control, name, bridge)?;
    }
    set_link(name, wanted.link)?;
    Ok(tap)
}

/// Takes descriptors of a tap that somebody else made to stay (`managed='no'`), and changes nothing about it.
/// With a name that is not there yet, it makes a bare one.
///
/// # Errors
/// When it is not ours to use, or is busy.
pub fn attach(name: &str, queues: u32, header: Header) -> Result<Tap, Error> {
    let mut flags = IFF_TAP | IFF_NO_PI;
    if header == Header::Virtio {
        flags |= IFF_VNET_HDR;
    }
    if queues > 1 {
        flags |= IFF_MULTI_QUEUE;
    }
    let mut tap = Tap { name: name.into(), queues: Vec::new() };
    for _ in 0..queues.max(1) {
        let (name, queue) = attach_queue(&tap.name, flags)?;
        tap.name = name;
        tap.queues.push(queue);
    }
    Ok(tap)
}

/// Puts the link of an interface up or down.
///
/// # Errors
/// When there is no such interface, or it is not ours to change.
pub fn set_link(name: &str, link: Link) -> Result<(), Error> {
    let doing = || format!("setting the link of {name}");
    let control = control()?;
    let mut request = Request::named(name).doing(doing)?;
    request.call(&control, libc::SIOCGIFFLAGS).doing(doing)?;
    // SAFETY: the call above has filled this member of the union.
    let flags = unsafe { request.0.ifr_ifru.ifru_flags };
    let up = libc::IFF_UP as i16;
    request.0.ifr_ifru.ifru_flags = if link == Link::Up { flags | up } else { flags & !up };
    request.call(&control, libc::SIOCSIFFLAGS).doing(doing)
}

/// A descriptor of the kernel's virtio network backend, for one queue.
///
/// # Errors
/// When the host has none, or it is not ours to use.
pub fn vhost() -> Result<OwnedFd, Error> {
    let path = "/dev/vhost-net";
    let file = OpenOptions::new().read(true).write(true).open(path);
    Ok(file.doing(|| format!("opening {path}"))?.into())
}

fn attach_queue(name: &str, flags: i16) -> Result<(String, OwnedFd), Error> {
    let doing = || format!("making tap device {name}");
    let path = "/dev/net/tun";
    let tun: File = OpenOptions::new().read(true).write(true).open(path).doing(doing)?;
    let mut request = Request::named(name).doing(doing)?;
    request.0.ifr_ifru.ifru_flags = flags;
    request.call(&tun, TUNSETIFF).doing(doing)?;
    Ok((request.name(), tun.into()))
}

fn set_mac(control: &OwnedFd, name: &str, mac: [u8; 6]) -> Result<(), Error> {
    let doing = || format!("setting the address of {name}");
    let mut request = Request::named(name).doing(doing)?;
    // SAFETY: an all-zero socket address is a valid one.
    let mut address: libc::sockaddr = unsafe { mem::zeroed() };
    address.sa_family = libc::ARPHRD_ETHER;
    for (to, from) in address.sa_data.iter_mut().zip(mac) {
        *to = from.cast_signed();
    }
    request.0.ifr_ifru.ifru_hwaddr = address;
    request.call(control, libc::SIOCSIFHWADDR).doing(doing)
}

fn set_mtu(control: &OwnedFd, name: &str, mtu: u32) -> Result<(), Error> {
    let doing = || format!("setting the MTU of {name} to {mtu}");
    let mut request = Request::named(name).doing(doing)?;
    let mtu = i32::try_from(mtu).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput));
    request.0.ifr_ifru.ifru_mtu = mtu.doing(doing)?;
    request.call(control, libc::SIOCSIFMTU).doing(doing)
}

fn join(control: &OwnedFd, name: &str, bridge: &str) -> Result<(), Error> {
    let doing = || format!("adding {name} to bridge {bridge}");
    let index = nix::net::if_::if_nametoindex(name).doing(doing)?;
    let mut request = Request::named(bridge).doing(doing)?;
    request.0.ifr_ifru.ifru_ifindex = index.cast_signed();
    request.call(control, SIOCBRADDIF).doing(doing)
}

/// Of an interface that is there.
fn mtu_of(name: &str) -> Option<u32> {
    fs::read_to_string(format!("/sys/class/net/{name}/mtu")).ok()?.trim().parse().ok()
}

/// Any socket will do to speak of interfaces.
fn control() -> Result<OwnedFd, Error> {
    socket_with(AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, None)
        .doing(|| "opening a control socket")
}

/// `struct ifreq`.
struct Request(libc::ifreq);

impl Request {
    fn named(name: &str) -> io::Result<Self> {
        // SAFETY: an all-zero request is a valid one: no name, no argument.
        let mut request: libc::ifreq = unsafe { mem::zeroed() };
        // The last byte stays zero.
        if name.is_empty() || name.len() >= request.ifr_name.len() || name.contains(['\0', '/']) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not an interface's name"));
        }
        for (to, from) in request.ifr_name.iter_mut().zip(name.bytes()) {
            *to = from.cast_signed();
        }
        Ok(Self(request))
    }

    /// # Errors
    /// The system's.
    fn call(&mut self, fd: &impl AsRawFd, number: c_ulong) -> io::Result<()> {
        // SAFETY: each number in use takes a pointer to `struct ifreq`, which lives across the call.
        let outcome = unsafe { libc::ioctl(fd.as_raw_fd(), number as _, &raw mut self.0) };
        if outcome == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    fn name(&self) -> String {
        let bytes: Vec<u8> = self
            .0
            .ifr_name
            .iter()
            .map(|byte| byte.cast_unsigned())
            .take_while(|&byte| byte != 0)
            .collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_name_that_is_none_is_refused_before_the_kernel_sees_it() {
        for name in ["", "sixteen-letters-", "a/b", "a\0b"] {
            assert!(attach(name, 1, Header::None).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_tap_is_made_as_wanted_and_ends_with_its_descriptors() {
        let wanted = Wanted {
            name: "steadtst%d".into(),
            bridge: None,
            mac: [0xfe, 0x54, 0, 1, 2, 3],
            mtu: Some(1400),
            queues: 2,
            link: Link::Up,
            header: Header::Virtio,
        };
        let tap = match create(&wanted) {
            Err(error) if error.kind() != io::ErrorKind::InvalidInput => {
                println!("skipped: no tap can be made here ({error})");
                return;
            }
            other => other.unwrap(),
        };
        let read = |file: &str| fs::read_to_string(format!("/sys/class/net/{}/{file}", tap.name));
        assert_eq!(read("address").unwrap().trim(), "fe:54:00:01:02:03");
        assert_eq!(read("mtu").unwrap().trim(), "1400");
        let flags = read("flags").unwrap();
        let flags = u32::from_str_radix(flags.trim().trim_start_matches("0x"), 16).unwrap();
        assert_eq!(flags & 1, 1, "up");
        assert_eq!(tap.queues.len(), 2);
        set_link(&tap.name, Link::Down).unwrap();
        let name = tap.name.clone();
        drop(tap);
        assert!(!std::path::Path::new("/sys/class/net").join(name).exists());
    }

    #[test]
    fn a_bridge_that_is_missing_leaves_no_tap() {
        let wanted = Wanted {
            name: "steadbad%d".into(),
            bridge: Some("no-such-bridge".into()),
            mac: [0xfe, 0x54, 0, 1, 2, 4],
            mtu: None,
            queues: 1,
            link: Link::Up,
            header: Header::None,
        };
        assert!(create(&wanted).is_err());
        let left = fs::read_dir("/sys/class/net").unwrap().filter_map(Result::ok);
        assert!(
            !left
                .into_iter()
                .any(|entry| entry.file_name().to_string_lossy().starts_with("steadbad"))
        );
    }
}
