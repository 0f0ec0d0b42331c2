//! The text of `-cpu`.

use stead_config::domain::cpu::{AddressWidthMode, CacheMode, Cpu, CpuMode};
use stead_cpu::{Definition, Mode, Policy};

use crate::abilities::{Acceleration, spelling};

/// Model and features, a part each: what stands before timers, Hyper-V and the like.
pub(super) fn head(
    definition: &Definition,
    document: &Cpu,
    acceleration: &Acceleration,
) -> Vec<String> {
    let mut parts = vec![match definition.mode {
        Mode::HostPassthrough => "host".to_owned(),
        Mode::Maximum => "max".to_owned(),
        Mode::Custom | Mode::HostModel => definition.model.clone().unwrap_or_default(),
    }];
    if let Some(migratable) = document.migratable
        && matches!(definition.mode, Mode::HostPassthrough | Mode::Maximum)
    {
        parts.push(format!("migratable={migratable}"));
    }
    if let Some(vendor) = &definition.vendor_id {
        parts.push(format!("vendor={vendor}"));
    }
    for listed in &definition.features {
        let name = spelling::qemu(&listed.name);
        match listed.policy {
            Policy::Force | Policy::Require => parts.push(format!("{name}=on")),
            Policy::Disable | Policy::Forbid if knows(acceleration, &listed.name) => {
                parts.push(format!("{name}=off"));
            }
            Policy::Disable | Policy::Forbid | Policy::Optional => {}
        }
    }
    parts
}

/// A feature that QEMU has never heard of is off already.
fn knows(acceleration: &Acceleration, name: &str) -> bool {
    acceleration.host.as_ref().is_none_or(|host| host.properties.contains_key(name))
}

/// Caches and the width of addresses: what stands at the end.
pub(super) fn tail(document: &Cpu) -> Vec<String> {
    let mut parts = vec![];
    let whole = matches!(document.mode, Some(CpuMode::HostPassthrough | CpuMode::Maximum));
    if let Some(cache) = &document.cache {
        match cache.mode {
            CacheMode::Emulate => parts.push("l3-cache=on".to_owned()),
            CacheMode::Passthrough => parts.push("host-cache-info=on".to_owned()),
            CacheMode::Disable => {}
        }
        if whole && !matches!(cache.mode, CacheMode::Passthrough) {
            parts.push("host-cache-info=off".to_owned());
        }
        if !matches!(cache.mode, CacheMode::Emulate) {
            parts.push("l3-cache=off".to_owned());
        }
    }
    if let Some(width) = &document.max_phys_addr {
        match width.mode {
            AddressWidthMode::Passthrough => {
                parts.push("host-phys-bits=on".to_owned());
                if let Some(limit) = width.limit {
                    parts.push(format!("host-phys-bits-limit={limit}"));
                }
            }
            AddressWidthMode::Emulate => {
                if let Some(bits) = width.bits.filter(|bits| *bits > 0) {
                    parts.push(format!("phys-bits={bits}"));
                }
            }
        }
    }
    parts
}
