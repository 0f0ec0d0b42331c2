//! Machines on a real QEMU under TCG: their life, their death, and the next daemon. Skipped where there is no QEMU.

#![allow(clippy::unwrap_used, reason = "helpers of tests are not seen as tests")]

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use stead_domain::{
    Domains, Event, EventKind, Hypervisors, Kind, Lifecycle, Machine, Options, Owner, Paused,
    Pending, Receiver, Running, Shutoff, Status, flags,
};
use stead_host::probe;
use stead_qemu::abilities::Abilities;
use stead_qemu::settle::{Age, Settings};
use stead_store::Layout;

const QEMU: &str = "/usr/bin/qemu-system-x86_64";

#[derive(Debug)]
struct Host {
    cache: probe::Cache,
    facts: Arc<stead_facts::Host>,
    known: Mutex<HashMap<String, Arc<Abilities>>>,
}

impl Hypervisors for Host {
    fn abilities<'a>(
        &'a self,
        binary: &'a str,
    ) -> Pending<'a, stead_domain::Result<Arc<Abilities>>> {
        Box::pin(async move {
            let mut known = self.known.lock().unwrap();
            if let Some(found) = known.get(binary) {
                return Ok(Arc::clone(found));
            }
            let found = self.cache.qemu(Path::new(binary), &self.facts).map_err(|error| {
                stead_domain::Error::new(Kind::InternalError, error.to_string())
            })?;
            let found = Arc::new(found.abilities.clone());
            known.insert(binary.to_owned(), Arc::clone(&found));
            Ok(found)
        })
    }

    fn facts(&self) -> Arc<stead_facts::Host> {
        Arc::clone(&self.facts)
    }
}

struct House {
    layout: Layout,
    host: Arc<Host>,
    _root: tempfile::TempDir,
}

impl House {
    fn new() -> Option<Self> {
        if !Path::new(QEMU).exists() {
            eprintln!("skipped: there is no {QEMU}");
            return None;
        }
        let root = tempfile::Builder::new().prefix("sd").tempdir_in("/tmp").unwrap();
        let layout = Layout::root(root.path());
        layout.prepare().unwrap();
        let host = Host {
            cache: probe::Cache::new(layout.cache.clone()),
            facts: Arc::new(probe::host(None)),
            known: Mutex::default(),
        };
        Some(Self { layout, host: Arc::new(host), _root: root })
    }

    fn daemon(&self) -> Domains {
        let below = |name: &str| self.layout.lib.join(name).to_string_lossy().into_owned();
        Domains::open(Options {
            layout: self.layout.clone(),
            settings: Settings {
                lib: below("qemu"),
                channels: below("channel"),
                variables: below("nvram"),
                vnc_listen: "127.0.0.1".into(),
                spice_listen: "127.0.0.1".into(),
                ports: (5900, 65535),
                websocket_ports: (5700, 65535),
                environment: vec![("LC_ALL".into(), "C".into())],
                emulators: vec![("x86_64".into(), QEMU.into())],
                age: Age::New,
                privileged: false,
            },
            firmware: Vec::new(),
            credentials: None,
            hypervisors: Arc::clone(&self.host) as Arc<dyn Hypervisors>,
        })
        .unwrap()
    }
}

fn document(name: &str, more: &str, devices: &str) -> String {
    format!(
        "<domain type='qemu'><name>{name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>\
         <os><type arch='x86_64' machine='q35'>hvm</type></os>{more}\
         <devices><serial type='pty'/>{devices}</devices></domain>"
    )
}

fn status(machine: &Machine) -> Status {
    machine.snapshot().status
}

/// What was announced of life cycles since the last look.
fn lifecycles(receiver: &mut Receiver) -> Vec<Lifecycle> {
    let mut found = Vec::new();
    while let Some(event) = receiver.try_recv() {
        if let Event { kind: EventKind::Lifecycle(lifecycle), .. } = &*event {
            found.push(*lifecycle);
        }
    }
    found
}

