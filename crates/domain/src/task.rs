//! A machine's own task: it takes requests and reports one at a time, decides by [`machine::step`], and has every
//! effect done by a child that reports back. It awaits nothing but its mailbox.
//!
//! The order of a change: kept on disk (where it is of the document), published, announced, answered.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use stead_host::process::Exit;
use tokio::sync::{mpsc, oneshot};

use crate::change::{Change, Kept};
use crate::command::{Command, Message, Reply, Report};
use crate::context::Context;
use crate::handle::Shared;
use crate::held::Held;
use crate::launch::{self, Launched};
use crate::machine::{self, Effect, Input, Order, Phase, Refusal, Request, State};
use crate::run::Run;
use crate::snapshot::Broken;
use crate::{Document, Error, EventKind, Kind, Origin, Owner, Result, flags};

mod found;
mod shown;

pub(crate) use shown::nothing;

/// Requests that wait for the one under way.
const WAITING_MAX: usize = 64;
/// How long a request waits for the ones before it, as libvirt has it.
const WAIT: Duration = Duration::from_secs(30);
/// A QEMU that has been there for so long did not die of what killed the one before.
const STEADY: Duration = Duration::from_secs(60);
/// How long what a dead QEMU said is read for.
const DRAIN: Duration = Duration::from_millis(50);

/// What a machine's task owns.
pub(crate) struct Task {
    pub(crate) context: Arc<Context>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) state: State,
    pub(crate) name: Arc<str>,
    pub(crate) id: i32,
    pub(crate) autostart: bool,
    pub(crate) updated: bool,
    /// The document that the next start follows.
    pub(crate) inactive: Option<Arc<Document>>,
    /// The document that this run was started with, where it is another.
    started: Option<Arc<Document>>,
    pub(crate) broken: Option<Arc<Broken>>,
    /// Whether there was a stored document before, in this run.
    pub(crate) was_stored: bool,
    pub(crate) run: Option<Box<Run>>,
    /// A former daemon's process that is being asked.
    pub(crate) found: Option<u32>,
    /// The document of what a former daemon left running, until QEMU is known again.
    pub(crate) recorded: Option<Arc<Document>>,
    /// Whether that is all that is known, and no record tells more.
    pub(crate) degraded: bool,
    /// What a former daemon's QEMU held, until it is known or cleaned up.
    pub(crate) leftovers: Vec<Held>,
    /// A former daemon was about to make a QEMU: whether it did is not known yet.
    pub(crate) unfound: bool,
    mailbox: mpsc::Receiver<Box<Message>>,
    owner: Option<Owner>,
    job: Option<Job>,
    waiting: VecDeque<(Instant, Command)>,
    ending: Vec<Reply<()>>,
    abort: Option<oneshot::Sender<()>>,
    failure: Option<Error>,
    /// Whether others can find it.
    listed: bool,
    gone: bool,
}

/// The request under way and where its answer goes.
#[derive(Debug)]
pub(crate) struct Job {
    since: Instant,
    kind: JobKind,
}

#[derive(Debug)]
enum JobKind {
    /// A start, answered when the machine is up or off; `None` after a restart that nobody asked for.
    Start(Option<Reply<()>>),
    /// An order to QEMU; `None` when the machine gave it to itself.
    Tell(Order, Option<Reply<()>>),
    /// A change of the document.
    Change,
    /// A new daemon is getting to know a QEMU.
    Adopt,
}

impl Task {
    pub(crate) fn new(
        context: Arc<Context>,
        shared: Arc<Shared>,
        mailbox: mpsc::Receiver<Box<Message>>,
        name: Arc<str>,
        state: State,
    ) -> Self {
        Self {
            context,
            shared,
            mailbox,
            state,
            name,
            id: -1,
            autostart: false,
            updated: false,
            inactive: None,
            started: None,
            broken: None,
            was_stored: false,
            run: None,
            found: None,
            recorded: None,
            degraded: false,
            leftovers: Vec::new(),
            unfound: false,
            owner: None,
            job: None,
            waiting: VecDeque::new(),
            ending: Vec::new(),
            abort: None,
            failure: None,
            listed: false,
            gone: false,
        }
    }

