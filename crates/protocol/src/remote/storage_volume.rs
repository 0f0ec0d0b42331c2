//! Storage volumes.

use stead_xdr::Xdr;

use crate::remote::{StoragePool, StorageVolume};
use crate::table::procedures;

procedures! {
    REMOTE, STORAGE;
    93 StorageVolCreateXml(StorageVolCreateXmlArgs) -> StorageVolCreateXmlReply,
        virStorageVolCreateXML, low, write, ["storage_vol:create"];
    94 StorageVolDelete(StorageVolDeleteArgs) -> (),
        virStorageVolDelete, low, write, ["storage_vol:delete"];
    95 StorageVolLookupByName(StorageVolLookupByNameArgs) -> StorageVolLookupByNameReply,
        virStorageVolLookupByName, high, open, ["storage_vol:getattr"];
    96 StorageVolLookupByKey(StorageVolLookupByKeyArgs) -> StorageVolLookupByKeyReply,
        virStorageVolLookupByKey, high, open, ["storage_vol:getattr"];
    97 StorageVolLookupByPath(StorageVolLookupByPathArgs) -> StorageVolLookupByPathReply,
        virStorageVolLookupByPath, high, open, ["storage_vol:getattr"];
    98 StorageVolGetInfo(StorageVolGetInfoArgs) -> StorageVolGetInfoReply,
        virStorageVolGetInfo, high, open, ["storage_vol:read"];
    99 StorageVolGetXmlDesc(StorageVolGetXmlDescArgs) -> StorageVolGetXmlDescReply,
        virStorageVolGetXMLDesc, high, open, ["storage_vol:read"];
    100 StorageVolGetPath(StorageVolGetPathArgs) -> StorageVolGetPathReply,
        virStorageVolGetPath, high, open, ["storage_vol:read"];
    125 StorageVolCreateXmlFrom(StorageVolCreateXmlFromArgs) -> StorageVolCreateXmlFromReply,
        virStorageVolCreateXMLFrom, low, write, ["storage_vol:create"];
    165 StorageVolWipe(StorageVolWipeArgs) -> (),
        virStorageVolWipe, low, write, ["storage_vol:format"];
    208 StorageVolUpload(StorageVolUploadArgs) -> (),
        virStorageVolUpload, low, write send sparse(0x1), ["storage_vol:data_write"];
    209 StorageVolDownload(StorageVolDownloadArgs) -> (),
        virStorageVolDownload, low, write receive sparse(0x1), ["storage_vol:data_read"];
    259 StorageVolWipePattern(StorageVolWipePatternArgs) -> (),
        virStorageVolWipePattern, low, write, ["storage_vol:format"];
    260 StorageVolResize(StorageVolResizeArgs) -> (),
        virStorageVolResize, low, write, ["storage_vol:resize"];
    378 StorageVolGetInfoFlags(StorageVolGetInfoFlagsArgs) -> StorageVolGetInfoFlagsReply,
        virStorageVolGetInfoFlags, high, open, ["storage_vol:read"];
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StorageVolCreateXmlArgs {
    pub pool: StoragePool,
    pub xml: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StorageVolCreateXmlReply {
    pub volume: StorageVolume,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StorageVolDeleteArgs {
    pub volume: StorageVolume,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StorageVolLookupByNameArgs {
    pub pool: StoragePool,
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StorageVolLookupByNameReply {
    pub volume: StorageVolume,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StorageVolLookupByKeyArgs {
    pub key: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StorageVolLookupByKeyReply {
    pub volume: StorageVolume,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StorageVolLookupByPathArgs {
    pub path: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StorageVolLookupByPathReply {
    pub volume: StorageVolume,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StorageVolGetInfoArgs {
    pub volume: StorageVolume,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StorageVolGetInfoReply {
    #[xdr(char)]
    pub kind: u8,
    pub capacity: u64,
    pub allocation: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StorageVolGetXmlDescArgs {
    pub volume: StorageVolume,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StorageVolGetXmlDescReply {
    pub xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StorageVolGetPathArgs {
    pub volume: StorageVolume,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StorageVolGetPathReply {
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StorageVolCreateXmlFromArgs {
    pub pool: StoragePool,
    pub xml: String,
    pub clone_volume: StorageVolume,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StorageVolCreateXmlFromReply {
    pub volume: StorageVolume,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StorageVolWipeArgs {
    pub volume: StorageVolume,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StorageVolUploadArgs {
    pub volume: StorageVolume,
    pub offset: u64,
    pub length: u64,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StorageVolDownloadArgs {
    pub volume: StorageVolume,
    pub offset: u64,
    pub length: u64,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StorageVolWipePatternArgs {
    pub volume: StorageVolume,
    pub algorithm: u32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StorageVolResizeArgs {
    pub volume: StorageVolume,
    pub capacity: u64,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StorageVolGetInfoFlagsArgs {
    pub volume: StorageVolume,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct StorageVolGetInfoFlagsReply {
    #[xdr(char)]
    pub kind: u8,
    pub capacity: u64,
    pub allocation: u64,
}
