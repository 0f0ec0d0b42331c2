//! Devices of the host.

use stead_xdr::Xdr;

use crate::limits;
use crate::remote::NodeDevice;
use crate::table::{events, procedures};

procedures! {
    REMOTE, NODEDEV;
    111 NodeNumOfDevices(NodeNumOfDevicesArgs) -> NodeNumOfDevicesReply,
        virNodeNumOfDevices, high, open, ["connect:search_node_devices"] filter "node_device:getattr";
    112 NodeListDevices(NodeListDevicesArgs) -> NodeListDevicesReply,
        virNodeListDevices, high, open, ["connect:search_node_devices"] filter "node_device:getattr";
    113 NodeDeviceLookupByName(NodeDeviceLookupByNameArgs) -> NodeDeviceLookupByNameReply,
        virNodeDeviceLookupByName, high, open, ["node_device:getattr"];
    114 NodeDeviceGetXmlDesc(NodeDeviceGetXmlDescArgs) -> NodeDeviceGetXmlDescReply,
        virNodeDeviceGetXMLDesc, low, open, ["node_device:read"];
    115 NodeDeviceGetParent(NodeDeviceGetParentArgs) -> NodeDeviceGetParentReply,
        virNodeDeviceGetParent, high, open, ["node_device:read"];
    116 NodeDeviceNumOfCaps(NodeDeviceNumOfCapsArgs) -> NodeDeviceNumOfCapsReply,
        virNodeDeviceNumOfCaps, high, open, ["node_device:read"];
    117 NodeDeviceListCaps(NodeDeviceListCapsArgs) -> NodeDeviceListCapsReply,
        virNodeDeviceListCaps, high, open, ["node_device:read"];
    118 NodeDeviceDettach(NodeDeviceDettachArgs) -> (),
        virNodeDeviceDettach, low, write, ["node_device:detach"];
    119 NodeDeviceReAttach(NodeDeviceReAttachArgs) -> (),
        virNodeDeviceReAttach, low, write, ["node_device:detach"];
    120 NodeDeviceReset(NodeDeviceResetArgs) -> (),
        virNodeDeviceReset, low, write, ["node_device:detach"];
    123 NodeDeviceCreateXml(NodeDeviceCreateXmlArgs) -> NodeDeviceCreateXmlReply,
        virNodeDeviceCreateXML, low, write, ["node_device:write", "node_device:start"];
    124 NodeDeviceDestroy(NodeDeviceDestroyArgs) -> (),
        virNodeDeviceDestroy, high, write, ["node_device:stop"];
    285 ConnectListAllNodeDevices(ConnectListAllNodeDevicesArgs) -> ConnectListAllNodeDevicesReply,
        virConnectListAllNodeDevices, high, open, ["connect:search_node_devices"] filter "node_device:getattr";
    297 NodeDeviceLookupScsiHostByWwn(NodeDeviceLookupScsiHostByWwnArgs) -> NodeDeviceLookupScsiHostByWwnReply,
        virNodeDeviceLookupSCSIHostByWWN, high, open, ["node_device:getattr"];
    301 NodeDeviceDetachFlags(NodeDeviceDetachFlagsArgs) -> (),
        virNodeDeviceDetachFlags, low, write, ["node_device:detach"];
    374 ConnectNodeDeviceEventRegisterAny(ConnectNodeDeviceEventRegisterAnyArgs) -> ConnectNodeDeviceEventRegisterAnyReply,
        virConnectNodeDeviceEventRegisterAny, high, open, ["connect:search_node_devices"] filter "node_device:getattr";
    375 ConnectNodeDeviceEventDeregisterAny(ConnectNodeDeviceEventDeregisterAnyArgs) -> (),
        virConnectNodeDeviceEventDeregisterAny, high, open, ["connect:read"];
    428 NodeDeviceDefineXml(NodeDeviceDefineXmlArgs) -> NodeDeviceDefineXmlReply,
        virNodeDeviceDefineXML, low, write, ["node_device:write", "node_device:save"];
    429 NodeDeviceUndefine(NodeDeviceUndefineArgs) -> (),
        virNodeDeviceUndefine, high, write, ["node_device:delete"];
    430 NodeDeviceCreate(NodeDeviceCreateArgs) -> (),
        virNodeDeviceCreate, high, write, ["node_device:start"];
    433 NodeDeviceGetAutostart(NodeDeviceGetAutostartArgs) -> NodeDeviceGetAutostartReply,
        virNodeDeviceGetAutostart, high, open, ["node_device:read"];
    434 NodeDeviceSetAutostart(NodeDeviceSetAutostartArgs) -> (),
        virNodeDeviceSetAutostart, high, write, ["node_device:write"];
    435 NodeDeviceIsPersistent(NodeDeviceIsPersistentArgs) -> NodeDeviceIsPersistentReply,
        virNodeDeviceIsPersistent, high, open, ["node_device:read"];
    436 NodeDeviceIsActive(NodeDeviceIsActiveArgs) -> NodeDeviceIsActiveReply,
        virNodeDeviceIsActive, high, open, ["node_device:read"];
    447 NodeDeviceUpdate(NodeDeviceUpdateArgs) -> (),
        virNodeDeviceUpdate, high, write, ["node_device:write", "node_device:save:!VIR_NODE_DEVICE_UPDATE_AFFECT_CONFIG|VIR_NODE_DEVICE_UPDATE_AFFECT_LIVE", "node_device:save:VIR_NODE_DEVICE_UPDATE_AFFECT_CONFIG"];
}

