//! Devices attached to, changed in and detached from a domain.

use stead_xdr::Xdr;

use crate::remote::Domain;
use crate::table::procedures;

procedures! {
    REMOTE, DOMAIN;
    8 DomainAttachDevice(DomainAttachDeviceArgs) -> (),
        virDomainAttachDevice, low, write, ["domain:write"];
    13 DomainDetachDevice(DomainDetachDeviceArgs) -> (),
        virDomainDetachDevice, low, write, ["domain:write"];
    160 DomainAttachDeviceFlags(DomainAttachDeviceFlagsArgs) -> (),
        virDomainAttachDeviceFlags, low, write, ["domain:write", "domain:save:!VIR_DOMAIN_AFFECT_CONFIG|VIR_DOMAIN_AFFECT_LIVE", "domain:save:VIR_DOMAIN_AFFECT_CONFIG"];
    161 DomainDetachDeviceFlags(DomainDetachDeviceFlagsArgs) -> (),
        virDomainDetachDeviceFlags, low, write, ["domain:write", "domain:save:!VIR_DOMAIN_AFFECT_CONFIG|VIR_DOMAIN_AFFECT_LIVE", "domain:save:VIR_DOMAIN_AFFECT_CONFIG"];
    174 DomainUpdateDeviceFlags(DomainUpdateDeviceFlagsArgs) -> (),
        virDomainUpdateDeviceFlags, low, write, ["domain:write", "domain:save:!VIR_DOMAIN_AFFECT_CONFIG|VIR_DOMAIN_AFFECT_LIVE", "domain:save:VIR_DOMAIN_AFFECT_CONFIG"];
    392 DomainDetachDeviceAlias(DomainDetachDeviceAliasArgs) -> (),
        virDomainDetachDeviceAlias, low, write, ["domain:write", "domain:save:!VIR_DOMAIN_AFFECT_CONFIG|VIR_DOMAIN_AFFECT_LIVE", "domain:save:VIR_DOMAIN_AFFECT_CONFIG"];
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainAttachDeviceArgs {
    pub domain: Domain,
    pub xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainDetachDeviceArgs {
    pub domain: Domain,
    pub xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainAttachDeviceFlagsArgs {
    pub domain: Domain,
    pub xml: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainDetachDeviceFlagsArgs {
    pub domain: Domain,
    pub xml: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainUpdateDeviceFlagsArgs {
    pub domain: Domain,
    pub xml: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainDetachDeviceAliasArgs {
    pub domain: Domain,
    pub alias: String,
    pub flags: u32,
}
