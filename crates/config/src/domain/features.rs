//! `<features>`: what the machine offers beside its devices.

use stead_values::{OnOff, YesNo, names};
use stead_xml::{Class, Element, FromElement, Node, Reader, ToElement, Writer};

names! {
    /// Who emulates the I/O APIC.
    pub enum IoapicDriver {
        Kvm = "kvm",
        Qemu = "qemu",
    }

    /// How Hyper-V features are chosen.
    pub enum HypervMode {
        None = "none",
        Custom = "custom",
        Passthrough = "passthrough",
    }
}

/// `<features>`, in libvirt's order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Element)]
#[xml(strangers = "unexpected feature")]
pub struct Features {
    /// ACPI.
    #[xml(flag)]
    pub acpi: bool,
    /// The local APIC.
    #[xml(child, always)]
    pub apic: Option<Apic>,
    /// Physical address extension (means nothing to QEMU).
    #[xml(flag)]
    pub pae: bool,
    /// Hardware assisted paging (means nothing to QEMU).
    #[xml(child, always)]
    pub hap: Option<Switch>,
    /// Hyper-V enlightenments of Xen (refused at start).
    #[xml(flag)]
    pub viridian: bool,
    /// A private network (of containers).
    #[xml(flag)]
    pub privnet: bool,
    /// Hyper-V enlightenments.
    #[xml(child)]
    pub hyperv: Option<Hyperv>,
    /// What KVM offers.
    #[xml(child)]
    pub kvm: Option<Kvm>,
    /// Paravirtual spin locks.
    #[xml(child)]
    pub pvspinlock: Option<Switch>,
    /// The performance monitor.
    #[xml(child)]
    pub pmu: Option<Switch>,
    /// VMware's port.
    #[xml(child)]
    pub vmport: Option<Switch>,
    /// System management mode.
    #[xml(child)]
    pub smm: Option<Switch>,
    /// The I/O APIC.
    #[xml(child, needs = "driver")]
    pub ioapic: Option<Ioapic>,
    /// The device that names vmcore's place.
    #[xml(child)]
    pub vmcoreinfo: Option<Switch>,
    /// The PS/2 controller.
    #[xml(child)]
    pub ps2: Option<Switch>,
}

/// `<apic>`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Element)]
pub struct Apic {
    /// Paravirtual end of interrupt.
    #[xml(attribute)]
    pub eoi: Option<OnOff>,
}

/// An element that is `state='on'` or `off`; no state means `on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switch {
    /// The state.
    pub state: OnOff,
}

impl Switch {
    /// Switched on.
    pub const ON: Self = Self { state: OnOff::On };
    /// Switched off.
    pub const OFF: Self = Self { state: OnOff::Off };

    /// Whether it is switched on.
    pub fn is_on(self) -> bool {
        self.state == OnOff::On
    }
}

impl FromElement for Switch {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        reader.leftovers(node, &["state"], &[]);
        let state = match node.attribute("state") {
            Some(_) => reader.attribute(node, "state")?,
            None => OnOff::On,
        };
        Some(Self { state })
    }
}

impl ToElement for Switch {
    fn write_attributes(&self, out: &mut Writer) {
        out.attribute("state", self.state);
    }

    fn write_content(&self, _: &mut Writer) {}
}

/// `<ioapic>`.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct Ioapic {
    /// Who emulates it.
    #[xml(attribute)]
    pub driver: IoapicDriver,
}

/// `<hyperv>`, in libvirt's order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Element)]
#[xml(check = check_hyperv)]
pub struct Hyperv {
    /// How they are chosen; none written means custom.
    #[xml(attribute)]
    pub mode: Option<HypervMode>,
    /// Relaxed timing.
    #[xml(child)]
    pub relaxed: Option<Switch>,
    /// The APIC assist page.
    #[xml(child)]
    pub vapic: Option<Switch>,
    /// Notification of long spin waits.
    #[xml(child)]
    pub spinlocks: Option<Spinlocks>,
    /// Numbers of virtual processors.
    #[xml(child)]
    pub vpindex: Option<Switch>,
    /// Time spent running.
    #[xml(child)]
    pub runtime: Option<Switch>,
    /// The synthetic interrupt controller.
    #[xml(child)]
    pub synic: Option<Switch>,
    /// Synthetic timers.
    #[xml(child)]
    pub stimer: Option<Stimer>,
    /// Reset by hypercall.
    #[xml(child)]
    pub reset: Option<Switch>,
    /// The vendor that the hypervisor leaf tells.
    #[xml(child)]
    pub vendor_id: Option<HypervVendor>,
    /// Frequencies of TSC and APIC.
    #[xml(child)]
    pub frequencies: Option<Switch>,
    /// Notification after migration.
    #[xml(child)]
    pub reenlightenment: Option<Switch>,
    /// TLB flush by hypercall.
    #[xml(child)]
    pub tlbflush: Option<TlbFlush>,
    /// Interprocessor interrupts by hypercall.
    #[xml(child)]
    pub ipi: Option<Switch>,
    /// Enlightened VMCS.
    #[xml(child)]
    pub evmcs: Option<Switch>,
    /// Synthetic interrupts with APIC virtualisation.
    #[xml(child)]
    pub avic: Option<Switch>,
    /// Enlightened MSR bitmap.
    #[xml(child)]
    pub emsr_bitmap: Option<Switch>,
    /// Hypercall input in XMM registers.
    #[xml(child)]
    pub xmm_input: Option<Switch>,
}

