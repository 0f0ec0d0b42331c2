//! What is told to a running QEMU without changing what its machine is: monitor commands, keys, interrupts, pictures.

use std::fs::File;
use std::io::Seek;
use std::os::fd::OwnedFd;
use std::time::Duration;

use stead_host::monitor::MonitorError;
use stead_qmp::command::{AddFd, InjectNmi, Key, RemoveFd, Screendump, SendKey};

use crate::run::refused;
use crate::{Error, Machine, Origin, Result, Screenshot, flags};

/// How long a client's own monitor command may take: it may be anything.
const COMMAND: Duration = Duration::from_secs(60);
/// How long QEMU may take for the others.
const ORDER: Duration = Duration::from_secs(5);
/// How long a picture may take.
const PICTURE: Duration = Duration::from_secs(20);
/// Keys that QEMU takes at once.
const KEYS_MAX: usize = 16;

pub(crate) async fn monitor(machine: &Machine, command: &str, given: u32) -> Result<String> {
    flags::check(given, flags::MONITOR_HMP, "qemuDomainQemuMonitorCommandWithFiles")?;
    let connection = machine.connection()?;
    let monitor = &connection.monitor;
    let answer = match given & flags::MONITOR_HMP {
        0 => monitor.execute_text(command, COMMAND).await,
        _ => monitor.execute_human(command, COMMAND).await,
    };
    answer.map_err(|error| match error {
        MonitorError::NotACommand(error) => {
            Error::internal(format!("failed to parse JSON: {error}")).from_origin(Origin::None)
        }
        error => refused(&error),
    })
}

pub(crate) async fn inject_nmi(machine: &Machine, given: u32) -> Result<()> {
    flags::check(given, 0, "qemuDomainInjectNMI")?;
    let connection = machine.connection()?;
    let told = connection.monitor.execute_within(&InjectNmi {}, ORDER).await;
    told.map(drop).map_err(|error| refused(&error))
}

pub(crate) async fn send_key(
    machine: &Machine,
    set: u32,
    hold_ms: u32,
    codes: &[u32],
    given: u32,
) -> Result<()> {
    flags::check(given, 0, "qemuDomainSendKey")?;
    let connection = machine.connection()?;
    if codes.len() > KEYS_MAX {
        return Err(Error::argument(format!("too many keycodes: {} > {KEYS_MAX}", codes.len())));
    }
    let keys: Result<Vec<Key>> = codes.iter().map(|code| key(set, *code)).collect();
    let command = SendKey { keys: keys?, hold_time: (hold_ms > 0).then_some(hold_ms) };
    let told = connection.monitor.execute_within(&command, ORDER).await;
    told.map(drop).map_err(|error| refused(&error))
}

/// QEMU's number (the XT set with 0x80 for the grey keys) of a key of libvirt's code set.
fn key(set: u32, code: u32) -> Result<Key> {
    let number = match set {
        // Linux' event codes are the XT codes for the main block (linux/input-event-codes.h).
        0 => linux_to_qnum(code),
        1 | 6 if code < 0x80 => Some(code),
        9 if code <= 0xff => Some(code),
        _ => None,
    };
    number.map(Key::Number).ok_or_else(|| {
        let names =
            ["linux", "xt", "atset1", "atset2", "atset3", "os_x", "xt_kbd", "usb", "win32", "qnum"];
        let name = names.get(usize::try_from(set).unwrap_or(usize::MAX)).unwrap_or(&"unknown");
        Error::internal(format!(
            "cannot translate keycode {code} of {name} codeset to qnum keycode"
        ))
    })
}

/// The grey keys of a PC keyboard: Linux' event code, and the number with 0x80.
const GREY: &[(u32, u32)] = &[
    (96, 0x9c),
    (97, 0x9d),
    (98, 0xb5),
    (99, 0x54),
    (100, 0xb8),
    (102, 0xc7),
    (103, 0xc8),
    (104, 0xc9),
    (105, 0xcb),
    (106, 0xcd),
    (107, 0xcf),
    (108, 0xd0),
    (109, 0xd1),
    (110, 0xd2),
    (111, 0xd3),
    (113, 0xa0),
    (114, 0xae),
    (115, 0xb0),
    (116, 0xde),
    (117, 0x59),
    (119, 0xc6),
    (125, 0xdb),
    (126, 0xdc),
    (127, 0xdd),
    (142, 0xdf),
    (143, 0xe3),
];

fn linux_to_qnum(code: u32) -> Option<u32> {
    if (1..=88).contains(&code) {
        return Some(code);
    }
    GREY.iter().find(|(linux, _)| *linux == code).map(|(_, number)| *number)
}

pub(crate) async fn screenshot(machine: &Machine, screen: u32, given: u32) -> Result<Screenshot> {
    flags::check(given, 0, "qemuDomainScreenshot")?;
    let connection = machine.connection()?;
    if screen > 0 {
        return Err(Error::argument("screendump of another screen is not supported by stead yet"));
    }
    let failed = |error: std::io::Error| Error::system("cannot make a file for a picture", &error);
    let mut file = picture().map_err(failed)?;
    let lent = write_end(&file).map_err(failed)?;
    let monitor = &connection.monitor;
    // QEMU writes into the file that it is handed, whoever it runs as.
    let set = monitor.send_with(&AddFd::default(), lent).within(ORDER).await;
    let set = set.map_err(|error| refused(&error))?.fdset_id;
    let command = Screendump {
        filename: format!("/dev/fdset/{set}"),
        format: Some("png".into()),
        ..Default::default()
    };
    let told = monitor.execute_within(&command, PICTURE).await;
    let back = RemoveFd { fdset_id: set, fd: None };
    if let Err(error) = monitor.execute_within(&back, ORDER).await {
        tracing::debug!(%error, "QEMU keeps a picture's file");
    }
    told.map_err(|error| refused(&error))?;
    file.rewind().map_err(failed)?;
    Ok(Screenshot { mime: "image/png".into(), descriptor: file.into() })
}

/// The same file open for writing only: QEMU looks for exactly that.
fn write_end(file: &File) -> std::io::Result<OwnedFd> {
    use std::os::fd::AsRawFd;
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(File::options().write(true).open(path)?.into())
}

/// A file without a name.
fn picture() -> std::io::Result<File> {
    let name = c"stead-picture";
    Ok(File::from(rustix::fs::memfd_create(name, rustix::fs::MemfdFlags::CLOEXEC)?))
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::Kind;

    #[test]
    fn keys_of_the_linux_set_have_numbers() {
        assert_eq!(key(0, 30), Ok(Key::Number(30)));
        assert_eq!(key(0, 111), Ok(Key::Number(0xd3)));
        let error = key(0, 3000).unwrap_err();
        assert_eq!(error.kind, Kind::InternalError);
        assert_eq!(error.message, "cannot translate keycode 3000 of linux codeset to qnum keycode");
    }
}
