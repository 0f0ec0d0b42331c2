//! Documents into definitions and back.

use stead_config::capabilities::{AnyCpu, HostCpuDocument};
use stead_config::domain::cpu::{
    Cpu, CpuCheck, CpuFeature, CpuMatch, CpuMode, CpuModel, Fallback, FeaturePolicy,
};
use stead_cpu::{Check, Definition, Identity, Kind, Listed, Match, Mode, Policy};

/// The definition in a guest's `<cpu>`.
pub fn definition(cpu: &Cpu) -> Definition {
    let model = cpu.model.as_ref();
    Definition {
        kind: Kind::Guest,
        arch: None,
        mode: match cpu.mode {
            None | Some(CpuMode::Custom) => Mode::Custom,
            Some(CpuMode::HostModel) => Mode::HostModel,
            Some(CpuMode::HostPassthrough) => Mode::HostPassthrough,
            Some(CpuMode::Maximum) => Mode::Maximum,
        },
        matching: match cpu.matching {
            Some(CpuMatch::Minimum) => Match::Minimum,
            None | Some(CpuMatch::Exact) => Match::Exact,
            Some(CpuMatch::Strict) => Match::Strict,
        },
        check: cpu.check.map(|check| match check {
            CpuCheck::None => Check::None,
            CpuCheck::Partial => Check::Partial,
            CpuCheck::Full => Check::Full,
        }),
        fallback: match model.and_then(|model| model.fallback) {
            None | Some(Fallback::Allow) => stead_cpu::Fallback::Allow,
            Some(Fallback::Forbid) => stead_cpu::Fallback::Forbid,
        },
        model: model.and_then(|model| model.name.clone()),
        vendor: cpu.vendor.clone(),
        vendor_id: model.and_then(|model| model.vendor_id.clone()),
        identity: None,
        features: cpu
            .features
            .iter()
            .map(|feature| Listed { name: feature.name.clone(), policy: policy(feature.policy) })
            .collect(),
    }
}

/// The definition in a host's or a guest's `<cpu>`.
pub fn definition_of_any(cpu: &AnyCpu) -> Definition {
    match cpu {
        AnyCpu::Guest(cpu) => definition(cpu),
        AnyCpu::Host(cpu) => of_host(cpu),
    }
}

fn of_host(cpu: &HostCpuDocument) -> Definition {
    let require = |name: &String| Listed { name: name.clone(), policy: Policy::Require };
    Definition {
        kind: Kind::Host,
        arch: cpu.arch.clone(),
        model: cpu.model.clone(),
        vendor: cpu.vendor.clone(),
        identity: cpu.signature.map(|signature| Identity {
            family: signature.family,
            model: signature.model,
            stepping: signature.stepping,
        }),
        features: cpu.features.iter().map(require).collect(),
        ..Definition::default()
    }
}

/// Writes a definition into a guest's `<cpu>`, of which everything else is kept.
pub fn into_document(definition: &Definition, cpu: &Cpu) -> Cpu {
    let fallback = match definition.fallback {
        stead_cpu::Fallback::Allow => Fallback::Allow,
        stead_cpu::Fallback::Forbid => Fallback::Forbid,
    };
    let mode = match definition.mode {
        Mode::Custom => CpuMode::Custom,
        Mode::HostModel => CpuMode::HostModel,
        Mode::HostPassthrough => CpuMode::HostPassthrough,
        Mode::Maximum => CpuMode::Maximum,
    };
    let matching = match definition.matching {
        Match::Minimum => CpuMatch::Minimum,
        Match::Exact => CpuMatch::Exact,
        Match::Strict => CpuMatch::Strict,
    };
    let has_model = definition.model.is_some() || definition.vendor_id.is_some();
    Cpu {
        mode: Some(mode),
        matching: (mode == CpuMode::Custom).then_some(matching),
        check: definition.check.map(|check| match check {
            Check::None => CpuCheck::None,
            Check::Partial => CpuCheck::Partial,
            Check::Full => CpuCheck::Full,
        }),
        model: (has_model || cpu.model.is_some()).then(|| CpuModel {
            fallback: Some(fallback),
            vendor_id: definition.vendor_id.clone(),
            name: definition.model.clone(),
        }),
        vendor: definition.vendor.clone(),
        features: definition
            .features
            .iter()
            .map(|listed| CpuFeature { policy: document(listed.policy), name: listed.name.clone() })
            .collect(),
        ..cpu.clone()
    }
}

fn policy(policy: FeaturePolicy) -> Policy {
    match policy {
        FeaturePolicy::Force => Policy::Force,
        FeaturePolicy::Require => Policy::Require,
        FeaturePolicy::Optional => Policy::Optional,
        FeaturePolicy::Disable => Policy::Disable,
        FeaturePolicy::Forbid => Policy::Forbid,
    }
}

fn document(policy: Policy) -> FeaturePolicy {
    match policy {
        Policy::Force => FeaturePolicy::Force,
        Policy::Require => FeaturePolicy::Require,
        Policy::Optional => FeaturePolicy::Optional,
        Policy::Disable => FeaturePolicy::Disable,
        Policy::Forbid => FeaturePolicy::Forbid,
    }
}
