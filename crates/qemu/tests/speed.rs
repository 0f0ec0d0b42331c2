//! How long settling and planning take; a figure to read, not a test:
//! `cargo test --release -p stead-qemu --test speed -- --ignored --nocapture`.

#![allow(clippy::unwrap_used, reason = "a test")]

mod machines;

use std::time::Instant;

use stead_config::Domain;
use stead_qemu::abilities::Accelerator;
use stead_qemu::cpu::{Origin as Continuity, Situation};
use stead_qemu::{Origin, Seed, argv, plan, settle};

#[test]
#[ignore = "a measurement"]
fn settle_and_plan() {
    let text = include_str!("data/q35.xml");
    let asked = Domain::parse(text).unwrap();
    let abilities = machines::abilities();
    let settings = machines::settings();
    let acceleration = abilities.with(Accelerator::Tcg).unwrap();
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
    let settled = settle(&asked, Some(&abilities), &settings, &[], &mut Seed::Counting);
    let settled = settled.unwrap().into_domain();
    let grants = machines::grants(&settled, &settings);
    const ROUNDS: u32 = 1000;
    let each = |name: &str, work: &dyn Fn()| {
        let start = Instant::now();
        (0..ROUNDS).for_each(|_| work());
        println!("{name}: {:?}", start.elapsed() / ROUNDS);
    };
    each("settle", &|| {
        let done = settle(&asked, Some(&abilities), &settings, &[], &mut Seed::Counting);
        assert!(done.is_ok());
    });
    each("plan", &|| {
        assert!(plan(&settled, &situation, &settings, &grants, Origin::Cold).is_ok());
    });
    let planned = plan(&settled, &situation, &settings, &grants, Origin::Cold).unwrap();
    each("argv", &|| assert!(!argv(&planned).is_empty()));
}
