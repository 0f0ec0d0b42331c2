//! Titles, descriptions, and what others keep beside a machine.

use stead_protocol::remote::*;

use crate::router::Router;

pub(crate) fn routes(router: Router) -> Router {
    router
        .on(DomainGetMetadata, |session, arguments| {
            let machine = session.daemon.machine(&arguments.domain)?;
            let uri = arguments.uri.as_deref();
            let metadata = machine.metadata(arguments.kind, uri, arguments.flags)?;
            Ok(DomainGetMetadataReply { metadata })
        })
        .on_async(DomainSetMetadata, |session, arguments| async move {
            let machine = session.daemon.machine(&arguments.domain)?;
            machine
                .set_metadata(
                    arguments.kind,
                    arguments.metadata.as_deref(),
                    arguments.key.as_deref(),
                    arguments.uri.as_deref(),
                    arguments.flags,
                )
                .await?;
            Ok(())
        })
}
