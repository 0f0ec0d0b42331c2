//! `<domain>`: what a user says of a machine.
//!
//! One family of elements a file; fields stand in libvirt's output order. Parsing accepts what
//! libvirt's own parser accepts, fills in what that fills in, and refuses by name what libvirt knows
//! and stead does not serve yet (the table is in [`served`]).

pub mod address;
pub mod chardev;
pub mod clock;
pub mod commandline;
pub mod controller;
pub mod cpu;
pub mod devices;
pub mod disk;
pub mod display;
pub mod features;
pub mod interface;
pub mod life;
pub mod memory;
pub mod os;
pub mod parts;
pub mod seclabel;
pub mod served;
pub mod small;
pub mod sound;
pub mod vcpu;

mod check;
mod metadata;

use stead_values::{Kibibytes, Uuid, names};
use stead_xml::{self as xml, Element, Faults, Form, Kind, Raw, Reader, Secrets};

pub use address::Address;
pub use clock::Clock;
pub use commandline::CommandLine;
pub use cpu::Cpu;
pub use devices::Devices;
pub use features::Features;
pub use life::{LifecycleAction, LockFailureAction, Pm};
pub use memory::Memory;
pub use metadata::{MetadataKind, NoMetadata};
pub use os::Os;
pub use seclabel::Seclabel;
pub use vcpu::Vcpu;

names! {
    /// What runs a domain.
    pub enum VirtKind {
        Qemu = "qemu",
        Kqemu = "kqemu",
        Kvm = "kvm",
        Xen = "xen",
        Lxc = "lxc",
        Uml = "uml",
        Openvz = "openvz",
        Test = "test",
        Vmware = "vmware",
        Hyperv = "hyperv",
        Vbox = "vbox",
        Phyp = "phyp",
        Parallels = "parallels",
        Bhyve = "bhyve",
        Vz = "vz",
        Hvf = "hvf",
    }
}

/// A domain document.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
#[xml(check = check::domain)]
pub struct Domain {
    /// What runs it.
    #[xml(attributes_with = check::kind, knows("@type"))]
    pub kind: VirtKind,
    /// Its number while it runs.
    #[xml(attribute, live)]
    pub id: Option<u32>,
    /// Its name.
    #[xml(with = check::name, knows("name"))]
    pub name: String,
    /// Its UUID; made up when it is not given.
    #[xml(with = check::uuid, knows("uuid"))]
    pub uuid: Option<Uuid>,
    /// A short title, one line.
    #[xml(text)]
    pub title: Option<String>,
    /// A description.
    #[xml(text)]
    pub description: Option<String>,
    /// What applications keep with it.
    #[xml(raw)]
    pub metadata: Option<Raw>,
    /// How much memory it has at most.
    #[xml(with = memory::total, knows("memory"))]
    pub memory: Memory,
    /// How much of that it has at start; all of it when it is not given.
    #[xml(with = memory::current, knows("currentMemory"))]
    pub current_memory: Kibibytes,
    /// How many CPUs it has.
    #[xml(with = vcpu::element, knows("vcpu"))]
    pub vcpu: Vcpu,
    /// What it is and how it boots.
    #[xml(with = check::os, knows("os"))]
    pub os: Os,
    /// What the machine offers beside its devices.
    #[xml(child)]
    pub features: Option<Features>,
    /// Which CPU it is shown.
    #[xml(with = check::cpu, knows("cpu"))]
    pub cpu: Option<Cpu>,
    /// What its clocks show.
    #[xml(child, default)]
    pub clock: Clock,
    /// What follows when it powers off.
    #[xml(with = check::on_poweroff, knows("on_poweroff"))]
    pub on_poweroff: LifecycleAction,
    /// What follows when it reboots.
    #[xml(with = check::on_reboot, knows("on_reboot"))]
    pub on_reboot: LifecycleAction,
    /// What follows when it crashes.
    #[xml(with = check::on_crash, knows("on_crash"))]
    pub on_crash: LifecycleAction,
    /// What follows when a lock is lost.
    #[xml(with = check::on_lockfailure, knows("on_lockfailure"))]
    pub on_lockfailure: Option<LockFailureAction>,
    /// Whether it may sleep.
    #[xml(child)]
    pub pm: Option<Pm>,
    /// Its devices.
    #[xml(child, default, lines)]
    pub devices: Devices,
    /// How it is kept apart from others.
    #[xml(children = "seclabel")]
    pub seclabels: Vec<Seclabel>,
    /// What is passed to QEMU as it is.
    #[xml(with = commandline, declares = commandline::declare)]
    pub qemu_commandline: CommandLine,
}

impl Domain {
    /// Reads a definition. Anything that only a run has is dropped.
    ///
    /// # Errors
    ///
    /// All faults of the document, warnings among them.
    pub fn parse(text: &str) -> Result<Self, Faults> {
        Self::parse_as(text, Form::STORED).map(|(domain, _)| domain)
    }

    /// Reads the document of a running machine: with its id, aliases, ports and the like.
    ///
    /// # Errors
    ///
    /// All faults of the document, warnings among them.
    pub fn parse_live(text: &str) -> Result<Self, Faults> {
        Self::parse_as(text, Form::STATUS).map(|(domain, _)| domain)
    }

    /// Reads a document of one form; what libvirt drops in silence comes back as warnings.
    ///
    /// # Errors
    ///
    /// All faults of the document, warnings among them.
    pub fn parse_as(text: &str, form: Form) -> Result<(Self, Faults), Faults> {
        let mut reader = Reader::new(form, served::JUDGE);
        let domain = xml::parse_with::<Self>(text, "domain", &mut reader);
        let failed = reader.has_errors();
        let mut faults = Faults(reader.into_faults());
        match domain {
            Some(domain) if !failed => Ok((domain, faults)),
            _ => {
                if !failed {
                    let place = xml::Place { line: 1, column: 1, path: "domain".to_owned() };
                    let message = "the document could not be read";
                    faults.0.push(xml::Fault::new(xml::Class::Internal, place, message));
                }
                Err(faults)
            }
        }
    }

    /// Writes the document in libvirt's layout.
    pub fn print(&self, form: Form) -> String {
        xml::print(self, "domain", form)
    }

    /// Writes the definition with passwords: what is kept on disk.
    pub fn stored(&self) -> String {
        self.print(Form { kind: Kind::Inactive, secrets: Secrets::Shown })
    }
}
