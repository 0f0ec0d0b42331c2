//! What is asked of a machine's task.

use tokio::sync::oneshot;

use crate::{Owner, Result, Screenshot};

/// Where the answer goes; whoever asked may have left.
#[derive(Debug)]
pub(crate) struct Reply<T>(pub(crate) oneshot::Sender<Result<T>>);

impl<T> Reply<T> {
    pub(crate) fn send(self, answer: Result<T>) {
        let _left = self.0.send(answer);
    }
}

/// A change of a title, a description or metadata.
#[derive(Clone, Debug)]
pub(crate) struct Metadata {
    pub(crate) kind: i32,
    pub(crate) text: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) uri: Option<String>,
}

/// A request to a machine's task.
#[derive(Debug)]
pub(crate) enum Command {
    Start { flags: u32, owner: Owner, reply: Reply<()> },
    Suspend { reply: Reply<()> },
    Resume { reply: Reply<()> },
    Shutdown { flags: u32, reply: Reply<()> },
    Reboot { flags: u32, reply: Reply<()> },
    Reset { flags: u32, reply: Reply<()> },
    Destroy { flags: u32, reply: Reply<()> },
    Undefine { flags: u32, reply: Reply<()> },
    Rename { name: String, flags: u32, reply: Reply<()> },
    SetAutostart { autostart: bool, reply: Reply<()> },
    SetMetadata { change: Metadata, flags: u32, reply: Reply<()> },
    SetMemory { kib: u64, flags: u32, reply: Reply<()> },
    SetVcpus { count: u32, flags: u32, reply: Reply<()> },
    SetMemoryPeriod { seconds: i32, flags: u32, reply: Reply<()> },
    SendKey { set: u32, hold_ms: u32, codes: Vec<u32>, flags: u32, reply: Reply<()> },
    InjectNmi { flags: u32, reply: Reply<()> },
    Screenshot { screen: u32, flags: u32, reply: Reply<Screenshot> },
    Monitor { command: String, flags: u32, reply: Reply<String> },
}
