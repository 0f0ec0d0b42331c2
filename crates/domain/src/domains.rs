//! All machines of one daemon.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use stead_config::Domain;
use stead_host::process::{AdoptError, Found, Process, scan};
use stead_qemu::refresh::Live;
use stead_store::{Autostart, Damage, Loaded};
use tokio::sync::mpsc;

use crate::change::Change;
use crate::command::{Command, Message, Report};
use crate::console::{self, Among};
use crate::context::{Context, Options, kept};
use crate::events::Receiver;
use crate::handle::Shared;
use crate::ledger::Claim;
use crate::machine::{Actions, Guest, Outcome, Phase, State};
use crate::record::{Intent, Record};
use crate::snapshot::Broken;
use crate::task::Task;
use crate::{
    Console, Document, Error, Index, Kind, Machine, Owner, Result, Running, Snapshot, Uuid, adopt,
    flags, lane,
};

/// What waits in a machine's mailbox at most.
const MAILBOX: usize = 64;

/// How often, and after how long, a machine is looked for that another client is just making.
const CLAIMS: u32 = 200;
const CLAIM: std::time::Duration = std::time::Duration::from_millis(10);

/// The machines of a daemon; cheap to clone.
#[derive(Clone, Debug)]
pub struct Domains(Arc<Context>);

impl Domains {
    /// Reads what is stored and what was left running, and serves it at once; every QEMU is asked in the background.
    /// Needs a tokio runtime. The folders of the layout must be there.
    ///
    /// # Errors
    /// `SystemError` when the folders cannot be read. A damaged document is no error: it is listed as broken.
    pub fn open(options: Options) -> Result<Self> {
        let context = Arc::new(Context::new(options)?);
        let domains = Self(context);
        let context = &domains.0;
        let stored = context.documents.load(parse).map_err(kept)?;
        let mut left: BTreeMap<Uuid, Result<(Record, String), String>> = context
            .status
            .load::<Record>()
            .map_err(kept)?
            .into_iter()
            .map(|found| (found.uuid, found.state.map_err(|damage| damage.to_string())))
            .collect();
        let damaged: Vec<Uuid> =
            left.iter().filter(|(_, run)| run.is_err()).map(|(uuid, _)| *uuid).collect();
        for loaded in stored {
            let run = left.remove(&loaded.uuid);
            domains.take_in(Origin::of(loaded), run);
        }
        for (uuid, run) in left {
            if let Ok((record, _)) = &run {
                let origin = Origin {
                    uuid,
                    name: record.name.as_str().into(),
                    autostart: false,
                    document: None,
                    broken: None,
                };
                domains.take_in(origin, Some(run));
            }
        }
        let found = Self(Arc::clone(context));
        tokio::spawn(async move { found.find_orphans(damaged).await });
        Ok(domains)
    }

    /// All machines now.
    pub fn index(&self) -> arc_swap::Guard<Arc<Index>> {
        self.0.index.load()
    }

    /// The machine with this UUID.
    ///
    /// # Errors
    /// `NoDomain`.
    pub fn by_uuid(&self, uuid: &Uuid) -> Result<Machine> {
        self.index().uuid(uuid).cloned().ok_or_else(|| no_domain_with_uuid(*uuid, None))
    }

    /// The machine with this UUID, named in the error as the caller knows it ("'UUID' (name)").
    ///
    /// # Errors
    /// `NoDomain`.
    pub fn resolve(&self, uuid: &Uuid, name: &str) -> Result<Machine> {
        self.index().uuid(uuid).cloned().ok_or_else(|| no_domain_with_uuid(*uuid, Some(name)))
    }

    /// The machine with this name.
    ///
    /// # Errors
    /// `NoDomain`.
    pub fn by_name(&self, name: &str) -> Result<Machine> {
        self.index().name(name).cloned().ok_or_else(|| {
            Error::new(Kind::NoDomain, format!("no domain with matching name '{name}'"))
        })
    }

    /// The running machine with this number.
    ///
    /// # Errors
    /// `NoDomain`.
    pub fn by_id(&self, id: i32) -> Result<Machine> {
        self.index()
            .id(id)
            .cloned()
            .ok_or_else(|| Error::new(Kind::NoDomain, format!("no domain with matching id {id}")))
    }

