//! What one thread or process of a machine has used, and where it may run.

use rustix::{
    param::{clock_ticks_per_second, page_size},
    process::Pid,
    thread::{CpuSet, sched_getaffinity, sched_setaffinity},
};

use crate::{Error, error::Doing, procfs};

/// Time on CPUs, as the kernel's tick clock counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Nanoseconds in user mode, a vCPU's guest time with it.
    pub user_ns: u64,
    /// Nanoseconds in kernel mode.
    pub system_ns: u64,
    /// The host CPU it last ran on.
    pub cpu: u32,
    /// KiB of memory that is there; the same for every thread of a process.
    pub resident_kib: u64,
}

impl Usage {
    /// Nanoseconds in both modes.
    pub fn total_ns(&self) -> u64 {
        self.user_ns.saturating_add(self.system_ns)
    }

    /// Of a whole process.
    ///
    /// # Errors
    /// When it has ended.
    pub fn of_process(pid: u32) -> Result<Self, Error> {
        let stat = procfs::stat(pid).doing(|| format!("reading the times of process {pid}"))?;
        Ok(Self::of(&stat))
    }

    /// Of one thread of a process.
    ///
    /// # Errors
    /// When it has ended.
    pub fn of_thread(pid: u32, thread: u32) -> Result<Self, Error> {
        let stat = procfs::thread_stat(pid, thread)
            .doing(|| format!("reading the times of thread {thread}"))?;
        Ok(Self::of(&stat))
    }

    fn of(stat: &procfs::Stat) -> Self {
        let nanoseconds = |ticks: u64| {
            let nanoseconds = u128::from(ticks) * 1_000_000_000;
            let nanoseconds = nanoseconds / u128::from(clock_ticks_per_second().max(1));
            u64::try_from(nanoseconds).unwrap_or(u64::MAX)
        };
        Self {
            user_ns: nanoseconds(stat.user_ticks),
            system_ns: nanoseconds(stat.system_ticks),
            cpu: stat.processor,
            resident_kib: stat.resident_pages.saturating_mul(page_size() as u64 / 1024),
        }
    }
}

/// What the scheduler tells of a thread (`/proc/PID/task/TID/schedstat`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// Nanoseconds on a CPU.
    pub run_ns: u64,
    /// Nanoseconds ready to run, without a CPU.
    pub wait_ns: u64,
}

/// The scheduler's figures of one thread.
///
/// # Errors
/// When it has ended, or the kernel does not keep them.
pub fn schedule(pid: u32, thread: u32) -> Result<Schedule, Error> {
    let doing = || format!("reading the schedule of thread {thread}");
    let text =
        std::fs::read_to_string(format!("/proc/{pid}/task/{thread}/schedstat")).doing(doing)?;
    let mut fields = text.split_ascii_whitespace().map(str::parse);
    match (fields.next(), fields.next()) {
        (Some(Ok(run_ns)), Some(Ok(wait_ns))) => Ok(Schedule { run_ns, wait_ns }),
        _ => Err(Error::refused(doing(), "malformed schedstat")),
    }
}

/// The host CPUs that a thread may run on, in order.
///
/// # Errors
/// When it has ended.
pub fn affinity(thread: u32) -> Result<Vec<u32>, Error> {
    let doing = || format!("reading the affinity of thread {thread}");
    let set = sched_getaffinity(Some(pid_of(thread)?)).doing(doing)?;
    let cpus = (0..CpuSet::MAX_CPU).filter(|&cpu| set.is_set(cpu));
    Ok(cpus.filter_map(|cpu| u32::try_from(cpu).ok()).collect())
}

/// Binds a thread to host CPUs. CPUs above 1023 are not reached.
///
/// # Errors
/// When it has ended, or none of the CPUs is there.
pub fn set_affinity(thread: u32, cpus: &[u32]) -> Result<(), Error> {
    let mut set = CpuSet::new();
    for &cpu in cpus.iter().filter(|&&cpu| (cpu as usize) < CpuSet::MAX_CPU) {
        set.set(cpu as usize);
    }
    sched_setaffinity(Some(pid_of(thread)?), &set).doing(|| format!("binding thread {thread}"))
}

fn pid_of(thread: u32) -> Result<Pid, Error> {
    i32::try_from(thread)
        .ok()
        .and_then(Pid::from_raw)
        .ok_or_else(|| Error::refused(format_args!("looking at thread {thread}"), "no such id"))
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn this_thread_can_be_bound_and_measured() {
        let pid = std::process::id();
        let thread = rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs();
        let all = affinity(thread).unwrap();
        set_affinity(thread, &all[..1]).unwrap();
        assert_eq!(affinity(thread).unwrap(), all[..1]);
        let usage = Usage::of_thread(pid, thread).unwrap();
        assert!(usage.resident_kib > 100);
        assert!(schedule(pid, thread).unwrap().run_ns > 0);
        set_affinity(thread, &all).unwrap();
        assert!(Usage::of_process(u32::MAX).is_err());
    }
}
