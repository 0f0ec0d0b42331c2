//! A QEMU's monitor over its socket: several commands in flight, each with a deadline, and a bounded queue of events.
//!
//! A command is written in the call that sends it; one task a monitor reads. Giving a call up, or dropping its
//! future, loses nothing but the answer. QEMU's socket listens, so that the next daemon connects again; a
//! connection that QEMU has not taken yet (it is still starting, or is stopped) already takes
//! commands, which is why [`Monitor::start`] asks for the capabilities without waiting for the greeting.

use std::{
    collections::{HashMap, VecDeque},
    io,
    os::fd::OwnedFd,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::Value;
use stead_qmp::{
    Command, Garbage, Greeting, Id, Link, Message, NotACommand, Nothing, QemuError, Reply,
    command::{HumanMonitorCommand, QmpCapabilities},
};
use tokio::{
    net::UnixStream,
    sync::{Notify, oneshot},
    task::AbortHandle,
    time::Instant,
};

mod incoming;
mod pending;
mod wire;

pub use incoming::{Incoming, IncomingQueue};
pub use pending::Pending;

use incoming::Queue;
use pending::Sent;

/// How long a query may take when its caller names no deadline.
pub const DEADLINE: Duration = Duration::from_secs(5);
/// Commands without an answer at one time; a caller above it is told so.
const PENDING_MAX: usize = 1024;

/// Why a command has no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MonitorError {
    /// QEMU refused it.
    #[error("internal error: unable to execute QEMU command '{command}': {error}")]
    Refused {
        /// QEMU's name of the command.
        command: String,
        /// Its refusal.
        error: QemuError,
    },
    /// No answer in time. The command may still be carried out.
    #[error("QEMU has not answered '{command}' within {within:?}")]
    Late {
        /// QEMU's name of the command.
        command: String,
        /// The deadline that passed.
        within: Duration,
    },
    /// The connection ended before the answer.
    #[error("the connection to QEMU's monitor ended{}", because(reason))]
    Closed {
        /// Why, where the system said.
        reason: Option<String>,
    },
    /// The answer is not what the command promises.
    #[error("QEMU's answer to '{command}' cannot be read: {reason}")]
    Unreadable {
        /// QEMU's name of the command.
        command: String,
        /// Why.
        reason: String,
    },
    /// The text is no command; nothing was sent.
    #[error(transparent)]
    NotACommand(#[from] NotACommand),
    /// Too many commands wait for an answer already; nothing was sent.
    #[error("{PENDING_MAX} commands wait for QEMU's answer already")]
    Full,
}

fn because(reason: &Option<String>) -> String {
    reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default()
}

/// A connection to a monitor. Cheap to clone; the connection ends with the last clone.
#[derive(Clone, Debug)]
pub struct Monitor {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    reader: AbortHandle,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.reader.abort();
        self.shared.close(None);
        // The queue may live on; QEMU shall take the next connection now.
        let _ = rustix::net::shutdown(&self.shared.stream, rustix::net::Shutdown::Both);
    }
}

#[derive(Debug)]
struct Shared {
    stream: UnixStream,
    state: Mutex<State>,
    /// Something waits to be written.
    unwritten: Notify,
    queue: Queue,
}

#[derive(Debug, Default)]
struct State {
    link: Link,
    pending: HashMap<Id, Waiting>,
    unwritten: VecDeque<wire::Chunk>,
    greeting: Option<Greeting>,
    closed: Option<Option<String>>,
}

#[derive(Debug)]
struct Waiting {
    since: Instant,
    answer: oneshot::Sender<Reply>,
}

impl Monitor {
    /// Connects to the monitor that listens at `path`, and starts as [`Self::start`].
    ///
    /// # Errors
    /// The system's: nobody listens, or the backlog is full.
    pub async fn connect(path: &Path) -> io::Result<(Self, IncomingQueue, Pending<Nothing>)> {
        Ok(Self::start(UnixStream::connect(path).await?))
    }

    /// Serves a connection from now on. The capabilities are asked for at once: commands may be sent behind
    /// without waiting, and the returned answer comes when QEMU has taken the connection.
    pub fn start(stream: UnixStream) -> (Self, IncomingQueue, Pending<Nothing>) {
        let shared = Arc::new(Shared {
            stream,
            state: Mutex::default(),
            unwritten: Notify::new(),
            queue: Queue::default(),
        });
        let reader = tokio::spawn(wire::serve(Arc::clone(&shared))).abort_handle();
        let queue = IncomingQueue::new(Arc::clone(&shared));
        let monitor = Self { inner: Arc::new(Inner { shared, reader }) };
        let ready = monitor.send(&QmpCapabilities::default());
        (monitor, queue, ready)
    }

    /// The greeting, once it has come.
    pub fn greeting(&self) -> Option<Greeting> {
        self.inner.shared.lock().greeting.clone()
    }

    /// Sends a command and waits for its answer, at most [`DEADLINE`].
    ///
    /// # Errors
    /// See [`MonitorError`].
    pub async fn execute<C: Command>(&self, command: &C) -> Result<C::Answer, MonitorError> {
        self.send(command).within(DEADLINE).await
    }

