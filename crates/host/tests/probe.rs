//! Real binaries: what they say they can do, what becomes of the modes, and what is kept.
//!
//! Without QEMU these tests say so and pass; KVM is used where it works.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use stead_host::probe::{self, Cache};
use stead_qemu::abilities::{Accelerator, Outcome, TriedMode};

fn binary() -> Option<PathBuf> {
    let path = PathBuf::from("/usr/bin/qemu-system-x86_64");
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: there is no {}", path.display());
    None
}

#[test]
fn a_binary_tells_what_it_can_do_and_the_cache_keeps_it() {
    let Some(binary) = binary() else { return };
    let host = probe::host(None);
    let folder = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let cold = Cache::new(folder.path()).qemu(&binary, &host).unwrap();
    eprintln!("cold: {:?}", start.elapsed());
    assert_eq!(cold.abilities.arch, "x86_64");
    let tcg = cold.abilities.with(Accelerator::Tcg).expect("every packaged QEMU has TCG");
    assert!(tcg.machine("q35").is_some());
    assert!(tcg.cpu("qemu64").is_some());
    assert!(cold.host_cpus[&Accelerator::Tcg].reported.is_some());
    if host.kvm.is_some() {
        let kvm = cold.abilities.with(Accelerator::Kvm).expect("KVM can be opened");
        for mode in [TriedMode::HostPassthrough, TriedMode::Maximum, TriedMode::HostModel] {
            let trial = kvm.trial(mode).expect("every mode is tried");
            eprintln!("{trial:?}");
            assert_eq!(trial.outcome, Outcome::Starts);
        }
    }
    let start = Instant::now();
    let warm = Cache::new(folder.path()).qemu(&binary, &host).unwrap();
    eprintln!("warm: {:?}", start.elapsed());
    assert_eq!(warm.abilities, cold.abilities);
    assert_eq!(warm.host_cpus, cold.host_cpus);
}

/// A QEMU whose kernel refuses an MSR, as nested and filtered hosts do: the real one behind a
/// script that ends as QEMU does when the feature is on.
fn refusing(folder: &Path, binary: &Path, condition: &str, said: &str) -> PathBuf {
    let path = folder.join("qemu-refusing");
    let script = format!(
        "#!/bin/sh\ncpu=; previous=\nfor word; do [ \"$previous\" = -cpu ] && cpu=$word; previous=$word; done\n\
         case $cpu in\n{condition}\n*) exec {} \"$@\";;\nesac\necho '{said}' >&2\nkill -ABRT $$\n",
        binary.display()
    );
    std::fs::write(&path, script).expect("a temporary folder can be written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
        .expect("a temporary folder can be written");
    path
}

#[test]
fn a_feature_that_ends_qemu_is_found_by_the_msr_it_names() {
    let Some(binary) = binary() else { return };
    let host = probe::host(None);
    if host.kvm.is_none() {
        eprintln!("skipped: {}", host.kvm_refusal.unwrap_or_default());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let said = "qemu-system-x86_64: error: failed to set MSR 0x10a to 0xc000069";
    let condition = "*arch-capabilities=off*) exec ".to_owned()
        + &format!("{} \"$@\";;\nhost*|max*) ;;", binary.display());
    let wrapper = refusing(folder.path(), &binary, &condition, said);
    let found = probe::qemu(&wrapper, &host).unwrap();
    let kvm = found.with(Accelerator::Kvm).unwrap();
    for mode in [TriedMode::HostPassthrough, TriedMode::Maximum] {
        let trial = kvm.trial(mode).unwrap();
        assert_eq!(trial.outcome, Outcome::Starts, "{trial:?}");
        assert_eq!(trial.blockers.len(), 1);
        assert_eq!(trial.blockers[0].feature, "arch-capabilities");
        assert_eq!(trial.blockers[0].reason, "failed to set MSR 0x10a to 0xc000069");
    }
}

#[test]
fn a_feature_that_ends_qemu_without_a_name_is_found_by_halving() {
    let Some(binary) = binary() else { return };
    let host = probe::host(None);
    if host.kvm.is_none() {
        eprintln!("skipped: {}", host.kvm_refusal.unwrap_or_default());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let condition =
        "*,lahf-lm=off*) exec ".to_owned() + &format!("{} \"$@\";;\nhost*) ;;", binary.display());
    let wrapper = refusing(folder.path(), &binary, &condition, "something went wrong");
    let found = probe::qemu(&wrapper, &host).unwrap();
    let trial = found.with(Accelerator::Kvm).unwrap().trial(TriedMode::HostPassthrough).unwrap();
    match &trial.outcome {
        // A slow machine may run out of the second that all trials have.
        Outcome::Fails(said) => assert!(said.contains("went wrong") || said.contains("no time")),
        Outcome::Starts => assert_eq!(trial.blockers[0].feature, "lahf_lm"),
    }
}

#[test]
fn what_is_no_qemu_is_refused_with_what_it_said() {
    let host = stead_facts::Host::default();
    let error = probe::qemu(Path::new("/bin/false"), &host).unwrap_err();
    assert!(error.to_string().contains("did not answer"), "{error}");
    let error = probe::qemu(Path::new("/nonexistent/qemu"), &host).unwrap_err();
    assert!(error.to_string().starts_with("cannot run /nonexistent/qemu"), "{error}");
}
