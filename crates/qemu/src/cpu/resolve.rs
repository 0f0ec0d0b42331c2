//! The decision before a start.

use stead_config::domain::cpu::{Cpu, CpuCheck, CpuMode};
use stead_cpu::{
    Catalog, Check, Definition, Fallback, Kind, Match, Mode, Policy, Relation, Removed, translate,
    update,
};

use stead_values::OnOff;

use super::{Origin, Refusal, Situation, argument, check, convert, default_check};
use crate::abilities::{
    Acceleration, Accelerator, HostCpus, MachineType, NEVER_PASSED, Outcome, TriedMode, spelling,
};

/// The CPU of one start.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// Parts of `-cpu`, to be joined by commas; empty where QEMU's default is to be used. Timers,
    /// Hyper-V, KVM and PMU options come after these.
    pub head: Vec<String>,
    /// The last parts of `-cpu`.
    pub tail: Vec<String>,
    /// The document's CPU as it will be until QEMU has been asked.
    pub cpu: Cpu,
    /// The document's CPU as it was asked for, which a saved state and an edit keep.
    pub asked: Cpu,
    /// What people should know: left-out features and why; passthrough's price.
    pub messages: Vec<String>,
}

/// Decides which CPU a guest is started with.
///
/// # Errors
/// Modes, models and features that this host or this QEMU cannot give.
pub fn resolve(asked: &Cpu, situation: &Situation<'_>) -> Result<Resolved, Refusal> {
    let mut resolved = Resolved {
        head: vec![],
        tail: argument::tail(asked),
        cpu: asked.clone(),
        asked: asked.clone(),
        messages: vec![],
    };
    let mut cpu = convert::definition(asked);
    if cpu.mode == Mode::Custom && cpu.model.is_none() {
        return Ok(resolved);
    }
    require_known(situation.catalog, &cpu)?;
    let acceleration = situation.acceleration;
    let mode = asked.mode.unwrap_or(CpuMode::Custom);
    if !supports(situation, mode) {
        return Err(Refusal::Mode {
            mode: mode.to_string(),
            guest: situation.abilities.arch.clone(),
            domain_type: acceleration.accelerator.domain_type().to_owned(),
            host: situation.host.arch.clone(),
        });
    }
    let check =
        *cpu.check.get_or_insert_with(|| match default_check(mode, acceleration.accelerator) {
            CpuCheck::None => Check::None,
            CpuCheck::Partial => Check::Partial,
            CpuCheck::Full => Check::Full,
        });
    let hosts = situation.host_cpus;
    if check != Check::None
        && let Some(full) = &hosts.full
    {
        check::forbidden(&cpu, full)?;
    }
    match mode {
        CpuMode::HostPassthrough | CpuMode::Maximum => {
            leave_out(&mut cpu, mode, acceleration, &mut resolved.messages);
            if acceleration.accelerator != Accelerator::Tcg {
                resolved.messages.push(format!(
                    "{mode}: the guest sees this host's CPU and can only move to hosts that are alike"
                ));
            }
        }
        CpuMode::HostModel | CpuMode::Custom => {
            if check == Check::Partial {
                demand(situation, &cpu)?;
            }
            if mode == CpuMode::HostModel {
                tell_left_out(mode, acceleration, &mut resolved.messages);
            }
            cpu = fit(&cpu, situation, hosts)?;
        }
    }
    cpu.features.retain(|listed| !NEVER_PASSED.contains(&listed.name.as_str()));
    disable_deprecated(asked, &mut cpu, acceleration)?;
    resolved.head = argument::head(&cpu, asked, acceleration);
    resolved.cpu = convert::into_document(&cpu, asked);
    if cpu.mode == Mode::Custom {
        note_deprecated_model(&cpu, acceleration, &mut resolved.messages);
    }
    Ok(resolved)
}

fn require_known(catalog: &Catalog, cpu: &Definition) -> Result<(), Refusal> {
    for listed in &cpu.features {
        if catalog.feature(&listed.name).is_none() {
            let names = catalog.features().iter().map(|feature| feature.name.as_str());
            let nearest = Catalog::nearest(names, &listed.name);
            return Err(Refusal::UnknownFeature {
                name: listed.name.clone(),
                nearest: nearest.into_iter().map(str::to_owned).collect(),
            });
        }
    }
    Ok(())
}

/// Whether a mode can be used at all; a mode that was tried and does not start cannot.
pub(crate) fn supports(situation: &Situation<'_>, mode: CpuMode) -> bool {
    let acceleration = situation.acceleration;
    supports_mode(
        acceleration,
        situation.host_cpus,
        mode,
        is_native(&situation.abilities.arch, &situation.host.arch),
    )
}

pub(crate) fn is_native(guest: &str, host: &str) -> bool {
    guest == host || guest == "i686" && host == "x86_64"
}

pub(crate) fn supports_mode(
    acceleration: &Acceleration,
    host_cpus: &HostCpus,
    mode: CpuMode,
    native: bool,
) -> bool {
    let starts = |mode| {
        acceleration.trial(mode).is_none_or(|trial| matches!(trial.outcome, Outcome::Starts))
    };
    match mode {
        CpuMode::Custom => !acceleration.cpus.is_empty(),
        CpuMode::HostModel => host_cpus.reported.is_some() && starts(TriedMode::HostModel),
        CpuMode::HostPassthrough => {
            acceleration.accelerator != Accelerator::Tcg
                && native
                && starts(TriedMode::HostPassthrough)
        }
        CpuMode::Maximum => acceleration.cpu("max").is_some() && starts(TriedMode::Maximum),
    }
}

