//! `domxml-to-native`: the command line that a document would be started with.

use stead_qemu::needs::{Grants, needs};

use crate::context::Context;
use crate::{Result, define};

pub(crate) async fn to_native(context: &Context, xml: &str) -> Result<String> {
    let settled = define::settled(context, xml).await?;
    let domain = settled.domain;
    let binary = crate::document::emulator(&domain, &context.settings)?;
    let abilities = context.hypervisors.abilities(&binary).await?;
    // Nothing is acquired: what would be granted at a start is made up.
    // The machine has no number yet; libvirt shows -1.
    let mut none = crate::held::first_grants(context, -1, &domain.name);
    none.master_key = Some(format!("{}/master-key.aes", none.folder));
    let grants = imagined(&needs(&domain, &context.settings, &none), none);
    let plan = define::planned(context, &domain, &abilities, &grants)?;
    Ok(stead_qemu::argv::native(&plan))
}

fn imagined(needs: &[stead_qemu::needs::Need], first: Grants) -> Grants {
    let roles: Vec<_> = needs.iter().flat_map(stead_qemu::needs::Need::roles).collect();
    let mut grants =
        Grants { descriptors: roles.into_iter().zip(3..).collect(), vsock_cid: Some(3), ..first };
    for need in needs {
        if let stead_qemu::needs::Need::Port { graphics, kind, fixed, range, .. } = need {
            grants.ports.push((*graphics, *kind, fixed.unwrap_or(range.0)));
        }
        if let stead_qemu::needs::Need::Tap { alias, name, .. } = need {
            let name = name.clone().unwrap_or_else(|| "vnet0".into());
            grants.taps.insert(alias.clone(), name);
        }
    }
    grants
}
