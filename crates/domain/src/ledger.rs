//! Who has which name and UUID, also while a machine is still being made; and which display ports are given out.
//!
//! One synchronous table: a name is claimed before anything is written, so two definitions at once cannot both have it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::{Error, Kind, Origin, Result, Uuid};

/// Names, UUIDs and ports in use.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    names: HashMap<Arc<str>, Uuid>,
    machines: HashMap<Uuid, Arc<str>>,
    ports: BTreeSet<u16>,
}

/// What a claim found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// Nobody had either: they are the caller's now.
    New,
    /// The machine with this UUID has this name already.
    Same,
}

impl Ledger {
    /// Claims a name and a UUID together, in libvirt's words where they are another's.
    pub(crate) fn claim(&mut self, uuid: Uuid, name: &Arc<str>) -> Result<Claim> {
        match (self.machines.get(&uuid), self.names.get(name)) {
            (Some(known), _) if known == name => Ok(Claim::Same),
            (Some(known), _) => {
                Err(exists(format!("domain '{known}' is already defined with uuid {uuid}")))
            }
            (None, Some(owner)) => {
                Err(exists(format!("domain '{name}' already exists with uuid {owner}")))
            }
            (None, None) => {
                self.names.insert(Arc::clone(name), uuid);
                self.machines.insert(uuid, Arc::clone(name));
                Ok(Claim::New)
            }
        }
    }

    /// Gives a machine's name and UUID back.
    pub(crate) fn release(&mut self, uuid: &Uuid) {
        if let Some(name) = self.machines.remove(uuid) {
            self.names.remove(&name);
        }
    }

    /// Claims another name for a machine, beside the one that it has.
    pub(crate) fn claim_name(&mut self, uuid: Uuid, name: &Arc<str>) -> Result<()> {
        if let Some(owner) = self.names.get(name) {
            let message = match *owner == uuid {
                true => "Can't rename domain to itself".to_owned(),
                false => format!("domain with name '{name}' already exists"),
            };
            return Err(Error::invalid(message).from_origin(Origin::Domain));
        }
        self.names.insert(Arc::clone(name), uuid);
        Ok(())
    }

    /// Gives back what [`Ledger::claim_name`] took.
    pub(crate) fn release_name(&mut self, name: &str) {
        self.names.remove(name);
    }

    /// After a rename: only `name` is the machine's.
    pub(crate) fn settle_name(&mut self, uuid: Uuid, name: &Arc<str>) {
        self.names.retain(|known, owner| *owner != uuid || known == name);
        self.machines.insert(uuid, Arc::clone(name));
    }

    /// The first port of the range that is neither given out nor refused by `free`.
    pub(crate) fn port(
        &mut self,
        (first, last): (u16, u16),
        free: impl Fn(u16) -> bool,
    ) -> Result<u16> {
        let port = (first..=last).find(|port| !self.ports.contains(port) && free(*port));
        let port = port.ok_or_else(|| {
            Error::internal("Unable to find an unused port in range 'VNC' (5900-65535)")
        })?;
        self.ports.insert(port);
        Ok(port)
    }

    /// Takes a port that a document or a running machine names.
    pub(crate) fn take_port(&mut self, port: u16) -> bool {
        self.ports.insert(port)
    }

    /// Gives a port back.
    pub(crate) fn release_port(&mut self, port: u16) {
        self.ports.remove(&port);
    }
}

fn exists(message: String) -> Error {
    Error::new(Kind::OperationFailed, message).from_origin(Origin::Domain)
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_name_and_a_uuid_belong_together() {
        let mut ledger = Ledger::default();
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let (one, two): (Arc<str>, Arc<str>) = ("one".into(), "two".into());
        assert_eq!(ledger.claim(a, &one), Ok(Claim::New));
        assert_eq!(ledger.claim(a, &one), Ok(Claim::Same));
        let message = |result: Result<Claim>| result.unwrap_err().message;
        assert_eq!(
            message(ledger.claim(b, &one)),
            "domain 'one' already exists with uuid 00000000-0000-0000-0000-000000000001"
        );
        assert_eq!(
            message(ledger.claim(a, &two)),
            "domain 'one' is already defined with uuid 00000000-0000-0000-0000-000000000001"
        );
        ledger.claim_name(a, &two).unwrap();
        ledger.settle_name(a, &two);
        assert_eq!(ledger.claim(b, &one), Ok(Claim::New));
        ledger.release(&a);
        ledger.release(&b);
        assert_eq!(ledger.claim(b, &two), Ok(Claim::New));
    }

    #[test]
    fn a_port_is_given_out_once() {
        let mut ledger = Ledger::default();
        assert!(ledger.take_port(5900));
        assert_eq!(ledger.port((5900, 5902), |port| port != 5901), Ok(5902));
        assert!(ledger.port((5900, 5902), |port| port != 5901).is_err());
        ledger.release_port(5900);
        assert_eq!(ledger.port((5900, 5902), |_| true), Ok(5900));
    }
}
