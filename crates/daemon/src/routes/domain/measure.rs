//! Statistics: QEMU is asked, for a short while, then the last figures are given.

use stead_domain::Domains;
use stead_protocol::remote::*;
use stead_protocol::{ErrorCode, ErrorDomain, TypedParameter, limits};

use crate::error::{Error, Result};
use crate::event::{parameter, wire_domain};
use crate::router::Router;

/// The flag with which a client says that it takes strings among named values.
const STRING_OKAY: u32 = stead_protocol::typed_parameter::STRING_OKAY;

/// The filters among the flags of virConnectGetAllDomainStats; they hold for machines that are named, too.
const FILTERS: u32 = 0xff;

pub(crate) fn routes(router: Router) -> Router {
    router
        .on_async(ConnectGetAllDomainStats, |session, arguments| async move {
            let ConnectGetAllDomainStatsArgs { domains, stats, flags } = arguments;
            let machines: Option<Vec<_>> = match domains.as_slice() {
                [] => None,
                named => Some(
                    named
                        .iter()
                        .filter_map(|domain| session.daemon.machine(domain).ok())
                        .filter(|machine| Domains::matches(&machine.snapshot(), flags & FILTERS))
                        .collect(),
                ),
            };
            let records =
                session.daemon.domains.statistics(machines.as_deref(), stats, flags).await?;
            let ret_stats = records
                .iter()
                .map(|record| DomainStats {
                    domain: wire_domain(&record.identity),
                    params: record
                        .values
                        .iter()
                        .map(|(name, value)| parameter(name, value))
                        .collect(),
                })
                .collect();
            Ok(ConnectGetAllDomainStatsReply { ret_stats })
        })
        .on_async(DomainBlockStats, |session, arguments| async move {
            let machine = session.daemon.machine(&arguments.domain)?;
            let counters = machine.block_counters(&arguments.path).await?;
            Ok(DomainBlockStatsReply {
                rd_req: counters.read_requests,
                rd_bytes: counters.read_bytes,
                wr_req: counters.write_requests,
                wr_bytes: counters.write_bytes,
                errors: counters.errors,
            })
        })
        .on_async(DomainBlockStatsFlags, |session, arguments| async move {
            let machine = session.daemon.machine(&arguments.domain)?;
            let flags = arguments.flags & !STRING_OKAY;
            let values = machine.block_statistics(&arguments.path, flags).await?;
            let values = values.iter().map(|(name, value)| parameter(name, value)).collect();
            let (params, nparams) =
                two_steps(arguments.nparams, limits::DOMAIN_BLOCK_STATS_PARAMETERS, values)?;
            Ok(DomainBlockStatsFlagsReply { params, nparams })
        })
        .on_async(DomainGetBlockInfo, |session, arguments| async move {
            let machine = session.daemon.machine(&arguments.domain)?;
            let sizes = machine.block_sizes(&arguments.path, arguments.flags).await?;
            Ok(DomainGetBlockInfoReply {
                allocation: sizes.allocation,
                capacity: sizes.capacity,
                physical: sizes.physical,
            })
        })
        .on_async(DomainGetDiskErrors, |session, arguments| async move {
            let machine = session.daemon.machine(&arguments.domain)?;
            let errors = machine.disk_errors(arguments.flags).await?;
            let most = arguments.maxerrors.min(limits::DOMAIN_DISK_ERRORS) as usize;
            if arguments.maxerrors == 0 {
                let nerrors = i32::try_from(errors.len()).unwrap_or(i32::MAX);
                return Ok(DomainGetDiskErrorsReply { errors: Vec::new(), nerrors });
            }
            let errors: Vec<_> = errors
                .into_iter()
                .take(most)
                .map(|(disk, error)| DiskError { disk, error })
                .collect();
            let nerrors = i32::try_from(errors.len()).unwrap_or(i32::MAX);
            Ok(DomainGetDiskErrorsReply { errors, nerrors })
        })
        .on(DomainInterfaceStats, |session, arguments| {
            let machine = session.daemon.machine(&arguments.domain)?;
            let counters = machine.interface_counters(&arguments.device)?;
            Ok(DomainInterfaceStatsReply {
                rx_bytes: counters.rx_bytes,
                rx_packets: counters.rx_packets,
                rx_errs: counters.rx_errors,
                rx_drop: counters.rx_drop,
                tx_bytes: counters.tx_bytes,
                tx_packets: counters.tx_packets,
                tx_errs: counters.tx_errors,
                tx_drop: counters.tx_drop,
            })
        })
}

/// Answers a question for named values, which comes twice: first without room, to learn how many there are.
///
/// # Errors
/// More room than the protocol has.
pub(crate) fn two_steps(
    room: i32,
    room_max: u32,
    values: Vec<TypedParameter>,
) -> Result<(Vec<TypedParameter>, i32)> {
    let Some(room) = u32::try_from(room).ok().filter(|room| *room <= room_max) else {
        return Err(Error::new(ErrorCode::INTERNAL_ERROR, ErrorDomain::RPC, "nparams too large"));
    };
    if room == 0 {
        return Ok((Vec::new(), i32::try_from(values.len()).unwrap_or(i32::MAX)));
    }
    let values: Vec<_> = values.into_iter().take(room as usize).collect();
    let count = i32::try_from(values.len()).unwrap_or(i32::MAX);
    Ok((values, count))
}
