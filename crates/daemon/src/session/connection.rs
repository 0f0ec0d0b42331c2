//! The task of one client: reads messages, answers the small ones on the spot, writes what waits.
//!
//! All reads go through one scratch buffer and all replies through one other, both of the thread, so that an idle
//! connection owns no buffer.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use stead_protocol::table::Event as _;
use stead_protocol::{Header, Kind, Xdr, frame, keepalive};
use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::dispatch::dispatch;
use crate::session::input::{FILES_MAX, Input, Received, SCRATCH_BYTES, receive};
use crate::session::outbox::{CONGESTED_BYTES, Flushed, write_now};
use crate::session::{Ending, Phase, Session};

/// A client that has not authenticated by then is cut off.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// A client that takes none of what waits for it for so long is cut off.
const STALLED: Duration = Duration::from_secs(60);

/// Without traffic for so long, a client that asked for keepalive is pinged (libvirtd's default).
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);

/// So many pings may stay without an answer (libvirtd's default).
const KEEPALIVE_COUNT: u8 = 5;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; SCRATCH_BYTES]);
    static REPLIES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Why a connection ended.
pub(crate) type Ended = String;

/// Serves a client until either side ends the connection; says why.
pub(crate) async fn serve(session: Arc<Session>, socket: UnixStream) -> Ended {
    let mut connection = Connection {
        session,
        socket,
        input: Input::default(),
        timer: Some(Box::pin(sleep_until(Instant::now() + HANDSHAKE))),
        heard: Instant::now(),
        unanswered: 0,
    };
    match connection.run().await {
        Ok(reason) => reason.to_owned(),
        Err(error) => error.to_string(),
    }
}

struct Connection {
    session: Arc<Session>,
    socket: UnixStream,
    input: Input,
    /// The handshake's deadline, the next ping, or the end of patience; whichever is due.
    timer: Option<Pin<Box<Sleep>>>,
    /// When something last came, or last could be written.
    heard: Instant,
    /// Pings without an answer.
    unanswered: u8,
}

enum Woken {
    Attention,
    Readable,
    Timer,
    Writable,
}

