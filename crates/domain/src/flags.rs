//! libvirt's flag bits of the operations on domains, as they come over the wire (libvirt 11.3), and
//! the refusal of those that an operation does not know.

use crate::{Error, Origin, Result};

/// Act on what is there now: the running machine if it runs, else its document.
pub const AFFECT_CURRENT: u32 = 0;
/// Act on the running machine.
pub const AFFECT_LIVE: u32 = 1;
/// Act on the stored document.
pub const AFFECT_CONFIG: u32 = 2;
/// With memory and vCPU calls: the maximum, not the present value.
pub const MAXIMUM: u32 = 4;
/// With vCPU calls: ask the guest agent.
pub const VCPU_GUEST: u32 = 8;
/// With vCPU calls: make the added vCPUs removable.
pub const VCPU_HOTPLUGGABLE: u32 = 16;

/// Start with the CPUs stopped.
pub const START_PAUSED: u32 = 1;
/// Destroy the machine when the connection that started it ends.
pub const START_AUTODESTROY: u32 = 2;
/// Avoid the file system cache when restoring.
pub const START_BYPASS_CACHE: u32 = 4;
/// Discard a managed save.
pub const START_FORCE_BOOT: u32 = 8;
/// Check the document against the schema.
pub const START_VALIDATE: u32 = 16;
/// Start with fresh NVRAM.
pub const START_RESET_NVRAM: u32 = 32;

/// Check the document against the schema.
pub const DEFINE_VALIDATE: u32 = 1;

/// Show passwords.
pub const XML_SECURE: u32 = 1;
/// The stored document, though the machine runs.
pub const XML_INACTIVE: u32 = 2;
/// The CPU brought up to the host.
pub const XML_UPDATE_CPU: u32 = 4;
/// For another host.
pub const XML_MIGRATABLE: u32 = 8;

/// Remove a managed save too.
pub const UNDEFINE_MANAGED_SAVE: u32 = 1;
/// Remove the snapshots' metadata too.
pub const UNDEFINE_SNAPSHOTS_METADATA: u32 = 2;
/// Remove the NVRAM file too.
pub const UNDEFINE_NVRAM: u32 = 4;
/// Keep the NVRAM file.
pub const UNDEFINE_KEEP_NVRAM: u32 = 8;
/// Remove the checkpoints' metadata too.
pub const UNDEFINE_CHECKPOINTS_METADATA: u32 = 16;
/// Remove the TPM state too.
pub const UNDEFINE_TPM: u32 = 32;
/// Keep the TPM state.
pub const UNDEFINE_KEEP_TPM: u32 = 64;

/// Only SIGTERM: give up when QEMU does not end.
pub const DESTROY_GRACEFUL: u32 = 1;
/// Remove the machine's logs.
pub const DESTROY_REMOVE_LOGS: u32 = 2;

/// Press the ACPI power button.
pub const SHUTDOWN_ACPI: u32 = 1;
/// Ask the guest agent.
pub const SHUTDOWN_AGENT: u32 = 2;

/// Take a console away from another client.
pub const CONSOLE_FORCE: u32 = 1;
/// Refuse when exclusive access cannot be had.
pub const CONSOLE_SAFE: u32 = 2;

/// The command is one of the human monitor.
pub const MONITOR_HMP: u32 = 1;

/// Typed parameters may be strings.
pub const TYPED_PARAM_STRING_OKAY: u32 = 4;

/// Statistics: do not wait for a machine that is busy.
pub const STATS_NOWAIT: u32 = 1 << 29;
/// Statistics: the images below each disk too.
pub const STATS_BACKING: u32 = 1 << 30;
/// Statistics: fail when a group is not known.
pub const STATS_ENFORCE: u32 = 1 << 31;

/// Refuses the bits of `flags` that are not in `known`, as libvirt's `function` would.
pub(crate) fn check(flags: u32, known: u32, function: &'static str) -> Result<()> {
    let unknown = flags & !known;
    if unknown == 0 {
        return Ok(());
    }
    let message = format!("unsupported flags (0x{unknown:x}) in function {function}");
    Err(Error::whole(function, "flags", message).from_origin(Origin::Qemu))
}

/// Refuses two flags that cannot be given together.
pub(crate) fn exclusive(
    flags: u32,
    (a, a_name): (u32, &str),
    (b, b_name): (u32, &str),
    function: &'static str,
) -> Result<()> {
    if flags & a == 0 || flags & b == 0 {
        return Ok(());
    }
    let message = format!("Flags '{a_name}' and '{b_name}' are mutually exclusive");
    Err(Error::whole(function, "ctl", message))
}

/// Refuses "live" and "config" together, where only one can be told.
pub(crate) fn live_or_config(flags: u32, function: &'static str) -> Result<()> {
    exclusive(
        flags,
        (AFFECT_LIVE, "VIR_DOMAIN_AFFECT_LIVE"),
        (AFFECT_CONFIG, "VIR_DOMAIN_AFFECT_CONFIG"),
        function,
    )
}
