//! What is answered at once: from the snapshot, and from the kernel's own files.

use std::sync::Arc;
use std::time::Duration;

use stead_config::domain::Cpu;
use stead_config::domain::interface::Interface;
use stead_config::{Domain, Form};
use stead_host::nic;
use stead_host::thread::{self, Usage};

use crate::run::Connection;
use crate::{
    Control, ControlState, Error, InterfaceCounters, Kind, Machine, Origin, Result, Snapshot,
    Status, Summarised, Vcpu, flags,
};

/// A monitor that owes an answer for so long is called unresponsive.
const UNRESPONSIVE: Duration = Duration::from_secs(3);

/// libvirt's list filters: within each group any bit, over all groups every group (virConnectListAllDomainsFlags).
pub(crate) fn matches(snapshot: &Snapshot, flags: u32) -> bool {
    let group = |mask: u32, has: u32| flags & mask == 0 || flags & has != 0;
    let state = match snapshot.status {
        Status::Running(_) => 16,
        Status::Paused(_) => 32,
        Status::Shutoff(_) => 64,
        _ => 128,
    };
    group(3, if snapshot.is_active() { 1 } else { 2 })
        && group(12, if snapshot.persistent { 4 } else { 8 })
        && group(0xf0, state)
        && group(0x300, 0x200)
        && group(0xc00, if snapshot.autostart { 0x400 } else { 0x800 })
        && group(0x3000, 0x2000)
        && group(0xc000, 0x8000)
}

pub(crate) fn xml(machine: &Machine, given: u32) -> Result<Arc<str>> {
    flags::check(given, 0xf, "qemuDomainGetXMLDesc")?;
    let snapshot = machine.snapshot();
    let inactive = given & (flags::XML_INACTIVE | flags::XML_MIGRATABLE) != 0;
    let document = match (inactive, &snapshot.inactive, &snapshot.live) {
        (true, Some(document), _) | (false, Some(document), None) => document,
        // A transient machine has no other document than that of what runs.
        (true, None, Some(document)) => {
            let domain = document.domain()?;
            return inactive_form(&domain, given);
        }
        (_, _, Some(document)) => document,
        (_, None, None) => return Err(damaged(&snapshot, machine)),
    };
    let off = inactive || snapshot.live.is_none();
    if given & flags::XML_UPDATE_CPU != 0
        && off
        && let Some(context) = machine.0.context.upgrade()
    {
        let mut domain = Domain::clone(&*document.domain()?);
        domain.cpu = context.updated_cpu(&domain)?;
        return inactive_form(&domain, given);
    }
    match given & flags::XML_SECURE {
        0 => document.public_text(),
        _ => Ok(Arc::clone(document.text())),
    }
}

fn inactive_form(domain: &Domain, given: u32) -> Result<Arc<str>> {
    let form = if given & flags::XML_SECURE == 0 { Form::INACTIVE } else { Form::STORED };
    Ok(domain.print(form).into())
}

fn damaged(snapshot: &Snapshot, machine: &Machine) -> Error {
    match &snapshot.broken {
        Some(broken) => Error::new(Kind::XmlError, broken.describe()),
        None => machine.gone(),
    }
}

pub(crate) fn summarised(machine: &Machine) -> Summarised {
    let snapshot = machine.snapshot();
    let used = snapshot.pid.and_then(|pid| Usage::of_process(pid).ok());
    Summarised {
        status: snapshot.status,
        memory_max_kib: snapshot.summary.memory_max_kib,
        memory_kib: snapshot.summary.memory_kib,
        vcpus: snapshot.summary.vcpus,
        cpu_time_ns: used.map_or(0, |used| used.total_ns()),
    }
}

/// Whether a question is about what runs; refused where it cannot be.
fn is_live(snapshot: &Snapshot, given: u32) -> Result<bool> {
    let live = given & flags::AFFECT_LIVE != 0;
    let config = given & flags::AFFECT_CONFIG != 0;
    if live && !snapshot.is_active() {
        return Err(Error::not_running());
    }
    if config && !snapshot.persistent {
        return Err(Error::transient());
    }
    Ok(live || (!config && snapshot.is_active()))
}

/// The document that a question is about.
fn asked(machine: &Machine, given: u32) -> Result<Arc<Domain>> {
    let snapshot = machine.snapshot();
    let document = match is_live(&snapshot, given)? {
        true => snapshot.live.as_ref(),
        false => snapshot.inactive.as_ref(),
    };
    document.ok_or_else(|| damaged(&snapshot, machine))?.domain()
}