/// `<spinlocks>`.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct Spinlocks {
    /// The state.
    #[xml(attribute)]
    pub state: OnOff,
    /// How often is tried before the hypervisor is told; from 4095.
    #[xml(attribute)]
    pub retries: Option<u32>,
}

/// `<vendor_id>`.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct HypervVendor {
    /// The state.
    #[xml(attribute)]
    pub state: OnOff,
    /// The name, at most 12 bytes, no comma.
    #[xml(attribute)]
    pub value: Option<String>,
}

/// `<stimer>`.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct Stimer {
    /// The state.
    #[xml(attribute)]
    pub state: OnOff,
    /// Direct mode.
    #[xml(child)]
    pub direct: Option<Switch>,
}

/// `<tlbflush>`.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct TlbFlush {
    /// The state.
    #[xml(attribute)]
    pub state: OnOff,
    /// Direct mode.
    #[xml(child)]
    pub direct: Option<Switch>,
    /// Extended ranges.
    #[xml(child)]
    pub extended: Option<Switch>,
}

/// `<kvm>`, in libvirt's order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Element)]
#[xml(check = check_kvm)]
pub struct Kvm {
    /// KVM does not show itself.
    #[xml(child)]
    pub hidden: Option<Switch>,
    /// The guest's CPUs are never shared.
    #[xml(child = "hint-dedicated")]
    pub hint_dedicated: Option<Switch>,
    /// The guest may poll before it halts.
    #[xml(child = "poll-control")]
    pub poll_control: Option<Switch>,
    /// Interprocessor interrupts by hypercall.
    #[xml(child = "pv-ipi")]
    pub pv_ipi: Option<Switch>,
    /// The ring of dirty pages.
    #[xml(child = "dirty-ring")]
    pub dirty_ring: Option<DirtyRing>,
}

/// `<dirty-ring>`.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct DirtyRing {
    /// The state.
    #[xml(attribute)]
    pub state: OnOff,
    /// Entries a vCPU: a power of two from 1024 to 65536.
    #[xml(attribute)]
    pub size: Option<u32>,
}

impl Hyperv {
    /// The least number of tries of spin locks.
    pub const RETRIES_MIN: u32 = 4095;
}

/// Every enlightenment says its state; what libvirt does not know, it refuses.
fn check_states(node: Node<'_>, reader: &mut Reader, what: &str, known: &[&str]) {
    for child in node.children() {
        if !known.contains(&child.name()) {
            let message = format!("unsupported {what} feature: {}", child.name());
            reader.error(child, Class::Unsupported, message);
        } else if child.attribute("state").is_none() {
            reader.missing_attribute(child, "state");
        }
        for below in child.children().filter(|below| below.attribute("state").is_none()) {
            reader.missing_attribute(below, "state");
        }
    }
}

fn check_kvm(kvm: &Kvm, node: Node<'_>, reader: &mut Reader) {
    const KNOWN: &[&str] = &["hidden", "hint-dedicated", "poll-control", "pv-ipi", "dirty-ring"];
    check_states(node, reader, "KVM", KNOWN);
    let (Some(ring), Some(at)) = (&kvm.dirty_ring, node.child("dirty-ring")) else { return };
    if ring.state == OnOff::Off {
        return;
    }
    match ring.size {
        None => reader.missing_attribute(at, "size"),
        Some(size) if !size.is_power_of_two() || !(1024..=65536).contains(&size) => {
            let message = "dirty ring must be power of 2 and ranges [1024, 65536]";
            reader.attribute_error(at, "size", Class::Xml, message);
        }
        Some(_) => {}
    }
}

fn check_hyperv(hyperv: &Hyperv, node: Node<'_>, reader: &mut Reader) {
    const KNOWN: &[&str] = &[
        "relaxed",
        "vapic",
        "spinlocks",
        "vpindex",
        "runtime",
        "synic",
        "stimer",
        "reset",
        "vendor_id",
        "frequencies",
        "reenlightenment",
        "tlbflush",
        "ipi",
        "evmcs",
        "avic",
        "emsr_bitmap",
        "xmm_input",
    ];
    if hyperv.mode != Some(HypervMode::Passthrough) {
        check_states(node, reader, "HyperV Enlightenment", KNOWN);
    }
    if let (Some(spinlocks), Some(at)) = (&hyperv.spinlocks, node.child("spinlocks"))
        && spinlocks.state == OnOff::On
    {
        match spinlocks.retries {
            None => reader.missing_attribute(at, "retries"),
            Some(retries) if retries < Hyperv::RETRIES_MIN => {
                let message = "HyperV spinlock retry count must be at least 4095";
                reader.attribute_error(at, "retries", Class::Xml, message);
            }
            Some(_) => {}
        }
    }
    if let (Some(vendor), Some(at)) = (&hyperv.vendor_id, node.child("vendor_id"))
        && vendor.state == OnOff::On
    {
        match vendor.value.as_deref() {
            None | Some("") => {
                let message = "missing 'value' attribute for HyperV feature 'vendor_id'";
                reader.error(at, Class::Xml, message);
            }
            Some(value) if value.len() > 12 => {
                let message = "HyperV vendor_id value must not be more than 12 characters.";
                reader.attribute_error(at, "value", Class::Xml, message);
            }
            Some(value) if value.contains(',') => {
                let message = "HyperV vendor_id value is invalid";
                reader.attribute_error(at, "value", Class::Xml, message);
            }
            Some(_) => {}
        }
    }
}

impl From<YesNo> for Switch {
    fn from(yes: YesNo) -> Self {
        Self { state: OnOff::from(yes.is_yes()) }
    }
}
