//! The host that the daemon runs on.

use stead_xdr::Xdr;

use crate::limits;
use crate::table::procedures;
use crate::typed_parameter::TypedParameter;

procedures! {
    REMOTE, DOMAIN;
    6 NodeGetInfo(()) -> NodeGetInfoReply,
        virNodeGetInfo, high, open, ["connect:read"];
    101 NodeGetCellsFreeMemory(NodeGetCellsFreeMemoryArgs) -> NodeGetCellsFreeMemoryReply,
        virNodeGetCellsFreeMemory, high, open, ["connect:read"];
    102 NodeGetFreeMemory(()) -> NodeGetFreeMemoryReply,
        virNodeGetFreeMemory, high, open, ["connect:read"];
    122 NodeGetSecurityModel(()) -> NodeGetSecurityModelReply,
        virNodeGetSecurityModel, high, open, ["connect:read"];
    227 NodeGetCpuStats(NodeGetCpuStatsArgs) -> NodeGetCpuStatsReply,
        virNodeGetCPUStats, high, open, ["connect:read"];
    228 NodeGetMemoryStats(NodeGetMemoryStatsArgs) -> NodeGetMemoryStatsReply,
        virNodeGetMemoryStats, high, open, ["connect:read"];
    250 NodeSuspendForDuration(NodeSuspendForDurationArgs) -> (),
        virNodeSuspendForDuration, low, write, ["connect:pm_control"];
    288 NodeSetMemoryParameters(NodeSetMemoryParametersArgs) -> (),
        virNodeSetMemoryParameters, low, write, ["connect:write"];
    289 NodeGetMemoryParameters(NodeGetMemoryParametersArgs) -> NodeGetMemoryParametersReply,
        virNodeGetMemoryParameters, low, open, ["connect:read"];
    293 NodeGetCpuMap(NodeGetCpuMapArgs) -> NodeGetCpuMapReply,
        virNodeGetCPUMap, low, open, ["connect:read"];
    340 NodeGetFreePages(NodeGetFreePagesArgs) -> NodeGetFreePagesReply,
        virNodeGetFreePages, high, open, ["connect:read"];
    347 NodeAllocPages(NodeAllocPagesArgs) -> NodeAllocPagesReply,
        virNodeAllocPages, low, write, ["connect:write"];
    395 NodeGetSevInfo(NodeGetSevInfoArgs) -> NodeGetSevInfoReply,
        virNodeGetSEVInfo, low, write, ["connect:read"];
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeGetInfoReply {
    #[xdr(char)]
    pub model: [u8; 32],
    pub memory: u64,
    pub cpus: i32,
    pub mhz: i32,
    pub nodes: i32,
    pub sockets: i32,
    pub cores: i32,
    pub threads: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeGetCellsFreeMemoryArgs {
    pub start_cell: i32,
    pub maxcells: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeGetCellsFreeMemoryReply {
    #[xdr(max = limits::NODE_CELLS)]
    pub cells: Vec<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeGetFreeMemoryReply {
    pub free_mem: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeGetSecurityModelReply {
    #[xdr(char, max = limits::SECURITY_MODEL)]
    pub model: Vec<u8>,
    #[xdr(char, max = limits::SECURITY_DOI)]
    pub doi: Vec<u8>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeGetCpuStatsArgs {
    pub cpu_num: i32,
    pub nparams: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeCpuStat {
    pub field: String,
    pub value: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeGetCpuStatsReply {
    #[xdr(max = limits::NODE_CPU_STATS)]
    pub params: Vec<NodeCpuStat>,
    pub nparams: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeGetMemoryStatsArgs {
    pub nparams: i32,
    pub cell_num: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeMemoryStat {
    pub field: String,
    pub value: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeGetMemoryStatsReply {
    #[xdr(max = limits::NODE_MEMORY_STATS)]
    pub params: Vec<NodeMemoryStat>,
    pub nparams: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeSuspendForDurationArgs {
    pub target: u32,
    pub duration: u64,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeSetMemoryParametersArgs {
    #[xdr(max = limits::NODE_MEMORY_PARAMETERS)]
    pub params: Vec<TypedParameter>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeGetMemoryParametersArgs {
    pub nparams: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeGetMemoryParametersReply {
    #[xdr(max = limits::NODE_MEMORY_PARAMETERS)]
    pub params: Vec<TypedParameter>,
    pub nparams: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeGetCpuMapArgs {
    pub need_map: i32,
    pub need_online: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeGetCpuMapReply {
    #[xdr(opaque, max = limits::CPUMAP)]
    pub cpumap: Vec<u8>,
    pub online: u32,
    pub ret: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeGetFreePagesArgs {
    #[xdr(max = limits::NODE_CELLS)]
    pub pages: Vec<u32>,
    pub start_cell: i32,
    pub cell_count: u32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeGetFreePagesReply {
    #[xdr(max = limits::NODE_CELLS)]
    pub counts: Vec<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeAllocPagesArgs {
    #[xdr(max = limits::NODE_CELLS)]
    pub page_sizes: Vec<u32>,
    #[xdr(max = limits::NODE_CELLS)]
    pub page_counts: Vec<u64>,
    pub start_cell: i32,
    pub cell_count: u32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeAllocPagesReply {
    pub ret: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeGetSevInfoArgs {
    pub nparams: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct NodeGetSevInfoReply {
    #[xdr(max = limits::NODE_SEV_INFO)]
    pub params: Vec<TypedParameter>,
    pub nparams: i32,
}
