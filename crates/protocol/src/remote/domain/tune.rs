//! A domain's scheduling, network and performance parameters.

use stead_xdr::Xdr;

use crate::limits;
use crate::remote::Domain;
use crate::table::procedures;
use crate::typed_parameter::TypedParameter;

procedures! {
    REMOTE, DOMAIN;
    56 DomainGetSchedulerType(DomainGetSchedulerTypeArgs) -> DomainGetSchedulerTypeReply,
        virDomainGetSchedulerType, low, open, ["domain:read"];
    57 DomainGetSchedulerParameters(DomainGetSchedulerParametersArgs) -> DomainGetSchedulerParametersReply,
        virDomainGetSchedulerParameters, low, open, ["domain:read"];
    58 DomainSetSchedulerParameters(DomainSetSchedulerParametersArgs) -> (),
        virDomainSetSchedulerParameters, low, write, ["domain:read"];
    65 DomainInterfaceStats(DomainInterfaceStatsArgs) -> DomainInterfaceStatsReply,
        virDomainInterfaceStats, high, open, ["domain:read"];
    205 DomainSetBlkioParameters(DomainSetBlkioParametersArgs) -> (),
        virDomainSetBlkioParameters, low, write, ["domain:write", "domain:save:!VIR_DOMAIN_AFFECT_CONFIG|VIR_DOMAIN_AFFECT_LIVE", "domain:save:VIR_DOMAIN_AFFECT_CONFIG"];
    206 DomainGetBlkioParameters(DomainGetBlkioParametersArgs) -> DomainGetBlkioParametersReply,
        virDomainGetBlkioParameters, low, open, ["domain:read"];
    219 DomainSetSchedulerParametersFlags(DomainSetSchedulerParametersFlagsArgs) -> (),
        virDomainSetSchedulerParametersFlags, low, write, ["domain:write", "domain:save:!VIR_DOMAIN_AFFECT_CONFIG|VIR_DOMAIN_AFFECT_LIVE", "domain:save:VIR_DOMAIN_AFFECT_CONFIG"];
    223 DomainGetSchedulerParametersFlags(DomainGetSchedulerParametersFlagsArgs) -> DomainGetSchedulerParametersFlagsReply,
        virDomainGetSchedulerParametersFlags, low, open, ["domain:read"];
    254 DomainSetNumaParameters(DomainSetNumaParametersArgs) -> (),
        virDomainSetNumaParameters, low, write, ["domain:write", "domain:save:!VIR_DOMAIN_AFFECT_CONFIG|VIR_DOMAIN_AFFECT_LIVE", "domain:save:VIR_DOMAIN_AFFECT_CONFIG"];
    255 DomainGetNumaParameters(DomainGetNumaParametersArgs) -> DomainGetNumaParametersReply,
        virDomainGetNumaParameters, low, open, ["domain:read"];
    256 DomainSetInterfaceParameters(DomainSetInterfaceParametersArgs) -> (),
        virDomainSetInterfaceParameters, low, write, ["domain:write", "domain:save:!VIR_DOMAIN_AFFECT_CONFIG|VIR_DOMAIN_AFFECT_LIVE", "domain:save:VIR_DOMAIN_AFFECT_CONFIG"];
    257 DomainGetInterfaceParameters(DomainGetInterfaceParametersArgs) -> DomainGetInterfaceParametersReply,
        virDomainGetInterfaceParameters, low, open, ["domain:read"];
    365 DomainGetPerfEvents(DomainGetPerfEventsArgs) -> DomainGetPerfEventsReply,
        virDomainGetPerfEvents, low, open, ["domain:read"];
    366 DomainSetPerfEvents(DomainSetPerfEventsArgs) -> (),
        virDomainSetPerfEvents, low, write, ["domain:write"];
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetSchedulerTypeArgs {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetSchedulerTypeReply {
    pub kind: String,
    pub nparams: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetSchedulerParametersArgs {
    pub domain: Domain,
    pub nparams: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetSchedulerParametersReply {
    #[xdr(max = limits::DOMAIN_SCHEDULER_PARAMETERS)]
    pub params: Vec<TypedParameter>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSetSchedulerParametersArgs {
    pub domain: Domain,
    #[xdr(max = limits::DOMAIN_SCHEDULER_PARAMETERS)]
    pub params: Vec<TypedParameter>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainInterfaceStatsArgs {
    pub domain: Domain,
    pub device: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainInterfaceStatsReply {
    pub rx_bytes: i64,
    pub rx_packets: i64,
    pub rx_errs: i64,
    pub rx_drop: i64,
    pub tx_bytes: i64,
    pub tx_packets: i64,
    pub tx_errs: i64,
    pub tx_drop: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSetBlkioParametersArgs {
    pub domain: Domain,
    #[xdr(max = limits::DOMAIN_BLKIO_PARAMETERS)]
    pub params: Vec<TypedParameter>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetBlkioParametersArgs {
    pub domain: Domain,
    pub nparams: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetBlkioParametersReply {
    #[xdr(max = limits::DOMAIN_BLKIO_PARAMETERS)]
    pub params: Vec<TypedParameter>,
    pub nparams: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSetSchedulerParametersFlagsArgs {
    pub domain: Domain,
    #[xdr(max = limits::DOMAIN_SCHEDULER_PARAMETERS)]
    pub params: Vec<TypedParameter>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetSchedulerParametersFlagsArgs {
    pub domain: Domain,
    pub nparams: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetSchedulerParametersFlagsReply {
    #[xdr(max = limits::DOMAIN_SCHEDULER_PARAMETERS)]
    pub params: Vec<TypedParameter>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSetNumaParametersArgs {
    pub domain: Domain,
    #[xdr(max = limits::DOMAIN_NUMA_PARAMETERS)]
    pub params: Vec<TypedParameter>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetNumaParametersArgs {
    pub domain: Domain,
    pub nparams: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetNumaParametersReply {
    #[xdr(max = limits::DOMAIN_NUMA_PARAMETERS)]
    pub params: Vec<TypedParameter>,
    pub nparams: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSetInterfaceParametersArgs {
    pub domain: Domain,
    pub device: String,
    #[xdr(max = limits::DOMAIN_INTERFACE_PARAMETERS)]
    pub params: Vec<TypedParameter>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetInterfaceParametersArgs {
    pub domain: Domain,
    pub device: String,
    pub nparams: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetInterfaceParametersReply {
    #[xdr(max = limits::DOMAIN_INTERFACE_PARAMETERS)]
    pub params: Vec<TypedParameter>,
    pub nparams: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetPerfEventsArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetPerfEventsReply {
    #[xdr(max = limits::DOMAIN_PERF_EVENTS)]
    pub params: Vec<TypedParameter>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSetPerfEventsArgs {
    pub domain: Domain,
    #[xdr(max = limits::DOMAIN_PERF_EVENTS)]
    pub params: Vec<TypedParameter>,
    pub flags: u32,
}
