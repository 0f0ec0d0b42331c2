//! libvirt's CPU cases: compare, update, translate, baseline, decode, live update.

use std::collections::BTreeMap;

use serde_json::Value;
use stead_config::capabilities::{AnyCpu, HostCpuDocument, HostSignature};
use stead_config::domain::cpu::Cpu;
use stead_cpu::{
    Baseline, Bits, Catalog, Choice, Definition, Dump, Fallback, Granted, Identity, Kind, Listed,
    Offer, Offers, Policy, Relation, Removed, Subject, baseline, compare, decode, expand,
    has_feature, translate, update, update_live,
};
use stead_qemu::abilities::{HostCpu, spelling};
use stead_qemu::cpu::{definition_of_any, into_document, print};

use super::guarded;
use crate::corpus::{Case, Corpus};
use crate::report::Outcome;

/// What a case gives.
enum Made {
    Cpu(Definition),
    /// Compared as features after expansion, extra disabled ones left aside.
    Expanded(Definition),
    Word(String),
}

pub(super) fn run(corpus: &Corpus, outcomes: &mut Vec<Outcome>) -> Result<(), String> {
    for case in corpus.cases("cpu")? {
        let arch = case.conditions["arch"].as_str().unwrap_or_default().to_owned();
        let made = guarded(|| {
            if arch != "x86_64" {
                return Err(format!("stead has no tables for {arch} yet"));
            }
            make(corpus, &case)
        });
        let mut outcome = Outcome {
            family: "cpu".to_owned(),
            arch: arch.clone(),
            case: case.name.clone(),
            check: case.operation.clone(),
            fair: false,
            strict: false,
            why: String::new(),
        };
        judge(corpus, &case, made, &mut outcome)?;
        if arch != "x86_64" {
            outcome.fair = false;
            outcome.strict = false;
        }
        outcomes.push(outcome);
    }
    Ok(())
}

fn make(corpus: &Corpus, case: &Case) -> Result<Made, String> {
    let catalog = Catalog::builtin();
    let file = |role: &str| {
        corpus.read(case.input(role).ok_or_else(|| format!("the case has no {role}"))?)
    };
    let cpu = |role: &str| read_cpu(&file(role)?);
    let host = || cpu("host");
    let text = |error: stead_cpu::Error| error.to_string();
    let flag = |name: &str| case.conditions[name].as_bool().unwrap_or(false);
    let replies = || match case.input("qmp_replies") {
        Some(_) => documents(&file("qmp_replies")?),
        None => Ok(vec![]),
    };
    Ok(match case.operation.as_str() {
        "cpu-compare" => {
            let verdict = compare(catalog, &host()?, &cpu("cpu")?).map_err(text)?;
            Made::Word(word(verdict.relation).to_owned())
        }
        "cpu-has-feature" => {
            let name = case.conditions["feature"].as_str().unwrap_or_default();
            let has = has_feature(catalog, &host()?, name).map_err(text)?;
            Made::Word(if has { "yes" } else { "no" }.to_owned())
        }
        "cpu-update-for-migration" => {
            let mut host = host()?;
            host.features.retain(|listed| {
                catalog.feature(&listed.name).is_none_or(|feature| feature.migratable)
            });
            Made::Cpu(update(catalog, &cpu("cpu")?, &host, Removed::Disable).map_err(text)?)
        }
        "cpu-guest-cpu" => {
            let (host, guest) = (host()?, cpu("cpu")?);
            let verdict = compare(catalog, &host, &guest).map_err(text)?;
            if verdict.relation == Relation::Incompatible {
                return Err(verdict.reason.unwrap_or_default());
            }
            let updated = update(catalog, &guest, &host, Removed::Disable).map_err(text)?;
            let offers = case.conditions["allowed_models"].as_array().map(|names| {
                names
                    .iter()
                    .filter_map(Value::as_str)
                    .map(|name| (name.to_owned(), Offer::default()))
                    .collect::<Offers>()
            });
            Made::Cpu(translate(catalog, &updated, offers.as_ref()).map_err(text)?)
        }
        "cpu-baseline" => {
            let cpus = read_cpus(&file("cpus")?)?;
            let limits = Baseline { migratable_only: flag("migratable"), ..Baseline::default() };
            let mut found = baseline(catalog, &cpus, limits).map_err(text)?;
            if flag("expand_features") {
                found = expand(catalog, &found).map_err(text)?;
            }
            for cpu in &cpus {
                let verdict = compare(catalog, cpu, &found).map_err(text)?;
                if verdict.relation == Relation::Incompatible {
                    return Err(format!("an input is not within it: {:?}", verdict.reason));
                }
            }
            Made::Cpu(found)
        }
        "cpuid-decode-host" => {
            let subject = Subject::of(catalog, &dump(&file("cpuid")?)?);
            let choice = Choice::default();
            let mut found = decode(catalog, &subject, Kind::Host, choice).map_err(text)?;
            found.arch = Some("x86_64".to_owned());
            Made::Cpu(found)
        }
        "cpuid-decode-guest" => {
            let subject = Subject::of(catalog, &dump(&file("cpuid")?)?);
            let uses = flag("models_from_query_cpu_definitions");
            let offers = if uses { offers(replies()?.get(1)) } else { None };
            Made::Cpu(guest(catalog, &subject, offers.as_ref())?)
        }
        "cpuid-signature" => {
            Made::Word(signature(dump(&file("cpuid")?)?.identity().unwrap_or_default()))
        }
        "qmp-expansion-to-host-model" => {
            let replies = replies()?;
            let subject = expansion(&replies)?.subject(catalog, flag("migratable"));
            Made::Cpu(guest(catalog, &subject, offers(replies.get(1)).as_ref())?)
        }
        "qmp-expansion-signature" => {
            let identity = expansion(&replies()?)?.identity();
            Made::Word(signature(identity.unwrap_or_default()))
        }
        "cpu-update-live" => {
            let mut guest = cpu("cpu")?;
            let golden = case.golden("cpu").ok_or("the case has no golden")?;
            let expected = read_cpu(&corpus.read(golden)?)?;
            if guest.model != expected.model {
                let name = expected.model.clone().unwrap_or_default();
                let offers = Offers::from([(name, Offer::default())]);
                guest.fallback = Fallback::Allow;
                guest = translate(catalog, &guest, Some(&offers)).unwrap_or(guest);
            }
            let bits =
                |role: &str| -> Result<Bits, String> { Ok(catalog.bits(&dump(&file(role)?)?)) };
            let granted = Granted { enabled: bits("enabled")?, disabled: bits("disabled")? };
            Made::Expanded(update_live(catalog, &guest, granted).map_err(text)?)
        }
        other => return Err(format!("{other} is not done")),
    })
}