impl Connection {
    async fn run(&mut self) -> io::Result<&'static str> {
        loop {
            let mut may_take = true;
            match self.woken().await {
                Woken::Readable => may_take = self.read()?,
                Woken::Timer => {
                    if let Some(reason) = self.tick() {
                        return Ok(reason);
                    }
                }
                Woken::Attention => self.take_kept()?,
                Woken::Writable => self.session.shared().blocked = false,
            }
            if !may_take {
                return Ok("closed by the client");
            }
            if let Some(reason) = self.flush()? {
                return Ok(reason);
            }
            self.arm();
        }
    }

    /// Waits until there is something to do.
    async fn woken(&mut self) -> Woken {
        let (session, socket, timer) = (&self.session, &self.socket, &mut self.timer);
        poll_fn(|context| {
            let (may_read, blocked) = {
                let mut shared = session.shared();
                if std::mem::take(&mut shared.attention) {
                    return Poll::Ready(Woken::Attention);
                }
                if !shared.waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
                    shared.waker = Some(context.waker().clone());
                }
                (shared.may_read(), shared.blocked)
            };
            if blocked && socket.poll_write_ready(context).is_ready() {
                return Poll::Ready(Woken::Writable);
            }
            if may_read && socket.poll_read_ready(context).is_ready() {
                return Poll::Ready(Woken::Readable);
            }
            if timer.as_mut().is_some_and(|timer| timer.as_mut().poll(context).is_ready()) {
                return Poll::Ready(Woken::Timer);
            }
            Poll::Pending
        })
        .await
    }

    /// Reads once and carries out what is whole; `false` at the client's end.
    fn read(&mut self) -> io::Result<bool> {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut received = Received::Nothing;
            let attempt = self.socket.try_io(Interest::READABLE, || {
                received = receive(&self.socket, scratch, &mut self.input.files)?;
                match received {
                    // Nothing more is there: the next readiness is news. Saves a read that would say so.
                    Received::Nothing | Received::Bytes { more: false, .. } => {
                        Err(io::ErrorKind::WouldBlock.into())
                    }
                    _ => Ok(()),
                }
            });
            match attempt {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                _ => {}
            }
            match received {
                Received::End => Ok(false),
                Received::Nothing => Ok(true),
                Received::Bytes { count, .. } => {
                    self.heard = Instant::now();
                    self.unanswered = 0;
                    self.take(&scratch[..count])?;
                    Ok(true)
                }
            }
        })
    }

    /// Carries out the whole messages of what was kept and `news`; keeps the rest.
    fn take(&mut self, news: &[u8]) -> io::Result<()> {
        if self.input.partial.is_empty() {
            let used = self.carry_out(news)?;
            self.input.partial.extend_from_slice(&news[used..]);
            return Ok(());
        }
        self.input.partial.extend_from_slice(news);
        self.take_kept()
    }

    /// Carries out what was kept, as far as it is whole and may be taken.
    fn take_kept(&mut self) -> io::Result<()> {
        self.session.retry_stalled_stream();
        if self.input.partial.is_empty() {
            return Ok(());
        }
        let kept = std::mem::take(&mut self.input.partial);
        let used = self.carry_out(&kept)?;
        if used == 0 {
            self.input.partial = kept;
        } else if used < kept.len() {
            self.input.partial = kept[used..].to_vec();
        }
        Ok(())
    }

    /// Carries out the whole messages at the beginning of `bytes`; says how many bytes they took.
    fn carry_out(&mut self, bytes: &[u8]) -> io::Result<usize> {
        REPLIES.with_borrow_mut(|replies| {
            let mut used = 0;
            while self.session.shared().may_read() && replies.len() < CONGESTED_BYTES {
                let rest = &bytes[used..];
                let Some(word) = rest.first_chunk::<4>() else { break };
                let length = frame::checked(*word)
                    .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
                let Some(whole) = rest.get(4..length) else { break };
                let (head, mut body) = whole.split_at(Header::LENGTH);
                let header =
                    Header::from_xdr(head).map_err(|_| refused("a message without a header"))?;
                let mut files = Vec::new();
                let mut extra = 0;
                if header.kind == Kind::CALL_WITH_FDS {
                    let Some((count, arguments)) = body.split_first_chunk::<4>() else {
                        return Err(refused("a message without its count of descriptors"));
                    };
                    extra = usize::try_from(u32::from_be_bytes(*count)).unwrap_or(usize::MAX);
                    if extra > FILES_MAX {
                        return Err(refused("too many descriptors"));
                    }
                    if rest.len() < length + extra {
                        break;
                    }
                    if self.input.files.len() < extra {
                        return Err(refused("fewer descriptors than announced"));
                    }
                    files = self.input.files.drain(..extra).collect();
                    body = arguments;
                }
                used += length + extra;
                if header.program == keepalive::PROGRAM {
                    answer_keepalive(&header, replies);
                } else {
                    dispatch(&self.session, header, body, files, replies);
                }
            }
            self.write(replies)?;
            replies.clear();
            replies.shrink_to(SCRATCH_BYTES);
            Ok(used)
        })
    }

    /// Writes replies at once if nothing waits before them.
    fn write(&self, replies: &[u8]) -> io::Result<()> {
        if replies.is_empty() {
            return Ok(());
        }
        let mut shared = self.session.shared();
        let mut sent = 0;
        if shared.outbox.is_empty() {
            sent = write_now(&self.socket, replies)?;
        }
        if sent < replies.len() {
            shared.outbox.push(&replies[sent..]);
        }
        Ok(())
    }

    /// Writes what waits; says why the connection is over, if it is.
    fn flush(&mut self) -> io::Result<Option<&'static str>> {
        let mut shared = self.session.shared();
        if let Some(Ending::Now(reason)) = shared.ending {
            return Ok(Some(reason));
        }
        if !shared.outbox.is_empty() && !shared.blocked {
            match shared.outbox.flush(&self.socket)? {
                Flushed::Everything => {}
                Flushed::Blocked(progress) => {
                    shared.blocked = true;
                    if progress {
                        self.heard = Instant::now();
                    }
                    // Nothing to be said: the attempt only tells the reactor that the socket is full.
                    let full = || Err::<(), _>(io::ErrorKind::WouldBlock.into());
                    let _ = self.socket.try_io(Interest::WRITABLE, full);
                }
            }
        }
        if shared.outbox.len() < CONGESTED_BYTES
            && let Some(streams) = &shared.streams
        {
            streams.drained.notify_waiters();
        }
        let over = shared.ending == Some(Ending::Flushed)
            && shared.outbox.is_empty()
            && shared.in_flight == 0;
        Ok(over.then_some("closed as the client asked"))
    }

    /// Sets the timer to whatever is due next, if it is not set; an idle client has none.
    fn arm(&mut self) {
        let (phase, keepalive, waiting) = {
            let shared = self.session.shared();
            (shared.phase, shared.keepalive, shared.blocked)
        };
        if phase == Phase::Anonymous {
            return;
        }
        if !keepalive && !waiting {
            self.timer = None;
            return;
        }
        let patience = if keepalive { KEEPALIVE_INTERVAL } else { STALLED };
        let due = Instant::now() + patience;
        match &self.timer {
            // Later than due: a ping is wanted now where only patience was.
            Some(timer) if timer.deadline() <= due => {}
            _ => self.timer = Some(Box::pin(sleep_until(due))),
        }
    }

    /// The timer has run out; says why the connection is over, if it is.
    fn tick(&mut self) -> Option<&'static str> {
        self.timer = None;
        let shared = self.session.shared();
        if shared.phase == Phase::Anonymous {
            return Some("did not authenticate in time");
        }
        let silence = self.heard.elapsed();
        if shared.blocked && silence >= STALLED {
            return Some("does not read what it asked for");
        }
        if !shared.keepalive {
            return None;
        }
        if silence + Duration::from_millis(20) < KEEPALIVE_INTERVAL {
            self.timer = Some(Box::pin(sleep_until(self.heard + KEEPALIVE_INTERVAL)));
            return None;
        }
        // While calls are under way nothing is read, so that silence says nothing.
        if shared.may_read() {
            if self.unanswered >= KEEPALIVE_COUNT {
                return Some("keepalive: no answer");
            }
            self.unanswered += 1;
        }
        drop(shared);
        self.session.shared().outbox.push(&keepalive::PING);
        None
    }
}

/// Answers a ping, at any time; a pong has done its work by coming.
fn answer_keepalive(header: &Header, replies: &mut Vec<u8>) {
    if header.kind == Kind::MESSAGE && header.procedure == keepalive::Ping::NUMBER {
        replies.extend_from_slice(&keepalive::PONG);
    }
}

fn refused(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}
