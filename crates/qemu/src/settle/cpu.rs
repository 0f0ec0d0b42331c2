//! The CPU of a document that leaves it open, as libvirt fills it in.

use stead_config::Domain;
use stead_config::domain::cpu::CpuMode;
use stead_values::OnOff;

use super::accelerator;
use crate::abilities::Abilities;
use crate::cpu::{default_check, default_cpu};

/// Default model, what is checked, whether it can migrate.
pub(super) fn defaults(domain: &mut Domain, abilities: &Abilities) {
    let accelerator = accelerator(domain);
    let open = domain.cpu.as_ref().is_none_or(|cpu| {
        matches!(cpu.mode, None | Some(CpuMode::Custom))
            && cpu.model.as_ref().is_none_or(|model| model.name.is_none())
    });
    if open {
        let machine = domain.os.kind.machine.as_deref().unwrap_or_default();
        let Some(default) = default_cpu(abilities, accelerator, machine) else { return };
        let cpu = domain.cpu.get_or_insert_default();
        cpu.mode = default.mode;
        cpu.matching = default.matching;
        cpu.check = default.check;
        cpu.model = default.model;
    }
    let Some(cpu) = &mut domain.cpu else { return };
    if cpu.check.is_none() {
        cpu.check = cpu.mode.map(|mode| default_check(mode, accelerator));
    }
    if cpu.mode == Some(CpuMode::HostPassthrough) {
        cpu.migratable.get_or_insert(OnOff::On);
    }
}
