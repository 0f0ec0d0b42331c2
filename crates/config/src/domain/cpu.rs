//! `<cpu>`: which CPU a guest is shown.

use stead_values::{OnOff, names};
use stead_xml::{Class, Element, FromElement, Node, Reader, ToElement, Writer};

names! {
    /// How the CPU is chosen.
    pub enum CpuMode {
        Custom = "custom",
        HostModel = "host-model",
        HostPassthrough = "host-passthrough",
        Maximum = "maximum",
    }

    /// How exactly the host must offer it.
    pub enum CpuMatch {
        Minimum = "minimum",
        Exact = "exact",
        Strict = "strict",
    }

    /// What is checked when a machine starts.
    pub enum CpuCheck {
        None = "none",
        Partial = "partial",
        Full = "full",
    }

    /// What becomes of features that QEMU calls deprecated; and whether another model may be taken.
    pub enum Fallback {
        Allow = "allow",
        Forbid = "forbid",
    }

    /// What is asked of a feature.
    pub enum FeaturePolicy {
        Force = "force",
        Require = "require",
        Optional = "optional",
        Disable = "disable",
        Forbid = "forbid",
    }

    /// What the guest is told of caches.
    pub enum CacheMode {
        Emulate = "emulate",
        Passthrough = "passthrough",
        Disable = "disable",
    }

    /// Where the width of addresses comes from.
    pub enum AddressWidthMode {
        Emulate = "emulate",
        Passthrough = "passthrough",
    }
}

/// `<cpu>` of a guest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cpu {
    /// How it is chosen; custom if a model is given and no mode. `None`: only topology and the like.
    pub mode: Option<CpuMode>,
    /// How exactly the host must offer it.
    pub matching: Option<CpuMatch>,
    /// What is checked when the machine starts.
    pub check: Option<CpuCheck>,
    /// Whether only what can be migrated is offered.
    pub migratable: Option<OnOff>,
    /// What becomes of features that QEMU calls deprecated.
    pub deprecated_features: Option<OnOff>,
    /// The model.
    pub model: Option<CpuModel>,
    /// The vendor that it must be of.
    pub vendor: Option<String>,
    /// Sockets, cores, threads.
    pub topology: Option<Topology>,
    /// What the guest is told of caches.
    pub cache: Option<Cache>,
    /// The width of physical addresses.
    pub max_phys_addr: Option<MaxPhysAddr>,
    /// Features that differ from the model.
    pub features: Vec<CpuFeature>,
}

/// `<model>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpuModel {
    /// Whether another model may be taken where it is not known.
    pub fallback: Option<Fallback>,
    /// The vendor string that the guest reads, 12 characters.
    pub vendor_id: Option<String>,
    /// Its name; a host model has none until it is known.
    pub name: Option<String>,
}

/// `<topology>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topology {
    /// Sockets, from 1.
    pub sockets: u32,
    /// Dies a socket, from 1.
    pub dies: u32,
    /// Clusters a die, from 1.
    pub clusters: u32,
    /// Cores a cluster, from 1.
    pub cores: u32,
    /// Threads a core, from 1.
    pub threads: u32,
}

impl Topology {
    /// How many CPUs there are.
    pub fn product(&self) -> u64 {
        [self.dies, self.clusters, self.cores, self.threads]
            .iter()
            .fold(u64::from(self.sockets), |product, count| {
                product.saturating_mul(u64::from(*count))
            })
    }
}

/// `<cache>`.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct Cache {
    /// Which; all where none is given.
    #[xml(attribute)]
    pub level: Option<u32>,
    /// What is told.
    #[xml(attribute)]
    pub mode: CacheMode,
}

/// `<maxphysaddr>`.
#[derive(Clone, Debug, PartialEq, Eq, Element)]
pub struct MaxPhysAddr {
    /// Where it comes from.
    #[xml(attribute)]
    pub mode: AddressWidthMode,
    /// The width, in bits.
    #[xml(attribute)]
    pub bits: Option<u32>,
    /// At most this of the host's width, in bits.
    #[xml(attribute)]
    pub limit: Option<u32>,
}

