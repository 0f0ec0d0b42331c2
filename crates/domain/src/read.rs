//! What is answered from the snapshot.

use std::sync::Arc;

use crate::{
    ControlState, Error, InterfaceCounters, Machine, Result, Snapshot, Status, Summarised, Vcpu,
};

/// libvirt's list filters: within each group any bit, over all groups every group (virConnectListAllDomainsFlags).
pub(crate) fn matches(snapshot: &Snapshot, flags: u32) -> bool {
    let group = |mask: u32, has: u32| flags & mask == 0 || flags & has != 0;
    let active = snapshot.is_active();
    let state = match snapshot.status {
        Status::Running(_) => 16,
        Status::Paused(_) => 32,
        Status::Shutoff(_) => 64,
        _ => 128,
    };
    group(3, if active { 1 } else { 2 })
        && group(12, if snapshot.persistent { 4 } else { 8 })
        && group(0xf0, state)
        && group(0x300, 0x200)
        && group(0xc00, if snapshot.autostart { 0x400 } else { 0x800 })
        && group(0x3000, 0x2000)
        && group(0xc000, 0x8000)
}

pub(crate) fn xml(_m: &Machine, _flags: u32) -> Result<Arc<str>> {
    Err(Error::unsupported("not built yet"))
}

pub(crate) fn summarised(m: &Machine) -> Summarised {
    let snapshot = m.snapshot();
    Summarised {
        status: snapshot.status,
        memory_max_kib: snapshot.summary.memory_max_kib,
        memory_kib: snapshot.summary.memory_kib,
        vcpus: snapshot.summary.vcpus,
        cpu_time_ns: 0,
    }
}

pub(crate) fn vcpu_count(_m: &Machine, _flags: u32) -> Result<u32> {
    Err(Error::unsupported("not built yet"))
}

pub(crate) fn vcpus_max(_m: &Machine) -> Result<u32> {
    Err(Error::unsupported("not built yet"))
}

pub(crate) fn vcpus(_m: &Machine, _most: usize, _map_bytes: usize) -> Result<Vec<Vcpu>> {
    Err(Error::unsupported("not built yet"))
}

pub(crate) fn vcpu_pins(
    _m: &Machine,
    _most: usize,
    _map_bytes: usize,
    _flags: u32,
) -> Result<Vec<Vec<u8>>> {
    Err(Error::unsupported("not built yet"))
}

pub(crate) fn emulator_pin(_m: &Machine, _map_bytes: usize, _flags: u32) -> Result<Vec<u8>> {
    Err(Error::unsupported("not built yet"))
}

pub(crate) fn metadata(
    _m: &Machine,
    _kind: i32,
    _uri: Option<&str>,
    _flags: u32,
) -> Result<String> {
    Err(Error::unsupported("not built yet"))
}

pub(crate) fn control(_m: &Machine, _flags: u32) -> Result<ControlState> {
    Err(Error::unsupported("not built yet"))
}

pub(crate) fn messages(_m: &Machine, _kinds: u32) -> Result<Vec<String>> {
    Err(Error::unsupported("not built yet"))
}

pub(crate) fn operating_system(_m: &Machine) -> Result<String> {
    Ok("hvm".to_owned())
}

pub(crate) fn interface_counters(_m: &Machine, _device: &str) -> Result<InterfaceCounters> {
    Err(Error::unsupported("not built yet"))
}
