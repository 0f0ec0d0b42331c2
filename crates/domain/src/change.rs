//! Changes of what is stored of a machine, and of what runs alike: checked, kept on disk, then applied.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use stead_config::domain::MetadataKind;
use stead_config::{Domain, Form};
use stead_host::monitor::Monitor;
use stead_qemu::refresh::Live;
use stead_qmp::command::{Balloon, QomSet};
use stead_store::Autostart;

use crate::command::Reply;
use crate::context::{Context, kept};
use crate::machine::{Input, Phase, Request};
use crate::run::refused;
use crate::task::Task;
use crate::{Document, Error, EventKind, Kind, Lifecycle, Origin, Result, Uuid, flags, lane};

/// How long QEMU may take for its part of a change.
const ORDER: Duration = Duration::from_secs(5);

/// A change that is asked for.
#[derive(Debug)]
pub(crate) enum Change {
    /// Another document, checked and settled; or the first of a new machine.
    Define { name: Arc<str>, document: Arc<Document> },
    /// No document.
    Undefine { flags: u32 },
    /// Another name.
    Rename { name: String, flags: u32 },
    /// Started with the host, or not.
    Autostart { autostart: bool },
    /// Another title, description or piece of metadata.
    Metadata { metadata: Metadata, flags: u32 },
    /// More or less memory.
    Memory { kib: u64, flags: u32 },
    /// More or fewer CPUs.
    Vcpus { count: u32, flags: u32 },
    /// How often the balloon tells statistics.
    MemoryPeriod { seconds: i32, flags: u32 },
}

/// A change of a title, a description or metadata.
#[derive(Clone, Debug)]
pub(crate) struct Metadata {
    pub(crate) kind: i32,
    pub(crate) text: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) uri: Option<String>,
}

/// What a checked change does, outside of the machine's task.
#[derive(Debug)]
pub(crate) struct Work {
    context: Arc<Context>,
    uuid: Uuid,
    disk: Disk,
    order: Option<(Monitor, Told)>,
    applied: Applied,
}

#[derive(Debug)]
enum Disk {
    Nothing,
    Write(Arc<Document>),
    Remove { nvram: Option<(String, Nvram)> },
    Autostart(Autostart),
}

/// What becomes of a machine's UEFI variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nvram {
    Refuse,
    Keep,
    Remove,
}

/// What QEMU is told.
#[derive(Debug)]
enum Told {
    Balloon { bytes: u64 },
    Period { path: String, seconds: i32 },
}

/// What is so once a change is kept.
#[derive(Debug)]
pub(crate) enum Applied {
    /// This is the document, as a client defined it.
    Defined { name: Arc<str>, document: Arc<Document>, said: Vec<EventKind> },
    /// This is the document.
    Document { document: Arc<Document>, said: Vec<EventKind>, live: Option<Box<Live>> },
    /// There is no document.
    Undefined,
    /// This is the name.
    Renamed { name: Arc<str>, document: Arc<Document> },
    /// This is the mark.
    Autostart(bool),
    /// Only what runs changed.
    Live { live: Option<Box<Live>>, said: Vec<EventKind> },
}

/// A change that was kept, or not.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) reply: Reply<()>,
    pub(crate) result: Result<()>,
    pub(crate) change: Applied,
}

impl Work {
    fn new(task: &Task, disk: Disk, applied: Applied) -> Self {
        Self {
            context: Arc::clone(&task.context),
            uuid: task.shared.uuid,
            disk,
            order: None,
            applied,
        }
    }

    /// Does it.
    pub(crate) async fn keep(self, reply: Reply<()>) -> Kept {
        let Self { context, uuid, disk, order, applied } = self;
        let mut result = Ok(());
        if let Some((monitor, told)) = order {
            result = tell(&monitor, told).await;
        }
        if result.is_ok() && !matches!(disk, Disk::Nothing) {
            let store = Arc::clone(&context);
            result = lane::run(move || write(&store, uuid, disk))
                .await
                .unwrap_or_else(|| Err(Error::internal("the disk's thread panicked")));
        }
        if let (Err(_), Applied::Renamed { name, .. }) = (&result, &applied) {
            context.ledger().release_name(name);
        }
        Kept { reply, result, change: applied }
    }
}

