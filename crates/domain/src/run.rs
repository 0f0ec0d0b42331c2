//! A QEMU that is there: its process, its monitor, what it said of itself, what it holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use serde_json::Value;
use stead_host::monitor::{Incoming, IncomingQueue, Monitor, MonitorError};
use stead_host::process::{Exit, Process};
use stead_qemu::refresh::{Live, News, refresh};
use stead_qmp::command::{Cont, QueryStatus, RunState, StopVcpus, SystemPowerdown, SystemReset};
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

use crate::command::{Message, Report};
use crate::context::Context;
use crate::heard::{self, Meaning, Names};
use crate::held::Held;
use crate::machine::{Order, State};
use crate::record::{self, Record};
use crate::{Document, Error, Identity, Kind, Message as Note, Result, Uuid};

/// How long QEMU may take for an order.
const ORDER: Duration = Duration::from_secs(10);
/// When a process that cannot be watched is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// The way to a QEMU, shared with those who measure.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) monitor: Monitor,
    pub(crate) process: Process,
    pub(crate) id: i32,
    pub(crate) live: ArcSwap<Live>,
    pub(crate) measured: crate::measure::Measured,
    /// QEMU has said that it is going.
    pub(crate) shutdown: AtomicBool,
}

/// What a machine's task knows of its QEMU.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) connection: Arc<Connection>,
    pub(crate) live: Arc<Document>,
    pub(crate) held: Vec<Held>,
    pub(crate) messages: Arc<[Note]>,
    pub(crate) binary: String,
    pub(crate) degraded: bool,
    pub(crate) since: Instant,
    pub(crate) exit: Option<Exit>,
    pub(crate) drained: bool,
    pub(crate) over: bool,
    pub(crate) saver: Saver,
    /// Copies what QEMU says into the log, until the run is over.
    pub(crate) log_copy: Option<AbortHandle>,
}

impl Drop for Run {
    fn drop(&mut self) {
        if let Some(copy) = &self.log_copy {
            copy.abort();
        }
    }
}

impl Connection {
    /// Whether QEMU has said that it is going.
    pub(crate) fn heard_shutdown(&self) -> bool {
        self.shutdown.load(Ordering::Relaxed)
    }

    /// Has QEMU do what the machine's life asks.
    pub(crate) async fn order(&self, order: Order) -> Result<()> {
        let monitor = &self.monitor;
        let told = match order {
            Order::Stop => monitor.execute_within(&StopVcpus {}, ORDER).await,
            Order::Continue => monitor.execute_within(&Cont {}, ORDER).await,
            Order::PowerDown => monitor.execute_within(&SystemPowerdown {}, ORDER).await,
            Order::Reset => monitor.execute_within(&SystemReset {}, ORDER).await,
            Order::Revive(_) => match monitor.execute_within(&SystemReset {}, ORDER).await {
                Ok(_) => monitor.execute_within(&Cont {}, ORDER).await,
                Err(error) => Err(error),
            },
        };
        told.map(drop).map_err(|error| refused(&error))
    }
}

/// What a monitor's failure is to a client, in libvirt's words where it has them.
pub(crate) fn refused(error: &MonitorError) -> Error {
    match error {
        MonitorError::Refused { command, error } => {
            Error::internal(format!("unable to execute QEMU command '{command}': {error}"))
        }
        MonitorError::Late { .. } => Error::new(Kind::OperationTimeout, error.to_string()),
        MonitorError::Closed { .. } => Error::failed("domain is no longer running"),
        other => Error::internal(other.to_string()),
    }
}

impl Run {
    /// Has what QEMU says and its end reported to the machine's task.
    pub(crate) fn watch(&self, queue: IncomingQueue, mailbox: mpsc::Sender<Box<Message>>) {
        tokio::spawn(listen(self.connection.monitor.clone(), queue, mailbox.clone()));
        let process = self.connection.process.clone();
        tokio::spawn(async move {
            let exit = end_of(&process).await;
            let report = Report::Exited(exit);
            let _gone = mailbox.send(Box::new(Message::Report(report))).await;
        });
    }

    /// Takes an event in and says what it means.
    pub(crate) fn hear(&mut self, event: &stead_qmp::Event) -> Meaning {
        if event.name == "SHUTDOWN" {
            self.connection.shutdown.store(true, Ordering::Relaxed);
        }
        let live = self.connection.live.load_full();
        let meaning = heard::meaning(event, &LiveNames(&live));
        if changes_document(&event.name) {
            let data: Value = event
                .data
                .as_ref()
                .and_then(|data| serde_json::from_str(data.get()).ok())
                .unwrap_or(Value::Null);
            let next = refresh(&live, News::Event(&event.name, &data));
            self.set_live(next);
        }
        meaning
    }

    /// What is, from now on.
    pub(crate) fn set_live(&mut self, live: Live) {
        self.live = Arc::new(Document::live(&live));
        self.connection.live.store(Arc::new(live));
    }

    /// The memory that the balloon leaves to the guest.
    pub(crate) fn balloon_kib(&self) -> Option<u64> {
        self.connection.live.load().record.balloon_bytes.map(|bytes| bytes / 1024)
    }

    /// What is written down of it.
    pub(crate) fn record(&self, state: State, identity: &Identity, owned: bool) -> Record {
        Record {
            version: record::VERSION,
            name: identity.name.to_string(),
            id: self.connection.id,
            state,
            process: Some(self.connection.process.identity().clone()),
            held: self.held.clone(),
            owned,
            live: self.connection.live.load().record.clone(),
            messages: self.messages.iter().map(|note| (note.kind, note.text.clone())).collect(),
            binary: self.binary.clone(),
        }
    }
}

