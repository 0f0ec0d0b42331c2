//! Starts a QEMU.
//!
//! `fork` copies the page tables of the daemon, which takes longer the more the daemon holds; `posix_spawn` does
//! not, but knows neither sessions, groups nor limits. So this is what `posix_spawn` does inside: a child by
//! `clone(CLONE_VM | CLONE_VFORK)` that borrows our memory until it executes, while the calling thread stands
//! still. It makes nothing but system calls, on memory that was laid out before. The price: it must not use
//! libc's `setuid` (which would tell all our threads), and the kernel marks the shared memory undumpable when the
//! child gives up root, which is put right afterwards.

#![allow(unsafe_code, reason = "a child between clone and exec can be had by no safe call")]

use std::{
    ffi::{CString, OsStr, OsString, c_char, c_int, c_void},
    fs::File,
    io,
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd},
        unix::ffi::OsStrExt,
    },
    path::Path,
    ptr,
    sync::{Mutex, PoisonError},
};

use nix::libc;
use rustix::process::{DumpableBehavior, dumpable_behavior, set_dumpable_behavior};
use uuid::Uuid;

use super::{Identity, Process, scan::MARK};
use crate::{Error, cgroup::Cgroup, procfs};

/// Enough for a function that calls nothing deep; the kernel's signal frame alone may take 11 KiB (AMX).
const STACK_BYTES: usize = 64 << 10;

/// A process to start.
#[derive(Debug)]
pub struct Spawn<'a> {
    /// The machine's UUID, which its command line bears too.
    pub uuid: Uuid,
    /// The daemon's `run` folder: by it [`super::scan`] finds the process again.
    pub run: &'a Path,
    /// Path of the program.
    pub binary: &'a Path,
    /// Its arguments, without the program's name.
    pub arguments: &'a [OsString],
    /// All of its environment; the mark for [`super::scan`] is added.
    pub environment: &'a [(OsString, OsString)],
    /// What it inherits besides 0, 1 and 2. Closed here once it runs.
    pub descriptors: Vec<Descriptor>,
    /// Where its standard output and error go. Its standard input is `/dev/null`.
    pub output: BorrowedFd<'a>,
    /// Whom it runs as; none: as we do.
    pub credentials: Option<Credentials>,
    /// Its working folder.
    pub folder: &'a Path,
    /// Mode bits that files it makes do not get.
    pub umask: u32,
    /// Its limits.
    pub limits: Limits,
    /// Its group; none: ours.
    pub cgroup: Option<&'a Cgroup>,
}

/// An inherited descriptor.
#[derive(Debug)]
pub struct Descriptor {
    /// Its number in the child, at least 3; no two alike.
    pub number: RawFd,
    /// What it is a copy of.
    pub fd: OwnedFd,
}

/// Whom a process runs as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// Supplementary groups: these and no others.
    pub groups: Vec<u32>,
}

/// Resource limits, soft and hard alike; none: as ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of memory it may lock.
    pub locked_bytes: Option<u64>,
    /// Descriptors it may hold.
    pub open_files: Option<u64>,
    /// Bytes of a core file.
    pub core_bytes: Option<u64>,
}

/// What the child was doing when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Step {
    /// Making the child.
    Clone,
    /// Joining its cgroup.
    Cgroup,
    /// Setting its limits.
    Limits,
    /// Starting a session.
    Session,
    /// Entering its working folder.
    Folder,
    /// Laying its descriptors out.
    Descriptors,
    /// Becoming its user.
    Credentials,
    /// Executing the program.
    Execute,
}

/// Why a process was not started. Nothing is left of it.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// What was asked for cannot be said to the system: a NUL byte, a descriptor's number.
    #[error("cannot start {binary}: {reason}")]
    Request {
        /// The program.
        binary: String,
        /// Why.
        reason: String,
    },
    /// The system refused a step.
    #[error("cannot start {binary}: {step:?}: {source}")]
    Step {
        /// The program.
        binary: String,
        /// Where.
        step: Step,
        /// Why.
        source: io::Error,
    },
    /// It started, but its state cannot be read.
    #[error(transparent)]
    Host(#[from] Error),
}

/// Starts a process in a session of its own. Returns once it executes the program, about a millisecond for a
/// QEMU; the calling thread stands still meanwhile.
///
/// # Errors
/// With the step that failed; then no process is left.
pub fn spawn(request: Spawn<'_>) -> Result<Process, SpawnError> {
    let binary = request.binary.display().to_string();
    let uuid = request.uuid;
    let null = File::open("/dev/null").map_err(|error| Error::new("opening /dev/null", error))?;
    let layout = Layout::new(&request, &null)
        .map_err(|reason| SpawnError::Request { binary: binary.clone(), reason })?;
    let outcome = layout.clone_child();
    let (pid, pidfd) = match outcome {
        Ok(child) => child,
        Err((step, source)) => return Err(SpawnError::Step { binary, step, source }),
    };
    let stat = procfs::stat(pid)
        .map_err(|error| Error::new(format!("reading the state of process {pid}"), error))?;
    let boot = procfs::boot_id().to_owned();
    Ok(Process::new(Identity { boot, pid, start_ticks: stat.start_ticks, uuid }, pidfd))
}