pub(crate) fn vcpu_count(machine: &Machine, given: u32) -> Result<u32> {
    flags::check(given, 0xf, "qemuDomainGetVcpusFlags")?;
    flags::live_or_config(given, "virDomainGetVcpusFlags")?;
    let snapshot = machine.snapshot();
    let live = is_live(&snapshot, given)?;
    if given & flags::VCPU_GUEST != 0 {
        return Err(match live {
            true => Error::new(Kind::ArgumentUnsupported, "QEMU guest agent is not configured"),
            false => Error::argument(
                "vCPU count provided by the guest agent can only be requested for live domains",
            ),
        });
    }
    let document = if live { snapshot.live.as_ref() } else { snapshot.inactive.as_ref() };
    let summary = document.map_or(snapshot.summary, |document| document.summary());
    Ok(if given & flags::MAXIMUM != 0 { summary.vcpus_max } else { summary.vcpus })
}

pub(crate) fn vcpus_max(machine: &Machine) -> Result<u32> {
    vcpu_count(machine, flags::AFFECT_LIVE | flags::MAXIMUM)
}

pub(crate) fn vcpus(machine: &Machine, most: usize, map_bytes: usize) -> Result<Vec<Vcpu>> {
    if !machine.snapshot().is_active() {
        return Err(Error::invalid("cannot retrieve vcpu information for inactive domain"));
    }
    let connection = machine.connection()?;
    let pid = connection.process.pid();
    let live = connection.live.load();
    let vcpus = live.record.vcpus.iter().take(most);
    vcpus
        .map(|vcpu| {
            let thread = u32::try_from(vcpu.thread).unwrap_or(0);
            let used = Usage::of_thread(pid, thread).map_err(|error| {
                Error::system("cannot get vCPU placement & pCPU time", &error.source)
            })?;
            Ok(Vcpu {
                number: vcpu.index,
                state: 1,
                cpu_time_ns: used.total_ns(),
                cpu: i32::try_from(used.cpu).unwrap_or(-1),
                affinity: affinity(thread, map_bytes)?,
            })
        })
        .collect()
}

fn affinity(thread: u32, map_bytes: usize) -> Result<Vec<u8>> {
    let cpus = thread::affinity(thread).map_err(crate::held::host)?;
    Ok(bitmap(&cpus, map_bytes))
}

fn bitmap(cpus: &[u32], bytes: usize) -> Vec<u8> {
    // Longer than any host's: what a client asks for is not a size to allocate.
    let mut map = vec![0; bytes.min(4096)];
    for cpu in cpus {
        if let Some(byte) = usize::try_from(cpu / 8).ok().and_then(|byte| map.get_mut(byte)) {
            *byte |= 1 << (cpu % 8);
        }
    }
    map
}

/// The host's CPUs that are online.
fn host_cpus() -> Vec<u32> {
    let text = std::fs::read_to_string("/sys/devices/system/cpu/online").unwrap_or_default();
    let mut cpus = Vec::new();
    for part in text.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(first), Ok(last)) = (first.parse::<u32>(), last.parse::<u32>()) {
            cpus.extend(first..=last.min(first.saturating_add(65535)));
        }
    }
    cpus
}

fn allowed(domain: &Domain) -> Vec<u32> {
    match &domain.vcpu.cpuset {
        Some(set) => host_cpus().into_iter().filter(|cpu| set.contains(*cpu)).collect(),
        None => host_cpus(),
    }
}

pub(crate) fn vcpu_pins(
    machine: &Machine,
    most: usize,
    map_bytes: usize,
    given: u32,
) -> Result<Vec<Vec<u8>>> {
    flags::check(given, 3, "qemuDomainGetVcpuPinInfo")?;
    flags::live_or_config(given, "virDomainGetVcpuPinInfo")?;
    let domain = asked(machine, given)?;
    let count = usize::try_from(domain.vcpu.count).unwrap_or(0).min(most);
    Ok(vec![bitmap(&allowed(&domain), map_bytes); count])
}

pub(crate) fn emulator_pin(machine: &Machine, map_bytes: usize, given: u32) -> Result<Vec<u8>> {
    flags::check(given, 3, "qemuDomainGetEmulatorPinInfo")?;
    flags::live_or_config(given, "virDomainGetEmulatorPinInfo")?;
    Ok(bitmap(&allowed(&*asked(machine, given)?), map_bytes))
}

