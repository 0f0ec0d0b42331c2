//! The daemon's life: what is set up, in which order, and what ends it.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use stead_host::memory;
use stead_store::{Layout, Scope};
use tokio::net::UnixStream;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing::{debug, error, info, warn};

use crate::config::Config;
use crate::daemon::{Daemon, Presence};
use crate::hypervisors::Hypervisors;
use crate::listen::{self, Listener};
use crate::machines;
use crate::peer::{Access, Peer};
use crate::routes::routes;
use crate::session::{Session, connection};

/// Events of machines that wait for the sessions' thread.
const EVENTS_WAITING: usize = 8192;

/// Descriptors kept back for machines and files when clients take all they can.
const RESERVED_FILES: u64 = 256;

/// How long an accept loop rests after the process has run out of descriptors.
const EXHAUSTED_REST: Duration = Duration::from_millis(50);

/// How a daemon is to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where everything lies, and whose machines these are.
    pub layout: Layout,
    /// Without clients and active machines for so long, the daemon ends.
    pub timeout: Option<Duration>,
    /// The configuration file.
    pub config: Config,
}

/// Why a daemon could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// A folder or file that the daemon needs.
    #[error("{}: {error}", path.display())]
    Path {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        error: io::Error,
    },
    /// Another daemon serves the same root.
    #[error("another daemon already serves this root (it holds '{}')", .0.display())]
    Running(PathBuf),
    /// The machines cannot be served.
    #[error("{0}")]
    Machines(String),
    /// The process cannot be set up.
    #[error("{doing}: {error}")]
    Process {
        /// What was being done.
        doing: &'static str,
        /// Why it failed.
        error: io::Error,
    },
}

/// Serves clients until SIGTERM, SIGINT, or idleness ends it. Machines keep running.
///
/// # Errors
/// [`Failure`] when the daemon cannot be started.
pub fn run(options: Options) -> Result<(), Failure> {
    memory::limit_arenas();
    let files = listen::raise_open_files();
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    options.layout.prepare().map_err(|error| Failure::Machines(error.to_string()))?;
    // What is made from here on is the daemon's own, unless it is opened up on purpose.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let _lock = lock(&options.layout.lock())?;
    let process = |doing| move |error| Failure::Process { doing, error };
    let work = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(16)
        .thread_name("work")
        .thread_stack_size(1024 * 1024)
        .enable_all()
        .build()
        .map_err(process("starting threads"))?;
    let sessions = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(process("starting the reactor"))?;
    let emulator = options.config.qemu.emulator.clone();
    let hypervisors =
        Arc::new(Hypervisors::new(options.layout.cache.clone(), emulator, machines::firmware()));
    let domains = work.block_on(async { machines::open(&options, Arc::clone(&hypervisors)) })?;
    let (scope, handle) = (options.layout.scope, work.handle().clone());
    let daemon = Daemon::new(routes(), domains, hypervisors, scope, handle);
    let result = sessions.block_on(serve(&daemon, &options, files));
    work.block_on(daemon.domains.close());
    // Sessions end with their sockets; what they had under way goes on or is taken up by the next daemon.
    sessions.shutdown_background();
    work.shutdown_timeout(Duration::from_millis(200));
    result
}

/// Takes the lock that makes this the only daemon of its root.
fn lock(path: &Path) -> Result<std::fs::File, Failure> {
    let failed = |error| Failure::Path { path: path.to_owned(), error };
    let file = std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(Failure::Running(path.to_owned())),
        Err(std::fs::TryLockError::Error(error)) => Err(failed(error)),
    }
}

