//! The host's CPU as QEMU sees it, and the definitions made of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use stead_cpu::{
    Bits, Catalog, Choice, Definition, Dump, Fallback, Identity, Key, Kind, Offer, Offers, Policy,
    Subject, decode, expand,
};

use super::{Acceleration, TriedMode, Usable, spelling, tried};

/// Value of a CPU property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PropertyValue {
    /// A feature, on or off.
    Flag(bool),
    /// `family`, `model`, `level`.
    Number(i64),
    /// `vendor`, `model-id`.
    Text(String),
}

/// A property of the host's CPU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Property {
    /// Its value with everything on that can be on.
    pub value: PropertyValue,
    /// Whether a guest that has it can move; none when QEMU cannot say.
    pub migratable: Option<bool>,
}

/// QEMU's expansion of `host` (KVM) or `max` (TCG).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostCpu {
    /// Properties by libvirt's name.
    pub properties: BTreeMap<String, Property>,
}

/// What definitions are made of the host's CPU (`reference/cpu.md` 2.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostCpus {
    /// What domcapabilities shows as host-model.
    pub reported: Option<Definition>,
    /// The same without what cannot move: guests are made of it.
    pub migratable: Option<Definition>,
    /// Everything that the host or QEMU has: guests are checked against it.
    pub full: Option<Definition>,
}

/// Names that are never given to QEMU, because it does not know them or cannot give them.
pub const NEVER_PASSED: [&str; 8] = [
    "cmt",
    "mbm_local",
    "mbm_total",
    "osxsave",
    "ospke",
    "vmx-ept-uc",
    "vmx-ept-wb",
    "vmx-invvpid-single-context",
];

impl HostCpu {
    /// Of the replies to two static expansions: with `migratable=on`, then with `off`.
    pub fn of_expansions(on: &Value, off: Option<&Value>) -> Option<Self> {
        let properties = |reply: &Value| -> Option<BTreeMap<String, PropertyValue>> {
            let all = reply.get("model")?.get("props")?.as_object()?;
            Some(
                all.iter()
                    .filter_map(|(name, value)| {
                        let value = match value {
                            Value::Bool(flag) => PropertyValue::Flag(*flag),
                            Value::Number(number) => PropertyValue::Number(number.as_i64()?),
                            Value::String(text) => PropertyValue::Text(text.clone()),
                            _ => return None,
                        };
                        Some((spelling::libvirt(name).to_owned(), value))
                    })
                    .collect(),
            )
        };
        let with = properties(on)?;
        let without = off.and_then(properties);
        let properties = with
            .into_iter()
            .map(|(name, value)| {
                let other = without.as_ref().and_then(|all| all.get(&name));
                let only_without = value == PropertyValue::Flag(false)
                    && other == Some(&PropertyValue::Flag(true));
                let migratable = without.as_ref().map(|_| !only_without);
                let value = if only_without { PropertyValue::Flag(true) } else { value };
                (name, Property { value, migratable })
            })
            .collect();
        Some(Self { properties })
    }

    /// Leaves out features in MSRs. libvirt does not believe them of a QEMU of which it does not
    /// know that it tells what is missing, and it only looks at the 64-bit emulator for that.
    pub(super) fn forget_msrs(&mut self, catalog: &Catalog) {
        self.properties.retain(|name, _| {
            catalog.feature(name).is_none_or(|feature| {
                !feature.places.iter().any(|place| matches!(place.key, Key::Msr(_)))
            })
        });
    }

    fn number(&self, name: &str) -> Option<u32> {
        match self.properties.get(name)?.value {
            PropertyValue::Number(number) => u32::try_from(number).ok(),
            _ => None,
        }
    }

    /// Family, model and stepping.
    pub fn identity(&self) -> Option<Identity> {
        Some(Identity {
            family: self.number("family")?,
            model: self.number("model")?,
            stepping: self.number("stepping")?,
        })
    }

