//! What a monitor says: the greeting, and the answer to one command.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::link::Id;

/// The first line of a monitor: who it is and what it can do.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Greeting {
    /// The version of QEMU.
    pub version: QemuVersion,
    /// Optional abilities of the monitor, such as `oob`.
    #[serde(default)]
    pub capabilities: Vec<String>,
}

/// A QEMU's version and the distributor's name of the package.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QemuVersion {
    /// Major, minor, micro.
    pub qemu: VersionTriple,
    /// What the distributor calls it; empty when built from source.
    #[serde(default)]
    pub package: String,
}

/// Major, minor and micro number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VersionTriple {
    /// As the 10 of 10.0.2.
    pub major: u32,
    /// As the 0 of 10.0.2.
    pub minor: u32,
    /// As the 2 of 10.0.2.
    pub micro: u32,
}

/// The answer to one command.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The command's id; absent when QEMU could not read the command far enough to find it.
    pub id: Option<Id>,
    /// The text of `return`, or QEMU's refusal.
    pub outcome: Result<Box<RawValue>, QemuError>,
    /// The whole line as it came, without the line's end, when a client wrote the command and wants to see it; else
    /// empty.
    pub line: String,
}

impl Reply {
    /// The outcome as the type that the command promises.
    ///
    /// # Errors
    /// The inner one is QEMU's own refusal; the outer one says why the text is not a `T`.
    pub fn read<T: DeserializeOwned>(&self) -> Result<Result<T, QemuError>, serde_json::Error> {
        match &self.outcome {
            Ok(text) => serde_json::from_str(text.get()).map(Ok),
            Err(error) => Ok(Err(error.clone())),
        }
    }
}

/// A command that QEMU refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{desc}")]
pub struct QemuError {
    /// The machine-readable class; nearly always [`ErrorClass::GenericError`].
    pub class: ErrorClass,
    /// QEMU's words for people.
    pub desc: String,
}

/// The classes of QEMU's errors (`qapi/error.json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ErrorClass {
    /// Anything without a class of its own.
    GenericError,
    /// No such command, or not in this phase.
    CommandNotFound,
    /// The device does not respond (to an unplug request, for one).
    DeviceNotActive,
    /// No such device.
    DeviceNotFound,
    /// KVM lacks what the command needs.
    KVMMissingCap,
    /// A class that this table does not know.
    #[serde(untagged)]
    Other(String),
}
