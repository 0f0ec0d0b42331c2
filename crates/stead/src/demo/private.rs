//! A daemon of one's own: a child process below a temporary folder, which leaves nothing behind.

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use stead_client::{Access, Address, Connection};
use stead_protocol::remote::{
    ConnectListAllDomains, ConnectListAllDomainsArgs, DomainDestroy, DomainDestroyArgs,
};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

/// How long the daemon may take to listen, and to end.
const READY_MAX: Duration = Duration::from_secs(15);
const END_MAX: Duration = Duration::from_secs(10);

/// Machines that are active, in libvirt's flags of a list.
const LIST_ACTIVE: u32 = 1;

/// The daemon and its folder.
#[derive(Debug)]
pub(super) struct Private {
    folder: PathBuf,
    child: Child,
    connection: Option<Connection>,
}

impl Private {
    /// Starts this same binary as a daemon below a new folder. Its log goes to a file there, or to
    /// our stderr when `verbose`.
    pub(super) fn open(verbose: u8) -> Result<Self, String> {
        let folder = new_folder()?;
        match spawn(&folder, verbose) {
            Ok(child) => Ok(Self { folder, child, connection: None }),
            Err(reason) => {
                let _ = fs::remove_dir_all(&folder);
                Err(reason)
            }
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    fn socket(&self) -> PathBuf {
        self.folder.join("run/libvirt-sock")
    }

    /// What a libvirt client is pointed at.
    pub(super) fn uri(&self) -> String {
        format!("qemu+unix:///system?socket={}", self.socket().display())
    }

    /// A connection, as soon as the daemon takes one.
    pub(super) async fn connect(&mut self) -> Result<Connection, String> {
        let address = Address::socket(self.socket(), Access::ReadWrite);
        let end = Instant::now() + READY_MAX;
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("the daemon has ended ({status}):\n{}", self.said()));
            }
            match Connection::open_at(&address).await {
                Ok(connection) => {
                    self.connection = Some(connection.clone());
                    return Ok(connection);
                }
                Err(error) if Instant::now() >= end => return Err(error.to_string()),
                Err(_) => sleep(Duration::from_millis(10)).await,
            }
        }
    }

    /// The end of the daemon's log.
    fn said(&self) -> String {
        let log = fs::read_to_string(self.folder.join("daemon.log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(10)..].join("\n")
    }

    /// Ends the machines and the daemon, and removes the folder. Whatever went wrong before, and
    /// whatever goes wrong on the way, all of it is tried.
    pub(super) async fn close(mut self) -> Result<(), String> {
        if let Some(connection) = self.connection.take() {
            // Past this time the machines are ended without the daemon, below.
            let _ = timeout(END_MAX, destroy_all(&connection)).await;
        }
        let ended = self.end_daemon().await;
        end_strays(&self.folder);
        let removed = fs::remove_dir_all(&self.folder)
            .map_err(|error| format!("removing '{}': {error}", self.folder.display()));
        ended.and(removed)
    }

    async fn end_daemon(&mut self) -> Result<(), String> {
        if let Some(pid) = self.child.id().and_then(|id| i32::try_from(id).ok())
            && let Some(pid) = rustix::process::Pid::from_raw(pid)
        {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        if let Ok(Ok(_)) = timeout(END_MAX, self.child.wait()).await {
            return Ok(());
        }
        self.child.kill().await.map_err(|error| format!("ending the daemon: {error}"))
    }
}

/// A folder with a short name: sockets below it have paths of at most 107 bytes.
fn new_folder() -> Result<PathBuf, String> {
    for attempt in 0..1000u32 {
        let folder = PathBuf::from(format!("/tmp/stead-demo.{}.{attempt}", std::process::id()));
        // QEMU's account walks through it.
        match fs::DirBuilder::new().mode(0o755).create(&folder) {
            Ok(()) => {
                let _ = fs::set_permissions(&folder, fs::Permissions::from_mode(0o755));
                return Ok(folder);
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(format!("'{}': {error}", folder.display())),
        }
    }
    Err("no new folder can be made in /tmp".to_owned())
}

fn spawn(folder: &Path, verbose: u8) -> Result<Child, String> {
    let failed = |error: std::io::Error| format!("starting the daemon: {error}");
    let program = std::env::current_exe().map_err(failed)?;
    let mut command = Command::new(program);
    command.arg("daemon").arg("--root").arg(folder).stdin(Stdio::null()).stdout(Stdio::null());
    for _ in 0..verbose {
        command.arg("--verbose");
    }
    if verbose == 0 {
        let log = fs::File::create(folder.join("daemon.log")).map_err(failed)?;
        command.stderr(log);
    }
    // Ctrl-C is for us: the daemon is ended after its machines.
    command.process_group(0).kill_on_drop(true).spawn().map_err(failed)
}

async fn destroy_all(connection: &Connection) {
    let args = ConnectListAllDomainsArgs { need_results: 1, flags: LIST_ACTIVE };
    let Ok(listed) = connection.call(ConnectListAllDomains, &args).await else { return };
    for domain in listed.domains {
        // One that has ended meanwhile is what is wanted.
        let _ = connection.call(DomainDestroy, &DomainDestroyArgs { domain }).await;
    }
}

/// Kills QEMUs that hold something below the folder: of a daemon that could not end them itself.
fn end_strays(folder: &Path) {
    let Ok(processes) = fs::read_dir("/proc") else { return };
    for process in processes.flatten() {
        let name = process.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
        if holds(&process.path(), folder)
            && let Some(pid) = rustix::process::Pid::from_raw(pid)
        {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
    }
}

fn holds(process: &Path, folder: &Path) -> bool {
    let Ok(words) = fs::read(process.join("cmdline")) else { return false };
    if !words.split(|byte| *byte == 0).any(|word| word == b"-uuid") {
        return false;
    }
    let Ok(descriptors) = fs::read_dir(process.join("fd")) else { return false };
    let mut held = descriptors.flatten().filter_map(|entry| fs::read_link(entry.path()).ok());
    held.any(|path| path.starts_with(folder))
}
