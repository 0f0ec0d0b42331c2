//! What the QEMUs of this host can do: asked once, kept, asked again when the binary changes.
//!
//! The machines and the answers to clients about capabilities share one cache. A failed question is not kept.

use std::collections::{BTreeMap, HashMap};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use stead_domain::Pending;
use stead_facts::Host;
use stead_host::node::Node;
use stead_host::{memory, probe};
use stead_protocol::{ErrorCode, ErrorDomain};
use stead_qemu::abilities::{Abilities, Accelerator, HostCpus};
use stead_qemu::capabilities;
use stead_qemu::settle::Firmware;
use tokio::sync::OnceCell;
use tracing::warn;

use crate::error::{Error, Result};
use crate::routes::target::Target;

/// Where emulators are looked for, in this order, as a shell would.
const FOLDERS: [&str; 5] =
    ["/usr/local/bin", "/usr/bin", "/bin", "/usr/libexec", "/usr/local/sbin"];

/// The names of the emulators of each guest architecture, best first, on an x86 host.
const EMULATORS: &[(&str, &[&str])] = &[
    ("i686", &["qemu-system-i386", "qemu-system-x86_64", "qemu-kvm"]),
    ("x86_64", &["qemu-system-x86_64", "qemu-kvm"]),
];

/// The host's hypervisors.
#[derive(Debug)]
pub(crate) struct Hypervisors {
    /// Where answers are kept between daemons.
    cache: PathBuf,
    /// The configured emulator of the host's architecture.
    emulator: Option<PathBuf>,
    facts: OnceLock<Arc<Host>>,
    known: Mutex<HashMap<String, Arc<Slot>>>,
    /// The firmware that is installed.
    firmware: Vec<Firmware>,
    /// Documents that were made of it.
    documents: Mutex<Documents>,
}

/// Documents that clients ask for again and again, with what they were made of.
#[derive(Debug, Default)]
struct Documents {
    host: Option<(Vec<Arc<Known>>, Arc<str>)>,
    domains: Vec<DomainDocument>,
}

#[derive(Debug)]
struct DomainDocument {
    known: Arc<Known>,
    about: About,
    text: Arc<str>,
}

#[derive(Debug, PartialEq, Eq)]
struct About {
    arch: String,
    accelerator: Accelerator,
    machine: String,
    disable_deprecated: bool,
}

/// How many documents about domains are kept.
const DOCUMENTS_MAX: usize = 32;

/// What is known of one binary, as it was at `stamp`.
#[derive(Debug)]
struct Slot {
    stamp: Stamp,
    known: OnceCell<Arc<Known>>,
}

/// What changes when a binary does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

/// What one QEMU can do on this host.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) abilities: Arc<Abilities>,
    /// The host's CPU as each accelerator gives it.
    host_cpus: BTreeMap<Accelerator, HostCpus>,
}

impl Known {
    /// The host's CPU as this accelerator gives it.
    pub(crate) fn host_cpus(&self, accelerator: Accelerator) -> Option<&HostCpus> {
        self.host_cpus.get(&accelerator)
    }
}

impl Hypervisors {
    pub(crate) fn new(cache: PathBuf, emulator: Option<PathBuf>, firmware: Vec<Firmware>) -> Self {
        Self {
            cache,
            emulator,
            facts: OnceLock::new(),
            known: Mutex::default(),
            firmware,
            documents: Mutex::default(),
        }
    }

    /// The firmware that is installed.
    pub(crate) fn firmware(&self) -> &[Firmware] {
        &self.firmware
    }

    /// The host's `<capabilities>`.
    ///
    /// # Errors
    /// None now: an emulator that does not answer is left out, as libvirt does.
    pub(crate) async fn capabilities(self: &Arc<Self>) -> Result<Arc<str>> {
        let asking: Vec<_> = self
            .emulators()
            .into_iter()
            .map(|(arch, binary)| {
                let own = Arc::clone(self);
                let asked = tokio::spawn(async move { own.known(&binary).await });
                (arch, asked)
            })
            .collect();
        let (mut archs, mut all) = (Vec::new(), Vec::new());
        for (arch, asked) in asking {
            match asked.await {
                Ok(Ok(known)) => {
                    archs.push(arch);
                    all.push(known);
                }
                Ok(Err(error)) => warn!("the emulator for {arch} is left out: {error}"),
                Err(error) => warn!("the emulator for {arch} is left out: {error}"),
            }
        }
        let is_same = |other: &[Arc<Known>]| {
            other.len() == all.len() && other.iter().zip(&all).all(|(a, b)| Arc::ptr_eq(a, b))
        };
        if let Some((known, text)) = &self.documents().host
            && is_same(known)
        {
            return Ok(Arc::clone(text));
        }
        let emulators: Vec<_> = archs
            .iter()
            .zip(&all)
            .map(|(arch, known)| capabilities::Emulator { arch, abilities: &known.abilities })
            .collect();
        let text: Arc<str> = capabilities::host(&self.host(), &emulators).print().into();
        self.documents().host = Some((all, Arc::clone(&text)));
        Ok(text)
    }

