//! Measurements of one machine. QEMU is asked for at most 35 ms; then the last value is given, and nobody asks again
//! before it has answered.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value as Json;
use stead_config::Domain;
use stead_config::domain::disk::Disk;
use stead_host::image::{Image, Sizes};
use stead_host::thread::Usage;
use stead_qmp::command::{BlockStats, QomGet, QueryBlockstats};

use crate::run::Connection;
use crate::{
    BlockCounters, BlockSizes, Error, Kind, Machine, MemoryFigure, Origin, Result, Value, flags,
    lane,
};

/// How long QEMU is asked: the answer to the client is due after 50 ms.
const ASK: Duration = Duration::from_millis(35);
/// How long a disk is waited for.
const DISK: Duration = Duration::from_millis(50);

/// One figure of a block device.
type Figure = fn(&BlockStats) -> u64;

/// What QEMU said last.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    blocks: Mutex<Arc<Vec<BlockStats>>>,
    balloon: Mutex<Arc<Json>>,
}

impl Connection {
    /// Whether asking again would only make a QEMU that hangs owe more answers.
    fn is_silent(&self) -> bool {
        self.monitor.unanswered_for().is_some_and(|waiting| waiting > ASK)
    }

    /// The counters of all block devices.
    pub(crate) async fn blocks(&self) -> Arc<Vec<BlockStats>> {
        if !self.is_silent()
            && let Ok(found) = self.monitor.execute_within(&QueryBlockstats::default(), ASK).await
        {
            let found = Arc::new(found);
            *lock(&self.measured.blocks) = Arc::clone(&found);
            return found;
        }
        Arc::clone(&lock(&self.measured.blocks))
    }

    /// What the guest's balloon driver tells of its memory.
    pub(crate) async fn balloon(&self) -> Arc<Json> {
        let live = self.live.load_full();
        let Some(path) = balloon_path(&live.domain) else { return Arc::default() };
        let ask = QomGet { path, property: "guest-stats".into() };
        if !self.is_silent()
            && let Ok(found) = self.monitor.execute_within(&ask, ASK).await
        {
            let found = Arc::new(found);
            *lock(&self.measured.balloon) = Arc::clone(&found);
            return found;
        }
        Arc::clone(&lock(&self.measured.balloon))
    }
}

fn lock<T>(held: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The balloon in QEMU's object tree, if it is a virtio one.
pub(crate) fn balloon_path(domain: &Domain) -> Option<String> {
    use stead_config::domain::small::BalloonModel;
    let balloon = domain.devices.memballoon.as_ref()?;
    match balloon.model {
        BalloonModel::None | BalloonModel::Xen => None,
        _ => {
            Some(format!("/machine/peripheral/{}", balloon.alias.as_deref().unwrap_or("balloon0")))
        }
    }
}

/// The counters of a disk among all.
pub(crate) fn of_disk<'a>(blocks: &'a [BlockStats], disk: &Disk) -> Option<&'a BlockStats> {
    let alias = disk.alias.as_deref()?;
    blocks.iter().find(|block| {
        block.qdev.as_deref().is_some_and(|path| path.split('/').any(|part| part == alias))
            || block.device.as_deref().and_then(|name| name.strip_prefix("drive-")) == Some(alias)
    })
}

/// The sizes of a disk's image, on the host.
pub(crate) async fn sizes(disk: &Disk) -> Result<Sizes> {
    let source = disk.source.as_ref().map(|source| source.image.path().to_owned());
    let Some(path) = source.filter(|path| !path.is_empty()) else {
        let message =
            format!("disk '{}' does not currently have a source assigned", disk.target.dev);
        return Err(Error::argument(message));
    };
    let format = disk.driver.as_ref().and_then(|driver| driver.format);
    let format = format.map_or("raw", |format| format.as_str());
    let measuring = lane::run(move || {
        Image::open(Path::new(&path)).and_then(|image| image.sizes(format)).map_err(|error| {
            let mut error = crate::held::host(error);
            error.origin = Origin::Storage;
            error
        })
    });
    match tokio::time::timeout(DISK, measuring).await {
        Ok(Some(result)) => result,
        Ok(None) => Err(Error::internal("the disk's thread panicked")),
        Err(_) => Err(Error::new(Kind::OperationTimeout, "the disk does not answer")),
    }
}