    /// Whether `snapshot` is among what virConnectListAllDomains asks for with these flags.
    pub fn matches(snapshot: &Snapshot, flags: u32) -> bool {
        crate::read::matches(snapshot, flags)
    }

    /// The machines that virConnectListAllDomains asks for.
    ///
    /// # Errors
    /// `InvalidArgument` for unknown flags.
    pub fn list(&self, flags: u32) -> Result<Vec<Machine>> {
        flags::check(flags, 0xffff, "qemuConnectListAllDomains")?;
        let index = self.index();
        Ok(index.iter().filter(|m| Self::matches(&m.snapshot(), flags)).cloned().collect())
    }

    /// virDomainDefineXMLFlags. When it returns, the document is durable.
    ///
    /// # Errors
    /// Every fault of the document; `OperationFailed` when the name or UUID is another's.
    pub async fn define(&self, xml: &str, flags: u32) -> Result<Machine> {
        flags::check(flags, flags::DEFINE_VALIDATE, "qemuDomainDefineXMLFlags")?;
        let settled = crate::define::settled(&self.0, xml).await?;
        self.rename_broken(settled.uuid, &settled.name)?;
        self.tell(&settled, |machine, _| {
            let change = Change::Define {
                name: Arc::clone(&settled.name),
                document: Arc::clone(&settled.document),
            };
            async move { machine.ask(|reply| Command::Change(change, reply)).await }
        })
        .await
    }

    /// virDomainCreateXML: starts a machine that ends with its QEMU, or starts a stored one by another document.
    ///
    /// # Errors
    /// As [`Domains::define`] and [`Machine::start`].
    pub async fn create(&self, xml: &str, flags: u32, owner: Owner) -> Result<Machine> {
        flags::check(flags, 0x37, "qemuDomainCreateXML")?;
        let settled = crate::define::settled(&self.0, xml).await?;
        self.tell(&settled, |machine, claim| {
            let name = Arc::clone(&settled.name);
            let document = Some(Arc::clone(&settled.document));
            async move {
                if claim == Claim::Same && machine.snapshot().is_active() {
                    let message = format!("domain '{name}' is already active");
                    return Err(Error::invalid(message).from_origin(crate::Origin::Domain));
                }
                machine.ask(|reply| Command::Start { document, flags, owner, reply }).await
            }
        })
        .await
    }

    /// virConnectDomainXMLToNative: the command line of a document.
    ///
    /// # Errors
    /// `InvalidArgument` for another format than "qemu-argv".
    pub async fn to_native(&self, format: &str, xml: &str, flags: u32) -> Result<String> {
        flags::check(flags, 0, "qemuConnectDomainXMLToNative")?;
        if format != "qemu-argv" {
            return Err(Error::argument(format!("unsupported config type {format}")));
        }
        crate::native::to_native(&self.0, xml).await
    }

    /// virConnectGetAllDomainStats: of `machines`, or of all that `flags` filter.
    ///
    /// # Errors
    /// `ArgumentUnsupported` when a group is not known and `flags` enforce it.
    pub async fn statistics(
        &self,
        machines: Option<&[Machine]>,
        groups: u32,
        flags: u32,
    ) -> Result<Vec<crate::Record>> {
        crate::statistics::collect(self, machines, groups, flags).await
    }

    /// virDomainOpenConsole.
    ///
    /// # Errors
    /// `OperationFailed` when another client has it, `InternalError` when there is none.
    pub fn console(&self, machine: &Machine, device: Option<&str>, flags: u32) -> Result<Console> {
        console::open(machine, Among::Consoles, device, flags)
    }

    /// virDomainOpenChannel, by alias or by the channel's name in the guest.
    ///
    /// # Errors
    /// As [`Domains::console`].
    pub fn channel(&self, machine: &Machine, device: Option<&str>, flags: u32) -> Result<Console> {
        console::open(machine, Among::Channels, device, flags)
    }

    /// Hears every event from now on; `capacity` events are kept for a slow reader.
    pub fn subscribe(&self, capacity: usize) -> Receiver {
        self.0.hub.subscribe(capacity)
    }

    /// A connection is gone: the machines that were to end with it are destroyed.
    pub async fn disconnect(&self, owner: Owner) {
        let running: Vec<Machine> = self.index().running().cloned().collect();
        for machine in running {
            let command = Message::Ask(Command::Disconnect { owner });
            let _gone = machine.0.mailbox.send(Box::new(command)).await;
        }
    }

