//! Jobs of a domain: progress, abort, backup, dirty rate.

use stead_xdr::Xdr;

use crate::limits;
use crate::remote::Domain;
use crate::table::procedures;
use crate::typed_parameter::TypedParameter;

procedures! {
    REMOTE, DOMAIN;
    163 DomainGetJobInfo(DomainGetJobInfoArgs) -> DomainGetJobInfoReply,
        virDomainGetJobInfo, low, open, ["domain:read"];
    164 DomainAbortJob(DomainAbortJobArgs) -> (),
        virDomainAbortJob, low, write, ["domain:write"];
    298 DomainGetJobStats(DomainGetJobStatsArgs) -> DomainGetJobStatsReply,
        virDomainGetJobStats, low, open, ["domain:read"];
    421 DomainBackupBegin(DomainBackupBeginArgs) -> (),
        virDomainBackupBegin, low, write, ["domain:checkpoint", "domain:block_write"];
    422 DomainBackupGetXmlDesc(DomainBackupGetXmlDescArgs) -> DomainBackupGetXmlDescReply,
        virDomainBackupGetXMLDesc, high, open, ["domain:read"];
    427 DomainStartDirtyRateCalc(DomainStartDirtyRateCalcArgs) -> (),
        virDomainStartDirtyRateCalc, low, write, ["domain:write"];
    442 DomainAbortJobFlags(DomainAbortJobFlagsArgs) -> (),
        virDomainAbortJobFlags, low, write, ["domain:write"];
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetJobInfoArgs {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetJobInfoReply {
    pub kind: i32,
    pub time_elapsed: u64,
    pub time_remaining: u64,
    pub data_total: u64,
    pub data_processed: u64,
    pub data_remaining: u64,
    pub mem_total: u64,
    pub mem_processed: u64,
    pub mem_remaining: u64,
    pub file_total: u64,
    pub file_processed: u64,
    pub file_remaining: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainAbortJobArgs {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetJobStatsArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainGetJobStatsReply {
    pub kind: i32,
    #[xdr(max = limits::DOMAIN_JOB_STATS)]
    pub params: Vec<TypedParameter>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainBackupBeginArgs {
    pub domain: Domain,
    pub backup_xml: String,
    pub checkpoint_xml: Option<String>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainBackupGetXmlDescArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainBackupGetXmlDescReply {
    pub xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainStartDirtyRateCalcArgs {
    pub domain: Domain,
    pub seconds: i32,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainAbortJobFlagsArgs {
    pub domain: Domain,
    pub flags: u32,
}
