//! From a client's text to a document that can be kept: parsed, settled, checked, in libvirt's order.

use std::sync::Arc;

use stead_config::domain::VirtKind;
use stead_config::{Domain, Form};
use stead_qemu::abilities::{Abilities, Accelerator};
use stead_qemu::cpu::{Origin as Continuity, Situation};
use stead_qemu::needs::Grants;
use stead_qemu::plan::{Origin, Plan, plan};
use stead_qemu::settle::{Age, Seed, Settings, Settlement, settle};

use crate::context::Context;
use crate::{Document, Error, Kind, Result, Uuid};

/// A document as it will be kept, and whose it is.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) uuid: Uuid,
    pub(crate) name: Arc<str>,
    pub(crate) domain: Domain,
    pub(crate) document: Arc<Document>,
}

/// Reads and completes a new document.
pub(crate) async fn settled(context: &Context, text: &str) -> Result<Settled> {
    let domain = Domain::parse(text).map_err(|faults| crate::document::faults(&faults))?;
    if domain.name.is_empty() {
        return Err(Error::new(Kind::NoName, ""));
    }
    crate::change::check_name(&domain.name)?;
    crate::document::check_actions(&domain)?;
    // A QEMU that cannot be asked leaves to the start what depends on it.
    let abilities = match crate::document::emulator(&domain, &context.settings) {
        Ok(binary) => Some(context.hypervisors.abilities(&binary).await?),
        Err(error) => return Err(error),
    };
    let settings = Settings { age: Age::New, ..context.settings.clone() };
    let settlement =
        settle(&domain, abilities.as_deref(), &settings, &context.firmware, &mut seed())
            .map_err(|faults| crate::document::faults(&faults))?;
    let domain = match settlement {
        Settlement::Settled(domain) | Settlement::Deferred(domain) => domain,
    };
    let mut domain = domain;
    let uuid = match domain.uuid {
        Some(uuid) => Uuid::from_bytes(uuid.0),
        None => Uuid::new_v4(),
    };
    domain.uuid = Some(stead_values::Uuid(uuid.into_bytes()));
    let text: Arc<str> = domain.print(Form::STORED).into();
    let document = Arc::new(Document::stored(text, &domain));
    Ok(Settled { uuid, name: domain.name.as_str().into(), domain, document })
}

/// Decides a start of a settled document.
pub(crate) fn planned(
    context: &Context,
    domain: &Domain,
    abilities: &Arc<Abilities>,
    grants: &Grants,
) -> Result<Plan> {
    let accelerator = accelerator(domain);
    let acceleration = abilities.with(accelerator).ok_or_else(|| {
        let message =
            format!("Emulator '{}' does not support virt type '{}'", abilities.binary, domain.kind);
        Error::new(Kind::ConfigUnsupported, message)
    })?;
    let facts = context.hypervisors.facts();
    let host_cpus = context.host_cpus(abilities, acceleration, &facts);
    let situation = Situation {
        catalog: context.hypervisors.catalog(),
        abilities,
        acceleration,
        host: &facts,
        host_cpus: &host_cpus,
        origin: Continuity::Fresh,
    };
    plan(domain, &situation, &context.settings, grants, Origin::Cold)
        .map_err(|faults| crate::document::faults(&faults))
}

/// What runs a domain's code.
pub(crate) fn accelerator(domain: &Domain) -> Accelerator {
    match domain.kind {
        VirtKind::Kvm => Accelerator::Kvm,
        VirtKind::Hvf => Accelerator::Hvf,
        _ => Accelerator::Tcg,
    }
}

/// Fresh randomness for what a document leaves open.
pub(crate) fn seed() -> Seed {
    let mut entropy = [0; 32];
    entropy[..16].copy_from_slice(Uuid::new_v4().as_bytes());
    entropy[16..].copy_from_slice(Uuid::new_v4().as_bytes());
    Seed::new(entropy)
}
