//! Starting: from a document to a QEMU that runs.
//!
//! ```text
//! settle ─► needs ─► acquire (written down first) ─► plan, argv ─► spawn ─► pipelined questions ─► cont
//! ```
//!
//! Whatever fails on the way, all that was made is undone before the failure is reported, and QEMU's own words are
//! in it. A daemon that dies on the way leaves the record, from which the next one undoes it.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use serde_json::json;
use stead_config::domain::LifecycleAction;
use stead_host::listen;
use stead_host::log::{Log, Mark, Pipe};
use stead_host::monitor::{IncomingQueue, Monitor, MonitorError};
use stead_host::process::{Descriptor, Limits, Process, Signal, Spawn, spawn};
use stead_qemu::abilities::Abilities;
use stead_qemu::argv::argv;
use stead_qemu::cpu::{self, Answers, Inquiry};
use stead_qemu::needs::{Role, needs};
use stead_qemu::plan::{Call, Plan, Purpose};
use stead_qemu::refresh::{Live, News, refresh};
use stead_qemu::settle::{Settlement, settle};
use stead_qmp::command::Cont;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use crate::context::Context;
use crate::held::{Acquired, acquire, first_grants};
use crate::machine::{self, Input, State};
use crate::record::{self, Record};
use crate::run::{Connection, Run, Saver, end_of, refused};
use crate::{Document, Error, Kind, Message as Note, Result, Uuid, lane};

/// How long a QEMU whose monitor has closed may take to end.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// How long a QEMU may take to its first answers: one that fills its memory first takes long.
const READY: Duration = Duration::from_secs(300);

/// What is to be started.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) uuid: Uuid,
    pub(crate) name: Arc<str>,
    pub(crate) id: i32,
    pub(crate) paused: bool,
    pub(crate) document: Option<Arc<Document>>,
    pub(crate) owned: bool,
    pub(crate) state: State,
}

/// A QEMU that answers, and runs if it was to.
#[derive(Debug)]
pub(crate) struct Launched {
    pub(crate) run: Run,
    pub(crate) queue: IncomingQueue,
}

/// What a start has made so far.
#[derive(Debug)]
struct Attempt {
    context: Arc<Context>,
    order: Order,
    record: Record,
}

/// A QEMU that was just spawned.
struct Spawned {
    process: Process,
    plan: Plan,
    pipe: Pipe,
    log: Log,
    mark: Mark,
    record: Record,
}

/// Why a QEMU that was spawned is of no use.
struct Trouble {
    error: Error,
    /// Its monitor is gone: it ends, or has ended.
    lost: bool,
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self { error, lost: false }
    }
}

impl From<MonitorError> for Trouble {
    fn from(error: MonitorError) -> Self {
        let lost = matches!(error, MonitorError::Closed { .. });
        Self { error: refused(&error), lost }
    }
}

/// Starts a machine. When it fails, or `aborted` says so, all is undone first.
pub(crate) async fn launch(
    context: Arc<Context>,
    order: Order,
    aborted: oneshot::Receiver<()>,
) -> Result<Launched> {
    let record = Record {
        version: record::VERSION,
        name: order.name.to_string(),
        id: order.id,
        state: order.state,
        process: None,
        held: Vec::new(),
        owned: order.owned,
        live: stead_qemu::refresh::Record::default(),
        messages: Vec::new(),
        binary: String::new(),
    };
    Attempt { context, order, record }.run(aborted).await
}

impl Attempt {
    async fn run(self, mut aborted: oneshot::Receiver<()>) -> Result<Launched> {
        let began = Instant::now();
        let document =
            self.order.document.as_ref().ok_or_else(|| Error::internal("no document"))?;
        let domain = document.domain()?;
        let binary = crate::document::emulator(&domain, &self.context.settings)?;
        let abilities = self.context.hypervisors.abilities(&binary).await?;
        let (context, uuid, name) =
            (Arc::clone(&self.context), self.order.uuid, Arc::clone(&self.order.name));
        let (id, paused, state) = (self.order.id, self.order.paused, self.order.state);
        let spawned = lane::run(move || self.spawn(&domain, &abilities)).await;
        let spawned = spawned.ok_or_else(|| Error::internal("the start panicked"))??;
        let spawned_after = began.elapsed();

        let Spawned { process, plan, pipe, log, mark, mut record } = spawned;
        let ready = tokio::select! {
            ready = ready(&context, uuid, id, &plan, paused, &mut record, state) => ready,
            _ = &mut aborted => {
                Err(Error::new(Kind::OperationAborted, "the start was given up").into())
            }
        };
        match ready {
            Ok((monitor, queue, live)) => {
                tracing::debug!(%name, ?spawned_after, ready_after = ?began.elapsed(), "started");
                let log_copy = Some(copying(pipe, log));
                let document = Arc::new(Document::live(&live));
                let messages = notes(&record.messages);
                let run = Run {
                    connection: Arc::new(Connection {
                        monitor,
                        process,
                        id,
                        live: ArcSwap::from_pointee(live),
                        measured: Default::default(),
                        shutdown: Default::default(),
                    }),
                    live: document,
                    held: record.held,
                    messages,
                    binary: record.binary,
                    degraded: false,
                    since: Instant::now(),
                    exit: None,
                    drained: false,
                    over: false,
                    saver: Saver::default(),
                    log_copy,
                };
                Ok(Launched { run, queue })
            }
            Err(Trouble { error, lost }) => {
                // A monitor that closes is a QEMU that ends: what it says and how it ends come a moment later.
                let last_words = if lost { LAST_WORDS } else { Duration::ZERO };
                let ended = tokio::time::timeout(last_words, end_of(&process)).await.is_ok();
                // It cannot matter that it has ended already.
                let _sent = process.signal(Signal::KILL);
                let _exit = tokio::time::timeout(Duration::from_secs(30), end_of(&process)).await;
                pipe.drain(&log);
                let error = match lost || ended {
                    true => closed(&name, error, &log.since(mark)),
                    false => error,
                };
                log.note(&format!("start failed: {error}"));
                let held = record.held;
                lane::run(move || crate::ending::undo(&context, &uuid, &held)).await;
                Err(error)
            }
        }
    }

