//! `<domainCapabilities>`: what a domain of one kind can be made of.
//!
//! Most of it is lists of words, so most of it is [`Section`]s; only CPUs and a few features have
//! shapes of their own.

use stead_xml::{Form, Writer};

use super::AnyCpu;

pub(super) const fn yes_no(answer: bool) -> &'static str {
    if answer { "yes" } else { "no" }
}

/// `<enum>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enumeration {
    /// What the words are of.
    pub name: &'static str,
    /// The words.
    pub values: Vec<String>,
}

/// An element with `supported` and lists of words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// Name of the element.
    pub name: &'static str,
    /// Whether there is any of it.
    pub supported: bool,
    /// The lists; not written when not supported.
    pub enums: Vec<Enumeration>,
}

/// `<domainCapabilities>`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DomainCapabilities {
    /// The emulator.
    pub path: String,
    /// Type of the domain.
    pub domain: String,
    /// Machine type, without alias.
    pub machine: Option<String>,
    /// Architecture.
    pub arch: String,
    /// Largest number of vCPUs.
    pub vcpu_max: Option<u32>,
    /// Whether there are IO threads.
    pub iothreads: bool,
    /// Kinds of firmware that are chosen by name.
    pub firmware: Vec<String>,
    /// Firmware images.
    pub loader_values: Vec<String>,
    /// `type`, `readonly`, `secure`; empty when no loader can be given.
    pub loader: Vec<Enumeration>,
    /// CPUs.
    pub cpu: Modes,
    /// Where memory comes from.
    pub memory_backing: Section,
    /// Devices.
    pub devices: Vec<Section>,
    /// The rest.
    pub features: Features,
}

/// `<cpu>`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Modes {
    /// `host-passthrough`, with `hostPassthroughMigratable`.
    pub host_passthrough: Mode,
    /// `maximum`, with `maximumMigratable`.
    pub maximum: Mode,
    /// `host-model`.
    pub host_model: Option<HostModel>,
    /// `custom`, sorted by name; empty when not supported.
    pub custom: Vec<CustomModel>,
}

/// A mode that is a word and no more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mode {
    /// Whether it can be used.
    pub supported: bool,
    /// Values of `migratable`.
    pub migratable: Vec<String>,
}

/// `<mode name='host-model'>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostModel {
    /// `forbid` or `allow`.
    pub fallback: &'static str,
    /// The model.
    pub model: String,
    /// The vendor.
    pub vendor: Option<String>,
    /// Largest width of physical addresses that passthrough gives.
    pub phys_addr_limit: Option<u32>,
    /// Policy and name.
    pub features: Vec<(&'static str, String)>,
}

/// A model of the custom mode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomModel {
    /// `yes`, `no`, `unknown`.
    pub usable: &'static str,
    /// Whether QEMU advises against it.
    pub deprecated: bool,
    /// The vendor, or `unknown`.
    pub vendor: String,
    /// Versioned name of the same model.
    pub canonical: Option<String>,
    /// Its name.
    pub name: String,
    /// What stands in the way.
    pub blockers: Blockers,
}

/// Names of features, sorted.
pub type Blockers = Vec<String>;

/// A feature that is there or not.
pub type FeatureLine = (&'static str, bool);

/// `<features>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// Up to `ps2`, and `s390-pv`, in libvirt's order.
    pub plain: Vec<FeatureLine>,
    /// AMD SEV.
    pub sev: Option<SevLine>,
    /// Intel SGX.
    pub sgx: Option<SgxLine>,
    /// Hyper-V enlightenments; none if the element is left out.
    pub hyperv: Option<Section>,
    /// Kinds of launch security.
    pub launch_security: Vec<String>,
}

/// `<sev>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SevLine {
    /// Position of the encryption bit.
    pub cbitpos: u32,
    /// Bits of physical addresses lost.
    pub reduced_phys_bits: u32,
    /// How many SEV guests there can be.
    pub max_guests: u32,
    /// How many SEV-ES guests there can be.
    pub max_es_guests: u32,
    /// Identifies the CPU.
    pub cpu0_id: Option<String>,
}