/// All that the child needs, in memory that it only reads; and where it reports to.
struct Layout {
    path: CString,
    argv: Vec<*const c_char>,
    envp: Vec<*const c_char>,
    folder: CString,
    /// Pairs of ours and the child's number, in the child's order.
    descriptors: Vec<(RawFd, RawFd)>,
    /// Scratch for the child: where each of ours stands above all numbers in use.
    moved: Vec<RawFd>,
    /// Ranges of numbers that must not be inherited.
    gaps: Vec<(u32, u32)>,
    /// The lowest number above all of the child's.
    above: RawFd,
    credentials: Option<Credentials>,
    limits: Vec<(c_int, libc::rlimit64)>,
    cgroup: Option<RawFd>,
    umask: u32,
    report: Report,
    /// What `argv` and `envp` point into.
    _words: Vec<CString>,
}

/// The child's last word: errno, and where.
#[derive(Clone, Copy)]
struct Report {
    step: Step,
    errno: c_int,
}

impl Layout {
    fn new(request: &Spawn<'_>, null: &File) -> Result<Self, String> {
        let text = |text: &OsStr| {
            CString::new(text.as_bytes()).map_err(|_| format!("a NUL byte in {text:?}"))
        };
        let mut words = vec![text(request.binary.as_os_str())?];
        for argument in request.arguments {
            words.push(text(argument)?);
        }
        let arguments = words.len();
        for (name, value) in request.environment {
            words.push(text(&pair(name, value))?);
        }
        words.push(text(&pair(OsStr::new(MARK), request.run.as_os_str()))?);
        let pointers = |words: &[CString]| -> Vec<*const c_char> {
            words.iter().map(|word| word.as_ptr()).chain([ptr::null()]).collect()
        };

        let output = request.output.as_raw_fd();
        let mut descriptors = vec![(null.as_raw_fd(), 0), (output, 1), (output, 2)];
        descriptors.extend(
            request.descriptors.iter().map(|wanted| (wanted.fd.as_raw_fd(), wanted.number)),
        );
        descriptors.sort_by_key(|(_, number)| *number);
        let mut gaps = Vec::new();
        let mut next: RawFd = 0;
        for (_, number) in &descriptors {
            if *number < next {
                return Err(format!("two descriptors want the number {number}"));
            }
            if *number > next {
                gaps.push((next.unsigned_abs(), (number - 1).unsigned_abs()));
            }
            next = number.checked_add(1).ok_or("a descriptor's number is too large")?;
        }
        gaps.push((next.unsigned_abs(), u32::MAX));
        Ok(Self {
            path: text(request.binary.as_os_str())?,
            argv: pointers(&words[..arguments]),
            envp: pointers(&words[arguments..]),
            folder: text(request.folder.as_os_str())?,
            moved: vec![-1; descriptors.len()],
            descriptors,
            gaps,
            above: next,
            credentials: request.credentials.clone(),
            limits: request.limits.rows(),
            cgroup: request.cgroup.map(Cgroup::processes),
            umask: request.umask,
            report: Report { step: Step::Clone, errno: 0 },
            _words: words,
        })
    }

    /// Makes the child and waits until it executes or fails.
    fn clone_child(mut self) -> Result<(u32, OwnedFd), (Step, io::Error)> {
        /// One at a time: the mark "undumpable" is the whole daemon's.
        static ONE: Mutex<()> = Mutex::new(());
        let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let dumpable = dumpable_behavior().unwrap_or(DumpableBehavior::NotDumpable);

        let mut stack = vec![0_u128; STACK_BYTES / size_of::<u128>()];
        let mut pidfd: RawFd = -1;
        let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_PIDFD | libc::SIGCHLD;
        let signals = BlockedSignals::all();
        // SAFETY: `child` runs on a stack of its own, whose highest, 16-aligned address is given, and with
        // `self`, which outlives it: CLONE_VFORK holds this thread until the child executes or ends.
        // Signals stay blocked, so that no handler of ours runs in the child. `pidfd` takes one descriptor.
        let pid = unsafe {
            libc::clone(
                child,
                stack.as_mut_ptr_range().end.cast(),
                flags,
                (&raw mut self).cast(),
                &raw mut pidfd,
            )
        };
        let error = io::Error::last_os_error();
        drop(signals);
        if self.credentials.is_some() && dumpable == DumpableBehavior::Dumpable {
            // Without it the daemon only loses its core files.
            let _ = set_dumpable_behavior(dumpable);
        }
        let Ok(pid) = u32::try_from(pid) else { return Err((Step::Clone, error)) };
        // SAFETY: the kernel made this descriptor for us, and nothing else knows its number.
        let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
        if self.report.errno == 0 {
            return Ok((pid, pidfd));
        }
        let report = self.report;
        let options = rustix::process::WaitIdOptions::EXITED;
        // It has ended; all that can fail is that somebody else reaped it.
        let _ = rustix::process::waitid(rustix::process::WaitId::PidFd(pidfd.as_fd()), options);
        Err((report.step, io::Error::from_raw_os_error(report.errno)))
    }
}

