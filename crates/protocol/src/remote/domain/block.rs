//! A domain's disks: statistics, tuning, jobs.

use stead_xdr::Xdr;

use crate::limits;
use crate::remote::Domain;
use crate::table::procedures;
use crate::typed_parameter::TypedParameter;

procedures! {
    REMOTE, DOMAIN;
    64 DomainBlockStats(DomainBlockStatsArgs) -> DomainBlockStatsReply,
        virDomainBlockStats, low, open, ["domain:read"];
    103 DomainBlockPeek(DomainBlockPeekArgs) -> DomainBlockPeekReply,
        virDomainBlockPeek, low, write, ["domain:block_read"];
    194 DomainGetBlockInfo(DomainGetBlockInfoArgs) -> DomainGetBlockInfoReply,
        virDomainGetBlockInfo, low, open, ["domain:read"];
    237 DomainBlockJobAbort(DomainBlockJobAbortArgs) -> (),
        virDomainBlockJobAbort, low, write, ["domain:write"];
    238 DomainGetBlockJobInfo(DomainGetBlockJobInfoArgs) -> DomainGetBlockJobInfoReply,
        virDomainGetBlockJobInfo, low, open, ["domain:read"];
    239 DomainBlockJobSetSpeed(DomainBlockJobSetSpeedArgs) -> (),
        virDomainBlockJobSetSpeed, low, write, ["domain:write"];
    240 DomainBlockPull(DomainBlockPullArgs) -> (),
        virDomainBlockPull, low, write, ["domain:block_write"];
    243 DomainBlockStatsFlags(DomainBlockStatsFlagsArgs) -> DomainBlockStatsFlagsReply,
        virDomainBlockStatsFlags, low, open, ["domain:read"];
    251 DomainBlockResize(DomainBlockResizeArgs) -> (),
        virDomainBlockResize, low, write, ["domain:block_write"];
    252 DomainSetBlockIoTune(DomainSetBlockIoTuneArgs) -> (),
        virDomainSetBlockIoTune, low, write, ["domain:write", "domain:save:!VIR_DOMAIN_AFFECT_CONFIG|VIR_DOMAIN_AFFECT_LIVE", "domain:save:VIR_DOMAIN_AFFECT_CONFIG"];
    253 DomainGetBlockIoTune(DomainGetBlockIoTuneArgs) -> DomainGetBlockIoTuneReply,
        virDomainGetBlockIoTune, low, open, ["domain:read"];
    263 DomainGetDiskErrors(DomainGetDiskErrorsArgs) -> DomainGetDiskErrorsReply,
        virDomainGetDiskErrors, low, open, ["domain:read"];
    266 DomainBlockRebase(DomainBlockRebaseArgs) -> (),
        virDomainBlockRebase, low, write, ["domain:block_write"];
    290 DomainBlockCommit(DomainBlockCommitArgs) -> (),
        virDomainBlockCommit, low, write, ["domain:block_write"];
    345 DomainBlockCopy(DomainBlockCopyArgs) -> (),
        virDomainBlockCopy, low, write, ["domain:block_write"];
    386 DomainSetBlockThreshold(DomainSetBlockThresholdArgs) -> (),
        virDomainSetBlockThreshold, low, write, ["domain:write"];
    451 DomainSetThrottleGroup(DomainSetThrottleGroupArgs) -> (),
        virDomainSetThrottleGroup, low, write, ["domain:write", "domain:save:!VIR_DOMAIN_AFFECT_CONFIG|VIR_DOMAIN_AFFECT_LIVE", "domain:save:VIR_DOMAIN_AFFECT_CONFIG"];
    452 DomainDelThrottleGroup(DomainDelThrottleGroupArgs) -> (),
        virDomainDelThrottleGroup, low, write, ["domain:write", "domain:save:!VIR_DOMAIN_AFFECT_CONFIG|VIR_DOMAIN_AFFECT_LIVE", "domain:save:VIR_DOMAIN_AFFECT_CONFIG"];
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainBlockStatsArgs {
    pub domain: Domain,
    pub path: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainBlockStatsReply {
    pub rd_req: i64,
    pub rd_bytes: i64,
    pub wr_req: i64,
    pub wr_bytes: i64,
    pub errors: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainBlockPeekArgs {
    pub domain: Domain,
    pub path: String,
    pub offset: u64,
    pub size: u32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainBlockPeekReply {
    #[xdr(opaque, max = limits::DOMAIN_BLOCK_PEEK_BUFFER)]
    pub buffer: Vec<u8>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetBlockInfoArgs {
    pub domain: Domain,
    pub path: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetBlockInfoReply {
    pub allocation: u64,
    pub capacity: u64,
    pub physical: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainBlockJobAbortArgs {
    pub domain: Domain,
    pub path: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetBlockJobInfoArgs {
    pub domain: Domain,
    pub path: String,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetBlockJobInfoReply {
    pub found: i32,
    pub kind: i32,
    pub bandwidth: u64,
    pub cur: u64,
    pub end: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainBlockJobSetSpeedArgs {
    pub domain: Domain,
    pub path: String,
    pub bandwidth: u64,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainBlockPullArgs {
    pub domain: Domain,
    pub path: String,
    pub bandwidth: u64,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainBlockStatsFlagsArgs {
    pub domain: Domain,
    pub path: String,
    pub nparams: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainBlockStatsFlagsReply {
    #[xdr(max = limits::DOMAIN_BLOCK_STATS_PARAMETERS)]
    pub params: Vec<TypedParameter>,
    pub nparams: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainBlockResizeArgs {
    pub domain: Domain,
    pub disk: String,
    pub size: u64,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSetBlockIoTuneArgs {
    pub domain: Domain,
    pub disk: String,
    #[xdr(max = limits::DOMAIN_BLOCK_IO_TUNE_PARAMETERS)]
    pub params: Vec<TypedParameter>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetBlockIoTuneArgs {
    pub domain: Domain,
    pub disk: Option<String>,
    pub nparams: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetBlockIoTuneReply {
    #[xdr(max = limits::DOMAIN_BLOCK_IO_TUNE_PARAMETERS)]
    pub params: Vec<TypedParameter>,
    pub nparams: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetDiskErrorsArgs {
    pub domain: Domain,
    pub maxerrors: u32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DiskError {
    pub disk: String,
    pub error: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetDiskErrorsReply {
    #[xdr(max = limits::DOMAIN_DISK_ERRORS)]
    pub errors: Vec<DiskError>,
    pub nerrors: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainBlockRebaseArgs {
    pub domain: Domain,
    pub path: String,
    pub base: Option<String>,
    pub bandwidth: u64,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainBlockCommitArgs {
    pub domain: Domain,
    pub disk: String,
    pub base: Option<String>,
    pub top: Option<String>,
    pub bandwidth: u64,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainBlockCopyArgs {
    pub domain: Domain,
    pub path: String,
    pub destxml: String,
    #[xdr(max = limits::DOMAIN_BLOCK_COPY_PARAMETERS)]
    pub params: Vec<TypedParameter>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSetBlockThresholdArgs {
    pub domain: Domain,
    pub dev: String,
    pub threshold: u64,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainSetThrottleGroupArgs {
    pub domain: Domain,
    pub group: String,
    #[xdr(max = limits::DOMAIN_BLOCK_IO_TUNE_PARAMETERS)]
    pub params: Vec<TypedParameter>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainDelThrottleGroupArgs {
    pub domain: Domain,
    pub group: Option<String>,
    pub flags: u32,
}
