//! What is written down of a running machine for the next daemon, in `run/UUID/status`, beside its live document.

use serde::{Deserialize, Serialize};
use stead_host::process::Identity;

use crate::held::Held;
use crate::machine::{Outcome, Phase, State};

/// Of this record; fields are only ever added, with a default.
pub(crate) const VERSION: u32 = 1;

/// A running machine, or one that is being made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    /// [`VERSION`] of the daemon that wrote it.
    pub(crate) version: u32,
    /// The machine's name.
    pub(crate) name: String,
    /// Its number.
    pub(crate) id: i32,
    /// Where in its life it is.
    pub(crate) state: State,
    /// QEMU's process, once there is one.
    #[serde(default)]
    pub(crate) process: Option<Identity>,
    /// What it holds, in the order in which it was taken; written down before it is taken.
    #[serde(default)]
    pub(crate) held: Vec<Held>,
    /// Whether it ends with a connection: those of a former daemon are all gone.
    #[serde(default)]
    pub(crate) owned: bool,
    /// What QEMU said beyond the document.
    #[serde(default)]
    pub(crate) live: stead_qemu::refresh::Record,
    /// What a person should know: virDomainMessageType and text.
    #[serde(default)]
    pub(crate) messages: Vec<(u32, String)>,
    /// What it was started with: whatever is found without a document.
    #[serde(default)]
    pub(crate) binary: String,
}

/// What a record says is to be done by whoever reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    /// The start was cut short: undo it.
    Undo,
    /// It runs: take it over.
    Keep,
    /// It was being ended: end it.
    End(Outcome),
}

impl Record {
    /// What is to be done.
    pub(crate) fn intent(&self) -> Intent {
        match self.state.phase {
            Phase::Starting { .. } | Phase::Aborting { .. } => Intent::Undo,
            Phase::Stopping { outcome, .. } | Phase::Cleaning { outcome, .. } => {
                Intent::End(outcome)
            }
            _ if self.owned => Intent::End(Outcome::Destroyed),
            _ => Intent::Keep,
        }
    }
}