fn document(machine: &Machine) -> Result<Arc<Domain>> {
    let snapshot = machine.snapshot();
    let document = snapshot.document().ok_or_else(|| machine.gone())?;
    document.domain()
}

fn disk<'a>(domain: &'a Domain, name: &str, words: &str) -> Result<&'a Disk> {
    let disks = &domain.devices.disks;
    let found = disks.iter().find(|disk| {
        let source = disk.source.as_ref().map(|source| source.image.path());
        disk.target.dev == name || !name.is_empty() && source == Some(name)
    });
    found.ok_or_else(|| Error::argument(words.to_owned()))
}

pub(crate) async fn block_sizes(machine: &Machine, name: &str, given: u32) -> Result<BlockSizes> {
    flags::check(given, 0, "qemuDomainGetBlockInfo")?;
    let domain = document(machine)?;
    let disk = disk(&domain, name, &format!("invalid path {name} not assigned to domain"))?;
    let sizes = sizes(disk).await?;
    Ok(BlockSizes {
        capacity: sizes.capacity,
        allocation: sizes.allocation,
        physical: sizes.physical,
    })
}

async fn counted(machine: &Machine, name: &str) -> Result<Vec<BlockStats>> {
    if !machine.snapshot().is_active() {
        return Err(Error::not_running());
    }
    let connection = machine.connection()?;
    let live = connection.live.load_full();
    if !name.is_empty() {
        disk(&live.domain, name, &format!("invalid path: {name}"))?;
    }
    let blocks = connection.blocks().await;
    let disks = live.domain.devices.disks.iter().filter(|disk| {
        let source = disk.source.as_ref().map(|source| source.image.path());
        name.is_empty() || disk.target.dev == name || source == Some(name)
    });
    Ok(disks.filter_map(|disk| of_disk(&blocks, disk)).cloned().collect())
}

pub(crate) async fn block_counters(machine: &Machine, name: &str) -> Result<BlockCounters> {
    let blocks = counted(machine, name).await?;
    let sum = |figure: Figure| {
        let sum = blocks.iter().map(figure).fold(0_u64, u64::saturating_add);
        i64::try_from(sum).unwrap_or(i64::MAX)
    };
    Ok(BlockCounters {
        read_requests: sum(|block| block.stats.rd_operations),
        read_bytes: sum(|block| block.stats.rd_bytes),
        write_requests: sum(|block| block.stats.wr_operations),
        write_bytes: sum(|block| block.stats.wr_bytes),
        errors: -1,
    })
}

pub(crate) async fn block_statistics(
    machine: &Machine,
    name: &str,
    given: u32,
) -> Result<Vec<(String, Value)>> {
    flags::check(given, flags::TYPED_PARAM_STRING_OKAY, "qemuDomainBlockStatsFlags")?;
    let blocks = counted(machine, name).await?;
    let rows: [(&str, Figure); 8] = [
        ("wr_bytes", |block| block.stats.wr_bytes),
        ("wr_operations", |block| block.stats.wr_operations),
        ("rd_bytes", |block| block.stats.rd_bytes),
        ("rd_operations", |block| block.stats.rd_operations),
        ("flush_operations", |block| block.stats.flush_operations),
        ("wr_total_times", |block| block.stats.wr_total_time_ns),
        ("rd_total_times", |block| block.stats.rd_total_time_ns),
        ("flush_total_times", |block| block.stats.flush_total_time_ns),
    ];
    Ok(rows
        .into_iter()
        .map(|(name, figure)| {
            let sum = blocks.iter().map(figure).fold(0_u64, u64::saturating_add);
            (name.to_owned(), Value::Long(i64::try_from(sum).unwrap_or(i64::MAX)))
        })
        .collect())
}

