//! The catalog: features, models and vendors that every computation looks names up in.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::bits::{Bits, CAPACITY, FeatureId};
use crate::cpuid::{Dump, Identity, Key, Register};
use crate::tables;

/// Which way a feature makes a CPU better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sense {
    /// A CPU that has it can do more.
    MoreIsBetter,
    /// It admits a weakness: a CPU without it is the better one.
    LessIsBetter,
}

/// For what a model may be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decode {
    /// To describe hosts and guests.
    HostAndGuest,
    /// To describe hosts only.
    Host,
    /// To describe guests only.
    Guest,
    /// Never; it can only be named.
    Never,
}

/// A feature.
#[derive(Clone, Debug)]
pub struct Feature {
    /// libvirt's name.
    pub name: String,
    /// The bits, all of which must be set.
    pub bits: Bits,
    /// Where the bits are.
    pub places: Vec<Place>,
    /// QEMU's names where they differ.
    pub qemu: Vec<String>,
    /// Names in /proc/cpuinfo where they differ.
    pub linux: Vec<String>,
    /// Whether a guest that uses it can move to another host.
    pub migratable: bool,
    /// Which way it makes a CPU better.
    pub sense: Sense,
}

/// One bit of one register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The leaf or the MSR.
    pub key: Key,
    /// The register.
    pub register: Register,
    /// 0 to 31.
    pub bit: u8,
}

/// A vendor.
#[derive(Clone, Debug)]
pub struct Vendor {
    /// libvirt's name, such as `AMD`.
    pub name: String,
    /// The twelve characters of CPUID leaf 0.
    pub text: String,
}

/// Number of a vendor in its catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VendorId(pub(crate) u8);

/// Number of a model in its catalog, in map order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ModelId(pub(crate) u16);

/// Family and model that a CPU model stands for, and for which steppings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Family.
    pub family: u16,
    /// Model.
    pub model: u16,
    /// A bit for each stepping from 0 to 15; zero for any.
    pub steppings: u16,
}

impl Signature {
    /// Whatever the stepping.
    pub(crate) const fn any(family: u16, model: u16) -> Self {
        Self { family, model, steppings: 0 }
    }

    /// Only the steppings whose bits are set.
    pub(crate) const fn steppings(family: u16, model: u16, steppings: u16) -> Self {
        Self { family, model, steppings }
    }

    /// Whether a CPU is one of these.
    pub const fn matches(&self, identity: Identity) -> bool {
        self.family as u32 == identity.family
            && self.model as u32 == identity.model
            && (self.steppings == 0 || self.steppings & (1 << (identity.stepping & 0xf)) != 0)
    }

    /// The lowest of these.
    pub const fn identity(&self) -> Identity {
        let stepping = if self.steppings == 0 { 0 } else { self.steppings.trailing_zeros() };
        Identity { family: self.family as u32, model: self.model as u32, stepping }
    }
}

/// A CPU model.
#[derive(Clone, Debug)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// All its features.
    pub bits: Bits,
    /// Whose CPU it is; none for generic models.
    pub vendor: Option<VendorId>,
    /// Which CPUs it describes.
    pub signatures: Vec<Signature>,
    /// For what it may be chosen.
    pub decode: Decode,
    /// Whether the partial check compares bits instead of asking QEMU.
    pub compat: bool,
    /// Features that QEMU has in this model and libvirt's frozen definition has not.
    pub added: Vec<FeatureId>,
    /// Features that QEMU once had in this model and dropped.
    pub removed: Vec<FeatureId>,
    /// The versioned name of the same model.
    pub canonical: Option<String>,
}

/// Features, models and vendors.
#[derive(Debug)]
pub struct Catalog {
    features: Vec<Feature>,
    models: Vec<Model>,
    vendors: Vec<Vendor>,
    feature_names: BTreeMap<String, FeatureId>,
    model_names: BTreeMap<String, ModelId>,
    places: Vec<Place>,
    /// Every feature is one bit and its number is the bit's number.
    one_bit_each: bool,
    host_bound: Bits,
}

