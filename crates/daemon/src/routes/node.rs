//! The host as a node: read anew at each question.

use std::fmt::Display;

use stead_host::node::Node;
use stead_protocol::remote::*;
use stead_protocol::{ErrorCode, ErrorDomain, limits};

use crate::error::{Error, Result, check_flags};
use crate::router::Router;

/// virNodeGetCPUStats: all CPUs together (VIR_NODE_CPU_STATS_ALL_CPUS).
const ALL_CPUS: i32 = -1;

/// virNodeGetMemoryStats: all cells together (VIR_NODE_MEMORY_STATS_ALL_CELLS).
const ALL_CELLS: i32 = -1;

pub(crate) fn routes(router: Router) -> Router {
    router
        .on_async(NodeGetInfo, |_, ()| async { info() })
        .on(NodeGetCpuMap, |_, arguments| cpu_map(&arguments))
        .on(NodeGetCpuStats, |_, arguments| cpu_stats(&arguments))
        .on(NodeGetMemoryStats, |_, arguments| memory_stats(&arguments))
        .on(NodeGetFreeMemory, |_, ()| {
            let memory = Node::default().memory_of_cells().map_err(failed)?;
            Ok(NodeGetFreeMemoryReply { free_mem: memory.free_kib.saturating_mul(1024) })
        })
        .on(NodeGetCellsFreeMemory, |_, arguments| cells_free_memory(&arguments))
        // No module labels QEMU; libvirtd says so in these words.
        .on(NodeGetSecurityModel, |_, ()| {
            Ok(NodeGetSecurityModelReply { model: b"none\0".to_vec(), doi: b"0\0".to_vec() })
        })
        .on(ConnectGetHostname, |_, ()| {
            Ok(ConnectGetHostnameReply { hostname: Node::default().hostname() })
        })
}

fn info() -> Result<NodeGetInfoReply> {
    let summary = Node::default().summary().map_err(failed)?;
    let number = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    let mut model = [0; 32];
    // The last byte stays 0: clients read a C string.
    for (place, byte) in model[..31].iter_mut().zip(summary.machine.bytes()) {
        *place = byte;
    }
    Ok(NodeGetInfoReply {
        model,
        memory: summary.memory_kib,
        cpus: number(summary.cpus),
        mhz: number(summary.mhz),
        nodes: number(summary.nodes),
        sockets: number(summary.sockets),
        cores: number(summary.cores),
        threads: number(summary.threads),
    })
}

fn cpu_map(arguments: &NodeGetCpuMapArgs) -> Result<NodeGetCpuMapReply> {
    check_flags(arguments.flags, 0, ErrorDomain::NONE, "virHostCPUGetMap")?;
    let online = Node::default().cpu_map().map_err(failed)?.online;
    let mut cpumap = Vec::new();
    if arguments.need_map != 0 {
        cpumap = vec![0; online.len().div_ceil(8)];
        for (cpu, _) in online.iter().enumerate().filter(|(_, online)| **online) {
            cpumap[cpu / 8] |= 1 << (cpu % 8);
        }
    }
    let count = online.iter().filter(|online| **online).count();
    Ok(NodeGetCpuMapReply {
        cpumap,
        online: match arguments.need_online {
            0 => 0,
            _ => u32::try_from(count).unwrap_or(u32::MAX),
        },
        ret: i32::try_from(online.len()).unwrap_or(i32::MAX),
    })
}

fn cpu_stats(arguments: &NodeGetCpuStatsArgs) -> Result<NodeGetCpuStatsReply> {
    const FUNCTION: &str = "virHostCPUGetStatsLinux";
    check_flags(arguments.flags, 0, ErrorDomain::NONE, "virHostCPUGetStats")?;
    if arguments.nparams == 0 {
        return Ok(NodeGetCpuStatsReply { params: Vec::new(), nparams: 4 });
    }
    if arguments.nparams != 4 {
        let text = format!("nparams in {FUNCTION} must be equal to 4");
        return Err(Error::argument(ErrorDomain::NONE, FUNCTION, "*nparams", text));
    }
    let unknown = || {
        let text = format!("Invalid cpuNum in {FUNCTION}");
        Error::argument(ErrorDomain::NONE, FUNCTION, "cpuNum", text)
    };
    let cpu = match arguments.cpu_num {
        ALL_CPUS => None,
        number => Some(u32::try_from(number).map_err(|_| unknown())?),
    };
    let times = Node::default().cpu_times(cpu).map_err(failed)?.ok_or_else(unknown)?;
    let params = [
        ("kernel", times.kernel_ns),
        ("user", times.user_ns),
        ("idle", times.idle_ns),
        ("iowait", times.iowait_ns),
    ];
    let params = params.map(|(field, value)| NodeCpuStat { field: field.to_owned(), value });
    Ok(NodeGetCpuStatsReply { params: params.to_vec(), nparams: 0 })
}

