//! This host as plain data.

use std::path::{Path, PathBuf};

use stead_cpu::Catalog;
use stead_facts::topology::{self, Tree};
use stead_facts::{Host, SecurityModel, Suspend};

use crate::{cpuid, kvm};

/// A folder of small files.
struct Folder(PathBuf);

impl Tree for Folder {
    fn text(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.0.join(path)).ok()
    }

    fn names(&self, path: &str) -> Vec<String> {
        std::fs::read_dir(self.0.join(path))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect()
    }
}

/// Looks at this host. Everything that cannot be read is left empty.
pub fn host(uuid: Option<String>) -> Host {
    let catalog = Catalog::builtin();
    let mut found = Host {
        arch: std::env::consts::ARCH.to_owned(),
        kernel: read("/proc/sys/kernel/osrelease"),
        uuid,
        cpuid: cpuid::native(),
        microcode: microcode(),
        topology: topology::read(&Folder("/sys/devices/system".into()), page_size_kib()),
        iommu: Folder("/sys/kernel".into()).names("iommu_groups").iter().any(|_| true),
        page_sizes_kib: topology::page_sizes_kib(
            &Folder("/sys/kernel/mm".into()).names("hugepages"),
            page_size_kib(),
        ),
        suspend: suspend(),
        security: vec![SecurityModel {
            model: "none".to_owned(),
            doi: "0".to_owned(),
            base_labels: vec![],
        }],
        ..Host::default()
    };
    let device = kvm::Device::open();
    cpuid::add_msrs(&mut found.cpuid, catalog, device.as_ref().ok());
    match device {
        Ok(device) => {
            let invtsc = catalog.sum(["invtsc"]);
            if catalog.bits(&found.cpuid).contains(&invtsc) {
                found.tsc = device.tsc();
            }
            found.kvm = Some(device.facts(catalog));
        }
        Err(reason) => found.kvm_refusal = Some(reason),
    }
    found
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

fn page_size_kib() -> u64 {
    rustix::param::page_size() as u64 / 1024
}

fn microcode() -> Option<u32> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("microcode"))?;
    let value = line.split_once(':')?.1.trim();
    u32::from_str_radix(value.trim_start_matches("0x"), 16).ok()
}

/// `/sys/power/state` and `/sys/power/disk` (kernel `Documentation/admin-guide/pm/sleep-states.rst`).
fn suspend() -> Vec<Suspend> {
    let state = read("/sys/power/state");
    let has = |word: &str| state.split_whitespace().any(|each| each == word);
    let mut all = vec![];
    if has("mem") {
        all.push(Suspend::Memory);
    }
    let can_hibernate = has("disk") && Path::new("/sys/power/disk").exists();
    if can_hibernate {
        all.push(Suspend::Disk);
        if read("/sys/power/disk").contains("suspend") {
            all.push(Suspend::Hybrid);
        }
    }
    all
}
