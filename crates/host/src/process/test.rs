use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::{self, File},
    os::fd::AsFd,
    path::Path,
    time::{Duration, Instant},
};

use super::*;
use crate::cgroup::Hierarchy;

const UUID: Uuid = Uuid::from_u128(0x1234);

/// Runs a shell script as a machine's process, with `prepare` to change the request; what it wrote.
struct Script {
    folder: tempfile::TempDir,
    output: File,
}

impl Script {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let output = File::create(folder.path().join("output")).unwrap();
        Self { folder, output }
    }

    fn start(
        &self,
        script: &str,
        prepare: impl FnOnce(&mut Spawn<'_>),
    ) -> Result<Process, SpawnError> {
        let words = ["-c", script, "-uuid", "00000000-0000-0000-0000-000000001234"];
        let arguments: Vec<OsString> = words.iter().map(OsString::from).collect();
        let environment = [("PATH".into(), "/usr/bin:/bin".into())];
        let mut request = Spawn {
            uuid: UUID,
            run: self.folder.path(),
            binary: Path::new("/bin/sh"),
            arguments: &arguments,
            environment: &environment,
            descriptors: Vec::new(),
            output: self.output.as_fd(),
            credentials: None,
            folder: Path::new("/"),
            umask: 0o077,
            limits: Limits::default(),
            cgroup: None,
        };
        prepare(&mut request);
        spawn(request)
    }

    fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("output")).unwrap()
    }
}

async fn run(script: &str, prepare: impl FnOnce(&mut Spawn<'_>)) -> (Exit, String) {
    let run = Script::new();
    let process = run.start(script, prepare).unwrap();
    let exit = process.exited().await.unwrap();
    (exit, run.said())
}

#[tokio::test]
async fn the_child_has_what_was_asked_for_and_nothing_else() {
    let leak = File::open("/dev/null").unwrap();
    // Inheritable, as a careless library would leave it.
    rustix::io::fcntl_setfd(&leak, rustix::io::FdFlags::empty()).unwrap();
    let given = tempfile::NamedTempFile::new().unwrap();
    let name = given.path().display().to_string();
    let script = "for n in 0 1 2 3 4 5 6 7 8 9 10 20 100; do \
         test -e /proc/$$/fd/$n && echo $n $(readlink /proc/$$/fd/$n); done; \
         echo umask $(umask); echo folder $(pwd); env | grep -v -e ^_= -e ^PWD= | sort; \
         echo sid $(cut -d' ' -f6 /proc/$$/stat) $$; ulimit -n; ulimit -c; \
         grep -E 'SigBlk|SigIgn|NoNewPrivs' /proc/self/status";
    let (exit, said) = run(script, |request| {
        request.descriptors = vec![
            Descriptor { number: 9, fd: given.reopen().unwrap().into() },
            Descriptor { number: 4, fd: given.reopen().unwrap().into() },
        ];
        request.limits = Limits { open_files: Some(333), core_bytes: Some(0), locked_bytes: None };
    })
    .await;
    assert_eq!(exit, Exit::Code(0), "{said}");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "0 /dev/null");
    assert!(lines[1].starts_with("1 ") && lines[2].starts_with("2 "), "{said}");
    assert_eq!(lines[3..5], [format!("4 {name}"), format!("9 {name}")], "{said}");
    assert_eq!(lines[5], "umask 0077", "{said}");
    assert_eq!(lines[6], "folder /");
    assert_eq!(lines[7], "PATH=/usr/bin:/bin");
    assert!(lines[8].starts_with("STEAD_RUN=/"), "{said}");
    let session: Vec<&str> = lines[9].split(' ').collect();
    assert_eq!(session[1], session[2], "a session of its own");
    assert_eq!(lines[10..12], ["333", "0"]);
    let status: BTreeMap<&str, &str> =
        lines[12..].iter().filter_map(|line| line.split_once(":\t")).collect();
    assert_eq!(status["SigBlk"], "0000000000000000");
    assert_eq!(status["SigIgn"], "0000000000000000", "the daemon ignores SIGPIPE, QEMU must not");
    assert_eq!(status["NoNewPrivs"], "1");
}

#[tokio::test]
async fn an_end_is_told_by_status_or_signal_to_all_who_wait() {
    let run = Script::new();
    let process = run.start("exit 7", |_| {}).unwrap();
    let other = process.clone();
    let (one, two) = tokio::join!(process.exited(), other.exited());
    assert_eq!((one.unwrap(), two.unwrap()), (Exit::Code(7), Exit::Code(7)));
    assert_eq!(process.signal(Signal::TERM).unwrap(), Delivery::Ended);

    let process = run.start("exec sleep 100", |_| {}).unwrap();
    assert_eq!(process.try_exited(), None);
    let began = Instant::now();
    assert_eq!(process.signal(Signal::KILL).unwrap(), Delivery::Sent);
    assert_eq!(process.exited().await.unwrap(), Exit::Signal(9));
    assert!(began.elapsed() < Duration::from_millis(500));
}

