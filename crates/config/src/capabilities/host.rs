//! `<capabilities>`: the host, and what its emulators run.

use stead_xml::{Form, Writer};

use super::HostCpuDocument;
use super::domain::yes_no;

/// `<capabilities>`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Capabilities {
    /// UUID of the host.
    pub uuid: Option<String>,
    /// Its CPU.
    pub cpu: HostCpuDocument,
    /// What it can suspend to: `suspend_mem` and the like.
    pub power_management: Vec<&'static str>,
    /// Whether an IOMMU is in use.
    pub iommu: bool,
    /// How machines can be moved: `tcp`, `rdma`.
    pub transports: Vec<&'static str>,
    /// NUMA cells.
    pub cells: Vec<CellLine>,
    /// Caches.
    pub caches: Vec<Bank>,
    /// Security drivers.
    pub security: Vec<Security>,
    /// What can be run.
    pub guests: Vec<Guest>,
}

/// `<cell>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellLine {
    /// Its number.
    pub id: u32,
    /// Memory in KiB.
    pub memory_kib: Option<u64>,
    /// Pages by size.
    pub pages: Vec<PageCount>,
    /// Cell and distance.
    pub distances: Vec<(u32, u32)>,
    /// Its CPUs.
    pub cpus: Vec<CellCpu>,
}

/// `<pages>` of a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageCount {
    /// Size in KiB.
    pub size_kib: u64,
    /// How many.
    pub count: u64,
}

/// `<cpu>` of a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellCpu {
    /// Its number.
    pub id: u32,
    /// Socket, die, cluster, core and the siblings' list; none while it is offline.
    pub place: Option<(u32, u32, Option<u32>, u32, String)>,
}

/// `<bank>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bank {
    /// The kernel's number.
    pub id: u32,
    /// 1 is nearest to the core.
    pub level: u32,
    /// `both`, `code`, `data`.
    pub kind: &'static str,
    /// Size in KiB.
    pub size_kib: u64,
    /// List of CPUs.
    pub cpus: String,
}

/// `<secmodel>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Security {
    /// Name of the driver.
    pub model: String,
    /// Domain of interpretation.
    pub doi: String,
    /// Type of domain and its label.
    pub base_labels: Vec<(String, String)>,
}

/// `<guest>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guest {
    /// `hvm`.
    pub os_type: &'static str,
    /// What it runs on.
    pub arch: Arch,
    /// What it can switch.
    pub features: Vec<FeatureToggle>,
}

/// `<arch>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arch {
    /// Its name.
    pub name: String,
    /// 32 or 64.
    pub word_size: u32,
    /// The emulator.
    pub emulator: String,
    /// Machine types.
    pub machines: Vec<MachineLine>,
    /// Types of domains.
    pub domains: Vec<&'static str>,
}

/// `<machine>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MachineLine {
    /// Its name.
    pub name: String,
    /// The machine type that it is another name of.
    pub canonical: Option<String>,
    /// Largest number of vCPUs.
    pub max_cpus: u32,
    /// Whether QEMU advises against it.
    pub deprecated: bool,
}

/// A feature of a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeatureToggle {
    /// Its name.
    pub name: &'static str,
    /// Default and whether it can be switched; none for those that are just there.
    pub toggle: Option<Toggle>,
}

/// Whether a feature can be switched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toggle {
    /// On, and can be switched off.
    Switchable,
    /// On.
    Fixed,
}

impl Capabilities {
    /// As text.
    pub fn print(&self) -> String {
        let mut out = Writer::new(Form::INACTIVE);
        out.element("capabilities", |out| {
            out.verbatim("\n");
            out.element("host", |out| self.write_host(out));
            out.verbatim("\n");
            for guest in &self.guests {
                guest.write(out);
                out.verbatim("\n");
            }
        });
        out.finish()
    }

