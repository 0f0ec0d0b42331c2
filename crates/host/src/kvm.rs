//! What the kernel's KVM can do.

use std::os::fd::OwnedFd;
use std::path::Path;

use kvm_bindings::{KVM_MAX_CPUID_ENTRIES, Msrs, kvm_msr_entry};
use kvm_ioctls::{Cap, Kvm};
use stead_cpu::{Catalog, Dump, Key};
use stead_facts::Tsc;

use crate::image::may_write;
use crate::process::Credentials;

const DEVICE: &str = "/dev/kvm";

/// `/dev/kvm` opened for a QEMU whose user may not open it (mode 0600, or a group that user is not in). `None` where that
/// user may, and where this process may not either: QEMU says then what is wrong.
pub fn opened_for(credentials: &Credentials) -> Option<OwnedFd> {
    if may_write(Path::new(DEVICE), credentials) {
        return None;
    }
    let opened = std::fs::OpenOptions::new().read(true).write(true).open(DEVICE);
    opened.ok().map(OwnedFd::from)
}

/// `/dev/kvm`, opened.
#[derive(Debug)]
pub struct Device(Kvm);

impl Device {
    /// Opens `/dev/kvm`.
    ///
    /// # Errors
    /// One line that says why it cannot be used.
    pub fn open() -> Result<Self, String> {
        let kvm = Kvm::new().map_err(|error| {
            let error = std::io::Error::from_raw_os_error(error.errno());
            format!("cannot open /dev/kvm: {error}")
        })?;
        match kvm.get_api_version() {
            12 => Ok(Self(kvm)),
            other => Err(format!("/dev/kvm speaks version {other}, not 12")),
        }
    }

    /// Everything that decisions may rest on.
    pub fn facts(&self, catalog: &Catalog) -> stead_facts::Kvm {
        stead_facts::Kvm {
            supported: self.supported(catalog),
            max_vcpus: u32::try_from(self.0.get_max_vcpus()).unwrap_or(u32::MAX),
            nested: parameters(Path::new("/sys/module"))
                .iter()
                .find_map(|line| line.split_once("/nested=").map(|(_, value)| value.to_owned()))
                .map(|value| matches!(value.as_str(), "1" | "Y" | "y")),
            parameters: parameters(Path::new("/sys/module")),
        }
    }

    /// `KVM_GET_SUPPORTED_CPUID` and the feature MSRs.
    fn supported(&self, catalog: &Catalog) -> Dump {
        let mut dump = Dump::default();
        if let Ok(entries) = self.0.get_supported_cpuid(KVM_MAX_CPUID_ENTRIES) {
            for entry in entries.as_slice() {
                let registers = [entry.eax, entry.ebx, entry.ecx, entry.edx];
                dump.cpuid.insert((entry.function, entry.index), registers);
            }
        }
        for feature in catalog.features() {
            for place in &feature.places {
                if let Key::Msr(index) = place.key
                    && !dump.msrs.contains_key(&index)
                {
                    dump.msrs.insert(index, self.feature_msr(index).unwrap_or(0));
                }
            }
        }
        dump.msrs.retain(|_, value| *value != 0);
        dump
    }

    /// The value of a feature MSR that guests can have.
    pub fn feature_msr(&self, index: u32) -> Option<u64> {
        let entry = kvm_msr_entry { index, ..kvm_msr_entry::default() };
        let mut msrs = Msrs::from_entries(&[entry]).ok()?;
        match self.0.get_msrs(&mut msrs) {
            Ok(1) => msrs.as_slice().first().map(|entry| entry.data),
            _ => None,
        }
    }

    /// Rate of the time stamp counter; asked of a throw-away vCPU.
    pub fn tsc(&self) -> Option<Tsc> {
        let vm = self.0.create_vm().ok()?;
        let vcpu = vm.create_vcpu(0).ok()?;
        let khz = vcpu.get_tsc_khz().ok()?;
        Some(Tsc {
            frequency_hz: u64::from(khz) * 1000,
            scaling: Some(self.0.check_extension(Cap::TscControl)),
        })
    }
}

/// Parameters of the KVM modules that change what guests can have, as `kvm_amd/nested=1`, sorted.
fn parameters(modules: &Path) -> Vec<String> {
    let mut all = vec![];
    for module in ["kvm", "kvm_amd", "kvm_intel", "kvm_pvm"] {
        let folder = modules.join(module).join("parameters");
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Ok(value) = std::fs::read_to_string(entry.path()) {
                all.push(format!("{module}/{name}={}", value.trim()));
            }
        }
    }
    all.sort();
    all
}
