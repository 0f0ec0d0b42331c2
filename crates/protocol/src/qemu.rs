//! The program `qemu`: what only QEMU's domains have.

use stead_xdr::Xdr;

use crate::remote::Domain;
use crate::table::{Entry, events, procedures, sorted};

/// The program's number.
pub const PROGRAM: u32 = 0x2000_8087;

/// Every procedure and event of the program, by number from 1.
pub static TABLE: [Entry; 7] = sorted(&[PROCEDURES, EVENTS]);

procedures! {
    QEMU, NONE;
    1 DomainMonitorCommand(DomainMonitorCommandArgs) -> DomainMonitorCommandReply,
        virDomainQemuMonitorCommand, low, write, ["domain:write"];
    2 DomainAttach(DomainAttachArgs) -> DomainAttachReply,
        virDomainQemuAttach, low, write, ["domain:start", "domain:write"];
    3 DomainAgentCommand(DomainAgentCommandArgs) -> DomainAgentCommandReply,
        virDomainQemuAgentCommand, low, write, ["domain:write"];
    4 ConnectDomainMonitorEventRegister(ConnectDomainMonitorEventRegisterArgs) -> ConnectDomainMonitorEventRegisterReply,
        virConnectDomainQemuMonitorEventRegister, high, write, ["connect:search_domains", "connect:write"] filter "domain:getattr";
    5 ConnectDomainMonitorEventDeregister(ConnectDomainMonitorEventDeregisterArgs) -> (),
        virConnectDomainQemuMonitorEventDeregister, high, write, ["connect:write"];
    7 DomainMonitorCommandWithFiles(DomainMonitorCommandWithFilesArgs) -> DomainMonitorCommandWithFilesReply,
        virDomainQemuMonitorCommandWithFiles, low, write, ["domain:write"];
}

events! {
    QEMU;
    6 DomainMonitorEvent(DomainMonitorEventMessage);
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMonitorCommandArgs {
    pub domain: Domain,
    pub cmd: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMonitorCommandReply {
    pub result: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainAttachArgs {
    pub pid_value: u32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainAttachReply {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainAgentCommandArgs {
    pub domain: Domain,
    pub cmd: String,
    pub timeout: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainAgentCommandReply {
    pub result: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectDomainMonitorEventRegisterArgs {
    pub domain: Option<Domain>,
    pub event: Option<String>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectDomainMonitorEventRegisterReply {
    pub callback_id: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectDomainMonitorEventDeregisterArgs {
    pub callback_id: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMonitorEventMessage {
    pub callback_id: i32,
    pub domain: Domain,
    pub event: String,
    pub seconds: i64,
    pub micros: u32,
    pub details: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMonitorCommandWithFilesArgs {
    pub domain: Domain,
    pub cmd: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMonitorCommandWithFilesReply {
    pub result: String,
}
