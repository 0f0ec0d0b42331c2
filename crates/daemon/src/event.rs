//! Who asked to hear of what, and the way of an event to them.
//!
//! A machine's event is encoded once per style and copied to each listener behind its callback's number. Registrations
//! die with their connection. The same question twice on one connection is refused, as libvirtd does: its client library
//! keeps the count.

mod encode;

pub(crate) use encode::{exists as is_known, parameter};

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use regex_lite::{Regex, RegexBuilder};
use stead_domain::{Event, EventKind, Uuid};
use stead_protocol::{ErrorCode, ErrorDomain, Header, Xdr, qemu, remote};

use crate::error::{Error, Result, check_flags};
use crate::session::Session;

/// How many registrations one connection may hold.
const REGISTRATIONS_MAX: usize = 1024;

/// The flags of a monitor event's registration (virConnectDomainQemuMonitorEventRegisterFlags).
const MONITOR_REGEX: u32 = 1;
const MONITOR_IGNORE_CASE: u32 = 2;

/// Everybody who listens.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    registrations: Mutex<Registrations>,
}

#[derive(Debug, Default)]
struct Registrations {
    list: Vec<Registration>,
    next: i32,
}

/// What one listener asked for.
#[derive(Debug)]
struct Registration {
    id: i32,
    session: Arc<Session>,
    topic: Topic,
    /// Only this machine's (or network's, ...), if it is named.
    object: Option<Object>,
    style: Style,
}

/// What is listened to.
#[derive(Debug)]
pub(crate) enum Topic {
    /// Of machines, by libvirt's event id.
    Domain(i32),
    /// Of QEMU's monitors.
    Monitor(Pattern),
    Network(i32),
    NodeDevice(i32),
    Secret(i32),
    StoragePool(i32),
}

/// Which monitor events are meant.
#[derive(Debug)]
pub(crate) enum Pattern {
    Every,
    Named { name: String, ignore_case: bool },
    Matching { text: String, regex: Regex },
}

/// The object that a registration is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Object {
    Uuid([u8; 16]),
    Name(String),
}

/// How the events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// With the callback's id.
    Callback,
    /// Without, for clients that know no ids.
    Plain,
}

impl Topic {
    /// Whether two registrations of one connection would say the same.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Domain(a), Self::Domain(b))
            | (Self::Network(a), Self::Network(b))
            | (Self::NodeDevice(a), Self::NodeDevice(b))
            | (Self::Secret(a), Self::Secret(b))
            | (Self::StoragePool(a), Self::StoragePool(b)) => a == b,
            (Self::Monitor(a), Self::Monitor(b)) => match (a, b) {
                (Pattern::Every, Pattern::Every) => true,
                (Pattern::Named { name: a, .. }, Pattern::Named { name: b, .. }) => a == b,
                (Pattern::Matching { text: a, .. }, Pattern::Matching { text: b, .. }) => a == b,
                _ => false,
            },
            _ => false,
        }
    }

    /// How libvirt calls the callbacks of this kind.
    fn callback(&self) -> &'static str {
        match self {
            Self::Domain(_) => "domain event callback",
            Self::Monitor(_) => "qemu monitor event callback",
            Self::Network(_) => "network event callback",
            Self::NodeDevice(_) => "node device event callback",
            Self::Secret(_) => "secret event callback",
            Self::StoragePool(_) => "storage pool event callback",
        }
    }
}

impl Pattern {
    /// What virConnectDomainQemuMonitorEventRegister asks for.
    ///
    /// # Errors
    /// Unknown flags, or an expression that is none.
    pub(crate) fn new(event: Option<String>, flags: u32) -> Result<Self> {
        check_flags(
            flags,
            MONITOR_REGEX | MONITOR_IGNORE_CASE,
            ErrorDomain::NONE,
            "virDomainQemuMonitorEventStateRegisterID",
        )?;
        let ignore_case = flags & MONITOR_IGNORE_CASE != 0;
        match event {
            None => Ok(Self::Every),
            Some(text) if flags & MONITOR_REGEX != 0 => {
                let regex = RegexBuilder::new(&text)
                    .case_insensitive(ignore_case)
                    .size_limit(64 * 1024)
                    .build()
                    .map_err(|error| {
                        let detail = format!("failed to compile regex '{text}': {error}");
                        Error::new(ErrorCode::INVALID_ARG, ErrorDomain::NONE, detail)
                    })?;
                Ok(Self::Matching { text, regex })
            }
            Some(name) => Ok(Self::Named { name, ignore_case }),
        }
    }

    fn matches(&self, event: &str) -> bool {
        match self {
            Self::Every => true,
            Self::Named { name, ignore_case: true } => name.eq_ignore_ascii_case(event),
            Self::Named { name, ignore_case: false } => name == event,
            Self::Matching { regex, .. } => regex.is_match(event),
        }
    }
}

