//! The rows against libvirt's interface files, where their facts lie beside the
//! checkout (`STEAD_SHARED`, or `../shared`).

use std::path::PathBuf;

use serde_json::Value;

use crate::{Class, Direction, Entry, Layout, PROGRAMS, Priority, ReadOnly};

fn reference(name: &str) -> Option<Value> {
    let shared = std::env::var_os("STEAD_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let path = shared.join("reference/protocol").join(name);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: no {}", path.display());
        return None;
    };
    Some(serde_json::from_str(&text).expect("the reference is JSON"))
}

/// Whether our layout is the reference's type, field by field, with its maxima.
fn compare(place: &str, ours: &Layout, field: &Value, facts: &Value) {
    let kind = field["type"].as_str().unwrap();
    let max = || u32::try_from(field["max"].as_u64().unwrap()).unwrap();
    if field["list"] == true {
        return match (ours, kind) {
            (Layout::Opaque(ours), "opaque") | (Layout::Chars(ours), "char") => {
                assert_eq!(*ours, max(), "{place}");
            }
            (Layout::Text(ours), "string") => assert_eq!(*ours, max(), "{place}"),
            (Layout::List { max: ours, item }, _) => {
                assert_eq!(*ours, max(), "{place}");
                compare(place, item, &serde_json::json!({ "type": kind }), facts);
            }
            _ => panic!("{place}: {ours} is not a list of {kind}"),
        };
    }
    if let Some(count) = field["fixed"].as_u64() {
        let expected = match kind {
            "char" => Layout::CharArray(count.try_into().unwrap()),
            "opaque" => Layout::OpaqueArray(count.try_into().unwrap()),
            _ => panic!("{place}: a fixed {kind}"),
        };
        return assert_eq!(*ours, expected, "{place}");
    }
    let scalar = match kind {
        "int" => Some(Layout::Int),
        "uint" => Some(Layout::Uint),
        "hyper" => Some(Layout::Hyper),
        "uhyper" => Some(Layout::Uhyper),
        "double" => Some(Layout::Double),
        "char" | "uchar" => Some(Layout::Char),
        "short" | "ushort" => Some(Layout::Short),
        _ if facts["enums"].get(kind).is_some() => Some(Layout::Int),
        _ => None,
    };
    if let Some(scalar) = scalar {
        return assert_eq!(*ours, scalar, "{place}");
    }
    if let Some(alias) = facts["typedefs"].get(kind) {
        let mut target = alias.clone();
        let inner = if alias["optional"] == true {
            target["optional"] = false.into();
            let Layout::Optional(inner) = ours else { panic!("{place}: {ours} is not optional") };
            inner
        } else {
            ours
        };
        return compare(place, inner, &target, facts);
    }
    if let Some(union) = facts["unions"].get(kind) {
        let Layout::Union(arms) = ours else { panic!("{place}: {ours} is not a union") };
        let theirs = union["arms"].as_array().unwrap();
        assert_eq!(arms.len(), theirs.len(), "{place}");
        for ((value, arm), their) in arms.iter().zip(theirs) {
            assert_eq!(i64::from(*value), their["value"].as_i64().unwrap(), "{place}");
            compare(place, arm, their, facts);
        }
        return;
    }
    let fields = facts["structs"][kind]["fields"].as_array().unwrap_or_else(|| {
        panic!("{place}: the reference has no type {kind}");
    });
    // The discriminant of a union stands in the union itself.
    let Layout::Struct(ours) = ours else { panic!("{place}: {ours} is not {kind}") };
    assert_eq!(ours.len(), fields.len(), "{place}: fields of {kind}");
    for (our, their) in ours.iter().zip(fields) {
        let name = their["name"].as_str().unwrap();
        compare(&format!("{place}.{name}"), &our.layout, their, facts);
    }
}

fn body(entry: &Entry, row: &Value, keys: &[&str], ours: &Layout, facts: &Value) {
    match keys.iter().find_map(|key| row.get(*key)) {
        Some(kind) => compare(entry.name, ours, &serde_json::json!({ "type": kind }), facts),
        None => assert_eq!(*ours, Layout::Struct(&[]), "{}", entry.name),
    }
}

