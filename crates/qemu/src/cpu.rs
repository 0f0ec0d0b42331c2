//! Which CPU a guest is given: from what the document asks, on this host, by this QEMU.
//!
//! Three CPUs are kept apart: *asked* (the document), *granted* (what QEMU says it enabled) and
//! *seen* (what a guest reads; not here). [`resolve`] decides before the start, [`calls`] asks QEMU
//! before the vCPUs run, [`verify`] makes the live document of the answers. Everything follows
//! libvirt (`reference/cpu.md` 2.8), except that features which were tried and kill QEMU on this
//! host are left out, with a message.

mod api;
mod argument;
mod check;
mod convert;
mod granted;
mod refusal;
mod resolve;

use stead_config::domain::cpu::{Cpu, CpuCheck, CpuMatch, CpuMode, CpuModel, Fallback};
use stead_cpu::{Catalog, Definition};
use stead_facts::Host;

use crate::abilities::{Abilities, Acceleration, Accelerator, HostCpus};

pub use api::{
    Failure, Incompatible, Listing, Moves, baseline, compare, host_definition, hypervisor_baseline,
    hypervisor_compare, model_names, print, read_any,
};
pub use convert::{definition, definition_of_any, into_document};
pub use granted::{Answers, Inquiry, Verified, calls, more_calls, verify};
pub use refusal::Refusal;
pub use resolve::{Resolved, messages, resolve, updated};
pub(crate) use resolve::{is_native, supports_mode};

/// Where a guest is to run.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// What names mean.
    pub catalog: &'a Catalog,
    /// The binary.
    pub abilities: &'a Abilities,
    /// The accelerator of the domain's type.
    pub acceleration: &'a Acceleration,
    /// The host.
    pub host: &'a Host,
    /// The host's CPU in its three readings, made once for all starts.
    pub host_cpus: &'a HostCpus,
    /// Whether the guest is new or goes on.
    pub origin: Origin,
}

/// Whether a guest is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From power-on.
    Fresh,
    /// Restored or migrated: it must get what it had.
    Continued,
}

/// The CPU of a document that names none: QEMU's default for the machine type.
pub fn default_cpu(abilities: &Abilities, accelerator: Accelerator, machine: &str) -> Option<Cpu> {
    let name = abilities.default_cpu(accelerator, machine)?;
    Some(Cpu {
        mode: Some(CpuMode::Custom),
        matching: Some(CpuMatch::Exact),
        check: Some(CpuCheck::None),
        model: Some(CpuModel {
            fallback: Some(Fallback::Forbid),
            vendor_id: None,
            name: Some(name),
        }),
        ..Cpu::default()
    })
}

/// The text of `-cpu` for a definition that QEMU can take as it is.
pub fn argument(cpu: &Definition, acceleration: &Acceleration) -> String {
    argument::head(cpu, &Cpu::default(), acceleration).join(",")
}

/// How a start is checked when the document leaves it open.
pub fn default_check(mode: CpuMode, accelerator: Accelerator) -> CpuCheck {
    match mode {
        CpuMode::HostPassthrough | CpuMode::Maximum => CpuCheck::None,
        CpuMode::HostModel => CpuCheck::Partial,
        CpuMode::Custom if accelerator == Accelerator::Tcg => CpuCheck::None,
        CpuMode::Custom => CpuCheck::Partial,
    }
}