impl Hub {
    /// Adds a listener; says its callback's id.
    ///
    /// # Errors
    /// It listens to the same already.
    pub(crate) fn register(
        &self,
        session: &Arc<Session>,
        topic: Topic,
        object: Option<Object>,
        style: Style,
    ) -> Result<i32> {
        session.shared().listens = true;
        let mut registrations = self.lock();
        let mut count = 0;
        for other in
            registrations.list.iter().filter(|other| other.session.number == session.number)
        {
            count += 1;
            if other.topic.is_same(&topic) && other.object == object {
                let detail = "event callback already tracked";
                return Err(Error::new(ErrorCode::INVALID_ARG, ErrorDomain::NONE, detail));
            }
        }
        if count >= REGISTRATIONS_MAX {
            return Err(Error::rpc("too many event callbacks on this connection"));
        }
        let id = registrations.next;
        registrations.next = registrations.next.wrapping_add(1).max(0);
        let session = Arc::clone(session);
        registrations.list.push(Registration { id, session, topic, object, style });
        Ok(id)
    }

    /// Removes a listener by its callback's id; `kind` is any topic of the kind it must have.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn deregister(&self, session: &Session, kind: &Topic, id: i32) -> Result<()> {
        let mut registrations = self.lock();
        let found = registrations.list.iter().position(|other| {
            other.id == id
                && other.session.number == session.number
                && std::mem::discriminant(&other.topic) == std::mem::discriminant(kind)
        });
        match found {
            Some(index) => {
                registrations.list.remove(index);
                Ok(())
            }
            None => Err(Error::new(
                ErrorCode::INTERNAL_ERROR,
                ErrorDomain::RPC,
                format!("{} {id} not registered", kind.callback()),
            )),
        }
    }

    /// Removes the listener in the old style of an event of machines.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn deregister_plain(&self, session: &Session, event: i32) -> Result<()> {
        let mut registrations = self.lock();
        let found = registrations.list.iter().position(|other| {
            other.session.number == session.number
                && other.style == Style::Plain
                && matches!(other.topic, Topic::Domain(id) if id == event)
        });
        match found {
            Some(index) => {
                registrations.list.remove(index);
                Ok(())
            }
            None => Err(Error::new(
                ErrorCode::INTERNAL_ERROR,
                ErrorDomain::RPC,
                format!("domain event {event} not registered"),
            )),
        }
    }

    /// How many listeners in the old style of an event a connection has.
    pub(crate) fn plain_count(&self, session: &Session, event: i32) -> i32 {
        let registrations = self.lock();
        let count = registrations
            .list
            .iter()
            .filter(|other| other.session.number == session.number && other.style == Style::Plain)
            .filter(|other| matches!(other.topic, Topic::Domain(id) if id == event))
            .count();
        i32::try_from(count).unwrap_or(i32::MAX)
    }

    /// Forgets a connection.
    pub(crate) fn forget(&self, session: &Session) {
        self.lock().list.retain(|other| other.session.number != session.number);
    }

    /// Sends an event of a machine to those who listen for it.
    pub(crate) fn deliver(&self, event: &Event) {
        let registrations = self.lock();
        if registrations.list.is_empty() {
            return;
        }
        let uuid = Object::Uuid(event.machine.uuid.into_bytes());
        let machine = wire_domain(&event.machine);
        for id in encode::ids(&event.kind) {
            let mut encoded: [Option<Vec<u8>>; 2] = [None, None];
            for other in &registrations.list {
                let is_for = matches!(other.topic, Topic::Domain(wanted) if wanted == *id)
                    && other.object.as_ref().is_none_or(|object| *object == uuid);
                if !is_for {
                    continue;
                }
                let slot = &mut encoded[usize::from(other.style == Style::Plain)];
                if slot.is_none() {
                    *slot = encode::message(&event.kind, *id, machine.clone(), other.style);
                }
                if let Some(message) = slot {
                    if other.style == Style::Callback {
                        put_callback(message, other.id);
                    }
                    other.session.announce(message);
                }
            }
        }
        if let EventKind::Monitor { name, seconds, micros, details } = &event.kind {
            for other in &registrations.list {
                let is_for = matches!(&other.topic, Topic::Monitor(pattern) if pattern.matches(name))
                    && other.object.as_ref().is_none_or(|object| *object == uuid);
                if is_for {
                    let message = qemu::DomainMonitorEventMessage {
                        callback_id: other.id,
                        domain: machine.clone(),
                        event: name.clone(),
                        seconds: *seconds,
                        micros: *micros,
                        details: details.clone(),
                    };
                    let mut out = Vec::new();
                    let header = Header::event::<qemu::DomainMonitorEvent>();
                    if header.write(&mut out, |out| message.encode(out)).is_ok() {
                        other.session.announce(&out);
                    }
                }
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().list.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Registrations> {
        self.registrations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts a callback's id into the place after the header.
fn put_callback(message: &mut [u8], id: i32) {
    const PLACE: usize = 4 + Header::LENGTH;
    if let Some(place) = message.get_mut(PLACE..PLACE + 4) {
        place.copy_from_slice(&id.to_be_bytes());
    }
}

/// A machine as messages name it.
pub(crate) fn wire_domain(identity: &stead_domain::Identity) -> remote::Domain {
    remote::Domain {
        name: Arc::clone(&identity.name),
        uuid: identity.uuid.into_bytes(),
        id: identity.id,
    }
}

/// The UUID of an object as messages name it.
pub(crate) fn uuid(bytes: [u8; 16]) -> Uuid {
    Uuid::from_bytes(bytes)
}

#[cfg(test)]
mod test;
