//! Asking for events, in both styles, and of every kind of object.

use std::sync::Arc;

use stead_protocol::remote::*;
use stead_protocol::{ErrorCode, ErrorDomain, qemu};

use crate::error::{Error, Result};
use crate::event::{Object, Pattern, Style, Topic, is_known};
use crate::router::Router;
use crate::session::Session;

pub(crate) fn routes(router: Router) -> Router {
    router
        .on(ConnectDomainEventRegister, |session, ()| {
            plain(session, 0)?;
            let cb_registered = session.daemon.hub.plain_count(session, 0);
            Ok(ConnectDomainEventRegisterReply { cb_registered })
        })
        .on(ConnectDomainEventDeregister, |session, ()| {
            session.daemon.hub.deregister_plain(session, 0)?;
            let cb_registered = session.daemon.hub.plain_count(session, 0);
            Ok(ConnectDomainEventDeregisterReply { cb_registered })
        })
        .on(ConnectDomainEventRegisterAny, |session, arguments| plain(session, arguments.event_id))
        .on(ConnectDomainEventDeregisterAny, |session, arguments| {
            session.daemon.hub.deregister_plain(session, arguments.event_id)
        })
        .on(ConnectDomainEventCallbackRegisterAny, |session, arguments| {
            check(is_known(arguments.event_id, Style::Callback), "", arguments.event_id)?;
            let object = arguments.domain.map(|domain| Object::Uuid(domain.uuid));
            let topic = Topic::Domain(arguments.event_id);
            let callback_id =
                session.daemon.hub.register(session, topic, object, Style::Callback)?;
            Ok(ConnectDomainEventCallbackRegisterAnyReply { callback_id })
        })
        .on(ConnectDomainEventCallbackDeregisterAny, |session, arguments| {
            session.daemon.hub.deregister(session, &Topic::Domain(0), arguments.callback_id)
        })
        .on(qemu::ConnectDomainMonitorEventRegister, |session, arguments| {
            let topic = Topic::Monitor(Pattern::new(arguments.event, arguments.flags)?);
            let object = arguments.domain.map(|domain| Object::Uuid(domain.uuid));
            let callback_id =
                session.daemon.hub.register(session, topic, object, Style::Callback)?;
            Ok(qemu::ConnectDomainMonitorEventRegisterReply { callback_id })
        })
        .on(qemu::ConnectDomainMonitorEventDeregister, |session, arguments| {
            let topic = Topic::Monitor(Pattern::Every);
            session.daemon.hub.deregister(session, &topic, arguments.callback_id)
        })
        .on(ConnectNetworkEventRegisterAny, |session, arguments| {
            check((0..=1).contains(&arguments.event_id), "network ", arguments.event_id)?;
            let object = arguments.network.map(|network| Object::Uuid(network.uuid));
            let topic = Topic::Network(arguments.event_id);
            let callback_id =
                session.daemon.hub.register(session, topic, object, Style::Callback)?;
            Ok(ConnectNetworkEventRegisterAnyReply { callback_id })
        })
        .on(ConnectNetworkEventDeregisterAny, |session, arguments| {
            session.daemon.hub.deregister(session, &Topic::Network(0), arguments.callback_id)
        })
        .on(ConnectStoragePoolEventRegisterAny, |session, arguments| {
            check((0..=1).contains(&arguments.event_id), "storage pool ", arguments.event_id)?;
            let object = arguments.pool.map(|pool| Object::Uuid(pool.uuid));
            let topic = Topic::StoragePool(arguments.event_id);
            let callback_id =
                session.daemon.hub.register(session, topic, object, Style::Callback)?;
            Ok(ConnectStoragePoolEventRegisterAnyReply { callback_id })
        })
        .on(ConnectStoragePoolEventDeregisterAny, |session, arguments| {
            session.daemon.hub.deregister(session, &Topic::StoragePool(0), arguments.callback_id)
        })
        .on(ConnectNodeDeviceEventRegisterAny, |session, arguments| {
            check((0..=1).contains(&arguments.event_id), "node device ", arguments.event_id)?;
            let object = arguments.device.map(|device| Object::Name(device.name));
            let topic = Topic::NodeDevice(arguments.event_id);
            let callback_id =
                session.daemon.hub.register(session, topic, object, Style::Callback)?;
            Ok(ConnectNodeDeviceEventRegisterAnyReply { callback_id })
        })
        .on(ConnectNodeDeviceEventDeregisterAny, |session, arguments| {
            session.daemon.hub.deregister(session, &Topic::NodeDevice(0), arguments.callback_id)
        })
        .on(ConnectSecretEventRegisterAny, |session, arguments| {
            check((0..=1).contains(&arguments.event_id), "secret ", arguments.event_id)?;
            let object = arguments.secret.map(|secret| Object::Uuid(secret.uuid));
            let topic = Topic::Secret(arguments.event_id);
            let callback_id =
                session.daemon.hub.register(session, topic, object, Style::Callback)?;
            Ok(ConnectSecretEventRegisterAnyReply { callback_id })
        })
        .on(ConnectSecretEventDeregisterAny, |session, arguments| {
            session.daemon.hub.deregister(session, &Topic::Secret(0), arguments.callback_id)
        })
}

/// Registers for an event of machines in the old style.
fn plain(session: &Arc<Session>, event: i32) -> Result<()> {
    check(is_known(event, Style::Plain), "", event)?;
    session.daemon.hub.register(session, Topic::Domain(event), None, Style::Plain)?;
    Ok(())
}

/// Refuses an event that there is not.
fn check(is_known: bool, kind: &str, event: i32) -> Result<()> {
    if is_known {
        return Ok(());
    }
    let detail = format!("unsupported {kind}event ID {event}");
    Err(Error::new(ErrorCode::INTERNAL_ERROR, ErrorDomain::RPC, detail))
}