/// `<feature>` of a guest CPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpuFeature {
    /// What is asked.
    pub policy: FeaturePolicy,
    /// libvirt's name of the feature.
    pub name: String,
}

impl FromElement for Cpu {
    fn read(node: Node<'_>, reader: &mut Reader) -> Option<Self> {
        const ATTRIBUTES: &[&str] =
            &["mode", "match", "check", "migratable", "deprecated_features"];
        const CHILDREN: &[&str] =
            &["model", "vendor", "topology", "cache", "maxphysaddr", "feature"];
        reader.leftovers(node, ATTRIBUTES, CHILDREN);
        let given = reader.known::<CpuMode>(node, "mode", "Invalid mode attribute");
        if let Some(mode) = node.attribute("mode")
            && given.is_none()
        {
            let _ = mode;
            return None;
        }
        let matching = reader.attribute::<CpuMatch>(node, "match");
        let model = node.child("model").and_then(|node| read_model(node, reader));
        let named = model.as_ref().is_some_and(|model| model.name.is_some());
        let mode = given.or_else(|| (matching.is_some() || named).then_some(CpuMode::Custom));
        let migratable = reader.attribute::<OnOff>(node, "migratable");
        let full = matches!(mode, Some(CpuMode::HostPassthrough | CpuMode::Maximum));
        if migratable.is_some() && !full {
            let message =
                "Attribute migratable is only allowed for 'host-passthrough' / 'maximum' CPU mode";
            reader.attribute_error(node, "migratable", Class::Unsupported, message);
        }
        let mut cpu = Self {
            mode,
            matching: if mode == Some(CpuMode::Custom) {
                Some(matching.unwrap_or(CpuMatch::Exact))
            } else {
                matching
            },
            check: reader.attribute(node, "check"),
            migratable,
            deprecated_features: reader.attribute(node, "deprecated_features"),
            model,
            vendor: node.child("vendor").and_then(|node| reader.content(node)),
            topology: node.child("topology").map(|node| read_topology(node, reader)),
            cache: node.child("cache").and_then(|node| Cache::read(node, reader)),
            max_phys_addr: node
                .child("maxphysaddr")
                .and_then(|node| MaxPhysAddr::read(node, reader)),
            features: Vec::new(),
        };
        cpu.features = read_features(node, reader);
        if let Some(vendor) = node.child("vendor")
            && !named
        {
            let message = "CPU vendor specified without CPU model";
            reader.error(vendor, Class::Xml, message);
        }
        if !cpu.features.is_empty() && !named && matches!(mode, None | Some(CpuMode::Custom)) {
            let message = "Non-empty feature list specified without CPU model";
            reader.error_with_fix(node, Class::Xml, message, "name a <model>, or a mode");
        }
        Some(cpu)
    }
}

fn read_model(node: Node<'_>, reader: &mut Reader) -> Option<CpuModel> {
    reader.leftovers(node, &["fallback", "vendor_id"], &[]);
    let vendor_id = node.attribute("vendor_id").map(str::to_owned);
    if let Some(vendor) = &vendor_id {
        if vendor.len() != 12 {
            let message = "vendor_id must be exactly 12 characters long";
            reader.attribute_error(node, "vendor_id", Class::Xml, message);
        } else if vendor.contains(',') {
            let message = "vendor id is invalid";
            reader.attribute_error(node, "vendor_id", Class::Xml, message);
        }
    }
    let text = node.text();
    let name = (!text.is_empty()).then(|| text.into_owned());
    let fallback = match node.attribute("fallback").map(str::parse) {
        None => Fallback::Allow,
        Some(Ok(fallback)) => fallback,
        Some(Err(_)) => {
            let message = "Invalid fallback attribute";
            reader.attribute_error(node, "fallback", Class::Unsupported, message);
            Fallback::Allow
        }
    };
    if name.is_none() && vendor_id.is_none() && fallback == Fallback::Allow {
        return None;
    }
    Some(CpuModel { fallback: Some(fallback), vendor_id, name })
}