async fn serve(daemon: &Arc<Daemon>, options: &Options, files: u64) -> Result<(), Failure> {
    let process = |doing| move |error| Failure::Process { doing, error };
    let mut terminate = signal(SignalKind::terminate()).map_err(process("handling SIGTERM"))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(process("handling SIGINT"))?;
    let mut hang_up = signal(SignalKind::hangup()).map_err(process("handling SIGHUP"))?;

    let events = tokio::spawn(deliver_events(Arc::clone(daemon)));
    let listeners = listeners(options)?;
    let clients_max = usize::try_from(files.saturating_sub(RESERVED_FILES).max(16))
        .unwrap_or(usize::MAX)
        .min(options.config.limits.clients);
    let (stop, stopping) = watch::channel(false);
    let accepting: Vec<_> = listeners
        .into_iter()
        .map(|listener| {
            tokio::spawn(accept(Arc::clone(daemon), listener, clients_max, stopping.clone()))
        })
        .collect();
    notify(sd_notify::NotifyState::Ready);
    info!("serving {}", daemon.uri());
    if daemon.domains.first_since_boot() {
        let domains = daemon.domains.clone();
        daemon.work.spawn(async move { domains.autostart().await });
    }

    let idle = idle(daemon, options.timeout);
    tokio::pin!(idle);
    loop {
        tokio::select! {
            _ = terminate.recv() => { info!("SIGTERM: ending; machines keep running"); break }
            _ = interrupt.recv() => { info!("SIGINT: ending; machines keep running"); break }
            _ = hang_up.recv() => info!("SIGHUP: nothing to read again"),
            () = &mut idle => { info!("idle: ending"); break }
        }
    }
    notify(sd_notify::NotifyState::Stopping);
    // Dropping the listeners removes their sockets.
    drop(stopping);
    let _ = stop.send(true);
    for task in accepting {
        let _ = task.await;
    }
    events.abort();
    Ok(())
}

fn notify(state: sd_notify::NotifyState<'_>) {
    // Nobody may be listening.
    if let Err(error) = sd_notify::notify(&[state]) {
        debug!("telling systemd: {error}");
    }
}

/// Every socket that clients are awaited on.
fn listeners(options: &Options) -> Result<Vec<Listener>, Failure> {
    let layout = &options.layout;
    let inherited = listen::inherited()
        .map_err(|error| Failure::Process { doing: "taking over systemd's sockets", error })?;
    let mut listeners = inherited;
    let mut required = vec![(layout.socket(), Access::ReadWrite)];
    if layout.scope != Scope::Session {
        required.push((layout.socket_read_only(), Access::ReadOnly));
    }
    let listen = &options.config.listen;
    required.extend(listen.sockets.iter().map(|path| (path.clone(), Access::ReadWrite)));
    required.extend(listen.read_only_sockets.iter().map(|path| (path.clone(), Access::ReadOnly)));
    for (path, access) in required {
        if !listeners.iter().any(|listener| listener.is_at(&path)) {
            let listener = Listener::bind(&path, access)
                .map_err(|error| Failure::Path { path: path.clone(), error })?;
            listeners.push(listener);
        }
    }
    if listen.client_paths {
        for (path, access) in client_paths(layout) {
            if listeners.iter().any(|listener| listener.is_at(&path)) {
                continue;
            }
            match Listener::bind(&path, access) {
                Ok(listener) => listeners.push(listener),
                Err(error) => warn!("not listening on '{}': {error}", path.display()),
            }
        }
    }
    Ok(listeners)
}

