//! What a machine takes from the host for a run, and how it is given back.
//!
//! Each thing is data that is written down before it is taken, so that whoever comes after can give it back: this
//! daemon at the end of the run, or the next one after a crash.

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use stead_host::image::{self, Claim, Image};
use stead_host::process::Descriptor;
use stead_host::{kvm, listen, tap};
use stead_qemu::needs::{self, Absence, Access, Chain, Grants, Need, Role, Uplink};
use stead_values::Mac;

use crate::context::Context;
use crate::{Error, Form, Kind, Origin, Result, Uuid};

/// The first number that QEMU's inherited descriptors have.
const FIRST: i32 = 3;

/// One thing that a machine holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Held {
    /// A folder that was made for the run.
    Folder {
        /// Where.
        path: PathBuf,
    },
    /// A socket or file that was made for the run.
    File {
        /// Where.
        path: PathBuf,
    },
    /// A display port.
    Port {
        /// Which.
        port: u16,
    },
    /// The owner and mode of a file, lent to QEMU's user.
    Label(Claim),
}

/// What was acquired.
#[derive(Debug, Default)]
pub(crate) struct Acquired {
    pub(crate) grants: Grants,
    pub(crate) descriptors: Vec<Descriptor>,
}

impl Held {
    /// Gives it back. What is gone already is given back.
    pub(crate) fn give_back(&self, context: &Context) -> Result<()> {
        match self {
            Self::Folder { path } => gone(fs::remove_dir_all(path), path),
            Self::File { path } => gone(fs::remove_file(path), path),
            Self::Port { port } => {
                context.ledger().release_port(*port);
                Ok(())
            }
            // By [`crate::context::Context::owners`], which knows who else uses it.
            Self::Label(_) => Ok(()),
        }
    }

    /// After a restart of the daemon: what is held by a machine that runs is taken again.
    pub(crate) fn take_again(&self, context: &Context, uuid: Uuid) {
        match self {
            Self::Port { port } => {
                context.ledger().take_port(*port);
            }
            Self::Label(claim) => context.owners().adopt(uuid, claim),
            Self::Folder { .. } | Self::File { .. } => {}
        }
    }
}

fn gone(result: io::Result<()>, path: &Path) -> Result<()> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::system(format_args!("cannot remove {}", path.display()), &error))
        }
        _ => Ok(()),
    }
}

/// What is granted before anything is looked at: the machine's number and folder.
pub(crate) fn first_grants(context: &Context, id: i32, name: &str) -> Grants {
    let short: String = name.chars().take(20).collect();
    Grants {
        id: Some(id),
        folder: format!("{}/domain-{id}-{short}", context.settings.lib),
        now_seconds: now_seconds(),
        ..Grants::default()
    }
}

/// The time that clocks of machines are counted from.
fn now_seconds() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// Acquires what a machine needs. `write_down` is given everything that will be held before the first of it is taken.
pub(crate) fn acquire(
    context: &Context,
    uuid: Uuid,
    grants: Grants,
    needs: &[Need],
    write_down: &mut dyn FnMut(Vec<Held>) -> Result<()>,
) -> Result<Acquired> {
    let mut claims = Claims::new(context, uuid, grants);
    let outcome = claims.look(needs).and_then(|()| write_down(claims.held.clone()));
    if let Err(error) = outcome {
        // Nothing was taken yet but what the ledgers gave.
        claims.ports.iter().for_each(|port| context.ledger().release_port(*port));
        let _unchanged = context.owners().release(uuid);
        return Err(error);
    }
    for (image, claim) in &claims.labels {
        claim.apply(image).map_err(host)?;
    }
    let mut acquired = Acquired { grants: claims.grants, descriptors: Vec::new() };
    for need in needs {
        take(context, need, &mut acquired)?;
    }
    Ok(acquired)
}

/// What will be taken, before anything is.
struct Claims<'a> {
    context: &'a Context,
    grants: Grants,
    held: Vec<Held>,
    ports: Vec<u16>,
    labels: Vec<(Image, Claim)>,
    uuid: Uuid,
}

impl<'a> Claims<'a> {
    fn new(context: &'a Context, uuid: Uuid, grants: Grants) -> Self {
        Self { context, grants, held: Vec::new(), ports: Vec::new(), labels: Vec::new(), uuid }
    }

    fn look(&mut self, needs: &[Need]) -> Result<()> {
        for need in needs {
            self.look_at(need)?;
        }
        Ok(())
    }

