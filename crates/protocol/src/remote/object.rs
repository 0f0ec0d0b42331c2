//! Objects as calls name them.

use std::sync::Arc;

use stead_xdr::Xdr;

/// A UUID: sixteen bytes in the order in which it is written.
pub type Uuid = [u8; 16];

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct Domain {
    pub name: Arc<str>,
    pub uuid: Uuid,
    pub id: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct Network {
    pub name: String,
    pub uuid: Uuid,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkPort {
    pub network: Network,
    pub uuid: Uuid,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct Nwfilter {
    pub name: String,
    pub uuid: Uuid,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NwfilterBinding {
    pub portdev: String,
    pub filtername: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct Interface {
    pub name: String,
    pub mac: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePool {
    pub name: String,
    pub uuid: Uuid,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StorageVolume {
    pub pool: String,
    pub name: String,
    pub key: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDevice {
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct Secret {
    pub uuid: Uuid,
    pub usage_type: i32,
    pub usage_id: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainCheckpoint {
    pub name: String,
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSnapshot {
    pub name: String,
    pub domain: Domain,
}
