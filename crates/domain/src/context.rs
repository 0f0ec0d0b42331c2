//! What all machines of a daemon share.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use stead_config::Domain;
use stead_config::domain::Cpu;
use stead_cpu::Catalog;
use stead_host::cgroup::{Cgroup, Hierarchy};
use stead_host::image::Owners;
use stead_host::process::Credentials;
use stead_qemu::abilities::{Abilities, Acceleration, Accelerator, HostCpus};
use stead_qemu::settle::{Firmware, Settings};
use stead_store::{Documents, Layout, Status};

use tokio::runtime::Handle;

use crate::console::Consoles;
use crate::events::Hub;
use crate::ledger::Ledger;
use crate::{Index, Machine, Result, Uuid};

/// An answer that may take a while.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What the machines ask their daemon about the host: the one probe and its cache are shared with the answers to
/// clients about capabilities.
pub trait Hypervisors: Send + Sync + fmt::Debug {
    /// What this QEMU can do, from the cache or by asking it.
    fn abilities<'a>(&'a self, binary: &'a str) -> Pending<'a, Result<Arc<Abilities>>>;

    /// The host.
    fn facts(&self) -> Arc<stead_facts::Host>;

    /// What names of CPU models and features mean.
    fn catalog(&self) -> &Catalog {
        Catalog::builtin()
    }
}

/// What the machines need to know of their daemon.
#[derive(Debug)]
pub struct Options {
    /// Where documents, records, logs and sockets lie.
    pub layout: Layout,
    /// Defaults for documents.
    pub settings: Settings,
    /// The firmware descriptors of the host.
    pub firmware: Vec<Firmware>,
    /// Whom QEMU runs as; none: the daemon's own user.
    pub credentials: Option<Credentials>,
    /// What QEMU can do.
    pub hypervisors: Arc<dyn Hypervisors>,
}

/// How long QEMU may take to say what it can do, for an answer that is given at once.
const ABILITIES: Duration = Duration::from_secs(5);

/// The host's CPU, for as long as a binary's abilities are these.
type KnownCpus = (Weak<Abilities>, Arc<HostCpus>);

/// What all machines of a daemon share.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) layout: Layout,
    pub(crate) settings: Settings,
    pub(crate) firmware: Vec<Firmware>,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) hypervisors: Arc<dyn Hypervisors>,
    pub(crate) documents: Documents,
    pub(crate) status: Status,
    pub(crate) index: ArcSwap<Index>,
    pub(crate) hub: Hub,
    pub(crate) consoles: Consoles,
    cgroups: Option<Hierarchy>,
    ledger: Mutex<Ledger>,
    owners: Mutex<Owners>,
    host_cpus: Mutex<HashMap<(String, Accelerator), KnownCpus>>,
    last_id: AtomicI32,
    runtime: Handle,
}

