//! Statistics of many machines (virConnectGetAllDomainStats), in libvirt's names and order.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value as Json;
use stead_config::Domain;
use stead_config::domain::disk::Disk;
use stead_host::nic::{self, Counters};
use stead_host::thread::{self, Usage};

use crate::run::Connection;
use crate::{Domains, Error, Kind, Machine, Record, Result, Snapshot, Value, flags, measure, read};

/// Machines that are measured at the same time: each may need a thread for its disks.
const AT_ONCE: usize = 64;
/// The groups that are served (virDomainStatsTypes).
const STATE: u32 = 1;
const CPU: u32 = 1 << 1;
const BALLOON: u32 = 1 << 2;
const VCPU: u32 = 1 << 3;
const INTERFACE: u32 = 1 << 4;
const BLOCK: u32 = 1 << 5;
const KNOWN: u32 = STATE | CPU | BALLOON | VCPU | INTERFACE | BLOCK;
/// The groups that libvirt 11.3 knows: asking for one of them is no error.
const ASKABLE: u32 = 0x7ff;

pub(crate) async fn collect(
    domains: &Domains,
    machines: Option<&[Machine]>,
    groups: u32,
    given: u32,
) -> Result<Vec<Record>> {
    let filters = 0xff;
    let known = filters | flags::STATS_NOWAIT | flags::STATS_BACKING | flags::STATS_ENFORCE;
    flags::check(given, known, "qemuConnectGetAllDomainStats")?;
    let unknown = groups & !ASKABLE;
    if given & flags::STATS_ENFORCE != 0 && unknown != 0 {
        return Err(Error::new(
            Kind::ArgumentUnsupported,
            format!("Stats types bits 0x{unknown:x} are not supported by this daemon or QEMU"),
        ));
    }
    let groups = if groups == 0 { KNOWN } else { groups & KNOWN };
    let machines: Vec<Machine> = match machines {
        Some(machines) => machines.to_vec(),
        None => domains.list(given & filters)?,
    };
    let interfaces = match groups & INTERFACE {
        0 => HashMap::new(),
        _ => nic::counters().unwrap_or_default(),
    };
    let interfaces = Arc::new(interfaces);
    let mut all = Vec::with_capacity(machines.len());
    for part in machines.chunks(AT_ONCE) {
        // Those that must be asked are asked at the same time.
        let asked: Vec<_> = part
            .iter()
            .map(|machine| {
                let (machine, interfaces) = (machine.clone(), Arc::clone(&interfaces));
                tokio::spawn(async move { one(&machine, groups, &interfaces).await })
            })
            .collect();
        for record in asked {
            all.extend(record.await.ok().flatten());
        }
    }
    Ok(all)
}

/// Collects `name, value` pairs.
#[derive(Default)]
struct Rows(Vec<(String, Value)>);

impl Rows {
    fn int(&mut self, name: impl Into<String>, value: i32) {
        self.0.push((name.into(), Value::Int(value)));
    }

    fn uint(&mut self, name: impl Into<String>, value: u32) {
        self.0.push((name.into(), Value::UInt(value)));
    }

    fn ulong(&mut self, name: impl Into<String>, value: u64) {
        self.0.push((name.into(), Value::ULong(value)));
    }

    fn text(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), Value::Text(value.into())));
    }
}

/// One machine's record; none if it has gone meanwhile.
async fn one(
    machine: &Machine,
    groups: u32,
    interfaces: &HashMap<String, Counters>,
) -> Option<Record> {
    let snapshot = machine.snapshot().clone();
    let connection = machine.0.connection.load_full().filter(|_| snapshot.is_active());
    let domain = snapshot.document().and_then(|document| document.domain().ok());
    let mut rows = Rows::default();
    if groups & STATE != 0 {
        let (state, reason) = snapshot.status.numbers();
        rows.int("state.state", state);
        rows.int("state.reason", reason);
    }
    let used = snapshot.pid.and_then(|pid| Usage::of_process(pid).ok());
    if let Some(used) = used.filter(|_| groups & CPU != 0) {
        rows.ulong("cpu.time", used.total_ns());
        rows.ulong("cpu.user", used.user_ns);
        rows.ulong("cpu.system", used.system_ns);
        rows.uint("cpu.cache.monitor.count", 0);
        rows.ulong("cpu.haltpoll.success.time", 0);
        rows.ulong("cpu.haltpoll.fail.time", 0);
    }
    // Both questions at once: a QEMU that hangs is waited for once.
    let (told, counted) = tokio::join!(
        async {
            match &connection {
                Some(connection) if groups & BALLOON != 0 => connection.balloon().await,
                _ => Arc::default(),
            }
        },
        async {
            let has_disks = domain.as_ref().is_some_and(|domain| !domain.devices.disks.is_empty());
            match &connection {
                Some(connection) if groups & BLOCK != 0 && has_disks => connection.blocks().await,
                _ => Arc::default(),
            }
        },
    );
    if groups & BALLOON != 0 {
        balloon(&mut rows, &snapshot, &told, used);
    }
    if groups & VCPU != 0 {
        vcpus(&mut rows, &snapshot, connection.as_deref());
    }
    if let Some(domain) = &domain {
        if groups & INTERFACE != 0 && connection.is_some() {
            nets(&mut rows, domain, interfaces);
        }
        if groups & BLOCK != 0 {
            blocks(&mut rows, domain, &counted).await;
        }
    }
    Some(Record { identity: snapshot.identity.clone(), values: rows.0 })
}

