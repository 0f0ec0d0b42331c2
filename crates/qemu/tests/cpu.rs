//! Which CPU a guest is given, out of what a real QEMU 10.0.2 said on a host whose KVM filters
//! features and refuses MSR 0x10a. The recordings lie beside the checkout; without them these tests
//! say so and pass.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::Path;

use serde_json::{Value, json};
use stead_config::capabilities::AnyCpu;
use stead_config::domain::cpu::{Cpu, CpuMode};
use stead_cpu::{Catalog, Dump, Relation};
use stead_facts::{Host, Kvm};
use stead_qemu::abilities::{
    self, Abilities, Accelerator, Answers, Blocker, HostCpus, Outcome, Trial, TriedMode, Usable,
    Version,
};
use stead_qemu::capabilities::{self, Subject, Surroundings};
use stead_qemu::cpu::{
    Answers as Granted, Incompatible, Listing, Moves, Origin, Refusal, Resolved, Situation,
    default_check, hypervisor_baseline, hypervisor_compare, print, resolve, updated, verify,
};

/// Everything that was recorded with one accelerator.
fn answers(folder: &Path) -> Answers {
    let mut answers = Answers::default();
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let mut recorded: Value = serde_json::from_str(&text).unwrap();
        if recorded["machine"] != "none" || recorded["return"].is_null() {
            continue;
        }
        let result = recorded["return"].take();
        let arguments = recorded["command"]["arguments"].take();
        if let Some(execute) = recorded["command"]["execute"].as_str() {
            // All types were asked for in another way than stead asks.
            let all = execute == "qom-list-types" && arguments == json!({ "abstract": true });
            let arguments = if all { Value::Null } else { arguments };
            answers.insert(execute, &arguments, result);
        }
    }
    answers
}

fn recorded() -> Option<Abilities> {
    let folder = testkit::shared("conformance/qmp-10.0.2")?;
    let (kvm, tcg) = (answers(&folder.join("kvm")), answers(&folder.join("tcg")));
    let accelerated = [(Accelerator::Kvm, kvm), (Accelerator::Tcg, tcg.clone())];
    Some(abilities::parse("/usr/bin/qemu-system-x86_64", &tcg, &accelerated).unwrap())
}

fn host() -> Host {
    Host { arch: "x86_64".to_owned(), kvm: Some(Kvm::default()), ..Host::default() }
}

fn host_cpus(abilities: &Abilities, accelerator: Accelerator) -> HostCpus {
    abilities.with(accelerator).unwrap().host_cpus(Catalog::builtin(), &Dump::default())
}

fn read(text: &str) -> Cpu {
    match AnyCpu::parse(text).unwrap() {
        AnyCpu::Guest(cpu) => cpu,
        AnyCpu::Host(_) => panic!("a guest's CPU was meant"),
    }
}

fn decide(
    abilities: &Abilities,
    accelerator: Accelerator,
    text: &str,
) -> Result<Resolved, Refusal> {
    let mut asked = read(text);
    asked.check = asked
        .check
        .or_else(|| Some(default_check(asked.mode.unwrap_or(CpuMode::Custom), accelerator)));
    let host_cpus = host_cpus(abilities, accelerator);
    let situation = Situation {
        catalog: Catalog::builtin(),
        abilities,
        acceleration: abilities.with(accelerator).unwrap(),
        host: &host(),
        host_cpus: &host_cpus,
        origin: Origin::Fresh,
    };
    resolve(&asked, &situation)
}

/// The abilities once the modes were tried where `arch-capabilities` ends QEMU.
fn tried() -> Option<Abilities> {
    let mut abilities = recorded()?;
    let reason = "failed to set MSR 0x10a to 0xc000069".to_owned();
    let blocker = Blocker { feature: "arch-capabilities".to_owned(), reason };
    abilities.accelerations[0].tried =
        [TriedMode::HostPassthrough, TriedMode::Maximum, TriedMode::HostModel]
            .map(|mode| Trial { mode, outcome: Outcome::Starts, blockers: vec![blocker.clone()] })
            .to_vec();
    Some(abilities)
}

