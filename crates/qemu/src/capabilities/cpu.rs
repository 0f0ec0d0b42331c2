//! CPUs in `domcapabilities` (`reference/cpu.md` 2.6).

use stead_config::capabilities::{CustomModel, HostModel, Mode, Modes};
use stead_config::domain::cpu::CpuMode;
use stead_cpu::{Catalog, Fallback, Policy};
use stead_facts::Host;

use super::domain::Subject;
use crate::abilities::{Abilities, Acceleration, Accelerator, Usable, spelling};
use crate::cpu::{is_native, supports_mode};

pub(super) fn modes(
    subject: Subject<'_>,
    acceleration: &Acceleration,
    host: &Host,
    catalog: &Catalog,
) -> Modes {
    let native = is_native(&subject.abilities.arch, &host.arch);
    let supported = |mode| supports_mode(acceleration, subject.host_cpus, mode, native);
    let mode = |mode, migratable: Vec<&str>| Mode {
        supported: supported(mode),
        migratable: migratable.into_iter().map(str::to_owned).collect(),
    };
    Modes {
        host_passthrough: mode(CpuMode::HostPassthrough, migratable(subject.abilities)),
        maximum: mode(CpuMode::Maximum, vec!["on", "off"]),
        host_model: supported(CpuMode::HostModel)
            .then(|| host_model(subject, acceleration, host))
            .flatten(),
        custom: custom(acceleration, catalog),
    }
}

/// Whether QEMU can keep what cannot move out of the host's CPU.
fn migratable(abilities: &Abilities) -> Vec<&'static str> {
    if abilities.has_object_property("max-x86_64-cpu", "migratable") {
        vec!["on", "off"]
    } else {
        vec!["off"]
    }
}

fn host_model(subject: Subject<'_>, acceleration: &Acceleration, host: &Host) -> Option<HostModel> {
    let mut reported = subject.host_cpus.reported.clone()?;
    if subject.disable_deprecated_features {
        for name in acceleration.deprecated_features.iter().flatten() {
            reported.set(spelling::libvirt(name), Policy::Disable);
        }
    }
    let accelerated = subject.accelerator != Accelerator::Tcg;
    Some(HostModel {
        fallback: match reported.fallback {
            Fallback::Allow => "allow",
            Fallback::Forbid => "forbid",
        },
        model: reported.model?,
        vendor: reported.vendor,
        phys_addr_limit: host.cpuid.physical_address_bits().filter(|_| accelerated),
        features: reported
            .features
            .into_iter()
            .map(|listed| (policy(listed.policy), listed.name))
            .collect(),
    })
}

const fn policy(policy: Policy) -> &'static str {
    match policy {
        Policy::Force => "force",
        Policy::Require => "require",
        Policy::Optional => "optional",
        Policy::Disable => "disable",
        Policy::Forbid => "forbid",
    }
}

fn custom(acceleration: &Acceleration, catalog: &Catalog) -> Vec<CustomModel> {
    let mut models: Vec<CustomModel> = acceleration
        .cpus
        .iter()
        .filter(|cpu| cpu.name != "host")
        .filter_map(|cpu| {
            let model = catalog.model(&cpu.name)?;
            let mut blockers = cpu.blockers.clone();
            blockers.sort();
            blockers.dedup();
            Some(CustomModel {
                usable: match cpu.usable {
                    Usable::Unknown => "unknown",
                    Usable::Yes => "yes",
                    Usable::No => "no",
                },
                deprecated: cpu.deprecated,
                vendor: model
                    .vendor
                    .map_or("unknown", |vendor| catalog.vendor_name(vendor))
                    .to_owned(),
                canonical: model.canonical.clone(),
                name: cpu.name.clone(),
                blockers,
            })
        })
        .collect();
    models.sort_by(|left, right| left.name.cmp(&right.name));
    models
}