impl Context {
    pub(crate) fn new(options: Options) -> Result<Self> {
        let documents = Documents::domains(&options.layout).map_err(kept)?;
        Ok(Self {
            status: Status::new(&options.layout),
            documents,
            layout: options.layout,
            settings: options.settings,
            firmware: options.firmware,
            credentials: options.credentials,
            hypervisors: options.hypervisors,
            index: ArcSwap::default(),
            hub: Hub::default(),
            consoles: Consoles::default(),
            cgroups: Hierarchy::find().inspect_err(|why| tracing::info!("{why}")).ok(),
            ledger: Mutex::default(),
            owners: Mutex::default(),
            host_cpus: Mutex::default(),
            last_id: AtomicI32::new(0),
            runtime: Handle::current(),
        })
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A machine's own cgroup, where it can have one; it starts without, too.
    pub(crate) fn cgroup(&self, uuid: Uuid) -> Option<Cgroup> {
        let made = self.cgroups.as_ref()?.machine(uuid);
        made.inspect_err(|error| tracing::warn!(%uuid, %error, "no cgroup for a machine")).ok()
    }

    /// Removes a machine's cgroup once it has ended.
    pub(crate) fn remove_cgroup(&self, uuid: Uuid) {
        if let Some(Err(error)) = self.cgroups.as_ref().map(|cgroups| cgroups.remove(uuid)) {
            tracing::warn!(%uuid, %error, "a machine's cgroup stays");
        }
    }

    /// Whose images were whose before QEMU's user needed them.
    pub(crate) fn owners(&self) -> MutexGuard<'_, Owners> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The host's CPU as an accelerator gives it, worked out once for all starts.
    pub(crate) fn host_cpus(
        &self,
        abilities: &Arc<Abilities>,
        acceleration: &Acceleration,
        facts: &stead_facts::Host,
    ) -> Arc<HostCpus> {
        let key = (abilities.binary.clone(), acceleration.accelerator);
        let lock = || self.host_cpus.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, known)) = lock().get(&key)
            && of.upgrade().is_some_and(|of| Arc::ptr_eq(&of, abilities))
        {
            return Arc::clone(known);
        }
        let found = acceleration.host_cpus(self.hypervisors.catalog(), &facts.cpuid);
        let found = Arc::new(found);
        lock().insert(key, (Arc::downgrade(abilities), Arc::clone(&found)));
        found
    }

    /// The CPU of a machine that does not run, brought up to the host (`dumpxml --update-cpu`).
    ///
    /// # Errors
    /// QEMU does not say what it can do; unknown names.
    pub(crate) fn updated_cpu(&self, domain: &Domain) -> Result<Option<Cpu>> {
        let Some(asked) = &domain.cpu else { return Ok(None) };
        let binary = crate::document::emulator(domain, &self.settings)?;
        let (answer, answered) = std::sync::mpsc::channel();
        let hypervisors = Arc::clone(&self.hypervisors);
        self.runtime.spawn(async move {
            let _late = answer.send(hypervisors.abilities(&binary).await);
        });
        let abilities = answered.recv_timeout(ABILITIES).map_err(|_| {
            crate::Error::new(crate::Kind::OperationTimeout, "QEMU does not say what it can do")
        })??;
        let accelerator = crate::define::accelerator(domain);
        let Some(acceleration) = abilities.with(accelerator) else { return Ok(None) };
        let facts = self.hypervisors.facts();
        let host_cpus = self.host_cpus(&abilities, acceleration, &facts);
        let updated = stead_qemu::cpu::updated(asked, self.hypervisors.catalog(), &host_cpus);
        updated.map(Some).map_err(|refusal| crate::document::refusal(&refusal))
    }

    /// A number that no machine of this daemon had.
    pub(crate) fn next_id(&self) -> i32 {
        self.last_id.fetch_add(1, Ordering::Relaxed).saturating_add(1)
    }

    /// A machine of a former daemon has this number.
    pub(crate) fn seen_id(&self, id: i32) {
        self.last_id.fetch_max(id, Ordering::Relaxed);
    }

    pub(crate) fn set_id(&self, uuid: Uuid, id: i32) {
        self.index.rcu(|index| {
            let mut index = Index::clone(index);
            index.set_id(uuid, id);
            index
        });
    }

    pub(crate) fn clear_id(&self, uuid: &Uuid, id: i32) {
        self.index.rcu(|index| {
            let mut index = Index::clone(index);
            index.clear_id(uuid, id);
            index
        });
    }

    /// A machine has another name.
    pub(crate) fn rename(&self, uuid: Uuid, old: &str, new: &Arc<str>) {
        self.index.rcu(|index| {
            let mut index = Index::clone(index);
            index.rename(uuid, old, Arc::clone(new));
            index
        });
        self.ledger().settle_name(uuid, new);
    }

    /// A machine is new.
    pub(crate) fn add(&self, name: Arc<str>, machine: &Machine) {
        self.index.rcu(|index| {
            let mut index = Index::clone(index);
            index.insert(machine.uuid(), Arc::clone(&name), machine.clone());
            index
        });
    }

    /// A machine is no more.
    pub(crate) fn forget(&self, uuid: &Uuid, name: &str) {
        self.index.rcu(|index| {
            let mut index = Index::clone(index);
            index.remove(uuid, name);
            index
        });
        self.ledger().release(uuid);
    }
}

/// The error of a document that cannot be kept.
pub(crate) fn kept(error: stead_store::Error) -> crate::Error {
    crate::Error::new(crate::Kind::SystemError, error.to_string())
}
