//! What was found out about binaries: in memory, and on disk for the next daemon.
//!
//! The key holds everything that can change the answers (`reference/cpu.md` 2.5): the binary, this
//! program, the kernel, the CPU with its microcode, KVM's parameters and what KVM offers.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use stead_cpu::Catalog;
use stead_facts::Host;
use stead_qemu::abilities::{Abilities, Accelerator, HostCpus};

use super::ProbeError;

/// Changes whenever what is kept changes its form or its meaning.
const FORM: u32 = 2;

/// A binary and what follows from it.
#[derive(Debug)]
pub struct Known {
    /// What it can do.
    pub abilities: Abilities,
    /// The host's CPU as it reads it, by accelerator.
    pub host_cpus: BTreeMap<Accelerator, HostCpus>,
    key: Key,
}

/// Everything that can change the answers of a binary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Key {
    form: u32,
    version: String,
    binary: PathBuf,
    modified_ns: i128,
    size: u64,
    inode: u64,
    kernel: String,
    microcode: Option<u32>,
    cpu: u64,
    kvm: Option<(u32, Vec<String>)>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    key: Key,
    abilities: Abilities,
}

/// What is known about binaries.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    known: Mutex<BTreeMap<PathBuf, Arc<Known>>>,
}

impl Cache {
    /// Keeps its files in a folder, which is made when it is needed.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), known: Mutex::default() }
    }

    /// What a binary can do: from memory, from disk, or by running it.
    ///
    /// # Errors
    /// It must be run, and that fails. A cache that cannot be written is no error.
    pub fn qemu(&self, binary: &Path, host: &Host) -> Result<Arc<Known>, ProbeError> {
        let key = Key::of(binary, host)
            .map_err(|cause| ProbeError::Spawn { binary: binary.display().to_string(), cause })?;
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get(binary).filter(|known| known.key == key) {
            return Ok(Arc::clone(known));
        }
        let known = Arc::new(match self.load(&key) {
            Some(abilities) => Known::new(abilities, host, key),
            None => {
                let abilities = super::qemu(binary, host)?;
                self.save(&key, &abilities);
                Known::new(abilities, host, key)
            }
        });
        all.insert(binary.to_owned(), Arc::clone(&known));
        Ok(known)
    }

    fn file(&self, key: &Key) -> PathBuf {
        let name = fingerprint(key.binary.as_os_str().as_encoded_bytes());
        self.folder.join(format!("qemu-{name:016x}.json"))
    }

    /// Whatever is not exactly what is wanted counts as not there.
    fn load(&self, key: &Key) -> Option<Abilities> {
        let text = fs::read(self.file(key)).ok()?;
        let kept: Kept = serde_json::from_slice(&text).ok()?;
        (kept.key == *key).then_some(kept.abilities)
    }

    fn save(&self, key: &Key, abilities: &Abilities) {
        let kept = Kept { key: key.clone(), abilities: abilities.clone() };
        let path = self.file(key);
        let written = || -> std::io::Result<()> {
            fs::create_dir_all(&self.folder)?;
            let partial = path.with_extension(format!("{}.tmp", std::process::id()));
            let mut file = fs::File::create(&partial)?;
            serde_json::to_writer(&mut file, &kept)?;
            file.flush()?;
            fs::rename(&partial, &path)
        };
        if let Err(error) = written() {
            tracing::warn!(path = %path.display(), %error, "what a QEMU can do is not kept");
        }
    }
}

impl Known {
    fn new(abilities: Abilities, host: &Host, key: Key) -> Self {
        let host_cpus = abilities
            .accelerations
            .iter()
            .map(|each| (each.accelerator, each.host_cpus(Catalog::builtin(), &host.cpuid)))
            .collect();
        Self { abilities, host_cpus, key }
    }
}

impl Key {
    fn of(binary: &Path, host: &Host) -> std::io::Result<Self> {
        let metadata = fs::metadata(binary)?;
        let catalog = Catalog::builtin();
        // Volatile leaves (APIC ids, counters) are not in any feature, so only known bits count.
        let mut cpu = format!("{:?}{:?}", host.cpuid.identity(), catalog.bits(&host.cpuid));
        if let Some(kvm) = &host.kvm {
            cpu.push_str(&format!("{:?}", catalog.bits(&kvm.supported)));
        }
        Ok(Self {
            form: FORM,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            binary: binary.to_owned(),
            modified_ns: i128::from(metadata.mtime()) * 1_000_000_000
                + i128::from(metadata.mtime_nsec()),
            size: metadata.len(),
            inode: metadata.ino(),
            kernel: host.kernel.clone(),
            microcode: host.microcode,
            cpu: fingerprint(cpu.as_bytes()),
            kvm: host.kvm.as_ref().map(|kvm| (kvm.max_vcpus, kvm.parameters.clone())),
        })
    }
}

/// FNV-1a, 64 bits: the same in every build, which the standard hasher does not promise.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