fn write(context: &Context, uuid: Uuid, disk: Disk) -> Result<()> {
    match disk {
        Disk::Nothing => Ok(()),
        Disk::Write(document) => context.documents.write(uuid, document.text()).map_err(kept),
        Disk::Autostart(mark) => context.documents.set_autostart(uuid, mark).map_err(kept),
        Disk::Remove { nvram } => {
            if let Some((path, what)) = nvram
                && what != Nvram::Keep
                && std::path::Path::new(&path).exists()
            {
                if what == Nvram::Refuse {
                    return Err(Error::invalid("cannot undefine domain with nvram"));
                }
                std::fs::remove_file(&path).map_err(|error| {
                    Error::system(format_args!("failed to remove nvram: {path}"), &error)
                })?;
            }
            context.documents.remove(uuid).map_err(kept)
        }
    }
}

async fn tell(monitor: &Monitor, told: Told) -> Result<()> {
    match told {
        Told::Balloon { bytes } => {
            monitor.execute_within(&Balloon { value: bytes }, ORDER).await.map(drop)
        }
        Told::Period { path, seconds } => {
            let set = QomSet {
                path,
                property: "guest-stats-polling-interval".into(),
                value: json!(seconds),
            };
            monitor.execute_within(&set, ORDER).await.map(drop)
        }
    }
    .map_err(|error| refused(&error))
}

/// Checks a change against what is.
pub(crate) fn begin(task: &Task, change: Change) -> Result<Work> {
    match change {
        Change::Define { name, document } => {
            // An undefined machine that still runs is not new, in libvirt's eyes.
            let detail = i32::from(task.state.persistent || task.was_stored);
            let said = vec![EventKind::Lifecycle(Lifecycle::Defined(detail))];
            let applied = Applied::Defined { name, document: Arc::clone(&document), said };
            Ok(Work::new(task, Disk::Write(document), applied))
        }
        Change::Undefine { flags } => undefine(task, flags),
        Change::Rename { name, flags } => rename(task, &name, flags),
        Change::Autostart { autostart } => {
            if !task.state.persistent {
                return Err(Error::invalid("cannot set autostart for transient domain"));
            }
            let mark = if autostart { Autostart::On } else { Autostart::Off };
            let disk =
                if autostart == task.autostart { Disk::Nothing } else { Disk::Autostart(mark) };
            Ok(Work::new(task, disk, Applied::Autostart(autostart)))
        }
        Change::Metadata { metadata, flags } => metadata_change(task, &metadata, flags),
        Change::Memory { kib, flags } => memory(task, kib, flags),
        Change::Vcpus { count, flags } => vcpus(task, count, flags),
        Change::MemoryPeriod { seconds, flags } => memory_period(task, seconds, flags),
    }
}

/// What `flags` mean for this machine: the running one, the stored one.
fn impact(task: &Task, flags: u32) -> Result<(bool, bool)> {
    let active = task.state.is_active();
    let live = flags & flags::AFFECT_LIVE != 0;
    let config = flags & flags::AFFECT_CONFIG != 0;
    let (live, config) = if live || config { (live, config) } else { (active, !active) };
    if live && !active {
        return Err(Error::not_running());
    }
    if config && !task.state.persistent {
        return Err(Error::transient());
    }
    Ok((live, config))
}

fn stored(task: &Task) -> Result<Arc<Domain>> {
    task.inactive.as_ref().ok_or_else(Error::transient)?.domain()
}

fn running(task: &Task) -> Result<Arc<Live>> {
    Ok(task.run.as_ref().ok_or_else(Error::not_running)?.connection.live.load_full())
}

fn document(domain: Domain) -> Arc<Document> {
    let text: Arc<str> = domain.print(Form::STORED).into();
    Arc::new(Document::stored(text, &domain))
}

