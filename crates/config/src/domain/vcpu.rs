//! `<vcpu>`: how many virtual CPUs a guest has, and where they run.

use stead_values::{CpuSet, names};
use stead_xml::{Class, Fault, Node, Reader, Writer};

names! {
    /// Who chooses the CPUs that a guest runs on.
    pub enum Placement {
        Static = "static",
        Auto = "auto",
    }
}

/// `<vcpu>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vcpu {
    /// Who chooses the CPUs that the guest runs on.
    pub placement: Placement,
    /// The CPUs that it may run on.
    pub cpuset: Option<CpuSet>,
    /// How many it has at start, if fewer than it can have.
    pub current: Option<u32>,
    /// How many it can have.
    pub count: u32,
}

impl Default for Vcpu {
    fn default() -> Self {
        Self { placement: Placement::Static, cpuset: None, current: None, count: 1 }
    }
}

impl Vcpu {
    /// How many it has at start.
    pub fn at_start(&self) -> u32 {
        self.current.unwrap_or(self.count)
    }
}

pub(super) mod element {
    use super::{Class, CpuSet, Fault, Node, Placement, Reader, Vcpu, Writer};

    /// The most that libvirt takes (16 bits).
    const MAX: u32 = u16::MAX as u32;

    pub(crate) fn read(domain: Node<'_>, reader: &mut Reader) -> Vcpu {
        let Some(node) = domain.child("vcpu") else { return Vcpu::default() };
        reader.leftovers(node, &["placement", "cpuset", "current"], &[]);
        let text = node.text();
        let count = match text.trim().parse::<u32>() {
            Ok(count) if (1..=MAX).contains(&count) => count,
            _ => {
                let message = "maximum vcpus count must be an integer";
                reader.error_with_fix(node, Class::Xml, message, "write a number from 1");
                1
            }
        };
        let current = reader.attribute::<u32>(node, "current").filter(|current| {
            if *current > count {
                let message = "maximum vCPU count must not be less than current vCPU count";
                reader.attribute_error(node, "current", Class::Unsupported, message);
            }
            *current != count && *current > 0
        });
        let text = node.attribute("cpuset");
        let cpuset = text.and_then(|text| match text.parse::<CpuSet>() {
            Ok(set) => Some(set),
            Err(error) => {
                let place = node.attribute_place("cpuset");
                let message = format!("Failed to parse bitmap '{text}'");
                let fault = Fault::new(Class::InvalidArgument, place, message);
                reader.note(fault.with_fix(error.to_string()));
                None
            }
        });
        let cpuset = cpuset.filter(|set| {
            if set.is_empty() {
                let text = node.attribute("cpuset").unwrap_or("");
                let message = format!("Invalid value of 'cpuset': {text}");
                reader.attribute_error(node, "cpuset", Class::Unsupported, message);
            }
            true
        });
        let placement = reader.attribute::<Placement>(node, "placement");
        let cpuset = if placement == Some(Placement::Auto) { None } else { cpuset };
        Vcpu { placement: placement.unwrap_or(Placement::Static), cpuset, current, count }
    }

    pub(crate) fn write(vcpu: &Vcpu, out: &mut Writer) {
        out.open("vcpu");
        out.attribute("placement", vcpu.placement);
        out.optional("cpuset", vcpu.cpuset.as_ref());
        out.optional("current", vcpu.current);
        out.content(vcpu.count);
        out.close("vcpu");
    }
}
