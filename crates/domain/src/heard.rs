//! What QEMU's events mean: for the machine's life, and for those who listen. Pure.
//!
//! Source of the numbers: libvirt 11.3's public enumerations; of the events: QEMU 10.0, `qapi/*.json`.

use serde_json::Value;
use stead_qmp::{BlockIoErrorAction, Event, EventKind as Qemu, ShutdownCause, WatchdogAction};

use crate::machine::{By, Heard};
use crate::{EventKind, Graphics, GraphicsAddress};

/// What an event changes, and what is announced.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Meaning {
    /// For [`crate::machine::step`].
    pub(crate) heard: Option<Heard>,
    /// To be announced before that, in order.
    pub(crate) said: Vec<EventKind>,
}

/// What of a machine's document gives events their names.
pub(crate) trait Names {
    /// The image of the device behind a block backend or a node, and the device's alias.
    fn disk(&self, device: &str, qom_path: Option<&str>, node: Option<&str>) -> (String, String);
    /// Whether a channel is the guest agent's.
    fn is_agent(&self, alias: &str) -> bool;
}

/// What an event means.
pub(crate) fn meaning(event: &Event, names: &dyn Names) -> Meaning {
    let mut meaning = Meaning { heard: None, said: vec![raw(event)] };
    let (heard, said) = read(&event.kind, names);
    meaning.heard = heard;
    meaning.said.extend(said);
    meaning
}

fn raw(event: &Event) -> EventKind {
    EventKind::Monitor {
        name: event.name.clone(),
        seconds: event.timestamp.seconds,
        micros: u32::try_from(event.timestamp.microseconds).unwrap_or(0),
        details: event.details(),
    }
}

fn read(kind: &Qemu, names: &dyn Names) -> (Option<Heard>, Option<EventKind>) {
    match kind {
        Qemu::Stop(_) => (Some(Heard::Stopped), None),
        Qemu::Resume(_) => (Some(Heard::Resumed), None),
        Qemu::Shutdown(shutdown) => {
            let by = match shutdown.guest {
                _ if shutdown.reason == ShutdownCause::Unknown && !shutdown.guest => By::Host,
                true => By::Guest,
                false => By::Host,
            };
            (Some(Heard::PoweredOff { by }), None)
        }
        Qemu::Reset(_) => (None, Some(EventKind::Reboot)),
        Qemu::GuestPanicked(_) => (Some(Heard::Panicked), None),
        Qemu::Suspend(_) => (Some(Heard::Suspended), Some(EventKind::PmSuspend)),
        Qemu::SuspendDisk(_) => (None, Some(EventKind::PmSuspendDisk)),
        Qemu::Wakeup(_) => (Some(Heard::Woke), Some(EventKind::PmWakeup)),
        Qemu::RtcChange(change) => {
            (None, Some(EventKind::RtcChange { offset_seconds: change.offset }))
        }
        Qemu::Watchdog(watchdog) => {
            let (action, heard) = match watchdog.action {
                WatchdogAction::None => (0, None),
                WatchdogAction::Pause => (1, Some(Heard::Watchdog)),
                WatchdogAction::Reset => (2, None),
                WatchdogAction::Poweroff => (3, None),
                WatchdogAction::Shutdown => (4, None),
                WatchdogAction::Debug => (5, None),
                WatchdogAction::InjectNmi => (6, None),
            };
            (heard, Some(EventKind::Watchdog { action }))
        }
        Qemu::BlockIoError(error) => {
            let (source, alias) =
                names.disk(&error.device, error.qom_path.as_deref(), error.node_name.as_deref());
            let (action, heard) = match error.action {
                BlockIoErrorAction::Ignore => (0, None),
                BlockIoErrorAction::Stop => (1, Some(Heard::IoError)),
                BlockIoErrorAction::Report => (2, None),
            };
            let reason = if error.nospace { "enospc" } else { "" }.to_owned();
            (heard, Some(EventKind::IoError { source, alias, action, reason }))
        }
        Qemu::DeviceTrayMoved(tray) => {
            let alias = if tray.id.is_empty() { &tray.device } else { &tray.id };
            let reason = i32::from(!tray.tray_open);
            (None, Some(EventKind::TrayChange { alias: alias_of(alias), reason }))
        }
        Qemu::BalloonChange(balloon) => {
            (None, Some(EventKind::BalloonChange { actual_kib: balloon.actual.div_ceil(1024) }))
        }
        Qemu::DeviceDeleted(device) => {
            (None, device.device.clone().map(|alias| EventKind::DeviceRemoved { alias }))
        }
        Qemu::DeviceUnplugGuestError(device) => {
            (None, device.device.clone().map(|alias| EventKind::DeviceRemovalFailed { alias }))
        }
        Qemu::VserportChange(port) if names.is_agent(&port.id) => {
            let state = if port.open { 1 } else { 2 };
            (None, Some(EventKind::AgentLifecycle { state, reason: 2 }))
        }
        Qemu::MemoryDeviceSizeChange(change) => (
            None,
            change.id.clone().map(|alias| EventKind::MemoryDeviceSizeChange {
                alias,
                size_kib: change.size / 1024,
            }),
        ),
        Qemu::VncConnected(ends) => (None, Some(graphics(0, &ends.server, &ends.client))),
        Qemu::VncInitialized(ends) => (None, Some(graphics(1, &ends.server, &ends.client))),
        Qemu::VncDisconnected(ends) => (None, Some(graphics(2, &ends.server, &ends.client))),
        Qemu::SpiceConnected(ends) => (None, Some(graphics(0, &ends.server, &ends.client))),
        Qemu::SpiceInitialized(ends) => (None, Some(graphics(1, &ends.server, &ends.client))),
        Qemu::SpiceDisconnected(ends) => (None, Some(graphics(2, &ends.server, &ends.client))),
        _ => (None, None),
    }
}

