//! What became of the host CPU modes when they were started for real.
//!
//! QEMU's expansions say what it would like to enable; a kernel may still refuse to set it, and then
//! QEMU aborts. Starting each mode once, on the host that will run the guests, is the only proof.

use serde::{Deserialize, Serialize};
use stead_cpu::{Bits, Catalog, Key};

/// A mode that is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TriedMode {
    /// `-cpu host`.
    HostPassthrough,
    /// `-cpu max`.
    Maximum,
    /// The model and features that stand for the host.
    HostModel,
}

/// A feature that keeps QEMU from starting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocker {
    /// libvirt's name of the feature.
    pub feature: String,
    /// What QEMU said, one line.
    pub reason: String,
}

/// How a mode does on this host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It starts once the blockers, if any, are left out.
    Starts,
    /// It does not start; what QEMU said last.
    Fails(String),
}

/// The trial of one mode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// The mode.
    pub mode: TriedMode,
    /// How it does.
    pub outcome: Outcome,
    /// What must be left out.
    pub blockers: Vec<Blocker>,
}

/// The feature without whose CPUID bit an MSR does not exist (Intel SDM vol. 4, table 2-2).
pub const fn announcing(msr: u32) -> Option<&'static str> {
    match msr {
        0x10a => Some("arch-capabilities"),
        0xcf => Some("core-capability"),
        0x480..=0x491 => Some("vmx"),
        _ => None,
    }
}

/// Bits of a feature and of everything that only exists with it.
pub(super) fn with_dependents(catalog: &Catalog, name: &str) -> Bits {
    let depends = |key: Key| matches!(key, Key::Msr(index) if announcing(index) == Some(name));
    catalog
        .features()
        .iter()
        .filter(|feature| {
            feature.name == name || feature.places.iter().any(|place| depends(place.key))
        })
        .fold(Bits::EMPTY, |sum, feature| sum.or(&feature.bits))
}
