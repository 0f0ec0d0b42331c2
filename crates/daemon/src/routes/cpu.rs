//! Questions about CPUs and capabilities, which no machine need exist for.

use stead_config::domain::os::ARCHITECTURES;
use stead_cpu::Catalog;
use stead_protocol::remote::*;
use stead_protocol::{ErrorCode, ErrorDomain};
use stead_qemu::cpu::{
    Failure, Incompatible, Listing, Moves, baseline, compare, host_definition, hypervisor_baseline,
    hypervisor_compare, model_names,
};

use crate::error::{Error, Result, check_flags};
use crate::router::Router;
use crate::routes::target::{Asked, no_emulator};

/// virConnectCompareCPUFlags.
const COMPARE_FAIL_INCOMPATIBLE: u32 = 1;
const COMPARE_VALIDATE: u32 = 2;

/// virConnectBaselineCPUFlags.
const BASELINE_EXPAND: u32 = 1;
const BASELINE_MIGRATABLE: u32 = 2;
const BASELINE_IGNORE_HOST: u32 = 4;

pub(crate) fn routes(router: Router) -> Router {
    router
        .on(ConnectGetCpuModelNames, |_, arguments| names(&arguments))
        .on_async(ConnectCompareCpu, |session, arguments| async move {
            let known = COMPARE_FAIL_INCOMPATIBLE | COMPARE_VALIDATE;
            check_flags(arguments.flags, known, ErrorDomain::QEMU, "qemuConnectCompareCPU")?;
            let catalog = Catalog::builtin();
            let host = session.daemon.hypervisors.host();
            let host = host_definition(catalog, &host.cpuid).ok_or_else(|| {
                cpu_error(ErrorCode::OPERATION_FAILED, "cannot get host CPU capabilities")
            })?;
            let relation = compare(catalog, &host, &arguments.xml, incompatible(arguments.flags));
            Ok(ConnectCompareCpuReply { result: relation.map_err(failed)? as i32 })
        })
        .on_async(ConnectBaselineCpu, |_, arguments| async move {
            let known = BASELINE_EXPAND | BASELINE_MIGRATABLE;
            check_flags(arguments.flags, known, ErrorDomain::QEMU, "qemuConnectBaselineCPU")?;
            some(&arguments.xml_cpus, "virConnectBaselineCPU")?;
            let (listing, moves) = (listing(arguments.flags), moves(arguments.flags));
            let cpu = baseline(Catalog::builtin(), &arguments.xml_cpus, listing, moves);
            Ok(ConnectBaselineCpuReply { cpu: cpu.map_err(failed)? })
        })
        .on_async(ConnectCompareHypervisorCpu, |session, arguments| async move {
            let known = COMPARE_FAIL_INCOMPATIBLE | COMPARE_VALIDATE;
            let function = "qemuConnectCompareHypervisorCPU";
            check_flags(arguments.flags, known, ErrorDomain::QEMU, function)?;
            let ConnectCompareHypervisorCpuArgs { emulator, arch, machine, virttype, .. } =
                &arguments;
            let asked = Asked { emulator, arch, machine, virttype };
            let target = asked.find(&session).await?;
            let (acceleration, host_cpus) = target.parts()?;
            let relation = hypervisor_compare(
                Catalog::builtin(),
                acceleration,
                host_cpus,
                &target.known.abilities.binary,
                &arguments.xml_cpu,
                incompatible(arguments.flags),
            );
            Ok(ConnectCompareHypervisorCpuReply { result: relation.map_err(failed)? as i32 })
        })
        .on_async(ConnectBaselineHypervisorCpu, |session, arguments| async move {
            let known = BASELINE_EXPAND | BASELINE_MIGRATABLE | BASELINE_IGNORE_HOST;
            let function = "qemuConnectBaselineHypervisorCPU";
            check_flags(arguments.flags, known, ErrorDomain::QEMU, function)?;
            some(&arguments.xml_cpus, "virConnectBaselineHypervisorCPU")?;
            let ConnectBaselineHypervisorCpuArgs { emulator, arch, machine, virttype, .. } =
                &arguments;
            let asked = Asked { emulator, arch, machine, virttype };
            let target = asked.find(&session).await?;
            let (acceleration, _) = target.parts()?;
            let (listing, moves) = (listing(arguments.flags), moves(arguments.flags));
            let cpus = &arguments.xml_cpus;
            let cpu = hypervisor_baseline(Catalog::builtin(), acceleration, cpus, listing, moves);
            Ok(ConnectBaselineHypervisorCpuReply { cpu: cpu.map_err(failed)? })
        })
        .on_async(ConnectGetVersion, |session, ()| async move {
            let hypervisors = &session.daemon.hypervisors;
            let arch = std::env::consts::ARCH;
            let binary = hypervisors.emulator(arch).ok_or_else(|| no_emulator(arch))?;
            let hv_ver = hypervisors.known(&binary).await?.abilities.version.number();
            Ok(ConnectGetVersionReply { hv_ver })
        })
        .on(ConnectGetMaxVcpus, |session, arguments| {
            let max_vcpus = match arguments.kind.as_deref() {
                None => TCG_VCPUS,
                Some(kind) if kind.eq_ignore_ascii_case("qemu") => TCG_VCPUS,
                Some(kind) if kind.eq_ignore_ascii_case("kvm") => {
                    let host = session.daemon.hypervisors.host();
                    let refusal = || {
                        let text = host.kvm_refusal.clone().unwrap_or_default();
                        Error::system(
                            ErrorDomain::NONE,
                            -1,
                            format!("Unable to open /dev/kvm: {text}"),
                        )
                    };
                    let kvm = host.kvm.as_ref().ok_or_else(refusal)?;
                    i32::try_from(kvm.max_vcpus).unwrap_or(i32::MAX)
                }
                Some(kind) => {
                    let detail = format!("unknown type '{kind}'");
                    return Err(Error::new(ErrorCode::INVALID_ARG, ErrorDomain::QEMU, detail));
                }
            };
            Ok(ConnectGetMaxVcpusReply { max_vcpus })
        })
}