fn graphics(phase: i32, server: &Value, client: &Value) -> EventKind {
    let word = |value: &Value, name: &str| {
        value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let address = |value: &Value| {
        let port = word(value, "service");
        GraphicsAddress {
            family: match word(value, "family").as_str() {
                "ipv6" => 1,
                "unix" => 2,
                _ => 0,
            },
            node: word(value, "host"),
            service: if port.is_empty() { word(value, "port") } else { port },
        }
    };
    let subject = [("x509dname", "x509_dname"), ("saslUsername", "sasl_username")]
        .iter()
        .filter_map(|(kind, field)| {
            client.get(*field).and_then(Value::as_str).map(|name| ((*kind).into(), name.into()))
        })
        .collect();
    EventKind::Graphics(Box::new(Graphics {
        phase,
        local: address(server),
        remote: address(client),
        auth_scheme: word(server, "auth"),
        subject,
    }))
}

/// The alias in QEMU's name of a device: a path in the object tree, or the id itself.
fn alias_of(device: &str) -> String {
    let name = device.strip_prefix("/machine/peripheral/").unwrap_or(device);
    name.split('/').next().unwrap_or(name).to_owned()
}

#[cfg(test)]
mod test {
    use serde_json::value::RawValue;

    use super::*;
    use crate::machine::Heard;

    struct NoNames;

    impl Names for NoNames {
        fn disk(&self, _: &str, _: Option<&str>, _: Option<&str>) -> (String, String) {
            ("/images/a".into(), "virtio-disk0".into())
        }

        fn is_agent(&self, alias: &str) -> bool {
            alias == "channel0"
        }
    }

    #[track_caller]
    fn check(name: &str, data: &str, heard: Option<Heard>, said: Option<EventKind>) {
        let data = RawValue::from_string(data.into()).unwrap();
        let found = meaning(&Event::new(name.into(), Default::default(), Some(data)), &NoNames);
        assert_eq!(found.heard, heard);
        assert!(matches!(&found.said[0], EventKind::Monitor { name: raw, .. } if raw == name));
        assert_eq!(found.said.get(1), said.as_ref());
    }

    #[test]
    fn events_are_told_in_libvirts_numbers() {
        let by_guest = Some(Heard::PoweredOff { by: By::Guest });
        check("SHUTDOWN", r#"{"guest":true,"reason":"guest-shutdown"}"#, by_guest, None);
        let by_host = Some(Heard::PoweredOff { by: By::Host });
        check("SHUTDOWN", r#"{"guest":false,"reason":"host-signal"}"#, by_host, None);
        check("RESET", r#"{"guest":true,"reason":"guest-reset"}"#, None, Some(EventKind::Reboot));
        let offset = EventKind::RtcChange { offset_seconds: -3600 };
        check("RTC_CHANGE", r#"{"offset":-3600,"qom-path":"/machine"}"#, None, Some(offset));
        let full = EventKind::IoError {
            source: "/images/a".into(),
            alias: "virtio-disk0".into(),
            action: 1,
            reason: "enospc".into(),
        };
        check(
            "BLOCK_IO_ERROR",
            r#"{"device":"","operation":"write","action":"stop","nospace":true,"reason":"No space"}"#,
            Some(Heard::IoError),
            Some(full),
        );
        let opened = EventKind::TrayChange { alias: "sata0-0-0".into(), reason: 0 };
        check(
            "DEVICE_TRAY_MOVED",
            r#"{"device":"","id":"sata0-0-0","tray-open":true}"#,
            None,
            Some(opened),
        );
        let agent = EventKind::AgentLifecycle { state: 1, reason: 2 };
        check("VSERPORT_CHANGE", r#"{"id":"channel0","open":true}"#, None, Some(agent));
        check("VSERPORT_CHANGE", r#"{"id":"channel1","open":true}"#, None, None);
        check("NEVER_HEARD_OF", r#"{"a":1}"#, None, None);
    }
}