fn guest(
    catalog: &Catalog,
    subject: &Subject,
    offers: Option<&Offers>,
) -> Result<Definition, String> {
    let choice = Choice { offers, ..Choice::default() };
    let mut found =
        decode(catalog, subject, Kind::Guest, choice).map_err(|error| error.to_string())?;
    found.fallback = Fallback::Forbid;
    Ok(found)
}

fn judge(
    corpus: &Corpus,
    case: &Case,
    made: Result<Made, String>,
    outcome: &mut Outcome,
) -> Result<(), String> {
    let expected = match (case.golden("cpu"), case.golden("sig"), case.result.as_str()) {
        (Some(path), ..) | (_, Some(path), _) => Some(corpus.read(path)?),
        (.., Some(word)) if case.expect == "success" => Some(word.to_owned()),
        _ => None,
    };
    match (made, expected) {
        (Err(reason), None) => {
            outcome.fair = !reason.starts_with("panicked") && case.expect == "failure";
            outcome.strict = outcome.fair;
            outcome.why = reason;
        }
        (Err(reason), Some(_)) => outcome.why = reason,
        (Ok(_), None) => outcome.why = "was answered, but must be refused".to_owned(),
        (Ok(Made::Word(word)), Some(golden)) => {
            outcome.fair = word == golden;
            outcome.strict = outcome.fair;
            if !outcome.fair {
                outcome.why = format!("expected {golden}\n made {word}");
            }
        }
        (Ok(Made::Cpu(made)), Some(golden)) => {
            let expected = read_cpu(&golden)?;
            let difference = difference(&made, &expected);
            let text = text_of(&made);
            outcome.fair = difference.is_none();
            outcome.strict = outcome.fair && same_text(&text, &golden);
            outcome.why = difference
                .or_else(|| crate::compare::text(&text, &golden))
                .filter(|_| !outcome.strict)
                .unwrap_or_default();
        }
        (Ok(Made::Expanded(made)), Some(golden)) => {
            outcome.why = expanded_difference(&made, &read_cpu(&golden)?)?.unwrap_or_default();
            outcome.fair = outcome.why.is_empty();
            outcome.strict = outcome.fair;
        }
    }
    Ok(())
}

/// Goldens differ from what is printed only in a topology that belongs to no computation.
fn same_text(made: &str, golden: &str) -> bool {
    let keep = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.contains("<topology")).map(str::to_owned).collect()
    };
    keep(made) == keep(golden)
}

fn text_of(cpu: &Definition) -> String {
    match cpu.kind {
        Kind::Guest => print(&into_document(cpu, &Cpu::default())),
        Kind::Host => HostCpuDocument {
            arch: cpu.arch.clone(),
            model: cpu.model.clone(),
            vendor: cpu.vendor.clone(),
            signature: cpu.identity.map(|Identity { family, model, stepping }| HostSignature {
                family,
                model,
                stepping,
            }),
            features: cpu.features.iter().map(|listed| listed.name.clone()).collect(),
            ..HostCpuDocument::default()
        }
        .print(),
    }
}