/// What libvirt says that TCG has (qemuConnectGetMaxVcpus).
const TCG_VCPUS: i32 = 16;

fn names(arguments: &ConnectGetCpuModelNamesArgs) -> Result<ConnectGetCpuModelNamesReply> {
    check_flags(arguments.flags, 0, ErrorDomain::QEMU, "qemuConnectGetCPUModelNames")?;
    if !ARCHITECTURES.contains(&arguments.arch.as_str()) {
        let detail = format!("cannot find architecture {}", arguments.arch);
        return Err(Error::new(ErrorCode::INVALID_ARG, ErrorDomain::QEMU, detail));
    }
    let found = model_names(Catalog::builtin(), &arguments.arch).unwrap_or_default();
    let ret = i32::try_from(found.len()).unwrap_or(i32::MAX);
    let models = match arguments.need_results {
        0 => Vec::new(),
        _ => found.into_iter().map(str::to_owned).collect(),
    };
    Ok(ConnectGetCpuModelNamesReply { models, ret })
}

fn incompatible(flags: u32) -> Incompatible {
    if flags & COMPARE_FAIL_INCOMPATIBLE != 0 { Incompatible::Error } else { Incompatible::Answer }
}

fn listing(flags: u32) -> Listing {
    if flags & BASELINE_EXPAND != 0 { Listing::Expanded } else { Listing::Short }
}

fn moves(flags: u32) -> Moves {
    if flags & BASELINE_MIGRATABLE != 0 { Moves::Migratable } else { Moves::Any }
}

/// Refuses a question about no CPUs.
fn some(cpus: &[String], function: &str) -> Result<()> {
    if !cpus.is_empty() {
        return Ok(());
    }
    let text = format!("xmlCPUs in {function} must not be NULL");
    Err(Error::argument(ErrorDomain::DOMAIN, function, "xmlCPUs", text))
}

fn failed(failure: Failure) -> Error {
    let detail = match &failure {
        // libvirt ends these without a line break, unlike those of domains.
        Failure::Document(faults) if faults.class() == stead_config::Class::Syntax => {
            faults.detail().trim_end().to_owned()
        }
        Failure::Document(faults) => faults.detail(),
        Failure::Cpu(_) | Failure::Argument(_) => failure.to_string(),
    };
    cpu_error(ErrorCode(failure.class().code()), detail)
}

fn cpu_error(code: ErrorCode, detail: impl Into<String>) -> Error {
    Error::new(code, ErrorDomain::CPU, detail)
}