    /// How many machines have a QEMU, or are about to: while it is not 0, an idle daemon stays.
    pub fn busy(&self) -> usize {
        self.index().active()
    }

    /// Starts the machines that are marked so, all at once; failures are logged. For once a boot of the host, as
    /// [`Domains::first_since_boot`] tells.
    pub async fn autostart(&self) {
        let marked: Vec<Machine> = self
            .index()
            .iter()
            .filter(|machine| {
                let snapshot = machine.snapshot();
                snapshot.autostart && !snapshot.is_active()
            })
            .cloned()
            .collect();
        let starts: Vec<_> = marked
            .into_iter()
            .map(|machine| {
                tokio::spawn(async move {
                    if let Err(error) = machine.start(0, Owner(0)).await {
                        let name = Arc::clone(&machine.snapshot().identity.name);
                        tracing::warn!(%name, %error, "cannot autostart");
                    }
                })
            })
            .collect();
        for start in starts {
            let _panicked = start.await;
        }
    }

    /// Whether no daemon has served this root since the host booted; true only once.
    pub fn first_since_boot(&self) -> bool {
        let mark = self.0.layout.run.join("autostarted");
        std::fs::OpenOptions::new().write(true).create_new(true).open(mark).is_ok()
    }

    /// Waits until what must be known after the daemon's end is written down; machines keep running.
    pub async fn close(&self) {
        let running: Vec<Machine> = self.index().running().cloned().collect();
        for machine in running {
            let flushed = machine.ask(|reply| Command::Flush { reply });
            let _late = tokio::time::timeout(std::time::Duration::from_secs(2), flushed).await;
        }
    }

    /// A machine whose document is damaged takes the name of the one that replaces it.
    fn rename_broken(&self, uuid: Uuid, name: &Arc<str>) -> Result<()> {
        let index = self.index();
        let Some(machine) = index.uuid(&uuid) else { return Ok(()) };
        let snapshot = machine.snapshot();
        let old = &snapshot.identity.name;
        if snapshot.broken.is_none() || old == name {
            return Ok(());
        }
        self.0.ledger().claim_name(uuid, name)?;
        self.0.rename(uuid, old, name);
        Ok(())
    }

    /// Has the machine of a document do what `command` asks of it. One that another client just removes cannot answer any more:
    /// then the document's next machine is asked, because who defines or creates cannot be told that there is no such domain.
    async fn tell<F: Future<Output = Result<()>>>(
        &self,
        settled: &crate::define::Settled,
        act: impl Fn(Machine, Claim) -> F,
    ) -> Result<Machine> {
        let mut left = CLAIMS;
        loop {
            let (machine, claim) = self.claim(settled.uuid, &settled.name).await?;
            match act(machine.clone(), claim).await {
                Ok(()) => return Ok(machine),
                Err(error) if error.kind != Kind::NoDomain || left == 0 => return Err(error),
                Err(_) => tokio::time::sleep(CLAIM).await,
            }
            left -= 1;
        }
    }

    /// The machine of this UUID and name, made if nobody has either.
    async fn claim(&self, uuid: Uuid, name: &Arc<str>) -> Result<(Machine, Claim)> {
        for _ in 0..CLAIMS {
            let claim = self.0.ledger().claim(uuid, name)?;
            if claim == Claim::New {
                let state = State::off(false, Actions::default());
                let (machine, task) = self.machine(uuid, Arc::clone(name), state);
                tokio::spawn(task.serve());
                return Ok((machine, claim));
            }
            if let Some(machine) = self.index().uuid(&uuid) {
                return Ok((machine.clone(), claim));
            }
            // Another client is just making it.
            tokio::time::sleep(CLAIM).await;
        }
        let message = format!("domain '{name}' is being defined by another client");
        Err(Error::new(Kind::OperationTimeout, message))
    }

    fn machine(&self, uuid: Uuid, name: Arc<str>, state: State) -> (Machine, Task) {
        let (sender, mailbox) = mpsc::channel(MAILBOX);
        let shared = Arc::new(Shared {
            uuid,
            snapshot: ArcSwap::from_pointee(crate::task::nothing(uuid, &name)),
            mailbox: sender,
            connection: ArcSwapOption::empty(),
            consoles: self.0.consoles.clone(),
            context: Arc::downgrade(&self.0),
        });
        let task = Task::new(Arc::clone(&self.0), Arc::clone(&shared), mailbox, name, state);
        (Machine(shared), task)
    }

