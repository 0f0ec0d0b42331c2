//! Saving a domain to a file and back; core dumps.

use stead_xdr::Xdr;

use crate::limits;
use crate::remote::Domain;
use crate::table::procedures;
use crate::typed_parameter::TypedParameter;

procedures! {
    REMOTE, DOMAIN;
    53 DomainCoreDump(DomainCoreDumpArgs) -> (),
        virDomainCoreDump, low, write, ["domain:core_dump"];
    54 DomainRestore(DomainRestoreArgs) -> (),
        virDomainRestore, low, write, ["domain:start", "domain:write"];
    55 DomainSave(DomainSaveArgs) -> (),
        virDomainSave, low, write, ["domain:hibernate"];
    182 DomainManagedSave(DomainManagedSaveArgs) -> (),
        virDomainManagedSave, low, write, ["domain:hibernate"];
    183 DomainHasManagedSaveImage(DomainHasManagedSaveImageArgs) -> DomainHasManagedSaveImageReply,
        virDomainHasManagedSaveImage, low, open, ["domain:read"];
    184 DomainManagedSaveRemove(DomainManagedSaveRemoveArgs) -> (),
        virDomainManagedSaveRemove, low, write, ["domain:hibernate"];
    232 DomainSaveFlags(DomainSaveFlagsArgs) -> (),
        virDomainSaveFlags, low, write, ["domain:hibernate"];
    233 DomainRestoreFlags(DomainRestoreFlagsArgs) -> (),
        virDomainRestoreFlags, low, write, ["domain:start", "domain:write"];
    235 DomainSaveImageGetXmlDesc(DomainSaveImageGetXmlDescArgs) -> DomainSaveImageGetXmlDescReply,
        virDomainSaveImageGetXMLDesc, high, write, ["domain:write"];
    236 DomainSaveImageDefineXml(DomainSaveImageDefineXmlArgs) -> (),
        virDomainSaveImageDefineXML, high, write, ["domain:write", "domain:hibernate"];
    334 DomainCoreDumpWithFormat(DomainCoreDumpWithFormatArgs) -> (),
        virDomainCoreDumpWithFormat, low, write, ["domain:core_dump"];
    388 DomainManagedSaveGetXmlDesc(DomainManagedSaveGetXmlDescArgs) -> DomainManagedSaveGetXmlDescReply,
        virDomainManagedSaveGetXMLDesc, low, write(0x1 in flags, "virDomainManagedSaveGetXMLDesc with secure flag"), ["domain:read", "domain:read_secure:VIR_DOMAIN_SAVE_IMAGE_XML_SECURE"];
    389 DomainManagedSaveDefineXml(DomainManagedSaveDefineXmlArgs) -> (),
        virDomainManagedSaveDefineXML, low, write, ["domain:write", "domain:hibernate"];
    440 DomainSaveParams(DomainSaveParamsArgs) -> (),
        virDomainSaveParams, low, write, ["domain:hibernate"];
    441 DomainRestoreParams(DomainRestoreParamsArgs) -> (),
        virDomainRestoreParams, low, write, ["domain:start", "domain:write"];
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainCoreDumpArgs {
    pub domain: Domain,
    pub to: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainRestoreArgs {
    pub from: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSaveArgs {
    pub domain: Domain,
    pub to: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainManagedSaveArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainHasManagedSaveImageArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainHasManagedSaveImageReply {
    pub result: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainManagedSaveRemoveArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSaveFlagsArgs {
    pub domain: Domain,
    pub to: String,
    pub dxml: Option<String>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainRestoreFlagsArgs {
    pub from: String,
    pub dxml: Option<String>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSaveImageGetXmlDescArgs {
    pub file: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSaveImageGetXmlDescReply {
    pub xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSaveImageDefineXmlArgs {
    pub file: String,
    pub dxml: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainCoreDumpWithFormatArgs {
    pub domain: Domain,
    pub to: String,
    pub dumpformat: u32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainManagedSaveGetXmlDescArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainManagedSaveGetXmlDescReply {
    pub xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainManagedSaveDefineXmlArgs {
    pub domain: Domain,
    pub dxml: Option<String>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSaveParamsArgs {
    pub domain: Domain,
    #[xdr(max = limits::DOMAIN_SAVE_PARAMS)]
    pub params: Vec<TypedParameter>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainRestoreParamsArgs {
    #[xdr(max = limits::DOMAIN_SAVE_PARAMS)]
    pub params: Vec<TypedParameter>,
    pub flags: u32,
}