    /// Everything that is on; only what can move, if so asked.
    pub fn subject(&self, catalog: &Catalog, migratable_only: bool) -> Subject {
        let on = self.properties.iter().filter(|(_, property)| {
            property.value == PropertyValue::Flag(true)
                && !(migratable_only && property.migratable == Some(false))
        });
        let vendor = match self.properties.get("vendor").map(|property| &property.value) {
            Some(PropertyValue::Text(text)) => Some(text.clone()),
            _ => None,
        };
        Subject {
            bits: catalog.sum(on.map(|(name, _)| name.as_str())),
            vendor,
            identity: self.identity().filter(|identity| identity.to_eax() != 0),
        }
    }

    /// Bits of every property QEMU knows, on or off; without what cannot move, if so asked.
    pub fn known(&self, catalog: &Catalog, migratable_only: bool) -> Bits {
        let names = self.properties.iter().filter(|(_, property)| {
            matches!(property.value, PropertyValue::Flag(_))
                && !(migratable_only && property.migratable == Some(false))
        });
        catalog.sum(names.map(|(name, _)| name.as_str()))
    }
}

impl Acceleration {
    /// The models that QEMU has, with what blocks each, as decoding wants them.
    pub fn offers(&self) -> Offers {
        self.cpus
            .iter()
            .map(|cpu| {
                let blockers = if cpu.usable == Usable::No { cpu.blockers.clone() } else { vec![] };
                (cpu.name.clone(), Offer { blockers })
            })
            .collect()
    }

    /// The definitions made of the host's CPU. `native` is what the CPUID instruction says, and is
    /// only looked at where QEMU runs on the real CPU or has no expansion.
    pub fn host_cpus(&self, catalog: &Catalog, native: &Dump) -> HostCpus {
        let offers = self.offers();
        let choice = Choice { offers: Some(&offers), ..Choice::default() };
        let accelerated = self.accelerator != super::Accelerator::Tcg;
        let Some(host) = &self.host else {
            return self.without_expansion(catalog, native, &offers);
        };
        let left_out = self.left_out(catalog);
        let definition = |migratable_only| {
            let mut subject = host.subject(catalog, migratable_only);
            subject.bits.remove(&left_out);
            let mut found = decode(catalog, &subject, Kind::Guest, choice).ok()?;
            found.fallback = Fallback::Forbid;
            Some(found)
        };
        let reported = definition(false);
        let migratable = definition(true);
        let full = reported.as_ref().filter(|_| accelerated).and_then(|reported| {
            let subject = Subject::of(catalog, native);
            let mut full = decode(catalog, &subject, Kind::Guest, Choice::default()).ok()?;
            for listed in expand(catalog, reported).ok()?.features {
                if listed.policy == Policy::Require {
                    full.set(&listed.name, Policy::Require);
                }
            }
            Some(full)
        });
        HostCpus { full: full.or_else(|| reported.clone()), reported, migratable }
    }

    /// What ends QEMU here when host-model has it, with all that hangs on it.
    fn left_out(&self, catalog: &Catalog) -> Bits {
        let trial = self.trial(TriedMode::HostModel);
        trial
            .iter()
            .flat_map(|trial| &trial.blockers)
            .map(|blocker| tried::with_dependents(catalog, &blocker.feature))
            .fold(Bits::EMPTY, |sum, bits| sum.or(&bits))
    }

    fn without_expansion(&self, catalog: &Catalog, native: &Dump, offers: &Offers) -> HostCpus {
        let subject = Subject::of(catalog, native);
        let choice = Choice { offers: (!offers.is_empty()).then_some(offers), ..Choice::default() };
        let definition = |migratable_only| {
            let choice = Choice { migratable_only, ..choice };
            let mut found = decode(catalog, &subject, Kind::Guest, choice).ok()?;
            found.features.retain(|listed| !NEVER_PASSED.contains(&listed.name.as_str()));
            found.fallback = Fallback::Allow;
            Some(found)
        };
        let reported = definition(false);
        HostCpus { full: reported.clone(), reported, migratable: definition(true) }
    }
}
