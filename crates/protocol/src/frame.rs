//! Messages in a byte stream: a length word that counts itself, then the header,
//! then the body.
//!
//! [`Splitter`] cuts what was read into messages without copying them; [`seal`]
//! writes the length word of one that was built in place.

use stead_xdr::{Decoder, Xdr};

use crate::Header;

/// The smallest message: a length word and a header.
pub const LENGTH_MIN: usize = 4 + Header::LENGTH;

/// The largest message: a length word, and 32 MiB (`VIR_NET_MESSAGE_MAX`).
pub const LENGTH_MAX: usize = 4 + 32 * 1024 * 1024;

/// A length word that no message can have. The peer does not speak this protocol,
/// or wants memory: the connection is closed without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message of {0} bytes; {LENGTH_MIN} to {LENGTH_MAX} are possible")]
pub struct BadLength(pub u32);

/// A message that is larger than a peer takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message would have {0} bytes; at most {LENGTH_MAX} are possible")]
pub struct TooLarge(pub usize);

/// One message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Its header.
    pub header: Header,
    /// All that follows the header.
    pub body: &'a [u8],
}

/// Bytes that were read, and the messages that they hold.
///
/// Read into [`Splitter::space`], say how much came with [`Splitter::filled`], and
/// take messages with [`Splitter::next`] until there is none. Memory is kept for
/// one read beyond the longest message at hand, and given back after a long one.
#[derive(Debug, Default)]
pub struct Splitter {
    buffer: Vec<u8>,
    /// Where the first message not taken yet begins.
    start: usize,
    /// Where what was read ends.
    end: usize,
}

/// How much room a read gets at least, in bytes.
const READ: usize = 4096;

/// How much memory an idle splitter may keep, in bytes.
const KEEP: usize = 65536;

impl Splitter {
    /// Room to read into: at least to the end of the message at hand, as far as
    /// half of it has come already, so that memory follows what was sent and not
    /// what was announced.
    pub fn space(&mut self) -> &mut [u8] {
        let held = self.end - self.start;
        if held == 0 {
            self.start = 0;
            self.end = 0;
            if self.buffer.len() > KEEP {
                self.buffer = Vec::new();
            }
        }
        let wanted = held.max(READ);
        if self.buffer.len() - self.end < wanted {
            self.buffer.copy_within(self.start..self.end, 0);
            self.start = 0;
            self.end = held;
            if self.buffer.len() - held < wanted {
                self.buffer.resize(held + wanted, 0);
            }
        }
        &mut self.buffer[self.end..]
    }

    /// Says that `count` bytes were read into [`Splitter::space`].
    pub fn filled(&mut self, count: usize) {
        self.end = self.buffer.len().min(self.end.saturating_add(count));
    }

    /// How many bytes have come that belong to no message yet taken.
    #[must_use]
    pub const fn held(&self) -> usize {
        self.end - self.start
    }

    /// The next message, once all of it has come.
    ///
    /// # Errors
    /// [`BadLength`] at once when the length word is out of bounds; nothing more
    /// can be made of the stream.
    #[expect(clippy::should_implement_trait, reason = "a message borrows the splitter")]
    pub fn next(&mut self) -> Result<Option<Message<'_>>, BadLength> {
        let Some((message, length)) = first(&self.buffer[self.start..self.end])? else {
            return Ok(None);
        };
        self.start += length;
        Ok(Some(message))
    }

    /// Passes over bytes that stand between messages, as those that descriptors
    /// come with do. False, and nothing done, if they have not all come.
    pub fn skip(&mut self, count: usize) -> bool {
        let there = self.held() >= count;
        if there {
            self.start += count;
        }
        there
    }

    /// Goes back over bytes that were taken since the last [`Splitter::space`]:
    /// over a message that must wait for what follows it.
    pub fn unread(&mut self, count: usize) {
        self.start = self.start.saturating_sub(count);
    }

    /// Gives the memory back if nothing is held: for a connection that waits.
    pub fn release(&mut self) {
        if self.held() == 0 {
            *self = Self::default();
        }
    }
}

/// The message that `bytes` begin with and its length, once all of it is there.
///
/// # Errors
/// [`BadLength`] as soon as the length word is there.
#[inline]
pub fn first(bytes: &[u8]) -> Result<Option<(Message<'_>, usize)>, BadLength> {
    let Some(word) = bytes.first_chunk::<4>() else { return Ok(None) };
    let length = checked(*word)?;
    let Some(whole) = bytes.get(4..length) else { return Ok(None) };
    let mut input = Decoder::new(whole);
    // The length has been checked to hold a header.
    let Ok(header) = Header::decode(&mut input) else { return Ok(None) };
    Ok(Some((Message { header, body: input.rest() }, length)))
}

/// The length of a message from its first four bytes.
///
/// # Errors
/// [`BadLength`]
#[inline]
pub fn checked(word: [u8; 4]) -> Result<usize, BadLength> {
    let length = u32::from_be_bytes(word);
    match usize::try_from(length) {
        Ok(length) if (LENGTH_MIN..=LENGTH_MAX).contains(&length) => Ok(length),
        _ => Err(BadLength(length)),
    }
}

/// Writes the length word of the message that begins at `start` of `out` and ends
/// at its end.
///
/// # Errors
/// [`TooLarge`]: then `out` is cut back to `start`.
pub fn seal(out: &mut Vec<u8>, start: usize) -> Result<(), TooLarge> {
    let length = out.len().saturating_sub(start);
    match u32::try_from(length) {
        Ok(word) if (LENGTH_MIN..=LENGTH_MAX).contains(&length) => {
            out[start..start + 4].copy_from_slice(&word.to_be_bytes());
            Ok(())
        }
        _ => {
            out.truncate(start);
            Err(TooLarge(length))
        }
    }
}

#[cfg(test)]
mod test;