    /// Makes the machine of what was found on disk.
    fn take_in(&self, origin: Origin, run: Option<Result<(Record, String), String>>) {
        let context = &self.0;
        let Origin { uuid, name, autostart, document, broken } = origin;
        if let Err(error) = context.ledger().claim(uuid, &name) {
            tracing::error!(%uuid, %name, %error, "two machines of one name: the second is not served");
            return;
        }
        let persistent = document.is_some() || broken.is_some();
        let actions =
            document.as_ref().map_or_else(Actions::default, |document| document.actions());
        let state = State::off(persistent, actions);
        let (machine, mut task) = self.machine(uuid, Arc::clone(&name), state);
        task.autostart = autostart;
        task.inactive = document;
        task.broken = broken;
        if let Some(Ok((record, text))) = run {
            self.resume(&mut task, record, &text);
        }
        task.publish();
        context.add(name, &machine);
        if task.id >= 0 {
            context.set_id(uuid, task.id);
        }
        tokio::spawn(task.serve());
    }

    /// Puts a machine where its record says it was, and has its QEMU asked.
    fn resume(&self, task: &mut Task, record: Record, text: &str) {
        let context = &self.0;
        let uuid = task.shared.uuid;
        context.seen_id(record.id);
        for held in &record.held {
            held.take_again(context, uuid);
        }
        task.id = record.id;
        task.leftovers.clone_from(&record.held);
        let shown = match record.state.phase {
            Phase::Active(guest) | Phase::Adopting(guest) => guest,
            Phase::Stopping { shown, .. } | Phase::Cleaning { shown, .. } => shown,
            _ => Guest::Paused(crate::Paused::StartingUp),
        };
        let phase = match record.intent() {
            Intent::Keep => Phase::Adopting(shown),
            Intent::End(outcome) => Phase::Stopping { outcome, shown },
            Intent::Undo => Phase::Stopping { outcome: Outcome::Failed, shown },
        };
        task.state =
            State { phase, persistent: task.state.persistent, order: None, ..record.state };
        let live = Domain::parse_live(text).ok();
        if let Some(domain) = &live {
            task.recorded = Some(Arc::new(Document::recorded(text.into(), domain)));
        }
        if let Some(domain) = &live
            && task.inactive.is_none()
        {
            // A transient machine: what it was started with is what it is.
            let stored: Arc<str> = domain.stored().into();
            task.inactive = Some(Arc::new(Document::stored(stored, domain)));
        }
        let mailbox = task.mailbox_sender();
        let Some(identity) = record.process.clone() else {
            // The start was cut short around the spawn: whoever scans says whether there is a process.
            task.unfound = true;
            return;
        };
        match Process::adopt(&identity) {
            Ok(process) => {
                task.found = Some(process.pid());
                task.adopting();
                let stored = || {
                    let domain = task.inactive.as_ref()?.domain().ok()?;
                    Some(Domain::clone(&domain))
                };
                let domain = live.or_else(stored).unwrap_or_else(|| {
                    tracing::error!(%uuid, "a record's document cannot be read: little is known");
                    let mut domain = crate::orphan::domain(&[], uuid);
                    domain.name.clone_from(&record.name);
                    domain
                });
                let live = Live { domain, record: record.live.clone() };
                adopt::adopt(Arc::clone(context), uuid, record, live, process, false, mailbox);
            }
            Err(error) => {
                if !matches!(error, AdoptError::Ended { .. }) {
                    tracing::warn!(%uuid, %error, "a machine's QEMU is gone");
                }
                let report = Report::Exited(stead_host::process::Exit::Unknown);
                let _full = mailbox.try_send(Box::new(Message::Report(report)));
            }
        }
    }

