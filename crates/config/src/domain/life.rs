//! `<on_poweroff>`, `<on_reboot>`, `<on_crash>`, `<on_lockfailure>`, `<pm>`: what follows what.

use stead_values::{YesNo, names};
use stead_xml::Element;

names! {
    /// What follows when a guest powers off, reboots or crashes.
    pub enum LifecycleAction {
        Destroy = "destroy",
        Restart = "restart",
        RenameRestart = "rename-restart",
        Preserve = "preserve",
        CoredumpDestroy = "coredump-destroy",
        CoredumpRestart = "coredump-restart",
    }

    /// What follows when a lock is lost.
    pub enum LockFailureAction {
        Poweroff = "poweroff",
        Restart = "restart",
        Pause = "pause",
        Ignore = "ignore",
    }
}

/// `<pm>`: whether the guest may sleep.
#[derive(Clone, Debug, Default, PartialEq, Eq, Element)]
pub struct Pm {
    /// To memory.
    #[xml(child = "suspend-to-mem", needs = "enabled")]
    pub suspend_to_mem: Option<Enabled>,
    /// To disk.
    #[xml(child = "suspend-to-disk", needs = "enabled")]
    pub suspend_to_disk: Option<Enabled>,
}

/// An element that is `enabled='yes'` or `no`.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct Enabled {
    /// Whether it is.
    #[xml(attribute)]
    pub enabled: YesNo,
}