impl Limits {
    fn rows(self) -> Vec<(c_int, libc::rlimit64)> {
        #[allow(clippy::cast_possible_wrap, reason = "small constants, unsigned on glibc only")]
        let rows = [
            (libc::RLIMIT_MEMLOCK as c_int, self.locked_bytes),
            (libc::RLIMIT_NOFILE as c_int, self.open_files),
            (libc::RLIMIT_CORE as c_int, self.core_bytes),
        ];
        rows.into_iter()
            .filter_map(|(resource, limit)| {
                limit.map(|limit| (resource, libc::rlimit64 { rlim_cur: limit, rlim_max: limit }))
            })
            .collect()
    }
}

fn pair(name: &OsStr, value: &OsStr) -> OsString {
    let mut pair = name.to_owned();
    pair.push("=");
    pair.push(value);
    pair
}

/// All signals of this thread, blocked for a while.
struct BlockedSignals(nix::sys::signal::SigSet);

impl BlockedSignals {
    fn all() -> Self {
        use nix::sys::signal::{SigSet, SigmaskHow};
        // Fails only for a bad `how`.
        let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK);
        Self(before.unwrap_or_else(|_| SigSet::empty()))
    }
}

impl Drop for BlockedSignals {
    fn drop(&mut self) {
        // Fails only for a bad `how`.
        let _ = self.0.thread_set_mask();
    }
}

/// The child's whole life before the program. Only system calls; no allocation, no lock, no panic.
extern "C" fn child(layout: *mut c_void) -> c_int {
    // SAFETY: `clone_child` gave its own `Layout` and stands still while this runs.
    let layout = unsafe { &mut *layout.cast::<Layout>() };
    // SAFETY: as this function's own promise; every pointer in `layout` is alive.
    let (step, result) = unsafe { prepare(layout) };
    layout.report = Report { step, errno: result };
    127
}

/// Returns only on failure: the step and its errno.
///
/// # Safety
/// Only in a child that shares our memory while the parent stands still.
unsafe fn prepare(layout: &mut Layout) -> (Step, c_int) {
    /// `-1` means that errno, which this thread shares with its standing parent, tells why.
    macro_rules! attempt {
        ($step:expr, $call:expr) => {{
            let outcome = $call;
            if i64::from(outcome) == -1 {
                return ($step, *libc::__errno_location());
            }
            outcome
        }};
    }
    // SAFETY: system calls on valid, NUL-ended or counted memory.
    unsafe {
        // Handlers first, while everything is blocked: one of ours must never run here.
        // The bare call, for libc keeps two signals to itself; zeroes are the kernel's SIG_DFL, no flags, no mask.
        let default = [0_u64; 4];
        for signal in 1..65 {
            // Fails for SIGKILL and SIGSTOP, which need none.
            let none = ptr::null_mut::<u64>();
            libc::syscall(libc::SYS_rt_sigaction, signal, default.as_ptr(), none, 8_usize);
        }
        if let Some(cgroup) = layout.cgroup {
            attempt!(Step::Cgroup, libc::write(cgroup, c"0".as_ptr().cast(), 1) as i64);
        }
        for (resource, limit) in &layout.limits {
            attempt!(
                Step::Limits,
                libc::syscall(libc::SYS_prlimit64, 0, *resource, ptr::from_ref(limit), 0)
            );
        }
        attempt!(Step::Session, libc::setsid());
        attempt!(Step::Folder, libc::chdir(layout.folder.as_ptr()));
        libc::umask(layout.umask);
        // Out of the way of each other first, then to where they belong.
        for ((ours, _), moved) in layout.descriptors.iter().zip(&mut layout.moved) {
            *moved = attempt!(
                Step::Descriptors,
                libc::fcntl(*ours, libc::F_DUPFD_CLOEXEC, layout.above)
            );
        }
        for ((_, number), moved) in layout.descriptors.iter().zip(&layout.moved) {
            attempt!(Step::Descriptors, libc::dup2(*moved, *number));
        }
        for (first, last) in &layout.gaps {
            // A kernel before 5.11 does not know it: then we rely on all of ours being close-on-exec.
            libc::syscall(libc::SYS_close_range, *first, *last, libc::CLOSE_RANGE_CLOEXEC);
        }
        if let Some(credentials) = &layout.credentials {
            let (uid, gid) = (credentials.uid, credentials.gid);
            let groups = &credentials.groups;
            // The bare calls: libc's would change all threads that share our memory.
            attempt!(
                Step::Credentials,
                libc::syscall(libc::SYS_setgroups, groups.len(), groups.as_ptr())
            );
            attempt!(Step::Credentials, libc::syscall(libc::SYS_setresgid, gid, gid, gid));
            attempt!(Step::Credentials, libc::syscall(libc::SYS_setresuid, uid, uid, uid));
        }
        attempt!(
            Step::Credentials,
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1_u64, 0_u64, 0_u64, 0_u64)
        );
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, ptr::null_mut());
        libc::execve(layout.path.as_ptr(), layout.argv.as_ptr(), layout.envp.as_ptr());
        (Step::Execute, *libc::__errno_location())
    }
}