    /// Serves the machine until it is no more.
    pub(crate) async fn serve(mut self) {
        while !self.gone {
            let Some(message) = self.mailbox.recv().await else { break };
            match *message {
                Message::Ask(command) => self.take(command),
                Message::Report(report) => self.report(report),
            }
            self.answer();
            self.next();
            if self.control() != self.shared.snapshot.load().control {
                self.publish();
            }
            if !self.state.persistent && !self.state.is_active() && self.job.is_none() {
                // It was to be defined or started, and was not.
                self.leave();
            }
        }
        self.mailbox.close();
        while let Some(message) = self.mailbox.recv().await {
            if let Message::Ask(command) = *message {
                command.refuse(self.no_more());
            }
        }
    }

    fn take(&mut self, command: Command) {
        match command {
            // It never waits: whatever is under way is given up.
            Command::Destroy { flags, reply } => self.destroy(flags, reply),
            Command::Disconnect { owner } => {
                if self.owner == Some(owner) {
                    self.input(Input::Ask(Request::Destroy { graceful: false }));
                }
            }
            Command::Flush { reply } => match self.save() {
                Some(written) => {
                    tokio::spawn(async move {
                        let _failed = written.await;
                        reply.send(Ok(()));
                    });
                }
                None => reply.send(Ok(())),
            },
            command if self.is_free() => self.begin(command),
            command if self.waiting.len() < WAITING_MAX => {
                self.waiting.push_back((Instant::now(), command));
                let mailbox = self.mailbox_sender();
                tokio::spawn(async move {
                    tokio::time::sleep(WAIT).await;
                    let _gone = mailbox.send(Box::new(Message::Report(Report::Waited))).await;
                });
            }
            command => command.refuse(busy()),
        }
    }

    /// Whether the next request can be begun: nothing is under way, and no QEMU is coming or going.
    fn is_free(&self) -> bool {
        self.job.is_none()
            && matches!(self.state.phase, Phase::Off(_) | Phase::Active(_) | Phase::Gone)
    }

    /// Starts the next request when none is under way.
    fn next(&mut self) {
        while self.is_free() && !self.gone {
            let Some((_, command)) = self.waiting.pop_front() else { return };
            self.begin(command);
            self.answer();
        }
        if self.gone {
            let error = self.no_more();
            for (_, command) in self.waiting.drain(..) {
                command.refuse(error.clone());
            }
        }
    }

    fn begin(&mut self, command: Command) {
        match command {
            Command::Start { document, flags, owner, reply } => {
                self.start(document, flags, owner, reply);
            }
            Command::Suspend { reply } => self.tell(Request::Suspend, reply),
            Command::Resume { reply } => self.tell(Request::Resume, reply),
            Command::Shutdown { flags, reply } => {
                match shutdown_flags(flags, "qemuDomainShutdownFlags") {
                    Ok(()) => self.tell(Request::Shutdown, reply),
                    Err(error) => reply.send(Err(error)),
                }
            }
            Command::Reboot { flags, reply } => match shutdown_flags(flags, "qemuDomainReboot") {
                Ok(()) => self.tell(Request::Reboot, reply),
                Err(error) => reply.send(Err(error)),
            },
            Command::Reset { flags, reply } => match flags::check(flags, 0, "qemuDomainReset") {
                Ok(()) => self.tell(Request::Reset, reply),
                Err(error) => reply.send(Err(error)),
            },
            Command::Destroy { flags, reply } => self.destroy(flags, reply),
            Command::Disconnect { .. } | Command::Flush { .. } => {}
            Command::Change(change, reply) => self.change(change, reply),
        }
    }

    fn start(
        &mut self,
        document: Option<Arc<Document>>,
        given: u32,
        owner: Owner,
        reply: Reply<()>,
    ) {
        if let Err(error) = flags::check(given, 0x3f, "qemuDomainCreateWithFlags") {
            return reply.send(Err(error));
        }
        if let (Some(broken), None) = (&self.broken, &document) {
            return reply.send(Err(Error::new(
                Kind::XmlError,
                format!("the stored document is damaged: {}", broken.describe()),
            )));
        }
        let paused = given & flags::START_PAUSED != 0;
        let before = self.state;
        if !before.is_active() {
            self.owner = (given & flags::START_AUTODESTROY != 0).then_some(owner);
            self.failure = None;
            self.started = document;
            if let Some(document) = self.start_document() {
                self.state.actions = document.actions();
            }
        }
        self.state.deaths = 0;
        match self.try_input(Input::Ask(Request::Start { paused })) {
            Ok(()) => self.job = Some(Job::now(JobKind::Start(Some(reply)))),
            Err(refusal) => {
                self.state = before;
                reply.send(Err(self.refused(refusal)));
            }
        }
    }

