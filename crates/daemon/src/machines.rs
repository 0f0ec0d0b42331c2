//! What the machines are told of this daemon: folders, defaults, firmware, and whom QEMU runs as.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use stead_domain::Domains;
use stead_host::process::Credentials;
use stead_host::user;
use stead_qemu::settle::{Age, Firmware, Settings};
use stead_store::{Layout, Scope};
use tracing::warn;

use crate::hypervisors::Hypervisors;
use crate::serve::{Failure, Options};

/// Where packages and administrators put firmware descriptors (QEMU 10.0, docs/interop/firmware.json); later ones win.
const FIRMWARE: [&str; 2] = ["/usr/share/qemu/firmware", "/etc/qemu/firmware"];

/// Whom machines of a private root run as where no user was made for them.
const NOBODY: &str = "nobody";

/// The machines of this daemon.
///
/// # Errors
/// Their documents cannot be read, or there is no user to run QEMU as.
pub(crate) fn open(options: &Options, hypervisors: Arc<Hypervisors>) -> Result<Domains, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Machines(error.to_string());
    let is_root = rustix::process::geteuid().is_root();
    let credentials = match is_root {
        true => Some(credentials(options)?),
        false => None,
    };
    let settings = settings(&options.layout, &hypervisors, is_root);
    for folder in [&settings.lib, &settings.variables, &settings.channels] {
        passable(Path::new(folder))?;
    }
    Domains::open(stead_domain::Options {
        layout: options.layout.clone(),
        settings,
        firmware: hypervisors.firmware().to_vec(),
        credentials,
        hypervisors,
    })
    .map_err(|error| failed(&error))
}

/// Makes a folder in which machines have theirs: QEMU's user may go through it, and no more.
fn passable(folder: &Path) -> Result<(), Failure> {
    let failed = |error| Failure::Path { path: folder.to_owned(), error };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mode = std::fs::Permissions::from_mode(0o711);
    std::fs::set_permissions(folder, mode).map_err(failed)
}

/// Whom QEMU runs as: the configured user, else the one that the packaging makes.
fn credentials(options: &Options) -> Result<Credentials, Failure> {
    let qemu = &options.config.qemu;
    let refused = |error: stead_host::Error| Failure::Machines(error.to_string());
    if let Some(name) = &qemu.user {
        return user::credentials(name, qemu.group.as_deref()).map_err(refused);
    }
    match user::credentials(user::DEFAULT_USER, qemu.group.as_deref()) {
        Err(error) if options.layout.scope == Scope::Private => {
            warn!("{error}; QEMU runs as '{NOBODY}'");
            user::credentials(NOBODY, qemu.group.as_deref()).map_err(refused)
        }
        other => other.map_err(refused),
    }
}

fn settings(layout: &Layout, hypervisors: &Hypervisors, privileged: bool) -> Settings {
    let below = |folder: &Path, name: &str| folder.join(name).to_string_lossy().into_owned();
    Settings {
        lib: below(&layout.lib, "qemu"),
        channels: below(&layout.run, "channel"),
        variables: below(&layout.lib, "nvram"),
        vnc_listen: "127.0.0.1".to_owned(),
        spice_listen: "127.0.0.1".to_owned(),
        ports: (5900, 65535),
        websocket_ports: (5700, 65535),
        environment: environment(),
        emulators: hypervisors.emulators(),
        age: Age::New,
        privileged,
    }
}

/// The few variables that QEMU gets.
fn environment() -> Vec<(String, String)> {
    let inherited = ["PATH", "USER", "LOGNAME"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)));
    [("LC_ALL".to_owned(), "C".to_owned())].into_iter().chain(inherited).collect()
}

/// The firmware builds that are installed.
pub(crate) fn firmware() -> Vec<Firmware> {
    let own = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".config")))
        .map(|folder| folder.join("qemu/firmware"));
    let folders = FIRMWARE.iter().map(PathBuf::from).chain(own);
    let files: Vec<Vec<(String, String)>> = folders.map(|folder| descriptors(&folder)).collect();
    Firmware::list(files.iter().map(|folder| {
        folder.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect::<Vec<_>>()
    }))
}

/// The descriptors of one folder, by name.
fn descriptors(folder: &Path) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "json"))
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            Some((name, std::fs::read_to_string(entry.path()).ok()?))
        })
        .collect()
}
