//! Starting the host CPU modes for real, and finding the feature that ends QEMU.
//!
//! QEMU names the MSR that the kernel refused; otherwise the features are halved until one is left.

use std::path::Path;
use std::time::{Duration, Instant};

use stead_cpu::{Catalog, Policy};
use stead_facts::Host;
use stead_qemu::abilities::{
    Abilities, Acceleration, Accelerator, Blocker, Outcome, PropertyValue, Trial, TriedMode,
    spelling,
};
use stead_qemu::cpu::argument;

use super::ProbeError;
use super::monitor::Monitor;

/// More blockers than this and a mode is given up.
const BLOCKERS_MAX: usize = 6;

/// Tries the modes under KVM, all at once, and writes what became of them into the abilities.
pub(super) fn run(
    binary: &Path,
    host: &Host,
    catalog: &Catalog,
    abilities: &mut Abilities,
    deadline: Instant,
) {
    let Some(acceleration) = abilities
        .accelerations
        .iter_mut()
        .find(|each| each.accelerator == Accelerator::Kvm && each.host.is_some())
    else {
        return;
    };
    let modes = [TriedMode::HostPassthrough, TriedMode::Maximum, TriedMode::HostModel];
    let bench = Bench { binary, host, catalog, acceleration, deadline };
    let trials = std::thread::scope(|scope| {
        let running: Vec<_> =
            modes.map(|mode| scope.spawn(move || bench.trial(mode))).into_iter().collect();
        running.into_iter().filter_map(|trial| trial.join().ok()).collect()
    });
    acceleration.tried = trials;
}

#[derive(Clone, Copy)]
struct Bench<'a> {
    binary: &'a Path,
    host: &'a Host,
    catalog: &'a Catalog,
    acceleration: &'a Acceleration,
    deadline: Instant,
}

impl Bench<'_> {
    fn trial(self, mode: TriedMode) -> Trial {
        let mut blockers: Vec<Blocker> = vec![];
        let outcome = loop {
            let off: Vec<String> = blockers.iter().map(|blocker| blocker.feature.clone()).collect();
            let said = match self.start(mode, &off) {
                Ok(()) => break Outcome::Starts,
                Err(said) => said,
            };
            if blockers.len() >= BLOCKERS_MAX {
                break Outcome::Fails(said);
            }
            let feature = named_by(&said)
                .filter(|name| !off.iter().any(|each| each == name))
                .map(str::to_owned)
                .or_else(|| self.bisect(mode, &off));
            match feature {
                Some(feature) => blockers.push(Blocker { feature, reason: first_line(&said) }),
                None => break Outcome::Fails(said),
            }
        };
        Trial { mode, outcome, blockers }
    }

    /// Starts QEMU with a mode, without some features.
    fn start(&self, mode: TriedMode, off: &[String]) -> Result<(), String> {
        if self.deadline < Instant::now() {
            return Err("there was no time left to try it".to_owned());
        }
        let cpu = self.argument(mode, off)?;
        let machine = match self.acceleration.machine("pc").or(self.acceleration.default_machine())
        {
            Some(machine) => format!("{},accel=kvm", machine.name),
            None => return Err("there is no machine type to try it with".to_owned()),
        };
        let arguments = ["-machine", &machine, "-cpu", &cpu, "-m", "2"];
        let talk = || -> Result<(), ProbeError> {
            // A start that has begun may finish.
            let deadline = self.deadline + Duration::from_secs(1);
            let mut monitor = Monitor::start_with(self.binary, &arguments, deadline)?;
            monitor.ask(&[]).map(|_| ())
        };
        talk().map_err(|error| match error {
            ProbeError::Silent { said, .. } => said,
            other => other.to_string(),
        })
    }

    fn argument(&self, mode: TriedMode, off: &[String]) -> Result<String, String> {
        let with_off = |name: &str| {
            let off = off.iter().map(|name| format!(",{}=off", spelling::qemu(name)));
            std::iter::once(name.to_owned()).chain(off).collect::<String>()
        };
        match mode {
            TriedMode::HostPassthrough => Ok(with_off("host")),
            TriedMode::Maximum => Ok(with_off("max")),
            TriedMode::HostModel => {
                let mut acceleration = self.acceleration.clone();
                acceleration.tried = vec![Trial {
                    mode,
                    outcome: Outcome::Starts,
                    blockers: off
                        .iter()
                        .map(|name| Blocker { feature: name.clone(), reason: String::new() })
                        .collect(),
                }];
                let host_cpus = acceleration.host_cpus(self.catalog, &self.host.cpuid);
                let model = host_cpus.migratable.ok_or("no model describes this host")?;
                Ok(argument(&model, &acceleration))
            }
        }
    }

    /// The last feature, in map order, of the shortest list without which QEMU starts.
    fn bisect(&self, mode: TriedMode, known: &[String]) -> Option<String> {
        let candidates = self.candidates(mode, known);
        let starts = |count: usize| {
            let off: Vec<String> = known.iter().chain(&candidates[..count]).cloned().collect();
            self.start(mode, &off).is_ok()
        };
        if candidates.is_empty() || !starts(candidates.len()) {
            return None;
        }
        let (mut fails, mut works) = (0, candidates.len());
        while works - fails > 1 {
            let middle = fails + (works - fails) / 2;
            if starts(middle) {
                works = middle
            } else {
                fails = middle
            }
            if self.deadline < Instant::now() {
                return None;
            }
        }
        Some(candidates[works - 1].clone())
    }

    fn candidates(&self, mode: TriedMode, known: &[String]) -> Vec<String> {
        let names: Vec<String> = match (mode, &self.acceleration.host) {
            (TriedMode::HostModel, _) => self
                .acceleration
                .host_cpus(self.catalog, &self.host.cpuid)
                .migratable
                .and_then(|cpu| stead_cpu::expand(self.catalog, &cpu).ok())
                .map(|cpu| cpu.with_policy(Policy::Require).map(str::to_owned).collect())
                .unwrap_or_default(),
            (_, Some(host)) => host
                .properties
                .iter()
                .filter(|(_, property)| property.value == PropertyValue::Flag(true))
                .map(|(name, _)| name.clone())
                .collect(),
            (_, None) => vec![],
        };
        // In map order, so that what is found does not hang on the alphabet.
        self.catalog
            .features()
            .iter()
            .map(|feature| feature.name.clone())
            .filter(|name| names.contains(name) && !known.contains(name))
            .collect()
    }
}

/// The feature that announces the MSR which QEMU could not set.
fn named_by(said: &str) -> Option<&'static str> {
    let (_, rest) = said.split_once("failed to set MSR 0x")?;
    let digits: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
    stead_qemu::abilities::announcing(u32::from_str_radix(&digits, 16).ok()?)
}

fn first_line(said: &str) -> String {
    let line = said.lines().find(|line| line.contains("error:")).or(said.lines().next());
    let line = line.unwrap_or("QEMU ended without a word");
    let line = line.split_once("error: ").map_or(line, |(_, rest)| rest);
    line.chars().take(200).collect()
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn the_msr_names_the_feature() {
        let said = "qemu-system-x86_64: error: failed to set MSR 0x10a to 0xc000069\n\
                    qemu-system-x86_64: ../target/i386/kvm/kvm.c:3265: Assertion failed";
        assert_eq!(named_by(said), Some("arch-capabilities"));
        assert_eq!(first_line(said), "failed to set MSR 0x10a to 0xc000069");
        assert_eq!(named_by("Segmentation fault"), None);
    }
}