/// Where libvirt's clients look for a daemon of this kind.
fn client_paths(layout: &Layout) -> Vec<(PathBuf, Access)> {
    match layout.scope {
        Scope::Private => Vec::new(),
        Scope::Session => {
            // Beside our own folder: .../stead and .../libvirt. Without a runtime folder, clients look in the cache.
            let folder = std::env::var_os("XDG_RUNTIME_DIR")
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
                .or_else(|| layout.cache.parent().map(Path::to_owned));
            folder
                .map(|folder| (folder.join("libvirt/libvirt-sock"), Access::ReadWrite))
                .into_iter()
                .collect()
        }
        Scope::System => {
            let folder = Path::new("/run/libvirt");
            passable(folder);
            let mut paths = vec![
                (folder.join("libvirt-sock"), Access::ReadWrite),
                (folder.join("libvirt-sock-ro"), Access::ReadOnly),
            ];
            // A dead virtqemud's socket would keep clients from ours.
            let modular = folder.join("virtqemud-sock");
            if modular.exists() && !listen::is_alive(&modular) {
                paths.push((modular, Access::ReadWrite));
                paths.push((folder.join("virtqemud-sock-ro"), Access::ReadOnly));
            }
            // All or none: where libvirtd answers, clients are its own.
            if listen::is_alive(&paths[0].0) { Vec::new() } else { paths }
        }
    }
}

/// Makes a folder that every user may go through to the socket for those who only look.
fn passable(folder: &Path) {
    if folder.exists() {
        return;
    }
    let mode = std::fs::Permissions::from_mode(0o755);
    let made =
        std::fs::create_dir_all(folder).and_then(|()| std::fs::set_permissions(folder, mode));
    if let Err(error) = made {
        warn!("making '{}': {error}", folder.display());
    }
}

/// Takes every client that comes, whatever happens.
async fn accept(
    daemon: Arc<Daemon>,
    listener: Listener,
    clients_max: usize,
    mut stopping: watch::Receiver<bool>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.socket.accept() => accepted,
            _ = stopping.changed() => return,
        };
        match accepted {
            Ok((socket, _)) if daemon.clients.now() >= clients_max => {
                warn!("refusing a client: {clients_max} are here");
                drop(socket);
            }
            Ok((socket, _)) => welcome(&daemon, socket, listener.access),
            Err(error) => {
                // Out of descriptors or memory: others may give some back.
                error!("accepting a client: {error}");
                tokio::time::sleep(EXHAUSTED_REST).await;
            }
        }
    }
}

fn welcome(daemon: &Arc<Daemon>, socket: UnixStream, access: Access) {
    match socket.peer_cred() {
        Ok(credentials) => {
            let peer = Peer { pid: credentials.pid(), uid: credentials.uid() };
            serve_client(daemon, socket, peer, access);
        }
        Err(error) => warn!("refusing a client whose credentials are not known: {error}"),
    }
}

/// Serves one client by a task of its own.
pub(crate) fn serve_client(daemon: &Arc<Daemon>, socket: UnixStream, peer: Peer, access: Access) {
    let presence = Presence::new(daemon);
    let session = Session::new(Arc::clone(daemon), peer, presence.number, access);
    tokio::spawn(async move {
        let ended = connection::serve(Arc::clone(&session), socket).await;
        debug!("client {} of {peer}: {ended}", presence.number);
        session.leave();
        drop(presence);
    });
}

/// Carries the events of machines to the sessions.
pub(crate) async fn deliver_events(daemon: Arc<Daemon>) {
    let mut events = daemon.domains.subscribe(EVENTS_WAITING);
    while let Some(event) = events.recv().await {
        daemon.hub.deliver(&event);
        let missed = events.missed();
        if missed > 0 {
            error!("{missed} events were lost: they came faster than they could be sent");
        }
    }
}

/// Completes when nobody has needed the daemon for `timeout`.
async fn idle(daemon: &Arc<Daemon>, timeout: Option<Duration>) {
    let Some(timeout) = timeout else { return std::future::pending().await };
    let mut clients = 0;
    let mut needed = tokio::time::Instant::now();
    let look = Duration::from_millis(500).min(timeout.max(Duration::from_millis(10)));
    loop {
        tokio::time::sleep(look).await;
        let ever = daemon.clients.ever();
        if daemon.clients.now() > 0 || daemon.domains.busy() > 0 || ever != clients {
            clients = ever;
            needed = tokio::time::Instant::now();
        } else if needed.elapsed() >= timeout {
            return;
        }
    }
}
