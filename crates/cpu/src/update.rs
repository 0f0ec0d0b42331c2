//! Fitting a guest's CPU to a host, and to the models that a hypervisor has.

use crate::catalog::Catalog;
use crate::decode::{Choice, Offers, Subject, decode};
use crate::definition::{Definition, Fallback, Kind, Listed, Match, Mode, Policy};
use crate::error::Error;
use crate::expand::{Part, bits_of, model_of};

/// What becomes of the features that QEMU has dropped from a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// A fresh start: the guest does not get them.
    Disable,
    /// A restored or migrated guest already has them.
    Require,
}

/// Makes what depends on the host explicit: host-model and `match='minimum'` become the host's
/// model, optional features are required or disabled (`reference/cpu.md` 2.8, step 4).
///
/// # Errors
/// Unknown models and features.
pub fn update(
    catalog: &Catalog,
    guest: &Definition,
    host: &Definition,
    removed: Removed,
) -> Result<Definition, Error> {
    let mut updated = guest.clone();
    let takes_host = guest.mode == Mode::HostModel
        || guest.mode == Mode::Custom && guest.matching == Match::Minimum;
    let has_optional = guest.with_policy(Policy::Optional).next().is_some();
    if takes_host || has_optional {
        let of_host = bits_of(catalog, host, Part::Whole)?;
        for listed in &mut updated.features {
            if listed.policy == Policy::Optional {
                let feature = catalog
                    .feature(&listed.name)
                    .ok_or_else(|| Error::UnknownFeature(listed.name.clone()))?;
                let present = of_host.contains(&feature.bits);
                listed.policy = if present { Policy::Require } else { Policy::Disable };
            }
        }
    }
    if takes_host {
        take_host(&mut updated, host);
    }
    append_removed(catalog, &mut updated, removed)?;
    Ok(updated)
}

fn take_host(guest: &mut Definition, host: &Definition) {
    let explicit = std::mem::take(&mut guest.features);
    guest.features = host
        .features
        .iter()
        .map(|listed| match host.kind {
            Kind::Host => Listed { name: listed.name.clone(), policy: Policy::Require },
            Kind::Guest => listed.clone(),
        })
        .collect();
    for listed in explicit {
        guest.set(&listed.name, listed.policy);
    }
    guest.model.clone_from(&host.model);
    if guest.mode != Mode::Custom {
        guest.vendor.clone_from(&host.vendor);
    }
    guest.mode = Mode::Custom;
    guest.matching = Match::Exact;
}

/// Lists the features that QEMU has dropped from the model, unless they are listed.
///
/// # Errors
/// Unknown model.
pub fn append_removed(
    catalog: &Catalog,
    cpu: &mut Definition,
    removed: Removed,
) -> Result<(), Error> {
    let Some(name) = cpu.model.clone() else { return Ok(()) };
    let policy = match removed {
        Removed::Disable => Policy::Disable,
        Removed::Require => Policy::Require,
    };
    for feature in &model_of(catalog, &name)?.removed {
        if let Some(feature) = catalog.feature_by_id(*feature) {
            cpu.add_if_missing(&feature.name, policy);
        }
    }
    Ok(())
}

/// Says the same CPU by a model that the hypervisor has (`reference/cpu.md` 2.8, step 5).
///
/// # Errors
/// [`Error::ModelNotOffered`] when the document forbids that; [`Error::NoModel`] when none fits;
/// unknown models and features.
pub fn translate(
    catalog: &Catalog,
    cpu: &Definition,
    offers: Option<&Offers>,
) -> Result<Definition, Error> {
    let (Some(offers), Some(name), Mode::Custom) = (offers, &cpu.model, cpu.mode) else {
        return Ok(cpu.clone());
    };
    if offers.contains_key(name) {
        return Ok(cpu.clone());
    }
    if cpu.fallback == Fallback::Forbid {
        return Err(Error::ModelNotOffered(name.clone()));
    }
    let model = model_of(catalog, name)?;
    let vendor = model.vendor.map(|id| catalog.vendors()[id.0 as usize].text.clone());
    let subject = Subject {
        bits: bits_of(catalog, cpu, Part::Whole)?,
        vendor,
        identity: model.signatures.first().map(|signature| signature.identity()),
    };
    let choice = Choice { offers: Some(offers), ..Choice::default() };
    let found = decode(catalog, &subject, Kind::Guest, choice)?;
    let mut translated = Definition { model: found.model, features: found.features, ..cpu.clone() };
    for listed in &cpu.features {
        translated.set(&listed.name, listed.policy);
    }
    Ok(translated)
}
