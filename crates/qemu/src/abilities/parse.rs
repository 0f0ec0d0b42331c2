//! What to ask a binary, and what its answers mean.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};
use stead_cpu::Catalog;
use thiserror::Error;

use super::{
    Abilities, Acceleration, Accelerator, CpuModel, HostCpu, MachineType, PropertyValue, Schema,
    Sev, Sgx, Usable, Version, spelling,
};

/// Devices whose properties are looked at (`device-list-properties`).
pub const DEVICES: &[&str] = &[
    "ICH9-LPC",
    "PIIX4_PM",
    "VGA",
    "ide-hd",
    "intel-iommu",
    "kvm-pit",
    "mch",
    "nvdimm",
    "pcie-root-port",
    "qxl",
    "scsi-hd",
    "usb-host",
    "usb-redir",
    "usb-storage",
    "vfio-pci",
    "vhost-user-fs-device",
    "virtio-balloon-pci",
    "virtio-blk-pci",
    "virtio-gpu-device",
    "virtio-gpu-pci",
    "virtio-iommu-pci",
    "virtio-mem-pci",
    "virtio-net-pci",
    "virtio-scsi-pci",
    "vmware-svga",
];

/// Other types whose properties are looked at (`qom-list-properties`).
pub const OBJECTS: &[&str] = &[
    "generic-pc-machine",
    "max-x86_64-cpu",
    "memory-backend-file",
    "memory-backend-memfd",
    "none-machine",
];

/// One of the two runs of a binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Session {
    /// What depends on the accelerator, which is given.
    Accelerated(Accelerator),
    /// What does not.
    Common,
}

/// A command to send.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Name of the command.
    pub execute: &'static str,
    /// `arguments`; null for none.
    pub arguments: Value,
}

impl Question {
    fn plain(execute: &'static str) -> Self {
        Self { execute, arguments: Value::Null }
    }

    fn with(execute: &'static str, arguments: Value) -> Self {
        Self { execute, arguments }
    }

    /// Under which its answer is kept: the same for the same command and arguments.
    pub fn key(&self) -> String {
        key(self.execute, &self.arguments)
    }
}

fn key(execute: &str, arguments: &Value) -> String {
    if arguments.is_null() {
        execute.to_owned()
    } else {
        format!("{execute} {}", sorted(arguments))
    }
}

/// Objects keep the order in which they were written, so members are sorted to compare.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<_, _> = members.iter().collect();
            members.into_iter().map(|(name, value)| (name.clone(), sorted(value))).collect()
        }
        other => other.clone(),
    }
}

/// What a monitor answered, by question.
#[derive(Clone, Debug, Default)]
pub struct Answers(BTreeMap<String, Value>);

impl Answers {
    /// Keeps the `return` of an answer; errors need not be kept.
    pub fn insert(&mut self, execute: &str, arguments: &Value, result: Value) {
        self.0.insert(key(execute, arguments), result);
    }

    fn get(&self, question: &Question) -> Option<&Value> {
        self.0.get(&question.key())
    }

    fn plain(&self, execute: &'static str) -> Option<&Value> {
        self.0.get(execute)
    }
}

/// Why answers make no abilities.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseError {
    /// A command that every QEMU has was not answered.
    #[error("QEMU did not answer {0}")]
    NoAnswer(&'static str),
    /// An answer is not of the form it should have.
    #[error("QEMU's answer to {command} is not understood: {cause}")]
    NotUnderstood {
        /// The command.
        command: &'static str,
        /// What is wrong.
        cause: String,
    },
    /// Older than what stead supports.
    #[error("QEMU {0}.{1} is too old: at least 6.2 is needed")]
    TooOld(u32, u32),
}

/// What to ask in a session. All questions can be sent at once.
pub fn questions(session: Session) -> Vec<Question> {
    match session {
        Session::Common => {
            let mut all = vec![
                Question::plain("query-version"),
                Question::plain("query-target"),
                Question::plain("query-qmp-schema"),
                Question::plain("qom-list-types"),
                Question::plain("query-command-line-options"),
                Question::plain("query-tpm-models"),
                Question::plain("query-tpm-types"),
                Question::plain("query-migrate-capabilities"),
                Question::plain("query-sgx-capabilities"),
            ];
            all.extend(
                DEVICES.iter().map(|name| {
                    Question::with("device-list-properties", json!({ "typename": name }))
                }),
            );
            all.extend(
                OBJECTS
                    .iter()
                    .map(|name| Question::with("qom-list-properties", json!({ "typename": name }))),
            );
            all
        }
        Session::Accelerated(accelerator) => {
            let mut all = vec![
                Question::plain("query-kvm"),
                Question::plain("query-machines"),
                Question::plain("query-cpu-definitions"),
                expansion(accelerator),
                expansion_unmigratable(accelerator),
            ];
            all.push(hyperv(accelerator));
            if accelerator != Accelerator::Tcg {
                all.push(Question::plain("query-sev-capabilities"));
            }
            all
        }
    }
}

