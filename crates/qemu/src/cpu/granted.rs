//! What QEMU says it enabled, asked before the vCPUs run.
//!
//! `feature-words` tells every CPUID bit in one reply, `unavailable-features` what was asked for and
//! is missing. Features in MSRs are in neither: where the CPUID bit that announces such an MSR is
//! on, its features are asked one by one.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use stead_config::domain::cpu::Cpu;
use stead_cpu::{
    Bits, Catalog, Check, Definition, Dump, Granted, Key, Mode, Policy, Register, update_live,
};

use super::{Refusal, convert};
use crate::abilities::{Question, announcing, spelling};

/// Where QEMU keeps its first vCPU.
const FIRST: &str = "/machine/unattached/device[0]";

const WORDS: &str = "feature-words";
const UNAVAILABLE: &str = "unavailable-features";

/// Answers to [`calls`] and [`more_calls`], by [`Inquiry::key`]. Calls that failed have
/// no answer.
pub type Answers = BTreeMap<String, Value>;

/// A question about a running guest's CPU.
#[derive(Clone, Debug, PartialEq)]
pub struct Inquiry {
    /// Under which the answer is kept.
    pub key: String,
    /// What to send.
    pub question: Question,
}

/// The CPU of a running guest.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// For the live document.
    pub cpu: Cpu,
    /// What QEMU enabled, as libvirt names it, in map order.
    pub granted: Vec<String>,
    /// What was asked for and is missing.
    pub missing: Vec<String>,
    /// What people should know.
    pub messages: Vec<String>,
}

/// What to ask of every machine.
pub fn calls() -> Vec<Inquiry> {
    [WORDS, UNAVAILABLE].into_iter().map(|property| ask(property, property)).collect()
}

fn ask(property: &str, key: &str) -> Inquiry {
    let arguments = json!({ "path": FIRST, "property": property });
    Inquiry { key: key.to_owned(), question: Question { execute: "qom-get", arguments } }
}

/// What is left to ask once [`calls`] are answered: the features in MSRs that this CPU has.
pub fn more_calls(catalog: &Catalog, answers: &Answers) -> Vec<Inquiry> {
    let Some(words) = answers.get(WORDS) else { return vec![] };
    let enabled = catalog.bits(&words_dump(words));
    catalog
        .features()
        .iter()
        .filter(|feature| {
            feature.places.iter().any(|place| match place.key {
                Key::Msr(index) => announced(catalog, &enabled, index),
                Key::Cpuid { .. } => false,
            })
        })
        .map(|feature| ask(spelling::qemu(&feature.name), &format!("msr {}", feature.name)))
        .collect()
}

fn announced(catalog: &Catalog, enabled: &Bits, msr: u32) -> bool {
    announcing(msr)
        .and_then(|name| catalog.feature(name))
        .is_some_and(|feature| enabled.contains(&feature.bits))
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Word {
    cpuid_input_eax: u32,
    #[serde(default)]
    cpuid_input_ecx: u32,
    cpuid_register: String,
    features: u32,
}

fn words_dump(words: &Value) -> Dump {
    let mut dump = Dump::default();
    for word in Vec::<Word>::deserialize(words).unwrap_or_default() {
        let register = match word.cpuid_register.as_str() {
            "EAX" => Register::Eax,
            "EBX" => Register::Ebx,
            "ECX" => Register::Ecx,
            "EDX" => Register::Edx,
            _ => continue,
        };
        let key = Key::Cpuid { leaf: word.cpuid_input_eax, subleaf: word.cpuid_input_ecx };
        dump.add(key, register, word.features);
    }
    dump
}

/// The live CPU, out of what QEMU answered.
///
/// # Errors
/// [`Refusal::NotGranted`] when `check='full'` and QEMU gave something else; a required invariant
/// TSC that is missing.
pub fn verify(catalog: &Catalog, cpu: &Cpu, answers: &Answers) -> Result<Verified, Refusal> {
    let definition = convert::definition(cpu);
    let mut verified =
        Verified { cpu: cpu.clone(), granted: vec![], missing: vec![], messages: vec![] };
    let Some(words) = answers.get(WORDS) else {
        return Ok(verified);
    };
    let granted = granted(catalog, words, answers);
    let names = |bits| catalog.names(bits).into_iter().map(str::to_owned).collect();
    verified.granted = names(&granted.enabled);
    verified.missing = names(&granted.disabled);
    require_invtsc(catalog, &definition, &granted)?;
    let whole = matches!(definition.mode, Mode::HostPassthrough | Mode::Maximum);
    if whole && definition.check != Some(Check::Full) || definition.model.is_none() && !whole {
        return Ok(verified);
    }
    let mut live = update_live(catalog, &definition, granted)?;
    live.check = Some(Check::Full);
    let lost: Vec<&str> = verified
        .missing
        .iter()
        .map(String::as_str)
        .filter(|name| definition.check == Some(Check::Partial) || is_asked(&definition, name))
        .collect();
    if !lost.is_empty() {
        verified.messages.push(format!("QEMU started the guest without {}", lost.join(", ")));
    }
    verified.cpu = convert::into_document(&live, cpu);
    Ok(verified)
}

/// Whether the document itself names the feature. Without a check, what a model lost is in the live
/// document and nowhere else.
fn is_asked(cpu: &Definition, name: &str) -> bool {
    matches!(cpu.policy(name), Some(Policy::Require | Policy::Force))
}

fn granted(catalog: &Catalog, words: &Value, answers: &Answers) -> Granted {
    let mut enabled = catalog.bits(&words_dump(words));
    for (key, value) in answers {
        if let Some(name) = key.strip_prefix("msr ")
            && *value == Value::Bool(true)
            && let Some(feature) = catalog.feature(name)
        {
            enabled.insert(&feature.bits);
        }
    }
    let disabled = answers
        .get(UNAVAILABLE)
        .and_then(Value::as_array)
        .map(|all| catalog.sum(all.iter().filter_map(Value::as_str).map(spelling::libvirt)))
        .unwrap_or_default();
    Granted { enabled, disabled: disabled.without(&enabled) }
}

fn require_invtsc(catalog: &Catalog, cpu: &Definition, granted: &Granted) -> Result<(), Refusal> {
    let asked = cpu.policy("invtsc") == Some(Policy::Require);
    let has =
        catalog.feature("invtsc").is_some_and(|feature| granted.enabled.contains(&feature.bits));
    if asked && !has {
        return Err(Refusal::Unsupported("host doesn't support invariant TSC".to_owned()));
    }
    Ok(())
}
