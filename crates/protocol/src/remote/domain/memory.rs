//! A domain's memory.

use stead_xdr::Xdr;

use crate::limits;
use crate::remote::Domain;
use crate::table::procedures;
use crate::typed_parameter::TypedParameter;

procedures! {
    REMOTE, DOMAIN;
    17 DomainGetMaxMemory(DomainGetMaxMemoryArgs) -> DomainGetMaxMemoryReply,
        virDomainGetMaxMemory, high, open, ["domain:read"];
    30 DomainSetMaxMemory(DomainSetMaxMemoryArgs) -> (),
        virDomainSetMaxMemory, high, write, ["domain:write"];
    31 DomainSetMemory(DomainSetMemoryArgs) -> (),
        virDomainSetMemory, low, write, ["domain:write"];
    104 DomainMemoryPeek(DomainMemoryPeekArgs) -> DomainMemoryPeekReply,
        virDomainMemoryPeek, low, write, ["domain:mem_read"];
    159 DomainMemoryStats(DomainMemoryStatsArgs) -> DomainMemoryStatsReply,
        virDomainMemoryStats, low, open, ["domain:read"];
    197 DomainSetMemoryParameters(DomainSetMemoryParametersArgs) -> (),
        virDomainSetMemoryParameters, low, write, ["domain:write", "domain:save:!VIR_DOMAIN_AFFECT_CONFIG|VIR_DOMAIN_AFFECT_LIVE", "domain:save:VIR_DOMAIN_AFFECT_CONFIG"];
    198 DomainGetMemoryParameters(DomainGetMemoryParametersArgs) -> DomainGetMemoryParametersReply,
        virDomainGetMemoryParameters, low, open, ["domain:read"];
    204 DomainSetMemoryFlags(DomainSetMemoryFlagsArgs) -> (),
        virDomainSetMemoryFlags, low, write, ["domain:write", "domain:save:!VIR_DOMAIN_AFFECT_CONFIG|VIR_DOMAIN_AFFECT_LIVE", "domain:save:VIR_DOMAIN_AFFECT_CONFIG"];
    308 DomainSetMemoryStatsPeriod(DomainSetMemoryStatsPeriodArgs) -> (),
        virDomainSetMemoryStatsPeriod, low, write, ["domain:write", "domain:save:!VIR_DOMAIN_AFFECT_CONFIG|VIR_DOMAIN_AFFECT_LIVE", "domain:save:VIR_DOMAIN_AFFECT_CONFIG"];
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetMaxMemoryArgs {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetMaxMemoryReply {
    pub memory: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSetMaxMemoryArgs {
    pub domain: Domain,
    pub memory: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSetMemoryArgs {
    pub domain: Domain,
    pub memory: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMemoryPeekArgs {
    pub domain: Domain,
    pub offset: u64,
    pub size: u32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMemoryPeekReply {
    #[xdr(opaque, max = limits::DOMAIN_MEMORY_PEEK_BUFFER)]
    pub buffer: Vec<u8>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMemoryStatsArgs {
    pub domain: Domain,
    pub max_stats: u32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct MemoryStat {
    pub tag: i32,
    pub val: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMemoryStatsReply {
    #[xdr(max = limits::DOMAIN_MEMORY_STATS)]
    pub stats: Vec<MemoryStat>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSetMemoryParametersArgs {
    pub domain: Domain,
    #[xdr(max = limits::DOMAIN_MEMORY_PARAMETERS)]
    pub params: Vec<TypedParameter>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetMemoryParametersArgs {
    pub domain: Domain,
    pub nparams: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetMemoryParametersReply {
    #[xdr(max = limits::DOMAIN_MEMORY_PARAMETERS)]
    pub params: Vec<TypedParameter>,
    pub nparams: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSetMemoryFlagsArgs {
    pub domain: Domain,
    pub memory: u64,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSetMemoryStatsPeriodArgs {
    pub domain: Domain,
    pub period: i32,
    pub flags: u32,
}
