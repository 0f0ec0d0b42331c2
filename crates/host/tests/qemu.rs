//! A real QEMU: started, spoken to by one daemon and then by the next, and ended. Without a QEMU these tests say that they
//! are skipped.
#![allow(clippy::unwrap_used, reason = "helpers of tests may")]

use std::{
    ffi::OsString,
    fs,
    os::fd::AsFd,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use stead_host::{
    listen,
    log::{Log, Pipe},
    monitor::{Incoming, Monitor, MonitorError},
    process::{Descriptor, Exit, Limits, Process, Signal, Spawn, scan, spawn},
};
use stead_qmp::{
    EventKind,
    command::{Cont, QueryCommands, QueryStatus, Quit, RunState, StopVcpus, SystemReset},
};
use uuid::Uuid;

const QEMU: &str = "/usr/bin/qemu-system-x86_64";
const UUID: Uuid = Uuid::from_u128(0x5eed);

/// One QEMU without a guest, and what is around it.
struct Machine {
    root: tempfile::TempDir,
    process: Process,
    log: Log,
    pipe: Pipe,
}

impl Machine {
    fn start(extra: &[&str]) -> Option<Self> {
        if !Path::new(QEMU).exists() {
            println!("skipped: no {QEMU}");
            return None;
        }
        let root = tempfile::tempdir().unwrap();
        let log = Log::open(&root.path().join("log")).unwrap();
        let pipe = Pipe::open(&root.path().join("pipe")).unwrap();
        let output = pipe.write_end().unwrap();
        let monitor = listen::unix(&root.path().join("qmp"), 0o600).unwrap();
        let uuid = UUID.hyphenated().to_string();
        let mut arguments: Vec<OsString> = [
            "-uuid",
            &uuid,
            "-machine",
            "q35,accel=tcg",
            "-m",
            "32",
            "-nodefaults",
            "-no-user-config",
            "-display",
            "none",
            "-S",
            "-sandbox",
            "on",
            "-chardev",
            "socket,id=charmonitor,fd=5,server=on,wait=off",
            "-mon",
            "chardev=charmonitor,id=monitor,mode=control",
        ]
        .iter()
        .map(OsString::from)
        .collect();
        arguments.extend(extra.iter().map(OsString::from));
        let process = spawn(Spawn {
            uuid: UUID,
            run: root.path(),
            binary: Path::new(QEMU),
            arguments: &arguments,
            environment: &[("PATH".into(), "/usr/bin:/bin".into())],
            descriptors: vec![Descriptor { number: 5, fd: monitor }],
            output: output.as_fd(),
            credentials: None,
            folder: Path::new("/"),
            umask: 0o077,
            limits: Limits::default(),
            cgroup: None,
        })
        .unwrap();
        Some(Self { root, process, log, pipe })
    }

    fn socket(&self) -> PathBuf {
        self.root.path().join("qmp")
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Ended already, in most tests.
        let _ = self.process.signal(Signal::KILL);
        while self.process.try_exited().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

#[tokio::test]
async fn commands_behind_the_capabilities_need_no_round_trip_and_events_come() {
    let began = Instant::now();
    let Some(machine) = Machine::start(&[]) else { return };
    let spawned = began.elapsed();
    let (monitor, mut queue, ready) = Monitor::connect(&machine.socket()).await.unwrap();
    let status = monitor.send(&QueryStatus {});
    let cont = monitor.send(&Cont {});
    ready.within(Duration::from_secs(30)).await.unwrap();
    assert_eq!(status.answer().await.unwrap().status, RunState::Prelaunch);
    cont.answer().await.unwrap();
    println!("spawned after {spawned:?}, running after {:?}", began.elapsed());
    assert_eq!(monitor.greeting().unwrap().version.qemu.major, 10);
    monitor.execute(&StopVcpus {}).await.unwrap();
    monitor.execute(&SystemReset {}).await.unwrap();
    let names: Vec<_> = std::iter::from_fn(|| queue.try_next())
        .map(|incoming| match incoming {
            Incoming::Event(event) => event.name,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(names, ["RESUME", "STOP", "RESET"]);

    let text = r#"{"execute":"query-status"}"#;
    let reply = monitor.execute_text(text, Duration::from_secs(5)).await.unwrap();
    assert!(reply.starts_with(r#"{"return":{"#) && reply.contains(r#""id":"libvirt-"#), "{reply}");
    let human = monitor.execute_human("info status", Duration::from_secs(5)).await.unwrap();
    assert!(human.starts_with("VM status: paused"), "{human}");
    assert!(monitor.execute(&QueryCommands {}).await.unwrap().len() > 100);

    let quit = monitor.send(&Quit {});
    assert_eq!(machine.process.exited().await.unwrap(), Exit::Code(0));
    let _ = quit.answer().await;
    let shutdown = std::iter::from_fn(|| queue.try_next()).any(|incoming| {
        matches!(&incoming, Incoming::Event(event) if matches!(event.kind, EventKind::Shutdown(_)))
    });
    assert!(shutdown);
}

#[tokio::test]
async fn the_next_daemon_finds_it_and_connects_again() {
    let Some(machine) = Machine::start(&[]) else { return };
    let (first, queue, ready) = Monitor::connect(&machine.socket()).await.unwrap();
    ready.within(Duration::from_secs(30)).await.unwrap();
    first.execute(&Cont {}).await.unwrap();
    drop((first, queue));

    let found = scan(machine.root.path()).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].identity.uuid, UUID);
    let process = Process::adopt(&found[0].identity).unwrap();
    let (monitor, _queue, ready) = Monitor::connect(&machine.socket()).await.unwrap();
    ready.answer().await.unwrap();
    assert_eq!(monitor.execute(&QueryStatus {}).await.unwrap().status, RunState::Running);
    process.signal(Signal::KILL).unwrap();
    let began = Instant::now();
    machine.process.exited().await.unwrap();
    println!("its end was seen after {:?}", began.elapsed());
}

#[tokio::test]
async fn a_stopped_one_is_late_and_still_can_be_killed() {
    let Some(machine) = Machine::start(&[]) else { return };
    let (monitor, _queue, ready) = Monitor::connect(&machine.socket()).await.unwrap();
    ready.within(Duration::from_secs(30)).await.unwrap();
    machine.process.signal(Signal::STOP).unwrap();
    let began = Instant::now();
    let late = monitor.execute_within(&QueryStatus {}, Duration::from_millis(50)).await;
    assert!(matches!(late, Err(MonitorError::Late { .. })), "{late:?}");
    assert!(began.elapsed() < Duration::from_millis(200));
    assert!(monitor.unanswered_for().is_some());
    machine.process.signal(Signal::KILL).unwrap();
    assert_eq!(machine.process.exited().await.unwrap(), Exit::Signal(9));
    assert!(matches!(monitor.execute(&Cont {}).await, Err(MonitorError::Closed { .. })));
}

#[tokio::test]
async fn what_it_says_before_it_ends_is_in_the_log() {
    let Some(machine) = Machine::start(&["-device", "no-such-device"]) else { return };
    let mark = machine.log.mark();
    let (monitor, _queue, ready) = Monitor::connect(&machine.socket()).await.unwrap();
    assert!(ready.within(Duration::from_secs(30)).await.is_err());
    drop(monitor);
    assert_eq!(machine.process.exited().await.unwrap(), Exit::Code(1));
    machine.pipe.drain(&machine.log);
    let words = machine.log.since(mark);
    assert!(words.contains("'no-such-device' is not a valid device model name"), "{words}");
    assert_eq!(fs::read_to_string(machine.root.path().join("log")).unwrap(), words);
}