    fn look_at(&mut self, need: &Need) -> Result<()> {
        match need {
            Need::Tap { uplink: Uplink::Network(network), .. } => {
                let message =
                    format!("network '{network}': networks are not supported by stead yet");
                return Err(Error::new(Kind::ConfigUnsupported, message));
            }
            Need::Kvm | Need::Monitor { .. } | Need::Tap { .. } | Need::Node { .. } => {}
            Need::Image { user, path, format, access, absence, chain } => {
                self.image(user, path, format, *access, *absence, *chain)?;
            }
            Need::Variables { path, template } => {
                if !Path::new(path).exists() {
                    make_variables(path, template.as_deref())?;
                }
                self.label(Image::open(Path::new(path)).map_err(host)?, Access::Write)?;
            }
            Need::Port { graphics, kind, address, fixed, range } => {
                let port = match fixed {
                    Some(port) => *port,
                    None => self.context.ledger().port(*range, |port| is_free(address, port))?,
                };
                if fixed.is_some() {
                    self.context.ledger().take_port(port);
                }
                self.ports.push(port);
                self.held.push(Held::Port { port });
                self.grants.ports.push((*graphics, *kind, port));
            }
            Need::Listen { path, .. } | Need::MasterKey { path } => {
                self.held.push(Held::File { path: path.into() });
            }
            Need::Folder { path } => {
                if !Path::new(path).exists() {
                    self.held.push(Held::Folder { path: path.into() });
                }
            }
            Need::Output { .. } => {}
            Need::Vsock { .. } => {
                let message = "vsock devices are not supported by stead yet";
                return Err(Error::new(Kind::ConfigUnsupported, message));
            }
        }
        Ok(())
    }

    fn image(
        &mut self,
        user: &str,
        path: &str,
        format: &str,
        access: Access,
        absence: Absence,
        below: Chain,
    ) -> Result<()> {
        if let Err(error) = fs::metadata(path) {
            if absence == Absence::Drop && error.kind() == io::ErrorKind::NotFound {
                self.grants.dropped.push(user.to_owned());
                return Ok(());
            }
            return Err(no_image(path, "", &error));
        }
        if below == Chain::Known {
            // Pipes and the like are QEMU's business.
            return match Image::open(Path::new(path)) {
                Ok(image) => self.label(image, access),
                Err(_) if self.context.credentials.is_none() => Ok(()),
                Err(error) => Err(host(error)),
            };
        }
        let chain = image::chain(Path::new(path), format)
            .map_err(|error| Error::failed(error.to_string()).from_origin(Origin::Storage))?;
        let mut layers = Vec::new();
        for (depth, layer) in chain.into_iter().enumerate() {
            if depth > 0 {
                layers.push(needs::Layer {
                    path: layer.image.path().to_string_lossy().into_owned(),
                    block: layer.is_block(),
                    format: layer.format.clone(),
                });
            }
            self.label(layer.image, if depth == 0 { access } else { Access::Read })?;
        }
        self.grants.chains.insert(user.to_owned(), layers);
        Ok(())
    }

    /// Notes who owns an image now, if QEMU's user needs it to be another's.
    fn label(&mut self, image: Image, access: Access) -> Result<()> {
        let Some(credentials) = &self.context.credentials else { return Ok(()) };
        if image::unreachable_folder(image.path(), credentials).is_some() {
            let user = format!(" (as uid:{}, gid:{})", credentials.uid, credentials.gid);
            let error = io::Error::from(rustix::io::Errno::ACCESS);
            return Err(no_image(&image.path().to_string_lossy(), &user, &error));
        }
        let writes = access != Access::Read;
        let claim = self.context.owners().claim(self.uuid, &image, credentials, writes);
        if let Some(claim) = claim.map_err(host)? {
            self.held.push(Held::Label(claim.clone()));
            self.labels.push((image, claim));
        }
        Ok(())
    }
}