fn undefine(task: &Task, given: u32) -> Result<Work> {
    flags::check(given, 0x7f, "qemuDomainUndefineFlags")?;
    if given & flags::UNDEFINE_NVRAM != 0 && given & flags::UNDEFINE_KEEP_NVRAM != 0 {
        return Err(Error::invalid("cannot both keep and delete nvram"));
    }
    if given & flags::UNDEFINE_TPM != 0 && given & flags::UNDEFINE_KEEP_TPM != 0 {
        return Err(Error::invalid("cannot both keep and delete TPM"));
    }
    if !task.state.persistent {
        return Err(Error::invalid("cannot undefine transient domain"));
    }
    let path = match &task.inactive {
        Some(document) if task.broken.is_none() => {
            document.domain()?.os.nvram.as_ref().and_then(|nvram| nvram.path.clone())
        }
        _ => None,
    };
    let what = match given {
        given if given & flags::UNDEFINE_NVRAM != 0 => Nvram::Remove,
        given if given & flags::UNDEFINE_KEEP_NVRAM != 0 => Nvram::Keep,
        _ => Nvram::Refuse,
    };
    let disk = Disk::Remove { nvram: path.map(|path| (path, what)) };
    Ok(Work::new(task, disk, Applied::Undefined))
}

fn rename(task: &Task, name: &str, given: u32) -> Result<Work> {
    flags::check(given, 0, "qemuDomainRename")?;
    if name.is_empty() {
        let message = "string new_name in virDomainRename must not be empty";
        return Err(Error::whole("virDomainRename", "new_name", message));
    }
    if task.state.is_active() {
        return Err(Error::invalid("cannot rename active domain"));
    }
    if !task.state.persistent {
        return Err(Error::invalid("cannot rename a transient domain"));
    }
    check_name(name)?;
    let mut domain = Domain::clone(&*stored(task)?);
    let name: Arc<str> = name.into();
    task.context.ledger().claim_name(task.shared.uuid, &name)?;
    domain.name = name.to_string();
    let document = document(domain);
    let disk = Disk::Write(Arc::clone(&document));
    Ok(Work::new(task, disk, Applied::Renamed { name, document }))
}

/// Refuses a name that cannot stand in a document.
pub(crate) fn check_name(name: &str) -> Result<()> {
    if name.contains('/') {
        let message = format!("name {name} cannot contain '/'");
        return Err(Error::new(Kind::XmlError, message));
    }
    if name.chars().any(|letter| letter == '\n' || letter.is_control()) {
        return Err(Error::new(Kind::XmlError, format!("name {name:?} cannot contain '\\n'")));
    }
    if name == "." || name == ".." || name.len() > 255 {
        return Err(Error::new(Kind::XmlError, format!("invalid domain name '{name}'")));
    }
    Ok(())
}

fn metadata_change(task: &Task, change: &Metadata, given: u32) -> Result<Work> {
    let function = "virDomainSetMetadata";
    flags::check(given, 3, "qemuDomainSetMetadata")?;
    let kind = metadata_kind(change.kind)?;
    if kind == MetadataKind::Title && change.text.as_deref().is_some_and(|text| text.contains('\n'))
    {
        return Err(Error::whole(function, "metadata", "metadata title can't contain newlines"));
    }
    if kind == MetadataKind::Element {
        if change.uri.is_none() {
            let message = "uri in virDomainSetMetadata must not be NULL";
            return Err(Error::whole(function, "uri", message));
        }
        if change.text.is_some() && change.key.is_none() {
            let message = "key in virDomainSetMetadata must not be NULL";
            return Err(Error::whole(function, "key", message));
        }
    }
    let (live, config) = impact(task, given)?;
    let with = |domain: &Domain| {
        let (text, key, uri) =
            (change.text.as_deref(), change.key.as_deref(), change.uri.as_deref());
        domain
            .with_metadata(kind, text, key, uri)
            .map_err(|faults| crate::document::faults(&faults))
    };
    let live = match live {
        true => {
            let mut live = Live::clone(&*running(task)?);
            live.domain = with(&live.domain)?;
            Some(Box::new(live))
        }
        false => None,
    };
    let said = vec![EventKind::MetadataChange { kind: change.kind, uri: change.uri.clone() }];
    if !config {
        return Ok(Work::new(task, Disk::Nothing, Applied::Live { live, said }));
    }
    let document = document(with(&*stored(task)?)?);
    let disk = Disk::Write(Arc::clone(&document));
    Ok(Work::new(task, disk, Applied::Document { document, said, live }))
}

