//! Events from a machine to those who asked, over sessions.

use std::sync::Arc;

use stead_domain::{Event, EventKind, Identity, Lifecycle, Uuid};
use stead_protocol::remote::*;
use stead_protocol::table::{Event as _, Procedure};
use stead_protocol::{ErrorCode, Kind, Xdr, qemu};

use crate::peer::Access;
use crate::routes::routes;
use crate::session::outbox::OVERFLOW_BYTES;
use crate::testing::House;

fn event(name: &str, kind: EventKind) -> Event {
    let uuid = Uuid::from_bytes([name.len() as u8; 16]);
    Event { machine: Identity { name: Arc::from(name), uuid, id: 4 }, kind }
}

fn started(name: &str) -> Event {
    event(name, EventKind::Lifecycle(Lifecycle::Started(0)))
}

fn any(event_id: i32, domain: Option<Domain>) -> ConnectDomainEventCallbackRegisterAnyArgs {
    ConnectDomainEventCallbackRegisterAnyArgs { event_id, domain }
}

#[test]
fn each_style_gets_its_own_message_and_only_what_it_asked_for() {
    let house = House::new(routes());
    let (mut new, mut old) = (house.client(Access::ReadWrite), house.client(Access::ReadOnly));
    let only = Domain { name: "ab".into(), uuid: [2; 16], id: -1 };
    let id = new.call(ConnectDomainEventCallbackRegisterAny, &any(0, Some(only))).unwrap();
    assert_eq!(old.call(ConnectDomainEventRegister, &()).unwrap().cb_registered, 1);
    house.daemon.hub.deliver(&started("abc"));
    house.daemon.hub.deliver(&started("ab"));
    let (header, body) = new.receive().unwrap();
    assert_eq!(
        (header.procedure, header.kind, header.serial),
        (DomainEventCallbackLifecycle::NUMBER, Kind::MESSAGE, 0)
    );
    let message = DomainEventCallbackLifecycleMessage::from_xdr(&body).unwrap();
    assert_eq!(
        (message.callback_id, &*message.msg.domain.name, message.msg.event),
        (id.callback_id, "ab", 2)
    );
    for name in ["abc", "ab"] {
        let (header, body) = old.receive().unwrap();
        assert_eq!(header.procedure, DomainEventLifecycle::NUMBER);
        assert_eq!(&*DomainEventLifecycleMessage::from_xdr(&body).unwrap().domain.name, name);
    }
    let gone = ConnectDomainEventCallbackDeregisterAnyArgs { callback_id: id.callback_id };
    new.call(ConnectDomainEventCallbackDeregisterAny, &gone).unwrap();
    house.daemon.hub.deliver(&started("ab"));
    // The next message is this call's reply.
    let serial = new.send(ConnectGetLibVersion, &());
    assert_eq!(new.receive().unwrap().0.serial, serial);
}

#[test]
fn what_is_asked_twice_or_is_not_there_is_refused_in_libvirts_words() {
    let house = House::new(routes());
    let mut client = house.client(Access::ReadWrite);
    client.call(ConnectDomainEventCallbackRegisterAny, &any(0, None)).unwrap();
    let twice = client.call(ConnectDomainEventCallbackRegisterAny, &any(0, None)).unwrap_err();
    assert_eq!(twice.code, ErrorCode::INVALID_ARG);
    assert_eq!(twice.message.as_deref(), Some("invalid argument: event callback already tracked"));
    let unknown = client.call(ConnectDomainEventCallbackRegisterAny, &any(28, None)).unwrap_err();
    assert_eq!(unknown.message.as_deref(), Some("internal error: unsupported event ID 28"));
    let gone = ConnectDomainEventCallbackDeregisterAnyArgs { callback_id: 4711 };
    let gone = client.call(ConnectDomainEventCallbackDeregisterAny, &gone).unwrap_err();
    assert_eq!(
        gone.message.as_deref(),
        Some("internal error: domain event callback 4711 not registered")
    );
}

#[test]
fn monitor_events_are_chosen_by_name_and_by_expression() {
    let house = House::new(routes());
    let mut client = house.client(Access::ReadWrite);
    let mut ask = |event: &str, flags| {
        let event = Some(event.to_owned());
        let arguments = qemu::ConnectDomainMonitorEventRegisterArgs { domain: None, event, flags };
        client.call(qemu::ConnectDomainMonitorEventRegister, &arguments)
    };
    let by_name = ask("stop", 2).unwrap().callback_id;
    let by_expression = ask("^(RE|SU)", 1).unwrap().callback_id;
    assert_eq!(ask("((", 1).unwrap_err().code, ErrorCode::INVALID_ARG);
    for name in ["STOP", "RESUME", "OTHER"] {
        let kind =
            EventKind::Monitor { name: name.to_owned(), seconds: 1, micros: 2, details: None };
        house.daemon.hub.deliver(&event("ab", kind));
    }
    for (id, name) in [(by_name, "STOP"), (by_expression, "RESUME")] {
        let (_, body) = client.receive().unwrap();
        let message = qemu::DomainMonitorEventMessage::from_xdr(&body).unwrap();
        assert_eq!((message.callback_id, message.event.as_str()), (id, name));
    }
    let serial = client.send(ConnectGetLibVersion, &());
    assert_eq!(client.reply::<ConnectGetLibVersion>(serial).unwrap().lib_ver, 11_003_000);
    assert_eq!(ConnectGetLibVersion::NUMBER, 157);
}

#[test]
fn a_listener_that_does_not_read_is_cut_off_and_forgotten() {
    let house = House::new(routes());
    let mut deaf = house.client(Access::ReadWrite);
    deaf.call(ConnectDomainEventCallbackRegisterAny, &any(0, None)).unwrap();
    let mut reader = house.client(Access::ReadWrite);
    let event = started("ab");
    // Far more than the socket and the bound hold.
    for _ in 0..(4 * OVERFLOW_BYTES / 64) {
        house.daemon.hub.deliver(&event);
    }
    assert!(deaf.is_closed());
    reader.call(ConnectGetLibVersion, &()).unwrap();
    let start = std::time::Instant::now();
    while house.daemon.clients.now() > 1 {
        assert!(start.elapsed().as_secs() < 5, "the dead session stays");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(house.daemon.hub.is_empty());
}
