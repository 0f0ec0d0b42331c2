//! Snapshots of domains.

use stead_xdr::Xdr;

use crate::limits;
use crate::remote::{Domain, DomainSnapshot};
use crate::table::procedures;

procedures! {
    REMOTE, DOMAIN_SNAPSHOT;
    185 DomainSnapshotCreateXml(DomainSnapshotCreateXmlArgs) -> DomainSnapshotCreateXmlReply,
        virDomainSnapshotCreateXML, low, write, ["domain:snapshot", "domain:fs_freeze:VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE"];
    186 DomainSnapshotGetXmlDesc(DomainSnapshotGetXmlDescArgs) -> DomainSnapshotGetXmlDescReply,
        virDomainSnapshotGetXMLDesc, high, write(0x1 in flags, "virDomainSnapshotGetXMLDesc with secure flag"), ["domain:read", "domain:read_secure:VIR_DOMAIN_SNAPSHOT_XML_SECURE"];
    187 DomainSnapshotNum(DomainSnapshotNumArgs) -> DomainSnapshotNumReply,
        virDomainSnapshotNum, high, open, ["domain:read"];
    188 DomainSnapshotListNames(DomainSnapshotListNamesArgs) -> DomainSnapshotListNamesReply,
        virDomainSnapshotListNames, high, open, ["domain:read"];
    189 DomainSnapshotLookupByName(DomainSnapshotLookupByNameArgs) -> DomainSnapshotLookupByNameReply,
        virDomainSnapshotLookupByName, high, open, ["domain:read"];
    190 DomainHasCurrentSnapshot(DomainHasCurrentSnapshotArgs) -> DomainHasCurrentSnapshotReply,
        virDomainHasCurrentSnapshot, low, open, ["domain:read"];
    191 DomainSnapshotCurrent(DomainSnapshotCurrentArgs) -> DomainSnapshotCurrentReply,
        virDomainSnapshotCurrent, low, open, ["domain:read"];
    192 DomainRevertToSnapshot(DomainRevertToSnapshotArgs) -> (),
        virDomainRevertToSnapshot, low, write, ["domain:snapshot"];
    193 DomainSnapshotDelete(DomainSnapshotDeleteArgs) -> (),
        virDomainSnapshotDelete, low, write, ["domain:snapshot"];
    244 DomainSnapshotGetParent(DomainSnapshotGetParentArgs) -> DomainSnapshotGetParentReply,
        virDomainSnapshotGetParent, high, open, ["domain:read"];
    246 DomainSnapshotNumChildren(DomainSnapshotNumChildrenArgs) -> DomainSnapshotNumChildrenReply,
        virDomainSnapshotNumChildren, high, open, ["domain:read"];
    247 DomainSnapshotListChildrenNames(DomainSnapshotListChildrenNamesArgs) -> DomainSnapshotListChildrenNamesReply,
        virDomainSnapshotListChildrenNames, high, open, ["domain:read"];
    271 DomainSnapshotIsCurrent(DomainSnapshotIsCurrentArgs) -> DomainSnapshotIsCurrentReply,
        virDomainSnapshotIsCurrent, low, open, ["domain:read"];
    272 DomainSnapshotHasMetadata(DomainSnapshotHasMetadataArgs) -> DomainSnapshotHasMetadataReply,
        virDomainSnapshotHasMetadata, low, open, ["domain:read"];
    274 DomainListAllSnapshots(DomainListAllSnapshotsArgs) -> DomainListAllSnapshotsReply,
        virDomainListAllSnapshots, high, open, ["domain:read"];
    275 DomainSnapshotListAllChildren(DomainSnapshotListAllChildrenArgs) -> DomainSnapshotListAllChildrenReply,
        virDomainSnapshotListAllChildren, high, open, ["domain:read"];
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSnapshotCreateXmlArgs {
    pub domain: Domain,
    pub xml_desc: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSnapshotCreateXmlReply {
    pub snapshot: DomainSnapshot,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSnapshotGetXmlDescArgs {
    pub snapshot: DomainSnapshot,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSnapshotGetXmlDescReply {
    pub xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSnapshotNumArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSnapshotNumReply {
    pub num: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSnapshotListNamesArgs {
    pub domain: Domain,
    pub maxnames: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSnapshotListNamesReply {
    #[xdr(max = limits::DOMAIN_SNAPSHOT_LIST)]
    pub names: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSnapshotLookupByNameArgs {
    pub domain: Domain,
    pub name: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSnapshotLookupByNameReply {
    pub snapshot: DomainSnapshot,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainHasCurrentSnapshotArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainHasCurrentSnapshotReply {
    pub result: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSnapshotCurrentArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSnapshotCurrentReply {
    pub snapshot: DomainSnapshot,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainRevertToSnapshotArgs {
    pub snapshot: DomainSnapshot,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSnapshotDeleteArgs {
    pub snapshot: DomainSnapshot,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSnapshotGetParentArgs {
    pub snapshot: DomainSnapshot,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSnapshotGetParentReply {
    pub snapshot: DomainSnapshot,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSnapshotNumChildrenArgs {
    pub snapshot: DomainSnapshot,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSnapshotNumChildrenReply {
    pub num: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSnapshotListChildrenNamesArgs {
    pub snapshot: DomainSnapshot,
    pub maxnames: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSnapshotListChildrenNamesReply {
    #[xdr(max = limits::DOMAIN_SNAPSHOT_LIST)]
    pub names: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSnapshotIsCurrentArgs {
    pub snapshot: DomainSnapshot,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSnapshotIsCurrentReply {
    pub current: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSnapshotHasMetadataArgs {
    pub snapshot: DomainSnapshot,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSnapshotHasMetadataReply {
    pub metadata: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainListAllSnapshotsArgs {
    pub domain: Domain,
    pub need_results: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainListAllSnapshotsReply {
    #[xdr(max = limits::DOMAIN_SNAPSHOT_LIST)]
    pub snapshots: Vec<DomainSnapshot>,
    pub ret: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSnapshotListAllChildrenArgs {
    pub snapshot: DomainSnapshot,
    pub need_results: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSnapshotListAllChildrenReply {
    #[xdr(max = limits::DOMAIN_SNAPSHOT_LIST)]
    pub snapshots: Vec<DomainSnapshot>,
    pub ret: i32,
}