fn demand(situation: &Situation<'_>, cpu: &Definition) -> Result<(), Refusal> {
    let hosts = situation.host_cpus;
    let verdict =
        check::partial(situation.catalog, cpu, situation.acceleration, hosts, hosts.full.as_ref())?;
    match verdict.reason {
        Some(reason) if verdict.relation == Relation::Incompatible => {
            Err(Refusal::Incompatible(reason))
        }
        _ => Ok(()),
    }
}

/// Updates to the host and translates to a model that QEMU has.
fn fit(
    cpu: &Definition,
    situation: &Situation<'_>,
    hosts: &HostCpus,
) -> Result<Definition, Refusal> {
    let needs_host = cpu.mode == Mode::HostModel
        || cpu.matching == Match::Minimum
        || cpu.with_policy(Policy::Optional).next().is_some();
    let removed = match situation.origin {
        Origin::Fresh => Removed::Disable,
        Origin::Continued => Removed::Require,
    };
    let nothing = Definition { kind: Kind::Guest, ..Definition::default() };
    let host = match &hosts.migratable {
        Some(host) => host,
        None if needs_host => {
            return Err(Refusal::Unsupported("unknown host CPU model".to_owned()));
        }
        None => &nothing,
    };
    let updated = update(situation.catalog, cpu, host, removed)?;
    let offers = situation.acceleration.offers();
    let offers = (!offers.is_empty()).then_some(&offers);
    let mut fitted = translate(situation.catalog, &updated, offers)?;
    fitted.fallback = Fallback::Forbid;
    Ok(fitted)
}

/// The CPU that `dumpxml --update-cpu` shows of a machine that does not run.
///
/// # Errors
/// Unknown names.
pub fn updated(asked: &Cpu, catalog: &Catalog, hosts: &HostCpus) -> Result<Cpu, Refusal> {
    let cpu = convert::definition(asked);
    let Some(host) = &hosts.migratable else { return Ok(asked.clone()) };
    if !matches!(cpu.mode, Mode::Custom | Mode::HostModel)
        || cpu.mode == Mode::Custom && cpu.model.is_none()
    {
        return Ok(asked.clone());
    }
    Ok(convert::into_document(&update(catalog, &cpu, host, Removed::Disable)?, asked))
}

/// Disables what was tried and kills QEMU; what the document itself says of a feature stands.
fn leave_out(
    cpu: &mut Definition,
    mode: CpuMode,
    acceleration: &Acceleration,
    messages: &mut Vec<String>,
) {
    let tried = match mode {
        CpuMode::Maximum => TriedMode::Maximum,
        _ => TriedMode::HostPassthrough,
    };
    let Some(trial) = acceleration.trial(tried) else { return };
    for blocker in &trial.blockers {
        if cpu.policy(&blocker.feature).is_none() {
            cpu.set(&blocker.feature, Policy::Disable);
            messages.push(format!(
                "{mode} starts without {}, which ends QEMU on this host: {}",
                blocker.feature, blocker.reason
            ));
        }
    }
}

fn tell_left_out(mode: CpuMode, acceleration: &Acceleration, messages: &mut Vec<String>) {
    let trial = acceleration.trial(TriedMode::HostModel);
    for blocker in trial.iter().flat_map(|trial| &trial.blockers) {
        messages.push(format!(
            "{mode} starts without {}, which ends QEMU on this host: {}",
            blocker.feature, blocker.reason
        ));
    }
}

fn disable_deprecated(
    asked: &Cpu,
    cpu: &mut Definition,
    acceleration: &Acceleration,
) -> Result<(), Refusal> {
    if asked.deprecated_features != Some(OnOff::Off) {
        return Ok(());
    }
    let Some(names) = &acceleration.deprecated_features else {
        return Err(Refusal::Unsupported(
            "toggling deprecated features for CPU model is unsupported".to_owned(),
        ));
    };
    for name in names {
        cpu.set(spelling::libvirt(name), Policy::Disable);
    }
    Ok(())
}

/// What libvirt puts before what QEMU advises against.
const DEPRECATED: &str = "deprecated configuration: ";

/// What people should know of a start, in libvirt's words where libvirt has some: a taint stands
/// before what QEMU advises against.
pub fn messages(resolved: &Resolved, machine: Option<&MachineType>) -> Vec<String> {
    let machine = machine.filter(|machine| machine.deprecated);
    let mut deprecated: Vec<String> = machine
        .map(|machine| format!("{DEPRECATED}machine type '{}'", machine.name))
        .into_iter()
        .collect();
    let (more, mut all): (Vec<_>, Vec<_>) =
        resolved.messages.iter().cloned().partition(|text| text.starts_with(DEPRECATED));
    deprecated.extend(more);
    if !deprecated.is_empty() {
        all.insert(0, "tainted: use of deprecated configuration settings".to_owned());
    }
    all.extend(deprecated);
    all
}

fn note_deprecated_model(
    cpu: &Definition,
    acceleration: &Acceleration,
    messages: &mut Vec<String>,
) {
    let model = cpu.model.as_deref().and_then(|name| acceleration.cpu(name));
    if let Some(model) = model.filter(|model| model.deprecated) {
        messages.push(format!("{DEPRECATED}CPU model '{}'", model.name));
    }
}
