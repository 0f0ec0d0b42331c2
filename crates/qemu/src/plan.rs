//! Everything decided for one start of a machine.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use stead_config::{Domain, Faults};

use crate::needs::Grants;

/// How the guest's memory comes to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// From power-on.
    Cold,
    /// From a saved state read through a descriptor (`-incoming fd:N`).
    Restore {
        /// Number in the child.
        descriptor: i32,
    },
    /// From another host (`-incoming defer`).
    Incoming,
}

/// One start of one machine.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The document with aliases, node names, ports and the CPU as they will be.
    pub domain: Domain,
    /// The emulator.
    pub binary: String,
    /// The whole environment of QEMU, in order.
    pub environment: Vec<(String, String)>,
    /// What the shell acquired.
    pub grants: Grants,
    /// How memory comes to be.
    pub origin: Origin,
    /// What people should know about this start (log, `virsh dominfo` messages).
    pub messages: Vec<String>,
}

/// Why a QMP call is made, so that [`crate::refresh`] knows what the reply means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// Leaves negotiation mode.
    Negotiate,
    /// Sets something; the reply says nothing.
    Set,
    /// `query-cpus-fast`.
    Vcpus,
    /// `query-chardev`: paths of ptys.
    Chardevs,
    /// `query-balloon`.
    Balloon,
    /// `query-block`: trays.
    Block,
    /// `query-status`.
    Status,
    /// `query-vnc`: the port in use.
    Vnc,
    /// `qom-get`/`feature-words` for the CPU; understood by [`crate::cpu`].
    Cpu(String),
}

/// A QMP command to send.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Name of the command.
    pub execute: String,
    /// `arguments`, or null for none.
    pub arguments: Value,
    /// What the reply means.
    pub purpose: Purpose,
}

/// Decides one start.
///
/// # Errors
/// Every element that this QEMU or this host cannot serve.
pub fn plan(
    domain: &Domain,
    facts: &stead_facts::Host,
    abilities: &crate::abilities::Abilities,
    settings: &crate::settle::Settings,
    grants: &Grants,
    origin: Origin,
) -> Result<Plan, Faults> {
    let _ = (facts, abilities, settings);
    Ok(Plan {
        domain: domain.clone(),
        binary: String::new(),
        environment: Vec::new(),
        grants: grants.clone(),
        origin,
        messages: Vec::new(),
    })
}

impl Plan {
    /// What to send, in order, before the vCPUs run.
    pub fn calls(&self) -> Vec<Call> {
        Vec::new()
    }
}
