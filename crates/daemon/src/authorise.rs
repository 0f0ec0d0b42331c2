//! Whether a call may be made at all: decided from the table's row and the session, before its arguments are read.

use stead_protocol::table::{Entry, ReadOnly};
use stead_protocol::{ErrorCode, ErrorDomain};

use crate::error::{Error, Result};
use crate::peer::Access;
use crate::session::Phase;

/// The calls that make up the handshake (remote_protocol.x: REMOTE_PROC_AUTH_*).
const AUTHENTICATION: std::ops::RangeInclusive<i32> = 66..=70;

/// Calls that are answered before the hypervisor connection is open: its opening and its features.
const BEFORE_OPEN: &[i32] = &[1, 60];

/// Whether a session in this phase may make the call of `entry`.
///
/// # Errors
/// It must authenticate or open first, or it may only look.
pub(crate) fn authorise(phase: &Phase, entry: &Entry) -> Result<()> {
    let is_remote = entry.program == stead_protocol::remote::PROGRAM;
    if is_remote && AUTHENTICATION.contains(&entry.number) {
        return Ok(());
    }
    match phase {
        Phase::Anonymous => Err(Error::rpc("authentication required")),
        Phase::Authenticated if is_remote && BEFORE_OPEN.contains(&entry.number) => Ok(()),
        Phase::Authenticated => Err(Error::new(
            ErrorCode::INTERNAL_ERROR,
            ErrorDomain::RPC,
            "hypervisor connection not open",
        )),
        Phase::Open(Access::ReadWrite) => Ok(()),
        // What depends on flags waits until they are read.
        Phase::Open(Access::ReadOnly) => match entry.read_only {
            ReadOnly::Denied => authorise_flags(entry, 0),
            ReadOnly::Allowed | ReadOnly::DeniedForFlags { .. } => Ok(()),
        },
    }
}

/// Whether a session that may only look may make the call of `entry` with these flags.
///
/// # Errors
/// It may not.
pub(crate) fn authorise_flags(entry: &Entry, flags: u32) -> Result<()> {
    match entry.refusal(flags) {
        None => Ok(()),
        Some(detail) => Err(Error::new(ErrorCode::OPERATION_DENIED, entry.error_domain, detail)),
    }
}

#[cfg(test)]
mod tests {
    use stead_protocol::table::PROGRAMS;

    use super::authorise;
    use crate::peer::Access;
    use crate::session::Phase;

    #[test]
    fn a_stranger_may_only_authenticate() {
        for program in PROGRAMS.iter().filter(|program| program.name != "keepalive") {
            for entry in program.table {
                let allowed = authorise(&Phase::Anonymous, entry).is_ok();
                assert_eq!(allowed, entry.name.starts_with("Auth"), "{}", entry.name);
            }
        }
    }

    #[test]
    fn a_reader_may_not_call_what_the_table_denies() {
        let reader = Phase::Open(Access::ReadOnly);
        let denied = PROGRAMS
            .iter()
            .flat_map(|program| program.table)
            .filter(|entry| authorise(&reader, entry).is_err())
            .count();
        // libvirt 11.3 denies at least 203 of remote and qemu always.
        assert!(denied >= 203, "{denied}");
    }
}