/// `<sgx>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SgxLine {
    /// Flexible launch control.
    pub flc: bool,
    /// Version 1.
    pub sgx1: bool,
    /// Version 2.
    pub sgx2: bool,
    /// In all.
    pub section_size_kib: u64,
    /// Node and size in KiB.
    pub sections: Vec<(u32, u64)>,
}

impl Enumeration {
    /// A list of words.
    pub fn new<W: Into<String>>(name: &'static str, values: impl IntoIterator<Item = W>) -> Self {
        Self { name, values: values.into_iter().map(Into::into).collect() }
    }

    fn write(&self, out: &mut Writer) {
        out.element("enum", |out| {
            out.attribute("name", self.name);
            for value in &self.values {
                out.text("value", value);
            }
        });
    }
}

impl Section {
    /// A supported element.
    pub fn new(name: &'static str, enums: Vec<Enumeration>) -> Self {
        Self { name, supported: true, enums }
    }

    /// An element that says no.
    pub fn unsupported(name: &'static str) -> Self {
        Self { name, supported: false, enums: vec![] }
    }

    fn write(&self, out: &mut Writer) {
        out.element(self.name, |out| {
            out.attribute("supported", yes_no(self.supported));
            if self.supported {
                for each in &self.enums {
                    each.write(out);
                }
            }
        });
    }
}

impl DomainCapabilities {
    /// As text.
    pub fn print(&self) -> String {
        let mut out = Writer::new(Form::INACTIVE);
        out.element("domainCapabilities", |out| {
            out.text("path", &self.path);
            out.text("domain", &self.domain);
            if let Some(machine) = &self.machine {
                out.text("machine", machine);
            }
            out.text("arch", &self.arch);
            if let Some(max) = self.vcpu_max {
                out.element("vcpu", |out| out.attribute("max", max));
            }
            supported(out, "iothreads", self.iothreads);
            self.write_os(out);
            self.cpu.write(out);
            self.memory_backing.write(out);
            out.element("devices", |out| {
                for device in &self.devices {
                    device.write(out);
                }
            });
            self.features.write(out);
        });
        out.finish()
    }

    fn write_os(&self, out: &mut Writer) {
        out.element("os", |out| {
            out.attribute("supported", "yes");
            Enumeration { name: "firmware", values: self.firmware.clone() }.write(out);
            out.element("loader", |out| {
                out.attribute("supported", yes_no(!self.loader.is_empty()));
                if !self.loader.is_empty() {
                    for value in &self.loader_values {
                        out.text("value", value);
                    }
                    for each in &self.loader {
                        each.write(out);
                    }
                }
            });
        });
    }
}

fn supported(out: &mut Writer, name: &str, answer: bool) {
    out.element(name, |out| out.attribute("supported", yes_no(answer)));
}

impl Modes {
    fn write(&self, out: &mut Writer) {
        out.element("cpu", |out| {
            self.host_passthrough.write("host-passthrough", "hostPassthroughMigratable", out);
            self.maximum.write("maximum", "maximumMigratable", out);
            out.element("mode", |out| {
                out.attribute("name", "host-model");
                out.attribute("supported", yes_no(self.host_model.is_some()));
                if let Some(model) = &self.host_model {
                    model.write(out);
                }
            });
            out.element("mode", |out| {
                out.attribute("name", "custom");
                out.attribute("supported", yes_no(!self.custom.is_empty()));
                for model in &self.custom {
                    model.write(out);
                }
            });
        });
    }
}

impl Mode {
    fn write(&self, name: &str, migratable: &'static str, out: &mut Writer) {
        out.element("mode", |out| {
            out.attribute("name", name);
            out.attribute("supported", yes_no(self.supported));
            if self.supported {
                Enumeration { name: migratable, values: self.migratable.clone() }.write(out);
            }
        });
    }
}

