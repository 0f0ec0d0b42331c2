//! A `<cpu>` of which the reader does not know whether it is a host's or a guest's.

use stead_xml::{Class, Document, Fault, Faults, Form, FromElement, Judge, Node, Reader, Writer};

use crate::domain::cpu::Cpu;

/// A host's or a guest's CPU. With `<arch>` it is a host's.
#[derive(Clone, Debug, PartialEq)]
pub enum AnyCpu {
    /// As in `capabilities`.
    Host(HostCpuDocument),
    /// As in a domain.
    Guest(Cpu),
}

/// The `<cpu>` of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostCpuDocument {
    /// `x86_64`.
    pub arch: Option<String>,
    /// The model that describes it.
    pub model: Option<String>,
    /// The vendor's name.
    pub vendor: Option<String>,
    /// Revision of the microcode.
    pub microcode: Option<u32>,
    /// Family, model and stepping.
    pub signature: Option<HostSignature>,
    /// The time stamp counter.
    pub tsc: Option<TscCounter>,
    /// Sockets, dies, clusters, cores, threads.
    pub topology: Option<[u32; 5]>,
    /// Width of physical addresses.
    pub max_phys_addr: Option<HostPhysAddr>,
    /// Features beyond the model's.
    pub features: Vec<String>,
    /// Sizes of pages in KiB.
    pub page_sizes_kib: Vec<u64>,
}

/// `<maxphysaddr>` of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostPhysAddr {
    /// The width.
    pub bits: u32,
}

/// `<signature>`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostSignature {
    /// CPU family.
    pub family: u32,
    /// CPU model.
    pub model: u32,
    /// CPU stepping.
    pub stepping: u32,
}

/// `<counter name='tsc'>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TscCounter {
    /// Its rate.
    pub frequency_hz: u64,
    /// Whether guests can have another; none when not known.
    pub scaling: Option<bool>,
}

impl AnyCpu {
    /// Reads a `<cpu>` element.
    ///
    /// # Errors
    /// All its faults.
    pub fn parse(text: &str) -> Result<Self, Faults> {
        let (document, faults) = Document::parse(text);
        let Some(document) = document else { return Err(Faults(faults)) };
        Self::read(document.root())
    }

    /// Reads a `<cpu>` element that must be a host's.
    ///
    /// # Errors
    /// All its faults.
    pub fn parse_host(text: &str) -> Result<Self, Faults> {
        let (document, faults) = Document::parse(text);
        let Some(document) = document else { return Err(Faults(faults)) };
        let root = document.root();
        let mut reader = Reader::new(Form::INACTIVE, Judge::NONE);
        if root.attribute("mode").is_some() {
            let message = "Attribute mode is only allowed for guest CPU";
            reader.attribute_error(root, "mode", Class::Unsupported, message);
            return Err(Faults(reader.into_faults()));
        }
        if root.child("arch").is_none() {
            reader.error(root, Class::Xml, "Missing CPU architecture");
            return Err(Faults(reader.into_faults()));
        }
        Self::read(root)
    }

    /// Reads a `<cpu>` node.
    ///
    /// # Errors
    /// All its faults.
    pub fn read(node: Node<'_>) -> Result<Self, Faults> {
        let mut reader = Reader::new(Form::INACTIVE, Judge::NONE);
        if node.name() != "cpu" {
            let message = "XML does not contain expected 'cpu' element";
            reader.error(node, Class::Xml, message);
            return Err(Faults(reader.into_faults()));
        }
        if node.child("arch").is_none() {
            let cpu = Cpu::read(node, &mut reader);
            return match cpu {
                Some(cpu) if !reader.has_errors() => Ok(Self::Guest(cpu)),
                _ => Err(Faults(reader.into_faults())),
            };
        }
        if node.attribute("match").is_some() {
            let message =
                "'arch' element cannot be used inside 'cpu' element with 'match' attribute'";
            reader.error(node, Class::Xml, message);
            return Err(Faults(reader.into_faults()));
        }
        let cpu = HostCpuDocument::read(node, &mut reader);
        if reader.has_errors() {
            return Err(Faults(reader.into_faults()));
        }
        Ok(Self::Host(cpu))
    }
}

