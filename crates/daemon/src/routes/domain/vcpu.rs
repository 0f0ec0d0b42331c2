//! A machine's vCPUs.

use stead_domain::flags;
use stead_protocol::remote::*;
use stead_protocol::{ErrorDomain, limits};

use crate::error::{Error, Result};
use crate::event::parameter;
use crate::router::Router;

pub(crate) fn routes(router: Router) -> Router {
    router
        .on(DomainGetMaxVcpus, |session, arguments| {
            let machine = session.daemon.machine(&arguments.domain)?;
            Ok(DomainGetMaxVcpusReply { num: number(machine.vcpus_max()?) })
        })
        .on(DomainGetVcpusFlags, |session, arguments| {
            let machine = session.daemon.machine(&arguments.domain)?;
            let num = number(machine.vcpu_count(arguments.flags)?);
            Ok(DomainGetVcpusFlagsReply { num })
        })
        .on(DomainGetVcpus, |session, arguments| {
            let machine = session.daemon.machine(&arguments.domain)?;
            let (most, map_bytes) = maps(arguments.maxinfo, arguments.maplen)?;
            let vcpus = machine.vcpus(most, map_bytes)?;
            let mut reply = DomainGetVcpusReply { info: Vec::new(), cpumaps: Vec::new() };
            for vcpu in vcpus {
                reply.cpumaps.extend_from_slice(&vcpu.affinity);
                reply.info.push(Vcpu {
                    number: vcpu.number,
                    state: vcpu.state,
                    cpu_time: vcpu.cpu_time_ns,
                    cpu: vcpu.cpu,
                });
            }
            Ok(reply)
        })
        .on(DomainGetVcpuPinInfo, |session, arguments| {
            let machine = session.daemon.machine(&arguments.domain)?;
            let (most, map_bytes) = maps(arguments.ncpumaps, arguments.maplen)?;
            let pins = machine.vcpu_pins(most, map_bytes, arguments.flags)?;
            let num = i32::try_from(pins.len()).unwrap_or(i32::MAX);
            Ok(DomainGetVcpuPinInfoReply { cpumaps: pins.concat(), num })
        })
        .on(DomainGetEmulatorPinInfo, |session, arguments| {
            let machine = session.daemon.machine(&arguments.domain)?;
            let (_, map_bytes) = maps(1, arguments.maplen)?;
            let cpumaps = machine.emulator_pin(map_bytes, arguments.flags)?;
            Ok(DomainGetEmulatorPinInfoReply { cpumaps, ret: 1 })
        })
        .on_async(DomainSetVcpus, |session, arguments| async move {
            let machine = session.daemon.machine(&arguments.domain)?;
            Ok(machine.set_vcpus(arguments.nvcpus, flags::AFFECT_LIVE).await?)
        })
        .on_async(DomainSetVcpusFlags, |session, arguments| async move {
            let machine = session.daemon.machine(&arguments.domain)?;
            Ok(machine.set_vcpus(arguments.nvcpus, arguments.flags).await?)
        })
        .on_async(DomainGetCpuStats, |session, arguments| async move {
            let machine = session.daemon.machine(&arguments.domain)?;
            let DomainGetCpuStatsArgs { nparams, start_cpu, ncpus, flags, .. } = arguments;
            let asked = nparams.saturating_mul(ncpus.max(1));
            if nparams > limits::NODE_CPU_STATS.max(16) || asked > limits::DOMAIN_GET_CPU_STATS {
                return Err(Error::rpc("nparams too large"));
            }
            let lists = machine.cpu_statistics(start_cpu, ncpus, flags).await?;
            let widest = lists.iter().map(Vec::len).max().unwrap_or(0);
            if nparams == 0 {
                // Without room for an answer, the question is how much room it takes: figures, or CPUs.
                let count = if ncpus == 0 { lists.len() } else { widest };
                let nparams = i32::try_from(count).unwrap_or(i32::MAX);
                return Ok(DomainGetCpuStatsReply { params: Vec::new(), nparams });
            }
            let most = nparams as usize;
            let params = lists
                .iter()
                .flat_map(|list| list.iter().take(most).map(|(name, value)| parameter(name, value)))
                .collect();
            let nparams = i32::try_from(widest.min(most)).unwrap_or(i32::MAX);
            Ok(DomainGetCpuStatsReply { params, nparams })
        })
}

fn number(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// How many maps of how many bytes a client has room for.
fn maps(count: i32, bytes: i32) -> Result<(usize, usize)> {
    let refuse = |text: &str| {
        Err(Error::new(stead_protocol::ErrorCode::INTERNAL_ERROR, ErrorDomain::RPC, text))
    };
    let (Ok(count), Ok(bytes)) = (usize::try_from(count), usize::try_from(bytes)) else {
        return refuse("maxinfo < 0");
    };
    if count > limits::VCPUINFO as usize {
        return refuse("maxinfo > REMOTE_VCPUINFO_MAX");
    }
    match count.checked_mul(bytes) {
        Some(room) if room <= limits::CPUMAPS as usize => Ok((count, bytes)),
        _ => refuse("maxinfo * maplen > REMOTE_CPUMAPS_MAX"),
    }
}