    /// `<domainCapabilities>` of one kind of domain.
    ///
    /// # Errors
    /// The accelerator or the machine type is not there.
    pub(crate) fn domain_capabilities(
        &self,
        target: &Target,
        disable_deprecated: bool,
    ) -> Result<Arc<str>> {
        let about = About {
            arch: target.arch.clone(),
            accelerator: target.accelerator,
            machine: target.machine.clone(),
            disable_deprecated,
        };
        let kept = self
            .documents()
            .domains
            .iter()
            .find(|kept| Arc::ptr_eq(&kept.known, &target.known) && kept.about == about)
            .map(|kept| Arc::clone(&kept.text));
        if let Some(text) = kept {
            return Ok(text);
        }
        let (_, host_cpus) = target.parts()?;
        let subject = capabilities::Subject {
            abilities: &target.known.abilities,
            accelerator: target.accelerator,
            machine: Some(&target.machine),
            host_cpus,
            disable_deprecated_features: disable_deprecated,
        };
        let host = self.host();
        let surroundings = capabilities::Surroundings {
            firmware: &self.firmware,
            vfio: host.iommu && Path::new("/dev/vfio/vfio").exists(),
            ..capabilities::Surroundings::default()
        };
        let mut document =
            capabilities::domain(subject, &host, &surroundings).map_err(|refused| {
                let detail = refused.to_string();
                Error::new(ErrorCode::INVALID_ARG, ErrorDomain::QEMU, detail)
            })?;
        document.arch = target.arch.clone();
        let text: Arc<str> = document.print().into();
        let mut documents = self.documents();
        if documents.domains.len() >= DOCUMENTS_MAX {
            documents.domains.remove(0);
        }
        let known = Arc::clone(&target.known);
        documents.domains.push(DomainDocument { known, about, text: Arc::clone(&text) });
        Ok(text)
    }

    fn documents(&self) -> MutexGuard<'_, Documents> {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The host.
    pub(crate) fn host(&self) -> Arc<Host> {
        let look = || {
            let uuid = Node::default().uuid().map(|uuid| uuid.to_string());
            Arc::new(probe::host(uuid))
        };
        Arc::clone(self.facts.get_or_init(look))
    }

    /// The emulator of each architecture that has one.
    pub(crate) fn emulators(&self) -> Vec<(String, String)> {
        let found = EMULATORS
            .iter()
            .filter_map(|(arch, _)| Some(((*arch).to_owned(), self.emulator(arch)?)));
        found.collect()
    }

    /// The emulator of an architecture, if one is installed.
    pub(crate) fn emulator(&self, arch: &str) -> Option<String> {
        if let Some(configured) = &self.emulator
            && arch == std::env::consts::ARCH
        {
            return Some(configured.to_string_lossy().into_owned());
        }
        let (_, names) = EMULATORS.iter().find(|(of, _)| *of == arch)?;
        names
            .iter()
            .flat_map(|name| FOLDERS.iter().map(move |folder| Path::new(folder).join(name)))
            .find(|path| is_executable(path))
            .map(|path| path.to_string_lossy().into_owned())
    }

    /// What this QEMU can do.
    ///
    /// # Errors
    /// There is no such binary, or it does not say.
    pub(crate) async fn known(&self, binary: &str) -> Result<Arc<Known>> {
        let stamp = Stamp::of(Path::new(binary)).map_err(|error| {
            let reason = error.to_string();
            let reason = reason.split(" (os error").next().unwrap_or_default();
            Error::system(
                ErrorDomain::QEMU,
                error.raw_os_error().unwrap_or(-1),
                format!("Cannot check QEMU binary {binary}: {reason}"),
            )
        })?;
        let slot = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            match known.get(binary) {
                Some(slot) if slot.stamp == stamp => Arc::clone(slot),
                _ => {
                    let slot = Arc::new(Slot { stamp, known: OnceCell::new() });
                    known.insert(binary.to_owned(), Arc::clone(&slot));
                    slot
                }
            }
        };
        let known = slot.known.get_or_try_init(|| self.ask(binary)).await?;
        Ok(Arc::clone(known))
    }

    async fn ask(&self, binary: &str) -> Result<Arc<Known>> {
        let host = self.host();
        // A cache of its own: two binaries are asked at once.
        let cache = probe::Cache::new(self.cache.join("capabilities"));
        let path = PathBuf::from(binary);
        let asking = tokio::task::spawn_blocking(move || cache.qemu(&path, &host));
        let failed = |reason: &dyn std::fmt::Display| {
            let detail = format!("Failed to start QEMU binary {binary} for probing: {reason}");
            Error::new(ErrorCode::INTERNAL_ERROR, ErrorDomain::QEMU, detail)
        };
        let found = asking.await.map_err(|error| failed(&error))?;
        let found = found.map_err(|error| failed(&error))?;
        let probe::Known { abilities, host_cpus, .. } =
            Arc::into_inner(found).ok_or_else(|| failed(&"its answers are in use"))?;
        // What was read is many times what is kept.
        memory::give_back();
        Ok(Arc::new(Known { abilities: Arc::new(abilities), host_cpus }))
    }
}

impl stead_domain::Hypervisors for Hypervisors {
    fn abilities<'a>(
        &'a self,
        binary: &'a str,
    ) -> Pending<'a, stead_domain::Result<Arc<Abilities>>> {
        Box::pin(async move {
            match self.known(binary).await {
                Ok(known) => Ok(Arc::clone(&known.abilities)),
                Err(error) => Err(error.into_domain()),
            }
        })
    }

    fn facts(&self) -> Arc<Host> {
        self.host()
    }
}

impl Stamp {
    fn of(path: &Path) -> std::io::Result<Self> {
        let found = std::fs::metadata(path)?;
        Ok(Self {
            device: found.dev(),
            inode: found.ino(),
            size: found.size(),
            modified: (found.mtime(), found.mtime_nsec()),
        })
    }
}

fn is_executable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.mode() & 0o111 != 0)
}
