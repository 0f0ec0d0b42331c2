//! From bits to the model that describes them best, as libvirt finds it.

use std::collections::BTreeMap;

use crate::bits::Bits;
use crate::catalog::{Catalog, Decode, Model};
use crate::cpuid::{Dump, Identity};
use crate::definition::{Definition, Fallback, Kind, Listed, Match, Policy};
use crate::error::Error;

/// What a hypervisor says about a model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Features without which it cannot run the model, in the catalog's spelling.
    pub blockers: Vec<String>,
}

/// The models that may be chosen, with what blocks them.
pub type Offers = BTreeMap<String, Offer>;

/// What to decode.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// Feature bits.
    pub bits: Bits,
    /// Characters of leaf 0.
    pub vendor: Option<String>,
    /// From leaf 1; none when only features are known, as in a baseline.
    pub identity: Option<Identity>,
}

impl Subject {
    /// All that a dump tells.
    pub fn of(catalog: &Catalog, dump: &Dump) -> Self {
        Self { bits: catalog.bits(dump), vendor: dump.vendor(), identity: dump.identity() }
    }
}

/// What may be chosen, and what is preferred.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choice<'a> {
    /// Only these, if given.
    pub offers: Option<&'a Offers>,
    /// Names to prefer; a single one is taken if it fits at all.
    pub preferred: &'a [String],
    /// Whether another may be taken when the single preferred one is not offered.
    pub fallback: Fallback,
    /// Leave out what cannot move to another host.
    pub migratable_only: bool,
}

/// A model and what has to be added to it and taken from it.
struct Candidate<'a> {
    model: &'a Model,
    features: Vec<Listed>,
    signature_matches: bool,
    score: Score,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Score {
    total: u64,
    disabled: u64,
}

/// The model and features that describe a CPU (`reference/cpu.md` 2.3).
///
/// # Errors
/// [`Error::NoModel`] when nothing fits, [`Error::ModelNotOffered`] when the single preferred model
/// is not among the offers and nothing else may be taken.
pub fn decode(
    catalog: &Catalog,
    subject: &Subject,
    kind: Kind,
    choice: Choice<'_>,
) -> Result<Definition, Error> {
    let vendor = subject.vendor.as_deref().and_then(|text| catalog.vendor_by_text(text));
    let bits = without_broken_tsx(catalog, subject);
    let mut best: Option<Candidate<'_>> = None;
    for model in catalog.models().iter().rev() {
        let offer = match choice.offers {
            None => None,
            Some(offers) => match offers.get(&model.name) {
                Some(offer) => Some(offer),
                None if is_single(choice.preferred, &model.name)
                    && choice.fallback == Fallback::Forbid =>
                {
                    return Err(Error::ModelNotOffered(model.name.clone()));
                }
                None => continue,
            },
        };
        if matches!((vendor, model.vendor), (Some(of_cpu), Some(of_model)) if of_cpu != of_model) {
            continue;
        }
        let Some(candidate) = candidate(catalog, model, &bits, offer, kind, subject.identity)
        else {
            continue;
        };
        if is_single(choice.preferred, &model.name) {
            best = Some(candidate);
            break;
        }
        if best.as_ref().is_none_or(|best| is_better(&candidate, best, subject, choice.preferred)) {
            best = Some(candidate);
        }
    }
    let best = best.ok_or(Error::NoModel)?;
    let mut features = best.features;
    if choice.migratable_only {
        features.retain(|listed| {
            catalog.feature(&listed.name).is_none_or(|feature| feature.migratable)
        });
    }
    Ok(Definition {
        kind,
        matching: Match::Exact,
        model: Some(best.model.name.clone()),
        vendor: vendor.map(|id| catalog.vendor_name(id).to_owned()),
        identity: subject.identity,
        features,
        ..Definition::default()
    })
}

fn is_single(preferred: &[String], name: &str) -> bool {
    matches!(preferred, [only] if only == name)
}

/// Haswell's TSX was switched off by microcode; libvirt never believes in it (Intel specification
/// update 328899, HSD136).
fn without_broken_tsx(catalog: &Catalog, subject: &Subject) -> Bits {
    let broken = match subject.identity {
        Some(Identity { family: 6, model: 60 | 69 | 70, .. }) => true,
        Some(Identity { family: 6, model: 63, stepping }) => stepping < 4,
        _ => false,
    };
    let is_intel = subject.vendor.as_deref() == Some("GenuineIntel");
    if broken && is_intel {
        subject.bits.without(&catalog.sum(["hle", "rtm"]))
    } else {
        subject.bits
    }
}

fn candidate<'a>(
    catalog: &Catalog,
    model: &'a Model,
    bits: &Bits,
    offer: Option<&Offer>,
    kind: Kind,
    identity: Option<Identity>,
) -> Option<Candidate<'a>> {
    let allowed = match model.decode {
        Decode::HostAndGuest => true,
        Decode::Host => kind == Kind::Host,
        Decode::Guest => kind == Kind::Guest,
        Decode::Never => false,
    };
    if !allowed {
        return None;
    }
    let extra = bits.without(&model.bits);
    let mut missing = model.bits.without(bits);
    for blocker in offer.iter().flat_map(|offer| &offer.blockers) {
        if let Some(feature) = catalog.feature(blocker)
            && !extra.contains(&feature.bits)
        {
            missing.insert(&feature.bits);
        }
    }
    let disabled = catalog.listed(&missing);
    if kind == Kind::Host && !disabled.is_empty() {
        return None;
    }
    let name = |id| catalog.feature_by_id(id).map(|feature| feature.name.clone());
    let list = |ids: &[_], policy| -> Vec<Listed> {
        ids.iter().filter_map(|id| Some(Listed { name: name(*id)?, policy })).collect()
    };
    let mut features = list(&catalog.listed(&extra), Policy::Require);
    features.extend(list(&disabled, Policy::Disable));
    if kind == Kind::Guest {
        for removed in model.removed.iter().filter_map(|id| catalog.feature_by_id(*id)) {
            if !features.iter().any(|listed| listed.name == removed.name) {
                features.push(Listed { name: removed.name.clone(), policy: Policy::Disable });
            }
        }
    }
    let signature_matches =
        identity.is_some_and(|of| model.signatures.iter().any(|signature| signature.matches(of)));
    let score = score(kind, &features);
    Some(Candidate { model, features, signature_matches, score })
}

/// How far a model is from the CPU (`reference/cpu.md` 2.4).
///
/// libvirt means to charge 2, 3, 4... for every disabled feature, but bounds the loop that looks
/// for them by the number of enabled ones, which the loop itself lowers. So only half of them
/// (rounded up) count as disabled. Its choices rest on that, hence ours.
fn score(kind: Kind, features: &[Listed]) -> Score {
    let total = features.len() as u64;
    if kind == Kind::Host {
        return Score { total, disabled: 0 };
    }
    let disabled = features.iter().filter(|listed| listed.policy == Policy::Disable).count() as u64;
    let seen = disabled.div_ceil(2);
    let penalty = (2..=seen + 1).sum::<u64>();
    Score { total: total - seen + penalty, disabled: penalty }
}

fn is_better(
    candidate: &Candidate<'_>,
    best: &Candidate<'_>,
    subject: &Subject,
    preferred: &[String],
) -> bool {
    if subject.identity.is_some() && candidate.signature_matches != best.signature_matches {
        return candidate.signature_matches;
    }
    let (new, old) = (candidate.score, best.score);
    new.total < old.total
        || new.disabled < old.disabled
            && (new.total == old.total || preferred.contains(&candidate.model.name))
}