    /// Finds the QEMUs of which no record tells, by their mark, and takes them in.
    /// The damaged records of machines that do not run are removed.
    async fn find_orphans(self, damaged: Vec<Uuid>) {
        let run = self.0.layout.run.clone();
        let found = match lane::run(move || scan(&run)).await {
            Some(Ok(found)) => found,
            Some(Err(error)) => {
                tracing::warn!(%error, "cannot look for QEMUs without a record");
                Vec::new()
            }
            None => Vec::new(),
        };
        let taken: Vec<Uuid> = found.iter().map(|found| found.identity.uuid).collect();
        for found in found {
            let uuid = found.identity.uuid;
            match self.by_uuid(&uuid) {
                Ok(machine) => {
                    let report = Report::Orphan(Box::new(found));
                    let message = Box::new(Message::Report(report));
                    let _gone = machine.0.mailbox.send(message).await;
                }
                Err(_) => self.take_in_orphan(found),
            }
        }
        for uuid in damaged {
            if taken.contains(&uuid) {
                continue;
            }
            let context = Arc::clone(&self.0);
            lane::run(move || {
                if let Err(error) = context.status.remove(uuid) {
                    tracing::warn!(%uuid, %error, "cannot remove a damaged record");
                }
            })
            .await;
        }
        let machines: Vec<Machine> = self.index().iter().cloned().collect();
        for machine in machines {
            if machine.snapshot().is_active() {
                let message = Box::new(Message::Report(Report::Scanned));
                let _gone = machine.0.mailbox.send(message).await;
            }
        }
    }

    /// A QEMU of ours, a machine that nobody wrote down: transient, and all that is known is its command line.
    fn take_in_orphan(&self, found: Found) {
        let uuid = found.identity.uuid;
        let domain = crate::orphan::domain(&found.arguments, uuid);
        let name: Arc<str> = domain.name.as_str().into();
        if let Err(error) = self.0.ledger().claim(uuid, &name) {
            tracing::error!(%uuid, %name, %error, "a QEMU without a record has another machine's name");
            return;
        }
        let state = State::off(false, Actions::default());
        let (machine, mut task) = self.machine(uuid, Arc::clone(&name), state);
        let stored: Arc<str> = domain.stored().into();
        task.inactive = Some(Arc::new(Document::stored(stored, &domain)));
        self.0.add(name, &machine);
        task.take_orphan(found);
        tokio::spawn(task.serve());
    }
}

/// What was found on disk of a machine.
struct Origin {
    uuid: Uuid,
    name: Arc<str>,
    autostart: bool,
    document: Option<Arc<Document>>,
    broken: Option<Arc<Broken>>,
}

impl Origin {
    fn of(loaded: Loaded<(Arc<str>, Arc<Document>)>) -> Self {
        let uuid = loaded.uuid;
        let autostart = loaded.autostart == Autostart::On;
        match loaded.state {
            Ok(found) => {
                let (name, document) = found.value;
                Self { uuid, name, autostart, document: Some(document), broken: None }
            }
            Err(found) => {
                let broken = Broken {
                    file: found.file.display().to_string(),
                    line: (found.damage.line > 0).then_some(found.damage.line),
                    reason: found.damage.reason,
                };
                let (name, document) = match found.last_good {
                    Some(good) => (good.value.0, Some(good.value.1)),
                    // Not even its name is known.
                    None => (format!("broken-{uuid}").into(), None),
                };
                let broken = Some(Arc::new(broken));
                Self { uuid, name, autostart, document, broken }
            }
        }
    }
}

/// Reads a stored document.
fn parse(uuid: Uuid, text: &str) -> Result<(Arc<str>, Arc<Document>), Damage> {
    let damage = |line: u32, reason: String| Damage { line, reason };
    let domain = Domain::parse(text).map_err(|faults| {
        let line = faults.first().map_or(0, |fault| fault.place.line);
        damage(line, faults.detail())
    })?;
    if domain.uuid.is_none_or(|known| known.0 != *uuid.as_bytes()) {
        return Err(damage(0, "its UUID is not that of its file".into()));
    }
    let name: Arc<str> = domain.name.as_str().into();
    Ok((name, Arc::new(Document::stored(text.into(), &domain))))
}

/// What a machine without a usable record runs as, as far as anybody knows.
pub(crate) const UNKNOWN: Guest = Guest::Running(Running::Unknown);

/// libvirt's words for a UUID that nobody has.
pub(crate) fn no_domain_with_uuid(uuid: Uuid, name: Option<&str>) -> Error {
    let message = match name {
        Some(name) => format!("no domain with matching uuid '{uuid}' ({name})"),
        None => format!("no domain with matching uuid '{uuid}'"),
    };
    Error::new(Kind::NoDomain, message)
}
