//! The largest CPU that every one of many hosts can give.

use crate::bits::Bits;
use crate::catalog::Catalog;
use crate::decode::{Choice, Offers, Subject, decode};
use crate::definition::{Definition, Fallback, Kind};
use crate::error::Error;
use crate::expand::{Part, bits_of, model_of};

/// What a baseline may use.
#[derive(Clone, Copy, Debug, Default)]
pub struct Baseline<'a> {
    /// Only these models, if given.
    pub offers: Option<&'a Offers>,
    /// Only these features, if given.
    pub known: Option<&'a Bits>,
    /// Leave out what cannot move to another host.
    pub migratable_only: bool,
}

/// The largest CPU within all of these (`reference/cpu.md` 2.11).
///
/// # Errors
/// Nothing in common, different vendors, a CPU without a model, unknown names.
pub fn baseline(
    catalog: &Catalog,
    cpus: &[Definition],
    limits: Baseline<'_>,
) -> Result<Definition, Error> {
    if cpus.is_empty() {
        return Err(Error::NoCpus);
    }
    let mut shared: Option<Bits> = None;
    let mut vendor: Option<&str> = None;
    let mut names: Vec<String> = vec![];
    for (index, cpu) in cpus.iter().enumerate() {
        let name = cpu.model.as_ref().ok_or(Error::MissingModel)?;
        let model = model_of(catalog, name)?;
        let bits = bits_of(catalog, cpu, Part::Whole)?;
        shared = Some(shared.map_or(bits, |shared| shared.and(&bits)));
        if !names.contains(name) {
            names.push(name.clone());
        }
        let of_model = model.vendor.map(|id| catalog.vendor_name(id));
        let stated = cpu.vendor.as_deref();
        if let (Some(stated), Some(of_model)) = (stated, of_model)
            && stated != of_model
        {
            return Err(Error::ModelVendor {
                vendor: of_model.to_owned(),
                model: name.clone(),
                other: stated.to_owned(),
            });
        }
        if let Some(stated) = stated
            && catalog.vendor(stated).is_none()
        {
            return Err(Error::UnknownVendor(stated.to_owned()));
        }
        // The first CPU counts by what it states alone; libvirt does not look at its model's vendor.
        let counted = if index == 0 { stated } else { stated.or(of_model) };
        match (vendor, counted) {
            (Some(known), Some(other)) if known != other => return Err(Error::Vendors),
            (None, found) => vendor = found,
            _ => {}
        }
    }
    let mut shared = shared.unwrap_or_default();
    if let Some(known) = limits.known {
        shared = shared.and(known);
    }
    if shared.is_empty() {
        return Err(Error::Incompatible);
    }
    let text = vendor.and_then(|name| catalog.vendor(name)).map(|vendor| vendor.text.clone());
    let subject = Subject { bits: shared, vendor: text, identity: None };
    let choice = Choice {
        offers: limits.offers,
        preferred: &names,
        fallback: Fallback::Allow,
        migratable_only: limits.migratable_only,
    };
    let mut result = decode(catalog, &subject, Kind::Guest, choice)?;
    if matches!(names.as_slice(), [only] if result.model.as_ref() == Some(only)) {
        result.fallback = Fallback::Forbid;
    }
    if cpus.iter().any(|cpu| cpu.vendor.is_none()) {
        result.vendor = None;
    }
    Ok(result)
}
