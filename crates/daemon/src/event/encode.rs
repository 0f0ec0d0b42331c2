//! The events of machines as messages, in both styles.

use stead_domain::{EventKind, Graphics, GraphicsAddress, Value};
use stead_protocol::{Header, TypedParameter, Xdr, remote as wire};

use crate::event::Style;

/// libvirt's ids of an event: some are announced under two.
pub(crate) fn ids(kind: &EventKind) -> &'static [i32] {
    match kind {
        EventKind::Lifecycle(_) => &[0],
        EventKind::Reboot => &[1],
        EventKind::RtcChange { .. } => &[2],
        EventKind::Watchdog { .. } => &[3],
        EventKind::IoError { .. } => &[4, 6],
        EventKind::Graphics(_) => &[5],
        EventKind::ControlError => &[7],
        EventKind::BlockJob { .. } => &[8, 16],
        EventKind::DiskChange { .. } => &[9],
        EventKind::TrayChange { .. } => &[10],
        EventKind::PmWakeup => &[11],
        EventKind::PmSuspend => &[12],
        EventKind::BalloonChange { .. } => &[13],
        EventKind::PmSuspendDisk => &[14],
        EventKind::DeviceRemoved { .. } => &[15],
        EventKind::AgentLifecycle { .. } => &[18],
        EventKind::DeviceAdded { .. } => &[19],
        EventKind::JobCompleted(_) => &[21],
        EventKind::DeviceRemovalFailed { .. } => &[22],
        EventKind::MetadataChange { .. } => &[23],
        EventKind::MemoryFailure { .. } => &[25],
        EventKind::MemoryDeviceSizeChange { .. } => &[26],
        EventKind::Monitor { .. } => &[],
    }
}

/// The numbers of an event's messages: in the old style, with the callback's id (remote_protocol.x). Ids from 16 on have
/// only the latter.
const NUMBERS: &[(Option<i32>, i32)] = &[
    (Some(107), 318),
    (Some(169), 319),
    (Some(170), 320),
    (Some(171), 321),
    (Some(172), 322),
    (Some(173), 323),
    (Some(195), 324),
    (Some(224), 325),
    (Some(241), 326),
    (Some(248), 327),
    (Some(268), 328),
    (Some(269), 329),
    (Some(270), 330),
    (Some(276), 331),
    (Some(292), 332),
    (Some(311), 333),
    (None, 339),
    (None, 346),
    (None, 348),
    (None, 354),
    (None, 359),
    (None, 363),
    (None, 367),
    (None, 379),
    (None, 385),
    (None, 423),
    (None, 438),
    (None, 453),
];

/// Whether there is an event with this id in this style.
pub(crate) fn exists(id: i32, style: Style) -> bool {
    number(id, style).is_some()
}

fn number(id: i32, style: Style) -> Option<i32> {
    let (plain, callback) = NUMBERS.get(usize::try_from(id).ok()?)?;
    match style {
        Style::Plain => *plain,
        Style::Callback => Some(*callback),
    }
}

/// The whole message of an event under one of its ids; a callback's id in it is 0.
pub(crate) fn message(
    kind: &EventKind,
    id: i32,
    machine: wire::Domain,
    style: Style,
) -> Option<Vec<u8>> {
    let header = Header::message(wire::PROGRAM, number(id, style)?);
    let mut body = Vec::new();
    if style == Style::Callback {
        0_i32.encode(&mut body);
        // These three have a reason that is always 0, before the rest.
        if matches!(kind, EventKind::PmWakeup | EventKind::PmSuspend | EventKind::PmSuspendDisk) {
            0_i32.encode(&mut body);
        }
    }
    encode(kind, id, machine, &mut body);
    let mut out = Vec::with_capacity(body.len() + 28);
    header.write(&mut out, |out| out.extend_from_slice(&body)).ok()?;
    Some(out)
}

