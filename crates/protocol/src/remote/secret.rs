//! Secrets.

use stead_xdr::Xdr;

use crate::limits;
use crate::remote::{Secret, Uuid};
use crate::table::{events, procedures};

procedures! {
    REMOTE, SECRET;
    139 ConnectNumOfSecrets(()) -> ConnectNumOfSecretsReply,
        virConnectNumOfSecrets, high, open, ["connect:search_secrets"] filter "secret:getattr";
    140 ConnectListSecrets(ConnectListSecretsArgs) -> ConnectListSecretsReply,
        virConnectListSecrets, high, open, ["connect:search_secrets"] filter "secret:getattr";
    141 SecretLookupByUuid(SecretLookupByUuidArgs) -> SecretLookupByUuidReply,
        virSecretLookupByUUID, high, open, ["secret:getattr"];
    142 SecretDefineXml(SecretDefineXmlArgs) -> SecretDefineXmlReply,
        virSecretDefineXML, high, write, ["secret:write", "secret:save"];
    143 SecretGetXmlDesc(SecretGetXmlDescArgs) -> SecretGetXmlDescReply,
        virSecretGetXMLDesc, high, open, ["secret:read"];
    144 SecretSetValue(SecretSetValueArgs) -> (),
        virSecretSetValue, high, write, ["secret:write"];
    145 SecretGetValue(SecretGetValueArgs) -> SecretGetValueReply,
        virSecretGetValue, high, write, ["secret:read_secure"];
    146 SecretUndefine(SecretUndefineArgs) -> (),
        virSecretUndefine, high, write, ["secret:delete"];
    147 SecretLookupByUsage(SecretLookupByUsageArgs) -> SecretLookupByUsageReply,
        virSecretLookupByUsage, high, open, ["secret:getattr"];
    287 ConnectListAllSecrets(ConnectListAllSecretsArgs) -> ConnectListAllSecretsReply,
        virConnectListAllSecrets, high, open, ["connect:search_secrets"] filter "secret:getattr";
    380 ConnectSecretEventRegisterAny(ConnectSecretEventRegisterAnyArgs) -> ConnectSecretEventRegisterAnyReply,
        virConnectSecretEventRegisterAny, high, open, ["connect:search_secrets"] filter "secret:getattr";
    381 ConnectSecretEventDeregisterAny(ConnectSecretEventDeregisterAnyArgs) -> (),
        virConnectSecretEventDeregisterAny, high, open, ["connect:read"];
}

events! {
    REMOTE;
    382 SecretEventLifecycle(SecretEventLifecycleMessage);
    383 SecretEventValueChanged(SecretEventValueChangedMessage);
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectNumOfSecretsReply {
    pub num: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListSecretsArgs {
    pub maxuuids: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListSecretsReply {
    #[xdr(max = limits::SECRET_LIST)]
    pub uuids: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct SecretLookupByUuidArgs {
    pub uuid: Uuid,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct SecretLookupByUuidReply {
    pub secret: Secret,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct SecretDefineXmlArgs {
    pub xml: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct SecretDefineXmlReply {
    pub secret: Secret,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct SecretGetXmlDescArgs {
    pub secret: Secret,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct SecretGetXmlDescReply {
    pub xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct SecretSetValueArgs {
    pub secret: Secret,
    #[xdr(opaque, max = limits::SECRET_VALUE)]
    pub value: Vec<u8>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct SecretGetValueArgs {
    pub secret: Secret,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct SecretGetValueReply {
    #[xdr(opaque, max = limits::SECRET_VALUE)]
    pub value: Vec<u8>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct SecretUndefineArgs {
    pub secret: Secret,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct SecretLookupByUsageArgs {
    pub usage_type: i32,
    pub usage_id: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct SecretLookupByUsageReply {
    pub secret: Secret,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListAllSecretsArgs {
    pub need_results: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectListAllSecretsReply {
    #[xdr(max = limits::SECRET_LIST)]
    pub secrets: Vec<Secret>,
    pub ret: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectSecretEventRegisterAnyArgs {
    pub event_id: i32,
    pub secret: Option<Secret>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectSecretEventRegisterAnyReply {
    pub callback_id: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectSecretEventDeregisterAnyArgs {
    pub callback_id: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct SecretEventLifecycleMessage {
    pub callback_id: i32,
    pub secret: Secret,
    pub event: i32,
    pub detail: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct SecretEventValueChangedMessage {
    pub callback_id: i32,
    pub secret: Secret,
}