/// Takes one need.
fn take(context: &Context, need: &Need, acquired: &mut Acquired) -> Result<()> {
    match need {
        Need::Monitor { .. } => {
            // The socket itself is made with the process.
            let number = next(acquired);
            acquired.grants.descriptors.push((Role::Monitor, number));
        }
        Need::Tap { alias, name, uplink, mac, mtu, queues, vhost, up, unmanaged } => {
            let header = tap::Header::Virtio;
            let tap = match (unmanaged, name) {
                (true, Some(name)) => tap::attach(name, *queues, header).map_err(host)?,
                _ => {
                    let mut mac = mac.parse::<Mac>().map(|mac| mac.0).unwrap_or_default();
                    mac[0] = 0xfe;
                    let wanted = tap::Wanted {
                        name: name.clone().unwrap_or_else(|| "vnet%d".into()),
                        bridge: match uplink {
                            Uplink::Bridge(bridge) => Some(bridge.clone()),
                            Uplink::Alone | Uplink::Network(_) => None,
                        },
                        mac,
                        mtu: *mtu,
                        queues: *queues,
                        link: if *up { tap::Link::Up } else { tap::Link::Down },
                        header,
                    };
                    tap::create(&wanted).map_err(host)?
                }
            };
            acquired.grants.taps.insert(alias.clone(), tap.name);
            for (queue, fd) in (0..).zip(tap.queues) {
                pass(acquired, Role::Tap { alias: alias.clone(), queue }, fd);
                if *vhost && let Ok(fd) = tap::vhost() {
                    pass(acquired, Role::VhostNet { alias: alias.clone(), queue }, fd);
                }
            }
        }
        Need::Listen { alias, path } => {
            let socket = listen::unix(Path::new(path), 0o600).map_err(host)?;
            own(context, Path::new(path))?;
            pass(acquired, Role::Socket { alias: alias.clone() }, socket);
        }
        Need::Kvm => {
            if let Some(credentials) = &context.credentials
                && let Some(fd) = kvm::opened_for(credentials)
            {
                pass(acquired, Role::Kvm, fd);
            }
        }
        Need::Folder { path } => make_folder(context, Path::new(path))?,
        Need::Output { alias, path, append, log } => {
            let file = fs::OpenOptions::new()
                .create(true)
                .append(*append)
                .write(true)
                .truncate(!*append)
                .mode(0o600)
                .open(path)
                .map_err(|error| Error::system(format_args!("Unable to open '{path}'"), &error))?;
            let role = match log {
                true => Role::Log { alias: alias.clone() },
                false => Role::File { alias: alias.clone() },
            };
            pass(acquired, role, file.into());
        }
        Need::MasterKey { path } => {
            let mut key = Vec::with_capacity(32);
            key.extend_from_slice(Uuid::new_v4().as_bytes());
            key.extend_from_slice(Uuid::new_v4().as_bytes());
            write_private(context, Path::new(path), &key)?;
            acquired.grants.master_key = Some(path.clone());
        }
        Need::Image { .. }
        | Need::Variables { .. }
        | Need::Port { .. }
        | Need::Vsock { .. }
        | Need::Node { .. } => {}
    }
    Ok(())
}

fn next(acquired: &Acquired) -> i32 {
    let taken = i32::try_from(acquired.grants.descriptors.len()).unwrap_or(i32::MAX - FIRST);
    FIRST + taken
}

fn pass(acquired: &mut Acquired, role: Role, fd: OwnedFd) {
    let number = next(acquired);
    acquired.grants.descriptors.push((role, number));
    acquired.descriptors.push(Descriptor { number, fd });
}

fn is_free(address: &str, port: u16) -> bool {
    let address = address.parse().unwrap_or(std::net::IpAddr::from([127, 0, 0, 1]));
    TcpListener::bind(SocketAddr::new(address, port)).is_ok()
}

/// A folder that QEMU's user may work in.
fn make_folder(context: &Context, path: &Path) -> Result<()> {
    fs::create_dir_all(path)
        .map_err(|error| Error::system(format_args!("cannot create {}", path.display()), &error))?;
    own(context, path)
}

/// Makes a path QEMU's user's own.
fn own(context: &Context, path: &Path) -> Result<()> {
    let Some(credentials) = &context.credentials else { return Ok(()) };
    std::os::unix::fs::lchown(path, Some(credentials.uid), Some(credentials.gid))
        .map_err(|error| Error::system(format_args!("cannot own {}", path.display()), &error))
}

fn write_private(context: &Context, path: &Path, bytes: &[u8]) -> Result<()> {
    use std::io::Write;
    let failed =
        |error: io::Error| Error::system(format_args!("cannot write {}", path.display()), &error);
    let _old = fs::remove_file(path);
    let mut file = fs::OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    own(context, path)
}

/// A machine's own UEFI variables, copied from the template.
fn make_variables(path: &str, template: Option<&str>) -> Result<()> {
    let Some(template) = template else {
        let error = io::Error::from(io::ErrorKind::NotFound);
        return Err(no_image(path, "", &error));
    };
    let failed = |error: io::Error| {
        Error::system(format_args!("Failed to create file '{path}' from '{template}'"), &error)
    };
    if let Some(folder) = Path::new(path).parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let bytes = fs::read(template).map_err(failed)?;
    let partial = format!("{path}.partial");
    let _old = fs::remove_file(&partial);
    let mut file = fs::OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&partial)
        .map_err(failed)?;
    io::Write::write_all(&mut file, &bytes).map_err(failed)?;
    fs::rename(&partial, path).map_err(failed)
}

/// libvirt's words for an image that is not there.
fn no_image(path: &str, user: &str, error: &io::Error) -> Error {
    Error {
        kind: Kind::SystemError,
        origin: Origin::Storage,
        message: format!(
            "Cannot access storage file '{path}'{user}: {}",
            crate::error::reason(error)
        ),
        form: Form::System { errno: error.raw_os_error().unwrap_or(2) },
    }
}

/// What the host refused.
pub(crate) fn host(error: stead_host::Error) -> Error {
    let errno = error.source.raw_os_error().unwrap_or(-1);
    Error {
        kind: Kind::SystemError,
        origin: Origin::Qemu,
        message: error.to_string(),
        form: Form::System { errno },
    }
}