fn balloon(rows: &mut Rows, snapshot: &Snapshot, told: &Json, used: Option<Usage>) {
    rows.ulong("balloon.current", snapshot.summary.memory_kib);
    rows.ulong("balloon.maximum", snapshot.summary.memory_max_kib);
    for (_, name, value) in measure::balloon_figures(told) {
        rows.ulong(format!("balloon.{name}"), value);
    }
    if let Some(used) = used {
        rows.ulong("balloon.rss", used.resident_kib);
    }
}

fn vcpus(rows: &mut Rows, snapshot: &Snapshot, connection: Option<&Connection>) {
    rows.uint("vcpu.current", snapshot.summary.vcpus);
    rows.uint("vcpu.maximum", snapshot.summary.vcpus_max);
    let Some(connection) = connection else { return };
    let pid = connection.process.pid();
    for vcpu in &connection.live.load().record.vcpus {
        let (index, thread) = (vcpu.index, u32::try_from(vcpu.thread).unwrap_or(0));
        let Ok(used) = Usage::of_thread(pid, thread) else { continue };
        rows.int(format!("vcpu.{index}.state"), 1);
        rows.ulong(format!("vcpu.{index}.time"), used.total_ns());
        rows.ulong(format!("vcpu.{index}.wait"), 0);
        if let Ok(schedule) = thread::schedule(pid, thread) {
            rows.ulong(format!("vcpu.{index}.delay"), schedule.wait_ns);
        }
    }
}

fn nets(rows: &mut Rows, domain: &Domain, counters: &HashMap<String, Counters>) {
    let interfaces = &domain.devices.interfaces;
    rows.uint("net.count", u32::try_from(interfaces.len()).unwrap_or(u32::MAX));
    for (number, interface) in interfaces.iter().enumerate() {
        let Some(name) = read::target(interface) else { continue };
        rows.text(format!("net.{number}.name"), name);
        let Some(counters) = counters.get(name).copied() else { continue };
        let counters = counters.from_the_guest();
        for (field, value) in [
            ("rx.bytes", counters.rx_bytes),
            ("rx.pkts", counters.rx_packets),
            ("rx.errs", counters.rx_errors),
            ("rx.drop", counters.rx_drops),
            ("tx.bytes", counters.tx_bytes),
            ("tx.pkts", counters.tx_packets),
            ("tx.errs", counters.tx_errors),
            ("tx.drop", counters.tx_drops),
        ] {
            rows.ulong(format!("net.{number}.{field}"), value);
        }
    }
}

async fn blocks(rows: &mut Rows, domain: &Domain, counted: &[stead_qmp::command::BlockStats]) {
    let disks = &domain.devices.disks;
    rows.uint("block.count", u32::try_from(disks.len()).unwrap_or(u32::MAX));
    for (number, disk) in disks.iter().enumerate() {
        block(rows, number, disk, counted).await;
    }
}

async fn block(
    rows: &mut Rows,
    number: usize,
    disk: &Disk,
    counted: &[stead_qmp::command::BlockStats],
) {
    rows.text(format!("block.{number}.name"), disk.target.dev.as_str());
    let source = disk.source.as_ref();
    let path = source.map(|source| source.image.path()).filter(|path| !path.is_empty());
    if let Some(path) = path {
        rows.text(format!("block.{number}.path"), path);
    }
    let found = measure::of_disk(counted, disk);
    if let (Some(index), Some(_)) = (source.and_then(|source| source.index), found) {
        rows.uint(format!("block.{number}.backingIndex"), index);
    }
    if let Some(found) = found {
        for (field, value) in [
            ("rd.reqs", found.stats.rd_operations),
            ("rd.bytes", found.stats.rd_bytes),
            ("rd.times", found.stats.rd_total_time_ns),
            ("wr.reqs", found.stats.wr_operations),
            ("wr.bytes", found.stats.wr_bytes),
            ("wr.times", found.stats.wr_total_time_ns),
            ("fl.reqs", found.stats.flush_operations),
            ("fl.times", found.stats.flush_total_time_ns),
        ] {
            rows.ulong(format!("block.{number}.{field}"), value);
        }
    }
    if path.is_none() {
        return;
    }
    if let Ok(sizes) = measure::sizes(disk).await {
        // While it runs, libvirt shows how far QEMU wrote, and what the image takes.
        let (allocation, physical) = match found {
            Some(found) => (found.stats.wr_highest_offset, sizes.allocation),
            None => (sizes.allocation, sizes.physical),
        };
        rows.ulong(format!("block.{number}.allocation"), allocation);
        rows.ulong(format!("block.{number}.capacity"), sizes.capacity);
        rows.ulong(format!("block.{number}.physical"), physical);
    }
}
