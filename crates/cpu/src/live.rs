//! What QEMU really gave, written into the definition of a running guest.

use crate::bits::Bits;
use crate::catalog::Catalog;
use crate::definition::{Check, Definition, Mode, Policy};
use crate::error::Error;
use crate::expand::{Part, bits_of};
use crate::update::{Removed, append_removed};

/// What QEMU says about a running guest's CPU.
#[derive(Clone, Copy, Debug, Default)]
pub struct Granted {
    /// Enabled.
    pub enabled: Bits,
    /// Asked for and not available.
    pub disabled: Bits,
}

/// Records in a definition what QEMU enabled and filtered (`reference/cpu.md` 2.8, step 9). The
/// caller sets `check` to full afterwards.
///
/// # Errors
/// [`Error::Mismatch`] when the definition's check is full and anything differs.
pub fn update_live(
    catalog: &Catalog,
    cpu: &Definition,
    granted: Granted,
) -> Result<Definition, Error> {
    let passthrough = matches!(cpu.mode, Mode::HostPassthrough | Mode::Maximum);
    let strict = cpu.check == Some(Check::Full);
    let asked = bits_of(catalog, cpu, Part::Whole)?;
    let refused = bits_of(catalog, cpu, Part::With(Policy::Disable))?;
    let added: &[_] = cpu
        .model
        .as_deref()
        .and_then(|name| catalog.model(name))
        .map_or(&[], |model| model.added.as_slice());
    let mut updated = cpu.clone();
    let mut disabled = granted.disabled;
    let mut extra = vec![];
    let mut missing = vec![];
    for (number, feature) in catalog.features().iter().enumerate() {
        let expected = if asked.contains(&feature.bits) {
            Some(Policy::Require)
        } else if !passthrough || refused.contains(&feature.bits) {
            Some(Policy::Disable)
        } else {
            None
        };
        let is_enabled = granted.enabled.contains(&feature.bits);
        let is_disabled = disabled.contains(&feature.bits);
        if is_enabled && is_disabled {
            return Err(Error::Conflicting(feature.name.clone()));
        }
        let exempt =
            cpu.policy(&feature.name).is_none() && added.iter().any(|id| id.index() == number);
        if expected == Some(Policy::Disable) && is_enabled {
            if strict && !exempt {
                extra.push(feature.name.clone());
            } else {
                updated.set(&feature.name, Policy::Require);
            }
        }
        if is_disabled || expected == Some(Policy::Require) && !is_enabled {
            if strict && !exempt {
                missing.push(feature.name.clone());
            } else {
                updated.set(&feature.name, Policy::Disable);
                disabled.remove(&feature.bits);
            }
        }
    }
    append_removed(catalog, &mut updated, Removed::Disable)?;
    if strict && !(extra.is_empty() && missing.is_empty() && disabled.is_empty()) {
        return Err(Error::Mismatch { extra, missing });
    }
    Ok(updated)
}
