//! Finds the QEMUs of one daemon among all processes, when no file tells of them.
//!
//! Each QEMU bears the daemon's `run` folder in its environment and its machine's UUID on its command line.
//! That is enough to find one again; whether it answers is for its monitor to say.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::Path,
};

use uuid::Uuid;

use super::Identity;
use crate::{Error, error::Doing, procfs};

/// The variable that names the `run` folder of the daemon a QEMU belongs to.
pub(super) const MARK: &str = "STEAD_RUN";

/// A process that bears a daemon's mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Who it is.
    pub identity: Identity,
    /// Its command line, the binary first.
    pub arguments: Vec<OsString>,
}

/// All running processes that a daemon with this `run` folder started for a machine.
///
/// # Errors
/// Only when `/proc` cannot be read; processes that end or hide meanwhile are passed over.
pub fn scan(run: &Path) -> Result<Vec<Found>, Error> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").doing(|| "reading /proc")? {
        let Ok(entry) = entry else { continue };
        let pid = entry.file_name().to_str().and_then(|name| name.parse().ok());
        if let Some(pid) = pid {
            found.extend(look(pid, run).ok().flatten());
        }
    }
    Ok(found)
}

fn look(pid: u32, run: &Path) -> io::Result<Option<Found>> {
    let before = procfs::stat(pid)?;
    if before.state == b'Z' {
        return Ok(None);
    }
    let mark = [MARK.as_bytes(), b"=", run.as_os_str().as_bytes()].concat();
    let environment = fs::read(format!("/proc/{pid}/environ"))?;
    if !environment.split(|&byte| byte == 0).any(|variable| variable == mark) {
        return Ok(None);
    }
    let arguments = split(fs::read(format!("/proc/{pid}/cmdline"))?);
    let Some(uuid) = uuid_of(&arguments) else { return Ok(None) };
    // The pid may have gone to another process between the two reads.
    if procfs::stat(pid)?.start_ticks != before.start_ticks {
        return Ok(None);
    }
    let boot = procfs::boot_id().to_owned();
    let identity = Identity { boot, pid, start_ticks: before.start_ticks, uuid };
    Ok(Some(Found { identity, arguments }))
}

fn split(mut line: Vec<u8>) -> Vec<OsString> {
    if line.last() == Some(&0) {
        line.pop();
    }
    line.split(|&byte| byte == 0).map(|word| OsString::from_vec(word.to_vec())).collect()
}

fn uuid_of(arguments: &[OsString]) -> Option<Uuid> {
    let at = arguments.iter().position(|argument| argument == OsStr::new("-uuid"))?;
    Uuid::try_parse(arguments.get(at + 1)?.to_str()?).ok()
}
