//! What can go wrong with a call.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use stead_protocol::frame::TooLarge;
use stead_protocol::{DecodeError, ErrorCode, Excess};

use crate::AddressError;

/// Why a call has no reply. A closed connection fails every call alike.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The address of the daemon makes no sense.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The server wants an authentication that this client cannot do.
    #[error("the daemon asks for authentication of type {0}, which is not supported")]
    Authentication(i32),
    /// The connection has ended; the reason is a sentence.
    #[error("the connection to the daemon has ended: {0}")]
    Closed(Arc<str>),
    /// Nobody listens at the socket, or not to us.
    #[error("cannot connect to the daemon at {}: {source}", .socket.display())]
    Connect {
        /// The socket.
        socket: PathBuf,
        /// What the system says.
        source: Arc<io::Error>,
    },
    /// A reply that is not what the procedure answers.
    #[error("the reply to {procedure} does not decode: {source}")]
    Decode {
        /// The procedure's name.
        procedure: &'static str,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// An argument longer than the protocol allows.
    #[error("an argument of {procedure} is too long: {source}")]
    Excess {
        /// The procedure's name.
        procedure: &'static str,
        /// By how much.
        source: Excess,
    },
    /// The server's own error.
    #[error("{0}")]
    Remote(Box<stead_protocol::Error>),
    /// A message that no server takes.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

impl Error {
    /// libvirt's number, if the server said so.
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Remote(error) => Some(error.code),
            _ => None,
        }
    }
}