events! {
    REMOTE;
    376 NodeDeviceEventLifecycle(NodeDeviceEventLifecycleMessage);
    377 NodeDeviceEventUpdate(NodeDeviceEventUpdateMessage);
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeNumOfDevicesArgs {
    pub cap: Option<String>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeNumOfDevicesReply {
    pub num: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeListDevicesArgs {
    pub cap: Option<String>,
    pub maxnames: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeListDevicesReply {
    #[xdr(max = limits::NODE_DEVICE_LIST)]
    pub names: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceLookupByNameArgs {
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceLookupByNameReply {
    pub device: NodeDevice,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceGetXmlDescArgs {
    pub name: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceGetXmlDescReply {
    pub xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceGetParentArgs {
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceGetParentReply {
    pub parent_name: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceNumOfCapsArgs {
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceNumOfCapsReply {
    pub num: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceListCapsArgs {
    pub name: String,
    pub maxnames: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceListCapsReply {
    #[xdr(max = limits::NODE_DEVICE_CAPS_LIST)]
    pub names: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceDettachArgs {
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceReAttachArgs {
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceResetArgs {
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceCreateXmlArgs {
    pub xml_desc: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceCreateXmlReply {
    pub device: NodeDevice,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceDestroyArgs {
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListAllNodeDevicesArgs {
    pub need_results: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListAllNodeDevicesReply {
    #[xdr(max = limits::NODE_DEVICE_LIST)]
    pub devices: Vec<NodeDevice>,
    pub ret: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceLookupScsiHostByWwnArgs {
    pub wwnn: String,
    pub wwpn: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceLookupScsiHostByWwnReply {
    pub device: NodeDevice,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceDetachFlagsArgs {
    pub name: String,
    pub driver_name: Option<String>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectNodeDeviceEventRegisterAnyArgs {
    pub event_id: i32,
    pub device: Option<NodeDevice>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectNodeDeviceEventRegisterAnyReply {
    pub callback_id: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectNodeDeviceEventDeregisterAnyArgs {
    pub callback_id: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceEventLifecycleMessage {
    pub callback_id: i32,
    pub device: NodeDevice,
    pub event: i32,
    pub detail: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceEventUpdateMessage {
    pub callback_id: i32,
    pub device: NodeDevice,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceDefineXmlArgs {
    pub xml_desc: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceDefineXmlReply {
    pub device: NodeDevice,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceUndefineArgs {
    pub name: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceCreateArgs {
    pub name: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceGetAutostartArgs {
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceGetAutostartReply {
    pub autostart: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceSetAutostartArgs {
    pub name: String,
    pub autostart: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceIsPersistentArgs {
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceIsPersistentReply {
    pub persistent: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceIsActiveArgs {
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceIsActiveReply {
    pub active: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeDeviceUpdateArgs {
    pub name: String,
    pub xml_desc: String,
    pub flags: u32,
}
