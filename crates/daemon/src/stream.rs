//! Streams: bytes beside calls on the same connection, both ways, each as fast as its slower end.
//!
//! ```text
//! call ─► reply, then   server ─CONTINUE data…, CONTINUE empty (the end of its data)─►  client
//!                       client ─CONTINUE data…, OK (finish) | ERROR (abort)─►  server ─OK─►
//!                       server ─ERROR (with the reason)─►  client, at any time
//! ```
//!
//! Towards the client a stream waits until the [`crate::session::outbox`] has room. From the client nothing is read while
//! the sink is full: the chunk that does not fit stalls the whole connection, as it does in libvirtd.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use stead_domain::Console;
use stead_protocol::{ErrorCode, ErrorDomain, Header, Status, Xdr};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::error::Error;
use crate::session::outbox::CONGESTED_BYTES;
use crate::session::{Ending, Session};

/// Chunks from the client that wait for the sink.
const CHUNKS_MAX: usize = 4;

/// The most bytes of one message towards the client: what old clients take (virnetprotocol.x,
/// VIR_NET_MESSAGE_LEGACY_PAYLOAD_MAX).
const CHUNK_BYTES: usize = 64 * 1024;

/// The most streams of one connection.
const STREAMS_MAX: usize = 64;

/// The streams of one connection.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    open: Vec<(Key, mpsc::Sender<Chunk>)>,
    /// What did not fit into its stream's queue.
    stalled: Option<(Key, Chunk)>,
    /// Told whenever the client has taken what waited for it.
    pub(crate) drained: Arc<Notify>,
}

/// What a stream is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    program: u32,
    procedure: i32,
    serial: u32,
}

/// What the client sends on a stream.
#[derive(Debug)]
enum Chunk {
    Abort,
    Data(Vec<u8>),
    Finish,
}

impl Key {
    fn of(header: &Header) -> Self {
        Self { program: header.program, procedure: header.procedure, serial: header.serial }
    }
}

impl Streams {
    /// Whether a chunk waits for room: until it has it, nothing is read from the client.
    pub(crate) fn is_stalled(&self) -> bool {
        self.stalled.is_some()
    }

    /// Hands a chunk to its stream; one for a stream that is over is dropped.
    fn deliver(&mut self, key: Key, chunk: Chunk) {
        let Some((_, sender)) = self.open.iter().find(|(open, _)| *open == key) else { return };
        if let Err(mpsc::error::TrySendError::Full(chunk)) = sender.try_send(chunk) {
            self.stalled = Some((key, chunk));
        }
    }
}

impl Session {
    /// Takes a message of a stream from the client.
    pub(crate) fn receive_stream(&self, header: &Header, body: &[u8]) {
        let chunk = match header.status {
            Status::CONTINUE if body.is_empty() => return,
            Status::CONTINUE => Chunk::Data(body.to_vec()),
            Status::OK => Chunk::Finish,
            _ => Chunk::Abort,
        };
        if let Some(streams) = &mut self.shared().streams {
            streams.deliver(Key::of(header), chunk);
        }
    }

    /// Takes a hole: no stream that is served has any, so it breaks the protocol.
    pub(crate) fn receive_hole(&self, header: &Header) {
        let mut shared = self.shared();
        let key = Key::of(header);
        let is_open = shared
            .streams
            .as_ref()
            .is_some_and(|streams| streams.open.iter().any(|(open, _)| *open == key));
        if is_open {
            shared.ending = Some(Ending::Now("a hole in a stream that has none"));
        }
    }

    /// Tries again to hand over the chunk that did not fit.
    pub(crate) fn retry_stalled_stream(&self) {
        if let Some(streams) = &mut self.shared().streams
            && let Some((key, chunk)) = streams.stalled.take()
        {
            streams.deliver(key, chunk);
        }
    }

    /// Whether the client lags behind so far that nothing more should be fetched for it.
    fn is_congested(&self) -> bool {
        self.shared().outbox.len() >= CONGESTED_BYTES
    }

    /// Waits until the client has taken what waits for it.
    async fn drained(&self) {
        loop {
            let Some(drained) = self.shared().streams.as_ref().map(|s| Arc::clone(&s.drained))
            else {
                return;
            };
            // Listened for before the look, so that no notice is missed.
            let notified = drained.notified();
            if !self.is_congested() {
                return;
            }
            notified.await;
        }
    }
}

/// A stream that its call has announced, but whose reply has not gone yet.
pub(crate) struct Opened {
    session: Arc<Session>,
    header: Header,
    chunks: mpsc::Receiver<Chunk>,
}

