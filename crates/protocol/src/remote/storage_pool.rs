//! Storage pools.

use stead_xdr::Xdr;

use crate::limits;
use crate::remote::{StoragePool, StorageVolume, Uuid};
use crate::table::{events, procedures};

procedures! {
    REMOTE, STORAGE;
    71 ConnectNumOfStoragePools(()) -> ConnectNumOfStoragePoolsReply,
        virConnectNumOfStoragePools, high, open, ["connect:search_storage_pools"] filter "storage_pool:getattr";
    72 ConnectListStoragePools(ConnectListStoragePoolsArgs) -> ConnectListStoragePoolsReply,
        virConnectListStoragePools, high, open, ["connect:search_storage_pools"] filter "storage_pool:getattr";
    73 ConnectNumOfDefinedStoragePools(()) -> ConnectNumOfDefinedStoragePoolsReply,
        virConnectNumOfDefinedStoragePools, high, open, ["connect:search_storage_pools"] filter "storage_pool:getattr";
    74 ConnectListDefinedStoragePools(ConnectListDefinedStoragePoolsArgs) -> ConnectListDefinedStoragePoolsReply,
        virConnectListDefinedStoragePools, high, open, ["connect:search_storage_pools"] filter "storage_pool:getattr";
    75 ConnectFindStoragePoolSources(ConnectFindStoragePoolSourcesArgs) -> ConnectFindStoragePoolSourcesReply,
        virConnectFindStoragePoolSources, low, write, ["connect:detect_storage_pools"];
    76 StoragePoolCreateXml(StoragePoolCreateXmlArgs) -> StoragePoolCreateXmlReply,
        virStoragePoolCreateXML, low, write, ["storage_pool:start", "storage_pool:write"];
    77 StoragePoolDefineXml(StoragePoolDefineXmlArgs) -> StoragePoolDefineXmlReply,
        virStoragePoolDefineXML, high, write, ["storage_pool:write", "storage_pool:save"];
    78 StoragePoolCreate(StoragePoolCreateArgs) -> (),
        virStoragePoolCreate, low, write, ["storage_pool:start"];
    79 StoragePoolBuild(StoragePoolBuildArgs) -> (),
        virStoragePoolBuild, low, write, ["storage_pool:format"];
    80 StoragePoolDestroy(StoragePoolDestroyArgs) -> (),
        virStoragePoolDestroy, high, write, ["storage_pool:stop"];
    81 StoragePoolDelete(StoragePoolDeleteArgs) -> (),
        virStoragePoolDelete, low, write, ["storage_pool:format"];
    82 StoragePoolUndefine(StoragePoolUndefineArgs) -> (),
        virStoragePoolUndefine, high, write, ["storage_pool:delete"];
    83 StoragePoolRefresh(StoragePoolRefreshArgs) -> (),
        virStoragePoolRefresh, low, write, ["storage_pool:refresh"];
    84 StoragePoolLookupByName(StoragePoolLookupByNameArgs) -> StoragePoolLookupByNameReply,
        virStoragePoolLookupByName, high, open, ["storage_pool:getattr"];
    85 StoragePoolLookupByUuid(StoragePoolLookupByUuidArgs) -> StoragePoolLookupByUuidReply,
        virStoragePoolLookupByUUID, high, open, ["storage_pool:getattr"];
    86 StoragePoolLookupByVolume(StoragePoolLookupByVolumeArgs) -> StoragePoolLookupByVolumeReply,
        virStoragePoolLookupByVolume, high, open, ["storage_pool:getattr"];
    87 StoragePoolGetInfo(StoragePoolGetInfoArgs) -> StoragePoolGetInfoReply,
        virStoragePoolGetInfo, high, open, ["storage_pool:read"];
    88 StoragePoolGetXmlDesc(StoragePoolGetXmlDescArgs) -> StoragePoolGetXmlDescReply,
        virStoragePoolGetXMLDesc, high, open, ["storage_pool:read"];
    89 StoragePoolGetAutostart(StoragePoolGetAutostartArgs) -> StoragePoolGetAutostartReply,
        virStoragePoolGetAutostart, high, open, ["storage_pool:read"];
    90 StoragePoolSetAutostart(StoragePoolSetAutostartArgs) -> (),
        virStoragePoolSetAutostart, high, write, ["storage_pool:write"];
    91 StoragePoolNumOfVolumes(StoragePoolNumOfVolumesArgs) -> StoragePoolNumOfVolumesReply,
        virStoragePoolNumOfVolumes, high, open, ["storage_pool:search_storage_vols"] filter "storage_vol:getattr";
    92 StoragePoolListVolumes(StoragePoolListVolumesArgs) -> StoragePoolListVolumesReply,
        virStoragePoolListVolumes, high, open, ["storage_pool:search_storage_vols"] filter "storage_vol:getattr";
    154 StoragePoolIsActive(StoragePoolIsActiveArgs) -> StoragePoolIsActiveReply,
        virStoragePoolIsActive, high, open, ["storage_pool:read"];
    155 StoragePoolIsPersistent(StoragePoolIsPersistentArgs) -> StoragePoolIsPersistentReply,
        virStoragePoolIsPersistent, high, open, ["storage_pool:read"];
    281 ConnectListAllStoragePools(ConnectListAllStoragePoolsArgs) -> ConnectListAllStoragePoolsReply,
        virConnectListAllStoragePools, high, open, ["connect:search_storage_pools"] filter "storage_pool:getattr";
    282 StoragePoolListAllVolumes(StoragePoolListAllVolumesArgs) -> StoragePoolListAllVolumesReply,
        virStoragePoolListAllVolumes, high, open, ["storage_pool:search_storage_vols"] filter "storage_vol:getattr";
    368 ConnectStoragePoolEventRegisterAny(ConnectStoragePoolEventRegisterAnyArgs) -> ConnectStoragePoolEventRegisterAnyReply,
        virConnectStoragePoolEventRegisterAny, high, open, ["connect:search_storage_pools"] filter "storage_pool:getattr";
    369 ConnectStoragePoolEventDeregisterAny(ConnectStoragePoolEventDeregisterAnyArgs) -> (),
        virConnectStoragePoolEventDeregisterAny, high, open, ["connect:read"];
    391 StoragePoolLookupByTargetPath(StoragePoolLookupByTargetPathArgs) -> StoragePoolLookupByTargetPathReply,
        virStoragePoolLookupByTargetPath, high, open, ["storage_pool:getattr"];
    403 ConnectGetStoragePoolCapabilities(ConnectGetStoragePoolCapabilitiesArgs) -> ConnectGetStoragePoolCapabilitiesReply,
        virConnectGetStoragePoolCapabilities, low, open, ["connect:read"];
}

