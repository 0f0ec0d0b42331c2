//! The machine as a whole: its run state, its CPUs, its kinds (`qapi/run-state.json`, `qapi/machine*.json`).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Nothing, Properties, answers, commands};

commands! {
    /// Runs the vCPUs.
    "cont" Cont {} -> Nothing;
    /// Stops the vCPUs.
    "stop" StopVcpus {} -> Nothing;
    /// Presses the power button.
    "system_powerdown" SystemPowerdown {} -> Nothing;
    /// Resets at once.
    "system_reset" SystemReset {} -> Nothing;
    /// Wakes the guest from S3.
    "system_wakeup" SystemWakeup {} -> Nothing;
    /// Ends QEMU.
    "quit" Quit {} -> Nothing;
    /// What QEMU does when the guest panics, reboots, shuts down.
    "set-action" SetAction {} [reboot: String, shutdown: String, panic: String, watchdog: String] -> Nothing;
    /// Leaves the `--preconfig` phase.
    "x-exit-preconfig" ExitPreconfig {} -> Nothing;
    /// Whether and why the vCPUs run.
    "query-status" QueryStatus {} -> Status;
    /// Whether the guest can be woken up.
    "query-current-machine" QueryCurrentMachine {} -> CurrentMachine;
    /// The machine's UUID.
    "query-uuid" QueryUuid {} -> MachineUuid;
    /// The machine's name.
    "query-name" QueryName {} -> MachineName;
    /// QEMU's version.
    "query-version" QueryVersion {} -> crate::QemuVersion;
    /// Whether KVM is there and in use.
    "query-kvm" QueryKvm {} -> KvmPresence;
    /// The architecture of this binary.
    "query-target" QueryTarget {} -> Target;
    /// The machine types.
    "query-machines" QueryMachines {} -> Vec<MachineType>;
    /// The CPU models.
    "query-cpu-definitions" QueryCpuDefinitions {} -> Vec<CpuDefinition>;
    /// What a CPU model comes to on this host.
    "query-cpu-model-expansion" QueryCpuModelExpansion {
        #[serde(rename = "type")] kind: ExpansionKind, model: CpuModel
    } -> CpuModelExpansion;
    /// The vCPUs with their threads.
    "query-cpus-fast" QueryCpusFast {} -> Vec<Vcpu>;
    /// The places that vCPUs can be plugged into.
    "query-hotpluggable-cpus" QueryHotpluggableCpus {} -> Vec<HotpluggableCpu>;
    /// The memory backends.
    "query-memdev" QueryMemdev {} -> Vec<Value>;
    /// The memory devices.
    "query-memory-devices" QueryMemoryDevices {} -> Vec<Value>;
    /// The memory in bytes, without what was plugged.
    "query-memory-size-summary" QueryMemorySizeSummary {} -> MemorySizeSummary;
    /// The I/O threads.
    "query-iothreads" QueryIothreads {} -> Vec<Iothread>;
    /// The PCI devices, bus by bus.
    "query-pci" QueryPci {} -> Vec<Value>;
    /// Injects a non-maskable interrupt into every vCPU.
    "inject-nmi" InjectNmi {} -> Nothing;
    /// Writes guest memory from a virtual address into a file.
    "memsave" Memsave { val: u64, size: u64, filename: String } [cpu_index: u32] -> Nothing;
    /// Writes guest memory from a physical address into a file.
    "pmemsave" Pmemsave { val: u64, size: u64, filename: String } -> Nothing;
    /// The migration's state and figures.
    "query-migrate" QueryMigrate {} -> Migrate;
    /// What may differ from the defaults in migration.
    "query-migrate-capabilities" QueryMigrateCapabilities {} -> Vec<MigrateCapability>;
    /// Switches migration's abilities.
    "migrate-set-capabilities" MigrateSetCapabilities { capabilities: Vec<MigrateCapability> } -> Nothing;
    /// Sets migration's figures.
    "migrate-set-parameters" MigrateSetParameters(Properties) -> Nothing;
    /// Starts a migration out.
    "migrate" StartMigrate { uri: String } -> Nothing;
    /// Starts a migration in.
    "migrate-incoming" MigrateIncoming { uri: String } -> Nothing;
    /// Gives a migration up.
    "migrate_cancel" MigrateCancel {} -> Nothing;
}