impl HostModel {
    fn write(&self, out: &mut Writer) {
        out.open("model");
        out.attribute("fallback", self.fallback);
        out.content(&self.model);
        out.close("model");
        if let Some(vendor) = &self.vendor {
            out.text("vendor", vendor);
        }
        if let Some(limit) = self.phys_addr_limit {
            out.element("maxphysaddr", |out| {
                out.attribute("mode", "passthrough");
                out.attribute("limit", limit);
            });
        }
        for (policy, name) in &self.features {
            out.element("feature", |out| {
                out.attribute("policy", policy);
                out.attribute("name", name);
            });
        }
    }
}

impl CustomModel {
    fn write(&self, out: &mut Writer) {
        out.open("model");
        out.attribute("usable", self.usable);
        if self.deprecated {
            out.attribute("deprecated", "yes");
        }
        out.attribute("vendor", &self.vendor);
        out.optional("canonical", self.canonical.as_ref());
        out.content(&self.name);
        out.close("model");
        if !self.blockers.is_empty() {
            out.element("blockers", |out| {
                out.attribute("model", &self.name);
                for name in &self.blockers {
                    out.element("feature", |out| out.attribute("name", name));
                }
            });
        }
    }
}

impl Features {
    fn write(&self, out: &mut Writer) {
        out.element("features", |out| {
            for (name, answer) in &self.plain {
                supported(out, name, *answer);
            }
            self.write_sev(out);
            self.write_sgx(out);
            if let Some(hyperv) = &self.hyperv {
                hyperv.write(out);
            }
            let mut security = Section::unsupported("launchSecurity");
            if !self.launch_security.is_empty() {
                let kinds = Enumeration { name: "sectype", values: self.launch_security.clone() };
                security = Section::new("launchSecurity", vec![kinds]);
            }
            security.write(out);
        });
    }

    fn write_sev(&self, out: &mut Writer) {
        let Some(sev) = &self.sev else { return supported(out, "sev", false) };
        out.element("sev", |out| {
            out.attribute("supported", "yes");
            out.text("cbitpos", sev.cbitpos);
            out.text("reducedPhysBits", sev.reduced_phys_bits);
            out.text("maxGuests", sev.max_guests);
            out.text("maxESGuests", sev.max_es_guests);
            if let Some(id) = &sev.cpu0_id {
                out.text("cpu0Id", id);
            }
        });
    }

    fn write_sgx(&self, out: &mut Writer) {
        let Some(sgx) = &self.sgx else { return supported(out, "sgx", false) };
        out.element("sgx", |out| {
            out.attribute("supported", "yes");
            out.text("flc", yes_no(sgx.flc));
            out.text("sgx1", yes_no(sgx.sgx1));
            out.text("sgx2", yes_no(sgx.sgx2));
            out.open("section_size");
            out.attribute("unit", "KiB");
            out.content(sgx.section_size_kib);
            out.close("section_size");
            out.element("sections", |out| {
                for (node, size) in &sgx.sections {
                    out.element("section", |out| {
                        out.attribute("node", node);
                        out.attribute("size", size);
                        out.attribute("unit", "KiB");
                    });
                }
            });
        });
    }
}

impl From<HostModel> for AnyCpu {
    /// The CPU that a host-model guest asks for by hand.
    fn from(model: HostModel) -> Self {
        use crate::domain::cpu::{Cpu, CpuFeature, CpuMatch, CpuMode, CpuModel, Fallback};
        Self::Guest(Cpu {
            mode: Some(CpuMode::Custom),
            matching: Some(CpuMatch::Exact),
            model: Some(CpuModel {
                fallback: model.fallback.parse::<Fallback>().ok(),
                vendor_id: None,
                name: Some(model.model),
            }),
            vendor: model.vendor,
            features: model
                .features
                .into_iter()
                .filter_map(|(policy, name)| {
                    Some(CpuFeature { policy: policy.parse().ok()?, name })
                })
                .collect(),
            ..Cpu::default()
        })
    }
}
