//! Reaching the guest: consoles, keys, the screen, QEMU's monitor.

use stead_protocol::remote::*;
use stead_protocol::{ErrorCode, ErrorDomain, qemu};

use crate::error::Error;
use crate::router::{Router, Source};

pub(crate) fn routes(router: Router) -> Router {
    router
        .on_stream(DomainOpenConsole, |session, arguments| async move {
            let machine = session.daemon.machine(&arguments.domain)?;
            let device = arguments.dev_name.as_deref();
            let console = session.daemon.domains.console(&machine, device, arguments.flags)?;
            Ok(((), Source::Console(console)))
        })
        .on_stream(DomainOpenChannel, |session, arguments| async move {
            let machine = session.daemon.machine(&arguments.domain)?;
            let name = arguments.name.as_deref();
            let channel = session.daemon.domains.channel(&machine, name, arguments.flags)?;
            Ok(((), Source::Console(channel)))
        })
        .on_stream(DomainScreenshot, |session, arguments| async move {
            let machine = session.daemon.machine(&arguments.domain)?;
            let picture = machine.screenshot(arguments.screen, arguments.flags).await?;
            let reply = DomainScreenshotReply { mime: Some(picture.mime) };
            Ok((reply, Source::File(picture.descriptor)))
        })
        .on_async(DomainSendKey, |session, arguments| async move {
            let machine = session.daemon.machine(&arguments.domain)?;
            let DomainSendKeyArgs { codeset, holdtime, keycodes, flags, .. } = arguments;
            Ok(machine.send_key(codeset, holdtime, &keycodes, flags).await?)
        })
        .on_async(DomainInjectNmi, |session, arguments| async move {
            Ok(session.daemon.machine(&arguments.domain)?.inject_nmi(arguments.flags).await?)
        })
        .on_async(qemu::DomainMonitorCommand, |session, arguments| async move {
            let machine = session.daemon.machine(&arguments.domain)?;
            let result = machine.monitor(&arguments.cmd, arguments.flags).await?;
            Ok(qemu::DomainMonitorCommandReply { result })
        })
        .on_files(qemu::DomainMonitorCommandWithFiles, |session, arguments, files| async move {
            if !files.is_empty() {
                return Err(Error::new(
                    ErrorCode::ARGUMENT_UNSUPPORTED,
                    ErrorDomain::QEMU,
                    "passing descriptors to the monitor is not supported by stead yet",
                ));
            }
            let machine = session.daemon.machine(&arguments.domain)?;
            let result = machine.monitor(&arguments.cmd, arguments.flags).await?;
            Ok((qemu::DomainMonitorCommandWithFilesReply { result }, Vec::new()))
        })
}
