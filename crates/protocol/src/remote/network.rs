//! Networks and their ports.

use stead_xdr::Xdr;

use crate::limits;
use crate::remote::{Network, NetworkPort, Uuid};
use crate::table::{events, procedures};
use crate::typed_parameter::TypedParameter;

procedures! {
    REMOTE, NETWORK;
    36 ConnectListDefinedNetworks(ConnectListDefinedNetworksArgs) -> ConnectListDefinedNetworksReply,
        virConnectListDefinedNetworks, high, open, ["connect:search_networks"] filter "network:getattr";
    38 ConnectListNetworks(ConnectListNetworksArgs) -> ConnectListNetworksReply,
        virConnectListNetworks, high, open, ["connect:search_networks"] filter "network:getattr";
    39 NetworkCreate(NetworkCreateArgs) -> (),
        virNetworkCreate, low, write, ["network:start"];
    40 NetworkCreateXml(NetworkCreateXmlArgs) -> NetworkCreateXmlReply,
        virNetworkCreateXML, low, write, ["network:write", "network:start"];
    41 NetworkDefineXml(NetworkDefineXmlArgs) -> NetworkDefineXmlReply,
        virNetworkDefineXML, high, write, ["network:write", "network:save"];
    42 NetworkDestroy(NetworkDestroyArgs) -> (),
        virNetworkDestroy, high, write, ["network:stop"];
    43 NetworkGetXmlDesc(NetworkGetXmlDescArgs) -> NetworkGetXmlDescReply,
        virNetworkGetXMLDesc, high, open, ["network:read"];
    44 NetworkGetAutostart(NetworkGetAutostartArgs) -> NetworkGetAutostartReply,
        virNetworkGetAutostart, high, open, ["network:read"];
    45 NetworkGetBridgeName(NetworkGetBridgeNameArgs) -> NetworkGetBridgeNameReply,
        virNetworkGetBridgeName, high, open, ["network:read"];
    46 NetworkLookupByName(NetworkLookupByNameArgs) -> NetworkLookupByNameReply,
        virNetworkLookupByName, high, open, ["network:getattr"];
    47 NetworkLookupByUuid(NetworkLookupByUuidArgs) -> NetworkLookupByUuidReply,
        virNetworkLookupByUUID, high, open, ["network:getattr"];
    48 NetworkSetAutostart(NetworkSetAutostartArgs) -> (),
        virNetworkSetAutostart, high, write, ["network:write"];
    49 NetworkUndefine(NetworkUndefineArgs) -> (),
        virNetworkUndefine, high, write, ["network:delete"];
    50 ConnectNumOfDefinedNetworks(()) -> ConnectNumOfDefinedNetworksReply,
        virConnectNumOfDefinedNetworks, high, open, ["connect:search_networks"] filter "network:getattr";
    52 ConnectNumOfNetworks(()) -> ConnectNumOfNetworksReply,
        virConnectNumOfNetworks, high, open, ["connect:search_networks"] filter "network:getattr";
    152 NetworkIsActive(NetworkIsActiveArgs) -> NetworkIsActiveReply,
        virNetworkIsActive, high, open, ["network:read"];
    153 NetworkIsPersistent(NetworkIsPersistentArgs) -> NetworkIsPersistentReply,
        virNetworkIsPersistent, high, open, ["network:read"];
    283 ConnectListAllNetworks(ConnectListAllNetworksArgs) -> ConnectListAllNetworksReply,
        virConnectListAllNetworks, high, open, ["connect:search_networks"] filter "network:getattr";
    291 NetworkUpdate(NetworkUpdateArgs) -> (),
        virNetworkUpdate, high, write, ["network:write", "network:save:!VIR_NETWORK_UPDATE_AFFECT_CONFIG|VIR_NETWORK_UPDATE_AFFECT_LIVE", "network:save:VIR_NETWORK_UPDATE_AFFECT_CONFIG"];
    313 ConnectNetworkEventRegisterAny(ConnectNetworkEventRegisterAnyArgs) -> ConnectNetworkEventRegisterAnyReply,
        virConnectNetworkEventRegisterAny, high, open, ["connect:search_networks"] filter "network:getattr";
    314 ConnectNetworkEventDeregisterAny(ConnectNetworkEventDeregisterAnyArgs) -> (),
        virConnectNetworkEventDeregisterAny, high, open, ["connect:read"];
    341 NetworkGetDhcpLeases(NetworkGetDhcpLeasesArgs) -> NetworkGetDhcpLeasesReply,
        virNetworkGetDHCPLeases, low, open, ["network:read"];
    404 NetworkListAllPorts(NetworkListAllPortsArgs) -> NetworkListAllPortsReply,
        virNetworkListAllPorts, high, open, ["network:search_ports"] filter "network_port:getattr";
    405 NetworkPortLookupByUuid(NetworkPortLookupByUuidArgs) -> NetworkPortLookupByUuidReply,
        virNetworkPortLookupByUUID, high, open, ["network_port:getattr"];
    406 NetworkPortCreateXml(NetworkPortCreateXmlArgs) -> NetworkPortCreateXmlReply,
        virNetworkPortCreateXML, low, write, ["network_port:create"];
    407 NetworkPortGetParameters(NetworkPortGetParametersArgs) -> NetworkPortGetParametersReply,
        virNetworkPortGetParameters, low, open, ["network_port:read"];
    408 NetworkPortSetParameters(NetworkPortSetParametersArgs) -> (),
        virNetworkPortSetParameters, low, write, ["network_port:write"];
    409 NetworkPortGetXmlDesc(NetworkPortGetXmlDescArgs) -> NetworkPortGetXmlDescReply,
        virNetworkPortGetXMLDesc, low, open, ["network_port:read"];
    410 NetworkPortDelete(NetworkPortDeleteArgs) -> (),
        virNetworkPortDelete, low, write, ["network_port:delete"];
    432 NetworkDefineXmlFlags(NetworkDefineXmlFlagsArgs) -> NetworkDefineXmlFlagsReply,
        virNetworkDefineXMLFlags, high, write, ["network:write", "network:save"];
    437 NetworkCreateXmlFlags(NetworkCreateXmlFlagsArgs) -> NetworkCreateXmlFlagsReply,
        virNetworkCreateXMLFlags, high, write, ["network:write", "network:start"];
    444 NetworkSetMetadata(NetworkSetMetadataArgs) -> (),
        virNetworkSetMetadata, low, write, ["network:write", "network:save:!VIR_NETWORK_UPDATE_AFFECT_CONFIG|VIR_NETWORK_UPDATE_AFFECT_LIVE", "network:save:VIR_NETWORK_UPDATE_AFFECT_CONFIG"];
    445 NetworkGetMetadata(NetworkGetMetadataArgs) -> NetworkGetMetadataReply,
        virNetworkGetMetadata, low, open, ["network:read"];
}