#[test]
fn rows_are_libvirts() {
    let Some(facts) = reference("protocol.json") else { return };
    let mut seen = 0;
    for row in facts["procedures"].as_array().unwrap() {
        let name = row["name"].as_str().unwrap();
        let program = PROGRAMS
            .iter()
            .find(|program| program.name == row["program"].as_str().unwrap())
            .unwrap();
        let number = row["number"].as_i64().unwrap().try_into().unwrap();
        let entry = program.entry(number).unwrap_or_else(|| panic!("{name} has no row"));
        seen += 1;

        let plain: String = name.split_once("_PROC_").unwrap().1.split('_').collect();
        assert!(entry.name.eq_ignore_ascii_case(&plain), "{name} is called {}", entry.name);
        let event = row["event"] == true || row["message_both_ways"] == true;
        assert_eq!(entry.class == Class::Event, event, "{name}");
        body(entry, row, &["args", "msg"], &entry.arguments, &facts);
        body(entry, row, &["ret"], &entry.reply, &facts);
        if entry.class == Class::Event {
            continue;
        }
        if let Some(priority) = row.get("priority") {
            assert_eq!(entry.priority == Priority::High, priority == "high", "{name}");
        }
        let acl: Vec<_> =
            row["acl"].as_array().into_iter().flatten().filter(|acl| *acl != "none").collect();
        assert_eq!(entry.acl, acl, "{name}");
        assert_eq!(entry.acl_filter, row["aclfilter"][0].as_str(), "{name}");
        let direction = match (row.get("readstream"), row.get("writestream")) {
            (Some(_), _) => Some(Direction::Receive),
            (_, Some(_)) => Some(Direction::Send),
            // Handled by hand in libvirt, so that its interface file has no mark.
            _ if entry.name == "DomainMigratePrepareTunnel3Params" => Some(Direction::Send),
            _ => None,
        };
        assert_eq!(entry.stream.map(|stream| stream.direction), direction, "{name}");
        let sparse = entry.stream.and_then(|stream| stream.sparse);
        assert_eq!(sparse.is_some(), row.get("sparseflag").is_some(), "{name}");
    }
    assert_eq!(seen, PROGRAMS.iter().map(|program| program.table.len()).sum::<usize>());
}

/// What libvirtd 11.3 refuses on a read-only connection besides what the reference
/// lists, measured on its socket.
const MEASURED: [&str; 6] = [
    "DomainDelThrottleGroup",
    "DomainGetGuestInfo",
    "DomainGetLaunchSecurityInfo",
    "DomainSetLaunchSecurityState",
    "DomainSetLifecycleAction",
    "DomainSetPerfEvents",
];

#[test]
fn read_only_is_libvirts() {
    let Some(facts) = reference("readonly.json") else { return };
    for program in &PROGRAMS {
        for entry in program.table.iter().filter(|entry| !entry.api.is_empty()) {
            let prefix = format!("{}_PROC_", program.name.to_uppercase());
            let rule =
                facts["denied_on_read_only"].as_object().unwrap().iter().find(|(name, _)| {
                    name.strip_prefix(&prefix)
                        .is_some_and(|name| name.replace('_', "").eq_ignore_ascii_case(entry.name))
                });
            let expected = match rule {
                None if MEASURED.contains(&entry.name) => "always",
                None => "never",
                // Denied for one source of addresses only: measured.
                Some(_) if entry.name == "DomainInterfaceAddresses" => "flags",
                Some((_, rule)) => rule.as_str().unwrap(),
            };
            let ours = match entry.read_only {
                ReadOnly::Allowed => "never",
                ReadOnly::Denied => "always",
                ReadOnly::DeniedForFlags { .. } => "flags",
            };
            assert_eq!(ours, expected, "{}", entry.name);
        }
    }
}

#[test]
fn error_numbers_are_libvirts() {
    let Some(facts) = reference("enums.json") else { return };
    let theirs = facts["enums"]["virErrorNumber"].as_object().unwrap();
    for (name, number) in theirs.iter().filter(|(_, number)| **number != 0) {
        let code = crate::ErrorCode(number.as_i64().unwrap().try_into().unwrap());
        let plain = name.trim_start_matches("VIR_ERR_").trim_start_matches("VIR_");
        assert_eq!(code.name(), Some(plain));
    }
    assert_eq!(crate::ErrorCode::all().count() + 1, theirs.len());
}
