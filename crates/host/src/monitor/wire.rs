//! The two directions of a monitor's socket.

use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    mem::MaybeUninit,
    os::fd::{AsFd, OwnedFd},
    sync::Arc,
    time::Duration,
};

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use tokio::{io::Interest, net::UnixStream, time::Instant};

use super::Shared;

/// Read at a time.
const CHUNK_BYTES: usize = 16 << 10;
/// A monitor may say so many lines in a [`WINDOW`]; then it waits for the next. Beyond it is a flood, which
/// the socket holds back.
const LINES_PER_WINDOW_MAX: u32 = 2000;
const WINDOW: Duration = Duration::from_millis(100);

/// Bytes that could not be written yet, with the descriptor that goes with their first.
#[derive(Debug)]
pub(super) struct Chunk {
    bytes: Vec<u8>,
    written: usize,
    fd: Option<OwnedFd>,
}

impl Chunk {
    pub(super) fn new(bytes: Vec<u8>, fd: Option<OwnedFd>) -> Self {
        Self { bytes, written: 0, fd }
    }
}

/// Writes as much as the socket takes now.
pub(super) fn write(stream: &UnixStream, unwritten: &mut VecDeque<Chunk>) -> io::Result<()> {
    while let Some(chunk) = unwritten.front_mut() {
        let rest = &chunk.bytes[chunk.written..];
        let fd = chunk.fd.as_ref();
        match send(stream, rest, fd) {
            Ok(count) => {
                chunk.fd = None;
                chunk.written += count;
                if chunk.written == chunk.bytes.len() {
                    unwritten.pop_front();
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Directly, without asking the runtime first whether the socket is ready: it nearly always is.
fn send(stream: &UnixStream, bytes: &[u8], fd: Option<&OwnedFd>) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    let fds = fd.map(|fd| [fd.as_fd()]);
    if let Some(fds) = &fds {
        ancillary.push(SendAncillaryMessage::ScmRights(fds));
    }
    let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
    Ok(sendmsg(stream, &[IoSlice::new(bytes)], &mut ancillary, flags)?)
}

/// Reads, and writes what was left over, until the connection ends.
pub(super) async fn serve(shared: Arc<Shared>) {
    let reason = match run(&shared).await {
        Ok(()) => None,
        Err(error) => Some(error.to_string()),
    };
    shared.close(reason);
}

async fn run(shared: &Shared) -> io::Result<()> {
    let mut window = Instant::now();
    let mut lines: u32 = 0;
    loop {
        let interest = if shared.lock().unwritten.is_empty() {
            Interest::READABLE
        } else {
            Interest::READABLE | Interest::WRITABLE
        };
        let ready = tokio::select! {
            ready = shared.stream.ready(interest) => ready?,
            () = shared.unwritten.notified() => continue,
        };
        if ready.is_writable() && interest.is_writable() {
            flush(shared)?;
        }
        if ready.is_readable() || ready.is_read_closed() {
            match read(shared)? {
                Read::End => return Ok(()),
                Read::Nothing => {}
                Read::Lines(count) => lines = lines.saturating_add(count),
            }
        }
        if window.elapsed() >= WINDOW {
            window = Instant::now();
            lines = 0;
        } else if lines > LINES_PER_WINDOW_MAX {
            tokio::time::sleep_until(window + WINDOW).await;
        }
    }
}

fn flush(shared: &Shared) -> io::Result<()> {
    let mut state = shared.lock();
    let outcome = shared.stream.try_io(Interest::WRITABLE, || {
        write(&shared.stream, &mut state.unwritten)?;
        // Tells the runtime to wait for the socket again.
        if state.unwritten.is_empty() { Ok(()) } else { Err(io::ErrorKind::WouldBlock.into()) }
    });
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
        other => other,
    }
}

enum Read {
    End,
    Nothing,
    Lines(u32),
}

fn read(shared: &Shared) -> io::Result<Read> {
    let mut chunk = [0_u8; CHUNK_BYTES];
    let count = match shared.stream.try_read(&mut chunk) {
        Ok(0) => return Ok(Read::End),
        Ok(count) => count,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Read::Nothing),
        Err(error) => return Err(error),
    };
    let mut state = shared.lock();
    state.link.receive(&chunk[..count]);
    let mut lines = 0;
    while let Some(line) = state.link.poll() {
        lines += 1;
        shared.dispatch(&mut state, line);
    }
    Ok(Read::Lines(lines))
}
