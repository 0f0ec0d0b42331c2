//! A monitor's line discipline as a value: bytes in, messages out; commands in, bytes out. No I/O, no clock.
//!
//! QEMU answers one JSON object a line (`docs/interop/qmp-spec.rst`, QEMU 10.0). Whatever a line holds, the
//! link survives it: a line that is not a message becomes a [`Garbage`] and the next line is read as usual.
//! Memory is bounded by [`Limits::line_bytes`]; nesting by serde_json's limit of 128 where a value is decoded
//! (the link itself only skips over values, which needs no stack).

use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    command::Command,
    event::{Event, Timestamp},
    reply::{Greeting, QemuError, Reply},
};

/// The longest line a link takes by default: `query-qmp-schema` is 0.2 MiB. A line is in memory three times at most.
const LINE_BYTES_MAX: usize = 4 << 20;
/// A buffer that grew beyond this is given back once it is empty.
const IDLE_BYTES_MAX: usize = 16 << 10;
/// Garbage is quoted in errors up to this length.
const QUOTE_BYTES_MAX: usize = 200;
/// How ids look on commands that a client wrote, where the client sees the reply's text: as libvirt's.
const TEXT_ID_PREFIX: &str = "libvirt-";

/// What a link takes from its peer.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Longest line in bytes.
    pub line_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { line_bytes: LINE_BYTES_MAX }
    }
}

/// The number of a command, unique within its link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub u64);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One line of a monitor.
#[derive(Clone, Debug)]
pub enum Message {
    /// The first line of a connection.
    Greeting(Greeting),
    /// Something happened.
    Event(Event),
    /// The answer to a command; not always in the commands' order.
    Reply(Reply),
}

/// A line that is no message. The link goes on with the next one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Garbage {
    /// Longer than [`Limits::line_bytes`]; passed over up to its end.
    #[error("a line of the monitor is longer than {limit} bytes")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// Not JSON, or JSON of another shape than QMP's.
    #[error("the monitor said what is not QMP ({reason}): {quote}")]
    Unreadable {
        /// Why it cannot be read.
        reason: String,
        /// Its beginning.
        quote: String,
    },
}

/// Text that [`Link::encode_text`] cannot send as a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotACommand {
    /// Not a JSON object.
    #[error("cannot parse json {text}: {reason}")]
    Json {
        /// What was given.
        text: String,
        /// Why it is none.
        reason: String,
    },
    /// It carries an `id`, which belongs to the link.
    #[error("Unable to append command 'id' string")]
    HasId,
}

/// Both directions of one connection to a monitor.
#[derive(Debug, Default)]
pub struct Link {
    limits: Limits,
    buffer: Vec<u8>,
    /// Everything before is handed out.
    start: usize,
    /// No line end stands in `start..scanned`.
    scanned: usize,
    /// Inside a line that is too long.
    skipping: bool,
    last_id: u64,
}

impl Link {
    /// A link with the usual limits, before the greeting.
    pub fn new() -> Self {
        Self::default()
    }

    /// A link that takes less, or more, from its peer.
    pub fn with_limits(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Appends the bytes of `command` to `out`, and says what id its reply will carry.
    pub fn encode<C: Command>(&mut self, command: &C, out: &mut Vec<u8>) -> Id {
        let id = self.next_id();
        out.extend_from_slice(b"{\"execute\":\"");
        out.extend_from_slice(C::NAME.as_bytes());
        out.push(b'"');
        if C::HAS_ARGUMENTS {
            out.extend_from_slice(b",\"arguments\":");
            let start = out.len();
            if serde_json::to_writer(&mut *out, command).is_err() {
                // Only a map with keys that are not strings gets here; no row of the table has one.
                out.truncate(start);
                out.extend_from_slice(b"{}");
            }
        }
        out.extend_from_slice(format!(",\"id\":{}}}\n", id.0).as_bytes());
        id
    }

    /// Appends the bytes of a command whose name and arguments are data; `arguments` is an object, or null.
    pub fn encode_named(
        &mut self,
        name: &str,
        arguments: &serde_json::Value,
        out: &mut Vec<u8>,
    ) -> Id {
        let id = self.next_id();
        let name = serde_json::Value::from(name);
        let arguments = match arguments {
            serde_json::Value::Null => String::new(),
            arguments => format!(",\"arguments\":{arguments}"),
        };
        out.extend_from_slice(
            format!("{{\"execute\":{name}{arguments},\"id\":{id}}}\n").as_bytes(),
        );
        id
    }

    /// Appends the bytes of a command that someone wrote as JSON text, with an id as libvirt gives it
    /// (`libvirt-12`), since its writer will see the reply as text.
    ///
    /// # Errors
    /// When `text` is not a JSON object, or has an id of its own.
    pub fn encode_text(&mut self, text: &str, out: &mut Vec<u8>) -> Result<Id, NotACommand> {
        let mut object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text)
            .map_err(|error| NotACommand::Json {
                text: quote(text.as_bytes()),
                reason: error.to_string(),
            })?;
        if object.contains_key("id") {
            return Err(NotACommand::HasId);
        }
        let id = self.next_id();
        object.insert("id".into(), format!("{TEXT_ID_PREFIX}{id}").into());
        out.extend_from_slice(serde_json::Value::from(object).to_string().as_bytes());
        out.push(b'\n');
        Ok(id)
    }

