//! Finding domains.

use stead_xdr::Xdr;

use crate::limits;
use crate::remote::{Domain, Uuid};
use crate::table::procedures;

procedures! {
    REMOTE, DOMAIN;
    21 ConnectListDefinedDomains(ConnectListDefinedDomainsArgs) -> ConnectListDefinedDomainsReply,
        virConnectListDefinedDomains, high, open, ["connect:search_domains"] filter "domain:getattr";
    22 DomainLookupById(DomainLookupByIdArgs) -> DomainLookupByIdReply,
        virDomainLookupByID, high, open, ["domain:getattr"];
    23 DomainLookupByName(DomainLookupByNameArgs) -> DomainLookupByNameReply,
        virDomainLookupByName, high, open, ["domain:getattr"];
    24 DomainLookupByUuid(DomainLookupByUuidArgs) -> DomainLookupByUuidReply,
        virDomainLookupByUUID, high, open, ["domain:getattr"];
    25 ConnectNumOfDefinedDomains(()) -> ConnectNumOfDefinedDomainsReply,
        virConnectNumOfDefinedDomains, high, open, ["connect:search_domains"] filter "domain:getattr";
    37 ConnectListDomains(ConnectListDomainsArgs) -> ConnectListDomainsReply,
        virConnectListDomains, high, open, ["connect:search_domains"] filter "domain:getattr";
    51 ConnectNumOfDomains(()) -> ConnectNumOfDomainsReply,
        virConnectNumOfDomains, high, open, ["connect:search_domains"] filter "domain:getattr";
    273 ConnectListAllDomains(ConnectListAllDomainsArgs) -> ConnectListAllDomainsReply,
        virConnectListAllDomains, high, open, ["connect:search_domains"] filter "domain:getattr";
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListDefinedDomainsArgs {
    pub maxnames: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListDefinedDomainsReply {
    #[xdr(max = limits::DOMAIN_LIST)]
    pub names: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainLookupByIdArgs {
    pub id: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainLookupByIdReply {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainLookupByNameArgs {
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainLookupByNameReply {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainLookupByUuidArgs {
    pub uuid: Uuid,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainLookupByUuidReply {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectNumOfDefinedDomainsReply {
    pub num: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListDomainsArgs {
    pub maxids: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListDomainsReply {
    #[xdr(max = limits::DOMAIN_LIST)]
    pub ids: Vec<i32>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectNumOfDomainsReply {
    pub num: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListAllDomainsArgs {
    pub need_results: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListAllDomainsReply {
    #[xdr(max = limits::DOMAIN_LIST)]
    pub domains: Vec<Domain>,
    pub ret: u32,
}
