//! A machine's log: its command lines and what QEMU said, bounded, also while no daemon runs.
//!
//! QEMU writes into a named pipe, opened for both ways so that it never blocks, never ends and never breaks: the
//! daemon reads it into a file of at most [`FILE_BYTES_MAX`] with [`OLD_FILES_MAX`] older ones beside it. While no
//! daemon reads, the pipe keeps 64 KiB and what is more gets lost; the next daemon opens the same pipe and goes
//! on. A plain file would grow without bounds then, a file-size limit would hit the guest's disks too, and a process
//! that does nothing but read (as libvirt's virtlogd) would be one more to lose. The price: the last words
//! of a QEMU that ends while no daemon runs are lost with its pipe.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::{fd::OwnedFd, unix::fs::OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustix::fs::{Mode, OFlags};
use tokio::net::unix::pipe;

use crate::{Error, error::Doing};

/// A file that reaches this is moved aside.
pub const FILE_BYTES_MAX: u64 = 2 << 20;
/// `.0` to `.2`, the youngest first.
pub const OLD_FILES_MAX: u32 = 3;
/// How much of a flood is taken in a second; the pipe loses the rest.
const BYTES_PER_SECOND_MAX: usize = 512 << 10;
/// How much is quoted in an error.
const QUOTE_BYTES_MAX: u64 = 4 << 10;

/// The log of one machine. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Log {
    inner: Arc<Mutex<Open>>,
}

#[derive(Debug)]
struct Open {
    path: PathBuf,
    file: File,
    bytes: u64,
    /// Counts files moved aside, so that a [`Mark`] knows.
    turned: u32,
}

/// A place in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    turned: u32,
    at: u64,
}

impl Log {
    /// Opens a log for appending; it is made if it is missing, for its owner alone.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let doing = || format!("opening {}", path.display());
        let file = append(path).doing(doing)?;
        let bytes = file.metadata().doing(doing)?.len();
        let open = Open { path: path.into(), file, bytes, turned: 0 };
        Ok(Self { inner: Arc::new(Mutex::new(open)) })
    }

    /// Writes a line of the daemon's own, with the time before it. A log that cannot be written (a full disk) stops
    /// nothing.
    pub fn note(&self, line: &str) {
        self.write(format!("{}: {line}\n", time(SystemTime::now())).as_bytes());
    }

    /// Writes what QEMU said, as it is.
    pub fn write(&self, bytes: &[u8]) {
        let mut open = self.lock();
        if let Err(error) = open.write(bytes) {
            tracing::warn!(file = %open.path.display(), %error, "cannot write a machine's log");
        }
    }

    /// The place after all that is written.
    pub fn mark(&self) -> Mark {
        let open = self.lock();
        Mark { turned: open.turned, at: open.bytes }
    }

    /// What was written since `mark`, at most the last 4 KiB of it.
    pub fn since(&self, mark: Mark) -> String {
        let open = self.lock();
        let from = if open.turned == mark.turned { mark.at } else { 0 };
        let from = from.max(open.bytes.saturating_sub(QUOTE_BYTES_MAX));
        let mut bytes = Vec::new();
        // A log that cannot be read is quoted empty.
        let _ = File::open(&open.path).and_then(|mut file| {
            file.seek(SeekFrom::Start(from))?;
            file.take(QUOTE_BYTES_MAX).read_to_end(&mut bytes)
        });
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Open> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.bytes >= FILE_BYTES_MAX {
            self.turn()?;
        }
        self.file.write_all(bytes)?;
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        Ok(())
    }

    /// Moves the file aside and begins a new one.
    fn turn(&mut self) -> io::Result<()> {
        let old = |number: u32| self.path.with_added_extension(number.to_string());
        for number in (1..OLD_FILES_MAX).rev() {
            // The first turns find none.
            let _ = fs::rename(old(number - 1), old(number));
        }
        fs::rename(&self.path, old(0))?;
        self.file = append(&self.path)?;
        self.bytes = 0;
        self.turned = self.turned.wrapping_add(1);
        Ok(())
    }
}

/// The pipe that a QEMU's output goes through.
#[derive(Debug)]
pub struct Pipe {
    path: PathBuf,
    fd: OwnedFd,
}

impl Pipe {
    /// The pipe at `path`, made if it is missing.
    ///
    /// # Errors
    /// When it cannot be made, or something else is there.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let doing = || format!("opening pipe {}", path.display());
        match nix::unistd::mkfifo(path, nix::sys::stat::Mode::from_bits_truncate(0o600)) {
            Ok(()) | Err(nix::errno::Errno::EEXIST) => {}
            Err(error) => return Err(Error::new(doing(), error)),
        }
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let fd = rustix::fs::open(path, flags, Mode::empty()).doing(doing)?;
        let found = rustix::fs::fstat(&fd).doing(doing)?;
        if rustix::fs::FileType::from_raw_mode(found.st_mode) != rustix::fs::FileType::Fifo {
            return Err(Error::refused(doing(), "it is not a pipe"));
        }
        Ok(Self { path: path.into(), fd })
    }

    /// The end for QEMU: an opening of its own, so that nobody else's flags change it.
    ///
    /// # Errors
    /// When it cannot be opened again.
    pub fn write_end(&self) -> Result<OwnedFd, Error> {
        Ok(Self::open(&self.path)?.fd)
    }

    /// Takes what is in the pipe now into the log, without waiting: for a QEMU that has just ended.
    pub fn drain(&self, log: &Log) {
        let mut chunk = vec![0_u8; 64 << 10];
        for _ in 0..32 {
            match rustix::io::read(&self.fd, &mut chunk[..]) {
                Ok(0) | Err(_) => return,
                Ok(count) => log.write(&chunk[..count]),
            }
        }
    }

    /// Takes into the log what comes, until dropped; at most half a MiB a second, whatever QEMU writes. Needs a
    /// tokio runtime with I/O.
    ///
    /// # Errors
    /// When the pipe cannot be watched.
    pub async fn copy(&self, log: &Log) -> Result<(), Error> {
        let doing = || format!("reading pipe {}", self.path.display());
        let again = Self::open(&self.path)?.fd;
        let pipe = pipe::Receiver::from_owned_fd(again).doing(doing)?;
        let mut taken: usize = 0;
        let mut second = tokio::time::Instant::now();
        loop {
            pipe.readable().await.doing(doing)?;
            if second.elapsed() >= Duration::from_secs(1) {
                second = tokio::time::Instant::now();
                taken = 0;
            }
            if taken >= BYTES_PER_SECOND_MAX {
                tokio::time::sleep_until(second + Duration::from_secs(1)).await;
                continue;
            }
            let (pipe, log) = (&pipe, log.clone());
            let Some(chunk) = read(pipe).doing(doing)? else { continue };
            taken += chunk.len();
            // A disk that hangs must not hold the runtime.
            let _ = tokio::task::spawn_blocking(move || log.write(&chunk)).await;
        }
    }
}

/// What is there now; none: nothing after all.
fn read(pipe: &pipe::Receiver) -> io::Result<Option<Vec<u8>>> {
    let mut chunk = vec![0_u8; 16 << 10];
    match pipe.try_read(&mut chunk) {
        Ok(count) => {
            chunk.truncate(count);
            Ok(Some(chunk))
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

/// `2026-11-21 09:00:00.123+0000`, as libvirt's logs have it.
fn time(now: SystemTime) -> String {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute) = (second / 3600, second / 60 % 60);
    let (second, milli) = (second % 60, since.subsec_millis());
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{milli:03}+0000")
}

/// Year, month and day of a day since 1970-01-01 (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms",
/// `civil_from_days`).
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod test;
