//! What is asked of a machine's task, and what its children report to it.

use std::sync::Arc;

use stead_host::process::{Exit, Found};
use stead_qmp::command::RunState;
use tokio::sync::oneshot;

use crate::change::{Change, Kept};
use crate::launch::Launched;
use crate::machine::Order;
use crate::{Document, Error, Owner, Result};

/// Where the answer goes; whoever asked may have left.
#[derive(Debug)]
pub(crate) struct Reply<T>(pub(crate) oneshot::Sender<Result<T>>);

impl<T> Reply<T> {
    pub(crate) fn send(self, answer: Result<T>) {
        let _left = self.0.send(answer);
    }
}

/// What comes to a machine's task.
#[derive(Debug)]
pub(crate) enum Message {
    /// Somebody asks.
    Ask(Command),
    /// A child reports.
    Report(Report),
}

/// A request to a machine's task.
#[derive(Debug)]
pub(crate) enum Command {
    /// Make a QEMU.
    Start { document: Option<Arc<Document>>, flags: u32, owner: Owner, reply: Reply<()> },
    /// Stop the CPUs.
    Suspend { reply: Reply<()> },
    /// Let the CPUs run.
    Resume { reply: Reply<()> },
    /// Press the power button.
    Shutdown { flags: u32, reply: Reply<()> },
    /// Press the power button, and start again.
    Reboot { flags: u32, reply: Reply<()> },
    /// Reset at once.
    Reset { flags: u32, reply: Reply<()> },
    /// End QEMU.
    Destroy { flags: u32, reply: Reply<()> },
    /// A connection is gone.
    Disconnect { owner: Owner },
    /// Change what is stored of the machine.
    Change(Change, Reply<()>),
    /// Write down what a successor must know.
    Flush { reply: Reply<()> },
}

/// What a child reports to its machine's task.
#[derive(Debug)]
pub(crate) enum Report {
    /// A start ended.
    Launched(Box<Result<Launched>>),
    /// QEMU was told something.
    Told(Order, Result<()>),
    /// A change is on disk, or not.
    Kept(Box<Kept>),
    /// QEMU said something.
    Heard(Box<stead_qmp::Event>),
    /// QEMU's process ended.
    Exited(Exit),
    /// All that QEMU said has been read.
    Drained,
    /// QEMU did not end when it was asked to.
    Survived(Error),
    /// What QEMU held is given back.
    Cleaned,
    /// A former daemon's QEMU answers, or does not.
    Adopted(Box<Result<crate::adopt::Known>>),
    /// Some request may have waited for too long.
    Waited,
    /// QEMU was asked what its guest does.
    Seen(RunState),
    /// A QEMU of this machine was found, of which no record tells.
    Orphan(Box<Found>),
    /// All QEMUs that are there have been found.
    Scanned,
}

impl Command {
    /// Answers with an error.
    pub(crate) fn refuse(self, error: Error) {
        match self {
            Self::Start { reply, .. }
            | Self::Suspend { reply }
            | Self::Resume { reply }
            | Self::Shutdown { reply, .. }
            | Self::Reboot { reply, .. }
            | Self::Reset { reply, .. }
            | Self::Destroy { reply, .. }
            | Self::Flush { reply }
            | Self::Change(_, reply) => reply.send(Err(error)),
            Self::Disconnect { .. } => {}
        }
    }
}
