//! Our tables say what libvirt's map says, wherever that is at hand.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use stead_cpu::{Catalog, Decode, Key, Register};

fn map() -> Option<Value> {
    let path = testkit::shared("reference")?.join("cpu-map.json");
    let text = std::fs::read_to_string(path).expect("the map can be read");
    Some(serde_json::from_str(&text).expect("the map is JSON"))
}

fn number(value: &Value) -> u32 {
    let text = value.as_str().unwrap_or("0x0");
    u32::from_str_radix(text.trim_start_matches("0x"), 16).expect("the map has hexadecimal numbers")
}

fn names(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[test]
fn every_feature_is_libvirts() {
    let Some(map) = map() else { return };
    let catalog = Catalog::builtin();
    let theirs = map["features"].as_array().unwrap();
    assert_eq!(catalog.features().len(), theirs.len());
    for (feature, theirs) in catalog.features().iter().zip(theirs) {
        assert_eq!(feature.name, theirs["name"].as_str().unwrap(), "the order is part of it");
        assert_eq!(feature.migratable, theirs["migratable"] != Value::Bool(false));
        let mut expected = BTreeSet::new();
        for bits in theirs["bits"].as_array().unwrap() {
            let key = match bits.get("msr") {
                Some(index) => Key::Msr(number(index)),
                None => {
                    Key::Cpuid { leaf: number(&bits["leaf"]), subleaf: number(&bits["subleaf"]) }
                }
            };
            let register = match bits["register"].as_str().unwrap() {
                "eax" => Register::Eax,
                "ebx" => Register::Ebx,
                "ecx" => Register::Ecx,
                _ => Register::Edx,
            };
            let mask = number(&bits["mask"]);
            for bit in (0..32).filter(|bit| mask & (1 << bit) != 0) {
                expected.insert((key, register, bit));
            }
        }
        let places: BTreeSet<_> =
            feature.places.iter().map(|place| (place.key, place.register, place.bit)).collect();
        assert_eq!(places, expected, "{}", feature.name);
        let aliases: BTreeSet<&str> = theirs["aliases"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|alias| alias["name"].as_str())
            .collect();
        let ours: BTreeSet<&str> =
            feature.qemu.iter().chain(&feature.linux).map(String::as_str).collect();
        assert_eq!(ours, aliases, "{}", feature.name);
    }
}

#[test]
fn every_model_expands_to_libvirts() {
    let Some(map) = map() else { return };
    let catalog = Catalog::builtin();
    let theirs = map["models"].as_array().unwrap();
    assert_eq!(catalog.models().len(), theirs.len());
    let by_name: BTreeMap<&str, &Value> =
        theirs.iter().map(|model| (model["name"].as_str().unwrap(), model)).collect();
    for (model, own) in catalog.models().iter().zip(theirs) {
        let name = own["name"].as_str().unwrap();
        assert_eq!(model.name, name, "the order is part of it");
        // A versioned name has everything but the way it is decoded from its base.
        let base = match own["ancestor"].as_str() {
            Some(ancestor) => by_name[ancestor],
            None => own,
        };
        let features: BTreeSet<&str> = names(&base["features"]).into_iter().collect();
        let ours: BTreeSet<&str> = catalog.names(&model.bits).into_iter().collect();
        assert_eq!(ours, features, "{name}");
        assert_eq!(model.vendor.map(|id| catalog.vendor_name(id)), base["vendor"].as_str());
        let decode = match (&own["decode"]["host"], &own["decode"]["guest"]) {
            (Value::Bool(true), Value::Bool(true)) => Decode::HostAndGuest,
            (Value::Bool(true), _) => Decode::Host,
            (_, Value::Bool(true)) => Decode::Guest,
            _ => Decode::Never,
        };
        assert_eq!(model.decode, decode, "{name}");
        assert_eq!(model.compat, own["check_partial"] == "compat", "{name}");
        let named = |ids: &[stead_cpu::FeatureId]| -> Vec<&str> {
            ids.iter().map(|id| catalog.feature_by_id(*id).unwrap().name.as_str()).collect()
        };
        assert_eq!(named(&model.added), names(&own["added"]), "{name}");
        assert_eq!(named(&model.removed), names(&own["removed"]), "{name}");
        let signatures = base["signatures"].as_array().cloned().unwrap_or_default();
        assert_eq!(model.signatures.len(), signatures.len(), "{name}");
        for (ours, theirs) in model.signatures.iter().zip(&signatures) {
            assert_eq!(Value::from(ours.family), theirs["family"], "{name}");
            assert_eq!(Value::from(ours.model), theirs["model"], "{name}");
            let ranges = theirs["stepping"].as_str().unwrap_or("");
            let mut mask = 0_u16;
            for range in ranges.split(',').filter(|range| !range.is_empty()) {
                let (first, last) = range.split_once('-').unwrap_or((range, range));
                for stepping in first.parse::<u16>().unwrap()..=last.parse().unwrap() {
                    mask |= 1 << stepping;
                }
            }
            assert_eq!(ours.steppings, mask, "{name}");
        }
    }
    for own in theirs {
        if let Some(ancestor) = own["ancestor"].as_str() {
            assert!(catalog.model(ancestor).unwrap().canonical.is_some(), "{ancestor}");
        }
    }
}
