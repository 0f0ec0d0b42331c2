//! One client's conversation: its state, and what others may do to it from outside.
//!
//! ```text
//! Anonymous ─AUTH_LIST─► Authenticated ─CONNECT_OPEN─► Open(read-only | read-write) ─CONNECT_CLOSE─► (flushed, closed)
//! ```
//!
//! A small call is answered where it was read, by the session's own task ([`connection`]); a call that must wait is a task of
//! its own, at most [`IN_FLIGHT_MAX`] at a time, and its reply comes back through the [`outbox`].

pub(crate) mod connection;
pub(crate) mod input;
pub(crate) mod outbox;
#[cfg(test)]
mod test;

use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use stead_domain::Owner;
use stead_protocol::{Header, Kind, Status, Xdr};

use crate::daemon::Daemon;
use crate::error::Error;
use crate::peer::{Access, Peer};
use crate::session::outbox::{CONGESTED_BYTES, OVERFLOW_BYTES, Outbox};
use crate::stream::Streams;

/// The calls of one client that may be under way at once; beyond it, nothing more is read from that client.
pub(crate) const IN_FLIGHT_MAX: u8 = 5;

/// A client.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) daemon: Arc<Daemon>,
    pub(crate) peer: Peer,
    /// Never given twice by this daemon.
    pub(crate) number: u64,
    /// What the socket allows.
    access: Access,
    shared: Mutex<Shared>,
}

/// How far a client has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Anonymous,
    Authenticated,
    Open(Access),
}

/// Why a connection is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Once everything that waits has been written.
    Flushed,
    /// Now.
    Now(&'static str),
}

/// What the session's task and others share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) phase: Phase,
    /// Whether the client asked to be pinged.
    pub(crate) keepalive: bool,
    /// Whether the client asked to hear of the end of the hypervisor connection.
    pub(crate) close_callback: bool,
    /// Whether the client ever registered for an event, so that its end must be told to the hub.
    pub(crate) listens: bool,
    /// Whether machines may have to end with this connection.
    owns: bool,
    pub(crate) in_flight: u8,
    /// Something changed from outside that the session's task must look at.
    pub(crate) attention: bool,
    /// The socket took nothing more the last time.
    pub(crate) blocked: bool,
    pub(crate) ending: Option<Ending>,
    pub(crate) waker: Option<Waker>,
    pub(crate) outbox: Outbox,
    pub(crate) streams: Option<Box<Streams>>,
}

impl Session {
    pub(crate) fn new(daemon: Arc<Daemon>, peer: Peer, number: u64, access: Access) -> Arc<Self> {
        let shared = Shared {
            phase: Phase::Anonymous,
            keepalive: false,
            close_callback: false,
            listens: false,
            owns: false,
            in_flight: 0,
            attention: false,
            blocked: false,
            ending: None,
            waker: None,
            outbox: Outbox::default(),
            streams: None,
        };
        Arc::new(Self { daemon, peer, number, access, shared: Mutex::new(shared) })
    }

    /// Whose machines are destroyed with this connection, if these flags of a start ask for it.
    pub(crate) fn owner(&self, flags: u32) -> Owner {
        if flags & stead_domain::flags::START_AUTODESTROY != 0 {
            self.shared().owns = true;
        }
        Owner(self.number)
    }

    /// What the socket, not yet the client, allows.
    pub(crate) fn socket_access(&self) -> Access {
        self.access
    }

    pub(crate) fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the client may change things.
    pub(crate) fn is_read_only(&self) -> bool {
        self.shared().phase == Phase::Open(Access::ReadOnly)
    }

    /// The connection is over: whatever was held for it is given back.
    pub(crate) fn leave(self: &Arc<Self>) {
        let (listens, owns, streams) = {
            let mut shared = self.shared();
            shared.outbox = Outbox::default();
            (shared.listens, shared.owns, shared.streams.take())
        };
        drop(streams);
        if listens {
            self.daemon.hub.forget(self);
        }
        if owns {
            let (domains, owner) = (self.daemon.domains.clone(), Owner(self.number));
            self.daemon.work.spawn(async move { domains.disconnect(owner).await });
        }
    }

    /// Ends the connection from outside.
    pub(crate) fn end(&self, ending: Ending) {
        let mut shared = self.shared();
        shared.ending = Some(ending);
        shared.call_attention();
    }

    /// Sends a whole message that no call asked for. A client that lets too much pile up is cut off.
    pub(crate) fn announce(&self, message: &[u8]) {
        let mut shared = self.shared();
        if shared.outbox.len().saturating_add(message.len()) > OVERFLOW_BYTES.max(message.len()) {
            shared.ending = Some(Ending::Now("events pile up: the client does not read"));
        } else {
            shared.outbox.push(message);
        }
        shared.call_attention();
    }

    /// Sends a message of a stream.
    pub(crate) fn stream_message(&self, header: &Header, body: &[u8]) {
        let mut out = Vec::with_capacity(body.len() + 32);
        // Chunks are far below the limit.
        let _ = header.write(&mut out, |out| out.extend_from_slice(body));
        let mut shared = self.shared();
        shared.outbox.push(&out);
        shared.call_attention();
    }
}

impl Shared {
    /// Wakes the session's task.
    pub(crate) fn call_attention(&mut self) {
        self.attention = true;
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Whether more may be taken from the client now.
    pub(crate) fn may_read(&self) -> bool {
        self.in_flight < IN_FLIGHT_MAX
            && self.ending.is_none()
            && self.outbox.len() < CONGESTED_BYTES
            && self.streams.as_ref().is_none_or(|streams| !streams.is_stalled())
    }
}

/// A call that a task of its own carries out: it is answered once, whatever happens to the task.
pub(crate) struct Pending {
    session: Arc<Session>,
    header: Header,
    answered: bool,
}

impl Pending {
    pub(crate) fn new(session: Arc<Session>, header: Header) -> Self {
        session.shared().in_flight += 1;
        Self { session, header, answered: false }
    }

    pub(crate) fn answer(mut self, result: Result<(Vec<u8>, Vec<OwnedFd>), Error>) {
        self.send(result);
    }

    fn send(&mut self, result: Result<(Vec<u8>, Vec<OwnedFd>), Error>) {
        self.answered = true;
        let mut out = Vec::new();
        let mut files = Vec::new();
        let refusal = match result {
            Ok((body, descriptors)) => {
                files = descriptors;
                let header = self.header.reply(Status::OK);
                let header = match files.len() {
                    0 => header,
                    _ => Header { kind: Kind::REPLY_WITH_FDS, ..header },
                };
                out.reserve(body.len() + 32);
                header
                    .write(&mut out, |out| {
                        if header.kind == Kind::REPLY_WITH_FDS {
                            (files.len() as u32).encode(out);
                        }
                        out.extend_from_slice(&body);
                    })
                    .err()
                    .map(|_| Error::rpc("Unable to encode message payload"))
            }
            Err(error) => Some(error),
        };
        if let Some(error) = refusal {
            files.clear();
            error.answer(&self.header, &mut out);
        }
        let mut shared = self.session.shared();
        shared.in_flight -= 1;
        shared.outbox.push_with_files(&out, files);
        shared.call_attention();
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.answered {
            self.send(Err(Error::internal("the operation ended without an answer")));
        }
    }
}