    /// A request that an order to QEMU serves.
    fn tell(&mut self, request: Request, reply: Reply<()>) {
        match self.try_input(Input::Ask(request)) {
            Ok(()) => match self.state.order {
                Some(order) => self.job = Some(Job::now(JobKind::Tell(order, Some(reply)))),
                None => reply.send(Ok(())),
            },
            Err(refusal) => {
                let error = self.refused(refusal);
                // libvirt has these words twice, in two parts of the house.
                let origin = match request {
                    Request::Shutdown => Origin::Qemu,
                    _ => error.origin,
                };
                reply.send(Err(error.from_origin(origin)));
            }
        }
    }

    fn destroy(&mut self, flags: u32, reply: Reply<()>) {
        if let Err(error) = flags::check(flags, 3, "qemuDomainDestroyFlags") {
            return reply.send(Err(error));
        }
        let graceful = flags & flags::DESTROY_GRACEFUL != 0;
        match self.try_input(Input::Ask(Request::Destroy { graceful })) {
            Ok(()) => self.ending.push(reply),
            Err(refusal) => reply.send(Err(self.refused(refusal))),
        }
    }

    fn change(&mut self, change: Change, reply: Reply<()>) {
        match crate::change::begin(self, change) {
            Ok(work) => {
                self.job = Some(Job::now(JobKind::Change));
                let mailbox = self.mailbox_sender();
                tokio::spawn(async move {
                    let kept = work.keep(reply).await;
                    let report = Report::Kept(Box::new(kept));
                    let _gone = mailbox.send(Box::new(Message::Report(report))).await;
                });
            }
            Err(error) => reply.send(Err(error)),
        }
    }

    fn report(&mut self, report: Report) {
        match report {
            Report::Launched(result) => self.launched(*result),
            Report::Told(order, result) => {
                let done = result.is_ok();
                self.input(if done { Input::Done(order) } else { Input::Undone(order) });
                if let Some(Job { kind: JobKind::Tell(told, reply), .. }) = &mut self.job
                    && *told == order
                {
                    if let Some(reply) = reply.take() {
                        reply.send(result);
                    }
                    self.job = None;
                }
            }
            Report::Kept(kept) => {
                let Kept { reply, result, change } = *kept;
                self.job = None;
                let result = result.and_then(|()| crate::change::apply(self, change));
                reply.send(result);
            }
            Report::Heard(event) => self.hear(event),
            Report::Exited(exit) => self.exited(exit),
            Report::Drained => self.drained(),
            Report::Survived(error) => {
                self.input(Input::Survived);
                for reply in self.ending.drain(..) {
                    reply.send(Err(error.clone()));
                }
            }
            Report::Cleaned => {
                self.leftovers.clear();
                self.input(Input::Cleaned);
            }
            Report::Adopted(known) => match *known {
                Ok(known) => crate::adopt::adopted(self, known),
                Err(error) => {
                    tracing::error!(name = %self.name, %error, "a QEMU cannot be taken over");
                    self.adoption_over();
                }
            },
            Report::Seen(seen) => {
                let before = self.state.status();
                if let Phase::Active(shown) = self.state.phase
                    && let Some(guest) = crate::run::guest(seen, shown)
                {
                    self.state.phase = Phase::Adopting(shown);
                    self.input(Input::Adopted(guest));
                }
                if self.state.status() != before {
                    self.save();
                }
            }
            Report::Orphan(found) => self.orphan(*found),
            Report::Scanned => {
                if std::mem::take(&mut self.unfound) {
                    // There is none: the start was cut short before it made one.
                    self.input(Input::Exited);
                }
            }
            Report::Waited => {
                while self.waiting.front().is_some_and(|(since, _)| since.elapsed() >= WAIT) {
                    if let Some((_, command)) = self.waiting.pop_front() {
                        command.refuse(busy());
                    }
                }
            }
        }
    }

    fn launched(&mut self, result: Result<Launched>) {
        self.abort = None;
        match result {
            Ok(launched) => {
                let Launched { run, queue } = launched;
                run.watch(queue, self.mailbox_sender());
                self.run = Some(Box::new(run));
                self.input(Input::Started);
            }
            Err(error) => {
                self.failure = Some(error);
                self.run = None;
                self.input(Input::Failed);
            }
        }
    }