fn read_topology(node: Node<'_>, reader: &mut Reader) -> Topology {
    reader.leftovers(node, &["sockets", "dies", "clusters", "cores", "threads"], &[]);
    let mut count = |name: &str, required: bool| -> u32 {
        let value = if required {
            reader.required::<u32>(node, name)
        } else {
            reader.attribute::<u32>(node, name)
        };
        match value {
            Some(0) => {
                reader.zero(node, name);
                1
            }
            Some(count) => count,
            None => 1,
        }
    };
    Topology {
        sockets: count("sockets", true),
        dies: count("dies", false),
        clusters: count("clusters", false),
        cores: count("cores", true),
        threads: count("threads", true),
    }
}

fn read_features(cpu: Node<'_>, reader: &mut Reader) -> Vec<CpuFeature> {
    let mut features: Vec<CpuFeature> = Vec::new();
    for node in cpu.children().filter(|node| node.name() == "feature") {
        reader.leftovers(node, &["policy", "name"], &[]);
        let policy = match node.attribute("policy") {
            None => FeaturePolicy::Require,
            Some(text) => match text.parse() {
                Ok(policy) => policy,
                Err(_) => {
                    let message = "Invalid CPU feature policy";
                    reader.attribute_error(node, "policy", Class::Unsupported, message);
                    continue;
                }
            },
        };
        let Some(name) = node.attribute("name").filter(|name| !name.is_empty()) else {
            reader.error(node, Class::Xml, "Invalid CPU feature name");
            continue;
        };
        if features.iter().any(|feature| feature.name == name) {
            let message = format!("CPU feature '{name}' specified more than once");
            reader.error(node, Class::Xml, message);
            continue;
        }
        features.push(CpuFeature { policy, name: name.to_owned() });
    }
    features
}

impl ToElement for Cpu {
    fn write_attributes(&self, out: &mut Writer) {
        out.optional("mode", self.mode);
        if matches!(self.mode, Some(CpuMode::Custom)) {
            out.optional("match", self.matching);
        }
        out.optional("check", self.check.filter(|_| self.mode.is_some()));
        out.optional("migratable", self.migratable);
        out.optional("deprecated_features", self.deprecated_features);
    }

    fn write_content(&self, out: &mut Writer) {
        let shows_model = matches!(self.mode, Some(CpuMode::Custom | CpuMode::HostModel));
        let told = |model: &&CpuModel| model.name.is_some() || model.vendor_id.is_some();
        if let Some(model) = self.model.as_ref().filter(told).filter(|_| shows_model) {
            out.open("model");
            if model.name.is_some() {
                out.attribute("fallback", model.fallback.unwrap_or(Fallback::Allow));
            }
            out.optional("vendor_id", model.vendor_id.as_ref());
            if let Some(name) = &model.name {
                out.content(name);
            }
            out.close("model");
        }
        if let Some(vendor) = self.vendor.as_ref().filter(|_| shows_model) {
            out.text("vendor", vendor);
        }
        if let Some(Topology { sockets, dies, clusters, cores, threads }) = self.topology {
            out.element("topology", |out| {
                out.attribute("sockets", sockets);
                out.attribute("dies", dies);
                out.attribute("clusters", clusters);
                out.attribute("cores", cores);
                out.attribute("threads", threads);
            });
        }
        if let Some(cache) = &self.cache {
            cache.write("cache", out);
        }
        if let Some(width) = &self.max_phys_addr {
            width.write("maxphysaddr", out);
        }
        for feature in &self.features {
            out.element("feature", |out| {
                out.attribute("policy", feature.policy);
                out.attribute("name", &feature.name);
            });
        }
    }
}
