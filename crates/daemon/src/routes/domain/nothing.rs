//! What clients ask of every machine although stead has none of it yet: saved images,
//! snapshots, checkpoints, jobs, security labels, a start
//! at the next boot only.
//!
//! "None" is the true answer, and `virsh undefine`, `dominfo` and virt-manager need it.

use stead_protocol::remote::*;
use stead_protocol::{ErrorCode, ErrorDomain};

use crate::error::{Error, Result, check_flags};
use crate::router::Router;
use crate::session::Session;

/// virDomainJobType: no job.
const JOB_NONE: i32 = 0;

/// The filters of snapshot and checkpoint lists (virDomainSnapshotListFlags, libvirt 11.3).
const LIST_FILTERS: u32 = 0x7ff;

pub(crate) fn routes(router: Router) -> Router {
    let router = saved(router);
    let router = snapshots(router);
    let router = jobs(router);
    let router = router
        .on(DomainGetAutostartOnce, |session, arguments| {
            session.daemon.machine(&arguments.domain)?;
            Ok(DomainGetAutostartOnceReply { autostart: 0 })
        })
        .on(DomainSetAutostartOnce, |session, arguments| {
            session.daemon.machine(&arguments.domain)?;
            if arguments.autostart == 0 {
                return Ok(());
            }
            Err(Error::new(
                ErrorCode::OPERATION_UNSUPPORTED,
                ErrorDomain::QEMU,
                "a start at the next boot only is not supported by stead yet",
            ))
        });
    router.on(DomainGetSecurityLabel, |session, arguments| {
        session.daemon.machine(&arguments.domain)?;
        // An empty C string, as libvirtd says it without a security driver.
        Ok(DomainGetSecurityLabelReply { label: vec![0], enforcing: 0 })
    })
}

fn saved(router: Router) -> Router {
    router
        .on(DomainHasManagedSaveImage, |session, arguments| {
            check_flags(arguments.flags, 0, ErrorDomain::QEMU, "qemuDomainHasManagedSaveImage")?;
            session.daemon.machine(&arguments.domain)?;
            Ok(DomainHasManagedSaveImageReply { result: 0 })
        })
        .on(DomainManagedSaveRemove, |session, arguments| {
            check_flags(arguments.flags, 0, ErrorDomain::QEMU, "qemuDomainManagedSaveRemove")?;
            session.daemon.machine(&arguments.domain)?;
            Ok(())
        })
}

fn snapshots(router: Router) -> Router {
    router
        .on(DomainSnapshotNum, |session, arguments| {
            exists(session, &arguments.domain, arguments.flags, "qemuDomainSnapshotNum")?;
            Ok(DomainSnapshotNumReply { num: 0 })
        })
        .on(DomainSnapshotListNames, |session, arguments| {
            exists(session, &arguments.domain, arguments.flags, "qemuDomainSnapshotListNames")?;
            Ok(DomainSnapshotListNamesReply { names: Vec::new() })
        })
        .on(DomainListAllSnapshots, |session, arguments| {
            exists(session, &arguments.domain, arguments.flags, "qemuDomainListAllSnapshots")?;
            Ok(DomainListAllSnapshotsReply { snapshots: Vec::new(), ret: 0 })
        })
        .on(DomainHasCurrentSnapshot, |session, arguments| {
            check_flags(arguments.flags, 0, ErrorDomain::QEMU, "qemuDomainHasCurrentSnapshot")?;
            session.daemon.machine(&arguments.domain)?;
            Ok(DomainHasCurrentSnapshotReply { result: 0 })
        })
        .on(DomainSnapshotCurrent, |session, arguments| {
            check_flags(arguments.flags, 0, ErrorDomain::QEMU, "qemuDomainSnapshotCurrent")?;
            session.daemon.machine(&arguments.domain)?;
            Err(no_snapshot("the domain does not have a current snapshot"))
        })
        .on(DomainSnapshotLookupByName, |session, arguments| {
            check_flags(arguments.flags, 0, ErrorDomain::QEMU, "qemuDomainSnapshotLookupByName")?;
            session.daemon.machine(&arguments.domain)?;
            Err(no_snapshot(format!("no domain snapshot with matching name '{}'", arguments.name)))
        })
        .on(DomainListAllCheckpoints, |session, arguments| {
            exists(session, &arguments.domain, arguments.flags, "qemuDomainListAllCheckpoints")?;
            Ok(DomainListAllCheckpointsReply { checkpoints: Vec::new(), ret: 0 })
        })
        .on(DomainCheckpointLookupByName, |session, arguments| {
            session.daemon.machine(&arguments.domain)?;
            Err(Error::new(
                ErrorCode::NO_DOMAIN_CHECKPOINT,
                ErrorDomain::QEMU,
                format!("no domain checkpoint with matching name '{}'", arguments.name),
            ))
        })
}

fn jobs(router: Router) -> Router {
    router
        .on(DomainGetJobInfo, |session, arguments| {
            running(session, &arguments.domain)?;
            Ok(DomainGetJobInfoReply { kind: JOB_NONE, ..DomainGetJobInfoReply::default() })
        })
        .on(DomainGetJobStats, |session, arguments| {
            check_flags(arguments.flags, 3, ErrorDomain::QEMU, "qemuDomainGetJobStats")?;
            running(session, &arguments.domain)?;
            Ok(DomainGetJobStatsReply { kind: JOB_NONE, params: Vec::new() })
        })
        .on(DomainAbortJob, |session, arguments| no_job(session, &arguments.domain))
        .on(DomainAbortJobFlags, |session, arguments| {
            check_flags(arguments.flags, 1, ErrorDomain::QEMU, "qemuDomainAbortJobFlags")?;
            no_job(session, &arguments.domain)
        })
}

fn exists(session: &Session, domain: &Domain, flags: u32, function: &str) -> Result<()> {
    check_flags(flags, LIST_FILTERS, ErrorDomain::QEMU, function)?;
    session.daemon.machine(domain)?;
    Ok(())
}

fn running(session: &Session, domain: &Domain) -> Result<()> {
    if session.daemon.machine(domain)?.snapshot().is_active() {
        return Ok(());
    }
    let (code, origin) = (ErrorCode::OPERATION_INVALID, ErrorDomain::QEMU);
    Err(Error::new(code, origin, "domain is not running"))
}

fn no_job(session: &Session, domain: &Domain) -> Result<()> {
    running(session, domain)?;
    let (code, origin) = (ErrorCode::OPERATION_INVALID, ErrorDomain::QEMU);
    Err(Error::new(code, origin, "no job is active on the domain"))
}

fn no_snapshot(detail: impl Into<String>) -> Error {
    Error::new(ErrorCode::NO_DOMAIN_SNAPSHOT, ErrorDomain::QEMU, detail)
}