/// Waits for the end of a process, also when it cannot be watched for want of descriptors.
pub(crate) async fn end_of(process: &Process) -> Exit {
    loop {
        match process.exited().await {
            Ok(exit) => return exit,
            Err(error) => tracing::warn!(%error, "cannot watch QEMU"),
        }
        tokio::time::sleep(LOOK_AGAIN).await;
        if let Some(exit) = process.try_exited() {
            return exit;
        }
    }
}

/// The events after which the live document reads differently.
fn changes_document(name: &str) -> bool {
    matches!(
        name,
        "BALLOON_CHANGE"
            | "DEVICE_TRAY_MOVED"
            | "DEVICE_DELETED"
            | "VSERPORT_CHANGE"
            | "RTC_CHANGE"
            | "MEMORY_DEVICE_SIZE_CHANGE"
            | "GUEST_PANICKED"
    )
}

async fn listen(monitor: Monitor, mut queue: IncomingQueue, mailbox: mpsc::Sender<Box<Message>>) {
    while let Some(incoming) = queue.next().await {
        let report = match incoming {
            Incoming::Event(event) => Report::Heard(Box::new(event)),
            Incoming::Garbage(garbage) => {
                tracing::warn!(?garbage, "QEMU says what is no QMP");
                continue;
            }
            Incoming::Lost(count) => {
                tracing::warn!(count, "QEMU floods its monitor: events are lost");
                match monitor.execute(&QueryStatus {}).await {
                    Ok(status) => Report::Seen(status.status),
                    Err(_) => continue,
                }
            }
            Incoming::Closed(_) => break,
        };
        if mailbox.send(Box::new(Message::Report(report))).await.is_err() {
            return;
        }
    }
    let _gone = mailbox.send(Box::new(Message::Report(Report::Drained))).await;
}

/// The guest's doings by QEMU's run state; none: it says nothing of the guest.
pub(crate) fn guest(
    state: RunState,
    before: crate::machine::Guest,
) -> Option<crate::machine::Guest> {
    use crate::machine::Guest;
    use crate::{Paused, Running};
    Some(match (state, before) {
        (RunState::Running, Guest::Running(_)) => before,
        (RunState::Running, _) => Guest::Running(Running::Unknown),
        (RunState::Suspended, _) => Guest::Sleeping,
        (RunState::Shutdown, _) => Guest::PoweredOff,
        (RunState::GuestPanicked, _) => Guest::Panicked,
        (RunState::IoError, _) => Guest::Paused(Paused::IoError),
        (RunState::Watchdog, _) => Guest::Paused(Paused::Watchdog),
        (RunState::Unknown, _) => return None,
        (_, Guest::Paused(_)) => before,
        _ => Guest::Paused(Paused::Unknown),
    })
}

struct LiveNames<'a>(&'a Live);

impl Names for LiveNames<'_> {
    fn disk(&self, device: &str, qom_path: Option<&str>, node: Option<&str>) -> (String, String) {
        crate::document::disk_names(&self.0.domain, device, qom_path, node)
    }

    fn is_agent(&self, alias: &str) -> bool {
        crate::document::is_agent(&self.0.domain, alias)
    }
}

/// Writes the run record, one write at a time, the newest last; whoever is late is skipped.
#[derive(Debug, Default)]
pub(crate) struct Saver {
    newest: Arc<std::sync::Mutex<Slot>>,
}

#[derive(Debug, Default)]
struct Slot {
    waiting: Option<(Record, Arc<Document>)>,
    /// Who waits for it to be written.
    told: Vec<oneshot::Sender<()>>,
    writing: bool,
    /// The run is over: nothing is written any more.
    closed: bool,
}

impl Saver {
    /// Has this written; what waits for being written before is dropped. The answer comes when it is on disk, or
    /// cannot be.
    pub(crate) fn save(
        &self,
        context: &Arc<Context>,
        uuid: Uuid,
        record: Record,
        live: Arc<Document>,
    ) -> oneshot::Receiver<()> {
        let (told, written) = oneshot::channel();
        {
            let mut slot = lock(&self.newest);
            if slot.closed {
                return written;
            }
            slot.waiting = Some((record, live));
            slot.told.push(told);
            if std::mem::replace(&mut slot.writing, true) {
                return written;
            }
        }
        let (context, newest) = (Arc::clone(context), Arc::clone(&self.newest));
        tokio::spawn(crate::lane::run(move || write(&context, uuid, &newest)));
        written
    }

    /// Writes nothing more: the run is over, and its folder goes. The answer comes when nothing is being written.
    pub(crate) fn close(&self) -> oneshot::Receiver<()> {
        let (told, idle) = oneshot::channel();
        let mut slot = lock(&self.newest);
        slot.closed = true;
        slot.waiting = None;
        if slot.writing {
            slot.told.push(told);
        }
        idle
    }
}

fn write(context: &Context, uuid: Uuid, newest: &std::sync::Mutex<Slot>) {
    loop {
        let (next, told) = {
            let mut slot = lock(newest);
            slot.writing = slot.waiting.is_some();
            (slot.waiting.take(), std::mem::take(&mut slot.told))
        };
        let last = next.is_none();
        if let Some((record, live)) = next
            && let Err(error) = context.status.write(uuid, &record, live.text())
        {
            tracing::warn!(%uuid, %error, "cannot write the machine's record");
        }
        for told in told {
            let _left = told.send(());
        }
        if last {
            return;
        }
    }
}

fn lock(slot: &std::sync::Mutex<Slot>) -> std::sync::MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
