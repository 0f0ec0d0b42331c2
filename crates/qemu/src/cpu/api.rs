//! The CPU questions of clients: text in, answer out.
//!
//! `cpu-compare` and `cpu-baseline` speak of the bare host, the `hypervisor-` variants of what one
//! QEMU can give on it (`reference/cpu.md` 2.9 to 2.11).

use stead_config::capabilities::AnyCpu;
use stead_config::domain::cpu::{AddressWidthMode, Cpu, MaxPhysAddr};
use stead_config::{Class, Faults};
use stead_cpu::{
    Baseline, Catalog, Definition, Fallback, Kind, Relation, Subject, Verdict, decode, expand,
};

use super::{Refusal, check, convert};
use crate::abilities::{Acceleration, HostCpus, NEVER_PASSED};

/// What is asked about CPUs failed: the document is faulty, or the CPU is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The document.
    #[error("{0}")]
    Document(#[from] Faults),
    /// The CPU.
    #[error("{0}")]
    Cpu(#[from] Refusal),
    /// An argument, in libvirt's words.
    #[error("{0}")]
    Argument(String),
}

impl Failure {
    /// libvirt's class of error.
    pub fn class(&self) -> Class {
        match self {
            Self::Document(faults) => faults.0.first().map_or(Class::Xml, |fault| fault.class),
            Self::Cpu(refusal) => refusal.class(),
            Self::Argument(_) => Class::InvalidArgument,
        }
    }
}

impl From<stead_cpu::Error> for Failure {
    fn from(error: stead_cpu::Error) -> Self {
        Self::Cpu(error.into())
    }
}

/// What an incompatible CPU is: an answer, or an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incompatible {
    /// An answer.
    Answer,
    /// An error with the reason.
    Error,
}

/// Whether a baseline lists every feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// The model and what differs.
    Short,
    /// Every feature.
    Expanded,
}

/// Whether a baseline may hold what cannot move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moves {
    /// Anything.
    Any,
    /// Only what can move.
    Migratable,
}

/// The host's own CPU as `capabilities` shows it; none when no model fits.
pub fn host_definition(catalog: &Catalog, dump: &stead_cpu::Dump) -> Option<Definition> {
    let subject = Subject::of(catalog, dump);
    decode(catalog, &subject, Kind::Host, stead_cpu::Choice::default()).ok()
}

/// Reads a `<cpu>`.
///
/// # Errors
/// Its faults.
pub fn read_any(text: &str) -> Result<Definition, Failure> {
    Ok(convert::definition_of_any(&AnyCpu::parse(text)?))
}

/// `cpu-compare`: a CPU with the bare host's.
///
/// # Errors
/// Faulty documents, unknown names; incompatibility if so asked.
pub fn compare(
    catalog: &Catalog,
    host: &Definition,
    text: &str,
    incompatible: Incompatible,
) -> Result<Relation, Failure> {
    let cpu = read_any(text)?;
    answer(stead_cpu::compare(catalog, host, &cpu)?, incompatible)
}

/// `hypervisor-cpu-compare`: a CPU with what QEMU can give.
///
/// # Errors
/// As [`compare`]; a QEMU that does not say what it can give.
pub fn hypervisor_compare(
    catalog: &Catalog,
    acceleration: &Acceleration,
    host_cpus: &HostCpus,
    binary: &str,
    text: &str,
    incompatible: Incompatible,
) -> Result<Relation, Failure> {
    let reported = host_cpus
        .reported
        .as_ref()
        .filter(|reported| reported.fallback == Fallback::Forbid)
        .ok_or_else(|| {
            Refusal::Unsupported(format!(
                "QEMU '{binary}' does not support reporting CPU model for virttype '{}'",
                acceleration.accelerator.domain_type()
            ))
        })?;
    let cpu = read_any(text)?;
    answer(check::partial(catalog, &cpu, acceleration, host_cpus, Some(reported))?, incompatible)
}

fn answer(verdict: Verdict, incompatible: Incompatible) -> Result<Relation, Failure> {
    match verdict.reason {
        Some(reason) if incompatible == Incompatible::Error => {
            Err(Refusal::Incompatible(reason).into())
        }
        _ => Ok(verdict.relation),
    }
}

