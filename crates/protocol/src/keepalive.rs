//! The program `keepalive`: "are you there?", and "I am".
//!
//! Both go both ways, as messages with serial 0, status OK and no body. A server
//! pings only a client that asked for feature 10 before it opened its connection.

use crate::table::{Entry, events, sorted};
use crate::{Header, frame};

/// The program's number: the word "keep".
pub const PROGRAM: u32 = 0x6b65_6570;

/// Both messages.
pub static TABLE: [Entry; 2] = sorted(&[EVENTS]);

/// A whole PING message.
pub const PING: [u8; frame::LENGTH_MIN] = Header::message(PROGRAM, 1).frame();

/// A whole PONG message, the answer to a PING.
pub const PONG: [u8; frame::LENGTH_MIN] = Header::message(PROGRAM, 2).frame();

events! {
    KEEPALIVE;
    /// "Are you there?"
    1 Ping(());
    /// "I am."
    2 Pong(());
}
