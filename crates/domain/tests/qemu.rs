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
