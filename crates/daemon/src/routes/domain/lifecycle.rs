//! Defining, starting, stopping.

use std::sync::Arc;

use stead_domain::{Machine, flags};
use stead_protocol::ErrorDomain;
use stead_protocol::remote::*;

use crate::error::{Result, check_flags};
use crate::event::wire_domain;
use crate::router::Router;
use crate::session::Session;

pub(crate) fn routes(router: Router) -> Router {
    let router = documents(router);
    let router = starting(router);
    stopping(router)
}

fn documents(router: Router) -> Router {
    router
        .on_async(DomainDefineXml, |session, arguments| async move {
            let machine = session.daemon.domains.define(&arguments.xml, 0).await?;
            Ok(DomainDefineXmlReply { domain: named(&machine) })
        })
        .on_async(DomainDefineXmlFlags, |session, arguments| async move {
            let machine = session.daemon.domains.define(&arguments.xml, arguments.flags).await?;
            Ok(DomainDefineXmlFlagsReply { domain: named(&machine) })
        })
        .on_async(ConnectDomainXmlToNative, |session, arguments| async move {
            let ConnectDomainXmlToNativeArgs { native_format, domain_xml, flags } = arguments;
            let domains = &session.daemon.domains;
            let native = domains.to_native(&native_format, &domain_xml, flags).await?;
            // The client ends the line.
            let native_config = native.trim_end_matches('\n').to_owned();
            Ok(ConnectDomainXmlToNativeReply { native_config })
        })
        .on_async(DomainUndefine, |session, arguments| async move {
            Ok(session.daemon.machine(&arguments.domain)?.undefine(0).await?)
        })
        .on_async(DomainUndefineFlags, |session, arguments| async move {
            Ok(session.daemon.machine(&arguments.domain)?.undefine(arguments.flags).await?)
        })
        .on_async(DomainRename, |session, arguments| async move {
            let name = arguments.new_name.unwrap_or_default();
            session.daemon.machine(&arguments.domain)?.rename(&name, arguments.flags).await?;
            Ok(DomainRenameReply { retcode: 0 })
        })
        .on_async(DomainSetAutostart, |session, arguments| async move {
            let machine = session.daemon.machine(&arguments.domain)?;
            Ok(machine.set_autostart(arguments.autostart != 0).await?)
        })
}

fn starting(router: Router) -> Router {
    router
        .on_async(DomainCreateXml, |session, arguments| async move {
            let machine = create(&session, &arguments.xml_desc, arguments.flags).await?;
            Ok(DomainCreateXmlReply { domain: named(&machine) })
        })
        .on_async(DomainCreate, |session, arguments| async move {
            let machine = session.daemon.machine(&arguments.domain)?;
            Ok(machine.start(0, session.owner(0)).await?)
        })
        .on_async(DomainCreateWithFlags, |session, arguments| async move {
            let machine = session.daemon.machine(&arguments.domain)?;
            machine.start(arguments.flags, session.owner(arguments.flags)).await?;
            Ok(DomainCreateWithFlagsReply { domain: named(&machine) })
        })
        .on_async(DomainResume, |session, arguments| async move {
            Ok(session.daemon.machine(&arguments.domain)?.resume().await?)
        })
        .on_async(DomainSuspend, |session, arguments| async move {
            Ok(session.daemon.machine(&arguments.domain)?.suspend().await?)
        })
}

fn stopping(router: Router) -> Router {
    router
        .on_async(DomainShutdown, |session, arguments| async move {
            Ok(session.daemon.machine(&arguments.domain)?.shutdown(0).await?)
        })
        .on_async(DomainShutdownFlags, |session, arguments| async move {
            Ok(session.daemon.machine(&arguments.domain)?.shutdown(arguments.flags).await?)
        })
        .on_async(DomainReboot, |session, arguments| async move {
            Ok(session.daemon.machine(&arguments.domain)?.reboot(arguments.flags).await?)
        })
        .on_async(DomainReset, |session, arguments| async move {
            Ok(session.daemon.machine(&arguments.domain)?.reset(arguments.flags).await?)
        })
        .on_async(DomainDestroy, |session, arguments| async move {
            Ok(session.daemon.machine(&arguments.domain)?.destroy(0).await?)
        })
        .on_async(DomainDestroyFlags, |session, arguments| async move {
            Ok(session.daemon.machine(&arguments.domain)?.destroy(arguments.flags).await?)
        })
}

async fn create(session: &Arc<Session>, xml: &str, wanted: u32) -> Result<Machine> {
    let known = flags::START_PAUSED
        | flags::START_AUTODESTROY
        | flags::START_BYPASS_CACHE
        | flags::START_FORCE_BOOT
        | flags::START_VALIDATE
        | flags::START_RESET_NVRAM;
    check_flags(wanted, known, ErrorDomain::QEMU, "qemuDomainCreateXML")?;
    Ok(session.daemon.domains.create(xml, wanted, session.owner(wanted)).await?)
}

fn named(machine: &Machine) -> Domain {
    wire_domain(&machine.snapshot().identity)
}