/// Everything of an event after the callback's id.
fn encode(kind: &EventKind, id: i32, domain: wire::Domain, out: &mut Vec<u8>) {
    match kind {
        EventKind::Lifecycle(lifecycle) => {
            let (event, detail) = lifecycle.numbers();
            wire::DomainEventLifecycleMessage { domain, event, detail }.encode(out);
        }
        EventKind::Reboot
        | EventKind::ControlError
        | EventKind::PmWakeup
        | EventKind::PmSuspend
        | EventKind::PmSuspendDisk
        | EventKind::Monitor { .. } => domain.encode(out),
        EventKind::RtcChange { offset_seconds } => {
            (domain, *offset_seconds).encode_pair(out);
        }
        EventKind::Watchdog { action } => (domain, *action).encode_pair(out),
        EventKind::IoError { source, alias, action, reason } => {
            let (src_path, dev_alias) = (source.clone(), alias.clone());
            let message =
                wire::DomainEventIoErrorMessage { domain, src_path, dev_alias, action: *action };
            message.encode(out);
            if id == 6 {
                reason.encode(out);
            }
        }
        EventKind::Graphics(graphics) => encode_graphics(graphics, domain, out),
        EventKind::BlockJob { path, target, job, status } => {
            let path = if id == 8 { path.clone() } else { target.clone() };
            wire::DomainEventBlockJobMessage { domain, path, kind: *job, status: *status }
                .encode(out);
        }
        EventKind::DiskChange { old_source, new_source, alias, reason } => {
            wire::DomainEventDiskChangeMessage {
                domain,
                old_src_path: old_source.clone(),
                new_src_path: new_source.clone(),
                dev_alias: alias.clone(),
                reason: *reason,
            }
            .encode(out);
        }
        EventKind::TrayChange { alias, reason } => {
            let message = wire::DomainEventTrayChangeMessage {
                domain,
                dev_alias: alias.clone(),
                reason: *reason,
            };
            message.encode(out);
        }
        EventKind::BalloonChange { actual_kib } => (domain, *actual_kib).encode_pair(out),
        EventKind::DeviceRemoved { alias }
        | EventKind::DeviceAdded { alias }
        | EventKind::DeviceRemovalFailed { alias } => (domain, alias.clone()).encode_pair(out),
        EventKind::AgentLifecycle { state, reason } => {
            domain.encode(out);
            (*state, *reason).encode_pair(out);
        }
        EventKind::JobCompleted(values) => {
            let parameters: Vec<TypedParameter> =
                values.iter().map(|(name, value)| parameter(name, value)).collect();
            domain.encode(out);
            (parameters.len() as u32).encode(out);
            parameters.iter().for_each(|parameter| parameter.encode(out));
        }
        EventKind::MetadataChange { kind, uri } => {
            domain.encode(out);
            (*kind, uri.clone()).encode_pair(out);
        }
        EventKind::MemoryFailure { recipient, action, flags } => {
            domain.encode(out);
            recipient.encode(out);
            (*action, *flags).encode_pair(out);
        }
        EventKind::MemoryDeviceSizeChange { alias, size_kib } => {
            domain.encode(out);
            (alias.clone(), *size_kib).encode_pair(out);
        }
    }
}

/// Two values, one after the other.
trait EncodePair {
    fn encode_pair(&self, out: &mut Vec<u8>);
}

impl<A: Xdr, B: Xdr> EncodePair for (A, B) {
    fn encode_pair(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
        self.1.encode(out);
    }
}

fn encode_graphics(graphics: &Graphics, domain: wire::Domain, out: &mut Vec<u8>) {
    let address = |address: &GraphicsAddress| wire::GraphicsAddress {
        family: address.family,
        node: address.node.clone(),
        service: address.service.clone(),
    };
    wire::DomainEventGraphicsMessage {
        domain,
        phase: graphics.phase,
        local: address(&graphics.local),
        remote: address(&graphics.remote),
        auth_scheme: graphics.auth_scheme.clone(),
        subject: graphics
            .subject
            .iter()
            .map(|(kind, name)| wire::GraphicsIdentity { kind: kind.clone(), name: name.clone() })
            .collect(),
    }
    .encode(out);
}

