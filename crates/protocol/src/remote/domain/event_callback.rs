//! Events of domains in the new style: each body begins with the callback's id.

use stead_xdr::Xdr;

use crate::limits;
use crate::remote::Domain;
use crate::remote::DomainEventBalloonChangeMessage;
use crate::remote::DomainEventBlockJobMessage;
use crate::remote::DomainEventControlErrorMessage;
use crate::remote::DomainEventDeviceRemovedMessage;
use crate::remote::DomainEventDiskChangeMessage;
use crate::remote::DomainEventGraphicsMessage;
use crate::remote::DomainEventIoErrorMessage;
use crate::remote::DomainEventIoErrorReasonMessage;
use crate::remote::DomainEventLifecycleMessage;
use crate::remote::DomainEventPmsuspendDiskMessage;
use crate::remote::DomainEventPmsuspendMessage;
use crate::remote::DomainEventPmwakeupMessage;
use crate::remote::DomainEventRebootMessage;
use crate::remote::DomainEventRtcChangeMessage;
use crate::remote::DomainEventTrayChangeMessage;
use crate::remote::DomainEventWatchdogMessage;
use crate::table::events;
use crate::typed_parameter::TypedParameter;

events! {
    REMOTE;
    318 DomainEventCallbackLifecycle(DomainEventCallbackLifecycleMessage);
    319 DomainEventCallbackReboot(DomainEventCallbackRebootMessage);
    320 DomainEventCallbackRtcChange(DomainEventCallbackRtcChangeMessage);
    321 DomainEventCallbackWatchdog(DomainEventCallbackWatchdogMessage);
    322 DomainEventCallbackIoError(DomainEventCallbackIoErrorMessage);
    323 DomainEventCallbackGraphics(DomainEventCallbackGraphicsMessage);
    324 DomainEventCallbackIoErrorReason(DomainEventCallbackIoErrorReasonMessage);
    325 DomainEventCallbackControlError(DomainEventCallbackControlErrorMessage);
    326 DomainEventCallbackBlockJob(DomainEventCallbackBlockJobMessage);
    327 DomainEventCallbackDiskChange(DomainEventCallbackDiskChangeMessage);
    328 DomainEventCallbackTrayChange(DomainEventCallbackTrayChangeMessage);
    329 DomainEventCallbackPmwakeup(DomainEventCallbackPmwakeupMessage);
    330 DomainEventCallbackPmsuspend(DomainEventCallbackPmsuspendMessage);
    331 DomainEventCallbackBalloonChange(DomainEventCallbackBalloonChangeMessage);
    332 DomainEventCallbackPmsuspendDisk(DomainEventCallbackPmsuspendDiskMessage);
    333 DomainEventCallbackDeviceRemoved(DomainEventCallbackDeviceRemovedMessage);
    339 DomainEventBlockJob2(DomainEventBlockJob2Message);
    346 DomainEventCallbackTunable(DomainEventCallbackTunableMessage);
    348 DomainEventCallbackAgentLifecycle(DomainEventCallbackAgentLifecycleMessage);
    354 DomainEventCallbackDeviceAdded(DomainEventCallbackDeviceAddedMessage);
    359 DomainEventCallbackMigrationIteration(DomainEventCallbackMigrationIterationMessage);
    363 DomainEventCallbackJobCompleted(DomainEventCallbackJobCompletedMessage);
    367 DomainEventCallbackDeviceRemovalFailed(DomainEventCallbackDeviceRemovalFailedMessage);
    379 DomainEventCallbackMetadataChange(DomainEventCallbackMetadataChangeMessage);
    385 DomainEventBlockThreshold(DomainEventBlockThresholdMessage);
    423 DomainEventMemoryFailure(DomainEventMemoryFailureMessage);
    438 DomainEventMemoryDeviceSizeChange(DomainEventMemoryDeviceSizeChangeMessage);
    453 DomainEventNicMacChange(DomainEventNicMacChangeMessage);
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventCallbackLifecycleMessage {
    pub callback_id: i32,
    pub msg: DomainEventLifecycleMessage,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventCallbackRebootMessage {
    pub callback_id: i32,
    pub msg: DomainEventRebootMessage,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventCallbackRtcChangeMessage {
    pub callback_id: i32,
    pub msg: DomainEventRtcChangeMessage,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventCallbackWatchdogMessage {
    pub callback_id: i32,
    pub msg: DomainEventWatchdogMessage,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventCallbackIoErrorMessage {
    pub callback_id: i32,
    pub msg: DomainEventIoErrorMessage,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventCallbackGraphicsMessage {
    pub callback_id: i32,
    pub msg: DomainEventGraphicsMessage,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventCallbackIoErrorReasonMessage {
    pub callback_id: i32,
    pub msg: DomainEventIoErrorReasonMessage,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventCallbackControlErrorMessage {
    pub callback_id: i32,
    pub msg: DomainEventControlErrorMessage,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventCallbackBlockJobMessage {
    pub callback_id: i32,
    pub msg: DomainEventBlockJobMessage,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventCallbackDiskChangeMessage {
    pub callback_id: i32,
    pub msg: DomainEventDiskChangeMessage,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventCallbackTrayChangeMessage {
    pub callback_id: i32,
    pub msg: DomainEventTrayChangeMessage,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventCallbackPmwakeupMessage {
    pub callback_id: i32,
    pub reason: i32,
    pub msg: DomainEventPmwakeupMessage,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventCallbackPmsuspendMessage {
    pub callback_id: i32,
    pub reason: i32,
    pub msg: DomainEventPmsuspendMessage,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventCallbackBalloonChangeMessage {
    pub callback_id: i32,
    pub msg: DomainEventBalloonChangeMessage,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventCallbackPmsuspendDiskMessage {
    pub callback_id: i32,
    pub reason: i32,
    pub msg: DomainEventPmsuspendDiskMessage,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventCallbackDeviceRemovedMessage {
    pub callback_id: i32,
    pub msg: DomainEventDeviceRemovedMessage,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventBlockJob2Message {
    pub callback_id: i32,
    pub domain: Domain,
    pub dst: String,
    pub kind: i32,
    pub status: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventCallbackTunableMessage {
    pub callback_id: i32,
    pub domain: Domain,
    #[xdr(max = limits::DOMAIN_EVENT_TUNABLE)]
    pub params: Vec<TypedParameter>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventCallbackAgentLifecycleMessage {
    pub callback_id: i32,
    pub domain: Domain,
    pub state: i32,
    pub reason: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventCallbackDeviceAddedMessage {
    pub callback_id: i32,
    pub domain: Domain,
    pub dev_alias: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventCallbackMigrationIterationMessage {
    pub callback_id: i32,
    pub domain: Domain,
    pub iteration: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventCallbackJobCompletedMessage {
    pub callback_id: i32,
    pub domain: Domain,
    #[xdr(max = limits::DOMAIN_JOB_STATS)]
    pub params: Vec<TypedParameter>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventCallbackDeviceRemovalFailedMessage {
    pub callback_id: i32,
    pub domain: Domain,
    pub dev_alias: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventCallbackMetadataChangeMessage {
    pub callback_id: i32,
    pub domain: Domain,
    pub kind: i32,
    pub nsuri: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventBlockThresholdMessage {
    pub callback_id: i32,
    pub domain: Domain,
    pub dev: String,
    pub path: Option<String>,
    pub threshold: u64,
    pub excess: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventMemoryFailureMessage {
    pub callback_id: i32,
    pub domain: Domain,
    pub recipient: i32,
    pub action: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventMemoryDeviceSizeChangeMessage {
    pub callback_id: i32,
    pub domain: Domain,
    pub alias: String,
    pub size: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainEventNicMacChangeMessage {
    pub callback_id: i32,
    pub domain: Domain,
    pub alias: String,
    pub old_mac: String,
    pub new_mac: String,
}
