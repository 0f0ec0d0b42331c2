//! A QEMU as a process: started so that it outlives the daemon, known again by the next daemon, signalled
//! only where it is surely the one that is meant.
//!
//! A pid alone names nothing: pids are given out again. An [`Identity`] is boot, pid, start time and UUID; a
//! [`Process`] holds a pidfd, which stays with the process it was opened for. Its end is seen through the pidfd,
//! also when it is not our child (a QEMU that an earlier daemon started), though then nobody can
//! say how it ended.

use std::{
    fmt, io,
    os::fd::{AsFd, OwnedFd},
    sync::{Arc, Mutex, PoisonError},
};

use rustix::process::{
    Pid, PidfdFlags, WaitId, WaitIdOptions, WaitIdStatus, pidfd_open, pidfd_send_signal, waitid,
};
use serde::{Deserialize, Serialize};
use tokio::io::{Interest, unix::AsyncFd};
use uuid::Uuid;

use crate::{Error, error::Doing, procfs};

mod scan;
mod spawn;

pub use rustix::process::Signal;
pub use scan::{Found, scan};
pub use spawn::{Credentials, Descriptor, Limits, Spawn, SpawnError, Step, spawn};

/// Which process, on which boot of the host, for which machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// `/proc/sys/kernel/random/boot_id`.
    pub boot: String,
    /// Process id.
    pub pid: u32,
    /// When it started, in clock ticks since boot (field 22 of `/proc/PID/stat`).
    pub start_ticks: u64,
    /// The machine's UUID, also on its command line.
    pub uuid: Uuid,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with this status.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// Not our child: nobody told.
    Unknown,
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit status {code}"),
            Self::Signal(signal) => write!(f, "fatal signal {signal}"),
            Self::Unknown => f.write_str("unknown exit status"),
        }
    }
}

/// Whether a signal met a living process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Delivered.
    Sent,
    /// It had ended already.
    Ended,
}

/// Why a process of an earlier daemon cannot be taken over.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// No such process any more.
    #[error("process {pid} has ended")]
    Ended {
        /// Its pid.
        pid: u32,
    },
    /// The host was booted since.
    #[error("the host was booted since process {pid} started")]
    OtherBoot {
        /// Its pid.
        pid: u32,
    },
    /// The pid belongs to another process now.
    #[error("pid {pid} belongs to another process now")]
    Replaced {
        /// The pid.
        pid: u32,
    },
    /// The system would not tell.
    #[error(transparent)]
    Host(#[from] Error),
}

/// A hold on one process. Cheap to clone; dropping it does nothing to the process.
#[derive(Clone, Debug)]
pub struct Process {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    identity: Identity,
    pidfd: OwnedFd,
    exit: Mutex<Option<Exit>>,
}

impl Process {
    pub(crate) fn new(identity: Identity, pidfd: OwnedFd) -> Self {
        Self { inner: Arc::new(Inner { identity, pidfd, exit: Mutex::new(None) }) }
    }

    /// Takes hold of a process that an earlier daemon started.
    ///
    /// # Errors
    /// When the process that is meant does not run any more.
    pub fn adopt(identity: &Identity) -> Result<Self, AdoptError> {
        let pid = identity.pid;
        if identity.boot != procfs::boot_id() {
            return Err(AdoptError::OtherBoot { pid });
        }
        let ended = AdoptError::Ended { pid };
        let Some(raw) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return Err(ended) };
        let pidfd = match pidfd_open(raw, PidfdFlags::empty()) {
            Err(rustix::io::Errno::SRCH) => return Err(ended),
            other => other.doing(|| format!("opening process {pid}"))?,
        };
        // The pidfd holds whatever has the pid now; the start time says whether that is the one.
        match procfs::stat(pid) {
            Ok(stat) if stat.start_ticks != identity.start_ticks => {
                Err(AdoptError::Replaced { pid })
            }
            Ok(stat) if stat.state == b'Z' || stat.state == b'X' => Err(ended),
            Ok(_) => Ok(Self::new(identity.clone(), pidfd)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(ended),
            Err(error) => {
                Err(Error::new(format!("reading the state of process {pid}"), error).into())
            }
        }
    }

    /// Who it is.
    pub fn identity(&self) -> &Identity {
        &self.inner.identity
    }

    /// Its process id; valid as a name only while it runs.
    pub fn pid(&self) -> u32 {
        self.inner.identity.pid
    }

    /// Sends a signal, to this process and to no other.
    ///
    /// # Errors
    /// When the system forbids it.
    pub fn signal(&self, signal: Signal) -> Result<Delivery, Error> {
        match pidfd_send_signal(&self.inner.pidfd, signal) {
            Ok(()) => Ok(Delivery::Sent),
            Err(rustix::io::Errno::SRCH) => Ok(Delivery::Ended),
            Err(error) => Err(Error::new(format!("signalling process {}", self.pid()), error)),
        }
    }

    /// Waits for its end; several may wait. Needs a tokio runtime with I/O.
    ///
    /// # Errors
    /// When the pidfd cannot be watched (no descriptors left).
    pub async fn exited(&self) -> Result<Exit, Error> {
        let watching = || format!("watching process {}", self.pid());
        // One registration a waiter: a descriptor can be registered only once.
        let pidfd = self.inner.pidfd.try_clone().doing(watching)?;
        let pidfd = watch(pidfd).doing(watching)?;
        loop {
            let mut ready = pidfd.readable().await.doing(watching)?;
            if let Some(exit) = self.try_exited() {
                return Ok(exit);
            }
            ready.clear_ready();
        }
    }

    /// How it ended, if it has. Reaps it when it is our child.
    pub fn try_exited(&self) -> Option<Exit> {
        let mut exit = self.inner.exit.lock().unwrap_or_else(PoisonError::into_inner);
        if exit.is_none() {
            *exit = self.inner.wait();
        }
        *exit
    }
}

impl Inner {
    fn wait(&self) -> Option<Exit> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
        match waitid(WaitId::PidFd(self.pidfd.as_fd()), options) {
            Ok(status) => status.as_ref().map(exit_of),
            Err(rustix::io::Errno::CHILD) => self.stranger_ended().then_some(Exit::Unknown),
            Err(_) => None,
        }
    }

    /// A pidfd becomes readable when its process ends, whosever child it is.
    fn stranger_ended(&self) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        let mut polled = [PollFd::new(&self.pidfd, PollFlags::IN)];
        matches!(poll(&mut polled, Some(&now)), Ok(1))
    }
}

fn watch(pidfd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    #[allow(unsafe_code, reason = "tokio asks for a promise about AsRawFd")]
    // SAFETY: an `OwnedFd` keeps its one descriptor open until it is dropped.
    let watched = unsafe { AsyncFd::register_with_interest(pidfd, Interest::READABLE) };
    Ok(watched?)
}

fn exit_of(status: &WaitIdStatus) -> Exit {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => Exit::Code(code),
        (None, Some(signal)) => Exit::Signal(signal),
        (None, None) => Exit::Unknown,
    }
}

#[cfg(test)]
mod test;
