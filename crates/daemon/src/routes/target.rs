//! Which hypervisor a question is about: what the client leaves open is completed as libvirt completes it.

use std::sync::Arc;

use stead_config::domain::os::ARCHITECTURES;
use stead_protocol::{ErrorCode, ErrorDomain};
use stead_qemu::abilities::{Acceleration, Accelerator, HostCpus};

use crate::error::{Error, Result};
use crate::hypervisors::Known;
use crate::session::Session;

/// The types of domains that libvirt 11.3 knows besides "kvm" and "qemu" (virDomainVirtType).
const OTHER_TYPES: &[&str] = &[
    "xen",
    "lxc",
    "uml",
    "openvz",
    "test",
    "vmware",
    "hyperv",
    "vbox",
    "phyp",
    "parallels",
    "bhyve",
    "vz",
    "hvf",
];

/// Which hypervisor a question is about, as far as the client says.
pub(crate) struct Asked<'a> {
    pub(crate) emulator: &'a Option<String>,
    pub(crate) arch: &'a Option<String>,
    pub(crate) machine: &'a Option<String>,
    pub(crate) virttype: &'a Option<String>,
}

/// Which it is.
pub(crate) struct Target {
    pub(crate) known: Arc<Known>,
    pub(crate) arch: String,
    pub(crate) accelerator: Accelerator,
    /// The machine type by its own name, not an alias.
    pub(crate) machine: String,
}

impl Target {
    /// What its accelerator gives, and the host's CPU on it.
    pub(crate) fn parts(&self) -> Result<(&Acceleration, &HostCpus)> {
        let acceleration = self.known.abilities.with(self.accelerator);
        let parts = acceleration.zip(self.known.host_cpus(self.accelerator));
        parts.ok_or_else(|| Error::internal("the accelerator has gone"))
    }
}

impl Asked<'_> {
    /// Completes the question with defaults, as libvirt does.
    ///
    /// # Errors
    /// There is no such hypervisor, in libvirt's words.
    pub(crate) async fn find(&self, session: &Session) -> Result<Target> {
        let invalid =
            |detail: String| Error::new(ErrorCode::INVALID_ARG, ErrorDomain::QEMU, detail);
        let wanted = match self.virttype.as_deref() {
            None => None,
            Some(name) => match Accelerator::of_domain_type(name) {
                Some(accelerator) => Some(Ok(accelerator)),
                None if OTHER_TYPES.contains(&name) => Some(Err(())),
                None => return Err(invalid(format!("unknown virttype: {name}"))),
            },
        };
        if let Some(arch) = self.arch
            && !ARCHITECTURES.contains(&arch.as_str())
        {
            return Err(invalid(format!("unknown architecture: {arch}")));
        }
        let hypervisors = &session.daemon.hypervisors;
        let known = match self.emulator {
            Some(binary) => hypervisors.known(binary).await?,
            None => {
                let arch = self.arch.as_deref().unwrap_or(std::env::consts::ARCH);
                let binary = hypervisors.emulator(arch).ok_or_else(|| no_emulator(arch))?;
                hypervisors.known(&binary).await?
            }
        };
        let abilities = &known.abilities;
        let arch = match self.arch {
            Some(arch) if *arch == abilities.arch => arch.clone(),
            // A 64-bit emulator runs 32-bit guests, too.
            Some(arch) if arch == "i686" && abilities.arch == "x86_64" => arch.clone(),
            Some(arch) => {
                return Err(invalid(format!(
                    "architecture from emulator '{}' doesn't match given architecture '{arch}'",
                    abilities.arch
                )));
            }
            None => abilities.arch.clone(),
        };
        let accelerator = match wanted {
            None => abilities.fastest().map(|acceleration| acceleration.accelerator),
            Some(Ok(accelerator)) => {
                abilities.with(accelerator).map(|acceleration| acceleration.accelerator)
            }
            Some(Err(())) => None,
        };
        let accelerator = accelerator.ok_or_else(|| {
            let name = match wanted {
                Some(Ok(Accelerator::Kvm)) => "kvm",
                _ => "tcg",
            };
            let binary = &abilities.binary;
            invalid(format!("the accel '{name}' is not supported by '{binary}' on this host"))
        })?;
        let acceleration = abilities.with(accelerator);
        let machine = match self.machine {
            Some(name) => acceleration.and_then(|acceleration| acceleration.machine(name)),
            None => acceleration.and_then(Acceleration::default_machine),
        };
        let machine = machine.map(|machine| machine.name.clone()).ok_or_else(|| {
            invalid(format!(
                "the machine '{}' is not supported by emulator '{}'",
                self.machine.as_deref().unwrap_or_default(),
                abilities.binary
            ))
        })?;
        Ok(Target { arch, accelerator, machine, known: Arc::clone(&known) })
    }
}

pub(crate) fn no_emulator(arch: &str) -> Error {
    let detail = format!("unable to find any emulator to serve '{arch}' architecture");
    Error::new(ErrorCode::CONFIG_UNSUPPORTED, ErrorDomain::QEMU, detail)
}