    fn hear(&mut self, event: Box<stead_qmp::Event>) {
        let Some(run) = &mut self.run else { return };
        let meaning = run.hear(&event);
        // QEMU's own event first, as libvirt passes it on.
        for kind in meaning.said {
            self.announce(kind);
        }
        match meaning.heard {
            Some(heard) => self.input(Input::Heard(heard)),
            None => self.publish(),
        }
    }

    fn exited(&mut self, exit: Exit) {
        let Some(run) = &mut self.run else {
            // A former daemon's, which was gone when this one came.
            return self.input(Input::Exited);
        };
        run.exit = Some(exit);
        if run.drained {
            return self.over();
        }
        let mailbox = self.mailbox_sender();
        tokio::spawn(async move {
            tokio::time::sleep(DRAIN).await;
            let _gone = mailbox.send(Box::new(Message::Report(Report::Drained))).await;
        });
    }

    fn drained(&mut self) {
        let Some(run) = &mut self.run else { return };
        run.drained = true;
        if run.exit.is_some() {
            self.over();
        }
    }

    /// QEMU has ended, and all that it said is known.
    fn over(&mut self) {
        let Some(run) = &mut self.run else { return };
        if std::mem::replace(&mut run.over, true) {
            return;
        }
        if run.since.elapsed() >= STEADY {
            self.input(Input::Steady);
        }
        self.input(Input::Exited);
    }

    /// An input that is never refused.
    pub(crate) fn input(&mut self, input: Input) {
        if let Err(refusal) = self.try_input(input) {
            tracing::debug!(name = %self.name, ?input, ?refusal, "refused");
        }
    }

    fn try_input(&mut self, input: Input) -> Result<(), Refusal> {
        let before = self.state;
        let (state, effects) = machine::step(before, input)?;
        self.state = state;
        if state.phase != before.phase {
            tracing::debug!(name = %self.name, ?input, phase = ?state.phase, "step");
        }
        self.turn(before);
        self.publish();
        // Whether QEMU's event or its answer brought the change: whichever comes first is written down.
        let settled = |state: State| State { order: None, ..state };
        let both_run = matches!((before.phase, state.phase), (Phase::Active(_), Phase::Active(_)));
        if both_run && settled(before) != settled(state) {
            self.save();
        }
        for effect in effects {
            self.perform(effect);
        }
        Ok(())
    }

    /// What follows from a change of phase before anybody hears of it.
    fn turn(&mut self, before: State) {
        if !before.is_active() && self.state.is_active() && self.id < 0 {
            self.id = self.context.next_id();
            self.context.set_id(self.shared.uuid, self.id);
        }
        let launches = matches!(self.state.phase, Phase::Starting { .. });
        if before.is_active()
            && (!self.state.is_active() || launches && before.phase != self.state.phase)
        {
            self.context.clear_id(&self.shared.uuid, self.id);
            self.id = -1;
            self.run = None;
            self.found = None;
            self.recorded = None;
            self.degraded = false;
            self.updated = false;
            self.was_stored = self.state.persistent;
            self.shared.connection.store(None);
            if !launches {
                self.owner = None;
                self.started = None;
            }
            if launches {
                self.id = self.context.next_id();
                self.context.set_id(self.shared.uuid, self.id);
            }
        }
        if let Some(run) = &self.run {
            self.shared.connection.store(Some(Arc::clone(&run.connection)));
        }
    }

    fn perform(&mut self, effect: Effect) {
        let mailbox = self.mailbox_sender();
        match effect {
            Effect::Launch { paused } => self.launch(paused, mailbox),
            Effect::AbortLaunch => drop(self.abort.take()),
            Effect::Tell(order) => {
                if self.job.is_none() {
                    self.job = Some(Job::now(JobKind::Tell(order, None)));
                }
                if let Some(run) = &self.run {
                    let connection = Arc::clone(&run.connection);
                    tokio::spawn(async move {
                        let result = connection.order(order).await;
                        let report = Report::Told(order, result);
                        let _gone = mailbox.send(Box::new(Message::Report(report))).await;
                    });
                }
            }
            Effect::End { graceful } => {
                if let (Some(run), Some(record)) = (&self.run, self.record()) {
                    let uuid = self.shared.uuid;
                    crate::ending::end(&self.context, uuid, run, record, graceful, mailbox);
                }
            }
            Effect::Clean => {
                let (held, written) = match &self.run {
                    Some(run) => (run.held.clone(), Some(run.saver.close())),
                    None => (self.leftovers.clone(), None),
                };
                let uuid = self.shared.uuid;
                crate::ending::clean(&self.context, uuid, held, written, mailbox);
            }
            Effect::Announce(lifecycle) => self.announce(EventKind::Lifecycle(lifecycle)),
            Effect::Leave => self.leave(),
        }
    }

