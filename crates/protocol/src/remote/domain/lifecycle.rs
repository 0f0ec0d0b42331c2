//! What makes, starts, stops and removes a domain.

use stead_xdr::Xdr;

use crate::remote::Domain;
use crate::table::procedures;

procedures! {
    REMOTE, DOMAIN;
    9 DomainCreate(DomainCreateArgs) -> (),
        virDomainCreate, low, write, ["domain:start"];
    10 DomainCreateXml(DomainCreateXmlArgs) -> DomainCreateXmlReply,
        virDomainCreateXML, low, write, ["domain:write", "domain:start"];
    11 DomainDefineXml(DomainDefineXmlArgs) -> DomainDefineXmlReply,
        virDomainDefineXML, high, write, ["domain:write", "domain:save"];
    12 DomainDestroy(DomainDestroyArgs) -> (),
        virDomainDestroy, high, write, ["domain:stop"];
    15 DomainGetAutostart(DomainGetAutostartArgs) -> DomainGetAutostartReply,
        virDomainGetAutostart, high, open, ["domain:read"];
    27 DomainReboot(DomainRebootArgs) -> (),
        virDomainReboot, low, write, ["domain:init_control", "domain:write:VIR_DOMAIN_REBOOT_GUEST_AGENT"];
    28 DomainResume(DomainResumeArgs) -> (),
        virDomainResume, low, write, ["domain:suspend"];
    29 DomainSetAutostart(DomainSetAutostartArgs) -> (),
        virDomainSetAutostart, high, write, ["domain:write"];
    33 DomainShutdown(DomainShutdownArgs) -> (),
        virDomainShutdown, low, write, ["domain:init_control"];
    34 DomainSuspend(DomainSuspendArgs) -> (),
        virDomainSuspend, low, write, ["domain:suspend"];
    35 DomainUndefine(DomainUndefineArgs) -> (),
        virDomainUndefine, high, write, ["domain:delete"];
    196 DomainCreateWithFlags(DomainCreateWithFlagsArgs) -> DomainCreateWithFlagsReply,
        virDomainCreateWithFlags, low, write, ["domain:start"];
    231 DomainUndefineFlags(DomainUndefineFlagsArgs) -> (),
        virDomainUndefineFlags, high, write, ["domain:delete"];
    234 DomainDestroyFlags(DomainDestroyFlagsArgs) -> (),
        virDomainDestroyFlags, high, write, ["domain:stop"];
    245 DomainReset(DomainResetArgs) -> (),
        virDomainReset, low, write, ["domain:reset"];
    258 DomainShutdownFlags(DomainShutdownFlagsArgs) -> (),
        virDomainShutdownFlags, low, write, ["domain:init_control", "domain:write:VIR_DOMAIN_SHUTDOWN_GUEST_AGENT"];
    261 DomainPmSuspendForDuration(DomainPmSuspendForDurationArgs) -> (),
        virDomainPMSuspendForDuration, low, write, ["domain:pm_control"];
    267 DomainPmWakeup(DomainPmWakeupArgs) -> (),
        virDomainPMWakeup, low, write, ["domain:pm_control"];
    309 DomainCreateXmlWithFiles(DomainCreateXmlWithFilesArgs) -> DomainCreateXmlWithFilesReply,
        virDomainCreateXMLWithFiles, low, write, ["domain:write", "domain:start"];
    310 DomainCreateWithFiles(DomainCreateWithFilesArgs) -> DomainCreateWithFilesReply,
        virDomainCreateWithFiles, low, write, ["domain:start"];
    350 DomainDefineXmlFlags(DomainDefineXmlFlagsArgs) -> DomainDefineXmlFlagsReply,
        virDomainDefineXMLFlags, high, write, ["domain:write", "domain:save"];
    358 DomainRename(DomainRenameArgs) -> DomainRenameReply,
        virDomainRename, low, write, ["domain:write", "domain:save"];
    390 DomainSetLifecycleAction(DomainSetLifecycleActionArgs) -> (),
        virDomainSetLifecycleAction, low, write, ["domain:write"];
    443 DomainFdAssociate(DomainFdAssociateArgs) -> (),
        virDomainFDAssociate, low, write, ["domain:write"];
    449 DomainGetAutostartOnce(DomainGetAutostartOnceArgs) -> DomainGetAutostartOnceReply,
        virDomainGetAutostartOnce, high, open, ["domain:read"];
    450 DomainSetAutostartOnce(DomainSetAutostartOnceArgs) -> (),
        virDomainSetAutostartOnce, high, write, ["domain:write"];
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainCreateArgs {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainCreateXmlArgs {
    pub xml_desc: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainCreateXmlReply {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainDefineXmlArgs {
    pub xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainDefineXmlReply {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainDestroyArgs {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetAutostartArgs {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetAutostartReply {
    pub autostart: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainRebootArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainResumeArgs {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSetAutostartArgs {
    pub domain: Domain,
    pub autostart: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainShutdownArgs {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSuspendArgs {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainUndefineArgs {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainCreateWithFlagsArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainCreateWithFlagsReply {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainUndefineFlagsArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainDestroyFlagsArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainResetArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainShutdownFlagsArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainPmSuspendForDurationArgs {
    pub domain: Domain,
    pub target: u32,
    pub duration: u64,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainPmWakeupArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainCreateXmlWithFilesArgs {
    pub xml_desc: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainCreateXmlWithFilesReply {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainCreateWithFilesArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainCreateWithFilesReply {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainDefineXmlFlagsArgs {
    pub xml: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainDefineXmlFlagsReply {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainRenameArgs {
    pub domain: Domain,
    pub new_name: Option<String>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainRenameReply {
    pub retcode: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSetLifecycleActionArgs {
    pub domain: Domain,
    pub kind: u32,
    pub action: u32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainFdAssociateArgs {
    pub domain: Domain,
    pub name: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetAutostartOnceArgs {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetAutostartOnceReply {
    pub autostart: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSetAutostartOnceArgs {
    pub domain: Domain,
    pub autostart: i32,
}