#[test]
fn a_binary_is_read() {
    let Some(abilities) = recorded() else { return };
    assert_eq!(abilities.version, Version::new(10, 0, 2));
    assert_eq!(abilities.arch, "x86_64");
    assert_eq!(abilities.default_cpu(Accelerator::Kvm, "q35").as_deref(), Some("qemu64"));
    let q35 = abilities.machine(Accelerator::Tcg, "q35").unwrap();
    assert_eq!((q35.name.as_str(), q35.max_cpus), ("pc-q35-10.0", 4096));
    assert!(abilities.has_type("virtio-blk-pci") && !abilities.has_type("qxl"));
    assert!(abilities.has_property("virtio-net-pci", "mq"));
    assert!(abilities.has_command("blockdev-add"));
    let kvm = abilities.with(Accelerator::Kvm).unwrap();
    assert_eq!(kvm.cpu("pentium3").unwrap().usable, Usable::Yes);
    let epyc = kvm.cpu("EPYC").unwrap();
    assert!(epyc.usable == Usable::No && epyc.blockers.contains(&"pni".to_owned()));
    let kept = serde_json::to_vec(&abilities).unwrap();
    assert_eq!(serde_json::from_slice::<Abilities>(&kept).unwrap(), abilities);
}

#[test]
fn host_model_is_what_libvirt_makes_of_it() {
    let Some(abilities) = recorded() else { return };
    let reported = host_cpus(&abilities, Accelerator::Kvm).reported.unwrap();
    assert_eq!(reported.model.as_deref(), Some("kvm64"));
    let resolved = decide(&abilities, Accelerator::Kvm, "<cpu mode='host-model'/>").unwrap();
    assert!(resolved.head[0] == "kvm64" && resolved.head.contains(&"arch-capabilities=on".into()));
    assert!(print(&resolved.cpu).starts_with("<cpu mode='custom' match='exact' check='partial'>"));
    assert_eq!(resolved.asked.mode, Some(CpuMode::HostModel));
}

#[test]
fn what_ends_qemu_is_left_out_and_told() {
    let Some(abilities) = tried() else { return };
    for (mode, name) in [("host-passthrough", "host"), ("maximum", "max")] {
        let resolved =
            decide(&abilities, Accelerator::Kvm, &format!("<cpu mode='{mode}'/>")).unwrap();
        assert_eq!(resolved.head, [name, "arch-capabilities=off"]);
        let told = format!(
            "{mode} starts without arch-capabilities, which ends QEMU on this host: \
             failed to set MSR 0x10a to 0xc000069"
        );
        assert!(resolved.messages.contains(&told), "{:?}", resolved.messages);
        // Who asks for it by name gets it, and QEMU's own end.
        let text = format!(
            "<cpu mode='{mode}'><feature policy='require' name='arch-capabilities'/></cpu>"
        );
        let resolved = decide(&abilities, Accelerator::Kvm, &text).unwrap();
        assert_eq!(resolved.head, [name, "arch-capabilities=on"]);
    }
    let resolved = decide(&abilities, Accelerator::Kvm, "<cpu mode='host-model'/>").unwrap();
    let says = |name: &str| resolved.head.iter().any(|part| part.starts_with(name));
    assert!(!says("arch-capabilities") && !says("rdctl-no"), "what hangs on it goes with it");
    assert_eq!(resolved.messages.len(), 1);
    // Under TCG nothing was tried and nothing is left out.
    let resolved = decide(&abilities, Accelerator::Tcg, "<cpu mode='maximum'/>").unwrap();
    assert_eq!(resolved.head, ["max"]);
}