/// The vCPUs that a topology makes, where a document has one.
pub(crate) fn topology_vcpus(cpu: &Cpu) -> Option<u32> {
    u32::try_from(cpu.topology.as_ref()?.product()).ok()
}

pub(crate) fn metadata(
    machine: &Machine,
    kind: i32,
    uri: Option<&str>,
    given: u32,
) -> Result<String> {
    flags::check(given, 3, "qemuDomainGetMetadata")?;
    flags::live_or_config(given, "virDomainGetMetadata")?;
    let domain = asked(machine, given)?;
    let kind = crate::change::metadata_kind(kind)?;
    domain.metadata(kind, uri.unwrap_or_default()).map_err(|error| {
        Error::new(Kind::NoDomainMetadata, error.to_string()).from_origin(Origin::Domain)
    })
}

pub(crate) fn control(machine: &Machine, given: u32) -> Result<ControlState> {
    flags::check(given, 0, "qemuDomainGetControlInfo")?;
    let snapshot = machine.snapshot();
    if !snapshot.is_active() {
        return Err(Error::not_running());
    }
    let millis = |age: Duration| u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
    let waits = machine.0.connection.load().as_ref().and_then(|found| unanswered(found));
    Ok(match (waits, snapshot.control) {
        (Some(age), _) if age >= UNRESPONSIVE => {
            ControlState { state: 3, details: 2, age_ms: millis(age) }
        }
        (_, Control::Job { since }) => {
            ControlState { state: 1, details: 0, age_ms: millis(since.elapsed()) }
        }
        (Some(age), Control::Idle) => ControlState { state: 2, details: 0, age_ms: millis(age) },
        (None, Control::Idle) => ControlState { state: 0, details: 0, age_ms: 0 },
    })
}

fn unanswered(connection: &Connection) -> Option<Duration> {
    connection.monitor.unanswered_for()
}

pub(crate) fn messages(machine: &Machine, kinds: u32) -> Result<Vec<String>> {
    flags::check(kinds, 7, "qemuDomainGetMessages")?;
    let snapshot = machine.snapshot();
    let mut texts: Vec<String> = snapshot
        .messages
        .iter()
        .filter(|message| kinds == 0 || message.kind & kinds != 0)
        .map(|message| message.text.clone())
        .collect();
    if let Some(broken) = &snapshot.broken {
        texts.push(format!("the stored document is damaged: {}", broken.describe()));
    }
    Ok(texts)
}

pub(crate) fn operating_system(machine: &Machine) -> Result<String> {
    let snapshot = machine.snapshot();
    match snapshot.document() {
        Some(document) => Ok(document.domain()?.os.kind.name.clone()),
        None => Ok("hvm".to_owned()),
    }
}

pub(crate) fn interface_counters(machine: &Machine, device: &str) -> Result<InterfaceCounters> {
    if !machine.snapshot().is_active() {
        return Err(Error::not_running());
    }
    let connection = machine.connection()?;
    let live = connection.live.load();
    let interfaces = &live.domain.devices.interfaces;
    let interface = interfaces.iter().find(|interface| {
        target(interface) == Some(device)
            || interface
                .mac
                .as_ref()
                .is_some_and(|mac| mac.address.to_string().eq_ignore_ascii_case(device))
    });
    let interface = interface.ok_or_else(|| {
        Error::argument(format!("'{device}' is not a known interface")).from_origin(Origin::Domain)
    })?;
    let name = target(interface)
        .ok_or_else(|| Error::internal("Interface name not provided").from_origin(Origin::None))?;
    let mut counters = nic::counters().map_err(crate::held::host)?;
    let counters = counters
        .remove(name)
        .ok_or_else(|| Error::internal("/proc/net/dev: Interface not found"))?
        .from_the_guest();
    let signed = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    Ok(InterfaceCounters {
        rx_bytes: signed(counters.rx_bytes),
        rx_packets: signed(counters.rx_packets),
        rx_errors: signed(counters.rx_errors),
        rx_drop: signed(counters.rx_drops),
        tx_bytes: signed(counters.tx_bytes),
        tx_packets: signed(counters.tx_packets),
        tx_errors: signed(counters.tx_errors),
        tx_drop: signed(counters.tx_drops),
    })
}

/// The tap of an interface, if it has one.
pub(crate) fn target(interface: &Interface) -> Option<&str> {
    interface.target.as_ref().and_then(|target| target.dev.as_deref())
}
