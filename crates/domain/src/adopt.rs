//! A new daemon gets to know the QEMUs that a former one left.
//!
//! What is known from the records is served at once; each QEMU is then asked, all of them at the same time. One whose
//! record is damaged or missing is found by its mark in `/proc`, and taken over with less knowledge: it can be seen and
//! ended. Whatever a former daemon was cut short in is finished or undone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use stead_host::monitor::{IncomingQueue, Monitor};
use stead_host::process::Process;
use stead_qemu::plan::{Call, Purpose};
use stead_qemu::refresh::{Live, News, refresh};
use stead_qmp::command::{QueryStatus, RunState};
use tokio::sync::mpsc;

use crate::command::{Message, Report};
use crate::context::Context;
use crate::held::Held;
use crate::machine::{Input, Phase};
use crate::record::Record;
use crate::run::{Connection, Run, Saver, guest};
use crate::task::Task;
use crate::{Document, Error, Result, Uuid};

/// How long a QEMU may take before it is served by what its record says.
const ANSWER: Duration = Duration::from_secs(1);
/// How long it may take to be served by what it says after all.
const LATE_ANSWER: Duration = Duration::from_secs(3600);

/// A QEMU of a former daemon, as far as it could be asked.
#[derive(Debug)]
pub(crate) struct Known {
    run: Run,
    queue: IncomingQueue,
    /// What its guest does, if it said so.
    state: Option<RunState>,
}

/// Has a QEMU asked, and reports what it says to its machine's task.
pub(crate) fn adopt(
    context: Arc<Context>,
    uuid: Uuid,
    record: Record,
    live: Live,
    process: Process,
    degraded: bool,
    mailbox: mpsc::Sender<Box<Message>>,
) {
    tokio::spawn(async move {
        let record = match degraded {
            true => recover(&context, uuid, record, process.pid()).await,
            false => record,
        };
        let known = ask(&context, uuid, record, live, process, degraded).await;
        let report = Report::Adopted(Box::new(known));
        let _gone = mailbox.send(Box::new(Message::Report(report))).await;
    });
}

/// What the record would have said of what the machine holds: images that were lent to QEMU's user say it too, and the
/// machine's folder bears its name.
async fn recover(context: &Arc<Context>, uuid: Uuid, mut record: Record, pid: u32) -> Record {
    let (context, name) = (Arc::clone(context), record.name.clone());
    let held = crate::lane::run(move || {
        let claims = match &context.credentials {
            Some(credentials) => context.owners().recover(uuid, pid, credentials),
            None => Vec::new(),
        };
        let claims = claims.into_iter().map(Held::Label);
        claims.chain(folders(&context.settings.lib, &name)).collect::<Vec<_>>()
    });
    for thing in held.await.unwrap_or_default() {
        if !record.held.contains(&thing) {
            record.held.push(thing);
        }
    }
    record
}

/// The folders `domain-ID-NAME` of a machine, of any run: it has one at a time. Names that are cut off in it may be
/// another's.
fn folders(lib: &str, name: &str) -> Vec<Held> {
    if name.chars().count() > 20 {
        return Vec::new();
    }
    let entries = std::fs::read_dir(lib).into_iter().flatten().flatten();
    let ours = entries.filter(|entry| {
        let folder = entry.file_name();
        let id = folder.to_str().and_then(|folder| {
            folder.strip_prefix("domain-")?.strip_suffix(name)?.strip_suffix('-')
        });
        id.is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
    });
    ours.map(|entry| Held::Folder { path: entry.path() }).collect()
}

