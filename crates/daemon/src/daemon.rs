//! What every call may use: the machines, the listeners, the routes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use stead_domain::Domains;
use stead_protocol::remote;
use stead_store::Scope;

use crate::error::Result;
use crate::event::Hub;
use crate::hypervisors::Hypervisors;
use crate::router::Router;

/// A running daemon.
#[derive(Debug)]
pub(crate) struct Daemon {
    pub(crate) router: Router,
    pub(crate) domains: Domains,
    pub(crate) hypervisors: Arc<Hypervisors>,
    pub(crate) hub: Hub,
    pub(crate) scope: Scope,
    /// The user that the daemon runs as.
    pub(crate) owner: u32,
    /// Where calls that wait are carried out.
    pub(crate) work: tokio::runtime::Handle,
    pub(crate) clients: Clients,
}

/// The count of clients.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    now: AtomicUsize,
    ever: AtomicU64,
}

impl Clients {
    /// How many there are.
    pub(crate) fn now(&self) -> usize {
        self.now.load(Ordering::Relaxed)
    }

    /// How many there have been.
    pub(crate) fn ever(&self) -> u64 {
        self.ever.load(Ordering::Relaxed)
    }

    /// One more: the number by which it is known.
    pub(crate) fn enter(&self) -> u64 {
        self.now.fetch_add(1, Ordering::Relaxed);
        self.ever.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// One less.
    pub(crate) fn leave(&self) {
        self.now.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Daemon {
    pub(crate) fn new(
        router: Router,
        domains: Domains,
        hypervisors: Arc<Hypervisors>,
        scope: Scope,
        work: tokio::runtime::Handle,
    ) -> Arc<Self> {
        let owner = rustix::process::geteuid().as_raw();
        let (hub, clients) = (Hub::default(), Clients::default());
        Arc::new(Self { router, domains, hypervisors, hub, scope, owner, work, clients })
    }

    /// The machine that a call names.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn machine(&self, domain: &remote::Domain) -> Result<stead_domain::Machine> {
        Ok(self.domains.resolve(&crate::event::uuid(domain.uuid), &domain.name)?)
    }

    /// The URI that a client is told when it asks for none in particular.
    pub(crate) fn uri(&self) -> &'static str {
        match self.scope {
            Scope::System => "qemu:///system",
            Scope::Session => "qemu:///session",
            Scope::Private if self.owner == 0 => "qemu:///system",
            Scope::Private => "qemu:///session",
        }
    }
}

/// A client that is here; counted until it is dropped.
pub(crate) struct Presence {
    daemon: Arc<Daemon>,
    pub(crate) number: u64,
}

impl Presence {
    pub(crate) fn new(daemon: &Arc<Daemon>) -> Self {
        Self { daemon: Arc::clone(daemon), number: daemon.clients.enter() }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.daemon.clients.leave();
    }
}
