//! What `/proc` tells of one process or thread (proc(5), Linux 6.18).

use std::{fs, io, str::FromStr, sync::OnceLock};

/// The fields of `stat` in use, of a process or a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    /// `R`, `S`, `Z` and so on.
    pub(crate) state: u8,
    /// Time in user mode, in clock ticks.
    pub(crate) user_ticks: u64,
    /// Time in kernel mode, in clock ticks.
    pub(crate) system_ticks: u64,
    /// When it started, in clock ticks since the host's boot.
    pub(crate) start_ticks: u64,
    /// The host CPU it last ran on.
    pub(crate) processor: u32,
    /// Resident pages.
    pub(crate) resident_pages: u64,
}

impl FromStr for Stat {
    type Err = io::Error;

    fn from_str(text: &str) -> io::Result<Self> {
        let malformed = || io::Error::new(io::ErrorKind::InvalidData, "malformed stat");
        // The name in parentheses may hold anything, parentheses too.
        let (_, rest) = text.rsplit_once(')').ok_or_else(malformed)?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        // proc(5) counts from 1, and the first after the name is field 3.
        let field = |number: usize| -> io::Result<u64> {
            let text = fields.get(number - 3).ok_or_else(malformed)?;
            text.parse().map_err(|_| malformed())
        };
        Ok(Self {
            state: *fields
                .first()
                .and_then(|state| state.as_bytes().first())
                .ok_or_else(malformed)?,
            user_ticks: field(14)?,
            system_ticks: field(15)?,
            start_ticks: field(22)?,
            resident_pages: field(24)?,
            processor: u32::try_from(field(39)?).unwrap_or(0),
        })
    }
}

/// `stat` of a process.
pub(crate) fn stat(pid: u32) -> io::Result<Stat> {
    fs::read_to_string(format!("/proc/{pid}/stat"))?.parse()
}

/// `stat` of a thread.
pub(crate) fn thread_stat(pid: u32, thread: u32) -> io::Result<Stat> {
    fs::read_to_string(format!("/proc/{pid}/task/{thread}/stat"))?.parse()
}

/// This boot of the host, as a UUID in text; empty where the kernel does not tell.
pub(crate) fn boot_id() -> &'static str {
    static BOOT: OnceLock<String> = OnceLock::new();
    BOOT.get_or_init(|| {
        fs::read_to_string("/proc/sys/kernel/random/boot_id")
            .map(|text| text.trim().to_owned())
            .unwrap_or_default()
    })
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let line = "7 (a) b) S 1 7 7 0 -1 4194560 1 2 3 4 50 60 0 0 20 0 1 0 900 1000 33 1 1 1 1 1 0 0 0 0 0 0 0 0 17 5 0 0";
        let stat: Stat = line.parse().unwrap();
        assert_eq!(stat.state, b'S');
        assert_eq!((stat.user_ticks, stat.system_ticks), (50, 60));
        assert_eq!((stat.start_ticks, stat.resident_pages, stat.processor), (900, 33, 5));
        assert!("7 (cut".parse::<Stat>().is_err());
        assert!("7 (cut) S 1".parse::<Stat>().is_err());
    }

    #[test]
    fn this_process_is_found() {
        let stat = stat(std::process::id()).unwrap();
        assert!(stat.start_ticks > 0);
        assert_eq!(boot_id().len(), 36);
    }
}
