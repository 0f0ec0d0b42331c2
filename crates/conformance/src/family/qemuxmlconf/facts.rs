//! The mocked host of the family: abilities from recorded answers, fixed descriptors and clock.

use std::collections::BTreeMap;

use serde_json::Value;
use stead_config::Domain;
use stead_cpu::{Catalog, Definition, Dump, Identity, Listed, Policy};
use stead_qemu::Origin;
use stead_qemu::abilities::{Abilities, HostCpus, NEVER_PASSED};
use stead_qemu::needs::{Grants, Need, PortKind, Role, Uplink};
use stead_qemu::settle::{Age, Firmware, Seed, Settings};

use crate::corpus::{Case, Corpus};
use crate::replies;

/// What cases share.
pub(super) struct Facts<'a> {
    corpus: &'a Corpus,
    hosts: BTreeMap<String, Host>,
    firmware: Vec<Firmware>,
    mocks: Value,
}

/// The host of a case.
pub(super) struct Host {
    pub(super) abilities: Abilities,
    pub(super) settings: Settings,
    pub(super) firmware: Vec<Firmware>,
    pub(super) facts: stead_facts::Host,
    /// The host's CPU where libvirt's mock hands it out undecoded.
    pub(super) host_cpus: Option<HostCpus>,
}

/// Folders of firmware descriptors, the least important first, and the files in them.
const FIRMWARE: &[(&str, &[&str])] = &[
    (
        "_support/qemufirmware/usr/share/qemu/firmware",
        &[
            "30-edk2-ovmf-4m-qcow2-x64-sb-enrolled.json",
            "31-edk2-ovmf-2m-raw-x64-sb-enrolled.json",
            "40-edk2-ovmf-4m-qcow2-x64-sb.json",
            "41-edk2-ovmf-2m-raw-x64-sb.json",
            "50-edk2-aarch64-qcow2.json",
            "50-edk2-loongarch64.json",
            "50-edk2-ovmf-4m-qcow2-x64-nosb.json",
            "50-edk2-ovmf-x64-microvm.json",
            "50-edk2-riscv-qcow2.json",
            "51-edk2-aarch64-raw.json",
            "51-edk2-ovmf-2m-raw-x64-nosb.json",
            "52-edk2-aarch64-verbose-qcow2.json",
            "53-edk2-aarch64-verbose-raw.json",
            "60-edk2-ovmf-x64-amdsev.json",
            "60-edk2-ovmf-x64-inteltdx.json",
            "90-combined.json",
            "91-bios.json",
            "92-masked.json",
            "93-invalid.json",
        ],
    ),
    (
        "_support/qemufirmware/etc/qemu/firmware",
        &["20-bios.json", "59-combined.json", "92-masked.json"],
    ),
    ("_support/qemufirmware/home/user/.config/qemu/firmware", &["10-bios.json"]),
];

impl<'a> Facts<'a> {
    pub(super) fn new(corpus: &'a Corpus) -> Result<Self, String> {
        let folders: Vec<Vec<(&str, String)>> = FIRMWARE
            .iter()
            .map(|(folder, files)| {
                files
                    .iter()
                    .map(|file| {
                        let text = corpus.read(&format!("{folder}/{file}")).unwrap_or_default();
                        (*file, text)
                    })
                    .collect()
            })
            .collect();
        let firmware = Firmware::list(
            folders.iter().map(|folder| folder.iter().map(|(name, text)| (*name, text.as_str()))),
        );
        let mocks = corpus.json("_support/mock-facts.json")?;
        Ok(Self { corpus, hosts: BTreeMap::new(), firmware, mocks })
    }

    /// The host that a case runs on.
    pub(super) fn host(&mut self, case: &Case) -> Result<&Host, String> {
        let caps = case.conditions.get("qemu_caps").ok_or("no qemu_caps")?;
        let replies = caps.get("replies").and_then(Value::as_str).ok_or("no replies")?;
        let stripped = caps.get("machine_aliases_stripped") == Some(&Value::Bool(true));
        let new = case
            .conditions
            .get("parse_flags")
            .and_then(Value::as_array)
            .is_some_and(|flags| flags.iter().any(|flag| flag == "abi-update"));
        let without: Vec<&str> = case
            .conditions
            .get("caps_del")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let cpu = case.conditions.get("host_cpu").and_then(Value::as_str).unwrap_or("core2duo");
        let refreshed = case.conditions.get("host_cpu_override_refreshes_host_model")
            == Some(&Value::Bool(true));
        let key = format!("{replies} {stripped} {new} {without:?} {cpu} {refreshed}");
        if !self.hosts.contains_key(&key) {
            let mut host = self.load(replies, stripped, new)?;
            // libvirt names these capabilities as QEMU names the devices.
            host.abilities.types.retain(|name| !without.contains(&name.as_str()));
            host.facts.cpuid = self.native(cpu);
            if refreshed {
                host.host_cpus = Some(self.named(cpu));
            }
            self.hosts.insert(key.clone(), host);
        }
        self.hosts.get(&key).ok_or_else(|| "no host".to_owned())
    }

    /// A mocked host's CPU as libvirt's mock names it: QEMU is not asked and nothing is decoded.
    fn named(&self, name: &str) -> HostCpus {
        let mock = &self.mocks["host_cpus"][name];
        let extra = mock["extra_features"].as_array().into_iter().flatten();
        let reported = Definition {
            model: mock["model"].as_str().map(str::to_owned),
            vendor: mock["vendor"].as_str().map(str::to_owned),
            features: extra
                .filter_map(Value::as_str)
                .filter(|name| !NEVER_PASSED.contains(name))
                .map(|name| Listed { name: name.to_owned(), policy: Policy::Require })
                .collect(),
            ..Definition::default()
        };
        let mut migratable = reported.clone();
        migratable.features.retain(|listed| {
            Catalog::builtin().feature(&listed.name).is_none_or(|feature| feature.migratable)
        });
        HostCpus {
            full: Some(reported.clone()),
            reported: Some(reported),
            migratable: Some(migratable),
        }
    }