    /// Everything up to a running process, on a thread that may wait.
    fn spawn(
        mut self,
        domain: &stead_config::Domain,
        abilities: &Arc<Abilities>,
    ) -> Result<Spawned> {
        let result = self.try_spawn(domain, abilities);
        if result.is_err() {
            crate::ending::undo(&self.context, &self.order.uuid, &self.record.held);
        }
        result
    }

    fn try_spawn(
        &mut self,
        domain: &stead_config::Domain,
        abilities: &Arc<Abilities>,
    ) -> Result<Spawned> {
        let context = Arc::clone(&self.context);
        let uuid = self.order.uuid;
        let settings = &context.settings;
        let mut seed = crate::define::seed();
        let settled = settle(domain, Some(abilities), settings, &context.firmware, &mut seed)
            .map_err(|faults| crate::document::faults(&faults))?;
        let domain = match settled {
            Settlement::Settled(domain) | Settlement::Deferred(domain) => domain,
        };
        self.record.binary.clone_from(&abilities.binary);
        let grants = first_grants(&context, self.order.id, &domain.name);
        let needs = needs(&domain, settings, &grants);
        let text = self.order.document.as_ref().map(|document| Arc::clone(document.text()));
        let text = text.unwrap_or_else(|| "".into());

        let folder = context.layout.machine(uuid);
        make_folder(&folder)?;
        let Acquired { grants, descriptors } =
            acquire(&context, uuid, grants, &needs, &mut |held| {
                self.record.held = held;
                context.status.write(uuid, &self.record, &text).map_err(crate::context::kept)
            })?;
        let plan = crate::define::planned(&context, &domain, abilities, &grants)?;
        self.record.messages = plan.messages.iter().map(|text| (2, text.clone())).collect();
        let arguments: Vec<OsString> =
            argv(&plan).iter().map(|argument| OsString::from(&argument.0)).collect();

        let log = Log::open(&context.layout.machine_log(uuid)).map_err(crate::held::host)?;
        let pipe = Pipe::open(&context.layout.log_pipe(uuid)).map_err(crate::held::host)?;
        log.note(&format!("starting up\n{}", stead_qemu::native_wrapped(&plan).trim_end()));
        for message in &plan.messages {
            log.note(message);
        }
        let mark = log.mark();
        let output = pipe.write_end().map_err(crate::held::host)?;
        let monitor =
            listen::unix(&context.layout.monitor(uuid), 0o600).map_err(crate::held::host)?;
        let mut descriptors = descriptors;
        if let Some(number) = grants.descriptor(&Role::Monitor) {
            descriptors.push(Descriptor { number, fd: monitor });
        }
        let environment: Vec<(OsString, OsString)> =
            plan.environment.iter().map(|(name, value)| (name.into(), value.into())).collect();
        let cgroup = context.cgroup(uuid);
        let process = spawn(Spawn {
            uuid,
            run: &context.layout.run,
            binary: Path::new(&plan.binary),
            arguments: &arguments,
            environment: &environment,
            descriptors,
            output: std::os::fd::AsFd::as_fd(&output),
            credentials: context.credentials.clone(),
            folder: Path::new("/"),
            umask: 0o077,
            limits: Limits::default(),
            cgroup: cgroup.as_ref(),
        })
        .map_err(|error| Error::internal(error.to_string()))?;
        self.record.process = Some(process.identity().clone());
        if let Err(error) = context.status.write(uuid, &self.record, &text) {
            let _sent = process.signal(Signal::KILL);
            return Err(crate::context::kept(error));
        }
        Ok(Spawned { process, plan, pipe, log, mark, record: self.record.clone() })
    }
}