async fn ask(
    context: &Context,
    uuid: Uuid,
    record: Record,
    mut live: Live,
    process: Process,
    degraded: bool,
) -> Result<Known> {
    let path = context.layout.monitor(uuid);
    let (monitor, queue, capable) = match Monitor::connect(&path).await {
        Ok(connected) => connected,
        // It runs and cannot be talked to: it can be seen, and killed.
        Err(error) => {
            tracing::warn!(%uuid, %error, "a former daemon's QEMU does not answer");
            let (ours, _closed) = tokio::net::UnixStream::pair()
                .map_err(|error| Error::system("making a socket", &error))?;
            Monitor::start(ours)
        }
    };
    let status = monitor.send(&QueryStatus {});
    let calls: Vec<Call> = match degraded {
        true => questions(),
        false => Vec::new(),
    };
    let sent: Vec<_> = calls
        .iter()
        .map(|call| (call, monitor.send_named(&call.execute, &call.arguments)))
        .collect();
    let state = match capable.within(ANSWER).await {
        Ok(_) => match status.within(ANSWER).await {
            Ok(status) => Some(status.status),
            Err(_) => None,
        },
        // It hangs or is going: its record is all that is known.
        Err(error) => {
            tracing::warn!(%uuid, %error, "a former daemon's QEMU does not answer");
            None
        }
    };
    if state.is_some() {
        for (call, answer) in sent {
            if let Ok(value) = answer.within(ANSWER).await {
                live = refresh(&live, News::Reply(call, &value));
            }
        }
    }
    let document = Arc::new(Document::live(&live));
    let run = Run {
        connection: Arc::new(Connection {
            monitor,
            process,
            id: record.id,
            live: ArcSwap::from_pointee(live),
            measured: Default::default(),
            shutdown: Default::default(),
        }),
        live: document,
        held: record.held,
        messages: crate::launch::notes(&record.messages),
        binary: record.binary,
        degraded,
        since: Instant::now(),
        exit: None,
        drained: false,
        over: false,
        saver: Saver::default(),
        log_copy: crate::launch::copy_log(context, uuid),
    };
    Ok(Known { run, queue, state })
}

/// What is asked of a QEMU of which nothing is written down.
fn questions() -> Vec<Call> {
    let call = |execute: &str, purpose| Call {
        execute: execute.into(),
        arguments: serde_json::Value::Null,
        purpose,
    };
    vec![
        call("query-cpus-fast", Purpose::Vcpus),
        call("query-chardev", Purpose::Chardevs),
        call("query-balloon", Purpose::Balloon),
    ]
}

/// What the machine's task does with it.
pub(crate) fn adopted(task: &mut Task, known: Known) {
    task.adoption_over();
    let Known { run, queue, state } = known;
    run.watch(queue, task.mailbox_sender());
    if state.is_none() {
        ask_on(run.connection.monitor.clone(), task.mailbox_sender());
    }
    task.leftovers.clear();
    task.found = None;
    task.recorded = None;
    task.run = Some(Box::new(run));
    match task.state.phase {
        Phase::Adopting(shown) => {
            let guest = state.and_then(|state| guest(state, shown)).unwrap_or(shown);
            task.input(Input::Adopted(guest));
            task.save();
        }
        // A former daemon was ending it, or somebody has asked for its end meanwhile.
        _ => task.end_now(),
    }
}

/// Waits for a QEMU that did not answer in time: what it says in the end is taken in.
fn ask_on(monitor: Monitor, mailbox: mpsc::Sender<Box<Message>>) {
    tokio::spawn(async move {
        if let Ok(status) = monitor.execute_within(&QueryStatus {}, LATE_ANSWER).await {
            let report = Report::Seen(status.status);
            let _gone = mailbox.send(Box::new(Message::Report(report))).await;
        }
    });
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn only_a_machines_own_folders_are_found_by_its_name() {
        let lib = tempfile::tempdir().unwrap();
        for folder in ["domain-1-a", "domain-12-a", "domain-3-b-a", "domain--a", "domain-x-a", "a"]
        {
            std::fs::create_dir(lib.path().join(folder)).unwrap();
        }
        let mut found = folders(lib.path().to_str().unwrap(), "a");
        found.sort_by_key(|held| format!("{held:?}"));
        let path = |folder: &str| Held::Folder { path: lib.path().join(folder) };
        assert_eq!(found, [path("domain-1-a"), path("domain-12-a")]);
        assert_eq!(folders(lib.path().to_str().unwrap(), &"a".repeat(21)), []);
    }
}
