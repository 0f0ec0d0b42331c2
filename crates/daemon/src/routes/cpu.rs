//! Questions about CPUs and capabilities, which no machine need exist for.

use std::sync::Arc;

use stead_cpu::Catalog;
use stead_protocol::remote::*;
use stead_protocol::{ErrorCode, ErrorDomain};
use stead_qemu::abilities::{Acceleration, Accelerator};
use stead_qemu::cpu::{
    Failure, Incompatible, Listing, Moves, baseline, compare, host_definition, hypervisor_baseline,
    hypervisor_compare, model_names,
};

use crate::error::{Error, Result, check_flags};
use crate::hypervisors::Known;
use crate::router::Router;
use crate::session::Session;

/// virConnectCompareCPUFlags.
const COMPARE_FAIL_INCOMPATIBLE: u32 = 1;
const COMPARE_VALIDATE: u32 = 2;

/// virConnectBaselineCPUFlags.
const BASELINE_EXPAND: u32 = 1;
const BASELINE_MIGRATABLE: u32 = 2;
const BASELINE_IGNORE_HOST: u32 = 4;

/// The architectures that libvirt 11.3 knows by name (virArch).
const ARCHITECTURES: &[&str] = &[
    "alpha", "armv6l", "armv7l", "armv7b", "aarch64", "cris", "i686", "ia64", "lm32", "loongarch64",
    "m68k", "microblaze", "microblazeel", "mips", "mipsel", "mips64", "mips64el", "openrisc",
    "parisc", "parisc64", "ppc", "ppc64", "ppc64le", "ppcemb", "riscv32", "riscv64", "s390", "s390x",
    "sh4", "sh4eb", "sparc", "sparc64", "unicore32", "x86_64", "xtensa", "xtensaeb",
];

/// The types of domains that libvirt 11.3 knows besides "kvm" and "qemu" (virDomainVirtType).
const OTHER_TYPES: &[&str] = &[
    "xen", "lxc", "uml", "openvz", "test", "vmware", "hyperv", "vbox", "phyp", "parallels", "bhyve",
    "vz", "hvf",
];

pub(crate) fn routes(router: Router) -> Router {
    router
        .on(ConnectGetCpuModelNames, |_, arguments| names(&arguments))
        .on_async(ConnectCompareCpu, |session, arguments| async move {
            let known = COMPARE_FAIL_INCOMPATIBLE | COMPARE_VALIDATE;
            check_flags(arguments.flags, known, ErrorDomain::QEMU, "qemuConnectCompareCPU")?;
            let catalog = Catalog::builtin();
            let host = session.daemon.hypervisors.host();
            let host = host_definition(catalog, &host.cpuid)
                .ok_or_else(|| cpu_error(ErrorCode::OPERATION_FAILED, "cannot get host CPU capabilities"))?;
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
            let ConnectCompareHypervisorCpuArgs { emulator, arch, machine, virttype, .. } = &arguments;
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
            let ConnectBaselineHypervisorCpuArgs { emulator, arch, machine, virttype, .. } = &arguments;
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
                        Error::system(ErrorDomain::NONE, -1, format!("Unable to open /dev/kvm: {text}"))
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

/// Which hypervisor a question is about, as far as the client says.
pub(crate) struct Asked<'a> {
    pub(crate) emulator: &'a Option<String>,
    pub(crate) arch: &'a Option<String>,
    pub(crate) machine: &'a Option<String>,
    pub(crate) virttype: &'a Option<String>,
}

/// Which it is.
pub(crate) struct Target {
    pub(crate) known: Arc<Known>,
    #[expect(dead_code, reason = "domain capabilities name it")]
    pub(crate) arch: String,
    pub(crate) accelerator: Accelerator,
    /// The machine type by its own name, not an alias.
    #[expect(dead_code, reason = "domain capabilities name it")]
    pub(crate) machine: String,
}

impl Target {
    /// What its accelerator gives, and the host's CPU on it.
    fn parts(&self) -> Result<(&Acceleration, &stead_qemu::abilities::HostCpus)> {
        let acceleration = self.known.abilities.with(self.accelerator);
        let parts = acceleration.zip(self.known.host_cpus(self.accelerator));
        parts.ok_or_else(|| Error::internal("the accelerator has gone"))
    }
}

impl Asked<'_> {
    /// Completes the question with defaults, as libvirt does.
    ///
    /// # Errors
    /// There is no such hypervisor, in libvirt's words.
    pub(crate) async fn find(&self, session: &Session) -> Result<Target> {
        let invalid = |detail: String| {
            Error::new(ErrorCode::INVALID_ARG, ErrorDomain::QEMU, detail)
        };
        let wanted = match self.virttype.as_deref() {
            None => None,
            Some(name) => match Accelerator::of_domain_type(name) {
                Some(accelerator) => Some(Ok(accelerator)),
                None if OTHER_TYPES.contains(&name) => Some(Err(())),
                None => return Err(invalid(format!("unknown virttype: {name}"))),
            },
        };
        if let Some(arch) = self.arch
            && !ARCHITECTURES.contains(&arch.as_str())
        {
            return Err(invalid(format!("unknown architecture: {arch}")));
        }
        let hypervisors = &session.daemon.hypervisors;
        let known = match self.emulator {
            Some(binary) => hypervisors.known(binary).await?,
            None => {
                let arch = self.arch.as_deref().unwrap_or(std::env::consts::ARCH);
                let binary = hypervisors.emulator(arch).ok_or_else(|| no_emulator(arch))?;
                hypervisors.known(&binary).await?
            }
        };
        let abilities = &known.abilities;
        let arch = match self.arch {
            Some(arch) if *arch == abilities.arch => arch.clone(),
            // A 64-bit emulator runs 32-bit guests, too.
            Some(arch) if arch == "i686" && abilities.arch == "x86_64" => arch.clone(),
            Some(arch) => {
                return Err(invalid(format!(
                    "architecture from emulator '{}' doesn't match given architecture '{arch}'",
                    abilities.arch
                )));
            }
            None => abilities.arch.clone(),
        };
        let accelerator = match wanted {
            None => abilities.fastest().map(|acceleration| acceleration.accelerator),
            Some(Ok(accelerator)) => {
                abilities.with(accelerator).map(|acceleration| acceleration.accelerator)
            }
            Some(Err(())) => None,
        };
        let accelerator = accelerator.ok_or_else(|| {
            let name = match wanted {
                Some(Ok(Accelerator::Kvm)) => "kvm",
                _ => "tcg",
            };
            let binary = &abilities.binary;
            invalid(format!("the accel '{name}' is not supported by '{binary}' on this host"))
        })?;
        let acceleration = abilities.with(accelerator);
        let machine = match self.machine {
            Some(name) => acceleration.and_then(|acceleration| acceleration.machine(name)),
            None => acceleration.and_then(Acceleration::default_machine),
        };
        let machine = machine.map(|machine| machine.name.clone()).ok_or_else(|| {
            invalid(format!(
                "the machine '{}' is not supported by emulator '{}'",
                self.machine.as_deref().unwrap_or_default(),
                abilities.binary
            ))
        })?;
        Ok(Target { arch, accelerator, machine, known: Arc::clone(&known) })
    }
}

fn no_emulator(arch: &str) -> Error {
    let detail = format!("unable to find any emulator to serve '{arch}' architecture");
    Error::new(ErrorCode::CONFIG_UNSUPPORTED, ErrorDomain::QEMU, detail)
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