/// virDomainMetadataType.
pub(crate) fn metadata_kind(kind: i32) -> Result<MetadataKind> {
    match kind {
        0 => Ok(MetadataKind::Description),
        1 => Ok(MetadataKind::Title),
        2 => Ok(MetadataKind::Element),
        _ => {
            Err(Error::argument(format!("unknown metadata type '{kind}'"))
                .from_origin(Origin::Domain))
        }
    }
}

fn memory(task: &Task, kib: u64, given: u32) -> Result<Work> {
    flags::check(given, 7, "qemuDomainSetMemoryFlags")?;
    if kib == 0 {
        let message = "memory in virDomainSetMemoryFlags must not be zero";
        return Err(Error::whole("virDomainSetMemoryFlags", "memory", message));
    }
    let (live, config) = impact(task, given)?;
    let maximum = given & flags::MAXIMUM != 0;
    if maximum && live {
        return Err(Error::invalid("cannot resize the maximum memory on an active domain"));
    }
    let too_much = || Error::argument("cannot set memory higher than max memory");
    let mut order = None;
    if live {
        let run = task.run.as_ref().ok_or_else(Error::not_running)?;
        let live = running(task)?;
        if kib > live.domain.memory.size.0 {
            return Err(too_much());
        }
        let bytes = kib.checked_mul(1024).ok_or_else(too_much)?;
        order = Some((run.connection.monitor.clone(), Told::Balloon { bytes }));
    }
    let nothing = Applied::Live { live: None, said: Vec::new() };
    let mut work = Work::new(task, Disk::Nothing, nothing);
    if config {
        let mut domain = Domain::clone(&*stored(task)?);
        if maximum {
            domain.memory.size.0 = kib;
            domain.current_memory.0 = domain.current_memory.0.min(kib);
        } else if kib > domain.memory.size.0 {
            return Err(too_much());
        } else {
            domain.current_memory.0 = kib;
        }
        work = of_document(task, domain);
    }
    work.order = order;
    Ok(work)
}

fn of_document(task: &Task, domain: Domain) -> Work {
    let document = document(domain);
    let disk = Disk::Write(Arc::clone(&document));
    Work::new(task, disk, Applied::Document { document, said: Vec::new(), live: None })
}

fn vcpus(task: &Task, count: u32, given: u32) -> Result<Work> {
    flags::check(given, 0x1f, "qemuDomainSetVcpusFlags")?;
    if count == 0 {
        let message = "nvcpus in virDomainSetVcpusFlags must not be zero";
        return Err(Error::whole("virDomainSetVcpusFlags", "nvcpus", message));
    }
    let (live, config) = impact(task, given)?;
    let maximum = given & flags::MAXIMUM != 0;
    if given & flags::VCPU_GUEST != 0 {
        return Err(Error::new(Kind::ArgumentUnsupported, "QEMU guest agent is not configured"));
    }
    if maximum && live {
        return Err(Error::invalid("maximum vcpu count of a live domain can't be modified"));
    }
    let too_many = |which: &str, most: u32| {
        Error::argument(format!(
            "requested vcpus is greater than max allowable vcpus for the {which} domain: {count} > {most}"
        ))
    };
    if live {
        let domain = &running(task)?.domain;
        if count > domain.vcpu.count {
            return Err(too_many("live", domain.vcpu.count));
        }
        if count != domain.vcpu.at_start() {
            return Err(Error::unsupported(
                "changing the number of vCPUs of a running domain is not supported by stead yet",
            ));
        }
    }
    if !config {
        let nothing = Applied::Live { live: None, said: Vec::new() };
        return Ok(Work::new(task, Disk::Nothing, nothing));
    }
    let mut domain = Domain::clone(&*stored(task)?);
    if maximum {
        if let Some(topology) = domain.cpu.as_ref().and_then(crate::read::topology_vcpus)
            && topology != count
        {
            return Err(Error::argument("CPU topology doesn't match the desired vcpu count"));
        }
        let current = domain.vcpu.at_start();
        domain.vcpu.count = count;
        domain.vcpu.current = (current < count).then_some(current);
    } else {
        let most = domain.vcpu.count;
        if count > most {
            return Err(too_many("persistent", most));
        }
        domain.vcpu.current = (count < most).then_some(count);
    }
    Ok(of_document(task, domain))
}