fn host_model(accelerator: Accelerator) -> &'static str {
    if accelerator == Accelerator::Tcg { "max" } else { "host" }
}

fn expand(kind: &str, model: Value) -> Question {
    Question::with("query-cpu-model-expansion", json!({ "type": kind, "model": model }))
}

fn expansion(accelerator: Accelerator) -> Question {
    expand("static", json!({ "name": host_model(accelerator) }))
}

fn expansion_unmigratable(accelerator: Accelerator) -> Question {
    let props = json!({ "migratable": false });
    expand("static", json!({ "name": host_model(accelerator), "props": props }))
}

fn hyperv(accelerator: Accelerator) -> Question {
    let props = json!({ "migratable": false, "hv-passthrough": true });
    expand("full", json!({ "name": host_model(accelerator), "props": props }))
}

/// Abilities out of the answers of the common session and of each accelerator that could start.
///
/// # Errors
/// Missing or malformed answers, a QEMU that is too old.
pub fn parse(
    binary: &str,
    common: &Answers,
    accelerated: &[(Accelerator, Answers)],
) -> Result<Abilities, ParseError> {
    let version = version(common)?;
    let target: Target = read(common, "query-target")?;
    let schema =
        common.plain("query-qmp-schema").ok_or(ParseError::NoAnswer("query-qmp-schema"))?;
    let types: Vec<Named> = read(common, "qom-list-types")?;
    let options: Vec<CommandLineOption> =
        read(common, "query-command-line-options").unwrap_or_default();
    let migration: Vec<MigrationCapability> =
        read(common, "query-migrate-capabilities").unwrap_or_default();
    let listed = |execute: &'static str, names: &[&str]| -> BTreeMap<String, BTreeSet<String>> {
        names
            .iter()
            .filter_map(|name| {
                let question = Question::with(execute, json!({ "typename": name }));
                let all: Vec<Named> = understood(execute, common.get(&question)?).ok()?;
                Some(((*name).to_owned(), all.into_iter().map(|each| each.name).collect()))
            })
            .collect()
    };
    let mut accelerations = vec![];
    for (accelerator, answers) in accelerated {
        accelerations.push(acceleration(*accelerator, answers)?);
    }
    accelerations.sort_by_key(|each: &Acceleration| each.accelerator);
    let objects = listed("qom-list-properties", OBJECTS);
    let tells_missing = objects
        .get("max-x86_64-cpu")
        .is_some_and(|properties| properties.contains("unavailable-features"));
    if !tells_missing {
        for host in accelerations.iter_mut().filter_map(|each| each.host.as_mut()) {
            host.forget_msrs(Catalog::builtin());
        }
    }
    Ok(Abilities {
        binary: binary.to_owned(),
        arch: libvirt_arch(&target.arch).to_owned(),
        version: version.number,
        package: version.package,
        kvm: accelerations.iter().any(|each| each.accelerator == Accelerator::Kvm),
        types: types.into_iter().map(|each| each.name).collect(),
        devices: listed("device-list-properties", DEVICES),
        objects,
        options: options
            .into_iter()
            .map(|option| {
                (option.option, option.parameters.into_iter().map(|each| each.name).collect())
            })
            .collect(),
        schema: Schema::new(schema).facts(),
        migration: migration.into_iter().map(|each| each.capability).collect(),
        tpm_models: read(common, "query-tpm-models").unwrap_or_default(),
        tpm_types: read(common, "query-tpm-types").unwrap_or_default(),
        sev: accelerated.iter().find_map(|(_, answers)| sev(answers)),
        sgx: sgx(common).or_else(|| accelerated.iter().find_map(|(_, answers)| sgx(answers))),
        accelerations,
    })
}

/// libvirt's name of an architecture that QEMU names.
fn libvirt_arch(qemu: &str) -> &str {
    match qemu {
        "arm" => "armv7l",
        "i386" => "i686",
        other => other,
    }
}

struct VersionOf {
    number: Version,
    package: String,
}

fn version(common: &Answers) -> Result<VersionOf, ParseError> {
    #[derive(Deserialize)]
    struct Reply {
        qemu: Version,
        #[serde(default)]
        package: String,
    }
    let reply: Reply = read(common, "query-version")?;
    if (reply.qemu.major, reply.qemu.minor) < (6, 2) {
        return Err(ParseError::TooOld(reply.qemu.major, reply.qemu.minor));
    }
    Ok(VersionOf { number: reply.qemu, package: reply.package })
}

