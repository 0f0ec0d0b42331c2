//! What a host can do (`<capabilities>`), what a QEMU on it can do (`<domainCapabilities>`), and the
//! CPUs in both.
//!
//! These documents are only ever written by stead; CPUs are read too, because clients send them back.

mod any_cpu;
mod domain;
mod host;

pub use any_cpu::{AnyCpu, HostCpuDocument, HostPhysAddr, HostSignature, TscCounter, find_cpus};
pub use domain::{
    Blockers, CustomModel, DomainCapabilities, Enumeration, FeatureLine, Features, HostModel, Mode,
    Modes, Section, SevLine, SgxLine,
};
pub use host::{
    Arch, Bank, Capabilities, CellCpu, CellLine, FeatureToggle, Guest, MachineLine, PageCount,
    Security, Toggle,
};

/// A guest's `<cpu>` as text.
pub fn print_cpu(cpu: &crate::domain::cpu::Cpu) -> String {
    stead_xml::print(cpu, "cpu", stead_xml::Form::INACTIVE)
}
