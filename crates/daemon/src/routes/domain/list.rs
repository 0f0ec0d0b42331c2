//! Finding machines.

use std::sync::Arc;

use stead_domain::Domains;
use stead_protocol::remote::*;
use stead_protocol::{ErrorDomain, Xdr, limits};

use crate::error::{Error, Result, check_flags};
use crate::event::{uuid, wire_domain};
use crate::router::Router;
use crate::session::Session;

/// The filters of virConnectListAllDomains (virConnectListAllDomainsFlags, libvirt 11.3).
const FILTERS: u32 = 0xffff;

pub(crate) fn routes(router: Router) -> Router {
    router
        .on(DomainLookupByName, |session, arguments| {
            let machine = session.daemon.domains.by_name(&arguments.name)?;
            Ok(DomainLookupByNameReply { domain: wire_domain(&machine.snapshot().identity) })
        })
        .on(DomainLookupByUuid, |session, arguments| {
            let machine = session.daemon.domains.by_uuid(&uuid(arguments.uuid))?;
            Ok(DomainLookupByUuidReply { domain: wire_domain(&machine.snapshot().identity) })
        })
        .on(DomainLookupById, |session, arguments| {
            let machine = session.daemon.domains.by_id(arguments.id)?;
            Ok(DomainLookupByIdReply { domain: wire_domain(&machine.snapshot().identity) })
        })
        .on_written(ConnectListAllDomains, list_all)
        .on(ConnectNumOfDomains, |session, ()| {
            let num = count(session.daemon.domains.index().active());
            Ok(ConnectNumOfDomainsReply { num })
        })
        .on(ConnectListDomains, |session, arguments| {
            let most = most(arguments.maxids)?;
            let index = session.daemon.domains.index();
            let ids = index.running().map(|machine| machine.snapshot().identity.id);
            Ok(ConnectListDomainsReply { ids: ids.filter(|id| *id >= 0).take(most).collect() })
        })
        .on(ConnectNumOfDefinedDomains, |session, ()| {
            Ok(ConnectNumOfDefinedDomainsReply { num: count(defined(session).len()) })
        })
        .on(ConnectListDefinedDomains, |session, arguments| {
            let most = most(arguments.maxnames)?;
            let names = defined(session).into_iter().take(most);
            Ok(ConnectListDefinedDomainsReply { names: names.collect() })
        })
}

/// The longest list of all: written straight from the snapshots.
fn list_all(
    session: &Arc<Session>,
    arguments: ConnectListAllDomainsArgs,
    out: &mut Vec<u8>,
) -> Result<()> {
    check_flags(arguments.flags, FILTERS, ErrorDomain::QEMU, "qemuConnectListAllDomains")?;
    let wanted = arguments.need_results != 0;
    let index = session.daemon.domains.index();
    let place = out.len();
    0_u32.encode(out);
    let mut found = 0_u32;
    for machine in index.iter() {
        let snapshot = machine.snapshot();
        if !Domains::matches(&snapshot, arguments.flags) {
            continue;
        }
        found += 1;
        if wanted {
            snapshot.identity.name.encode(out);
            out.extend_from_slice(snapshot.identity.uuid.as_bytes());
            snapshot.identity.id.encode(out);
        }
    }
    if wanted {
        if found > limits::DOMAIN_LIST {
            return Err(Error::internal(format!(
                "Too many domains '{found}' for limit '{}'",
                limits::DOMAIN_LIST
            )));
        }
        out[place..place + 4].copy_from_slice(&found.to_be_bytes());
    }
    found.encode(out);
    Ok(())
}

/// The names of the machines that do not run.
fn defined(session: &Session) -> Vec<String> {
    let index = session.daemon.domains.index();
    let snapshots = index.iter().map(|machine| machine.snapshot());
    snapshots
        .filter(|snapshot| !snapshot.is_active())
        .map(|snapshot| snapshot.identity.name.to_string())
        .collect()
}

fn count(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

/// How many entries the client takes.
fn most(most: i32) -> Result<usize> {
    let limit = limits::DOMAIN_LIST;
    usize::try_from(most)
        .ok()
        .filter(|most| *most <= limit as usize)
        .ok_or_else(|| Error::internal(format!("too many domains '{most}' for limit '{limit}'")))
}