fn policies(features: &[Listed]) -> BTreeMap<&str, Policy> {
    features.iter().map(|listed| (listed.name.as_str(), listed.policy)).collect()
}

fn difference(made: &Definition, expected: &Definition) -> Option<String> {
    let plain = |cpu: &Definition| {
        format!("{:?} of {:?}, fallback {:?}", cpu.model, cpu.vendor, cpu.fallback)
    };
    if plain(made) != plain(expected) {
        return Some(format!("expected {}\n made {}", plain(expected), plain(made)));
    }
    let (made, expected) = (policies(&made.features), policies(&expected.features));
    let names: std::collections::BTreeSet<_> = made.keys().chain(expected.keys()).collect();
    let wrong: Vec<String> = names
        .into_iter()
        .filter(|name| made.get(*name) != expected.get(*name))
        .map(|name| format!("{name}: {:?} not {:?}", made.get(name), expected.get(name)))
        .collect();
    (!wrong.is_empty()).then(|| wrong.join("; "))
}

fn expanded_difference(made: &Definition, expected: &Definition) -> Result<Option<String>, String> {
    let catalog = Catalog::builtin();
    let whole = |cpu| expand(catalog, cpu).map_err(|error| error.to_string());
    let (made, expected) = (whole(made)?, whole(expected)?);
    let mut left = made.clone();
    left.features.retain(|listed| {
        listed.policy != Policy::Disable || expected.policy(&listed.name).is_some()
    });
    left.fallback = expected.fallback;
    left.vendor.clone_from(&expected.vendor);
    let mut right = expected;
    right.model.clone_from(&left.model);
    Ok(difference(&left, &right))
}

fn read_cpu(text: &str) -> Result<Definition, String> {
    AnyCpu::parse(text).map(|cpu| definition_of_any(&cpu)).map_err(|faults| faults.to_string())
}

fn read_cpus(text: &str) -> Result<Vec<Definition>, String> {
    let document = roxmltree::Document::parse(text).map_err(|error| error.to_string())?;
    document
        .root_element()
        .children()
        .filter(|node| node.has_tag_name("cpu"))
        .map(|node| {
            // libvirt reads these as hosts' CPUs whether they name an architecture or not.
            let mut cpu = read_cpu(&text[node.range()])?;
            cpu.kind = Kind::Host;
            Ok(cpu)
        })
        .collect()
}

fn word(relation: Relation) -> &'static str {
    match relation {
        Relation::Incompatible => "incompatible",
        Relation::Identical => "identical",
        Relation::Superset => "superset",
    }
}

/// The form of `.sig` files.
fn signature(identity: Identity) -> String {
    let Identity { family, model, stepping } = identity;
    format!(
        "{:06x}\nfamily:    {family:>2} ({family:#04x})\nmodel:    {model:>3} ({model:#04x})\nstepping:  {stepping:>2} ({stepping:#04x})\n",
        identity.to_eax(),
    )
}

/// JSON documents one after the other.
fn documents(text: &str) -> Result<Vec<Value>, String> {
    serde_json::Deserializer::from_str(text)
        .into_iter()
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())
}

fn expansion(replies: &[Value]) -> Result<HostCpu, String> {
    replies
        .first()
        .and_then(|reply| HostCpu::of_expansions(&reply["return"], None))
        .ok_or_else(|| "no expansion".to_owned())
}

fn offers(reply: Option<&Value>) -> Option<Offers> {
    let all = reply?.get("return")?.as_array()?;
    Some(
        all.iter()
            .filter_map(|model| {
                let blockers = model.get("unavailable-features").and_then(Value::as_array);
                let blockers = blockers
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .map(|name| spelling::libvirt(name).to_owned())
                    .collect();
                Some((model.get("name")?.as_str()?.to_owned(), Offer { blockers }))
            })
            .collect(),
    )
}

/// libvirt's `cpudata`.
fn dump(text: &str) -> Result<Dump, String> {
    let document = roxmltree::Document::parse(text).map_err(|error| error.to_string())?;
    let mut dump = Dump::default();
    for node in document.root_element().children().filter(roxmltree::Node::is_element) {
        let number = |name: &str| -> Result<u32, String> {
            match node.attribute(name) {
                None => Ok(0),
                Some(text) => u32::from_str_radix(text.trim_start_matches("0x"), 16)
                    .map_err(|_| format!("{name}='{text}' is not a number")),
            }
        };
        if node.has_tag_name("cpuid") {
            let registers = [number("eax")?, number("ebx")?, number("ecx")?, number("edx")?];
            dump.cpuid.insert((number("eax_in")?, number("ecx_in")?), registers);
        } else if node.has_tag_name("msr") {
            let value = u64::from(number("edx")?) << 32 | u64::from(number("eax")?);
            dump.msrs.insert(number("index")?, value);
        }
    }
    Ok(dump)
}