    /// Takes bytes from the monitor, in any cut. Call [`Self::poll`] until it is empty before the next.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next line, when a whole one has come.
    pub fn poll(&mut self) -> Option<Result<Message, Garbage>> {
        loop {
            let Some(end) = find(&self.buffer[self.scanned..], b'\n') else {
                return self.unfinished();
            };
            let line = self.start..self.scanned + end;
            self.start = line.end + 1;
            self.scanned = self.start;
            if std::mem::take(&mut self.skipping) {
                continue;
            }
            if line.len() > self.limits.line_bytes {
                return Some(Err(Garbage::TooLong { limit: self.limits.line_bytes }));
            }
            let text = self.buffer[line].trim_ascii();
            if !text.is_empty() {
                return Some(read(text));
            }
        }
    }

    fn next_id(&mut self) -> Id {
        self.last_id = self.last_id.wrapping_add(1);
        Id(self.last_id)
    }

    /// No line end is left: moves the beginning of a line to the front, or drops it if it is too long.
    fn unfinished(&mut self) -> Option<Result<Message, Garbage>> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let too_long = self.buffer.len() > self.limits.line_bytes;
        if too_long || self.skipping {
            self.buffer.clear();
        }
        if self.buffer.is_empty() && self.buffer.capacity() > IDLE_BYTES_MAX {
            self.buffer = Vec::new();
        }
        self.scanned = self.buffer.len();
        if too_long && !std::mem::replace(&mut self.skipping, true) {
            return Some(Err(Garbage::TooLong { limit: self.limits.line_bytes }));
        }
        None
    }
}

/// Any line, its values left as text.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(rename = "QMP")]
    greeting: Option<Greeting>,
    #[serde(borrow, rename = "return")]
    value: Option<&'a RawValue>,
    error: Option<QemuError>,
    event: Option<String>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    timestamp: Option<Timestamp>,
    id: Option<RawId>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawId {
    Number(u64),
    Text(String),
    Foreign(serde::de::IgnoredAny),
}

impl RawId {
    fn ours(self) -> Option<Id> {
        match self {
            Self::Number(id) => Some(Id(id)),
            Self::Text(text) => text.strip_prefix(TEXT_ID_PREFIX)?.parse().ok().map(Id),
            Self::Foreign(_) => None,
        }
    }
}

fn read(text: &[u8]) -> Result<Message, Garbage> {
    let unreadable = |reason: String| Garbage::Unreadable { reason, quote: quote(text) };
    let utf8 = std::str::from_utf8(text).map_err(|error| unreadable(error.to_string()))?;
    let line: Line<'_> =
        serde_json::from_str(utf8).map_err(|error| unreadable(error.to_string()))?;
    if let Some(name) = line.event {
        let timestamp = line.timestamp.unwrap_or_default();
        return Ok(Message::Event(Event::new(name, timestamp, line.data.map(ToOwned::to_owned))));
    }
    let outcome = match (line.value, line.error) {
        (Some(value), None) => Ok(value.to_owned()),
        (None, Some(error)) => Err(error),
        (None, None) => match line.greeting {
            Some(greeting) => return Ok(Message::Greeting(greeting)),
            None => return Err(unreadable("neither greeting, reply nor event".into())),
        },
        (Some(_), Some(_)) => return Err(unreadable("a reply with both result and error".into())),
    };
    let whole = match line.id {
        Some(RawId::Text(_)) => utf8.to_owned(),
        _ => String::new(),
    };
    Ok(Message::Reply(Reply { id: line.id.and_then(RawId::ours), outcome, line: whole }))
}

fn quote(bytes: &[u8]) -> String {
    let cut = &bytes[..bytes.len().min(QUOTE_BYTES_MAX)];
    cut.escape_ascii().to_string()
}

fn find(haystack: &[u8], byte: u8) -> Option<usize> {
    haystack.iter().position(|&other| other == byte)
}

#[cfg(test)]
mod test;
