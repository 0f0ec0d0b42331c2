//! What the agent inside the guest answers.

use stead_xdr::Xdr;

use crate::limits;
use crate::remote::Domain;
use crate::table::procedures;
use crate::typed_parameter::TypedParameter;

procedures! {
    REMOTE, DOMAIN;
    277 DomainGetHostname(DomainGetHostnameArgs) -> DomainGetHostnameReply,
        virDomainGetHostname, low, write, ["domain:write"];
    294 DomainFstrim(DomainFstrimArgs) -> (),
        virDomainFSTrim, low, write, ["domain:fs_trim"];
    295 DomainSendProcessSignal(DomainSendProcessSignalArgs) -> (),
        virDomainSendProcessSignal, low, write, ["domain:send_signal"];
    335 DomainFsfreeze(DomainFsfreezeArgs) -> DomainFsfreezeReply,
        virDomainFSFreeze, low, write, ["domain:fs_freeze"];
    336 DomainFsthaw(DomainFsthawArgs) -> DomainFsthawReply,
        virDomainFSThaw, low, write, ["domain:fs_freeze"];
    337 DomainGetTime(DomainGetTimeArgs) -> DomainGetTimeReply,
        virDomainGetTime, low, write, ["domain:write"];
    338 DomainSetTime(DomainSetTimeArgs) -> (),
        virDomainSetTime, low, write, ["domain:set_time"];
    349 DomainGetFsinfo(DomainGetFsinfoArgs) -> DomainGetFsinfoReply,
        virDomainGetFSInfo, low, write, ["domain:fs_freeze"];
    353 DomainInterfaceAddresses(DomainInterfaceAddressesArgs) -> DomainInterfaceAddressesReply,
        virDomainInterfaceAddresses, low, write(0x1 in source, "read only access prevents virDomainInterfaceAddresses"), ["domain:read", "domain:write::source:VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT"];
    357 DomainSetUserPassword(DomainSetUserPasswordArgs) -> (),
        virDomainSetUserPassword, low, write, ["domain:set_password"];
    371 DomainGetGuestVcpus(DomainGetGuestVcpusArgs) -> DomainGetGuestVcpusReply,
        virDomainGetGuestVcpus, low, write, ["domain:write"];
    372 DomainSetGuestVcpus(DomainSetGuestVcpusArgs) -> (),
        virDomainSetGuestVcpus, low, write, ["domain:write"];
    418 DomainGetGuestInfo(DomainGetGuestInfoArgs) -> DomainGetGuestInfoReply,
        virDomainGetGuestInfo, low, write, ["domain:write"];
    420 DomainAgentSetResponseTimeout(DomainAgentSetResponseTimeoutArgs) -> DomainAgentSetResponseTimeoutReply,
        virDomainAgentSetResponseTimeout, low, write, ["domain:write"];
    424 DomainAuthorizedSshKeysGet(DomainAuthorizedSshKeysGetArgs) -> DomainAuthorizedSshKeysGetReply,
        virDomainAuthorizedSSHKeysGet, low, write, ["domain:write"];
    425 DomainAuthorizedSshKeysSet(DomainAuthorizedSshKeysSetArgs) -> (),
        virDomainAuthorizedSSHKeysSet, low, write, ["domain:write"];
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetHostnameArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetHostnameReply {
    pub hostname: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainFstrimArgs {
    pub domain: Domain,
    pub mount_point: Option<String>,
    pub minimum: u64,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSendProcessSignalArgs {
    pub domain: Domain,
    pub pid_value: i64,
    pub signum: u32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainFsfreezeArgs {
    pub domain: Domain,
    #[xdr(max = limits::DOMAIN_FSFREEZE_MOUNTPOINTS)]
    pub mountpoints: Vec<String>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainFsfreezeReply {
    pub filesystems: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainFsthawArgs {
    pub domain: Domain,
    #[xdr(max = limits::DOMAIN_FSFREEZE_MOUNTPOINTS)]
    pub mountpoints: Vec<String>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainFsthawReply {
    pub filesystems: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetTimeArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetTimeReply {
    pub seconds: i64,
    pub nseconds: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSetTimeArgs {
    pub domain: Domain,
    pub seconds: i64,
    pub nseconds: u32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetFsinfoArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct Filesystem {
    pub mountpoint: String,
    pub name: String,
    pub fstype: String,
    #[xdr(max = limits::DOMAIN_FSINFO_DISKS)]
    pub dev_aliases: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetFsinfoReply {
    #[xdr(max = limits::DOMAIN_FSINFO)]
    pub info: Vec<Filesystem>,
    pub ret: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainInterfaceAddressesArgs {
    pub domain: Domain,
    pub source: u32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct IpAddress {
    pub kind: i32,
    pub address: String,
    pub prefix: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainInterface {
    pub name: String,
    pub hwaddr: Option<String>,
    #[xdr(max = limits::DOMAIN_IP_ADDR)]
    pub addresses: Vec<IpAddress>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainInterfaceAddressesReply {
    #[xdr(max = limits::DOMAIN_INTERFACE)]
    pub interfaces: Vec<DomainInterface>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSetUserPasswordArgs {
    pub domain: Domain,
    pub user: Option<String>,
    pub password: Option<String>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetGuestVcpusArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetGuestVcpusReply {
    #[xdr(max = limits::DOMAIN_GUEST_VCPU_PARAMS)]
    pub params: Vec<TypedParameter>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSetGuestVcpusArgs {
    pub domain: Domain,
    pub cpumap: String,
    pub state: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetGuestInfoArgs {
    pub domain: Domain,
    pub types: u32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetGuestInfoReply {
    #[xdr(max = limits::DOMAIN_GUEST_INFO_PARAMS)]
    pub params: Vec<TypedParameter>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainAgentSetResponseTimeoutArgs {
    pub domain: Domain,
    pub timeout: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainAgentSetResponseTimeoutReply {
    pub result: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainAuthorizedSshKeysGetArgs {
    pub domain: Domain,
    pub user: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainAuthorizedSshKeysGetReply {
    #[xdr(max = limits::DOMAIN_AUTHORIZED_SSH_KEYS)]
    pub keys: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainAuthorizedSshKeysSetArgs {
    pub domain: Domain,
    pub user: String,
    #[xdr(max = limits::DOMAIN_AUTHORIZED_SSH_KEYS)]
    pub keys: Vec<String>,
    pub flags: u32,
}
