//! From a definition to the features that it means.

use crate::bits::Bits;
use crate::catalog::{Catalog, Model};
use crate::definition::{Definition, Kind, Policy};
use crate::error::Error;

/// Which features of a definition to sum up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The model, with everything required or forced, without everything disabled or forbidden.
    Whole,
    /// Those listed with one policy; for [`Policy::Require`] with the model.
    With(Policy),
}

/// Bits of a definition, or of one part of it.
///
/// # Errors
/// Unknown models and features.
pub fn bits_of(catalog: &Catalog, cpu: &Definition, part: Part) -> Result<Bits, Error> {
    if cpu.kind == Kind::Host && !matches!(part, Part::Whole | Part::With(Policy::Require)) {
        return Ok(Bits::EMPTY);
    }
    let mut bits = match &cpu.model {
        Some(name) if matches!(part, Part::Whole | Part::With(Policy::Require)) => {
            model_of(catalog, name)?.bits
        }
        _ => Bits::EMPTY,
    };
    for listed in &cpu.features {
        let feature = catalog
            .feature(&listed.name)
            .ok_or_else(|| Error::UnknownFeature(listed.name.clone()))?;
        match (part, listed.policy) {
            (Part::Whole, Policy::Force | Policy::Require) => bits.insert(&feature.bits),
            (Part::Whole, Policy::Disable | Policy::Forbid) => bits.remove(&feature.bits),
            (Part::Whole, Policy::Optional) => {}
            (Part::With(wanted), policy) if wanted == policy => bits.insert(&feature.bits),
            (Part::With(_), _) => {}
        }
    }
    Ok(bits)
}

pub(crate) fn model_of<'a>(catalog: &'a Catalog, name: &str) -> Result<&'a Model, Error> {
    catalog.model(name).ok_or_else(|| Error::UnknownModel(name.to_owned()))
}

/// Lists every feature of the model too, sorted by name.
///
/// # Errors
/// Unknown model, or none.
pub fn expand(catalog: &Catalog, cpu: &Definition) -> Result<Definition, Error> {
    let model = model_of(catalog, cpu.model.as_deref().ok_or(Error::MissingModel)?)?;
    let mut expanded = Definition { features: vec![], ..cpu.clone() };
    for name in catalog.names(&model.bits) {
        expanded.set(name, Policy::Require);
    }
    for listed in &cpu.features {
        expanded.set(&listed.name, listed.policy);
    }
    if cpu.kind == Kind::Guest {
        for removed in model.removed.iter().filter_map(|id| catalog.feature_by_id(*id)) {
            expanded.add_if_missing(&removed.name, Policy::Disable);
        }
    }
    expanded.features.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(expanded)
}

/// Whether a definition, without what it disables, has a feature.
///
/// # Errors
/// Unknown models and features.
pub fn has_feature(catalog: &Catalog, cpu: &Definition, name: &str) -> Result<bool, Error> {
    let feature = catalog.feature(name).ok_or_else(|| Error::UnknownFeature(name.to_owned()))?;
    Ok(bits_of(catalog, cpu, Part::Whole)?.contains(&feature.bits))
}