    /// What CPUID answers on a mocked host.
    fn native(&self, name: &str) -> Dump {
        let catalog = Catalog::builtin();
        let mock = &self.mocks["host_cpus"][name];
        let extra = mock["extra_features"].as_array().into_iter().flatten();
        let mut bits = catalog.sum(extra.filter_map(Value::as_str));
        let model = catalog.model(mock["model"].as_str().unwrap_or_default());
        if let Some(model) = model {
            bits.insert(&model.bits);
        }
        let mut dump = catalog.dump(&bits);
        // TSX of the other Haswells is broken, and libvirt takes it away.
        let sound = model.and_then(|it| it.signatures.iter().find(|each| each.model == 63));
        if let Some(signature) = sound.or_else(|| model.and_then(|it| it.signatures.first())) {
            dump.set_identity(Identity {
                family: signature.family.into(),
                model: signature.model.into(),
                stepping: 4,
            });
        }
        if mock["vendor"] == "Intel" {
            let word = |text: &[u8; 4]| u32::from_le_bytes(*text);
            dump.cpuid.insert((0, 0), [0xd, word(b"Genu"), word(b"ntel"), word(b"ineI")]);
        }
        dump
    }

    fn load(&self, replies: &str, stripped: bool, new: bool) -> Result<Host, String> {
        let binary = "/usr/bin/qemu-system-x86_64";
        let mut abilities = replies::abilities(self.corpus, replies, binary)?;
        if stripped {
            for acceleration in &mut abilities.accelerations {
                let mut aliases = Vec::new();
                for machine in &mut acceleration.machines {
                    if let Some(alias) = machine.alias.take() {
                        let mut named = machine.clone();
                        named.name = alias;
                        machine.is_default = false;
                        aliases.push(named);
                    }
                }
                acceleration.machines.extend(aliases);
            }
        }
        Ok(Host {
            abilities,
            settings: settings(new),
            firmware: self.firmware.clone(),
            host_cpus: None,
            facts: stead_facts::Host { arch: "x86_64".to_owned(), ..Default::default() },
        })
    }
}

fn settings(new: bool) -> Settings {
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    Settings {
        lib: "/var/lib/libvirt/qemu".to_owned(),
        channels: "/var/run/libvirt/qemu/channel".to_owned(),
        variables: "/var/lib/libvirt/qemu/nvram".to_owned(),
        vnc_listen: "127.0.0.1".to_owned(),
        spice_listen: "127.0.0.1".to_owned(),
        ports: (5900, 65535),
        websocket_ports: (5700, 65535),
        environment: vec![
            pair("LC_ALL", "C"),
            pair("PATH", "/bin"),
            pair("USER", "test"),
            pair("LOGNAME", "test"),
        ],
        emulators: vec![pair("x86_64", "/usr/bin/qemu-system-x86_64")],
        age: if new { Age::New } else { Age::Kept },
        privileged: true,
    }
}

/// How the memory of a case's machine comes to be.
pub(super) fn origin(case: &Case) -> Origin {
    let descriptor = case.conditions.pointer("/migrate_from/fd").and_then(Value::as_i64);
    match descriptor.and_then(|number| i32::try_from(number).ok()) {
        Some(descriptor) => Origin::Restore { descriptor },
        None => Origin::Cold,
    }
}

impl Host {
    /// Random data of the case.
    pub(super) fn seed(&self) -> Seed {
        Seed::Counting
    }

    /// What is known before anything is acquired.
    pub(super) fn unfilled(&self, domain: &Domain) -> Grants {
        let name: String = domain.name.chars().take(20).collect();
        let folder = format!("{}/domain--1-{name}", self.settings.lib);
        Grants {
            id: Some(-1),
            master_key: Some(format!("{folder}/master-key.aes")),
            folder,
            vsock_cid: Some(42),
            optical_drives: vec!["/dev/cdrom".to_owned()],
            now_seconds: 1_234_567_890,
            zone_seconds: -1800,
            ..Grants::default()
        }
    }

    /// Grants every need with the mocked host's fixed numbers.
    pub(super) fn grants(&self, needs: &[Need], mut grants: Grants) -> Grants {
        for need in needs {
            let bridged =
                matches!(need, Need::Tap { uplink: Uplink::Bridge(_) | Uplink::Network(_), .. });
            for role in need.roles() {
                let number = match &role {
                    Role::Monitor | Role::Socket { .. } => 1729,
                    Role::File { .. } => 1750,
                    Role::Log { .. } => 1751,
                    Role::VhostVsock => 6789,
                    // The mocked QEMU opens it itself.
                    Role::Kvm => continue,
                    Role::VhostNet { queue, .. } => 44 + *queue as i32,
                    Role::Tap { queue, .. } if bridged => 102 + *queue as i32,
                    Role::Tap { queue, .. } => 3 + *queue as i32,
                };
                grants.descriptors.push((role, number));
            }
            if let Need::Tap { alias, uplink, .. } = need {
                grants.taps.insert(alias.clone(), "vnet0".to_owned());
                if let Uplink::Network(network) = uplink {
                    grants.bridges.insert(alias.clone(), network.clone());
                }
            }
            if let Need::Port { graphics, kind, fixed, .. } = need {
                let free = match kind {
                    PortKind::Plain => 5900,
                    PortKind::Tls => 5902,
                    PortKind::WebSocket => 5700,
                };
                grants.ports.push((*graphics, *kind, fixed.unwrap_or(free)));
            }
        }
        grants
    }
}
