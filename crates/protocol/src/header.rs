//! The six words that begin every message.

use stead_xdr::Xdr;

use crate::frame::LENGTH_MIN;
use crate::table::{Event, Procedure};

/// Where a message belongs and what it is. Kind and status are open on the wire: a
/// peer may send any number, and is told so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Xdr)]
pub struct Header {
    /// The number of the program.
    pub program: u32,
    /// Its version.
    pub version: u32,
    /// The number in the program.
    pub procedure: i32,
    /// What kind of message it is.
    pub kind: Kind,
    /// The client's number for the call; zero for a message.
    pub serial: u32,
    /// How it went.
    pub status: Status,
}

/// What kind of message it is (`virNetMessageType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Xdr)]
pub struct Kind(pub i32);

impl Kind {
    /// A client calls.
    pub const CALL: Self = Self(0);
    /// The server answers.
    pub const REPLY: Self = Self(1);
    /// An event, or a keepalive.
    pub const MESSAGE: Self = Self(2);
    /// Data of a stream, its end, or its abort.
    pub const STREAM: Self = Self(3);
    /// A call that descriptors follow.
    pub const CALL_WITH_FDS: Self = Self(4);
    /// A reply that descriptors follow.
    pub const REPLY_WITH_FDS: Self = Self(5);
    /// A hole in a stream.
    pub const STREAM_HOLE: Self = Self(6);
}

/// How it went (`virNetMessageStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Xdr)]
pub struct Status(pub i32);

impl Status {
    /// A call; a reply with its value; the end of a stream.
    pub const OK: Self = Self(0);
    /// A reply with an error; the abort of a stream.
    pub const ERROR: Self = Self(1);
    /// Data of a stream.
    pub const CONTINUE: Self = Self(2);
}

impl Header {
    /// Its length on the wire, in bytes.
    pub const LENGTH: usize = 24;

    /// The header of a call of `P`.
    #[must_use]
    pub const fn call<P: Procedure>(serial: u32) -> Self {
        Self {
            program: P::PROGRAM,
            version: 1,
            procedure: P::NUMBER,
            kind: Kind::CALL,
            serial,
            status: Status::OK,
        }
    }

    /// The header of the event `E`.
    #[must_use]
    pub const fn event<E: Event>() -> Self {
        Self::message(E::PROGRAM, E::NUMBER)
    }

    /// The header of a message: an event, or a keepalive.
    #[must_use]
    pub const fn message(program: u32, procedure: i32) -> Self {
        Self { program, version: 1, procedure, kind: Kind::MESSAGE, serial: 0, status: Status::OK }
    }

    /// The header of the answer to this call.
    #[must_use]
    pub const fn reply(&self, status: Status) -> Self {
        Self { kind: Kind::REPLY, status, ..*self }
    }

    /// The header of a packet of the stream that this call opened.
    #[must_use]
    pub const fn stream(&self, status: Status) -> Self {
        Self { kind: Kind::STREAM, status, ..*self }
    }

    /// The header of a hole in the stream that this call opened.
    #[must_use]
    pub const fn hole(&self) -> Self {
        Self { kind: Kind::STREAM_HOLE, status: Status::CONTINUE, ..*self }
    }

    /// A whole message without a body.
    #[must_use]
    pub const fn frame(&self) -> [u8; LENGTH_MIN] {
        let words = [
            LENGTH_MIN as u32,
            self.program,
            self.version,
            self.procedure.cast_unsigned(),
            self.kind.0.cast_unsigned(),
            self.serial,
            self.status.0.cast_unsigned(),
        ];
        let mut bytes = [0; LENGTH_MIN];
        let mut at = 0;
        while at < LENGTH_MIN {
            bytes[at] = words[at / 4].to_be_bytes()[at % 4];
            at += 1;
        }
        bytes
    }

    /// A whole message into `out`, as one piece: its length, this header, `body`.
    ///
    /// # Errors
    /// [`TooLarge`](crate::frame::TooLarge) if the message is larger than a peer
    /// takes. `out` is then as it was.
    pub fn write(
        &self,
        out: &mut Vec<u8>,
        body: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), crate::frame::TooLarge> {
        let start = out.len();
        out.extend_from_slice(&self.frame());
        body(out);
        crate::frame::seal(out, start)
    }
}
