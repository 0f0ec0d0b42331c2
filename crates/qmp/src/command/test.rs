use std::{collections::BTreeSet, fs, path::PathBuf};

use serde::de::DeserializeOwned;

use super::*;

/// All rows, table by table.
#[allow(unused_qualifications, reason = "the tables share a name")]
const TABLES: [&[&str]; 7] = [
    block::NAMES,
    chardev::NAMES,
    display::NAMES,
    guest::NAMES,
    machine::NAMES,
    monitor::NAMES,
    object::NAMES,
];

/// Answers recorded from a real QEMU, where they are at hand.
fn recorded(accelerator: &str, file: &str) -> Option<String> {
    let root = std::env::var_os("STEAD_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let path = root.join("conformance/qmp-10.0.2").join(accelerator).join(file);
    let text = fs::read_to_string(&path);
    if text.is_err() {
        println!("skipped: {} is not here", path.display());
    }
    text.ok()
}

#[track_caller]
fn reads<T: DeserializeOwned>(file: &str) -> Option<T> {
    let text = recorded("tcg", file)?;
    #[derive(serde::Deserialize)]
    struct Reply<T> {
        r#return: T,
    }
    let reply: Reply<T> =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
    Some(reply.r#return)
}

#[test]
fn no_command_stands_twice() {
    let names: Vec<_> = TABLES.concat();
    let unique: BTreeSet<_> = names.iter().collect();
    assert_eq!(unique.len(), names.len());
}

#[test]
fn qemu_knows_every_command() {
    let Some(known) = reads::<Vec<CommandName>>("query-commands.json") else { return };
    let known: BTreeSet<_> = known.iter().map(|command| command.name.as_str()).collect();
    // In QEMU 10.1 and later.
    let later = ["qom-list-get"];
    for name in TABLES.concat() {
        assert!(known.contains(name) || later.contains(&name), "{name}");
    }
}

#[test]
fn recorded_answers_are_read() {
    let Some(version) = reads::<crate::QemuVersion>("query-version.json") else { return };
    assert_eq!(version.qemu, crate::VersionTriple { major: 10, minor: 0, micro: 2 });
    let machines = reads::<Vec<MachineType>>("query-machines.json").unwrap();
    assert!(machines.iter().any(|machine| machine.alias.as_deref() == Some("q35")));
    let cpus = reads::<Vec<CpuDefinition>>("query-cpu-definitions.json").unwrap();
    assert!(cpus.iter().any(|cpu| cpu.name == "max" && cpu.unavailable_features.is_some()));
    assert!(!reads::<KvmPresence>("query-kvm.json").unwrap().enabled);
    assert_eq!(reads::<Target>("query-target.json").unwrap().arch, "x86_64");
}

#[test]
fn a_typeless_call_says_the_same() {
    let call = Call::of(&DeviceDel { id: "net0".into() });
    assert_eq!(call.to_text(), r#"{"execute":"device_del","arguments":{"id":"net0"}}"#);
    assert_eq!(Call::of(&Cont {}).to_text(), r#"{"execute":"cont"}"#);
    let mut properties = Properties::new();
    properties.insert("driver".into(), "e1000".into());
    let call = Call::of(&DeviceAdd(properties));
    assert_eq!(call.to_text(), r#"{"execute":"device_add","arguments":{"driver":"e1000"}}"#);
}

#[test]
fn names_on_the_wire_are_qemus() {
    let text = |value: &dyn erased::Text| value.text();
    assert_eq!(
        text(&QueryCpuModelExpansion { kind: ExpansionKind::Full, model: CpuModel::default() }),
        r#"{"type":"full","model":{"name":"max"}}"#
    );
    assert_eq!(
        text(&SendKey {
            keys: vec![Key::Number(30), Key::Qcode("ret".into())],
            hold_time: Some(9)
        }),
        r#"{"keys":[{"type":"number","data":30},{"type":"qcode","data":"ret"}],"hold-time":9}"#
    );
    assert_eq!(
        text(&HumanMonitorCommand { command_line: "info".into(), cpu_index: None }),
        r#"{"command-line":"info"}"#
    );
}

mod erased {
    /// JSON text of any command.
    pub(super) trait Text {
        fn text(&self) -> String;
    }

    impl<C: super::Command> Text for C {
        fn text(&self) -> String {
            serde_json::to_string(self).unwrap()
        }
    }
}
