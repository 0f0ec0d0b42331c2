//! Whether the host can give a CPU, before anything starts (`reference/cpu.md` 2.9).

use stead_cpu::{Catalog, Definition, Fallback, Kind, Policy, Relation, Verdict, compare, expand};

use super::Refusal;
use crate::abilities::{Acceleration, HostCpus, Usable};

/// Refuses a feature that is forbidden and that the host lists.
pub(super) fn forbidden(cpu: &Definition, host: &Definition) -> Result<(), Refusal> {
    for name in cpu.with_policy(Policy::Forbid) {
        if host.policy(name).is_some_and(|policy| policy != Policy::Disable) {
            return Err(Refusal::Incompatible(format!(
                "Host CPU provides forbidden feature '{name}'"
            )));
        }
    }
    Ok(())
}

/// The partial check. `host` is what the old way compares with: the full CPU at a start, the
/// reported one for `hypervisor-cpu-compare`.
pub(super) fn partial(
    catalog: &Catalog,
    cpu: &Definition,
    acceleration: &Acceleration,
    host_cpus: &HostCpus,
    host: Option<&Definition>,
) -> Result<Verdict, stead_cpu::Error> {
    let superset = Verdict { relation: Relation::Superset, reason: None };
    let offered = cpu.model.as_deref().and_then(|name| acceleration.cpu(name));
    let only_disables = cpu.features.iter().all(|listed| listed.policy == Policy::Disable);
    if only_disables && offered.is_some_and(|model| model.usable == Usable::Yes) {
        return Ok(superset);
    }
    let model = cpu.model.as_deref().and_then(|name| catalog.model(name));
    let reported = host_cpus.reported.as_ref();
    let (Some(offered), Some(reported)) =
        (offered, reported.filter(|reported| reported.fallback == Fallback::Forbid))
    else {
        return old_way(catalog, cpu, host);
    };
    if model.is_none_or(|model| model.compat) {
        return old_way(catalog, cpu, host);
    }
    let expanded = expand(catalog, reported)?;
    let blockers = offered
        .blockers
        .iter()
        .map(String::as_str)
        .filter(|name| cpu.policy(name) != Some(Policy::Disable));
    // A host's features ask for nothing.
    let lacking = cpu
        .with_policy(Policy::Require)
        .filter(|_| cpu.kind == Kind::Guest)
        .filter(|name| expanded.policy(name) != Some(Policy::Require));
    let mut names: Vec<&str> = vec![];
    for name in blockers.chain(lacking) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return Ok(superset);
    }
    Ok(Verdict {
        relation: Relation::Incompatible,
        reason: Some(format!("Host CPU does not provide required features: {}", names.join(", "))),
    })
}

fn old_way(
    catalog: &Catalog,
    cpu: &Definition,
    host: Option<&Definition>,
) -> Result<Verdict, stead_cpu::Error> {
    match host {
        Some(host) => compare(catalog, host, cpu),
        None => Ok(Verdict {
            relation: Relation::Incompatible,
            reason: Some("unknown host CPU".to_owned()),
        }),
    }
}