#[test]
fn a_mode_that_does_not_start_is_not_offered() {
    let Some(mut abilities) = recorded() else { return };
    let outcome = Outcome::Fails("KVM internal error".to_owned());
    let trial = Trial { mode: TriedMode::HostPassthrough, outcome, blockers: vec![] };
    abilities.accelerations[0].tried = vec![trial];
    let refusal =
        decide(&abilities, Accelerator::Kvm, "<cpu mode='host-passthrough'/>").unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "CPU mode 'host-passthrough' for x86_64 kvm domain on x86_64 host is not supported by \
         hypervisor"
    );
    let subject = Subject {
        abilities: &abilities,
        accelerator: Accelerator::Kvm,
        machine: Some("q35"),
        host_cpus: &host_cpus(&abilities, Accelerator::Kvm),
        disable_deprecated_features: false,
    };
    let made = capabilities::domain(subject, &host(), &Surroundings::default()).unwrap().print();
    assert!(made.contains("<mode name='host-passthrough' supported='no'/>"));
    assert!(made.contains("<mode name='maximum' supported='yes'>"));
}

#[test]
fn names_that_nobody_knows_are_refused_with_the_nearest() {
    let Some(abilities) = recorded() else { return };
    let text = "<cpu><model>qemu64</model><feature policy='require' name='avx512'/></cpu>";
    let refusal = decide(&abilities, Accelerator::Tcg, text).unwrap_err();
    assert_eq!(refusal.to_string(), "unknown CPU feature: avx512");
    assert!(refusal.fix().unwrap().contains("avx512"), "{:?}", refusal.fix());
    let text = "<cpu><model fallback='forbid'>Opteron_G9</model></cpu>";
    assert!(decide(&abilities, Accelerator::Tcg, text).is_err());
}

#[test]
fn what_is_missing_is_recorded_or_refused_as_check_says() {
    let Some(abilities) = recorded() else { return };
    let text = "<cpu check='partial'><model>486</model></cpu>";
    let mut cpu = decide(&abilities, Accelerator::Kvm, text).unwrap().cpu;
    let words = json!([{
        "cpuid-input-eax": 1, "cpuid-register": "EDX", "features": 0x1_u32 | 0x2
    }]);
    let granted = Granted::from([
        ("feature-words".to_owned(), words),
        ("unavailable-features".to_owned(), json!(["pse"])),
    ]);
    let live = verify(Catalog::builtin(), &cpu, &granted).unwrap();
    assert_eq!(live.granted, ["fpu", "vme"]);
    assert_eq!(live.missing, ["pse"]);
    assert_eq!(live.messages, ["QEMU started the guest without pse"]);
    assert!(print(&live.cpu).contains("<feature policy='disable' name='pse'/>"));
    cpu.check = Some(stead_config::domain::cpu::CpuCheck::Full);
    assert_eq!(
        verify(Catalog::builtin(), &cpu, &granted).unwrap_err().to_string(),
        "guest CPU doesn't match specification: missing features: pse"
    );
}

#[test]
fn update_cpu_shows_what_the_guest_would_get() {
    let Some(abilities) = recorded() else { return };
    let hosts = host_cpus(&abilities, Accelerator::Tcg);
    let shown = updated(&read("<cpu mode='host-model'/>"), Catalog::builtin(), &hosts).unwrap();
    let text = print(&shown);
    assert!(text.starts_with("<cpu mode='custom' match='exact'>\n  <model fallback="), "{text}");
    let kept = read("<cpu mode='host-passthrough'/>");
    assert_eq!(updated(&kept, Catalog::builtin(), &hosts).unwrap(), kept);
}

#[test]
fn the_hypervisors_own_host_model_is_within_it() {
    let Some(abilities) = recorded() else { return };
    let accelerator = Accelerator::Tcg;
    let acceleration = abilities.with(accelerator).unwrap();
    let hosts = host_cpus(&abilities, accelerator);
    let catalog = Catalog::builtin();
    let shown = updated(&read("<cpu mode='host-model'/>"), catalog, &hosts).unwrap();
    let text = print(&shown);
    let relation = hypervisor_compare(
        catalog,
        acceleration,
        &hosts,
        &abilities.binary,
        &text,
        Incompatible::Error,
    );
    assert_ne!(relation.unwrap(), Relation::Incompatible);
    let baseline =
        hypervisor_baseline(catalog, acceleration, &[text], Listing::Short, Moves::Any).unwrap();
    assert!(baseline.contains(shown.model.unwrap().name.unwrap().as_str()), "{baseline}");
}
