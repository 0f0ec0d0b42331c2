//! What waits to be written to a client, with the descriptors that go in between, and its bound.
//!
//! Empty while the client keeps up: then it owns no memory, which is what makes ten thousand idle connections cheap.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, send, sendmsg};

/// Above this many unsent bytes no more calls are taken from the client, and no more stream data is fetched for it.
pub(crate) const CONGESTED_BYTES: usize = 256 * 1024;

/// Above this many unsent bytes an event is too much: the client does not read, and is cut off.
pub(crate) const OVERFLOW_BYTES: usize = 1024 * 1024;

/// Bytes and descriptors for one client, in order.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    bytes: Vec<u8>,
    /// How many of `bytes` have gone.
    sent: usize,
    /// Descriptors, each with its place in `bytes`: the single zero byte there carries it.
    files: VecDeque<(usize, OwnedFd)>,
}

/// How far a flush came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flushed {
    /// Nothing waits.
    Everything,
    /// The socket is full; `true` if some bytes went before that.
    Blocked(bool),
}

impl Outbox {
    pub(crate) fn is_empty(&self) -> bool {
        self.sent == self.bytes.len()
    }

    /// Unsent bytes.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.sent
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if self.is_empty() {
            self.bytes.clear();
            self.sent = 0;
        } else if self.sent > CONGESTED_BYTES && self.files.is_empty() {
            self.bytes.drain(..self.sent);
            self.sent = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Appends a message; each of `files` follows it on a byte of its own.
    pub(crate) fn push_with_files(&mut self, bytes: &[u8], files: Vec<OwnedFd>) {
        self.push(bytes);
        for file in files {
            self.files.push_back((self.bytes.len(), file));
            self.bytes.push(0);
        }
    }

    /// Writes as much as the socket takes.
    ///
    /// # Errors
    /// The client is gone.
    pub(crate) fn flush(&mut self, socket: impl AsFd) -> io::Result<Flushed> {
        let mut progress = false;
        while !self.is_empty() {
            let result = match self.files.front() {
                Some((place, file)) if *place == self.sent => send_file(&socket, file.as_fd()),
                next => {
                    let end = next.map_or(self.bytes.len(), |(place, _)| *place);
                    send_bytes(&socket, &self.bytes[self.sent..end])
                }
            };
            match result {
                Ok(count) => {
                    if self.files.front().is_some_and(|(place, _)| *place == self.sent) {
                        self.files.pop_front();
                    }
                    self.sent += count;
                    progress = true;
                }
                Err(Errno::AGAIN) => return Ok(Flushed::Blocked(progress)),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.bytes = Vec::new();
        self.sent = 0;
        Ok(Flushed::Everything)
    }
}

/// Writes what the socket takes of `bytes` at once; 0 when it takes nothing now.
///
/// # Errors
/// The client is gone.
pub(crate) fn write_now(socket: impl AsFd, bytes: &[u8]) -> io::Result<usize> {
    loop {
        match send_bytes(&socket, bytes) {
            Ok(count) => return Ok(count),
            Err(Errno::AGAIN) => return Ok(0),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn send_bytes(socket: impl AsFd, bytes: &[u8]) -> rustix::io::Result<usize> {
    send(socket, bytes, SendFlags::NOSIGNAL | SendFlags::DONTWAIT)
}

fn send_file(socket: impl AsFd, file: std::os::fd::BorrowedFd<'_>) -> rustix::io::Result<usize> {
    let files = [file];
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    control.push(SendAncillaryMessage::ScmRights(&files));
    sendmsg(
        socket,
        &[io::IoSlice::new(&[0])],
        &mut control,
        SendFlags::NOSIGNAL | SendFlags::DONTWAIT,
    )
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::net::UnixStream;

    use super::{CONGESTED_BYTES, Flushed, Outbox};

    #[test]
    fn what_does_not_fit_waits_in_order() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let mut outbox = Outbox::default();
        let mut expected = Vec::new();
        for round in 0..64_u8 {
            let chunk = vec![round; CONGESTED_BYTES / 8];
            expected.extend_from_slice(&chunk);
            outbox.push(&chunk);
        }
        assert_eq!(outbox.flush(&ours).unwrap(), Flushed::Blocked(true));
        assert_eq!(outbox.flush(&ours).unwrap(), Flushed::Blocked(false));
        let mut received = vec![0; expected.len()];
        let reader = std::thread::spawn(move || {
            theirs.read_exact(&mut received).unwrap();
            received
        });
        while outbox.flush(&ours).unwrap() != Flushed::Everything {
            std::thread::yield_now();
        }
        assert_eq!(reader.join().unwrap(), expected);
        assert_eq!(outbox.len(), 0);
    }

    #[test]
    fn a_client_that_is_gone_is_an_error() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        drop(theirs);
        let mut outbox = Outbox::default();
        outbox.push(b"late");
        assert!(outbox.flush(&ours).is_err());
    }
}
