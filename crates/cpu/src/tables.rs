//! The tables as rows, and what a row may say.
//!
//! Nothing here is computed: [`crate::Catalog`] expands the rows once.

pub mod features;
pub(crate) mod models;

use crate::bits::FeatureId;
use crate::catalog::{Decode, Sense, Signature};
use crate::cpuid::{Key, Register};

/// One feature: a bit and its names.
#[derive(Debug)]
pub(crate) struct FeatureRow {
    pub(crate) name: &'static str,
    pub(crate) key: Key,
    pub(crate) register: Register,
    pub(crate) bit: u8,
    pub(crate) qemu: &'static [&'static str],
    pub(crate) linux: &'static [&'static str],
    pub(crate) migratable: bool,
    pub(crate) sense: Sense,
}

/// Declares the features: a constant each, and the table of all.
macro_rules! feature_rows {
    ($( $space:ident $at:tt { $(
        $bit:literal $id:ident = $name:literal
        $(qemu $($qemu:literal)+)? $(linux $($linux:literal)+)? $(, $mark:ident)?;
    )* } )*) => {
        #[expect(
            non_camel_case_types,
            clippy::upper_case_acronyms,
            reason = "numbers the rows; seen by nobody"
        )]
        enum Number { $($( $id, )*)* }

        $($(
            #[doc = concat!("`", $name, "`: bit ", $bit, " of ", stringify!($space $at), ".")]
            pub const $id: $crate::bits::FeatureId = $crate::bits::FeatureId(Number::$id as u16);
        )*)*

        pub(crate) static FEATURES: &[$crate::tables::FeatureRow] = &[$($(
            $crate::tables::FeatureRow {
                name: $name,
                key: $crate::tables::key!($space $at),
                register: $crate::tables::register!($space $at),
                bit: $bit,
                qemu: &[$($($qemu),+)?],
                linux: &[$($($linux),+)?],
                migratable: $crate::tables::migratable!($($mark)?),
                sense: $crate::tables::sense!($($mark)?),
            },
        )*)*];
    };
}

macro_rules! key {
    (cpuid($leaf:literal, $subleaf:literal, $register:ident)) => {
        $crate::cpuid::Key::Cpuid { leaf: $leaf, subleaf: $subleaf }
    };
    (msr($index:literal, $register:ident)) => {
        $crate::cpuid::Key::Msr($index)
    };
}

macro_rules! register {
    (cpuid($leaf:literal, $subleaf:literal, $register:ident)) => {
        $crate::cpuid::Register::$register
    };
    (msr($index:literal, $register:ident)) => {
        $crate::cpuid::Register::$register
    };
}

macro_rules! migratable {
    (host_bound) => {
        false
    };
    ($($other:ident)?) => {
        true
    };
}

macro_rules! sense {
    (less_is_better) => {
        $crate::catalog::Sense::LessIsBetter
    };
    ($($other:ident)?) => {
        $crate::catalog::Sense::MoreIsBetter
    };
}

pub(crate) use {feature_rows, key, migratable, register, sense};

/// One model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// The model whose features this one starts from.
    pub(crate) relative: Option<&'static str>,
    /// The model of which this is the canonical, versioned name.
    pub(crate) canonical_of: Option<&'static str>,
    pub(crate) with: &'static [FeatureId],
    pub(crate) without: &'static [FeatureId],
    pub(crate) vendor: Option<&'static str>,
    pub(crate) signatures: &'static [Signature],
    pub(crate) decode: Decode,
    pub(crate) compat: bool,
    pub(crate) added: &'static [FeatureId],
    pub(crate) removed: &'static [FeatureId],
}

impl Row {
    /// A model of its own; without anything.
    pub(crate) const fn new(name: &'static str) -> Self {
        Self {
            name,
            relative: None,
            canonical_of: None,
            with: &[],
            without: &[],
            vendor: None,
            signatures: &[],
            decode: Decode::HostAndGuest,
            compat: false,
            added: &[],
            removed: &[],
        }
    }

    /// The versioned name of a model: the same features, vendor and signatures, found in hosts only.
    pub(crate) const fn version(name: &'static str, of: &'static str) -> Self {
        let mut row = Self::new(name);
        row.canonical_of = Some(of);
        row.decode = Decode::Host;
        row
    }

    /// Starts from another model's features (only its features).
    pub(crate) const fn like(mut self, relative: &'static str) -> Self {
        self.relative = Some(relative);
        self
    }

    pub(crate) const fn with(mut self, features: &'static [FeatureId]) -> Self {
        self.with = features;
        self
    }

    pub(crate) const fn without(mut self, features: &'static [FeatureId]) -> Self {
        self.without = features;
        self
    }

    pub(crate) const fn vendor(mut self, vendor: &'static str) -> Self {
        self.vendor = Some(vendor);
        self
    }

    pub(crate) const fn signatures(mut self, signatures: &'static [Signature]) -> Self {
        self.signatures = signatures;
        self
    }

    /// Never chosen for a guest.
    pub(crate) const fn host_only(mut self) -> Self {
        self.decode = Decode::Host;
        self
    }

    /// Never chosen at all.
    pub(crate) const fn never_decoded(mut self) -> Self {
        self.decode = Decode::Never;
        self
    }

    /// The partial check compares bits instead of asking QEMU.
    pub(crate) const fn compat(mut self) -> Self {
        self.compat = true;
        self
    }

    /// What QEMU has in this model and libvirt's frozen definition has not.
    pub(crate) const fn added(mut self, features: &'static [FeatureId]) -> Self {
        self.added = features;
        self
    }

    /// What QEMU once had in this model and dropped.
    pub(crate) const fn removed(mut self, features: &'static [FeatureId]) -> Self {
        self.removed = features;
        self
    }
}