/// `cpu-baseline`: the largest CPU that all of these hosts are.
///
/// # Errors
/// Faulty documents, no CPUs, CPUs without model, nothing in common.
pub fn baseline(
    catalog: &Catalog,
    texts: &[impl AsRef<str>],
    listing: Listing,
    moves: Moves,
) -> Result<String, Failure> {
    let cpus = read_hosts(texts)?;
    let limits = Baseline { migratable_only: moves == Moves::Migratable, ..Baseline::default() };
    let mut found = stead_cpu::baseline(catalog, &definitions(&cpus)?, limits)?;
    found.features.retain(|listed| !NEVER_PASSED.contains(&listed.name.as_str()));
    finish(catalog, found, listing, None)
}

/// `hypervisor-cpu-baseline`: the largest CPU that QEMU can give on all of these hosts.
///
/// # Errors
/// As [`baseline`].
pub fn hypervisor_baseline(
    catalog: &Catalog,
    acceleration: &Acceleration,
    texts: &[impl AsRef<str>],
    listing: Listing,
    moves: Moves,
) -> Result<String, Failure> {
    let mut cpus = vec![];
    for text in texts {
        cpus.push(AnyCpu::parse(text.as_ref())?);
    }
    let migratable_only = moves == Moves::Migratable;
    let offers = acceleration.offers();
    let known = acceleration.host.as_ref().map(|host| host.known(catalog, migratable_only));
    let limits = Baseline {
        offers: (!offers.is_empty()).then_some(&offers),
        known: known.as_ref(),
        // What QEMU knows is without what cannot move already.
        migratable_only: migratable_only && known.is_none(),
    };
    let mut found = stead_cpu::baseline(catalog, &definitions(&cpus)?, limits)?;
    found.fallback = Fallback::Forbid;
    finish(catalog, found, listing, smallest_width(&cpus))
}

fn read_hosts(texts: &[impl AsRef<str>]) -> Result<Vec<AnyCpu>, Failure> {
    let mut cpus = vec![];
    for text in texts {
        cpus.push(AnyCpu::parse_host(text.as_ref())?);
    }
    Ok(cpus)
}

fn definitions(cpus: &[AnyCpu]) -> Result<Vec<Definition>, Failure> {
    if cpus.is_empty() {
        return Err(Failure::Argument("No CPUs given".to_owned()));
    }
    let definitions: Vec<Definition> = cpus.iter().map(convert::definition_of_any).collect();
    if let Some(index) = definitions.iter().position(|cpu| cpu.model.is_none()) {
        return Err(Failure::Argument(format!("no CPU model specified at index {index}")));
    }
    Ok(definitions)
}

/// The smallest limit of passthrough, if every CPU has one.
fn smallest_width(cpus: &[AnyCpu]) -> Option<MaxPhysAddr> {
    let limits: Option<Vec<u32>> = cpus
        .iter()
        .map(|cpu| match cpu {
            AnyCpu::Guest(cpu) => cpu.max_phys_addr.as_ref().and_then(|width| width.limit),
            AnyCpu::Host(_) => None,
        })
        .collect();
    let limit = limits?.into_iter().min()?;
    Some(MaxPhysAddr { mode: AddressWidthMode::Passthrough, bits: None, limit: Some(limit) })
}

fn finish(
    catalog: &Catalog,
    found: Definition,
    listing: Listing,
    width: Option<MaxPhysAddr>,
) -> Result<String, Failure> {
    let found = match listing {
        Listing::Short => found,
        Listing::Expanded => expand(catalog, &found)?,
    };
    let frame = Cpu { max_phys_addr: width, ..Cpu::default() };
    Ok(print(&convert::into_document(&found, &frame)))
}

/// A guest's `<cpu>` as text.
pub fn print(cpu: &Cpu) -> String {
    stead_config::capabilities::print_cpu(cpu)
}

/// `cpu-models`: the names that an architecture has.
pub fn model_names<'a>(catalog: &'a Catalog, arch: &str) -> Option<Vec<&'a str>> {
    matches!(arch, "x86_64" | "i686")
        .then(|| catalog.models().iter().map(|model| model.name.as_str()).collect())
}