    fn write_host(&self, out: &mut Writer) {
        if let Some(uuid) = &self.uuid {
            out.text("uuid", uuid);
        }
        self.cpu.write(out);
        out.element("power_management", |out| {
            for name in &self.power_management {
                out.empty(name);
            }
        });
        out.element("iommu", |out| out.attribute("support", yes_no(self.iommu)));
        out.element("migration_features", |out| {
            out.empty("live");
            out.element_filled("uri_transports", |out| {
                for name in &self.transports {
                    out.text("uri_transport", name);
                }
            });
        });
        if !self.cells.is_empty() {
            out.element("topology", |out| {
                out.element("cells", |out| {
                    out.attribute("num", self.cells.len());
                    for cell in &self.cells {
                        cell.write(out);
                    }
                });
            });
        }
        out.element_filled("cache", |out| {
            for bank in &self.caches {
                bank.write(out);
            }
        });
        for model in &self.security {
            out.element("secmodel", |out| {
                out.text("model", &model.model);
                out.text("doi", &model.doi);
                for (kind, label) in &model.base_labels {
                    out.open("baselabel");
                    out.attribute("type", kind);
                    out.content(label);
                    out.close("baselabel");
                }
            });
        }
    }
}

impl CellLine {
    fn write(&self, out: &mut Writer) {
        out.element("cell", |out| {
            out.attribute("id", self.id);
            if let Some(memory) = self.memory_kib {
                out.open("memory");
                out.attribute("unit", "KiB");
                out.content(memory);
                out.close("memory");
            }
            for pages in &self.pages {
                out.open("pages");
                out.attribute("unit", "KiB");
                out.attribute("size", pages.size_kib);
                out.content(pages.count);
                out.close("pages");
            }
            out.element_filled("distances", |out| {
                for (id, value) in &self.distances {
                    out.element("sibling", |out| {
                        out.attribute("id", id);
                        out.attribute("value", value);
                    });
                }
            });
            out.element("cpus", |out| {
                out.attribute("num", self.cpus.len());
                for cpu in &self.cpus {
                    cpu.write(out);
                }
            });
        });
    }
}

impl CellCpu {
    fn write(&self, out: &mut Writer) {
        out.element("cpu", |out| {
            out.attribute("id", self.id);
            if let Some((socket, die, cluster, core, siblings)) = &self.place {
                out.attribute("socket_id", socket);
                out.attribute("die_id", die);
                out.optional("cluster_id", cluster.as_ref());
                out.attribute("core_id", core);
                out.attribute("siblings", siblings);
            }
        });
    }
}

impl Bank {
    fn write(&self, out: &mut Writer) {
        // libvirt uses the largest of KiB and MiB that loses nothing, and no larger unit.
        let (size, unit) = match self.size_kib {
            kib if kib >= 1024 && kib % 1024 == 0 => (kib / 1024, "MiB"),
            kib => (kib, "KiB"),
        };
        out.element("bank", |out| {
            out.attribute("id", self.id);
            out.attribute("level", self.level);
            out.attribute("type", self.kind);
            out.attribute("size", size);
            out.attribute("unit", unit);
            out.attribute("cpus", &self.cpus);
        });
    }
}

impl Guest {
    fn write(&self, out: &mut Writer) {
        out.element("guest", |out| {
            out.text("os_type", self.os_type);
            out.element("arch", |out| {
                out.attribute("name", &self.arch.name);
                out.text("wordsize", self.arch.word_size);
                out.text("emulator", &self.arch.emulator);
                for machine in &self.arch.machines {
                    out.open("machine");
                    out.optional("canonical", machine.canonical.as_ref());
                    out.attribute("maxCpus", machine.max_cpus);
                    if machine.deprecated {
                        out.attribute("deprecated", "yes");
                    }
                    out.content(&machine.name);
                    out.close("machine");
                }
                for kind in &self.arch.domains {
                    out.element("domain", |out| out.attribute("type", kind));
                }
            });
            out.element_filled("features", |out| {
                for feature in &self.features {
                    out.element(feature.name, |out| match feature.toggle {
                        None => {}
                        Some(toggle) => {
                            out.attribute("default", "on");
                            let toggle = toggle == Toggle::Switchable;
                            out.attribute("toggle", yes_no(toggle));
                        }
                    });
                }
            });
        });
    }
}
