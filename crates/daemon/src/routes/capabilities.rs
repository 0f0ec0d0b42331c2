//! What the host and its hypervisors can do, as documents.

use stead_protocol::ErrorDomain;
use stead_protocol::remote::*;

use crate::error::check_flags;
use crate::router::Router;
use crate::routes::target::Asked;

/// virConnectGetDomainCapabilities: leave out what QEMU calls deprecated
/// (VIR_CONNECT_GET_DOMAIN_CAPABILITIES_DISABLE_DEPRECATED_FEATURES).
const DISABLE_DEPRECATED: u32 = 1;

pub(crate) fn routes(router: Router) -> Router {
    router
        .on_async(ConnectGetCapabilities, |session, ()| async move {
            let text = session.daemon.hypervisors.capabilities().await?;
            Ok(ConnectGetCapabilitiesReply { capabilities: text.to_string() })
        })
        .on_async(ConnectGetDomainCapabilities, |session, arguments| async move {
            let function = "qemuConnectGetDomainCapabilities";
            check_flags(arguments.flags, DISABLE_DEPRECATED, ErrorDomain::QEMU, function)?;
            let ConnectGetDomainCapabilitiesArgs { emulatorbin, arch, machine, virttype, flags } =
                &arguments;
            let asked = Asked { emulator: emulatorbin, arch, machine, virttype };
            let target = asked.find(&session).await?;
            let hypervisors = &session.daemon.hypervisors;
            let text = hypervisors.domain_capabilities(&target, flags & DISABLE_DEPRECATED != 0)?;
            Ok(ConnectGetDomainCapabilitiesReply { capabilities: text.to_string() })
        })
}