fn acceleration(accelerator: Accelerator, answers: &Answers) -> Result<Acceleration, ParseError> {
    let machines: Vec<MachineReply> = read(answers, "query-machines")?;
    // Some targets have no CPU definitions and answer with an error.
    let cpus: Vec<CpuReply> = read(answers, "query-cpu-definitions").unwrap_or_default();
    let on = answers.get(&expansion(accelerator));
    let off = answers.get(&expansion_unmigratable(accelerator));
    let deprecated = on
        .and_then(|reply| reply.get("deprecated-props"))
        .and_then(Value::as_array)
        .map(|all| all.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    Ok(Acceleration {
        accelerator,
        machines: machines.into_iter().map(MachineType::from).collect(),
        cpus: cpus.into_iter().map(CpuModel::from).collect(),
        host: on.and_then(|on| HostCpu::of_expansions(on, off)),
        deprecated_features: deprecated,
        hyperv: answers.get(&hyperv(accelerator)).and_then(enlightenments),
        tried: vec![],
    })
}

fn enlightenments(reply: &Value) -> Option<BTreeMap<String, PropertyValue>> {
    let all = reply.get("model")?.get("props")?.as_object()?;
    let found =
        all.iter().filter(|(name, _)| name.starts_with("hv-")).filter_map(|(name, value)| {
            let value = match value {
                Value::Bool(flag) => PropertyValue::Flag(*flag),
                Value::Number(number) => PropertyValue::Number(number.as_i64()?),
                Value::String(text) => PropertyValue::Text(text.clone()),
                _ => return None,
            };
            Some((spelling::libvirt(name).to_owned(), value))
        });
    Some(found.collect())
}

#[derive(Deserialize)]
struct Target {
    arch: String,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct CommandLineOption {
    option: String,
    #[serde(default)]
    parameters: Vec<Named>,
}

#[derive(Deserialize)]
struct MigrationCapability {
    capability: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct MachineReply {
    name: String,
    alias: Option<String>,
    #[serde(default)]
    is_default: bool,
    cpu_max: u32,
    #[serde(default)]
    hotpluggable_cpus: bool,
    default_cpu_type: Option<String>,
    #[serde(default)]
    numa_mem_supported: bool,
    default_ram_id: Option<String>,
    #[serde(default)]
    deprecated: bool,
    acpi: Option<bool>,
}

impl From<MachineReply> for MachineType {
    fn from(reply: MachineReply) -> Self {
        Self {
            name: reply.name,
            alias: reply.alias,
            is_default: reply.is_default,
            max_cpus: reply.cpu_max,
            hotpluggable_cpus: reply.hotpluggable_cpus,
            default_cpu_type: reply.default_cpu_type,
            numa_mem: reply.numa_mem_supported,
            default_ram_id: reply.default_ram_id,
            deprecated: reply.deprecated,
            acpi: reply.acpi,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct CpuReply {
    name: String,
    #[serde(default)]
    typename: String,
    unavailable_features: Option<Vec<String>>,
    #[serde(default)]
    deprecated: bool,
}

impl From<CpuReply> for CpuModel {
    fn from(reply: CpuReply) -> Self {
        let (usable, blockers) = match reply.unavailable_features {
            None => (Usable::Unknown, vec![]),
            Some(names) if names.is_empty() => (Usable::Yes, vec![]),
            Some(names) => {
                (Usable::No, names.iter().map(|name| spelling::libvirt(name).to_owned()).collect())
            }
        };
        Self {
            name: reply.name,
            type_name: reply.typename,
            usable,
            blockers,
            deprecated: reply.deprecated,
        }
    }
}

fn sev(answers: &Answers) -> Option<Sev> {
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    struct Reply {
        cbitpos: u32,
        reduced_phys_bits: u32,
        #[serde(default)]
        pdh: String,
        #[serde(default)]
        cert_chain: String,
        cpu0_id: Option<String>,
    }
    let reply: Reply = read(answers, "query-sev-capabilities").ok()?;
    Some(Sev {
        cbitpos: reply.cbitpos,
        reduced_phys_bits: reply.reduced_phys_bits,
        pdh: reply.pdh,
        cert_chain: reply.cert_chain,
        cpu0_id: reply.cpu0_id,
    })
}

fn sgx(answers: &Answers) -> Option<Sgx> {
    #[derive(Deserialize)]
    struct Section {
        node: u32,
        size: u64,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    struct Reply {
        sgx: bool,
        #[serde(default)]
        flc: bool,
        #[serde(default)]
        sgx1: bool,
        #[serde(default)]
        sgx2: bool,
        #[serde(default)]
        sections: Vec<Section>,
        #[serde(default)]
        section_size: u64,
    }
    let reply: Reply = read(answers, "query-sgx-capabilities").ok()?;
    let section_size = if reply.section_size == 0 {
        reply.sections.iter().map(|each| each.size).fold(0, u64::saturating_add)
    } else {
        reply.section_size
    };
    reply.sgx.then(|| Sgx {
        flc: reply.flc,
        sgx1: reply.sgx1,
        sgx2: reply.sgx2,
        sections: reply.sections.iter().map(|each| (each.node, each.size)).collect(),
        section_size,
    })
}

fn read<T: for<'de> Deserialize<'de>>(
    answers: &Answers,
    command: &'static str,
) -> Result<T, ParseError> {
    understood(command, answers.plain(command).ok_or(ParseError::NoAnswer(command))?)
}

fn understood<T: for<'de> Deserialize<'de>>(
    command: &'static str,
    value: &Value,
) -> Result<T, ParseError> {
    T::deserialize(value)
        .map_err(|error| ParseError::NotUnderstood { command, cause: error.to_string() })
}