/// A named value as it goes over the wire.
pub(crate) fn parameter(name: &str, value: &Value) -> TypedParameter {
    match value {
        Value::Int(value) => TypedParameter::int(name, *value),
        Value::UInt(value) => TypedParameter::uint(name, *value),
        Value::Long(value) => TypedParameter::hyper(name, *value),
        Value::ULong(value) => TypedParameter::uhyper(name, *value),
        Value::Double(value) => TypedParameter::double(name, *value),
        Value::Boolean(value) => TypedParameter::boolean(name, *value),
        Value::Text(value) => TypedParameter::string(name, value.clone()),
    }
}

#[cfg(test)]
mod tests {
    use stead_protocol::table::Class;
    use stead_protocol::{Xdr, remote as wire};

    use super::{NUMBERS, exists};
    use crate::event::Style;

    #[test]
    fn every_number_is_an_event_of_the_table() {
        for (plain, callback) in NUMBERS {
            for number in plain.iter().chain([callback]) {
                let entry = stead_protocol::entry(wire::PROGRAM, *number).unwrap();
                assert_eq!(entry.class, Class::Event, "{}", entry.name);
            }
        }
        assert!(exists(15, Style::Plain) && !exists(16, Style::Plain));
        assert!(exists(27, Style::Callback) && !exists(28, Style::Callback));
        assert!(!exists(-1, Style::Plain));
    }

    #[test]
    fn messages_decode_as_the_protocol_has_them() {
        use stead_domain::{EventKind, Lifecycle};
        let domain = wire::Domain { name: "a".into(), uuid: [7; 16], id: 3 };
        let alias = || "net0".to_owned();
        let kinds = [
            EventKind::Lifecycle(Lifecycle::Started(0)),
            EventKind::Reboot,
            EventKind::RtcChange { offset_seconds: -5 },
            EventKind::Watchdog { action: 1 },
            EventKind::IoError { source: alias(), alias: alias(), action: 1, reason: alias() },
            EventKind::ControlError,
            EventKind::BlockJob { path: alias(), target: alias(), job: 1, status: 2 },
            EventKind::DiskChange {
                old_source: None,
                new_source: Some(alias()),
                alias: alias(),
                reason: 1,
            },
            EventKind::TrayChange { alias: alias(), reason: 1 },
            EventKind::PmWakeup,
            EventKind::PmSuspend,
            EventKind::BalloonChange { actual_kib: 9 },
            EventKind::PmSuspendDisk,
            EventKind::DeviceRemoved { alias: alias() },
            EventKind::AgentLifecycle { state: 1, reason: 2 },
            EventKind::DeviceAdded { alias: alias() },
            EventKind::JobCompleted(vec![(alias(), stead_domain::Value::ULong(4))]),
            EventKind::DeviceRemovalFailed { alias: alias() },
            EventKind::MetadataChange { kind: 2, uri: Some(alias()) },
            EventKind::MemoryFailure { recipient: 1, action: 2, flags: 3 },
            EventKind::MemoryDeviceSizeChange { alias: alias(), size_kib: 4 },
        ];
        for kind in &kinds {
            for id in super::ids(kind) {
                for style in [Style::Plain, Style::Callback] {
                    let Some(number) = super::number(*id, style) else { continue };
                    let message = super::message(kind, *id, domain.clone(), style).unwrap();
                    let entry = stead_protocol::entry(wire::PROGRAM, number).unwrap();
                    (entry.check_arguments)(&message[28..]).unwrap();
                    // Nothing is left over: a longer body decodes, a shorter one does not.
                    assert!(
                        (entry.check_arguments)(&message[28..message.len() - 4]).is_err(),
                        "{kind:?}"
                    );
                }
            }
        }
        let message = super::message(&kinds[0], 0, domain.clone(), Style::Callback).unwrap();
        let decoded = wire::DomainEventCallbackLifecycleMessage::from_xdr(&message[28..]).unwrap();
        assert_eq!(decoded.msg.domain, domain);
        assert_eq!((decoded.msg.event, decoded.msg.detail), (2, 0));
    }
}
