//! Real QEMU takes the command lines: each document is settled, planned and started paused under
//! TCG, told what a start is told, and its answers are read back. Without QEMU the test says so.

#![allow(clippy::unwrap_used, reason = "a test")]

mod machines;

use std::io::{BufRead, BufReader, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stead_config::{Domain, Form};
use stead_qemu::abilities::{self, Abilities, Accelerator, Answers, Session};
use stead_qemu::cpu::{Origin as Continuity, Situation};
use stead_qemu::needs::{Need, Role};
use stead_qemu::{Live, News, Origin, Seed, describe, needs, plan, refresh, settle};

const BINARY: &str = "/usr/bin/qemu-system-x86_64";

struct Qemu(Child);

impl Drop for Qemu {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One command and its reply; events before it are skipped.
fn ask<R: BufRead>(
    to: &mut impl Write,
    from: &mut R,
    execute: &str,
    arguments: &Value,
) -> Result<Value, String> {
    let mut command = json!({ "execute": execute });
    if !arguments.is_null() {
        command["arguments"] = arguments.clone();
    }
    writeln!(to, "{command}").map_err(|error| error.to_string())?;
    loop {
        let mut line = String::new();
        if from.read_line(&mut line).map_err(|error| error.to_string())? == 0 {
            return Err("QEMU hung up".to_owned());
        }
        let reply: Value = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        if let Some(value) = reply.get("return") {
            return Ok(value.clone());
        }
        if let Some(error) = reply.get("error") {
            return Err(format!("{execute}: {error}"));
        }
    }
}

fn probed() -> Abilities {
    let mut command = Command::new(BINARY);
    command.args([
        "-S",
        "-no-user-config",
        "-nodefaults",
        "-nographic",
        "-machine",
        "none,accel=tcg",
    ]);
    command.args(["-qmp", "stdio"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut qemu = Qemu(command.spawn().unwrap());
    let mut to = qemu.0.stdin.take().unwrap();
    let mut from = BufReader::new(qemu.0.stdout.take().unwrap());
    let mut greeting = String::new();
    from.read_line(&mut greeting).unwrap();
    ask(&mut to, &mut from, "qmp_capabilities", &Value::Null).unwrap();
    let mut answers = Answers::default();
    for session in [Session::Common, Session::Accelerated(Accelerator::Tcg)] {
        for question in abilities::questions(session) {
            if let Ok(value) = ask(&mut to, &mut from, question.execute, &question.arguments) {
                answers.insert(question.execute, &question.arguments, value);
            }
        }
    }
    abilities::parse(BINARY, &answers, &[(Accelerator::Tcg, answers.clone())]).unwrap()
}

#[test]
fn qemu_takes_the_command_lines() {
    if !Path::new(BINARY).exists() {
        println!("skipped: {BINARY} is not installed");
        return;
    }
    let abilities = probed();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
    for case in testkit::cases(folder, "xml") {
        // The others need taps, KVM, vhost or firmware.
        if ["q35", "pc", "uefi"].contains(&case.name.as_str()) {
            start(&case.name, &case.input, &abilities);
        }
    }
}

fn start(name: &str, text: &str, abilities: &Abilities) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    for file in ["a.img", "b.img", "c.img"] {
        let size = if file == "c.img" { 1_474_560 } else { 1 << 20 };
        std::fs::File::create(folder.path().join(file)).unwrap().set_len(size).unwrap();
    }
    for file in ["code.fd", "vars.fd"] {
        std::fs::File::create(folder.path().join(file)).unwrap().set_len(1 << 18).unwrap();
    }
    // vhost-vsock needs a module and rights that a test may lack.
    let text = text.replace("@DIR@", path).replace("    <vsock/>\n", "");
    let mut settings = machines::settings();
    settings.lib = path.to_owned();
    settings.variables = path.to_owned();
    settings.ports = (free_port(), 65535);
    let asked = Domain::parse(&text).unwrap();
    let settled = settle(&asked, Some(abilities), &settings, &[], &mut Seed::Counting);
    let settled = settled.unwrap_or_else(|faults| panic!("{name}: {faults}")).into_domain();

    let mut grants = machines::grants(&settled, &settings);
    grants.folder = format!("{path}/domain-7-{name}");
    grants.master_key = Some(format!("{path}/key"));
    std::fs::write(format!("{path}/key"), [7; 32]).unwrap();
    std::fs::create_dir_all(&grants.folder).unwrap();
    let monitor = format!("{path}/monitor.sock");
    let mut kept: Vec<OwnedFd> = Vec::new();
    grants.descriptors.clear();
    let serve = |role: Role, path: &str| {
        let listener = UnixListener::bind(path).unwrap();
        (role, OwnedFd::from(listener))
    };
    let mut opened = vec![serve(Role::Monitor, &monitor)];
    for need in needs(&settled, &settings, &grants) {
        match need {
            Need::Listen { alias, .. } => {
                let socket = format!("{path}/{alias}.sock.test");
                opened.push(serve(Role::Socket { alias }, &socket));
            }
            Need::Output { alias, path, .. } => {
                let file = std::fs::File::create(path).unwrap();
                opened.push((Role::File { alias }, OwnedFd::from(file)));
            }
            Need::Variables { path, .. } => {
                std::fs::File::create(path).unwrap().set_len(1 << 18).unwrap();
            }
            _ => {}
        }
    }
    for (role, descriptor) in opened {
        rustix::io::fcntl_setfd(descriptor.as_fd(), rustix::io::FdFlags::empty()).unwrap();
        grants.descriptors.push((role, descriptor.as_raw_fd()));
        kept.push(descriptor);
    }

    let catalog = stead_cpu::Catalog::builtin();
    let host = stead_facts::Host { arch: "x86_64".to_owned(), ..Default::default() };
    let acceleration = abilities.with(Accelerator::Tcg).unwrap();
    let host_cpus = acceleration.host_cpus(catalog, &host.cpuid);
    let situation = Situation {
        catalog,
        abilities,
        acceleration,
        host: &host,
        host_cpus: &host_cpus,
        origin: Continuity::Fresh,
    };
    let plan = plan(&settled, &situation, &settings, &grants, Origin::Cold);
    let plan = plan.unwrap_or_else(|faults| panic!("{name}: {faults}"));
    let mut command = Command::new(&plan.binary);
    command.env_clear().envs(plan.environment.iter().map(|(key, value)| (key, value)));
    command.args(stead_qemu::argv::argv(&plan).into_iter().map(|argument| argument.0));
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    let mut qemu = Qemu(command.spawn().unwrap());
    drop(kept);
    let live = told(name, &monitor, &plan, &mut qemu.0);
    let document = describe(&live).print(Form::LIVE);
    if document.contains("<serial type='pty'>") {
        assert!(document.contains("<source path='/dev/pts/"), "{document}");
    }
    assert_eq!(live.record.vcpus.len() as u32, settled.vcpu.at_start(), "{name}");
}

/// Says what a start says; fails with what QEMU wrote when it has gone.
fn told(name: &str, monitor: &str, plan: &stead_qemu::Plan, qemu: &mut Child) -> Live {
    let stream = UnixStream::connect(monitor).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut to = stream.try_clone().unwrap();
    let mut from = BufReader::new(stream);
    let mut greeting = String::new();
    let started = Instant::now();
    if from.read_line(&mut greeting).unwrap_or(0) == 0 {
        panic!("{name}: QEMU ended: {}", last_words(qemu));
    }
    println!("{name}: greeted after {:?}", started.elapsed());
    let mut live = Live::new(plan, 7);
    for call in plan.calls() {
        let value = ask(&mut to, &mut from, &call.execute, &call.arguments)
            .unwrap_or_else(|error| panic!("{name}: {error}: {}", last_words(qemu)));
        live = refresh(&live, News::Reply(&call, &value));
    }
    let _ = ask(&mut to, &mut from, "quit", &Value::Null);
    live
}

fn last_words(qemu: &mut Child) -> String {
    let _ = qemu.kill();
    let mut said = String::new();
    if let Some(stderr) = qemu.stderr.take() {
        let _ = std::io::Read::read_to_string(&mut BufReader::new(stderr), &mut said);
    }
    said
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
