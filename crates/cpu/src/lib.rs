//! What CPUs can do: features, models, and the algebra on them.
//!
//! Three notions, from raw to named:
//!
//! - a [`Dump`] is what the CPUID instruction and the feature MSRs answered;
//! - [`Bits`] is the set of those bits that a [`Catalog`] knows;
//! - a [`Definition`] is a model's name and the features that differ from it, as documents have it.
//!
//! Everything computes libvirt's answers exactly, quirks included (`reference/cpu.md`, section 2);
//! nothing here reads a host, asks a hypervisor or knows XML.

mod baseline;
mod bits;
mod catalog;
mod compare;
mod cpuid;
mod decode;
mod definition;
mod error;
mod expand;
mod live;
mod tables;
mod update;

pub use baseline::{Baseline, baseline};
pub use bits::{Bits, CAPACITY, FeatureId};
pub use catalog::{
    Catalog, Decode, Feature, Model, ModelId, Place, Sense, Signature, Vendor, VendorId,
};
pub use compare::{Relation, Verdict, compare};
pub use cpuid::{Dump, Identity, Key, Register, Registers};
pub use decode::{Choice, Offer, Offers, Subject, decode};
pub use definition::{Check, Definition, Fallback, Kind, Listed, Match, Mode, Policy};
pub use error::Error;
pub use expand::{Part, bits_of, expand, has_feature};
pub use live::{Granted, update_live};
pub use tables::features;
pub use update::{Removed, append_removed, translate, update};