events! {
    REMOTE;
    315 NetworkEventLifecycle(NetworkEventLifecycleMessage);
    446 NetworkEventCallbackMetadataChange(NetworkEventCallbackMetadataChangeMessage);
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListDefinedNetworksArgs {
    pub maxnames: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListDefinedNetworksReply {
    #[xdr(max = limits::NETWORK_LIST)]
    pub names: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListNetworksArgs {
    pub maxnames: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListNetworksReply {
    #[xdr(max = limits::NETWORK_LIST)]
    pub names: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkCreateArgs {
    pub network: Network,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkCreateXmlArgs {
    pub xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkCreateXmlReply {
    pub network: Network,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkDefineXmlArgs {
    pub xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkDefineXmlReply {
    pub network: Network,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkDestroyArgs {
    pub network: Network,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkGetXmlDescArgs {
    pub network: Network,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkGetXmlDescReply {
    pub xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkGetAutostartArgs {
    pub network: Network,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkGetAutostartReply {
    pub autostart: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkGetBridgeNameArgs {
    pub network: Network,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkGetBridgeNameReply {
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkLookupByNameArgs {
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkLookupByNameReply {
    pub network: Network,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkLookupByUuidArgs {
    pub uuid: Uuid,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkLookupByUuidReply {
    pub network: Network,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkSetAutostartArgs {
    pub network: Network,
    pub autostart: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkUndefineArgs {
    pub network: Network,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectNumOfDefinedNetworksReply {
    pub num: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectNumOfNetworksReply {
    pub num: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkIsActiveArgs {
    pub network: Network,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkIsActiveReply {
    pub active: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkIsPersistentArgs {
    pub network: Network,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkIsPersistentReply {
    pub persistent: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListAllNetworksArgs {
    pub need_results: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListAllNetworksReply {
    #[xdr(max = limits::NETWORK_LIST)]
    pub networks: Vec<Network>,
    pub ret: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkUpdateArgs {
    pub network: Network,
    pub command: u32,
    pub section: u32,
    pub parent_index: i32,
    pub xml: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectNetworkEventRegisterAnyArgs {
    pub event_id: i32,
    pub network: Option<Network>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectNetworkEventRegisterAnyReply {
    pub callback_id: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectNetworkEventDeregisterAnyArgs {
    pub callback_id: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkEventLifecycleMessage {
    pub callback_id: i32,
    pub network: Network,
    pub event: i32,
    pub detail: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkGetDhcpLeasesArgs {
    pub network: Network,
    pub mac: Option<String>,
    pub need_results: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DhcpLease {
    pub interface: String,
    pub expirytime: i64,
    pub kind: i32,
    pub mac: Option<String>,
    pub iaid: Option<String>,
    pub ipaddr: String,
    pub prefix: u32,
    pub hostname: Option<String>,
    pub clientid: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkGetDhcpLeasesReply {
    #[xdr(max = limits::NETWORK_DHCP_LEASES)]
    pub leases: Vec<DhcpLease>,
    pub ret: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkListAllPortsArgs {
    pub network: Network,
    pub need_results: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkListAllPortsReply {
    #[xdr(max = limits::NETWORK_PORT_LIST)]
    pub ports: Vec<NetworkPort>,
    pub ret: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkPortLookupByUuidArgs {
    pub network: Network,
    pub uuid: Uuid,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkPortLookupByUuidReply {
    pub port: NetworkPort,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkPortCreateXmlArgs {
    pub network: Network,
    pub xml: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkPortCreateXmlReply {
    pub port: NetworkPort,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkPortGetParametersArgs {
    pub port: NetworkPort,
    pub nparams: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkPortGetParametersReply {
    #[xdr(max = limits::NETWORK_PORT_PARAMETERS)]
    pub params: Vec<TypedParameter>,
    pub nparams: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkPortSetParametersArgs {
    pub port: NetworkPort,
    #[xdr(max = limits::NETWORK_PORT_PARAMETERS)]
    pub params: Vec<TypedParameter>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkPortGetXmlDescArgs {
    pub port: NetworkPort,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkPortGetXmlDescReply {
    pub xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkPortDeleteArgs {
    pub port: NetworkPort,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkDefineXmlFlagsArgs {
    pub xml: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkDefineXmlFlagsReply {
    pub network: Network,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkCreateXmlFlagsArgs {
    pub xml: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkCreateXmlFlagsReply {
    pub network: Network,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkSetMetadataArgs {
    pub network: Network,
    pub kind: i32,
    pub metadata: Option<String>,
    pub key: Option<String>,
    pub uri: Option<String>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkGetMetadataArgs {
    pub network: Network,
    pub kind: i32,
    pub uri: Option<String>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkGetMetadataReply {
    pub metadata: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NetworkEventCallbackMetadataChangeMessage {
    pub callback_id: i32,
    pub network: Network,
    pub kind: i32,
    pub nsuri: Option<String>,
}
