//! A domain's virtual CPUs and threads.

use stead_xdr::Xdr;

use crate::limits;
use crate::remote::Domain;
use crate::table::procedures;
use crate::typed_parameter::TypedParameter;

procedures! {
    REMOTE, DOMAIN;
    18 DomainGetMaxVcpus(DomainGetMaxVcpusArgs) -> DomainGetMaxVcpusReply,
        virDomainGetMaxVcpus, high, open, ["domain:read"];
    20 DomainGetVcpus(DomainGetVcpusArgs) -> DomainGetVcpusReply,
        virDomainGetVcpus, high, open, ["domain:read"];
    26 DomainPinVcpu(DomainPinVcpuArgs) -> (),
        virDomainPinVcpu, low, write, ["domain:write"];
    32 DomainSetVcpus(DomainSetVcpusArgs) -> (),
        virDomainSetVcpus, low, write, ["domain:write"];
    199 DomainSetVcpusFlags(DomainSetVcpusFlagsArgs) -> (),
        virDomainSetVcpusFlags, low, write, ["domain:write", "domain:save:!VIR_DOMAIN_AFFECT_CONFIG|VIR_DOMAIN_AFFECT_LIVE", "domain:save:VIR_DOMAIN_AFFECT_CONFIG", "domain:write:VIR_DOMAIN_VCPU_GUEST"];
    200 DomainGetVcpusFlags(DomainGetVcpusFlagsArgs) -> DomainGetVcpusFlagsReply,
        virDomainGetVcpusFlags, low, write(0x8 in flags, "read only access prevents virDomainGetVcpusFlags"), ["domain:read", "domain:write:VIR_DOMAIN_VCPU_GUEST"];
    225 DomainPinVcpuFlags(DomainPinVcpuFlagsArgs) -> (),
        virDomainPinVcpuFlags, low, write, ["domain:write", "domain:save:!VIR_DOMAIN_AFFECT_CONFIG|VIR_DOMAIN_AFFECT_LIVE", "domain:save:VIR_DOMAIN_AFFECT_CONFIG"];
    230 DomainGetVcpuPinInfo(DomainGetVcpuPinInfoArgs) -> DomainGetVcpuPinInfoReply,
        virDomainGetVcpuPinInfo, low, open, ["domain:read"];
    262 DomainGetCpuStats(DomainGetCpuStatsArgs) -> DomainGetCpuStatsReply,
        virDomainGetCPUStats, low, open, ["domain:read"];
    279 DomainPinEmulator(DomainPinEmulatorArgs) -> (),
        virDomainPinEmulator, low, write, ["domain:write", "domain:save:!VIR_DOMAIN_AFFECT_CONFIG|VIR_DOMAIN_AFFECT_LIVE", "domain:save:VIR_DOMAIN_AFFECT_CONFIG"];
    280 DomainGetEmulatorPinInfo(DomainGetEmulatorPinInfoArgs) -> DomainGetEmulatorPinInfoReply,
        virDomainGetEmulatorPinInfo, low, open, ["domain:read"];
    351 DomainGetIothreadInfo(DomainGetIothreadInfoArgs) -> DomainGetIothreadInfoReply,
        virDomainGetIOThreadInfo, low, open, ["domain:read"];
    352 DomainPinIothread(DomainPinIothreadArgs) -> (),
        virDomainPinIOThread, low, write, ["domain:write", "domain:save:!VIR_DOMAIN_AFFECT_CONFIG|VIR_DOMAIN_AFFECT_LIVE", "domain:save:VIR_DOMAIN_AFFECT_CONFIG"];
    355 DomainAddIothread(DomainAddIothreadArgs) -> (),
        virDomainAddIOThread, low, write, ["domain:write", "domain:save:!VIR_DOMAIN_AFFECT_CONFIG|VIR_DOMAIN_AFFECT_LIVE", "domain:save:VIR_DOMAIN_AFFECT_CONFIG"];
    356 DomainDelIothread(DomainDelIothreadArgs) -> (),
        virDomainDelIOThread, low, write, ["domain:write", "domain:save:!VIR_DOMAIN_AFFECT_CONFIG|VIR_DOMAIN_AFFECT_LIVE", "domain:save:VIR_DOMAIN_AFFECT_CONFIG"];
    384 DomainSetVcpu(DomainSetVcpuArgs) -> (),
        virDomainSetVcpu, low, write, ["domain:write", "domain:save:!VIR_DOMAIN_AFFECT_CONFIG|VIR_DOMAIN_AFFECT_LIVE", "domain:save:VIR_DOMAIN_AFFECT_CONFIG"];
    402 DomainSetIothreadParams(DomainSetIothreadParamsArgs) -> (),
        virDomainSetIOThreadParams, low, write, ["domain:write", "domain:save:!VIR_DOMAIN_AFFECT_CONFIG|VIR_DOMAIN_AFFECT_LIVE", "domain:save:VIR_DOMAIN_AFFECT_CONFIG"];
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetMaxVcpusArgs {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetMaxVcpusReply {
    pub num: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetVcpusArgs {
    pub domain: Domain,
    pub maxinfo: i32,
    pub maplen: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct Vcpu {
    pub number: u32,
    pub state: i32,
    pub cpu_time: u64,
    pub cpu: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetVcpusReply {
    #[xdr(max = limits::VCPUINFO)]
    pub info: Vec<Vcpu>,
    #[xdr(opaque, max = limits::CPUMAPS)]
    pub cpumaps: Vec<u8>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainPinVcpuArgs {
    pub domain: Domain,
    pub vcpu: u32,
    #[xdr(opaque, max = limits::CPUMAP)]
    pub cpumap: Vec<u8>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSetVcpusArgs {
    pub domain: Domain,
    pub nvcpus: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSetVcpusFlagsArgs {
    pub domain: Domain,
    pub nvcpus: u32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetVcpusFlagsArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetVcpusFlagsReply {
    pub num: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainPinVcpuFlagsArgs {
    pub domain: Domain,
    pub vcpu: u32,
    #[xdr(opaque, max = limits::CPUMAP)]
    pub cpumap: Vec<u8>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetVcpuPinInfoArgs {
    pub domain: Domain,
    pub ncpumaps: i32,
    pub maplen: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetVcpuPinInfoReply {
    #[xdr(opaque, max = limits::CPUMAPS)]
    pub cpumaps: Vec<u8>,
    pub num: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetCpuStatsArgs {
    pub domain: Domain,
    pub nparams: u32,
    pub start_cpu: i32,
    pub ncpus: u32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetCpuStatsReply {
    #[xdr(max = limits::DOMAIN_GET_CPU_STATS)]
    pub params: Vec<TypedParameter>,
    pub nparams: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainPinEmulatorArgs {
    pub domain: Domain,
    #[xdr(opaque, max = limits::CPUMAP)]
    pub cpumap: Vec<u8>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetEmulatorPinInfoArgs {
    pub domain: Domain,
    pub maplen: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetEmulatorPinInfoReply {
    #[xdr(opaque, max = limits::CPUMAPS)]
    pub cpumaps: Vec<u8>,
    pub ret: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetIothreadInfoArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct Iothread {
    pub iothread_id: u32,
    #[xdr(opaque, max = limits::CPUMAP)]
    pub cpumap: Vec<u8>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetIothreadInfoReply {
    #[xdr(max = limits::IOTHREAD_INFO)]
    pub info: Vec<Iothread>,
    pub ret: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainPinIothreadArgs {
    pub domain: Domain,
    pub iothreads_id: u32,
    #[xdr(opaque, max = limits::CPUMAP)]
    pub cpumap: Vec<u8>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainAddIothreadArgs {
    pub domain: Domain,
    pub iothread_id: u32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainDelIothreadArgs {
    pub domain: Domain,
    pub iothread_id: u32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSetVcpuArgs {
    pub domain: Domain,
    pub cpumap: String,
    pub state: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSetIothreadParamsArgs {
    pub domain: Domain,
    pub iothread_id: u32,
    #[xdr(max = limits::DOMAIN_IOTHREAD_PARAMS)]
    pub params: Vec<TypedParameter>,
    pub flags: u32,
}
