//! A QEMU of which no record tells: what its command line says of its machine.

use std::ffi::OsString;
use std::sync::Arc;

use stead_config::Domain;
use stead_host::process::Found;

use crate::Uuid;
use crate::held::Held;
use crate::machine::State;
use crate::record::{self, Record};

/// A document of what can be told; never refuses.
pub(crate) fn domain(arguments: &[OsString], uuid: Uuid) -> Domain {
    let words: Vec<String> =
        arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let after = |option: &str| {
        words.iter().position(|word| word == option).and_then(|at| words.get(at + 1))
    };
    let part = |text: &str, key: &str| {
        text.split(',').find_map(|part| part.strip_prefix(key).map(str::to_owned))
    };
    let name = after("-name").and_then(|text| part(text, "guest="));
    let name = name.filter(|name| crate::change::check_name(name).is_ok() && !name.is_empty());
    let memory_kib = after("-m").and_then(|text| {
        let size = part(text, "size=").unwrap_or_else(|| text.clone());
        let (number, unit) = match size.strip_suffix('k') {
            Some(number) => (number, 1),
            None => (size.trim_end_matches('M'), 1024),
        };
        number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit))
    });
    let vcpus = after("-smp").and_then(|text| {
        let count =
            part(text, "maxcpus=").unwrap_or_else(|| text.split(',').next().unwrap_or("").into());
        count.parse::<u32>().ok()
    });
    let machine = after("-machine").and_then(|text| text.split(',').next()).unwrap_or("pc");
    let accelerator = match words.iter().any(|word| word.contains("kvm")) {
        true => "kvm",
        false => "qemu",
    };
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
    let text = format!(
        "<domain type='{accelerator}'><name>{}</name><uuid>{uuid}</uuid><memory>{}</memory><vcpu>{}</vcpu>\
         <os><type arch='{}' machine='{}'>hvm</type></os></domain>",
        escape(&name.unwrap_or_else(|| format!("found-{uuid}"))),
        memory_kib.unwrap_or(0),
        vcpus.unwrap_or(1).clamp(1, 65535),
        std::env::consts::ARCH,
        if plain(machine) { machine } else { "pc" },
    );
    Domain::parse(&text).unwrap_or_else(|_| fallback(uuid))
}

fn fallback(uuid: Uuid) -> Domain {
    let text = format!(
        "<domain type='qemu'><name>found-{uuid}</name><uuid>{uuid}</uuid><memory>1024</memory>\
         <os><type>hvm</type></os></domain>"
    );
    Domain::parse(&text).expect("the smallest document is one")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\'', "&apos;")
}

/// The record that such a machine gets.
pub(crate) fn record(
    name: &Arc<str>,
    id: i32,
    state: State,
    found: &Found,
    held: &[Held],
) -> Record {
    let binary = found.arguments.first().map(|word| word.to_string_lossy().into_owned());
    Record {
        version: record::VERSION,
        name: name.to_string(),
        id,
        state,
        process: Some(found.identity.clone()),
        held: held.to_vec(),
        owned: false,
        live: stead_qemu::refresh::Record { id, ..Default::default() },
        messages: vec![(
            2,
            "the record of this run was damaged: it is served by what QEMU says".into(),
        )],
        binary: binary.unwrap_or_default(),
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_command_line_tells_the_machine() {
        let line = "/usr/bin/qemu-system-x86_64 -name guest=one,debug-threads=on -machine pc-q35-10.0,usb=off \
                    -accel tcg -m size=65536k -smp 2,maxcpus=4,sockets=4";
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let domain = domain(&words, Uuid::from_u128(5));
        assert_eq!(domain.name, "one");
        assert_eq!(domain.memory.size.0, 65536);
        assert_eq!(domain.vcpu.count, 4);
        assert_eq!(domain.os.kind.machine.as_deref(), Some("pc-q35-10.0"));
    }

    #[test]
    fn any_command_line_tells_something() {
        for line in ["", "-name", "-name guest=a/b -m x -smp y -machine <&>", "-name guest=<&'"] {
            let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            assert!(!domain(&words, Uuid::from_u128(5)).name.is_empty());
        }
    }
}