    /// Sends a command and waits for its answer, at most so long.
    ///
    /// # Errors
    /// See [`MonitorError`].
    pub async fn execute_within<C: Command>(
        &self,
        command: &C,
        within: Duration,
    ) -> Result<C::Answer, MonitorError> {
        self.send(command).within(within).await
    }

    /// Sends a command now; the answer can be waited for later, so that several are in flight.
    pub fn send<C: Command>(&self, command: &C) -> Pending<C::Answer> {
        Pending::new(self.submit(C::NAME, None, |link, out| Ok(link.encode(command, out))))
    }

    /// Sends a command together with a descriptor (`getfd`, `add-fd`).
    pub fn send_with<C: Command>(&self, command: &C, fd: OwnedFd) -> Pending<C::Answer> {
        Pending::new(self.submit(C::NAME, Some(fd), |link, out| Ok(link.encode(command, out))))
    }

    /// Sends a command by name, for plans whose calls are data.
    pub fn send_named(&self, name: &str, arguments: &Value) -> Pending<Value> {
        Pending::new(
            self.submit(name, None, |link, out| Ok(link.encode_named(name, arguments, out))),
        )
    }

    /// Sends a command that a client wrote, and returns the whole reply as one line of JSON without
    /// blanks, be it a result or a refusal; its id is as libvirt's.
    ///
    /// # Errors
    /// [`MonitorError::NotACommand`] when nothing was sent, and the others but `Refused`.
    pub async fn execute_text(&self, text: &str, within: Duration) -> Result<String, MonitorError> {
        let sent = self.submit("a client's command", None, |link, out| link.encode_text(text, out));
        let (command, reply) = sent.within(within).await?;
        let line: Value = serde_json::from_str(&reply.line)
            .map_err(|error| MonitorError::Unreadable { command, reason: error.to_string() })?;
        Ok(line.to_string())
    }

    /// Executes a line of the monitor for people, and returns its text.
    ///
    /// # Errors
    /// See [`MonitorError`].
    pub async fn execute_human(
        &self,
        line: &str,
        within: Duration,
    ) -> Result<String, MonitorError> {
        let command = HumanMonitorCommand { command_line: line.into(), cpu_index: None };
        self.execute_within(&command, within).await
    }

    /// For how long the oldest command waits for its answer; none: QEMU owes nothing.
    pub fn unanswered_for(&self) -> Option<Duration> {
        let state = self.inner.shared.lock();
        state.pending.values().map(|waiting| waiting.since.elapsed()).max()
    }

    /// Whether the connection has ended.
    pub fn is_closed(&self) -> bool {
        self.inner.shared.lock().closed.is_some()
    }

    /// Encodes, registers and writes a command in one breath, so that ids and bytes keep one order.
    fn submit(
        &self,
        name: &str,
        fd: Option<OwnedFd>,
        encode: impl FnOnce(&mut Link, &mut Vec<u8>) -> Result<Id, NotACommand>,
    ) -> Sent {
        let shared = &self.inner.shared;
        Sent::new(name, Arc::clone(shared), shared.submit(fd, encode))
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn submit(
        &self,
        fd: Option<OwnedFd>,
        encode: impl FnOnce(&mut Link, &mut Vec<u8>) -> Result<Id, NotACommand>,
    ) -> Result<oneshot::Receiver<Reply>, MonitorError> {
        let mut state = self.lock();
        if let Some(reason) = &state.closed {
            return Err(MonitorError::Closed { reason: reason.clone() });
        }
        if state.pending.len() >= PENDING_MAX {
            return Err(MonitorError::Full);
        }
        let mut bytes = Vec::with_capacity(256);
        let id = encode(&mut state.link, &mut bytes)?;
        let (answer, receiver) = oneshot::channel();
        state.pending.insert(id, Waiting { since: Instant::now(), answer });
        state.unwritten.push_back(wire::Chunk::new(bytes, fd));
        if let Err(error) = wire::write(&self.stream, &mut state.unwritten) {
            drop(state);
            self.close(Some(error.to_string()));
            return Err(MonitorError::Closed { reason: Some(error.to_string()) });
        }
        if !state.unwritten.is_empty() {
            self.unwritten.notify_one();
        }
        Ok(receiver)
    }

    /// What one line means for those who wait.
    fn dispatch(&self, state: &mut State, line: Result<Message, Garbage>) {
        match line {
            Ok(Message::Reply(reply)) => {
                // Without a waiter its caller gave up, or it is nobody's.
                if let Some(waiting) = reply.id.and_then(|id| state.pending.remove(&id)) {
                    let _ = waiting.answer.send(reply);
                }
            }
            Ok(Message::Greeting(greeting)) => state.greeting = Some(greeting),
            Ok(Message::Event(event)) => self.queue.push(Incoming::Event(event)),
            Err(garbage) => self.queue.push(Incoming::Garbage(garbage)),
        }
    }

    /// Ends it once: all who wait are told, and the queue says it last.
    fn close(&self, reason: Option<String>) {
        let mut state = self.lock();
        if state.closed.is_none() {
            state.closed = Some(reason.clone());
            state.pending.clear();
            state.unwritten.clear();
            self.queue.close(reason);
        }
    }
}

#[cfg(test)]
mod test;
