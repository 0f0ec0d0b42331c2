//! What a domain is and how it is doing.

use stead_xdr::Xdr;

use crate::limits;
use crate::remote::Domain;
use crate::table::procedures;
use crate::typed_parameter::TypedParameter;

procedures! {
    REMOTE, DOMAIN;
    14 DomainGetXmlDesc(DomainGetXmlDescArgs) -> DomainGetXmlDescReply,
        virDomainGetXMLDesc, low, write(0x9 in flags, "virDomainGetXMLDesc with secure flag"), ["domain:read", "domain:read_secure:VIR_DOMAIN_XML_SECURE", "domain:read_secure:VIR_DOMAIN_XML_MIGRATABLE"];
    16 DomainGetInfo(DomainGetInfoArgs) -> DomainGetInfoReply,
        virDomainGetInfo, low, open, ["domain:read"];
    19 DomainGetOsType(DomainGetOsTypeArgs) -> DomainGetOsTypeReply,
        virDomainGetOSType, high, open, ["domain:read"];
    121 DomainGetSecurityLabel(DomainGetSecurityLabelArgs) -> DomainGetSecurityLabelReply,
        virDomainGetSecurityLabel, high, open, ["domain:read"];
    150 DomainIsActive(DomainIsActiveArgs) -> DomainIsActiveReply,
        virDomainIsActive, high, open, ["domain:read"];
    151 DomainIsPersistent(DomainIsPersistentArgs) -> DomainIsPersistentReply,
        virDomainIsPersistent, high, open, ["domain:read"];
    202 DomainIsUpdated(DomainIsUpdatedArgs) -> DomainIsUpdatedReply,
        virDomainIsUpdated, high, open, ["domain:read"];
    212 DomainGetState(DomainGetStateArgs) -> DomainGetStateReply,
        virDomainGetState, high, open, ["domain:read"];
    229 DomainGetControlInfo(DomainGetControlInfoArgs) -> DomainGetControlInfoReply,
        virDomainGetControlInfo, high, open, ["domain:read"];
    264 DomainSetMetadata(DomainSetMetadataArgs) -> (),
        virDomainSetMetadata, low, write, ["domain:write", "domain:save:!VIR_DOMAIN_AFFECT_CONFIG|VIR_DOMAIN_AFFECT_LIVE", "domain:save:VIR_DOMAIN_AFFECT_CONFIG"];
    265 DomainGetMetadata(DomainGetMetadataArgs) -> DomainGetMetadataReply,
        virDomainGetMetadata, low, open, ["domain:read"];
    278 DomainGetSecurityLabelList(DomainGetSecurityLabelListArgs) -> DomainGetSecurityLabelListReply,
        virDomainGetSecurityLabelList, high, open, ["domain:read"];
    396 DomainGetLaunchSecurityInfo(DomainGetLaunchSecurityInfoArgs) -> DomainGetLaunchSecurityInfoReply,
        virDomainGetLaunchSecurityInfo, low, write, ["domain:read"];
    426 DomainGetMessages(DomainGetMessagesArgs) -> DomainGetMessagesReply,
        virDomainGetMessages, low, open, ["domain:read"];
    439 DomainSetLaunchSecurityState(DomainSetLaunchSecurityStateArgs) -> (),
        virDomainSetLaunchSecurityState, low, write, ["domain:write"];
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetXmlDescArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetXmlDescReply {
    pub xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetInfoArgs {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetInfoReply {
    #[xdr(char)]
    pub state: u8,
    pub max_mem: u64,
    pub memory: u64,
    #[xdr(short)]
    pub nr_virt_cpu: u16,
    pub cpu_time: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetOsTypeArgs {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetOsTypeReply {
    pub kind: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetSecurityLabelArgs {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetSecurityLabelReply {
    #[xdr(char, max = limits::SECURITY_LABEL)]
    pub label: Vec<u8>,
    pub enforcing: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainIsActiveArgs {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainIsActiveReply {
    pub active: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainIsPersistentArgs {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainIsPersistentReply {
    pub persistent: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainIsUpdatedArgs {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainIsUpdatedReply {
    pub updated: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetStateArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetStateReply {
    pub state: i32,
    pub reason: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetControlInfoArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetControlInfoReply {
    pub state: u32,
    pub details: u32,
    pub state_time: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSetMetadataArgs {
    pub domain: Domain,
    pub kind: i32,
    pub metadata: Option<String>,
    pub key: Option<String>,
    pub uri: Option<String>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetMetadataArgs {
    pub domain: Domain,
    pub kind: i32,
    pub uri: Option<String>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetMetadataReply {
    pub metadata: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetSecurityLabelListArgs {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetSecurityLabelListReply {
    #[xdr(max = limits::SECURITY_LABEL_LIST)]
    pub labels: Vec<DomainGetSecurityLabelReply>,
    pub ret: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetLaunchSecurityInfoArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetLaunchSecurityInfoReply {
    #[xdr(max = limits::DOMAIN_LAUNCH_SECURITY_INFO_PARAMS)]
    pub params: Vec<TypedParameter>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetMessagesArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetMessagesReply {
    #[xdr(max = limits::DOMAIN_MESSAGES)]
    pub msgs: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSetLaunchSecurityStateArgs {
    pub domain: Domain,
    #[xdr(max = limits::DOMAIN_LAUNCH_SECURITY_STATE_PARAMS)]
    pub params: Vec<TypedParameter>,
    pub flags: u32,
}