/// libvirt's vendors (AMD APM vol. 3, CPUID Fn0000_0000; Intel SDM vol. 2A, CPUID leaf 00H).
const VENDORS: [(&str, &str); 3] =
    [("Intel", "GenuineIntel"), ("AMD", "AuthenticAMD"), ("Hygon", "HygonGenuine")];

impl Catalog {
    /// The x86 catalog of the tables, made at the first use.
    pub fn builtin() -> &'static Self {
        static BUILTIN: LazyLock<Catalog> = LazyLock::new(Catalog::from_tables);
        &BUILTIN
    }

    fn from_tables() -> Self {
        let rows = tables::features::FEATURES;
        let features: Vec<Feature> = rows
            .iter()
            .enumerate()
            .map(|(number, row)| Feature {
                name: row.name.to_owned(),
                bits: Bits::single(number),
                places: vec![Place { key: row.key, register: row.register, bit: row.bit }],
                qemu: row.qemu.iter().map(|name| (*name).to_owned()).collect(),
                linux: row.linux.iter().map(|name| (*name).to_owned()).collect(),
                migratable: row.migratable,
                sense: row.sense,
            })
            .collect();
        let vendors: Vec<Vendor> = VENDORS
            .iter()
            .map(|(name, text)| Vendor { name: (*name).to_owned(), text: (*text).to_owned() })
            .collect();
        let vendor = |name: &str| {
            vendors.iter().position(|vendor| vendor.name == name).map(|index| VendorId(index as u8))
        };
        let mut models: Vec<Model> = Vec::with_capacity(tables::models::MODELS.len());
        for row in tables::models::MODELS {
            let find = |models: &[Model], name: &str| {
                models.iter().position(|model| model.name == name).expect("rows name earlier rows")
            };
            if let Some(base) = row.canonical_of {
                let base = find(&models, base);
                models[base].canonical.get_or_insert_with(|| row.name.to_owned());
                let base = models[base].clone();
                models.push(Model {
                    name: row.name.to_owned(),
                    decode: row.decode,
                    compat: row.compat,
                    added: row.added.to_vec(),
                    removed: row.removed.to_vec(),
                    canonical: None,
                    ..base
                });
                continue;
            }
            let relative =
                row.relative.map_or(Bits::EMPTY, |name| models[find(&models, name)].bits);
            let sum = |ids: &[FeatureId]| {
                ids.iter().fold(Bits::EMPTY, |sum, id| sum.or(&Bits::single(id.index())))
            };
            models.push(Model {
                name: row.name.to_owned(),
                bits: relative.without(&sum(row.without)).or(&sum(row.with)),
                vendor: row.vendor.and_then(vendor),
                signatures: row.signatures.to_vec(),
                decode: row.decode,
                compat: row.compat,
                added: row.added.to_vec(),
                removed: row.removed.to_vec(),
                canonical: None,
            });
        }
        Self::index(features, models, vendors)
    }

    fn index(features: Vec<Feature>, models: Vec<Model>, vendors: Vec<Vendor>) -> Self {
        let feature_names = features
            .iter()
            .enumerate()
            .map(|(number, feature)| (feature.name.clone(), FeatureId(number as u16)))
            .collect();
        let model_names = models
            .iter()
            .enumerate()
            .map(|(number, model)| (model.name.clone(), ModelId(number as u16)))
            .collect();
        let one_bit_each = features
            .iter()
            .enumerate()
            .all(|(number, feature)| feature.bits == Bits::single(number));
        let mut places = vec![];
        for feature in &features {
            for (number, place) in feature.bits.iter().zip(&feature.places) {
                if places.len() <= number {
                    places.resize(number + 1, *place);
                }
                places[number] = *place;
            }
        }
        let host_bound = features
            .iter()
            .filter(|feature| !feature.migratable)
            .fold(Bits::EMPTY, |sum, feature| sum.or(&feature.bits));
        debug_assert!(places.len() <= CAPACITY, "the tables fit into a set");
        Self {
            features,
            models,
            vendors,
            feature_names,
            model_names,
            places,
            one_bit_each,
            host_bound,
        }
    }

    /// All features, in map order.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// All models, in map order.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// All vendors.
    pub fn vendors(&self) -> &[Vendor] {
        &self.vendors
    }

    /// A feature by libvirt's name.
    pub fn feature(&self, name: &str) -> Option<&Feature> {
        self.feature_names.get(name).map(|id| &self.features[id.index()])
    }

    /// A feature by its number.
    pub fn feature_by_id(&self, id: FeatureId) -> Option<&Feature> {
        self.features.get(id.index())
    }

    /// A model by name.
    pub fn model(&self, name: &str) -> Option<&Model> {
        self.model_names.get(name).map(|id| &self.models[id.0 as usize])
    }

    /// A vendor by libvirt's name.
    pub fn vendor(&self, name: &str) -> Option<&Vendor> {
        self.vendors.iter().find(|vendor| vendor.name == name)
    }

    pub(crate) fn vendor_by_text(&self, text: &str) -> Option<VendorId> {
        self.vendors
            .iter()
            .position(|vendor| vendor.text == text)
            .map(|index| VendorId(index as u8))
    }

    /// Name of a model's vendor.
    pub fn vendor_name(&self, id: VendorId) -> &str {
        &self.vendors[id.0 as usize].name
    }

    /// Bits of what cannot move to another host.
    pub fn host_bound(&self) -> &Bits {
        &self.host_bound
    }

    /// The known bits of a dump; everything that no feature names is left out.
    pub fn bits(&self, dump: &Dump) -> Bits {
        let mut bits = Bits::EMPTY;
        for (number, place) in self.places.iter().enumerate() {
            if dump.register(place.key, place.register) & (1 << place.bit) != 0 {
                bits.insert(&Bits::single(number));
            }
        }
        bits
    }

    /// The registers that hold these bits.
    pub fn dump(&self, bits: &Bits) -> Dump {
        let mut dump = Dump::default();
        for place in bits.iter().filter_map(|number| self.places.get(number)) {
            dump.add(place.key, place.register, 1 << place.bit);
        }
        dump
    }

    /// The features wholly within a set, in map order; each takes its bits away from those that
    /// come after it.
    pub fn listed(&self, bits: &Bits) -> Vec<FeatureId> {
        if self.one_bit_each {
            return bits.iter().map(|number| FeatureId(number as u16)).collect();
        }
        let mut rest = *bits;
        let mut listed = vec![];
        for (number, feature) in self.features.iter().enumerate() {
            if !feature.bits.is_empty() && rest.contains(&feature.bits) {
                rest.remove(&feature.bits);
                listed.push(FeatureId(number as u16));
            }
        }
        listed
    }

    /// Names of the features within a set, in map order.
    pub fn names(&self, bits: &Bits) -> Vec<&str> {
        self.listed(bits).into_iter().map(|id| self.features[id.index()].name.as_str()).collect()
    }

    /// Bits of the named features; unknown names are passed over.
    pub fn sum<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Bits {
        names
            .into_iter()
            .filter_map(|name| self.feature(name))
            .fold(Bits::EMPTY, |sum, feature| sum.or(&feature.bits))
    }

    /// Names in the catalog that resemble an unknown one, best first; at most three.
    pub fn nearest<'a>(names: impl Iterator<Item = &'a str>, unknown: &str) -> Vec<&'a str> {
        let mut scored: Vec<(usize, &str)> = names
            .map(|name| (distance(&name.to_lowercase(), &unknown.to_lowercase()), name))
            .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
            .collect();
        scored.sort();
        scored.into_iter().take(3).map(|(_, name)| name).collect()
    }
}

/// Levenshtein's distance.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, from) in left.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, to) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            row[column + 1] = substituted.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}