fn memory_period(task: &Task, seconds: i32, given: u32) -> Result<Work> {
    flags::check(given, 3, "qemuDomainSetMemoryStatsPeriod")?;
    let period = u32::try_from(seconds).map_err(|_| {
        let message = "period in virDomainSetMemoryStatsPeriod must be zero or greater";
        Error::whole("virDomainSetMemoryStatsPeriod", "period", message)
    })?;
    let (live, config) = impact(task, given)?;
    let no_balloon =
        || Error::invalid("No memory balloon device configured, can not set the collection period");
    let set = |domain: &Domain| -> Result<Domain> {
        let mut domain = domain.clone();
        let balloon = domain.devices.memballoon.as_mut().ok_or_else(no_balloon)?;
        balloon.stats_period_seconds = (period > 0).then_some(period);
        Ok(domain)
    };
    let mut order = None;
    let live = match live {
        true => {
            let run = task.run.as_ref().ok_or_else(Error::not_running)?;
            let mut live = Live::clone(&*running(task)?);
            live.domain = set(&live.domain)?;
            let alias = live.domain.devices.memballoon.as_ref().and_then(|b| b.alias.clone());
            let path =
                format!("/machine/peripheral/{}", alias.unwrap_or_else(|| "balloon0".into()));
            order = Some((run.connection.monitor.clone(), Told::Period { path, seconds }));
            Some(Box::new(live))
        }
        false => None,
    };
    let mut work = match config {
        true => {
            let document = document(set(&*stored(task)?)?);
            let disk = Disk::Write(Arc::clone(&document));
            Work::new(task, disk, Applied::Document { document, said: Vec::new(), live })
        }
        false => Work::new(task, Disk::Nothing, Applied::Live { live, said: Vec::new() }),
    };
    work.order = order;
    Ok(work)
}

/// Makes a kept change so: published, then announced.
pub(crate) fn apply(task: &mut Task, applied: Applied) -> Result<()> {
    let mut said = Vec::new();
    match applied {
        Applied::Document { document, said: events, live } => {
            task.inactive = Some(document);
            task.updated = task.state.is_active();
            set_live(task, live);
            said = events;
        }
        Applied::Defined { name, document, said: events } => {
            task.name = name;
            task.inactive = Some(document);
            task.broken = None;
            task.was_stored = true;
            let was = task.state.persistent;
            task.input(Input::Ask(Request::Define));
            task.updated = task.state.is_active() && was;
            said = events;
        }
        Applied::Live { live, said: events } => {
            set_live(task, live);
            said = events;
        }
        Applied::Autostart(autostart) => task.autostart = autostart,
        Applied::Undefined => {
            task.autostart = false;
            task.input(Input::Ask(Request::Undefine));
            return Ok(());
        }
        Applied::Renamed { name, document } => {
            task.publish();
            task.announce(EventKind::Lifecycle(Lifecycle::Undefined(1)));
            task.context.rename(task.shared.uuid, &task.name, &name);
            task.name = name;
            task.inactive = Some(document);
            said.push(EventKind::Lifecycle(Lifecycle::Defined(2)));
        }
    }
    task.publish();
    said.into_iter().for_each(|kind| task.announce(kind));
    Ok(())
}

fn set_live(task: &mut Task, live: Option<Box<Live>>) {
    let still = matches!(task.state.phase, Phase::Active(_));
    if let (Some(live), Some(run), true) = (live, &mut task.run, still) {
        run.set_live(*live);
        task.save();
    }
}