    fn launch(&mut self, paused: bool, mailbox: mpsc::Sender<Box<Message>>) {
        let (abort, aborted) = oneshot::channel();
        self.abort = Some(abort);
        if self.job.is_none() {
            self.job = Some(Job::now(JobKind::Start(None)));
        }
        let order = launch::Order {
            uuid: self.shared.uuid,
            name: Arc::clone(&self.name),
            id: self.id,
            paused,
            document: self.start_document(),
            owned: self.owner.is_some(),
            state: self.state,
        };
        let context = Arc::clone(&self.context);
        tokio::spawn(async move {
            let result = launch::launch(context, order, aborted).await;
            let report = Report::Launched(Box::new(result));
            let _gone = mailbox.send(Box::new(Message::Report(report))).await;
        });
    }

    /// The document that a start follows: the stored one, or that of a transient machine.
    fn start_document(&self) -> Option<Arc<Document>> {
        self.started.clone().or_else(|| self.inactive.clone())
    }

    /// Ends a QEMU that a former daemon was ending.
    pub(crate) fn end_now(&mut self) {
        self.perform(Effect::End { graceful: false });
    }

    fn leave(&mut self) {
        if !std::mem::replace(&mut self.gone, true) {
            self.context.forget(&self.shared.uuid, &self.name);
        }
    }

    /// Answers whoever waits for what is now so.
    fn answer(&mut self) {
        let started = match self.state.phase {
            Phase::Active(_) => Some(Ok(())),
            Phase::Starting { .. } | Phase::Aborting { .. } => None,
            _ => Some(Err(())),
        };
        if let (Some(outcome), Some(Job { kind: JobKind::Start(reply), .. })) =
            (started, &mut self.job)
        {
            let reply = reply.take();
            self.job = None;
            let outcome = outcome.map_err(|()| {
                self.failure
                    .take()
                    .unwrap_or_else(|| Error::new(Kind::OperationAborted, "the start was given up"))
            });
            if let Some(reply) = reply {
                reply.send(outcome);
            } else if let Err(error) = outcome {
                tracing::warn!(name = %self.name, %error, "cannot start again");
            }
        }
        if !self.state.is_active() {
            // An order to a QEMU that is gone has its answer.
            if let Some(Job { kind: JobKind::Tell(..), .. }) = &self.job
                && let Some(Job { kind: JobKind::Tell(_, reply), .. }) = self.job.take()
                && let Some(reply) = reply
            {
                reply.send(Err(Error::not_running()));
            }
            if let Some(Job { kind: JobKind::Adopt, .. }) = &self.job {
                self.job = None;
            }
            for reply in self.ending.drain(..) {
                reply.send(Ok(()));
            }
        }
    }

    pub(crate) fn mailbox_sender(&self) -> mpsc::Sender<Box<Message>> {
        self.shared.mailbox.clone()
    }

    pub(crate) fn refused(&self, refusal: Refusal) -> Error {
        match refusal {
            Refusal::NotRunning => Error::not_running(),
            Refusal::AlreadyRunning => Error::invalid("domain is already running"),
            Refusal::Sleeping => Error::invalid("domain is pmsuspended"),
            Refusal::Transient => Error::invalid("cannot undefine transient domain"),
            Refusal::Busy => busy(),
            Refusal::Gone => self.no_more(),
        }
    }

    fn no_more(&self) -> Error {
        crate::domains::no_domain_with_uuid(self.shared.uuid, Some(&self.name))
    }
}

impl Job {
    fn now(kind: JobKind) -> Self {
        Self { since: Instant::now(), kind }
    }
}

fn busy() -> Error {
    Error::new(Kind::OperationTimeout, "cannot acquire state change lock: the domain is busy")
}

/// What virDomainShutdownFlags and virDomainReboot can be asked for.
fn shutdown_flags(given: u32, function: &'static str) -> Result<()> {
    flags::check(given, flags::SHUTDOWN_ACPI | flags::SHUTDOWN_AGENT, function)?;
    if given & flags::SHUTDOWN_AGENT != 0 && given & flags::SHUTDOWN_ACPI == 0 {
        return Err(Error::new(Kind::ArgumentUnsupported, "QEMU guest agent is not configured"));
    }
    Ok(())
}