impl Opened {
    /// Makes room for the stream of the call `header`: what the client sends right after the call waits in it.
    ///
    /// # Errors
    /// The connection has too many streams.
    pub(crate) fn new(session: &Arc<Session>, header: &Header) -> Result<Self, Error> {
        let mut shared = session.shared();
        let streams = shared.streams.get_or_insert_default();
        if streams.open.len() >= STREAMS_MAX {
            return Err(Error::new(
                ErrorCode::OPERATION_FAILED,
                ErrorDomain::STREAMS,
                "too many streams on this connection",
            ));
        }
        let (sender, chunks) = mpsc::channel(CHUNKS_MAX);
        streams.open.push((Key::of(header), sender));
        Ok(Self { session: Arc::clone(session), header: *header, chunks })
    }

    fn send(&self, status: Status, body: &[u8]) {
        self.session.stream_message(&self.header.stream(status), body);
    }

    fn fail(&self, error: &Error) {
        self.send(Status::ERROR, &error.to_wire().to_xdr());
    }

    async fn next(&mut self) -> Option<Chunk> {
        let chunk = self.chunks.recv().await;
        let mut shared = self.session.shared();
        if shared.streams.as_ref().is_some_and(|streams| streams.is_stalled()) {
            shared.call_attention();
        }
        chunk
    }

    /// Carries bytes between the client and a console until either has enough.
    pub(crate) async fn console(self, console: Console) {
        // What else it holds is held until the end.
        let Console { descriptor, taken, .. } = console;
        self.both_ways(descriptor, taken).await;
    }

    /// Carries bytes both ways until the client, the other end or `taken` ends it.
    pub(crate) async fn both_ways(mut self, descriptor: OwnedFd, mut taken: oneshot::Receiver<()>) {
        let (mut output, mut input) = match ends(descriptor) {
            Ok(ends) => ends,
            Err(error) => {
                let detail = format!("cannot open the console: {error}");
                self.fail(&Error::new(ErrorCode::SYSTEM_ERROR, ErrorDomain::STREAMS, detail));
                return;
            }
        };
        let mut waiting: Vec<u8> = Vec::new();
        let mut at_end = false;
        let mut space = vec![0; CHUNK_BYTES];
        loop {
            let session = Arc::clone(&self.session);
            tokio::select! {
                biased;
                _ = &mut taken => {
                    self.fail(&Error::new(ErrorCode::RPC, ErrorDomain::STREAMS, "stream had I/O failure"));
                    return;
                }
                chunk = self.next(), if waiting.is_empty() => match chunk {
                    Some(Chunk::Data(data)) => waiting = data,
                    Some(Chunk::Abort | Chunk::Finish) => {
                        self.send(Status::OK, &[]);
                        return;
                    }
                    None => return,
                },
                written = input.write(&waiting), if !waiting.is_empty() => match written {
                    Ok(count) => drop(waiting.drain(..count)),
                    // The other end is gone; its end of data is read below.
                    Err(_) => waiting.clear(),
                },
                count = async { session.drained().await; output.read(&mut space).await }, if !at_end => {
                    // A pseudo-terminal whose other end is closed says EIO.
                    let count = count.unwrap_or(0);
                    at_end = count == 0;
                    self.send(Status::CONTINUE, &space[..count]);
                }
            }
        }
    }

    /// Sends what a file holds to the client; the client finishes.
    pub(crate) async fn download(mut self, file: OwnedFd) {
        let mut offset = 0_u64;
        let mut at_end = false;
        loop {
            let session = Arc::clone(&self.session);
            tokio::select! {
                biased;
                chunk = self.next() => match chunk {
                    Some(Chunk::Data(_)) => {}
                    Some(Chunk::Abort | Chunk::Finish) => {
                        self.send(Status::OK, &[]);
                        return;
                    }
                    None => return,
                },
                () = session.drained(), if !at_end => {
                    let mut space = vec![0; CHUNK_BYTES];
                    match rustix::io::pread(&file, &mut space, offset) {
                        Ok(count) => {
                            offset += count as u64;
                            at_end = count == 0;
                            self.send(Status::CONTINUE, &space[..count]);
                        }
                        Err(error) => {
                            let detail = format!("cannot read stream: {error}");
                            self.fail(&Error::new(ErrorCode::SYSTEM_ERROR, ErrorDomain::STREAMS, detail));
                            return;
                        }
                    }
                }
            }
        }
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        let key = Key::of(&self.header);
        if let Some(streams) = &mut self.session.shared().streams {
            streams.open.retain(|(open, _)| *open != key);
            if streams.stalled.as_ref().is_some_and(|(stalled, _)| *stalled == key) {
                streams.stalled = None;
            }
        }
        self.session.shared().call_attention();
    }
}

/// A console's two directions. It may be a terminal or a socket: tokio's pipes read and write either.
fn ends(descriptor: OwnedFd) -> io::Result<(pipe::Receiver, pipe::Sender)> {
    let copy = descriptor.try_clone()?;
    let output = pipe::Receiver::from_owned_fd_unchecked(descriptor)?;
    Ok((output, pipe::Sender::from_owned_fd_unchecked(copy)?))
}

#[cfg(test)]
mod test;
