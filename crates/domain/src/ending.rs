//! Ending a QEMU, and giving back what it held.
//!
//! SIGTERM first: QEMU then closes its images. One that does not even say that it heard (its main loop hangs, or it is
//! stopped) is killed soon; one that is busy closing gets the time that libvirt gives it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use stead_host::process::{Delivery, Process, Signal};
use tokio::sync::{mpsc, oneshot};

use crate::command::{Message, Report};
use crate::context::Context;
use crate::held::Held;
use crate::record::Record;
use crate::run::{Run, end_of};
use crate::{Error, Uuid, lane};

/// How long a QEMU may take to say that it heard the signal.
const HEAR: Duration = Duration::from_millis(1500);
/// How long a QEMU that heard may take.
const CLOSE: Duration = Duration::from_secs(10);
/// How long a QEMU may take to die of SIGKILL before it is reported as stuck in the kernel.
const DIE: Duration = Duration::from_secs(15);
/// How often it is looked at whether it stands still.
const LOOK: Duration = Duration::from_millis(100);

/// Ends a QEMU; its end is reported by whoever watches it.
pub(crate) fn end(
    context: &Arc<Context>,
    uuid: Uuid,
    run: &Run,
    record: Record,
    graceful: bool,
    mailbox: mpsc::Sender<Box<Message>>,
) {
    // The intent is written down first: a successor carries it on.
    let written = run.saver.save(context, uuid, record, Arc::clone(&run.live));
    let connection = Arc::clone(&run.connection);
    tokio::spawn(async move {
        // A record that cannot be written must not keep a machine alive.
        let _written = tokio::time::timeout(Duration::from_secs(1), written).await;
        let process = &connection.process;
        let error = match process.signal(Signal::TERM) {
            Ok(Delivery::Ended) => return,
            Ok(Delivery::Sent) if graceful => match ends(process, CLOSE, || false).await {
                true => return,
                false => {
                    let pid = process.pid();
                    Error::new(
                        crate::Kind::SystemError,
                        format!(
                            "Failed to terminate process {pid} with SIGTERM: Device or resource busy"
                        ),
                    )
                }
            },
            Ok(Delivery::Sent) => {
                let began = Instant::now();
                let hangs = || {
                    stands_still(process.pid())
                        || began.elapsed() >= HEAR && !connection.heard_shutdown()
                };
                if ends(process, CLOSE, hangs).await {
                    return;
                }
                tracing::warn!(pid = process.pid(), "QEMU does not end: it is killed");
                match process.signal(Signal::KILL) {
                    Ok(_) if ends(process, DIE, || false).await => return,
                    Ok(_) => Error::new(
                        crate::Kind::OperationFailed,
                        format!(
                            "process {} does not die of SIGKILL: the kernel holds it",
                            process.pid()
                        ),
                    ),
                    Err(error) => crate::held::host(error),
                }
            }
            Err(error) => crate::held::host(error),
        };
        let report = Report::Survived(error);
        let _gone = mailbox.send(Box::new(Message::Report(report))).await;
    });
}

/// Whether a process ends within so long, unless `hopeless` says that it will not.
async fn ends(process: &Process, within: Duration, hopeless: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + within;
    // The first look comes early: most QEMUs end within milliseconds.
    let mut look = Duration::from_millis(20);
    loop {
        match tokio::time::timeout(look, end_of(process)).await {
            Ok(_) => return true,
            Err(_) if Instant::now() >= deadline || hopeless() => return false,
            Err(_) => look = LOOK,
        }
    }
}

/// Whether a process is stopped (SIGSTOP) or traced: it would not hear SIGTERM.
fn stands_still(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    matches!(state, Some('T' | 't'))
}

/// Gives back what a QEMU held, off the runtime.
pub(crate) fn clean(
    context: &Arc<Context>,
    uuid: Uuid,
    held: Vec<Held>,
    written: Option<oneshot::Receiver<()>>,
    mailbox: mpsc::Sender<Box<Message>>,
) {
    let context = Arc::clone(context);
    tokio::spawn(async move {
        if let Some(written) = written {
            let _idle = written.await;
        }
        lane::run(move || undo(&context, &uuid, &held)).await;
        let _gone = mailbox.send(Box::new(Message::Report(Report::Cleaned))).await;
    });
}

/// Gives back what a machine holds, the last first, and forgets its record. What cannot be given back is logged: an
/// end is never held up by it.
pub(crate) fn undo(context: &Context, uuid: &Uuid, held: &[Held]) {
    for thing in held.iter().rev() {
        if let Err(error) = thing.give_back(context) {
            tracing::warn!(%uuid, ?thing, %error, "cannot give back");
        }
    }
    let free = context.owners().release(*uuid);
    for claim in free {
        if let Err(error) = claim.undo() {
            tracing::warn!(%uuid, path = %claim.path.display(), %error, "cannot give an image back");
        }
    }
    context.remove_cgroup(*uuid);
    if let Err(error) = context.status.remove(*uuid) {
        tracing::warn!(%uuid, %error, "cannot remove the machine's record");
    }
}