async fn until(machine: &Machine, wanted: impl Fn(Status) -> bool, within: Duration) {
    let deadline = Instant::now() + within;
    while !wanted(status(machine)) {
        assert!(Instant::now() < deadline, "still {:?}", status(machine));
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// All files and folders below one.
fn left(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.flat_map(|entry| [vec![entry.path()], left(&entry.path())].concat()).collect()
}

fn signal(pid: u32, signal: &str) {
    let done = std::process::Command::new("kill").args([signal, &pid.to_string()]).status();
    assert!(done.unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_lives_as_libvirt_tells_it() {
    let Some(house) = House::new() else { return };
    let domains = house.daemon();
    let mut events = domains.subscribe(1000);
    let machine = domains.define(&document("one", "", ""), 0).await.unwrap();
    assert_eq!(lifecycles(&mut events), [Lifecycle::Defined(0)]);

    let began = Instant::now();
    machine.start(0, Owner(1)).await.unwrap();
    eprintln!("start took {:?}", began.elapsed());
    assert_eq!(status(&machine), Status::Running(Running::Booted));
    assert_eq!(lifecycles(&mut events), [Lifecycle::Resumed(0), Lifecycle::Started(0)]);
    let live = machine.xml(0).unwrap();
    assert!(live.contains("<domain type='qemu' id='1'>"), "{live}");
    assert!(live.contains("/dev/pts/"), "{live}");
    assert!(!machine.xml(flags::XML_INACTIVE).unwrap().contains("/dev/pts/"));

    machine.suspend().await.unwrap();
    assert_eq!(status(&machine), Status::Paused(Paused::User));
    machine.suspend().await.unwrap();
    machine.resume().await.unwrap();
    assert_eq!(status(&machine), Status::Running(Running::Unpaused));
    assert_eq!(lifecycles(&mut events), [Lifecycle::Suspended(0), Lifecycle::Resumed(0)]);
    let error = machine.resume().await.unwrap_err();
    assert_eq!(error.message, "domain is already running");
    let error = machine.start(0, Owner(1)).await.unwrap_err();
    assert_eq!(
        (error.kind, error.message.as_str()),
        (Kind::OperationInvalid, "domain is already running")
    );

    let answer = machine.monitor(r#"{"execute":"query-status"}"#, 0).await.unwrap();
    assert!(answer.starts_with(r#"{"return":{"status":"running""#), "{answer}");
    let human = machine.monitor("info status", flags::MONITOR_HMP).await.unwrap();
    assert_eq!(human, "VM status: running\r\n");

    let began = Instant::now();
    machine.destroy(0).await.unwrap();
    eprintln!("destroy took {:?}", began.elapsed());
    assert_eq!(status(&machine), Status::Shutoff(Shutoff::Destroyed));
    assert_eq!(lifecycles(&mut events), [Lifecycle::Shutdown(2), Lifecycle::Stopped(1)]);
    let error = machine.destroy(0).await.unwrap_err();
    assert_eq!(error.message, "domain is not running");
    assert_eq!(left(&house.layout.run), Vec::<std::path::PathBuf>::new());
    machine.undefine(0).await.unwrap();
    assert_eq!(lifecycles(&mut events), [Lifecycle::Undefined(0)]);
    assert!(domains.by_name("one").is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_qemu_that_is_killed_has_crashed_and_on_crash_starts_it_again() {
    let Some(house) = House::new() else { return };
    let domains = house.daemon();
    let machine = domains.create(&document("one", "", ""), 0, Owner(1)).await.unwrap();
    let mut events = domains.subscribe(100);
    signal(machine.snapshot().pid.unwrap(), "-KILL");
    let began = Instant::now();
    until(&machine, |status| !status.is_active(), Duration::from_secs(2)).await;
    eprintln!("a crash was seen after {:?}", began.elapsed());
    assert_eq!(lifecycles(&mut events), [Lifecycle::Stopped(5)]);
    assert!(domains.by_name("one").is_err(), "a transient machine is gone with its QEMU");

    let again = "<on_crash>restart</on_crash>";
    let machine = domains.define(&document("two", again, ""), 0).await.unwrap();
    machine.start(0, Owner(1)).await.unwrap();
    let first = machine.snapshot().pid.unwrap();
    signal(first, "-KILL");
    until(&machine, |status| !matches!(status, Status::Running(_)), Duration::from_secs(2)).await;
    until(&machine, |status| matches!(status, Status::Running(_)), Duration::from_secs(20)).await;
    assert_ne!(machine.snapshot().pid, Some(first));
    machine.destroy(0).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_qemu_that_stands_still_holds_nobody_up() {
    let Some(house) = House::new() else { return };
    let domains = house.daemon();
    let machine = domains.create(&document("one", "", ""), 0, Owner(1)).await.unwrap();
    signal(machine.snapshot().pid.unwrap(), "-STOP");
    let began = Instant::now();
    let records = domains.statistics(None, 0, 0).await.unwrap();
    machine.xml(0).unwrap();
    machine.summarised();
    assert_eq!(records.len(), 1);
    eprintln!("statistics of a stopped QEMU took {:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_millis(300), "{:?}", began.elapsed());
    let began = Instant::now();
    domains.statistics(None, 0, 0).await.unwrap();
    assert!(began.elapsed() < Duration::from_millis(150), "{:?}", began.elapsed());
    let began = Instant::now();
    machine.destroy(0).await.unwrap();
    eprintln!("destroy of a stopped QEMU took {:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_daemon_finds_what_runs() {
    let Some(house) = House::new() else { return };
    let former = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (kept, transient) = former
        .spawn({
            let domains = house.daemon();
            async move {
                let kept = domains.define(&document("kept", "", ""), 0).await.unwrap();
                kept.start(flags::START_PAUSED, Owner(1)).await.unwrap();
                let xml = document("transient", "", "");
                let transient = domains.create(&xml, 0, Owner(1)).await.unwrap();
                (kept, transient)
            }
        })
        .await
        .unwrap();
    let pids = (kept.snapshot().pid, transient.snapshot().pid);
    // As kill -9: nothing is told to anybody, and no connection stays.
    drop((kept, transient));
    former.shutdown_background();

    let began = Instant::now();
    let domains = house.daemon();
    let kept = domains.by_name("kept").unwrap();
    let transient = domains.by_name("transient").unwrap();
    eprintln!("listed after {:?}", began.elapsed());
    assert_eq!(status(&kept), Status::Paused(Paused::User));
    assert_eq!(status(&transient), Status::Running(Running::Booted));
    assert!(kept.snapshot().persistent && !transient.snapshot().persistent);
    kept.resume().await.unwrap();
    eprintln!("answered after {:?}", began.elapsed());
    assert_eq!((kept.snapshot().pid, transient.snapshot().pid), pids);
    assert!(transient.xml(0).unwrap().contains("/dev/pts/"));
    let mut events = domains.subscribe(100);
    transient.suspend().await.unwrap();
    assert_eq!(lifecycles(&mut events), [Lifecycle::Suspended(0)]);
    transient.destroy(0).await.unwrap();
    kept.destroy(0).await.unwrap();
    assert_eq!(status(&kept), Status::Shutoff(Shutoff::Destroyed));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_daemon_can_end_what_stands_still() {
    let Some(house) = House::new() else { return };
    let former = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let machine = former
        .spawn({
            let domains = house.daemon();
            async move { domains.create(&document("one", "", ""), 0, Owner(1)).await.unwrap() }
        })
        .await
        .unwrap();
    signal(machine.snapshot().pid.unwrap(), "-STOP");
    drop(machine);
    former.shutdown_background();
    let domains = house.daemon();
    let machine = domains.by_name("one").unwrap();
    assert_eq!(status(&machine), Status::Running(Running::Booted));
    assert!(machine.xml(0).unwrap().contains("/dev/pts/"));
    let began = Instant::now();
    machine.destroy(0).await.unwrap();
    eprintln!("the next daemon's destroy of a stopped QEMU took {:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(left(&house.layout.run), Vec::<std::path::PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_record_orphans_nothing() {
    let Some(house) = House::new() else { return };
    for keep in [0, 200] {
        let former = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let machine = former
            .spawn({
                let domains = house.daemon();
                async move { domains.create(&document("one", "", ""), 0, Owner(1)).await.unwrap() }
            })
            .await
            .unwrap();
        let (pid, uuid) = (machine.snapshot().pid, machine.uuid());
        drop(machine);
        former.shutdown_background();
        let file = house.layout.machine(uuid).join("status");
        let whole = std::fs::read(&file).unwrap();
        std::fs::write(&file, &whole[..keep]).unwrap();

        let domains = house.daemon();
        let deadline = Instant::now() + Duration::from_secs(5);
        let machine = loop {
            match domains.by_name("one") {
                Ok(machine) if machine.snapshot().pid.is_some() => break machine,
                _ => assert!(Instant::now() < deadline, "not found again"),
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        assert_eq!(machine.snapshot().pid, pid);
        assert!(machine.snapshot().degraded);
        assert!(matches!(status(&machine), Status::Running(_)));
        machine.destroy(0).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_start_says_why_and_leaves_nothing() {
    let Some(house) = House::new() else { return };
    let domains = house.daemon();
    let disk =
        "<disk type='file'><source file='/nonexistent'/><target dev='vda' bus='virtio'/></disk>";
    let machine = domains.define(&document("one", "", disk), 0).await.unwrap();
    let error = machine.start(0, Owner(1)).await.unwrap_err();
    assert_eq!(
        error.message,
        "Cannot access storage file '/nonexistent': No such file or directory"
    );
    assert_eq!(status(&machine), Status::Shutoff(Shutoff::Failed));
    assert_eq!(left(&house.layout.run), Vec::<std::path::PathBuf>::new());

    let wrong = house.layout.lib.join("wrong.qcow2");
    std::fs::write(&wrong, "this is no qcow2 image").unwrap();
    let disk = format!(
        "<disk type='file'><driver name='qemu' type='qcow2'/><source file='{}'/><backingStore/>\
         <target dev='vda' bus='virtio'/></disk>",
        wrong.display()
    );
    let machine = domains.define(&document("two", "", &disk), 0).await.unwrap();
    let error = machine.start(0, Owner(1)).await.unwrap_err();
    eprintln!("{error}");
    assert!(error.message.contains("qcow2"), "{error}");
    assert_eq!(left(&house.layout.run), Vec::<std::path::PathBuf>::new());
}

/// A boot sector that does one thing and then sleeps: what firmware starts from the first disk.
fn sector(house: &House, name: &str, code: &[u8]) -> String {
    // Firmware boots from no disk smaller than a cylinder.
    let mut bytes = vec![0; 1 << 20];
    bytes[..code.len()].copy_from_slice(code);
    bytes[code.len()..code.len() + 3].copy_from_slice(&[0xf4, 0xeb, 0xfd]);
    bytes[510..512].copy_from_slice(&[0x55, 0xaa]);
    let path = house.layout.lib.join(name);
    std::fs::write(&path, bytes).unwrap();
    format!(
        "<disk type='file'><driver name='qemu' type='raw'/><source file='{}'/>\
         <target dev='sda' bus='sata'/></disk>",
        path.display()
    )
}

/// `out 0x604, 0x2000`: off, by q35's ACPI registers.
const POWER_OFF: &[u8] = &[0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef];
/// `out 0xcf9, 6`: a hard reset.
const RESET: &[u8] = &[0xba, 0xf9, 0x0c, 0xb0, 0x06, 0xee];
/// `out 0x505, 1`: a panic, by the pvpanic device.
const PANIC: &[u8] = &[0xba, 0x05, 0x05, 0xb0, 0x01, 0xee];

const ACPI: &str = "<features><acpi/></features>";

/// The life cycles that follow a start, up to the last that is expected.
async fn follow(events: &mut Receiver, expected: &[Lifecycle]) {
    let mut found = Vec::new();
    let deadline = Duration::from_secs(60);
    while found.len() < expected.len() {
        let event = tokio::time::timeout(deadline, events.recv()).await;
        let event = event.unwrap_or_else(|_| panic!("after {found:?} nothing more"));
        if let EventKind::Lifecycle(lifecycle) = event.unwrap().kind {
            found.push(lifecycle);
        }
    }
    assert_eq!(found, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_powers_off_ends_or_comes_up_again() {
    let Some(house) = House::new() else { return };
    let domains = house.daemon();
    let disk = sector(&house, "off.raw", POWER_OFF);
    let mut events = domains.subscribe(1000);
    let started = [Lifecycle::Resumed(0), Lifecycle::Started(0)];
    domains.create(&document("one", ACPI, &disk), 0, Owner(1)).await.unwrap();
    follow(&mut events, &started).await;
    follow(&mut events, &[Lifecycle::Shutdown(1), Lifecycle::Stopped(0)]).await;

    let again = format!("{ACPI}<on_poweroff>restart</on_poweroff>");
    let machine = domains.create(&document("two", &again, &disk), 0, Owner(1)).await.unwrap();
    follow(&mut events, &started).await;
    follow(&mut events, &[Lifecycle::Shutdown(1), Lifecycle::Resumed(0)]).await;
    follow(&mut events, &[Lifecycle::Shutdown(1), Lifecycle::Resumed(0)]).await;
    machine.destroy(0).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_resets_goes_on_or_ends() {
    let Some(house) = House::new() else { return };
    let domains = house.daemon();
    let disk = sector(&house, "reset.raw", RESET);
    let mut events = domains.subscribe(1000);
    let started = [Lifecycle::Resumed(0), Lifecycle::Started(0)];
    let ends = format!("{ACPI}<on_reboot>destroy</on_reboot>");
    domains.create(&document("one", &ends, &disk), 0, Owner(1)).await.unwrap();
    follow(&mut events, &started).await;
    follow(&mut events, &[Lifecycle::Shutdown(1), Lifecycle::Stopped(0)]).await;

    let machine = domains.create(&document("two", ACPI, &disk), 0, Owner(1)).await.unwrap();
    let deadline = Duration::from_secs(60);
    loop {
        let event = tokio::time::timeout(deadline, events.recv()).await.unwrap().unwrap();
        if event.kind == EventKind::Reboot {
            break;
        }
    }
    machine.destroy(0).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_panics_is_treated_as_its_document_says() {
    let Some(house) = House::new() else { return };
    let domains = house.daemon();
    let devices = format!("{}<panic model='isa'/>", sector(&house, "panic.raw", PANIC));
    let mut events = domains.subscribe(1000);
    let started = [Lifecycle::Resumed(0), Lifecycle::Started(0)];
    domains.create(&document("one", ACPI, &devices), 0, Owner(1)).await.unwrap();
    follow(&mut events, &started).await;
    follow(&mut events, &[Lifecycle::Crashed(0)]).await;
    let end = loop {
        let event = events.recv().await.unwrap();
        match event.kind {
            EventKind::Lifecycle(Lifecycle::Shutdown(_)) => {}
            EventKind::Lifecycle(lifecycle) => break lifecycle,
            _ => {}
        }
    };
    assert_eq!(end, Lifecycle::Stopped(2));

    let keeps = format!("{ACPI}<on_crash>preserve</on_crash>");
    let machine = domains.create(&document("two", &keeps, &devices), 0, Owner(1)).await.unwrap();
    follow(&mut events, &started).await;
    follow(&mut events, &[Lifecycle::Crashed(0)]).await;
    assert!(matches!(status(&machine), Status::Crashed(_)));
    machine.destroy(0).await.unwrap();
    while events.try_recv().is_some() {}

    let again = format!("{ACPI}<on_crash>restart</on_crash>");
    let machine = domains.create(&document("three", &again, &devices), 0, Owner(1)).await.unwrap();
    follow(&mut events, &started).await;
    follow(&mut events, &[Lifecycle::Crashed(0), Lifecycle::Resumed(0)]).await;
    machine.destroy(0).await.unwrap();
}
