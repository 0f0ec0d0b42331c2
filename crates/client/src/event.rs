//! Messages that the server sends unasked.

use std::sync::Arc;

use stead_protocol::{DecodeError, Event, Header, Xdr};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// How many events a subscriber may be behind before it loses the oldest.
pub(crate) const BEHIND_MAX: usize = 1024;

/// An event as it came.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its header.
    pub header: Header,
    /// Its body.
    pub body: Arc<[u8]>,
}

impl Message {
    /// The body, if this is an `E`.
    ///
    /// # Errors
    /// [`DecodeError`] if it is one, but the body is not an `E`'s.
    pub fn decode<E: Event>(&self, _: E) -> Result<Option<E::Message>, DecodeError> {
        if (self.header.program, self.header.procedure) == (E::PROGRAM, E::NUMBER) {
            E::Message::from_xdr(&self.body).map(Some)
        } else {
            Ok(None)
        }
    }
}

/// The events of a connection from now on. They come only after a call of one of
/// the `…EventRegisterAny` procedures.
#[derive(Debug)]
pub struct Events {
    pub(crate) receiver: broadcast::Receiver<Message>,
}

impl Events {
    /// The next event; `None` when the connection has ended. Events are lost, the
    /// oldest first, when 1024 wait; the count of what was lost is added to `lost`.
    pub async fn next(&mut self, lost: &mut u64) -> Option<Message> {
        loop {
            match self.receiver.recv().await {
                Ok(message) => return Some(message),
                Err(RecvError::Lagged(count)) => *lost = lost.saturating_add(count),
                Err(RecvError::Closed) => return None,
            }
        }
    }
}
