//! What a machine is and how it is doing: answered from its snapshot.

use std::sync::Arc;

use stead_protocol::remote::*;
use stead_protocol::{ErrorDomain, Xdr};

use crate::error::{Result, check_flags};
use crate::router::Router;
use crate::session::Session;

pub(crate) fn routes(router: Router) -> Router {
    router
        .on_written(DomainGetXmlDesc, xml)
        .on(DomainGetInfo, info)
        .on(DomainGetState, |session, arguments| {
            check_flags(arguments.flags, 0, ErrorDomain::QEMU, "qemuDomainGetState")?;
            let machine = session.daemon.machine(&arguments.domain)?;
            let (state, reason) = machine.snapshot().status.numbers();
            Ok(DomainGetStateReply { state, reason })
        })
        .on(DomainIsActive, |session, arguments| {
            let machine = session.daemon.machine(&arguments.domain)?;
            Ok(DomainIsActiveReply { active: machine.snapshot().is_active().into() })
        })
        .on(DomainIsPersistent, |session, arguments| {
            let machine = session.daemon.machine(&arguments.domain)?;
            Ok(DomainIsPersistentReply { persistent: machine.snapshot().persistent.into() })
        })
        .on(DomainIsUpdated, |session, arguments| {
            let machine = session.daemon.machine(&arguments.domain)?;
            Ok(DomainIsUpdatedReply { updated: machine.snapshot().updated.into() })
        })
        .on(DomainGetOsType, |session, arguments| {
            let machine = session.daemon.machine(&arguments.domain)?;
            Ok(DomainGetOsTypeReply { kind: machine.operating_system()? })
        })
        .on(DomainGetControlInfo, |session, arguments| {
            let machine = session.daemon.machine(&arguments.domain)?;
            let control = machine.control(arguments.flags)?;
            Ok(DomainGetControlInfoReply {
                state: control.state,
                details: control.details,
                state_time: control.age_ms,
            })
        })
        .on(DomainGetMessages, |session, arguments| {
            let machine = session.daemon.machine(&arguments.domain)?;
            Ok(DomainGetMessagesReply { msgs: machine.messages(arguments.flags)? })
        })
        .on(DomainGetAutostart, |session, arguments| {
            let machine = session.daemon.machine(&arguments.domain)?;
            Ok(DomainGetAutostartReply { autostart: machine.snapshot().autostart.into() })
        })
}

fn xml(session: &Arc<Session>, arguments: DomainGetXmlDescArgs, out: &mut Vec<u8>) -> Result<()> {
    session.daemon.machine(&arguments.domain)?.xml(arguments.flags)?.encode(out);
    Ok(())
}

fn info(session: &Arc<Session>, arguments: DomainGetInfoArgs) -> Result<DomainGetInfoReply> {
    let summarised = session.daemon.machine(&arguments.domain)?.summarised();
    Ok(DomainGetInfoReply {
        state: u8::try_from(summarised.status.numbers().0).unwrap_or(0),
        max_mem: summarised.memory_max_kib,
        memory: summarised.memory_kib,
        nr_virt_cpu: u16::try_from(summarised.vcpus).unwrap_or(u16::MAX),
        cpu_time: summarised.cpu_time_ns,
    })
}
