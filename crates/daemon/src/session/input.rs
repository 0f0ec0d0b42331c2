//! What came from a client and is not yet a whole message, with the descriptors that came along.
//!
//! Every read goes into one scratch buffer of the thread; only an incomplete message is kept, and grows with the bytes that
//! really came, never with the length that the client declared.

use std::io::{self, IoSliceMut};
use std::os::fd::{AsFd, OwnedFd};

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

/// The most descriptors that one message may carry (virnetprotocol.x, VIR_NET_MESSAGE_NUM_FDS_MAX).
pub(crate) const FILES_MAX: usize = 32;

/// The thread's scratch buffer: room for the largest usual message.
pub(crate) const SCRATCH_BYTES: usize = 64 * 1024;

/// Bytes that wait for the rest of their message, and descriptors that wait for theirs.
#[derive(Debug, Default)]
pub(crate) struct Input {
    pub(crate) partial: Vec<u8>,
    pub(crate) files: Vec<OwnedFd>,
}

/// What one read brought.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// So many bytes are in the scratch buffer; there may be more if `more`.
    Bytes {
        /// How many.
        count: usize,
        /// Whether another read is likely to bring more at once.
        more: bool,
    },
    /// Nothing for now.
    Nothing,
    /// The client has closed its end.
    End,
}

/// Reads once, without waiting.
///
/// The kernel ends a read at a byte that carries descriptors, so those that come belong to the last byte read.
///
/// # Errors
/// The client is gone, or sends descriptors that no message announced.
pub(crate) fn receive(
    socket: impl AsFd,
    scratch: &mut [u8],
    files: &mut Vec<OwnedFd>,
) -> io::Result<Received> {
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FILES_MAX))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let size = scratch.len();
    let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
    let received = match recvmsg(socket, &mut [IoSliceMut::new(scratch)], &mut control, flags) {
        Ok(received) => received,
        Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => return Ok(Received::Nothing),
        Err(error) => return Err(error.into()),
    };
    let mut with_files = false;
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            with_files = true;
            files.extend(rights);
        }
    }
    if files.len() > FILES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "too many descriptors"));
    }
    Ok(match received.bytes {
        0 => Received::End,
        count => Received::Bytes { count, more: with_files || count == size },
    })
}
