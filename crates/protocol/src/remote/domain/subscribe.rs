//! Asking for the events of domains.

use stead_xdr::Xdr;

use crate::remote::Domain;
use crate::table::procedures;

procedures! {
    REMOTE, DOMAIN;
    105 ConnectDomainEventRegister(()) -> ConnectDomainEventRegisterReply,
        virConnectDomainEventRegister, high, open, ["connect:search_domains"] filter "domain:getattr";
    106 ConnectDomainEventDeregister(()) -> ConnectDomainEventDeregisterReply,
        virConnectDomainEventDeregister, high, open, ["connect:read"];
    167 ConnectDomainEventRegisterAny(ConnectDomainEventRegisterAnyArgs) -> (),
        virConnectDomainEventRegisterAny, high, open, ["connect:search_domains"] filter "domain:getattr";
    168 ConnectDomainEventDeregisterAny(ConnectDomainEventDeregisterAnyArgs) -> (),
        virConnectDomainEventDeregisterAny, high, open, ["connect:read"];
    316 ConnectDomainEventCallbackRegisterAny(ConnectDomainEventCallbackRegisterAnyArgs) -> ConnectDomainEventCallbackRegisterAnyReply,
        virConnectDomainEventRegisterAny, high, open, ["connect:search_domains"] filter "domain:getattr";
    317 ConnectDomainEventCallbackDeregisterAny(ConnectDomainEventCallbackDeregisterAnyArgs) -> (),
        virConnectDomainEventDeregisterAny, high, open, ["connect:read"];
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectDomainEventRegisterReply {
    pub cb_registered: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectDomainEventDeregisterReply {
    pub cb_registered: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectDomainEventRegisterAnyArgs {
    pub event_id: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectDomainEventDeregisterAnyArgs {
    pub event_id: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectDomainEventCallbackRegisterAnyArgs {
    pub event_id: i32,
    pub domain: Option<Domain>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectDomainEventCallbackRegisterAnyReply {
    pub callback_id: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct ConnectDomainEventCallbackDeregisterAnyArgs {
    pub callback_id: i32,
}
