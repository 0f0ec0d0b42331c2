//! Network filters and their bindings.

use stead_xdr::Xdr;

use crate::limits;
use crate::remote::{Nwfilter, NwfilterBinding, Uuid};
use crate::table::procedures;

procedures! {
    REMOTE, NWFILTER;
    175 NwfilterLookupByName(NwfilterLookupByNameArgs) -> NwfilterLookupByNameReply,
        virNWFilterLookupByName, high, open, ["nwfilter:getattr"];
    176 NwfilterLookupByUuid(NwfilterLookupByUuidArgs) -> NwfilterLookupByUuidReply,
        virNWFilterLookupByUUID, high, open, ["nwfilter:getattr"];
    177 NwfilterGetXmlDesc(NwfilterGetXmlDescArgs) -> NwfilterGetXmlDescReply,
        virNWFilterGetXMLDesc, high, open, ["nwfilter:read"];
    178 ConnectNumOfNwfilters(()) -> ConnectNumOfNwfiltersReply,
        virConnectNumOfNWFilters, high, open, ["connect:search_nwfilters"] filter "nwfilter:getattr";
    179 ConnectListNwfilters(ConnectListNwfiltersArgs) -> ConnectListNwfiltersReply,
        virConnectListNWFilters, high, open, ["connect:search_nwfilters"] filter "nwfilter:getattr";
    180 NwfilterDefineXml(NwfilterDefineXmlArgs) -> NwfilterDefineXmlReply,
        virNWFilterDefineXML, high, write, ["nwfilter:write", "nwfilter:save"];
    181 NwfilterUndefine(NwfilterUndefineArgs) -> (),
        virNWFilterUndefine, high, write, ["nwfilter:delete"];
    286 ConnectListAllNwfilters(ConnectListAllNwfiltersArgs) -> ConnectListAllNwfiltersReply,
        virConnectListAllNWFilters, high, open, ["connect:search_nwfilters"] filter "nwfilter:getattr";
    397 NwfilterBindingLookupByPortDev(NwfilterBindingLookupByPortDevArgs) -> NwfilterBindingLookupByPortDevReply,
        virNWFilterBindingLookupByPortDev, high, open, ["nwfilter_binding:getattr"];
    398 NwfilterBindingGetXmlDesc(NwfilterBindingGetXmlDescArgs) -> NwfilterBindingGetXmlDescReply,
        virNWFilterBindingGetXMLDesc, high, open, ["nwfilter_binding:read"];
    399 NwfilterBindingCreateXml(NwfilterBindingCreateXmlArgs) -> NwfilterBindingCreateXmlReply,
        virNWFilterBindingCreateXML, high, write, ["nwfilter_binding:create"];
    400 NwfilterBindingDelete(NwfilterBindingDeleteArgs) -> (),
        virNWFilterBindingDelete, high, write, ["nwfilter_binding:delete"];
    401 ConnectListAllNwfilterBindings(ConnectListAllNwfilterBindingsArgs) -> ConnectListAllNwfilterBindingsReply,
        virConnectListAllNWFilterBindings, high, open, ["connect:search_nwfilter_bindings"] filter "nwfilter_binding:getattr";
    431 NwfilterDefineXmlFlags(NwfilterDefineXmlFlagsArgs) -> NwfilterDefineXmlFlagsReply,
        virNWFilterDefineXMLFlags, high, write, ["nwfilter:write", "nwfilter:save"];
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NwfilterLookupByNameArgs {
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NwfilterLookupByNameReply {
    pub nwfilter: Nwfilter,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NwfilterLookupByUuidArgs {
    pub uuid: Uuid,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NwfilterLookupByUuidReply {
    pub nwfilter: Nwfilter,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NwfilterGetXmlDescArgs {
    pub nwfilter: Nwfilter,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NwfilterGetXmlDescReply {
    pub xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectNumOfNwfiltersReply {
    pub num: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListNwfiltersArgs {
    pub maxnames: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListNwfiltersReply {
    #[xdr(max = limits::NWFILTER_LIST)]
    pub names: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NwfilterDefineXmlArgs {
    pub xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NwfilterDefineXmlReply {
    pub nwfilter: Nwfilter,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NwfilterUndefineArgs {
    pub nwfilter: Nwfilter,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListAllNwfiltersArgs {
    pub need_results: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListAllNwfiltersReply {
    #[xdr(max = limits::NWFILTER_LIST)]
    pub filters: Vec<Nwfilter>,
    pub ret: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NwfilterBindingLookupByPortDevArgs {
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NwfilterBindingLookupByPortDevReply {
    pub nwfilter: NwfilterBinding,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NwfilterBindingGetXmlDescArgs {
    pub nwfilter: NwfilterBinding,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NwfilterBindingGetXmlDescReply {
    pub xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NwfilterBindingCreateXmlArgs {
    pub xml: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NwfilterBindingCreateXmlReply {
    pub nwfilter: NwfilterBinding,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NwfilterBindingDeleteArgs {
    pub nwfilter: NwfilterBinding,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListAllNwfilterBindingsArgs {
    pub need_results: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListAllNwfilterBindingsReply {
    #[xdr(max = limits::NWFILTER_BINDING_LIST)]
    pub bindings: Vec<NwfilterBinding>,
    pub ret: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NwfilterDefineXmlFlagsArgs {
    pub xml: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NwfilterDefineXmlFlagsReply {
    pub nwfilter: Nwfilter,
}
