//! Checkpoints of domains.

use stead_xdr::Xdr;

use crate::limits;
use crate::remote::{Domain, DomainCheckpoint};
use crate::table::procedures;

procedures! {
    REMOTE, DOMAIN_CHECKPOINT;
    411 DomainCheckpointCreateXml(DomainCheckpointCreateXmlArgs) -> DomainCheckpointCreateXmlReply,
        virDomainCheckpointCreateXML, low, write, ["domain:checkpoint", "domain:fs_freeze:VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE"];
    412 DomainCheckpointGetXmlDesc(DomainCheckpointGetXmlDescArgs) -> DomainCheckpointGetXmlDescReply,
        virDomainCheckpointGetXMLDesc, low, write(0x1 in flags, "virDomainCheckpointGetXMLDesc with secure flag"), ["domain:read", "domain:read_secure:VIR_DOMAIN_CHECKPOINT_XML_SECURE"];
    413 DomainListAllCheckpoints(DomainListAllCheckpointsArgs) -> DomainListAllCheckpointsReply,
        virDomainListAllCheckpoints, high, open, ["domain:read"];
    414 DomainCheckpointListAllChildren(DomainCheckpointListAllChildrenArgs) -> DomainCheckpointListAllChildrenReply,
        virDomainCheckpointListAllChildren, high, open, ["domain:read"];
    415 DomainCheckpointLookupByName(DomainCheckpointLookupByNameArgs) -> DomainCheckpointLookupByNameReply,
        virDomainCheckpointLookupByName, high, open, ["domain:read"];
    416 DomainCheckpointGetParent(DomainCheckpointGetParentArgs) -> DomainCheckpointGetParentReply,
        virDomainCheckpointGetParent, high, open, ["domain:read"];
    417 DomainCheckpointDelete(DomainCheckpointDeleteArgs) -> (),
        virDomainCheckpointDelete, low, write, ["domain:checkpoint"];
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainCheckpointCreateXmlArgs {
    pub domain: Domain,
    pub xml_desc: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainCheckpointCreateXmlReply {
    pub checkpoint: DomainCheckpoint,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainCheckpointGetXmlDescArgs {
    pub checkpoint: DomainCheckpoint,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainCheckpointGetXmlDescReply {
    pub xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainListAllCheckpointsArgs {
    pub domain: Domain,
    pub need_results: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainListAllCheckpointsReply {
    #[xdr(max = limits::DOMAIN_CHECKPOINT_LIST)]
    pub checkpoints: Vec<DomainCheckpoint>,
    pub ret: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainCheckpointListAllChildrenArgs {
    pub checkpoint: DomainCheckpoint,
    pub need_results: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainCheckpointListAllChildrenReply {
    #[xdr(max = limits::DOMAIN_CHECKPOINT_LIST)]
    pub checkpoints: Vec<DomainCheckpoint>,
    pub ret: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainCheckpointLookupByNameArgs {
    pub domain: Domain,
    pub name: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainCheckpointLookupByNameReply {
    pub checkpoint: DomainCheckpoint,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainCheckpointGetParentArgs {
    pub checkpoint: DomainCheckpoint,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainCheckpointGetParentReply {
    pub parent: DomainCheckpoint,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainCheckpointDeleteArgs {
    pub checkpoint: DomainCheckpoint,
    pub flags: u32,
}