answers! {
    /// Whether and why the vCPUs run.
    Status { running: bool, status: RunState }
    /// The running machine's abilities.
    CurrentMachine { wakeup_suspend_support: bool }
    /// A UUID in text.
    MachineUuid { #[serde(rename = "UUID")] uuid: String }
    /// A name, if one was given.
    MachineName { name: Option<String> }
    /// Whether KVM is in use, and whether it could be.
    KvmPresence { enabled: bool, present: bool }
    /// An architecture such as `x86_64`.
    Target { arch: String }
    /// A machine type.
    MachineType {
        name: String,
        alias: Option<String>,
        #[serde(default)] is_default: bool,
        #[serde(default)] cpu_max: u32,
        #[serde(default)] hotpluggable_cpus: bool,
        #[serde(default)] numa_mem_supported: bool,
        #[serde(default)] deprecated: bool,
        default_cpu_type: Option<String>,
        default_ram_id: Option<String>,
        #[serde(default)] acpi: Option<bool>,
    }
    /// A CPU model as QEMU lists it.
    CpuDefinition {
        name: String,
        migration_safe: Option<bool>,
        #[serde(default, rename = "static")] is_static: bool,
        unavailable_features: Option<Vec<String>>,
        #[serde(default)] typename: String,
        alias_of: Option<String>,
        #[serde(default)] deprecated: bool,
    }
    /// A model with differing properties.
    CpuModel { name: String, #[serde(default, skip_serializing_if = "Option::is_none")] props: Option<Properties> }
    /// What a model comes to.
    CpuModelExpansion { model: CpuModel, #[serde(default)] deprecated_props: Vec<String> }
    /// A vCPU.
    Vcpu {
        cpu_index: u32,
        qom_path: String,
        /// The Linux thread id.
        thread_id: i32,
        #[serde(default)] props: Properties,
        #[serde(default)] target: String,
    }
    /// A place for vCPUs.
    HotpluggableCpu {
        #[serde(rename = "type")] kind: String,
        vcpus_count: u32,
        #[serde(default)] props: Properties,
        /// Absent when nothing is plugged in.
        qom_path: Option<String>,
    }
    /// Sizes in bytes.
    MemorySizeSummary { base_memory: u64, plugged_memory: Option<u64> }
    /// An I/O thread.
    Iothread { id: String, thread_id: i32 }
    /// A migration's state; fields are absent before the first.
    Migrate {
        status: Option<String>,
        error_desc: Option<String>,
        /// Milliseconds.
        total_time: Option<u64>,
        downtime: Option<u64>,
        ram: Option<Properties>,
    }
    /// A switch of migration.
    MigrateCapability { capability: String, state: bool }
}

impl Default for CpuModel {
    fn default() -> Self {
        Self { name: "max".into(), props: None }
    }
}

/// How far a model is expanded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExpansionKind {
    /// To a base model that never changes, and differences.
    #[default]
    Static,
    /// Every property.
    Full,
}

/// Why the vCPUs run, or do not (`RunState`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// A debugger holds it.
    Debug,
    /// The guest panicked.
    GuestPanicked,
    /// It stopped after an internal error.
    InternalError,
    /// A disk's error stopped it.
    IoError,
    /// `stop` was given.
    Paused,
    /// The source of a migration waits for its end.
    Postmigrate,
    /// `-S` was given and `cont` not yet.
    Prelaunch,
    /// A migration is ending.
    FinishMigrate,
    /// A snapshot is being loaded.
    RestoreVm,
    /// They run.
    Running,
    /// A snapshot is being saved.
    SaveVm,
    /// The guest is off, and `-no-shutdown` keeps QEMU.
    Shutdown,
    /// S3.
    Suspended,
    /// The watchdog stopped it.
    Watchdog,
    /// A migration comes in.
    Inmigrate,
    /// Replication waits for its checkpoint.
    Colo,
    /// Another word.
    #[default]
    #[serde(other)]
    Unknown,
}
