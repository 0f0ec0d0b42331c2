//! A machine's memory.

use stead_domain::flags;
use stead_protocol::limits;
use stead_protocol::remote::*;

use crate::router::Router;

pub(crate) fn routes(router: Router) -> Router {
    router
        .on(DomainGetMaxMemory, |session, arguments| {
            let machine = session.daemon.machine(&arguments.domain)?;
            let memory = machine.snapshot().summary.memory_max_kib;
            Ok(DomainGetMaxMemoryReply { memory })
        })
        .on_async(DomainSetMemory, |session, arguments| async move {
            let machine = session.daemon.machine(&arguments.domain)?;
            Ok(machine.set_memory(arguments.memory, flags::AFFECT_LIVE).await?)
        })
        .on_async(DomainSetMaxMemory, |session, arguments| async move {
            let machine = session.daemon.machine(&arguments.domain)?;
            Ok(machine.set_memory(arguments.memory, flags::MAXIMUM).await?)
        })
        .on_async(DomainSetMemoryFlags, |session, arguments| async move {
            let machine = session.daemon.machine(&arguments.domain)?;
            Ok(machine.set_memory(arguments.memory, arguments.flags).await?)
        })
        .on_async(DomainSetMemoryStatsPeriod, |session, arguments| async move {
            let machine = session.daemon.machine(&arguments.domain)?;
            Ok(machine.set_memory_period(arguments.period, arguments.flags).await?)
        })
        .on_async(DomainMemoryStats, |session, arguments| async move {
            let machine = session.daemon.machine(&arguments.domain)?;
            let most = arguments.max_stats.min(limits::DOMAIN_MEMORY_STATS) as usize;
            let figures = machine.memory_figures(arguments.flags).await?;
            let stats = figures
                .into_iter()
                .take(most)
                .map(|figure| MemoryStat { tag: figure.tag, val: figure.value })
                .collect();
            Ok(DomainMemoryStatsReply { stats })
        })
}
