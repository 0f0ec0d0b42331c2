//! Events of domains in the old style: no callback id in the body.

use stead_xdr::Xdr;

use crate::limits;
use crate::remote::Domain;
use crate::table::events;

events! {
    REMOTE;
    107 DomainEventLifecycle(DomainEventLifecycleMessage);
    169 DomainEventReboot(DomainEventRebootMessage);
    170 DomainEventRtcChange(DomainEventRtcChangeMessage);
    171 DomainEventWatchdog(DomainEventWatchdogMessage);
    172 DomainEventIoError(DomainEventIoErrorMessage);
    173 DomainEventGraphics(DomainEventGraphicsMessage);
    195 DomainEventIoErrorReason(DomainEventIoErrorReasonMessage);
    224 DomainEventControlError(DomainEventControlErrorMessage);
    241 DomainEventBlockJob(DomainEventBlockJobMessage);
    248 DomainEventDiskChange(DomainEventDiskChangeMessage);
    268 DomainEventTrayChange(DomainEventTrayChangeMessage);
    269 DomainEventPmwakeup(DomainEventPmwakeupMessage);
    270 DomainEventPmsuspend(DomainEventPmsuspendMessage);
    276 DomainEventBalloonChange(DomainEventBalloonChangeMessage);
    292 DomainEventPmsuspendDisk(DomainEventPmsuspendDiskMessage);
    311 DomainEventDeviceRemoved(DomainEventDeviceRemovedMessage);
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventLifecycleMessage {
    pub domain: Domain,
    pub event: i32,
    pub detail: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventRebootMessage {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventRtcChangeMessage {
    pub domain: Domain,
    pub offset: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventWatchdogMessage {
    pub domain: Domain,
    pub action: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventIoErrorMessage {
    pub domain: Domain,
    pub src_path: String,
    pub dev_alias: String,
    pub action: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct GraphicsAddress {
    pub family: i32,
    pub node: String,
    pub service: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct GraphicsIdentity {
    pub kind: String,
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventGraphicsMessage {
    pub domain: Domain,
    pub phase: i32,
    pub local: GraphicsAddress,
    pub remote: GraphicsAddress,
    pub auth_scheme: String,
    #[xdr(max = limits::DOMAIN_EVENT_GRAPHICS_IDENTITY)]
    pub subject: Vec<GraphicsIdentity>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventIoErrorReasonMessage {
    pub domain: Domain,
    pub src_path: String,
    pub dev_alias: String,
    pub action: i32,
    pub reason: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventControlErrorMessage {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventBlockJobMessage {
    pub domain: Domain,
    pub path: String,
    pub kind: i32,
    pub status: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventDiskChangeMessage {
    pub domain: Domain,
    pub old_src_path: Option<String>,
    pub new_src_path: Option<String>,
    pub dev_alias: String,
    pub reason: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventTrayChangeMessage {
    pub domain: Domain,
    pub dev_alias: String,
    pub reason: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventPmwakeupMessage {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventPmsuspendMessage {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventBalloonChangeMessage {
    pub domain: Domain,
    pub actual: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventPmsuspendDiskMessage {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventDeviceRemovedMessage {
    pub domain: Domain,
    pub dev_alias: String,
}