pub(crate) async fn disk_errors(machine: &Machine, given: u32) -> Result<Vec<(String, i32)>> {
    flags::check(given, flags::TYPED_PARAM_STRING_OKAY, "qemuDomainGetDiskErrors")?;
    if !machine.snapshot().is_active() {
        return Err(Error::not_running());
    }
    let connection = machine.connection()?;
    let live = connection.live.load_full();
    let ask = stead_qmp::command::QueryBlock::default();
    let Ok(blocks) = connection.monitor.execute_within(&ask, ASK).await else {
        return Ok(Vec::new());
    };
    let mut errors = Vec::new();
    for disk in &live.domain.devices.disks {
        let Some(alias) = disk.alias.as_deref() else { continue };
        let block = blocks.iter().find(|block| {
            block.qdev.as_deref().is_some_and(|path| path.split('/').any(|part| part == alias))
        });
        let code = match block.and_then(|block| block.io_status.as_deref()) {
            Some("failed") => 1,
            Some("nospace") => 2,
            _ => continue,
        };
        errors.push((disk.target.dev.clone(), code));
    }
    Ok(errors)
}

/// The balloon's figures by libvirt's tag (virDomainMemoryStatTags), and what divides them to get libvirt's unit.
pub(crate) const BALLOON: &[(&str, i32, &str, u64)] = &[
    ("stat-swap-in", 0, "swap_in", 1024),
    ("stat-swap-out", 1, "swap_out", 1024),
    ("stat-major-faults", 2, "major_fault", 1),
    ("stat-minor-faults", 3, "minor_fault", 1),
    ("stat-free-memory", 4, "unused", 1024),
    ("stat-total-memory", 5, "available", 1024),
    ("stat-available-memory", 8, "usable", 1024),
    ("stat-disk-caches", 10, "disk_caches", 1024),
    ("stat-htlb-pgalloc", 11, "hugetlb_pgalloc", 1),
    ("stat-htlb-pgfail", 12, "hugetlb_pgfail", 1),
];

/// What the balloon told, in libvirt's order and units; a figure that the guest does not have is left out.
pub(crate) fn balloon_figures(told: &Json) -> Vec<(i32, &'static str, u64)> {
    let mut figures: Vec<_> = BALLOON
        .iter()
        .filter_map(|(field, tag, name, unit)| {
            // QEMU says 2^64-1 for what the guest did not tell.
            let value =
                told.get("stats")?.get(*field)?.as_u64().filter(|value| *value != u64::MAX)?;
            Some((*tag, *name, value / unit))
        })
        .collect();
    if let Some(update) = told.get("last-update").and_then(Json::as_u64) {
        figures.push((9, "last-update", update));
    }
    figures
}

pub(crate) async fn memory_figures(machine: &Machine, given: u32) -> Result<Vec<MemoryFigure>> {
    flags::check(given, 0, "qemuDomainMemoryStats")?;
    if !machine.snapshot().is_active() {
        return Err(Error::not_running());
    }
    let connection = machine.connection()?;
    let balloon = connection.balloon().await;
    let snapshot = machine.snapshot();
    let mut figures = vec![MemoryFigure { tag: 6, value: snapshot.summary.memory_kib }];
    figures.extend(
        balloon_figures(&balloon).into_iter().map(|(tag, _, value)| MemoryFigure { tag, value }),
    );
    if let Ok(used) = Usage::of_process(connection.process.pid()) {
        figures.push(MemoryFigure { tag: 7, value: used.resident_kib });
    }
    Ok(figures)
}

pub(crate) fn cpu_statistics(
    machine: &Machine,
    start: i32,
    _count: u32,
    given: u32,
) -> Result<Vec<Vec<(String, Value)>>> {
    flags::check(given, flags::TYPED_PARAM_STRING_OKAY, "qemuDomainGetCPUStats")?;
    let pid = machine.snapshot().pid.ok_or_else(Error::not_running)?;
    if start != -1 {
        return Err(Error::invalid("cgroup CPUACCT controller is not mounted"));
    }
    let used = Usage::of_process(pid).map_err(crate::held::host)?;
    Ok(vec![vec![
        ("cpu_time".to_owned(), Value::ULong(used.total_ns())),
        ("user_time".to_owned(), Value::ULong(used.user_ns)),
        ("system_time".to_owned(), Value::ULong(used.system_ns)),
    ]])
}
