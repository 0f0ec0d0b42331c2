//! What a domain of one kind can be made of, out of recorded QEMU sessions.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::{Document, Node};
use serde_json::Value;
use stead_cpu::{Catalog, Dump, Key, Register};
use stead_facts::{Host, Kvm};
use stead_qemu::abilities::Accelerator;
use stead_qemu::capabilities::{Subject, Surroundings, domain};
use stead_qemu::settle::Firmware;

use super::guarded;
use crate::corpus::{Case, Corpus};
use crate::replies;
use crate::report::Outcome;

pub(super) fn run(corpus: &Corpus, outcomes: &mut Vec<Outcome>) -> Result<(), String> {
    for case in corpus.cases("domaincaps")? {
        let arch = case.conditions["arch"].as_str().unwrap_or_default().to_owned();
        let golden = corpus.read(case.golden("xml").ok_or("a case has no golden")?)?;
        let mut outcome = Outcome {
            family: "domaincaps".to_owned(),
            arch,
            case: case.name.clone(),
            check: "domain-capabilities".to_owned(),
            fair: false,
            strict: false,
            why: String::new(),
        };
        match guarded(|| make(corpus, &case)) {
            Err(reason) => outcome.why = reason,
            Ok(made) => {
                let difference = difference(&made, &golden)?;
                outcome.fair = difference.is_none();
                outcome.strict = made == golden;
                outcome.why =
                    difference.or_else(|| crate::compare::text(&made, &golden)).unwrap_or_default();
            }
        }
        outcomes.push(outcome);
    }
    Ok(())
}

fn make(corpus: &Corpus, case: &Case) -> Result<String, String> {
    let conditions = &case.conditions;
    let word = |name: &str| conditions[name].as_str();
    let path = case.input("replies").ok_or("the case has no replies")?;
    let binary = word("emulator").unwrap_or_default();
    let abilities = replies::abilities(corpus, path, binary)?;
    let accelerator = word("virt_type_requested")
        .and_then(Accelerator::of_domain_type)
        .ok_or("an unknown type of domain")?;
    let host = host(conditions);
    let host_cpus = abilities
        .with(accelerator)
        .map(|each| each.host_cpus(Catalog::builtin(), &host.cpuid))
        .unwrap_or_default();
    let firmware = firmware(corpus, word("firmware_descriptors").unwrap_or_default())?;
    let words = |name: &str| -> Vec<String> {
        let all = conditions[name].as_array();
        all.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let surroundings = Surroundings {
        firmware: &firmware,
        loaders: Some(words("loader_values_forced")),
        tpm_versions: words("swtpm_versions"),
        vfio: !words("hostdev_pci_backends_forced").is_empty(),
        rdp_server: true,
    };
    let subject = Subject {
        abilities: &abilities,
        accelerator,
        machine: word("machine_requested"),
        host_cpus: &host_cpus,
        disable_deprecated_features: false,
    };
    let made = domain(subject, &host, &surroundings).map_err(|refused| refused.to_string())?;
    Ok(made.print())
}

/// The mocked host: only its widths and SEV leaf matter where QEMU tells the CPU.
fn host(conditions: &Value) -> Host {
    let number = |value: &Value| value.as_u64().and_then(|value| u32::try_from(value).ok());
    let mut cpuid = Dump::default();
    if let Some(bits) = number(&conditions["phys_addr_bits"]) {
        cpuid.add(Key::Cpuid { leaf: 0x8000_0008, subleaf: 0 }, Register::Eax, bits);
    }
    let sev = &conditions["sev_cpuid_0x8000001f"];
    let leaf = Key::Cpuid { leaf: 0x8000_001f, subleaf: 0 };
    cpuid.add(leaf, Register::Ecx, number(&sev["ecx"]).unwrap_or(0));
    cpuid.add(leaf, Register::Edx, number(&sev["edx"]).unwrap_or(0));
    Host {
        arch: conditions["arch"].as_str().unwrap_or_default().to_owned(),
        cpuid,
        kvm: Some(Kvm { max_vcpus: i32::MAX as u32, ..Kvm::default() }),
        ..Host::default()
    }
}

/// The descriptors that libvirt's tests install, by file name; a user's folder hides the system's.
fn firmware(corpus: &Corpus, root: &str) -> Result<Vec<Firmware>, String> {
    let mut folders = vec![];
    for folder in
        ["usr/share/qemu/firmware", "etc/qemu/firmware", "home/user/.config/qemu/firmware"]
    {
        folders.push(corpus.folder(&format!("{root}/{folder}"))?);
    }
    Ok(Firmware::list(folders.iter().map(|folder| {
        folder.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect::<Vec<_>>()
    })))
}

/// The first fact in which two documents differ; the order of words and models is free.
fn difference(made: &str, golden: &str) -> Result<Option<String>, String> {
    let facts = |text: &str| -> Result<BTreeMap<String, BTreeSet<String>>, String> {
        let document = Document::parse(text).map_err(|error| error.to_string())?;
        let mut facts = BTreeMap::new();
        collect(document.root_element(), "", &mut facts);
        Ok(facts)
    };
    let (made, golden) = (facts(made)?, facts(golden)?);
    for path in golden.keys().chain(made.keys()) {
        let (left, right) = (made.get(path), golden.get(path));
        if left != right {
            let only = |these: Option<&BTreeSet<String>>, those: Option<&BTreeSet<String>>| {
                let these = these.cloned().unwrap_or_default();
                let those = those.cloned().unwrap_or_default();
                these.difference(&those).take(8).cloned().collect::<Vec<_>>().join(" ")
            };
            return Ok(Some(format!(
                "{path}: missing [{}], too much [{}]",
                only(right, left),
                only(left, right)
            )));
        }
    }
    Ok(None)
}

fn collect(node: Node<'_, '_>, path: &str, facts: &mut BTreeMap<String, BTreeSet<String>>) {
    let name = node.tag_name().name();
    let key = node.attribute("name").or(node.attribute("model")).filter(|_| name != "feature");
    let path = match key {
        Some(key) => format!("{path}/{name}[{key}]"),
        None => format!("{path}/{name}"),
    };
    let mut attributes: Vec<String> = node
        .attributes()
        .map(|attribute| format!("{}={}", attribute.name(), attribute.value()))
        .collect();
    attributes.sort();
    let text = node.text().unwrap_or_default().trim();
    facts.entry(path.clone()).or_default().insert(format!("{text}({})", attributes.join(",")));
    for child in node.children().filter(Node::is_element) {
        collect(child, &path, facts);
    }
}