impl HostCpuDocument {
    /// Reads a host's `<cpu>`, with `<arch>` or without.
    pub fn read(node: Node<'_>, reader: &mut Reader) -> Self {
        let word = |name: &str| {
            node.child(name).map(|child| child.text().into_owned()).filter(|text| !text.is_empty())
        };
        let mut features: Vec<String> = vec![];
        for feature in node.children().filter(|child| child.name() == "feature") {
            match feature.attribute("name").filter(|name| !name.is_empty()) {
                None => reader.error(feature, Class::Xml, "Invalid CPU feature name"),
                Some(name) if features.iter().any(|each| each == name) => {
                    let message = format!("CPU feature '{name}' specified more than once");
                    reader.error(feature, Class::Xml, message);
                }
                Some(name) => features.push(name.to_owned()),
            }
        }
        let number = |child: Option<Node<'_>>, name: &str| -> Option<u32> {
            child?.attribute(name)?.parse().ok()
        };
        let signature = node.child("signature");
        Self {
            arch: word("arch"),
            model: word("model"),
            vendor: word("vendor"),
            microcode: number(node.child("microcode"), "version"),
            signature: signature.map(|_| HostSignature {
                family: number(signature, "family").unwrap_or(0),
                model: number(signature, "model").unwrap_or(0),
                stepping: number(signature, "stepping").unwrap_or(0),
            }),
            tsc: node.child("counter").and_then(|counter| {
                Some(TscCounter {
                    frequency_hz: counter.attribute("frequency")?.parse().ok()?,
                    scaling: counter.attribute("scaling").map(|text| text == "yes"),
                })
            }),
            topology: node.child("topology").map(|topology| {
                ["sockets", "dies", "clusters", "cores", "threads"]
                    .map(|name| number(Some(topology), name).unwrap_or(1))
            }),
            max_phys_addr: number(node.child("maxphysaddr"), "bits")
                .map(|bits| HostPhysAddr { bits }),
            features,
            page_sizes_kib: node
                .children()
                .filter(|child| child.name() == "pages")
                .filter_map(|child| child.attribute("size")?.parse().ok())
                .collect(),
        }
    }

    /// Writes it.
    pub fn write(&self, out: &mut Writer) {
        out.element("cpu", |out| {
            for (name, word) in
                [("arch", &self.arch), ("model", &self.model), ("vendor", &self.vendor)]
            {
                if let Some(word) = word {
                    out.text(name, word);
                }
            }
            if let Some(version) = self.microcode {
                out.element("microcode", |out| out.attribute("version", version));
            }
            if let Some(signature) = self.signature {
                out.element("signature", |out| {
                    out.attribute("family", signature.family);
                    out.attribute("model", signature.model);
                    out.attribute("stepping", signature.stepping);
                });
            }
            if let Some(tsc) = self.tsc {
                out.element("counter", |out| {
                    out.attribute("name", "tsc");
                    out.attribute("frequency", tsc.frequency_hz);
                    out.optional("scaling", tsc.scaling.map(super::domain::yes_no));
                });
            }
            if let Some(counts) = self.topology {
                out.element("topology", |out| {
                    let names = ["sockets", "dies", "clusters", "cores", "threads"];
                    for (name, count) in names.into_iter().zip(counts) {
                        out.attribute(name, count);
                    }
                });
            }
            if let Some(width) = self.max_phys_addr {
                out.element("maxphysaddr", |out| {
                    out.attribute("mode", "emulate");
                    out.attribute("bits", width.bits);
                });
            }
            for feature in &self.features {
                out.element("feature", |out| out.attribute("name", feature));
            }
            for size in &self.page_sizes_kib {
                out.element("pages", |out| {
                    out.attribute("unit", "KiB");
                    out.attribute("size", size);
                });
            }
        });
    }

    /// As text, for tests and for clients that want a lone `<cpu>`.
    pub fn print(&self) -> String {
        let mut out = Writer::new(Form::INACTIVE);
        self.write(&mut out);
        out.finish()
    }
}

/// Every `<cpu>` in a text that may be any document: a lone CPU, capabilities, domain capabilities,
/// a domain, or several of these one after the other.
///
/// # Errors
/// All faults of the text.
pub fn find_cpus(text: &str) -> Result<Vec<AnyCpu>, Faults> {
    let without_declarations = strip_declarations(text);
    let wrapped = format!("<cpus>{without_declarations}</cpus>");
    let (document, faults) = Document::parse(&wrapped);
    let Some(document) = document else { return Err(Faults(faults)) };
    let mut found = vec![];
    let mut faults: Vec<Fault> = vec![];
    let mut note = |result: Result<AnyCpu, Faults>| match result {
        Ok(cpu) => found.push(cpu),
        Err(more) => faults.extend(more.0),
    };
    for root in document.root().children() {
        match root.name() {
            "cpu" => note(AnyCpu::read(root)),
            "capabilities" => {
                if let Some(cpu) = root.descendant(&["host", "cpu"]) {
                    note(AnyCpu::read(cpu));
                }
            }
            "domain" | "domstatus" => {
                if let Some(cpu) = root.child("cpu").or_else(|| root.descendant(&["domain", "cpu"]))
                {
                    note(AnyCpu::read(cpu));
                }
            }
            "domainCapabilities" => {
                let modes = root.descendant(&["cpu"]).into_iter().flat_map(|cpu| cpu.children());
                let host_model = modes.into_iter().find(|mode| {
                    mode.attribute("name") == Some("host-model")
                        && mode.attribute("supported") == Some("yes")
                });
                if let Some(mode) = host_model {
                    note(read_mode(mode));
                }
            }
            _ => {}
        }
    }
    if faults.is_empty() { Ok(found) } else { Err(Faults(faults)) }
}

/// The host-model block of domain capabilities is a CPU but for its element's name.
fn read_mode(mode: Node<'_>) -> Result<AnyCpu, Faults> {
    let mut reader = Reader::new(Form::INACTIVE, Judge::NONE);
    match Cpu::read(mode, &mut reader) {
        Some(cpu) if !reader.has_errors() => Ok(AnyCpu::Guest(cpu)),
        _ => Err(Faults(reader.into_faults())),
    }
}

fn strip_declarations(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::with_capacity(text.len());
    while let Some(start) = rest.find("<?xml") {
        kept.push_str(&rest[..start]);
        match rest[start..].find("?>") {
            Some(end) => rest = &rest[start + end + 2..],
            None => rest = "",
        }
    }
    kept.push_str(rest);
    kept
}
