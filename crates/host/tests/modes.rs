//! Every CPU mode and model that this host offers starts, and what QEMU grants is read back.
//!
//! Real QEMU, under TCG and, where it works, KVM; without QEMU the test says so and passes.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use stead_config::capabilities::AnyCpu;
use stead_config::domain::cpu::Cpu;
use stead_cpu::Catalog;
use stead_facts::Host;
use stead_host::probe::{self, Cache, Known};
use stead_qemu::abilities::{Accelerator, Usable};
use stead_qemu::cpu::{
    Answers, Inquiry, Origin, Refusal, Resolved, Situation, Verified, calls, default_check,
    default_cpu, more_calls, print, resolve, verify,
};

const BINARY: &str = "/usr/bin/qemu-system-x86_64";

/// A QEMU that has made its vCPU and waits.
struct Qemu {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Qemu {
    fn start(accelerator: Accelerator, cpu: &str) -> Result<Self, String> {
        let mut child = Command::new(BINARY)
            .args(["-S", "-nodefaults", "-display", "none", "-qmp", "stdio", "-m", "2"])
            .args(["-machine", &format!("pc,accel={}", accelerator.qemu_name()), "-cpu", cpu])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut qemu = Self { child, input, output };
        qemu.ask("qmp_capabilities", &json!({}))?;
        Ok(qemu)
    }

    fn ask(&mut self, execute: &str, arguments: &Value) -> Result<Value, String> {
        let command = json!({ "execute": execute, "arguments": arguments });
        let _ = writeln!(self.input, "{command}");
        loop {
            let mut line = String::new();
            match self.output.read_line(&mut line) {
                Ok(0) | Err(_) => return Err("QEMU ended".to_owned()),
                Ok(_) => {}
            }
            let mut message: Value = serde_json::from_str(&line).map_err(|e| e.to_string())?;
            if let Some(error) = message.get("error") {
                return Err(error.to_string());
            }
            if let Some(value) = message.get_mut("return") {
                return Ok(value.take());
            }
        }
    }

