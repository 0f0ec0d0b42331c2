//! Whether a host can be, or can run, a CPU.

use crate::catalog::Catalog;
use crate::definition::{Definition, Kind, Match, Policy};
use crate::error::Error;
use crate::expand::{Part, bits_of};

/// How a host stands to a CPU. The numbers are libvirt's on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Relation {
    /// The host cannot be or run it.
    Incompatible = 0,
    /// The host is exactly it.
    Identical = 1,
    /// The host has more.
    Superset = 2,
}

/// A relation, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The relation.
    pub relation: Relation,
    /// libvirt's words for an incompatible one.
    pub reason: Option<String>,
}

impl Verdict {
    fn incompatible(reason: String) -> Self {
        Self { relation: Relation::Incompatible, reason: Some(reason) }
    }
}

/// Compares a CPU with a host's (`reference/cpu.md` 2.10).
///
/// # Errors
/// Unknown models and features, in either.
pub fn compare(catalog: &Catalog, host: &Definition, cpu: &Definition) -> Result<Verdict, Error> {
    if host.model.is_none() {
        return Ok(Verdict::incompatible("unknown host CPU".to_owned()));
    }
    if let Some(arch) = &cpu.arch
        && !matches!(arch.as_str(), "x86_64" | "i686")
    {
        return Ok(Verdict::incompatible(format!("CPU arch {arch} does not match host arch")));
    }
    if let Some(vendor) = &cpu.vendor
        && host.vendor.as_ref() != Some(vendor)
    {
        return Ok(Verdict::incompatible(format!(
            "host CPU vendor does not match required CPU vendor {vendor}"
        )));
    }
    let of_host = bits_of(catalog, host, Part::Whole)?;
    let part = |policy| bits_of(catalog, cpu, Part::With(policy));
    let forced = part(Policy::Force)?;
    let mut required = part(Policy::Require)?;
    let optional = part(Policy::Optional)?;
    let disabled = part(Policy::Disable)?;
    let forbidden = part(Policy::Forbid)?.and(&of_host);
    let list = |bits| catalog.names(bits).join(", ");
    if !forbidden.is_empty() {
        return Ok(Verdict::incompatible(format!(
            "Host CPU provides forbidden features: {}",
            list(&forbidden)
        )));
    }
    for not_needed in [&forced, &optional, &disabled] {
        required.remove(not_needed);
    }
    let lacking = required.without(&of_host);
    if !lacking.is_empty() {
        return Ok(Verdict::incompatible(format!(
            "Host CPU does not provide required features: {}",
            list(&lacking)
        )));
    }
    let rest = of_host.without(&optional).without(&required).without(&disabled).without(&forced);
    if rest.is_empty() {
        return Ok(Verdict { relation: Relation::Identical, reason: None });
    }
    if cpu.kind == Kind::Guest && cpu.matching == Match::Strict {
        return Ok(Verdict::incompatible(format!(
            "Host CPU does not strictly match guest CPU: Extra features: {}",
            list(&rest)
        )));
    }
    Ok(Verdict { relation: Relation::Superset, reason: None })
}