#[test]
fn a_start_that_fails_names_the_step_and_leaves_no_process() {
    let run = Script::new();
    let error = run.start("", |request| request.binary = Path::new("/nonexistent/qemu"));
    match error {
        Err(SpawnError::Step { step: Step::Execute, source, .. }) => {
            assert_eq!(source.kind(), io::ErrorKind::NotFound);
        }
        other => panic!("{other:?}"),
    }
    let error = run.start("", |request| request.folder = Path::new("/nonexistent"));
    assert!(matches!(error, Err(SpawnError::Step { step: Step::Folder, .. })), "{error:?}");
    let error = run.start("", |request| {
        request
            .descriptors
            .push(Descriptor { number: 2, fd: run.output.try_clone().unwrap().into() });
    });
    assert!(matches!(error, Err(SpawnError::Request { .. })), "{error:?}");
    assert!(scan(run.folder.path()).unwrap().is_empty());
}

#[tokio::test]
async fn a_process_is_found_by_its_mark_and_adopted_by_its_identity() {
    let run = Script::new();
    let process = run.start("kill -STOP $$", |_| {}).unwrap();
    // Its command line is there a moment after it executes.
    let mut found = Vec::new();
    while found.is_empty() {
        found = scan(run.folder.path()).unwrap();
    }
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].identity, *process.identity());
    assert_eq!(found[0].arguments[0], "/bin/sh");
    assert!(scan(Path::new("/another/root")).unwrap().is_empty());

    let adopted = Process::adopt(process.identity()).unwrap();
    let identity = process.identity().clone();
    let wrong = |change: fn(&mut Identity)| {
        let mut identity = identity.clone();
        change(&mut identity);
        Process::adopt(&identity)
    };
    assert!(matches!(wrong(|id| id.start_ticks += 1), Err(AdoptError::Replaced { .. })));
    assert!(matches!(wrong(|id| id.boot.push('x')), Err(AdoptError::OtherBoot { .. })));
    assert!(matches!(wrong(|id| id.pid = u32::MAX), Err(AdoptError::Ended { .. })));

    assert_eq!(adopted.signal(Signal::KILL).unwrap(), Delivery::Sent);
    adopted.exited().await.unwrap();
    assert!(matches!(Process::adopt(&identity), Err(AdoptError::Ended { .. })));
}

#[tokio::test]
async fn the_end_of_a_process_that_is_not_our_child_is_seen() {
    let run = Script::new();
    let parent = run.start("sleep 0.3 & echo $!", |_| {}).unwrap();
    parent.exited().await.unwrap();
    let pid: u32 = run.said().trim().parse().unwrap();
    let stat = procfs::stat(pid).unwrap();
    let boot = procfs::boot_id().to_owned();
    let stranger =
        Process::adopt(&Identity { boot, pid, start_ticks: stat.start_ticks, uuid: UUID }).unwrap();
    assert_eq!(stranger.try_exited(), None);
    let exit = tokio::time::timeout(Duration::from_secs(5), stranger.exited()).await;
    assert_eq!(exit.unwrap().unwrap(), Exit::Unknown);
}

#[tokio::test]
async fn root_gives_itself_up_completely_and_stays_dumpable_itself() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: only root can become another user");
        return;
    }
    let before = rustix::process::dumpable_behavior().unwrap();
    let (exit, said) = run("id -u; id -g; id -G; grep CapEff /proc/$$/status", |request| {
        request.credentials = Some(Credentials { uid: 65534, gid: 65533, groups: vec![65532] });
    })
    .await;
    assert_eq!(exit, Exit::Code(0));
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[..2], ["65534", "65533"]);
    assert_eq!(lines[2], "65533 65532");
    assert_eq!(lines[3], "CapEff:\t0000000000000000");
    assert_eq!(rustix::process::dumpable_behavior().unwrap(), before);
}

/// Not a check, a figure: `cargo test -p stead-host spawn_time -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "a measurement"]
async fn spawn_time() {
    let ballast = vec![1_u8; 256 << 20];
    let run = Script::new();
    let mut times = Vec::new();
    for _ in 0..50 {
        let began = Instant::now();
        let process = run.start("exit 0", |_| {}).unwrap();
        times.push(began.elapsed());
        process.exited().await.unwrap();
    }
    times.sort();
    println!("{:?} median with {} MiB touched", times[25], ballast.len() >> 20);
}

#[tokio::test]
async fn a_process_is_in_its_own_cgroup_from_its_first_instruction() {
    let hierarchy = match Hierarchy::find() {
        Ok(hierarchy) => hierarchy,
        Err(why) => {
            println!("skipped: {why}");
            return;
        }
    };
    let uuid = Uuid::new_v4();
    let cgroup = hierarchy.machine(uuid).unwrap();
    let path = cgroup.path().to_owned();
    let (exit, said) = run("grep ^0:: /proc/$$/cgroup", |request| {
        request.cgroup = Some(Box::leak(Box::new(cgroup)));
    })
    .await;
    assert_eq!(exit, Exit::Code(0));
    assert!(said.trim().ends_with(&format!("/stead/{uuid}")), "{said}");
    hierarchy.remove(uuid).unwrap();
    hierarchy.remove(uuid).unwrap();
    assert!(!path.exists());
}