fn memory_stats(arguments: &NodeGetMemoryStatsArgs) -> Result<NodeGetMemoryStatsReply> {
    const FUNCTION: &str = "virHostMemGetStats";
    check_flags(arguments.flags, 0, ErrorDomain::NONE, FUNCTION)?;
    let node = Node::default();
    let memory = match arguments.cell_num {
        ALL_CELLS => node.memory().map_err(failed)?,
        cell => {
            let found = match u32::try_from(cell) {
                Ok(cell) => node.cell_memory(cell).map_err(failed)?,
                Err(_) => None,
            };
            found.ok_or_else(|| {
                let last = node.cells().last().copied().unwrap_or(0);
                let text = format!("cellNum in {FUNCTION} must be less than or equal to {last}");
                Error::argument(ErrorDomain::NONE, FUNCTION, "cellNum", text)
            })?
        }
    };
    let stat = |field: &str, value| NodeMemoryStat { field: field.to_owned(), value };
    let mut params = vec![stat("total", memory.total_kib), stat("free", memory.free_kib)];
    if arguments.cell_num == ALL_CELLS {
        params.push(stat("buffers", memory.buffers_kib.unwrap_or(0)));
        params.push(stat("cached", memory.cached_kib.unwrap_or(0)));
    }
    let count = i32::try_from(params.len()).unwrap_or(i32::MAX);
    match arguments.nparams {
        0 => Ok(NodeGetMemoryStatsReply { params: Vec::new(), nparams: count }),
        room if room == count => Ok(NodeGetMemoryStatsReply { params, nparams: 0 }),
        _ => {
            let function = "virHostMemGetStatsLinux";
            let text = format!("nparams in {function} must be {count}");
            Err(Error::argument(ErrorDomain::NONE, function, "nparams", text))
        }
    }
}

fn cells_free_memory(
    arguments: &NodeGetCellsFreeMemoryArgs,
) -> Result<NodeGetCellsFreeMemoryReply> {
    const FUNCTION: &str = "virNodeGetCellsFreeMemory";
    let refuse = |argument, must: &str| {
        let text = format!("{argument} in {FUNCTION} must be {must}");
        Err(Error::argument(ErrorDomain::DOMAIN, FUNCTION, argument, text))
    };
    let Ok(first) = u32::try_from(arguments.start_cell) else {
        return refuse("startCell", "zero or greater");
    };
    let most = match u32::try_from(arguments.maxcells) {
        Ok(most) if most > limits::NODE_CELLS => {
            return Err(Error::rpc("maxcells > REMOTE_NODE_MAX_CELLS"));
        }
        Ok(most) if most > 0 => most as usize,
        _ => return refuse("maxCells", "greater than zero"),
    };
    let node = Node::default();
    let numbers = node.cells();
    let last = numbers.last().copied().unwrap_or(0);
    if first > last {
        return Err(Error::new(
            ErrorCode::INTERNAL_ERROR,
            ErrorDomain::NONE,
            format!("start cell {first} out of range (0-{last})"),
        ));
    }
    let mut cells = Vec::new();
    for cell in (first..=last).take(most) {
        let memory = node.cell_memory(cell).map_err(failed)?;
        cells.push(memory.map_or(0, |memory| memory.free_kib.saturating_mul(1024)));
    }
    Ok(NodeGetCellsFreeMemoryReply { cells })
}

fn failed(error: impl Display) -> Error {
    Error::new(ErrorCode::SYSTEM_ERROR, ErrorDomain::NONE, error.to_string())
}
