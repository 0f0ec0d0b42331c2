//! Documents of our own and what becomes of them: settled, the command line, what QEMU is told
//! first, what is needed. `BLESS=1 cargo test` rewrites the goldens.

#![allow(clippy::unwrap_used, reason = "a test")]

mod machines;

use machines::{abilities, grants, settings};
use stead_config::{Domain, Form};
use stead_qemu::abilities::Accelerator;
use stead_qemu::cpu::{Origin as Continuity, Situation};
use stead_qemu::{
    Live, Origin, Plan, Seed, Settlement, describe, native_wrapped, needs, plan, settle,
};

fn settled(text: &str) -> Result<Domain, String> {
    let asked = Domain::parse(text).map_err(|faults| faults.to_string())?;
    settle(&asked, Some(&abilities()), &settings(), &[], &mut Seed::Counting)
        .map(Settlement::into_domain)
        .map_err(|faults| faults.to_string())
}

fn planned(domain: &Domain) -> Result<Plan, String> {
    let abilities = abilities();
    let accelerator = Accelerator::of_domain_type(domain.kind.as_str()).unwrap();
    let acceleration = abilities.with(accelerator).unwrap();
    let catalog = stead_cpu::Catalog::builtin();
    let host = stead_facts::Host { arch: "x86_64".to_owned(), ..Default::default() };
    let host_cpus = acceleration.host_cpus(catalog, &host.cpuid);
    let situation = Situation {
        catalog,
        abilities: &abilities,
        acceleration,
        host: &host,
        host_cpus: &host_cpus,
        origin: Continuity::Fresh,
    };
    let settings = settings();
    let grants = grants(domain, &settings);
    plan(domain, &situation, &settings, &grants, Origin::Cold).map_err(|faults| faults.to_string())
}

fn cases(prefix: &str) -> Vec<testkit::Case> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
    let refused = prefix == "refused";
    testkit::cases(folder, "xml")
        .into_iter()
        .filter(|case| case.name.starts_with("refused") == refused)
        .collect()
}

#[test]
fn documents_become_command_lines() {
    for case in cases("") {
        let domain = settled(&case.input).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        case.check("settled", domain.print(Form::STORED));
        let needs = needs(&domain, &settings(), &machines::empty_grants(&domain));
        let needs: Vec<String> = needs.iter().map(|need| format!("{need:?}\n")).collect();
        case.check("needs", needs.concat());
        let plan = planned(&domain).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        case.check("args", native_wrapped(&plan));
        let calls: Vec<String> = plan
            .calls()
            .iter()
            .map(|call| format!("{} {}\n", call.execute, call.arguments))
            .collect();
        case.check("calls", calls.concat());
        case.check("live", describe(&Live::new(&plan, 7)).print(Form::LIVE));
    }
}

#[test]
fn what_cannot_be_is_refused() {
    for case in cases("refused") {
        let error = settled(&case.input).expect_err(&case.name);
        case.check("err", error + "\n");
    }
}

/// A settled document stays as it is.
#[test]
fn settling_is_idempotent() {
    for case in cases("") {
        let once = settled(&case.input).unwrap();
        let text = once.print(Form::STORED);
        let twice = settled(&text).unwrap();
        assert_eq!(twice.print(Form::STORED), text, "{}", case.name);
    }
}

#[test]
fn kvm_comes_as_a_descriptor_where_it_is_granted() {
    let text = "<domain type='kvm'><name>a</name><memory>65536</memory>\
                <os><type arch='x86_64' machine='q35'>hvm</type></os></domain>";
    let mut plan = planned(&settled(text).unwrap()).unwrap();
    let words = |plan: &Plan| format!("{:?}", stead_qemu::argv(plan));
    assert!(!words(&plan).contains("/dev/fdset"));
    plan.grants.descriptors.push((needs::Role::Kvm, 9));
    let words = words(&plan);
    let set = words.find("set=10000,fd=9,opaque=kvm").expect("the descriptor is given");
    let used = words.find("kvm,device=/dev/fdset/10000").expect("the accelerator uses it");
    assert!(set < used);
}