events! {
    REMOTE;
    370 StoragePoolEventLifecycle(StoragePoolEventLifecycleMessage);
    373 StoragePoolEventRefresh(StoragePoolEventRefreshMessage);
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectNumOfStoragePoolsReply {
    pub num: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListStoragePoolsArgs {
    pub maxnames: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListStoragePoolsReply {
    #[xdr(max = limits::STORAGE_POOL_LIST)]
    pub names: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectNumOfDefinedStoragePoolsReply {
    pub num: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListDefinedStoragePoolsArgs {
    pub maxnames: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListDefinedStoragePoolsReply {
    #[xdr(max = limits::STORAGE_POOL_LIST)]
    pub names: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectFindStoragePoolSourcesArgs {
    pub kind: String,
    pub src_spec: Option<String>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectFindStoragePoolSourcesReply {
    pub xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolCreateXmlArgs {
    pub xml: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolCreateXmlReply {
    pub pool: StoragePool,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolDefineXmlArgs {
    pub xml: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolDefineXmlReply {
    pub pool: StoragePool,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolCreateArgs {
    pub pool: StoragePool,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolBuildArgs {
    pub pool: StoragePool,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolDestroyArgs {
    pub pool: StoragePool,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolDeleteArgs {
    pub pool: StoragePool,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolUndefineArgs {
    pub pool: StoragePool,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolRefreshArgs {
    pub pool: StoragePool,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolLookupByNameArgs {
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolLookupByNameReply {
    pub pool: StoragePool,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolLookupByUuidArgs {
    pub uuid: Uuid,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolLookupByUuidReply {
    pub pool: StoragePool,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolLookupByVolumeArgs {
    pub volume: StorageVolume,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolLookupByVolumeReply {
    pub pool: StoragePool,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolGetInfoArgs {
    pub pool: StoragePool,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolGetInfoReply {
    #[xdr(char)]
    pub state: u8,
    pub capacity: u64,
    pub allocation: u64,
    pub available: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolGetXmlDescArgs {
    pub pool: StoragePool,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolGetXmlDescReply {
    pub xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolGetAutostartArgs {
    pub pool: StoragePool,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolGetAutostartReply {
    pub autostart: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolSetAutostartArgs {
    pub pool: StoragePool,
    pub autostart: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolNumOfVolumesArgs {
    pub pool: StoragePool,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolNumOfVolumesReply {
    pub num: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolListVolumesArgs {
    pub pool: StoragePool,
    pub maxnames: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolListVolumesReply {
    #[xdr(max = limits::STORAGE_VOL_LIST)]
    pub names: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolIsActiveArgs {
    pub pool: StoragePool,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolIsActiveReply {
    pub active: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolIsPersistentArgs {
    pub pool: StoragePool,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolIsPersistentReply {
    pub persistent: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListAllStoragePoolsArgs {
    pub need_results: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListAllStoragePoolsReply {
    #[xdr(max = limits::STORAGE_POOL_LIST)]
    pub pools: Vec<StoragePool>,
    pub ret: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolListAllVolumesArgs {
    pub pool: StoragePool,
    pub need_results: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolListAllVolumesReply {
    #[xdr(max = limits::STORAGE_VOL_LIST)]
    pub volumes: Vec<StorageVolume>,
    pub ret: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectStoragePoolEventRegisterAnyArgs {
    pub event_id: i32,
    pub pool: Option<StoragePool>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectStoragePoolEventRegisterAnyReply {
    pub callback_id: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectStoragePoolEventDeregisterAnyArgs {
    pub callback_id: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolEventLifecycleMessage {
    pub callback_id: i32,
    pub pool: StoragePool,
    pub event: i32,
    pub detail: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolEventRefreshMessage {
    pub callback_id: i32,
    pub pool: StoragePool,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolLookupByTargetPathArgs {
    pub path: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StoragePoolLookupByTargetPathReply {
    pub pool: StoragePool,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectGetStoragePoolCapabilitiesArgs {
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectGetStoragePoolCapabilitiesReply {
    pub capabilities: String,
}