/// Asks QEMU what must be known, and lets the CPUs run.
async fn ready(
    context: &Arc<Context>,
    uuid: Uuid,
    id: i32,
    plan: &Plan,
    paused: bool,
    record: &mut Record,
    state: State,
) -> Result<(Monitor, IncomingQueue, Live), Trouble> {
    let path = context.layout.monitor(uuid);
    let (monitor, queue, capable) = Monitor::connect(&path).await.map_err(|error| Trouble {
        error: Error::system("connecting to QEMU's monitor", &error),
        lost: true,
    })?;
    let mut calls = plan.calls();
    if plan.domain.on_reboot == LifecycleAction::Destroy {
        // QEMU then tells of a reset as of a power-off, and waits.
        calls.push(Call::set("set-action", json!({ "reboot": "shutdown" })));
    }
    let sent: Vec<_> = calls
        .iter()
        .filter(|call| call.purpose != Purpose::Negotiate)
        .map(|call| (call, monitor.send_named(&call.execute, &call.arguments)))
        .collect();
    capable.within(READY).await?;
    let mut live = Live::new(plan, id);
    let mut answers = Answers::new();
    for (call, answer) in sent {
        match answer.within(READY).await {
            Ok(value) => match &call.purpose {
                Purpose::Cpu(key) => drop(answers.insert(key.clone(), value)),
                _ => live = refresh(&live, News::Reply(call, &value)),
            },
            Err(error @ MonitorError::Refused { .. }) if call.purpose != Purpose::Set => {
                tracing::debug!(%error, "QEMU does not say");
            }
            Err(error) => return Err(error.into()),
        }
    }
    verify(context, &monitor, &mut live, answers, record).await?;
    record.live = live.record.clone();
    record.state = machine::step(state, Input::Started).map_or(state, |(state, _)| state);
    let (context, record, domain) = (Arc::clone(context), record.clone(), live.clone());
    let written = lane::run(move || {
        let text = Document::live(&domain);
        context.status.write(uuid, &record, text.text()).map_err(crate::context::kept)
    });
    if paused {
        written.await.unwrap_or(Ok(()))?;
    } else {
        let going = monitor.send(&Cont {});
        let (written, going) = tokio::join!(written, going.within(READY));
        going?;
        written.unwrap_or(Ok(()))?;
    }
    Ok((monitor, queue, live))
}

/// Compares the CPU that was asked for with the one that QEMU enabled.
async fn verify(
    context: &Context,
    monitor: &Monitor,
    live: &mut Live,
    mut answers: Answers,
    record: &mut Record,
) -> Result<(), Trouble> {
    let Some(asked) = live.domain.cpu.clone() else { return Ok(()) };
    let catalog = context.hypervisors.catalog();
    if answers.is_empty() {
        return Ok(());
    }
    answer(monitor, cpu::more_calls(catalog, &answers), &mut answers).await?;
    let verified = cpu::verify(catalog, &asked, &answers)
        .map_err(|refusal| crate::document::refusal(&refusal))?;
    live.domain.cpu = Some(verified.cpu);
    record.messages.extend(verified.messages.into_iter().map(|text| (2, text)));
    Ok(())
}

/// Asks all at once; what QEMU does not know has no answer.
async fn answer(
    monitor: &Monitor,
    inquiries: Vec<Inquiry>,
    answers: &mut Answers,
) -> Result<(), Trouble> {
    let sent: Vec<_> = inquiries
        .into_iter()
        .map(|Inquiry { key, question }| {
            (key, monitor.send_named(question.execute, &question.arguments))
        })
        .collect();
    for (key, answer) in sent {
        match answer.within(READY).await {
            Ok(value) => drop(answers.insert(key, value)),
            Err(MonitorError::Refused { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Goes on with the log of a QEMU that a former daemon started.
pub(crate) fn copy_log(context: &Context, uuid: Uuid) -> Option<AbortHandle> {
    let log = Log::open(&context.layout.machine_log(uuid)).ok()?;
    let pipe = Pipe::open(&context.layout.log_pipe(uuid)).ok()?;
    Some(copying(pipe, log))
}

fn copying(pipe: Pipe, log: Log) -> AbortHandle {
    let copying = tokio::spawn(async move {
        if let Err(error) = pipe.copy(&log).await {
            tracing::warn!(%error, "a machine's log is not kept");
        }
    });
    copying.abort_handle()
}

/// QEMU is gone before it could answer: its own words say why.
fn closed(name: &str, error: Error, words: &str) -> Error {
    let words = words.trim_end();
    let words = if words.is_empty() { error.message.as_str() } else { words };
    Error::internal(format!("QEMU unexpectedly closed the monitor (vm='{name}'): {words}"))
}

pub(crate) fn notes(messages: &[(u32, String)]) -> Arc<[Note]> {
    messages.iter().map(|(kind, text)| Note { kind: *kind, text: text.clone() }).collect()
}

fn make_folder(path: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    match std::fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(Error::system(format_args!("cannot create {}", path.display()), &error))
        }
        _ => Ok(()),
    }
}
