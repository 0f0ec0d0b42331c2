//! Migration, in its five versions.

use stead_xdr::Xdr;

use crate::limits;
use crate::remote::Domain;
use crate::table::procedures;
use crate::typed_parameter::TypedParameter;

procedures! {
    REMOTE, DOMAIN;
    61 DomainMigratePrepare(DomainMigratePrepareArgs) -> DomainMigratePrepareReply,
        virDomainMigratePrepare, low, write, ["domain:migrate", "domain:start", "domain:write"];
    62 DomainMigratePerform(DomainMigratePerformArgs) -> (),
        virDomainMigratePerform, low, write, ["domain:migrate"];
    63 DomainMigrateFinish(DomainMigrateFinishArgs) -> DomainMigrateFinishReply,
        virDomainMigrateFinish, low, write, ["domain:migrate"];
    108 DomainMigratePrepare2(DomainMigratePrepare2Args) -> DomainMigratePrepare2Reply,
        virDomainMigratePrepare2, low, write, ["domain:migrate", "domain:start", "domain:write"];
    109 DomainMigrateFinish2(DomainMigrateFinish2Args) -> DomainMigrateFinish2Reply,
        virDomainMigrateFinish2, low, write, ["domain:migrate"];
    148 DomainMigratePrepareTunnel(DomainMigratePrepareTunnelArgs) -> (),
        virDomainMigratePrepareTunnel, low, write send, ["domain:migrate", "domain:start", "domain:write"];
    166 DomainMigrateSetMaxDowntime(DomainMigrateSetMaxDowntimeArgs) -> (),
        virDomainMigrateSetMaxDowntime, low, write, ["domain:migrate"];
    207 DomainMigrateSetMaxSpeed(DomainMigrateSetMaxSpeedArgs) -> (),
        virDomainMigrateSetMaxSpeed, low, write, ["domain:migrate"];
    213 DomainMigrateBegin3(DomainMigrateBegin3Args) -> DomainMigrateBegin3Reply,
        virDomainMigrateBegin3, low, write, ["domain:migrate"];
    214 DomainMigratePrepare3(DomainMigratePrepare3Args) -> DomainMigratePrepare3Reply,
        virDomainMigratePrepare3, low, write, ["domain:migrate", "domain:start", "domain:write"];
    215 DomainMigratePrepareTunnel3(DomainMigratePrepareTunnel3Args) -> DomainMigratePrepareTunnel3Reply,
        virDomainMigratePrepareTunnel3, low, write send, ["domain:migrate", "domain:start", "domain:write"];
    216 DomainMigratePerform3(DomainMigratePerform3Args) -> DomainMigratePerform3Reply,
        virDomainMigratePerform3, low, write, ["domain:migrate"];
    217 DomainMigrateFinish3(DomainMigrateFinish3Args) -> DomainMigrateFinish3Reply,
        virDomainMigrateFinish3, low, write, ["domain:migrate"];
    218 DomainMigrateConfirm3(DomainMigrateConfirm3Args) -> (),
        virDomainMigrateConfirm3, low, write, ["domain:migrate"];
    242 DomainMigrateGetMaxSpeed(DomainMigrateGetMaxSpeedArgs) -> DomainMigrateGetMaxSpeedReply,
        virDomainMigrateGetMaxSpeed, low, write, ["domain:migrate"];
    299 DomainMigrateGetCompressionCache(DomainMigrateGetCompressionCacheArgs) -> DomainMigrateGetCompressionCacheReply,
        virDomainMigrateGetCompressionCache, low, open, ["domain:migrate"];
    300 DomainMigrateSetCompressionCache(DomainMigrateSetCompressionCacheArgs) -> (),
        virDomainMigrateSetCompressionCache, low, write, ["domain:migrate"];
    302 DomainMigrateBegin3Params(DomainMigrateBegin3ParamsArgs) -> DomainMigrateBegin3ParamsReply,
        virDomainMigrateBegin3Params, low, write, ["domain:migrate"];
    303 DomainMigratePrepare3Params(DomainMigratePrepare3ParamsArgs) -> DomainMigratePrepare3ParamsReply,
        virDomainMigratePrepare3Params, low, write, ["domain:migrate", "domain:start", "domain:write"];
    304 DomainMigratePrepareTunnel3Params(DomainMigratePrepareTunnel3ParamsArgs) -> DomainMigratePrepareTunnel3ParamsReply,
        virDomainMigratePrepareTunnel3Params, low, write send, ["domain:migrate", "domain:start", "domain:write"];
    305 DomainMigratePerform3Params(DomainMigratePerform3ParamsArgs) -> DomainMigratePerform3ParamsReply,
        virDomainMigratePerform3Params, low, write, ["domain:migrate"];
    306 DomainMigrateFinish3Params(DomainMigrateFinish3ParamsArgs) -> DomainMigrateFinish3ParamsReply,
        virDomainMigrateFinish3Params, low, write, ["domain:migrate"];
    307 DomainMigrateConfirm3Params(DomainMigrateConfirm3ParamsArgs) -> (),
        virDomainMigrateConfirm3Params, low, write, ["domain:migrate"];
    364 DomainMigrateStartPostCopy(DomainMigrateStartPostCopyArgs) -> (),
        virDomainMigrateStartPostCopy, low, write, ["domain:migrate"];
    387 DomainMigrateGetMaxDowntime(DomainMigrateGetMaxDowntimeArgs) -> DomainMigrateGetMaxDowntimeReply,
        virDomainMigrateGetMaxDowntime, low, open, ["domain:migrate"];
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigratePrepareArgs {
    pub uri_in: Option<String>,
    pub flags: u64,
    pub dname: Option<String>,
    pub resource: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigratePrepareReply {
    #[xdr(opaque, max = limits::MIGRATE_COOKIE)]
    pub cookie: Vec<u8>,
    pub uri_out: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigratePerformArgs {
    pub domain: Domain,
    #[xdr(opaque, max = limits::MIGRATE_COOKIE)]
    pub cookie: Vec<u8>,
    pub uri: String,
    pub flags: u64,
    pub dname: Option<String>,
    pub resource: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigrateFinishArgs {
    pub dname: String,
    #[xdr(opaque, max = limits::MIGRATE_COOKIE)]
    pub cookie: Vec<u8>,
    pub uri: String,
    pub flags: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigrateFinishReply {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigratePrepare2Args {
    pub uri_in: Option<String>,
    pub flags: u64,
    pub dname: Option<String>,
    pub resource: u64,
    pub dom_xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigratePrepare2Reply {
    #[xdr(opaque, max = limits::MIGRATE_COOKIE)]
    pub cookie: Vec<u8>,
    pub uri_out: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigrateFinish2Args {
    pub dname: String,
    #[xdr(opaque, max = limits::MIGRATE_COOKIE)]
    pub cookie: Vec<u8>,
    pub uri: String,
    pub flags: u64,
    pub retcode: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigrateFinish2Reply {
    pub domain: Domain,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigratePrepareTunnelArgs {
    pub flags: u64,
    pub dname: Option<String>,
    pub resource: u64,
    pub dom_xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigrateSetMaxDowntimeArgs {
    pub domain: Domain,
    pub downtime: u64,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigrateSetMaxSpeedArgs {
    pub domain: Domain,
    pub bandwidth: u64,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigrateBegin3Args {
    pub domain: Domain,
    pub xmlin: Option<String>,
    pub flags: u64,
    pub dname: Option<String>,
    pub resource: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigrateBegin3Reply {
    #[xdr(opaque, max = limits::MIGRATE_COOKIE)]
    pub cookie_out: Vec<u8>,
    pub xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigratePrepare3Args {
    #[xdr(opaque, max = limits::MIGRATE_COOKIE)]
    pub cookie_in: Vec<u8>,
    pub uri_in: Option<String>,
    pub flags: u64,
    pub dname: Option<String>,
    pub resource: u64,
    pub dom_xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigratePrepare3Reply {
    #[xdr(opaque, max = limits::MIGRATE_COOKIE)]
    pub cookie_out: Vec<u8>,
    pub uri_out: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigratePrepareTunnel3Args {
    #[xdr(opaque, max = limits::MIGRATE_COOKIE)]
    pub cookie_in: Vec<u8>,
    pub flags: u64,
    pub dname: Option<String>,
    pub resource: u64,
    pub dom_xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigratePrepareTunnel3Reply {
    #[xdr(opaque, max = limits::MIGRATE_COOKIE)]
    pub cookie_out: Vec<u8>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigratePerform3Args {
    pub domain: Domain,
    pub xmlin: Option<String>,
    #[xdr(opaque, max = limits::MIGRATE_COOKIE)]
    pub cookie_in: Vec<u8>,
    pub dconnuri: Option<String>,
    pub uri: Option<String>,
    pub flags: u64,
    pub dname: Option<String>,
    pub resource: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigratePerform3Reply {
    #[xdr(opaque, max = limits::MIGRATE_COOKIE)]
    pub cookie_out: Vec<u8>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigrateFinish3Args {
    pub dname: String,
    #[xdr(opaque, max = limits::MIGRATE_COOKIE)]
    pub cookie_in: Vec<u8>,
    pub dconnuri: Option<String>,
    pub uri: Option<String>,
    pub flags: u64,
    pub cancelled: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigrateFinish3Reply {
    pub domain: Domain,
    #[xdr(opaque, max = limits::MIGRATE_COOKIE)]
    pub cookie_out: Vec<u8>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigrateConfirm3Args {
    pub domain: Domain,
    #[xdr(opaque, max = limits::MIGRATE_COOKIE)]
    pub cookie_in: Vec<u8>,
    pub flags: u64,
    pub cancelled: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigrateGetMaxSpeedArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigrateGetMaxSpeedReply {
    pub bandwidth: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigrateGetCompressionCacheArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigrateGetCompressionCacheReply {
    pub cache_size: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigrateSetCompressionCacheArgs {
    pub domain: Domain,
    pub cache_size: u64,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigrateBegin3ParamsArgs {
    pub domain: Domain,
    #[xdr(max = limits::DOMAIN_MIGRATE_PARAM_LIST)]
    pub params: Vec<TypedParameter>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigrateBegin3ParamsReply {
    #[xdr(opaque, max = limits::MIGRATE_COOKIE)]
    pub cookie_out: Vec<u8>,
    pub xml: String,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigratePrepare3ParamsArgs {
    #[xdr(max = limits::DOMAIN_MIGRATE_PARAM_LIST)]
    pub params: Vec<TypedParameter>,
    #[xdr(opaque, max = limits::MIGRATE_COOKIE)]
    pub cookie_in: Vec<u8>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigratePrepare3ParamsReply {
    #[xdr(opaque, max = limits::MIGRATE_COOKIE)]
    pub cookie_out: Vec<u8>,
    pub uri_out: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigratePrepareTunnel3ParamsArgs {
    #[xdr(max = limits::DOMAIN_MIGRATE_PARAM_LIST)]
    pub params: Vec<TypedParameter>,
    #[xdr(opaque, max = limits::MIGRATE_COOKIE)]
    pub cookie_in: Vec<u8>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigratePrepareTunnel3ParamsReply {
    #[xdr(opaque, max = limits::MIGRATE_COOKIE)]
    pub cookie_out: Vec<u8>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigratePerform3ParamsArgs {
    pub domain: Domain,
    pub dconnuri: Option<String>,
    #[xdr(max = limits::DOMAIN_MIGRATE_PARAM_LIST)]
    pub params: Vec<TypedParameter>,
    #[xdr(opaque, max = limits::MIGRATE_COOKIE)]
    pub cookie_in: Vec<u8>,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigratePerform3ParamsReply {
    #[xdr(opaque, max = limits::MIGRATE_COOKIE)]
    pub cookie_out: Vec<u8>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigrateFinish3ParamsArgs {
    #[xdr(max = limits::DOMAIN_MIGRATE_PARAM_LIST)]
    pub params: Vec<TypedParameter>,
    #[xdr(opaque, max = limits::MIGRATE_COOKIE)]
    pub cookie_in: Vec<u8>,
    pub flags: u32,
    pub cancelled: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigrateFinish3ParamsReply {
    pub domain: Domain,
    #[xdr(opaque, max = limits::MIGRATE_COOKIE)]
    pub cookie_out: Vec<u8>,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigrateConfirm3ParamsArgs {
    pub domain: Domain,
    #[xdr(max = limits::DOMAIN_MIGRATE_PARAM_LIST)]
    pub params: Vec<TypedParameter>,
    #[xdr(opaque, max = limits::MIGRATE_COOKIE)]
    pub cookie_in: Vec<u8>,
    pub flags: u32,
    pub cancelled: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigrateStartPostCopyArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigrateGetMaxDowntimeArgs {
    pub domain: Domain,
    pub flags: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Xdr)]
pub struct DomainMigrateGetMaxDowntimeReply {
    pub downtime: u64,
}
