//! Network interfaces of the host.

use stead_xdr::Xdr;

use crate::limits;
use crate::remote::Interface;
use crate::table::procedures;

procedures! {
    REMOTE, INTERFACE;
    126 ConnectNumOfInterfaces(()) -> ConnectNumOfInterfacesReply,
        virConnectNumOfInterfaces, high, open, ["connect:search_interfaces"] filter "interface:getattr";
    127 ConnectListInterfaces(ConnectListInterfacesArgs) -> ConnectListInterfacesReply,
        virConnectListInterfaces, high, open, ["connect:search_interfaces"] filter "interface:getattr";
    128 InterfaceLookupByName(InterfaceLookupByNameArgs) -> InterfaceLookupByNameReply,
        virInterfaceLookupByName, high, open, ["interface:getattr"];
    129 InterfaceLookupByMacString(InterfaceLookupByMacStringArgs) -> InterfaceLookupByMacStringReply,
        virInterfaceLookupByMACString, high, open, ["interface:getattr"];
    130 InterfaceGetXmlDesc(InterfaceGetXmlDescArgs) -> InterfaceGetXmlDescReply,
        virInterfaceGetXMLDesc, low, open, ["interface:read"];
    131 InterfaceDefineXml(InterfaceDefineXmlArgs) -> InterfaceDefineXmlReply,
        virInterfaceDefineXML, high, write, ["interface:write", "interface:save"];
    132 InterfaceUndefine(InterfaceUndefineArgs) -> (),
        virInterfaceUndefine, high, write, ["interface:delete"];
    133 InterfaceCreate(InterfaceCreateArgs) -> (),
        virInterfaceCreate, low, write, ["interface:start"];
    134 InterfaceDestroy(InterfaceDestroyArgs) -> (),
        virInterfaceDestroy, high, write, ["interface:stop"];
    137 ConnectNumOfDefinedInterfaces(()) -> ConnectNumOfDefinedInterfacesReply,
        virConnectNumOfDefinedInterfaces, high, open, ["connect:search_interfaces"] filter "interface:getattr";
    138 ConnectListDefinedInterfaces(ConnectListDefinedInterfacesArgs) -> ConnectListDefinedInterfacesReply,
        virConnectListDefinedInterfaces, high, open, ["connect:search_interfaces"] filter "interface:getattr";
    156 InterfaceIsActive(InterfaceIsActiveArgs) -> InterfaceIsActiveReply,
        virInterfaceIsActive, high, open, ["interface:read"];
    220 InterfaceChangeBegin(InterfaceChangeBeginArgs) -> (),
        virInterfaceChangeBegin, low, write, ["connect:interface_transaction"];
    221 InterfaceChangeCommit(InterfaceChangeCommitArgs) -> (),
        virInterfaceChangeCommit, low, write, ["connect:interface_transaction"];
    222 InterfaceChangeRollback(InterfaceChangeRollbackArgs) -> (),
        virInterfaceChangeRollback, low, write, ["connect:interface_transaction"];
    284 ConnectListAllInterfaces(ConnectListAllInterfacesArgs) -> ConnectListAllInterfacesReply,
        virConnectListAllInterfaces, high, open, ["connect:search_interfaces"] filter "interface:getattr";
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectNumOfInterfacesReply {
    pub num: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListInterfacesArgs {
    pub maxnames: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListInterfacesReply {
    #[xdr(max = limits::INTERFACE_LIST)]
    pub names: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct InterfaceLookupByNameArgs {
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct InterfaceLookupByNameReply {
    pub interface: Interface,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct InterfaceLookupByMacStringArgs {
    pub mac: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct InterfaceLookupByMacStringReply {
    pub interface: Interface,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct InterfaceGetXmlDescArgs {
    pub interface: Interface,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct InterfaceGetXmlDescReply {
    pub xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct InterfaceDefineXmlArgs {
    pub xml: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct InterfaceDefineXmlReply {
    pub interface: Interface,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct InterfaceUndefineArgs {
    pub interface: Interface,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct InterfaceCreateArgs {
    pub interface: Interface,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct InterfaceDestroyArgs {
    pub interface: Interface,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectNumOfDefinedInterfacesReply {
    pub num: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListDefinedInterfacesArgs {
    pub maxnames: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListDefinedInterfacesReply {
    #[xdr(max = limits::INTERFACE_LIST)]
    pub names: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct InterfaceIsActiveArgs {
    pub interface: Interface,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct InterfaceIsActiveReply {
    pub active: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct InterfaceChangeBeginArgs {
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct InterfaceChangeCommitArgs {
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct InterfaceChangeRollbackArgs {
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListAllInterfacesArgs {
    pub need_results: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListAllInterfacesReply {
    #[xdr(max = limits::INTERFACE_LIST)]
    pub interfaces: Vec<Interface>,
    pub ret: u32,
}