    fn inquire(&mut self, inquiries: Vec<Inquiry>, answers: &mut Answers) {
        for inquiry in inquiries {
            if let Ok(value) = self.ask(inquiry.question.execute, &inquiry.question.arguments) {
                answers.insert(inquiry.key, value);
            }
        }
    }
}

impl Drop for Qemu {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn known() -> Option<(Host, std::sync::Arc<Known>)> {
    if !Path::new(BINARY).exists() {
        eprintln!("skipped: there is no {BINARY}");
        return None;
    }
    let host = probe::host(None);
    let folder = tempfile::tempdir().unwrap();
    let known = Cache::new(folder.path()).qemu(Path::new(BINARY), &host).unwrap();
    Some((host, known))
}

fn read(text: &str) -> Cpu {
    match AnyCpu::parse(text).unwrap() {
        AnyCpu::Guest(cpu) => cpu,
        AnyCpu::Host(_) => panic!("a guest's CPU was meant"),
    }
}

fn decided(
    known: &Known,
    host: &Host,
    accelerator: Accelerator,
    mut asked: Cpu,
) -> Result<Resolved, Refusal> {
    if let (None, Some(mode)) = (asked.check, asked.mode) {
        asked.check = Some(default_check(mode, accelerator));
    }
    let situation = Situation {
        catalog: Catalog::builtin(),
        abilities: &known.abilities,
        acceleration: known.abilities.with(accelerator).unwrap(),
        host,
        host_cpus: &known.host_cpus[&accelerator],
        origin: Origin::Fresh,
    };
    resolve(&asked, &situation)
}

/// Starts what was decided and reads back what QEMU granted.
fn started(accelerator: Accelerator, resolved: &Resolved) -> Result<Verified, String> {
    let cpu: Vec<&str> = resolved.head.iter().chain(&resolved.tail).map(String::as_str).collect();
    let mut qemu = Qemu::start(accelerator, &cpu.join(","))?;
    let mut answers = Answers::new();
    qemu.inquire(calls(), &mut answers);
    let more = more_calls(Catalog::builtin(), &answers);
    qemu.inquire(more, &mut answers);
    verify(Catalog::builtin(), &resolved.cpu, &answers).map_err(|refusal| refusal.to_string())
}

fn accelerators(known: &Known) -> Vec<Accelerator> {
    known.abilities.accelerations.iter().map(|each| each.accelerator).collect()
}

#[test]
fn every_mode_that_is_offered_starts() {
    let Some((host, known)) = known() else { return };
    for accelerator in accelerators(&known) {
        for mode in ["host-model", "host-passthrough", "maximum"] {
            let asked = read(&format!("<cpu mode='{mode}'/>"));
            let resolved = match decided(&known, &host, accelerator, asked) {
                Ok(resolved) => resolved,
                Err(refusal) => {
                    assert_eq!((mode, accelerator), ("host-passthrough", Accelerator::Tcg));
                    assert_eq!(
                        refusal.to_string(),
                        "CPU mode 'host-passthrough' for x86_64 qemu domain on x86_64 host is \
                         not supported by hypervisor"
                    );
                    continue;
                }
            };
            let live = started(accelerator, &resolved).unwrap();
            assert!(!live.granted.is_empty(), "{mode}");
            let text = print(&live.cpu);
            if mode == "host-model" {
                assert!(
                    text.starts_with("<cpu mode='custom' match='exact' check='full'>"),
                    "{text}"
                );
                assert_eq!(live.missing, [""; 0], "what was offered was granted");
            } else {
                assert!(text.contains(&format!("mode='{mode}'")), "{text}");
            }
        }
    }
}

#[test]
fn every_model_that_is_usable_starts_exactly() {
    let Some((host, known)) = known() else { return };
    for accelerator in accelerators(&known) {
        let acceleration = known.abilities.with(accelerator).unwrap();
        // The whole list takes a minute; every tenth model tells as much about this code.
        let usable = acceleration.cpus.iter().filter(|cpu| {
            cpu.usable == Usable::Yes && Catalog::builtin().model(&cpu.name).is_some()
        });
        for cpu in usable.step_by(10) {
            let asked = read(&format!("<cpu mode='custom'><model>{}</model></cpu>", cpu.name));
            let resolved = decided(&known, &host, accelerator, asked).unwrap();
            let live = started(accelerator, &resolved).unwrap();
            assert_eq!(live.missing, [""; 0], "{} under {accelerator:?}", cpu.name);
        }
    }
}

#[test]
fn check_full_refuses_what_differs_and_the_default_cpu_records_it() {
    let Some((host, known)) = known() else { return };
    let accelerator = Accelerator::Tcg;
    let asked = read("<cpu mode='custom' check='full'><model>qemu64</model></cpu>");
    let resolved = decided(&known, &host, accelerator, asked).unwrap();
    let refusal = started(accelerator, &resolved).unwrap_err();
    assert!(refusal.starts_with("guest CPU doesn't match specification: extra features: "));

    let asked = default_cpu(&known.abilities, accelerator, "pc").unwrap();
    let resolved = decided(&known, &host, accelerator, asked.clone()).unwrap();
    assert_eq!(resolved.head, ["qemu64"]);
    let live = started(accelerator, &resolved).unwrap();
    let text = print(&live.cpu);
    assert!(text.starts_with("<cpu mode='custom' match='exact' check='full'>\n  <model fallback='forbid'>qemu64</model>\n"), "{text}");
    assert_eq!(resolved.asked, asked, "what was asked for is kept");
}

#[test]
fn a_missing_feature_is_told_and_recorded() {
    let Some((host, known)) = known() else { return };
    let accelerator = Accelerator::Tcg;
    let asked = read(
        "<cpu mode='custom'><model>qemu64</model><feature policy='require' name='invpcid'/></cpu>",
    );
    let resolved = decided(&known, &host, accelerator, asked).unwrap();
    assert_eq!(resolved.head, ["qemu64", "invpcid=on"]);
    let live = started(accelerator, &resolved).unwrap();
    if live.missing.contains(&"invpcid".to_owned()) {
        assert!(live.messages[0].contains("invpcid"), "{:?}", live.messages);
        assert!(print(&live.cpu).contains("<feature policy='disable' name='invpcid'/>"));
    }
}
